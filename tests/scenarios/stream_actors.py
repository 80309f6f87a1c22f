"""Transforms with several streams, in the manner of ``actors``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from gpumft.mft import (
    STREAMS_UNLIMITED,
    InputStreamFlags,
    InputStreamInfo,
    OutputDataBuffer,
    OutputStreamFlags,
    OutputStreamInfo,
)
from tests.scenarios.actors import Copier, LookAhead, Token

Inputs = Mapping[int, InputStreamFlags]
Outputs = Mapping[int, OutputStreamFlags]
LAZY = OutputStreamFlags.LAZY_READ
OPTIONAL = OutputStreamFlags.OPTIONAL


class Streams(Copier):
    """Adds one sample of each selected input; every output gets the sum, plus its own number x 100.

    `input_flags` and `output_flags` are by stream; the types of all streams are free.
    """

    input_flags: ClassVar[Inputs] = {}
    output_flags: ClassVar[Outputs] = {}

    def _output_types(self, id: int) -> Sequence[object]:
        return self.words

    def _keeps_outputs(self, type: str, id: int) -> bool:
        return True

    def _configure(self, inputs: Mapping[int, str], outputs: Mapping[int, str]) -> None:
        self.log.append(f"configure {sorted(inputs)} {sorted(outputs)}")

    def _input_info(self, id: int) -> InputStreamInfo:
        return InputStreamInfo(flags=self.input_flags.get(id, InputStreamFlags.NONE))

    def _output_info(self, id: int) -> OutputStreamInfo:
        return OutputStreamInfo(self.output_flags.get(id, OutputStreamFlags.NONE))

    def _produce(self, into: Token | None, id: int) -> Token:
        if self.fail:
            raise self.fail
        output = Token() if into is None else into
        held = [stream.held[0].value or 0 for stream in self._inputs.values() if stream.held]
        output.value = sum(held) + 100 * id
        return output


class Preview(Streams):
    """Two outputs with cursors of their own: 0 gets each sample, the lazy 1 each second one."""

    output_flags: ClassVar[Outputs] = {1: LAZY}
    seen = 0
    shown: int | None = None

    def __init__(self) -> None:
        super().__init__(outputs=2)

    def _wants(self, id: int) -> bool:
        return not self._held()

    def _received(self, sample: Token, id: int) -> None:
        self.seen += 1
        if not self.seen % 2:
            self.shown = sample.value

    def _ready(self, id: int, *, draining: bool) -> bool:
        return bool(self._held()) if id == 0 else self.shown is not None

    def _produce(self, into: Token | None, id: int) -> Token:
        output = Token() if into is None else into
        output.value = self._held()[0].value if id == 0 else self.shown
        return output

    def _stamp(self, output: Token, id: int) -> None:
        pass

    def _delivered(self, ids: Sequence[int]) -> None:
        if 0 in ids:
            self._held().popleft()
        if 1 in ids:
            self.shown = None

    def _restart(self) -> None:
        self.shown = None


class AnyInputs(Streams):
    """Inputs that come and go, two at first; number 9 would be mandatory, 13 is refused."""

    input_limits = (1, 4)

    def __init__(self) -> None:
        super().__init__(inputs=2)

    def _input_info(self, id: int) -> InputStreamInfo:
        flags = InputStreamFlags.OPTIONAL if id != 9 else InputStreamFlags.NONE
        return InputStreamInfo(flags=flags | (InputStreamFlags.REMOVABLE if id else flags))

    def _add_input(self, id: int) -> None:
        if id == 13:
            raise ValueError("unlucky")
        self.log.append(f"add {id}")

    def _remove_input(self, id: int) -> None:
        self.log.append(f"remove {id}")


class AnyOutputs(Streams):
    """Outputs that come and go, one at first; from number 50 on they are optional."""

    output_limits = (1, STREAMS_UNLIMITED)

    def _output_info(self, id: int) -> OutputStreamInfo:
        return OutputStreamInfo(OPTIONAL if id >= 50 else OutputStreamFlags.NONE)

    def add(self, id: int) -> None:
        with self._lock:
            self._request_output(id)

    def end(self, id: int) -> None:
        with self._lock:
            self._request_output_end(id)

    def change(self, id: int) -> None:
        with self._lock:
            self._request_stream_change(id)


class Temporal(LookAhead):
    """Adds the next value; a discontinuity ends what is held."""

    temporal = True


class Dynamic(LookAhead):
    """Takes another input type while samples are held."""

    dynamic_formats = True


class Bounded(Copier):
    """Has output bounds, and takes events."""

    takes_bounds = True
    takes_events = True


def select(mft: Streams, *outputs: int, inputs: Sequence[int] = (0,)) -> None:
    for id in inputs:
        mft.set_input_type("red", id)
    for id in outputs:
        mft.set_output_type("red", id)


def buffers(*ids: int) -> list[OutputDataBuffer[Token]]:
    return [OutputDataBuffer(id, Token()) for id in ids]


def values(entries: Sequence[OutputDataBuffer[Token]]) -> list[int | None]:
    return [entry.sample.value if entry.sample else None for entry in entries]
