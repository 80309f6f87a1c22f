"""A Program built for the CPU: kernels found or compiled, tables laid out, scratch allocated."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.built import Runner
from gpumft.device.cpu import compiler
from gpumft.device.cpu.background import fills
from gpumft.device.cpu.bands import Bands
from gpumft.device.cpu.layout import float_bits
from gpumft.device.cpu.loader import Loaded
from gpumft.device.cpu.lower import lower
from gpumft.device.cpu.placed import Placed
from gpumft.device.cpu.schedule import Schedule
from gpumft.device.cpu.threads import Threads
from gpumft.device.cpu.views import Array, address
from gpumft.device.plane import check_program_planes
from gpumft.device.program import Program, Settings, settings_of
from gpumft.errors import InvalidArg, InvalidRequest, OutOfMemory

_WORTH_A_THREAD = 64 * 1024
"""Pixels below which waking another thread costs more than it brings."""

_BANDS = ("run_bands", "stop_bands")
"""Kernels that hand out the others' work."""
_LINE = 64
"""Bytes of a cache line."""
_KEPT = 16
"""Shapes of planes that a program remembers as checked."""


class CpuRunner(Runner):
    """One program on one pool of threads.

    Nothing is compiled and no pixel memory allocated after construction.

    Thread-safety: runs take turns.
    """

    def __init__(self, program: Program, threads: Threads) -> None:
        self._program = program
        self._threads = threads
        pixels = max(_pixels(program.source_size), _pixels(program.target_size))
        self._slots = min(threads.count, 1 + pixels // _WORTH_A_THREAD)
        schedule = lower(program, self._slots)
        self._schedule = schedule
        names = {*_BANDS, "recognise", *schedule.kernels}
        self._kernels = {name: compiler.kernel(name) for name in names}
        self._steps, self._ranges, self._settings = _tables(schedule, self._kernels)
        self._defaults = settings_of(program)
        unused = len(program.reads) - len(schedule.source_views)  # reads of one view share it
        self._sources = [*schedule.source_views, *schedule.source_views[:1] * unused]
        self._recognise = self._kernels["recognise"].with_objects()
        self._checked: dict[Hashable, Placed] = {}
        self._last: Placed | None = None
        self._fills = fills(program)
        self._memory: npt.NDArray[np.float32] | None = _scratch(self._slots, schedule.scratch)
        self.scratch = self._memory.nbytes
        self._bands = self._divided(self._memory)
        if self._slots > 1:
            threads.start()
        self._lock = threading.Lock()

    def _divided(self, memory: npt.NDArray[np.float32]) -> Bands:
        """Return the bands of a picture, for as many threads as there are rows of memory."""
        schedule = self._schedule
        cuts = [*[first for first, _ in schedule.bands], schedule.bands[-1][1]]
        fixed = [
            address(self._steps), len(schedule.stages), address(self._ranges),
            self._ranges.shape[1], len(schedule.bands), schedule.keep(cuts, np.int64), 0,
        ]  # fmt: skip
        run, stop = (self._kernels[name] for name in _BANDS)
        scratch = [-(-address(row) // _LINE) * _LINE for row in memory]
        return Bands(run, stop, fixed, len(schedule.bands), scratch)

    def run(
        self,
        src_planes: Sequence[Array],
        dst_planes: Sequence[Array],
        settings: Settings | None = None,
    ) -> None:
        """Convert one picture; see `Built`."""
        placed = self._placed(src_planes, dst_planes)
        for index, plane in enumerate(dst_planes):
            if not plane.flags.writeable:
                raise InvalidArg(f"target plane {index} is read-only: pass an array to write into")
        records = placed.records([*src_planes, *dst_planes])
        if not self._run(records, dst_planes, settings or self._defaults):
            raise InvalidRequest("the device of this built program is closed: open it again")
        self._last = placed

    def run_again(self, src_planes: Sequence[Any], dst_planes: Sequence[Any]) -> bool:
        """Convert one picture whose planes are like those before; see `Runner`."""
        placed = self._last
        records = None if placed is None else placed.again(src_planes, dst_planes)
        return records is not None and self._run(records, dst_planes, self._defaults)

    def _run(self, records: array[int], dst_planes: Sequence[Array], settings: Settings) -> bool:
        """Convert one picture; return False, with nothing done, where this is closed."""
        with self._lock:
            if self._memory is None:
                return False
            for name, place in self._settings:
                place[0] = float_bits(settings[name])
            for fill in self._fills:
                fill.apply(dst_planes)
            self._bands.do(records, self._threads)
            return True

    def _placed(self, source: Sequence[Array], target: Sequence[Array]) -> Placed:
        """Return the views of planes like these, which are checked when they are first seen."""
        seen: Hashable = (
            len(source),
            *[(plane.shape, plane.strides, plane.dtype) for plane in (*source, *target)],
        )
        placed = self._checked.get(seen)
        if placed is None:
            program = self._program
            check_program_planes(source, program.source, program.source_size, "source")
            check_program_planes(target, program.target, program.target_size, "target")
            views = self._schedule.target_views
            placed = Placed(self._sources, views, source, target, self._recognise)
            if len(self._checked) >= _KEPT:
                self._checked.clear()
            self._checked[seen] = placed
        return placed

    def close(self) -> None:
        """Free the scratch; waits for a run that is going on."""
        with self._lock:
            self._memory = None


def _scratch(slots: int, size: int) -> npt.NDArray[np.float32]:
    """Return zeroed memory, a row a slot, each with room for `size` bytes from a cache line on."""
    try:
        return np.zeros((slots, (size + _LINE) // 4), np.float32)
    except MemoryError as error:
        raise OutOfMemory(
            f"no {size * slots} bytes of work memory for {slots} threads: use fewer"
        ) from error


def _tables(
    schedule: Schedule, kernels: Mapping[str, Loaded]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], list[tuple[str, Array]]]:
    """Return what `kernels.run_bands` reads: stages and steps, and the ranges of every slice.

    And the places of named parameters among the steps' arguments.
    """
    for name, arguments, index in schedule.called:
        arguments[index] = kernels[name].address
    stages: list[int] = []
    steps: list[int] = []
    kept: dict[int, Array] = {}
    for stage in schedule.stages:
        stages += [len(steps) // 3, stage.together, len(stage.steps), stage.height]
        for name, arguments, guard in stage.steps:
            entry = -1 if guard < 0 else 2 * (len(schedule.stages) + guard)
            steps += [kernels[name].address, schedule.keep(arguments, np.int64), entry]
            kept[id(arguments)] = schedule.kept[-1]
    ranges = [stage.ranges for stage in schedule.stages] + schedule.guards
    together = np.ascontiguousarray(np.concatenate(ranges, axis=1), np.int64)
    named = [
        (name, kept[id(arguments)][index : index + 1])
        for name, arguments, index in schedule.settings
    ]
    return np.array(stages + steps, np.int64), together, named


def _pixels(size: tuple[int, int]) -> int:
    return size[0] * size[1]
