"""What a synchronous transform answers, told by lists alone and written from the contract.

It shares no line with the package but the numbers of HRESULTs and flags. Every method returns the
HRESULT (0: success) or what the call returns; nothing is raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpumft import errors as e
from tests.mft.model_state import NEEDS, Item, ModelState

OK, NEED_MORE_INPUT, STREAM_CHANGE = 0, 0xC00D6D72, 0xC00D6D61
FORMAT_CHANGE, STREAM_END, NO_SAMPLE, INCOMPLETE = 0x100, 0x200, 0x300, 0x01000000
NEW_STREAMS = 0x100


@dataclass
class Model(ModelState):
    """The answers of a transform."""

    # --- States and status ---

    def states(self) -> tuple[str, str, str]:
        """The three states of the protocol's page: data, change, resources."""
        lazy = "LAZY" if self.lazy else ""
        if not self.typed:
            data = "UNTYPED"
        elif self.draining:
            data = f"DRAINING_{lazy}".rstrip("_")
        elif self.ready:
            data = lazy or "FULL"
        else:
            data = "HOLDING" if self.holds else "EMPTY"
        change = "ANNOUNCED" if self.unanswered else "NONE"
        if self.to_tell:
            change = "NOTICE" if lazy else "DUE"
        streaming = {"no": "IDLE", "yes": "STREAMING", "released": "RELEASED"}[self.streaming]
        return data, change, streaming

    def input_status(self, id: int) -> int:
        if id not in self.input_types:
            return e.MF_E_INVALIDSTREAMNUMBER
        if not self.typed or not self.input_types[id]:
            return e.MF_E_TRANSFORM_TYPE_NOT_SET
        if self.unanswered or (self.to_tell and not self.lazy):
            return 0
        if self.ready or self.draining:
            return int(self.lazy)
        return int(len(self.held[id]) < NEEDS[self.spec.kind])

    def output_status(self) -> int:
        needed = [id for id in self.output_types if "O" not in self.spec.flags(id)]
        if not self.typed and any(not self.output_types[id] for id in needed):
            return e.MF_E_TRANSFORM_TYPE_NOT_SET
        return int(self.to_tell or (self.ready and not self.unanswered))

    # --- Types ---

    def set_input_type(self, type: str | None, id: int, test_only: bool) -> int:
        if id not in self.input_types:
            return e.MF_E_INVALIDSTREAMNUMBER
        later = self.spec.dynamic and type is not None and self.holds
        changing = self.due or self.new or self.ending or self.unanswered
        if (self.holds and not later) or (later and changing):
            return e.MF_E_TRANSFORM_CANNOT_CHANGE_MEDIATYPE_WHILE_PROCESSING
        if type == "green":
            return e.MF_E_INVALIDMEDIATYPE
        if test_only:
            return OK
        if later:
            if self.next_type:
                return e.MF_E_TRANSFORM_CANNOT_CHANGE_MEDIATYPE_WHILE_PROCESSING
            self.next_type, self.draining = type, True
            self.drain_goes_on = self.behind_gap is not None
            self.go_on()
            return OK
        if id == 0 and type and any(self.output_types[out] != type for out in self.outs):
            self.output_types = dict.fromkeys(self.output_types)
        self.input_types[id] = type
        self.types_changed()
        return OK

    def set_output_type(self, type: str | None, id: int, test_only: bool) -> int:
        if id not in self.output_types:
            return e.MF_E_INVALIDSTREAMNUMBER
        answers = type is not None and (id in self.unanswered or id in self.choosable)
        if self.holds and not answers:
            return e.MF_E_TRANSFORM_CANNOT_CHANGE_MEDIATYPE_WHILE_PROCESSING
        if type is not None and not self.input_types[0]:
            return e.MF_E_TRANSFORM_TYPE_NOT_SET
        if type is not None and type != self.input_types[0]:
            return e.MF_E_INVALIDMEDIATYPE
        if test_only:
            return OK
        self.output_types[id] = type
        if answers:
            self.unanswered.discard(id)
            self.choosable.discard(id)
            self.streaming = "no"
            return OK
        self.types_changed()
        return OK

    def types_changed(self) -> None:
        """New streams without a type are missing when others get theirs of free will."""
        self.streaming = "no"
        waiting, self.unanswered = self.unanswered, set()
        if self.typed:
            self.unanswered = waiting
            return
        self.appear_and_go()
        self.due.clear()

    # --- Samples ---

    def process_input(self, value: int, gap: bool, id: int, flags: int, refuses: bool) -> int:
        if id not in self.input_types:
            return e.MF_E_INVALIDSTREAMNUMBER
        if flags:
            return e.E_INVALIDARG
        if not self.typed or not self.input_types[id] or self.unanswered:
            return e.MF_E_TRANSFORM_TYPE_NOT_SET
        if not self.input_status(id):
            return e.MF_E_NOTACCEPTING
        if refuses:
            return e.MF_E_INVALID_STREAM_DATA
        self.streaming = "yes"
        if self.draining:  # all outputs are lazy-read
            self.drop()
        while len(self.held[id]) >= NEEDS[self.spec.kind]:
            self.lose()
            self.use_up()
        item = Item(value, gap, self.offered[id])
        self.offered[id] += 1
        if self.spec.temporal and gap and self.holds:
            self.behind_gap, self.draining = (id, item), True
        else:
            self.held[id].append(item)
        self.go_on()
        return OK

    def process_output(
        self, entries: list[tuple[int, bool]], flags: int, fails: bool
    ) -> int | tuple[int, int, list[Any]]:
        """Flow, status, and per entry its status, value, discontinuity and events."""
        wrong = self.wrong_flags(flags) or self.wrong_entries([id for id, _ in entries])
        if wrong:
            return wrong
        ids = [id for id, _ in entries] if self.spec.varies else self.outs  # else by place
        bring = [
            self.who_brings(id, mine, flags) for id, (_, mine) in zip(ids, entries, strict=True)
        ]
        if "error" in bring:
            return e.E_INVALIDARG
        if not self.to_tell and not self.ready:
            return NEED_MORE_INPUT, 0, [(0, None, False, None)] * len(ids)
        if self.due or self.new:
            return self.tell(ids)
        self.streaming = "yes" if self.ready else self.streaming
        going = [id for id, how in zip(ids, bring, strict=True) if how != "discard"]
        if fails and self.ready and not self.ending.issuperset(going):
            return e.E_FAIL
        return self.deliver(ids, bring)

    def wrong_flags(self, flags: int) -> int:
        return e.E_INVALIDARG if flags & ~3 else e.E_NOTIMPL if flags & 2 else 0

    def wrong_entries(self, ids: list[int]) -> int:
        if not self.typed or self.unanswered:
            right = 0 < len(ids) <= len(self.output_types)
            return e.MF_E_TRANSFORM_TYPE_NOT_SET if right else e.E_INVALIDARG
        if len(ids) != len(self.outs):
            return e.E_INVALIDARG
        if self.spec.varies and not set(ids) <= set(self.output_types):
            return e.MF_E_INVALIDSTREAMNUMBER
        return e.E_INVALIDARG if self.spec.varies and sorted(ids) != sorted(self.outs) else 0

    def who_brings(self, id: int, mine: bool, flags: int) -> str:
        own = self.spec.flags(id)
        if mine:
            return "error" if "P" in own else "fill"
        if flags & 1:
            return "discard" if "D" in own or "L" in own else "error"
        return "provide" if "P" in own else "error"

    def tell(self, ids: list[int]) -> tuple[int, int, list[Any]]:
        status = NEW_STREAMS if self.new else 0
        told = [
            STREAM_END if id in self.ending else FORMAT_CHANGE if id in self.due else 0
            for id in ids
        ]
        self.unanswered = self.due | {id for id in self.new if "O" not in self.spec.flags(id)}
        self.choosable |= self.new.keys() - self.unanswered
        self.due = set()
        self.appear_and_go()
        self.without_outputs()
        return STREAM_CHANGE, status, [(one, None, False, None) for one in told]

    def deliver(self, ids: list[int], bring: list[str]) -> tuple[int, int, list[Any]]:
        was_ready, was_draining, ended = self.ready, self.draining, set(self.ending)
        made = {}
        for id, how in zip(ids, bring, strict=True):
            if was_ready and how != "discard" and id not in ended:
                made[id] = (self.value() + 100 * id, id in self.lost or self.source_gap())
                self.lost.discard(id)
            elif was_ready:
                self.lost.add(id)
        events = self.due_events()
        if was_ready:
            self.use_up()
            self.go_on()
        if was_draining and not self.holds:
            for id in self.ins:
                events += [name for _, name in self.events[id]]
                self.events[id] = []
        answer = []
        for id in ids:
            value, gap = made.get(id, (None, False))
            status = STREAM_END if id in ended else NO_SAMPLE if value is None else 0
            if value is not None and self.ready:
                status = INCOMPLETE
            answer.append((status, value, gap, events or None))
        if ended:
            self.appear_and_go()
            self.lost -= ended
            self.due -= ended
            self.without_outputs()
        return OK, 0, answer

    def without_outputs(self) -> None:
        """With the last selected output gone there is nothing left to do."""
        if not self.outs:
            self.forget()
            self.adopt()
            self.unanswered = set()
            self.appear_and_go()
            self.streaming = "no"

    def due_events(self) -> list[str]:
        """The events that came before the oldest sample of their input."""
        names = []
        for id in self.ins:
            waits = self.behind_gap is not None and self.behind_gap[0] == id
            oldest = self.held[id][0].place if self.held[id] else self.offered[id] - waits
            names += [name for before, name in self.events[id] if before <= oldest]
            self.events[id] = [event for event in self.events[id] if event[0] > oldest]
        return names

    # --- Messages, events, changes ---

    def flush(self) -> int:
        self.drop()
        for events in self.events.values():
            events.clear()
        return OK

    def drain(self) -> int:
        if self.holds:
            self.draining, self.drain_goes_on = True, self.behind_gap is not None
            self.go_on()
        return OK

    def stream(self, message: str) -> int:
        """BEGIN_STREAMING and its relatives."""
        if message == "begin_streaming" and self.typed:
            self.streaming = "yes"
        elif message == "end_streaming":
            self.streaming = "no"
        elif message == "release_resources" and self.streaming == "yes":
            self.streaming = "released"
        elif message == "reacquire_resources" and self.streaming == "released":
            self.streaming = "yes"
        return OK

    def set_device(self) -> int:
        return e.MF_E_INVALIDREQUEST if self.streaming != "no" or self.holds else OK

    def process_event(self, name: str, id: int) -> int:
        if id not in self.input_types:
            return e.MF_E_INVALIDSTREAMNUMBER
        self.events[id].append((self.offered[id], name))
        return OK

    def ask_change(self, id: int) -> None:
        self.due.add(id)

    def add(self, id: int) -> None:
        if self.typed:
            self.new[id] = None
        else:
            self.output_types[id] = None

    def end(self, id: int) -> int:
        if id not in {*self.output_types, *self.new} - self.ending:
            return e.MF_E_INVALIDSTREAMNUMBER
        if len(self.output_types) + len(self.new) - len(self.ending) < 2:
            return e.MF_E_INVALIDREQUEST
        if id in self.new:
            del self.new[id]
            return OK
        self.due.discard(id)
        self.unanswered.discard(id)
        self.choosable.discard(id)
        if self.typed and self.output_types[id]:
            self.ending.add(id)
        else:
            del self.output_types[id]
        return OK
