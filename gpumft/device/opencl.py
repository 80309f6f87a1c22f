"""OpenCL as a device: portable kernels on one in-order queue, copies on two others."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import wraps
from math import prod
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import numpy as np
import numpy.typing as npt

from gpumft.device.base import DeviceInfo
from gpumft.device.gpu.device import GpuDevice, tested
from gpumft.device.gpu.machine import Fence, Machine
from gpumft.device.health import Health
from gpumft.device.memory import shortage
from gpumft.device.opencl_build import OpenCLBuilder
from gpumft.device.opencl_errors import translated
from gpumft.device.opencl_memory import OpenCLMemory
from gpumft.device.opencl_platform import Candidate, candidates, is_gpu, library, rank
from gpumft.device.unit import Unit, build_error
from gpumft.errors import DeviceLost, DeviceUnavailable, OutOfMemory

_P = ParamSpec("_P")
_R = TypeVar("_R")

OPTIONS = ("-cl-std=CL1.2",)
"""What every unit is built with; contraction is off by the prelude."""
GROUP = (32, 4, 1)
"""Work items of a group (across, down). Left to the runtime, Intel's took twice as long."""
QUIRKS = {"Oclgrind": ("-cl-opt-disable",)}
"""Options by platform. Oclgrind's optimiser leaves intrinsics that its interpreter lacks."""
_MOST = 32
"""Compiled programs that stay although nothing uses them; Intel's take 4 MiB each."""
_KNOWN: dict[str, DeviceInfo] = {}
_LOCK = threading.RLock()


