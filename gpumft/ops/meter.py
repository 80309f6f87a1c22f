"""Measures how bright pictures are: one more program, whose small result the host looks at.

As every program gives the same bytes on every device, so does the measure.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from gpumft.colour import light_of_gray
from gpumft.colour import plan as plan_colour
from gpumft.device import Device
from gpumft.device.program import Apply, Mix, Program, Rect, Stage, Write
from gpumft.formula import formula, larger
from gpumft.media import Interlace, Range, Transfer, VideoType
from gpumft.ops.components import Components
from gpumft.ops.geometry import Area
from gpumft.ops.operands import Operand
from gpumft.ops.options import Options
from gpumft.ops.peak import CODES, Reading
from gpumft.ops.planner import Plan

_MOST_DOWN = 270
"""Patches along the shorter side, at most twice as many less one."""


class Meter:
    """Reads how bright the pictures of a conversion are, what it shows of them.

    Nothing is built or allocated after construction but for batches that are larger than any
    before; see `prepare`.

    Thread-safety: calls may come from several threads; they take turns.
    """

    def __init__(self, settled: Plan, device: Device) -> None:
        program = meter_program(settled)
        self._transfer = Transfer(settled.source.transfer or Transfer.PQ)
        self._run = device.build(program)
        self._shape = program.target.plane_shapes(program.target_size)[0]
        self._made: list[npt.NDArray[np.uint16]] = []
        self._most, self._sum = np.array(0, np.uint16), np.array(0, np.int64)
        self._wide = np.zeros(self._shape, np.int64)  # a sum that widens allocates
        self._lock = threading.Lock()
        self._make_room(1)

    def prepare(self, pictures: int) -> None:
        """Allocate what so many pictures at once need."""
        with self._lock:
            self._make_room(pictures)
            self._run.prepare(pictures)

    def read(self, pictures: Sequence[Sequence[Operand]]) -> list[Reading]:
        """Return how bright pictures are; waits for them.

        Args:
            pictures: planes of each, as a built program takes them.
        """
        with self._lock:
            self._make_room(len(pictures))
            made = self._made[: len(pictures)]
            self._run.batch([(source, [out]) for source, out in zip(pictures, made, strict=True)])
            return [self._reading(out) for out in made]

    def _make_room(self, pictures: int) -> None:
        while len(self._made) < pictures:
            self._made.append(np.zeros(self._shape, np.uint16))

    def _reading(self, patches: npt.NDArray[np.uint16]) -> Reading:
        np.max(patches, out=self._most)
        np.copyto(self._wide, patches)
        np.sum(self._wide, out=self._sum)
        peak, mean = int(self._most.item()), int(self._sum.item()) // patches.size
        return Reading(peak, mean, light_of_gray(self._transfer, peak / CODES))


def meter_program(settled: Plan) -> Program:
    """Return the program that makes patches of what a conversion shows of its source.

    Their codes are those of the largest of R', G', B', of which each is a mean over the patch (of
    ictcp, that of the mean I, Ct and Cp). The fields of interlaced pictures are seen together;
    alpha is not looked at.

    Thread-safety: a pure function. Source: docs/light.md, 12.
    """
    shown, source = settled.placement.crop, settled.source.replace(interlace=Interlace.PROGRESSIVE)
    size = _patches(shown)
    target = VideoType("gray16le", size, range=Range.FULL)
    whole = Rect(0, 0, *size)
    placement = replace(settled.placement, picture=Area(*map(Fraction, whole)), inner=whole)
    rgb = source.replace(format="gbrpf32le", size=size, aperture=None, matrix=None, range=None)
    stages: list[Stage] = [
        Mix(stage.rows) if stage.formula is None else Apply(stage.formula)
        for stage in plan_colour(source, rgb.resolved(source)).stages
    ]
    largest = formula("the largest", 3, lambda r, g, b: [larger(larger(r, g), b)])
    component = target.format.layout.components[0]
    return Program(
        source=source.format,
        source_size=source.size,
        target=target.format,
        target_size=size,
        reads=Components(source, target, Options(filter="area"), placement, direct=False).reads(
            alpha=False
        ),
        stages=(*stages, Apply(largest)),
        writes=(Write(component, 0, 0.0, None, None, float(CODES), 0.0),),
        inner=whole,
        background=(0.0,),
        direct=False,
        transpose=placement.transpose,
        mirror_y=placement.mirror_y,
        mirror_x=placement.mirror_x,
    )


def _patches(shown: Area) -> tuple[int, int]:
    """How many patches there are across and down, of whole pixels where that divides."""
    side = max(1, int(min(shown.width, shown.height) / _MOST_DOWN))
    return -int(-shown.width // side), -int(-shown.height // side)
