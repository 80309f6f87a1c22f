"""What waits in an asynchronous transform: on its way in, and ready to be taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gpumft.mft.flags import (
    Message,
    OutputBufferStatus,
    OutputStreamFlags,
    ProcessOutputStatus,
)
from gpumft.mft.infos import OutputDataBuffer
from gpumft.mft.payload import Payload

_STREAM_END = OutputBufferStatus.STREAM_END
S = TypeVar("S", bound=Payload)


@dataclass(slots=True, eq=False)
class Arrival(Generic[S]):
    """A sample that was accepted on an input stream; all samples and drains are numbered."""

    sample: S
    id: int
    number: int


@dataclass(slots=True, eq=False)
class Told:
    """A message that the transform hears once the samples before it are inside."""

    message: Message
    param: object


@dataclass(slots=True, eq=False)
class Drain:
    """DRAIN: what comes later waits until all output of what came before is announced."""

    id: int
    number: int


@dataclass(slots=True, eq=False)
class Output(Generic[S]):
    """One sample for each output stream."""

    buffers: dict[int, OutputDataBuffer[S]]
    flags: dict[int, OutputStreamFlags]

    @property
    def outputs(self) -> tuple[int, ...]:
        """The streams that it is of."""
        return tuple(self.buffers)

    @property
    def ended(self) -> set[int]:
        """The streams that end with it."""
        return {id for id, made in self.buffers.items() if made.status == _STREAM_END}


@dataclass(slots=True, eq=False)
class Change:
    """The outputs are others: `ids` need new media types, `ended` are gone, some may be new."""

    ids: set[int]
    outputs: tuple[int, ...]
    status: ProcessOutputStatus
    ended: set[int] = field(default_factory=set)

    def status_of(self, id: int) -> OutputBufferStatus:
        """What the client's entry for an output says."""
        if id in self.ended:
            return _STREAM_END
        changed = id in self.ids
        return OutputBufferStatus.FORMAT_CHANGE if changed else OutputBufferStatus.NONE


@dataclass(slots=True, eq=False)
class Failure:
    """The transform failed; to be raised once, then the work is tried again."""

    error: BaseException


class Short:
    """The transform's pool was empty; whoever takes the output tries again."""


Item = Arrival[S] | Told | Drain
Entry = Output[S] | Change | Failure | Short


def mark_break(entry: Entry[S]) -> None:
    """Say that this output does not follow from the one before."""
    if isinstance(entry, Output):
        for buffer in entry.buffers.values():
            if buffer.sample is not None:
                buffer.sample.discontinuity = True
