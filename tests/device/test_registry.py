"""Which devices there are and how they are opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpumft.device import (
    Device,
    DeviceInfo,
    cuda,
    devices,
    open_device,
    opencl,
    opencl_platform,
    registry,
)
from gpumft.errors import DeviceUnavailable, InvalidArg, InvalidRequest
from tests.contract import programs
from tests.device.engine_help import in_child


def info(spec: str, *, identical: bool = True) -> DeviceInfo:
    return DeviceInfo(spec, "a card", spec.partition(":")[0], usable=True, identical=identical)


@pytest.fixture
def lone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without CUDA and OpenCL."""
    for room in (cuda, opencl):
        monkeypatch.setattr(room, "devices", list)
    monkeypatch.setattr(opencl, "gpus", list)


def test_the_cpu_is_usable_and_identical(lone: None) -> None:
    (found,) = devices()
    assert (found.spec, found.kind, found.usable, found.identical) == ("cpu", "cpu", True, True)
    assert found.name
    assert found.reason == ""


def test_every_kind_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "devices", lambda: [info("cuda:0")])
    monkeypatch.setattr(opencl, "devices", lambda: [info("opencl:0:0"), info("opencl:1:0")])
    assert [each.spec for each in devices()] == ["cpu", "cuda:0", "opencl:0:0", "opencl:1:0"]


def test_auto_takes_the_best_that_opens(
    lone: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cuda, "devices", lambda: [info("cuda:0"), info("cuda:1", identical=False)])
    monkeypatch.setattr(opencl, "gpus", lambda: [info("opencl:2:0"), info("opencl:3:0")])
    opened: list[str] = []

    def refuse(spec: str) -> str:
        opened.append(spec)
        if spec != "opencl:3:0":
            raise DeviceUnavailable("lost")
        return "the device"

    monkeypatch.setattr(cuda, "open_cuda", refuse)
    monkeypatch.setattr(opencl, "open_opencl", refuse)
    with caplog.at_level("INFO", "gpumft.device"):
        assert str(open_device("auto")) == "the device"
    assert opened == ["cuda:0", "opencl:2:0", "opencl:3:0"]
    assert [record.getMessage() for record in caplog.records] == [
        "cuda:0 is passed over: lost",
        "cuda:1 (a card) is passed over: ",
        "opencl:2:0 is passed over: lost",
    ]
    monkeypatch.setattr(opencl, "gpus", list)
    assert open_device("auto").kind == "cpu"


@pytest.mark.parametrize("spec", [None, "auto", "cpu"])
def test_open(lone: None, spec: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GPUMFT_DEVICE", raising=False)
    with open_device(spec) as device:
        assert isinstance(device, Device)
        assert (device.spec, device.kind, device.stream) == ("cpu", "cpu", None)
        assert device.info == devices()[0]
        device.synchronize()


def test_the_environment_names_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "find_spec", lambda _: None)
    monkeypatch.setenv("GPUMFT_DEVICE", "cuda:1")
    with pytest.raises(DeviceUnavailable):
        open_device()
    assert open_device("cpu").spec == "cpu"


@pytest.mark.parametrize("spec", ["cuda", "cuda:0", "opencl", "opencl:0:0", "opencl:Arc"])
def test_packages_that_are_not_installed(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (cuda, opencl_platform):
        monkeypatch.setattr(room, "find_spec", lambda _: None)
    wanted = {"cuda": r"CUDA needs CuPy: pip install .gpumft\[cuda13\]",
              "opencl": r"OpenCL needs pyopencl: pip install .gpumft\[opencl\]"}  # fmt: skip
    with pytest.raises(DeviceUnavailable, match=wanted[spec.partition(":")[0]]) as caught:
        open_device(spec)
    assert str(caught.value).startswith(f"no device {spec!r}: ")
    assert [each.spec for each in devices()] == ["cpu"]
    assert open_device("auto").kind == "cpu"


def test_unknown_words() -> None:
    with pytest.raises(InvalidArg, match="unknown device 'cpus'; did you mean 'cpu'"):
        open_device("cpus")
    with pytest.raises(InvalidArg, match="known: auto, cpu, cuda, opencl"):
        open_device("tpu9000")
    with pytest.raises(InvalidArg, match="unknown device 'cpu:1'"):
        open_device("cpu:1")


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
    script = (
        "import sys, gpumft.device; "
        "print(sorted({'numba', 'llvmlite', 'pyopencl', 'cupy'} & set(sys.modules)))"
    )
    assert in_child({}, script) == "[]"


BROKEN = """
import sys
if sys.argv[1] == "no llvmlite":
    sys.modules["llvmlite"] = None  # as if it were not installed
elif sys.argv[1] == "no numba":
    from importlib.metadata import Distribution, PackageNotFoundError
    def from_name(name):
        raise PackageNotFoundError(name)
    Distribution.from_name = from_name
else:
    sys.path.insert(0, sys.argv[2])
import gpumft.device
from gpumft.errors import DeviceUnavailable
info = gpumft.device.devices()[0]
assert (info.spec, info.usable, info.identical) == ("cpu", False, False)
assert sys.argv[1].rpartition(" ")[2] in info.reason, info.reason
try:
    gpumft.device.open_device("cpu")
except DeviceUnavailable as error:
    print(str(error).partition(":")[0])
"""


@pytest.mark.parametrize("lack", ["no llvmlite", "no numba", "a refusing numba"])
def test_without_numba_the_cpu_is_listed_with_the_reason(lack: str, tmp_path: Path) -> None:
    (tmp_path / "numba.py").write_text("raise ImportError('numba refuses this NumPy')")
    told = in_child({"GPUMFT_CACHE_DIR": str(tmp_path)}, BROKEN, lack, str(tmp_path))
    assert told == "the cpu needs Numba, which cannot be loaded"


def test_processors_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GPUMFT_THREADS", raising=False)
    assert open_device("cpu").threads == registry._processors()  # type: ignore[attr-defined]
