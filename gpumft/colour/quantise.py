"""Quantisation: how nominal values become code values and back."""

from __future__ import annotations

from dataclasses import dataclass

from gpumft.media.enums import Matrix, Range
from gpumft.media.formats import Component, Layout

_CHROMA = frozenset("uv")
_COLOUR = frozenset("yuvrgb")


@dataclass(frozen=True, slots=True)
class Quantiser:
    """How one component is coded: `code = scale * nominal + offset`.

    Nominal luma, R'G'B' and alpha span [0, 1], nominal chroma [-1/2, 1/2].

    Thread-safety: immutable.
    """

    scale: float
    """Codes per nominal unit, exact in float64."""
    offset: float
    """The code of nominal 0, an exact integer."""
    maximum: int | None
    """The largest code, 2**depth - 1; None for floats, which are not clamped."""


def quantiser(
    component: Component, range: Range, matrix: Matrix | None = None, *, is_float: bool = False
) -> Quantiser:
    """Return how `component` is coded.

    Limited range: luma and R'G'B' have 219 steps from 16, chroma 224 steps around 128, all times
    2**(depth - 8); YCgCo is made of the codes of R'G'B', so its chroma has 219 steps too. Full
    range: 2**depth - 1 steps from 0, chroma around 2**(depth - 1). Alpha and the filler are always
    full. Floats hold nominal values.

    Args:
        component: its name and depth count.
        range: limited or full.
        matrix: of Y'CbCr; None where it is not YCgCo.
        is_float: whether the layout holds floating point.

    Returns:
        Scale, offset and largest code.

    Thread-safety: any thread. Source: ITU-T H.273, 8.3, equations 20 to 37; BT.709-6, 3.5.
    """
    if is_float:
        return Quantiser(1.0, 0.0, None)
    top = 2**component.depth - 1
    chroma = component.name in _CHROMA
    if range is Range.LIMITED and component.name in _COLOUR:
        unit = 2.0 ** (component.depth - 8)
        return (
            Quantiser((219 if matrix == Matrix.YCGCO else 224) * unit, 128 * unit, top)
            if chroma
            else Quantiser(219 * unit, 16 * unit, top)
        )
    return Quantiser(float(top), float(2 ** (component.depth - 1)) if chroma else 0.0, top)


def colour_components(layout: Layout) -> tuple[Component, ...]:
    """Return the colour components in canonical order: y u v, r g b, or y alone; never a or x.

    Every matrix of this room has its columns and rows in this order.

    Thread-safety: any thread.
    """
    found = (layout.component(name) for name in {"rgb": "rgb", "yuv": "yuv"}.get(layout.kind, "y"))
    return tuple(component for component in found if component is not None)
