"""How Media Foundation lays a subtype out: the rules behind `gpumft.media.sizes`.

Thread-safety: constants and pure functions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from gpumft.errors import InvalidMediaType
from gpumft.media.fields import read_enum
from gpumft.media.formats import PixelFormat
from gpumft.media.subtypes import Subtype, find_subtype, subtype_of

Format: TypeAlias = PixelFormat | Subtype | str
"""What is accepted: a pixel format, a subtype, or the name of either (mind the case)."""

BASE_ALIGNMENT = 64
HALF_STRIDE_ALIGNMENT = 128
"""For planes at half the pitch, so that these begin on 64 bytes too."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How MF sizes a subtype.

    Attributes:
        bits: of a pixel in a row of the first plane.
        kind: one of the families below.
    """

    bits: int
    kind: str


RGB, GRAY, DEPTH, PACKED = "rgb", "gray", "depth", "packed"
SEMI, PLANAR, NV11, IMC13, IMC24, SEMI422, V210 = (
    "semi-planar 4:2:0",
    "planar 4:2:0",
    "NV11",
    "IMC1",
    "IMC2",
    "semi-planar 4:2:2",
    "v210",
)
HALF_STRIDE = (PLANAR, NV11, IMC24)

RULES: dict[Subtype, Rule] = {
    Subtype.RGB8: Rule(8, RGB),
    Subtype.RGB555: Rule(16, RGB),
    Subtype.RGB565: Rule(16, RGB),
    Subtype.RGB24: Rule(24, RGB),
    Subtype.RGB32: Rule(32, RGB),
    Subtype.ARGB32: Rule(32, RGB),
    Subtype.ABGR32: Rule(32, RGB),
    Subtype.A2R10G10B10: Rule(32, RGB),
    Subtype.A2B10G10R10: Rule(32, RGB),
    Subtype.A16B16G16R16F: Rule(64, RGB),
    Subtype.L8: Rule(8, GRAY),
    Subtype.L16: Rule(16, DEPTH),
    Subtype.D16: Rule(16, DEPTH),
    Subtype.AYUV: Rule(32, PACKED),
    Subtype.YUY2: Rule(16, PACKED),
    Subtype.UYVY: Rule(16, PACKED),
    Subtype.YVYU: Rule(16, PACKED),
    Subtype.Y210: Rule(32, PACKED),
    Subtype.Y216: Rule(32, PACKED),
    Subtype.Y410: Rule(32, PACKED),
    Subtype.Y416: Rule(64, PACKED),
    Subtype.V210: Rule(0, V210),
    Subtype.NV12: Rule(8, SEMI),
    Subtype.NV21: Rule(8, SEMI),
    Subtype.P010: Rule(16, SEMI),
    Subtype.P016: Rule(16, SEMI),
    Subtype.P210: Rule(16, SEMI422),
    Subtype.P216: Rule(16, SEMI422),
    Subtype.I420: Rule(8, PLANAR),
    Subtype.IYUV: Rule(8, PLANAR),
    Subtype.YV12: Rule(8, PLANAR),
    Subtype.NV11: Rule(8, NV11),
    Subtype.IMC1: Rule(16, IMC13),
    Subtype.IMC3: Rule(16, IMC13),
    Subtype.IMC2: Rule(8, IMC24),
    Subtype.IMC4: Rule(8, IMC24),
}


def pixels_and_rule(format: Format) -> tuple[PixelFormat | None, Rule | None]:
    """Return (pixel format, MF's rule), each None where there is none."""
    if not isinstance(format, PixelFormat):
        subtype = find_subtype(format)
        if subtype is not None:
            return subtype.pixel_format, RULES.get(subtype)
        format = read_enum(PixelFormat, "format", format)
    subtype = subtype_of(format)
    return format, RULES[subtype] if subtype else None


def layout_of(format: Format) -> PixelFormat | Rule | None:
    """Return what decides about sizes: MF's rule, else our planes, or None where nothing does."""
    pixels, rule = pixels_and_rule(format)
    return rule or pixels


def known_layout(format: Format) -> PixelFormat | Rule:
    """Return what decides about sizes, or raise `InvalidMediaType` where nothing does."""
    layout = layout_of(format)
    if layout is None:
        raise InvalidMediaType(f"{name_of(format)} has no rows: its layout is not known")
    return layout


def name_of(format: Format) -> str:
    """Return a name for messages: a subtype's rather than its GUID."""
    subtype = None if isinstance(format, PixelFormat) else find_subtype(format)
    return subtype.name if subtype else str(format)


def align(value: int, to: int) -> int:
    """Return `value` rounded up to a multiple of `to`."""
    return -(-value // to) * to


def stride_of(rule: Rule, width: int) -> int:
    """Return the row of the first plane in bytes, as MF rounds it."""
    if rule.kind == V210:
        return -(-width // 48) * 128
    stride = width * rule.bits // 8
    return align(stride, 4) if rule.kind in (RGB, GRAY, DEPTH, IMC13) else stride


def all_planes(rule: Rule, row_bytes: int, rows: int) -> int:
    """Return the bytes of all planes at a common pitch; half rows are dropped."""
    if rule.kind in (SEMI, PLANAR, NV11, IMC24):
        return row_bytes * rows * 3 // 2
    return row_bytes * rows * (2 if rule.kind == SEMI422 else 1)


def plane_bytes(format: PixelFormat, size: tuple[int, int]) -> tuple[int, ...]:
    """Return the bytes of every plane without padding."""
    shapes = zip(format.plane_shapes(size), format.plane_dtypes(), strict=True)
    return tuple(math.prod(shape) * dtype.itemsize for shape, dtype in shapes)


def row_bytes(format: PixelFormat, width: int) -> tuple[int, ...]:
    """Return the bytes of a row of every plane without padding."""
    return plane_bytes(format, (width, 1))


def pitches(format: PixelFormat, pitch: int) -> tuple[int, ...]:
    """Return every plane's pitch: to the first as rows of whole pixel pairs are to each other."""
    rows = row_bytes(format, 96)
    return tuple(pitch * row // rows[0] for row in rows)


def allocation_of(format: PixelFormat, pitch: int, height: int) -> int:
    """Return the bytes of all planes at their pitches, odd pictures' last chroma rows too."""
    rows = [shape[0] for shape in format.plane_shapes((1, height))]
    return sum(own * count for own, count in zip(pitches(format, pitch), rows, strict=True))


def pitch_of(layout: PixelFormat | Rule, width: int) -> int:
    """Return the pitch of a 2-D buffer."""
    if isinstance(layout, PixelFormat):
        halved = min(pitches(layout, 2)) == 1
        row = row_bytes(layout, width)[0]
    else:
        halved = layout.kind in (*HALF_STRIDE, IMC13)
        row = stride_of(layout, width)
    return align(row, HALF_STRIDE_ALIGNMENT if halved else BASE_ALIGNMENT)


def may_be_bottom_up(layout: PixelFormat | Rule) -> bool:
    """Whether rows may be stored from the bottom up: one plane that is not Y'CbCr."""
    if isinstance(layout, PixelFormat):
        return not layout.is_yuv and layout.planes == 1
    return layout.kind in (RGB, GRAY, DEPTH)
