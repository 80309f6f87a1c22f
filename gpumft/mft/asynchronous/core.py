"""The worker of an asynchronous transform: its locks, its steps, its end.

Two locks. `_drive` is held by whoever lets the transform work, for one step at a time; `_lock`
guards the ledger and is never held during work, so that samples go in and come out while the
transform is busy. `_drive` is taken first, and whoever waits for it holds `_turn`: so a client that
waits comes before the worker's next step. Events are queued under `_lock`, which keeps their order;
the queue calls nobody back on the thread that queues.
"""

from __future__ import annotations

import enum
import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Generic, TypeVar

from gpumft.errors import (
    E_FAIL,
    InvalidRequest,
    MFError,
    NotAccepting,
    SampleAllocatorEmpty,
    Shutdown,
    TransformAsyncLocked,
    Unexpected,
)
from gpumft.mft.asynchronous.driver import Driver
from gpumft.mft.asynchronous.entries import (
    Arrival,
    Drain,
    Entry,
    Failure,
    Item,
    Output,
    Short,
    mark_break,
)
from gpumft.mft.asynchronous.event_queue import EventGenerator
from gpumft.mft.asynchronous.events import EventType, MediaEvent
from gpumft.mft.asynchronous.ledger import Ledger
from gpumft.mft.asynchronous.runner import Runner
from gpumft.mft.flags import Message
from gpumft.mft.payload import Payload
from gpumft.mft.transform import Transform

S = TypeVar("S", bound=Payload)

UNLOCK: Final = "MF_TRANSFORM_ASYNC_UNLOCK"
_log = logging.getLogger("gpumft")


@enum.unique
class ShutdownStatus(enum.IntEnum):
    """MFSHUTDOWN_STATUS: how far a shutdown has come."""

    INITIATED = 0
    COMPLETED = 1


