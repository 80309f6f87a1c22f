"""What a wide block holds of the rows that it reads, and pixels made of it."""

from __future__ import annotations

from collections.abc import Mapping

from gpumft.device.gpu.block_taps import BlockTaps
from gpumft.device.gpu.draft import Draft
from gpumft.device.gpu.elements import element_bytes, in_stream, reader
from gpumft.device.gpu.launch import PlaneRef
from gpumft.device.gpu.wide import WORD, Transfer, WideBlock
from gpumft.device.program import Program


class Held:
    """Adds the functions that hold a row's samples, and those that take them from there.

    Args:
        reach: columns, from a block's first on, for which samples are held.

    Thread-safety: for one thread at a time.
    """

    def __init__(
        self, program: Program, draft: Draft, block: WideBlock, reach: tuple[int, int]
    ) -> None:
        self._program = program
        self._draft = draft
        self._block = block
        self._reach = reach
        self.size = 0
        """Pixels that are held."""
        self.functions: list[str] = []
        """Those that hold a row."""

    def pixel(self, reads: Mapping[int, int], function: str) -> str:
        """Return a function of the Pixel whose channel k is read reads[k]; the reads are alike.

        It calls `function`, which makes the same, where nothing is held.
        """
        program, draft = self._program, self._draft
        planes: dict[int, dict[int, int]] = {}
        for channel, index in reads.items():
            planes.setdefault(program.reads[index].component.plane, {})[channel] = index
        for plane, own in planes.items():
            self.functions.append(self._hold(plane, own))
        found = self._block.reads[next(iter(reads.values()))]
        first, end = found.span(*self._reach)
        even, odd = along(draft, found, first)
        made = draft.add(
            "held.h",
            {
                "FROM": function,
                "PLACE": self.size,
                "HALVED": found.halved,
                "STRIDE": found.stride,
                "EACH_EVEN": even,
                "EACH_ODD": odd,
            },
        )
        self.size += end - first
        return made

    def _hold(self, plane: int, reads: Mapping[int, int]) -> str:
        program, draft, block = self._program, self._draft, self._block
        index = draft.source(PlaneRef("source", plane))
        part = block.window(program, reads.values(), self._reach)
        bits = 8 * element_bytes(program.source, plane)
        samples = []
        for channel, number in reads.items():
            read = program.reads[number]
            at = in_stream(program.source, read.component)
            words = reader(program.source, read.component)
            first, end = block.reads[number].span(*self._reach)
            element = at.offset + first * at.step - part.first * 8 * WORD // bits
            zero = draft.number(read.offset) if read.offset else "0.0f"
            given = f"{element} + {at.step} * i", words["SHIFT"], words["MASK"], zero
            samples.append(f"READ({channel}, {', '.join(map(str, given))})")
        taps = draft.taps(read.vertical, finite=not program.source.is_float)
        return draft.add(
            "hold.h",
            {
                "PLANE": index,
                "MEMORY": f"s{index}",
                "MOVED": "SOURCE_MOVED",
                "STORED": words["STORED"],
                "BITS": bits,
                "BYTES": part.nbytes,
                "WORDS": part.words,
                "BEGIN": WORD * part.first,
                "ALIGNMENT": part.alignment,
                "EACH_LOAD": " ".join(entry("LOAD", t) for t in part.transfers()),
                "SPAN": end - first,
                "PLACE": self.size,
                "EACH_SAMPLE": " ".join(samples),
                **taps,
            },
            repeats=read.vertical.longest,
        )


def entry(word: str, transfer: Transfer) -> str:
    """Return the entry of a list in kernels/hold.h or kernels/put.h.

    Thread-safety: a pure function.
    """
    return f"{word}({transfer.many}, {transfer.word}, {transfer.at})"


def along(draft: Draft, taps: BlockTaps, first: int) -> tuple[str, str]:
    """Return the lists of kernels/held.h for even and odd outputs; sample `first` is the first.

    Thread-safety: as the draft's.
    """
    lists = []
    for offset, weights in taps.phases:
        at = offset - first
        if weights == (1.0,):
            lists.append(f"ONLY({at})")
            continue
        numbers = [draft.number(weight) for weight in weights]
        rest = (f"NEXT({at + k}, {n})" for k, n in enumerate(numbers[1:], 1))
        lists.append(" ".join([f"FIRST({at}, {numbers[0]})", *rest]))
    return lists[0], lists[-1] if taps.halved else ""
