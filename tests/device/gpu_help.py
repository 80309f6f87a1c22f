"""What the tests of kernels share: planes in device memory with guard bytes, and a fake machine."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device import DevicePlane
from gpumft.device.gpu.machine import Machine
from gpumft.media import PixelFormat

GUARD = 0xA5


class Guarded:
    """Planes in one device buffer, rows apart, guard bytes around every row.

    Planes begin at multiples of 8 bytes; with `align` rows do so at multiples of that.
    """

    def __init__(
        self,
        machine: Machine,
        format: PixelFormat,
        size: tuple[int, int],
        *,
        bottom_up: bool = False,
        spare: int = 24,
        align: int = 1,
    ) -> None:
        self.machine = machine
        places = []
        end = 64
        for shape, dtype in zip(format.plane_shapes(size), format.plane_dtypes(), strict=True):
            row = prod(shape[1:]) * dtype.itemsize
            item = max(align, dtype.itemsize)
            pitch = -(-(row + spare) // item) * item
            end = -(-end // max(align, 8)) * max(align, 8)
            places.append((end, pitch, row, shape, dtype))
            end += pitch * shape[0] + 64
        self.host = np.full(end, GUARD, np.uint8)
        self.memory = machine.allocate(end)
        self.planes: list[DevicePlane] = []
        self._rows: list[list[slice]] = []
        for offset, pitch, row, shape, dtype in places:
            starts = [offset + pitch * r for r in range(shape[0])]
            if bottom_up:
                starts.reverse()
            self._rows.append([slice(start, start + row) for start in starts])
            signed = -pitch if bottom_up else pitch
            self.planes.append(DevicePlane(self.memory, starts[0], signed, shape, dtype))
        machine.upload(self.memory, self.host)

    def put(self, planes: Sequence[npt.NDArray[Any]]) -> None:
        """Upload a picture."""
        for rows, plane in zip(self._rows, planes, strict=True):
            for where, row in zip(rows, plane, strict=True):
                self.host[where] = np.ascontiguousarray(row).reshape(-1).view(np.uint8)
        self.machine.upload(self.memory, self.host)

    def take(self) -> list[npt.NDArray[Any]]:
        """Download the picture; every byte outside of it must be a guard byte still."""
        self.machine.download(self.host, self.memory)
        outside = np.ones(len(self.host), np.bool_)
        planes = []
        for rows, plane in zip(self._rows, self.planes, strict=True):
            lines = [self.host[where].view(plane.dtype) for where in rows]
            planes.append(np.stack(lines).reshape(plane.shape))
            for where in rows:
                outside[where] = False
        assert (self.host[outside] == GUARD).all()
        return planes
