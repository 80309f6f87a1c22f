"""A driver that does not exist: fake devices in the place of CUDA's or OpenCL's.

    with plugged_in(FakeDriver("cuda", count=2)) as driver:
        processor = gm.VideoProcessor(device="cuda:1")
        driver.opened[-1].lose()

Everything that opens devices by name sees them: `devices`, `open_device`, `device=`, GPUMFT_DEVICE,
DLPack, the command line. Nothing else of the machine is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final, Literal
from unittest import mock

import numpy.typing as npt

from gpumft.device import DeviceInfo, cuda, opencl, shared
from gpumft.errors import DeviceUnavailable
from gpumft.testing.fake_device import FakeDevice

Trouble = Literal["", "no driver", "driver too old", "no compiler", "wrong bits"]
_REASONS: Final[dict[Trouble, str]] = {
    "": "",
    "no driver": "finds no device: no driver is installed",
    "driver too old": "finds no device: the driver is too old for the runtime",
    "no compiler": "no compiler: its library does not load",
    "wrong bits": "fma(1, 1, 1) is 0x40000001, not 0x40000000",
}


class FakeDriver:
    """What lists and opens FakeDevices of one kind.

    Args:
        kind: cuda or opencl.
        count: how many devices there are.
        capacity: bytes of each one's memory.
        trouble: what is wrong with all of them; "wrong bits" still opens, by its own name only.
        failing: what fails on each from the beginning, as `FakeMemory.failing` has it.

    Thread-safety: none; for one test.
    """

    def __init__(
        self,
        kind: Literal["cuda", "opencl"] = "cuda",
        *,
        count: int = 1,
        capacity: int = 1 << 30,
        trouble: Trouble = "",
        failing: Mapping[str, Exception] | None = None,
    ) -> None:
        self.kind = kind
        self.capacity = capacity
        self.trouble = trouble
        self.failing = dict(failing or {})
        self.opened: list[FakeDevice] = []
        """Every device that was ever opened, the latest last."""
        self._specs = [f"{kind}:{n}" if kind == "cuda" else f"{kind}:0:{n}" for n in range(count)]

    def devices(self) -> list[DeviceInfo]:
        """Return every device, or one line that says why there is none."""
        reason, right = _REASONS[self.trouble], self.trouble == ""
        whole = DeviceInfo("", "fake", self.kind, usable=True, identical=right, reason=reason)
        if self.trouble in ("no driver", "driver too old"):
            whole = replace(whole, name=self.kind, usable=False)
            return [replace(whole, spec=self._specs[0])]
        usable = self.trouble != "no compiler"
        return [replace(whole, spec=spec, usable=usable) for spec in self._specs]

    def open(self, spec: str) -> FakeDevice:
        """Open a device by its whole spec, or the first by its kind.

        Raises:
            DeviceUnavailable: it is not there or not usable.
        """
        listed = self.devices()
        for info in listed:
            if info.usable and spec in (self.kind, info.spec):
                device = FakeDevice(self.kind, self.capacity, info.spec)
                device.memory.failing.update(self.failing)
                self.opened.append(device)
                return device
        there = "; ".join(f"{info.spec} {info.name}: {info.reason}" for info in listed)
        raise DeviceUnavailable(f"no usable device fits {spec!r}; there is: {there}")


@contextmanager
def plugged_in(driver: FakeDriver) -> Iterator[FakeDriver]:
    """Let the package see a driver's devices instead of those of its kind, until the end.

    Devices that were opened by their spec before are not seen meanwhile, and are there again after.
    """
    room: Any = {"cuda": cuda, "opencl": opencl}[driver.kind]
    seats = {"devices": driver.devices, f"open_{driver.kind}": driver.open}
    if driver.kind == "opencl":
        seats["gpus"] = driver.devices
    with ExitStack() as stack:
        for name, seat in seats.items():
            stack.enter_context(mock.patch.object(room, name, seat))
        stack.enter_context(mock.patch.dict(shared._shared, clear=True))  # noqa: SLF001
        yield driver


class FakeTensor:
    """A tensor that says where it is, and takes only streams that it knows.

    Args:
        array: its elements.
        place: DLPack's (device type, number).
        streams: those that `__dlpack__` accepts; None: all.

    Thread-safety: none.
    """

    def __init__(
        self,
        array: npt.NDArray[Any],
        place: tuple[int, int] = (2, 0),
        streams: tuple[object, ...] | None = None,
    ) -> None:
        self.array = array
        self.asked: list[object] = []
        """The streams that consumers named."""
        self._place = place
        self._streams = streams

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._place

    def __dlpack__(self, *, stream: object = None, **options: Any) -> Any:
        self.asked.append(stream)
        if self._streams is not None and stream not in self._streams:
            raise BufferError(f"stream {stream} is not of this tensor's device")
        return self.array.__dlpack__()


__all__ = ["FakeDriver", "FakeTensor", "Trouble", "plugged_in"]
