"""The few words of CuPy that CudaMemory uses, over host memory: what it asks for can be looked at.

Everything runs at once; `Order` reads from the log what a GPU might have done at the same time.
"""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import numpy as np

OWN_STREAM, SENDING, FETCHING = 0x5000, 0x6000, 0x7000
"""Addresses of the device's own stream, and of those for copies there and back."""


class OutOfMemoryError(MemoryError):
    pass


class CUDARuntimeError(RuntimeError):
    pass


class Context:
    """Device and Stream: things that are entered; `entered` has those that are at the moment."""

    entered: ClassVar[list[int]] = []

    def __init__(self, number: int = 0) -> None:
        self.ptr = number

    def __enter__(self) -> Self:
        self.entered.append(self.ptr)
        return self

    def __exit__(self, *error: object) -> None:
        assert self.entered.pop() == self.ptr

    def synchronize(self) -> None:
        pass


class UnownedMemory:
    def __init__(self, ptr: int, size: int, owner: Any, device_id: int = -1) -> None:
        self.ptr, self.size, self.owner, self.device_id = ptr, size, owner, device_id


class MemoryPointer:
    def __init__(self, mem: Any, offset: int) -> None:
        self.mem = mem
        self.ptr = mem.ptr + offset


class Event:
    made = 0

    def __init__(self, *, disable_timing: bool) -> None:
        assert disable_timing
        Event.made += 1
        self.ptr = Event.made

    def synchronize(self) -> None:
        pass


class Window:
    def __init__(self, top: MemoryPointer, interface: dict[str, Any]) -> None:
        self.top = top
        self.__array_interface__ = interface


def ndarray(shape: Any, dtype: Any, memptr: MemoryPointer, strides: Any) -> Any:
    first = memptr.ptr + min(0, (shape[0] - 1) * strides[0])
    assert memptr.mem.ptr <= first < memptr.mem.ptr + memptr.mem.size
    interface = {
        "data": (memptr.ptr, False),
        "shape": shape,
        "strides": strides,
        "typestr": np.dtype(dtype).str,
        "version": 3,
    }
    return np.asarray(Window(memptr, interface)).view(Array)


class Array(np.ndarray):
    """CuPy gives DLPack where the stream is -1; NumPy where it is None."""

    def __dlpack__(self, *, stream: Any = None, **options: Any) -> Any:
        assert stream == -1
        return super().__dlpack__(**options)


WAYS = Context(SENDING), Context(FETCHING)


class Order:
    """What happens before what, by a log of work, events and waits of streams."""

    def __init__(self, log: list[tuple[Any, ...]]) -> None:
        self._before: list[set[int]] = []
        streams: dict[int, set[int]] = {}
        events: dict[int, set[int]] = {}
        for number, (word, *about) in enumerate(log):
            if word == "record":
                event, stream = about
                events[event] = set(streams.get(stream, ()))
            elif word == "wait":
                stream, event = about
                streams.setdefault(stream, set()).update(events[event])
            elif word == "work":
                streams.setdefault(about[0], set()).add(number)
            self._before.append(set(streams.get(about[0], ())) if word == "work" else set())

    def comes_before(self, first: int, second: int) -> bool:
        """Whether the work at place `first` of the log has ended when that at `second` begins."""
        return first in self._before[second]


class Cupy:
    """Stands for the module."""

    def __init__(self, capacity: int = 1 << 30) -> None:
        self.log: list[tuple[Any, ...]] = []
        self.failing = False
        self._room = capacity
        runtime = SimpleNamespace(
            CUDARuntimeError=CUDARuntimeError,
            memcpy2DAsync=self._copy2d,
            memcpyAsync=self._copy,
            memsetAsync=self._set,
            memGetInfo=lambda: (self._room, capacity),
            deviceSynchronize=lambda: self.log.append(("synchronize",)),
            eventRecord=lambda event, stream: self.log.append(("record", event, stream)),
            streamWaitEvent=lambda stream, event: self.log.append(("wait", stream, event)),
        )
        self.cuda = SimpleNamespace(
            Device=Context,
            Event=Event,
            MemoryPointer=MemoryPointer,
            UnownedMemory=UnownedMemory,
            alloc=self._alloc,
            alloc_pinned_memory=bytearray,
            memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
            runtime=runtime,
        )
        self.ndarray = ndarray

    def _alloc(self, size: int) -> MemoryPointer:
        if size > self._room:
            raise OutOfMemoryError
        self._room -= size
        keep = np.zeros(size, np.uint8)
        return MemoryPointer(UnownedMemory(keep.ctypes.data, size, keep), 0)

    def _copy2d(self, *numbers: int) -> None:
        to, step, source, pitch, width, rows, kind, stream = numbers
        if self.failing:
            raise CUDARuntimeError("cudaErrorLaunchFailure")
        assert min(step, pitch) >= width
        assert stream == {1: SENDING, 2: FETCHING, 3: OWN_STREAM}[kind]
        self.log.append(("work", stream))
        for row in range(rows):
            ctypes.memmove(to + row * step, source + row * pitch, width)

    def _copy(self, to: int, source: int, size: int, *more: int) -> None:
        assert more == (3, OWN_STREAM)
        ctypes.memmove(to, source, size)

    def _set(self, to: int, value: int, size: int, stream: int) -> None:
        assert stream == OWN_STREAM
        ctypes.memset(to, value, size)

    def from_dlpack(self, tensor: Any) -> Any:
        self.log.append(("from_dlpack", tensor._stream))
        found = np.from_dlpack(tensor._tensor)
        return SimpleNamespace(
            data=MemoryPointer(UnownedMemory(found.ctypes.data, found.nbytes, found), 0),
            shape=found.shape,
            strides=found.strides,
            dtype=found.dtype,
        )
