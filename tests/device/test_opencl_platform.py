"""OpenCL's loader and platforms: Intel's runtime shown, and a broken platform among good ones."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import platformdirs
import pytest

from gpumft.device import opencl, opencl_platform
from gpumft.device.gpu import selftest
from gpumft.device.opencl_platform import Candidate, candidates, is_gpu, rank, show_runtimes
from gpumft.errors import DeviceUnavailable


class ClError(Exception):
    """pyopencl's."""


class Thing:
    """A platform or a device; any attribute may raise."""

    def __init__(self, **attributes: Any) -> None:
        self._attributes = attributes

    def __getattr__(self, name: str) -> Any:
        value = self._attributes[name]
        if isinstance(value, Exception):
            raise value
        return value

    def get_devices(self) -> list[Any]:
        return self.devices  # type: ignore[no-any-return]


CPU, GPU = 2, 4
GOOD = Thing(name=" Good  GPU\n", type=GPU)
SIMULATOR = Thing(name="sim", type=GPU | CPU)
PLATFORMS = [
    Thing(name="Broken", devices=ClError("driver is too old")),
    Thing(name="Fine", devices=[Thing(name=ClError("lost"), type=CPU), GOOD]),
    Thing(name="Simulator", devices=[SIMULATOR]),
]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    library = SimpleNamespace(
        Error=ClError,
        get_platforms=lambda: PLATFORMS,
        device_type=SimpleNamespace(CPU=CPU, GPU=GPU),
    )
    for module in (opencl, opencl_platform):
        monkeypatch.setattr(module, "library", lambda: library)
    monkeypatch.setattr(opencl, "_KNOWN", {})
    return library


def test_a_broken_platform_spoils_no_other(fake: SimpleNamespace) -> None:
    found = candidates()
    assert [(c.spec, c.name, c.platform, c.reason) for c in found] == [
        ("opencl:0", "Broken", "Broken", "lists no device: driver is too old"),
        ("opencl:1:0", "(no name: lost)", "Fine", ""),
        ("opencl:1:1", "Good GPU", "Fine", ""),
        ("opencl:2:0", "sim", "Simulator", ""),
    ]
    assert [is_gpu(c) for c in found] == [False, False, True, False]
    assert [rank(c) for c in found] == [1, 1, 0, 2]


def test_no_platform_at_all(fake: SimpleNamespace) -> None:
    def none() -> list[Any]:
        raise ClError("PLATFORM_NOT_FOUND_KHR")

    fake.get_platforms = none
    with pytest.raises(DeviceUnavailable, match="lists no platform: PLATFORM_NOT_FOUND_KHR"):
        candidates()
    assert opencl.devices() == []
    assert opencl.gpus() == []


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opencl_platform, "find_spec", lambda _: None)
    with pytest.raises(DeviceUnavailable, match=r"pip install .gpumft\[opencl\]"):
        opencl_platform.library()
    assert opencl.devices() == []


def test_unusable_devices_are_listed_with_their_reasons(
    fake: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def machine(spec: str, device: Any) -> str:
        if device is GOOD:
            raise DeviceUnavailable(f"{spec} gives no queue: busy")
        return spec

    monkeypatch.setattr(opencl, "OpenCLMachine", machine)
    monkeypatch.setattr(
        selftest, "complaint", lambda spec: "" if spec == "opencl:2:0" else "fma(0) gives 1"
    )
    found = {info.spec: (info.usable, info.identical, info.reason) for info in opencl.devices()}
    assert found == {
        "opencl:0": (False, False, "lists no device: driver is too old"),
        "opencl:1:0": (True, False, "fma(0) gives 1"),
        "opencl:1:1": (False, False, "opencl:1:1 gives no queue: busy"),
        "opencl:2:0": (True, True, ""),
    }
    with pytest.raises(DeviceUnavailable) as caught:
        opencl.open_opencl("opencl:good")
    assert str(caught.value) == (
        "no usable OpenCL device fits 'opencl:good'; there is: "
        "opencl:0 Broken (Broken): lists no device: driver is too old; "
        "opencl:1:0 (no name: lost) (Fine); "
        "opencl:1:1 Good GPU (Fine): opencl:1:1 gives no queue: busy; "
        "opencl:2:0 sim (Simulator)"
    )


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [("", True), ("3", True), ("3:1", True), ("3:0", False), ("1", False), ("arc", True),
     ("intel", True), ("Arc A770", True), ("nvidia", False)],
)  # fmt: skip
def test_what_a_spec_fits(wanted: str, *, fits: bool) -> None:
    candidate = Candidate("opencl:3:1", "Arc A770", "Intel(R) OpenCL", None, "")
    assert opencl._fits(candidate, wanted) is fits


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation with Intel's library and a system with one .icd file."""
    library = tmp_path / "lib" / "libintelocl.so"
    library.parent.mkdir()
    library.touch()
    system = tmp_path / "vendors"
    system.mkdir()
    (system / "nvidia.icd").write_text("libnvidia-opencl.so.1\n")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(opencl_platform, "_SYSTEM", system)
    monkeypatch.setenv("GPUMFT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("OCL_ICD_VENDORS", "")
    monkeypatch.delenv("OCL_ICD_VENDORS")
    show_runtimes.cache_clear()
    yield tmp_path
    show_runtimes.cache_clear()


def test_intels_runtime_is_shown_beside_the_systems(prefix: Path) -> None:
    show_runtimes()
    folder = Path(os.environ["OCL_ICD_VENDORS"])
    assert os.environ["OCL_ICD_VENDORS"].endswith(os.sep)
    assert folder.parent == prefix / "cache"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "nvidia.icd": "libnvidia-opencl.so.1\n",
        "gpumft_intel.icd": f"{prefix / 'lib' / 'libintelocl.so'}\n",
    }


def test_a_users_choice_stands(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCL_ICD_VENDORS", "mine")
    show_runtimes()
    assert os.environ["OCL_ICD_VENDORS"] == "mine"
    assert not (prefix / "cache").exists()


def test_nothing_is_done_without_intels_runtime(prefix: Path) -> None:
    (prefix / "lib" / "libintelocl.so").unlink()
    show_runtimes()
    assert "OCL_ICD_VENDORS" not in os.environ


def test_a_cache_that_cannot_be_written(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (prefix / "cache").touch()  # a file in the folder's place
    (prefix / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(prefix / "temporary"))
    show_runtimes()
    folder = Path(os.environ["OCL_ICD_VENDORS"])
    assert folder.parent == prefix / "temporary"
    assert sorted(path.name for path in folder.iterdir()) == ["gpumft_intel.icd", "nvidia.icd"]


def test_nowhere_to_write_at_all(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (prefix / "cache").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(prefix / "cache"))
    show_runtimes()
    assert "OCL_ICD_VENDORS" not in os.environ


def test_a_lock_that_a_killed_process_left_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pyopencl" / "pyopencl-compiler-cache-v2"
    folder.mkdir(parents=True)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_: str(tmp_path / "pyopencl"))
    monkeypatch.delenv("PYOPENCL_NO_CACHE", raising=False)
    (folder / "lock").touch()
    opencl_platform._check_cache()
    assert (folder / "lock").exists()  # somebody may be writing
    old = time.time() - 61
    os.utime(folder / "lock", (old, old))
    opencl_platform._check_cache()
    assert not (folder / "lock").exists()
    assert "PYOPENCL_NO_CACHE" not in os.environ
