"""What a lock of a 2D buffer asks for and returns."""

from __future__ import annotations

from enum import IntFlag, unique
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


@unique
class LockFlags(IntFlag):
    """What a 2D lock is for. Source: MF2DBuffer_LockFlags."""

    READ = 1
    WRITE = 2
    READ_WRITE = 3


class Locked2D(NamedTuple):
    """What a 2D lock returns. Source: IMF2DBuffer2::Lock2DSize."""

    scanline0: int
    """Byte offset of the top row in the allocation."""
    pitch: int
    """Signed bytes from a row to the one below it in the picture."""
    start: int
    """Byte offset of the lowest address that is used."""
    length: int
    """Bytes of the allocation from `start`."""
    array: npt.NDArray[np.uint8]
    """The allocation itself, writable."""
