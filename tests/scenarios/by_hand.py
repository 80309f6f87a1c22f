"""Asynchronous transforms whose worker works when the test says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from gpumft.errors import NoEventsAvailable
from gpumft.mft import Flow, OutputDataBuffer, Transform
from gpumft.mft.asynchronous import AsyncTransform, MediaEvent
from gpumft.mft.asynchronous.runner import Runner
from tests.scenarios.actors import Token, typed


class HandRunner(Runner):
    """Does jobs when `work` is called, on the caller's thread."""

    def __init__(self) -> None:
        super().__init__("a runner by hand")
        self.jobs: deque[Callable[[], object]] = deque()

    def post(self, job: Callable[[], object]) -> None:
        self.check_process()
        self.jobs.append(job)

    def work(self) -> None:
        while self.jobs:
            self.jobs.popleft()()


class ByHand(AsyncTransform[Token, str]):
    """Works at `work`; `told` are the events since the last look, as text."""

    def __init__(self, transform: Transform[Token, str], *, slots: int = 2) -> None:
        super().__init__(transform, slots=slots)
        self.hand = self._runner = HandRunner()
        self.unlock()

    def work(self) -> list[str]:
        self.hand.work()
        return self.told()

    def told(self) -> list[str]:
        return [*map(repr, self.events())]

    def events(self) -> list[MediaEvent]:
        found = []
        try:
            while True:
                found.append(self.get_event(wait=False))
        except NoEventsAvailable:
            return found

    def give(self, *values: int) -> None:
        for value in values:
            self.process_input(Token(value, time=value))

    def take(self) -> Any:
        """The value of the next output, or the flow."""
        buffer: OutputDataBuffer[Token] = OutputDataBuffer()
        flow = self.process_output([buffer]).flow
        return flow if flow is not Flow.OK or not buffer.sample else buffer.sample.value


def by_hand(make: Callable[[], Transform[Token, str]], *, slots: int = 2) -> ByHand:
    """An unlocked transform with types; its worker waits for `work`."""
    return ByHand(typed(make()), slots=slots)
