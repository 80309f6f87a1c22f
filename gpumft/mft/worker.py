"""What a transform's author fills in: the work, without the protocol.

``Transform`` asks these questions under its lock and in the right order, so that no hook needs to
check stream numbers, states or the client's flags. A hook never calls a public method of its own
transform. A hook that raises must have changed nothing: the call is then as if never made, and an
input stays held until its output has been delivered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Generic, NoReturn, TypeVar

from gpumft.errors import InvalidMediaType, NotImplementedMF
from gpumft.mft.infos import InputStreamInfo, OutputStreamInfo
from gpumft.mft.payload import Payload, copy_times

S = TypeVar("S", bound=Payload)
T = TypeVar("T")


class Stream(Generic[T]):
    """One row of the table of streams: an identifier and the type that was set, or None."""

    __slots__ = ("attributes", "id", "type")

    def __init__(self, id: int) -> None:
        self.id = id
        self.type: T | None = None
        #: None: the stream has no attributes (E_NOTIMPL).
        self.attributes: dict[str, Any] | None = None


class InputStream(Stream[T], Generic[S, T]):
    """An input stream, with the samples that were accepted and not yet used up, oldest first."""

    __slots__ = ("held",)

    def __init__(self, id: int) -> None:
        super().__init__(id)
        self.held: deque[S] = deque()


class Worker(Generic[S, T]):
    """The hooks of a transform over samples `S` and media types `T` (frozen values).

    Class attributes that a subclass may set:
        holds: how many inputs wait behind the newest before output can be made (look-ahead).
        one_to_one: each input makes exactly one output; the transform then passes on the times and
            leaves the other attributes to the client (MFPKEY_EXATTRIBUTE_SUPPORTED unset).
        takes_device: `_set_device` is written out.

    Thread-safety: hooks run under the transform's lock, one at a time.
    """

    holds: int = 0
    one_to_one: bool = True
    takes_device: bool = False

    def __init__(self, *, inputs: int = 1, outputs: int = 1) -> None:
        self._inputs: dict[int, InputStream[S, T]] = {i: InputStream(i) for i in range(inputs)}
        self._outputs: dict[int, Stream[T]] = {i: Stream(i) for i in range(outputs)}

    # --- What is set and held: for use by the hooks ---

    def _input_type(self, id: int = 0) -> T | None:
        """The input type in force, None while unset."""
        return self._inputs[id].type

    def _output_type(self, id: int = 0) -> T | None:
        """The output type in force, None while unset."""
        return self._outputs[id].type

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
        """Whether the output types stay set when this input type is set; else they are cleared."""
        return True

    def _keeps_inputs(self, type: T, id: int) -> bool:
        """Whether the input types stay set when this output type is set; else they are cleared."""
        return True

    def _configure(self, inputs: Mapping[int, T], outputs: Mapping[int, T]) -> None:
        """All types are known and about to take effect: plan and build for them.

        Called at each change of a type, before it takes effect (``self._input_type()`` still tells
        the old one) and with streaming resources released. Raise to refuse the type.
        """

    def _input_info(self, id: int) -> InputStreamInfo:
        """Answer of ``input_stream_info``; may be asked before types are set."""
        return InputStreamInfo()

    def _output_info(self, id: int) -> OutputStreamInfo:
        """Answer of ``output_stream_info``; its flags say who allocates. Asked often: be quick."""
        return OutputStreamInfo()

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
        """Whether output stream `id` can produce from what is held. Must be exact and cheap."""
        least = 0 if draining else self.holds
        return all(len(stream.held) > least for stream in self._inputs.values())

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

    def _stamp(self, output: S) -> None:
        """Pass on times to a fresh output; by default from the oldest input if `one_to_one`."""
        if self.one_to_one:
            copy_times(next(iter(self._inputs.values())).held[0], output)

    def _delivered(self) -> None:
        """The outputs have reached the client: forget inputs no longer needed.

        The default drops the oldest input of each stream. Raises nothing.
        May call `_request_stream_change` when what follows needs another output type.
        """
        for stream in self._inputs.values():
            stream.held.popleft()

    def _allocate_output(self, id: int) -> S:
        """A sample that fits output stream `id`, for ``pull`` and ``run`` to hand over."""
        raise NotImplementedMF(f"{type(self).__name__} cannot allocate the client's samples")

    def _drain(self) -> None:
        """DRAIN has come; from here on `_ready` is asked with ``draining=True``."""

    def _restart(self) -> None:
        """Forget what past samples left behind: after a flush, a drain, a change of types."""

    def _end_of_stream(self, id: int) -> None:
        """No more input comes on this stream for now."""

    # --- Helpers ---

    def _no_list(self, side: str) -> NoReturn:
        raise NotImplementedMF(f"{type(self).__name__} has no list of {side} types")

    def _listed(self, type: object, offered: Sequence[object], side: str) -> T:
        for candidate in offered:
            if candidate == type:
                return candidate  # type: ignore[return-value]  # equal to the client's, and ours
        names = ", ".join(map(str, offered)) or "none"
        raise InvalidMediaType(f"{side} type {type} is not supported, there is: {names}")
