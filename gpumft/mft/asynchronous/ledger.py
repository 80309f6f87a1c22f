"""The books of an asynchronous transform: credits, and what waits where.

An input passes through three places: `waiting` (accepted, not yet given to the transform), `inside`
(given to it, its output not complete) and, as output, `ready` (announced, not yet taken). The
ledger knows neither threads nor transforms: it is told what happened and answers with the events
that are due, in their order.

Source: Asynchronous MFTs, "Data Processing", "Draining", "Flushing".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from itertools import chain, islice
from typing import Generic, TypeVar

from gpumft.errors import NotAccepting, TransformTypeNotSet
from gpumft.mft.asynchronous.entries import (
    Arrival,
    Change,
    Drain,
    Entry,
    Failure,
    Item,
    Output,
    Short,
    Told,
    mark_break,
)
from gpumft.mft.asynchronous.events import (
    DrainComplete,
    HaveOutput,
    InputStreamStateChanged,
    Marker,
    MediaEvent,
    NeedInput,
)
from gpumft.mft.flags import Message, ProcessOutputStatus
from gpumft.mft.payload import Payload

S = TypeVar("S", bound=Payload)


class Ledger(Generic[S]):
    """The credits of one transform.

    Args:
        slots: inputs and outputs under way on one input stream, what the transform itself keeps
            to look ahead not counted. 2: one is worked on while another waits.

    Thread-safety: none of its own; the transform's lock sees to it.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        #: Selected input streams, and how many inputs each may still be given.
        self.credits: dict[int, int] = {}
        self.waiting: deque[Item[S]] = deque()
        self.inside: deque[Arrival[S]] = deque()
        self.ready: deque[Entry[S]] = deque()
        #: Contexts of markers, each with the number of the last sample or drain before it.
        self.markers: deque[tuple[object, int]] = deque()
        #: Outputs whose change the client was told of and has not answered.
        self.unanswered: set[int] = set()
        self.ended: set[int] = set()
        self.started = False
        #: Whether every stream that is not optional has a type.
        self.typed = False
        #: Whether all outputs are lazy-read: the oldest output makes room for the newest.
        self.lazy = False
        #: Whether the transform has output that was not yet asked for.
        self.full = False
        #: Whether the transform was told to drain and still has output.
        self.draining = False
        #: Whether a flush has come since the last output.
        self.dropped = False
        self._count = 0
        # A change that a flush has dropped before the client heard of it.
        self._untold: Change | None = None

    # --- Questions ---

    @property
    def blocked(self) -> bool:
        """Whether no work can be done before the client has taken or answered something."""
        last = self.ready[-1] if self.ready else None
        stuck = last is not None and not isinstance(last, Output)
        return stuck or bool(self.unanswered)

    @property
    def room(self) -> bool:
        """Whether another output may be made ahead."""
        return self.lazy or len(self.ready) < self.slots

    @property
    def under_way(self) -> bool:
        """Whether samples or output are anywhere."""
        arrivals = any(isinstance(item, Arrival) for item in self.waiting)
        return arrivals or self.full or bool(self.inside or self.ready)

    def check_input(self, id: int) -> None:
        """Raise what ``process_input`` answers now; change nothing.

        Raises:
            TransformTypeNotSet: types are missing, or a change of format is unanswered.
            NotAccepting: the stream has no credit.
        """
        self.check_types()
        if id not in self.credits:
            raise TransformTypeNotSet(f"input stream {id} has no media type: it is deselected")
        if not self.credits[id]:
            why = "wait for NeedInput" if self.started else "send START_OF_STREAM first"
            raise NotAccepting(f"input stream {id} has no credit: {why}")

    def check_types(self) -> None:
        """Raise TransformTypeNotSet while types are missing or a change is unanswered."""
        if not self.typed:
            raise TransformTypeNotSet("set the input and the output media types first")
        if self.unanswered:
            raise TransformTypeNotSet(
                f"the format of output {sorted(self.unanswered)} has changed: "
                "call set_output_type first"
            )

    def next(self, accepting: Collection[int]) -> Item[S] | None:
        """Return what the transform should get next, None if nothing can go in.

        Args:
            accepting: the input streams that the transform takes a sample on.
        """
        full: set[int] = set()
        for item in self.waiting:
            match item:
                case Arrival(id=id):
                    if id in accepting and id not in full:
                        return item
                    full.add(id)
                case Told(param=id) if id in full and item.message is Message.END_OF_STREAM:
                    continue
                case _:
                    return item
        return None

    # --- What the client does ---

    def select(self, ids: Iterable[int], *, typed: bool, lazy: bool) -> list[MediaEvent]:
        """The input streams with a type are these now."""
        before = self.credits
        self.typed, self.lazy = typed, lazy
        self.credits = {id: before.get(id, 0) for id in ids}
        if not self.started:
            return []
        changed = sorted(before.keys() ^ self.credits.keys())
        return [*map(InputStreamStateChanged, changed), *self._due()]

    def start(self) -> list[MediaEvent]:
        """START_OF_STREAM."""
        self.started = True
        self.ended.clear()
        self.waiting.append(Told(Message.START_OF_STREAM, 0))
        change, self._untold = self._untold, None
        if change is None or not (change.ids or change.ended or change.status):
            return self._due()
        return self.produced(change)

    def end(self, id: int) -> None:
        """END_OF_STREAM."""
        self.ended.add(id)
        self.credits[id] = 0
        self.waiting.append(Told(Message.END_OF_STREAM, id))

    def drain(self, id: int) -> None:
        """DRAIN."""
        self.started = False
        self.credits = dict.fromkeys(self.credits, 0)
        self._count += 1
        self.waiting.append(Drain(id, self._count))

    def mark(self, context: object) -> list[MediaEvent]:
        """MARKER."""
        self.markers.append((context, self._count))
        return self._due()

    def flush(self) -> None:
        """FLUSH."""
        for entry in self.ready:
            self._keep_news(entry)
        self.dropped = True
        self.started = self.full = self.draining = False
        self.credits = dict.fromkeys(self.credits, 0)
        for place in (self.waiting, self.inside, self.ready, self.markers):
            place.clear()

    def accept(self, sample: S, id: int) -> None:
        """``process_input`` has brought a sample; `check_input` has allowed it."""
        self.credits[id] -= 1
        self._count += 1
        self.waiting.append(Arrival(sample, id, self._count))

    def known(self, selected: Iterable[int]) -> set[int]:
        """The outputs with a type as the client sees it: ends that are `ready` are still untold."""
        told = [entry.outputs for entry in self.ready if isinstance(entry, Output | Change)]
        return {*selected, *chain.from_iterable(told)}

    def taken(self) -> list[MediaEvent]:
        """``process_output`` has taken the oldest entry."""
        entry = self.ready.popleft()
        if isinstance(entry, Change):
            self.unanswered |= entry.ids
        return self._due()

    def answered(self, id: int) -> list[MediaEvent]:
        """``set_output_type`` has answered a change."""
        self.unanswered.discard(id)
        if self._untold:
            self._untold.ids.discard(id)
        return self._due()

    # --- What the worker has done ---

    def given(self, item: Item[S], *, full: bool) -> list[MediaEvent]:
        """The transform has got an item of `waiting`."""
        self.full = full
        if isinstance(item, Drain):
            self.draining = True
            return []
        self.waiting.remove(item)
        if isinstance(item, Arrival):
            self.inside.append(item)
        return self._due()

    def produced(
        self, entry: Entry[S], *, full: bool = False, done: Collection[Arrival[S]] = ()
    ) -> list[MediaEvent]:
        """An entry of `ready` can be taken; the transform has made all output of `done`."""
        self.full = full
        self.ready.append(entry)
        if self.lazy and len(self.ready) > self.slots and isinstance(entry, Output):
            dropped = self._drop_oldest()
            if dropped:  # its HaveOutput stands for the next one
                return self.use_up(done)
        return [HaveOutput(), *self.use_up(done)]

    def _drop_oldest(self) -> bool:
        """Drop the oldest output that tells of no end, if the newest is not the only one."""
        plain = [e for e in self.ready if isinstance(e, Output) and not e.ended]
        if not plain or plain[0] is self.ready[-1]:
            return False
        place = self.ready.index(plain[0])
        del self.ready[place]
        mark_break(next(e for e in islice(self.ready, place, None) if isinstance(e, Output)))
        return True

    def _keep_news(self, entry: Entry[S]) -> None:
        """Remember what an entry that is dropped would have told of the outputs."""
        if not isinstance(entry, Change | Output) or not (isinstance(entry, Change) or entry.ended):
            return
        news = self._untold or Change(set(), (), ProcessOutputStatus.NONE)
        ids, status, outputs = news.ids, news.status, {*news.outputs, *entry.outputs}
        if isinstance(entry, Change):
            ids, status = ids | entry.ids, status | entry.status
        ended = news.ended | entry.ended
        self._untold = Change(ids - ended, tuple(sorted(outputs)), status, ended)

    def use_up(self, done: Collection[Arrival[S]]) -> list[MediaEvent]:
        """The transform has made all output of these."""
        if done:
            self.inside = deque(arrival for arrival in self.inside if arrival not in done)
        return self._due()

    def drained(self) -> list[MediaEvent]:
        """The transform has no more output after it was told to drain."""
        self.draining = False
        self.inside.clear()
        first = self.waiting[0] if self.waiting else None
        if not isinstance(first, Drain):
            return self._due()  # samples that the transform did not take before are still to come
        before = self._reached()
        self.waiting.popleft()
        return [*before, DrainComplete(first.id), *self._due()]

    # --- Inner ---

    def _due(self) -> list[MediaEvent]:
        return [*self._reached(), *self._requests()]

    def _reached(self) -> list[MediaEvent]:
        """Take away the markers that nothing is under way before."""
        pending = [item for item in (*self.inside, *self.waiting) if not isinstance(item, Told)]
        first = min((item.number for item in pending), default=self._count + 1)
        events: list[MediaEvent] = []
        while self.markers and self.markers[0][1] < first:
            events.append(Marker(self.markers.popleft()[0]))
        return events

    def _requests(self) -> list[MediaEvent]:
        """Give the credits that are free."""
        drains = any(isinstance(item, Drain) for item in self.waiting)
        if not self.started or not self.typed or self.unanswered or drains:
            return []
        # What could not be made is in `ready` already, as the reason why.
        unmade = bool(self.ready) and isinstance(self.ready[-1], Short | Failure)
        output = 0 if self.lazy else len(self.ready) + (self.full and not unmade)
        events: list[MediaEvent] = []
        for id in sorted(self.credits.keys() - self.ended):
            waiting = sum(isinstance(item, Arrival) and item.id == id for item in self.waiting)
            asked = max(0, self.slots - self.credits[id] - waiting - output)
            self.credits[id] += asked
            events += [NeedInput(id) for _ in range(asked)]
        return events
