"""The client's side: the loops of the founding document over IMFTransform's methods.

Source: the basic MFT processing model, "Process Data", "Draining an MFT", "Sample Attributes".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from gpumft.errors import (
    NotAccepting,
    NotImplementedMF,
    TransformTypeNotSet,
)
from gpumft.mft.flags import Flow, Message, OutputBufferStatus, OutputStatus, OutputStreamFlags
from gpumft.mft.infos import OutputDataBuffer, OutputResult, OutputStreamInfo
from gpumft.mft.negotiation import renegotiate
from gpumft.mft.payload import Payload, copy_attributes

S = TypeVar("S", bound=Payload)

_PROVIDES = int(OutputStreamFlags.PROVIDES_SAMPLES | OutputStreamFlags.CAN_PROVIDE_SAMPLES)
_LAZY = int(OutputStreamFlags.LAZY_READ)
_EMPTY = (OutputBufferStatus.NO_SAMPLE, OutputBufferStatus.STREAM_END)


class Client(ABC, Generic[S]):
    """Convenience for clients, made of IMFTransform's methods and nothing else.

    Thread-safety: one client at a time; each method below is several calls of the transform.
    """

    holds: int

    def __init__(self) -> None:
        # Inputs whose output is still to come: their attributes are copied to it.
        self._sources: deque[S] = deque()
        # What came along when another output was pulled, by output.
        self._taken: dict[int, deque[S]] = {}
        #: Events that came back with output, in order; for the client to take and send on.
        self.returned_events: list[object] = []

    @property
    @abstractmethod
    def attributes(self) -> dict[str, Any]:
        """The transform's attributes."""

    @abstractmethod
    def stream_count(self) -> tuple[int, int]:
        """Number of inputs and outputs."""

    @abstractmethod
    def stream_ids(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Identifiers of inputs and outputs, unless they are fixed."""

    @abstractmethod
    def output_current_type(self, id: int = 0) -> object:
        """The type of an output."""

    @abstractmethod
    def output_stream_info(self, id: int = 0) -> OutputStreamInfo:
        """Who allocates."""

    @abstractmethod
    def available_output_types(self, id: int = 0) -> tuple[object, ...]:
        """What is on offer."""

    @abstractmethod
    def set_output_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        """Set the type of an output."""

    @abstractmethod
    def output_status(self) -> OutputStatus:
        """Whether output waits."""

    @abstractmethod
    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        """Tell the transform something."""

    @abstractmethod
    def process_input(self, sample: S, id: int = 0, flags: int = 0) -> None:
        """Deliver one sample."""

    @abstractmethod
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[S]], flags: int = 0
    ) -> OutputResult:
        """Get output."""

    @abstractmethod
    def _allocate_output(self, id: int) -> S: ...

    def push(self, sample: S, id: int = 0) -> None:
        """Deliver one input sample.

        Raises:
            NotAccepting: output waits: ``pull`` first. The other errors of ``process_input``.
        """
        self.process_input(sample, id)
        if not self.attributes.get("MFPKEY_EXATTRIBUTE_SUPPORTED"):
            self._sources.append(sample)
            # One for one, no more can be under way; older ones were taken by process_output itself.
            while len(self._sources) > self.holds + 1:
                self._sources.popleft()

    def pull(self, id: int = 0) -> S | Flow:
        """Take one output sample; allocate it if the transform does not provide it.

        The transform delivers all of its outputs at once: what the others have is kept for their
        own ``pull``, of lazy-read ones the newest sample only.

        Returns:
            The sample; NEED_MORE_INPUT; STREAM_CHANGE: then set a new output type, or ask for new
            streams; OK: this output was skipped or has ended.

        Raises:
            TransformTypeNotSet: no type is set.
            The other errors of ``process_output``; an input whose output failed is kept.
        """
        if self._taken.get(id):
            return self._taken[id].popleft()
        flow, buffers = self._exchange()
        pulled: S | None = None
        for buffer in buffers:
            if buffer.stream_id == id:
                pulled = buffer.sample
            elif buffer.sample is not None:
                lazy = int(self.output_stream_info(buffer.stream_id).flags) & _LAZY
                kept = self._taken.setdefault(buffer.stream_id, deque(maxlen=1 if lazy else None))
                kept.append(buffer.sample)
        return flow if pulled is None else pulled

    def _exchange(self) -> tuple[Flow, list[OutputDataBuffer[S]]]:
        """Ask all selected outputs at once; entries have samples only where they were produced."""
        if not self._has_output():
            return Flow.NEED_MORE_INPUT, []
        buffers = [self._entry(id) for id in self._selected()]
        flow = self.process_output(buffers).flow
        for buffer in buffers:
            if flow is not Flow.OK or buffer.status in _EMPTY:
                buffer.sample = None
            elif self._sources and buffer.sample is not None:
                copy_attributes(self._sources.popleft(), buffer.sample)
        if buffers and buffers[0].events:
            self.returned_events += buffers[0].events
        return flow, buffers

    def _entry(self, id: int) -> OutputDataBuffer[S]:
        provides = int(self.output_stream_info(id).flags) & _PROVIDES
        return OutputDataBuffer(id, None if provides else self._allocate_output(id))

    def _selected(self) -> Sequence[int]:
        """The outputs that have a type."""
        count = self.stream_count()[1]
        try:
            ids: Sequence[int] = self.stream_ids()[1]
        except NotImplementedMF:
            ids = range(count)
        return ids if count == 1 else [id for id in ids if self._is_selected(id)]

    def _is_selected(self, id: int) -> bool:
        try:
            self.output_current_type(id)
        except TransformTypeNotSet:
            return False
        return True

    def drain(self) -> Iterator[S]:
        """Send DRAIN now; return an iterator over the output that is left, of all outputs."""
        self.process_message(Message.DRAIN)
        return self._remaining()

    def flush(self) -> None:
        """Drop all input and output; media types stay."""
        self._sources.clear()
        self._taken.clear()
        self.process_message(Message.FLUSH)

    def run(self, samples: Iterable[S]) -> Iterator[S]:
        """Process a whole stream, with as little data as possible in the transform.

        The steps are those of the founding document: BEGIN_STREAMING, START_OF_STREAM; for each
        sample ``process_input``, then ``process_output`` until it needs more; END_OF_STREAM, DRAIN,
        the remaining output; END_STREAMING. After a change of format the first output type that the
        transform offers and takes is set. Ended early, the transform is flushed.

        Yields:
            The output samples, in order.

        Raises:
            NotImplementedMF: there are several outputs: use ``push`` and ``pull``.
        """
        if len(self._selected()) > 1:
            raise NotImplementedMF("run is for one output: take several with push and pull")
        self.process_message(Message.BEGIN_STREAMING)
        try:
            self.process_message(Message.START_OF_STREAM)
            for sample in samples:
                yield from self._delivered_first(sample)
                yield from self._remaining()
            self.process_message(Message.END_OF_STREAM)
            yield from self.drain()
        except BaseException:
            self.flush()
            raise
        finally:
            self.process_message(Message.END_STREAMING)

    def _delivered_first(self, sample: S) -> Iterator[S]:
        """Push; output that somebody left inside the transform is taken out before."""
        while True:
            try:
                return self.push(sample)
            except NotAccepting:
                waiting = list(self._remaining())
                if not waiting:
                    raise
                yield from waiting

    def _remaining(self) -> Iterator[S]:
        """Take output until the transform needs more input."""
        for kept in self._taken.values():
            while kept:
                yield kept.popleft()
        while True:
            flow, buffers = self._exchange()
            if flow is Flow.NEED_MORE_INPUT:
                return
            for buffer in buffers:
                if flow is Flow.STREAM_CHANGE and buffer.status == OutputBufferStatus.FORMAT_CHANGE:
                    renegotiate(self, buffer.stream_id)
                elif buffer.sample is not None:
                    yield buffer.sample

    def _has_output(self) -> bool:
        try:
            return bool(self.output_status())
        except NotImplementedMF:  # an optional method: then process_output will tell
            return True
