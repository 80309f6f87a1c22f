"""Passes: which fused conversions and frame effects make one picture of another, in what order.

Effects that fuse share one conversion; a frame effect is a pass of its own. Between two passes lies
a picture of a pool, whose slot is used again as soon as the work on it is ordered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gpumft.device import Device, Pool, Surface
from gpumft.effects import FrameEffect, MatrixEffect
from gpumft.errors import InvalidArg
from gpumft.media import PixelFormat, VideoType
from gpumft.media.fields import COLOUR_FIELDS
from gpumft.media.resolve import resolve_pair
from gpumft.ops import Converter, Options, Plan, Reading, plan
from gpumft.ops.operands import apart, check_writable

AnyEffect = MatrixEffect | FrameEffect
Follow = Callable[[Sequence[Reading]], Sequence[float]]
"""From how bright pictures are to the peaks in cd/m2 with which they are mapped."""
_NO_GEOMETRY: dict[str, Any] = {"crop": None, "rotate": 0, "flip": "", "fit": "stretch"}


@dataclass(frozen=True, slots=True)
class Step:
    """One picture made of another, and what is then done to it where it lies.

    Thread-safety: immutable.
    """

    type: VideoType
    """Of the picture that is made, resolved."""
    make: Plan | FrameEffect | None
    """A fused conversion, a frame effect that writes another picture, or None to copy."""
    then: tuple[FrameEffect, ...] = ()
    """Frame effects in place."""


def listed(effects: Any) -> tuple[AnyEffect, ...]:
    """Return what a user gave as effects, one or several.

    Raises:
        InvalidArg: something that is no effect.

    Thread-safety: a pure function.
    """
    if isinstance(effects, MatrixEffect | FrameEffect):
        return (effects,)
    found = tuple(effects) if isinstance(effects, Iterable) else (effects,)
    for effect in found:
        if not isinstance(effect, MatrixEffect | FrameEffect):
            msg = f"{effect!r} is no effect; give for example gpumft.effects.sepia(0.5)"
            raise InvalidArg(msg)
    return found


def settle(
    src: VideoType, dst: VideoType, options: Options, effects: Sequence[AnyEffect]
) -> tuple[Step, ...]:
    """Return the fewest steps from `src` to `dst`.

    Crop, rotation, flip, size and aperture belong to the first conversion, so that frame effects
    see pictures of the size that comes out, with the background beside them.

    Args:
        src: type of what comes in.
        dst: type of what goes out, whole.
        options: of the conversion, without effects.
        effects: in order.

    Raises:
        InvalidArg, InvalidMediaType: as `gpumft.ops.plan`.

    Thread-safety: a pure function.
    """
    current, target = resolve_pair(src, dst)
    steps: list[Step] = []
    fused: list[MatrixEffect] = []
    for effect in effects:
        if isinstance(effect, MatrixEffect):
            fused.append(effect)
            continue
        seen = _seen_by(effect, current, target)
        steps += _conversion(current, seen, options, fused, first=not steps)
        _append(steps, effect, seen)
        current, fused = seen, []
    steps += _conversion(current, target, options, fused, first=not steps)
    return tuple(steps) or (Step(target, plan(current, target, options)),)


def _append(steps: list[Step], effect: FrameEffect, seen: VideoType) -> None:
    if not effect.in_place:
        steps.append(Step(seen, effect))
    elif steps:
        last = steps.pop()
        steps.append(replace(last, then=(*last.then, effect)))
    else:  # what comes in is the client's, and stays as it is
        steps.append(Step(seen, None, (effect,)))


def _seen_by(effect: FrameEffect, current: VideoType, target: VideoType) -> VideoType:
    """Return the type that a frame effect works on: of the output's size and colour.

    Its format is the output's where the effect takes that, else the input's, else its first one.
    """
    for format in (target.format, current.format):
        if format in effect.formats:
            return _like(target, format)
    return _like(target, PixelFormat(effect.formats[0]))


def _like(target: VideoType, format: PixelFormat) -> VideoType:
    if format == target.format:
        return target
    open_fields = dict.fromkeys(("matrix", "range", "siting", "alpha", "stride"))
    return target.replace(format=format, **open_fields).resolved(target)


def _conversion(
    src: VideoType,
    dst: VideoType,
    options: Options,
    effects: Sequence[MatrixEffect],
    *,
    first: bool,
) -> list[Step]:
    """Return the step from one type to another, or none where nothing changes."""
    if first:
        settled = plan(src, dst, replace(options, effects=tuple(effects)))
    else:  # whole frames, background and all
        chosen = replace(options, effects=tuple(effects), **_NO_GEOMETRY)
        settled = plan(src.replace(aperture=None), dst.replace(aperture=None), chosen)
    made = settled.target.replace(aperture=dst.aperture)
    return [] if _copies(settled) else [Step(made, settled)]


def _copies(settled: Plan) -> bool:
    """Whether a conversion gives the very samples that it takes."""
    program, here, there = settled.program, settled.source, settled.target
    alike = all(getattr(here, n) == getattr(there, n) for n in ("format", "size", *COLOUR_FIELDS))
    turned = program.transpose or program.mirror_x or program.mirror_y
    if not (alike and program.direct) or turned or settled.placement.inner[2:] != there.size:
        return False
    return all(r.vertical.is_identity and r.horizontal.is_identity for r in program.reads)


class Passes:
    """Steps made ready for a device.

    Thread-safety: one picture at a time.
    """

    def __init__(self, steps: Sequence[Step], device: Device) -> None:
        for effect in frame_effects(steps):
            effect.check(device.memory)
        self.steps = tuple(steps)
        self._device = device
        self._makes = tuple(
            Converter.of(step.make, device) if isinstance(step.make, Plan) else step.make
            for step in steps
        )
        self._pools = tuple(Pool(step.type, device) for step in steps[:-1])

    @property
    def converter(self) -> Converter | None:
        """The conversion, where there is nothing else to do."""
        first = self._makes[0]
        alone = len(self.steps) == 1 and not self.steps[0].then
        return first if alone and isinstance(first, Converter) else None

    def fill(self, count: int) -> None:
        """Make room for so many pictures at once between passes, and within each."""
        for pool in self._pools:
            pool.fill(count)
        for make in self._makes:
            if isinstance(make, Converter):
                make.prepare(count, arrays=False)

    def trim(self) -> None:
        """Free what pictures between passes took."""
        for pool in self._pools:
            pool.trim()

    def run(self, pictures: Sequence[tuple[Sequence[Any], Sequence[Any]]], follow: Follow) -> None:
        """Make planes of planes; several pictures share each conversion's launches.

        Args:
            pictures: planes to read and planes to write.
            follow: is called once where a conversion takes the peak of each picture.

        Raises:
            InvalidArg: a plane to write is read-only.
            Whatever a frame effect raises; the planes to write then hold anything.
        """
        with ExitStack() as held:
            current = [src for src, _ in pictures]
            for index, step in enumerate(self.steps):
                if index == len(self._pools):
                    made = [dst for _, dst in pictures]
                else:
                    made = [held.enter_context(s).planes for s in self._lent(index, len(pictures))]
                self._make(self._makes[index], current, made, follow)
                for effect in step.then:
                    for planes in made:
                        effect.run(planes, None, self._device.memory)
                current = made

    def _lent(self, index: int, count: int) -> Iterator[Surface]:
        """Lend pictures to lie behind a step."""
        pool = self._pools[index]
        if count > 1:
            pool.fill(count)  # in one allocation, if they are not there
        return (pool.acquire() for _ in range(count))

    def _make(
        self,
        make: Converter | FrameEffect | None,
        src: Sequence[Sequence[Any]],
        dst: Sequence[Sequence[Any]],
        follow: Follow,
    ) -> None:
        if isinstance(make, Converter):
            peaks = follow(make.measure(src)) if make.plan.measures else None
            make.batch(src, dst, peaks=peaks)
            return
        for read, write in zip(src, dst, strict=True):
            self._make_one(make, read, write)

    def _make_one(self, make: FrameEffect | None, src: Sequence[Any], dst: Sequence[Any]) -> None:
        memory = self._device.memory
        if memory.kind == "cpu":
            reads, writes = [np.asarray(p) for p in src], [np.asarray(p) for p in dst]
            check_writable(writes)
            src, dst = apart(reads, writes, self._device), writes
        if make is not None:
            make.run(src, dst, memory)
            return
        for read, write in zip(src, dst, strict=True):
            if memory.kind == "cpu":
                write[...] = read
            else:
                memory.copy(read.raw(), write.raw())


def frame_effects(steps: Iterable[Step]) -> list[FrameEffect]:
    """Return the frame effects among steps.

    Thread-safety: a pure function.
    """
    found: list[FrameEffect] = []
    for step in steps:
        found += [step.make] if isinstance(step.make, FrameEffect) else []
        found += step.then
    return found
