"""A Program built for a device of kernels: units compiled, tables uploaded, memory allocated."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.base import Runner
from gpumft.device.gpu.launch import Launch, PlaneRef
from gpumft.device.gpu.schedule import schedule
from gpumft.device.gpu.staging import Staging
from gpumft.device.plane import DevicePlane
from gpumft.device.program import Program
from gpumft.device.unit import Unit
from gpumft.errors import InvalidArg, InvalidRequest, MFError
from gpumft.media.formats import PixelFormat

Plane = npt.NDArray[Any] | DevicePlane


class Machine(ABC):
    """What a runner needs of a device: memory, a compiler, and one queue in order.

    Every method translates the library's exceptions into gpumft's.

    Thread-safety: all methods may be called from any thread.
    """

    spec: str

    @abstractmethod
    def compile(self, unit: Unit) -> Any:
        """Return the unit's only kernel, ready to launch.

        Raises:
            KernelBuildError: the compiler refused it.
        """

    @abstractmethod
    def allocate(self, nbytes: int) -> Any:
        """Return new memory.

        Raises:
            OutOfMemory: the device has no room for it.
        """

    @abstractmethod
    def size(self, memory: Any) -> int | None:
        """Return how many bytes `memory` has, or None where it is no memory of this device."""

    def host(self, nbytes: int) -> npt.NDArray[np.uint8]:
        """Return host memory from which copies are fast."""
        return np.zeros(nbytes, np.uint8)

    @abstractmethod
    def upload(self, memory: Any, host: npt.NDArray[Any]) -> None:
        """Copy a contiguous array to the beginning of `memory`; it may be changed afterwards."""

    @abstractmethod
    def download(self, host: npt.NDArray[Any], memory: Any) -> None:
        """Fill a contiguous array from the beginning of `memory`, after all that was started."""

    @abstractmethod
    def launch(self, kernel: Any, grid: tuple[int, int], arguments: Sequence[Any]) -> None:
        """Start a kernel over at least `grid` work items; arrays of one void go by value."""

    @abstractmethod
    def finish(self) -> None:
        """Wait until all that was started has ended."""


class GpuRunner(Runner):
    """One program on one device. Nothing is compiled or allocated after construction.

    Thread-safety: runs take turns.
    """

    takes = (np.ndarray, DevicePlane)

    def __init__(self, program: Program, machine: Machine) -> None:
        self._program = program
        self._machine = machine
        made = schedule(program)
        self.launches = len(made.launches)
        self._steps = [_Step(launch, machine) for launch in made.launches]
        self._source = Staging(program.source, program.source_size, machine.host)
        self._target = Staging(program.target, program.target_size, machine.host)
        self._table = machine.allocate(made.table.nbytes)
        machine.upload(self._table, made.table)
        self._between = [
            DevicePlane(
                machine.allocate(4 * rows * columns), 0, 4 * columns, (rows, columns),
                np.dtype(np.float32),
            )
            for rows, columns in made.between
        ]  # fmt: skip
        self._source_memory = machine.allocate(self._source.nbytes)
        self._target_memory = machine.allocate(self._target.nbytes)
        between = sum(4 * rows * columns for rows, columns in made.between)
        self.scratch = made.table.nbytes + between + self._source.nbytes + self._target.nbytes
        self._lock = threading.Lock()
        self._open = True

    def run(self, src_planes: Sequence[Plane], dst_planes: Sequence[Plane]) -> None:
        """Convert one picture; see `Built`. With planes of the device it is only started."""
        program = self._program
        self._check(src_planes, program.source, program.source_size, "source")
        self._check(dst_planes, program.target, program.target_size, "target")
        arrays = _arrays(src_planes, "source"), _arrays(dst_planes, "target")
        for index, plane in enumerate(arrays[1] or ()):
            if not plane.flags.writeable:
                raise InvalidArg(f"target plane {index} is read-only: pass an array to write into")
        with self._lock:
            if not self._open:
                raise InvalidRequest("the device of this built program is closed: open it again")
            machine = self._machine
            source, target = src_planes, dst_planes
            if arrays[0] is not None:
                self._source.fill(arrays[0])
                machine.upload(self._source_memory, self._source.host)
                source = self._source.on(self._source_memory)
            if arrays[1] is not None:
                target = self._target.on(self._target_memory)
            places = {"source": source, "target": target, "between": self._between}
            for step in self._steps:
                step.start(machine, self._table, places)
            if arrays[1] is not None:
                machine.download(self._target.host, self._target_memory)
                self._target.empty(arrays[1])

    def close(self) -> None:
        """Free the memory; waits for a run that is going on."""
        with self._lock:
            if self._open:
                with suppress(MFError):  # a lost device ends nothing, and in a child it is not ours
                    self._machine.finish()
            self._open = False
            self._between = []
            self._table = self._source_memory = self._target_memory = None

    def _check(
        self, planes: Sequence[Plane], format: PixelFormat, size: tuple[int, int], role: str
    ) -> None:
        """Raise InvalidArg unless the planes can be addressed as `format` at `size`."""
        shapes, dtypes = format.plane_shapes(size), format.plane_dtypes()
        if len(planes) != len(shapes):
            raise InvalidArg(f"{role} has {len(planes)} planes, but {format} has {len(shapes)}")
        for index, (plane, shape, dtype) in enumerate(zip(planes, shapes, dtypes, strict=True)):
            if plane.shape != shape or plane.dtype != dtype:
                raise InvalidArg(
                    f"{role} plane {index} is {plane.shape} {plane.dtype}, but {format} at "
                    f"{size[0]}x{size[1]} has {shape} {dtype}: pass a plane of that shape"
                )
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


class _Step:
    """A launch with its kernel and its numbers, of which the places change with the planes."""

    def __init__(self, launch: Launch, machine: Machine) -> None:
        self._kernel = machine.compile(launch.unit)
        self._planes: tuple[PlaneRef, ...] = launch.planes
        self._numbers = launch.numbers()
        self._grid = launch.grid

    def start(self, machine: Machine, table: Any, places: dict[str, Sequence[Any]]) -> None:
        planes: list[DevicePlane] = [places[ref.where][ref.number] for ref in self._planes]
        self._numbers["at"][0] = [plane.offset for plane in planes]
        self._numbers["pitch"][0] = [plane.pitch for plane in planes]
        memories = [plane.memory for plane in planes]
        machine.launch(self._kernel, self._grid, [self._numbers, table, *memories])


def _arrays(planes: Sequence[Plane], role: str) -> list[npt.NDArray[Any]] | None:
    """Return the planes where all are arrays, None where all are in device memory."""
    arrays = [plane for plane in planes if not isinstance(plane, DevicePlane)]
    if not arrays:
        return None
    if len(arrays) != len(planes):
        raise InvalidArg(f"{role} planes are partly arrays, partly in device memory: copy one kind")
    return arrays
