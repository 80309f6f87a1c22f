"""What the reference is asked to do: types and options resolved to numbers, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media.enums import Alpha, Interlace
from gpumft.media.formats import Component
from gpumft.media.light_matrices import check_matrix
from gpumft.media.resolve import resolve_pair
from gpumft.media.videotype import VideoType
from gpumft.testing.reference_colour import parse_colour
from gpumft.testing.reference_geometry import (
    Rectangle,
    component_axis,
    contained,
    covered,
    covering,
    shown,
    turned,
    turning,
)
from gpumft.testing.reference_light import LightPath, source_peak
from gpumft.testing.reference_light_matrices import paths, same_meaning
from gpumft.testing.reference_options import read_options
from gpumft.testing.reference_weights import (
    HALF,
    Axis,
    Window,
    field_weights,
    is_selection,
    weights,
)

_LUMA = Component("y", 0)
_BY_FIELD = (Interlace.UPPER, Interlace.LOWER, Interlace.MIXED)


class MatrixEffect(Protocol):
    """An effect that the reference can apply: a 3x3 matrix on nominal R'G'B'.

    Thread-safety: read only.
    """

    @property
    def matrix(self) -> object:
        """Nine numbers, row by row: out = matrix @ (r, g, b)."""

    @property
    def region(self) -> tuple[float, float, float, float] | None:
        """x, y, width, height as fractions of the output picture, or None for all of it."""


@dataclass(frozen=True, slots=True)
class Job:
    """A conversion with every choice made.

    The source is turned first: transposed, then rows mirrored, then columns. `inner` is the
    rectangle of the destination that is written, in pixels: that of the picture, out to whole
    samples of chroma. `windows` are vertical, then horizontal, and lead to `inner`. `effects` are
    matrices with their (left, top, right, bottom) in pixels of `inner`. `path` is what happens to
    light, None where the encoded values stay what they are; `before` and `after` lead from
    components to R'G'B' and back where a matrix of light is not met by `path` itself. `linear`
    says that luma is resampled as light. `memory` keeps weights that were computed.

    Thread-safety: one thread at a time.
    """

    src: VideoType
    dst: VideoType
    rotated: bool
    turn: tuple[bool, bool, bool]
    windows: tuple[Window, Window]
    inner: tuple[int, int, int, int]
    luma_filter: str
    chroma_filter: str
    background: tuple[float, float, float]
    effects: tuple[tuple[NDArray[np.float64], tuple[int, int, int, int]], ...]
    path: LightPath | None
    linear: bool
    dither: str
    seed: int
    legalize: bool
    before: LightPath | None = None
    after: LightPath | None = None
    memory: dict[tuple[object, ...], NDArray[np.float64]] = field(default_factory=dict, repr=False)

    @property
    def inner_size(self) -> tuple[int, int]:
        """Width and height of `inner`."""
        return self.inner[2], self.inner[3]

    @property
    def alpha_modes(self) -> tuple[Alpha | None, Alpha | None]:
        """How source and destination keep alpha; None where there is none that counts."""
        return _alpha_mode(self.src), _alpha_mode(self.dst)

    @property
    def weighted(self) -> bool:
        """Whether straight colour is multiplied by alpha before components are resampled."""
        src, dst = self.alpha_modes
        if src is not Alpha.STRAIGHT or dst is None or self.linear:
            return False
        return self.resamples or (dst is Alpha.PREMULTIPLIED and not self.through_light)

    @property
    def freed(self) -> bool:
        """Whether colour is divided by alpha once components are resampled."""
        src, dst = self.alpha_modes
        if self.through_light:
            return self.weighted or src is Alpha.PREMULTIPLIED
        return dst is Alpha.STRAIGHT and (self.weighted or src is Alpha.PREMULTIPLIED)

    @property
    def weighs_light(self) -> bool:
        """Whether light is multiplied by alpha while it is resampled, and divided after it."""
        src, dst = self.alpha_modes
        return self.linear and src is not None and (dst is not None or src is Alpha.PREMULTIPLIED)

    @property
    def weighted_last(self) -> bool:
        """Whether the destination's encoded colour is multiplied by alpha."""
        src, dst = self.alpha_modes
        if src is None or not self.through_light:
            return False
        return dst is Alpha.PREMULTIPLIED or (dst is None and src is Alpha.PREMULTIPLIED)

    @property
    def reweighs(self) -> bool:
        """Whether colour is multiplied by alpha, or divided, in its encoded values."""
        return self.weighted or self.freed

    @property
    def resamples(self) -> bool:
        """Whether any pixel of the result is a mixture of several pixels of the source."""
        return not all(is_selection(self.first_weights(_LUMA, _LUMA, axis)) for axis in (0, 1))

    @property
    def interlaced(self) -> bool:
        """Whether rows belong to two fields."""
        return self.src.interlace in _BY_FIELD

    @property
    def through_light(self) -> bool:
        """Whether a curve is undone on the way."""
        return any(path is not None for path in (self.before, self.path, self.after))

    @property
    def keeps(self) -> bool:
        """Whether every component of the destination is one of the source, or chroma of gray."""
        return same_meaning(self.src, self.dst) and not self.effects and not self.through_light

    @property
    def direct(self) -> bool:
        """Whether every component goes straight from its own grid to the destination's."""
        src, dst = self.src.format, self.dst.format
        subsampled = src.subsampling != (0, 0) or dst.subsampling != (0, 0)
        return self.keeps and not self.reweighs and not (self.rotated and subsampled)

    def first_weights(self, src: Component, dst: Component, axis: int) -> NDArray[np.float64]:
        """Return the weights from a source component to the grid of `dst`; axis 0 is vertical."""
        key = ("first", _grid(src), _grid(dst), src.name in "uv", axis)
        if key not in self.memory:
            window = self.windows[axis]
            target = component_axis(dst, window.extent, self.dst.siting, columns=axis == 1)
            samples = self._source_axis(src, axis)
            self.memory[key] = self._weights(samples, target, window, self._filter(src), axis)
        return self.memory[key]

    def own_weights(self, src: Component, axis: int) -> NDArray[np.float64]:
        """Return the weights from a source component to the source's own luma grid."""
        key = ("own", _grid(src), src.name in "uv", axis)
        if key not in self.memory:
            luma, extent = self._source_axis(_LUMA, axis), self._source_extent(axis)
            limits = self.windows[axis].read
            whole = Window(Fraction(0), Fraction(extent), extent, limits)
            samples = self._source_axis(src, axis)
            self.memory[key] = self._weights(samples, luma, whole, self._filter(src), axis)
        return self.memory[key]

    def last_weights(self, dst: Component, axis: int) -> NDArray[np.float64]:
        """Return the weights from the destination's luma grid to that of its chroma."""
        key = ("last", _grid(dst), axis)
        if key not in self.memory:
            extent = self.windows[axis].extent
            whole = Window(Fraction(0), Fraction(extent), extent)
            luma = component_axis(_LUMA, extent, None, columns=axis == 1)
            chroma = component_axis(dst, extent, self.dst.siting, columns=axis == 1)
            self.memory[key] = self._weights(luma, chroma, whole, self.chroma_filter, axis)
        return self.memory[key]

    def _filter(self, component: Component) -> str:
        return self.chroma_filter if component.name in "uv" else self.luma_filter

    def _source_extent(self, axis: int) -> int:
        """Return the pixels along one axis of the turned source."""
        return self.src.size[0 if (axis == 1) != self.turn[0] else 1]

    def _source_axis(self, component: Component, axis: int) -> Axis:
        """Return where a component's samples lie along one axis of the turned source."""
        extent = self._source_extent(axis)
        across = (axis == 1) != self.turn[0]
        samples = component_axis(component, extent, self.src.siting, columns=across)
        return samples.mirrored(extent) if self.turn[2 if axis == 1 else 1] else samples

    def _weights(
        self, src: Axis, dst: Axis, window: Window, filter_: str, axis: int
    ) -> NDArray[np.float64]:
        by_field = self.interlaced and axis == 0
        return (field_weights if by_field else weights)(src, dst, window, filter_)


