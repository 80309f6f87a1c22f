"""A CuPy without a GPU for whole streams: FakeCupy's kernels over memory that has addresses.

It counts what it is asked to make: CuPy's memory hook sees the same calls of `alloc` on a GPU.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from gpumft.device.opencl import OpenCLMachine
from tests.device.cupy_memory import UnownedMemory, ndarray
from tests.device.fake_cupy import Current, FakeCupy, MemoryPointer


class Pointer(MemoryPointer):
    """Device memory at an address of the host."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.ptr = self.bytes.ctypes.data
        self.mem = SimpleNamespace(size=size, ptr=self.ptr)


class Event:
    """An event with an address, of a device where everything runs at once."""

    ptr = 1

    def __init__(self, *, disable_timing: bool) -> None:
        assert disable_timing

    def synchronize(self) -> None:
        pass


class Stream(Current):
    """A stream with an address."""

    ptr = 0x5000

    def synchronize(self) -> None:
        self.waits += 1


class WholeCupy(FakeCupy):
    """What CudaMachine and CudaMemory use together. `made` counts allocations and builds."""

    def __init__(self, machine: OpenCLMachine, devices: int = 1) -> None:
        super().__init__(machine, devices)
        self.made: Counter[str] = Counter()
        cuda = self.cuda
        cuda.Stream = self._counted("stream", Stream)
        cuda.Event = self._counted("event", Event)
        cuda.alloc = self._counted("memory", self.alloc)
        cuda.alloc_pinned_memory = self._counted("pinned", cuda.alloc_pinned_memory)
        cuda.UnownedMemory = UnownedMemory
        vars(cuda.runtime).update(
            memcpy2DAsync=_copy2d,
            memcpyAsync=lambda to, source, size, *_: ctypes.memmove(to, source, size),
            memsetAsync=lambda to, value, size, _: ctypes.memset(to, value, size),
            deviceSynchronize=lambda: None,
            eventRecord=lambda *_: None,
            streamWaitEvent=lambda *_: None,
        )
        self.ndarray = ndarray
        self.RawModule = self._counted("module", self.RawModule)  # type: ignore[method-assign]

    def alloc(self, nbytes: int) -> MemoryPointer:
        self.may_fail("alloc")
        return Pointer(nbytes)

    def _counted(self, name: str, make: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.made[name] += 1
            return make(*args, **kwargs)

        return call


def _copy2d(*numbers: int) -> None:
    to, step, source, pitch, width, rows = numbers[:6]
    for row in range(rows):
        ctypes.memmove(to + row * step, source + row * pitch, width)
