"""The acts behind IMFTransform's methods: types and resources. Check, work, then change state.

Between the methods (``transform``), the state machine (``state``) and the hooks (``worker``). Every
act here and in ``data_flow`` and ``stream_changes`` runs under the transform's lock.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Collection
from contextlib import AbstractContextManager, suppress
from operator import index
from typing import Any, Generic, TypeVar

from gpumft.errors import (
    CannotChangeMediaTypeWhileProcessing,
    InvalidStreamNumber,
    MFError,
    NoMoreTypes,
    TransformTypeNotSet,
)
from gpumft.mft.flags import InputStreamFlags, OutputStreamFlags
from gpumft.mft.payload import Payload
from gpumft.mft.state import Machine
from gpumft.mft.streams import InputStream, OutputStream, Stream
from gpumft.mft.tables import Event, Resources
from gpumft.mft.worker import Worker

S = TypeVar("S", bound=Payload)
T = TypeVar("T")

_LAZY = int(OutputStreamFlags.LAZY_READ)
_OPTIONAL_OUTPUT = int(OutputStreamFlags.OPTIONAL)
_OPTIONAL_INPUT = int(InputStreamFlags.OPTIONAL)


class Core(Worker[S, T], Generic[S, T]):
    """A ``Worker`` with its lock and its state machine."""

    def __init__(self, *, inputs: int = 1, outputs: int = 1) -> None:
        super().__init__(inputs=inputs, outputs=outputs)
        #: Whether streams are fixed and numbered from 0.
        self._fixed = self.input_limits is None and self.output_limits is None
        self._lock: AbstractContextManager[object] = threading.RLock()
        self._machine = Machine()
        # Those with a type, and whether there are none but lazy-read outputs among them.
        self._selected_inputs: tuple[InputStream[S, T], ...] = ()
        self._selected_outputs: tuple[OutputStream[T], ...] = ()
        self._all_lazy = False
        # The types in force differ from those that `_configure` has seen.
        self._stale = False
        self._attributes: dict[str, Any] = {}
        if not (self.one_to_one and inputs == 1 and outputs == 1 and self._fixed):
            self._attributes["MFPKEY_EXATTRIBUTE_SUPPORTED"] = True
        if self.dynamic_formats:
            self._attributes["MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE"] = True

    def _input(self, id: object) -> InputStream[S, T]:
        stream = self._inputs.get(id if id.__class__ is int else number(id))
        if stream is None:
            raise InvalidStreamNumber(f"there is no input stream {id}, only {list(self._inputs)}")
        return stream

    def _output(self, id: object) -> OutputStream[T]:
        stream = self._outputs.get(number(id))
        if stream is None:
            raise InvalidStreamNumber(f"there is no output stream {id}, only {list(self._outputs)}")
        return stream

    @abstractmethod
    def _settle(self) -> None:
        """Tell the state machine what the samples held amount to."""

    @abstractmethod
    def _apply_stream_changes(self) -> None:
        """Let outputs that were asked for appear, and those that end go."""

    # --- Types ---

    def _change_type(
        self,
        stream: Stream[T],
        own: T | None,
        cleared: Collection[Stream[T]] = (),
        *,
        answers: bool = False,
    ) -> None:
        """Set the type of one stream and clear some others; nothing changes if a hook refuses.

        Args:
            stream: the stream.
            own: its new type; None clears it.
            cleared: streams that lose their types.
            answers: the type answers a change of the outputs; samples may be held.
        """

        def after(other: Stream[T]) -> T | None:
            return own if other is stream else None if other in cleared else other.type

        inputs = {id: type for id, s in self._inputs.items() if (type := after(s)) is not None}
        outputs = {id: type for id, s in self._outputs.items() if (type := after(s)) is not None}
        complete = self._complete(inputs, outputs)
        self._reconfigure(inputs, outputs, complete=complete)
        stream.type = own
        for other in cleared:
            other.type = None
        self._select()
        waits = answers and not complete  # other outputs wait for their types, too
        if not waits:
            self._note_types(complete=complete)
        if self._machine.state.holds_data:
            self._settle()
        elif not waits:
            self._restart()

    def _note_types(self, *, complete: bool) -> None:
        """Tell the state machine whether data may flow; without all types outputs change at once.

        An output that ends takes along what its missing type stood in the way of.
        """
        if not complete:
            self._apply_stream_changes()
            self._machine.set_types(complete=False)
            complete = self._stale = self._complete(*self._types())
        if complete:
            self._machine.set_types(complete=True)

    @property
    def _type_waits(self) -> bool:
        """Whether an input type waits for the samples held."""
        return any(stream.next_type is not None for stream in self._selected_inputs)

    def _change_type_later(self, stream: InputStream[S, T], own: T) -> None:
        """Set an input type for when the samples held are through."""
        if self._type_waits:
            raise CannotChangeMediaTypeWhileProcessing(
                "an input type waits already for the samples held: take their output first"
            )
        self._drain()
        stream.next_type = own
        self._machine.step(Event.SET_TYPE_LATER)
        self._settle()

    def _adopt_types(self) -> None:
        """Put input types into force that waited for the samples before them."""
        outgrown = False
        for stream in self._selected_inputs:
            if stream.next_type is not None:
                outgrown = outgrown or not self._keeps_outputs(stream.next_type, stream.id)
                self._stale = self._stale or stream.type is not stream.next_type
                stream.type, stream.next_type = stream.next_type, None
        if outgrown:
            for output in self._selected_outputs:
                self._machine.ask_change(output.id, lazy=self._all_lazy)

    def _complete(self, inputs: dict[int, T], outputs: dict[int, T]) -> bool:
        """Whether data may flow with these types: every stream that is not optional has one."""
        return (
            bool(inputs and outputs)
            and all(id in inputs or self._input_is_optional(id) for id in self._inputs)
            and all(id in outputs or self._output_is_optional(id) for id in self._outputs)
        )

    def _input_is_optional(self, id: int) -> bool:
        with suppress(TransformTypeNotSet):
            return bool(int(self._input_info(id).flags) & _OPTIONAL_INPUT)
        return False

    def _output_is_optional(self, id: int) -> bool:
        with suppress(TransformTypeNotSet):
            return bool(int(self._output_info(id).flags) & _OPTIONAL_OUTPUT)
        return False

    def _types(self) -> tuple[dict[int, T], dict[int, T]]:
        """The types in force of the selected inputs and outputs."""
        return (
            {s.id: s.type for s in self._inputs.values() if s.type is not None},
            {s.id: s.type for s in self._outputs.values() if s.type is not None},
        )

    def _select(self) -> None:
        """Note which streams have a type."""
        self._selected_inputs = tuple(s for s in self._inputs.values() if s.type is not None)
        self._selected_outputs = tuple(s for s in self._outputs.values() if s.type is not None)
        for stream in self._selected_outputs:
            stream.lazy = bool(int(self._output_info(stream.id).flags) & _LAZY)
        self._all_lazy = all(stream.lazy for stream in self._selected_outputs)
        self._machine.renew_asking(lazy=self._all_lazy)

    def _reconfigure(
        self, inputs: dict[int, T], outputs: dict[int, T], *, complete: bool = True
    ) -> None:
        """Release what streaming needs and, if types are `complete`, build for them."""
        before = self._machine.state.resources
        self._end()
        if not complete:
            return
        try:
            self._configure(inputs, outputs)
        except BaseException:
            if before is not Resources.IDLE:
                with suppress(MFError):  # it worked before; else the next sample asks again
                    self._begin()
            raise
        self._stale = False

    def _make_ready(self) -> None:
        """Build for types that came into force between two calls; allocate what streaming needs.

        May be repeated if it fails.
        """
        if self._stale:
            machine = self._machine
            if not (machine.changing or machine.unanswered):  # else the answer builds
                self._reconfigure(*self._types())
        if not self._machine.state.streaming:
            self._begin()

    # --- Resources ---

    def _begin(self) -> None:
        # Without types there is nothing to size resources by; the first sample asks again.
        if not self._machine.state.streaming and self._machine.state.typed:
            self._begin_streaming()
            self._machine.step(Event.BEGIN)

    def _end(self) -> None:
        if self._machine.state.streaming:
            self._end_streaming()
        self._machine.step(Event.END)

    def _release(self) -> None:
        if self._machine.state.streaming:
            self._end_streaming()
            self._machine.step(Event.RELEASE)

    def _reacquire(self) -> None:
        if self._machine.state.resources is Resources.RELEASED:
            self._begin_streaming()
            self._machine.step(Event.REACQUIRE)


def number(id: object) -> int:
    """A stream number, NumPy's integers included; -1, which no stream has, for anything else."""
    try:
        return index(id)  # type: ignore[arg-type]
    except TypeError:
        return -1


def entry(types: tuple[object, ...], place: int) -> object:
    """One of a list of types.

    Raises:
        NoMoreTypes: the index is beyond the list.
    """
    if not 0 <= place < len(types):
        raise NoMoreTypes(f"there is no media type {place}, the list has {len(types)}")
    return types[place]
