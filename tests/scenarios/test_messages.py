"""Transcripts: process_message, and the optional methods."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gpumft.errors import (
    Fail,
    InvalidArg,
    InvalidRequest,
    InvalidStreamNumber,
    NotAccepting,
    NotImplementedMF,
)
from gpumft.mft import Flow, InputStatus, Message, OutputDataBuffer, OutputStatus
from tests.scenarios.actors import Copier, LookAhead, Pairs, Token, typed


def test_drain_yields_the_tail_then_accepts_again() -> None:
    mft = typed(LookAhead())
    mft.process_input(Token(1))
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.process_message(Message.DRAIN)
    with pytest.raises(NotAccepting, match="draining"):
        mft.process_input(Token(2))
    assert mft.pull().value == 1
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.process_input(Token(2))


def test_drain_twice_is_fine() -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    mft.process_message(Message.DRAIN)
    mft.process_message(Message.DRAIN, 12)
    assert mft.pull().value == 1
    assert mft.pull() is Flow.NEED_MORE_INPUT


def test_drain_with_nothing_stored() -> None:
    mft = typed(Copier())
    mft.process_message(Message.DRAIN)
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.process_input(Token(1))


def test_drain_drops_what_makes_no_whole_output() -> None:
    mft = typed(Pairs())
    mft.process_input(Token(1))
    mft.process_message(Message.DRAIN)
    assert mft.pull() is Flow.NEED_MORE_INPUT
    for value in (10, 20):
        mft.process_input(Token(value))
    assert mft.pull().value == 30


def test_a_drain_ends_with_a_fresh_start() -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    mft.log.clear()
    mft.process_message(Message.DRAIN)
    assert mft.log == []
    mft.pull()
    assert mft.log == ["restart"]


def test_flush_drops_data_keeps_types_accepts_again() -> None:
    mft = typed(LookAhead())
    mft.process_input(Token(1))
    mft.process_input(Token(2))
    mft.process_message(Message.FLUSH)
    assert mft.log[-1] == "restart"
    assert mft.pull() is Flow.NEED_MORE_INPUT
    assert mft.input_current_type() == "red"
    mft.process_input(Token(3))
    assert [token.value for token in mft.drain()] == [3]


def test_flush_ends_a_drain() -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    mft.process_message(Message.DRAIN)
    mft.process_message(Message.FLUSH)
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.process_input(Token(2))
    assert mft.pull().value == 2


def test_flush_and_drain_before_types_are_fine() -> None:
    mft = Copier()
    mft.process_message(Message.FLUSH)
    mft.process_message(Message.DRAIN)
    mft.process_message(Message.BEGIN_STREAMING)
    mft.process_message(Message.END_STREAMING)
    assert "begin" not in mft.log


def test_begin_streaming_allocates_once() -> None:
    mft = typed(Copier())
    mft.process_message(Message.BEGIN_STREAMING)
    mft.process_message(Message.BEGIN_STREAMING)
    mft.process_input(Token(1))
    mft.pull()
    assert mft.log.count("begin") == 1


def test_begin_streaming_is_optional() -> None:
    mft = typed(Copier())
    assert "begin" not in mft.log
    mft.process_input(Token(1))
    assert mft.log[-1] == "begin"


def test_end_streaming_neither_flushes_nor_clears_types() -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    mft.process_message(Message.END_STREAMING)
    mft.process_message(Message.END_STREAMING)
    assert mft.log.count("end") == 1
    assert mft.output_current_type() == "red"
    assert mft.pull().value == 1
    assert mft.log.count("begin") == 2, "it allocates again by itself"


def test_a_failed_allocation_refuses_the_sample_and_may_be_repeated() -> None:
    class Poor(Copier):
        poor = True

        def _begin_streaming(self) -> None:
            if self.poor:
                raise Fail("no memory yet")

    mft = typed(Poor())
    calls: list[Callable[[], None]] = [
        lambda: mft.process_message(Message.BEGIN_STREAMING),
        lambda: mft.process_input(Token(1)),
    ]
    for call in calls:
        with pytest.raises(Fail):
            call()
        assert mft.input_status() == InputStatus.ACCEPT_DATA
    mft.poor = False
    mft.process_input(Token(1))
    assert mft.pull().value == 1


@pytest.mark.parametrize("stream", [1, -1, "0", None, [0]])
def test_end_of_stream_needs_a_stream(stream: object) -> None:
    mft = typed(Copier())
    with pytest.raises(InvalidStreamNumber):
        mft.process_message(Message.END_OF_STREAM, stream)


def test_end_of_stream_is_information() -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    mft.process_message(Message.END_OF_STREAM, 0)
    assert mft.output_status() == OutputStatus.SAMPLE_READY
    assert mft.pull().value == 1
    mft.process_input(Token(2))


@pytest.mark.parametrize(
    "message",
    [
        Message.DROP_SAMPLES,
        Message.TICK,
        Message.START_OF_STREAM,
        Message.RELEASE_RESOURCES,
        Message.REACQUIRE_RESOURCES,
        Message.EVENT,
        Message.SET_OUTPUT_STREAM_STATE,
        Message.FLUSH_OUTPUT_STREAM,
        Message.MARKER,
        0x12345678,
        -1,
    ],
)
def test_other_messages_are_ignored(message: int) -> None:
    for mft in (Copier(), typed(Copier())):
        mft.process_message(message, 17)
    mft.process_input(Token(1))
    mft.process_message(message)
    assert mft.pull().value == 1


@pytest.mark.parametrize(
    "flush", ["flush", "FLUSH", "Flush", 0, np.int64(0), np.uint8(0), Message.FLUSH]
)
def test_messages_go_by_name_and_by_number(flush: Any) -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    mft.process_message(flush)
    assert mft.output_status() == OutputStatus.NONE
    mft.process_message("begin_streaming")
    assert mft.log[-1] == "restart", "it streams already"
    mft.process_message("end_streaming")
    assert mft.log[-1] == "end"


@pytest.mark.parametrize(
    "message", ["flsh", "", "COMMAND_FLUSH", None, 1.0, object(), [0], b"flush"]
)
def test_what_is_no_message_is_refused(message: Any) -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    with pytest.raises(InvalidArg, match="message"):
        mft.process_message(message)
    assert mft.pull().value == 1


def test_the_nearest_message_is_offered() -> None:
    with pytest.raises(InvalidArg, match="did you mean FLUSH"):
        Copier().process_message("flsh")


@pytest.mark.parametrize("id", [0, np.int64(0), np.uint32(0), False])
def test_stream_numbers_may_be_numpys(id: int) -> None:
    mft = Copier()
    mft.set_input_type("red", id)
    mft.set_output_type("red", id)
    mft.process_input(Token(1), id)
    mft.process_message(Message.END_OF_STREAM, id)
    assert mft.pull(id).value == 1
    assert mft.input_current_type(id) == mft.output_current_type(id) == "red"


@pytest.mark.parametrize("id", [1, -1, np.int64(1), 0.0, "0", None, (0,)])
def test_what_is_no_stream_number_is_refused(id: Any) -> None:
    mft = typed(Copier())
    with pytest.raises(InvalidStreamNumber):
        mft.process_input(Token(1), id)
    with pytest.raises(InvalidStreamNumber):
        mft.output_stream_info(id)


def test_hints_reach_the_transform() -> None:
    class Attentive(Copier):
        def _other_message(self, message: int, param: object) -> None:
            self.log.append(f"{message} {param}")

    mft = Attentive()
    for message in (Message.TICK, Message.DROP_SAMPLES, Message.START_OF_STREAM, 0x777):
        mft.process_message(message, 5)
    assert mft.log == ["4 5", "3 5", "268435459 5", "1911 5"]


def test_a_transform_without_devices_says_so_in_any_state() -> None:
    mft = Copier()
    with pytest.raises(NotImplementedMF):
        mft.process_message(Message.SET_DEVICE_MANAGER, object())
    typed(mft).process_input(Token(1))
    with pytest.raises(NotImplementedMF):
        mft.process_message(Message.SET_DEVICE_MANAGER, object())


def test_a_device_is_set_between_streams() -> None:
    class OnDevice(Copier):
        takes_device = True
        device: object = "old"

        def _set_device(self, device: object) -> None:
            self.device = device

    mft = typed(OnDevice())
    mft.process_message(Message.SET_DEVICE_MANAGER, "new")
    assert mft.device == "new"
    mft.process_message(Message.BEGIN_STREAMING)
    with pytest.raises(InvalidRequest, match="streaming"):
        mft.process_message(Message.SET_DEVICE_MANAGER, "newer")
    mft.process_input(Token(1))
    mft.process_message(Message.END_STREAMING)
    with pytest.raises(InvalidRequest, match="held"):
        mft.process_message(Message.SET_DEVICE_MANAGER, "newer")
    mft.pull()
    mft.process_message(Message.END_STREAMING)
    mft.process_message(Message.SET_DEVICE_MANAGER, 0)
    assert mft.device is None
    mft.process_message(Message.SET_DEVICE_MANAGER, 5)
    assert mft.device == 5, "the transform itself says what is no device"


def test_streams_are_fixed() -> None:
    mft = Copier()
    assert mft.stream_limits() == (1, 1, 1, 1)
    assert mft.stream_count() == (1, 1)
    for call in (
        mft.stream_ids,
        lambda: mft.add_input_streams([1]),
        lambda: mft.delete_input_stream(0),
        lambda: mft.delete_input_stream(1),
        lambda: mft.set_output_bounds(0, 1),
        lambda: mft.process_event("event", 0),
        lambda: mft.process_event("event", 1),
        mft.input_stream_attributes,
        mft.output_stream_attributes,
    ):
        with pytest.raises(NotImplementedMF):
            call()


def test_attributes_are_the_same_object_each_time() -> None:
    mft = Copier()
    mft.attributes["MF_TRANSFORM_ASYNC"] = 0
    assert mft.attributes is mft.attributes
    assert mft.attributes == {"MF_TRANSFORM_ASYNC": 0}


def test_informational_calls_work_at_any_time() -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    before = mft.output_stream_info()
    mft.process_message(Message.DRAIN)
    assert mft.output_stream_info() == before
    assert mft.input_stream_info().flags == 0
    assert mft.input_current_type() == "red"
    assert mft.process_output([OutputDataBuffer(0, Token())]).flow is Flow.OK
