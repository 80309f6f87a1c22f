"""The protocol's state machine: what each call may do in each state.

Two rules:
1. All protocol state lives here. No other file keeps a flag of what came before.
2. This file knows neither samples nor devices nor types: it is told facts, and it answers.

Three small machines run side by side, each a *total* table: state x event -> the next state, or
the error that the call gets. ``DATA`` is the flow of samples, ``CHANGE`` a change of the output
format that the transform asks for, ``RESOURCES`` what streaming has allocated. A call is asked of
all three (`check`) before any work is done and told to all three (`step`) once the work has
succeeded: a call that raises has changed nothing.

Typed and with no change announced, exactly one of `accepts` and `produces` holds: a client that
does what is allowed never gets stuck.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, TypeVar

from gpumft.errors import (
    CannotChangeMediaTypeWhileProcessing,
    InvalidRequest,
    MFError,
    NotAccepting,
    TransformTypeNotSet,
    Unexpected,
)


@enum.unique
class Data(enum.IntEnum):
    """The flow of samples."""

    UNTYPED = 0  # a stream has no media type yet
    EMPTY = 1  # nothing is held
    HOLDING = 2  # inputs are held, but more are needed for an output
    FULL = 3  # output can be made
    DRAINING = 4  # output can be made, and no input comes until all of it is taken


@enum.unique
class Change(enum.IntEnum):
    """A change of output format that the transform asks for."""

    NONE = 0
    DUE = 1  # the next process_output announces it
    ANNOUNCED = 2  # waits for set_output_type


@enum.unique
class Resources(enum.IntEnum):
    """What streaming needs allocated."""

    IDLE = 0
    STREAMING = 1


@enum.unique
class Event(enum.IntEnum):
    """What happens: calls of the client first, then facts that the transform reports."""

    SET_TYPE = 0
    RENEGOTIATE = 1  # set_output_type in answer to a change
    SET_DEVICE = 2
    INPUT = 3
    OUTPUT = 4
    DRAIN = 5
    FLUSH = 6
    BEGIN = 7
    END = 8
    TYPED = 9  # every stream has a type now
    CLEARED = 10  # some stream has none
    NOTHING_HELD = 11
    MORE_NEEDED = 12  # something is held, but no output can be made
    OUTPUT_READY = 13
    CHANGE_ASKED = 14
    CHANGE_TOLD = 15


@dataclass(frozen=True, slots=True)
class Refusal:
    """A cell of a table that is an error."""

    error: type[MFError]
    message: str

    def __str__(self) -> str:
        return self.error.name


State = TypeVar("State", Data, Change, Resources)
Table = dict[State, dict[Event, State | Refusal]]

UNSET: Final = Refusal(TransformTypeNotSet, "set the input and the output media type first")
BUSY: Final = Refusal(
    CannotChangeMediaTypeWhileProcessing,
    "the media type cannot change while samples are held: drain or flush first",
)
PENDING: Final = Refusal(NotAccepting, "an output sample waits: take it with process_output first")
DRAINED_FIRST: Final = Refusal(
    NotAccepting, "the transform is draining: call process_output until it needs more input"
)
TOLD_FIRST: Final = Refusal(
    NotAccepting, "the output format is about to change: call process_output first"
)
ANSWER_FIRST: Final = Refusal(
    TransformTypeNotSet, "the output format has changed: call set_output_type first"
)
STREAMS: Final = Refusal(InvalidRequest, "the device cannot change while streaming: end it first")
HOLDS: Final = Refusal(InvalidRequest, "the device cannot change while samples are held")
NEVER: Final = Refusal(Unexpected, "the transform's hooks contradict each other")


def _row(
    default: State | Refusal, cells: dict[Event, State | Refusal]
) -> dict[Event, State | Refusal]:
    """A whole row: the cells written out, `default` everywhere else."""
    return {event: cells.get(event, default) for event in Event}


def _held(stay: Data, **cells: Data | Refusal) -> dict[Event, Data | Refusal]:
    """A row of a state in which samples are held."""
    usual: dict[Event, Data | Refusal] = {
        Event.SET_TYPE: BUSY,
        Event.SET_DEVICE: HOLDS,
        Event.FLUSH: Data.EMPTY,
        Event.DRAIN: Data.DRAINING,
        Event.CLEARED: NEVER,
        Event.NOTHING_HELD: Data.EMPTY,
        Event.MORE_NEEDED: Data.HOLDING,
        Event.OUTPUT_READY: Data.FULL,
    }
    return _row(stay, usual | {Event[name]: cell for name, cell in cells.items()})


DATA: Final[Table[Data]] = {
    Data.UNTYPED: _row(
        Data.UNTYPED,
        {
            Event.INPUT: UNSET,
            Event.OUTPUT: UNSET,
            Event.TYPED: Data.EMPTY,
            Event.MORE_NEEDED: NEVER,
            Event.OUTPUT_READY: NEVER,
        },
    ),
    Data.EMPTY: _row(
        Data.EMPTY,
        {
            Event.CLEARED: Data.UNTYPED,
            Event.MORE_NEEDED: Data.HOLDING,
            Event.OUTPUT_READY: Data.FULL,
        },
    ),
    Data.HOLDING: _held(Data.HOLDING),
    Data.FULL: _held(Data.FULL, INPUT=PENDING),
    Data.DRAINING: _held(
        Data.DRAINING, INPUT=DRAINED_FIRST, MORE_NEEDED=NEVER, OUTPUT_READY=Data.DRAINING
    ),
}

CHANGE: Final[Table[Change]] = {
    Change.NONE: _row(Change.NONE, {Event.CHANGE_ASKED: Change.DUE, Event.CHANGE_TOLD: NEVER}),
    Change.DUE: _row(
        Change.DUE,
        {
            Event.INPUT: TOLD_FIRST,
            Event.CHANGE_TOLD: Change.ANNOUNCED,
            Event.CLEARED: Change.NONE,
        },
    ),
    Change.ANNOUNCED: _row(
        Change.ANNOUNCED,
        {
            Event.INPUT: ANSWER_FIRST,
            Event.OUTPUT: ANSWER_FIRST,
            Event.RENEGOTIATE: Change.NONE,
            Event.CLEARED: Change.NONE,
            Event.CHANGE_TOLD: NEVER,
        },
    ),
}

RESOURCES: Final[Table[Resources]] = {
    Resources.IDLE: _row(Resources.IDLE, {Event.BEGIN: Resources.STREAMING}),
    Resources.STREAMING: _row(
        Resources.STREAMING, {Event.END: Resources.IDLE, Event.SET_DEVICE: STREAMS}
    ),
}


def _allowed(cell: State | Refusal) -> State:
    if isinstance(cell, Refusal):
        raise cell.error(cell.message)
    return cell


class Machine:
    """The state of one transform.

    Thread-safety: one caller at a time; the transform's lock sees to it.
    """

    __slots__ = ("change", "changing", "data", "resources")

    def __init__(self) -> None:
        self.data = Data.UNTYPED
        self.change = Change.NONE
        self.resources = Resources.IDLE
        #: Output streams whose change of format is due or announced.
        self.changing: set[int] = set()

    def _next(self, event: Event) -> tuple[Change, Data, Resources]:
        return (
            _allowed(CHANGE[self.change][event]),
            _allowed(DATA[self.data][event]),
            _allowed(RESOURCES[self.resources][event]),
        )

    def check(self, event: Event) -> None:
        """Raise the error that `event` gets in this state; change nothing."""
        self._next(event)

    def step(self, event: Event) -> None:
        """Let `event` happen, wholly or, when it is an error, not at all."""
        self.change, self.data, self.resources = self._next(event)

    def set_types(self, *, complete: bool) -> None:
        """Note that a type was set or cleared; without all types no change is pending."""
        self.step(Event.TYPED if complete else Event.CLEARED)
        if not complete:
            self.changing.clear()

    def ask_change(self, stream: int) -> None:
        """Note that output `stream` needs another media type."""
        self.step(Event.CHANGE_ASKED)
        self.changing.add(stream)

    def set_type_event(self, stream: int) -> Event:
        """What a new output type for `stream` is: an answer to a change, or of free will."""
        if self.change is Change.ANNOUNCED and stream in self.changing:
            return Event.RENEGOTIATE
        return Event.SET_TYPE

    def answer_change(self, stream: int) -> None:
        """Output `stream` has its new media type; the last answer ends the change."""
        if self.changing == {stream}:
            self.step(Event.RENEGOTIATE)
        self.changing.discard(stream)

    @property
    def typed(self) -> bool:
        """Whether every stream has a media type."""
        return self.data is not Data.UNTYPED

    @property
    def streaming(self) -> bool:
        """Whether resources are allocated."""
        return self.resources is Resources.STREAMING

    @property
    def holds_data(self) -> bool:
        """Whether samples are held."""
        return self.data > Data.EMPTY

    @property
    def has_output(self) -> bool:
        """Whether a sample can be made."""
        return self.data is Data.FULL or self.data is Data.DRAINING

    @property
    def accepts(self) -> bool:
        """Whether ``process_input`` may succeed."""
        return self.change is Change.NONE and (self.data is Data.EMPTY or self.data is Data.HOLDING)

    @property
    def produces(self) -> bool:
        """Whether ``process_output`` will have something to say: a sample, or a change."""
        return self.change is Change.DUE or (self.change is Change.NONE and self.has_output)
