"""Devices: what builds a Program and runs it. Importing this loads no compiler."""

from gpumft.device.base import Device, DeviceInfo, MemoryStats
from gpumft.device.built import Built
from gpumft.device.memory import DeviceMemory
from gpumft.device.plane import DevicePlane
from gpumft.device.pool import Pool
from gpumft.device.program import Mix, Program, Read, Rect, Write
from gpumft.device.registry import devices, open_device
from gpumft.device.shared import as_device
from gpumft.device.slots import PoolStatistics
from gpumft.device.surface import Surface
from gpumft.device.surface_plane import Plane

__all__ = [
    "Built",
    "Device",
    "DeviceInfo",
    "DeviceMemory",
    "DevicePlane",
    "MemoryStats",
    "Mix",
    "Plane",
    "Pool",
    "PoolStatistics",
    "Program",
    "Read",
    "Rect",
    "Surface",
    "Write",
    "as_device",
    "devices",
    "open_device",
]
