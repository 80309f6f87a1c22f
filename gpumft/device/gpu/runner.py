"""A Program built for a device of kernels: units compiled, tables uploaded, memory allocated."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, cast

import numpy as np

from gpumft.device.built import Runner
from gpumft.device.gpu.batch import Batch, Picture, batches
from gpumft.device.gpu.launch import Launch
from gpumft.device.gpu.machine import Machine
from gpumft.device.gpu.schedule import schedule
from gpumft.device.gpu.transit import Plane, Transit, arrays_in
from gpumft.device.plane import DevicePlane, check_program_planes
from gpumft.device.program import Program, Settings, settings_of
from gpumft.errors import InvalidArg, InvalidRequest, MFError
from gpumft.media.formats import PixelFormat

_MOST_BETWEEN = 256 << 20
"""Bytes of float32 planes that a batch may keep between its launches; more pictures go apart."""
_ALIGNMENT = 256
"""Bytes to which planes between two launches are aligned."""


class GpuRunner(Runner):
    """One program on one device. Nothing is compiled after construction.

    Memory is allocated at construction, and once more by `prepare`, or else when a first batch
    needs room for several pictures between its launches, or on their way from and to the host.

    Args:
        program: what to run.
        machine: where.
        used: is told planes in the device's memory that work was enqueued on.
        wide: whether plain conversions access 16 bytes at a time.

    Thread-safety: runs take turns.
    """

    takes = (np.ndarray, DevicePlane)

    def __init__(
        self,
        program: Program,
        machine: Machine,
        used: Callable[[list[DevicePlane]], None],
        *,
        wide: bool = True,
    ) -> None:
        self._program = program
        self._machine = machine
        self._used = used
        made = schedule(program, wide=wide)
        self.launches = len(made.launches)
        self.passes = tuple(launch.name for launch in made.launches)
        self._steps = [_Step(launch, machine) for launch in made.launches]
        self._between = _Between(made.between, machine)
        most = min(launch.frames for launch in made.launches)
        self.frames = max(1, min(most, _MOST_BETWEEN // max(1, self._between.step)))
        self._transit = Transit(program, machine)
        self._table = machine.allocate(made.table.nbytes)
        machine.upload(self._table, made.table)
        self._table_bytes = made.table.nbytes
        self._count()
        self._defaults = settings_of(program)
        self._lock = threading.Lock()
        self._open = True

    def run(
        self,
        src_planes: Sequence[Plane],
        dst_planes: Sequence[Plane],
        settings: Settings | None = None,
    ) -> None:
        """Convert one picture; see `Built`. With planes of the device it is only started."""
        self.run_batch([(src_planes, dst_planes)], settings)

    def run_batch(
        self,
        pictures: Sequence[tuple[Sequence[Plane], Sequence[Plane]]],
        settings: Settings | None = None,
    ) -> None:
        """Convert pictures: those in the device's memory with as few launches as they allow."""
        for source, target in pictures:
            self._check(source, target)
        with self._lock:
            if not self._open:
                raise InvalidRequest("the device of this built program is closed: open it again")
            for step in self._steps:
                step.adjust(settings or self._defaults)
            for passing, group in groupby(pictures, _passes_through):
                if passing:
                    self._transit.run(list(group), self._start_one)
                else:
                    self._start(cast("list[Picture]", list(group)))
            self._count()

    def prepare(self, pictures: int, *, arrays: bool) -> None:
        """Allocate what a batch of so many pictures needs."""
        with self._lock:
            if not self._open:
                raise InvalidRequest("the device of this built program is closed: open it again")
            self._between.make_room(max(1, min(pictures, self.frames)))
            if arrays:
                self._transit.make_room(pictures)
            self._count()

    def close(self) -> None:
        """Free the memory; waits for a run that is going on."""
        with self._lock:
            if self._open:
                with suppress(MFError):  # a lost device ends nothing, and in a child it is not ours
                    self._machine.finish()
                self._open = False
                del self._between, self._transit, self._table

    def _count(self) -> None:
        self.scratch = self._table_bytes + self._between.nbytes + self._transit.scratch

    def _start_one(self, source: Sequence[DevicePlane], target: Sequence[DevicePlane]) -> None:
        self._start([(source, target)])

    def _start(self, pictures: Sequence[Picture]) -> None:
        """Launch what makes pictures of the device's memory."""
        try:
            for batch in batches(pictures, self.frames, self._machine.origin):
                self._between.make_room(len(batch))
                for step in self._steps:
                    step.start(self._machine, self._table, batch, self._between)
        finally:
            self._used([plane for picture in pictures for side in picture for plane in side])

    def _check(self, source: Sequence[Plane], target: Sequence[Plane]) -> None:
        program = self._program
        self._check_planes(source, program.source, program.source_size, "source")
        self._check_planes(target, program.target, program.target_size, "target")
        for planes, role in ((source, "source"), (target, "target")):
            if len(arrays_in(planes)) not in (0, len(planes)):
                raise InvalidArg(
                    f"{role} planes are partly arrays, partly in device memory: copy one kind"
                )
        for index, plane in enumerate(arrays_in(target)):
            if not plane.flags.writeable:
                raise InvalidArg(f"target plane {index} is read-only: pass an array to write into")

    def _check_planes(
        self, planes: Sequence[Plane], format: PixelFormat, size: tuple[int, int], role: str
    ) -> None:
        """Raise InvalidArg unless the planes can be addressed as `format` at `size`."""
        check_program_planes(planes, format, size, role)
        for index, plane in enumerate(planes):
            if isinstance(plane, DevicePlane):
                self._check_memory(plane, f"{role} plane {index}")

    def _check_memory(self, plane: DevicePlane, name: str) -> None:
        size = self._machine.size(plane.memory)
        if size is None:
            raise InvalidArg(f"{name} is not in memory of {self._machine.spec}: copy it there")
        first, end = plane.extent
        if first < 0 or end > size:
            raise InvalidArg(f"{name} takes bytes {first} to {end} of memory of {size} bytes")
        item = plane.dtype.itemsize
        if plane.offset % item or plane.pitch % item:
            raise InvalidArg(
                f"{name} begins at byte {plane.offset} with rows {plane.pitch} bytes apart: "
                f"both must be multiples of the element's {item} bytes"
            )


