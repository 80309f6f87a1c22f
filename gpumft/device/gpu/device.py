"""What CUDA's and OpenCL's devices have in common: programs run by kernels on a Machine."""

from __future__ import annotations

from collections.abc import Callable

from gpumft.device.base import Device, DeviceInfo
from gpumft.device.built import Built, Runner
from gpumft.device.gpu import selftest
from gpumft.device.gpu.machine import Machine
from gpumft.device.gpu.runner import GpuRunner
from gpumft.device.memory import DeviceMemory
from gpumft.device.program import Program
from gpumft.errors import KernelBuildError, MFError


class GpuDevice(Device):
    """Runs programs on a machine of kernels.

    Thread-safety: all methods may be called from any thread.
    """

    def __init__(self, machine: Machine, memory: DeviceMemory, info: DeviceInfo) -> None:
        super().__init__(info)
        self.machine = machine
        self.stream = memory.own_queue
        self._memory = memory

    @property
    def memory(self) -> DeviceMemory:
        """Memory in the order of the machine's queue."""
        return self._memory

    def close(self) -> None:
        """Free everything; programs, surfaces and pools raise when used."""
        super().close()
        self._memory.abandon(f"device {self.spec} is closed: open it again")

    def _build(self, program: Program) -> Runner:
        return GpuRunner(program, self.machine, self._memory.used)

    def build_by_words(self, program: Program) -> Built:
        """Return `program` made ready with accesses of single words: for comparisons."""
        return Built(GpuRunner(program, self.machine, self._memory.used, wide=False))

    def synchronize(self) -> None:
        """Wait until everything that was started has ended."""
        self.machine.finish()


def tested(info: DeviceInfo, open_machine: Callable[[], Machine]) -> DeviceInfo:
    """Return what a device is, after a self-test that has to compile and run a kernel.

    Args:
        info: what is known without opening it; usable and identical are not looked at.
        open_machine: opens it.

    Thread-safety: any thread.
    """
    usable = False
    try:
        reason = selftest.complaint(open_machine())
        usable = True
    except KernelBuildError as error:
        reason = error.log.strip() or str(error)
    except MFError as error:
        reason = str(error)
    return DeviceInfo(
        info.spec, info.name, info.kind, usable=usable, identical=usable and not reason,
        reason=reason,
    )  # fmt: skip
