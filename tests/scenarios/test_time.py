"""Transcripts: output bounds, events and discontinuities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gpumft.errors import (
    Fail,
    InvalidArg,
    InvalidStreamNumber,
    NotAccepting,
    NotImplementedMF,
    NullPointer,
)
from gpumft.mft import (
    LOWER_UNBOUNDED,
    UPPER_UNBOUNDED,
    Flow,
    InputStatus,
    Message,
    OutputDataBuffer,
    OutputStatus,
)
from tests.scenarios.actors import Copier, Doubler, LookAhead, Pairs, Token, typed
from tests.scenarios.stream_actors import Bounded, Streams, Temporal, buffers, select

MS = 10_000

# --- Bounds ---


@pytest.mark.parametrize(
    ("start", "kept"), [(67, True), (66, False), (100, True), (150, True), (151, False)]
)
def test_the_documented_example_of_output_bounds(start: int, kept: bool) -> None:
    mft = typed(Bounded())
    mft.set_output_bounds(100 * MS, 150 * MS)
    mft.process_input(Token(1, time=start * MS, duration=33 * MS))
    assert mft.output_status() == (OutputStatus.SAMPLE_READY if kept else OutputStatus.NONE)
    assert mft.input_status() == (InputStatus.NONE if kept else InputStatus.ACCEPT_DATA)
    assert (mft.pull() is Flow.NEED_MORE_INPUT) is not kept


def run_bounded(lower: int, upper: int, make: type[Copier] = Bounded) -> list[tuple[Any, bool]]:
    mft = typed(make())
    mft.set_output_bounds(lower, upper)
    out = mft.run(Token(i, time=i, duration=1) for i in range(6))
    return [(token.time, token.discontinuity) for token in out]


def test_samples_outside_are_dropped_and_the_next_one_tells() -> None:
    assert run_bounded(2, 4) == [(1, True), (2, False), (3, False), (4, False)]
    assert run_bounded(LOWER_UNBOUNDED, 1) == [(0, False), (1, False)]
    assert run_bounded(9, UPPER_UNBOUNDED) == []
    assert [time for time, _ in run_bounded(LOWER_UNBOUNDED, UPPER_UNBOUNDED)] == list(range(6))


def test_look_ahead_sees_what_bounds_drop() -> None:
    class BoundedLookAhead(LookAhead):
        takes_bounds = True

    mft = typed(BoundedLookAhead())
    mft.set_output_bounds(0, 1)
    out = list(mft.run(Token(i, time=i, duration=1) for i in range(6)))
    assert [(token.time, token.value) for token in out] == [(0, 1), (1, 3)]


def test_a_sample_without_time_is_within_all_bounds() -> None:
    mft = typed(Bounded())
    mft.set_output_bounds(5, 5)
    mft.process_input(Token(1))
    assert mft.pull().value == 1


def test_bounds_hold_for_what_waits_and_outlast_a_flush() -> None:
    mft = typed(Bounded())
    mft.process_input(Token(1, time=1))
    mft.set_output_bounds(5, 9)
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.flush()
    mft.process_input(Token(2, time=2))
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.set_output_bounds(LOWER_UNBOUNDED, UPPER_UNBOUNDED)
    mft.process_input(Token(3, time=3))
    assert mft.pull().value == 3


def test_one_output_within_bounds_is_delivered_without_the_other() -> None:
    class Shifted(Streams):
        """The second output is an hour later."""

        takes_bounds = True

        def _output_times(self, id: int) -> tuple[int | None, int | None]:
            time, duration = super()._output_times(id)
            return (time or 0) + 3600 * id, duration

    mft = Shifted(outputs=2)
    select(mft, 0, 1)
    mft.set_output_bounds(0, 100)
    mft.process_input(Token(1, time=1))
    entries = buffers(0, 1)
    assert mft.process_output(entries).flow is Flow.OK
    assert [entry.status for entry in entries] == [0, 0x300]


def test_bounds_are_optional_and_in_order() -> None:
    with pytest.raises(NotImplementedMF):
        Copier().set_output_bounds(0, 1)
    with pytest.raises(InvalidArg, match="above"):
        Bounded().set_output_bounds(2, 1)
    assert Doubler()._output_times(0) == (None, None), "only the transform itself could tell"


# --- Events ---


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


# --- Discontinuities ---


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
