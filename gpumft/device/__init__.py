"""Devices: what builds a Program and runs it. Importing this loads no compiler."""

from gpumft.device.base import Built, Device, DeviceInfo, MemoryStats
from gpumft.device.planes import DevicePlane
from gpumft.device.program import Mix, Program, Read, Rect, Write
from gpumft.device.registry import devices, open_device

__all__ = [
    "Built",
    "Device",
    "DeviceInfo",
    "DevicePlane",
    "MemoryStats",
    "Mix",
    "Program",
    "Read",
    "Rect",
    "Write",
    "devices",
    "open_device",
]
