"""Transcripts: events that go in and come back."""

from __future__ import annotations

from typing import Any

import pytest

from gpumft.errors import (
    Fail,
    InvalidStreamNumber,
    NotImplementedMF,
    NullPointer,
)
from gpumft.mft import (
    Flow,
    Message,
    OutputDataBuffer,
)
from tests.scenarios.actors import Copier, Doubler, LookAhead, Pairs, Token, typed
from tests.scenarios.stream_actors import Bounded, Streams, buffers, select


def take(mft: Copier) -> tuple[int | None, list[Any] | None]:
    entry = OutputDataBuffer(0, Token())
    assert mft.process_output([entry]).flow is Flow.OK
    return entry.sample.value if entry.sample else None, entry.events


def test_events_come_back_with_the_output_of_the_next_sample() -> None:
    mft = typed(Bounded())
    assert mft.process_event("a") is True
    mft.process_input(Token(1))
    assert mft.process_event("b") is True
    assert mft.process_event("c", 0) is True
    assert take(mft) == (1, ["a"])
    mft.process_input(Token(2))
    assert take(mft) == (2, ["b", "c"])
    mft.process_input(Token(3))
    assert take(mft) == (3, None)


class Eventful(LookAhead):
    takes_events = True


def test_events_stay_with_their_sample_through_a_delay() -> None:
    mft = typed(Eventful())
    mft.process_input(Token(1))
    mft.process_event("before 2")
    mft.process_input(Token(2))
    assert take(mft) == (3, None)
    mft.process_event("after 2")
    mft.process_message(Message.DRAIN)
    assert take(mft) == (2, ["before 2", "after 2"]), "the last output of a drain takes the rest"


def test_several_outputs_of_one_sample_have_its_events_once() -> None:
    class EventfulDoubler(Doubler):
        takes_events = True

    mft = typed(EventfulDoubler())
    mft.process_event("a")
    mft.process_input(Token(1))
    assert take(mft) == (1, ["a"])
    assert take(mft) == (1, None)


def test_one_output_of_several_samples_has_the_events_of_the_first() -> None:
    class EventfulPairs(Pairs):
        takes_events = True

    mft = typed(EventfulPairs())
    mft.process_input(Token(1))
    mft.process_event("in the middle")
    mft.process_input(Token(2))
    assert take(mft) == (3, None)
    for value in (3, 4):
        mft.process_input(Token(value))
    assert take(mft) == (7, ["in the middle"])


def test_every_output_stream_gets_the_events() -> None:
    class EventfulStreams(Streams):
        takes_events = True

    mft = EventfulStreams(outputs=2)
    select(mft, 0, 1)
    mft.process_event("a")
    mft.process_input(Token(1))
    entries = buffers(0, 1)
    mft.process_output(entries)
    assert [entry.events for entry in entries] == [["a"], ["a"]]
    assert entries[0].events is not entries[1].events


def test_a_failed_delivery_keeps_the_events() -> None:
    mft = typed(Bounded())
    mft.process_event("a")
    mft.process_input(Token(1))
    mft.fail = Fail("not now")
    with pytest.raises(Fail):
        take(mft)
    mft.fail = None
    assert take(mft) == (1, ["a"])


def test_a_flush_drops_events() -> None:
    mft = typed(Bounded())
    mft.process_event("a")
    mft.flush()
    mft.process_input(Token(1))
    assert take(mft) == (1, None)


def test_events_that_pull_and_run_bring_along_are_kept_for_the_client() -> None:
    mft = typed(Bounded())
    mft.process_event("a")
    out = mft.run([Token(1), Token(2)])
    next(out)
    mft.process_event("b")
    assert [token.value for token in out] == [2]
    assert mft.returned_events == ["a", "b"]


def test_a_transform_may_let_events_pass() -> None:
    class Choosy(Bounded):
        def _takes_event(self, event: object, id: int) -> bool:
            return event == "mine"

    mft = typed(Choosy())
    assert [mft.process_event(event) for event in ("yours", "mine")] == [False, True]
    mft.process_input(Token(1))
    assert take(mft) == (1, ["mine"])


def test_events_are_checked() -> None:
    mft = Bounded()
    with pytest.raises(NullPointer):
        mft.process_event(None, 7)
    with pytest.raises(InvalidStreamNumber):
        mft.process_event("a", 7)
    for id in (0, 1):
        with pytest.raises(NotImplementedMF):
            Copier().process_event("a", id)
