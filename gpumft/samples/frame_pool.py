"""FramePool: picture memory that is used again and again on the host.

A slot comes back when the last array that looks into it is gone, so that nobody's picture changes
behind their back. The finaliser only puts the slot into a queue; it takes no lock.
"""

from __future__ import annotations

import threading
import weakref
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.errors import SampleAllocatorEmpty
from gpumft.media import VideoType
from gpumft.samples.memory import ALIGNMENT, aligned_bytes, plane_view
from gpumft.samples.planes import PlanesBuffer


class _Lease:
    """Exports a slot's bytes to NumPy; every array made from it keeps it alive."""

    __slots__ = ("__array_interface__", "__weakref__", "_memory")

    def __init__(self, memory: npt.NDArray[np.uint8]) -> None:
        self._memory = memory
        self.__array_interface__ = memory.__array_interface__


class FramePool:
    """Pictures of one type in host memory, as PlanesBuffers.

    Args:
        type: format and size of every picture.
        maximum: most pictures that exist at once, or None.

    Thread-safety: every method may be called from any thread, and pictures dropped in any.
    """

    def __init__(self, type: VideoType, *, maximum: int | None = None) -> None:
        self._type = type
        self._maximum = maximum
        self._free: SimpleQueue[npt.NDArray[np.uint8]] = SimpleQueue()
        self._made = 0
        self._lock = threading.Lock()  # of the count; no finaliser takes it
        self._spans: list[tuple[int, int, tuple[int, ...], np.dtype[Any]]] = []
        start = 0
        for shape, dtype in zip(type.plane_shapes, type.plane_dtypes, strict=True):
            row = int(np.prod(shape[1:])) * dtype.itemsize
            pitch = -(-row // ALIGNMENT) * ALIGNMENT
            self._spans.append((start, pitch, shape, dtype))
            start += pitch * shape[0]
        self._length = start

    @property
    def made(self) -> int:
        """Pictures that exist: in use, or waiting."""
        return self._made

    @property
    def free_count(self) -> int:
        """Pictures that wait to be used."""
        return self._free.qsize()

    def fill(self, count: int) -> None:
        """Make sure that `count` pictures are free, as far as `maximum` allows.

        Raises:
            OutOfMemory: there is not that much memory.
        """
        while self.free_count < count:
            memory = self._make()
            if memory is None:
                return
            self._free.put(memory)

    def trim(self) -> None:
        """Let go of the pictures that wait."""
        while True:
            try:
                self._free.get_nowait()
            except Empty:
                return
            with self._lock:
                self._made -= 1

    def acquire(self) -> PlanesBuffer:
        """Return a picture with undefined pixels.

        Raises:
            SampleAllocatorEmpty: `maximum` pictures are in use.
            OutOfMemory: there is not that much memory.
        """
        memory: npt.NDArray[np.uint8] | None
        try:
            memory = self._free.get_nowait()
        except Empty:
            memory = self._make()
        if memory is None:
            msg = f"all {self._maximum} pictures of {self._type} are in use; release one first"
            raise SampleAllocatorEmpty(msg)
        lease = _Lease(memory)
        weakref.finalize(lease, self._free.put, memory).atexit = False
        whole = np.asarray(lease)
        planes = [plane_view(whole, *span) for span in self._spans]
        return PlanesBuffer(planes, self._type)

    def _make(self) -> npt.NDArray[np.uint8] | None:
        """Allocate a picture, or return None where `maximum` exist."""
        with self._lock:
            if self._maximum is not None and self._made >= self._maximum:
                return None
            memory = aligned_bytes(self._length)
            self._made += 1
            return memory
