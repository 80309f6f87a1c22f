"""Host memory as a device's memory: NumPy arrays over it, and no queue."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.memory import DeviceMemory, Queue, byte_plane
from gpumft.device.plane import DevicePlane, check_rows
from gpumft.errors import InvalidArg, OutOfMemory

ALIGNMENT = 64
"""Bytes; of every buffer's first row, as Media Foundation's 2D buffers have it."""


class Block:
    """Bytes at a known address, kept alive by `keep`."""

    __slots__ = ("address", "keep")

    def __init__(self, address: int, keep: object) -> None:
        self.address = address
        self.keep = keep


class _Window:
    """What a plane's arrays have as their base: it keeps the block and the owner."""

    __slots__ = ("__array_interface__", "keep")

    def __init__(self, plane: DevicePlane) -> None:
        block: Block = plane.memory
        self.keep = (block, plane.owner)
        self.__array_interface__ = {
            "data": (block.address + plane.offset, not plane.writable),
            "shape": plane.shape,
            "strides": plane.strides,
            "typestr": plane.dtype.str,
            "version": 3,
        }


class HostMemory(DeviceMemory):
    """The host's memory; every CPU device shares `HOST`.

    Thread-safety: all methods may be called from any thread.
    """

    survives_fork = True

    def __init__(self) -> None:
        super().__init__("cpu", "cpu")

    @property
    def dlpack_device(self) -> tuple[int, int]:
        """kDLCPU, number 0."""
        return (1, 0)

    def allocate(self, nbytes: int) -> Block:
        """Return `nbytes` zeroed bytes at a multiple of 256."""
        array = aligned_bytes(nbytes, self.alignment)
        return Block(array.ctypes.data, array)

    def free(self, memory: Any) -> None:
        """Let go of a block; arrays that look into it keep its bytes."""
        memory.keep = None

    def upload(self, host: npt.NDArray[Any], plane: DevicePlane) -> None:
        """Copy."""
        self.view(plane)[...] = host

    def download(self, plane: DevicePlane, host: npt.NDArray[Any]) -> None:
        """Copy."""
        host[...] = self.view(plane)

    def copy(self, source: DevicePlane, target: DevicePlane) -> None:
        """Copy; planes may overlap."""
        self.view(target)[...] = self.view(source)

    def view(self, plane: DevicePlane) -> npt.NDArray[Any]:
        """Return a NumPy array."""
        return np.asarray(_Window(plane))

    def fence(self, queue: Queue = None) -> None:
        """Return nothing: a call on the CPU is done when it returns."""

    def wait(self, fence: Any, queue: Queue = None) -> None:
        """Return at once."""

    def synchronize(self) -> None:
        """Return at once."""

    def address(self, plane: DevicePlane) -> int:
        """Return the address of a plane's top row."""
        block: Block = plane.memory
        return block.address + plane.offset

    def consumer_queue(self, stream: Any) -> Queue:
        """Return None: the host has no streams."""
        if stream is not None:
            raise InvalidArg(f"stream is {stream!r}: memory of the cpu has none; give None")

    def export(self, plane: DevicePlane, **options: Any) -> Any:
        """Return NumPy's capsule, which is safe to drop at any time and in any thread."""
        array = self.view(plane)
        try:
            return array.__dlpack__(**options)
        except TypeError:  # NumPy 2.0 knows no versions; a consumer must take the older capsule
            return array.__dlpack__()

    def adopt(self, tensor: Any, stream: Any) -> DevicePlane:
        """Return a plane over a tensor in host memory."""
        self.consumer_queue(stream)
        try:
            array: npt.NDArray[Any] = np.from_dlpack(tensor)
        except (BufferError, RuntimeError, TypeError, ValueError) as error:
            raise InvalidArg(f"{type(tensor).__name__} gives no DLPack tensor: {error}") from error
        return plane_over(array)


def plane_over(array: npt.NDArray[Any]) -> DevicePlane:
    """Return a plane over an existing array, which it keeps alive.

    Raises:
        InvalidArg: elements of a row that do not follow each other.
    """
    pitch = check_rows(array)
    block = block_over(array)
    writable = array.flags.writeable
    return DevicePlane(block, 0, pitch, array.shape, array.dtype, array, writable=writable)


def block_over(array: npt.NDArray[np.uint8]) -> Block:
    """Return the bytes of a contiguous array as a block, which keeps the array alive."""
    return Block(array.__array_interface__["data"][0], array)


def bytes_of(plane: DevicePlane, start: int, nbytes: int) -> npt.NDArray[np.uint8]:
    """Return bytes of the block that a plane lies in; they keep the plane's owner alive."""
    whole = byte_plane(plane.memory, start, nbytes).owned(plane.owner)
    found: npt.NDArray[np.uint8] = HOST.view(whole)[0]
    return found


def aligned_bytes(length: int, alignment: int = ALIGNMENT) -> npt.NDArray[np.uint8]:
    """Return `length` zeroed bytes whose address is a multiple of `alignment` (a power of two).

    Raises:
        OutOfMemory: there is not that much memory.
    """
    try:
        slack = np.zeros(length + alignment - 1, np.uint8)
    except (MemoryError, ValueError) as error:  # ValueError: beyond what an address can reach
        msg = f"the host has no {length} bytes in one piece: {error}"
        raise OutOfMemory(msg) from error
    skip = -slack.ctypes.data % alignment
    return slack[skip : skip + length]


HOST = HostMemory()
"""The memory of every CPU device."""
