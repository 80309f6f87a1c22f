"""Transforms and samples small enough to read a transcript of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from gpumft.errors import InvalidMediaType, SampleAllocatorEmpty, TransformTypeNotSet
from gpumft.mft import (
    DISCONTINUITY,
    OutputStreamFlags,
    OutputStreamInfo,
    Transform,
)


@dataclass
class Token:
    """A sample without pixels."""

    value: int | None = None
    time: int | None = None
    duration: int | None = None
    pts: int | None = None
    time_base: Fraction | None = None
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def discontinuity(self) -> bool:
        return bool(self.attributes.get(DISCONTINUITY))

    @discontinuity.setter
    def discontinuity(self, value: bool) -> None:
        self.attributes[DISCONTINUITY] = int(value)


class Copier(Transform[Token, str]):
    """Copies the value; types are words, and the output's is the input's."""

    flags = OutputStreamFlags.NONE
    words: tuple[str, ...] = ("red", "blue")

    def __init__(self, **streams: int) -> None:
        super().__init__(**streams)
        self.log: list[str] = []
        self.fail: Exception | None = None

    def _input_types(self, id: int) -> Sequence[object]:
        return self.words

    def _output_types(self, id: int) -> Sequence[object]:
        if self._input_type() is None:
            raise TransformTypeNotSet("set the input type first")
        return (self._input_type(),)

    def _keeps_outputs(self, type: str, id: int) -> bool:
        return self._output_type() in (None, type)

    def _configure(self, inputs: Mapping[int, str], outputs: Mapping[int, str]) -> None:
        self.log.append(f"configure {inputs[0]} {outputs[0]}")

    def _begin_streaming(self) -> None:
        self.log.append("begin")

    def _end_streaming(self) -> None:
        self.log.append("end")

    def _restart(self) -> None:
        self.log.append("restart")

    def _output_info(self, id: int) -> OutputStreamInfo:
        return OutputStreamInfo(self.flags)

    def _produce(self, into: Token | None, id: int) -> Token:
        if self.fail:
            raise self.fail
        output = Token() if into is None else into
        output.value = self._held()[0].value
        return output

    def _allocate_output(self, id: int) -> Token:
        return Token()


class Provider(Copier):
    """Provides its samples, from a pool of two."""

    flags = OutputStreamFlags.PROVIDES_SAMPLES

    def __init__(self) -> None:
        super().__init__()
        self.free = 2

    def _produce(self, into: Token | None, id: int) -> Token:
        if not self.free:
            raise SampleAllocatorEmpty("both samples are out: release one")
        self.free -= 1
        return super()._produce(into, id)


class LookAhead(Copier):
    """Adds the next value to each: one input waits behind the newest."""

    holds = 1

    def _produce(self, into: Token | None, id: int) -> Token:
        output = super()._produce(into, id)
        held = self._held()
        output.value = (held[0].value or 0) + (held[1].value or 0 if len(held) > 1 else 0)
        return output


class Doubler(Copier):
    """Makes two outputs of each input."""

    one_to_one = False
    half = 0

    def _delivered(self, ids: Sequence[int]) -> None:
        self.half = 1 - self.half
        if not self.half:
            super()._delivered(ids)

    def _restart(self) -> None:
        self.half = 0


class Pairs(Copier):
    """Adds two inputs to one output; a single one left at the end is dropped."""

    one_to_one = False

    def _wants(self, id: int) -> bool:
        return len(self._held()) < 2

    def _ready(self, id: int, *, draining: bool) -> bool:
        return len(self._held()) == 2

    def _produce(self, into: Token | None, id: int) -> Token:
        output = super()._produce(into, id)
        output.value = sum(token.value or 0 for token in self._held())
        return output

    def _delivered(self, ids: Sequence[int]) -> None:
        self._held().clear()


class Switcher(Copier):
    """Wants another output type as soon as a sample of 100 or more arrives."""

    def _output_types(self, id: int) -> Sequence[object]:
        return ("red", "wide")

    def _received(self, sample: Token, id: int) -> None:
        if (sample.value or 0) >= 100 and self._output_type() != "wide":
            self._request_stream_change()

    def _check_output_type(self, type: object, id: int) -> str:
        held = self._held()
        if held and (held[0].value or 0) >= 100 and type != "wide":
            raise InvalidMediaType(f"{type} is too narrow now")
        return super()._check_output_type(type, id)

    def _keeps_outputs(self, type: str, id: int) -> bool:
        return True


def typed(mft: Any) -> Any:
    mft.set_input_type("red")
    mft.set_output_type("red")
    return mft
