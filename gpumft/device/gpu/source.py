"""From the source's planes to pixels: functions for docs/arithmetic.md, 4.1 to 4.6, in a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gpumft.device.gpu.draft import Draft
from gpumft.device.gpu.elements import reader
from gpumft.device.gpu.launch import PlaneRef
from gpumft.device.program import Mix, Program, Write

_ALPHA = 3
"""The channel of a Pixel that is alpha's, whatever the number of colours."""


class Channels:
    """Adds what a program reads to drafts.

    Thread-safety: for one thread at a time.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._finite = not program.source.is_float
        self.rows_kept: dict[int, PlaneRef] = {}
        """Reads whose vertical sums an earlier launch has made."""
        self.pixels_kept: dict[str, PlaneRef] = {}
        """Values of a Pixel that an earlier launch has made."""

    def value(self, write: Write) -> str:
        """Return the C expression of the channel that `write` stores, in the Pixel `p`.

        Not for direct programs.
        """
        program = self._program
        colours = len(program.reads) - (program.alpha is not None)
        if program.mixes:
            colours = len(program.mixes[-1].rows)
        is_alpha = program.alpha is not None and write.channel == colours
        return f"p.c[{_ALPHA if is_alpha else write.channel}]"

    def alike(self, reads: Sequence[int]) -> list[list[int]]:
        """Return the reads by taps: those of a list are brought to the grid in one loop."""
        groups: dict[object, list[int]] = {}
        for index in reads:
            read = self._program.reads[index]
            groups.setdefault((read.vertical.key, read.horizontal.key), []).append(index)
        return list(groups.values())

    def rows(self, draft: Draft, reads: Mapping[int, int]) -> str:
        """Add the function of a Pixel whose channel k is read reads[k] through vertical taps.

        The reads are alike.
        """
        function = gathered(draft, {k: self._weighted(draft, i) for k, i in reads.items()})
        first = self._program.reads[next(iter(reads.values()))]
        return draft.through(function, first.vertical, "ROWS_", finite=self._finite)

    def channels(self, draft: Draft, reads: Mapping[int, int]) -> str:
        """Add the function of a Pixel whose channel k is read reads[k] through all its taps."""
        parts: list[tuple[str, list[int]]] = []
        for group in self.alike(list(reads.values())):
            own = {k: i for k, i in reads.items() if i in group}
            if group[0] in self.rows_kept:
                function = gathered(draft, {k: _kept(draft, self.rows_kept[own[k]]) for k in own})
            else:
                function = self.rows(draft, own)
            taps = self._program.reads[group[0]].horizontal
            function = draft.through(function, taps, "COLUMNS_", finite=self._finite)
            parts.append((function, list(own)))
        if len(parts) == 1:
            return parts[0][0]
        each = " ".join(f"PART(part_{n}, {function})" for n, (function, _) in enumerate(parts))
        picked = " ".join(f"CHANNEL({k}, part_{n})" for n, (_, ks) in enumerate(parts) for k in ks)
        return draft.add("combine.h", {"EACH_PART": each, "EACH_CHANNEL": picked})

    def pixel(self, draft: Draft) -> str:
        """Add the function of a Pixel on the luma grid: gathered, unweighed and mixed."""
        program = self._program
        if self.pixels_kept:
            channels = {
                int(value[-2]): _kept(draft, plane) for value, plane in self.pixels_kept.items()
            }
            return gathered(draft, channels)
        alpha = program.alpha
        reads = {_ALPHA if i == alpha else i: i for i in range(len(program.reads))}
        function = self.channels(draft, reads)
        function = self._unweighed(draft, function)
        for mix in program.mixes:
            function = _mixed(draft, function, mix)
        return function

    def _read(self, draft: Draft, index: int) -> str:
        """4.1 and 4.2."""
        program, read = self._program, self._program.reads[index]
        plane = draft.source(PlaneRef("source", read.component.plane))
        turned: dict[str, str | int] = {
            "TRANSPOSE": int(program.transpose),
            "MIRROR_Y": int(program.mirror_y),
            "MIRROR_X": int(program.mirror_x),
        }
        if program.mirror_y:
            turned["LAST_ROW"] = draft.integer(read.vertical.source - 1)
        if program.mirror_x:
            turned["LAST_COLUMN"] = draft.integer(read.horizontal.source - 1)
        return draft.add(
            "read.h",
            {
                "PLANE": plane,
                "MEMORY": f"s{plane}",
                "MOVED": "SOURCE_MOVED",
                **reader(program.source, read.component),
                "ZERO": draft.number(read.offset) if read.offset else "0.0f",
                **turned,
            },
        )

    def _weighs(self, index: int) -> bool:
        """Whether read `index` lies on alpha's grid."""
        alpha = self._program.alpha
        if alpha is None or index == alpha:
            return False
        a, b = self._program.reads[alpha].component, self._program.reads[index].component
        return (a.xshift, a.yshift) == (b.xshift, b.yshift)

    def _weighted(self, draft: Draft, index: int) -> str:
        """4.3."""
        program = self._program
        function = self._read(draft, index)
        if not program.premultiply or program.alpha is None or not self._weighs(index):
            return function
        alpha = self._read(draft, program.alpha)
        scale = draft.number(program.alpha_scale)
        return draft.add("weigh.h", {"FROM": function, "ALPHA": alpha, "ALPHA_SCALE": scale})

    def _unweighed(self, draft: Draft, function: str) -> str:
        """4.5."""
        program = self._program
        if program.alpha is None or not (program.premultiply or program.unpremultiply):
            return function
        steps = []
        for index in range(len(program.reads)):
            weighed = self._weighs(index)
            if index == program.alpha or (program.premultiply and program.unpremultiply != weighed):
                continue
            steps.append(f"{'DIVIDED' if program.unpremultiply else 'MULTIPLIED'}({index})")
        scale = draft.number(program.alpha_scale)
        words = {"FROM": function, "ALPHA_SCALE": scale, "EACH_COLOUR": " ".join(steps)}
        return draft.add("unweigh.h", words)


