"""Bytes of images, planes, rows and two-dimensional buffers, as Media Foundation counts them.

MF's three sizes of one image differ for odd sizes, on purpose: `calculate_image_size` rounds the
width, `plane_size` does not, and `contiguous_length` drops half samples. Formats that MF lacks have
one size: the sum of their planes, as arrays without padding.

Every function takes a `PixelFormat`, a `Subtype`, or the name of either.

Thread-safety: pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media.fields import read_size
from gpumft.media.formats import PixelFormat
from gpumft.media.sizerules import (
    BASE_ALIGNMENT,
    DEPTH,
    GRAY,
    HALF_STRIDE,
    IMC13,
    IMC24,
    NV11,
    PLANAR,
    RGB,
    SEMI,
    V210,
    Format,
    align,
    all_planes,
    allocation_of,
    known_layout,
    layout_of,
    may_be_bottom_up,
    name_of,
    pitch_of,
    pitches,
    pixels_and_rule,
    plane_bytes,
    row_bytes,
    stride_of,
)


@dataclass(frozen=True, slots=True)
class Buffer2DLayout:
    """How a two-dimensional buffer lies in memory. All in bytes.

    Thread-safety: immutable.

    Attributes:
        pitch: from a row to the row below it in the picture; negative for bottom-up.
        max_length: MF's size of the buffer (IMFMediaBuffer::GetMaxLength of the 2-D memory).
        contiguous_length: size of the linear copy (IMF2DBuffer::GetContiguousLength).
        scanline0: offset of the top row.
        allocation: what to allocate: `max_length`, or more where an odd picture's last chroma row
            does not fit MF's size.
        alignment: alignment of the first byte.
    """

    pitch: int
    max_length: int
    contiguous_length: int
    scanline0: int
    allocation: int
    alignment: int = BASE_ALIGNMENT


@dataclass(frozen=True, slots=True)
class PlanePlace:
    """Where a plane lies in a buffer: its first byte, and the bytes from row to row.

    Thread-safety: immutable.
    """

    offset: int
    pitch: int


def calculate_image_size(format: Format, size: tuple[int, int]) -> int:
    """Return the bytes of an image. Source: MFCalculateImageSize.

    Args:
        format: the pixel format or subtype.
        size: (width, height) in pixels.

    Raises:
        InvalidArg: a subtype whose layout is unknown, such as a compressed one.
        InvalidMediaType: no such name, or a size that cannot be.
    """
    width, height = read_size(size)
    layout = layout_of(format)
    if layout is None:
        raise InvalidArg(f"{name_of(format)} has no image size: its layout is not known")
    if isinstance(layout, PixelFormat):
        return sum(plane_bytes(layout, (width, height)))
    if layout.kind in (GRAY, DEPTH):
        return width * layout.bits // 8 * height
    if layout.kind in (SEMI, PLANAR, IMC24):
        width = align(width, 2)
    elif layout.kind == NV11:
        width = align(width, 4)
    return all_planes(layout, stride_of(layout, width), height)


def plane_size(format: Format, size: tuple[int, int]) -> int:
    """Return the bytes of all planes at the format's own stride. Source: MFGetPlaneSize.

    Args:
        format: the pixel format or subtype; one whose layout is unknown gives 0.
        size: (width, height) in pixels.

    Raises:
        InvalidMediaType: no such name, or a size that cannot be.
    """
    width, height = read_size(size)
    layout = layout_of(format)
    if layout is None:
        return 0
    if isinstance(layout, PixelFormat):
        return sum(plane_bytes(layout, (width, height)))
    return all_planes(layout, stride_of(layout, width), height)


def default_stride(format: Format, width: int) -> int:
    """Return the stride of contiguous rows in bytes. Source: MFGetStrideForBitmapInfoHeader.

    Negative means bottom-up: so it is for MF's R'G'B' and L8, whose rows end on four bytes. Formats
    that MF lacks are top-down without padding.

    Args:
        format: the pixel format or subtype.
        width: in pixels.

    Raises:
        InvalidMediaType: no such name, or a subtype whose layout is unknown.
    """
    width, _ = read_size((width, 1))
    layout = known_layout(format)
    if isinstance(layout, PixelFormat):
        return row_bytes(layout, width)[0]
    stride = stride_of(layout, width)
    return -stride if layout.kind in (RGB, GRAY) else stride


def minimum_stride(format: Format, width: int) -> int:
    """Return the fewest bytes that a row of the first plane can take, unaligned and unsigned.

    Args:
        format: the pixel format or subtype.
        width: in pixels.

    Raises:
        InvalidMediaType: no such name, or a subtype whose layout is unknown.
    """
    width, _ = read_size((width, 1))
    layout = known_layout(format)
    if isinstance(layout, PixelFormat):
        return row_bytes(layout, width)[0]
    return stride_of(layout, width) if layout.kind == V210 else width * layout.bits // 8


def contiguous_length(format: Format, size: tuple[int, int]) -> int:
    """Return the bytes of a 2-D buffer's linear copy. Source: IMF2DBuffer::GetContiguousLength.

    Args:
        format: the pixel format or subtype.
        size: (width, height) in pixels.

    Raises:
        InvalidMediaType: no such name, a size that cannot be, or a layout that is unknown.
    """
    width, height = read_size(size)
    layout = known_layout(format)
    if isinstance(layout, PixelFormat):
        return sum(plane_bytes(layout, (width, height)))
    stride = stride_of(layout, width)
    if layout.kind in HALF_STRIDE:
        return stride * height + stride // 2 * height
    return 2 * stride * height if layout.kind == IMC13 else all_planes(layout, stride, height)


def buffer2d_layout(
    format: Format, size: tuple[int, int], *, bottom_up: bool = False
) -> Buffer2DLayout:
    """Return how a 2-D buffer lies in memory. Source: MFCreate2DMediaBuffer.

    Rows begin on 64 bytes, or on 128 where chroma planes have half the pitch. The pitch has room
    for whole pairs of pixels, so an odd width fits too.

    Args:
        format: the pixel format or subtype.
        size: (width, height) in pixels.
        bottom_up: the bottom row first in memory; not for Y'CbCr.

    Raises:
        InvalidMediaType: no such name, a size that cannot be, a layout that is unknown, or
            Y'CbCr bottom-up.
    """
    width, height = read_size(size)
    layout = known_layout(format)
    pixels, _ = pixels_and_rule(format)
    if bottom_up and not may_be_bottom_up(layout):
        raise InvalidMediaType(f"{name_of(format)} is always top-down; leave bottom_up out")
    pitch = pitch_of(layout, width)
    if isinstance(layout, PixelFormat):
        length = allocation_of(layout, pitch, height)
    elif layout.kind == IMC13:
        length = 2 * pitch * height
    else:
        length = all_planes(layout, pitch, height)
    return Buffer2DLayout(
        pitch=-pitch if bottom_up else pitch,
        max_length=length,
        contiguous_length=contiguous_length(format, (width, height)),
        scanline0=pitch * (height - 1) if bottom_up else 0,
        allocation=max(length, allocation_of(pixels, pitch, height)) if pixels else length,
    )


def plane_places(format: Format, size: tuple[int, int], pitch: int) -> tuple[PlanePlace, ...]:
    """Return where every plane lies in a top-down buffer whose first plane has `pitch`.

    Planes follow each other in the format's order. The pitch of a plane stands to `pitch` as its
    row to the first plane's row, of an even number of pixels.

    Args:
        format: a pixel format, or a subtype that has one.
        size: (width, height) in pixels.
        pitch: bytes between rows of the first plane, positive.

    Raises:
        InvalidMediaType: no such name, a size that cannot be, a subtype without a pixel format, or
            a pitch shorter than a row.
    """
    width, height = read_size(size)
    pixels, _ = pixels_and_rule(format)
    if pixels is None:
        raise InvalidMediaType(f"{name_of(format)} has no pixel format, so no planes to place")
    places = []
    offset = 0
    rows = zip(row_bytes(pixels, width), pixels.plane_shapes((width, height)), strict=True)
    for (row, shape), own in zip(rows, pitches(pixels, pitch), strict=True):
        if own < row:
            raise InvalidMediaType(
                f"pitch {pitch} of {width} pixels leaves {own} bytes for a row of {row}"
            )
        places.append(PlanePlace(offset, own))
        offset += own * shape[0]
    return tuple(places)
