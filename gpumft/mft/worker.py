"""What a transform's author fills in: the work, without the protocol.

``Transform`` asks these questions under its lock and in the right order, so that no hook needs to
check stream numbers, states or the client's flags. A hook never calls a public method of its own
transform. A hook that raises must have changed nothing: the call is then as if never made, and an
input stays held until its output has been delivered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Generic, NoReturn, TypeVar

from gpumft.errors import InvalidMediaType, NotImplementedMF
from gpumft.mft.infos import InputStreamInfo, OutputStreamInfo
from gpumft.mft.payload import Payload, copy_attributes, copy_times
from gpumft.mft.streams import InputStream, OutputStream

S = TypeVar("S", bound=Payload)
T = TypeVar("T")

_PLAIN_INPUT, _PLAIN_OUTPUT = InputStreamInfo(), OutputStreamInfo()


class Worker(Generic[S, T]):
    """The hooks of a transform over samples `S` and media types `T` (frozen values).

    Class attributes that a subclass may set:
        holds: how many inputs wait behind the newest before output can be made (look-ahead).
        one_to_one: each input makes exactly one output; the transform then passes on the times. If
            it has one input and one output it leaves the other attributes to the client
            (MFPKEY_EXATTRIBUTE_SUPPORTED unset), otherwise it passes them on too.
        temporal: output depends on neighbours in time. At a discontinuity what is held is made into
            output as at a drain, the rest is dropped, and the sample is the first of a new stream.
        dynamic_formats: input types may change while samples are held
            (MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE): their output is made in the old type first.
        takes_bounds: ``set_output_bounds`` works; `_output_times` tells the times.
        takes_device: `_set_device` is written out.
        takes_events: ``process_event`` works; `_takes_event` says which come back.
        input_limits, output_limits: the smallest and largest number of streams where it is not
            fixed; streams then go by identifier. STREAMS_UNLIMITED is no limit.

    An output stream whose flags have LAZY_READ, DISCARDABLE or OPTIONAL, an input stream whose have
    OPTIONAL or REMOVABLE, is treated as such; these flags do not depend on types.

    Thread-safety: hooks run under the transform's lock, one at a time.
    """

    holds: int = 0
    one_to_one: bool = True
    temporal: bool = False
    dynamic_formats: bool = False
    takes_bounds: bool = False
    takes_device: bool = False
    takes_events: bool = False
    input_limits: tuple[int, int] | None = None
    output_limits: tuple[int, int] | None = None

    def __init__(self, *, inputs: int = 1, outputs: int = 1) -> None:
        self._inputs: dict[int, InputStream[S, T]] = {i: InputStream(i) for i in range(inputs)}
        self._outputs: dict[int, OutputStream[T]] = {i: OutputStream(i) for i in range(outputs)}

    # --- What is set and held: for use by the hooks ---

    def _input_type(self, id: int = 0) -> T | None:
        """The input type in force, None while unset."""
        stream = self._inputs.get(id)
        return None if stream is None else stream.type

    def _output_type(self, id: int = 0) -> T | None:
        """The output type in force, None while unset."""
        stream = self._outputs.get(id)
        return None if stream is None else stream.type

    def _held(self, id: int = 0) -> deque[S]:
        """The inputs accepted and not yet used up, oldest first. Read only: see `_delivered`."""
        return self._inputs[id].held

    # --- Media types ---

    def _input_types(self, id: int) -> Sequence[object]:
        """The input types on offer, best first; whole or partial types.

        Raises:
            NotImplementedMF: there is no list.
            TransformTypeNotSet: the output type has to be set first.
        """
        self._no_list("input")

    def _output_types(self, id: int) -> Sequence[object]:
        """The output types on offer, best first; the same rules as for `_input_types`."""
        self._no_list("output")

    def _check_input_type(self, type: object, id: int) -> T:
        """Return the transform's own frozen value for a type that a client wants to set.

        The default accepts what is in the list. Check against ``self._output_type()`` here too if
        not every pair works. Changes nothing: it also answers ``test_only``.

        Raises:
            InvalidMediaType: the type is not supported.
            AttributeNotFound: a mandatory attribute is missing.
            TransformTypeNotSet: the output type has to be set first.
        """
        return self._listed(type, self._input_types(id), "input")

    def _check_output_type(self, type: object, id: int) -> T:
        """The same for an output type."""
        return self._listed(type, self._output_types(id), "output")

    def _keeps_outputs(self, type: T, id: int) -> bool:
        """Whether the output types stay set when this input type is set; else they are cleared.

        Raises nothing.
        """
        return True

    def _keeps_inputs(self, type: T, id: int) -> bool:
        """Whether the input types stay set when this output type is set; else they are cleared."""
        return True

    def _configure(self, inputs: Mapping[int, T], outputs: Mapping[int, T]) -> None:
        """All types are known and about to take effect: plan and build for them.

        Called at each change of a type or of the number of streams, with streaming resources
        released; where a client's call is the cause, before it takes effect (``self._input_type()``
        still tells the old one). Deselected streams are missing. Raise to refuse the type.
        """

    def _input_info(self, id: int) -> InputStreamInfo:
        """Answer of ``input_stream_info``; may be asked before types are set."""
        return _PLAIN_INPUT

    def _output_info(self, id: int) -> OutputStreamInfo:
        """Answer of ``output_stream_info``; its flags say who allocates. Asked often: be quick."""
        return _PLAIN_OUTPUT

    # --- Resources ---

    def _set_device(self, device: object) -> None:
        """Move to another device, or to none (None); types stay, so rebuild what they need.

        Asked only while nothing is held and nothing streams.

        Raises:
            NotImplementedMF: the transform uses no device (the default).
            NoInterface: the object is not a device.
        """
        raise NotImplementedMF(f"{type(self).__name__} uses no device")

    def _begin_streaming(self) -> None:
        """Allocate what streaming needs. Asked at BEGIN_STREAMING, or else at the first sample.

        Raises:
            MFError: the allocation failed; the message or the sample is then refused.
        """

    def _end_streaming(self) -> None:
        """Release what `_begin_streaming` allocated. Held inputs and types stay."""

    # --- Streams that come and go ---

    def _add_input(self, id: int) -> None:
        """Prepare for an input that the client adds. Raise to refuse it."""

    def _remove_input(self, id: int) -> None:
        """Forget an input that the client removed. Raises nothing."""

    # --- Samples ---

    def _wants(self, id: int) -> bool:
        """Whether this stream takes a sample now. Some stream must while no output can be made."""
        return len(self._inputs[id].held) <= self.holds

    def _accept(self, sample: S, id: int) -> None:
        """Check an input sample; raise to refuse it. Changes nothing."""

    def _received(self, sample: S, id: int) -> None:
        """The sample is held now. Raises nothing.

        May call `_request_stream_change` when the sample needs another output type.
        """

    def _ready(self, id: int, *, draining: bool) -> bool:
        """Whether output stream `id` can produce from what is held. Must be exact and cheap.

        The default: when each selected input holds enough.
        """
        least = 0 if draining else self.holds
        for stream in self._inputs.values():
            if len(stream.held) <= least and stream.type is not None:
                return False
        return True

    def _output_times(self, id: int) -> tuple[int | None, int | None]:
        """Time and duration [100 ns] of the next sample of output `id`, which is ready.

        Asked where `takes_bounds`. The default: those of the oldest input if `one_to_one`.
        """
        if not self.one_to_one:
            return None, None
        source = self._oldest()
        return source.time, source.duration

    def _produce(self, into: S | None, id: int) -> S:
        """Make the next sample of output stream `id` from ``self._held()``.

        Args:
            into: the client's sample, or None: then provide one (the stream's flags allowed it).
            id: the output stream.

        Returns:
            The sample produced; `into` if that was given.

        Raises:
            SampleAllocatorEmpty: no sample of the transform's own pool is free.
            InvalidArg, BufferTooSmall: the client's sample does not do.
        """
        raise NotImplementedError("a transform has to define _produce")

    def _stamp(self, output: S, id: int) -> None:
        """Pass on times, and attributes where they are not the client's task, to a fresh output.

        The default takes those of the oldest input if `one_to_one`, and none otherwise.
        """
        if self.one_to_one:
            source = self._oldest()
            copy_times(source, output)
            if len(self._inputs) != 1 or len(self._outputs) != 1:
                copy_attributes(source, output)

    def _delivered(self, ids: Sequence[int]) -> None:
        """The outputs `ids` have reached the client, or were dropped: forget what is used up.

        The default drops the oldest sample of each input. Raises nothing.
        May call `_request_stream_change` when what follows needs another output type.
        """
        for stream in self._inputs.values():
            if stream.held:
                stream.held.popleft()

    def _allocate_output(self, id: int) -> S:
        """A sample that fits output stream `id`, for ``pull`` and ``run`` to hand over."""
        raise NotImplementedMF(f"{type(self).__name__} cannot allocate the client's samples")

    # --- Messages and events ---

    def _drain(self) -> None:
        """DRAIN has come; from here on `_ready` is asked with ``draining=True``. Raise to refuse.

        Also asked where the transform drains itself: at a discontinuity (`temporal`) and when the
        input type changes (`dynamic_formats`).
        """

    def _restart(self) -> None:
        """Forget what past samples left behind: after a flush, a drain, a change of types."""

    def _end_of_stream(self, id: int) -> None:
        """No more input comes on this stream for now."""

    def _other_message(self, message: int, param: object) -> None:
        """A message that asks nothing of the protocol: TICK, DROP_SAMPLES, START_OF_STREAM..."""

    def _takes_event(self, event: object, id: int) -> bool:
        """Whether an event is to come back with the output of the next sample of input `id`."""
        return True

    # --- Helpers ---

    def _oldest(self) -> S:
        """The oldest sample of the first input that holds one."""
        for stream in self._inputs.values():
            if stream.held:
                return stream.held[0]
        raise LookupError("no input holds a sample")

    def _no_list(self, side: str) -> NoReturn:
        raise NotImplementedMF(f"{type(self).__name__} has no list of {side} types")

    def _listed(self, type: object, offered: Sequence[object], side: str) -> T:
        for candidate in offered:
            if candidate == type:
                return candidate  # type: ignore[return-value]  # equal to the client's, and ours
        names = ", ".join(map(str, offered)) or "none"
        raise InvalidMediaType(f"{side} type {type} is not supported, there is: {names}")
