"""The client's side of an asynchronous transform: its events answered in a loop.

Source: Asynchronous MFTs; the basic MFT processing model, for the messages and their order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from gpumft.errors import (
    NoEventsAvailable,
    NotImplementedMF,
    Shutdown,
)
from gpumft.mft.asynchronous.events import DrainComplete, HaveOutput, MediaEvent, NeedInput
from gpumft.mft.flags import Flow, Message
from gpumft.mft.infos import OutputDataBuffer, OutputResult
from gpumft.mft.negotiation import renegotiate
from gpumft.mft.payload import Payload

S = TypeVar("S", bound=Payload)


class AsyncClient(ABC, Generic[S]):
    """Convenience for clients, made of the methods of IMFTransform and of the event generator.

    Thread-safety: one client at a time; each method below is several calls of the transform.
    """

    @abstractmethod
    def stream_count(self) -> tuple[int, int]:
        """Number of inputs and outputs."""

    @abstractmethod
    def available_output_types(self, id: int = 0) -> tuple[object, ...]:
        """What is on offer."""

    @abstractmethod
    def set_output_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        """Set the type of an output."""

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
    def get_event(self, wait: bool = True, timeout: float | None = None) -> MediaEvent:  # noqa: FBT001, FBT002 - MF_EVENT_FLAG_NO_WAIT
        """Take the oldest event."""

    def push(self, sample: S, id: int = 0) -> None:
        """Deliver one input sample for one ``NeedInput``; ``process_input`` under a shorter name.

        Raises:
            NotAccepting: there was no ``NeedInput``. The other errors of ``process_input``.
        """
        self.process_input(sample, id)

    def pull(self, id: int = 0) -> S | Flow:
        """Take one output sample for one ``HaveOutput``.

        Returns:
            The sample; or STREAM_CHANGE: then set a new output type.

        Raises:
            NotImplementedMF: there are several outputs: use ``process_output``.
            Unexpected: there was no ``HaveOutput``. The other errors of ``process_output``.
        """
        if self.stream_count()[1] != 1:
            raise NotImplementedMF("pull is for one output: take several with process_output")
        buffer: OutputDataBuffer[S] = OutputDataBuffer(id)
        flow = self.process_output([buffer]).flow
        return flow if flow is not Flow.OK or buffer.sample is None else buffer.sample

    def flush(self) -> None:
        """Drop all input, output and credits; media types stay. START_OF_STREAM goes on."""
        self.process_message(Message.FLUSH)

    def run(self, samples: Iterable[S]) -> Iterator[S]:
        """Process a whole stream: answer each event until all output has come.

        The messages are those of the synchronous ``run``: BEGIN_STREAMING, START_OF_STREAM, at the
        end END_OF_STREAM and DRAIN, then END_STREAMING. After a change of format the first output
        type that the transform offers and takes is set. Events that were queued before are dropped,
        and so are others than the transform's own. Ended early, the transform is flushed.

        Yields:
            The output samples, in order, while the worker goes on.

        Raises:
            NotImplementedMF: there are several inputs or outputs.
            Shutdown: the transform was shut down meanwhile.
            What the transform raised at its work.
        """
        if self.stream_count() != (1, 1):
            raise NotImplementedMF("run is for one input and one output: answer the events instead")
        self._forget_events()
        self.process_message(Message.BEGIN_STREAMING)
        try:
            self.process_message(Message.START_OF_STREAM)
            yield from self._answer(iter(samples))
        except BaseException:
            with suppress(Shutdown):
                self.flush()
            raise
        finally:
            with suppress(Shutdown):
                self.process_message(Message.END_STREAMING)

    def _forget_events(self) -> None:
        with suppress(NoEventsAvailable):
            while True:
                self.get_event(wait=False)

    def _answer(self, samples: Iterator[S]) -> Iterator[S]:
        ended = False
        while True:
            match self.get_event():
                case NeedInput() if not ended:
                    for sample in samples:
                        self.push(sample)
                        break
                    else:
                        ended = True
                        self.process_message(Message.END_OF_STREAM)
                        self.process_message(Message.DRAIN)
                case HaveOutput():
                    got = self.pull()
                    if got is Flow.STREAM_CHANGE:
                        renegotiate(self)
                    elif not isinstance(got, Flow):
                        yield got
                case DrainComplete():
                    return
                case _:
                    pass
