"""The assertion that no client gets stuck, asked for with GPUMFT_DEBUG=protocol."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from gpumft.errors import Unexpected
from gpumft.mft.payload import Payload
from gpumft.mft.stream_changes import StreamChanges

S = TypeVar("S", bound=Payload)
T = TypeVar("T")


class CheckedFlow(StreamChanges[S, T], Generic[S, T]):
    """A transform that, if asked to, looks after each call whether its client could go on."""

    def __init__(self, *, inputs: int = 1, outputs: int = 1) -> None:
        super().__init__(inputs=inputs, outputs=outputs)
        if "protocol" in os.environ.get("GPUMFT_DEBUG", "").replace(",", " ").split():
            self._lock = CheckedLock(self._check_flow)

    def _check_flow(self) -> None:
        """Assert that the transform takes input or has output, and not both.

        Output of lazy-read streams does not stand against input. Nothing is asked of a transform
        without types, or with an announced change that waits for an answer.

        Raises:
            Unexpected: it does neither, or both, or its hooks tell otherwise than when they were
                last asked. What the call did stays done.

        Source: the basic MFT processing model, "Process Data"; IMFTransform::ProcessInput.
        """
        machine = self._machine
        if not machine.state.typed or machine.unanswered:
            return
        name = type(self).__name__
        draining = machine.state.draining
        ready = [s.id for s in self._selected_outputs if self._ready(s.id, draining=draining)]
        if bool(ready) is not machine.state.has_output:
            raise Unexpected(
                f"_ready of {name} changed its mind between two calls: outputs {ready} are ready, "
                f"but the state is {machine.state.data.name}"
            )
        wants = any(self._wants(stream.id) for stream in self._selected_inputs)
        takes = machine.state.accepts and (wants or machine.state.displaces)
        gives = machine.state.produces and not machine.state.yields
        if takes is gives:
            does = "takes input and has output" if takes else "neither takes input nor has output"
            raise Unexpected(f"{name} {does}: its _wants and _ready contradict each other")


class CheckedLock:
    """A re-entrant lock that runs a check before it is let go, unless an error goes through it.

    Thread-safety: that of a re-entrant lock.
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self._lock = threading.RLock()
        self._check = check

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        try:
            if error is None:
                self._check()
        finally:
            self._lock.release()
