"""From two types and options to a Program: the only place where colour, taps and layout meet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gpumft.colour import ColourPlan, Rendering
from gpumft.colour import Stage as ColourStage
from gpumft.colour import plan as plan_colour
from gpumft.device.program import Apply, Mix, Program, Rect, Scale, Stage, settings_of
from gpumft.effects import region_pixels
from gpumft.formula import Formula, clamp, formula
from gpumft.media import VideoType
from gpumft.media.resolve import resolve_pair
from gpumft.ops import alpha
from gpumft.ops.background import background_codes
from gpumft.ops.components import COLOURS, Components
from gpumft.ops.geometry import Placement, place
from gpumft.ops.options import DETECT, Options
from gpumft.resample import Taps

_BRIGHTEST = 10_000.0
"""cd/m2: no light is brighter."""
_WITHOUT_PEAK = ("none", "clip")
"""Tone maps on which the source's peak has no bearing."""


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

    @property
    def measures(self) -> bool:
        """Whether the tone map takes the peak of each picture."""
        return bool(settings_of(self.program))


def plan(src: VideoType, dst: VideoType, options: Options) -> Plan:
    """Settle the conversion of `src` to `dst`.

    Raises:
        InvalidArg: the crop leaves the source.
        InvalidMediaType: a step that is not built; the message names it.
    """
    src, dst = resolve_pair(src, dst)
    placement = place(src, dst, options)
    build = Components(src, dst, options, placement, direct=False)
    resamples = build.resamples()
    in_light = options.linear and resamples
    colour = plan_colour(
        src, dst, effects=options.effects, rendering=_rendering(options), linear=in_light
    )
    weights = alpha.settle(src, dst, resamples=resamples, colour=colour)
    straight = colour.direct and not weights.matter and not _turns_chroma(src, dst, options)
    clamps = options.legalize and dst.format.is_float
    build = replace(build, direct=straight and not clamps, apart=in_light or weights.apart)
    reads = build.reads(alpha=weights.used)
    scale = alpha.reciprocal_of(reads[-1], src) if weights.used else 0.0
    stages: list[Stage] = []
    if not build.direct:
        stages = [_stage(stage, placement) for stage in colour.stages]
        stages = weights.woven(stages, colour, build.scale() if build.apart else None, scale)
        if clamps:
            stages.append(Apply(_nominal(len(COLOURS[dst.format.layout.kind]))))
    program = Program(
        source=src.format,
        source_size=src.size,
        target=dst.format,
        target_size=dst.size,
        reads=reads,
        stages=tuple(stages),
        writes=build.writes(reads, alpha=weights.kept, in_codes=colour.in_codes),
        inner=placement.inner,
        background=background_codes(options.background, dst),
        direct=build.direct,
        transpose=placement.transpose,
        mirror_y=placement.mirror_y,
        mirror_x=placement.mirror_x,
        alpha=len(reads) - 1 if weights.used else None,
        alpha_scale=scale,
        premultiply=weights.premultiply,
        unpremultiply=weights.unpremultiply,
    )
    return Plan(src, dst, options, placement, colour, program)


def _rendering(options: Options) -> Rendering:
    measured = options.peak == DETECT
    return Rendering(
        options.tone_map,
        options.tone_map_basis,
        _BRIGHTEST if isinstance(options.peak, str) else options.peak,
        options.white,
        options.gamut,
        options.adaptation,
        adjustable=measured and options.tone_map not in _WITHOUT_PEAK,
    )


def _turns_chroma(src: VideoType, dst: VideoType, options: Options) -> bool:
    shared = (src.format.subsampling, dst.format.subsampling)
    return options.rotate != 0 and shared != ((0, 0), (0, 0))


def _stage(stage: ColourStage, placement: Placement) -> Stage:
    picture, inner = placement.picture, placement.inner
    region = None
    if stage.region:
        size = int(picture.width), int(picture.height)
        start = picture.x - inner.x, picture.y - inner.y
        region = Rect(*region_pixels(stage.region, size, inner[2:], start))
    if stage.formula is not None:
        return Apply(stage.formula, region=region)
    return Mix(stage.rows, region)


def _nominal(channels: int) -> Formula:
    """What `legalize` does to floats."""
    return formula("legalize", channels, lambda *given: [clamp(c, 0.0, 1.0) for c in given])


def taps_of(plan_: Plan) -> list[tuple[str, Taps]]:
    """Return every list of taps of a plan with the name of what it serves."""
    found = []
    for read in plan_.program.reads:
        found.append((f"{read.component.name} vertical", read.vertical))
        found.append((f"{read.component.name} horizontal", read.horizontal))
    for stage in plan_.program.stages:
        if isinstance(stage, Scale):
            found.append(("scaled vertical", stage.vertical))
            found.append(("scaled horizontal", stage.horizontal))
    for write in plan_.program.writes:
        if write.vertical is not None and write.horizontal is not None:
            found.append((f"to {write.component.name} vertical", write.vertical))
            found.append((f"to {write.component.name} horizontal", write.horizontal))
    return found