class _Between:
    """The float32 planes between two launches, of as many pictures as a batch has had."""

    def __init__(self, sizes: Sequence[tuple[int, int]], machine: Machine) -> None:
        self._machine = machine
        self._sizes = sizes
        self._places: list[int] = []
        self.step = 0
        """Bytes from a picture's planes to the next one's."""
        for rows, columns in sizes:
            self._places.append(self.step)
            self.step += -(-4 * rows * columns // _ALIGNMENT) * _ALIGNMENT
        self.nbytes = 0
        self.planes: list[DevicePlane] = []
        """Those of the first picture."""
        self.make_room(1)

    def make_room(self, pictures: int) -> None:
        """Allocate, unless there is room already."""
        nbytes = self.step * pictures
        if nbytes <= self.nbytes:
            return
        memory = self._machine.allocate(nbytes)
        dtype = np.dtype(np.float32)
        self.planes = [
            DevicePlane(memory, place, 4 * columns, (rows, columns), dtype)
            for place, (rows, columns) in zip(self._places, self._sizes, strict=True)
        ]
        self.nbytes = nbytes


class _Step:
    """A launch with its kernel and its numbers, of which the places change with the planes."""

    def __init__(self, launch: Launch, machine: Machine) -> None:
        self._kernel = machine.compile(launch.unit)
        self._planes = launch.planes
        self._numbers = launch.numbers()
        self._settings = launch.settings
        self._grid = launch.grid

    def adjust(self, settings: Settings) -> None:
        """Take numbers for the named parameters of the launches to come."""
        for name, place in self._settings:
            self._numbers["f"][0, place] = settings[name]

    def start(self, machine: Machine, table: Any, batch: Batch, between: _Between) -> None:
        source, target = batch.first
        places = {"source": source, "target": target, "between": between.planes}
        planes: list[DevicePlane] = [places[ref.where][ref.number] for ref in self._planes]
        numbers, count = self._numbers, len(batch)
        numbers["source"][0, :count] = batch.source
        numbers["target"][0, :count] = batch.target
        numbers["between"][0] = between.step
        numbers["at"][0] = [plane.offset for plane in planes]
        numbers["pitch"][0] = [plane.pitch for plane in planes]
        memories = [plane.memory for plane in planes]
        machine.launch(self._kernel, (*self._grid, count), [numbers, table, *memories])


def _passes_through(picture: tuple[Sequence[Plane], Sequence[Plane]]) -> bool:
    """Whether a picture comes from the host or goes there."""
    return any(isinstance(planes[0], np.ndarray) for planes in picture)
