"""What ``model`` remembers of a transform: lists, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

NEEDS = {"copy": 1, "ahead": 2, "double": 1, "pairs": 2}


@dataclass(frozen=True)
class Spec:
    """A transform to be modelled.

    `outputs` has the flags of each output: L lazy-read, D discardable, O optional, P provides.
    """

    kind: str = "copy"
    inputs: int = 1
    outputs: tuple[str, ...] = ("",)
    temporal: bool = False
    dynamic: bool = False
    varies: bool = False

    def flags(self, id: int) -> str:
        return self.outputs[id] if id < len(self.outputs) else "O" if id >= 50 else ""


class Item(NamedTuple):
    """A sample that was accepted: the `place`-th of its input."""

    value: int
    gap: bool
    place: int


@dataclass
class ModelState:
    """The state of a transform."""

    spec: Spec
    input_types: dict[int, str | None] = field(default_factory=dict)
    output_types: dict[int, str | None] = field(default_factory=dict)
    held: dict[int, list[Item]] = field(default_factory=dict)
    offered: dict[int, int] = field(default_factory=dict)
    events: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    half: bool = False
    draining: bool = False
    behind_gap: tuple[int, Item] | None = None
    drain_goes_on: bool = False
    lost: set[int] = field(default_factory=set)
    next_type: str | None = None
    streaming: str = "no"
    due: set[int] = field(default_factory=set)
    new: dict[int, None] = field(default_factory=dict)
    ending: set[int] = field(default_factory=set)
    unanswered: set[int] = field(default_factory=set)
    choosable: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for id in range(self.spec.inputs):
            self.input_types[id], self.held[id] = None, []
            self.offered[id], self.events[id] = 0, []
        self.output_types = dict.fromkeys(range(len(self.spec.outputs)))

    # --- What follows from the state ---

    @property
    def ins(self) -> list[int]:
        return [id for id, type in self.input_types.items() if type]

    @property
    def outs(self) -> list[int]:
        return [id for id, type in self.output_types.items() if type]

    @property
    def typed(self) -> bool:
        """Input 0 is mandatory, the others optional; so are outputs with an O."""
        needed = [id for id in self.output_types if "O" not in self.spec.flags(id)]
        return bool(self.input_types[0] and self.outs) and set(needed) <= {
            *self.outs,
            *self.unanswered,
        }

    @property
    def holds(self) -> bool:
        return any(self.held.values())

    @property
    def ready(self) -> bool:
        least = 1 if self.draining and self.spec.kind == "ahead" else NEEDS[self.spec.kind]
        return self.typed and all(len(self.held[id]) >= least for id in self.ins)

    @property
    def lazy(self) -> bool:
        return all("L" in self.spec.flags(id) for id in self.outs)

    @property
    def to_tell(self) -> bool:
        return bool(self.due or self.new or self.ending) and not self.unanswered

    # --- What happens of itself ---

    def appear_and_go(self) -> None:
        for id in self.ending:
            del self.output_types[id]
        self.output_types |= self.new
        self.ending, self.new = set(), {}

    def value(self) -> int:
        if self.spec.kind in ("ahead", "pairs"):
            return sum(item.value for item in self.held[0][:2])
        return sum(self.held[id][0].value for id in self.ins)

    def source_gap(self) -> bool:
        return self.spec.kind in ("copy", "ahead") and self.held[self.ins[0]][0].gap

    def use_up(self) -> None:
        """One output has gone: forget the samples that no other needs."""
        if self.spec.kind == "double":
            self.half = not self.half
            if self.half:
                return
        for id in self.ins:
            del self.held[id][: 2 if self.spec.kind == "pairs" else 1]

    def go_on(self) -> None:
        """End a drain that has no more output: drop the rest, start anew."""
        while self.draining and not self.ready:
            behind, goes_on = self.behind_gap, self.drain_goes_on
            if self.holds:
                self.lose()
            self.forget()
            if behind:
                self.held[behind[0]].append(behind[1])
                self.draining = goes_on
            else:
                self.adopt()

    def lose(self) -> None:
        self.lost |= set(self.outs)

    def forget(self) -> None:
        for items in self.held.values():
            items.clear()
        self.half, self.draining, self.behind_gap = False, False, None
        self.drain_goes_on = False

    def drop(self) -> None:
        if self.holds:
            self.lose()
        self.forget()
        self.adopt()

    def adopt(self) -> None:
        """A type that waited for the samples before it is in force."""
        if self.next_type:
            self.input_types[0], self.next_type = self.next_type, None
            self.due |= {id for id in self.outs if self.output_types[id] != self.input_types[0]}
            if self.due:
                self.due = set(self.outs)
