"""OpenCL programs from the binaries of earlier processes: the same results, and no surprises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyopencl import characterize

from gpumft.device.binaries import Binaries
from gpumft.device.opencl import OpenCLDevice, OpenCLMachine
from gpumft.device.opencl_platform import library
from gpumft.errors import KernelBuildError
from tests.contract import backends
from tests.contract.programs import case
from tests.contract.test_golden import dirty, entry, golden
from tests.leaks import hooks

SOURCE = "kernel void f(global int *x) { x[get_global_id(0)] = NUMBER; }\n"


@pytest.fixture(params=backends.params("opencl", "oclgrind"))
def found(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A device of pyopencl, with an empty folder for binaries."""
    device = backends.device(request.param)
    assert isinstance(device, OpenCLDevice)
    monkeypatch.setenv("GPUMFT_CACHE_DIR", str(tmp_path))
    return device.machine.queue.device


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that a compiler has been given."""
    seen: list[str] = []
    really = library().Program

    def program(*given: Any) -> Any:
        seen.extend(given[1:] if len(given) == 2 else ())
        return really(*given)

    monkeypatch.setattr(library(), "Program", program)
    return seen


def run(found: Any, number: int = 7, *options: str) -> None:
    """Build in a machine of its own, as another process would, and run."""
    machine = OpenCLMachine("opencl:again", found, (f"-DNUMBER={number}", *options))
    kernel = machine.cl.Kernel(machine.program(SOURCE), "f")
    memory, made = machine.allocate(32 * 4), np.zeros(32, np.int32)
    machine.launch(kernel, (32, 1, 1), [memory])
    machine.download(made, memory)
    assert (made == number).all()


def files(folder: Path) -> list[Path]:
    return sorted((folder / "opencl").iterdir())


def test_a_program_is_compiled_once(found: Any, sources: list[str], tmp_path: Path) -> None:
    run(found)
    (kept,) = files(tmp_path)
    content = kept.read_bytes()
    for _ in range(2):
        run(found)
    assert sources == [SOURCE]  # as it is, so that a runtime's own cache knows it again
    assert files(tmp_path) == [kept]
    assert kept.read_bytes() == content


def test_what_decides_about_the_code(
    found: Any, sources: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(found)
    run(found, 8)
    run(found, 7, "-DOTHER")
    for name in ("CL_CONFIG_CPU_TARGET_ARCH_OF_NO_ONE", "OCLGRIND_BUILD_OPTIONS"):
        monkeypatch.setenv(name, "")
        run(found)
    monkeypatch.setattr(library(), "VERSION_TEXT", "another")
    run(found)
    assert len(sources) == len(files(tmp_path)) == 6


@pytest.mark.parametrize("damage", ["cut", "changed", "refused"])
def test_what_cannot_be_used_is_built_anew(
    found: Any, sources: list[str], tmp_path: Path, damage: str
) -> None:
    run(found)
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    if damage == "refused":  # whole, but no code of this runtime
        Binaries(path.parent).keep(path.name, b"no machine code" * 100)
    else:
        path.write_bytes(whole[:-9] if damage == "cut" else whole[:-1] + b"\xa5")
    spoilt = path.read_bytes()
    assert spoilt != whole
    run(found)
    assert len(sources) == 2
    assert path.read_bytes() != spoilt
    run(found)
    assert len(sources) == 2


def test_a_source_that_does_not_build(found: Any, tmp_path: Path) -> None:
    machine = OpenCLMachine("opencl:again", found)
    for _ in range(2):
        with pytest.raises(KernelBuildError, match="opencl:again does not build") as caught:
            machine.program(SOURCE + "no C\n")
        assert caught.value.source.splitlines()[1] == "    2    2  no C"
        assert "unknown type name 'no'" in caught.value.log
    assert not (tmp_path / "opencl").exists()


def test_a_runtime_that_keeps_binaries_itself(
    found: Any, sources: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(characterize, "has_src_build_cache", lambda _: True)
    for _ in range(2):
        run(found)
    assert sources == [SOURCE] * 2
    assert not (tmp_path / "opencl").exists()


def test_nowhere_to_keep_them(found: Any, sources: list[str], tmp_path: Path) -> None:
    (tmp_path / "opencl").touch()
    for _ in range(2):
        run(found)
    assert sources == [SOURCE] * 2


def test_loading_counts_as_building(found: Any) -> None:
    run(found)
    with hooks.opencl_objects() as made:
        run(found)
    assert made["Program"] == 1


def test_the_bytes_are_those_of_a_compiled_program(found: Any, sources: list[str]) -> None:
    given, counts = case("copy_gray_odd"), []
    info = backends.device("cpu").info
    for _ in range(2):
        device = OpenCLDevice(OpenCLMachine("opencl:again", found), info)
        target = dirty(given.program)
        device.build(given.program)(given.planes, target)
        assert entry(given, target) == golden()["copy_gray_odd"]
        counts.append(len(sources))
    assert counts[0] == counts[1] > 0
