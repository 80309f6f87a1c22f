"""Workers in threads, joined by bounded queues.

A stage takes from one channel and gives to the next; a full channel makes the giver wait, so memory
stays bounded however unequal the stages are. A failure anywhere stops all stages and reaches the
caller; no thread is left behind.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

_LOOK = 0.05
"""Seconds after which a waiting worker looks whether the run was given up."""


class Stopped(BaseException):
    """Raised inside workers when the run is given up; never seen by a caller.

    Not an `Exception`, so that no handler on the way mistakes it for a failure.
    """


class Channel(Generic[T]):
    """A bounded queue between two workers, with an end.

    Thread-safety: any number of threads on either side.

    Args:
        capacity: items that may wait.

    Attributes:
        gave: seconds that givers waited for room.
        took: seconds that takers waited for items.
    """

    def __init__(self, capacity: int) -> None:
        self.gave = 0.0
        self.took = 0.0
        self._capacity = capacity
        self._items: deque[tuple[T, bool]] = deque()
        self._counted = 0
        self._ended = False
        self._stopped = False
        self._changed = threading.Condition()

    def put(self, item: T, *, counted: bool = True) -> None:
        """Give an item; wait while the channel is full.

        Args:
            item: anything.
            counted: whether it takes up room. Small items that travel beside the others, and that
                come from a stage which must not wait for a later one, take none.

        Raises:
            Stopped: the run was given up.
        """
        with self._changed:
            if counted and self._counted >= self._capacity:
                self.gave += self._wait(lambda: self._counted < self._capacity)
            self._check()
            self._items.append((item, counted))
            self._counted += counted
            self._changed.notify_all()

    def finish(self) -> None:
        """Say that nothing more comes."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Give up: whoever waits, or comes later, gets `Stopped`.

        Takes no lock: Ctrl-C may strike the main thread inside any of Python's own lock code, and a
        lock that it left taken would keep the workers, and whoever joins them, for ever.
        """
        self._stopped = True

    def __iter__(self) -> Iterator[T]:
        """Take items until the end.

        Raises:
            Stopped: the run was given up.
        """
        while True:
            with self._changed:
                if not self._items and not self._ended:
                    self.took += self._wait(lambda: bool(self._items) or self._ended)
                self._check()
                if not self._items:
                    return
                item, counted = self._items.popleft()
                self._counted -= counted
                self._changed.notify_all()
            yield item
            del item  # do not keep a picture alive while waiting for the next

    def _wait(self, ready: Callable[[], bool]) -> float:
        start = time.perf_counter()
        while not ready() and not self._stopped:
            self._changed.wait(_LOOK)
        return time.perf_counter() - start

    def _check(self) -> None:
        if self._stopped:
            raise Stopped


class Workers:
    """Threads that work until all are done or one fails.

    Args:
        stops: stop the channels between them, so that nobody waits any longer.

    Thread-safety: made, watched and stopped by one thread.

    Attributes:
        seconds: wall-clock time that each worker ran, by its name.
    """

    def __init__(self, *stops: Callable[[], None]) -> None:
        self.seconds: dict[str, float] = {}
        self._stops = stops
        self._threads: list[threading.Thread] = []
        self._failure: BaseException | None = None
        self._running = 0
        self._lock = threading.Lock()  # for workers only, as is every lock but the next
        self._finished = threading.Lock()  # held until the end; released by a worker
        self._finished.acquire()
        self._over = False

    def run(self, interval: float, look: Callable[[], None], **work: Callable[[], None]) -> None:
        """Start a thread for each function, wait for the end, and leave no thread behind.

        Args:
            interval: seconds between two calls of `look`.
            look: called in the caller's thread while the others work.
            work: the functions by name.

        Raises:
            The first failure of a worker; and whatever `look` raises.
        """
        try:
            try:
                self.start(**work)
                self.watch(interval, look)
            finally:
                self.stop()
        except BaseException:
            self.stop()  # once more: Ctrl-C may have struck inside the first one
            raise

    def start(self, **work: Callable[[], None]) -> None:
        """Start a thread for each function; the keyword is its name."""
        self._running = len(work)
        for name, function in work.items():
            thread = threading.Thread(
                target=self._run, args=(name, function), name=f"gpumft-run-{name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _run(self, name: str, function: Callable[[], None]) -> None:
        start = time.perf_counter()
        failure: BaseException | None = None
        try:
            function()
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised again in the caller's thread
            failure = error
        self.seconds[name] = time.perf_counter() - start
        with self._lock:
            self._running -= 1
            self._failure = self._failure or failure
            if (not self._running or self._failure is not None) and not self._over:
                self._over = True
                self._finished.release()

    def watch(self, interval: float, look: Callable[[], None]) -> None:
        """Wait for the end in the caller's thread; call `look` every `interval` seconds.

        Raises:
            The first failure of a worker; and whatever `look` raises. Call `stop` then.
        """
        while not self._finished.acquire(timeout=interval):
            look()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop whatever still runs and wait until every thread has ended.

        A further Ctrl-C does not leave a thread behind: it is raised again when all have ended.
        """
        interrupted: KeyboardInterrupt | None = None
        while True:
            try:
                for stop in self._stops:
                    stop()
                for thread in self._threads:
                    if _was_started(thread):
                        thread.join()
                break
            except KeyboardInterrupt as error:
                interrupted = error
        if interrupted is not None:
            raise interrupted


def _was_started(thread: threading.Thread) -> bool:
    """Whether a thread began to run.

    One that Ctrl-C caught between its creation and its first step says so a little later.
    """
    for _ in range(200):
        if thread.ident is not None:
            return True
        time.sleep(0.005)
    return False
