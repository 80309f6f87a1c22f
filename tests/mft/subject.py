"""A transform that is what a ``Spec`` says, written with the hooks of an author."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gpumft.errors import Fail, InvalidStreamData, TransformTypeNotSet
from gpumft.mft import (
    STREAMS_UNLIMITED,
    InputStreamFlags,
    InputStreamInfo,
    OutputStreamFlags,
    OutputStreamInfo,
    Transform,
)
from tests.mft.model_state import NEEDS, Spec
from tests.scenarios.actors import Token

LETTERS = {
    "L": OutputStreamFlags.LAZY_READ,
    "D": OutputStreamFlags.DISCARDABLE,
    "O": OutputStreamFlags.OPTIONAL,
    "P": OutputStreamFlags.PROVIDES_SAMPLES,
}


class Subject(Transform[Token, str]):
    """A transform after a `Spec`, written with the hooks."""

    takes_device = True
    takes_events = True

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.holds = 1 if spec.kind == "ahead" else 0
        self.one_to_one = spec.kind in ("copy", "ahead")
        self.temporal, self.dynamic_formats = spec.temporal, spec.dynamic
        self.output_limits = (1, STREAMS_UNLIMITED) if spec.varies else None
        super().__init__(inputs=spec.inputs, outputs=len(spec.outputs))
        self.half = False
        self.fails = self.refuses = False

    def _check_input_type(self, type: object, id: int) -> str:
        return self._listed(type, ("red", "blue"), "input")

    def _check_output_type(self, type: object, id: int) -> str:
        if self._input_type() is None:
            raise TransformTypeNotSet("set the type of input 0 first")
        return self._listed(type, (self._input_type(),), "output")

    def _keeps_outputs(self, type: str, id: int) -> bool:
        return id > 0 or all(stream.type in (None, type) for stream in self._outputs.values())

    def _input_info(self, id: int) -> InputStreamInfo:
        return InputStreamInfo(flags=InputStreamFlags.OPTIONAL if id else InputStreamFlags.NONE)

    def _output_info(self, id: int) -> OutputStreamInfo:
        flags = OutputStreamFlags.NONE
        for letter in self.spec.flags(id):
            flags |= LETTERS[letter]
        return OutputStreamInfo(flags)

    def _set_device(self, device: object) -> None:
        pass

    def _wants(self, id: int) -> bool:
        return len(self._held(id)) < NEEDS[self.spec.kind]

    def _ready(self, id: int, *, draining: bool) -> bool:
        if self.spec.kind == "pairs":
            return len(self._held()) == 2
        return super()._ready(id, draining=draining)

    def _accept(self, sample: Token, id: int) -> None:
        if self.refuses:
            raise InvalidStreamData("refused")

    def _produce(self, into: Token | None, id: int) -> Token:
        if self.fails:
            raise Fail("now and then")
        output = Token() if into is None else into
        if self.spec.kind in ("copy", "double"):
            held = [stream.held[0] for stream in self._inputs.values() if stream.held]
        else:
            held = list(self._held())[:2]
        output.value = sum(token.value or 0 for token in held) + 100 * id
        return output

    def _delivered(self, ids: Sequence[int]) -> None:
        if self.spec.kind == "pairs":
            self._held().clear()
            return
        if self.spec.kind == "double":
            self.half = not self.half
            if self.half:
                return
        super()._delivered(ids)

    def _restart(self) -> None:
        self.half = False

    def ask(self, call: Callable[..., None], id: int) -> None:
        with self._lock:
            call(id)
