"""Every row of the event queue's table, and who may wait when."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import warnings
from typing import Any

import pytest

from gpumft.errors import (
    MF_S_MULTIPLE_BEGIN,
    S_OK,
    Fail,
    InvalidArg,
    InvalidRequest,
    MultipleBegin,
    MultipleSubscribers,
    NoEventsAvailable,
    Shutdown,
)
from gpumft.mft.asynchronous import EventGenerator, EventQueue, EventResult, EventType, MediaEvent

PATIENCE = 60


def event(number: int) -> MediaEvent:
    return MediaEvent(EventType.STREAM_TICK, number)


class Callback:
    """Keeps the results that it is called with."""

    def __init__(self) -> None:
        self.results: list[EventResult] = []
        self.came = threading.Semaphore(0)
        self.threads: set[threading.Thread] = set()

    def __call__(self, result: EventResult) -> None:
        self.results.append(result)
        self.threads.add(threading.current_thread())
        self.came.release()

    def wait(self) -> EventResult:
        assert self.came.acquire(timeout=PATIENCE)
        return self.results[-1]


def test_events_come_in_their_order() -> None:
    queue = EventQueue()
    for number in range(3):
        queue.queue_event(event(number))
    assert [queue.get_event().value for _ in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("how", [(False, None), (False, 5), (True, 0), (True, 1e-3)])
def test_an_empty_queue_without_waiting(how: tuple[bool, float | None]) -> None:
    with pytest.raises(NoEventsAvailable) as caught:
        EventQueue().get_event(*how)
    assert caught.value.hresult == 0xC00D3E80


def test_only_events_are_queued() -> None:
    with pytest.raises(InvalidArg, match="takes a MediaEvent"):
        EventQueue().queue_event("event")  # type: ignore[arg-type]


def in_thread(call: Any) -> tuple[threading.Thread, list[Any]]:
    told: list[Any] = []

    def work() -> None:
        try:
            told.append(call())
        except Exception as error:  # noqa: BLE001 - shown to the test
            told.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, told


def waits(queue: EventQueue) -> None:
    """Return once a thread waits inside `get_event`."""
    while True:
        with queue._changed:
            if queue._changed._waiters:  # type: ignore[attr-defined]
                return


def test_get_event_waits_for_one() -> None:
    queue = EventQueue()
    thread, told = in_thread(queue.get_event)
    waits(queue)
    queue.queue_event(event(5))
    thread.join(PATIENCE)
    assert told == [event(5)]


def test_shutdown_ends_a_wait() -> None:
    queue = EventQueue()
    thread, told = in_thread(queue.get_event)
    waits(queue)
    queue.shutdown()
    thread.join(PATIENCE)
    assert isinstance(told[0], Shutdown)


@pytest.mark.parametrize("before", [True, False])
def test_a_callback_gets_one_event(before: bool) -> None:
    queue, callback = EventQueue(), Callback()
    if before:
        queue.queue_event(event(1))
    assert queue.begin_get_event(callback, "state") == S_OK
    if not before:
        with pytest.raises(Fail):  # too early
            queue.end_get_event(queue._pending)  # type: ignore[arg-type]
        queue.queue_event(event(1))
    queue.queue_event(event(2))
    result = callback.wait()
    assert result.state == "state"
    assert queue.end_get_event(result) == event(1)
    with pytest.raises(Fail):  # a second time
        queue.end_get_event(result)
    assert callback.threads.isdisjoint({threading.current_thread()})
    assert queue.get_event(wait=False) == event(2)
    assert len(callback.results) == 1


def test_a_callback_may_ask_for_the_next() -> None:
    queue, done = EventQueue(), threading.Event()
    got: list[int] = []

    def callback(result: EventResult) -> None:
        got.append(queue.end_get_event(result).value)
        if len(got) == 1000:
            done.set()
        else:
            queue.begin_get_event(callback)

    for number in range(500):
        queue.queue_event(event(number))
    queue.begin_get_event(callback)
    for number in range(500, 1000):
        queue.queue_event(event(number))
    assert done.wait(PATIENCE)
    assert got == list(range(1000))


def test_requests_exclude_each_other() -> None:
    queue, callback, other = EventQueue(), Callback(), Callback()
    assert queue.begin_get_event(callback, 1) == S_OK
    assert queue.begin_get_event(callback, 1) == MF_S_MULTIPLE_BEGIN
    with pytest.raises(MultipleBegin):
        queue.begin_get_event(callback, 2)
    with pytest.raises(MultipleSubscribers):
        queue.begin_get_event(other, 1)
    with pytest.raises(MultipleSubscribers):
        queue.get_event()
    with pytest.raises(MultipleSubscribers):
        queue.get_event(wait=False)
    queue.queue_event(event(1))
    assert queue.end_get_event(callback.wait()) == event(1)
    assert len(callback.results) == 1
    assert queue.begin_get_event(other) == S_OK


def test_a_foreign_result() -> None:
    queue, other, callback = EventQueue(), EventQueue(), Callback()
    other.queue_event(event(1))
    other.begin_get_event(callback)
    result = callback.wait()
    for wrong in (result, None, "result"):
        with pytest.raises(Fail):
            queue.end_get_event(wrong)  # type: ignore[arg-type]
    assert other.end_get_event(result) == event(1)


@pytest.mark.parametrize("shut", [False, True])
def test_no_callback(shut: bool) -> None:
    queue = EventQueue()
    if shut:
        queue.shutdown()
    with pytest.raises(InvalidArg):
        queue.begin_get_event(None)  # type: ignore[arg-type]


def test_after_shutdown_every_method_says_so() -> None:
    queue, callback, waiting = EventQueue(), Callback(), Callback()
    queue.queue_event(event(1))
    queue.begin_get_event(callback)
    had = callback.wait()
    queue.begin_get_event(waiting)
    queue.shutdown()
    queue.shutdown()
    for result in (had, waiting.wait()):  # the callback that waited is called
        with pytest.raises(Shutdown):
            queue.end_get_event(result)
    for call in (
        lambda: queue.queue_event(event(1)),
        queue.get_event,
        lambda: queue.get_event(wait=False),
        lambda: queue.begin_get_event(callback),
    ):
        with pytest.raises(Shutdown) as caught:
            call()
        assert caught.value.hresult == 0xC00D3E85


def test_a_callback_that_fails_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    queue, callback = EventQueue(), Callback()

    def broken(result: EventResult) -> None:
        raise OSError("gone")

    queue.queue_event(event(1))
    queue.queue_event(event(2))
    queue.begin_get_event(broken)
    queue.begin_get_event(callback)
    assert queue.end_get_event(callback.wait()) == event(2)
    assert "gone" in caplog.text


@pytest.mark.parametrize("how", ["shutdown", "collected"])
def test_the_callback_thread_ends(how: str) -> None:
    queue, callback = EventQueue(), Callback()
    queue.queue_event(event(1))
    queue.begin_get_event(callback)
    callback.wait()
    thread = queue._runner.thread
    assert thread is not None
    if how == "shutdown":
        queue.shutdown()
    del queue
    gc.collect()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_no_thread_without_a_callback() -> None:
    queue = EventQueue()
    queue.queue_event(event(1))
    queue.get_event()
    assert queue._runner.thread is None


def test_retracted_events_are_gone() -> None:
    queue = EventQueue()
    queue.queue_event(event(1))
    queue.queue_event(MediaEvent(EventType.ERROR))
    queue.queue_event(event(2))
    queue.retract({EventType.STREAM_TICK})
    assert queue.get_event(wait=False).type is EventType.ERROR
    with pytest.raises(NoEventsAvailable):
        queue.get_event(wait=False)


# --- Coroutines ---


async def first(queue: EventQueue) -> MediaEvent:
    return await anext(aiter(queue))


async def until_it_waits(queue: EventQueue) -> None:
    while queue._pending is None:  # noqa: ASYNC110 - the loop has only these few tasks
        await asyncio.sleep(0)


def test_async_for_ends_at_shutdown() -> None:
    queue = EventQueue()
    queue.queue_event(event(0))

    async def main() -> list[int]:
        got = []
        async for came in queue:
            got.append(came.value)
            if len(got) == 3:
                queue.queue_event(event(9))  # dropped by the shutdown
                queue.shutdown()
            elif len(got) < 3:  # from another thread, while the loop waits
                await asyncio.to_thread(queue.queue_event, event(len(got)))
        return got

    assert asyncio.run(asyncio.wait_for(main(), PATIENCE)) == [0, 1, 2]
    assert queue._runner.thread is None


def test_shutdown_ends_an_async_for_that_waits() -> None:
    async def main() -> list[MediaEvent]:
        queue = EventQueue()
        task = asyncio.create_task(_all(queue))
        await until_it_waits(queue)
        await asyncio.to_thread(queue.shutdown)
        return await task

    async def _all(queue: EventQueue) -> list[MediaEvent]:
        return [came async for came in queue]

    assert asyncio.run(asyncio.wait_for(main(), PATIENCE)) == []


def test_a_cancelled_coroutine_loses_no_event() -> None:
    async def main() -> None:
        queue = EventQueue()
        task = asyncio.create_task(first(queue))
        await until_it_waits(queue)
        with pytest.raises(MultipleSubscribers):
            queue.get_event()
        with pytest.raises(MultipleSubscribers):
            await first(queue)
        queue.queue_event(event(1))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert queue.get_event(wait=False) == event(1)

    asyncio.run(asyncio.wait_for(main(), PATIENCE))


def test_a_loop_that_is_gone_disturbs_nobody() -> None:
    queue = EventQueue()
    loop = asyncio.new_event_loop()
    task = loop.create_task(first(queue))
    loop.run_until_complete(until_it_waits(queue))
    wake = queue._pending
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    queue._pending = wake
    queue.queue_event(event(1))
    assert queue.get_event() == event(1)


# --- Generators and processes ---


def test_a_generator_hands_on_to_its_queue() -> None:
    generator, callback = EventGenerator(), Callback()
    generator.queue_event(event(1))
    generator.queue_event(event(2))
    assert generator.get_event() == event(1)
    assert generator.begin_get_event(callback) == S_OK
    assert generator.end_get_event(callback.wait()) == event(2)

    async def main() -> MediaEvent:
        generator.queue_event(event(3))
        async for came in generator:
            return came
        raise AssertionError

    assert asyncio.run(main()) == event(3)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    queue = EventQueue()
    queue._changed.acquire()  # as if another thread were in the middle of a call
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of threads at a fork
        child = os.fork()
    if not child:  # pragma: no cover - another process
        code = 1
        try:
            queue.shutdown()  # does nothing, and does not wait
            queue.get_event()
        except InvalidRequest as error:
            code = 0 if "before a fork" in str(error) else 2
        finally:
            os._exit(code)
    queue._changed.release()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
