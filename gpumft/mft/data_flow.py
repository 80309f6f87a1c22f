"""The acts behind process_input, process_output, DRAIN and FLUSH."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

from gpumft.errors import (
    InvalidArg,
    NotAccepting,
    NotImplementedMF,
    NullPointer,
    Unexpected,
)
from gpumft.mft.core import Core
from gpumft.mft.flags import Flow, OutputBufferStatus, ProcessOutputFlags
from gpumft.mft.infos import OutputDataBuffer, OutputResult
from gpumft.mft.ownership import Delivery, delivery
from gpumft.mft.payload import Payload
from gpumft.mft.streams import InputStream, OutputStream
from gpumft.mft.tables import Event

S = TypeVar("S", bound=Payload)
T = TypeVar("T")
Entry = tuple[OutputDataBuffer[S], OutputStream[T], Delivery]

_DONE = OutputResult(Flow.OK)
_NEED_MORE_INPUT = OutputResult(Flow.NEED_MORE_INPUT)
_KNOWN_FLAGS = int(
    ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER | ProcessOutputFlags.REGENERATE_LAST_OUTPUT
)
_REGENERATE = int(ProcessOutputFlags.REGENERATE_LAST_OUTPUT)
# Members of an enumeration are slow to reach, and these are written once a frame.
_NONE, _NO_SAMPLE = OutputBufferStatus.NONE, OutputBufferStatus.NO_SAMPLE
_INCOMPLETE, _STREAM_END = OutputBufferStatus.INCOMPLETE, OutputBufferStatus.STREAM_END
_DISCARD = Delivery.DISCARD
_OUTPUT_READY, _LAZY_READY = Event.OUTPUT_READY, Event.LAZY_READY
_MORE_NEEDED, _NOTHING_HELD = Event.MORE_NEEDED, Event.NOTHING_HELD
_INPUT, _OUTPUT = Event.INPUT, Event.OUTPUT
_NO_SAMPLES = (list, tuple, type(None))


class DataFlow(Core[S, T], Generic[S, T]):
    """A ``Core`` through which samples move."""

    def __init__(self, *, inputs: int = 1, outputs: int = 1) -> None:
        super().__init__(inputs=inputs, outputs=outputs)
        # The outputs that can produce, as the last call left it.
        self._ready_outputs: tuple[OutputStream[T], ...] = ()
        # The first sample after a discontinuity: it waits for the output of what came before.
        self._after_gap: tuple[InputStream[S, T], S] | None = None
        # DRAIN came while it waited: it is to be drained, too.
        self._drains_after_gap = False
        # Times outside are dropped; None: no bounds.
        self._bounds: tuple[int, int] | None = None

    # --- Input ---

    def _accept_next_type(self, sample: S, stream: InputStream[S, T], type: T) -> None:
        """Check a sample of the type that waits for those held, and build for it.

        Only lazy-read output is in its way, which `_admit` displaces; after an error all of it is
        there still, and so is the old type.
        """
        old, stream.type = stream.type, type
        try:
            self._accept(sample, stream.id)
        finally:
            stream.type = old
        fits = not self._machine.changing and self._keeps_outputs(type, stream.id)
        if fits:  # else the answer builds
            inputs, outputs = self._types()
            self._reconfigure({**inputs, stream.id: type}, outputs)
            stream.type, self._stale = type, True
        try:
            self._begin()
        except BaseException:
            stream.type = old
            raise
        self._stale = not fits

    def _admit(self, sample: S, stream: InputStream[S, T]) -> None:
        """Take in a sample that was checked."""
        machine = self._machine
        if machine.state.displaces:
            self._displace(stream)
        machine.step(_INPUT)
        if self.temporal and sample.discontinuity and machine.state.holds_data:
            self._drain()
            self._after_gap = stream, sample
            machine.step(Event.DRAIN)
        else:
            self._hold(sample, stream)
        try:
            self._settle()
        except Unexpected:
            if stream.held and stream.held[-1] is sample:  # not taken
                stream.held.pop()
                stream.accepted -= 1
            raise

    def _hold(self, sample: S, stream: InputStream[S, T]) -> None:
        stream.held.append(sample)
        stream.accepted += 1
        self._received(sample, stream.id)

    def _displace(self, stream: InputStream[S, T]) -> None:
        """Drop output that nobody collected, all of it of lazy-read streams, to make room."""
        if self._machine.state.draining:
            self._end_lazy_drain()
        while not self._wants(stream.id):
            if not self._ready_outputs:
                self._settle()
                raise NotAccepting(f"input stream {stream.id} is full: others are needed first")
            self._mark_gap()
            self._delivered([output.id for output in self._ready_outputs])
            self._ready_outputs = self._find_ready()

    def _end_lazy_drain(self) -> None:
        """Drop the output of a drain that nobody collected."""
        self._drop_inputs()
        self._mark_gap()
        self._machine.step(_NOTHING_HELD)
        self._adopt_types()

    # --- What is held ---

    def _drop_inputs(self) -> None:
        """Drop all that is held."""
        self._restart()
        self._after_gap, self._drains_after_gap = None, False
        self._ready_outputs = ()
        for stream in self._inputs.values():
            stream.held.clear()

    def _flush(self) -> None:
        self._drop_inputs()
        if self._machine.state.holds_data:
            self._mark_gap()
        for stream in self._inputs.values():
            stream.events.clear()
        self._machine.step(Event.FLUSH)
        self._adopt_types()

    def _start_drain(self) -> None:
        self._drain()
        self._machine.step(Event.DRAIN)
        self._drains_after_gap = self._after_gap is not None
        if self._machine.state.holds_data:
            self._settle()
        else:
            self._restart()

    def _settle(self) -> None:
        """Tell the state machine what the samples held amount to."""
        machine = self._machine
        ready = self._ready_outputs = self._find_ready()
        while not ready and machine.state.draining:
            self._finish_drain()
            ready = self._ready_outputs = self._find_ready()
        for output in ready:
            if not output.lazy:
                machine.step(_OUTPUT_READY)
                return
        if ready:
            machine.step(_LAZY_READY)
            return
        holds = wants = False
        for stream in self._selected_inputs:
            holds = holds or bool(stream.held)
            wants = wants or self._wants(stream.id)
        if not wants:
            raise Unexpected(
                f"{type(self).__name__} neither wants input nor has output: its _wants and _ready "
                "contradict each other"
            )
        machine.step(_MORE_NEEDED if holds else _NOTHING_HELD)

    def _finish_drain(self) -> None:
        """All output of a drain is out: start anew."""
        after, drains = self._after_gap, self._drains_after_gap or self._type_waits
        if any(stream.held for stream in self._selected_inputs):
            self._mark_gap()  # what cannot become a whole output is dropped
        self._drop_inputs()
        self._machine.step(_NOTHING_HELD)
        if after is None:
            self._adopt_types()
        else:
            self._hold(after[1], after[0])
            if drains:
                self._machine.step(_MORE_NEEDED)
                self._machine.step(Event.DRAIN)

    def _find_ready(self) -> tuple[OutputStream[T], ...]:
        """The outputs that can produce; output outside the bounds is dropped at once."""
        draining = self._machine.state.draining
        while True:
            ready = tuple(
                [s for s in self._selected_outputs if self._ready(s.id, draining=draining)]
            )
            if not ready or self._bounds is None or any(map(self._within_bounds, ready)):
                return ready
            self._mark_gap()
            self._delivered([stream.id for stream in ready])

    def _within_bounds(self, stream: OutputStream[T]) -> bool:
        if self._bounds is None:
            return True
        time, duration = self._output_times(stream.id)
        lower, upper = self._bounds
        return time is None or (time + (duration or 0) >= lower and time <= upper)

    def _mark_gap(self) -> None:
        """Note that output was dropped: the next sample of each output says so."""
        for stream in self._selected_outputs:
            stream.gap = True

    # --- Output ---

    def _entries(self, buffers: Sequence[OutputDataBuffer[S]], flags: int) -> list[Entry[S, T]]:
        """Check the arguments of ``process_output`` and decide who brings each sample."""
        if buffers is None:
            raise NullPointer("process_output needs a list of buffers, not None")
        for buffer in buffers:
            if buffer is None:
                raise NullPointer("an entry of process_output is None; give an OutputDataBuffer")
        if flags:
            if flags & ~_KNOWN_FLAGS:
                unknown = flags & ~_KNOWN_FLAGS
                raise InvalidArg(f"process_output does not know the flags {unknown:#x}")
            if flags & _REGENERATE:
                raise NotImplementedMF(f"{type(self).__name__} cannot make its last output again")
        streams = self._addressed(buffers)
        self._machine.check(_OUTPUT)
        return [
            (
                buffer,
                stream,
                delivery(buffer.sample is not None, flags, self._output_info(stream.id).flags),
            )
            for buffer, stream in zip(buffers, streams, strict=True)
        ]

    def _addressed(self, buffers: Sequence[OutputDataBuffer[S]]) -> Sequence[OutputStream[T]]:
        """The selected output of each entry: by place where streams are fixed, else by number."""
        machine = self._machine
        untyped = machine.unanswered or not machine.state.typed
        if untyped and 0 < len(buffers) <= len(self._outputs):
            machine.check(_OUTPUT)  # the number may be right: types are what is missing
        selected = self._selected_outputs
        if len(buffers) != len(selected) or not buffers:
            raise InvalidArg(
                "process_output needs one entry for each selected output stream "
                f"({len(selected)}), not {len(buffers)}"
            )
        if self._fixed:
            return selected
        streams = [self._output(buffer.stream_id) for buffer in buffers]
        if {stream.id for stream in streams} != {stream.id for stream in selected}:
            raise InvalidArg(
                f"process_output needs one entry for each selected output stream, "
                f"{[stream.id for stream in selected]}, not {[stream.id for stream in streams]}"
            )
        return streams

    def _need_more_input(self, entries: list[Entry[S, T]]) -> OutputResult:
        for buffer, _, _ in entries:
            buffer.status = _NONE
        return _NEED_MORE_INPUT

    def _deliver(
        self, entries: list[Entry[S, T]], ended: Collection[int] = frozenset()
    ) -> OutputResult:
        """Make one sample for each output that is ready; tell of those that `ended`."""
        draining = self._machine.state.draining
        ready = self._ready_outputs
        made: list[S | None] = []
        for buffer, stream, how in entries:
            if (
                how is _DISCARD
                or stream not in ready
                or stream.id in ended
                or (self._bounds is not None and not self._within_bounds(stream))
            ):
                made.append(None)
            else:
                into = buffer.sample
                output = self._produce(into, stream.id)
                if output is not into or into is None:
                    self._check_produced(output, into)
                self._stamp(output, stream.id)
                made.append(output)
        # All outputs are there: from here on nothing fails.
        events = self._take_events(all=False)
        self._mark_samples(ready, entries, made)
        if ready:
            self._delivered([stream.id for stream in ready])
            self._settle()
        if draining and not self._machine.state.holds_data:
            events += self._take_events(all=True)
        for (buffer, stream, _), sample in zip(entries, made, strict=True):
            if events:
                buffer.events = list(events)
            if stream.id in ended:
                buffer.status = _STREAM_END
            elif sample is None:
                buffer.status = _NO_SAMPLE
            else:
                buffer.sample = sample
                buffer.status = _INCOMPLETE if stream in self._ready_outputs else _NONE
        return _DONE

    def _check_produced(self, output: object, into: S | None) -> None:
        """Raise unless the transform may provide what it made."""
        if into is None and not isinstance(output, _NO_SAMPLES):
            return
        wanted = "one sample" if into is None else "the client's sample"
        got = "None" if output is None else f"another {type(output).__name__}"
        raise Unexpected(f"_produce of {type(self).__name__} has to return {wanted}, not {got}")

    def _mark_samples(
        self,
        ready: tuple[OutputStream[T], ...],
        entries: list[Entry[S, T]],
        made: list[S | None],
    ) -> None:
        """Flag the first sample after dropped output; note which output is dropped now."""
        for (_, stream, _), sample in zip(entries, made, strict=True):
            if sample is None:
                stream.gap = stream.gap or stream in ready
            elif stream.gap:
                sample.discontinuity = True
                stream.gap = False

    # --- Events ---

    def _queue_event(self, event: object, stream: InputStream[S, T]) -> None:
        """Keep an event for the output of the next sample of this input."""
        waiting = self._after_gap is not None and self._after_gap[0] is stream
        stream.events.append((stream.accepted + waiting, event))

    def _take_events(self, *, all: bool) -> list[object]:
        events: list[object] = []
        for stream in self._selected_inputs:
            if stream.events:
                events += stream.take_events(all=all)
        return events
