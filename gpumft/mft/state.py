"""The protocol's state machine: the tables of ``tables``, at work.

Two rules:
1. All protocol state lives here. No other file keeps a flag of what came before.
2. This file knows neither samples nor devices nor types: it is told facts, and it answers.

A call is asked of all three tables (`check`) before any work is done and told to all three (`step`)
once the work has succeeded: a call that raises has changed nothing.
"""

from __future__ import annotations

from typing import Final

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

Answer = tuple[Change, Data, Resources] | Refusal


def _joined() -> tuple[tuple[tuple[tuple[Answer, ...], ...], ...], ...]:
    """The three tables as one, by number: this runs several times a frame."""
    return tuple(
        tuple(
            tuple(
                tuple(
                    _answer(CHANGE[change][event], DATA[data][event], RESOURCES[resources][event])
                    for event in Event
                )
                for resources in Resources
            )
            for data in Data
        )
        for change in Change
    )


def _answer(*cells: Change | Data | Resources | Refusal) -> Answer:
    """The first refusal, or the next states."""
    refusals = [cell for cell in cells if isinstance(cell, Refusal)]
    return refusals[0] if refusals else cells  # type: ignore[return-value]  # in their order


_ANSWERS: Final = _joined()
_ACCEPTING: Final = frozenset({Data.EMPTY, Data.HOLDING, Data.LAZY, Data.DRAINING_LAZY})
# Members of an enumeration are slow to reach, and these are asked for several times a frame.
_UNTYPED, _EMPTY, _FULL = Data.UNTYPED, Data.EMPTY, Data.FULL
_LAZY, _DRAINING, _DRAINING_LAZY = Data.LAZY, Data.DRAINING, Data.DRAINING_LAZY
_NONE, _DUE, _NOTICE = Change.NONE, Change.DUE, Change.NOTICE
_STREAMING: Final = Resources.STREAMING


class Machine:
    """The state of one transform.

    Attributes:
        data, change, resources: the three states.
        changing: outputs of which a change of format is still to be told.
        adding: outputs still to be told of, and whether they need a type.
        ending: outputs whose end is still to be told.
        unanswered: outputs that were told of and whose ``set_output_type`` is awaited.
        selectable: new outputs that were told of and may be given a type although samples are held.

    Thread-safety: one caller at a time; the transform's lock sees to it.
    """

    __slots__ = (
        "adding",
        "change",
        "changing",
        "data",
        "ending",
        "resources",
        "selectable",
        "unanswered",
    )

    def __init__(self) -> None:
        self.data = Data.UNTYPED
        self.change = Change.NONE
        self.resources = Resources.IDLE
        self.changing: set[int] = set()
        self.adding: dict[int, bool] = {}
        self.ending: set[int] = set()
        self.unanswered: set[int] = set()
        self.selectable: set[int] = set()

    def check(self, event: Event) -> None:
        """Raise the error that `event` gets in this state; change nothing."""
        answer = _ANSWERS[self.change][self.data][self.resources][event]
        if isinstance(answer, Refusal):
            raise answer.error(answer.message)

    def step(self, event: Event) -> None:
        """Let `event` happen, wholly or, when it is an error, not at all."""
        answer = _ANSWERS[self.change][self.data][self.resources][event]
        if isinstance(answer, Refusal):
            raise answer.error(answer.message)
        self.change, self.data, self.resources = answer

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
            if self.has_notice and not (self.changing or self.adding or self.ending):
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
        if self.has_notice:
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

    # --- What the states mean ---

    @property
    def typed(self) -> bool:
        """Whether every stream has the media type it needs."""
        return self.data is not _UNTYPED

    @property
    def streaming(self) -> bool:
        """Whether resources are allocated."""
        return self.resources is _STREAMING

    @property
    def holds_data(self) -> bool:
        """Whether samples are held."""
        return self.data > _EMPTY

    @property
    def draining(self) -> bool:
        """Whether a drain is under way."""
        return self.data >= _DRAINING

    @property
    def has_output(self) -> bool:
        """Whether a sample can be made."""
        return self.data >= _FULL

    @property
    def displaces(self) -> bool:
        """Whether an input may displace output, all of it on lazy-read streams."""
        return self.data is _LAZY or self.data is _DRAINING_LAZY

    @property
    def has_notice(self) -> bool:
        """Whether the next ``process_output`` tells of a change."""
        return self.change is _DUE or self.change is _NOTICE

    @property
    def accepts(self) -> bool:
        """Whether ``process_input`` may succeed."""
        return self.data in _ACCEPTING and (self.change is _NONE or self.change is _NOTICE)

    @property
    def yields(self) -> bool:
        """Whether what ``process_output`` has to say does not stand against input."""
        return self.change is _NOTICE or (self.change is _NONE and self.displaces)

    @property
    def produces(self) -> bool:
        """Whether ``process_output`` will have something to say: a sample, or a change."""
        return self.has_notice or (self.change is _NONE and self.has_output)
