"""Threads that help with machine code, which releases the GIL.

Numba's own parallel layer is global to the process and belongs to the user; it cannot be entered
from two threads at once, and OpenMP's does not survive a fork. These are a few daemon threads that
sleep on a queue; whoever has work puts it there, begins at once, and waits for nobody who has not
come yet.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue

Work = Callable[[int], object]
"""Work(slot): the part of thread number `slot`; it raises nothing."""


class Threads:
    """`count` threads: a caller and those that help it.

    They start when they are told to, or first asked. After a fork the child starts its own.

    Thread-safety: all methods may be called from any thread; callers share the helpers.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._stop: weakref.finalize[..., Threads] | None = None
        self._reset()
        _pools.add(self)

    def _reset(self) -> None:
        if self._stop is not None:
            self._stop.detach()
            self._stop = None
        self._queue: SimpleQueue[tuple[Work, int] | None] = SimpleQueue()
        self._lock = threading.Lock()

    def ask(self, work: Work, helpers: int) -> None:
        """Have `work(1)` to `work(helpers)` called soon, by as many threads as are free.

        A call may come late, when the caller has long done without it, and must do nothing then.
        """
        if self._stop is None:
            self.start()
        for slot in range(1, helpers + 1):
            self._queue.put((work, slot))

    def close(self) -> None:
        """Let the threads end once they have done what was asked. `ask` starts new ones."""
        with self._lock:
            if self._stop is not None:
                self._stop()
                self._stop = None
                self._queue = SimpleQueue()

    def start(self) -> None:
        """Start the threads now, so that the first `ask` need not."""
        with self._lock:
            if self._stop is not None:
                return
            for i in range(1, self.count):
                name = f"gpumft-cpu-{i}"
                threading.Thread(target=_serve, args=(self._queue,), name=name, daemon=True).start()
            # also when they are forgotten: threads hold the queue, not this object
            self._stop = weakref.finalize(self, _end, self._queue, self.count - 1)


def _end(queue: SimpleQueue[tuple[Work, int] | None], threads: int) -> None:
    for _ in range(threads):
        queue.put(None)


def _serve(queue: SimpleQueue[tuple[Work, int] | None]) -> None:
    """Do what comes until None comes."""
    while (asked := queue.get()) is not None:
        work, slot = asked
        work(slot)
        del asked, work  # they hold the caller's memory


_pools: weakref.WeakSet[Threads] = weakref.WeakSet()


def _after_fork() -> None:
    for pool in _pools:
        pool._reset()  # noqa: SLF001 - the parent's threads and locks are not ours


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
