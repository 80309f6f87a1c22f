"""What the reference is asked to do: types and options resolved to numbers, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media.enums import Alpha
from gpumft.media.formats import Component
from gpumft.media.resolve import resolve_pair
from gpumft.media.videotype import VideoType
from gpumft.testing.reference_colour import parse_colour
from gpumft.testing.reference_geometry import (
    component_axis,
    contained,
    covering,
    shown,
    turned,
    turning,
)
from gpumft.testing.reference_weights import HALF, Window, is_selection, weights


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
    rectangle of the destination that the picture fills, in pixels. `windows` are vertical, then
    horizontal. `effects` are matrices with their (left, top, right, bottom) in pixels of `inner`.
    `memory` keeps weights that were computed.

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
        """Whether straight colour is multiplied by alpha on its way."""
        src, dst = self.alpha_modes
        return src is Alpha.STRAIGHT and (
            dst is Alpha.PREMULTIPLIED or (dst is Alpha.STRAIGHT and self.resamples)
        )

    @property
    def reweighs(self) -> bool:
        """Whether colour is multiplied by alpha, or divided."""
        return self.weighted or self.alpha_modes == (Alpha.PREMULTIPLIED, Alpha.STRAIGHT)

    @property
    def resamples(self) -> bool:
        """Whether any pixel of the result is a mixture of several pixels of the source."""
        luma = Component("y", 0)
        return not all(is_selection(self.first_weights(luma, luma, axis)) for axis in (0, 1))

    @property
    def direct(self) -> bool:
        """Whether every component goes straight from its own grid to the destination's."""
        src, dst = self.src.format, self.dst.format
        same_kind = src.is_rgb == dst.is_rgb
        same_matrix = src.is_rgb or self.src.matrix == self.dst.matrix
        subsampled = src.subsampling != (0, 0) or dst.subsampling != (0, 0)
        plain = same_kind and same_matrix and not self.effects and not self.reweighs
        return plain and not (self.rotated and subsampled)

    def first_weights(self, src: Component, dst: Component, axis: int) -> NDArray[np.float64]:
        """Return the weights from a source component to the grid of `dst`; axis 0 is vertical."""
        chroma = src.name in "uv"
        key = ("first", src.xshift, src.yshift, dst.xshift, dst.yshift, chroma, axis)
        if key not in self.memory:
            columns = axis == 1
            across = columns != self.turn[0]
            extent = self.src.size[0 if across else 1]
            samples = component_axis(src, extent, self.src.siting, columns=across)
            if self.turn[2 if columns else 1]:
                samples = samples.mirrored(extent)
            window = self.windows[axis]
            target = component_axis(dst, window.extent, self.dst.siting, columns=columns)
            chosen = self.chroma_filter if chroma else self.luma_filter
            self.memory[key] = weights(samples, target, window, chosen)
        return self.memory[key]

    def last_weights(self, dst: Component, axis: int) -> NDArray[np.float64]:
        """Return the weights from the destination's luma grid to that of its chroma."""
        key = ("last", dst.xshift, dst.yshift, axis)
        if key not in self.memory:
            extent = self.windows[axis].extent
            whole = Window(Fraction(0), Fraction(extent), extent)
            luma = component_axis(Component("y", 0), extent, None, columns=axis == 1)
            chroma = component_axis(dst, extent, self.dst.siting, columns=axis == 1)
            self.memory[key] = weights(luma, chroma, whole, self.chroma_filter)
        return self.memory[key]


_DEFAULTS: dict[str, object] = {
    "filter": "bicubic",
    "chroma_filter": None,
    "crop": None,
    "rotate": 0,
    "flip": "",
    "fit": "stretch",
    "background": "black",
    "effects": (),
}
_NOT_BUILT: dict[str, object] = {
    "dither": "none",
    "seed": 0,
    "linear": False,
    "tone_map": "bt2390",
    "tone_map_basis": "max_rgb",
    "peak": None,
    "white": 203,
    "gamut": "clip",
    "adaptation": "bradford",
    "legalize": False,
}


