"""The client's side: the loops of the founding document over IMFTransform's methods.

Source: the basic MFT processing model, "Process Data", "Draining an MFT", "Sample Attributes".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from gpumft.errors import InvalidMediaType, MFError, NotAccepting, NotImplementedMF
from gpumft.mft.flags import Flow, Message, OutputStatus, OutputStreamFlags
from gpumft.mft.infos import OutputDataBuffer, OutputResult, OutputStreamInfo
from gpumft.mft.payload import Payload, copy_attributes

S = TypeVar("S", bound=Payload)

_PROVIDES = int(OutputStreamFlags.PROVIDES_SAMPLES | OutputStreamFlags.CAN_PROVIDE_SAMPLES)


class Client(ABC, Generic[S]):
    """Convenience for clients, made of IMFTransform's methods and nothing else.

    Thread-safety: one client at a time; each method below is several calls of the transform.
    """

    holds: int

    def __init__(self) -> None:
        # Inputs whose output is still to come: their attributes are copied to it.
        self._sources: deque[S] = deque()

    @property
    @abstractmethod
    def attributes(self) -> dict[str, Any]:
        """The transform's attributes."""

    @abstractmethod
    def stream_count(self) -> tuple[int, int]:
        """Number of inputs and outputs."""

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
    def process_message(self, message: Message | int, param: object = 0) -> None:
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

        Returns:
            The sample; or NEED_MORE_INPUT; or STREAM_CHANGE: then set a new output type.

        Raises:
            NotImplementedMF: there are several outputs: use ``process_output``.
            The errors of ``process_output``; an input whose output failed is kept.
        """
        if self.stream_count()[1] != 1:
            raise NotImplementedMF("pull is for one output: take several with process_output")
        if not self._has_output():
            return Flow.NEED_MORE_INPUT
        provides = int(self.output_stream_info(id).flags) & _PROVIDES
        buffer = OutputDataBuffer(id, None if provides else self._allocate_output(id))
        flow = self.process_output([buffer]).flow
        if flow is not Flow.OK or buffer.sample is None:
            return flow
        if self._sources:
            copy_attributes(self._sources.popleft(), buffer.sample)
        return buffer.sample

    def drain(self) -> Iterator[S]:
        """Send DRAIN now; return an iterator over the output that is left."""
        self.process_message(Message.DRAIN)
        return self._remaining()

    def flush(self) -> None:
        """Drop all input and output; media types stay."""
        self._sources.clear()
        self.process_message(Message.FLUSH)

    def run(self, samples: Iterable[S]) -> Iterator[S]:
        """Process a whole stream, with as little data as possible in the transform.

        The steps are those of the founding document: BEGIN_STREAMING, START_OF_STREAM; for each
        sample ``process_input``, then ``process_output`` until it needs more; END_OF_STREAM, DRAIN,
        the remaining output; END_STREAMING. After a change of format the first output type that the
        transform offers and takes is set. Ended early, the transform is flushed.

        Yields:
            The output samples, in order.
        """
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
        while (got := self.pull()) is not Flow.NEED_MORE_INPUT:
            if not isinstance(got, Flow):
                yield got
            elif got is Flow.STREAM_CHANGE:
                self._renegotiate()

    def _renegotiate(self) -> None:
        refusals = []
        for offered in self.available_output_types():
            try:
                return self.set_output_type(offered)
            except MFError as error:
                refusals.append(f"{offered}: {error}")
        raise InvalidMediaType(
            f"after a change of format no output type fits: {'; '.join(refusals) or 'none offered'}"
        )

    def _has_output(self) -> bool:
        try:
            return bool(self.output_status())
        except NotImplementedMF:  # an optional method: then process_output will tell
            return True
