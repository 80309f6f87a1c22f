"""From a Program to a Schedule: which rows are needed where, and in which order kernels run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from gpumft.device.cpu import filters
from gpumft.device.cpu.arithmetic import BLOCK, float_bits
from gpumft.device.cpu.schedule import (
    MOST,
    ROUND,
    Buffer,
    Filtered,
    Input,
    Output,
    Ranges,
    Schedule,
    Stage,
)
from gpumft.device.program import Program, Read, Rect, Write
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
        alpha = program.alpha is not None and (program.premultiply or program.unpremultiply)
        plain = all(mix.region is None for mix in program.mixes)
        self.simple = (
            not alpha and plain and len(program.mixes) <= 1 and len(program.reads) <= MOST
        )
        """Whether channels are mixed where they are written, without rows between."""
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
        kept = {w.channel for g in groups if g.taps for w in g.writes if w.channel is not None}
        stage = Stage(made)  # it runs after those that its channels need
        channels = self._channels(stage, reads, loaded, needed, kept)
        self.schedule.stages.append(stage)
        if not self.simple:
            self._unweight(stage, channels)
            channels = self._mixes(stage, channels, kept, needed)
        ready = _Channels(channels, self._outputs(channels))
        for group in groups:
            for write in group.writes:
                if write.channel is None:
                    continue
                if group.taps is not None or not self._paintable(group):
                    width = self.program.inner.width
                    keep = self.schedule.ring(width, needed) if write.channel in kept else None
                    self._materialise(stage, ready, write.channel, keep)
        for group in groups:
            if group.taps is None:
                self._store(stage, group, ready, made)
        for group in groups:
            if group.taps is not None:
                self._resampled(group, ready)

    def _outputs(self, channels: dict[int, Input | Filtered]) -> dict[int, Output]:
        """Return how each channel after the mixes is made of `channels`."""
        program = self.program
        if not (self.simple and program.mixes):
            return {index: Output(index, None) for index in channels}
        rows = program.mixes[0].rows
        made = {index: Output(None, row) for index, row in enumerate(rows)}
        if program.alpha is not None:
            made[len(rows)] = Output(program.alpha, None)
        return made

    def _materialise(
        self, stage: Stage, ready: _Channels, channel: int, keep: Buffer | None
    ) -> None:
        """Make sure that a channel lies in a buffer."""
        output = ready.outputs[channel]
        if channel in ready.buffers:
            return
        given = None if output.channel is None else ready.inputs[output.channel]
        if isinstance(given, Buffer) and given.rows == 0:
            ready.buffers[channel] = given
            return
        width = self.program.inner.width
        if self.program.direct and output.channel is not None:
            width = self.program.reads[output.channel].horizontal.outputs
        out = keep or self.schedule.row(width)
        if isinstance(given, Filtered):
            self._filter(stage, out, given)
            ready.buffers[channel] = out
            return
        inputs, (used,) = _compact(self._inputs(stage, ready, [output]), [output])
        step = self.schedule.mixed_row(self.program, out, width, inputs, used)
        self._add(stage, step)
        ready.buffers[channel] = out

    def _inputs(
        self, stage: Stage, ready: _Channels, outputs: Sequence[Output]
    ) -> dict[int, Input]:
        """Return the channels before the mixes; those that `outputs` take are filtered now."""
        taken = {output.channel for output in outputs}
        made: dict[int, Input] = {}
        for index, given in ready.inputs.items():
            if not isinstance(given, Filtered):
                made[index] = given
            elif index in taken:
                made[index] = out = self.schedule.row(given.taps.outputs)
                self._filter(stage, out, given)
                ready.inputs[index] = out
        return made

    def _paintable(self, group: _Group) -> bool:
        """Whether a group fills the columns of its plane."""
        layout = self.program.target.layout
        plane = layout.planes[group.component.plane]
        return not layout.packed and plane.channels == len(group.writes) <= MOST

    def _unmixed(self, index: int) -> int | None:
        """Return the channel that read `index` still is after all mixes, or None."""
        if not self.program.mixes:
            return index
        return len(self.program.mixes[-1].rows) if index == self.program.alpha else None

    def _add(self, stage: Stage, step: tuple[str, list[int]], guard: int = -1) -> None:
        stage.steps.append((*step, guard))

    def _add_together(self, stage: Stage, step: tuple[str, list[int]]) -> None:
        """Add a step that makes all rows of a round; it goes before those that make one."""
        stage.steps.insert(stage.together, (*step, -1))
        stage.together += 1
        stage.height = ROUND

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
            if not together and (
                filters.row_map(read.vertical) is not None or self._in_place(read)
            ):
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
            self._add(stage, self.schedule.load([buffer], program, [read], columns, None))
            if together and index != alpha:
                self._add(stage, self._by_alpha("weigh", buffer, loaded[alpha or 0][0], columns[1]))
            loaded[index] = buffer, columns
        return loaded

    def _by_alpha(
        self, kernel: str, channel: Buffer, alpha: Buffer, columns: int
    ) -> tuple[str, list[int]]:
        scale = float_bits(self.program.alpha_scale)
        return kernel, [*channel.arguments, *alpha.arguments, scale, columns]

    # ------------------------------------------------------------------ channels

    def _channels(
        self,
        stage: Stage,
        reads: Sequence[int],
        loaded: dict[int, tuple[Buffer, tuple[int, int]]],
        needed: Ranges,
        kept: set[int],
    ) -> dict[int, Input | Filtered]:
        """Steps that bring components to the grid; return where they are then."""
        channels: dict[int, Input | Filtered] = {}
        for cluster in self._clusters(reads, loaded):
            members = [index for index in cluster if index is not None]
            keep = any(self._unmixed(index) in kept for index in members)
            read = self.program.reads[members[0]]
            rows = filters.row_map(read.vertical)
            copied = filters.offset_of_copy(read.horizontal)
            plain = len(cluster) == 1 and self._stays(read)
            if self.simple and plain and rows is not None and copied is not None and not keep:
                channels[members[0]] = read
                continue
            repeats = rows is not None and copied is None and len(np.unique(rows)) < len(rows)
            made: Sequence[Input | Filtered]
            if repeats and self.simple and not keep:
                made = self._ahead(cluster, stage.ranges)
            else:
                width = read.horizontal.outputs
                late = self.simple and not (self.program.mixes or keep or copied is not None)
                outs = [self._out(width, needed if keep else None) for _ in cluster]
                made = self._brought(stage, cluster, loaded, outs, late=late)
            for index, channel in zip(cluster, made, strict=True):
                if index is not None:
                    channels[index] = channel
        return {index: channels[index] for index in reads if index in channels}

    def _out(self, width: int, needed: Ranges | None) -> Buffer:
        """Return a buffer for a channel: kept for a later stage, or for a round of this one."""
        if needed is None:
            return self.schedule.round(width)
        return self.schedule.ring(width, needed)

    def _in_place(self, read: Read) -> bool:
        """Whether vertical filters can take rows of the plane as they lie there."""
        program, part = self.program, read.component
        channels = program.source.layout.planes[part.plane].channels
        return not (program.transpose or program.mirror_x) and channels == part.step

    def _stays(self, read: Read) -> bool:
        """Whether a component is alone in its plane, and its columns run from left to right."""
        plane = self.program.source.layout.planes[read.component.plane]
        return plane.channels == 1 and not (self.program.transpose or self.program.mirror_x)

    def _clusters(
        self, reads: Sequence[int], loaded: dict[int, tuple[Buffer, tuple[int, int]]]
    ) -> list[list[int | None]]:
        """Return the reads, those together that lie side by side and are treated alike."""
        program = self.program
        alone: list[list[int | None]] = []
        found: dict[object, list[int | None]] = {}
        for index in dict.fromkeys(reads):
            read = program.reads[index]
            part = read.component
            channels = program.source.layout.planes[part.plane].channels
            turned = program.transpose or program.mirror_x
            if turned or index in loaded or not 2 <= channels == part.step:
                alone.append([index])
                continue
            key = (
                part.plane, part.shift, part.depth, read.offset, read.vertical.key,
                read.horizontal.key,
            )  # fmt: skip
            cluster = found.setdefault(key, [None] * channels)
            if cluster[part.offset] is None:
                cluster[part.offset] = index
            else:
                alone.append([index])
        whole = [c for c in found.values() if 2 * sum(i is not None for i in c) >= len(c)]
        rest = [[i] for c in found.values() if c not in whole for i in c if i is not None]
        return [*whole, *alone, *rest]

    def _ahead(self, cluster: Sequence[int | None], made: Ranges) -> list[Buffer]:
        """A stage of its own for rows that are used more than once: filtered once, then mapped."""
        read = self.program.reads[next(index for index in cluster if index is not None)]
        ranges = filters.rows_used(read.vertical, made)
        stage = self.schedule.stage(self.schedule.missing(ranges))
        width = read.horizontal.outputs
        outs = [self.schedule.ring(width, ranges) for _ in cluster]
        rows = self.schedule.keep(read.vertical.start, np.int32)
        self._read_and_filter(stage, cluster, outs, None)
        return [replace(out, rows=rows) for out in outs]

    def _read_and_filter(
        self,
        stage: Stage,
        cluster: Sequence[int | None],
        outs: Sequence[Buffer],
        rows: npt.NDArray[np.int32] | None,
        *,
        late: bool = False,
    ) -> Sequence[Buffer | Filtered]:
        """Steps for rows that need no vertical filter; see `_brought`."""
        schedule, program = self.schedule, self.program
        read = self._first(cluster)
        columns = filters.columns_used(read.horizontal)
        span = columns[1] - columns[0]
        copied = filters.offset_of_copy(read.horizontal)
        sources = outs if copied is not None else [schedule.row(span) for _ in outs]
        together = self._together(cluster, read)
        self._add(stage, schedule.load(sources, program, together, columns, rows))
        if copied is not None:
            return outs
        filtered = [Filtered(source, read.horizontal, columns[0], span) for source in sources]
        if late:
            return filtered
        for out, given in zip(outs, filtered, strict=True):
            self._filter(stage, out, given)
        return outs

    def _first(self, cluster: Sequence[int | None]) -> Read:
        return self.program.reads[next(index for index in cluster if index is not None)]

    def _together(self, cluster: Sequence[int | None], read: Read) -> list[Read]:
        """Return the reads of a cluster as kernels want them: the first names the first element."""
        if len(cluster) == 1:
            return [read]
        first = replace(read.component, offset=0)
        return [replace(read, component=first)] * len(cluster)

    def _brought(
        self,
        stage: Stage,
        cluster: Sequence[int | None],
        loaded: dict[int, tuple[Buffer, tuple[int, int]]],
        outs: Sequence[Buffer],
        *,
        late: bool,
    ) -> Sequence[Buffer | Filtered]:
        """Steps that bring the components of a cluster to the grid.

        `late` leaves the horizontal filter to whoever takes them.
        """
        schedule, program = self.schedule, self.program
        read, index = self._first(cluster), cluster[0]
        rows = filters.row_map(read.vertical)
        in_ring = index is not None and index in loaded
        if rows is not None and not in_ring:
            return self._read_and_filter(stage, cluster, outs, rows, late=late)
        copied = filters.offset_of_copy(read.horizontal)
        if in_ring and index is not None:
            source, columns = loaded[index]
        else:
            columns = filters.columns_used(read.horizontal)
        span = columns[1] - columns[0]
        group = len(cluster)
        late = late and copied is None
        splits = not in_ring and self._splits(read, group, columns)
        if copied is not None and (splits or group == 1):
            into = outs
        elif splits:
            into = [schedule.round(span) for _ in range(4 if group == 1 else group)]
        else:
            into = [schedule.round(group * span)]
        if in_ring:
            count = span
            if copied is not None:
                source = replace(source, offset=source.offset + 4 * (copied - columns[0]))
                count = read.horizontal.outputs
            self._add_together(stage, schedule.vertical(into[0], source, read.vertical, count))
        else:
            together = self._together(cluster, read)
            step = schedule.vertical_of_plane(into, program, together, columns)
            self._add_together(stage, step)
        if into is outs:
            return outs
        parts = into
        apart = 0
        if group == 1 and splits:
            apart, parts = into[1].offset - into[0].offset, into[:1]
        elif group > 1 and not splits:
            parts = outs if copied is not None else [schedule.row(span) for _ in outs]
            self._add(stage, schedule.split(into[0], parts, span))
        if copied is not None:
            return outs
        filtered = [Filtered(part, read.horizontal, columns[0], span, apart) for part in parts]
        if late:
            return filtered
        for out, given in zip(outs, filtered, strict=True):
            self._filter(stage, out, given)
        return outs

    def _splits(self, read: Read, group: int, columns: tuple[int, int]) -> bool:
        """Whether a vertical filter parts what lies side by side, for the filter along the row."""
        part, span = read.component, columns[1] - columns[0]
        dtype = self.program.source.layout.planes[part.plane].dtype
        if dtype != "uint8" or read.offset != int(read.offset) or read.vertical.longest > BLOCK:
            return False
        if group == 1:
            phases = filters.find_phases(read.horizontal)
            if phases is None or phases.q not in (2, 4) or read.horizontal.longest > BLOCK:
                return False
            woven = phases.by_fours().woven(read.horizontal)
            return woven and span >= 64 and span % 4 == 0
        return group == 2

    def _filter(self, stage: Stage, out: Buffer, given: Filtered) -> None:
        self._add(stage, self.schedule.horizontal(out, given))

    def _unweight(self, stage: Stage, channels: dict[int, Input | Filtered]) -> None:
        """docs/arithmetic.md, 4.5."""
        program, alpha = self.program, self.program.alpha
        if alpha is None or not (program.premultiply or program.unpremultiply):
            return
        weight = channels[alpha]
        for index, buffer in channels.items():
            weighed = self._weighs(index)
            # weighted before and divided now, or neither; where only one is asked for, that one
            if index == alpha or (program.premultiply and program.unpremultiply != weighed):
                continue
            kernel = "unweigh" if program.unpremultiply else "weigh"
            columns = program.reads[index].horizontal.outputs
            assert isinstance(buffer, Buffer)
            assert isinstance(weight, Buffer)
            self._add(stage, self._by_alpha(kernel, buffer, weight, columns))

    def _mixes(
        self,
        stage: Stage,
        channels: dict[int, Input | Filtered],
        rows_kept: set[int],
        needed: Ranges,
    ) -> dict[int, Input | Filtered]:
        """Steps of the mixes; return the buffers of what comes out."""
        program, schedule = self.program, self.schedule
        if not program.mixes:
            return channels
        inner = program.inner
        everywhere = Rect(0, 0, inner.width, inner.height)
        colour = [b for i, b in channels.items() if i != program.alpha and isinstance(b, Buffer)]
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

    def _resampled(self, group: _Group, ready: _Channels) -> None:
        """A stage of its own for components whose channels are filtered once more."""
        own = self._own(group.component)
        stage = self.schedule.stage(own)
        given: dict[int, Input | Filtered] = {}
        for write in group.writes:
            if write.channel is None or write.vertical is None or write.horizontal is None:
                continue
            source = ready.buffers[write.channel]
            between = self.schedule.round(write.horizontal.source)
            columns = write.horizontal.source
            step = self.schedule.vertical(between, source, write.vertical, columns)
            self._add_together(stage, step)
            given[write.channel] = Filtered(between, write.horizontal, 0, columns)
        outputs = {index: Output(index, None) for index in given}
        filtered = _Channels(given, outputs)
        if not self._paintable(group):
            for index in outputs:
                self._materialise(stage, filtered, index, None)
        self._store(stage, group, filtered, own)

    def _store(self, stage: Stage, group: _Group, ready: _Channels, ranges: Ranges) -> None:
        """The step that writes a group, for the band's own rows only."""
        own = self._own(group.component)
        guard = -1
        if not np.array_equal(own, ranges):  # rows made ahead are written when they are made
            guard = self.schedule.guard(self.schedule.whole_bands(own))
        columns = group.component.size(self.program.inner[2:])[0]
        zeros = self.schedule.shared("zeros", columns)
        if self._paintable(group):
            wanted = []
            for write in group.writes:
                made = Output(None, None) if write.channel is None else ready.outputs[write.channel]
                wanted.append(replace(made, gain=_gain(write)))
            first = wanted[0].channel
            if len(wanted) == 1 and first is not None:
                given = ready.inputs[first]
                step = None
                if isinstance(given, Filtered):
                    step = self.schedule.horizontal_to_plane(
                        self.program, group.component, given, wanted[0].gain
                    )
                if step is not None:
                    self._add(stage, step, guard)
                    return
            inputs, outputs = _compact(self._inputs(stage, ready, wanted), wanted)
            components = [write.component for write in group.writes]
            painted = self.schedule.paint(self.program, components, inputs or [zeros], outputs)
            self._add(stage, painted, guard)
            return
        for write in group.writes:
            buffer = zeros if write.channel is None else ready.buffers[write.channel]
            step = self.schedule.store(
                self.program, write.component, buffer, _gain(write), merge=group.merge
            )
            self._add(stage, step, guard)


