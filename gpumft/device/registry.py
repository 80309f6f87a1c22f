"""Which devices there are, and how one is opened by name."""

from __future__ import annotations

import difflib
import os

from gpumft.device.base import Device, DeviceInfo
from gpumft.errors import DeviceUnavailable, InvalidArg

_LATER = ("cuda", "opencl")
_WORDS = ("auto", "cpu", *_LATER)
_MOST_THREADS = 256


def devices() -> list[DeviceInfo]:
    """Return every candidate, usable or not.

    Thread-safety: any thread. The first call loads the CPU engine.
    """
    from gpumft.device.cpu.device import describe

    return [describe()]


def open_device(spec: str | None = None, *, threads: int | None = None) -> Device:
    """Open a device; close it with `close()` or `with`.

    Args:
        spec: "cpu" or "auto" (the best usable one); None: the environment's GPUMFT_DEVICE, else
            "auto".
        threads: CPU threads that work on a picture, the caller's among them. None: GPUMFT_THREADS,
            else the processors that this process may use.

    Raises:
        DeviceUnavailable: there is no such device here. The message lists what there is.
        InvalidArg: `spec` is no known word, or `threads` is not a number from 1 to 256.

    Thread-safety: any thread; each call opens a device of its own.
    """
    chosen = spec or os.environ.get("GPUMFT_DEVICE") or "auto"
    kind = chosen.partition(":")[0]
    if chosen not in ("auto", "cpu"):
        if kind in _LATER:
            raise DeviceUnavailable(f"no such device here: {chosen!r}; this version has: cpu")
        near = difflib.get_close_matches(chosen, _WORDS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(_WORDS)}"
        raise InvalidArg(f"unknown device {chosen!r}; {hint}")

    from gpumft.device.cpu.device import CpuDevice

    return CpuDevice(_threads(threads))


def _threads(given: int | None) -> int:
    if given is None:
        text = os.environ.get("GPUMFT_THREADS")
        if not text:
            from gpumft.device.cpu.threads import default_count

            return min(default_count(), _MOST_THREADS)
        if not text.isdecimal() or not 1 <= int(text) <= _MOST_THREADS:
            raise InvalidArg(f"GPUMFT_THREADS is {text!r}: set a number from 1 to {_MOST_THREADS}")
        return int(text)
    if not 1 <= given <= _MOST_THREADS:
        raise InvalidArg(f"threads is {given}: give a number from 1 to {_MOST_THREADS}")
    return given
