"""The protocol's state machine: the tables of ``tables``, at work.

Two rules:
1. All protocol state lives here. No other file keeps a flag of what came before.
2. This file knows neither samples nor devices nor types: it is told facts, and it answers.

A call is asked of all three tables (`check`) before any work is done and told to all three (`step`)
once the work has succeeded: a call that raises has changed nothing.
"""

from __future__ import annotations

from itertools import product
from typing import Final, NoReturn

from gpumft.mft.tables import (
    CHANGE,
    DATA,
    RESOURCES,
    Change,
    Data,
    Event,
    Refusal,
    Resources,
)


class State:
    """A state of the three machines together, what it means, and where each event leads.

    There is one object for each, made at import: what is asked several times a frame is looked up.

    Attributes:
        change, data, resources: the three states.
        answers: by number of the event, the next state or the error.
        typed: every stream has the media type it needs.
        streaming: resources are allocated.
        holds_data: samples are held.
        draining: a drain is under way.
        has_output: a sample can be made.
        displaces: an input may displace output, all of it on lazy-read streams.
        has_notice: the next ``process_output`` tells of a change.
        accepts: ``process_input`` may succeed.
        yields: what ``process_output`` has to say does not stand against input.
        produces: ``process_output`` will have something to say: a sample, or a change.

    Thread-safety: immutable.
    """

    __slots__ = (
        "accepts", "answers", "change", "data", "displaces", "draining", "has_notice",
        "has_output", "holds_data", "produces", "resources", "streaming", "typed", "yields",
    )  # fmt: skip

    answers: tuple[State | Refusal, ...]

    def __init__(self, change: Change, data: Data, resources: Resources) -> None:
        self.change, self.data, self.resources = change, data, resources
        settled = change is Change.NONE
        self.typed = data is not Data.UNTYPED
        self.streaming = resources is Resources.STREAMING
        self.holds_data = data > Data.EMPTY
        self.draining = data >= Data.DRAINING
        self.has_output = data >= Data.FULL
        self.displaces = data in (Data.LAZY, Data.DRAINING_LAZY)
        self.has_notice = change in (Change.DUE, Change.NOTICE)
        takes = data in (Data.EMPTY, Data.HOLDING) or self.displaces
        self.accepts = takes and (settled or change is Change.NOTICE)
        self.yields = change is Change.NOTICE or (settled and self.displaces)
        self.produces = self.has_notice or (settled and self.has_output)


def _joined() -> dict[tuple[Change, Data, Resources], State]:
    """All states of the three tables as one."""
    states = {key: State(*key) for key in product(Change, Data, Resources)}
    for (change, data, resources), state in states.items():
        rows = CHANGE[change], DATA[data], RESOURCES[resources]
        answers: list[State | Refusal] = []
        for event in Event:
            cells = tuple(row[event] for row in rows)
            refusals = [cell for cell in cells if isinstance(cell, Refusal)]
            answers.append(refusals[0] if refusals else states[cells])  # type: ignore[index]
        state.answers = tuple(answers)
    return states


STATES: Final = _joined()
"""Every state, by its three."""


