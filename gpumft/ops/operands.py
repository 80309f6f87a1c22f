"""What a conversion reads and writes: arrays, or planes in the memory of its own device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device import Device, DeviceMemory, DevicePlane, Plane
from gpumft.errors import InvalidArg

Operand = npt.NDArray[Any] | DevicePlane


def operands(planes: Sequence[Any], device: Device) -> list[Operand]:
    """Return what a built program of `device` takes of a picture's planes, without a copy.

    Raises:
        InvalidArg: planes lie on another device.
        InvalidRequest: their surface was released.
    """
    return [
        plane if isinstance(plane, np.ndarray) else _operand(plane, index, device)
        for index, plane in enumerate(planes)
    ]


def _operand(plane: Any, index: int, device: Device) -> Operand:
    if not isinstance(plane, Plane):
        kind = f"{type(plane).__module__}.{type(plane).__qualname__}"
        msg = f"plane {index} is a {kind}; wrap tensors with Surface.from_dlpack(planes, type)"
        raise InvalidArg(msg)
    memory = plane.memory
    if memory is not device.memory:
        apart = ", opened apart" if memory.spec == device.spec else ""
        msg = (
            f"plane {index} is on {memory.spec}, but the conversion runs on {device.spec}{apart}; "
            f"copy_to() a surface of that device, or convert with device=surface.device"
        )
        raise InvalidArg(msg)
    return np.asarray(plane) if memory.kind == "cpu" else plane.raw()


def check_writable(planes: Sequence[Operand]) -> None:
    """Raise InvalidArg if one of the planes of `out` is read-only."""
    for index, plane in enumerate(planes):
        writable = plane.writable if isinstance(plane, DevicePlane) else plane.flags.writeable
        if not writable:
            msg = f"plane {index} of out is read-only; give arrays that can be written"
            raise InvalidArg(msg)


def is_in_place(source: Sequence[Operand], target: Sequence[Operand], device: Device) -> bool:
    """Whether a plane that is read shares memory with one that is written."""
    memory = device.memory
    for read in source:
        for plane in target:
            if _share(read, plane, memory):
                return True
    return False


def apart(source: Sequence[Operand], target: Sequence[Operand], device: Device) -> list[Operand]:
    """Return `source`, with copies of planes that share memory with `target`."""
    return [
        _copied(read, device.memory)
        if any(_share(read, plane, device.memory) for plane in target)
        else read
        for read in source
    ]


def _share(one: Operand, other: Operand, memory: DeviceMemory) -> bool:
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and np.may_share_memory(one, other)
    if isinstance(other, np.ndarray):
        return False
    (block, start, end), (place, first, last) = _span(one, memory), _span(other, memory)
    return bool(block == place) and start < last and first < end


def _span(plane: DevicePlane, memory: DeviceMemory) -> tuple[Any, int, int]:
    """Return the first byte of a plane and the one after the last, and what they are counted in."""
    start, end = plane.extent
    address = memory.address(plane)
    if address is None:
        return plane.memory, start, end
    base = address - plane.offset
    return None, base + start, base + end


def _copied(plane: Operand, memory: DeviceMemory) -> Operand:
    if not isinstance(plane, DevicePlane):
        return plane.copy()
    block = memory.allocate(plane.nbytes)  # freed after the work that reads it
    twin = DevicePlane(block, 0, plane.row_bytes, plane.shape, plane.dtype)
    memory.copy(plane, twin)
    return twin
