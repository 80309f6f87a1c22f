"""From the source's planes to pixels: functions for docs/arithmetic.md, 4.1 to 4.6 and 8.3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gpumft.device.gpu.draft import Draft
from gpumft.device.gpu.elements import reader
from gpumft.device.gpu.held import Held
from gpumft.device.gpu.launch import PlaneRef
from gpumft.device.gpu.stages import ALPHA, staged
from gpumft.device.program import Program, Write, around_scale, colours_after


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
        self.pixel_rows_kept: dict[bytes, dict[str, PlaneRef]] = {}
        """Those of its vertical sums that an earlier launch has made, by `taps_key`."""
        self.unscaled_kept: dict[str, PlaneRef] = {}
        """Values of a Pixel of the grid that a Scale indexes; all of them, where there is one."""
        self.scaled_rows_kept: dict[str, PlaneRef] = {}
        """Those of its vertical sums that an earlier launch has made."""

    def value(self, write: Write) -> str:
        """Return the C expression of the channel that `write` stores, in the Pixel `p`.

        Not for direct programs.
        """
        program = self._program
        is_alpha = program.alpha is not None and write.channel == program.colours
        return f"p.c[{ALPHA if is_alpha else write.channel}]"

    def unscaled(self) -> list[str]:
        """Return the C expressions of all channels before the Scale, in the Pixel `p`."""
        program = self._program
        before, _, _ = around_scale(program.stages)
        places = list(range(colours_after(program, before)))
        if program.alpha is not None:
            places.append(ALPHA)
        return [f"p.c[{place}]" for place in places]

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

    def channels(self, draft: Draft, reads: Mapping[int, int], held: Held | None = None) -> str:
        """Add the function of a Pixel whose channel k is read reads[k] through all its taps.

        With `held`, wide blocks take the same from there.
        """
        parts: list[tuple[str, list[int]]] = []
        for group in self.alike(list(reads.values())):
            own = {k: i for k, i in reads.items() if i in group}
            if group[0] in self.rows_kept:
                function = gathered(draft, {k: _kept(draft, self.rows_kept[own[k]]) for k in own})
            else:
                function = self.rows(draft, own)
            taps = self._program.reads[group[0]].horizontal
            function = draft.through(function, taps, "COLUMNS_", finite=self._finite)
            if held is not None:
                function = held.pixel(own, function)
            parts.append((function, list(own)))
        if len(parts) == 1:
            return parts[0][0]
        each = " ".join(f"PART(part_{n}, {function})" for n, (function, _) in enumerate(parts))
        picked = " ".join(f"CHANNEL({k}, part_{n})" for n, (_, ks) in enumerate(parts) for k in ks)
        return draft.add("combine.h", {"EACH_PART": each, "EACH_CHANNEL": picked})

    def pixel(self, draft: Draft, wanted: Sequence[str] = (), held: Held | None = None) -> str:
        """Add the function of a Pixel on the luma grid, with all stages behind it.

        Where an earlier launch has made its values, those that are `wanted`; `held` as for
        `channels`.
        """
        if self.pixels_kept:
            return kept_pixel(draft, {value: self.pixels_kept[value] for value in wanted})
        _, scale, behind = around_scale(self._program.stages)
        if scale is None:
            function = self._unweighed(draft, held)
        else:
            function = self.scaled_rows(draft)
            function = draft.through(function, scale.horizontal, "COLUMNS_")
        return staged(draft, function, behind)

    def first_pixel(self, draft: Draft) -> str:
        """Add the function of a Pixel on the grid that the Scale indexes."""
        before, _, _ = around_scale(self._program.stages)
        return staged(draft, self._unweighed(draft), before)

    def scaled_rows(self, draft: Draft) -> str:
        """Add the function of a Pixel through the Scale's vertical taps."""
        if self.scaled_rows_kept:
            return kept_pixel(draft, self.scaled_rows_kept)
        _, scale, _ = around_scale(self._program.stages)
        function = kept_pixel(draft, self.unscaled_kept)
        return function if scale is None else draft.through(function, scale.vertical, "ROWS_")

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

    def _unweighed(self, draft: Draft, held: Held | None = None) -> str:
        """4.4 and 4.5: all reads on one grid."""
        program = self._program
        reads = {ALPHA if i == program.alpha else i: i for i in range(len(program.reads))}
        function = self.channels(draft, reads, held)
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


def kept_pixel(draft: Draft, planes: Mapping[str, PlaneRef]) -> str:
    """Add the function of a Pixel whose values (`p.c[k]`) lie in planes.

    Thread-safety: as the draft's.
    """
    return gathered(draft, {int(value[-2]): _kept(draft, at) for value, at in planes.items()})


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
