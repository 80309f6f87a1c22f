"""The rows of a transform's table of streams."""

from __future__ import annotations

from collections import deque
from typing import Any, Generic, TypeVar

from gpumft.errors import NotImplementedMF, TransformTypeNotSet
from gpumft.mft.payload import Payload

S = TypeVar("S", bound=Payload)
T = TypeVar("T")


class Stream(Generic[T]):
    """An identifier and the type that was set, or None: the stream is then deselected."""

    __slots__ = ("attributes", "id", "type")

    def __init__(self, id: int) -> None:
        self.id = id
        self.type: T | None = None
        #: None: the stream has no attributes (E_NOTIMPL).
        self.attributes: dict[str, Any] | None = None

    @property
    def told_type(self) -> T | None:
        """The type that the client set last."""
        return self.type


class InputStream(Stream[T], Generic[S, T]):
    """An input stream, with the samples that were accepted and not yet used up, oldest first."""

    __slots__ = ("accepted", "events", "held", "next_type")

    def __init__(self, id: int) -> None:
        super().__init__(id)
        self.held: deque[S] = deque()
        #: Set while samples of the old type were held, and in force once their output is out.
        self.next_type: T | None = None
        #: How many samples were ever accepted.
        self.accepted = 0
        #: Events to be returned, each with the number of samples accepted before it came.
        self.events: deque[tuple[int, object]] = deque()

    @property
    def told_type(self) -> T | None:
        """The type that the client set last."""
        return self.type if self.next_type is None else self.next_type

    def take_events(self, *, all: bool) -> list[object]:
        """Remove and return the events that belong before the oldest sample held; or all."""
        place = self.accepted - len(self.held)
        taken = []
        while self.events and (all or self.events[0][0] <= place):
            taken.append(self.events.popleft()[1])
        return taken


class OutputStream(Stream[T]):
    """An output stream.

    `lazy` is its LAZY_READ flag; `gap` says that output was dropped since the last sample.
    """

    __slots__ = ("gap", "lazy")

    def __init__(self, id: int) -> None:
        super().__init__(id)
        self.lazy = False
        self.gap = False


def attributes_of(stream: Stream[Any]) -> dict[str, Any]:
    """A stream's attributes.

    Raises:
        NotImplementedMF: it has none.
    """
    if stream.attributes is None:
        raise NotImplementedMF(f"stream {stream.id} has no attributes")
    return stream.attributes


def type_of(stream: Stream[T], side: str) -> T:
    """The media type that a client set.

    Raises:
        TransformTypeNotSet: there is none.
    """
    if stream.told_type is None:
        raise TransformTypeNotSet(f"set the {side} media type of stream {stream.id} first")
    return stream.told_type