@dataclass(slots=True)
class _Channels:
    """Where the channels of a stage are."""

    inputs: dict[int, Input | Filtered]
    """Before the mixes."""
    outputs: dict[int, Output]
    """How those after the mixes are made."""
    buffers: dict[int, Buffer] = field(default_factory=dict)
    """Those after the mixes that lie in a buffer."""


def _gain(write: Write) -> tuple[float, float]:
    """Return (scale, offset); a constant is an offset alone."""
    return (0.0, write.constant) if write.channel is None else (write.scale, write.offset)


def _compact(
    channels: dict[int, Input], outputs: Sequence[Output]
) -> tuple[list[Input], list[Output]]:
    """Return the channels in use, ascending, and the outputs by their places among these."""
    order = sorted(channels)
    used = {o.channel for o in outputs if o.channel is not None}
    for output in outputs:
        pairs = zip(order, output.coefficients or (), strict=False)
        used |= {index for index, c in pairs if c != 0}
    places = {index: place for place, index in enumerate(i for i in order if i in used)}
    made = []
    for output in outputs:
        channel = None if output.channel is None else places[output.channel]
        row = output.coefficients
        if row is not None:
            row = tuple(c for index, c in zip(order, row, strict=False) if index in used)
            row += (0.0,) * (len(places) - len(row))
        made.append(Output(channel, row, output.gain))
    return [channels[index] for index in places], made


def _union(ranges: Sequence[Ranges]) -> Ranges:
    """Return the smallest ranges that contain all of them."""
    first = np.min([r[:, 0] for r in ranges], axis=0)
    last = np.max([r[:, 1] for r in ranges], axis=0)
    joined: npt.NDArray[np.int64] = np.stack([first, last], axis=1)
    return joined
