"""Transforms that are wrong on purpose, each in its own way: one rule each, and what falls with it.

Every one is `Good` but for the lines that make it wrong.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from gpumft.errors import (
    BufferTooSmall,
    InvalidMediaType,
    InvalidRequest,
    InvalidStreamNumber,
    NotAccepting,
    TransformTypeNotSet,
)
from gpumft.media import PartialType, VideoType
from gpumft.mft import (
    Flow,
    InputStatus,
    InputStreamFlags,
    Message,
    OutputBufferStatus,
    OutputDataBuffer,
    OutputResult,
    OutputStreamFlags,
    ProcessOutputFlags,
)
from gpumft.samples import Buffer2D, Sample
from gpumft.transforms import VideoTransform

FALLS: dict[type[VideoTransform], tuple[str, ...]] = {}
"""The rules that each breaks; the first is the one that it is made for."""


def breaks(*rules: str) -> Any:
    def note(wrong: type[VideoTransform]) -> type[VideoTransform]:
        FALLS[wrong] = rules
        return wrong

    return note


class Good(VideoTransform):
    """Inverts."""

    formats = ("rgb24",)

    def process(self, src: Sample, dst: Sample) -> None:
        np.subtract(255, src.planes[0], out=dst.planes[0])


# --- Streams ---


@breaks("stream_limits_hold_the_count")
class SaysItNeedsTwo(Good):
    def stream_limits(self) -> tuple[int, int, int, int]:
        return 2, 2, 1, 1


@breaks("stream_numbers_are_told_or_fixed")
class NumbersTwice(Good):
    def stream_ids(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return (0, 0), (0,)


@breaks("fixed_streams_stay")
class AddsStreamsInSilence(Good):
    def add_input_streams(self, ids: Sequence[int]) -> None:
        pass


@breaks("wrong_stream_numbers_are_refused")
class HasOneStreamWhateverYouSay(Good):
    def input_current_type(self, id: int = 0) -> VideoType:
        return super().input_current_type()


@breaks("attributes_are_one_object")
class CopiesItsAttributes(Good):
    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self._attributes)


@breaks("stream_infos_answer_before_types")
class CannotSayBeforeTypes(Good):
    def _input_info(self, id: int) -> Any:
        if self._input_type() is None:
            raise AttributeError("NoneType has no image_size")
        return super()._input_info(id)


@breaks("stream_flags_do_not_contradict")
class InPlaceOfNothing(Good):
    def _input_info(self, id: int) -> Any:
        info = super()._input_info(id)
        return replace(info, flags=info.flags | InputStreamFlags.PROCESSES_IN_PLACE)


@breaks("the_told_size_is_enough")
class SaysTooLittle(Good):
    def _output_info(self, id: int) -> Any:
        return replace(super()._output_info(id), size=1)


@breaks("output_bounds_are_kept")
class ForgetsBounds(Good):
    def set_output_bounds(self, lower: int, upper: int) -> None:
        pass


@breaks("events_have_an_owner")
class SwallowsEvents(Good):
    def process_event(self, event: object, id: int = 0) -> bool:
        self._input(id)
        return True


# --- Types ---


@breaks("lists_of_types_end")
class NeverStopsOffering(Good):
    def input_available_type(self, index: int, id: int = 0) -> object:
        return super().input_available_type(0, id)


@breaks("lists_of_types_are_the_clients")
class LendsItsList(Good):
    def __init__(self) -> None:
        super().__init__()
        self.offers = [{"format": "rgb24"}]

    def _input_types(self, id: int) -> Sequence[object]:
        return tuple(self.offers)


@breaks("listed_types_can_be_set")
class OffersMoreThanItTakes(Good):
    def _input_types(self, id: int) -> Sequence[object]:
        return PartialType(format="rgb24"), PartialType(format="bgr24")


@breaks("types_are_unset_at_first")
class HasATypeFromTheBeginning(Good):
    ever = False

    def _check_input_type(self, type: object, id: int) -> VideoType:
        self.ever = True
        return super()._check_input_type(type, id)

    def input_current_type(self, id: int = 0) -> VideoType:
        return super().input_current_type(id) if self.ever else VideoType("rgb24", (8, 8))


@breaks("types_are_read_back")
class DoublesTheRate(Good):
    def input_current_type(self, id: int = 0) -> VideoType:
        found = super().input_current_type(id)
        return found.replace(frame_rate=(found.frame_rate or 1) * 2)


@breaks("types_are_kept_by_value")
class KeepsTheClientsObject(Good):
    kept: object = None

    def set_input_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        super().set_input_type(type, id, test_only=test_only)
        self.kept = type if isinstance(type, dict) else None

    def input_current_type(self, id: int = 0) -> Any:
        own = super().input_current_type(id)
        return own if self.kept is None else self.kept


@breaks("testing_a_type_changes_nothing")
class TestsForGood(Good):
    def set_input_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        with_type = test_only and type is not None
        super().set_input_type(type, id, test_only=test_only and not with_type)


@breaks("none_clears_a_type")
class NeverForgetsAType(Good):
    def set_input_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        if type is not None:
            super().set_input_type(type, id, test_only=test_only)


@breaks("what_is_no_type_is_refused")
class TakesAnythingForAType(Good):
    def _check_output_type(self, type: object, id: int) -> VideoType:
        try:
            return super()._check_output_type(type, id)
        except InvalidMediaType:
            return self.input_current_type()


@breaks("types_need_a_frame_size")
class GuessesTheSize(Good):
    def _check_input_type(self, type: object, id: int) -> VideoType:
        if isinstance(type, PartialType) and type.size is None:
            return VideoType("rgb24", (8, 8))
        return super()._check_input_type(type, id)


@breaks("types_hold_while_data_is_held")
class ChangesHorsesInMidstream(Good):
    def set_input_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        if not self._held():
            super().set_input_type(type, id, test_only=test_only)


@breaks("status_needs_types")
class IsReadyBeforeItKnows(Good):
    def input_status(self, id: int = 0) -> InputStatus:
        with suppress(TransformTypeNotSet):
            return super().input_status(id)
        return InputStatus.ACCEPT_DATA


@breaks("status_tells_the_truth")
class SaysItIsAlwaysReady(Good):
    def input_status(self, id: int = 0) -> InputStatus:
        super().input_status(id)
        return InputStatus.ACCEPT_DATA


# --- Data ---


@breaks("the_documented_steps_work")
class CannotEndWhatItBegan(Good):
    begun = False

    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        if message == Message.END_STREAMING and self.begun:
            raise InvalidRequest("streaming cannot be ended")
        self.begun |= message == Message.BEGIN_STREAMING
        super().process_message(message, param)


@breaks("no_sample_is_refused")
class TakesNothingForASample(Good):
    def process_input(self, sample: Sample, id: int = 0, flags: int = 0) -> None:
        if sample is not None:
            super().process_input(sample, id, flags)


@breaks("input_flags_are_zero")
class IgnoresInputFlags(Good):
    def process_input(self, sample: Sample, id: int = 0, flags: int = 0) -> None:
        super().process_input(sample, id)


@breaks("data_needs_types")
class GivesBeforeItKnows(Good):
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        with suppress(TransformTypeNotSet):
            return super().process_output(buffers, flags)
        return OutputResult(Flow.NEED_MORE_INPUT)


@breaks("a_full_transform_refuses_input", "no_input_while_draining")
class KeepsWhatItRefuses(Good):
    def process_input(self, sample: Sample, id: int = 0, flags: int = 0) -> None:
        try:
            super().process_input(sample, id, flags)
        except NotAccepting:
            if threading.current_thread() is threading.main_thread():  # two would do so by chance
                self._held().append(sample)
            raise


@breaks("unknown_output_flags_are_refused")
class IgnoresOutputFlags(Good):
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        return super().process_output(buffers, flags & 3)


@breaks("output_entries_are_counted")
class TakesAnyNumberOfEntries(Good):
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        return super().process_output(buffers[:1] if buffers else buffers, flags)


@breaks("nothing_to_output_touches_nothing")
class ScribblesOnNothing(Good):
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        result = super().process_output(buffers, flags)
        if result.flow is Flow.NEED_MORE_INPUT and buffers[0].sample is not None:
            buffers[0].sample.time = 0
        return result


@breaks("the_flags_say_who_brings_samples")
class BringsSamplesUnasked(Good):
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        if not flags:
            for buffer in buffers or ():
                buffer.sample = buffer.sample or self._allocate_output(0)
        return super().process_output(buffers, flags)


@breaks("output_is_discarded_only_by_consent")
class DiscardsWithoutConsent(Good):
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        if flags == ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER:
            self.process_message(Message.FLUSH)
            return OutputResult(Flow.OK)
        return super().process_output(buffers, flags)


@breaks("a_small_buffer_loses_nothing")
class LosesWhatDoesNotFit(Good):
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        try:
            return super().process_output(buffers, flags)
        except BufferTooSmall:
            self.process_message(Message.FLUSH)
            raise


@breaks("the_clients_sample_is_the_output")
class SwapsTheSample(Good):
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        result = super().process_output(buffers, flags)
        made = buffers[0].sample
        if result.flow is Flow.OK and made is not None:
            other = Sample(made.buffer_by_index(0), time=made.time, duration=made.duration)
            other.type, other.attributes = made.type, made.attributes
            buffers[0].sample = other
        return result


@breaks("the_length_of_output_is_set")
class ForgetsTheLength(Good):
    def _produce(self, into: Sample | None, id: int) -> Sample:
        made = super()._produce(into, id)
        made.buffer_by_index(0).set_length(0)
        return made


@breaks("statuses_of_entries_are_set")
class SaysThereIsAlwaysMore(Good):
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        result = super().process_output(buffers, flags)
        if result.flow is Flow.OK:
            buffers[0].status = OutputBufferStatus.INCOMPLETE
        return result


@breaks("input_is_left_alone")
class WritesIntoItsInput(Good):
    def process(self, src: Sample, dst: Sample) -> None:
        super().process(src, dst)
        src.planes[0][...] = 0


# --- Messages ---


@breaks(
    "a_drained_transform_takes_input_again",
    "draining_nothing_is_fine",
    "equal_streams_give_equal_pictures",
)
class NeverWakesAfterADrain(Good):
    drained = False

    def on_drain(self) -> None:
        self.drained = True

    def on_flush(self) -> None:
        if not self._held():
            return

    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        super().process_message(message, param)
        if message == Message.FLUSH:
            self.drained = False

    def _accept(self, sample: Sample, id: int) -> None:
        super()._accept(sample, id)
        if self.drained:
            raise NotAccepting("the stream has ended")


@breaks("no_input_while_draining")
class SwallowsInputWhileItDrains(Good):
    draining = False

    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        super().process_message(message, param)
        if message in (Message.DRAIN, Message.FLUSH):
            self.draining = message == Message.DRAIN and bool(self._held())

    def process_input(self, sample: Sample, id: int = 0, flags: int = 0) -> None:
        try:
            super().process_input(sample, id, flags)
        except NotAccepting:
            if not self.draining:
                raise


@breaks("draining_nothing_is_fine")
class CannotDrainBeforeTypes(Good):
    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        if message == Message.DRAIN:
            self.input_current_type()
        super().process_message(message, param)


@breaks("a_flush_drops_data")
class KeepsDataInAFlush(Good):
    """Keeps one picture of its own, which a flush leaves there."""

    spare = 0

    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        kept = list(self._held()) if message == Message.FLUSH and self._held() else []
        super().process_message(message, param)
        self.spare += len(kept)

    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        result = super().process_output(buffers, flags)
        if result.flow is Flow.NEED_MORE_INPUT and self.spare and buffers[0].sample is not None:
            self.spare -= 1
            return OutputResult(Flow.OK)
        return result


@breaks("a_flush_keeps_types", "a_flush_drops_data", "a_flush_forgets_the_stream")
class ForgetsTypesInAFlush(Good):
    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        super().process_message(message, param)
        if message == Message.FLUSH:
            self.set_input_type(None)


@breaks(
    "a_flush_forgets_the_stream",
    "a_drained_transform_takes_input_again",
    "equal_streams_give_equal_pictures",
)
class RemembersTheLastPicture(Good):
    last: Any = 0

    def process(self, src: Sample, dst: Sample) -> None:
        dst.planes[0][...] = src.planes[0] ^ self.last
        self.last = src.planes[0].copy()


@breaks("messages_it_does_not_know_are_ignored")
class RefusesWhatItDoesNotKnow(Good):
    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        if message not in tuple(Message):
            raise InvalidRequest(f"what is {message}?")
        super().process_message(message, param)


@breaks("what_is_no_device_is_refused")
class TakesAnythingForADevice(Good):
    takes_device = True

    def _set_device(self, device: object) -> None:
        pass


@breaks("the_end_of_a_stream_names_it")
class EndsStreamsThatAreNot(Good):
    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        with suppress(InvalidStreamNumber):
            super().process_message(message, param)


@breaks("beginning_to_stream_is_optional")
class CannotBeginTwice(Good):
    begun = False

    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        if message == Message.BEGIN_STREAMING:
            if self.begun:
                raise InvalidRequest("it streams already")
            self.begun = True
        elif message == Message.END_STREAMING:
            self.begun = False
        super().process_message(message, param)


@breaks("the_end_of_streaming_keeps_data")
class DropsDataAtTheEndOfStreaming(Good):
    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        super().process_message(message, param)
        if message == Message.END_STREAMING:
            super().process_message(Message.FLUSH)


# --- Samples ---


@breaks("attributes_have_an_owner", "times_go_with_the_picture")
class MakesTwoOfOne(Good):
    """And leaves the attributes to the client, who cannot know which are whose."""

    half = 0

    def _delivered(self, ids: Sequence[int]) -> None:
        self.half = 1 - self.half
        if not self.half:
            super()._delivered(ids)

    def on_flush(self) -> None:
        self.half = 0


@breaks("times_go_with_the_picture", "output_bounds_are_kept")
class IsLate(Good):
    def _stamp(self, output: Sample, id: int) -> None:
        super()._stamp(output, id)
        if output.time is not None and self._held()[0].time is not None:
            output.time += 1


@breaks("unset_times_are_not_invented")
class InventsTimes(Good):
    def _stamp(self, output: Sample, id: int) -> None:
        super()._stamp(output, id)
        if self._held()[0].time is None:
            output.time = 0


@breaks("a_discontinuity_keeps_its_place")
class BreaksEverywhere(Good):
    def _stamp(self, output: Sample, id: int) -> None:
        super()._stamp(output, id)
        output.discontinuity = True


@breaks("rows_are_reached_by_lock2d")
class LocksLines(Good):
    def _produce(self, into: Sample | None, id: int) -> Sample:
        buffer = self._held()[0].buffer_by_index(0)
        buffer.lock()
        buffer.unlock()
        return super()._produce(into, id)


@breaks("rows_lie_where_the_buffer_says")
class ReadsPadding(Good):
    def process(self, src: Sample, dst: Sample) -> None:
        super().process(src, dst)
        if not src.planes[0].flags.c_contiguous:
            dst.planes[0][-1, -1] = 0


@breaks("samples_are_let_go")
class Hoards(Good):
    def __init__(self) -> None:
        super().__init__()
        self.hoard: list[Sample] = []

    def _received(self, sample: Sample, id: int) -> None:
        self.hoard.append(sample)


@breaks("a_transform_dies_with_its_last_reference")
class LivesForever(Good):
    all: ClassVar[list[Good]] = []

    def __init__(self) -> None:
        super().__init__()
        self.all.append(self)


@breaks("outputs_are_not_written_again", "samples_are_let_go")
class LendsOneSampleToAll(Good):
    """To all clients of a thread: or two at once would fail now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.mine = threading.local()

    def _output_info(self, id: int) -> Any:
        info = super()._output_info(id)
        return replace(info, flags=info.flags | OutputStreamFlags.PROVIDES_SAMPLES)

    def _produce(self, into: Sample | None, id: int) -> Sample:
        one: Sample | None = getattr(self.mine, "one", None)
        if one is None:
            self.mine.one = one = Sample(Buffer2D("rgb24", self.output_current_type().size))
        return super()._produce(one, id)


