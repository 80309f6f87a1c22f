"""The informational methods of IMFTransform: they may be called at any time and change nothing.

Source: the documentation of IMFTransform.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from gpumft.errors import NotImplementedMF, TransformTypeNotSet
from gpumft.mft.core import entry
from gpumft.mft.flags import InputStatus, OutputStatus
from gpumft.mft.infos import InputStreamInfo, OutputStreamInfo
from gpumft.mft.invariant import CheckedFlow
from gpumft.mft.payload import Payload
from gpumft.mft.streams import InputStream, attributes_of, type_of

S = TypeVar("S", bound=Payload)
T = TypeVar("T")

_ACCEPT_NONE, _ACCEPT_DATA = InputStatus.NONE, InputStatus.ACCEPT_DATA
_NOT_READY, _READY = OutputStatus.NONE, OutputStatus.SAMPLE_READY


class Queries(CheckedFlow[S, T], Generic[S, T]):
    """What a client may ask."""

    # --- Streams ---

    # MF: IMFTransform::GetStreamLimits
    def stream_limits(self) -> tuple[int, int, int, int]:
        """The smallest and largest number of inputs, then of outputs."""
        return self._limits()

    # MF: IMFTransform::GetStreamCount
    def stream_count(self) -> tuple[int, int]:
        """The number of inputs and of outputs, those without a type included."""
        return len(self._inputs), len(self._outputs)

    # MF: IMFTransform::GetStreamIDs
    def stream_ids(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The identifiers of inputs and outputs.

        Raises NotImplementedMF: they are fixed and numbered from 0 (the default).
        """
        if self._fixed:
            raise NotImplementedMF("the streams are fixed and numbered from 0")
        with self._lock:
            return tuple(self._inputs), tuple(self._outputs)

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
            stream = self._input(id)
            self._check_selected(stream)
            state = self._machine.state
            accepts = state.accepts and (state.displaces or self._wants(stream.id))
            return _ACCEPT_DATA if accepts else _ACCEPT_NONE

    # MF: IMFTransform::GetOutputStatus
    def output_status(self) -> OutputStatus:
        """Whether ``process_output`` has a sample, or a change of format, to deliver.

        Raises:
            TransformTypeNotSet: an output type is missing.
        """
        with self._lock:
            if not self._machine.state.typed:
                for stream in self._outputs.values():
                    if stream.type is None and not self._output_is_optional(stream.id):
                        type_of(stream, "output")
            return _READY if self._machine.state.produces else _NOT_READY

    def _check_selected(self, stream: InputStream[S, T]) -> None:
        if not self._machine.state.typed:
            raise TransformTypeNotSet("set the input and the output media type first")
        if stream.type is None:
            raise TransformTypeNotSet(
                f"input stream {stream.id} is deselected: set its media type first"
            )
