"""PlanesBuffer: a buffer over planes that somebody else owns, without a copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gpumft.device import Plane, Surface
from gpumft.device.plane import check_planes, host_planes
from gpumft.errors import InvalidArg
from gpumft.media import VideoType

__all__ = ["Planes", "PlanesBuffer", "check_planes"]

Planes = list[npt.NDArray[Any]]


class PlanesBuffer:
    """A media buffer over existing planes.

    The planes may be strided and read-only. Linear access works on a packed copy of the rows of
    plane 0, then 1, ..., which is written back at the last `unlock` where planes are writable.

    Args:
        planes: arrays, one a plane.
        type: their type.
        surface: the surface that they are the planes of, if there is one.

    Raises:
        InvalidArg: the planes are not what `type` has.

    Thread-safety: none; one holder of a lock at a time.
    """

    def __init__(
        self,
        planes: Sequence[npt.NDArray[Any] | Plane],
        type: VideoType,
        *,
        surface: Surface | None = None,
    ) -> None:
        check = host_planes if surface is None else check_planes
        self.planes: list[Any] = check(planes, type)
        self._type = type
        self._surface = surface
        self._max_length = sum([plane.nbytes for plane in self.planes])
        self._length = self._max_length
        self._locked: npt.NDArray[np.uint8] | None = None
        self._locks = 0

    @classmethod
    def over(cls, surface: Surface) -> Self:
        """Return a buffer over a surface: `planes` are arrays of the surface's device.

        On the CPU these are NumPy arrays, else Planes, which linear access copies to the host and
        back.
        """
        planes = surface.planes
        arrays = [np.asarray(plane) for plane in planes] if surface.on_host else planes
        return cls(arrays, surface.type, surface=surface)

    @property
    def surface(self) -> Surface:
        """The picture as a surface, without a copy.

        Raises:
            InvalidArg: NumPy planes whose rows are not contiguous.
        """
        if self._surface is None:
            self._surface = Surface.over(self.planes, self._type)
        return self._surface

    @property
    def max_length(self) -> int:
        """Bytes of all planes without padding."""
        return self._max_length

    @property
    def current_length(self) -> int:
        """Bytes that are valid."""
        return self._length

    def set_length(self, length: int) -> None:
        """Set the number of valid bytes. Raises InvalidArg beyond `max_length`."""
        if not 0 <= length <= self._max_length:
            msg = f"length {length} does not fit planes of {self._max_length} bytes"
            raise InvalidArg(msg)
        self._length = length

    def lock(self) -> memoryview:
        """Return a packed copy of the planes; nested calls return the same one."""
        if self._locked is None:
            planes = self.planes
            if self._surface is not None and not self._surface.on_host:
                planes = self._surface.to_numpy()
            packed = [np.ascontiguousarray(p).reshape(-1).view(np.uint8) for p in planes]
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
        parts = []
        for plane in self.planes:
            part = packed[start : start + plane.nbytes]
            start += plane.nbytes
            parts.append(part.view(plane.dtype).reshape(plane.shape))
        if self._surface is not None and not self._surface.on_host:
            self._surface.upload(parts)
            return
        for plane, part in zip(self.planes, parts, strict=True):
            if plane.flags.writeable:
                plane[...] = part
