"""Time of work on a device's queue, by the device's own events, and what the device is."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from bench.harness import machine
from gpumft.device import Device, open_device
from gpumft.device.cuda import CudaDevice
from gpumft.device.opencl import OpenCLDevice, OpenCLMachine

Work = Callable[[], object]


class Timer(ABC):
    """A device whose work can be timed."""

    clock: str
    """What the seconds are counted by."""

    def __init__(self, device: Device) -> None:
        self.device = device

    @abstractmethod
    def seconds(self, work: Work) -> float:
        """Return how long the device's own queue is busy with what `work` starts."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """Return what the driver says of the device; `cache` is its largest cache in bytes."""


class CudaTimer(Timer):
    """Events of CUDA."""

    clock = "CUDA events"
    device: CudaDevice

    def seconds(self, work: Work) -> float:
        """Return the time between two events around the work."""
        cuda, stream = self.device.machine.cupy.cuda, self.device.machine.stream
        with self.device.machine.device:
            before, after = cuda.Event(), cuda.Event()
            before.record(stream)
            work()
            after.record(stream)
            after.synchronize()
            return float(cuda.get_elapsed_time(before, after)) / 1000

    def facts(self) -> dict[str, Any]:
        """Return CUDA's properties, and the versions that matter."""
        cupy = self.device.machine.cupy
        runtime = cupy.cuda.runtime
        found = runtime.getDeviceProperties(self.device.machine.device.id)
        return {
            "cache": int(found["l2CacheSize"]),
            "memory": int(found["totalGlobalMem"]),
            "multiprocessors": int(found["multiProcessorCount"]),
            "architecture": f"sm_{found['major']}{found['minor']}",
            "driver": int(runtime.driverGetVersion()),
            "runtime": int(runtime.runtimeGetVersion()),
            "nvrtc": ".".join(map(str, cupy.cuda.nvrtc.getVersion())),
            "cupy": str(cupy.__version__),
        }


class OpenCLTimer(Timer):
    """Profiled markers of OpenCL."""

    clock = "OpenCL profiling"
    device: OpenCLDevice

    def seconds(self, work: Work) -> float:
        """Return the time between two markers around the work."""
        cl, queue = self.device.machine.cl, self.device.machine.queue
        before = cl.enqueue_marker(queue)
        work()
        after = cl.enqueue_marker(queue)
        after.wait()
        return float(after.profile.end - before.profile.end) / 1e9

    def facts(self) -> dict[str, Any]:
        """Return OpenCL's properties."""
        found = self.device.machine.queue.device
        return {
            "cache": int(found.global_mem_cache_size),
            "memory": int(found.global_mem_size),
            "units": int(found.max_compute_units),
            "driver": str(found.driver_version),
            "version": str(found.version),
        }


class HostTimer(Timer):
    """The host's clock, for the CPU."""

    clock = "host"

    def seconds(self, work: Work) -> float:
        """Return the time that the work takes; the CPU is done when a call returns."""
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    def facts(self) -> dict[str, Any]:
        """Return a cache that is larger than most."""
        return {"cache": 64 << 20}


def open_timer(spec: str) -> Timer:
    """Open a device so that its work can be timed.

    Raises:
        DeviceUnavailable: there is no such device.
    """
    device = open_device(spec)
    if isinstance(device, CudaDevice):
        return CudaTimer(device)
    if isinstance(device, OpenCLDevice):
        profiled = OpenCLMachine(device.spec, device.machine.queue.device, profiling=True)
        return OpenCLTimer(OpenCLDevice(profiled, device.info))
    return HostTimer(device)


def about(timer: Timer) -> dict[str, Any]:
    """Return what results depend on: the device, its driver, the machine, the commit."""
    info = timer.device.info
    device = {
        "spec": info.spec, "name": info.name, "kind": info.kind, "identical": info.identical,
        "reason": info.reason, **timer.facts(),
    }  # fmt: skip
    return {"device": device, "clock": timer.clock, "machine": machine()}
