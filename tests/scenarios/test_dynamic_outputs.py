"""Transcripts: outputs that come and go while samples flow."""

from __future__ import annotations

import pytest

from gpumft.errors import (
    CannotChangeMediaTypeWhileProcessing,
    Fail,
    InvalidArg,
    InvalidRequest,
    InvalidStreamNumber,
    NotAccepting,
    TransformTypeNotSet,
)
from gpumft.mft import (
    STREAMS_UNLIMITED,
    Flow,
    InputStatus,
    Message,
    OutputBufferStatus,
    OutputDataBuffer,
    OutputStatus,
    OutputStreamFlags,
    OutputStreamInfo,
    ProcessOutputStatus,
)
from tests.scenarios.actors import Token
from tests.scenarios.stream_actors import LAZY, OPTIONAL, AnyOutputs, buffers, select, values

NEW_STREAMS = ProcessOutputStatus.NEW_STREAMS
FORMAT_CHANGE = OutputBufferStatus.FORMAT_CHANGE
STREAM_END = OutputBufferStatus.STREAM_END
NO_SAMPLE = OutputBufferStatus.NO_SAMPLE


def one_output() -> AnyOutputs:
    mft = AnyOutputs()
    select(mft, 0)
    mft.process_input(Token(1))
    return mft


def test_before_types_are_set_outputs_change_at_once() -> None:
    mft = AnyOutputs()
    assert mft.stream_limits() == (1, 1, 1, STREAMS_UNLIMITED)
    mft.add(3)
    assert mft.stream_ids() == ((0,), (0, 3))
    mft.end(0)
    assert mft.stream_ids() == ((0,), (3,))


def test_a_new_output_is_told_once_and_waits_for_its_type() -> None:
    mft = one_output()
    mft.add(1)
    assert mft.stream_count() == (1, 1)
    with pytest.raises(NotAccepting, match="about to change"):
        mft.process_input(Token(2))
    entries = buffers(0)
    result = mft.process_output(entries)
    assert (result.flow, result.status) == (Flow.STREAM_CHANGE, NEW_STREAMS)
    assert entries == buffers(0), "no sample, no status"
    assert mft.stream_ids() == ((0,), (0, 1))
    assert mft.output_status() == OutputStatus.NONE
    for call in (lambda: mft.process_input(Token(2)), lambda: mft.process_output(buffers(0))):
        with pytest.raises(TransformTypeNotSet):
            call()
    mft.set_output_type("red", 1)
    entries = buffers(1, 0)
    assert mft.process_output(entries).flow is Flow.OK
    assert values(entries) == [101, 1]


def test_two_new_outputs_need_two_types() -> None:
    mft = one_output()
    mft.add(1)
    mft.add(2)
    mft.process_output(buffers(0))
    mft.set_output_type("red", 2)
    with pytest.raises(TransformTypeNotSet):
        mft.process_output(buffers(0))
    mft.set_output_type("red", 1)
    entries = buffers(0, 1, 2)
    mft.process_output(entries)
    assert values(entries) == [1, 101, 201]


def test_a_new_optional_output_needs_no_answer() -> None:
    mft = one_output()
    mft.add(50)
    assert mft.process_output(buffers(0)).status == NEW_STREAMS
    assert mft.process_output(buffers(0)).flow is Flow.OK
    mft.process_input(Token(2))
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        mft.set_output_type("blue", 0)
    mft.set_output_type("red", 50)
    entries = buffers(0, 50)
    mft.process_output(entries)
    assert values(entries) == [2, 5002]


def test_an_output_that_ends_is_told_in_its_entry() -> None:
    mft = AnyOutputs()
    mft.add(1)
    select(mft, 0, 1)
    mft.process_input(Token(1))
    mft.end(1)
    entries = buffers(0, 1)
    result = mft.process_output(entries)
    assert (result.flow, result.status) == (Flow.OK, 0)
    assert [entry.status for entry in entries] == [0, STREAM_END]
    assert values(entries)[0] == 1
    assert mft.stream_ids() == ((0,), (0,))
    with pytest.raises(InvalidStreamNumber):
        mft.output_stream_info(1)
    mft.process_input(Token(2))
    assert mft.log[-1] == "begin"
    assert "configure [0] [0]" in mft.log
    assert mft.pull().value == 2


def test_an_end_is_told_although_there_is_no_sample() -> None:
    mft = AnyOutputs()
    mft.add(1)
    select(mft, 0, 1)
    mft.end(1)
    assert mft.output_status() == OutputStatus.SAMPLE_READY
    assert mft.input_status() == InputStatus.NONE
    entries = buffers(0, 1)
    assert mft.process_output(entries).flow is Flow.OK
    assert [entry.status for entry in entries] == [NO_SAMPLE, STREAM_END]
    assert mft.process_output(buffers(0)).flow is Flow.NEED_MORE_INPUT


def test_a_failed_delivery_tells_the_end_again() -> None:
    mft = AnyOutputs()
    mft.add(1)
    select(mft, 0, 1)
    mft.process_input(Token(1))
    mft.end(1)
    mft.fail = Fail("not now")
    with pytest.raises(Fail):
        mft.process_output(buffers(0, 1))
    mft.fail = None
    entries = buffers(0, 1)
    mft.process_output(entries)
    assert [entry.status for entry in entries] == [0, STREAM_END]


