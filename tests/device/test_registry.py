"""Which devices there are and how they are opened."""

from __future__ import annotations

import pytest

from gpumft.device import Device, devices, open_device, registry
from gpumft.errors import DeviceUnavailable, InvalidArg, InvalidRequest
from tests.contract import programs
from tests.device.engine_help import in_child


def test_the_cpu_is_usable_and_identical() -> None:
    (info,) = devices()
    assert (info.spec, info.kind, info.usable, info.identical) == ("cpu", "cpu", True, True)
    assert info.name
    assert info.reason == ""


@pytest.mark.parametrize("spec", [None, "auto", "cpu"])
def test_open(spec: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GPUMFT_DEVICE", raising=False)
    with open_device(spec) as device:
        assert isinstance(device, Device)
        assert (device.spec, device.kind, device.stream) == ("cpu", "cpu", None)
        assert device.info == devices()[0]
        device.synchronize()


def test_the_environment_names_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUMFT_DEVICE", "cuda:1")
    with pytest.raises(DeviceUnavailable):
        open_device()
    assert open_device("cpu").spec == "cpu"


@pytest.mark.parametrize("spec", ["cuda", "cuda:0", "opencl", "opencl:0:0", "opencl:Arc"])
def test_devices_that_this_version_lacks(spec: str) -> None:
    with pytest.raises(DeviceUnavailable) as caught:
        open_device(spec)
    assert str(caught.value) == f"no such device here: '{spec}'; this version has: cpu"


def test_unknown_words() -> None:
    with pytest.raises(InvalidArg, match="unknown device 'cpus'; did you mean 'cpu'"):
        open_device("cpus")
    with pytest.raises(InvalidArg, match="known: auto, cpu, cuda, opencl"):
        open_device("tpu9000")


def test_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUMFT_THREADS", "3")
    assert open_device("cpu").threads == 3  # type: ignore[attr-defined]
    assert open_device("cpu", threads=2).threads == 2  # type: ignore[attr-defined]
    for bad in (0, -1, 257):
        with pytest.raises(InvalidArg, match="from 1 to 256"):
            open_device("cpu", threads=bad)
    for text in ("0", "many", "1.5"):
        monkeypatch.setenv("GPUMFT_THREADS", text)
        with pytest.raises(InvalidArg, match="GPUMFT_THREADS"):
            open_device("cpu")


def test_a_closed_device() -> None:
    program = programs.case("copy_gray_odd").program
    device = open_device("cpu", threads=1)
    built = device.build(program)
    device.close()
    device.close()
    with pytest.raises(InvalidRequest, match="device cpu is closed"):
        device.build(program)
    planes = programs.case("copy_gray_odd").planes
    with pytest.raises(InvalidRequest, match="closed"):
        built(planes, [plane.copy() for plane in planes])


def test_importing_the_room_loads_no_compiler() -> None:
    script = "import sys, gpumft.device; print(sorted({'numba', 'llvmlite'} & set(sys.modules)))"
    assert in_child({}, script) == "[]"


BROKEN = """
import sys
sys.modules["numba"] = None  # as if it were not installed
import gpumft.device
from gpumft.errors import DeviceUnavailable
(info,) = gpumft.device.devices()
assert (info.spec, info.usable, info.identical) == ("cpu", False, False)
assert "numba" in info.reason
try:
    gpumft.device.open_device()
except DeviceUnavailable as error:
    print(str(error).partition(":")[0])
"""


def test_without_numba_the_cpu_is_listed_with_the_reason() -> None:
    assert in_child({}, BROKEN) == "the cpu needs Numba, which cannot be loaded"


def test_processors_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GPUMFT_THREADS", raising=False)
    assert open_device("cpu").threads == registry._processors()  # type: ignore[attr-defined]
