"""IMFTransform in Python: every method, checked in the documented order.

Names are Microsoft's in snake_case; out-parameters are returned and failures raised. "Not yet" is a
value, ``Flow``. The order of checks is: None, stream, flags, state; then the work; then the state
changes. So a call that raises has changed nothing and may be repeated.

Source: the documentation of IMFTransform and of the basic MFT processing model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from gpumft.errors import (
    InvalidArg,
    NotAccepting,
    NotImplementedMF,
    NullPointer,
    TransformTypeNotSet,
)
from gpumft.mft.core import Core, attributes_of, entry, type_of
from gpumft.mft.flags import InputStatus, Message, OutputStatus
from gpumft.mft.host import Client
from gpumft.mft.infos import InputStreamInfo, OutputDataBuffer, OutputResult, OutputStreamInfo
from gpumft.mft.payload import Payload
from gpumft.mft.state import Change, Event

S = TypeVar("S", bound=Payload)
T = TypeVar("T")


class Transform(Core[S, T], Client[S], Generic[S, T]):
    """A synchronous Media Foundation transform over samples `S` and media types `T`.

    Subclasses fill in the hooks of ``Worker`` and pass on the number of streams.

    Thread-safety: calls from any thread; the transform's own lock serialises them.
    """

    def __init__(self, *, inputs: int = 1, outputs: int = 1) -> None:
        Core.__init__(self, inputs=inputs, outputs=outputs)
        Client.__init__(self)

    # --- Streams ---

    # MF: IMFTransform::GetStreamLimits
    def stream_limits(self) -> tuple[int, int, int, int]:
        """The smallest and largest number of inputs, then of outputs."""
        n_in, n_out = self.stream_count()
        return n_in, n_in, n_out, n_out

    # MF: IMFTransform::GetStreamCount
    def stream_count(self) -> tuple[int, int]:
        """The number of inputs and of outputs, those without a type included."""
        return len(self._inputs), len(self._outputs)

    # MF: IMFTransform::GetStreamIDs
    def stream_ids(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The identifiers of inputs and outputs.

        Raises NotImplementedMF: they are fixed and numbered from 0 (the default).
        """
        raise NotImplementedMF("the streams are fixed and numbered from 0")

    # MF: IMFTransform::AddInputStreams
    def add_input_streams(self, ids: Sequence[int]) -> None:
        """Add input streams. Raises NotImplementedMF: the streams are fixed (the default)."""
        raise NotImplementedMF("the streams of this transform are fixed")

    # MF: IMFTransform::DeleteInputStream
    def delete_input_stream(self, id: int) -> None:
        """Remove an input stream. Raises NotImplementedMF: they are fixed (the default)."""
        raise NotImplementedMF("the streams of this transform are fixed")

    # MF: IMFTransform::GetInputStreamInfo
    def input_stream_info(self, id: int = 0) -> InputStreamInfo:
        """What an input stream asks of its samples; may be asked before types are set.

        Raises:
            InvalidStreamNumber: there is no such input.
            TransformTypeNotSet: this transform does not know before types are set.
        """
        with self._lock:
            return self._input_info(self._input(id).id)

    # MF: IMFTransform::GetOutputStreamInfo
    def output_stream_info(self, id: int = 0) -> OutputStreamInfo:
        """What an output stream asks of the client's samples, and whether it needs any.

        The errors are those of `input_stream_info`.
        """
        with self._lock:
            return self._output_info(self._output(id).id)

    # --- Attributes ---

    # MF: IMFTransform::GetAttributes
    @property
    def attributes(self) -> dict[str, Any]:
        """The transform's attributes by Media Foundation's names: the same object each time."""
        return self._attributes

    # MF: IMFTransform::GetInputStreamAttributes
    def input_stream_attributes(self, id: int = 0) -> dict[str, Any]:
        """An input stream's attributes: the same object each time.

        Raises:
            InvalidStreamNumber: there is no such input.
            NotImplementedMF: the stream has none (the default).
        """
        return attributes_of(self._input(id))

    # MF: IMFTransform::GetOutputStreamAttributes
    def output_stream_attributes(self, id: int = 0) -> dict[str, Any]:
        """An output stream's attributes; the same rules."""
        return attributes_of(self._output(id))

    # --- Media types ---

    # MF: IMFTransform::GetInputAvailableType
    def input_available_type(self, index: int, id: int = 0) -> object:
        """One entry of `available_input_types`. Raises NoMoreTypes beyond its end."""
        return entry(self.available_input_types(id), index)

    # MF: IMFTransform::GetOutputAvailableType
    def output_available_type(self, index: int, id: int = 0) -> object:
        """One entry of `available_output_types`. Raises NoMoreTypes beyond its end."""
        return entry(self.available_output_types(id), index)

    def available_input_types(self, id: int = 0) -> tuple[object, ...]:
        """The input types on offer, best first; they may be partial.

        Raises:
            InvalidStreamNumber: there is no such input.
            NotImplementedMF: there is no list.
            TransformTypeNotSet: the output type has to be set first.
        """
        with self._lock:
            return tuple(self._input_types(self._input(id).id))

    def available_output_types(self, id: int = 0) -> tuple[object, ...]:
        """The output types on offer; the rules of `available_input_types`, sides exchanged."""
        with self._lock:
            return tuple(self._output_types(self._output(id).id))

    # MF: IMFTransform::SetInputType
    def set_input_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        """Set, test or (None) clear the media type of an input stream.

        Args:
            type: the type, whole or partial; the transform keeps a value of its own.
            id: the input stream.
            test_only: only say by not raising that the type would be accepted.

        Raises:
            InvalidStreamNumber: there is no such input.
            CannotChangeMediaTypeWhileProcessing: samples are held, also with `test_only`.
            TransformTypeNotSet: the output type has to be set first.
            AttributeNotFound: a mandatory attribute is missing.
            InvalidMediaType: the type is not supported.
        """
        with self._lock:
            stream = self._input(id)
            self._machine.check(Event.SET_TYPE)
            own = None if type is None else self._check_input_type(type, id)
            if not test_only:
                keeps = own is None or self._keeps_outputs(own, id)
                self._change_type(stream, own, () if keeps else self._outputs.values())

    # MF: IMFTransform::SetOutputType
    def set_output_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        """Set, test or (None) clear the media type of an output stream.

        After ``Flow.STREAM_CHANGE`` this is the answer; samples may then be held.

        Args and Raises: as for `set_input_type`, with the sides exchanged.
        """
        with self._lock:
            stream = self._output(id)
            event = Event.SET_TYPE if type is None else self._machine.set_type_event(id)
            self._machine.check(event)
            own = None if type is None else self._check_output_type(type, id)
            if test_only:
                return
            keeps = event is Event.RENEGOTIATE or own is None or self._keeps_inputs(own, id)
            self._change_type(stream, own, () if keeps else self._inputs.values())
            if event is Event.RENEGOTIATE:
                self._machine.answer_change(id)

    # MF: IMFTransform::GetInputCurrentType
    def input_current_type(self, id: int = 0) -> T:
        """The media type of an input stream: a frozen value.

        Raises:
            InvalidStreamNumber: there is no such input.
            TransformTypeNotSet: none is set.
        """
        return type_of(self._input(id), "input")

    # MF: IMFTransform::GetOutputCurrentType
    def output_current_type(self, id: int = 0) -> T:
        """The same of an output stream; readable also while a change of format is pending."""
        return type_of(self._output(id), "output")

    # --- Status ---

    # MF: IMFTransform::GetInputStatus
    def input_status(self, id: int = 0) -> InputStatus:
        """Whether an input stream takes a sample now.

        Raises:
            InvalidStreamNumber: there is no such input.
            TransformTypeNotSet: a media type is missing.
        """
        with self._lock:
            self._input(id)
            if not self._machine.typed:
                raise TransformTypeNotSet("set the input and the output media type first")
            if self._machine.accepts and self._wants(id):
                return InputStatus.ACCEPT_DATA
            return InputStatus.NONE

    # MF: IMFTransform::GetOutputStatus
    def output_status(self) -> OutputStatus:
        """Whether ``process_output`` has a sample, or a change of format, to deliver.

        Raises:
            TransformTypeNotSet: an output type is missing.
        """
        with self._lock:
            for stream in self._outputs.values():
                type_of(stream, "output")
            return OutputStatus.SAMPLE_READY if self._machine.produces else OutputStatus.NONE

    # MF: IMFTransform::SetOutputBounds
    def set_output_bounds(self, lower: int, upper: int) -> None:
        """Ask for the samples between two times [100 ns] only.

        Raises:
            NotImplementedMF: the transform cannot (the default).
        """
        raise NotImplementedMF(f"{type(self).__name__} has no output bounds")

    # --- Events and messages ---

    # MF: IMFTransform::ProcessEvent
    def process_event(self, event: object, id: int = 0) -> bool:
        """Hand an event to an input stream.

        Returns:
            True if the transform will return it in ``OutputDataBuffer.events``; otherwise the
            client sends it on downstream.

        Raises:
            NotImplementedMF: the transform takes no events (the default): the client sends it on.
        """
        raise NotImplementedMF(f"{type(self).__name__} takes no events")

    # MF: IMFTransform::ProcessMessage
    def process_message(self, message: Message | int, param: object = 0) -> None:
        """Tell the transform something. What it does not know, it ignores.

        Args:
            message: a ``Message`` or its number.
            param: a stream number for END_OF_STREAM, a device or None for SET_DEVICE_MANAGER.

        Raises:
            InvalidStreamNumber: END_OF_STREAM for an input that does not exist.
            NotImplementedMF: SET_DEVICE_MANAGER, and the transform uses no device.
            InvalidRequest: SET_DEVICE_MANAGER while streaming or while samples are held.
        """
        with self._lock:
            match message:
                case Message.FLUSH:
                    self._drop_inputs()
                    self._machine.step(Event.FLUSH)
                case Message.DRAIN:
                    self._start_drain()
                case Message.BEGIN_STREAMING:
                    self._begin()
                case Message.END_STREAMING:
                    self._end()
                case Message.END_OF_STREAM:
                    self._end_of_stream(self._input(param).id)
                case Message.SET_DEVICE_MANAGER:
                    if self.takes_device:
                        self._machine.check(Event.SET_DEVICE)
                    self._set_device(None if isinstance(param, int) else param)
                case _:
                    pass

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
            self._machine.check(Event.INPUT)
            if not self._wants(id):
                raise NotAccepting(f"input stream {id} is full: other inputs are needed first")
            self._accept(sample, id)
            self._begin()
            stream.held.append(sample)
            self._received(sample, id)
            self._settle()

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
            if self._machine.change is Change.DUE:
                return self._tell_change(entries)
            if not self._machine.has_output:
                return self._need_more_input(entries)
            self._begin()
            return self._deliver(entries)
