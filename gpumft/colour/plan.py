"""What has to happen to colour between two types: a few matrices, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gpumft.colour.matrices import (
    Rows,
    as_float64,
    diagonal,
    exact_rgb_to_yuv,
    exact_yuv_to_rgb,
    product,
)
from gpumft.colour.quantise import colour_components, quantiser
from gpumft.colour.rounding import rounded
from gpumft.errors import InvalidMediaType
from gpumft.media.enums import Matrix, Range
from gpumft.media.videotype import VideoType

TO_RGB = "to R'G'B'"
TO_YUV = "to Y'CbCr"
TO_GRAY = "to Y'"

_TARGET = {"rgb": TO_RGB, "yuv": TO_YUV, "gray": TO_GRAY}
_GRAY_TO_RGB: Rows = ((Fraction(1),),) * 3


class Effect(Protocol):
    """An effect that is a matrix, as far as this room looks at it.

    Thread-safety: read only.
    """

    @property
    def name(self) -> str:
        """What it is called in the plan."""

    @property
    def matrix(self) -> npt.ArrayLike:
        """Shape (3, 3), on nominal encoded R'G'B'."""

    @property
    def region(self) -> Any:
        """Where it acts, handed on as it is; None is everywhere."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One matrix of a plan.

    Thread-safety: immutable.
    """

    name: str
    matrix: npt.NDArray[np.float64]
    """Shape (channels out, channels in), read-only. Channels are in the order y u v, r g b or y.

    The first stage of a plan takes `code - offset` of the source and so carries 1 / scale in its
    columns; every stage gives nominal values.
    """
    region: Any = None
    """The effect's region, or None for everywhere."""

    @property
    def rows(self) -> tuple[tuple[float, ...], ...]:
        """The matrix in float32 coefficients, see `rounded`."""
        return rounded(self.matrix)


@dataclass(frozen=True, slots=True, eq=False)
class ColourPlan:
    """What happens to colour.

    Thread-safety: immutable.
    """

    direct: bool
    """Whether components keep their meaning, so that planes may be scaled on their own and only
    scale and offset of the codes change."""
    stages: tuple[Stage, ...]
    """At least one. Also complete where `direct` is True, for callers that must bring all
    components to one grid all the same (a quarter turn of sub-sampled chroma)."""


def plan(src: VideoType, dst: VideoType, *, effects: Iterable[Effect] = ()) -> ColourPlan:
    """Return the colour stages between two resolved types, with what cancels left out.

    Without effects there is one merged matrix, multiplied exactly and rounded once to float64;
    what is zero on paper is exactly 0. With effects the order is: to nominal R'G'B', each effect as
    a stage of its own, to the target's kind of colour. Gray counts as luma: R'=G'=B'=Y'.

    Args:
        src: the source's type, every colour field set (`resolved()`).
        dst: the target's type, likewise.
        effects: applied in their order on nominal encoded R'G'B'.

    Returns:
        The plan.

    Raises:
        InvalidMediaType: transfer or primaries differ, a colour field is unset, or Y'CbCr has no
            luma matrix.

    Thread-safety: any thread. Source: ITU-T H.273, 8.3.
    """
    chain = tuple(effects)
    _refuse_unbuilt(src, dst)
    source, target = src.format.layout.kind, dst.format.layout.kind
    nominal = diagonal([1 / scale for scale in _scales(src)])
    direct = not chain and _same_meaning(src, dst)
    if chain:
        stages = (
            Stage(TO_RGB, as_float64(product(_to_rgb(src), nominal))),
            *_effect_stages(chain),
        )
        if target != "rgb":
            stages += (Stage(_TARGET[target], as_float64(_from_rgb(dst))),)
        return ColourPlan(direct=False, stages=stages)
    merged = _selection(source, target) if direct else product(_from_rgb(dst), _to_rgb(src))
    return ColourPlan(direct, (Stage(_TARGET[target], as_float64(product(merged, nominal))),))


def _refuse_unbuilt(src: VideoType, dst: VideoType) -> None:
    """Raise where light itself would have to be converted: curves and primaries come here."""
    for field in ("transfer", "primaries"):
        ours, theirs = getattr(src, field), getattr(dst, field)
        if ours != theirs:
            raise InvalidMediaType(
                f"conversion of {field} {ours} to {theirs} is not built yet; "
                f"set the same {field} on both, or leave it unset"
            )


def _same_meaning(src: VideoType, dst: VideoType) -> bool:
    """Whether every component of the target is one of the source, or the zero chroma of gray."""
    source, target = src.format.layout.kind, dst.format.layout.kind
    if source == "rgb" or target == "rgb":
        return source == target
    # Chroma 0 means gray under every matrix, so gray's luma is also luma of any Y'CbCr.
    return source == "gray" or _matrix(src) == _matrix(dst)


def _selection(source: str, target: str) -> Rows:
    """Components passed on as they are; missing chroma is zero, surplus chroma is dropped."""
    width, height = (1 if kind == "gray" else 3 for kind in (source, target))
    return tuple(tuple(Fraction(i == j) for j in range(width)) for i in range(height))


def _to_rgb(video_type: VideoType) -> Rows:
    """Nominal components of the type to nominal R'G'B'."""
    kind = video_type.format.layout.kind
    if kind == "rgb":
        return diagonal([Fraction(1)] * 3)
    return _GRAY_TO_RGB if kind == "gray" else exact_yuv_to_rgb(_matrix(video_type))


def _from_rgb(video_type: VideoType) -> Rows:
    """Nominal R'G'B' to nominal components of the type."""
    kind = video_type.format.layout.kind
    if kind == "rgb":
        return diagonal([Fraction(1)] * 3)
    rows = exact_rgb_to_yuv(_matrix(video_type))
    return rows[:1] if kind == "gray" else rows


def _effect_stages(effects: Iterable[Effect]) -> Iterator[Stage]:
    for effect in effects:
        matrix = np.array(effect.matrix, dtype=np.float64)
        if matrix.shape != (3, 3):
            raise InvalidMediaType(
                f"effect {effect.name} has a matrix of shape {matrix.shape}; "
                "on R'G'B' it has to be (3, 3)"
            )
        matrix.setflags(write=False)
        yield Stage(f"effect {effect.name}", matrix, effect.region)


def _scales(video_type: VideoType) -> tuple[Fraction, ...]:
    """Codes per nominal unit of every colour component, exact."""
    layout = video_type.format.layout
    if video_type.range is None:
        raise InvalidMediaType(f"the range of {video_type.format} is unset; call resolved() first")
    code_range = Range(video_type.range)
    return tuple(
        Fraction(quantiser(component, code_range, is_float=layout.is_float).scale)
        for component in colour_components(layout)
    )


def _matrix(video_type: VideoType) -> Matrix:
    """The luma matrix of a Y'CbCr or gray type."""
    if video_type.matrix is None:
        raise InvalidMediaType(f"the matrix of {video_type.format} is unset; call resolved() first")
    if video_type.matrix == Matrix.RGB:
        raise InvalidMediaType(
            f"{video_type.format} holds luma, but its matrix is rgb; set bt601, bt709 or bt2020ncl"
        )
    return Matrix(video_type.matrix)
