"""Rules of asynchronous transforms: credits, events, shutdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from gpumft.errors import (
    MFError,
    NoEventsAvailable,
    NotAccepting,
    Shutdown,
    TransformAsyncLocked,
    Unexpected,
)
from gpumft.mft import Message
from gpumft.testing.conformance.bench import COUNT, Bench, Taken, same_pictures
from gpumft.testing.conformance.rule import Broken, NotApplicable, expect, refused, rule

ASYNC: Final = "MF_TRANSFORM_ASYNC"
UNLOCK: Final = "MF_TRANSFORM_ASYNC_UNLOCK"
_NEED_INPUT, _HAVE_OUTPUT, _DRAIN_COMPLETE, _MARKER = 601, 602, 603, 604
_PATIENCE = 20.0
"""Seconds for an event that has to come."""
_CONTEXT = 4711


class AsyncBench(Bench):
    """Makes asynchronous transforms, unlocks them, and follows their events.

    Thread-safety: one thread.
    """

    def new(self) -> Any:
        """A transform without types, unlocked."""
        made = self.factory()
        made.attributes[UNLOCK] = 1
        return made

    def started(self) -> Any:
        """A transform with types, whose stream has begun."""
        made = self.typed()
        made.process_message(Message.BEGIN_STREAMING)
        made.process_message(Message.START_OF_STREAM)
        return made

    def run(self, made: Any, indices: Iterable[int] = range(COUNT)) -> list[Taken]:
        """A whole stream: what each event allows, until the drain is complete."""
        made.process_message(Message.BEGIN_STREAMING)
        made.process_message(Message.START_OF_STREAM)
        found: list[Taken] = []
        left = {id: list(indices) for id in self.inputs}
        for event in self._events(made):
            match int(event.type):
                case 601 if left[event.stream_id]:
                    index = left[event.stream_id].pop(0)
                    made.process_input(self.picture(index, event.stream_id), event.stream_id)
                    if not any(left.values()):
                        for id in self.inputs:
                            made.process_message(Message.END_OF_STREAM, id)
                        made.process_message(Message.DRAIN)
                case 602:
                    found += self.take(made) or []
                case 603:
                    made.process_message(Message.END_STREAMING)
                    return found
        raise Broken("the events end before the drain is complete")

    def kept(self, found: list[Taken]) -> list[Taken]:
        """What has to come out of a stream: lazy-read outputs drop what is not taken in time."""
        return found[-len(self.outputs) :] if self.lazy else found

    def _events(self, made: Any) -> Iterator[Any]:
        while True:
            yield self.event(made)

    def event(self, made: Any, wanted: int | None = None) -> Any:
        """The next event, or the next of one type."""
        while True:
            try:
                event = made.get_event(timeout=_PATIENCE)
            except NoEventsAvailable as error:
                raise Broken(f"no event comes in {_PATIENCE:g} seconds") from error
            if wanted is None or int(event.type) == wanted:
                return event


def _bench(bench: Bench) -> AsyncBench:
    if not isinstance(bench, AsyncBench):
        raise NotApplicable("it is synchronous")
    return bench


def _silent(made: Any, when: str, *types: int) -> None:
    """Expect no event of these types to be there now."""
    try:
        while True:
            event = made.get_event(wait=False)
            expect(int(event.type) not in types, f"{when} comes {event!r}")
    except NoEventsAvailable:
        return


@rule("Asynchronous MFTs: MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE")
def it_takes_dynamic_format_changes(bench: Bench) -> None:
    """An asynchronous transform says that it supports dynamic format changes."""
    made = _bench(bench).new()
    expect(made.attributes.get("MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE"), "the attribute is not set")
    made.shutdown()


@rule("Asynchronous MFTs: MF_E_TRANSFORM_ASYNC_LOCKED")
def it_is_locked_until_unlocked(bench: Bench) -> None:
    """Until it is unlocked everything but attributes and stream counts is refused."""
    made = _bench(bench).factory()
    if made.attributes.get(UNLOCK):
        made.shutdown()
        raise NotApplicable("its factory unlocks it")
    made.stream_count()
    locked = TransformAsyncLocked
    id, type = next(iter(bench.input_types.items()))
    refused("set_input_type", locked, made.set_input_type, type, id)
    refused("process_message", locked, made.process_message, Message.FLUSH)
    refused("process_input", locked, made.process_input, bench.picture(0, id), id)
    made.shutdown()


@rule("MFT_MESSAGE_NOTIFY_START_OF_STREAM: required")
def nothing_is_asked_for_before_the_stream_starts(bench: Bench) -> None:
    """No NeedInput comes before START_OF_STREAM, and no input is taken."""
    made, id = _bench(bench).typed(), bench.inputs[0]
    made.process_message(Message.BEGIN_STREAMING)
    _silent(made, "before START_OF_STREAM", _NEED_INPUT, _HAVE_OUTPUT)
    refused("input without a credit", NotAccepting, made.process_input, bench.picture(0, id), id)
    made.shutdown()


@rule("METransformNeedInput")
def each_need_input_is_one_sample(bench: Bench) -> None:
    """Each NeedInput takes one sample, and none is taken without."""
    here = _bench(bench)
    made, id = here.started(), bench.inputs[0]
    credits = int(here.event(made, _NEED_INPUT).stream_id == id) + _credits(made, id)
    for index in range(credits):
        made.process_input(bench.picture(index, id), id)
    try:
        made.process_input(bench.picture(credits, id), id)
    except NotAccepting:
        pass
    else:  # then it has been asked for meanwhile
        expect(_credits(made, id), f"{credits} samples were asked for, {credits + 1} are taken")
    made.shutdown()


def _credits(made: Any, id: int) -> int:
    """How many samples the events that are there ask for."""
    found = 0
    try:
        while True:
            event = made.get_event(wait=False)
            found += int(event.type) == _NEED_INPUT and event.stream_id == id
    except NoEventsAvailable:
        return found


@rule("METransformHaveOutput: E_UNEXPECTED without")
def output_needs_its_event(bench: Bench) -> None:
    """process_output without a HaveOutput is E_UNEXPECTED, never NEED_MORE_INPUT."""
    here = _bench(bench)
    made = here.started()
    here.event(made, _NEED_INPUT)
    refused("output without an event", Unexpected, made.process_output, bench.entries(made))
    made.shutdown()


@rule("Asynchronous MFTs: the documented events")
def a_whole_stream_comes_out(bench: Bench) -> None:
    """Following the events a stream goes in and comes out, the drain is told, and it may repeat."""
    here = _bench(bench)
    made = here.typed()
    first = here.run(made)
    expect(first, f"{COUNT} pictures make no output")
    same_pictures(here.kept(here.run(made)), here.kept(first), "the second time")
    made.shutdown()


@rule("METransformDrainComplete")
def draining_nothing_is_complete_at_once(bench: Bench) -> None:
    """A drain with nothing held is answered by DrainComplete, without output."""
    here = _bench(bench)
    made = here.started()
    made.process_message(Message.DRAIN)
    while int((event := here.event(made)).type) != _DRAIN_COMPLETE:
        expect(int(event.type) != _HAVE_OUTPUT, "a drain of nothing has output")
    _silent(made, "after a drain", _NEED_INPUT, _HAVE_OUTPUT)
    made.shutdown()


@rule("MFT_MESSAGE_COMMAND_FLUSH, asynchronous")
def a_flush_voids_every_credit(bench: Bench) -> None:
    """After a flush nothing goes in or out until START_OF_STREAM; then all is as at first."""
    here = _bench(bench)
    made = here.started()
    id = here.event(made, _NEED_INPUT).stream_id
    made.process_input(bench.picture(COUNT + 1, id), id)
    made.process_message(Message.FLUSH)
    _silent(made, "after a flush", _NEED_INPUT, _HAVE_OUTPUT)
    refused("input after a flush", NotAccepting, made.process_input, bench.picture(0, id), id)
    refused("output after a flush", Unexpected, made.process_output, bench.entries(made))
    pictures = [taken.planes[0].tobytes() for taken in here.kept(here.run(made))]
    wanted = [taken.planes[0].tobytes() for taken in here.kept(bench.expected())]
    expect(pictures == wanted, "after a flush other pictures come out than from a new transform")
    made.shutdown()


@rule("MFT_MESSAGE_NOTIFY_END_OF_STREAM, asynchronous")
def the_end_of_a_stream_takes_its_credits(bench: Bench) -> None:
    """After END_OF_STREAM no input is asked for or taken on that stream."""
    here = _bench(bench)
    made = here.started()
    id = here.event(made, _NEED_INPUT).stream_id
    made.process_message(Message.END_OF_STREAM, id)
    refused("input after its end", NotAccepting, made.process_input, bench.picture(0, id), id)
    made.shutdown()


@rule("MFT_MESSAGE_COMMAND_MARKER, METransformMarker")
def a_marker_comes_in_order(bench: Bench) -> None:
    """A marker comes back after the output of what went in before it."""
    here = _bench(bench)
    made = here.started()
    id = here.event(made, _NEED_INPUT).stream_id
    made.process_input(bench.picture(0, id), id)
    made.process_message(Message.MARKER, _CONTEXT)
    made.process_message(Message.DRAIN)  # or what looks ahead would wait for more
    while int((marker := here.event(made)).type) != _MARKER:
        if int(marker.type) == _HAVE_OUTPUT:
            bench.take(made)
    _silent(made, "after the marker", _HAVE_OUTPUT)
    context = marker.attributes.get("MF_EVENT_MFT_CONTEXT")
    expect(context == _CONTEXT, f"the marker's context is {context!r}, not {_CONTEXT}")
    made.shutdown()


@rule("IMFShutdown::Shutdown")
def after_shutdown_every_call_says_so(bench: Bench) -> None:
    """After shutdown every call is MF_E_SHUTDOWN."""
    made, id = _bench(bench).started(), bench.inputs[0]
    made.shutdown()
    for name, arguments in (
        ("get_event", ()),
        ("process_message", (Message.FLUSH,)),
        ("process_input", (bench.picture(0, id), id)),
        ("process_output", ([],)),
        ("set_input_type", (bench.input_types[id], id)),
    ):
        refused(name, Shutdown, getattr(made, name), *arguments)


def is_async(made: Any) -> bool:
    """Whether a transform says that it is asynchronous."""
    try:
        return bool(made.attributes.get(ASYNC))
    except MFError:
        return False


RULES = (
    it_takes_dynamic_format_changes,
    it_is_locked_until_unlocked,
    nothing_is_asked_for_before_the_stream_starts,
    each_need_input_is_one_sample,
    output_needs_its_event,
    a_whole_stream_comes_out,
    draining_nothing_is_complete_at_once,
    a_flush_voids_every_credit,
    the_end_of_a_stream_takes_its_credits,
    a_marker_comes_in_order,
    after_shutdown_every_call_says_so,
)
