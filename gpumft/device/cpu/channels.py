"""From the planes of a source to channels on one grid: the first stages of a schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gpumft.device.cpu import filters
from gpumft.device.cpu.clusters import Clusters
from gpumft.device.cpu.doubling import doublings
from gpumft.device.cpu.layout import float_bits
from gpumft.device.cpu.schedule import (
    MOST,
    ROUND,
    Buffer,
    Filtered,
    Halved,
    Input,
    Ranges,
    Stage,
)
from gpumft.device.cpu.steps import Steps
from gpumft.device.program import Mix, Program
from gpumft.device.program import Stage as ProgramStage


@dataclass(frozen=True, slots=True)
class Domain:
    """Channels on one grid, what is done to them there, and what is needed of them later.

    Thread-safety: immutable.
    """

    stages: Sequence[ProgramStage]
    """Mixes and formulas."""
    alpha: int | None
    """Which channel is alpha before them."""
    colours: int
    """How many channels there are behind them, alpha aside."""
    kept: set[int]
    """Those that a later stage filters."""
    needed: Ranges
    """Their rows that it needs."""
    columns: int

    def unmixed(self, index: int) -> int | None:
        """Return the channel that channel `index` still is behind all stages, or None."""
        if not self.stages:
            return index
        return self.colours if index == self.alpha else None


class Channels(Clusters):
    """Puts the beginning of a schedule together: stages that bring components to one grid.

    Thread-safety: not for use from several threads.
    """

    def __init__(self, program: Program, bands: int) -> None:
        super().__init__(program)
        self.schedule = Steps(program, bands)
        alpha = program.alpha is not None and (program.premultiply or program.unpremultiply)
        plain = all(isinstance(step, Mix) and step.region is None for step in program.stages)
        self.simple = (
            not alpha and plain and len(program.stages) <= 1 and len(program.reads) <= MOST
        )
        """Whether channels are mixed where they are written, without rows between."""
        self.doubled = doublings(program, self.schedule.largest) if self.simple else {}
        """Reads that are doubled there."""

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
                ranges = union([filters.rows_used(taps, made) for taps in weighed])
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

    def _channels(
        self,
        stage: Stage,
        reads: Sequence[int],
        loaded: dict[int, tuple[Buffer, tuple[int, int]]],
        domain: Domain,
    ) -> dict[int, Input | Filtered]:
        """Steps that bring components to the grid; return where they are then."""
        channels: dict[int, Input | Filtered] = {}
        for cluster in self._clusters(reads, loaded):
            members = [index for index in cluster if index is not None]
            if members[0] in self.doubled:
                halved = zip(cluster, self._halved(stage, cluster), strict=True)
                channels |= {index: half for index, half in halved if index is not None}
                continue
            keep = any(domain.unmixed(index) in domain.kept for index in members)
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
                late = self.simple and not (domain.stages or keep or copied is not None)
                outs = [self._out(width, domain.needed if keep else None) for _ in cluster]
                made = self._brought(stage, cluster, loaded, outs, late=late)
            pairs = zip(cluster, made, strict=True)
            channels |= {index: channel for index, channel in pairs if index is not None}
        return {index: channels[index] for index in reads if index in channels}

    def _out(self, width: int, needed: Ranges | None) -> Buffer:
        """Return a buffer for a channel: kept for a later stage, or for a round of this one."""
        if needed is None:
            return self.schedule.round(width)
        return self.schedule.ring(width, needed)

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
        together = self._together(cluster, read)
        if copied is None and self._whole_elements and filters.repeats(read.horizontal):
            self._add(stage, schedule.load(outs, program, together, columns, rows, way="twice"))
            return outs
        sources = outs if copied is not None else [schedule.row(span) for _ in outs]
        self._add(stage, schedule.load(sources, program, together, columns, rows))
        if copied is not None:
            return outs
        filtered = [Filtered(source, read.horizontal, columns[0], span) for source in sources]
        if late:
            return filtered
        for out, given in zip(outs, filtered, strict=True):
            self._filter(stage, out, given)
        return outs

    def _halved(self, stage: Stage, cluster: Sequence[int | None]) -> list[Halved]:
        """Steps that read chroma as rows of even and of odd samples."""
        schedule, program = self.schedule, self.program
        read, group = self._first(cluster), len(cluster)
        doubling = next(self.doubled[index] for index in cluster if index is not None)
        together = self._together(cluster, read)
        span = doubling.columns[1] - doubling.columns[0]
        rows = filters.row_map(read.vertical)
        ahead = rows is not None and len(np.unique(rows)) < len(rows)
        needed, of_picture = None, 0
        if ahead:  # rows that are used more than once are read once
            needed = filters.rows_used(read.vertical, stage.ranges)
            stage = schedule.stage(schedule.missing(needed))
            rows, of_picture = None, schedule.keep(read.vertical.start, np.int32)
        parts = schedule.halves(span // 2, 2 * group, needed)
        if ahead or rows is not None:
            step = schedule.load(parts, program, together, doubling.columns, rows, way="halves")
            self._add(stage, step)
        elif self._splits(read, 2, doubling.columns):
            step = schedule.vertical_of_plane(parts, program, together, doubling.columns)
            self._add_together(stage, step)
        else:
            whole = schedule.round(group * span)
            step = schedule.vertical_of_plane([whole], program, together, doubling.columns)
            self._add_together(stage, step)
            self._add(stage, schedule.split(whole, parts, span // 2))
        apart = parts[group].offset - parts[0].offset
        even = [replace(part, rows=of_picture) for part in parts[:group]]
        return [Halved(part, apart, doubling) for part in even]

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
            pieces, width = (4, -(-span // 4)) if group == 1 else (group, span)
            into = [schedule.round(width) for _ in range(pieces)]
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

    def _filter(self, stage: Stage, out: Buffer, given: Filtered) -> None:
        self._add(stage, self.schedule.horizontal(out, given))


def union(ranges: Sequence[Ranges]) -> Ranges:
    """Return the smallest ranges that contain all of them."""
    first = np.min([r[:, 0] for r in ranges], axis=0)
    last = np.max([r[:, 1] for r in ranges], axis=0)
    joined: npt.NDArray[np.int64] = np.stack([first, last], axis=1)
    return joined
