"""Rows of wide blocks: from what is held of the source to whole words of the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gpumft.device.gpu.codes import Code
from gpumft.device.gpu.draft import Draft
from gpumft.device.gpu.elements import element_bytes
from gpumft.device.gpu.held import Held, along, entry
from gpumft.device.gpu.launch import PlaneRef
from gpumft.device.gpu.wide import WideBlock
from gpumft.device.program import Program, Write
from gpumft.media.formats import Component


@dataclass(frozen=True, slots=True)
class Made:
    """What is made on one grid of the target.

    Thread-safety: immutable.
    """

    pixel: str
    """The function of a Pixel of the picture."""
    held: Held | None
    """What a wide block holds for it."""
    resampled: Write | None
    """A component whose taps bring pixels to this grid, or None where it is theirs."""
    codes: list[Code]

    @property
    def component(self) -> Component:
        """One for all: they share their grid."""
        return self.codes[0].component


class Bands:
    """Adds what makes wide blocks.

    Thread-safety: for one thread at a time.
    """

    def __init__(self, program: Program, draft: Draft, block: WideBlock) -> None:
        self._program = program
        self._draft = draft
        self._block = block
        self._parts = [
            block.whole_row(program.target, plane) for plane in range(program.target.planes)
        ]

    def definitions(
        self, made: Sequence[Made], across: int, blocks: int
    ) -> tuple[int, dict[str, str | int]]:
        """Return how many work items a row has, and definitions of kernels/convert.cl.

        Args:
            made: what is made on each grid.
            across: pixels of the blocks beside the wide ones.
            blocks: how many of those cover a row.
        """
        draft, block = self._draft, self._block
        wider = block.across // across
        items = block.count + blocks - block.count * wider
        shifts = sorted({each.component.yshift for each in made})
        bands = [self._band([m for m in made if m.component.yshift == s], s) for s in shifts]
        return items, {
            "WIDER": wider,
            "ITEMS_X": draft.integer(items),
            "WIDE_X": draft.integer(block.count),
            "WIDE_FROM": draft.integer(block.first),
            "EACH_BAND": " ".join(f"BAND({band})" for band in bands),
        }

    def _band(self, made: Sequence[Made], yshift: int) -> str:
        """Add the function of the rows of those planes whose grids are `made`."""
        draft, block = self._draft, self._block
        planes = sorted({code.component.plane for each in made for code in each.codes})
        first: dict[int, int] = {}
        words, stores = 0, []
        for plane in planes:
            part, index = self._parts[plane], draft.targets.index(PlaneRef("target", plane))
            first[plane] = words
            stores.append(f"PLANE({self._put(plane, index, words)}, d{index})")
            words += part.words
        strips = [f"STRIP({self._strip(each, first)})" for each in made]
        _, rows = made[0].component.size(self._program.target_size)
        return draft.add(
            "band.h",
            {
                "WORDS": words,
                "DOWN": block.down >> yshift,
                "ROWS": draft.integer(rows),
                "EACH_STRIP": " ".join(strips),
                "EACH_PLANE": " ".join(stores),
            },
            repeats=-(-self._program.target_size[0] // block.across) * rows,
        )

    def _put(self, plane: int, index: int, first: int) -> str:
        """Add the function that stores a row of a plane; its words begin at `first`."""
        part = self._parts[plane]
        return self._draft.add(
            "put.h",
            {
                "PLANE": f"(SOURCES + {index})",
                "BITS": 8 * element_bytes(self._program.target, plane),
                "BYTES": part.nbytes,
                "WORDS": part.words,
                "FIRST": first,
                "ALIGNMENT": part.alignment,
                "EACH_STORE": " ".join(entry("STORE", t) for t in part.transfers()),
            },
        )

    def _strip(self, made: Made, first: dict[int, int]) -> str:
        """Add the function of one grid's row; a plane's words begin at first[plane]."""
        program, draft, block = self._program, self._draft, self._block
        held, component = made.held, made.component
        entries = []
        for code in made.codes:
            at = code.component
            bits = f"({at.offset} + {at.step} * c) * {8 * element_bytes(program.target, at.plane)}"
            entries.append(code.entry(f"{first[at.plane]} + ({bits} >> 5)", f"({bits} & 31)"))
        words: dict[str, str | int] = {
            "ACROSS": block.columns(component),
            "FROM": made.pixel,
            "COLUMNS": block.columns(component),
            "HELD": max(1, held.size if held else 0),
            "EACH_HOLD": " ".join(f"HOLD({name})" for name in held.functions) if held else "",
            "SUMS": 0,
            "EACH_COMPONENT": " ".join(entries),
        }
        repeats = 1
        if made.resampled is not None:
            vertical, horizontal = made.resampled.vertical, made.resampled.horizontal
            assert vertical is not None and horizontal is not None  # noqa: S101, PT018 - both or neither
            found = block.writes[horizontal.key]
            low, high = found.span(0, block.columns(component))
            words |= {
                "COLUMNS": block.across, "SUMS": high - low, "LOW": low, "STRIDE": found.stride,
                "EACH_TAP": along(draft, found, low)[0], **draft.taps(vertical),
            }  # fmt: skip
            repeats = vertical.longest
        return draft.add("strip.h", words, repeats=repeats)
