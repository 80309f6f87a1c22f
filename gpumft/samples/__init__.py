"""Buffers and samples: bytes with a length, pictures with a pitch, and time stamps around them."""

from gpumft.samples.buffer import MediaBuffer, MediaBufferLike
from gpumft.samples.buffer2d import Buffer2D
from gpumft.samples.linear import linear_length
from gpumft.samples.locks import Locked2D, LockFlags
from gpumft.samples.planes import PlanesBuffer
from gpumft.samples.sample import Sample

__all__ = [
    "Buffer2D",
    "LockFlags",
    "Locked2D",
    "MediaBuffer",
    "MediaBufferLike",
    "PlanesBuffer",
    "Sample",
    "linear_length",
]
