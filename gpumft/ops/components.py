"""Reads and writes of a conversion: which component goes where, through which taps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from gpumft.colour import Quantiser, quantiser
from gpumft.device.program import Pattern, Read, Rect, Scale, Write
from gpumft.media import Range, Siting, VideoType
from gpumft.media.formats import Component
from gpumft.ops.dither import pattern
from gpumft.ops.geometry import Area, Placement, is_by_field
from gpumft.ops.options import Options
from gpumft.resample import Filter, Grid, Taps, chroma_grid, field_taps, get_filter, luma_grid, taps

_AXES: tuple[Literal["x", "y"], ...] = ("x", "y")

COLOURS = {"yuv": "yuv", "rgb": "rgb", "gray": "y"}
"""Names of the colour components by kind, in canonical order."""


@dataclass(frozen=True, slots=True)
class Components:
    """Makes reads and writes of one conversion.

    Thread-safety: immutable.
    """

    src: VideoType
    dst: VideoType
    options: Options
    placement: Placement
    direct: bool
    """Components are scaled on their own."""
    apart: bool = False
    """Reads lead to the luma grid of the source; the picture is scaled later, by a Scale."""

    def resamples(self) -> bool:
        """Whether any luma sample is a mixture of several."""
        return not all(_copies(axis) for axis in self._luma())

    def scale(self) -> Scale:
        """Return the scaling of all channels, where reads lead to the source's luma grid."""
        across, down = self._luma()
        return Scale(down, across)

    def _luma(self) -> tuple[Taps, Taps]:
        """Return horizontal and vertical taps from the source's luma grid to the target's."""
        chosen = get_filter(self.options.filter)
        made = []
        for axis in (0, 1):
            start, length, extent = self._span(axis)
            first, grid = 0, luma_grid(self._length(axis))
            if self.apart:
                first, count = self._whole(axis)
                grid = self._between(axis, first, count)
            crop, goal = (start - first, length), self._target_grid(axis, None)
            make = self._planner(axis)
            made.append(make(grid, goal, crop=crop, extent=extent, filter=chosen))
        return made[0], made[1]

    def reads(self, *, alpha: bool) -> tuple[Read, ...]:
        """Return one Read per source component that is needed, alpha last."""
        layout = self.src.format.layout
        names = COLOURS[layout.kind]
        if self.direct and self.dst.format.is_gray:
            names = "y"
        names += "a" if alpha else ""
        found = [component for name in names if (component := layout.component(name))]
        return tuple(self._read(component) for component in found)

    def _read(self, component: Component) -> Read:
        shifts = (component.xshift, component.yshift)
        if self.placement.transpose:
            shifts = (shifts[1], shifts[0])
        target = self.dst.format.layout.component(component.name) if self.direct else None
        chosen = self._filter(component.name)
        axes = []
        for axis in (0, 1):
            start, length, extent = self._span(axis)
            grid = self._source_grid(axis, shifts[axis])
            goal = self._target_grid(axis, target)
            if self.apart:
                first, extent = self._whole(axis)
                start, length = Fraction(first), Fraction(extent)
                goal = self._between(axis, first, extent)
            make = self._planner(axis)
            axes.append(make(grid, goal, crop=(start, length), extent=extent, filter=chosen))
        offset = 0.0 if self._cancels(component) else quantised(component, self.src).offset
        return Read(component, float(np.float32(offset)), axes[1], axes[0])

    def _cancels(self, component: Component) -> bool:
        """Whether codes of a component differ from the target's by a factor alone."""
        target = self.dst.format.layout.component(component.name)
        if not self.direct or target is None:
            return False
        ours, theirs = quantised(component, self.src), quantised(target, self.dst)
        return ours.offset * (theirs.scale / ours.scale) == theirs.offset

    def _planner(self, axis: int) -> Callable[..., Taps]:
        """Return what makes taps along `axis`: rows of interlaced pictures stay in their field."""
        return field_taps if axis and is_by_field(self.src) else taps

    def _span(self, axis: int) -> tuple[Fraction, Fraction, int]:
        """Return start and length of the source's part along `axis`, and the target's pixels."""
        crop: Area = self.placement.crop
        return crop[axis], crop[axis + 2], int(self.placement.picture[axis + 2])

    def _target_grid(self, axis: int, component: Component | None) -> Grid:
        """The grid of what is written along `axis` (of luma for None), 0 where the part begins."""
        inner: Rect = self.placement.inner
        whole = _grid(self.dst.size[axis], component, self.dst.siting, axis)
        step = int(whole.step)
        count = -(-inner[axis + 2] // step)
        return whole.part(inner[axis] // step, count, self.placement.picture[axis])

    def _whole(self, axis: int) -> tuple[int, int]:
        """Return first and number of the source's pixels that its part touches."""
        start, length, _ = self._span(axis)
        first = start.__floor__()
        return first, (start + length).__ceil__() - first

    def _between(self, axis: int, first: int, count: int) -> Grid:
        """The grid on which `count` of the source's pixels wait for the scaling, 0 at `first`.

        Rows of two fields begin in the upper one: with a row in front where `first` is odd, which
        is made of the part's own rows and used by none.
        """
        before = first % 2 if axis and is_by_field(self.src) else 0
        origin = Fraction(1, 2) - before
        return Grid(origin, Fraction(1), before + count, Fraction(-before))

    def _length(self, axis: int) -> int:
        return self.placement.turned_size[axis]

    def _source_grid(self, axis: int, shift: int) -> Grid:
        """The grid of a turned source component along `axis` (0: x, 1: y) of the turned source."""
        length = self._length(axis)
        own = 1 - axis if self.placement.transpose else axis
        if shift:
            grid = chroma_grid(length, shift, self.src.siting or Siting.LEFT, _AXES[own])
        else:
            grid = luma_grid(length)
        mirrored = self.placement.mirror_y if axis else self.placement.mirror_x
        return grid.mirrored(length) if mirrored else grid

    def _filter(self, name: str) -> Filter:
        options = self.options
        if name not in "uv":
            return get_filter(options.filter)
        default = options.filter if self.placement.is_scaled else "bilinear"
        return get_filter(options.chroma_filter or default)

    def writes(self, reads: tuple[Read, ...], *, alpha: bool, in_codes: bool) -> tuple[Write, ...]:
        """Return one Write per component of the target, in the layout's order.

        With `alpha` the target's alpha is the source's, else opaque. `in_codes`: colour needs no
        scale any more.
        """
        given = reads if alpha or reads[-1].component.name != "a" else reads[:-1]
        components = self.dst.format.layout.components
        return tuple(self._write(c, given, in_codes=in_codes) for c in components)

    def _write(self, component: Component, reads: tuple[Read, ...], *, in_codes: bool) -> Write:
        quant = quantised(component, self.dst)
        channel = self._channel(component.name, reads)
        if channel is None:
            filler = component.name in "ax"
            constant = quant.scale + quant.offset if filler else quant.offset
            return Write(component, None, float(np.float32(constant)), None, None, 1.0, 0.0)
        scale, offset = quant.scale, quant.offset
        if self.direct or component.name == "a":
            read = reads[channel if self.direct else -1]
            scale /= quantised(read.component, self.src).scale
            offset = 0.0 if self._cancels(read.component) else offset
        elif in_codes:
            scale = 1.0
        across, down = None, None
        if not self.direct and (component.xshift or component.yshift):
            across, down = self._to_chroma(component)
        return Write(
            component,
            channel,
            0.0,
            down,
            across,
            float(np.float32(scale)),
            float(np.float32(offset)),
            self._limits(component, quant),
            self._pattern(component),
        )

    def _to_chroma(self, component: Component) -> tuple[Taps, Taps]:
        """Return horizontal and vertical taps from the target's luma grid to a component's."""
        chosen = self._filter(component.name)
        across, down = (
            self._planner(axis)(
                luma_grid(extent),
                _grid(extent, component, self.dst.siting, axis),
                crop=(Fraction(0), Fraction(extent)),
                extent=extent,
                filter=chosen,
            )
            for axis, extent in enumerate(self.placement.inner[2:])
        )
        return across, down

    def _limits(self, component: Component, quant: Quantiser) -> tuple[float, float] | None:
        """Return the nominal codes with `legalize`, where there are others."""
        if not self.options.legalize or component.name == "a" or quant.maximum is None:
            return None
        if self.dst.range is not Range.LIMITED:
            return None
        unit = 2.0 ** (component.depth - 8)
        return 16 * unit, (240 if component.name in "uv" else 235) * unit

    def _pattern(self, component: Component) -> Pattern | None:
        if component.name == "a" or self.dst.format.is_float:
            return None
        return pattern(self.options.dither, int(self.options.seed))

    def _channel(self, name: str, reads: tuple[Read, ...]) -> int | None:
        """Which channel (or read, where direct) becomes the component called `name`."""
        read_names = [read.component.name for read in reads]
        if self.direct or name == "a":
            if name == "a" and "a" in read_names and not self.direct:
                return len(COLOURS[self.dst.format.layout.kind])
            return read_names.index(name) if name in read_names else None
        order = COLOURS[self.dst.format.layout.kind]
        return order.index(name) if name in order else None


def quantised(component: Component, type_: VideoType) -> Quantiser:
    """Return how `component` of a resolved type is coded."""
    known = type_.range or Range.FULL
    return quantiser(component, known, type_.matrix, is_float=type_.format.is_float)


def _copies(axis: Taps) -> bool:
    return axis.longest == 1 and bool(np.all(axis.weights == 1))


def _grid(extent: int, component: Component | None, siting: Siting | None, axis: int) -> Grid:
    """The target's grid along `axis` for `component`; the luma grid for None."""
    shift = (component.yshift if axis else component.xshift) if component else 0
    if not shift:
        return luma_grid(extent)
    return chroma_grid(extent, shift, siting or Siting.LEFT, _AXES[axis])