def test_all_changes_are_told_at_once() -> None:
    mft = AnyOutputs()
    mft.add(1)
    mft.add(2)
    select(mft, 0, 1, 2)
    mft.process_input(Token(1))
    mft.end(1)
    mft.change(0)
    mft.add(3)
    entries = buffers(0, 1, 2)
    result = mft.process_output(entries)
    assert (result.flow, result.status) == (Flow.STREAM_CHANGE, NEW_STREAMS)
    assert [entry.status for entry in entries] == [FORMAT_CHANGE, STREAM_END, 0]
    assert mft.stream_ids()[1] == (0, 2, 3)
    mft.set_output_type("blue", 0)
    mft.set_output_type("red", 3)
    entries = buffers(0, 2, 3)
    assert mft.process_output(entries).flow is Flow.OK
    assert values(entries) == [1, 201, 301]


def test_what_changes_while_an_answer_is_awaited_is_told_after_it() -> None:
    mft = one_output()
    mft.change(0)
    mft.process_output(buffers(0))
    mft.add(50)
    mft.set_output_type("blue", 0)
    assert mft.process_output(buffers(0)).status == NEW_STREAMS
    entries = buffers(0)
    assert mft.process_output(entries).flow is Flow.OK
    assert values(entries) == [1]


@pytest.mark.parametrize("id", [0, 1, 2, -1, 1 << 32])
def test_numbers_of_outputs_are_used_once(id: int) -> None:
    mft = AnyOutputs()
    mft.add(1)
    select(mft, 0, 1)
    mft.add(2)
    mft.end(1)
    with pytest.raises(InvalidArg, match="taken"):
        mft.add(id)


def test_an_output_that_nobody_heard_of_may_go_again() -> None:
    mft = one_output()
    mft.add(1)
    mft.end(1)
    assert mft.pull().value == 1


def test_an_output_stays_if_it_is_the_last() -> None:
    mft = one_output()
    with pytest.raises(InvalidRequest, match="at least"):
        mft.end(0)
    with pytest.raises(InvalidStreamNumber):
        mft.end(8)


@pytest.mark.parametrize("ids", [(0, 0), (0, 5), (0,), (0, 1, 2)])
def test_entries_go_by_number(ids: tuple[int, ...]) -> None:
    mft = AnyOutputs()
    mft.add(1)
    select(mft, 0, 1)
    mft.process_input(Token(1))
    with pytest.raises((InvalidArg, InvalidStreamNumber)):
        mft.process_output(buffers(*ids))
    entries = [OutputDataBuffer(id, Token()) for id in (1, 0)]
    assert mft.process_output(entries).flow is Flow.OK
    assert values(entries) == [101, 1]


def test_run_goes_on_when_streams_appear() -> None:
    mft = AnyOutputs()
    select(mft, 0)
    out = mft.run(Token(value) for value in range(4))
    assert next(out).value == 0
    mft.add(50)
    assert [token.value for token in out] == [1, 2, 3]


def test_clearing_a_type_lets_streams_come_and_go_at_once() -> None:
    mft = one_output()
    mft.process_message(Message.FLUSH)
    mft.add(1)
    mft.set_input_type(None)
    assert mft.stream_ids()[1] == (0, 1)
    mft.set_input_type("red")
    mft.set_output_type("red", 1)
    mft.process_input(Token(1))
    assert mft.process_output(buffers(0, 1)).flow is Flow.OK


def test_a_notice_makes_input_wait_once_an_output_is_selected_that_is_not_lazy_read() -> None:
    class HalfLazy(AnyOutputs):
        def _output_info(self, id: int) -> OutputStreamInfo:
            return OutputStreamInfo(OPTIONAL | (LAZY if id == 0 else OPTIONAL))

    mft = HalfLazy()
    mft.add(1)
    select(mft, 0)
    mft.add(50)
    assert mft.input_status() == InputStatus.ACCEPT_DATA
    assert mft.output_status() == OutputStatus.SAMPLE_READY
    mft.set_output_type("red", 1)
    assert mft.input_status() == InputStatus.NONE
    assert mft.process_output(buffers(0, 1)).status == NEW_STREAMS
    mft.process_input(Token(1))


def test_an_output_that_is_not_lazy_read_counts_as_soon_as_it_has_its_type() -> None:
    class HalfLazy(AnyOutputs):
        def _output_info(self, id: int) -> OutputStreamInfo:
            return OutputStreamInfo(LAZY if id == 0 else OutputStreamFlags.NONE)

    mft = HalfLazy()
    select(mft, 0)
    mft.process_input(Token(1))
    mft.add(1)
    mft.add(2)
    mft.process_output(buffers(0))
    mft.set_output_type("red", 1)
    mft.end(2)
    assert mft.input_status() == InputStatus.NONE
    with pytest.raises(NotAccepting):
        mft.process_input(Token(2))
    entries = buffers(0, 1)
    mft.process_output(entries)
    assert values(entries) == [1, 101]


def test_an_ending_output_that_loses_its_type_is_not_missed() -> None:
    mft = AnyOutputs()
    mft.add(1)
    select(mft, 0, 1)
    mft.end(0)
    mft.log.clear()
    mft.set_output_type(None, 0)
    assert mft.stream_ids()[1] == (1,)
    mft.process_input(Token(1))
    assert "configure [0] [1]" in mft.log
    entries = buffers(1)
    mft.process_output(entries)
    assert values(entries) == [101]
