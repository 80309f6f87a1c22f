"""Planes in device memory: where each lies, and what a picture's planes must look like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gpumft.errors import InvalidArg
from gpumft.media import PixelFormat, VideoType
from gpumft.media.sizerules import may_be_bottom_up
from gpumft.media.sizes import buffer2d_layout, plane_places

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class DevicePlane:
    """A plane inside a block of device memory.

    Row y begins at byte `offset + y * pitch` of the block; elements of a row follow each other
    without a gap.

    Thread-safety: immutable.
    """

    memory: Any
    """The block, as `DeviceMemory.allocate` returned it; opaque to everybody else."""
    offset: int
    """Bytes from the start of the block to the top row."""
    pitch: int
    """Bytes from a row to the one below it in the picture; negative for bottom-up."""
    shape: tuple[int, ...]
    """(rows, columns[, channels])."""
    dtype: np.dtype[Any]
    owner: object = None
    """Kept alive by every array that looks into this plane."""
    writable: bool = True

    @property
    def row_bytes(self) -> int:
        """Bytes of a row without padding."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from element to element along each axis, as NumPy has them."""
        size = self.dtype.itemsize
        return (
            (self.pitch, size) if len(self.shape) == 2 else (self.pitch, size * self.shape[2], size)
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all rows without padding."""
        return self.shape[0] * self.row_bytes

    @property
    def extent(self) -> tuple[int, int]:
        """First byte of the block that belongs to a row, and the one after the last."""
        last = self.offset + (self.shape[0] - 1) * self.pitch
        return min(self.offset, last), max(self.offset, last) + self.row_bytes

    def owned(self, owner: object) -> Self:
        """Return this plane with an owner."""
        return type(self)(  # `replace` takes several times as long, and this is done once a frame
            self.memory, self.offset, self.pitch, self.shape, self.dtype, owner, self.writable
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """How the planes of a picture lie in a slot of a pool.

    It is Media Foundation's layout of 2-D buffers (`gpumft.media.buffer2d_layout`), so that a
    Buffer2D needs no other memory: rows begin on 64 or 128 bytes, planes follow each other.

    Thread-safety: immutable.
    """

    places: tuple[tuple[int, int, tuple[int, ...], np.dtype[Any]], ...]
    """Offset of the top row, signed pitch, shape and dtype of every plane."""
    nbytes: int

    @classmethod
    def of(cls, type: VideoType) -> Self:
        """Return the layout of pictures of a type.

        Bottom-up where its `stride` is negative and buffers of the format may be so.
        """
        bottom_up = (type.stride or 0) < 0 and may_be_bottom_up(type.format)
        return cls.make(type.format, type.size, bottom_up=bottom_up)

    @classmethod
    def make(cls, format: PixelFormat, size: tuple[int, int], *, bottom_up: bool) -> Self:
        """Return the layout of pictures of a format and size (width, height)."""
        whole = buffer2d_layout(format, size, bottom_up=bottom_up)
        places = plane_places(format, size, abs(whole.pitch))
        shapes = zip(format.plane_shapes(size), format.plane_dtypes(), strict=True)
        planes = []
        for place, (shape, dtype) in zip(places, shapes, strict=True):
            top = place.pitch * (shape[0] - 1) if bottom_up else 0
            pitch = -place.pitch if bottom_up else place.pitch
            planes.append((place.offset + top, pitch, shape, dtype))
        return cls(tuple(planes), whole.allocation)

    def planes(self, memory: object, offset: int) -> tuple[DevicePlane, ...]:
        """Return the planes of a picture that begins at byte `offset` of a block."""
        return tuple(
            DevicePlane(memory, offset + at, pitch, shape, dtype)
            for at, pitch, shape, dtype in self.places
        )


@lru_cache(maxsize=64)
def _wanted(
    format: PixelFormat, size: tuple[int, int]
) -> list[tuple[tuple[int, ...], np.dtype[Any]]]:
    """Shape and dtype of every plane; asked for several times a frame."""
    return list(zip(format.plane_shapes(size), format.plane_dtypes(), strict=True))


def check_planes(planes: Sequence[Any], type: VideoType) -> list[Any]:
    """Return `planes` as a list after checking them against `type`.

    What has a shape and NumPy's dtype is taken as it is, wherever it lies; anything else becomes a
    NumPy array.

    Raises:
        InvalidArg: no sequence of arrays, or their number, shape or dtype differ from what the
            type has.

    Thread-safety: a pure function.
    """
    try:
        found = [p if p.__class__ is np.ndarray else _as_plane(p) for p in planes]
    except (TypeError, ValueError) as error:
        told = planes.__class__.__name__
        msg = f"planes is a {told} without arrays in it; give a list with one array a plane"
        raise InvalidArg(msg) from error
    wanted = _wanted(type.format, type.size)
    if [(plane.shape, plane.dtype) for plane in found] == wanted:
        return found
    if len(found) != len(wanted):
        msg = f"{len(found)} planes given, {type.format} has {len(wanted)}; give one array a plane"
        raise InvalidArg(msg)
    for index, (plane, (shape, dtype)) in enumerate(zip(found, wanted, strict=True)):
        if tuple(plane.shape) != shape or plane.dtype != dtype:
            size = "x".join(map(str, type.size))
            msg = (
                f"plane {index} is {plane.dtype} {tuple(plane.shape)}; {type.format} at {size} has "
                f"{dtype} {shape}, as (rows, columns[, channels])"
            )
            raise InvalidArg(msg)
    return found


def check_program_planes(
    planes: Sequence[Any], format: PixelFormat, size: tuple[int, int], role: str
) -> None:
    """Check what a built program is given: arrays, or planes in device memory.

    Args:
        planes: of the picture that is the `role`, "source" or "target".
        format: what the program says of them.
        size: the same, (width, height).
        role: for messages.

    Raises:
        InvalidArg: their number, or the shape or dtype of one, is not what the format has.

    Thread-safety: a pure function.
    """
    wanted = _wanted(format, size)
    if len(planes) != len(wanted):
        raise InvalidArg(f"{role} has {len(planes)} planes, but {format} has {len(wanted)}")
    for index, (plane, (shape, dtype)) in enumerate(zip(planes, wanted, strict=True)):
        if plane.shape != shape or plane.dtype != dtype:
            raise InvalidArg(
                f"{role} plane {index} is {plane.shape} {plane.dtype}, but {format} at "
                f"{size[0]}x{size[1]} has {shape} {dtype}: pass a plane of that shape"
            )


def _as_plane(plane: Any) -> Any:
    elsewhere = hasattr(plane, "shape") and isinstance(getattr(plane, "dtype", None), np.dtype)
    return plane if elsewhere and not isinstance(plane, np.ndarray) else np.asarray(plane)


def host_planes(planes: Sequence[Any], type: VideoType) -> list[npt.NDArray[Any]]:
    """Return `planes` as NumPy arrays, without a copy, after `check_planes`.

    Raises:
        InvalidArg: as there, or planes where NumPy cannot look.

    Thread-safety: a pure function.
    """
    found = check_planes(planes, type)
    for index, plane in enumerate(found):
        if isinstance(plane, np.ndarray):
            continue
        try:
            found[index] = plane.__array__()
        except (AttributeError, TypeError) as error:
            kind = f"{plane.__class__.__module__}.{plane.__class__.__qualname__}"
            msg = f"plane {index} is a {kind}, no NumPy array: use Surface.from_dlpack for tensors"
            raise InvalidArg(msg) from error
    return found


def check_rows(array: Any) -> int:
    """Return the pitch of an array of any library that has NumPy's shape and strides.

    Raises:
        InvalidArg: elements of a row that do not follow each other.

    Thread-safety: a pure function.
    """
    row = np.dtype(array.dtype).itemsize
    for length, stride in zip(array.shape[:0:-1], array.strides[:0:-1], strict=True):
        if length > 1 and stride != row:
            raise InvalidArg(
                f"strides {array.strides} of a {array.dtype} {array.shape} array: the elements of "
                f"a row must follow each other; copy it with np.ascontiguousarray"
            )
        row *= length
    return int(array.strides[0]) if array.shape[0] > 1 else row
