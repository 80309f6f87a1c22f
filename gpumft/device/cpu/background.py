"""What surrounds the picture in its target: written once a call, before the bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpumft.device.cpu.layout import STREAM, TINY, packed
from gpumft.device.cpu.views import Array
from gpumft.device.program import Program
from gpumft.media.formats import Component, PixelFormat


@dataclass(frozen=True, slots=True)
class Fill:
    """A value for some elements of a plane.

    Thread-safety: immutable.
    """

    plane: int
    where: tuple[slice | int, ...]
    value: Array
    """Of no dimension and the plane's dtype: writing anything else would allocate."""

    def apply(self, planes: Sequence[Array]) -> None:
        """Write the value."""
        planes[self.plane][self.where] = self.value


def fills(program: Program) -> list[Fill]:
    """Return the fills around `program.inner`; none where it covers the target."""
    made: list[Fill] = []
    layout, inner = program.target.layout, program.inner
    if program.target is PixelFormat.V210:
        return _fill_stream(program)
    words: dict[int, int] = {}
    for component, value in zip(layout.components, program.background, strict=True):
        stored = _stored(component, value, is_float=layout.is_float)
        if layout.packed:
            words[component.plane] = stored = words.get(component.plane, 0) | stored
        plane = layout.planes[component.plane]
        held = np.array(stored, program.target.plane_dtypes()[component.plane])
        rows, columns = plane.shape(program.target_size)[:2]
        pairs = 1 if plane.channels == 2 * component.step else 0
        columns <<= pairs
        width, height = component.size((inner.width, inner.height))
        left, top = inner.x >> component.xshift, inner.y >> component.yshift
        right, bottom = left + width, top + height
        if inner.x + inner.width >= program.target_size[0]:
            right = columns  # the kernel repeats the last luma of an odd row
        for r0, r1, c0, c1 in (
            (0, top, 0, columns),
            (bottom, rows, 0, columns),
            (top, bottom, 0, left),
            (top, bottom, right, columns),
        ):
            if r0 < r1 and c0 < c1:
                made += _fill(component, plane.channels, pairs, (r0, r1, c0, c1), held)
    return made


def _fill_stream(program: Program) -> list[Fill]:
    """Return the fill of all of a v210 plane, where the picture does not cover it."""
    size = program.target_size
    if tuple(program.inner) == (0, 0, *size):
        return []
    _, words = program.target.plane_shapes(size)[0]
    elements = np.zeros(3 * words, np.uint32)
    pairs = -(-size[0] // 2)
    for component, value in zip(program.target.layout.components, program.background, strict=True):
        offset, step = STREAM[component.name]
        stored = _stored(component, value, is_float=False)
        elements[offset::step][: pairs * (2 if component.name == "y" else 1)] = stored
    return [Fill(0, (slice(None), slice(None)), packed(elements))]


def _fill(
    component: Component, channels: int, pairs: int, box: tuple[int, int, int, int], value: Array
) -> list[Fill]:
    """Return the fills of a box (rows, then columns: first, behind the last) of a component."""
    r0, r1, c0, c1 = box
    rows = slice(r0, r1)
    if channels == 1:
        return [Fill(component.plane, (rows, slice(c0, c1)), value)]
    if not pairs:
        return [Fill(component.plane, (rows, slice(c0, c1), component.offset), value)]
    even, odd = slice((c0 + 1) // 2, (c1 + 1) // 2), slice(c0 // 2, c1 // 2)
    second = component.offset + component.step
    return [
        Fill(component.plane, (rows, even, component.offset), value),
        Fill(component.plane, (rows, odd, second), value),
    ]


def _stored(component: Component, value: float, *, is_float: bool) -> Any:
    """Return `value` as it is stored. Source: docs/arithmetic.md, 4.8 and 4.9."""
    if component.name == "x":
        return ((1 << component.depth) - 1) << component.shift
    x = np.float32(value)
    if is_float:
        if np.isnan(x):
            return np.array(0x7FC00000, np.uint32).view(np.float32)
        if abs(x) < TINY:
            return np.float32(0)
        if component.depth == 16:
            with np.errstate(over="ignore"):
                return np.float16(x) + np.float16(0)  # -0 + 0 is +0
        return x
    highest = float((1 << component.depth) - 1)
    clamped = min(max(float(x), 0.0), highest) if x == x else 0.0  # noqa: PLR0124 - NaN
    return round(clamped) << component.shift
