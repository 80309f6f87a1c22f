"""How a target's components become codes: entries of the lists of kernels/codes.h."""

from __future__ import annotations

from dataclasses import dataclass

from gpumft.device.gpu.draft import Draft
from gpumft.device.gpu.elements import finisher, in_stream
from gpumft.device.program import Program, Write
from gpumft.media.formats import Component


@dataclass(frozen=True, slots=True)
class Code:
    """One component's code, for whatever place it is stored in.

    Thread-safety: immutable.
    """

    component: Component
    """With its place among the elements that kernels count."""
    finish: str
    """The C function that makes bits of a float32; "" for a filler, which has all bits set."""
    rest: tuple[str, ...] = ()
    """Highest code, background and value, as C expressions."""

    def entry(self, element: str, beyond: str = "") -> str:
        """Return the entry that puts it into `element`, its bits `beyond` so many others."""
        at = self.component
        shift = f"{beyond} + {at.shift}" if beyond else str(at.shift)
        if not self.finish:
            return f"FILLER({element}, {2**at.depth - 1:#x}u << ({shift}))"
        return f"SAMPLE({element}, {shift}, {self.finish}, {', '.join(self.rest)})"


def code(
    program: Program, draft: Draft, component: Component, write: Write | None, value: str
) -> Code:
    """Return a component's code, made of the C expression `value` where it has a channel.

    Without a `write` it is the background everywhere.

    Thread-safety: as the draft's.
    """
    at = in_stream(program.target, component)
    if component.name == "x":
        return Code(at, "")
    index = program.target.layout.components.index(component)
    finish, highest = finisher(program.target, component)
    border = (0, 0, *program.target_size) != tuple(program.inner)
    background = draft.number(program.background[index]) if border else "0.0f"
    if write is None:
        background = made = draft.number(program.background[index])
    elif write.channel is None:
        made = draft.number(write.constant)
    else:
        made = _rounded(program, draft, write, value)
    return Code(at, finish, (highest, background, made))


def _rounded(program: Program, draft: Draft, write: Write, value: str) -> str:
    """Return the C expression of what is rounded (4.8, 8.4)."""
    component = write.component
    scale, zero = draft.number(write.scale), draft.number(write.offset)
    made = f"FMA({scale}, {value}, {zero})"
    pattern, inner = write.dither, program.inner
    if pattern is not None:
        numbers = (
            draft.table.pattern(pattern), *pattern.values.shape,
            pattern.y + (inner.y >> component.yshift),
            pattern.x + (inner.x >> component.xshift),
        )  # fmt: skip
        made += f" + PATTERN({', '.join(draft.integer(int(n)) for n in numbers)})"
    if write.limits is not None:
        low, high = (draft.number(limit) for limit in write.limits)
        made = f"limited({made}, {low}, {high})"
    return made