@breaks("equal_streams_give_equal_pictures", "the_end_of_a_stream_names_it")
class ChangesWithTheStream(Good):
    """Has another corner after each END_OF_STREAM."""

    streams = 0

    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        super().process_message(message, param)
        self.streams += message == Message.END_OF_STREAM

    def process(self, src: Sample, dst: Sample) -> None:
        super().process(src, dst)
        dst.planes[0][0, 0] = 9 * self.streams


@breaks("alternating_calls_give_the_same_pictures", "calls_are_serialised")
class WantsToBeAskedFirst(Good):
    """Loses what comes before it could say NEED_MORE_INPUT."""

    asked = True

    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Sample]], flags: int = 0
    ) -> OutputResult:
        result = super().process_output(buffers, flags)
        self.asked = result.flow is Flow.NEED_MORE_INPUT
        return result

    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        super().process_message(message, param)
        self.asked = True

    def process_input(self, sample: Sample, id: int = 0, flags: int = 0) -> None:
        if self.asked or flags or id:
            super().process_input(sample, id, flags)


@breaks("calls_are_serialised")
class LetsEverybodyIn(Good):
    """Has no lock; two threads meet inside `process`, and again where the input is let go."""

    def __init__(self) -> None:
        super().__init__()
        self._lock: Any = nullcontext()
        self.meeting: threading.Barrier | None = threading.Barrier(2)

    def meet(self) -> None:
        if self.meeting is not None and threading.current_thread() is not threading.main_thread():
            with suppress(threading.BrokenBarrierError):
                self.meeting.wait(20)

    def process(self, src: Sample, dst: Sample) -> None:
        super().process(src, dst)
        self.meet()

    def _delivered(self, ids: Sequence[int]) -> None:
        self.meet()
        self.meeting = None
        super()._delivered(ids)
