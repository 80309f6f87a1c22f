"""The acts behind IMFTransform's methods: check, work, then change state.

Between the methods (``transform``), the state machine (``state``) and the hooks (``worker``). Every
act here runs under the transform's lock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

from gpumft.errors import (
    InvalidArg,
    InvalidStreamNumber,
    NoMoreTypes,
    NotImplementedMF,
    NullPointer,
    TransformTypeNotSet,
    Unexpected,
)
from gpumft.mft.flags import Flow, OutputBufferStatus, ProcessOutputFlags
from gpumft.mft.infos import OutputDataBuffer, OutputResult
from gpumft.mft.ownership import Delivery, delivery
from gpumft.mft.payload import Payload
from gpumft.mft.state import Data, Event, Machine
from gpumft.mft.worker import InputStream, Stream, Worker

S = TypeVar("S", bound=Payload)
T = TypeVar("T")

_DONE = OutputResult(Flow.OK)
_NEED_MORE_INPUT = OutputResult(Flow.NEED_MORE_INPUT)
_STREAM_CHANGE = OutputResult(Flow.STREAM_CHANGE)
_KNOWN_FLAGS = int(
    ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER | ProcessOutputFlags.REGENERATE_LAST_OUTPUT
)
_REGENERATE = int(ProcessOutputFlags.REGENERATE_LAST_OUTPUT)


class Core(Worker[S, T], Generic[S, T]):
    """A ``Worker`` with its lock and its state machine."""

    def __init__(self, *, inputs: int = 1, outputs: int = 1) -> None:
        super().__init__(inputs=inputs, outputs=outputs)
        self._lock = threading.RLock()
        self._machine = Machine()
        self._attributes: dict[str, Any] = {}
        if not self.one_to_one:
            self._attributes["MFPKEY_EXATTRIBUTE_SUPPORTED"] = True

    def _input(self, id: object) -> InputStream[S, T]:
        stream = self._inputs.get(id) if isinstance(id, int) else None
        if stream is None:
            raise InvalidStreamNumber(f"there is no input stream {id}, only {list(self._inputs)}")
        return stream

    def _output(self, id: object) -> Stream[T]:
        stream = self._outputs.get(id) if isinstance(id, int) else None
        if stream is None:
            raise InvalidStreamNumber(f"there is no output stream {id}, only {list(self._outputs)}")
        return stream

    def _request_stream_change(self, id: int = 0) -> None:
        """Ask for another type of output `id`; for use in `_received` and `_delivered` only.

        The next ``process_output`` tells the client, and no data moves until it has answered with
        ``set_output_type``.
        """
        self._machine.ask_change(self._output(id).id)

    # --- Types and resources ---

    def _change_type(self, stream: Stream[T], own: T | None, cleared: Iterable[Stream[T]]) -> None:
        """Set the type of one stream and clear some others; nothing changes if a hook refuses."""
        cleared = list(cleared)

        def after(other: Stream[T]) -> T | None:
            return own if other is stream else None if other in cleared else other.type

        inputs = {id: type for id, s in self._inputs.items() if (type := after(s)) is not None}
        outputs = {id: type for id, s in self._outputs.items() if (type := after(s)) is not None}
        complete = len(inputs) == len(self._inputs) and len(outputs) == len(self._outputs)
        self._end()
        if complete:
            self._configure(inputs, outputs)
        stream.type = own
        for other in cleared:
            other.type = None
        self._machine.set_types(complete=complete)
        if not self._machine.holds_data:
            self._restart()

    def _begin(self) -> None:
        # Without types there is nothing to size resources by; the first sample asks again.
        if self._machine.typed and not self._machine.streaming:
            self._begin_streaming()
            self._machine.step(Event.BEGIN)

    def _end(self) -> None:
        if self._machine.streaming:
            self._end_streaming()
            self._machine.step(Event.END)

    # --- Data ---

    def _drop_inputs(self) -> None:
        for stream in self._inputs.values():
            stream.held.clear()
        self._restart()

    def _start_drain(self) -> None:
        self._machine.step(Event.DRAIN)
        self._drain()
        if self._machine.holds_data:
            self._settle()
        else:
            self._restart()

    def _settle(self) -> None:
        """Tell the state machine what the samples held amount to."""
        draining = self._machine.data is Data.DRAINING
        for id in self._outputs:
            if self._ready(id, draining=draining):
                self._machine.step(Event.OUTPUT_READY)
                return
        if draining:
            # What cannot become a whole output is dropped at the end of a drain.
            self._drop_inputs()
        if any(stream.held for stream in self._inputs.values()):
            self._machine.step(Event.MORE_NEEDED)
        else:
            self._machine.step(Event.NOTHING_HELD)
        if not any(map(self._wants, self._inputs)):
            raise Unexpected(
                f"{type(self).__name__} neither wants input nor has output: its _wants and _ready "
                "contradict each other"
            )

    def _entries(
        self, buffers: Sequence[OutputDataBuffer[S]], flags: int
    ) -> list[tuple[OutputDataBuffer[S], int, Delivery]]:
        """Check the arguments of ``process_output`` and decide who brings each sample.

        Streams are fixed, so entries count by their place and not by ``stream_id``.
        """
        if buffers is None:
            raise NullPointer("process_output needs a list of buffers, not None")
        if any(buffer is None for buffer in buffers):
            raise NullPointer("an entry of process_output is None; give an OutputDataBuffer")
        if flags & ~_KNOWN_FLAGS:
            raise InvalidArg(f"process_output does not know the flags {flags & ~_KNOWN_FLAGS:#x}")
        if flags & _REGENERATE:
            raise NotImplementedMF(f"{type(self).__name__} cannot make its last output again")
        if len(buffers) != len(self._outputs):
            raise InvalidArg(
                f"process_output needs one entry per output stream ({len(self._outputs)}), "
                f"not {len(buffers)}"
            )
        self._machine.check(Event.OUTPUT)
        return [
            (
                buffer,
                id,
                delivery(
                    has_sample=buffer.sample is not None,
                    flags=flags,
                    stream=self._output_info(id).flags,
                ),
            )
            for buffer, id in zip(buffers, self._outputs, strict=True)
        ]

    def _tell_change(
        self, entries: list[tuple[OutputDataBuffer[S], int, Delivery]]
    ) -> OutputResult:
        self._machine.step(Event.CHANGE_TOLD)
        for buffer, id, _ in entries:
            changing = id in self._machine.changing
            buffer.status = (
                OutputBufferStatus.FORMAT_CHANGE if changing else OutputBufferStatus.NONE
            )
        return _STREAM_CHANGE

    def _need_more_input(
        self, entries: list[tuple[OutputDataBuffer[S], int, Delivery]]
    ) -> OutputResult:
        for buffer, _, _ in entries:
            buffer.status = OutputBufferStatus.NONE
        return _NEED_MORE_INPUT

    def _deliver(self, entries: list[tuple[OutputDataBuffer[S], int, Delivery]]) -> OutputResult:
        draining = self._machine.data is Data.DRAINING
        made: list[S | None] = []
        for buffer, id, how in entries:
            if how is Delivery.DISCARD or not self._ready(id, draining=draining):
                made.append(None)
            else:
                output = self._produce(buffer.sample, id)
                self._stamp(output)
                made.append(output)
        # All outputs are there: from here on nothing fails.
        self._delivered()
        self._settle()
        more = self._machine.has_output
        for (buffer, id, _), sample in zip(entries, made, strict=True):
            if sample is None:
                buffer.status = OutputBufferStatus.NO_SAMPLE
                continue
            buffer.sample = sample
            incomplete = more and self._ready(id, draining=draining)
            buffer.status = OutputBufferStatus.INCOMPLETE if incomplete else OutputBufferStatus.NONE
        return _DONE


def attributes_of(stream: Stream[Any]) -> dict[str, Any]:
    """A stream's attributes.

    Raises:
        NotImplementedMF: it has none.
    """
    if stream.attributes is None:
        raise NotImplementedMF(f"stream {stream.id} has no attributes")
    return stream.attributes


def type_of(stream: Stream[T], side: str) -> T:
    """A stream's media type.

    Raises:
        TransformTypeNotSet: it has none.
    """
    if stream.type is None:
        raise TransformTypeNotSet(f"set the {side} media type of stream {stream.id} first")
    return stream.type


def entry(types: tuple[object, ...], index: int) -> object:
    """One of a list of types.

    Raises:
        NoMoreTypes: the index is beyond the list.
    """
    if not 0 <= index < len(types):
        raise NoMoreTypes(f"there is no media type {index}, the list has {len(types)}")
    return types[index]
