"""The acts behind streams that come and go, and behind the announcement of all changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from gpumft.errors import (
    InputRemaining,
    InvalidArg,
    InvalidRequest,
    NotImplementedMF,
    NullPointer,
    TransformTypeNotSet,
)
from gpumft.mft.core import number
from gpumft.mft.data_flow import DataFlow, Entry
from gpumft.mft.flags import (
    Flow,
    InputStreamFlags,
    OutputBufferStatus,
    ProcessOutputStatus,
)
from gpumft.mft.infos import OutputResult
from gpumft.mft.payload import Payload
from gpumft.mft.streams import InputStream, OutputStream
from gpumft.mft.tables import Event

S = TypeVar("S", bound=Payload)
T = TypeVar("T")

_LARGEST_ID = 0xFFFFFFFF
_REMOVABLE = int(InputStreamFlags.REMOVABLE)


class StreamChanges(DataFlow[S, T], Generic[S, T]):
    """A ``DataFlow`` whose streams may change while it runs."""

    # --- Asked for by the transform ---

    def _request_stream_change(self, id: int = 0) -> None:
        """Ask for another type of output `id`; for use in `_received` and `_delivered` only.

        The next ``process_output`` tells the client, and no data moves until it has answered with
        ``set_output_type``.
        """
        self._machine.ask_change(self._output(id).id, lazy=self._all_lazy)

    def _request_output(self, id: int) -> None:
        """Ask for a new output `id`; needs `output_limits`.

        While data may flow the next ``process_output`` tells the client; until then nobody sees the
        stream. If it is not OPTIONAL no data moves before the client has set its type.

        Raises:
            InvalidArg: the number is taken, be it by a stream whose end is still to be told, or
                there are as many outputs as there may be.
        """
        machine = self._machine
        most = self._limits()[3]
        after = len(self._outputs) + len(machine.adding) - len(machine.ending)
        if id in self._outputs or id in machine.adding or not 0 <= id <= _LARGEST_ID:
            raise InvalidArg(f"output stream {id} cannot be added: the number is taken")
        if after >= most:
            raise InvalidArg(f"output stream {id} cannot be added: there may be {most} at most")
        if machine.state.typed:
            optional = self._output_is_optional(id)
            machine.ask_new(id, needs_type=not optional, lazy=self._all_lazy)
        else:
            self._outputs[id] = OutputStream(id)

    def _request_output_end(self, id: int) -> None:
        """Let output `id` end; needs `output_limits`.

        While data may flow the next ``process_output`` tells the client with STREAM_END.

        Raises:
            InvalidStreamNumber: there is no such output, or it ends already.
            InvalidRequest: there are as few outputs as there may be.
        """
        machine = self._machine
        least = self._limits()[2]
        if id not in machine.adding:
            self._output(id if id not in machine.ending else -1)
        if len(self._outputs) + len(machine.adding) - len(machine.ending) <= least:
            raise InvalidRequest(f"output stream {id} cannot end: there must be {least} at least")
        if id in machine.adding or (machine.state.typed and self._outputs[id].type is not None):
            machine.ask_end(id, lazy=self._all_lazy)
        else:  # deselected: no entry of process_output could tell
            machine.selectable.discard(id)
            if id in machine.unanswered:
                machine.answer_change(id, lazy=self._all_lazy)
            del self._outputs[id]
            self._stale = True
            untyped = not machine.state.typed
            if untyped and self._complete(*self._types()):  # only its type was missing
                machine.set_types(complete=True)

    def _limits(self) -> tuple[int, int, int, int]:
        """The smallest and largest number of inputs, then of outputs."""
        n_in, n_out = len(self._inputs), len(self._outputs)
        return *(self.input_limits or (n_in, n_in)), *(self.output_limits or (n_out, n_out))

    # --- Told to the client ---

    def _tell_changes(self, entries: list[Entry[S, T]]) -> OutputResult:
        """Announce what was asked for: ends, then new streams, then changes of format."""
        machine = self._machine
        ending, adding, changing = set(machine.ending), set(machine.adding), set(machine.changing)
        if not adding and not changing:
            # Only ends: the other streams deliver in the same call.
            if machine.state.has_output:
                self._make_ready()
            result = self._deliver(entries, ending)
            for id in ending:
                del self._outputs[id]
            self._select()
            machine.tell_ends(ending, lazy=self._all_lazy)
            self._after_ends()
            return result
        for buffer, stream, _ in entries:
            if stream.id in ending:
                buffer.status = OutputBufferStatus.STREAM_END
            elif stream.id in changing:
                buffer.status = OutputBufferStatus.FORMAT_CHANGE
            else:
                buffer.status = OutputBufferStatus.NONE
        self._apply_stream_changes()
        machine.tell_changes()
        if ending:
            self._after_ends()
        return OutputResult(
            Flow.STREAM_CHANGE,
            ProcessOutputStatus.NEW_STREAMS if adding else ProcessOutputStatus.NONE,
        )

    def _after_ends(self) -> None:
        """Outputs have ended: what is held may be ready now, or good for nothing."""
        self._stale = True
        if not self._selected_outputs:
            self._drop_inputs()
            self._end()
            self._machine.step(Event.FLUSH)
            self._adopt_types()
            self._note_types(complete=False)
        elif self._machine.state.holds_data:
            self._settle()

    def _apply_stream_changes(self) -> None:
        machine = self._machine
        for id in machine.ending:
            self._outputs.pop(id, None)
        for id in machine.adding:
            self._outputs[id] = OutputStream(id)
        if machine.ending or machine.adding:
            self._select()

    # --- Asked for by the client ---

    def _add_inputs(self, ids: Sequence[int]) -> None:
        if self.input_limits is None:
            raise NotImplementedMF("the input streams of this transform are fixed")
        numbers = self._new_numbers(ids, self.input_limits[1])
        needs_type = not all(map(self._input_is_optional, numbers))
        if needs_type:
            self._machine.check(Event.SET_TYPE)
        prepared: list[int] = []
        try:
            for id in numbers:
                self._add_input(id)
                prepared.append(id)
        except BaseException:
            for id in prepared:
                self._remove_input(id)
            raise
        for id in numbers:
            self._inputs[id] = InputStream(id)
        if needs_type:
            self._end()
            self._apply_stream_changes()
            self._machine.set_types(complete=False)

    def _new_numbers(self, ids: Sequence[int] | None, most: int) -> list[int]:
        """Check what the client gave as numbers of new streams."""
        if ids is None:
            raise NullPointer("add_input_streams needs a list of stream numbers, not None")
        numbers = [number(id) for id in ids]
        if not numbers or len(set(numbers)) < len(numbers):
            raise InvalidArg(f"add_input_streams needs different stream numbers, not {list(ids)}")
        for id in numbers:
            if id in self._inputs or not 0 <= id <= _LARGEST_ID:
                raise InvalidArg(f"input stream {id} cannot be added: taken, or no stream number")
        if len(self._inputs) + len(numbers) > most:
            raise InvalidArg(
                f"{len(numbers)} input streams cannot be added to {len(self._inputs)}: "
                f"there may be {most} at most"
            )
        return numbers

    def _delete_input(self, id: int) -> None:
        if self.input_limits is None:
            raise NotImplementedMF("the input streams of this transform are fixed")
        stream = self._input(id)
        least = self.input_limits[0]
        if len(self._inputs) <= least or not self._is_removable(stream.id):
            raise InvalidRequest(
                f"input stream {id} cannot be removed: it is not removable, or the last of {least}"
            )
        waiting = self._after_gap is not None and self._after_gap[0] is stream
        if stream.held or waiting:
            raise InputRemaining(
                f"input stream {id} holds samples: drain or flush before it is removed"
            )
        before = self._inputs
        self._inputs = {other.id: other for other in before.values() if other is not stream}
        try:
            self._without_input(stream)
        except BaseException:
            self._inputs = before
            raise
        self._remove_input(stream.id)

    def _without_input(self, stream: InputStream[S, T]) -> None:
        """Let the types of the other streams be all there are; raise to keep `stream`."""
        inputs, outputs = self._types()
        complete = self._complete(inputs, outputs)
        if self._machine.state.holds_data and not complete:
            raise InputRemaining(
                f"without input stream {stream.id} no output can be made of the samples held: "
                "drain or flush before it is removed"
            )
        if stream.type is not None or complete is not self._machine.state.typed:
            self._reconfigure(inputs, outputs, complete=complete)
        self._select()
        self._note_types(complete=complete)
        if self._machine.state.holds_data:
            self._settle()

    def _is_removable(self, id: int) -> bool:
        try:
            return bool(int(self._input_info(id).flags) & _REMOVABLE)
        except TransformTypeNotSet:
            return False
