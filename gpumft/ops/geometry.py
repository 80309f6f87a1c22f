"""Where the picture comes from and where it goes: crop, rotation, flip, fit."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from gpumft.device.program import Rect
from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import Interlace, VideoType
from gpumft.ops.options import Options

_BY_FIELD = frozenset({Interlace.UPPER, Interlace.LOWER, Interlace.MIXED})


class Area(NamedTuple):
    """A rectangle with sub-pixel edges."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction


@dataclass(frozen=True, slots=True)
class Placement:
    """The turned source, the part of it that is used, and where that lands in the target."""

    transpose: bool
    mirror_y: bool
    mirror_x: bool
    turned_size: tuple[int, int]
    """(width, height) of the source after transposition."""
    crop: Area
    """In pixels of the turned source."""
    inner: Rect
    """In pixels of the target."""

    @property
    def is_scaled(self) -> bool:
        """Whether the picture changes its size."""
        return self.crop.width != self.inner.width or self.crop.height != self.inner.height


def place(src: VideoType, dst: VideoType, options: Options) -> Placement:
    """Return how `src` is placed into `dst`.

    Rotation (clockwise) is applied after the crop, the flip after the rotation.

    Raises:
        InvalidArg: the crop leaves the source's aperture.
            Or rows of two fields would be turned.
        InvalidMediaType: the target shows a part of its frame only, or one side is interlaced
            and the other is not.
    """
    _check_interlace(src, dst, options)
    if dst.aperture not in (None, (0, 0, *dst.size)):
        msg = f"the target {dst} has an aperture; leave it out and give the size that is shown"
        raise InvalidMediaType(msg)
    transpose = options.rotate in (90, 270)
    mirror_x = (options.rotate in (90, 180)) != ("h" in options.flip)
    mirror_y = (options.rotate in (180, 270)) != ("v" in options.flip)
    area = _source_area(src, options)
    width, height = src.size
    aspect = src.pixel_aspect
    if transpose:
        width, height = height, width
        area = Area(area.y, area.x, area.height, area.width)
        aspect = 1 / aspect
    if mirror_x:
        area = area._replace(x=width - area.x - area.width)
    if mirror_y:
        area = area._replace(y=height - area.y - area.height)
    shape = area.width / area.height * aspect / dst.pixel_aspect
    inner = Rect(0, 0, *dst.size)
    if options.fit == "cover":
        area = _covering(area, Fraction(*dst.size) / shape)
    elif options.fit == "contain":
        inner = _contained(shape, dst, rows=2 if is_by_field(src) else 1)
    return Placement(transpose, mirror_y, mirror_x, (width, height), area, inner)


def _source_area(src: VideoType, options: Options) -> Area:
    """The crop, or the aperture, or all of the source."""
    whole = Area(*map(Fraction, src.aperture or (0, 0, *src.size)))
    if options.crop is None:
        return whole
    area = Area(*options.crop)
    inside = (
        whole.x <= area.x
        and whole.y <= area.y
        and area.x + area.width <= whole.x + whole.width
        and area.y + area.height <= whole.y + whole.height
    )
    if not inside:
        asked, there = (" ".join(f"{float(v):g}" for v in a) for a in (area, whole))
        msg = f"crop (x y w h) {asked} leaves the source's picture {there}; keep it inside"
        raise InvalidArg(msg)
    return area


def _covering(area: Area, ratio: Fraction) -> Area:
    """Narrow `area` around its centre; `ratio` is the target's shape over the area's."""
    if ratio < 1:
        width = area.width * ratio
        return area._replace(x=area.x + (area.width - width) / 2, width=width)
    height = area.height / ratio
    return area._replace(y=area.y + (area.height - height) / 2, height=height)


def is_by_field(type_: VideoType) -> bool:
    """Return whether the rows of a picture belong to two fields."""
    return type_.interlace in _BY_FIELD


def _check_interlace(src: VideoType, dst: VideoType, options: Options) -> None:
    ours, theirs = src.interlace, dst.interlace
    if ours != theirs:
        msg = (
            f"interlace {ours} to {theirs}: fields stay fields; deinterlace first, "
            f"or give both sides {ours}"
        )
        raise InvalidMediaType(msg)
    if is_by_field(src) and (options.rotate or "v" in options.flip):
        msg = (
            f"rows of two fields cannot be turned (rotate={options.rotate}, flip={options.flip!r}, "
            f"interlace {ours}); deinterlace first, or flip only h"
        )
        raise InvalidArg(msg)


def _contained(shape: Fraction, dst: VideoType, *, rows: int) -> Rect:
    """The largest rectangle of `shape` (width / height in target pixels) in `dst`, centred.

    It begins and ends on whole samples of chroma, in `rows` of them.
    """
    grid_x, grid_y = (1 << shift for shift in dst.format.subsampling)
    grid_y *= rows
    width = _snapped(_round(dst.size[1] * shape), dst.size[0], grid_x)
    height = _snapped(_round(dst.size[0] / shape), dst.size[1], grid_y)
    x = (dst.size[0] - width) // 2 // grid_x * grid_x
    y = (dst.size[1] - height) // 2 // grid_y * grid_y
    return Rect(x, y, width, height)


def _snapped(length: int, whole: int, grid: int) -> int:
    if length >= whole:
        return whole
    return min(whole, max(grid, length // grid * grid))


def _round(value: Fraction) -> int:
    return int(value + Fraction(1, 2))