def gathered(draft: Draft, channels: dict[int, str]) -> str:
    """Add the function of a Pixel whose channels are the given functions.

    Thread-safety: as the draft's.
    """
    each = " ".join(f"CHANNEL({index}, {function})" for index, function in channels.items())
    return draft.add("gather.h", {"EACH_CHANNEL": each})


def _kept(draft: Draft, plane: PlaneRef) -> str:
    index = draft.source(plane)
    return draft.add(
        "read.h",
        {
            "PLANE": index, "MEMORY": f"s{index}", "MOVED": "BETWEEN_MOVED",
            "STORED": "UNTOUCHED", "ELEMENT": "float", "OFFSET": 0, "STEP": 1,
            "TRANSPOSE": 0, "MIRROR_Y": 0, "MIRROR_X": 0,
        },
    )  # fmt: skip


def _mixed(draft: Draft, function: str, mix: Mix) -> str:
    """4.6."""
    rows = []
    for index, row in enumerate(mix.rows):
        used = sum(1 << k for k, coefficient in enumerate(row) if coefficient != 0)
        numbers = [draft.number(c) if c != 0 else "0.0f" for c in row] + ["0.0f", "0.0f"]
        rows.append(f"ROW({index}, {used}, {', '.join(numbers[:3])})")
    words: dict[str, str | int] = {"FROM": function, "EACH_ROW": " ".join(rows), "REGION": 0}
    if mix.region is not None:
        x, y, width, height = mix.region
        words |= {
            "REGION": 1,
            "LEFT": draft.integer(x),
            "TOP": draft.integer(y),
            "RIGHT": draft.integer(x + width),
            "BOTTOM": draft.integer(y + height),
        }
    return draft.add("mix.h", words)
