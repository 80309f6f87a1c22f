"""Transcripts: discontinuities and lost data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gpumft.errors import (
    Fail,
    NotAccepting,
)
from gpumft.mft import (
    Flow,
    InputStatus,
    Message,
    OutputDataBuffer,
    OutputStatus,
)
from tests.scenarios.actors import Copier, LookAhead, Pairs, Token, typed
from tests.scenarios.stream_actors import Temporal


def take(mft: Copier) -> tuple[int | None, list[Any] | None]:
    entry = OutputDataBuffer(0, Token())
    assert mft.process_output([entry]).flow is Flow.OK
    return entry.sample.value if entry.sample else None, entry.events


def broken(value: int, time: int | None = None) -> Token:
    token = Token(value, time=time)
    token.discontinuity = True
    return token


def test_per_pixel_transforms_treat_data_as_continuous() -> None:
    mft = typed(Copier())
    out = list(mft.run([Token(1, time=1), broken(2, 2), Token(3, time=3)]))
    assert [(token.value, token.discontinuity) for token in out] == [
        (1, False),
        (2, True),
        (3, False),
    ]
    assert mft.log.count("restart") == 3, "two of them are types, one the drain at the end"


def test_a_temporal_transform_ends_what_it_holds_and_starts_anew() -> None:
    mft = typed(Temporal())
    mft.process_input(Token(1, time=1))
    mft.log.clear()
    mft.process_input(broken(10, 10))
    with pytest.raises(NotAccepting, match="draining"):
        mft.process_input(Token(11, time=11))
    assert mft.log == [], "nothing is forgotten yet"
    last = mft.pull()
    assert (last.value, last.discontinuity) == (1, False)
    assert mft.log == ["restart"]
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.process_input(Token(11, time=11))
    first = mft.pull()
    assert (first.value, first.time, first.discontinuity) == (21, 10, True)


def test_through_run_nothing_mixes_across_a_gap() -> None:
    tokens = [Token(1, time=1), Token(2, time=2), broken(10, 10), Token(20, time=20)]
    out = [token.value for token in typed(Temporal()).run(tokens)]
    assert out == [3, 2, 30, 20]
    assert [token.value for token in typed(LookAhead()).run(tokens)] == [3, 12, 30, 20]


def test_a_discontinuity_at_the_start_is_nothing_special() -> None:
    mft = typed(Temporal())
    mft.process_input(broken(1, 1))
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.process_input(broken(5, 5))
    assert mft.pull().value == 1
    assert mft.pull() is Flow.NEED_MORE_INPUT


def test_what_makes_no_output_is_dropped_at_a_gap() -> None:
    class TemporalPairs(Pairs):
        temporal = True

    mft = typed(TemporalPairs())
    mft.process_input(Token(1))
    mft.process_input(broken(10))
    assert mft.output_status() == OutputStatus.NONE, "the lonely one is gone at once"
    mft.process_input(Token(20))
    out = mft.pull()
    assert (out.value, out.discontinuity) == (30, True)


def test_a_flush_drops_the_sample_behind_the_gap_too() -> None:
    mft = typed(Temporal())
    mft.process_input(Token(1))
    mft.process_input(broken(10))
    mft.flush()
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.process_input(Token(5))
    mft.process_message(Message.DRAIN)
    assert mft.pull().value == 5


def test_events_around_a_gap_keep_their_places() -> None:
    class EventfulTemporal(Temporal):
        takes_events = True

    mft = typed(EventfulTemporal())
    mft.process_input(Token(1))
    mft.process_event("before the gap's sample")
    mft.process_input(broken(10))
    mft.process_event("after it")
    assert take(mft) == (1, None)
    mft.process_message(Message.DRAIN)
    assert take(mft) == (10, ["before the gap's sample", "after it"])


def test_a_drain_that_cannot_begin_refuses_the_sample_behind_the_gap() -> None:
    class Stubborn(Temporal):
        refuses = True

        def _drain(self) -> None:
            if self.refuses:
                raise Fail("not now")

    mft = typed(Stubborn())
    mft.process_input(Token(1))
    calls: list[Callable[[], None]] = [
        lambda: mft.process_input(broken(10)),
        lambda: mft.process_message(Message.DRAIN),
    ]
    for call in calls:
        with pytest.raises(Fail):
            call()
        assert mft.input_status() == InputStatus.ACCEPT_DATA
        assert mft.output_status() == OutputStatus.NONE
    mft.refuses = False
    mft.process_input(broken(10))
    assert mft.pull().value == 1


@pytest.mark.parametrize("make", [LookAhead, Pairs])
def test_after_lost_data_the_next_output_says_so(make: type[Copier]) -> None:
    mft = typed(make())
    mft.process_input(Token(1))
    mft.flush()
    out = list(mft.run([Token(2), Token(3), Token(4), Token(5)]))
    assert [token.discontinuity for token in out][:2] == [True, False]


def test_a_flush_of_nothing_loses_nothing() -> None:
    mft = typed(Copier())
    mft.flush()
    mft.push(Token(1))
    assert mft.pull() == Token(1)


def test_a_drain_takes_along_the_sample_behind_the_gap() -> None:
    mft = typed(Temporal())
    mft.process_input(Token(1))
    mft.process_input(broken(10))
    assert [token.value for token in mft.drain()] == [1, 10]
    mft.process_input(Token(2))
