"""PlanesBuffer: a buffer over planes that somebody else owns, without a copy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.errors import InvalidArg
from gpumft.media import PixelFormat, VideoType

Planes = list[npt.NDArray[Any]]


@lru_cache(maxsize=64)
def _wanted(
    format: PixelFormat, size: tuple[int, int]
) -> tuple[tuple[tuple[int, ...], np.dtype[np.generic]], ...]:
    """Shape and dtype of every plane; asked for several times a frame."""
    return tuple(zip(format.plane_shapes(size), format.plane_dtypes(), strict=True))


def check_planes(planes: Sequence[npt.NDArray[Any]], type: VideoType) -> Planes:
    """Return `planes` as a list after checking them against `type`.

    Raises:
        InvalidArg: no sequence of arrays, or their number, shape or dtype differ from what the
            type has.

    Thread-safety: a pure function.
    """
    try:
        found = [np.asarray(plane) for plane in planes]
    except (TypeError, ValueError) as error:
        told = planes.__class__.__name__
        msg = f"planes is a {told} without arrays in it; give a list with one array a plane"
        raise InvalidArg(msg) from error
    wanted = _wanted(type.format, type.size)
    if len(found) != len(wanted):
        msg = f"{len(found)} planes given, {type.format} has {len(wanted)}; give one array a plane"
        raise InvalidArg(msg)
    for index, plane in enumerate(found):
        shape, dtype = wanted[index]
        if plane.shape != shape or plane.dtype != dtype:
            size = "x".join(map(str, type.size))
            msg = (
                f"plane {index} is {plane.dtype} {plane.shape}; {type.format} at {size} has "
                f"{dtype} {shape}, as (rows, columns[, channels])"
            )
            raise InvalidArg(msg)
    return found


class PlanesBuffer:
    """A media buffer over existing planes.

    The planes may be strided and read-only. Linear access works on a packed copy of the rows of
    plane 0, then 1, ..., which is written back at the last `unlock` where planes are writable.

    Raises:
        InvalidArg: the planes are not what `type` has.

    Thread-safety: none; one holder of a lock at a time.
    """

    def __init__(self, planes: Sequence[npt.NDArray[Any]], type: VideoType) -> None:
        self.planes: Planes = check_planes(planes, type)
        self._length = self.max_length
        self._locked: npt.NDArray[np.uint8] | None = None
        self._locks = 0

    @property
    def max_length(self) -> int:
        """Bytes of all planes without padding."""
        return sum(plane.nbytes for plane in self.planes)

    @property
    def current_length(self) -> int:
        """Bytes that are valid."""
        return self._length

    def set_length(self, length: int) -> None:
        """Set the number of valid bytes. Raises InvalidArg beyond `max_length`."""
        if not 0 <= length <= self.max_length:
            msg = f"length {length} does not fit planes of {self.max_length} bytes"
            raise InvalidArg(msg)
        self._length = length

    def lock(self) -> memoryview:
        """Return a packed copy of the planes; nested calls return the same one."""
        if self._locked is None:
            packed = [np.ascontiguousarray(p).reshape(-1).view(np.uint8) for p in self.planes]
            self._locked = np.concatenate(packed)
        self._locks += 1
        return self._locked.data

    def unlock(self) -> None:
        """End one `lock`; the last one writes the copy back."""
        self._locks = max(0, self._locks - 1)
        if self._locks or self._locked is None:
            return
        packed, self._locked = self._locked, None
        start = 0
        for plane in self.planes:
            part = packed[start : start + plane.nbytes]
            start += plane.nbytes
            if plane.flags.writeable:
                plane[...] = part.view(plane.dtype).reshape(plane.shape)
