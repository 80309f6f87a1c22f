"""An asynchronous transform without threads, and wrong ones made of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gpumft.errors import (
    NoEventsAvailable,
    NotAccepting,
    Shutdown,
    TransformAsyncLocked,
    Unexpected,
)
from gpumft.mft import Flow, Message, OutputDataBuffer, OutputResult, OutputStreamFlags
from gpumft.samples import Sample
from tests.testing.wrong_transforms import Good

FALLS: dict[type[Eager], tuple[str, ...]] = {}
"""The rules that each breaks; the first is the one that it is made for."""
_NEED_INPUT, _HAVE_OUTPUT, _DRAIN_COMPLETE, _MARKER = 601, 602, 603, 604
_NEVER_LOCKED = {"stream_count", "stream_ids", "input_available_type"}


def breaks(*rules: str) -> Any:
    def note(wrong: type[Eager]) -> type[Eager]:
        FALLS[wrong] = rules
        return wrong

    return note


@dataclass
class Event:
    type: int
    stream_id: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)


class Eager:
    """Works at once, on the client's thread, and tells by events what has happened."""

    ask_at_a_time = 2

    def __init__(self) -> None:
        self.inner = Good()
        self.attributes = {"MF_TRANSFORM_ASYNC": 1, "MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE": 1}
        self.events: deque[Event] = deque()
        self.outputs: deque[Sample | None] = deque()
        self.credits = 0
        self.asking = self.ended = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if name in _NEVER_LOCKED or not callable(found):
            return found

        def checked(*arguments: Any, **options: Any) -> Any:
            self.check()
            return found(*arguments, **options)

        return checked

    def check(self) -> None:
        if self.ended:
            raise Shutdown("it was shut down")
        if not self.attributes.get("MF_TRANSFORM_ASYNC_UNLOCK"):
            raise TransformAsyncLocked("unlock it")

    def shutdown(self) -> None:
        self.ended = True

    def get_event(self, wait: bool = True, timeout: float | None = None) -> Event:  # noqa: FBT002
        if self.ended:
            raise Shutdown("it was shut down")
        if not self.events:
            raise NoEventsAvailable("all was told")
        return self.events.popleft()

    def output_stream_info(self, id: int = 0) -> Any:
        info = self.inner.output_stream_info(id)
        return replace(info, flags=info.flags | OutputStreamFlags.PROVIDES_SAMPLES)

    def process_message(self, message: Message | int, param: Any = 0) -> None:
        self.check()
        match message:
            case Message.START_OF_STREAM:
                self.asking = True
                self.ask(self.ask_at_a_time)
            case Message.END_OF_STREAM:
                self.end()
            case Message.DRAIN:
                self.drain()
            case Message.FLUSH:
                self.inner.process_message(message)
                self.flush()
            case Message.MARKER:
                self.mark(param)
            case _:
                self.inner.process_message(message, param)

    def ask(self, count: int) -> None:
        self.credits += count
        self.events.extend(Event(_NEED_INPUT) for _ in range(count))

    def end(self) -> None:
        self.asking = False
        self.credits = 0

    def drain(self) -> None:
        self.end()
        self.inner.process_message(Message.DRAIN)
        self.work()
        self.events.append(Event(_DRAIN_COMPLETE))

    def flush(self) -> None:
        self.end()
        self.events.clear()
        self.outputs.clear()

    def mark(self, context: object) -> None:
        self.events.append(Event(_MARKER, attributes={"MF_EVENT_MFT_CONTEXT": context}))

    def work(self) -> None:
        while self.inner.output_status():
            entry = OutputDataBuffer(0, self.inner._allocate_output(0))
            self.inner.process_output([entry])
            self.outputs.append(entry.sample)
            self.events.append(Event(_HAVE_OUTPUT))

    def process_input(self, sample: Sample, id: int = 0, flags: int = 0) -> None:
        self.check()
        if not self.credits:
            raise NotAccepting("wait until it is asked for")
        self.inner.process_input(sample, id, flags)
        self.credits -= 1
        self.work()
        if self.asking:
            self.ask(1)

    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        self.check()
        if not self.outputs:
            raise Unexpected("wait until it is told")
        buffers[0].sample = self.outputs.popleft()
        return OutputResult(Flow.OK)


@breaks("it_takes_dynamic_format_changes")
class SaysNothingOfFormats(Eager):
    def __init__(self) -> None:
        super().__init__()
        del self.attributes["MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE"]


@breaks("it_is_locked_until_unlocked")
class NeverLocked(Eager):
    def check(self) -> None:
        if self.ended:
            raise Shutdown("it was shut down")


@breaks("nothing_is_asked_for_before_the_stream_starts")
class AsksTooEarly(Eager):
    def process_message(self, message: Message | int, param: Any = 0) -> None:
        super().process_message(message, param)
        if message == Message.BEGIN_STREAMING:
            self.ask(1)


@breaks("each_need_input_is_one_sample")
class TakesMoreThanItAsksFor(Eager):
    """Takes a third sample before it has told that it needs one."""

    def process_input(self, sample: Sample, id: int = 0, flags: int = 0) -> None:
        wait = self.asking and self.credits == 1
        super().process_input(sample, id, flags)
        if wait or not self.asking:
            return
        last = self.events.pop()  # the event of this sample comes with the next one's
        self.late = [*self.__dict__.get("late", []), last]

    def get_event(self, wait: bool = True, timeout: float | None = None) -> Event:  # noqa: FBT002
        if wait:
            self.events.extend(self.__dict__.pop("late", []))
        return super().get_event(wait, timeout)


@breaks("output_needs_its_event", "a_flush_voids_every_credit")
class SaysItNeedsMore(Eager):
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        self.check()
        if not self.outputs:
            return OutputResult(Flow.NEED_MORE_INPUT)
        return super().process_output(buffers, flags)


@breaks("a_whole_stream_comes_out")
class LosesTheSecondStream(Eager):
    streams = 0

    def drain(self) -> None:
        super().drain()
        self.streams += 1

    def work(self) -> None:
        if self.streams == 0:
            super().work()
        else:
            self.inner.flush()


@breaks("draining_nothing_is_complete_at_once")
class DrainsOnlySomething(Eager):
    fed = False

    def process_input(self, sample: Sample, id: int = 0, flags: int = 0) -> None:
        super().process_input(sample, id, flags)
        self.fed = True

    def drain(self) -> None:
        super().drain()
        if not self.fed:
            self.events.pop()


@breaks("a_flush_voids_every_credit")
class KeepsCreditsInAFlush(Eager):
    def flush(self) -> None:
        self.events.clear()
        self.outputs.clear()


@breaks("the_end_of_a_stream_takes_its_credits")
class KeepsCreditsAtTheEnd(Eager):
    def end(self) -> None:
        self.asking = False

    def flush(self) -> None:
        super().flush()
        self.credits = 0


@breaks("a_marker_comes_in_order")
class MarksTooEarly(Eager):
    def mark(self, context: object) -> None:
        super().mark(context)
        self.events.rotate(1)


@breaks("after_shutdown_every_call_says_so")
class LivesOn(Eager):
    def shutdown(self) -> None:
        pass
