"""Where samples lie and what part of the source is shown, for the reference: exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from gpumft.errors import InvalidArg
from gpumft.media.enums import Siting
from gpumft.media.formats import Component
from gpumft.media.videotype import VideoType
from gpumft.testing.reference_weights import HALF, Axis

Rectangle = tuple[Fraction, Fraction, Fraction, Fraction]
"""x, y, width, height in pixels."""


def component_axis(
    component: Component, extent: int, siting: Siting | None, *, columns: bool
) -> Axis:
    """Return where a component's samples lie along one axis of a picture of `extent` pixels.

    Counted in luma samples, sub-sampled chroma sample i lies
    across: at 2i (left, topleft, bottomleft) or 2i + 1/2 (center, top, bottom);
    down: at 2i (topleft, top), 2i + 1/2 (left, center) or 2i + 1 (bottomleft, bottom).
    Source: ITU-T H.273, 8.7.
    """
    if not (component.xshift if columns else component.yshift):
        return Axis(HALF, 1, extent)
    if columns:
        at = Fraction(0) if siting in {Siting.LEFT, Siting.TOPLEFT, Siting.BOTTOMLEFT} else HALF
    elif siting in {Siting.TOPLEFT, Siting.TOP}:
        at = Fraction(0)
    else:
        at = Fraction(1) if siting in {Siting.BOTTOMLEFT, Siting.BOTTOM} else HALF
    return Axis(at + HALF, 2, -(-extent // 2))


def contained(
    seen: Rectangle, size: tuple[int, int], aspect: Fraction, grid: tuple[int, int]
) -> Rectangle:
    """Return the rectangle (x, y, w, h) of `fit="contain"`.

    `aspect` is A = (display aspect of the source after crop and rotation) / (pixel aspect of the
    destination), an exact fraction: how wide the picture is for its height, in destination pixels.
    `seen` is what the destination shows, (X, Y, W, H), of a frame of `size`; `grid` the chroma's
    (columns, rows) of pixels per sample. Across (down is the same), with round_half_up(x) =
    floor(x + 1/2):

        w = round_half_up(H * A)
        x, w = X, W                              where w >= W, or X..X + W holds no whole sample
        w = w - w mod grid_x, at least grid_x    else, where the whole samples of chroma in X..X + W
        w = min(w, R - L)                        go from L to R (the frame's edge may cut the last)
        x = L + (R - L - w) // 2, less x mod grid_x
    """
    ideal = (seen[3] * aspect, seen[2] / aspect)
    starts, lengths = [], []
    for axis, cell in enumerate(grid):
        start, length = seen[axis], seen[axis + 2]
        left = math.ceil(start / cell) * cell
        right = math.floor((start + length) / cell) * cell
        if start + length == size[axis]:
            right = size[axis]
        wanted = math.floor(ideal[axis] + HALF)
        if wanted < length and left < right:
            length = Fraction(min(right - left, max(wanted - wanted % cell, cell)))
            offset = math.floor((right - left - length) / 2)
            start = Fraction(left + offset - offset % cell)
        starts.append(start)
        lengths.append(length)
    return starts[0], starts[1], lengths[0], lengths[1]


def covered(
    picture: Rectangle, size: tuple[int, int], grid: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the pixels (x, y, w, h) of all samples of chroma of which a picture takes a part.

    `size` is the frame's, `grid` as of `contained`.
    """
    found = []
    for axis, cell in enumerate(grid):
        first = math.floor(picture[axis] / cell) * cell
        last = math.ceil((picture[axis] + picture[axis + 2]) / cell) * cell
        found.append((first, min(last, size[axis]) - first))
    return found[0][0], found[1][0], found[0][1], found[1][1]


def covering(crop: Rectangle, aspect: Fraction) -> Rectangle:
    """Return the central part of `crop` whose width is `aspect` times its height (sub-pixel)."""
    x, y, w, h = crop
    if w > h * aspect:
        return x + (w - h * aspect) / 2, y, h * aspect, h
    return x, y + (h - w / aspect) / 2, w, w / aspect


def turning(rotate: Any, flip: Any) -> tuple[bool, bool, bool]:
    """Return (transpose, mirror rows, mirror columns): rotated clockwise, then flipped."""
    known = {
        0: (False, False, False),
        90: (True, False, True),
        180: (False, True, True),
        270: (True, True, False),
    }
    if rotate not in known:
        raise InvalidArg(f"rotate {rotate!r}: choose 0, 90, 180 or 270")
    if flip not in {"", "h", "v", "hv"}:
        raise InvalidArg(f"flip {flip!r}: choose h, v or hv")
    transpose, rows, columns = known[rotate]
    return transpose, rows != ("v" in str(flip)), columns != ("h" in str(flip))


def shown(src: VideoType, crop: object = None) -> Rectangle:
    """Return the part of a type's frame that is shown: `crop`, else the aperture, else everything.

    `crop` is in pixels of the whole frame and lies inside the aperture.
    """
    seen = _rectangle(src.aperture or (0, 0, *src.size))
    if crop is None:
        return seen
    part = _rectangle(crop)
    x, y, w, h = part
    left, top, right, bottom = seen[0], seen[1], seen[0] + seen[2], seen[1] + seen[3]
    if x < left or y < top or w <= 0 or h <= 0 or x + w > right or y + h > bottom:
        raise InvalidArg(f"crop {crop!r} leaves the picture of {src}")
    return part


def _rectangle(value: object) -> Rectangle:
    if not isinstance(value, (tuple, list)) or len(value) != 4:
        raise InvalidArg(f"crop {value!r}: give (x, y, width, height)")
    try:
        x, y, w, h = (Fraction(number) for number in value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidArg(f"crop {value!r}: give four finite numbers") from error
    return x, y, w, h


def turned(part: Rectangle, size: tuple[int, int], turn: tuple[bool, bool, bool]) -> Rectangle:
    """Return where a part of the source lies once the source is turned."""
    x, y, w, h = part
    width, height = size
    if turn[0]:
        x, y, w, h = y, x, h, w
        width, height = height, width
    return (width - x - w if turn[2] else x), (height - y - h if turn[1] else y), w, h
