"""From a Program to a Schedule: which rows are needed where, and in which order kernels run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gpumft.device.cpu import filters
from gpumft.device.cpu.arithmetic import float_bits
from gpumft.device.cpu.schedule import Buffer, Ranges, Schedule, Stage
from gpumft.device.program import Program, Rect, Write
from gpumft.media.formats import Component
from gpumft.resample.taps import Taps

_BANDS_A_THREAD = 4
"""More even out threads that are held up; fewer repeat less at their edges."""
_FEWEST_ROWS = 32
"""Rows below which a band is mostly edge."""


def lower(program: Program, threads: int) -> Schedule:
    """Return the stages of `program`, in enough bands for `threads`.

    Thread-safety: a pure function.
    """
    bands = min(_BANDS_A_THREAD * threads, -(-program.inner.height // _FEWEST_ROWS))
    return _Lowering(program, 1 if threads == 1 else bands).schedule


@dataclass(frozen=True, slots=True)
class _Group:
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


def _groups(program: Program) -> list[_Group]:
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
    groups: list[_Group] = []
    for index in range(len(layout.planes)):
        own = [w for w in writes if w.component.plane == index]
        own.sort(key=lambda w: w.component.offset)
        together = not layout.packed and [w.component.step for w in own] == [len(own)] * len(own)
        if together and len({(w.component.shift, w.component.depth) for w in own}) == 1:
            groups.append(_Group(tuple(own), merge=False))
        else:
            groups += [_Group((w,), merge=layout.packed and n > 0) for n, w in enumerate(own)]
    return groups


class _Lowering:
    """Puts a schedule together."""

    def __init__(self, program: Program, bands: int) -> None:
        self.program = program
        self.schedule = Schedule(program, bands)
        groups = _groups(program)
        if not program.direct:
            self._domain(groups, list(range(len(program.reads))))
            return
        for group in groups:
            channels = [w.channel for w in group.writes if w.channel is not None]
            self._domain([group], channels)

    # ------------------------------------------------------------------ rows

    def _own(self, component: Component) -> Ranges:
        """Rows of a component in each slice."""
        slices, shift = self.schedule.slices, component.yshift
        return np.stack([slices[:, 0] >> shift, -(-slices[:, 1] >> shift)], axis=1)

    def _needed(self, groups: Sequence[_Group]) -> Ranges:
        """Rows of the channels' grid that the groups' rows are made of."""
        ranges = []
        for group in groups:
            own = self._own(group.component)
            ranges.append(filters.rows_used(group.taps[0], own) if group.taps else own)
        return _union(ranges)

    # ------------------------------------------------------------------ stages

    def _domain(self, groups: Sequence[_Group], reads: Sequence[int]) -> None:
        """Channels on one grid: read, brought to the grid, mixed, written."""
        needed = self._needed(groups)
        made = self.schedule.missing(needed)
        loaded = self._loads(reads, made)
        stage = self.schedule.stage(made)
        rows_kept = {w.channel for g in groups if g.taps for w in g.writes if w.channel is not None}
        channels: dict[int, Buffer] = {}
        for index in reads:
            keep = self._unmixed(index) in rows_kept
            channels[index] = self._channel(stage, index, loaded, needed, keep=keep)
        self._unweight(stage, channels)
        channels = self._mixes(stage, channels, rows_kept, needed)
        for group in groups:
            if group.taps is None:
                self._store(stage, group, channels, made)
        for group in groups:
            if group.taps is not None:
                self._resampled(group, channels)

    def _unmixed(self, index: int) -> int | None:
        """Return the channel that read `index` still is after all mixes, or None."""
        if not self.program.mixes:
            return index
        return len(self.program.mixes[-1].rows) if index == self.program.alpha else None

    def _add(self, stage: Stage, step: tuple[str, list[int]], guard: int = -1) -> None:
        stage.steps.append((*step, guard))

    def _weighs(self, index: int) -> bool:
        """Whether read `index` lies on alpha's grid, and so is weighted before it is resampled."""
        alpha = self.program.alpha
        if alpha is None or index == alpha:
            return False
        a, b = self.program.reads[alpha].component, self.program.reads[index].component
        return (a.xshift, a.yshift) == (b.xshift, b.yshift)

    def _loads(
        self, reads: Sequence[int], made: Ranges
    ) -> dict[int, tuple[Buffer, tuple[int, int]]]:
        """Stages that read rows into rings, of components that have vertical filters.

        Returns their buffers and columns. Where colour is weighted by alpha, all that is weighted
        and alpha itself are read like this.
        """
        program, alpha = self.program, self.program.alpha
        weighing = program.premultiply and alpha is not None
        loaded: dict[int, tuple[Buffer, tuple[int, int]]] = {}
        for index in sorted(reads, key=lambda i: i != alpha):  # alpha first
            read = program.reads[index]
            together = weighing and (index == alpha or self._weighs(index))
            if not together and filters.row_map(read.vertical) is not None:
                continue
            columns = (
                (0, read.horizontal.source) if together else filters.columns_used(read.horizontal)
            )
            ranges = filters.rows_used(read.vertical, made)
            if together:
                weighed = [
                    program.reads[i].vertical for i in reads if i == alpha or self._weighs(i)
                ]
                ranges = _union([filters.rows_used(taps, made) for taps in weighed])
            stage = self.schedule.stage(self.schedule.missing(ranges))
            buffer = self.schedule.ring(columns[1] - columns[0], ranges)
            self._add(stage, self.schedule.load(buffer, program, read, columns, None))
            if together and index != alpha:
                self._add(stage, self._by_alpha("weigh", buffer, loaded[alpha or 0][0], columns[1]))
            loaded[index] = buffer, columns
        return loaded

    def _by_alpha(
        self, kernel: str, channel: Buffer, alpha: Buffer, columns: int
    ) -> tuple[str, list[int]]:
        scale = float_bits(self.program.alpha_scale)
        return kernel, [*channel.arguments, *alpha.arguments, scale, columns]

    def _channel(
        self,
        stage: Stage,
        index: int,
        loaded: dict[int, tuple[Buffer, tuple[int, int]]],
        needed: Ranges,
        *,
        keep: bool,
    ) -> Buffer:
        """Steps that bring one component to the grid; return its buffer."""
        read, schedule = self.program.reads[index], self.schedule
        width = read.horizontal.outputs
        out = schedule.ring(width, needed) if keep else schedule.row(width)
        copied = filters.offset_of_copy(read.horizontal)
        if index in loaded:
            source, columns = loaded[index]
        else:
            columns = filters.columns_used(read.horizontal)
            source = out if copied is not None else schedule.row(columns[1] - columns[0])
            rows = filters.row_map(read.vertical)
            self._add(stage, schedule.load(source, self.program, read, columns, rows))
        span = columns[1] - columns[0]
        if index in loaded:
            count, into = span, out
            if copied is None:
                into = schedule.row(count)
            else:
                count = width
                source = replace(source, offset=source.offset + 4 * (copied - columns[0]))
            self._add(stage, schedule.vertical(into, source, read.vertical, count))
            source = into
        if copied is None:
            self._add(stage, schedule.horizontal(out, source, read.horizontal, columns[0], span))
        return out

    def _unweight(self, stage: Stage, channels: dict[int, Buffer]) -> None:
        """docs/arithmetic.md, 4.5."""
        program, alpha = self.program, self.program.alpha
        if alpha is None or not (program.premultiply or program.unpremultiply):
            return
        for index, buffer in channels.items():
            weighed = self._weighs(index)
            # weighted before and divided now, or neither; where only one is asked for, that one
            if index == alpha or (program.premultiply and program.unpremultiply != weighed):
                continue
            kernel = "unweigh" if program.unpremultiply else "weigh"
            columns = program.reads[index].horizontal.outputs
            self._add(stage, self._by_alpha(kernel, buffer, channels[alpha], columns))

    def _mixes(
        self,
        stage: Stage,
        channels: dict[int, Buffer],
        rows_kept: set[int],
        needed: Ranges,
    ) -> dict[int, Buffer]:
        """Steps of the mixes; return the buffers of what comes out."""
        program, schedule = self.program, self.schedule
        if not program.mixes:
            return channels
        inner = program.inner
        everywhere = Rect(0, 0, inner.width, inner.height)
        colour = [b for i, b in channels.items() if i != program.alpha]
        for mix in program.mixes:
            last = mix is program.mixes[-1]
            mixed = []
            for index, coefficients in enumerate(mix.rows):
                kept = last and index in rows_kept
                out = schedule.row(inner.width)
                if kept:
                    out = schedule.ring(inner.width, needed)
                before = colour[index] if mix.region is not None else colour[0]
                region = mix.region or everywhere
                step = schedule.mix(out, before, coefficients, region, colour, inner.width)
                self._add(stage, step)
                mixed.append(out)
            colour = mixed
        rest = [channels[program.alpha]] if program.alpha is not None else []
        return dict(enumerate([*colour, *rest]))

    def _resampled(self, group: _Group, channels: dict[int, Buffer]) -> None:
        """A stage of its own for components whose channels are filtered once more."""
        own = self._own(group.component)
        stage = self.schedule.stage(own)
        filtered = dict(channels)
        for write in group.writes:
            if write.channel is None or write.vertical is None or write.horizontal is None:
                continue
            source = channels[write.channel]
            between = self.schedule.row(write.horizontal.source)
            out = self.schedule.row(write.horizontal.outputs)
            columns = write.horizontal.source
            self._add(stage, self.schedule.vertical(between, source, write.vertical, columns))
            self._add(stage, self.schedule.horizontal(out, between, write.horizontal, 0, columns))
            filtered[write.channel] = out
        self._store(stage, group, filtered, own)

    def _store(
        self, stage: Stage, group: _Group, channels: dict[int, Buffer], ranges: Ranges
    ) -> None:
        """The step that writes a group, for the band's own rows only."""
        own = self._own(group.component)
        guard = -1
        if not np.array_equal(own, ranges):  # rows made ahead are written when they are made
            guard = self.schedule.guard(self.schedule.whole_bands(own))
        columns = group.component.size(self.program.inner[2:])[0]
        zeros = self.schedule.shared("zeros", columns)
        buffers = [zeros if w.channel is None else channels[w.channel] for w in group.writes]
        gains = [
            (0.0, w.constant) if w.channel is None else (w.scale, w.offset) for w in group.writes
        ]
        components = [w.component for w in group.writes]
        step = self.schedule.store(self.program, components, buffers, gains, merge=group.merge)
        self._add(stage, step, guard)


def _union(ranges: Sequence[Ranges]) -> Ranges:
    """Return the smallest ranges that contain all of them."""
    first = np.min([r[:, 0] for r in ranges], axis=0)
    last = np.max([r[:, 1] for r in ranges], axis=0)
    joined: npt.NDArray[np.int64] = np.stack([first, last], axis=1)
    return joined
