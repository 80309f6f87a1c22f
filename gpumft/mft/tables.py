"""The protocol's tables: what each call may do in each state.

Three small machines run side by side, each a *total* table: state x event -> the next state, or
the error that the call gets. ``DATA`` is the flow of samples, ``CHANGE`` a change of the outputs
that the transform asks for, ``RESOURCES`` what streaming has allocated. ``state.Machine`` runs
them.

Typed and with no change announced, at least one of `accepts` and `produces` holds, and exactly one
as soon as an output that is not lazy-read is concerned: a client that does what is allowed never
gets stuck.
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
    LAZY = 4  # output can be made, of lazy-read streams only: input is taken and may displace it
    DRAINING = 5  # output can be made, and no input comes until all of it is taken
    DRAINING_LAZY = 6  # the same, of lazy-read streams only: input ends the drain


@enum.unique
class Change(enum.IntEnum):
    """A change of the outputs, their formats or their number, that the transform asks for."""

    NONE = 0
    DUE = 1  # the next process_output announces it
    NOTICE = 2  # the same, but all outputs are lazy-read: input goes on
    ANNOUNCED = 3  # waits for set_output_type


@enum.unique
class Resources(enum.IntEnum):
    """What streaming needs allocated."""

    IDLE = 0
    STREAMING = 1
    RELEASED = 2  # streaming, but what can be had again was given back


@enum.unique
class Event(enum.IntEnum):
    """What happens: calls of the client first, then facts that the transform reports."""

    SET_TYPE = 0
    SET_TYPE_LATER = 1  # set_input_type of a transform with dynamic format support, samples held
    RENEGOTIATE = 2  # set_output_type in answer to a change
    SET_DEVICE = 3
    INPUT = 4
    OUTPUT = 5
    DRAIN = 6
    FLUSH = 7
    BEGIN = 8
    END = 9
    RELEASE = 10
    REACQUIRE = 11
    TYPED = 12  # every stream that needs a type has one now
    CLEARED = 13  # some stream lacks one
    NOTHING_HELD = 14
    MORE_NEEDED = 15  # something is held, but no output can be made
    OUTPUT_READY = 16
    LAZY_READY = 17  # output can be made, of lazy-read streams only
    CHANGE_ASKED = 18
    NOTICE_ASKED = 19  # a change is asked for while all outputs are lazy-read
    CHANGE_TOLD = 20  # a change was told of, and has to be answered
    NOTICE_TOLD = 21  # a change was told of that needs no answer


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
CHANGING: Final = Refusal(
    CannotChangeMediaTypeWhileProcessing,
    "the output format is changing: take its announcement with process_output, and answer it",
)
STREAMS: Final = Refusal(InvalidRequest, "the device cannot change while streaming: end it first")
HOLDS: Final = Refusal(InvalidRequest, "the device cannot change while samples are held")
NEVER: Final = Refusal(Unexpected, "the transform's hooks contradict each other")


def _row(
    default: State | Refusal, cells: dict[Event, State | Refusal]
) -> dict[Event, State | Refusal]:
    """A whole row: the cells written out, `default` everywhere else."""
    return {event: cells.get(event, default) for event in Event}


def _held(
    stay: Data, drains: Data = Data.DRAINING, **cells: Data | Refusal
) -> dict[Event, Data | Refusal]:
    """A row of a state in which samples are held; `drains` is what a drain makes of it."""
    usual: dict[Event, Data | Refusal] = {
        Event.SET_TYPE: BUSY,
        Event.SET_TYPE_LATER: drains,
        Event.SET_DEVICE: HOLDS,
        Event.FLUSH: Data.EMPTY,
        Event.DRAIN: drains,
        Event.CLEARED: NEVER,
        Event.NOTHING_HELD: Data.EMPTY,
        Event.MORE_NEEDED: Data.HOLDING,
        Event.OUTPUT_READY: Data.FULL,
        Event.LAZY_READY: Data.LAZY,
    }
    return _row(stay, usual | {Event[name]: cell for name, cell in cells.items()})


def _draining(stay: Data, input: Data | Refusal) -> dict[Event, Data | Refusal]:
    """A row of a state in which a drain is under way."""
    return _held(
        stay,
        stay,
        INPUT=input,
        MORE_NEEDED=NEVER,
        OUTPUT_READY=Data.DRAINING,
        LAZY_READY=Data.DRAINING_LAZY,
    )


DATA: Final[Table[Data]] = {
    Data.UNTYPED: _row(
        Data.UNTYPED,
        {
            Event.INPUT: UNSET,
            Event.OUTPUT: UNSET,
            Event.TYPED: Data.EMPTY,
            Event.MORE_NEEDED: NEVER,
            Event.OUTPUT_READY: NEVER,
            Event.LAZY_READY: NEVER,
        },
    ),
    Data.EMPTY: _row(
        Data.EMPTY,
        {
            Event.CLEARED: Data.UNTYPED,
            Event.MORE_NEEDED: Data.HOLDING,
            Event.OUTPUT_READY: Data.FULL,
            Event.LAZY_READY: Data.LAZY,
        },
    ),
    Data.HOLDING: _held(Data.HOLDING),
    Data.FULL: _held(Data.FULL, INPUT=PENDING),
    Data.LAZY: _held(Data.LAZY, Data.DRAINING_LAZY),
    Data.DRAINING: _draining(Data.DRAINING, DRAINED_FIRST),
    Data.DRAINING_LAZY: _draining(Data.DRAINING_LAZY, Data.EMPTY),
}


def _asked(stay: Change, input: Change | Refusal) -> dict[Event, Change | Refusal]:
    """A row of a state in which the client is still to be told."""
    return _row(
        stay,
        {
            Event.SET_TYPE_LATER: CHANGING,
            Event.INPUT: input,
            Event.CLEARED: Change.NONE,
            Event.CHANGE_ASKED: Change.DUE,
            Event.NOTICE_ASKED: Change.NOTICE,
            Event.CHANGE_TOLD: Change.ANNOUNCED,
            Event.NOTICE_TOLD: Change.NONE,
        },
    )


CHANGE: Final[Table[Change]] = {
    Change.NONE: _row(
        Change.NONE,
        {
            Event.CHANGE_ASKED: Change.DUE,
            Event.NOTICE_ASKED: Change.NOTICE,
            Event.CHANGE_TOLD: NEVER,
            Event.NOTICE_TOLD: NEVER,
        },
    ),
    Change.DUE: _asked(Change.DUE, TOLD_FIRST),
    Change.NOTICE: _asked(Change.NOTICE, Change.NOTICE),
    Change.ANNOUNCED: _row(
        Change.ANNOUNCED,
        {
            Event.SET_TYPE_LATER: CHANGING,
            Event.INPUT: ANSWER_FIRST,
            Event.OUTPUT: ANSWER_FIRST,
            Event.RENEGOTIATE: Change.NONE,
            Event.CLEARED: Change.NONE,
            Event.CHANGE_TOLD: NEVER,
            Event.NOTICE_TOLD: NEVER,
        },
    ),
}

RESOURCES: Final[Table[Resources]] = {
    Resources.IDLE: _row(Resources.IDLE, {Event.BEGIN: Resources.STREAMING}),
    Resources.STREAMING: _row(
        Resources.STREAMING,
        {
            Event.SET_DEVICE: STREAMS,
            Event.END: Resources.IDLE,
            Event.RELEASE: Resources.RELEASED,
        },
    ),
    Resources.RELEASED: _row(
        Resources.RELEASED,
        {
            Event.SET_DEVICE: STREAMS,
            Event.BEGIN: Resources.STREAMING,
            Event.END: Resources.IDLE,
            Event.REACQUIRE: Resources.STREAMING,
        },
    ),
}
