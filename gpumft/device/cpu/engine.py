"""A Program built for the CPU: kernels found or compiled, tables laid out, scratch allocated."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gpumft.device.base import Runner
from gpumft.device.cpu import compiler
from gpumft.device.cpu.arithmetic import float_bits
from gpumft.device.cpu.background import fills
from gpumft.device.cpu.lower import lower
from gpumft.device.cpu.schedule import Schedule
from gpumft.device.cpu.threads import Threads
from gpumft.device.cpu.views import Array, fill_table, table
from gpumft.device.program import Program, Settings, settings_of
from gpumft.errors import InvalidArg, InvalidRequest, OutOfMemory
from gpumft.media.formats import PixelFormat

_WORTH_A_THREAD = 64 * 1024
"""Pixels below which waking another thread costs more than it brings."""

_LINE = 64
"""Bytes of a cache line."""


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
        self._run_band = compiler.function("run_band")
        self._steps, self._ranges, self._settings = _tables(schedule)
        self._defaults = settings_of(program)
        self._views = table(len(program.reads) + len(schedule.target_views))
        self._fills = fills(program)
        self._memory: npt.NDArray[np.float32] | None = _scratch(self._slots, schedule.scratch)
        self.scratch = self._memory.nbytes
        self._lock = threading.Lock()
        self._work_on = [-(-_address(row) // _LINE) * _LINE for row in self._memory]

    def run(
        self,
        src_planes: Sequence[Array],
        dst_planes: Sequence[Array],
        settings: Settings | None = None,
    ) -> None:
        """Convert one picture; see `Built`."""
        program, schedule = self._program, self._schedule
        _check(src_planes, program.source, program.source_size, "source")
        _check(dst_planes, program.target, program.target_size, "target")
        for index, plane in enumerate(dst_planes):
            if not plane.flags.writeable:
                raise InvalidArg(f"target plane {index} is read-only: pass an array to write into")
        with self._lock:
            if self._memory is None:
                raise InvalidRequest("the device of this built program is closed: open it again")
            given = settings or self._defaults
            for name, place in self._settings:
                place[0] = float_bits(given[name])
            fill_table(self._views, schedule.source_views, src_planes)
            fill_table(self._views[len(program.reads) :], schedule.target_views, dst_planes)
            for fill in self._fills:
                fill.apply(dst_planes)
            self._bands()

    def _bands(self) -> None:
        steps, count = _address(self._steps), len(self._schedule.stages)
        ranges, width = _address(self._ranges), self._ranges.shape[1]
        planes, run_band, scratch = _address(self._views), self._run_band, self._work_on
        bands = self._schedule.bands

        def work(band: int, slot: int) -> None:
            first, last = bands[band]
            at = ranges + 8 * width * first
            run_band(steps, count, at, width, last - first, scratch[slot], planes)

        self._threads.run(work, len(bands), most=self._slots)

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
    schedule: Schedule,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], list[tuple[str, Array]]]:
    """Return what `kernels.run_band` reads: stages and steps, and the ranges of every slice.

    And the places of named parameters among the steps' arguments.
    """
    stages: list[int] = []
    steps: list[int] = []
    kept: dict[int, Array] = {}
    for stage in schedule.stages:
        stages += [len(steps) // 3, stage.together, len(stage.steps), stage.height]
        for name, arguments, guard in stage.steps:
            entry = -1 if guard < 0 else 2 * (len(schedule.stages) + guard)
            steps += [compiler.kernel(name), schedule.keep(arguments, np.int64), entry]
            kept[id(arguments)] = schedule.kept[-1]
    ranges = [stage.ranges for stage in schedule.stages] + schedule.guards
    together = np.ascontiguousarray(np.concatenate(ranges, axis=1), np.int64)
    named = [
        (name, kept[id(arguments)][index : index + 1])
        for name, arguments, index in schedule.settings
    ]
    return np.array(stages + steps, np.int64), together, named


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


def _pixels(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _check(planes: Sequence[Array], format: PixelFormat, size: tuple[int, int], role: str) -> None:
    """Raise InvalidArg unless the planes can be addressed as `format` at `size`."""
    shapes, dtypes = format.plane_shapes(size), format.plane_dtypes()
    if len(planes) != len(shapes):
        raise InvalidArg(f"{role} has {len(planes)} planes, but {format} has {len(shapes)}")
    for index, (plane, shape, dtype) in enumerate(zip(planes, shapes, dtypes, strict=True)):
        if plane.shape != shape or plane.dtype != dtype:
            raise InvalidArg(
                f"{role} plane {index} is {plane.shape} {plane.dtype}, but {format} at "
                f"{size[0]}x{size[1]} has {shape} {dtype}: pass an array of that shape"
            )
