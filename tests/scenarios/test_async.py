"""Transcripts of asynchronous transforms: credits, drain, flush, markers, changes, the end."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from gpumft.errors import (
    CannotChangeMediaTypeWhileProcessing,
    Fail,
    InvalidArg,
    InvalidMediaType,
    InvalidRequest,
    InvalidStreamNumber,
    MFError,
    NoEventsAvailable,
    NotAccepting,
    NotImplementedMF,
    NullPointer,
    SampleAllocatorCanceled,
    SampleAllocatorEmpty,
    Shutdown,
    TransformAsyncLocked,
    TransformTypeNotSet,
    Unexpected,
)
from gpumft.mft import (
    Flow,
    InputStatus,
    InputStreamFlags,
    InputStreamInfo,
    Message,
    OutputBufferStatus,
    OutputDataBuffer,
    OutputStatus,
    OutputStreamFlags,
    ProcessOutputFlags,
)
from gpumft.mft.asynchronous import (
    AsyncTransform,
    EventType,
    MediaEvent,
    ShutdownStatus,
    as_async,
)
from tests.scenarios.actors import (
    Copier,
    Doubler,
    LookAhead,
    Pairs,
    Provider,
    Switcher,
    Token,
    typed,
)
from tests.scenarios.by_hand import ByHand, HandRunner, by_hand

IN, OUT = "NeedInput(0)", "HaveOutput()"
DONE = "DrainComplete(0)"

Call = Callable[[Any], object]
STREAMING: dict[str, Call] = {
    "stream_limits": lambda mft: mft.stream_limits(),
    "input_stream_info": lambda mft: mft.input_stream_info(),
    "output_stream_info": lambda mft: mft.output_stream_info(),
    "input_stream_attributes": lambda mft: mft.input_stream_attributes(),
    "output_stream_attributes": lambda mft: mft.output_stream_attributes(),
    "output_available_type": lambda mft: mft.output_available_type(0),
    "available_output_types": lambda mft: mft.available_output_types(),
    "set_input_type": lambda mft: mft.set_input_type("red"),
    "set_output_type": lambda mft: mft.set_output_type("red"),
    "input_current_type": lambda mft: mft.input_current_type(),
    "output_current_type": lambda mft: mft.output_current_type(),
    "input_status": lambda mft: mft.input_status(),
    "output_status": lambda mft: mft.output_status(),
    "set_output_bounds": lambda mft: mft.set_output_bounds(0, 1),
    "add_input_streams": lambda mft: mft.add_input_streams([1]),
    "delete_input_stream": lambda mft: mft.delete_input_stream(0),
    "process_event": lambda mft: mft.process_event(MediaEvent(EventType.ERROR)),
    "process_message": lambda mft: mft.process_message(Message.BEGIN_STREAMING),
    "FLUSH": lambda mft: mft.process_message(Message.FLUSH),
    "DRAIN": lambda mft: mft.process_message(Message.DRAIN),
    "START_OF_STREAM": lambda mft: mft.process_message(Message.START_OF_STREAM),
    "END_OF_STREAM": lambda mft: mft.process_message(Message.END_OF_STREAM),
    "MARKER": lambda mft: mft.process_message(Message.MARKER),
    "SET_DEVICE_MANAGER": lambda mft: mft.process_message(Message.SET_DEVICE_MANAGER),
    "process_input": lambda mft: mft.process_input(Token(1)),
    "process_output": lambda mft: mft.process_output([OutputDataBuffer()]),
}
ALWAYS: dict[str, Call] = {
    "attributes": lambda mft: mft.attributes,
    "stream_count": lambda mft: mft.stream_count(),
    "stream_ids": lambda mft: mft.stream_ids(),
    "input_available_type": lambda mft: mft.input_available_type(0),
    "available_input_types": lambda mft: mft.available_input_types(),
}
EVENTS: dict[str, Call] = {
    "queue_event": lambda mft: mft.queue_event(MediaEvent(EventType.ERROR)),
    "get_event": lambda mft: mft.get_event(wait=False),
    "begin_get_event": lambda mft: mft.begin_get_event(repr),
    "end_get_event": lambda mft: mft.end_get_event(None),
}


# --- The lock ---


@pytest.mark.parametrize("name", STREAMING)
def test_locked_until_unlocked(name: str) -> None:
    mft = AsyncTransform(typed(Copier()))
    with pytest.raises(TransformAsyncLocked) as caught:
        STREAMING[name](mft)
    assert caught.value.hresult == 0xC00D6D77
    mft.attributes["MF_TRANSFORM_ASYNC_UNLOCK"] = 1
    refusals = (NotImplementedMF, NotAccepting, Unexpected)  # never that it is locked
    with suppress(*refusals):
        STREAMING[name](mft)
    mft.shutdown()


@pytest.mark.parametrize("name", [*ALWAYS, *EVENTS])
def test_what_is_never_locked(name: str) -> None:
    mft = AsyncTransform(typed(Copier()))
    with suppress(NotImplementedMF, NoEventsAvailable, Fail):
        {**ALWAYS, **EVENTS}[name](mft)
    mft.shutdown()


def test_attributes_say_what_it_is() -> None:
    inner = Copier()
    inner.attributes["mine"] = 1
    mft = AsyncTransform(inner)
    assert mft.attributes is mft.attributes
    assert mft.attributes == {
        "mine": 1,
        "MF_TRANSFORM_ASYNC": 1,
        "MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE": 1,
        "MF_TRANSFORM_ASYNC_UNLOCK": 0,
        "MFPKEY_EXATTRIBUTE_SUPPORTED": True,
    }
    mft.unlock()
    assert mft.attributes["MF_TRANSFORM_ASYNC_UNLOCK"] == 1
    assert as_async(inner).attributes["MF_TRANSFORM_ASYNC_UNLOCK"] == 1
    assert "MF_TRANSFORM_ASYNC" not in inner.attributes
    assert not hasattr(inner, "get_event")


def test_infos_say_who_keeps_and_who_provides() -> None:
    mft = by_hand(Copier)
    assert mft.input_stream_info().flags == InputStreamFlags.HOLDS_BUFFERS
    assert mft.output_stream_info().flags == OutputStreamFlags.PROVIDES_SAMPLES


def test_no_slots() -> None:
    with pytest.raises(InvalidArg, match="at least one slot"):
        as_async(Copier(), slots=0)


def test_a_transform_with_output_is_not_taken() -> None:
    inner = typed(Copier())
    inner.process_input(Token(1))
    with pytest.raises(InvalidRequest, match="take it first"):
        as_async(inner)
    assert inner.pull().value == 1
    as_async(inner).shutdown()


# --- Credits ---


def test_one_need_input_is_one_process_input() -> None:
    mft = by_hand(Copier)
    with pytest.raises(NotAccepting, match="START_OF_STREAM"):
        mft.give(1)
    assert mft.told() == []
    mft.process_message(Message.START_OF_STREAM)
    assert mft.told() == [IN, IN]
    mft.give(1, 2)
    assert mft.input_status() == InputStatus.NONE
    with pytest.raises(NotAccepting, match="wait for NeedInput") as caught:
        mft.give(3)
    assert caught.value.hresult == 0xC00D36B5
    with pytest.raises(Unexpected) as unasked:
        mft.take()
    assert unasked.value.hresult == 0x8000FFFF
    assert mft.output_status() == OutputStatus.NONE
    assert mft.work() == [OUT, OUT]
    assert mft.output_status() == OutputStatus.SAMPLE_READY
    assert mft.take() == 1
    assert mft.told() == [IN]
    assert mft.input_status() == InputStatus.ACCEPT_DATA
    mft.give(3)
    assert mft.take() == 2
    assert mft.work() == [IN, OUT]
    assert mft.take() == 3
    with pytest.raises(Unexpected):
        mft.take()


@pytest.mark.parametrize("slots", [1, 2, 5])
def test_slots_are_all_that_is_under_way(slots: int) -> None:
    mft = by_hand(Copier, slots=slots)
    mft.process_message(Message.START_OF_STREAM)
    assert mft.told() == [IN] * slots
    mft.give(*range(slots))
    assert mft.work() == [OUT] * slots
    for value in range(slots):
        assert mft.take() == value
        assert mft.told() == [IN]


def test_what_looks_ahead_gets_more() -> None:
    mft = by_hand(LookAhead, slots=1)
    mft.process_message(Message.START_OF_STREAM)
    assert mft.told() == [IN]
    mft.give(1)
    assert mft.work() == [IN]
    mft.give(2)
    assert mft.work() == [OUT]
    assert mft.take() == 3
    assert mft.told() == [IN]


def test_two_outputs_of_one_input() -> None:
    mft = by_hand(Doubler)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 2)
    assert mft.work() == [IN, IN, OUT, OUT]
    with pytest.raises(NotAccepting):
        mft.give(3)
    taken = []
    for _ in range(4):
        taken.append(mft.take())
        mft.work()
    assert taken == [1, 1, 2, 2]


def test_credits_are_per_stream() -> None:
    mft = ByHand(Copier(inputs=2))
    for id in (0, 1):
        mft.set_input_type("red", id)
    with pytest.raises(TransformTypeNotSet):
        mft.process_message(Message.START_OF_STREAM)
    mft.set_output_type("red")
    mft.process_message(Message.START_OF_STREAM)
    assert mft.told() == [IN, IN, "NeedInput(1)", "NeedInput(1)"]
    mft.give(1, 2)
    with pytest.raises(NotAccepting, match="input stream 0"):
        mft.give(3)
    assert mft.work() == [IN]  # one of two waits until the other stream has brought something
    mft.process_input(Token(10), 1)
    assert mft.work() == [OUT]
    assert mft.take() == 1
    mft.process_message(Message.END_OF_STREAM, 1)
    with pytest.raises(NotAccepting):
        mft.process_input(Token(11), 1)
    mft.give(4)
    mft.process_message(Message.DRAIN, 1)
    assert mft.work()[-1] == "DrainComplete(1)"  # what has no partner is dropped
    assert not mft._ledger.under_way


def test_lazy_read_output_is_replaced() -> None:
    class Lazy(Copier):
        flags = OutputStreamFlags.LAZY_READ

    mft = by_hand(Lazy)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 2)
    assert mft.work() == [IN, IN, IN, OUT, IN, OUT]
    mft.give(3, 4)
    assert mft.work() == [IN, IN]  # two are announced: the newest take the place of the oldest
    buffers = [OutputDataBuffer[Token](), OutputDataBuffer[Token]()]
    for buffer in buffers:
        mft.process_output([buffer])
    samples = [buffer.sample for buffer in buffers]
    assert [(s.value, s.discontinuity) for s in samples if s] == [(3, True), (4, False)]
    with pytest.raises(Unexpected):
        mft.take()


def test_several_outputs_come_together() -> None:
    class Two(Copier):
        flags = OutputStreamFlags.DISCARDABLE

        def __init__(self) -> None:
            super().__init__(outputs=2)

    mft = ByHand(Two())
    mft.set_input_type("red")
    mft.set_output_type("red", 0)
    with pytest.raises(TransformTypeNotSet):
        mft.process_message(Message.START_OF_STREAM)
    mft.set_output_type("red", 1)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 2)
    assert mft.work() == [IN, IN, OUT, OUT]
    for wrong in ([OutputDataBuffer[Token](0)], [OutputDataBuffer[Token](n) for n in range(3)]):
        with pytest.raises(InvalidArg, match=r"\(2\), not"):
            mft.process_output(wrong)
    buffers = [OutputDataBuffer[Token](0), OutputDataBuffer[Token](1)]
    mft.process_output(buffers)
    assert [buffer.sample.value for buffer in buffers if buffer.sample] == [1, 1]
    buffers = [OutputDataBuffer[Token](0), OutputDataBuffer[Token](1)]
    mft.process_output(buffers, ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER)
    assert [buffer.status for buffer in buffers] == [OutputBufferStatus.NO_SAMPLE] * 2
    with pytest.raises(Unexpected):
        mft.process_output(buffers)


# --- Arguments: nothing is lost to a wrong call ---


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda mft: mft.process_input(None), NullPointer),
        (lambda mft: mft.process_input(Token(1), 1), InvalidStreamNumber),
        (lambda mft: mft.process_input(Token(1), 0, 1), InvalidArg),
        (lambda mft: mft.input_status(2), InvalidStreamNumber),
        (lambda mft: mft.set_input_type("red", 1), InvalidStreamNumber),
        (lambda mft: mft.set_output_type("red", 1), InvalidStreamNumber),
        (lambda mft: mft.process_message(Message.END_OF_STREAM, 1), InvalidStreamNumber),
        (lambda mft: mft.process_message("flash"), InvalidArg),
        (lambda mft: mft.process_output(None), NullPointer),
        (lambda mft: mft.process_output([None]), NullPointer),
        (lambda mft: mft.process_output([]), InvalidArg),
        (lambda mft: mft.process_output([OutputDataBuffer(), OutputDataBuffer()]), InvalidArg),
        (lambda mft: mft.process_output([OutputDataBuffer(sample=Token())]), InvalidArg),
        (lambda mft: mft.process_output([OutputDataBuffer()], 4), InvalidArg),
        (
            lambda mft: mft.process_output(
                [OutputDataBuffer()], ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER
            ),
            InvalidArg,
        ),
        (
            lambda mft: mft.process_output(
                [OutputDataBuffer()], ProcessOutputFlags.REGENERATE_LAST_OUTPUT
            ),
            NotImplementedMF,
        ),
    ],
)
def test_wrong_arguments_use_no_credit(call: Call, error: type[MFError]) -> None:
    mft = by_hand(Copier)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    mft.work()
    with pytest.raises(error):
        call(mft)
    mft.give(2)
    assert mft.take() == 1
    assert mft.work() == [IN, OUT]
    assert mft.take() == 2


def test_discard_of_a_stream_that_may_be() -> None:
    class Discardable(Copier):
        flags = OutputStreamFlags.DISCARDABLE

    mft = by_hand(Discardable)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    mft.work()
    buffer: OutputDataBuffer[Token] = OutputDataBuffer()
    mft.process_output([buffer], ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER)
    assert (buffer.sample, buffer.status) == (None, OutputBufferStatus.NO_SAMPLE)


def test_without_types() -> None:
    mft = ByHand(Copier())
    for call in ("START_OF_STREAM", "process_input", "process_output", "input_status"):
        with pytest.raises(TransformTypeNotSet):
            STREAMING[call](mft)
    mft.process_message(Message.DRAIN)
    assert mft.work() == [DONE]


# --- The end of a stream ---


def test_end_of_stream_takes_the_credits() -> None:
    mft = by_hand(Copier)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    mft.process_message(Message.END_OF_STREAM)
    with pytest.raises(NotAccepting):
        mft.give(2)
    assert mft.work() == [IN, IN, OUT]
    assert mft.take() == 1
    assert mft.work() == []
    mft.process_message(Message.START_OF_STREAM)
    assert mft.work() == [IN, IN]


def test_drain_is_complete_after_all_output() -> None:
    mft = by_hand(LookAhead)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 2)
    assert mft.work() == [IN, IN, IN, OUT]
    mft.process_message(Message.DRAIN)
    with pytest.raises(NotAccepting):
        mft.give(3)
    assert mft.work() == [OUT, DONE]
    assert [mft.take(), mft.take()] == [3, 2]
    assert mft.told() == []
    mft.process_message(Message.START_OF_STREAM)
    assert mft.told() == [IN, IN]


def test_drain_of_nothing_is_complete_at_once() -> None:
    mft = by_hand(Copier)
    mft.process_message(Message.DRAIN, 0)
    assert mft.work() == [DONE]
    mft.process_message(Message.START_OF_STREAM)
    mft.process_message(Message.DRAIN)
    mft.process_message(Message.DRAIN)
    assert mft.work() == [IN, IN, DONE, DONE]


def test_drain_drops_what_is_not_whole() -> None:
    mft = by_hand(Pairs)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    mft.process_message(Message.DRAIN)
    assert mft.work()[-1] == DONE
    assert not mft._ledger.under_way


def test_drain_waits_for_its_slots() -> None:
    mft = by_hand(Doubler)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 2)
    mft.process_message(Message.DRAIN)
    assert mft.work() == [IN, IN, OUT, OUT]
    assert [mft.take(), mft.work(), mft.take(), mft.work()] == [1, [OUT], 1, [OUT, DONE]]


def test_a_new_stream_begins_after_the_drain() -> None:
    mft = by_hand(Copier)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    mft.process_message(Message.DRAIN)
    mft.process_message(Message.START_OF_STREAM)
    assert mft.told() == [IN, IN]
    with pytest.raises(NotAccepting):
        mft.give(2)
    assert mft.work() == [OUT, DONE, IN]
    mft.give(2)
    assert mft.work() == [OUT]
    assert [mft.take(), mft.take()] == [1, 2]


# --- Flush ---


def test_flush_voids_everything() -> None:
    mft = by_hand(Copier)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    mft.work()
    mft.process_message(Message.MARKER, 5)
    mft.give(2)
    mft.process_message(Message.FLUSH)
    assert mft.work() == []  # stale events that nobody has taken are gone
    with pytest.raises(Unexpected):
        mft.take()
    with pytest.raises(NotAccepting):
        mft.give(3)
    mft.process_message(Message.START_OF_STREAM)
    assert mft.told() == [IN, IN]
    mft.give(4, 5)
    assert mft.work() == [OUT, OUT]
    buffers = [OutputDataBuffer[Token](), OutputDataBuffer[Token]()]
    for buffer in buffers:
        mft.process_output([buffer])
    samples = [buffer.sample for buffer in buffers]
    assert [(s.value, s.discontinuity) for s in samples if s] == [(4, True), (5, False)]


def test_events_taken_before_a_flush_are_worth_nothing() -> None:
    mft = by_hand(Copier)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    assert mft.work() == [IN, IN, OUT]
    mft.flush()
    with pytest.raises(NotAccepting):
        mft.give(2)
    with pytest.raises(Unexpected):
        mft.take()


def test_flush_ends_a_drain_and_keeps_other_events() -> None:
    mft = by_hand(Doubler)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 2)
    mft.process_message(Message.DRAIN)
    mft.work()
    mft.queue_event(MediaEvent(EventType.QUALITY_NOTIFY))
    mft.flush()
    assert mft.work() == ["MediaEvent(QUALITY_NOTIFY)"]
    mft.process_message(Message.START_OF_STREAM)
    mft.give(3)
    assert mft.work() == [IN, IN, OUT, OUT]


# --- Markers ---


def test_a_marker_comes_after_the_output_before_it() -> None:
    mft = by_hand(Copier)
    mft.process_message(Message.MARKER, "first")
    assert mft.told() == ["Marker('first')"]
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    mft.process_message(Message.MARKER, 7)
    mft.process_message(Message.MARKER, 8)
    mft.give(2)
    assert mft.work() == [IN, IN, OUT, "Marker(7)", "Marker(8)", OUT]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (LookAhead, [IN, IN, IN, OUT, "Marker(7)"]),
        (Pairs, [IN, IN, IN, OUT, "Marker(7)"]),
        (Doubler, [IN, IN, OUT, OUT, "Marker(7)"]),
    ],
)
def test_a_marker_waits_for_all_output(make: type[Copier], expected: list[str]) -> None:
    mft = by_hand(make)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    mft.process_message(Message.MARKER, 7)
    mft.give(2)
    assert mft.work() == expected


def test_a_marker_behind_what_is_dropped() -> None:
    mft = by_hand(Pairs)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    mft.process_message(Message.MARKER, 7)
    mft.process_message(Message.DRAIN)
    mft.process_message(Message.MARKER, 8)
    assert mft.work()[-3:] == ["Marker(7)", DONE, "Marker(8)"]


def test_a_drain_reaches_markers() -> None:
    mft = by_hand(LookAhead)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    mft.process_message(Message.MARKER, 7)
    assert mft.work() == [IN, IN, IN]
    mft.process_message(Message.DRAIN)
    assert mft.work() == [OUT, "Marker(7)", DONE]


# --- Messages ---


def test_the_transform_hears_the_messages_in_order() -> None:
    class Hearing(Copier):
        def process_message(self, message: Message | int | str, param: object = 0) -> None:
            assert isinstance(message, Message)
            self.log.append(f"{message.name} {param}")
            super().process_message(message, param)

        def process_input(self, sample: Token, id: int = 0, flags: int = 0) -> None:
            self.log.append(f"in {sample.value}")
            super().process_input(sample, id, flags)

    inner = typed(Hearing())
    inner.log.clear()
    mft = ByHand(inner)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 2)
    mft.process_message(Message.END_OF_STREAM)
    mft.process_message(Message.DRAIN)
    mft.work()
    said = [line for line in inner.log if line not in ("begin", "restart")]
    assert said == ["START_OF_STREAM 0", "in 1", "in 2", "END_OF_STREAM 0", "DRAIN 0"]


def test_streaming_begins_and_ends_at_the_call() -> None:
    inner = typed(Copier())
    mft = ByHand(inner)
    inner.log.clear()
    mft.process_message(Message.BEGIN_STREAMING)
    mft.process_message(Message.END_STREAMING)
    assert inner.log == ["begin", "end"]


def test_a_device_only_while_nothing_is_under_way() -> None:
    class Portable(Copier):
        takes_device = True

        def _set_device(self, device: object) -> None:
            self.log.append(f"device {device}")

    inner = typed(Portable())
    mft = ByHand(inner)
    mft.process_message(Message.SET_DEVICE_MANAGER, "there")
    assert inner.log[-1] == "device there"
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    for _ in range(2):
        with pytest.raises(InvalidRequest):
            mft.process_message(Message.SET_DEVICE_MANAGER)
        mft.work()
    with pytest.raises(NotImplementedMF):
        by_hand(Copier).process_message(Message.SET_DEVICE_MANAGER)


def test_an_event_goes_in_after_the_samples_before_it() -> None:
    class Listening(Copier):
        def process_event(self, event: object, id: int = 0) -> bool:
            self.log.append(f"event after {[token.value for token in self._held()]}")
            return True

    inner = typed(Listening())
    mft = ByHand(inner)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    assert mft.process_event(MediaEvent(EventType.STREAM_TICK))
    assert mft.told() == [IN, IN, OUT]
    assert inner.log[-1] == "event after []"
    with pytest.raises(NotImplementedMF):
        by_hand(Copier).process_event(MediaEvent(EventType.STREAM_TICK))


# --- Changes of format ---


def test_the_transform_asks_for_another_output_type() -> None:
    mft = by_hand(Switcher)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 100)
    assert mft.work() == [IN, IN, OUT, OUT]
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        mft.set_output_type("wide")
    assert mft.take() == 1
    assert mft.told() == [IN]
    buffer: OutputDataBuffer[Token] = OutputDataBuffer()
    assert mft.process_output([buffer]).flow is Flow.STREAM_CHANGE
    assert buffer.status == OutputBufferStatus.FORMAT_CHANGE
    for refused in (lambda: mft.give(101), mft.take, mft.input_status):
        with pytest.raises(TransformTypeNotSet, match=r"set_output_type first"):
            refused()
    assert mft.work() == []
    with pytest.raises(InvalidMediaType):
        mft.set_output_type("red")
    mft.set_output_type("wide", test_only=True)
    with pytest.raises(TransformTypeNotSet):
        mft.take()
    mft.set_output_type("wide")
    assert mft.work() == [OUT]  # the credit of before is still there
    mft.give(101)
    assert [mft.take(), mft.work(), mft.take()] == [100, [IN, OUT], 101]


def test_a_change_that_comes_out_of_the_blue() -> None:
    inner = typed(Switcher())
    mft = ByHand(inner)
    mft.process_message(Message.START_OF_STREAM)
    inner._request_stream_change()  # as if a control panel had asked for it
    mft.give(100)
    assert mft.work() == [IN, IN, OUT]
    assert mft.take() is Flow.STREAM_CHANGE
    mft.set_output_type("wide")
    assert [mft.work(), mft.take()] == [[OUT], 100]


def test_a_change_that_comes_in_between() -> None:
    class Sudden(Switcher):
        def process_input(self, sample: Token, id: int = 0, flags: int = 0) -> None:
            if sample.value == 100 and self._output_type() != "wide":
                self._request_stream_change()
            super().process_input(sample, id, flags)

    mft = by_hand(Sudden)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(100)
    assert mft.work() == [IN, IN, OUT]
    assert mft.take() is Flow.STREAM_CHANGE
    mft.set_output_type("wide")
    assert [mft.work(), mft.take()] == [[OUT], 100]


def test_a_flush_does_not_swallow_a_change() -> None:
    mft = by_hand(Switcher)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(100)
    assert mft.work() == [IN, IN, OUT]
    mft.flush()
    mft.process_message(Message.START_OF_STREAM)
    assert mft.work() == [OUT, IN]
    assert mft.take() is Flow.STREAM_CHANGE
    mft.set_output_type("wide")
    assert mft.told() == [IN]
    mft.give(101)
    assert [mft.work(), mft.take()] == [[OUT], 101]


def test_a_change_answered_before_it_was_told() -> None:
    mft = by_hand(Switcher)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(100)
    mft.work()
    mft.flush()
    mft.set_output_type("wide")
    mft.process_message(Message.START_OF_STREAM)
    assert mft.work() == [IN, IN]


def test_a_new_input_type_while_samples_are_under_way() -> None:
    mft = by_hand(Copier)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 2)
    mft.set_input_type("blue", test_only=True)
    assert mft.input_current_type() == "red"
    with pytest.raises(InvalidMediaType):
        mft.set_input_type("green")
    assert mft.told() == [IN, IN]
    mft.set_input_type("blue")
    assert mft.told() == [OUT, OUT, OUT]
    assert [mft.take(), mft.take(), mft.take()] == [1, 2, Flow.STREAM_CHANGE]
    with pytest.raises(TransformTypeNotSet):
        mft.give(3)
    mft.set_output_type("blue")
    assert mft.told() == [IN, IN]
    mft.give(3)
    assert [mft.work(), mft.take()] == [[OUT], 3]


def test_a_new_input_type_drains_what_looks_ahead() -> None:
    mft = by_hand(LookAhead)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 2)
    mft.work()
    with pytest.raises(InvalidMediaType):
        mft.set_input_type("green")
    mft.set_input_type("blue")
    assert [mft.take(), mft.take(), mft.take()] == [3, 2, Flow.STREAM_CHANGE]


def test_a_new_input_type_while_nothing_is_under_way() -> None:
    mft = by_hand(Copier)
    mft.process_message(Message.START_OF_STREAM)
    mft.set_input_type("blue")
    assert mft.work() == [IN, IN]
    with pytest.raises(TransformTypeNotSet):
        mft.give(1)
    mft.set_output_type("blue")
    mft.give(1)
    assert [mft.work(), mft.take()] == [[OUT], 1]


def test_types_are_not_cleared_under_samples() -> None:
    mft = by_hand(Copier)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    for clear in (mft.set_input_type, mft.set_output_type):
        with pytest.raises(CannotChangeMediaTypeWhileProcessing):
            clear(None)
    mft.flush()
    mft.set_output_type(None)
    with pytest.raises(TransformTypeNotSet):
        mft.process_message(Message.START_OF_STREAM)


def test_streams_that_come_and_go_are_told() -> None:
    class Optional(Copier):
        """A second input may be left out."""

        def _input_info(self, id: int) -> InputStreamInfo:
            return InputStreamInfo(flags=InputStreamFlags.OPTIONAL if id else InputStreamFlags(0))

    mft = ByHand(Optional(inputs=2))
    mft.set_input_type("red")
    mft.set_output_type("red")
    mft.process_message(Message.START_OF_STREAM)
    assert mft.told() == [IN, IN]
    with pytest.raises(TransformTypeNotSet, match="deselected"):
        mft.process_input(Token(1), 1)
    mft.set_input_type("red", 1)
    assert mft.told() == ["InputStreamStateChanged(1)", "NeedInput(1)", "NeedInput(1)"]
    mft.set_input_type(None, 1)
    assert mft.told() == ["InputStreamStateChanged(1)"]


# --- Failures ---


def test_a_failure_is_told_and_raised_and_nothing_is_lost() -> None:
    inner = typed(Copier())
    mft = ByHand(inner)
    inner.fail = broken = SampleAllocatorCanceled("broken")
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 2)
    mft.hand.work()
    told = mft.events()
    assert [event.type for event in told[2:]] == [
        EventType.ERROR,
        EventType.TRANSFORM_HAVE_OUTPUT,
    ]
    assert (told[2].status, told[2].value) == (0xC00D4A3D, broken)
    with pytest.raises(SampleAllocatorCanceled, match="broken"):
        mft.take()
    mft.hand.work()
    assert [event.status for event in mft.events()] == [0xC00D4A3D, 0]
    inner.fail = None
    with pytest.raises(SampleAllocatorCanceled, match="broken"):
        mft.take()
    assert mft.work() == [OUT, OUT]
    assert [mft.take(), mft.take()] == [1, 2]


def test_an_error_of_python_has_the_code_e_fail() -> None:
    inner = typed(Copier())
    mft = ByHand(inner)
    inner.fail = ZeroDivisionError("oops")
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1)
    mft.hand.work()
    assert [event.status for event in mft.events()] == [0, 0, 0x80004005, 0]
    with pytest.raises(ZeroDivisionError, match="oops"):
        mft.take()


def test_a_refused_sample_is_told_and_flushed_away() -> None:
    class Picky(Copier):
        def _accept(self, sample: Token, id: int) -> None:
            if sample.value == 13:
                raise InvalidMediaType("13 brings bad luck")

    mft = by_hand(Picky)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(12, 13)
    assert mft.work()[2:] == [
        OUT,
        "MediaEvent(ERROR, value=InvalidMediaType('13 brings bad luck'), status=0xC00D36B4)",
        OUT,
    ]
    assert mft.take() == 12
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        mft.set_input_type("blue")
    for _ in range(2):
        with pytest.raises(InvalidMediaType, match="13"):
            mft.take()
        mft.work()
    mft.flush()
    mft.process_message(Message.START_OF_STREAM)
    mft.give(14)
    mft.work()
    assert mft.take() == 14


def test_an_empty_pool_keeps_the_output_for_later() -> None:
    inner = typed(Provider())
    mft = ByHand(inner, slots=3)
    mft.process_message(Message.START_OF_STREAM)
    mft.give(1, 2, 3)
    assert mft.work() == [IN, IN, IN, OUT, OUT, OUT]  # the third has no sample yet
    assert [mft.take(), mft.take()] == [1, 2]
    for _ in range(2):
        with pytest.raises(SampleAllocatorEmpty):
            mft.take()
    assert mft.work() == [IN, IN]
    inner.free = 1
    assert mft.take() == 3
    assert mft.work() == [IN]
    inner.free = 1
    mft.give(4)
    assert [mft.work(), mft.take()] == [[OUT], 4]


def test_a_transform_that_contradicts_itself_is_told() -> None:
    class Mute(Copier):
        """Never takes a sample on stream 1."""

        def _wants(self, id: int) -> bool:
            return id == 0

    mft = ByHand(Mute(inputs=2))
    for id in (0, 1):
        mft.set_input_type("red", id)
    mft.set_output_type("red")
    mft.process_message(Message.START_OF_STREAM)
    mft.process_input(Token(1), 1)
    mft.process_message(Message.DRAIN)
    mft.hand.work()
    with pytest.raises(Unexpected, match="takes no input"):
        mft.take()


# --- Shutdown ---


@pytest.mark.parametrize("name", [*STREAMING, *ALWAYS, *EVENTS])
@pytest.mark.parametrize("locked", [True, False])
def test_after_shutdown_every_method_says_so(name: str, locked: bool) -> None:
    mft = AsyncTransform(typed(Copier()))
    if not locked:
        mft.unlock()
    mft.shutdown()
    mft.shutdown()
    with pytest.raises(Shutdown) as caught:
        {**STREAMING, **ALWAYS, **EVENTS}[name](mft)
    assert caught.value.hresult == 0xC00D3E85


def test_shutdown_releases_samples_and_resources() -> None:
    inner = typed(LookAhead())
    mft = ByHand(inner)
    mft.process_message(Message.START_OF_STREAM)
    tokens = [Token(value) for value in range(4)]
    gone = [*map(weakref.ref, tokens)]
    for token in tokens[:2]:
        mft.process_input(token)
    mft.work()
    mft.process_input(tokens[2])
    with pytest.raises(InvalidRequest):
        mft.shutdown_status()
    mft.shutdown()
    assert mft.shutdown_status() is ShutdownStatus.COMPLETED
    del tokens, token
    gc.collect()
    assert [ref() for ref in gone] == [None] * 4
    assert inner.log[-1] == "end"
    assert isinstance(mft._runner, HandRunner)
    assert inner.process_input(Token(5)) is None  # the transform is its owner's again


def test_with_shuts_down() -> None:
    with as_async(typed(Copier())) as mft:
        pass
    with pytest.raises(Shutdown):
        mft.get_event()
    mft.close()
