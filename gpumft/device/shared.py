"""Devices that are opened once and shared by whoever names them by a spec."""

from __future__ import annotations

from functools import lru_cache

from gpumft.device.base import Device
from gpumft.device.registry import open_device


@lru_cache(maxsize=8)
def _shared_device(spec: str | None) -> Device:
    return open_device(spec)


def as_device(device: Device | str | None) -> Device:
    """Return `device`, or the one that its spec means; one is opened a spec and shared.

    Raises:
        DeviceUnavailable: there is no such device; the message says what there is.

    Thread-safety: any thread.
    """
    return device if isinstance(device, Device) else _shared_device(device)
