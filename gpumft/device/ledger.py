"""Books of a device's memory: what is allocated, what was copied, and pools that nobody closed."""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol


class Estate(Protocol):
    """What is left of a pool that was dropped without being closed."""

    def settle_estate(self) -> bool:
        """Free what has come back; return True when nothing is left."""


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """What a device's memory is used for.

    Thread-safety: immutable.
    """

    blocks: int
    """Slabs that are allocated now."""
    allocated: int
    """Their bytes."""
    uploads: int
    """Pictures that were copied to the device, ever."""
    downloads: int
    """Pictures that were copied to the host, ever."""


class Ledger:
    """Counts of one DeviceMemory.

    Thread-safety: all methods may be called from any thread; `inherit` also from a finaliser.
    """

    def __init__(self) -> None:
        self._estates: SimpleQueue[Estate] = SimpleQueue()
        self._waiting: deque[Estate] = deque()
        self._blocks = 0
        self._allocated = 0
        self._uploads = 0
        self._downloads = 0
        self._reset()
        _ledgers.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._reaping = threading.Lock()

    def use(self) -> MemoryUse:
        """Return the counts, after freeing what dropped pools have left behind."""
        self.reap()
        with self._lock:
            return MemoryUse(self._blocks, self._allocated, self._uploads, self._downloads)

    @property
    def held(self) -> int:
        """Bytes of all slabs, those that dropped pools have left behind among them."""
        with self._lock:
            return self._allocated

    def allocated(self, nbytes: int) -> None:
        """Enter a block."""
        with self._lock:
            self._blocks += 1
            self._allocated += nbytes

    def freed(self, nbytes: int) -> None:
        """Strike a block out."""
        with self._lock:
            self._blocks -= 1
            self._allocated -= nbytes

    def uploaded(self) -> None:
        """Count a picture copied to the device."""
        with self._lock:
            self._uploads += 1

    def downloaded(self) -> None:
        """Count a picture copied to the host."""
        with self._lock:
            self._downloads += 1

    def inherit(self, estate: Estate) -> None:
        """Take over what a dropped pool leaves; takes no lock, so finalisers may call it."""
        self._estates.put(estate)

    def reap(self) -> None:
        """Free what dropped pools have left behind, as far as it has come back."""
        if not self._reaping.acquire(blocking=False):
            return  # somebody else is at it
        try:
            while True:
                try:
                    self._waiting.append(self._estates.get_nowait())
                except Empty:
                    break
            for _ in range(len(self._waiting)):
                if not self._waiting[0].settle_estate():
                    self._waiting.rotate(-1)
                else:
                    self._waiting.popleft()
        finally:
            self._reaping.release()


_ledgers: weakref.WeakSet[Ledger] = weakref.WeakSet()


def _after_fork() -> None:
    for ledger in _ledgers:
        ledger._reset()  # noqa: SLF001 - locks may be held by threads that are not here


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
