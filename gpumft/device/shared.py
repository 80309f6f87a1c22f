"""Devices that are opened once and shared by whoever names them by a spec."""

from __future__ import annotations

import os
import threading

from gpumft.device.base import Device
from gpumft.device.registry import open_device
from gpumft.errors import InvalidArg

_shared: dict[str, Device] = {}
"""Devices that were opened by spec: by what was asked for, and by what that turned out to be."""
_shared_lock = threading.Lock()


def as_device(device: Device | str | None) -> Device:
    """Return `device`, or the one that its spec means; one is opened a spec and shared.

    Raises:
        DeviceUnavailable: there is no such device; the message says what there is.
        InvalidArg: an unknown spec, or no device at all.

    Thread-safety: any thread.
    """
    if isinstance(device, Device):
        return device
    if device is not None and not isinstance(device, str):
        msg = f"device is {device!r}; give a Device, a spec such as 'cpu', or None"
        raise InvalidArg(msg)
    return _shared_device(device)


def _shared_device(spec: str | None) -> Device:
    asked = spec or os.environ.get("GPUMFT_DEVICE") or "auto"
    with _shared_lock:
        known = _shared.get(asked)
        if known is None or known.closed or known.lost:
            opened = open_device(spec)
            known = _shared.get(opened.spec)
            if known is None or known.closed or known.lost:
                known = opened
            else:
                opened.close()
            _shared[asked] = _shared[known.spec] = known
        return known
