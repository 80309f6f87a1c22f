"""Which devices there are, and how one is opened by name."""

from __future__ import annotations

import difflib
import logging
import os

from gpumft.device.base import Device, DeviceInfo
from gpumft.errors import DeviceUnavailable, InvalidArg, KernelBuildError

_log = logging.getLogger("gpumft.device")
_WORDS = ("auto", "cpu", "cuda", "opencl")
_MOST_THREADS = 256


def devices() -> list[DeviceInfo]:
    """Return every candidate, usable or not: the CPU, CUDA devices, OpenCL devices.

    CUDA and OpenCL are left out where their packages are not installed.

    Thread-safety: any thread. The first call loads the CPU engine, and compiles and runs a kernel
    on every other device.
    """
    from gpumft.device import cuda, opencl

    return [_describe_cpu(), *cuda.devices(), *opencl.devices()]


def open_device(spec: str | None = None, *, threads: int | None = None) -> Device:
    """Open a device; close it with `close()` or `with`.

    Args:
        spec: "cpu", "cuda", "cuda:N", "opencl", "opencl:P", "opencl:P:D", "opencl:part of a name",
            or "auto" (the best usable one: CUDA, an OpenCL graphics processor, the CPU); None: the
            environment's GPUMFT_DEVICE, else "auto".
        threads: CPU threads that work on a picture, the caller's among them. None: GPUMFT_THREADS,
            else the processors that this process may use.

    Raises:
        DeviceUnavailable: there is no such device here, or it cannot be used. The message lists
            what there is.
        InvalidArg: `spec` is no known word, or `threads` is not a number from 1 to 256.

    Thread-safety: any thread; each call opens a device of its own.
    """
    chosen = spec or os.environ.get("GPUMFT_DEVICE") or "auto"
    kind, colon, _ = chosen.partition(":")
    if kind not in _WORDS or (colon and kind in ("auto", "cpu")):
        near = difflib.get_close_matches(chosen, _WORDS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(_WORDS)}"
        raise InvalidArg(f"unknown device {chosen!r}; {hint}")
    count = _threads(threads)
    if kind == "auto":
        return _best() or _cpu(count)
    if kind == "cuda":
        from gpumft.device.cuda import open_cuda

        return open_cuda(chosen)
    if kind == "opencl":
        from gpumft.device.opencl import open_opencl

        return open_opencl(chosen)
    return _cpu(count)


def _cpu(threads: int) -> Device:
    try:
        from gpumft.device.cpu.device import CpuDevice

        return CpuDevice(threads)
    except (ImportError, KernelBuildError) as error:
        raise DeviceUnavailable(f"the cpu needs Numba, which cannot be loaded: {error}") from error


def _describe_cpu() -> DeviceInfo:
    try:
        from gpumft.device.cpu.device import describe

        return describe()
    except (ImportError, KernelBuildError) as error:  # Numba is missing, or refuses this NumPy
        return DeviceInfo("cpu", "cpu", "cpu", usable=False, identical=False, reason=str(error))


def _best() -> Device | None:
    """Return a usable graphics processor that gives the right bits, or None."""
    from gpumft.device import cuda, opencl

    for found in (cuda.devices, opencl.gpus):
        for info in found():
            if info.identical:
                try:
                    return open_device(info.spec)
                except DeviceUnavailable as error:
                    _log.warning("%s is passed over: %s", info.spec, error)
            else:
                _log.info("%s (%s) is passed over: %s", info.spec, info.name, info.reason)
    return None


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _threads(given: int | None) -> int:
    if given is None:
        text = os.environ.get("GPUMFT_THREADS")
        if not text:
            return min(_processors(), _MOST_THREADS)
        if not text.isdecimal() or not 1 <= int(text) <= _MOST_THREADS:
            raise InvalidArg(f"GPUMFT_THREADS is {text!r}: set a number from 1 to {_MOST_THREADS}")
        return int(text)
    if not 1 <= given <= _MOST_THREADS:
        raise InvalidArg(f"threads is {given}: give a number from 1 to {_MOST_THREADS}")
    return given
