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
    picture: Area
    """Where the part lands, in pixels of the target."""
    inner: Rect
    """The pixels that are written: `picture`, out to whole samples of the target's chroma."""

    @property
    def is_scaled(self) -> bool:
        """Whether the picture changes its size."""
        return self.crop[2:] != self.picture[2:]


def place(src: VideoType, dst: VideoType, options: Options) -> Placement:
    """Return how `src` is placed into `dst`.

    Rotation (clockwise) is applied after the crop, the flip after the rotation. The picture lands
    in what the target shows of its frame: its aperture, if it has one.

    Raises:
        InvalidArg: the crop leaves the source's aperture.
            Or rows of two fields would be turned.
        InvalidMediaType: one side is interlaced and the other is not.

    Source: docs/light.md, 11.
    """
    _check_interlace(src, dst, options)
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
    picture = _shown(dst)
    if options.fit == "cover":
        area = _covering(area, picture.width / picture.height / shape)
    elif options.fit == "contain":
        picture = _contained(shape, dst)
    inner = _covered(picture, dst)
    return Placement(transpose, mirror_y, mirror_x, (width, height), area, picture, inner)


def _shown(type_: VideoType) -> Area:
    """The aperture, or all of the frame."""
    return Area(*map(Fraction, type_.aperture or (0, 0, *type_.size)))


def _source_area(src: VideoType, options: Options) -> Area:
    """The crop, or the aperture, or all of the source."""
    whole = _shown(src)
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


def _contained(shape: Fraction, dst: VideoType) -> Area:
    """The largest rectangle of `shape` (width / height in target pixels) that is shown, centred.

    Along an axis that it does not fill it begins and ends on whole samples of chroma.
    """
    whole, grid = _shown(dst), _grid(dst)
    ideal = (_round(whole.height * shape), _round(whole.width / shape))
    spans = []
    for axis in (0, 1):
        start, length = whole[axis], whole[axis + 2]
        first, end = _inward(start, start + length, grid[axis], dst.size[axis])
        if ideal[axis] < length and first < end:
            room = end - first
            length = Fraction(min(room, max(grid[axis], _down(ideal[axis], grid[axis]))))
            start = Fraction(first + _down((room - length) / 2, grid[axis]))
        spans.append((start, length))
    (x, width), (y, height) = spans
    return Area(x, y, width, height)


def _covered(picture: Area, dst: VideoType) -> Rect:
    """The pixels of all samples of chroma of which the picture takes a part."""
    spans = []
    for axis, grid in enumerate(_grid(dst)):
        start, length = picture[axis], picture[axis + 2]
        first = _down(start, grid)
        spans.append((first, min(-_down(-start - length, grid), dst.size[axis]) - first))
    (x, width), (y, height) = spans
    return Rect(x, y, width, height)


def _grid(dst: VideoType) -> tuple[int, int]:
    """Columns and rows of pixels of a sample of chroma, of both fields where there are two."""
    across, down = dst.format.subsampling
    return 1 << across, (2 if is_by_field(dst) else 1) << down


def _inward(start: Fraction, end: Fraction, grid: int, frame: int) -> tuple[int, int]:
    """The whole samples between two points; the frame's own edge may cut the last one."""
    return -_down(-start, grid), frame if end == frame else _down(end, grid)


def _down(value: Fraction | int, grid: int) -> int:
    """The multiple of `grid` at or below a number."""
    return value // grid * grid


def _round(value: Fraction) -> int:
    return int(value + Fraction(1, 2))