def _grid(component: Component) -> tuple[int, int]:
    return component.xshift, component.yshift


def prepare(src: VideoType, dst: VideoType, options: dict[str, object]) -> Job:
    """Resolve types and options.

    Raises:
        InvalidArg: an unknown or unusable option.
        InvalidMediaType: the types cannot be converted into each other.

    Thread-safety: a pure function.
    """
    chosen: dict[str, Any] = read_options(options)
    src, dst = resolve_pair(src, dst)
    check_matrix("source", src)
    check_matrix("destination", dst)
    turn = turning(chosen["rotate"], chosen["flip"])
    _check_interlace(src, dst, turn)
    crop = turned(shown(src, chosen["crop"]), src.size, turn)
    pixel = 1 / Fraction(src.pixel_aspect) if turn[0] else Fraction(src.pixel_aspect)
    aspect_per_pixel = pixel / Fraction(dst.pixel_aspect)

    shifts = dst.format.subsampling
    grid = (1 << shifts[0], (2 if dst.interlace in _BY_FIELD else 1) << shifts[1])
    picture = shown(dst)
    if chosen["fit"] == "contain":
        picture = contained(picture, dst.size, crop[2] / crop[3] * aspect_per_pixel, grid)
    elif chosen["fit"] == "cover":
        crop = covering(crop, picture[2] / picture[3] / aspect_per_pixel)
    inner = covered(picture, dst.size, grid)

    scaled = any(crop[axis] != picture[axis] for axis in (2, 3))
    luma_filter = str(chosen["filter"])
    chroma_filter = chosen["chroma_filter"] or (luma_filter if scaled else "bilinear")
    job = Job(
        src,
        dst,
        chosen["rotate"] != 0,
        turn,
        (_window(crop, picture, inner, 1), _window(crop, picture, inner, 0)),
        inner,
        luma_filter,
        str(chroma_filter),
        parse_colour(chosen["background"]),
        _effects(chosen["effects"], picture, inner),
        None,
        linear=False,
        dither=chosen["dither"],
        seed=int(chosen["seed"]),
        legalize=chosen["legalize"],
    )
    linear = chosen["linear"] and job.resamples
    before, path, after = paths(
        src, dst, _path(src, dst, chosen), linear=linear, effects=bool(job.effects)
    )
    return replace(job, before=before, path=path, after=after, linear=linear)


