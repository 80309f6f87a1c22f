"""Asynchronous transforms: IMFTransform with credits and events, around a synchronous one.

Source: Asynchronous MFTs; IMFTransform; IMFShutdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from gpumft.errors import (
    CannotChangeMediaTypeWhileProcessing,
    InvalidArg,
    InvalidRequest,
    NullPointer,
    Unexpected,
)
from gpumft.mft.asynchronous.client import AsyncClient
from gpumft.mft.asynchronous.core import UNLOCK
from gpumft.mft.asynchronous.entries import Change, Failure, Short
from gpumft.mft.asynchronous.events import EventType
from gpumft.mft.asynchronous.handover import check_output, hand_over, stream_in
from gpumft.mft.asynchronous.questions import AsyncQuestions
from gpumft.mft.flags import (
    Flow,
    Message,
)
from gpumft.mft.infos import OutputDataBuffer, OutputResult
from gpumft.mft.messages import read_message
from gpumft.mft.payload import Payload
from gpumft.mft.transform import Transform

S = TypeVar("S", bound=Payload)
T = TypeVar("T")

_OF_THE_TRANSFORM = (
    EventType.TRANSFORM_NEED_INPUT,
    EventType.TRANSFORM_HAVE_OUTPUT,
    EventType.TRANSFORM_DRAIN_COMPLETE,
    EventType.TRANSFORM_MARKER,
)


class AsyncTransform(AsyncQuestions[S, T], AsyncClient[S], Generic[S, T]):
    """Any synchronous transform on a worker thread, under the asynchronous protocol.

    Each ``NeedInput`` event allows one `process_input`, each ``HaveOutput`` one `process_output`.
    Samples are accepted while the transform works, and output is made ahead and provided by the
    transform (PROVIDES_SAMPLES). It is locked until `unlock`; ``as_async`` unlocks.

    The wrapped transform belongs to this one until `shutdown`: make no calls of it. Its attributes
    are copied once.

    Args:
        transform: the synchronous transform, with or without media types, holding nothing.
        slots: inputs and outputs under way at a time on each input stream; 2 lets one wait while
            another is worked on.

    Raises:
        InvalidArg: there are no slots.
        InvalidRequest: the transform has output waiting.

    Thread-safety: any thread; `process_input` and `process_output` do not wait for the work under
    way, calls that change types or messages like FLUSH wait for one sample.
    """

    def __init__(self, transform: Transform[S, T], *, slots: int = 2) -> None:
        if slots < 1:
            raise InvalidArg(f"an asynchronous transform needs at least one slot, not {slots}")
        super().__init__(transform, slots)

    # --- Locking and the end ---

    def unlock(self) -> None:
        """Say that this client knows the asynchronous protocol (MF_TRANSFORM_ASYNC_UNLOCK)."""
        self.attributes[UNLOCK] = 1

    def close(self) -> None:
        """`shutdown`, also at the end of a ``with`` block."""
        self.shutdown()

    def __enter__(self) -> AsyncTransform[S, T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    # --- Streams ---

    # MF: IMFTransform::AddInputStreams
    def add_input_streams(self, ids: Sequence[int]) -> None:
        """Add input streams, if the transform can."""
        with self._at_rest() as driver:
            driver.transform.add_input_streams(ids)
            self._refresh()

    # MF: IMFTransform::DeleteInputStream
    def delete_input_stream(self, id: int) -> None:
        """Remove an input stream, if the transform can."""
        with self._at_rest() as driver:
            driver.transform.delete_input_stream(id)
            self._refresh()

    # --- Media types ---

    # MF: IMFTransform::SetInputType
    def set_input_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        """Set, test or (None) clear the media type of an input stream, also while streaming.

        What was accepted before is finished in the old format, on the caller's thread. If the new
        type clears output types while output waits, a STREAM_CHANGE follows that output.

        Raises:
            CannotChangeMediaTypeWhileProcessing: something failed or changes already, or the type
                is cleared while samples are under way.
            The other errors of ``Transform.set_input_type``; nothing has changed then.
        """
        with self._at_rest() as driver:
            transform = driver.transform
            stream_in(id, driver.ids[0], "input")
            busy = self._ledger.under_way
            if not busy:
                transform.set_input_type(type, id, test_only=test_only)
                if not test_only:
                    self._refresh()
                return
            if type is None:
                raise CannotChangeMediaTypeWhileProcessing("samples are under way: drain first")
            with transform._lock:  # noqa: SLF001 - a question that a busy transform refuses
                transform._check_input_type(type, id)  # noqa: SLF001
            if not test_only:
                self._change_input(type, id)

    def _change_input(self, type: object, id: int) -> None:
        driver, ledger = self._driver, self._ledger
        if not self._finish():
            raise CannotChangeMediaTypeWhileProcessing(
                "an output has failed or changes its format: take it with process_output, or flush"
            )
        self._check()
        outputs = driver.outputs
        driver.transform.set_input_type(type, id)
        driver.refresh()
        lost = {*outputs} - {*driver.outputs}
        with self._lock:
            if lost and ledger.ready:
                self._tell(ledger.produced(Change(lost, outputs, OutputResult(Flow.OK).status)))
        self._refresh()

    # MF: IMFTransform::SetOutputType
    def set_output_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        """Set, test or (None) clear the media type of an output stream.

        Raises:
            CannotChangeMediaTypeWhileProcessing: samples are under way, and `process_output` has
                not asked for another type.
            The other errors of ``Transform.set_output_type``.
        """
        with self._at_rest() as driver:
            ledger = self._ledger
            stream_in(id, driver.ids[1], "output")
            missing = id in ledger.unanswered or id not in driver.outputs
            asked = missing and type is not None
            if ledger.under_way and not asked:
                raise CannotChangeMediaTypeWhileProcessing(
                    "samples are under way: take all output, or drain or flush first"
                )
            driver.transform.set_output_type(type, id, test_only=test_only)
            if test_only:
                return
            full = driver.has_output(otherwise=ledger.full)
            with self._lock:
                ledger.full = full
                self._tell(ledger.answered(id))
            self._refresh()

    # MF: IMFTransform::SetOutputBounds
    def set_output_bounds(self, lower: int, upper: int) -> None:
        """Ask for the samples between two times [100 ns] only, if the transform can."""
        with self._at_rest() as driver:
            driver.transform.set_output_bounds(lower, upper)

    # --- Events and messages ---

    # MF: IMFTransform::ProcessEvent
    def process_event(self, event: object, id: int = 0) -> bool:
        """Hand an event to an input stream, after all samples accepted before."""
        with self._at_rest() as driver:
            self._give_all()
            return driver.transform.process_event(event, id)

    # MF: IMFTransform::ProcessMessage
    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        """Tell the transform something.

        START_OF_STREAM lets ``NeedInput`` begin, END_OF_STREAM (of the input `param`) and DRAIN end
        it until the next START_OF_STREAM. DRAIN is answered by ``DrainComplete`` of `param`, after
        the ``HaveOutput`` of all output. MARKER is answered by ``Marker`` with `param` as context,
        once all output of what came before is announced. FLUSH drops samples, credits and the
        transform's own events that nobody has taken; the next output is a discontinuity.

        Raises:
            TransformTypeNotSet: START_OF_STREAM before all types are set.
            InvalidArg: `message` is neither a message, nor the name of one, nor a number.
            InvalidStreamNumber: END_OF_STREAM for an input that does not exist.
            InvalidRequest: SET_DEVICE_MANAGER while samples are under way or streaming goes on.
        """
        message = read_message(message)
        match message:
            case Message.FLUSH:
                self._flush()
            case Message.SET_DEVICE_MANAGER:
                with self._at_rest() as driver:
                    if self._ledger.under_way:
                        raise InvalidRequest("the device cannot change while samples are under way")
                    driver.transform.process_message(message, param)
                    self._refresh()
            case Message.START_OF_STREAM:
                with self._open() as ledger:
                    ledger.check_types()
                    self._tell(ledger.start())
                self._kick()
            case Message.END_OF_STREAM:
                with self._open() as ledger:
                    ledger.end(stream_in(param, self._driver.ids[0], "input"))
                self._kick()
            case Message.DRAIN:
                with self._open() as ledger:
                    ledger.drain(param if isinstance(param, int) else 0)
                self._kick()
            case Message.MARKER:
                with self._open() as ledger:
                    self._tell(ledger.mark(param))
            case _:
                with self._at_rest() as driver:
                    driver.transform.process_message(message, param)

    def _flush(self) -> None:
        with self._at_rest() as driver:
            driver.transform.process_message(Message.FLUSH)
            with self._lock:
                self._ledger.flush()
                self._events.retract(_OF_THE_TRANSFORM)

    # --- Data ---

    # MF: IMFTransform::ProcessInput
    def process_input(self, sample: S, id: int = 0, flags: int = 0) -> None:
        """Deliver one sample for one ``NeedInput``. Does not wait for work under way.

        Whether the sample suits the transform shows later: then the event ERROR comes, and
        `process_output` raises what was wrong.

        Raises:
            NullPointer: there is no sample.
            InvalidStreamNumber: there is no such input.
            InvalidArg: `flags` is not 0.
            TransformTypeNotSet: a media type is missing, or a change of format is unanswered.
            NotAccepting: the stream has no credit; the sample was not taken.
        """
        with self._open() as ledger:
            if sample is None:
                raise NullPointer("process_input needs a sample, not None")
            stream_in(id, self._driver.ids[0], "input")
            if flags:
                raise InvalidArg(f"the flags of process_input are 0, not {flags:#x}")
            ledger.check_input(id)
            ledger.accept(sample, id)
        self._kick()

    # MF: IMFTransform::ProcessOutput
    def process_output(
        self, buffers: Sequence[OutputDataBuffer[S]], flags: int = 0
    ) -> OutputResult:
        """Take one output for one ``HaveOutput``: one entry per output stream, filled in place.

        Args:
            buffers: entries without samples; those produced are put there.
            flags: ``ProcessOutputFlags``.

        Returns:
            The flow: OK, or STREAM_CHANGE (entries with FORMAT_CHANGE need a new output type).

        Raises:
            Unexpected: there is no output: wait for ``HaveOutput``.
            InvalidArg: unknown flags, a wrong number of entries, or an entry with a sample.
            TransformTypeNotSet: a change of format is unanswered, or types were never set.
            SampleAllocatorEmpty: no sample is free; release one and call again.
            Whatever the transform raised when it worked; it then tries again, and another
            ``HaveOutput`` follows.
        """
        while True:
            with self._open() as ledger:
                check_output(buffers, flags)
                if not ledger.ready:
                    ledger.check_types()
                    raise Unexpected("there is no output: wait for HaveOutput")
                entry = ledger.ready[0]
                if not isinstance(entry, Short):
                    result = hand_over(
                        entry,
                        buffers,
                        flags,
                        selected=ledger.known(self._driver.outputs),
                        by_place=self._driver.fixed,
                    )
                    self._tell(ledger.taken())
                    break
            self._retake()
        self._kick()
        if isinstance(entry, Failure):
            raise entry.error
        return result


def as_async(transform: Transform[S, T], *, slots: int = 2) -> AsyncTransform[S, T]:
    """Run a synchronous transform on a worker thread, under the asynchronous protocol.

    Args:
        transform: the transform, with or without media types; it belongs to the result from now on.
        slots: inputs and outputs under way at a time; see ``AsyncTransform``.

    Returns:
        The asynchronous transform, unlocked.

    Raises:
        InvalidArg: there are no slots.
        InvalidRequest: the transform has output waiting.

    Thread-safety: any thread.
    """
    found = AsyncTransform(transform, slots=slots)
    found.unlock()
    return found
