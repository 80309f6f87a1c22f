"""Pinned memory of the host, a few pieces used in turn, for pictures on their way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.plane import DevicePlane

_ALIGNMENT = 64
"""Bytes to which planes are aligned."""


class Dock:
    """Room for one picture, its planes without gaps between rows."""

    __slots__ = ("busy", "host")

    def __init__(self) -> None:
        self.host: npt.NDArray[np.uint8] = np.empty(0, np.uint8)
        self.busy: Any = None
        """What to wait for before the room is used again; None: nothing."""

    def rows(self, planes: Sequence[DevicePlane]) -> list[npt.NDArray[Any]]:
        """Return an array a plane, of its shape, dtype and order of rows in memory."""
        found: list[npt.NDArray[Any]] = []
        at = 0
        for plane in planes:
            found.append(np.ndarray(plane.shape, plane.dtype, self.host, at))
            at += _aligned(plane.nbytes)
        return found


class Docks:
    """Docks of one way of copying.

    Args:
        count: how many pictures may be under way.
        allocate: makes pinned memory of so many bytes.
        wait: blocks until a dock's `busy` has come.

    Thread-safety: all methods may be called from any thread.
    """

    def __init__(
        self,
        count: int,
        allocate: Callable[[int], npt.NDArray[np.uint8]],
        wait: Callable[[Any], None],
    ) -> None:
        self._allocate = allocate
        self._wait = wait
        self._count = count
        self._free: SimpleQueue[Dock] = SimpleQueue()
        for _ in range(count):
            self._free.put(Dock())

    @contextmanager
    def take(self, nbytes: int) -> Iterator[Dock]:
        """Lend the dock that was used longest ago, once it is free, with room for `nbytes`."""
        dock = self._free.get()
        try:
            if dock.busy is not None:
                self._wait(dock.busy)
                dock.busy = None
            if len(dock.host) < nbytes:
                dock.host = self._allocate(nbytes)
            yield dock
        finally:
            self._free.put(dock)

    def make_room(self, nbytes: int) -> None:
        """Let every dock have room for `nbytes`."""
        for _ in range(self._count):
            with self.take(nbytes):
                pass

    def empty(self) -> None:
        """Give all room back, once it is free."""
        for _ in range(self._count):
            with self.take(0) as dock:
                dock.host = np.empty(0, np.uint8)


def room_for(planes: Sequence[DevicePlane]) -> int:
    """Return the bytes of a dock that planes need.

    Thread-safety: a pure function.
    """
    return sum(_aligned(plane.nbytes) for plane in planes)


def _aligned(nbytes: int) -> int:
    return -(-nbytes // _ALIGNMENT) * _ALIGNMENT