class Machine:
    """The state of one transform.

    Attributes:
        state: the three states, as one of `STATES`.
        changing: outputs of which a change of format is still to be told.
        adding: outputs still to be told of, and whether they need a type.
        ending: outputs whose end is still to be told.
        unanswered: outputs that were told of and whose ``set_output_type`` is awaited.
        selectable: new outputs that were told of and may be given a type although samples are held.

    Thread-safety: one caller at a time; the transform's lock sees to it.
    """

    __slots__ = (
        "adding",
        "changing",
        "ending",
        "selectable",
        "state",
        "unanswered",
    )

    def __init__(self) -> None:
        self.state = STATES[Change.NONE, Data.UNTYPED, Resources.IDLE]
        self.changing: set[int] = set()
        self.adding: dict[int, bool] = {}
        self.ending: set[int] = set()
        self.unanswered: set[int] = set()
        self.selectable: set[int] = set()

    def check(self, event: Event) -> None:
        """Raise the error that `event` gets in this state; change nothing."""
        answer = self.state.answers[event]
        if answer.__class__ is not State:
            _refuse(answer)

    def step(self, event: Event) -> None:
        """Let `event` happen, wholly or, when it is an error, not at all."""
        answer = self.state.answers[event]
        if answer.__class__ is not State:
            _refuse(answer)
        self.state = answer

    # --- Types, and changes of the outputs ---

    def set_types(self, *, complete: bool) -> None:
        """Note that a type was set or cleared; without all types no change is pending."""
        self.step(Event.TYPED if complete else Event.CLEARED)
        if not complete:
            for pending in (self.changing, self.adding, self.ending, self.unanswered):
                pending.clear()

    def ask_change(self, stream: int, *, lazy: bool = False) -> None:
        """Note that output `stream` needs another media type; `lazy`: all outputs are lazy-read."""
        self._ask(lazy=lazy)
        self.changing.add(stream)

    def ask_new(self, stream: int, *, needs_type: bool, lazy: bool = False) -> None:
        """Note that there is a new output `stream`."""
        self._ask(lazy=lazy)
        self.adding[stream] = needs_type

    def ask_end(self, stream: int, *, lazy: bool = False) -> None:
        """Note that output `stream` ends: whatever else it was to be told of is void."""
        if self.adding.pop(stream, None) is not None:  # the client never heard of it
            if self.state.has_notice and not (self.changing or self.adding or self.ending):
                self.step(Event.NOTICE_TOLD)
            return
        self._ask(lazy=lazy)
        self.ending.add(stream)
        self.changing.discard(stream)
        self.selectable.discard(stream)
        if stream in self.unanswered:
            self.answer_change(stream, lazy=lazy)

    def renew_asking(self, *, lazy: bool) -> None:
        """Note that other outputs are selected: whether all are lazy-read may be new."""
        if self.state.has_notice:
            self._ask(lazy=lazy)

    def _ask(self, *, lazy: bool) -> None:
        self.step(Event.NOTICE_ASKED if lazy else Event.CHANGE_ASKED)

    def tell_changes(self) -> None:
        """Note that the client was told of everything; what needs an answer is awaited now."""
        answers = self.changing | {id for id, needs_type in self.adding.items() if needs_type}
        self.step(Event.CHANGE_TOLD if answers else Event.NOTICE_TOLD)
        self.unanswered |= answers
        self.selectable |= self.adding.keys() - answers
        for told in (self.changing, self.adding, self.ending):
            told.clear()

    def tell_ends(self, ended: set[int], *, lazy: bool) -> None:
        """Note that the client was told of these ends; what else was asked for is told next."""
        self.ending -= ended
        self.changing -= ended
        if self.changing or self.adding or self.ending:
            self._ask(lazy=lazy)
        else:
            self.step(Event.NOTICE_TOLD)

    def set_type_event(self, stream: int) -> Event:
        """What a new output type for `stream` is: an answer to a change, or of free will."""
        answers = stream in self.unanswered or stream in self.selectable
        return Event.RENEGOTIATE if answers else Event.SET_TYPE

    def answer_change(self, stream: int, *, lazy: bool = False) -> None:
        """Output `stream` has its new media type; the last answer ends the change."""
        self.selectable.discard(stream)
        if self.unanswered == {stream}:
            self.step(Event.RENEGOTIATE)
            if self.changing or self.adding or self.ending:  # asked for in the meantime
                self._ask(lazy=lazy)
        self.unanswered.discard(stream)


def _refuse(answer: State | Refusal) -> NoReturn:
    """Raise the error of a cell."""
    assert isinstance(answer, Refusal)  # noqa: S101 - asked for none but these
    raise answer.error(answer.message)
