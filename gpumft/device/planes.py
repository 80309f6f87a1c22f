"""Planes in a device's memory."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class DevicePlane:
    """One plane in a device's memory: rows of packed elements, some bytes apart.

    Thread-safety: immutable; what it points to is not.
    """

    memory: Any
    """The device's own buffer object."""
    offset: int
    """Byte of the first row's first element; a multiple of the element's size."""
    pitch: int
    """Bytes from a row to the next; negative where rows run upwards in memory."""
    shape: tuple[int, ...]
    """(rows, columns[, channels])."""
    dtype: np.dtype[Any]

    @property
    def extent(self) -> tuple[int, int]:
        """First byte, and the byte behind the last."""
        last = self.offset + (self.shape[0] - 1) * self.pitch
        row = prod(self.shape[1:]) * self.dtype.itemsize
        return min(self.offset, last), max(self.offset, last) + row