def _translated(
    method: Callable[Concatenate[OpenCLMachine, _P], _R],
) -> Callable[Concatenate[OpenCLMachine, _P], _R]:
    """Make a method raise gpumft's errors instead of pyopencl's."""

    @wraps(method)
    def call(self: OpenCLMachine, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        self.health.check()
        try:
            return method(self, *args, **kwargs)
        except self.cl.Error as error:
            call = method.__name__
            ours = translated(error, self.cl, self.queue, call, self.health)
            raise ours from error

    return call


class OpenCLMachine(Machine):
    """A context and the queues of one OpenCL device.

    Args:
        options: more options of the compiler; the tests build with contraction on and off.
        profiling: whether events tell when they began and ended.

    Thread-safety: all methods may be called from any thread.
    """

    def __init__(
        self, spec: str, device: Any, options: Sequence[str] = (), *, profiling: bool = False
    ) -> None:
        self.cl = library()
        self.spec = spec
        self.health = Health(spec)
        self._device = device
        self._group = GROUP if device.max_work_group_size >= prod(GROUP) else (1, 1, 1)
        self._programs: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()
        try:
            self.context = self.cl.Context([device])
            told = self.cl.command_queue_properties.PROFILING_ENABLE if profiling else 0
            self.queue, self._sending, self._fetching = (
                self.cl.CommandQueue(self.context, device, told) for _ in range(3)
            )
        except self.cl.Error as error:
            raise DeviceUnavailable(f"{spec} gives no queue: {error}") from error
        chosen = [*OPTIONS, *QUIRKS.get(device.platform.name, ()), *options]
        self._builder = OpenCLBuilder(self.cl, self.context, device, chosen)

    @property
    def ways(self) -> tuple[Any, Any]:
        """The queues for copies to the device, and from it."""
        return self._sending, self._fetching

    @_translated
    def compile(self, unit: Unit) -> Any:
        """Return the unit's kernel. Each call makes a new one, since arguments are its state."""
        source, key = unit.text("opencl"), unit.key("opencl")
        with self._lock:
            program = self._programs.pop(key, None) or self.program(source)
            self._programs[key] = program
            while len(self._programs) > _MOST:
                self._programs.popitem(last=False)
            return self.cl.Kernel(program, unit.entries[0])

    def program(self, source: str) -> Any:
        """Return pyopencl's program of a source text, built or loaded from disk.

        Raises:
            KernelBuildError: the compiler refused it, or there is none.
            OutOfMemory, DeviceLost: it was not the compiler that failed.
        """
        try:
            return self._builder.build(source)
        except self.cl.Error as error:
            ours = translated(error, self.cl, self.queue, "build", self.health)
            if isinstance(ours, OutOfMemory | DeviceLost):
                raise ours from error
            raise build_error(self.spec, str(error), source) from error
        except RuntimeError as error:  # pyopencl's own, of what is no OpenCL error
            raise build_error(self.spec, str(error), source) from error

    @_translated
    def allocate(self, nbytes: int) -> Any:
        """Return a new buffer."""
        most = self._device.max_mem_alloc_size
        if nbytes > most:
            message = f"{self.spec} gives at most {most} bytes at once, not {nbytes}"
            raise OutOfMemory(message)
        return self._buffer(nbytes, self.cl.mem_flags.READ_WRITE)

    def _buffer(self, nbytes: int, flags: int) -> Any:
        try:
            return self.cl.Buffer(self.context, flags, max(1, nbytes))
        except self.cl.MemoryError as error:
            room = None, int(self._device.global_mem_size)
            raise shortage(self.spec, nbytes, "work memory", room) from error

    def size(self, memory: Any) -> int | None:
        """Return the size of a buffer of this context."""
        if not isinstance(memory, self.cl.MemoryObject) or memory.context != self.context:
            return None
        return int(memory.size)

    def origin(self, memory: Any) -> tuple[Hashable, int]:
        """Return the buffer itself: kernels get no other addresses."""
        return memory.int_ptr, 0

    @_translated
    def host(self, nbytes: int) -> npt.NDArray[np.uint8]:
        """Return memory that the runtime has allocated for copies, and mapped."""
        cl = self.cl
        flags = cl.mem_flags.READ_WRITE | cl.mem_flags.ALLOC_HOST_PTR
        buffer = self._buffer(nbytes, flags)
        ways = cl.map_flags.READ | cl.map_flags.WRITE
        array, _ = cl.enqueue_map_buffer(self.queue, buffer, ways, 0, (nbytes,), np.uint8)
        return cast("npt.NDArray[np.uint8]", array)

    @_translated
    def upload(self, memory: Any, host: npt.NDArray[Any]) -> None:
        """Copy an array to the beginning of a buffer."""
        self.cl.enqueue_copy(self.queue, memory, host, is_blocking=True)

    @_translated
    def download(self, host: npt.NDArray[Any], memory: Any) -> None:
        """Fill an array from the beginning of a buffer."""
        self.cl.enqueue_copy(self.queue, host, memory, is_blocking=True)

    @_translated
    def launch(self, kernel: Any, grid: tuple[int, int, int], arguments: Sequence[Any]) -> None:
        """Start a kernel."""
        for index, argument in enumerate(arguments):
            kernel.set_arg(index, argument)
        whole = tuple(-(-n // m) * m for n, m in zip(grid, self._group, strict=True))
        self.cl.enqueue_nd_range_kernel(self.queue, kernel, whole, self._group)
        self.queue.flush()

    @_translated
    def send(self, memory: Any, host: npt.NDArray[Any], after: Fence | None) -> Fence:
        """Start a copy to a buffer."""
        return self._copy(self._sending, memory, host, after)

    @_translated
    def fetch(self, host: npt.NDArray[Any], memory: Any, after: Fence) -> Fence:
        """Start a copy from a buffer."""
        return self._copy(self._fetching, host, memory, after)

    def _copy(self, queue: Any, target: Any, source: Any, after: Fence | None) -> Fence:
        before = None if after is None else [after]
        event = self.cl.enqueue_copy(queue, target, source, is_blocking=False, wait_for=before)
        queue.flush()  # another queue waits for it: it has to be on its way
        return event

    @_translated
    def mark(self) -> Fence:
        """Return a marker's event."""
        event = self.cl.enqueue_marker(self.queue)
        self.queue.flush()
        return event

    @_translated
    def hold(self, fence: Fence) -> None:
        """Enqueue a barrier."""
        self.cl.enqueue_barrier(self.queue, wait_for=[fence])

    @_translated
    def wait(self, fence: Fence) -> None:
        """Wait for an event."""
        fence.wait()

    @_translated
    def finish(self) -> None:
        """Wait for all queues."""
        for queue in (self._sending, self.queue, self._fetching):
            queue.finish()


class OpenCLDevice(GpuDevice):
    """Runs programs on an OpenCL device.

    Thread-safety: all methods may be called from any thread.
    """

    machine: OpenCLMachine

    def __init__(self, machine: OpenCLMachine, info: DeviceInfo) -> None:
        memory = OpenCLMemory(machine.cl, machine.queue, machine.ways, info.spec, machine.health)
        super().__init__(machine, memory, info)


def devices() -> list[DeviceInfo]:
    """Return every OpenCL device, each compiled for once a process; none where pyopencl is missing.

    Thread-safety: any thread.
    """
    try:
        found = candidates()
    except DeviceUnavailable:
        return []
    return [describe(candidate) for candidate in found]


def describe(candidate: Candidate) -> DeviceInfo:
    """Return what a candidate is, after a self-test that has to compile and run a kernel.

    Thread-safety: any thread.
    """
    with _LOCK:
        if candidate.spec not in _KNOWN:
            _KNOWN[candidate.spec] = _tested(candidate)
        return _KNOWN[candidate.spec]


def _tested(candidate: Candidate) -> DeviceInfo:
    name = f"{candidate.name} ({candidate.platform})"
    found = DeviceInfo(
        candidate.spec, name, "opencl", usable=False, identical=False, reason=candidate.reason
    )
    if candidate.device is None:
        return found
    return tested(found, lambda: OpenCLMachine(candidate.spec, candidate.device))


def open_opencl(spec: str) -> OpenCLDevice:
    """Open "opencl", "opencl:P", "opencl:P:D" or "opencl:part of a name".

    Among several that fit, the first usable graphics processor is taken, else the first usable
    device that is no simulator, else a simulator.

    Raises:
        DeviceUnavailable: no usable device fits. The message lists what there is.

    Thread-safety: any thread; each call opens a queue of its own.
    """
    wanted = spec.partition(":")[2]
    try:
        found = candidates()
    except DeviceUnavailable as error:
        raise DeviceUnavailable(f"no device {spec!r}: {error}") from error
    fitting = [c for c in found if _fits(c, wanted)]
    for candidate in sorted(fitting, key=rank):
        info = describe(candidate)
        if info.usable:
            return OpenCLDevice(OpenCLMachine(info.spec, candidate.device), info)
    listed = "; ".join(_line(c, tested=c in fitting) for c in found) or "nothing"
    raise DeviceUnavailable(f"no usable OpenCL device fits {spec!r}; there is: {listed}")


def gpus() -> list[DeviceInfo]:
    """Return every OpenCL graphics processor, usable or not.

    Thread-safety: any thread.
    """
    try:
        found = candidates()
    except DeviceUnavailable:
        return []
    return [describe(candidate) for candidate in found if is_gpu(candidate)]


def _fits(candidate: Candidate, wanted: str) -> bool:
    if not wanted:
        return True
    numbers = wanted.split(":")
    if all(number.isdecimal() for number in numbers):
        return candidate.spec.split(":")[1:][: len(numbers)] == numbers
    return wanted.lower() in candidate.words


def _line(candidate: Candidate, *, tested: bool) -> str:
    line = f"{candidate.spec} {candidate.name} ({candidate.platform})"
    reason = describe(candidate).reason if tested else candidate.reason
    return f"{line}: {reason}" if reason else line