def prepare(src: VideoType, dst: VideoType, options: dict[str, object]) -> Job:
    """Resolve types and options.

    Raises:
        InvalidArg: an unknown or unusable option.
        InvalidMediaType: the pair needs what is not built (transfer, primaries).

    Thread-safety: a pure function.
    """
    chosen = _options(options)
    src, dst = resolve_pair(src, dst)
    for what in ("transfer", "primaries"):
        ours, theirs = getattr(src, what), getattr(dst, what)
        if ours != theirs:
            raise InvalidMediaType(f"{what} {ours} to {theirs} is not built: give both sides one")

    turn = turning(chosen["rotate"], chosen["flip"])
    crop = turned(shown(src, chosen["crop"]), src.size, turn)
    pixel = 1 / Fraction(src.pixel_aspect) if turn[0] else Fraction(src.pixel_aspect)
    aspect_per_pixel = pixel / Fraction(dst.pixel_aspect)

    width, height = dst.size
    inner = (0, 0, width, height)
    fit = chosen["fit"]
    if fit == "contain":
        shifts = dst.format.subsampling
        aspect = crop[2] / crop[3] * aspect_per_pixel
        inner = contained(dst.size, aspect, (1 << shifts[0], 1 << shifts[1]))
    elif fit == "cover":
        crop = covering(crop, Fraction(width, height) / aspect_per_pixel)
    elif fit != "stretch":
        raise InvalidArg(f"fit {fit!r}: choose stretch, contain or cover")

    scaled = any(crop[axis] != inner[axis] for axis in (2, 3))
    luma_filter = str(chosen["filter"])
    chroma_filter = chosen["chroma_filter"] or (luma_filter if scaled else "bilinear")
    job = Job(
        src,
        dst,
        chosen["rotate"] != 0,
        turn,
        (Window(crop[1], crop[3], inner[3]), Window(crop[0], crop[2], inner[2])),
        inner,
        luma_filter,
        str(chroma_filter),
        parse_colour(chosen["background"]),
        _effects(chosen["effects"], (inner[2], inner[3])),
    )
    if job.reweighs and src.format.subsampling != (0, 0):
        raise InvalidMediaType(f"weighing the chroma of {src.format} by alpha is not built")
    return job


def _options(options: dict[str, object]) -> dict[str, object]:
    for name, value in options.items():
        if name in _NOT_BUILT:
            if value != _NOT_BUILT[name]:
                raise InvalidArg(f"{name}={value!r} is not built: leave {_NOT_BUILT[name]!r}")
        elif name not in _DEFAULTS:
            raise InvalidArg(f"unknown option {name!r}: choose from {', '.join(_DEFAULTS)}")
    return {name: options.get(name, default) for name, default in _DEFAULTS.items()}


def _effects(
    effects: object, size: tuple[int, int]
) -> tuple[tuple[NDArray[np.float64], tuple[int, int, int, int]], ...]:
    """Return each effect's matrix and its region as (left, top, right, bottom) pixels."""
    found = []
    for effect in effects if isinstance(effects, (tuple, list)) else (effects,):
        matrix = np.asarray(effect.matrix, np.float64).reshape(3, 3)
        x, y, w, h = effect.region if effect.region is not None else (0, 0, 1, 1)
        edges = ((x, 0), (y, 1), (Fraction(x) + Fraction(w), 0), (Fraction(y) + Fraction(h), 1))
        left, top, right, bottom = (
            min(max(math.floor(Fraction(at) * size[axis] + HALF), 0), size[axis])
            for at, axis in edges
        )
        found.append((matrix, (left, top, right, bottom)))
    return tuple(found)


def _alpha_mode(type_: VideoType) -> Alpha | None:
    if not type_.format.has_alpha or type_.alpha is Alpha.OPAQUE:
        return None
    return Alpha.PREMULTIPLIED if type_.alpha is Alpha.PREMULTIPLIED else Alpha.STRAIGHT
