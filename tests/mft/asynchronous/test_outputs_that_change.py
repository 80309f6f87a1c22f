"""Ends and beginnings of outputs reach the client, whatever is dropped or ready before them."""

from __future__ import annotations

import pytest

from gpumft.mft import OutputBufferStatus, OutputDataBuffer, OutputStreamFlags, ProcessOutputStatus
from gpumft.mft.asynchronous import HaveOutput, MediaEvent
from gpumft.mft.asynchronous.entries import Change, Output
from gpumft.mft.asynchronous.ledger import Ledger
from tests.scenarios.actors import Token

NEW, NONE = ProcessOutputStatus.NEW_STREAMS, ProcessOutputStatus.NONE


def output(*ids: int, ends: int | None = None) -> Output[Token]:
    """One sample for each of these, and perhaps the end of another."""
    buffers = {id: OutputDataBuffer(id, Token(id)) for id in ids}
    if ends is not None:
        buffers[ends] = OutputDataBuffer(ends, None, OutputBufferStatus.STREAM_END)
    return Output(buffers, dict.fromkeys(buffers, OutputStreamFlags.NONE))


@pytest.fixture
def ledger() -> Ledger[Token]:
    made: Ledger[Token] = Ledger(2)
    made.lazy = True
    return made


def have_output(events: list[MediaEvent]) -> int:
    return events.count(HaveOutput())


def test_lazy_output_is_dropped_but_never_an_end_or_a_change(ledger: Ledger[Token]) -> None:
    told, first, last = Change(set(), (0, 1), NEW), output(0, 1), output(0, ends=1)
    assert [have_output(ledger.produced(entry)) for entry in (told, first, last)] == [1, 1, 0]
    assert [*ledger.ready] == [told, last]  # `first` made room, and its event is that of `last`
    newest = output(0)
    assert have_output(ledger.produced(newest)) == 1  # nothing may be dropped
    newer = output(0)
    assert have_output(ledger.produced(newer)) == 0
    assert [*ledger.ready] == [told, last, newer]
    sample = newer.buffers[0].sample
    assert sample is not None
    assert sample.discontinuity


def test_an_output_is_known_until_its_end_is_told(ledger: Ledger[Token]) -> None:
    ledger.produced(output(0))
    ledger.produced(output(0, ends=1))
    assert ledger.known([0]) == {0, 1}
    ledger.taken()
    assert ledger.known([0]) == {0, 1}
    ledger.taken()
    assert ledger.known([0]) == {0}


def test_what_a_flush_drops_of_the_outputs_is_told_at_the_next_start(
    ledger: Ledger[Token],
) -> None:
    ledger.produced(Change({2}, (0, 1, 2), NONE))
    ledger.produced(output(0, 2, ends=1))
    ledger.flush()
    assert have_output(ledger.start()) == 1
    (told,) = ledger.ready
    assert isinstance(told, Change)
    assert (told.ids, told.outputs, told.ended) == ({2}, (0, 1, 2), {1})
    statuses = [told.status_of(id) for id in told.outputs]
    assert statuses == [
        OutputBufferStatus.NONE,
        OutputBufferStatus.STREAM_END,
        OutputBufferStatus.FORMAT_CHANGE,
    ]
    ledger.taken()
    ledger.flush()
    assert have_output(ledger.start()) == 0  # told once


def test_an_end_after_a_change_needs_no_type(ledger: Ledger[Token]) -> None:
    ledger.produced(Change({1}, (0, 1), NONE))
    ledger.produced(Change(set(), (0, 1), NEW, {1}))
    ledger.flush()
    ledger.start()
    (told,) = ledger.ready
    assert isinstance(told, Change)
    assert (told.ids, told.ended, told.status) == (set(), {1}, NEW)
