"""From a Program to a Schedule: which rows are needed where, and in which order kernels run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gpumft.device.cpu import filters
from gpumft.device.cpu.channels import Domain, union
from gpumft.device.cpu.groups import Group, groups
from gpumft.device.cpu.schedule import (
    MOST,
    Buffer,
    Filtered,
    Input,
    Output,
    Ranges,
    Schedule,
    Stage,
)
from gpumft.device.cpu.stages import Stages
from gpumft.device.program import Mix, Program, Write, around_scale, colours_after
from gpumft.media.formats import Component

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


class _Lowering(Stages):
    """Puts a schedule together."""

    def __init__(self, program: Program, bands: int) -> None:
        super().__init__(program, bands)
        written = groups(program)
        if not program.direct:
            self._domain(written, list(range(len(program.reads))))
            return
        for group in written:
            channels = [w.channel for w in group.writes if w.channel is not None]
            self._domain([group], channels)

    # ------------------------------------------------------------------ rows

    def _own(self, component: Component) -> Ranges:
        """Rows of a component in each slice."""
        slices, shift = self.schedule.slices, component.yshift
        return np.stack([slices[:, 0] >> shift, -(-slices[:, 1] >> shift)], axis=1)

    def _needed(self, groups: Sequence[Group]) -> Ranges:
        """Rows of the channels' grid that the groups' rows are made of."""
        ranges = []
        for group in groups:
            own = self._own(group.component)
            ranges.append(filters.rows_used(group.taps[0], own) if group.taps else own)
        return union(ranges)

    # ------------------------------------------------------------------ stages

    def _domain(self, groups: Sequence[Group], reads: Sequence[int]) -> None:
        """Channels on one grid: read, brought to the grid, put through all stages, written."""
        program, needed = self.program, self._needed(groups)
        made = self.schedule.missing(needed)
        kept = {w.channel for g in groups if g.taps for w in g.writes if w.channel is not None}
        before, scale, behind = around_scale(program.stages)
        alpha = program.alpha if scale is None else colours_after(program, before)
        domain = Domain(
            behind, None if program.alpha is None else alpha, program.colours, kept, needed,
            program.inner.width,
        )  # fmt: skip
        if scale is None:
            stage, channels = self._read(reads, made, domain)
        else:
            stage, channels = self._scaled(before, scale, reads, made, domain)
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
        mixes = [stage for stage in program.stages if isinstance(stage, Mix)]
        if not (self.simple and mixes):
            return {index: Output(index, None) for index in channels}
        rows = mixes[0].rows
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

    def _paintable(self, group: Group) -> bool:
        """Whether a group fills the columns of its plane."""
        layout = self.program.target.layout
        plane = layout.planes[group.component.plane]
        return not layout.packed and plane.channels == len(group.writes) <= MOST

    def _resampled(self, group: Group, ready: _Channels) -> None:
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

    def _store(self, stage: Stage, group: Group, ready: _Channels, ranges: Ranges) -> None:
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
                wanted.append(
                    replace(made, gain=_gain(write), limits=write.limits, dither=write.dither)
                )
            first = wanted[0].channel
            if len(wanted) == 1 and first is not None and not wanted[0].shaped:
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
            step = self.schedule.store(self.program, write, buffer, _gain(write), merge=group.merge)
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
        made.append(replace(output, channel=channel, coefficients=row))
    return [channels[index] for index in places], made
