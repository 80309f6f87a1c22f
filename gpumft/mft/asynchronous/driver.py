"""The synchronous transform behind an asynchronous one, as its worker drives it.

The worker is the transform's client: it gives what is accepted, takes what is ready, allocates
where the transform does not provide, and copies attributes where it leaves that to the client.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from gpumft.errors import NotImplementedMF, TransformTypeNotSet
from gpumft.mft.asynchronous.entries import Arrival, Change, Output
from gpumft.mft.flags import (
    Flow,
    InputStreamFlags,
    Message,
    OutputBufferStatus,
    OutputStreamFlags,
    ProcessOutputStatus,
)
from gpumft.mft.infos import InputStreamInfo, OutputDataBuffer, OutputStreamInfo
from gpumft.mft.payload import Payload, copy_attributes
from gpumft.mft.transform import Transform

S = TypeVar("S", bound=Payload)

_PROVIDES = int(OutputStreamFlags.PROVIDES_SAMPLES | OutputStreamFlags.CAN_PROVIDE_SAMPLES)


class Driver(Generic[S]):
    """Drives one transform and remembers what can be asked without waiting for its work.

    Thread-safety: one caller at a time.
    """

    def __init__(self, transform: Transform[S, Any]) -> None:
        self.transform = transform
        #: Streams by their identifiers, those without a type included.
        self.ids: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
        #: Input and output streams that have a type.
        self.inputs: tuple[int, ...] = ()
        self.outputs: tuple[int, ...] = ()
        #: Whether every stream that is not optional has a type, and one on each side.
        self.typed = False
        #: Whether all outputs with a type are lazy-read.
        self.lazy = False
        #: Whether streams count by place, because they never change.
        self.fixed = True
        self.refresh()

    def refresh(self) -> None:
        """Look again which streams there are and which have a type."""
        with self.transform._lock:  # noqa: SLF001 - its owner may end an output at any time
            self._refresh()

    def _refresh(self) -> None:
        transform = self.transform
        try:
            self.ids = transform.stream_ids()
            self.fixed = False
        except NotImplementedMF:
            n_in, n_out = transform.stream_count()
            self.ids = (tuple(range(n_in)), tuple(range(n_out)))
        ins, outs = self.ids
        self.inputs = tuple(id for id in ins if _has_type(transform.input_current_type, id))
        self.outputs = tuple(id for id in outs if _has_type(transform.output_current_type, id))
        needed = [id not in self.inputs and not self._optional_input(id) for id in ins]
        needed += [
            not self._has(OutputStreamFlags.OPTIONAL, id) for id in outs if id not in self.outputs
        ]
        self.typed = bool(self.inputs and self.outputs) and not any(needed)
        self.lazy = all(self._has(OutputStreamFlags.LAZY_READ, id) for id in self.outputs)

    def _optional_input(self, id: int) -> bool:
        with suppress(TransformTypeNotSet):
            return bool(self.transform.input_stream_info(id).flags & InputStreamFlags.OPTIONAL)
        return False

    def _has(self, flag: OutputStreamFlags, id: int) -> bool:
        with suppress(TransformTypeNotSet):
            return bool(self.transform.output_stream_info(id).flags & flag)
        return False

    @property
    def single(self) -> bool:
        """Whether there is one input and one output."""
        return len(self.ids[0]) == len(self.ids[1]) == 1

    @property
    def copies(self) -> bool:
        """Whether the client of the transform copies attributes."""
        return self.single and not self.transform.attributes.get("MFPKEY_EXATTRIBUTE_SUPPORTED")

    def accepting(self) -> frozenset[int]:
        """The input streams that take a sample now."""
        status = self.transform.input_status
        return frozenset(id for id in self.inputs if status(id)) if self.typed else frozenset()

    def has_output(self, otherwise: bool) -> bool:  # noqa: FBT001 - an answer to an answer
        """Whether there is output to take; `otherwise` if the transform does not tell."""
        try:
            return bool(self.transform.output_status())
        except NotImplementedMF:
            return otherwise
        except TransformTypeNotSet:
            return False

    def take(self, inside: Sequence[Arrival[S]]) -> Output[S] | Change | None:
        """Take one sample of each output, or a change of format; None: more input is needed.

        Args:
            inside: the inputs whose output is not complete, oldest first.
        """
        transform = self.transform
        flags = {id: transform.output_stream_info(id).flags for id in self.outputs}
        buffers: dict[int, OutputDataBuffer[S]] = {
            id: OutputDataBuffer(
                id,
                None if int(flag) & _PROVIDES else transform._allocate_output(id),  # noqa: SLF001
            )
            for id, flag in flags.items()
        }
        result = transform.process_output(list(buffers.values()))
        if result.flow is Flow.NEED_MORE_INPUT:
            return None
        if result.flow is Flow.STREAM_CHANGE:
            outputs = self.outputs
            changed = _of_status(buffers, OutputBufferStatus.FORMAT_CHANGE)
            ended = _of_status(buffers, OutputBufferStatus.STREAM_END)
            if ended or result.status & ProcessOutputStatus.NEW_STREAMS:
                self.refresh()
            return Change(changed, outputs, result.status, ended)
        for buffer in buffers.values():
            if buffer.status in (OutputBufferStatus.NO_SAMPLE, OutputBufferStatus.STREAM_END):
                buffer.sample = None
            elif buffer.status == OutputBufferStatus.INCOMPLETE:
                buffer.status = OutputBufferStatus.NONE  # HaveOutput will tell
            if buffer.sample is not None and self.copies and inside:
                copy_attributes(inside[0].sample, buffer.sample)
        if any(buffer.status == OutputBufferStatus.STREAM_END for buffer in buffers.values()):
            self.refresh()
        return Output(buffers, flags)

    def used_up(self, inside: Sequence[Arrival[S]], *, output: bool) -> Collection[Arrival[S]]:
        """Return the inputs that the transform has made all output of.

        Args:
            inside: the inputs that it was given, oldest first.
            output: whether it has just made one.
        """
        held = {id: {*map(_identity, self.transform._held(id))} for id in self.inputs}  # noqa: SLF001
        kept: set[int] = set()
        done: list[Arrival[S]] = []
        for arrival in inside:
            # Samples leave in their order: one that is not held, behind one that is, is to come.
            if _identity(arrival.sample) in held.get(arrival.id, ()):
                kept.add(arrival.id)
            elif arrival.id not in kept:
                done.append(arrival)
        if not done and output and self.single and self.transform.one_to_one:
            return inside[:1]  # the transform keeps it, to look back
        return done

    def input_info(self, id: int) -> InputStreamInfo:
        """The transform's answer, for inputs that are kept."""
        info = self.transform.input_stream_info(id)
        flags = info.flags & ~InputStreamFlags.DOES_NOT_ADDREF | InputStreamFlags.HOLDS_BUFFERS
        return InputStreamInfo(
            info.max_latency, flags, info.size, info.max_lookahead, info.alignment
        )

    def output_info(self, id: int) -> OutputStreamInfo:
        """The transform's answer, for outputs that are made ahead."""
        info = self.transform.output_stream_info(id)
        flags = info.flags & ~OutputStreamFlags.CAN_PROVIDE_SAMPLES
        return OutputStreamInfo(
            flags | OutputStreamFlags.PROVIDES_SAMPLES, info.size, info.alignment
        )

    def release(self) -> None:
        """Let the transform drop what it holds."""
        self.transform.process_message(Message.FLUSH)
        self.transform.process_message(Message.END_STREAMING)


_identity = id


def _of_status(buffers: dict[int, OutputDataBuffer[S]], status: OutputBufferStatus) -> set[int]:
    return {id for id, buffer in buffers.items() if buffer.status == status}


def _has_type(current: Any, stream: int) -> bool:
    with suppress(TransformTypeNotSet):
        current(stream)
        return True
    return False
