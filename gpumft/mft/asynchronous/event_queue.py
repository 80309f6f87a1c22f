"""Queues of events, and the base of all objects that have one.

Source: IMFMediaEventQueue, IMFMediaEventGenerator.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from gpumft.errors import (
    MF_S_MULTIPLE_BEGIN,
    S_OK,
    Fail,
    InvalidArg,
    MultipleBegin,
    MultipleSubscribers,
    NoEventsAvailable,
    Shutdown,
)
from gpumft.mft.asynchronous.events import EventType, MediaEvent
from gpumft.mft.asynchronous.runner import Runner

_SHUT = "the event queue has been shut down"


class EventResult:
    """IMFAsyncResult: one request of ``begin_get_event``; the callback gets it.

    Attributes:
        state: what the client gave to ``begin_get_event``.

    Thread-safety: read only for clients.
    """

    __slots__ = ("_callback", "_event", "_queue", "state")

    def __init__(
        self, callback: Callable[[EventResult], object], state: object, queue: object
    ) -> None:
        self.state = state
        self._callback = callback
        self._queue = queue
        self._event: MediaEvent | None = None


class _Wake:
    """A coroutine that waits until the queue has something to look at; it reserves no event."""

    __slots__ = ("_future", "_loop")

    def __init__(self) -> None:
        import asyncio  # whoever runs a coroutine has it; others need not load it

        self._loop = asyncio.get_running_loop()
        self._future = self._loop.create_future()

    async def wait(self) -> None:
        await self._future

    def ring(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._set)

    def _set(self) -> None:
        if not self._future.done():
            self._future.set_result(None)


class EventQueue:
    """IMFMediaEventQueue: events in their order, for one client at a time.

    A client takes events with `get_event` (waiting or not), by a callback (`begin_get_event`), or
    with ``async for``. While one request is under way, another kind of request is refused.
    Callbacks run on a thread of the queue's own, one after another, and may call any method.

    Thread-safety: any thread; several threads may wait in `get_event`, each event goes to one.
    Source: IMFMediaEventQueue.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: deque[MediaEvent] = deque()
        self._pending: EventResult | _Wake | None = None
        self._shut = False
        self._runner = Runner("an event queue")

    # MF: IMFMediaEventQueue::QueueEvent
    def queue_event(self, event: MediaEvent) -> None:
        """Add an event at the end.

        Raises:
            InvalidArg: it is not a ``MediaEvent``.
            Shutdown: the queue has been shut down.
            InvalidRequest: the queue was made before a fork (so do all methods but `shutdown`).
        """
        if not isinstance(event, MediaEvent):
            raise InvalidArg(f"an event queue takes a MediaEvent, not {event!r}")
        with self._open():
            self._events.append(event)
            self._serve()

    # MF: IMFMediaEventQueue::GetEvent
    def get_event(self, wait: bool = True, timeout: float | None = None) -> MediaEvent:  # noqa: FBT001, FBT002 - MF_EVENT_FLAG_NO_WAIT
        """Take the oldest event.

        Args:
            wait: False: only if there is one now (MF_EVENT_FLAG_NO_WAIT).
            timeout: seconds to wait at most; None waits without limit.

        Raises:
            NoEventsAvailable: there is none, or none came in time.
            MultipleSubscribers: a ``begin_get_event`` or an ``async for`` waits.
            Shutdown: the queue has been shut down, perhaps while this call waited.
        """
        with self._open() as changed:
            self._alone()
            if wait:
                changed.wait_for(lambda: self._events or self._shut, timeout)
            if self._shut:
                raise Shutdown(_SHUT)
            if not self._events:
                raise NoEventsAvailable("no event waits in the queue")
            return self._events.popleft()

    # MF: IMFMediaEventQueue::BeginGetEvent
    def begin_get_event(
        self, callback: Callable[[EventResult], object], state: object = None
    ) -> int:
        """Ask for the next event: `callback` is called with a result for `end_get_event`.

        Returns:
            S_OK; or MF_S_MULTIPLE_BEGIN: the same callback and state wait already, once.

        Raises:
            InvalidArg: there is no callback.
            MultipleBegin: the same callback waits with another state.
            MultipleSubscribers: another callback or an ``async for`` waits.
            Shutdown: the queue has been shut down.
        """
        if not callable(callback):
            raise InvalidArg(f"begin_get_event needs a callback to call, not {callback!r}")
        with self._open():
            pending = self._pending
            if isinstance(pending, EventResult) and pending._callback == callback:  # noqa: SLF001
                if pending.state is state or pending.state == state:
                    return MF_S_MULTIPLE_BEGIN
                raise MultipleBegin("this callback waits for an event already, with another state")
            self._alone()
            self._pending = EventResult(callback, state, self._changed)
            self._serve()
            return S_OK

    # MF: IMFMediaEventQueue::EndGetEvent
    def end_get_event(self, result: EventResult) -> MediaEvent:
        """Return the event of a request, once.

        Raises:
            Fail: the result is not from this queue, its event has not come, or was taken before.
            Shutdown: the queue has been shut down.
        """
        with self._open():
            if getattr(result, "_queue", None) is not self._changed or result._event is None:  # noqa: SLF001
                raise Fail("this result holds no event: it is foreign, too early, or taken before")
            event, result._event = result._event, None  # noqa: SLF001
            return event

    # MF: IMFMediaEventQueue::Shutdown
    def shutdown(self) -> None:
        """Drop all events and end whoever waits; from now on every method raises Shutdown.

        A callback that waits is called: its ``end_get_event`` raises Shutdown. An ``async for``
        ends. A second call does nothing.
        """
        if not self._runner.here:
            return
        with self._changed:
            self._shut = True
            self._events.clear()
            pending, self._pending = self._pending, None
            self._notify(pending)
            self._changed.notify_all()
        self._runner.stop()

    async def __aiter__(self) -> AsyncIterator[MediaEvent]:
        """Iterate over the events; ends at shutdown.

        Raises:
            MultipleSubscribers: another client waits.
        """
        while True:
            try:
                yield await self._next()
            except Shutdown:
                return

    def retract(self, types: Iterable[EventType]) -> None:
        """Drop the events of these types that nobody has taken yet."""
        with self._open():
            kept = [event for event in self._events if event.type not in types]
            self._events = deque(kept)

    # --- Inner ---

    @contextmanager
    def _open(self) -> Iterator[threading.Condition]:
        """Hold the queue's lock; raise what every method raises."""
        self._runner.check_process()
        with self._changed:
            if self._shut:
                raise Shutdown(_SHUT)
            yield self._changed

    def _alone(self) -> None:
        if self._pending is not None:
            raise MultipleSubscribers("another client waits for the next event of this queue")

    def _serve(self) -> None:
        """Let the oldest event meet the request that waits, or wake those in `get_event`."""
        pending = self._pending
        if pending is None or not self._events:
            self._changed.notify()
            return
        self._pending = None
        if isinstance(pending, EventResult):
            pending._event = self._events.popleft()  # noqa: SLF001
        self._notify(pending)

    def _notify(self, pending: EventResult | _Wake | None) -> None:
        if isinstance(pending, _Wake):
            pending.ring()
        elif pending is not None:
            self._runner.post(partial(pending._callback, pending))  # noqa: SLF001

    async def _next(self) -> MediaEvent:
        while True:
            with self._open():
                self._alone()
                if self._events:
                    return self._events.popleft()
                self._pending = wake = _Wake()
            try:
                await wake.wait()
            finally:  # cancelled or not, the next client may ask
                with self._changed:
                    if self._pending is wake:
                        self._pending = None


