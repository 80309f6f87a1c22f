"""A plan built for a device: converts planes, and measures them where the tone map asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from gpumft.colour import tone_settings
from gpumft.device import Built, Device
from gpumft.device.program import Settings
from gpumft.errors import InvalidRequest
from gpumft.ops.meter import Meter
from gpumft.ops.operands import Operand, apart, is_in_place
from gpumft.ops.peak import Reading, above_white
from gpumft.ops.planner import Plan

Pair: TypeAlias = tuple[list[Operand], list[Operand]]
"""Planes that are read, planes that are written."""
NOT_MEASURED = (
    'nothing is measured here: that takes peak="detect", a source in pq or hlg, a target in '
    "neither, and a tone map that looks at the peak"
)


class Run:
    """What runs a plan on one device; it does not keep the device.

    Thread-safety: calls may come from several threads.
    """

    def __init__(self, settled: Plan, device: Device) -> None:
        options = settled.options
        self.built: Built = device.build(settled.program)
        self._meter = Meter(settled, device) if settled.measures else None
        self._tone_map, self._white = options.tone_map, float(options.white)

    @property
    def measures(self) -> bool:
        """Whether the tone map takes the peak of each picture."""
        return self._meter is not None

    @property
    def again(self) -> Callable[[Sequence[Any], Sequence[Any]], bool]:
        """Converts a picture like the one before, see `Built.again`; where it is not measured."""
        return self.built.again if self._meter is None else _never

    def prepare(self, frames: int, *, arrays: bool) -> None:
        """Allocate what a batch of so many pictures needs. See `Built.prepare`."""
        self.built.prepare(frames, arrays=arrays)
        if self._meter is not None:
            self._meter.prepare(frames)

    def measure(self, pictures: Sequence[Sequence[Operand]]) -> list[Reading]:
        """Return how bright pictures are.

        Raises:
            InvalidRequest: nothing is measured here.
        """
        if self._meter is None:
            raise InvalidRequest(NOT_MEASURED)
        return self._meter.read(pictures)

    def start(self, pairs: Sequence[Pair], device: Device, peaks: Sequence[float] | None) -> None:
        """Convert pictures, with these peaks in cd/m2 where the tone map takes them.

        Without peaks each is measured before it is converted, for it may be made of the one before.
        """
        if self._meter is None:
            self._start(pairs, device, None)
        elif peaks is None:
            for pair in pairs:
                (reading,) = self._meter.read([pair[0]])
                self._start([pair], device, self._settings(reading.light))
        else:
            for peak, group in groupby(zip(peaks, pairs, strict=True), key=itemgetter(0)):
                self._start([pair for _, pair in group], device, self._settings(peak))

    def _settings(self, peak: float) -> Settings:
        return tone_settings(self._tone_map, above_white(peak, self._white), self._white)

    def _start(self, pairs: Sequence[Pair], device: Device, settings: Settings | None) -> None:
        if settings is None and len(pairs) == 1 and self.built.again(*pairs[0]):
            return
        if any(is_in_place(*pair, device) for pair in pairs):
            for source, target in pairs:
                self.built(apart(source, target, device), target, settings)
        else:
            self.built.batch(pairs, settings)


def _never(_source: Sequence[Any], _target: Sequence[Any]) -> bool:
    return False
