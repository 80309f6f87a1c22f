"""The CPU as a device: Numba row functions on a pool of threads."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

from gpumft.device.base import Device, DeviceInfo
from gpumft.device.built import Runner
from gpumft.device.cpu.engine import CpuRunner
from gpumft.device.cpu.memory import HOST, HostMemory
from gpumft.device.cpu.selftest import complaint
from gpumft.device.cpu.threads import Threads
from gpumft.device.program import Program


class CpuDevice(Device):
    """Runs programs on the processor's cores.

    Args:
        threads: how many threads work on a picture, the caller's among them.

    Thread-safety: all methods may be called from any thread; the threads are shared.
    """

    def __init__(self, threads: int) -> None:
        super().__init__(describe())
        self._threads = Threads(threads)

    @property
    def threads(self) -> int:
        """How many threads work on a picture."""
        return self._threads.count

    @property
    def memory(self) -> HostMemory:
        """The host's memory, which all CPU devices share; it stays when a device is closed."""
        return HOST

    def _build(self, program: Program) -> Runner:
        return CpuRunner(program, self._threads)

    def synchronize(self) -> None:
        """Return at once: a call on the CPU returns when it is done."""

    def close(self) -> None:
        """Free everything and let the threads end; built programs raise when called."""
        super().close()
        self._threads.close()


@cache
def describe() -> DeviceInfo:
    """Return what the CPU is; the first call runs the self-test."""
    reason = complaint()
    return DeviceInfo("cpu", _name(), "cpu", usable=True, identical=not reason, reason=reason)


def _name() -> str:
    """Return the processor's name as its maker writes it, if the system tells."""
    try:
        for line in (
            Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
        ):
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or "cpu"
