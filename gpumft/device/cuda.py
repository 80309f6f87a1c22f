"""CUDA as a device: portable kernels compiled by NVRTC, memory and launches by CuPy."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from gpumft.device import cuda_errors
from gpumft.device.base import DeviceInfo
from gpumft.device.cache import folder_of_this_process, is_writable
from gpumft.device.cuda_memory import CudaMemory
from gpumft.device.gpu.device import GpuDevice, tested
from gpumft.device.gpu.machine import Fence, Machine
from gpumft.device.health import Health
from gpumft.device.memory import shortage
from gpumft.device.unit import Unit, build_error
from gpumft.errors import DeviceUnavailable

_P = ParamSpec("_P")
_R = TypeVar("_R")

OPTIONS = ("--std=c++17", "--fmad=false")
"""What every unit is built with."""
_GROUP = (32, 4, 1)
"""Work items of a group (across, down)."""
_CACHE = "CUPY_CACHE_DIR"
_KNOWN: dict[int, DeviceInfo] = {}
_LOCK = threading.RLock()
_log = logging.getLogger("gpumft.device")


def library() -> Any:
    """Return CuPy.

    Raises:
        DeviceUnavailable: CuPy is not installed or does not load.

    Thread-safety: any thread.
    """
    if find_spec("cupy") is None:
        raise DeviceUnavailable('CUDA needs CuPy: pip install "gpumft[cuda13]"')
    with _LOCK:
        _check_cache()
    try:
        import cupy
    except Exception as error:
        raise DeviceUnavailable(f"CuPy does not load: {error}") from error
    return cupy


def _check_cache() -> None:
    """Give CuPy a folder of this process where it cannot write: it would fail to load or to build.

    Elsewhere it keeps the code that NVRTC makes, with a hash of its content, and needs no help.
    """
    folder = Path(os.path.expanduser(os.environ.get(_CACHE) or "~/.cupy/kernel_cache"))  # noqa: PTH111 - raises nothing without a home
    if is_writable(folder):
        return
    try:
        os.environ[_CACHE] = str(folder_of_this_process("cupy"))
    except OSError:
        return  # nowhere to write at all: what CuPy says then will be told
    _log.warning("kernels are not kept on disk: %s cannot be written", folder)


def _translated(
    method: Callable[Concatenate[CudaMachine, _P], _R],
) -> Callable[Concatenate[CudaMachine, _P], _R]:
    """Run a method on its device and stream; raise gpumft's errors instead of CuPy's."""

    @wraps(method)
    def call(self: CudaMachine, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        self.health.check()
        try:
            with self.device, self.stream:
                return method(self, *args, **kwargs)
        except cuda_errors.failures(self.cupy) as error:
            call = method.__name__
            ours = cuda_errors.translated(error, self.cupy, call, self.health)
            raise ours from error

    return call


class CudaMachine(Machine):
    """A device of CUDA, a stream for its kernels and one for each way of copying.

    Thread-safety: all methods may be called from any thread.
    """

    def __init__(self, ordinal: int) -> None:
        self.cupy = library()
        self.spec = f"cuda:{ordinal}"
        self.health = Health(self.spec)
        self._modules: dict[str, Any] = {}
        self._lock = threading.Lock()
        try:
            self.device = self.cupy.cuda.Device(ordinal)
            with self.device:
                self.stream, self._sending, self._fetching = (
                    self.cupy.cuda.Stream(non_blocking=True) for _ in range(3)
                )
        except self.cupy.cuda.runtime.CUDARuntimeError as error:
            raise DeviceUnavailable(f"{self.spec} cannot be opened: {error}") from error

    @property
    def ways(self) -> tuple[Any, Any]:
        """The streams for copies to the device, and from it."""
        return self._sending, self._fetching

    @_translated
    def compile(self, unit: Unit) -> Any:
        """Return the unit's kernel."""
        source, key = unit.text("cuda"), unit.key("cuda", *OPTIONS)
        with self._lock:
            if key not in self._modules:
                self._modules[key] = self._module(source)
            return self._modules[key].get_function(unit.entries[0])

    def _module(self, source: str) -> Any:
        try:
            module = self.cupy.RawModule(code=source, options=OPTIONS)
            module.compile()
        except self.cupy.cuda.compiler.CompileException as error:
            raise build_error(self.spec, error.get_message(), source) from error
        except cuda_errors.failures(self.cupy):
            raise
        except (ImportError, OSError, RuntimeError) as error:  # CuPy finds no NVRTC
            raise build_error(self.spec, f"no compiler: {error}", source) from error
        return module

    @_translated
    def allocate(self, nbytes: int) -> Any:
        """Return new memory of CuPy's pool."""
        try:
            return self.cupy.cuda.alloc(max(1, nbytes))
        except self.cupy.cuda.memory.OutOfMemoryError as error:
            free, total = self.cupy.cuda.runtime.memGetInfo()
            room = int(free), int(total)
            raise shortage(self.spec, nbytes, "work memory", room) from error

    @_translated
    def host(self, nbytes: int) -> npt.NDArray[np.uint8]:
        """Return pinned memory."""
        pinned = self.cupy.cuda.alloc_pinned_memory(nbytes)
        return np.frombuffer(pinned, np.uint8, nbytes)

    def size(self, memory: Any) -> int | None:
        """Return the size of the memory behind a pointer of this device."""
        pointer = self.cupy.cuda.MemoryPointer
        if not isinstance(memory, pointer) or memory.device_id != self.device.id:
            return None
        return int(memory.mem.size - (memory.ptr - memory.mem.ptr))

    def origin(self, memory: Any) -> tuple[Hashable, int]:
        """Return the allocation that a pointer points into, and how far."""
        return memory.mem.ptr, memory.ptr - memory.mem.ptr

    @_translated
    def upload(self, memory: Any, host: npt.NDArray[Any]) -> None:
        """Copy an array to the beginning of memory."""
        memory.copy_from_host_async(_address(host), host.nbytes, self.stream)
        self.stream.synchronize()

    @_translated
    def download(self, host: npt.NDArray[Any], memory: Any) -> None:
        """Fill an array from the beginning of memory."""
        memory.copy_to_host_async(_address(host), host.nbytes, self.stream)
        self.stream.synchronize()

    @_translated
    def launch(self, kernel: Any, grid: tuple[int, int, int], arguments: Sequence[Any]) -> None:
        """Start a kernel; an array of one structure goes by value."""
        groups = -(-grid[0] // _GROUP[0]), -(-grid[1] // _GROUP[1]), grid[2]
        kernel(groups, _GROUP, tuple(arguments))

    @_translated
    def send(self, memory: Any, host: npt.NDArray[Any], after: Fence | None) -> Fence:
        """Start a copy on the stream for this way."""
        if after is not None:
            self._sending.wait_event(after)
        memory.copy_from_host_async(_address(host), host.nbytes, self._sending)
        return self._event(self._sending)

    @_translated
    def fetch(self, host: npt.NDArray[Any], memory: Any, after: Fence) -> Fence:
        """Start a copy on the stream for this way."""
        self._fetching.wait_event(after)
        memory.copy_to_host_async(_address(host), host.nbytes, self._fetching)
        return self._event(self._fetching)

    @_translated
    def mark(self) -> Fence:
        """Return an event of the kernels' stream."""
        return self._event(self.stream)

    def _event(self, stream: Any) -> Fence:
        event = self.cupy.cuda.Event(disable_timing=True)
        event.record(stream)
        return event

    @_translated
    def hold(self, fence: Fence) -> None:
        """Let the kernels' stream wait."""
        self.stream.wait_event(fence)

    @_translated
    def wait(self, fence: Fence) -> None:
        """Wait for an event."""
        fence.synchronize()

    @_translated
    def finish(self) -> None:
        """Wait for all streams."""
        for stream in (self._sending, self.stream, self._fetching):
            stream.synchronize()


class CudaDevice(GpuDevice):
    """Runs programs on a CUDA device.

    Thread-safety: all methods may be called from any thread.
    """

    machine: CudaMachine

    def __init__(self, machine: CudaMachine, info: DeviceInfo) -> None:
        memory = CudaMemory(
            machine.cupy, machine.device.id, machine.stream, machine.ways, machine.health
        )
        super().__init__(machine, memory, info)


def devices() -> list[DeviceInfo]:
    """Return every CUDA device, or one line that says why there is none; [] without CuPy.

    Thread-safety: any thread.
    """
    if find_spec("cupy") is None:
        return []
    try:
        count = _count()
    except DeviceUnavailable as error:
        return [
            DeviceInfo("cuda:0", "CUDA", "cuda", usable=False, identical=False, reason=str(error))
        ]
    return [describe(ordinal) for ordinal in range(count)]


def describe(ordinal: int) -> DeviceInfo:
    """Return what a device is, after a self-test that has to compile and run a kernel.

    Thread-safety: any thread.
    """
    with _LOCK:
        if ordinal not in _KNOWN:
            _KNOWN[ordinal] = _tested(ordinal)
        return _KNOWN[ordinal]


def open_cuda(spec: str) -> CudaDevice:
    """Open "cuda" (the first usable one) or "cuda:N".

    Raises:
        DeviceUnavailable: it is not there or not usable; the message says why.

    Thread-safety: any thread; each call opens a stream of its own.
    """
    wanted = spec.partition(":")[2]
    try:
        count = _count()
    except DeviceUnavailable as error:
        raise DeviceUnavailable(f"no device {spec!r}: {error}") from error
    ordinals = [n for n in range(count) if not wanted or str(n) == wanted]
    for ordinal in ordinals:
        info = describe(ordinal)
        if info.usable:
            return CudaDevice(CudaMachine(ordinal), info)
    listed = "; ".join(f"{i.spec} {i.name}: {i.reason}" for i in map(describe, ordinals))
    raise DeviceUnavailable(
        f"no usable CUDA device fits {spec!r} among {count}; {listed or 'give cuda:0 and up'}"
    )


def _count() -> int:
    cupy = library()
    try:
        return int(cupy.cuda.runtime.getDeviceCount())
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise DeviceUnavailable(f"CUDA finds no device: {error}") from error


def _tested(ordinal: int) -> DeviceInfo:
    name = "CUDA"
    with suppress(DeviceUnavailable):  # the test will say so
        name = _name(ordinal)
    found = DeviceInfo(f"cuda:{ordinal}", name, "cuda", usable=False, identical=False)
    return tested(found, lambda: CudaMachine(ordinal))


def _name(ordinal: int) -> str:
    cupy = library()
    try:
        return str(cupy.cuda.runtime.getDeviceProperties(ordinal)["name"].decode())
    except cuda_errors.failures(cupy) as error:
        raise DeviceUnavailable(f"cuda:{ordinal} tells no name: {error}") from error


def _address(host: npt.NDArray[Any]) -> int:
    return int(np.asarray(host).__array_interface__["data"][0])