class AsyncCore(EventGenerator, Generic[S]):
    """A transform on a worker, its ledger and its events."""

    def __init__(self, transform: Transform[S, Any], slots: int) -> None:
        super().__init__()
        self._driver = Driver(transform)
        if self._driver.has_output(otherwise=False):
            raise InvalidRequest("the transform has output waiting: take it first, or flush")
        self._ledger: Ledger[S] = Ledger(slots)
        self._select()
        self._attributes: dict[str, Any] = {
            **transform.attributes,
            "MF_TRANSFORM_ASYNC": 1,
            "MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE": 1,
            UNLOCK: 0,
        }
        if self._driver.single:
            self._attributes["MFPKEY_EXATTRIBUTE_SUPPORTED"] = True  # the worker copies them
        self._turn = threading.Lock()
        self._drive = threading.Lock()
        self._lock = threading.Lock()
        self._runner = Runner("an asynchronous transform")
        self._scheduled = False
        self._shut = False
        self._released = False

    # --- Locks ---

    def _check(self, *, locked: bool = True) -> None:
        """Raise what every method raises."""
        self._runner.check_process()
        if self._shut:
            raise Shutdown("the transform has been shut down")
        if locked and not self._attributes.get(UNLOCK):
            raise TransformAsyncLocked("an asynchronous transform: call unlock() first")

    @contextmanager
    def _open(self) -> Iterator[Ledger[S]]:
        """Hold the ledger."""
        self._check()
        with self._lock:
            if self._shut:
                raise Shutdown("the transform has been shut down")
            yield self._ledger

    @contextmanager
    def _driving(self) -> Iterator[Driver[S]]:
        """Hold the transform, once the step under way has ended."""
        with self._turn:
            self._drive.acquire()
        try:
            yield self._driver
        finally:
            self._drive.release()
            if self._shut:
                self._release()

    @contextmanager
    def _at_rest(self) -> Iterator[Driver[S]]:
        """Hold the transform for a call of the client."""
        self._check()
        with self._driving() as driver:
            self._check()
            yield driver

    def _tell(self, events: Iterable[MediaEvent]) -> None:
        for event in events:
            with suppress(Shutdown):
                self._events.queue_event(event)

    def _refresh(self) -> None:
        """Streams or their types have changed; `_drive` is held."""
        self._driver.refresh()
        with self._lock:
            self._tell(self._select())
        self._kick()

    def _select(self) -> list[MediaEvent]:
        driver = self._driver
        return self._ledger.select(driver.inputs, typed=driver.typed, lazy=driver.lazy)

    # --- Work ---

    def _kick(self) -> None:
        """Let the worker look for work."""
        if not self._scheduled:
            self._scheduled = True
            self._runner.post(self._work)

    def _work(self) -> None:
        self._scheduled = False  # whoever kicks from here on is heard by another round
        more = True
        while more:
            with self._driving():
                more = self._step()

    def _step(self, *, ahead: bool = False) -> bool:
        """Do one piece of work; `_drive` is held.

        Args:
            ahead: also make more output than there are slots.

        Returns:
            Whether there may be more to do.
        """
        ledger = self._ledger
        with self._lock:
            if self._shut or ledger.blocked or (ledger.full and not (ledger.room or ahead)):
                return False
            full, draining = ledger.full, ledger.draining
        try:
            if full:
                return self._take()
            if draining:
                with self._lock:
                    self._tell(ledger.drained())
                return True
            return self._give()
        except BaseException as error:  # noqa: BLE001 - the client is told, whatever it is
            self._fail(error, full=full)
            return False

    def _take(self) -> bool:
        ledger = self._ledger
        inside = [*ledger.inside]
        entry = self._driver.take(inside)
        done = self._driver.used_up(inside, output=isinstance(entry, Output))
        full = entry is not None and self._driver.has_output(otherwise=True)
        with self._lock:
            if self._shut:
                return False
            if entry is None:
                ledger.full = False
                self._tell(ledger.use_up(done))
            else:
                self._mark_first(entry)
                self._tell(ledger.produced(entry, full=full, done=done))
        return True

    def _mark_first(self, entry: Entry[S]) -> None:
        """The first output after a flush does not follow from the one before."""
        if self._ledger.dropped and isinstance(entry, Output):
            self._ledger.dropped = False
            mark_break(entry)

    def _give(self) -> bool:
        ledger, driver = self._ledger, self._driver
        accepting = driver.accepting()
        with self._lock:
            item = ledger.next(accepting)
            stuck = isinstance(item, Drain) and not ledger.inside and ledger.waiting[0] is not item
        if item is None:
            return self._look_again()
        if stuck:
            raise Unexpected(f"{type(driver.transform).__name__} takes no input and has no output")
        try:
            self._hand(item)
        except NotAccepting:
            if not self._look_again():
                raise
            return True
        full = driver.has_output(otherwise=isinstance(item, Arrival | Drain))
        with self._lock:
            if self._shut:
                return False
            events = ledger.given(item, full=full)
            self._tell(events + ledger.use_up(driver.used_up([*ledger.inside], output=False)))
        return True

    def _look_again(self) -> bool:
        """Nothing can go in: perhaps the transform has something to say that it had not before."""
        full = bool(self._ledger.waiting) and self._driver.has_output(otherwise=False)
        with self._lock:
            self._ledger.full = full
        return full

    def _hand(self, item: Item[S]) -> None:
        transform = self._driver.transform
        match item:
            case Arrival():
                transform.process_input(item.sample, item.id)
            case Drain():
                transform.process_message(Message.DRAIN, item.id)
            case _:
                transform.process_message(item.message, item.param)

    def _fail(self, error: BaseException, *, full: bool) -> None:
        """Let the client know; the work that failed stays and is tried again."""
        with self._lock:
            if self._shut:
                return
            if full and isinstance(error, SampleAllocatorEmpty):
                self._tell(self._ledger.produced(Short(), full=True))
                return
            status = error.hresult if isinstance(error, MFError) else E_FAIL
            self._tell([MediaEvent(EventType.ERROR, error, status)])
            self._tell(self._ledger.produced(Failure(error), full=full))

    def _retake(self) -> None:
        """The pool was empty when the worker asked: ask again, on the client's thread."""
        with self._at_rest() as driver:
            ledger = self._ledger
            with self._lock:
                if not ledger.ready or not isinstance(ledger.ready[0], Short):
                    return
            inside = [*ledger.inside]
            entry = driver.take(inside)
            if entry is None:
                raise Unexpected("the transform had output and has none now")
            done = driver.used_up(inside, output=isinstance(entry, Output))
            full = driver.has_output(otherwise=True)
            with self._lock:
                if self._shut:
                    raise Shutdown("the transform has been shut down")
                self._mark_first(entry)
                ledger.ready[0] = entry
                ledger.full = full
                self._tell(ledger.use_up(done))

    def _give_all(self) -> None:
        """Give the transform all that was accepted, if nothing is in the way; `_drive` is held."""
        while self._step(ahead=True):
            pass

    def _finish(self) -> bool:
        """Make all output of what was accepted; `_drive` is held. False: it cannot be done."""
        self._give_all()
        ledger = self._ledger
        if ledger.inside and not (ledger.blocked or ledger.waiting):
            self._driver.transform.process_message(Message.DRAIN)
            full = self._driver.has_output(otherwise=True)
            with self._lock:
                ledger.full, ledger.draining = full, True
            self._give_all()
        return not (ledger.blocked or ledger.full or ledger.waiting)

    # --- The end ---

    def _release(self) -> None:
        """After `shutdown`, let go of the transform as soon as nobody drives it."""
        while not self._released and self._drive.acquire(blocking=False):
            try:
                if not self._released:
                    self._driver.release()
            except Exception:  # noqa: BLE001 - it is of no use any more, whatever its hooks say
                _log.exception("a transform failed when it was shut down")
            finally:
                self._released = True
                self._drive.release()

    # MF: IMFShutdown::Shutdown
    def shutdown(self) -> None:
        """End the transform: drop all samples and events, end whoever waits, stop the worker.

        Does not wait for a frame that is being worked on; the transform is released after it. From
        now on every method raises Shutdown. A second call does nothing.
        """
        if not self._runner.here:
            return
        with self._lock:
            if self._shut:
                return
            self._shut = True
            self._ledger.flush()
        self._events.shutdown()
        self._release()
        self._runner.stop()

    # MF: IMFShutdown::GetShutdownStatus
    def shutdown_status(self) -> ShutdownStatus:
        """How far the shutdown has come.

        Raises:
            InvalidRequest: `shutdown` was not called.
        """
        if not self._shut:
            raise InvalidRequest("the transform has not been shut down")
        return ShutdownStatus.COMPLETED if self._released else ShutdownStatus.INITIATED
