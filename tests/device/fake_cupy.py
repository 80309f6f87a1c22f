"""A CuPy without a GPU: memory in the host, kernels run by OpenCL.

The CUDA text of a unit becomes OpenCL by its prelude alone, which is all that differs. So cuda.py
runs from end to end: compilers' options, order of calls, arguments by value, groups of work items
that reach beyond the grid. What a driver does is not shown.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import SimpleNamespace, TracebackType
from typing import Any, ClassVar, Self

import numpy as np

from gpumft.device.kernel_files import kernel_folder
from gpumft.device.opencl import OpenCLMachine
from gpumft.device.opencl_platform import library


class CUDARuntimeError(RuntimeError):
    """CuPy's."""


class CUDADriverError(RuntimeError):
    """CuPy's."""


class OutOfMemoryError(MemoryError):
    """CuPy's."""


class CompileException(Exception):
    """CuPy's."""

    def get_message(self) -> str:
        return str(self)


class Current(AbstractContextManager[Any]):
    """A device or a stream: the current one within `with`."""

    entered: ClassVar[list[Current]] = []

    def __init__(self, id: int = 0, *, non_blocking: bool = True) -> None:
        self.id = id
        self.depth = 0
        self.waits = 0
        self.work = 0
        """How much it was given."""
        self.waited: list[tuple[Current, int]] = []
        """Whose work it waits for, and how much of it."""

    def __enter__(self) -> Self:
        self.depth += 1
        Current.entered.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.depth -= 1
        assert Current.entered.pop() is self

    def synchronize(self) -> None:
        self.waits += 1

    def wait_event(self, event: Event) -> None:
        assert event.of is not None
        self.waited.append((event.of, event.work))


class Event:
    """CuPy's, of a device where everything runs at once."""

    def __init__(self, *, disable_timing: bool) -> None:
        assert disable_timing
        self.of: Current | None = None
        self.work = 0

    def record(self, stream: Current) -> None:
        self.of, self.work = stream, stream.work

    def synchronize(self) -> None:
        assert self.of is not None


class MemoryPointer:
    """Device memory."""

    def __init__(self, size: int) -> None:
        self.bytes = np.full(size, 0xEE, np.uint8)
        self.ptr = self.bytes.ctypes.data
        self.mem = SimpleNamespace(size=size, ptr=self.ptr)
        self.device_id = 0

    def copy_from_host_async(self, address: int, size: int, stream: Current) -> None:
        stream.work += 1
        ctypes.memmove(self.bytes.ctypes.data, address, size)

    def copy_to_host_async(self, address: int, size: int, stream: Current) -> None:
        stream.work += 1
        ctypes.memmove(address, self.bytes.ctypes.data, size)


class FakeCupy:
    """The part of CuPy that gpumft uses. `fail` names a call and what it raises."""

    def __init__(self, machine: OpenCLMachine, devices: int = 1) -> None:
        self.machine = machine
        self.fail: dict[str, Exception] = {}
        self.options: set[tuple[str, ...]] = set()
        self.launches = 0
        self.cuda = SimpleNamespace(
            Device=self.device,
            Stream=Current,
            Event=Event,
            MemoryPointer=MemoryPointer,
            alloc=self.alloc,
            alloc_pinned_memory=lambda nbytes: bytearray(max(64, nbytes)),
            runtime=SimpleNamespace(
                CUDARuntimeError=CUDARuntimeError,
                getDeviceCount=lambda: self.may_fail("count") or devices,
                memGetInfo=lambda: (100, 1000),
                getDeviceProperties=lambda n: {"name": f"Fake {n}".encode()},
            ),
            driver=SimpleNamespace(CUDADriverError=CUDADriverError),
            memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
            compiler=SimpleNamespace(CompileException=CompileException),
        )

    def may_fail(self, call: str) -> int:
        if call in self.fail:
            raise self.fail[call]
        return 0

    def device(self, ordinal: int) -> Current:
        self.may_fail(f"device {ordinal}")
        return Current(ordinal)

    def alloc(self, nbytes: int) -> MemoryPointer:
        self.may_fail("alloc")
        return MemoryPointer(nbytes)

    def RawModule(self, *, code: str, options: tuple[str, ...]) -> Any:  # noqa: N802 - its name
        self.options.add(options)
        own, other = (
            (kernel_folder() / f"prelude_{name}.h").read_text(encoding="ascii")
            for name in ("cuda", "opencl")
        )
        assert code.count(own) == 1
        text = code.replace(own, other)
        return SimpleNamespace(
            compile=lambda: self.may_fail("compile"),
            get_function=lambda name: lambda *given: self.run(text, name, *given),
        )

    def run(
        self,
        text: str,
        name: str,
        groups: tuple[int, int, int],
        group: tuple[int, int, int],
        arguments: Sequence[Any],
    ) -> None:
        self.may_fail("launch")
        self.launches += 1
        Current.entered[-1].work += 1
        cl, machine = library(), self.machine
        kernel = cl.Kernel(machine.program(text), name)
        buffers: dict[MemoryPointer, Any] = {}  # planes of a picture share one memory
        for index, argument in enumerate(arguments):
            if isinstance(argument, MemoryPointer):
                if argument not in buffers:
                    buffers[argument] = machine.allocate(len(argument.bytes))
                    machine.upload(buffers[argument], argument.bytes)
                kernel.set_arg(index, buffers[argument])
            else:
                assert isinstance(argument, np.generic) or argument.size == 1
                kernel.set_arg(index, argument)
        size = tuple(n * m for n, m in zip(groups, group, strict=True))
        cl.enqueue_nd_range_kernel(machine.queue, kernel, size, group)
        for argument, memory in buffers.items():
            machine.download(argument.bytes, memory)
