"""From two types and options to a Program: the only place where colour, taps and layout meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from gpumft.colour import ColourPlan, Quantiser, quantiser
from gpumft.colour import plan as plan_colour
from gpumft.device.program import Mix, Program, Read, Rect, Write
from gpumft.effects import region_pixels
from gpumft.errors import InvalidMediaType
from gpumft.media import Alpha, PixelFormat, Range, Siting, VideoType
from gpumft.media.formats import Component
from gpumft.media.resolve import resolve_pair
from gpumft.ops.background import background_codes
from gpumft.ops.geometry import Placement, place
from gpumft.ops.options import Options
from gpumft.resample import Filter, Grid, Taps, chroma_grid, get_filter, luma_grid, taps

_AXES: tuple[Literal["x", "y"], ...] = ("x", "y")

COLOURS = {"yuv": "yuv", "rgb": "rgb", "gray": "y"}
"""Names of the colour components by kind, in canonical order."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A conversion that is settled: types, placement, colour stages, and the Program.

    Thread-safety: immutable.
    """

    source: VideoType
    """Resolved."""
    target: VideoType
    """Resolved."""
    options: Options
    placement: Placement
    colour: ColourPlan
    program: Program


def plan(src: VideoType, dst: VideoType, options: Options) -> Plan:
    """Settle the conversion of `src` to `dst`.

    Raises:
        InvalidArg: the crop leaves the source.
        InvalidMediaType: a step that is not built; the message names it.
    """
    src, dst = resolve_pair(src, dst)
    for side, type_ in (("source", src), ("destination", dst)):
        _check_built(side, type_)
    placement = place(src, dst, options)
    colour = plan_colour(src, dst, effects=options.effects)
    build = _Builder(src, dst, options, placement, direct=False)
    weigh, unweigh = _alpha_steps(src, dst, resamples=build.resamples())
    if (weigh or unweigh) and src.format.subsampling != (0, 0):
        msg = f"{src.format} with {src.alpha} alpha cannot be resampled yet; use yuva444p"
        raise InvalidMediaType(msg)
    direct = colour.direct and not weigh and not unweigh and not _turns_chroma(src, dst, options)
    build = replace(build, direct=direct)
    reads = build.reads(alpha=_uses_alpha(src, dst))
    has_alpha = reads[-1].component.name == "a"
    program = Program(
        source=src.format,
        source_size=src.size,
        target=dst.format,
        target_size=dst.size,
        reads=reads,
        stages=() if direct else _mixes(colour, placement.inner),
        writes=build.writes(reads),
        inner=placement.inner,
        background=background_codes(options.background, dst),
        direct=direct,
        transpose=placement.transpose,
        mirror_y=placement.mirror_y,
        mirror_x=placement.mirror_x,
        alpha=len(reads) - 1 if has_alpha else None,
        alpha_scale=_reciprocal(reads[-1].component, src) if has_alpha else 0.0,
        premultiply=weigh,
        unpremultiply=unweigh,
    )
    return Plan(src, dst, options, placement, colour, program)


def is_built(pixel_format: PixelFormat) -> bool:
    """Return whether a format can be source and target of a conversion.

    Thread-safety: a pure function.
    """
    return pixel_format is not PixelFormat.V210


def _check_built(side: str, type_: VideoType) -> None:
    if not is_built(type_.format):
        msg = f"{side} format {type_.format} cannot be converted yet; see gpumft formats"
        raise InvalidMediaType(msg)


def _uses_alpha(src: VideoType, dst: VideoType) -> bool:
    both = src.format.has_alpha and dst.format.has_alpha
    return both and Alpha.OPAQUE not in (src.alpha, dst.alpha)


def _alpha_steps(src: VideoType, dst: VideoType, *, resamples: bool) -> tuple[bool, bool]:
    """Return whether colour is weighted by alpha before resampling, and freed of it after."""
    if not _uses_alpha(src, dst):
        return False, False
    straight = src.alpha == Alpha.STRAIGHT
    wants_straight = dst.alpha != Alpha.PREMULTIPLIED
    if straight and wants_straight and not resamples:
        return False, False
    return straight, wants_straight


def _turns_chroma(src: VideoType, dst: VideoType, options: Options) -> bool:
    shared = (src.format.subsampling, dst.format.subsampling)
    return options.rotate != 0 and shared != ((0, 0), (0, 0))


def _mixes(colour: ColourPlan, inner: Rect) -> tuple[Mix, ...]:
    size = (inner.width, inner.height)
    mixes = []
    for stage in colour.stages:
        region = Rect(*region_pixels(stage.region, size)) if stage.region else None
        mixes.append(Mix(stage.rows, region))
    return tuple(mixes)


def _reciprocal(alpha: Component, src: VideoType) -> float:
    return float(np.float32(1 / quantised(alpha, src).scale))


@dataclass(frozen=True, slots=True)
class _Builder:
    """Makes reads and writes of one conversion."""

    src: VideoType
    dst: VideoType
    options: Options
    placement: Placement
    direct: bool

    def resamples(self) -> bool:
        """Whether any luma sample is a mixture of several."""
        luma = self._read(Component("y", 0))
        axes = (luma.vertical, luma.horizontal)
        return not all(axis.longest == 1 and np.all(axis.weights == 1) for axis in axes)

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
        inner = self.placement.inner
        crop = self.placement.crop
        axes = []
        for axis, (start, length, extent) in enumerate(
            (
                (crop.x, crop.width, inner.width),
                (crop.y, crop.height, inner.height),
            )
        ):
            grid = self._source_grid(axis, shifts[axis])
            goal = _grid(extent, target, self.dst.siting, axis)
            axes.append(taps(grid, goal, crop=(start, length), extent=extent, filter=chosen))
        offset = quantised(component, self.src).offset
        return Read(component, float(np.float32(offset)), axes[1], axes[0])

    def _source_grid(self, axis: int, shift: int) -> Grid:
        """The grid of a turned source component along `axis` (0: x, 1: y) of the turned source."""
        length = self.placement.turned_size[axis]
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

    def writes(self, reads: tuple[Read, ...]) -> tuple[Write, ...]:
        """Return one Write per component of the target, in the layout's order."""
        return tuple(self._write(c, reads) for c in self.dst.format.layout.components)

    def _write(self, component: Component, reads: tuple[Read, ...]) -> Write:
        quant = quantised(component, self.dst)
        channel = self._channel(component.name, reads)
        if channel is None:
            filler = component.name in "ax"
            constant = quant.scale + quant.offset if filler else quant.offset
            return Write(component, None, float(np.float32(constant)), None, None, 1.0, 0.0)
        scale = quant.scale
        if self.direct or component.name == "a":
            read = reads[channel if self.direct else -1]
            scale /= quantised(read.component, self.src).scale
        across, down = None, None
        if not self.direct and (component.xshift or component.yshift):
            chosen = self._filter(component.name)
            across, down = (
                taps(
                    luma_grid(extent),
                    _grid(extent, component, self.dst.siting, axis),
                    crop=(Fraction(0), Fraction(extent)),
                    extent=extent,
                    filter=chosen,
                )
                for axis, extent in enumerate(self.placement.inner[2:])
            )
        return Write(
            component,
            channel,
            0.0,
            down,
            across,
            float(np.float32(scale)),
            float(np.float32(quant.offset)),
        )

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
    return quantiser(component, type_.range or Range.FULL, is_float=type_.format.is_float)


def _grid(extent: int, component: Component | None, siting: Siting | None, axis: int) -> Grid:
    """The target's grid along `axis` for `component`; the luma grid for None."""
    shift = (component.yshift if axis else component.xshift) if component else 0
    if not shift:
        return luma_grid(extent)
    return chroma_grid(extent, shift, siting or Siting.LEFT, _AXES[axis])


def taps_of(plan_: Plan) -> list[tuple[str, Taps]]:
    """Return every list of taps of a plan with the name of what it serves."""
    found = []
    for read in plan_.program.reads:
        found.append((f"{read.component.name} vertical", read.vertical))
        found.append((f"{read.component.name} horizontal", read.horizontal))
    for write in plan_.program.writes:
        if write.vertical is not None and write.horizontal is not None:
            found.append((f"to {write.component.name} vertical", write.vertical))
            found.append((f"to {write.component.name} horizontal", write.horizontal))
    return found
