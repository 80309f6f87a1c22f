"""Host memory with a known alignment."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.errors import OutOfMemory

ALIGNMENT = 64
"""Bytes; of every buffer's first row, as Media Foundation's 2D buffers have it."""


def aligned_bytes(length: int, alignment: int = ALIGNMENT) -> npt.NDArray[np.uint8]:
    """Return `length` zeroed bytes whose address is a multiple of `alignment` (a power of two).

    Raises:
        OutOfMemory: there is not that much memory.
    """
    try:
        slack = np.zeros(length + alignment - 1, np.uint8)
    except (MemoryError, ValueError) as error:  # ValueError: beyond what an address can reach
        msg = f"no {length} bytes of memory: {error}"
        raise OutOfMemory(msg) from error
    skip = -slack.ctypes.data % alignment
    return slack[skip : skip + length]


def plane_view(
    memory: npt.NDArray[np.uint8],
    start: int,
    pitch: int,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
) -> npt.NDArray[Any]:
    """Return a plane inside `memory`: row y begins at byte `start + y * pitch` (pitch signed)."""
    inner = [dtype.itemsize] if len(shape) == 2 else [dtype.itemsize * shape[2], dtype.itemsize]
    return np.ndarray(shape, dtype, memory.data, start, (pitch, *inner))