class EventGenerator:
    """IMFMediaEventGenerator: an object that owns an ``EventQueue``.

    Subclasses shut ``self._events`` down when they are shut down themselves.

    Thread-safety: any thread.
    """

    def __init__(self) -> None:
        self._events = EventQueue()

    # MF: IMFMediaEventGenerator::QueueEvent
    def queue_event(self, event: MediaEvent) -> None:
        """Add an event of the caller's; as ``EventQueue.queue_event``."""
        self._events.queue_event(event)

    # MF: IMFMediaEventGenerator::GetEvent
    def get_event(self, wait: bool = True, timeout: float | None = None) -> MediaEvent:  # noqa: FBT001, FBT002 - MF_EVENT_FLAG_NO_WAIT
        """Take the oldest event; as ``EventQueue.get_event``."""
        return self._events.get_event(wait, timeout)

    # MF: IMFMediaEventGenerator::BeginGetEvent
    def begin_get_event(
        self, callback: Callable[[EventResult], object], state: object = None
    ) -> int:
        """Ask for the next event by callback; as ``EventQueue.begin_get_event``."""
        return self._events.begin_get_event(callback, state)

    # MF: IMFMediaEventGenerator::EndGetEvent
    def end_get_event(self, result: EventResult) -> MediaEvent:
        """Return the event of a request; as ``EventQueue.end_get_event``."""
        return self._events.end_get_event(result)

    def __aiter__(self) -> AsyncIterator[MediaEvent]:
        return aiter(self._events)