def _path(src: VideoType, dst: VideoType, chosen: dict[str, Any]) -> LightPath:
    sides = [(type_.transfer, type_.primaries) for type_ in (src, dst)]
    (ours, our_primaries), (theirs, their_primaries) = sides
    assert ours is not None and theirs is not None  # noqa: S101, PT018 - both are resolved
    assert our_primaries is not None and their_primaries is not None  # noqa: S101, PT018
    given = None if chosen["peak"] is None else float(chosen["peak"])
    return LightPath(
        (ours, theirs),
        (our_primaries, their_primaries),
        source_peak(ours, src.light, given),
        float(chosen["white"]),
        chosen["tone_map"],
        chosen["tone_map_basis"],
        chosen["gamut"],
        adapt=chosen["adaptation"] == "bradford",
    )


def _check_interlace(src: VideoType, dst: VideoType, turn: tuple[bool, bool, bool]) -> None:
    if src.interlace is not dst.interlace:
        raise InvalidMediaType(
            f"interlace {src.interlace} to {dst.interlace}: fields stay fields; deinterlace first, "
            f"or give both sides {src.interlace}"
        )
    if src.interlace in _BY_FIELD and (turn[0] or turn[1]):
        raise InvalidArg("rows of fields cannot be turned: deinterlace first, or only flip h")


def _window(
    crop: Rectangle, picture: Rectangle, inner: tuple[int, int, int, int], axis: int
) -> Window:
    """Return what `inner` shows along an axis; no more is read than what the picture shows."""
    start, length = crop[axis], crop[axis + 2]
    scale = length / picture[axis + 2]
    before = (picture[axis] - inner[axis]) * scale
    extent = inner[axis + 2]
    return Window(start - before, extent * scale, extent, (start, start + length))


def _effects(
    effects: object, picture: Rectangle, inner: tuple[int, int, int, int]
) -> tuple[tuple[NDArray[np.float64], tuple[int, int, int, int]], ...]:
    """Return each effect's matrix and its region as (left, top, right, bottom) pixels of `inner`.

    Where it reaches an edge of the picture it reaches that of `inner`.
    """
    found = []
    for effect in effects if isinstance(effects, (tuple, list)) else (effects,):
        matrix = np.asarray(effect.matrix, np.float64).reshape(3, 3)
        x, y, w, h = effect.region if effect.region is not None else (0, 0, 1, 1)
        edges = ((x, 0), (y, 1), (Fraction(x) + Fraction(w), 0), (Fraction(y) + Fraction(h), 1))
        left, top, right, bottom = (
            _region_edge(Fraction(at), axis, picture, inner) for at, axis in edges
        )
        found.append((matrix, (left, top, right, bottom)))
    return tuple(found)


def _region_edge(
    at: Fraction, axis: int, picture: Rectangle, inner: tuple[int, int, int, int]
) -> int:
    whole = inner[axis + 2]
    if not 0 < at < 1:
        return whole if at >= 1 else 0
    place = picture[axis] - inner[axis] + at * picture[axis + 2]
    return min(max(math.floor(place + HALF), 0), whole)


def _alpha_mode(type_: VideoType) -> Alpha | None:
    if not type_.format.has_alpha or type_.alpha is Alpha.OPAQUE:
        return None
    return Alpha.PREMULTIPLIED if type_.alpha is Alpha.PREMULTIPLIED else Alpha.STRAIGHT
