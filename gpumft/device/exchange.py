"""Tensors of other libraries through DLPack: which device they are on, and planes over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gpumft.device.base import Device
from gpumft.device.memory import DeviceMemory
from gpumft.device.plane import DevicePlane, check_planes
from gpumft.device.shared import as_device
from gpumft.errors import InvalidArg
from gpumft.media import VideoType

# DLDeviceType of dlpack.h. Memory that a kind of device can use as its own counts as its own.
_HOST = {1, 3, 11}
_CUDA = {2, 13}
_NAMES = {
    1: "the CPU", 2: "CUDA", 3: "pinned host memory", 4: "OpenCL", 7: "Vulkan", 8: "Metal",
    9: "VPI", 10: "ROCm", 11: "ROCm's pinned host memory", 13: "CUDA managed memory",
    14: "oneAPI", 15: "WebGPU", 16: "Hexagon",
}  # fmt: skip


def adopted(
    tensors: Sequence[Any], type: VideoType, stream: Any
) -> tuple[Device | DeviceMemory, tuple[DevicePlane, ...]]:
    """Return the device of DLPack tensors, or the host's memory, and planes over them.

    Raises:
        InvalidArg: no tensors, on several devices, or not what `type` has.
        DeviceUnavailable: their device cannot be opened here.
    """
    places = {place_of(tensor, index) for index, tensor in enumerate(tensors)}
    if len(places) > 1:
        names = " and ".join(sorted(map(name_of, places)))
        raise InvalidArg(f"planes are on {names}: a picture's planes lie on one device")
    if not places:
        check_planes([], type)  # says how many there should be
    device = device_at(places.pop())
    memory = device.memory if isinstance(device, Device) else device
    raws = tuple(memory.adopt(tensor, stream) for tensor in tensors)
    check_planes(raws, type)
    return device, raws


def place_of(tensor: Any, index: int) -> tuple[int, int]:
    """Return a tensor's (DLDeviceType, number). Raises InvalidArg for what is no tensor."""
    ask = getattr(tensor, "__dlpack_device__", None)
    if ask is None or not hasattr(tensor, "__dlpack__"):
        kind = type(tensor).__name__
        raise InvalidArg(f"plane {index} is a {kind}, which has no __dlpack__: give a tensor")
    kind, number = ask()
    return int(kind), int(number)


def device_at(place: tuple[int, int]) -> Device | DeviceMemory:
    """Return the device at DLPack's place.

    Raises:
        InvalidArg: a kind of device that gpumft does not know.
        DeviceUnavailable: there is no such device here.
    """
    kind, number = place
    if kind in _HOST:
        from gpumft.device.cpu.memory import HOST

        return HOST
    if kind in _CUDA:
        return as_device(f"cuda:{number}")
    raise InvalidArg(f"planes are on {name_of(place)}: copy them to the CPU or to CUDA first")


def name_of(place: tuple[int, int]) -> str:
    """Return words for DLPack's place."""
    kind, number = place
    name = _NAMES.get(kind, f"device type {kind} of DLPack")
    return name if kind in _HOST else f"{name} {number}"
