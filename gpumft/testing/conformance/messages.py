"""Rules of messages: drain, flush, the bounds of streaming."""

from __future__ import annotations

from gpumft.errors import (
    InvalidStreamNumber,
    MFError,
    NoInterface,
    NotAccepting,
    NotImplementedMF,
)
from gpumft.mft import Message
from gpumft.testing.conformance.bench import COUNT, MOST, WRONG_STREAM, Bench, same_pictures
from gpumft.testing.conformance.rule import Broken, NotApplicable, expect, refused, rule

_UNKNOWN = 0x12345678
_IGNORED = (
    Message.DROP_SAMPLES,
    Message.TICK,
    Message.RELEASE_RESOURCES,
    Message.REACQUIRE_RESOURCES,
    Message.START_OF_STREAM,
    _UNKNOWN,
)


@rule("MFT_MESSAGE_COMMAND_DRAIN")
def a_drained_transform_takes_input_again(bench: Bench) -> None:
    """Once all output of a drain was taken, input is accepted again."""
    made = bench.typed()
    bench.feed(made, 0)
    bench.take_all(made)
    made.process_message(Message.DRAIN)
    bench.take_all(made)
    try:
        bench.feed(made, 0)
    except NotAccepting as error:
        raise Broken(f"after a drain it takes no input: {error}") from error
    bench.still_gives(made, 1, "after a drain")


@rule("MFT_MESSAGE_COMMAND_DRAIN: no input until drained")
def no_input_while_draining(bench: Bench) -> None:
    """Until its output was taken, a transform that drains takes no input."""
    made, count = bench.full()
    if bench.lazy:
        raise NotApplicable("all its outputs are lazy-read")
    made.process_message(Message.DRAIN)
    id = bench.inputs[0]
    refused(
        "process_input while draining",
        NotAccepting,
        made.process_input,
        bench.picture(MOST + 1, id),
        id,
    )
    same_pictures(bench.take_all(made), bench.expected(count), "while draining")


@rule("MFT_MESSAGE_COMMAND_DRAIN with nothing stored")
def draining_nothing_is_fine(bench: Bench) -> None:
    """A drain with nothing held, also before types are set, changes nothing."""
    _told(bench.new(), Message.DRAIN, "before types are set")
    made = bench.typed()
    for _ in range(2):
        _told(made, Message.DRAIN, "with nothing held")
    expect(not bench.take_all(made), "a drain of nothing makes output")
    bench.feed(made, 0)
    bench.still_gives(made, 1, "after a drain of nothing")


@rule("MFT_MESSAGE_COMMAND_FLUSH")
def a_flush_drops_data(bench: Bench) -> None:
    """A flush drops all input and output; input is accepted at once."""
    _told(bench.new(), Message.FLUSH, "before types are set")
    made, _ = bench.full()
    made.process_message(Message.FLUSH)
    left = bench.take_all(made)
    expect(not left, f"after a flush {len(left)} samples still come out")
    try:
        bench.feed(made, 0)
    except NotAccepting as error:
        raise Broken(f"after a flush it takes no input: {error}") from error


@rule("MFT_MESSAGE_COMMAND_FLUSH: media types stay")
def a_flush_keeps_types(bench: Bench) -> None:
    """A flush leaves the media types as they are."""
    made, _ = bench.full()
    made.process_message(Message.FLUSH)
    try:
        for id in bench.inputs:
            made.input_current_type(id)
        for id in bench.outputs:
            made.output_current_type(id)
    except MFError as error:
        raise Broken(f"after a flush a type is gone: {error}") from error


@rule("MFT_MESSAGE_COMMAND_FLUSH, MFT_MESSAGE_COMMAND_DRAIN: as if it were the first sample")
def a_flush_forgets_the_stream(bench: Bench) -> None:
    """What comes after a flush does not depend on what came before."""
    made = bench.typed()
    for index in range(3):
        bench.feed(made, MOST + index)
        bench.take_all(made)
    made.process_message(Message.FLUSH)
    expected = bench.expected()
    same_pictures(bench.run(made), expected, "after a flush")


@rule("IMFTransform::ProcessMessage: unknown messages are S_OK")
def messages_it_does_not_know_are_ignored(bench: Bench) -> None:
    """Messages that mean nothing to a transform are taken in silence, whatever it holds."""
    made, count = bench.full()
    for message in _IGNORED:
        _told(made, message, "while output waits")
    bench.still_gives(made, count, "after messages that mean nothing to it")


@rule("MFT_MESSAGE_SET_D3D_MANAGER")
def what_is_no_device_is_refused(bench: Bench) -> None:
    """SET_DEVICE_MANAGER is E_NOTIMPL without devices, E_NOINTERFACE for what is none."""
    made = bench.new()
    refused(
        "SET_DEVICE_MANAGER with something that is no device",
        (NotImplementedMF, NoInterface),
        made.process_message,
        Message.SET_DEVICE_MANAGER,
        object(),
    )


@rule("MFT_MESSAGE_NOTIFY_END_OF_STREAM")
def the_end_of_a_stream_names_it(bench: Bench) -> None:
    """END_OF_STREAM of no stream is MF_E_INVALIDSTREAMNUMBER; of one it takes nothing away."""
    made, count = bench.full()
    refused(
        "END_OF_STREAM of a wrong stream",
        InvalidStreamNumber,
        made.process_message,
        Message.END_OF_STREAM,
        WRONG_STREAM,
    )
    made.process_message(Message.END_OF_STREAM, bench.inputs[0])
    bench.still_gives(made, count, "after END_OF_STREAM")


@rule("MFT_MESSAGE_NOTIFY_BEGIN_STREAMING: optional for clients")
def beginning_to_stream_is_optional(bench: Bench) -> None:
    """A client that never says BEGIN_STREAMING gets the same samples; saying it twice is fine."""
    made, expected = bench.typed(), bench.expected()
    found = []
    for index in range(COUNT):
        bench.feed(made, index)
        found += bench.take_all(made)
    made.process_message(Message.DRAIN)
    same_pictures(found + bench.take_all(made), expected, "without BEGIN_STREAMING")
    made = bench.typed()
    _told(made, Message.BEGIN_STREAMING, "at first")
    same_pictures(bench.run(made), expected, "with BEGIN_STREAMING twice")


@rule("MFT_MESSAGE_NOTIFY_END_STREAMING: does not flush, keeps types")
def the_end_of_streaming_keeps_data(bench: Bench) -> None:
    """END_STREAMING neither drops samples nor types."""
    made, count = bench.full()
    made.process_message(Message.END_STREAMING)
    bench.still_gives(made, count, "after END_STREAMING")


def _told(made: object, message: int, when: str) -> None:
    try:
        made.process_message(message)  # type: ignore[attr-defined]
    except MFError as error:
        raise Broken(f"message {message:#x} {when} raises {error.name}") from error


RULES = (
    a_drained_transform_takes_input_again,
    no_input_while_draining,
    draining_nothing_is_fine,
    a_flush_drops_data,
    a_flush_keeps_types,
    a_flush_forgets_the_stream,
    messages_it_does_not_know_are_ignored,
    what_is_no_device_is_refused,
    the_end_of_a_stream_names_it,
    beginning_to_stream_is_optional,
    the_end_of_streaming_keeps_data,
)
