"""A pool of threads for functions that release the GIL.

Numba's own parallel layer is global to the process and belongs to the user; it cannot be entered
from two threads at once, and OpenMP's does not survive a fork. This pool is a few daemon threads
that sleep on a queue; the caller works too.
"""

from __future__ import annotations

import itertools
import os
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue

Work = Callable[[int, int], None]
"""Work(item, slot): no two calls with one slot run at the same time."""


class _Task:
    """Items handed out one by one to the threads that work on them."""

    def __init__(self, work: Work, count: int) -> None:
        self._work = work
        self._count = count
        self._next = itertools.count()  # its next() is atomic
        self._stopped = False
        self.error: BaseException | None = None

    def work(self, slot: int) -> None:
        """Take items until there are none."""
        try:
            while not self._stopped:
                item = next(self._next)
                if item >= self._count:
                    return
                self._work(item, slot)
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            self.stop(error)

    def stop(self, error: BaseException) -> None:
        """Hand out no more items."""
        self._stopped = True
        self.error = self.error or error


class _Share:
    """One worker's part in a task. Whoever claims it does it: the worker, or the caller at the end.

    `done` is held until the worker has ended.
    """

    def __init__(self, task: _Task, slot: int) -> None:
        self._task = task
        self._slot = slot
        self._free = threading.Lock()
        self._done = threading.Lock()
        self._done.acquire()
        self._ended = False

    def claim(self) -> bool:
        """Return True to the first who asks."""
        return self._free.acquire(blocking=False)

    def serve(self) -> None:
        """Do the share, if nobody else has claimed it."""
        if self.claim():
            self._task.work(self._slot)
            self._ended = True
            self._done.release()

    def wait(self) -> None:
        """Wait until a worker that has begun the share ends, whatever interrupts the waiting."""
        if self.claim():
            return  # no worker came to it, and none will
        while not self._ended:
            try:
                self._done.acquire()
            except BaseException as error:  # noqa: BLE001 - kept, and raised when all is quiet
                self._task.stop(error)


class Threads:
    """Runs work on up to `count` threads, the caller's among them.

    Threads start with the first task that needs them. After a fork the child starts its own.

    Thread-safety: `run` may be called from several threads; their tasks share the workers.
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
        self._queue: SimpleQueue[_Share | None] = SimpleQueue()
        self._lock = threading.Lock()

    def run(self, work: Work, items: int, *, most: int | None = None) -> None:
        """Call `work(item, slot)` for every item below `items`, on at most `most` threads.

        Returns when all calls have ended.

        An exception, KeyboardInterrupt included, stops the handing out of items and is raised
        only after every call that was running has ended: nothing writes behind the caller's back.
        """
        helpers = min(self.count, items, most or items) - 1
        if helpers <= 0:
            for item in range(items):
                work(item, 0)
            return
        self._start()
        task = _Task(work, items)
        shares = [_Share(task, 1 + i) for i in range(helpers)]
        try:
            for share in shares:
                self._queue.put(share)
            task.work(0)
        except BaseException as error:  # noqa: BLE001 - raised below, once all is quiet
            task.stop(error)
        finally:
            for share in shares:
                share.wait()
        if task.error is not None:
            raise task.error

    def close(self) -> None:
        """Let the threads end. A later `run` starts new ones."""
        with self._lock:
            if self._stop is not None:
                self._stop()
                self._stop = None
                self._queue = SimpleQueue()

    def _start(self) -> None:
        with self._lock:
            if self._stop is not None:
                return
            for i in range(1, self.count):
                name = f"gpumft-cpu-{i}"
                threading.Thread(target=_serve, args=(self._queue,), name=name, daemon=True).start()
            # also when the pool is forgotten: threads hold the queue, not the pool
            self._stop = weakref.finalize(self, _end, self._queue, self.count - 1)


def _end(queue: SimpleQueue[_Share | None], threads: int) -> None:
    for _ in range(threads):
        queue.put(None)


def _serve(queue: SimpleQueue[_Share | None]) -> None:
    """Work on what comes until None comes."""
    while (share := queue.get()) is not None:
        share.serve()
        del share  # it holds the caller's arrays


_pools: weakref.WeakSet[Threads] = weakref.WeakSet()


def _after_fork() -> None:
    for pool in _pools:
        pool._reset()  # noqa: SLF001 - the parent's threads and locks are not ours


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
