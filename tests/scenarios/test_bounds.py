"""Transcripts: output bounds."""

from __future__ import annotations

from typing import Any

import pytest

from gpumft.errors import (
    InvalidArg,
    NotImplementedMF,
)
from gpumft.mft import (
    LOWER_UNBOUNDED,
    UPPER_UNBOUNDED,
    Flow,
    InputStatus,
    OutputStatus,
)
from tests.scenarios.actors import Copier, Doubler, LookAhead, Token, typed
from tests.scenarios.stream_actors import Bounded, Streams, buffers, select

MS = 10_000


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
