"""IMFTransform in Python: every method, checked in the documented order.

Names are Microsoft's in snake_case; out-parameters are returned and failures raised. "Not yet" is a
value, ``Flow``. The order of checks is: None, stream, flags, state; then the work; then the state
changes. So a call that raises has changed nothing and may be repeated.

Source: the documentation of IMFTransform and of the basic MFT processing model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from gpumft.errors import (
    InvalidArg,
    NotAccepting,
    NotImplementedMF,
    NullPointer,
)
from gpumft.mft.flags import LOWER_UNBOUNDED, UPPER_UNBOUNDED, Message
from gpumft.mft.host import Client
from gpumft.mft.infos import OutputDataBuffer, OutputResult
from gpumft.mft.messages import read_message
from gpumft.mft.payload import Payload
from gpumft.mft.queries import Queries
from gpumft.mft.tables import Event

S = TypeVar("S", bound=Payload)
T = TypeVar("T")
# Members of an enumeration are slow to reach, and this one is asked for once a frame.
_INPUT = Event.INPUT


class Transform(Queries[S, T], Client[S], Generic[S, T]):
    """A synchronous Media Foundation transform over samples `S` and media types `T`.

    Subclasses fill in the hooks of ``Worker`` and pass on the number of streams.

    Thread-safety: calls from any thread; the transform's own lock serialises them.
    """

    def __init__(self, *, inputs: int = 1, outputs: int = 1) -> None:
        Queries.__init__(self, inputs=inputs, outputs=outputs)
        Client.__init__(self)

    # --- Streams ---

    # MF: IMFTransform::AddInputStreams
    def add_input_streams(self, ids: Sequence[int]) -> None:
        """Add input streams with numbers of the client's choice.

        Raises:
            NotImplementedMF: the inputs are fixed (the default).
            InvalidArg: no number, a number twice, one that is taken or above 32 bits, or too many.
            CannotChangeMediaTypeWhileProcessing: samples are held, and the streams need types.
        """
        with self._lock:
            self._add_inputs(ids)

    # MF: IMFTransform::DeleteInputStream
    def delete_input_stream(self, id: int) -> None:
        """Remove an input stream.

        Raises:
            NotImplementedMF: the inputs are fixed (the default).
            InvalidStreamNumber: there is no such input.
            InvalidRequest: it is not REMOVABLE, or there are as few as there may be.
            InputRemaining: it holds samples: drain or flush first.
        """
        with self._lock:
            self._delete_input(id)

    # --- Media types ---

    # MF: IMFTransform::SetInputType
    def set_input_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        """Set, test or (None) clear the media type of an input stream.

        Args:
            type: the type, whole or partial; the transform keeps a value of its own.
            id: the input stream.
            test_only: only say by not raising that the type would be accepted.

        Raises:
            InvalidStreamNumber: there is no such input.
            CannotChangeMediaTypeWhileProcessing: samples are held, also with `test_only`. A
                transform with MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE takes the type all the same: it
                makes the output of what it holds first, then asks for output types that fit.
            TransformTypeNotSet: the output type has to be set first.
            AttributeNotFound: a mandatory attribute is missing.
            InvalidMediaType: the type is not supported.
        """
        with self._lock:
            stream = self._input(id)
            later = self.dynamic_formats and type is not None and self._machine.state.holds_data
            self._machine.check(Event.SET_TYPE_LATER if later else Event.SET_TYPE)
            own = None if type is None else self._check_input_type(type, stream.id)
            if test_only:
                return
            if later and own is not None:
                self._change_type_later(stream, own)
            else:
                keeps = own is None or self._keeps_outputs(own, stream.id)
                self._change_type(stream, own, () if keeps else self._outputs.values())

    # MF: IMFTransform::SetOutputType
    def set_output_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        """Set, test or (None) clear the media type of an output stream.

        After ``Flow.STREAM_CHANGE`` this is the answer; samples may then be held.

        Args and Raises: as for `set_input_type`, with the sides exchanged.
        """
        with self._lock:
            stream = self._output(id)
            event = Event.SET_TYPE if type is None else self._machine.set_type_event(stream.id)
            self._machine.check(event)
            own = None if type is None else self._check_output_type(type, stream.id)
            if test_only:
                return
            answers = event is Event.RENEGOTIATE
            keeps = answers or own is None or self._keeps_inputs(own, stream.id)
            cleared = () if keeps else self._inputs.values()
            self._change_type(stream, own, cleared, answers=answers)
            if answers:
                self._machine.answer_change(stream.id, lazy=self._all_lazy)

    # MF: IMFTransform::SetOutputBounds
    def set_output_bounds(self, lower: int, upper: int) -> None:
        """Ask for the samples between two times [100 ns] only; the others are dropped.

        A sample is kept if it ends at `lower` or later and begins at `upper` or earlier, or has no
        time. The bounds stay until they are set again.

        Raises:
            NotImplementedMF: the transform cannot (the default).
            InvalidArg: `lower` is above `upper`.
        """
        if not self.takes_bounds:
            raise NotImplementedMF(f"{type(self).__name__} has no output bounds")
        if lower > upper:
            raise InvalidArg(f"the lower output bound {lower} is above the upper one, {upper}")
        with self._lock:
            free = lower <= LOWER_UNBOUNDED and upper >= UPPER_UNBOUNDED
            self._bounds = None if free else (lower, upper)
            if self._machine.state.holds_data:
                self._settle()

    # --- Events and messages ---

    # MF: IMFTransform::ProcessEvent
    def process_event(self, event: object, id: int = 0) -> bool:
        """Hand an event to an input stream.

        Returns:
            True if the transform will return it in ``OutputDataBuffer.events``; otherwise the
            client sends it on downstream.

        Raises:
            NotImplementedMF: the transform takes no events (the default): the client sends it on.
            NullPointer: there is no event.
            InvalidStreamNumber: there is no such input.
        """
        if not self.takes_events:
            raise NotImplementedMF(f"{type(self).__name__} takes no events")
        with self._lock:
            if event is None:
                raise NullPointer("process_event needs an event, not None")
            stream = self._input(id)
            if not self._takes_event(event, stream.id):
                return False
            self._queue_event(event, stream)
            return True

    # MF: IMFTransform::ProcessMessage
    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        """Tell the transform something. A number that it does not know it ignores.

        Args:
            message: a ``Message``, its name or its number.
            param: a stream number for END_OF_STREAM, a device or None for SET_DEVICE_MANAGER.

        Raises:
            InvalidArg: a name that no message has, or neither name nor number.
            InvalidStreamNumber: END_OF_STREAM for an input that does not exist.
            NotImplementedMF: SET_DEVICE_MANAGER, and the transform uses no device.
            InvalidRequest: SET_DEVICE_MANAGER while streaming or while samples are held.
        """
        known = read_message(message)
        with self._lock:
            match known:
                case Message.FLUSH:
                    self._flush()
                case Message.DRAIN:
                    self._start_drain()
                case Message.BEGIN_STREAMING:
                    self._begin()
                case Message.END_STREAMING:
                    self._end()
                case Message.RELEASE_RESOURCES:
                    self._release()
                case Message.REACQUIRE_RESOURCES:
                    self._reacquire()
                case Message.END_OF_STREAM:
                    self._end_of_stream(self._input(param).id)
                case Message.SET_DEVICE_MANAGER:
                    if self.takes_device:
                        self._machine.check(Event.SET_DEVICE)
                    none = isinstance(param, int) and not param
                    self._set_device(None if none else param)
                case _:
                    self._other_message(known, param)

    # --- Data ---

    # MF: IMFTransform::ProcessInput
    def process_input(self, sample: S, id: int = 0, flags: int = 0) -> None:
        """Deliver one sample. It is held until its output has been taken or it is flushed.

        Raises:
            NullPointer: there is no sample.
            InvalidStreamNumber: there is no such input.
            InvalidArg: `flags` is not 0.
            TransformTypeNotSet: a media type is missing, or a change of format is unanswered.
            NotAccepting: output waits; the sample was not taken, so offer it again later.
        """
        with self._lock:
            if sample is None:
                raise NullPointer("process_input needs a sample, not None")
            stream = self._input(id)
            if flags:
                raise InvalidArg(f"the flags of process_input are 0, not {flags:#x}")
            if stream.type is None:
                self._check_selected(stream)
            machine = self._machine
            machine.check(_INPUT)
            if not (machine.state.displaces or self._wants(stream.id)):
                raise NotAccepting(f"input stream {id} is full: other inputs are needed first")
            if stream.next_type is None:
                self._accept(sample, stream.id)
                self._make_ready()
            else:
                self._accept_next_type(sample, stream, stream.next_type)
            self._admit(sample, stream)

    # MF: IMFTransform::ProcessOutput
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[S]], flags: int = 0
    ) -> OutputResult:
        """Get output: one entry per output stream, filled in place.

        Args:
            buffers: each with the client's sample, or without one where the transform provides it.
            flags: ``ProcessOutputFlags``.

        Returns:
            The flow: OK; NEED_MORE_INPUT (the samples are untouched); or STREAM_CHANGE (entries
            with the status FORMAT_CHANGE need a new output type).

        Raises:
            InvalidArg: unknown flags, a wrong number of entries, or a sample given or missing
                against the stream's flags.
            TransformTypeNotSet: a media type is missing, or a change of format is unanswered.
            SampleAllocatorEmpty: no sample is free; the input is kept, so try again later.
        """
        with self._lock:
            entries = self._entries(buffers, flags)
            state = self._machine.state
            if state.has_notice:
                return self._tell_changes(entries)
            if not state.has_output:
                return self._need_more_input(entries)
            self._make_ready()
            return self._deliver(entries)
