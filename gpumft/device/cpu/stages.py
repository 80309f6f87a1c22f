"""What is done to channels on their grid: unweighted, mixed, changed by formulas, scaled."""

from __future__ import annotations

from collections.abc import Sequence

from gpumft.device.cpu import filters
from gpumft.device.cpu.channels import Channels, Domain
from gpumft.device.cpu.fused import fused
from gpumft.device.cpu.layout import PARAMETERS
from gpumft.device.cpu.schedule import Buffer, Filtered, Input, Ranges, Stage
from gpumft.device.program import Mix, Scale, colours_after
from gpumft.device.program import Stage as ProgramStage


class Stages(Channels):
    """Puts the middle of a schedule together.

    Thread-safety: not for use from several threads.
    """

    def _read(
        self, reads: Sequence[int], made: Ranges, domain: Domain
    ) -> tuple[Stage, dict[int, Input | Filtered]]:
        """Add the stages that make rows of a domain's channels; return the last one, and them."""
        loaded = self._loads(reads, made)
        stage = Stage(made)  # it runs after those that its channels need
        channels = self._channels(stage, reads, loaded, domain)
        self.schedule.stages.append(stage)
        if not self.simple:
            self._unweight(stage, channels)
            channels = self._staged(stage, channels, domain)
        return stage, channels

    def _scaled(
        self,
        before: Sequence[ProgramStage],
        scale: Scale,
        reads: Sequence[int],
        made: Ranges,
        domain: Domain,
    ) -> tuple[Stage, dict[int, Input | Filtered]]:
        """As `_read`, for channels that are scaled on their way to the domain."""
        schedule, program = self.schedule, self.program
        colours = colours_after(program, before)
        kept = set(range(colours + (program.alpha is not None)))
        columns = scale.horizontal.source
        ranges = filters.rows_used(scale.vertical, made)
        first = Domain(before, program.alpha, colours, kept, ranges, columns)
        _, unscaled = self._read(reads, schedule.missing(ranges), first)
        stage = schedule.stage(made)
        channels: dict[int, Input | Filtered] = {}
        for index, source in unscaled.items():
            if not isinstance(source, Buffer):
                continue
            rows = schedule.round(columns)
            self._add_together(stage, schedule.vertical(rows, source, scale.vertical, columns))
            keep = domain.unmixed(index) in domain.kept
            channels[index] = out = self._row(domain, keep=keep)
            self._filter(stage, out, Filtered(rows, scale.horizontal, 0, columns))
        return stage, self._staged(stage, channels, domain)

    def _row(self, domain: Domain, *, keep: bool) -> Buffer:
        """Return a buffer for a row of a domain, or for all that a later stage needs of it."""
        if keep:
            return self.schedule.ring(domain.columns, domain.needed)
        return self.schedule.row(domain.columns)

    def _unweight(self, stage: Stage, channels: dict[int, Input | Filtered]) -> None:
        """docs/arithmetic.md, 4.5."""
        program, alpha = self.program, self.program.alpha
        if alpha is None or not (program.premultiply or program.unpremultiply):
            return
        buffers = {i: given for i, given in channels.items() if isinstance(given, Buffer)}
        weight = buffers[alpha]
        for index, buffer in buffers.items():
            weighed = self._weighs(index)
            # weighted before and divided now, or neither; where only one is asked for, that one
            if index == alpha or (program.premultiply and program.unpremultiply != weighed):
                continue
            kernel = "unweigh" if program.unpremultiply else "weigh"
            columns = program.reads[index].horizontal.outputs
            self._add(stage, self._by_alpha(kernel, buffer, weight, columns))

    def _staged(
        self, stage: Stage, channels: dict[int, Input | Filtered], domain: Domain
    ) -> dict[int, Input | Filtered]:
        """Steps of mixes and formulas; return the buffers of what comes out."""
        if not domain.stages:
            return channels
        schedule, columns = self.schedule, domain.columns
        buffers = {i: given for i, given in channels.items() if isinstance(given, Buffer)}
        colour = [buffer for i, buffer in buffers.items() if i != domain.alpha]
        alpha = [] if domain.alpha is None else [buffers[domain.alpha]]
        steps = fused(domain.stages, len(colour))
        for step in steps:
            count = len(step.rows if isinstance(step, Mix) else step.formula.outputs)
            last = step is steps[-1]
            outs = [self._row(domain, keep=last and i in domain.kept) for i in range(count)]
            if isinstance(step, Mix):
                for index, row in enumerate(step.rows):
                    before = colour[index] if step.region is not None else colour[0]
                    made = schedule.mix(outs[index], before, row, step.region, colour, columns)
                    self._add(stage, made)
            else:
                given = [*colour, *alpha] if step.takes_alpha else colour
                kernel, arguments = schedule.apply(outs, given, step, columns)
                names = enumerate(step.formula.names, PARAMETERS)
                schedule.settings += [(name, arguments, at) for at, name in names if name]
                self._add(stage, (kernel, arguments))
            colour = outs
        return dict(enumerate([*colour, *alpha]))
