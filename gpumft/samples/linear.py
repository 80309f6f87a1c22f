"""Pictures in one run of bytes without padding, as Media Foundation lays them out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.errors import BufferTooSmall, InvalidMediaType
from gpumft.media import PixelFormat, Subtype, VideoType
from gpumft.media.sizerules import HALF_STRIDE, known_layout, stride_of
from gpumft.media.sizes import PlanePlace, plane_places
from gpumft.samples.buffer import MediaBufferLike

Rows = tuple[npt.NDArray[np.uint8], int]
"""Padded rows (rows, bytes), and how many bytes of each the linear copy has."""


def linear_rows(
    memory: npt.NDArray[np.uint8],
    format: PixelFormat | Subtype,
    size: tuple[int, int],
    pitch: int,
) -> list[Rows]:
    """Return the rows of a padded picture in the order of its linear copy.

    Args:
        memory: the padded picture, uint8.
        format: what it is.
        size: (width, height) in pixels.
        pitch: bytes from row to row in memory, positive.

    Source: IMF2DBuffer::ContiguousCopyTo. Chroma rows of half the pitch are half a stride long;
    for odd sizes the copy is shorter than all rows together and ends where it ends.
    """
    layout = known_layout(format)
    width, height = size
    if isinstance(layout, PixelFormat):
        places = plane_places(layout, size, pitch)
        shapes, dtypes = layout.plane_shapes(size), layout.plane_dtypes()
        return [
            (
                memory[p.offset : p.offset + p.pitch * shape[0]].reshape(shape[0], p.pitch),
                int(np.prod(shape[1:])) * dtype.itemsize,
            )
            for p, shape, dtype in zip(places, shapes, dtypes, strict=True)
        ]
    stride = stride_of(layout, width)
    first, rest = memory[: pitch * height], memory[pitch * height :]
    found = [(first.reshape(height, pitch), stride)]
    if layout.kind in HALF_STRIDE:
        pitch, stride = pitch // 2, stride // 2
    count = len(rest) // pitch
    if count and stride:
        found.append((rest[: count * pitch].reshape(count, pitch), stride))
    return found


@lru_cache(maxsize=64)
def linear_length(type: VideoType) -> int:
    """Return how many bytes a plain buffer needs for a picture of `type`.

    That is its image size, or more where rows are padded: by a stride, or to 4 bytes for L8.

    Source: MFT_OUTPUT_STREAM_INFO, cbSize.
    """
    try:
        _, needed = _places(type)
    except InvalidMediaType:
        return type.image_size
    return max(needed, type.image_size)


def _places(type: VideoType) -> tuple[tuple[PlanePlace, ...], int]:
    """Return where the planes of a contiguous picture lie, and how many bytes that takes."""
    places = plane_places(type.format, type.size, abs(type.default_stride))
    shape = type.plane_shapes[-1]
    last = places[-1].offset + places[-1].pitch * (shape[0] - 1)
    return places, last + int(np.prod(shape[1:])) * type.plane_dtypes[-1].itemsize


def linear_planes(memory: memoryview, type: VideoType) -> list[npt.NDArray[Any]]:
    """Return views of the planes of a contiguous picture, top row first.

    Args:
        memory: its bytes, in memory order: R'G'B' of Media Foundation is bottom-up unless
            `type.stride` is positive.
        type: its type; `default_stride` says where rows begin.

    Raises:
        BufferTooSmall: there are fewer bytes than the planes need.
        InvalidMediaType: an odd size that Media Foundation's layout has no room for.

    Source: MF_MT_DEFAULT_STRIDE; MFGetStrideForBitmapInfoHeader.
    """
    stride = type.default_stride
    try:
        places, needed = _places(type)
    except InvalidMediaType as error:
        msg = f"{type} has no room for its last chroma in contiguous rows; use a Buffer2D"
        raise InvalidMediaType(msg) from error
    octets = np.frombuffer(memory, np.uint8)
    shapes, dtypes = type.plane_shapes, type.plane_dtypes
    if len(octets) < needed:
        msg = f"buffer has {len(octets)} bytes; {type} needs {needed}"
        raise BufferTooSmall(msg)
    turned = stride < 0 and len(places) == 1
    start = places[0].pitch * (type.size[1] - 1) if turned else 0
    sign = -1 if turned else 1
    return [
        _plane_view(octets, p.offset + start, sign * p.pitch, shape, dtype)
        for p, shape, dtype in zip(places, shapes, dtypes, strict=True)
    ]


@contextmanager
def locked_planes(buffer: MediaBufferLike, type: VideoType) -> Iterator[list[npt.NDArray[Any]]]:
    """Lock a buffer that knows no planes, and give `linear_planes` of its bytes."""
    memory = buffer.lock()
    try:
        yield linear_planes(memory, type)
    finally:
        buffer.unlock()


def _plane_view(
    memory: npt.NDArray[np.uint8],
    start: int,
    pitch: int,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
) -> npt.NDArray[Any]:
    """Return a plane inside `memory`: row y begins at byte `start + y * pitch` (pitch signed)."""
    inner = [dtype.itemsize] if len(shape) == 2 else [dtype.itemsize * shape[2], dtype.itemsize]
    return np.ndarray(shape, dtype, memory.data, start, (pitch, *inner))
