"""What is written together: the components of a target, in groups that one kernel stores."""

from __future__ import annotations

from dataclasses import dataclass

from gpumft.device.program import Program, Write
from gpumft.media.formats import Component
from gpumft.resample.taps import Taps


@dataclass(frozen=True, slots=True)
class Group:
    """Writes that one kernel stores side by side, on one grid."""

    writes: tuple[Write, ...]
    merge: bool
    """Whether the component shares its words with one that is stored before."""

    @property
    def component(self) -> Component:
        """One for all: they differ only in their place."""
        return self.writes[0].component

    @property
    def taps(self) -> tuple[Taps, Taps] | None:
        """Vertical and horizontal, where any channel has some."""
        for write in self.writes:
            if write.channel is not None and write.vertical and write.horizontal:
                return write.vertical, write.horizontal
        return None


def groups(program: Program) -> list[Group]:
    """Return every component of the target, those without a Write as constants."""
    layout = program.target.layout
    given = {w.component.name: w for w in program.writes if w.component.name != "x"}
    writes = []
    for index, component in enumerate(layout.components):
        constant = program.background[index]
        if component.name == "x":
            constant = float((1 << component.depth) - 1)
        missing = Write(component, None, constant, None, None, 0.0, 0.0)
        writes.append(given.get(component.name, missing))
    found: list[Group] = []
    for index in range(len(layout.planes)):
        own = [w for w in writes if w.component.plane == index]
        own.sort(key=lambda w: w.component.offset)
        together = not layout.packed and [w.component.step for w in own] == [len(own)] * len(own)
        if together and len({(w.component.shift, w.component.depth) for w in own}) == 1:
            found.append(Group(tuple(own), merge=False))
        else:
            found += [Group((w,), merge=layout.packed and n > 0) for n, w in enumerate(own)]
    return found
