"""What has to happen to colour between two types: a few matrices, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gpumft.colour.light import (
    Rendering,
    from_light,
    light_to_components,
    recolours,
    to_components,
    to_light,
    to_rgb,
)
from gpumft.colour.light_matrices import light_matrix
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
from gpumft.colour.step import Function, Step
from gpumft.errors import InvalidMediaType
from gpumft.formula import Formula, Value, formula
from gpumft.media.enums import Matrix, Range
from gpumft.media.light_matrices import check_matrix
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
    """One matrix or one formula of a plan.

    Thread-safety: immutable.
    """

    name: str
    matrix: npt.NDArray[np.float64] | None
    """Shape (channels out, channels in), read-only. Channels are in the order y u v, r g b or y.
    None where the stage is a formula.

    The first stage of a plan takes `code - offset` of the source and so carries 1 / scale in its
    columns; every stage gives nominal values, or light, but for the last of a plan `in_codes`.
    """
    region: Any = None
    """The effect's region, or None for everywhere."""
    formula: Formula | None = None
    """On R, G, B; None where the stage is a matrix."""

    @property
    def rows(self) -> tuple[tuple[float, ...], ...]:
        """The matrix in float32 coefficients, see `rounded`; none for a formula."""
        return () if self.matrix is None else rounded(self.matrix)


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
    scale_at: int | None = None
    """With `linear`: how many of the stages come before the picture is scaled, in light."""
    through_light: bool = False
    """Whether a curve is undone on the way: then colour must not be multiplied by alpha there."""
    ends_with_matrix: bool = False
    """Whether the last stage leads from R'G'B' to another kind of colour, and does nothing else."""
    in_codes: bool = False
    """Whether the last stage gives `code - offset` of the target and so carries scale in its rows:
    where it is a matrix of ours. An effect's, and a formula, give nominal values."""

    @property
    def channels(self) -> int:
        """How many channels come out of the last stage."""
        last = self.stages[-1]
        return len(last.rows) if last.formula is None else len(last.formula.outputs)


def plan(
    src: VideoType,
    dst: VideoType,
    *,
    effects: Iterable[Effect] = (),
    rendering: Rendering = Rendering(),  # noqa: B008 - immutable
    linear: bool = False,
) -> ColourPlan:
    """Return the colour stages between two resolved types, with what cancels left out.

    Neighbouring matrices are multiplied exactly and rounded once to float64; what is zero on paper
    is exactly 0. Neighbouring functions are one formula. The order is: to nominal R'G'B', to light
    and to the target's R'G'B' where transfer or primaries differ (or `linear` asks for it), each
    effect as a stage of its own, to the target's kind of colour. Gray counts as luma: R'=G'=B'=Y'.
    Matrices of light (ictcp, bt2020cl) are left and reached from light where there is a choice.

    Args:
        src: the source's type, every colour field set (`resolved()`).
        dst: the target's type, likewise.
        effects: applied in their order on nominal encoded R'G'B' of the target.
        rendering: how light is brought from one range to another.
        linear: scale in light.

    Returns:
        The plan.

    Raises:
        InvalidMediaType: a colour field is unset, Y'CbCr has no luma matrix, or one that is not
            defined with its transfer and primaries.

    Thread-safety: any thread. Source: ITU-T H.273, 8.3; docs/light.md.
    """
    check_matrix("source", src)
    check_matrix("destination", dst)
    chain = tuple(effects)
    source, target = src.format.layout.kind, dst.format.layout.kind
    encoded = not (linear or recolours(src, dst))
    direct = encoded and not chain and _same_meaning(src, dst)
    line = _Line()
    line.add(Step("", diagonal([1 / scale for scale in _scales(src)])))
    if direct:
        line.add(Step(_TARGET[target], _selection(source, target)))
        in_codes = line.scale(_scales(dst))
        return ColourPlan(True, line.stages(), in_codes=in_codes)
    # plain: R'G'B' is a matrix away, and no curve
    plain_source = source == "gray" or light_matrix(src) is None
    if plain_source:
        line.add(Step(TO_RGB, _to_rgb(src)))
    plain_target = light_matrix(dst) is None
    through_light = not (encoded and plain_source and plain_target)
    at_once = not (plain_target or chain)
    scale_at = None
    if not encoded or not plain_source or at_once:
        line.add(*to_light(src, dst))
        if linear:
            line.end()
            scale_at = len(line.made)
        line.add(*from_light(src, dst, rendering))
        line.add(*(light_to_components if at_once else to_rgb)(src, dst))
    for stage in _effect_stages(chain):
        line.end()
        line.made.append(stage)
    if not plain_target:
        line.add(*([] if at_once else to_components(dst)))
        return ColourPlan(False, line.stages(), scale_at, through_light)
    apart = target != "rgb" and (through_light or bool(chain))
    if target != "rgb":
        line.add(Step(_TARGET[target], _from_rgb(dst)))
    in_codes = line.scale(_scales(dst))
    return ColourPlan(False, line.stages(), scale_at, through_light, apart, in_codes)


def from_rgb(dst: VideoType) -> tuple[Stage, ...]:
    """Return the stages from nominal encoded R'G'B' to the nominal components of a resolved type.

    Raises:
        InvalidMediaType: there is no such matrix, or not with its transfer and primaries.

    Thread-safety: any thread. Source: ITU-T H.273, 8.3; docs/light.md.
    """
    check_matrix("destination", dst)
    line = _Line()
    line.add(*(to_components(dst) or [Step("", _from_rgb(dst))]))
    return line.stages()


class _Line:
    """Steps on their way to stages: matrices are multiplied and functions chained."""

    def __init__(self) -> None:
        self.made: list[Stage] = []
        self._rows: Rows | None = None
        self._functions: list[Function] = []
        self._names: list[str] = []

    def add(self, *steps: Step) -> None:
        """Put steps behind what is there."""
        for step in steps:
            self._add(step)

    def _add(self, step: Step) -> None:
        if (step.rows is not None and self._functions) or (step.function and self._rows):
            self.end()
        if step.rows is not None:
            self._rows = product(step.rows, self._rows) if self._rows else step.rows
        elif step.function is not None:
            self._functions.append(step.function)
        if step.name:
            self._names.append(step.name)

    def scale(self, units: Sequence[Fraction]) -> bool:
        """Multiply what comes out by `units` where a matrix was added last; return whether."""
        if self._rows is not None:
            self._rows = product(diagonal(units), self._rows)
        return self._rows is not None

    def end(self) -> None:
        """Make a stage of what was added last."""
        name = self._names[-1] if self._names and self._rows else ", ".join(self._names)
        if self._rows is not None:
            self.made.append(Stage(name or "units", as_float64(self._rows)))
        elif self._functions:
            self.made.append(Stage(name, None, formula=formula(name, 3, _chained(self._functions))))
        self._rows, self._functions, self._names = None, [], []

    def stages(self) -> tuple[Stage, ...]:
        """Return all stages."""
        self.end()
        return tuple(self.made)


def _chained(functions: Sequence[Function]) -> Function:
    kept = tuple(functions)

    def all_of_them(*channels: Value) -> Sequence[Value]:
        given: Sequence[Value] = channels
        for function in kept:
            given = function(*given)
        return given

    return all_of_them


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
    """Nominal R'G'B' to nominal components of a type with luma."""
    rows = exact_rgb_to_yuv(_matrix(video_type))
    return rows[:1] if video_type.format.layout.kind == "gray" else rows


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
        Fraction(
            quantiser(component, code_range, video_type.matrix, is_float=layout.is_float).scale
        )
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
