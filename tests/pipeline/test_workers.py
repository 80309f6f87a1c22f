"""Threads and the queues between them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from gpumft.pipeline.workers import Channel, Stopped, Workers


def until(ready: Callable[[], bool]) -> None:
    """Wait for something that another thread does; the test's own limit ends a wait in vain."""
    while not ready():
        time.sleep(0.001)


def work(
    channel: Channel[int], look: Callable[[], None], **functions: Callable[[], None]
) -> Workers:
    workers = Workers(channel.stop)
    workers.run(0.01, look, **functions)
    return workers


def test_items_come_in_order_to_the_end() -> None:
    channel: Channel[int] = Channel(3)
    got: list[int] = []

    def give() -> None:
        for number in range(100):
            channel.put(number)
        channel.finish()

    workers = work(channel, lambda: None, give=give, take=lambda: got.extend(channel))
    assert got == list(range(100))
    assert set(workers.seconds) == {"give", "take"}


def test_a_full_channel_makes_the_giver_wait() -> None:
    channel: Channel[int] = Channel(2)
    given: list[int] = []
    release = threading.Event()

    def give() -> None:
        for number in range(10):
            channel.put(number)
            given.append(number)
        channel.finish()

    def take() -> None:
        release.wait()
        assert list(channel) == list(range(10))

    def look() -> None:
        if not release.is_set():
            until(lambda: len(given) == 2)
            time.sleep(0.02)  # it would go on now, if it could
            assert given == [0, 1]
            release.set()

    work(channel, look, give=give, take=take)
    assert given == list(range(10))
    assert channel.gave > 0


def test_uncounted_items_never_wait() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(0)
    for number in range(1, 50):
        channel.put(number, counted=False)
    channel.finish()
    assert list(channel) == list(range(50))


@pytest.mark.parametrize("where", ["give", "take"])
def test_a_failure_reaches_the_caller_and_ends_everything(where: str) -> None:
    channel: Channel[int] = Channel(1)

    def give() -> None:
        number = 0
        while True:
            if where == "give" and number == 5:
                raise ZeroDivisionError("here")
            channel.put(number)
            number += 1

    def take() -> None:
        for number in channel:
            if where == "take" and number == 5:
                raise ZeroDivisionError("here")

    with pytest.raises(ZeroDivisionError, match="here"):
        work(channel, lambda: None, give=give, take=take)
    assert [t for t in threading.enumerate() if t.name.startswith("gpumft-run-")] == []


def test_what_the_watcher_raises_ends_everything() -> None:
    channel: Channel[int] = Channel(1)

    def give() -> None:
        while True:
            channel.put(1)

    def look() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(channel, look, give=give)
    assert [t for t in threading.enumerate() if t.name.startswith("gpumft-run-")] == []


def test_stop_wakes_takers_and_givers() -> None:
    channel: Channel[int] = Channel(1)
    outcomes: list[str] = []

    def take() -> None:
        try:
            list(channel)
        except Stopped:
            outcomes.append("take")
            raise

    workers = Workers(channel.stop)
    workers.start(take=take)
    workers.stop()
    assert outcomes == ["take"]
    with pytest.raises(Stopped):
        channel.put(1)


def test_a_second_interrupt_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    channel: Channel[int] = Channel(1)
    ended: list[bool] = []

    def slow() -> None:
        try:
            list(channel)
        finally:
            time.sleep(0.02)
            ended.append(True)

    join = threading.Thread.join
    interrupts = [KeyboardInterrupt(), KeyboardInterrupt()]

    def interrupted(self: threading.Thread, timeout: float | None = None) -> None:
        if interrupts:
            raise interrupts.pop()
        join(self, timeout)

    workers = Workers(channel.stop)
    workers.start(slow=slow)
    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        workers.stop()
    assert ended == [True]


def test_an_item_is_let_go_while_waiting_for_the_next() -> None:
    channel: Channel[list[int]] = Channel(2)
    channel.put([1])
    channel.put([2])
    iterator = iter(channel)
    assert next(iterator) == [1]
    assert next(iterator) == [2]
    channel.finish()
    assert next(iterator, None) is None
