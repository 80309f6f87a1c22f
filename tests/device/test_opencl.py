"""The OpenCL device: opening, planes in its memory, and what goes wrong."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpumft.device import Device, DevicePlane, devices, open_device, opencl
from gpumft.device.gpu import selftest
from gpumft.device.opencl import OpenCLDevice, OpenCLMachine
from gpumft.device.unit import Part, Unit
from gpumft.errors import (
    DeviceUnavailable,
    InvalidArg,
    InvalidRequest,
    KernelBuildError,
    OutOfMemory,
)
from gpumft.testing import twin
from tests.contract import backends
from tests.contract.programs import NAMES, case
from tests.contract.test_golden import dirty, entry, golden
from tests.device.engine_help import assert_same, in_child
from tests.device.gpu_help import Guarded

BOTH = [backends.param("opencl"), backends.param("oclgrind")]
INTEL = [backends.param("opencl")]


@pytest.fixture
def device(request: pytest.FixtureRequest) -> OpenCLDevice:
    found = backends.device(request.param)
    assert isinstance(found, OpenCLDevice)
    return found


@pytest.mark.parametrize("device", BOTH, indirect=True)
def test_it_is_listed_and_identical(device: OpenCLDevice) -> None:
    info = device.info
    assert info in devices()
    assert (info.kind, info.usable, info.identical, info.reason) == ("opencl", True, True, "")
    assert device.stream is device.machine.queue
    device.synchronize()


@pytest.mark.parametrize("device", BOTH, indirect=True)
def test_ways_to_name_it(device: OpenCLDevice) -> None:
    platform = device.spec.rpartition(":")[0]
    word = device.info.name.split("(")[0].strip()[:8].upper()
    for spec in (device.spec, platform, f"opencl:{word}"):
        with open_device(spec) as found:
            assert found.info == device.info


@pytest.mark.parametrize("spec", ["opencl:99", "opencl:0:99", "opencl:no such name"])
@pytest.mark.parametrize("device", INTEL, indirect=True)
def test_a_name_that_nothing_has(device: OpenCLDevice, spec: str) -> None:
    with pytest.raises(DeviceUnavailable, match="no usable OpenCL device fits") as caught:
        open_device(spec)
    assert device.spec in str(caught.value)


@pytest.mark.parametrize("device", BOTH, indirect=True)
@pytest.mark.parametrize("bottom_up", [False, True])
@pytest.mark.parametrize(
    "name", ["nv12_letterbox_odd", "rgb24_to_yuyv_odd", "v210_odd", "half_to_half", "words_10"]
)
def test_planes_in_its_memory(device: OpenCLDevice, name: str, *, bottom_up: bool) -> None:
    program = case(name).program
    source = Guarded(device.machine, program.source, program.source_size, bottom_up=bottom_up)
    target = Guarded(device.machine, program.target, program.target_size, bottom_up=bottom_up)
    source.put(case(name).planes)
    built = device.build(program)
    built(source.planes, target.planes)
    device.synchronize()
    found = target.take()
    assert entry(case(name), found) == golden()[name]
    source.take()
    mixed = dirty(program)
    built(source.planes, mixed)  # from its memory to an array, and back
    assert_same(mixed, found)
    again = Guarded(device.machine, program.target, program.target_size)
    built(case(name).planes, again.planes)
    assert_same(again.take(), found)


@pytest.mark.parametrize("device", INTEL, indirect=True)
def test_planes_that_do_not_fit(device: OpenCLDevice) -> None:
    program = case("copy_gray_odd").program
    built = device.build(program)
    memory = device.machine.allocate(85)
    good = DevicePlane(memory, 0, 17, (5, 17), np.dtype(np.uint8))
    target = dirty(program)
    for plane, message in (
        (DevicePlane(memory, 1, 17, good.shape, good.dtype), "bytes 1 to 86 of memory of 85"),
        (DevicePlane(memory, 0, -17, good.shape, good.dtype), "bytes -68 to 17 of memory of 85"),
        (DevicePlane(memory, 0, 17, (5, 16), good.dtype), "pass a plane of that shape"),
        (DevicePlane(bytearray(85), 0, 17, good.shape, good.dtype), "not in memory of opencl"),
    ):
        with pytest.raises(InvalidArg, match=message):
            built([plane], target)
    built([good], target)
    wide = case("deep_16").program
    memory = device.machine.allocate(10000)
    odd = [DevicePlane(memory, 1, 24, (6, 12), np.dtype(np.uint16)) for _ in range(3)]
    with pytest.raises(InvalidArg, match="multiples of the element's 2 bytes"):
        device.build(wide)(odd, dirty(wide))
    with pytest.raises(InvalidArg, match="a plane is a list: pass ndarray or DevicePlane"):
        built([[1, 2]], target)  # type: ignore[list-item]
    target[0].setflags(write=False)
    with pytest.raises(InvalidArg, match="target plane 0 is read-only"):
        built([good], target)


@pytest.mark.parametrize("device", INTEL, indirect=True)
def test_planes_of_both_kinds_on_one_side(device: OpenCLDevice) -> None:
    program = case("nv12_to_rgb24").program
    source = Guarded(device.machine, program.source, program.source_size)
    planes: list[Any] = [source.planes[0], case("nv12_to_rgb24").planes[1]]
    with pytest.raises(InvalidArg, match="partly arrays, partly in device memory"):
        device.build(program)(planes, dirty(program))


def test_the_cpu_takes_no_device_planes() -> None:
    program = case("copy_gray_odd").program
    plane = DevicePlane(bytearray(85), 0, 17, (5, 17), np.dtype(np.uint8))
    with pytest.raises(InvalidArg, match="a plane is a DevicePlane: pass ndarray"):
        backends.device("cpu").build(program)([plane], dirty(program))


@pytest.mark.parametrize("device", INTEL, indirect=True)
@pytest.mark.parametrize("options", [(), ("-DCONTRACT", "-cl-mad-enable")], ids=["off", "on"])
def test_contraction_makes_no_difference(device: OpenCLDevice, options: tuple[str, ...]) -> None:
    machine = OpenCLMachine("opencl:again", device.machine.queue.device, options)
    other = OpenCLDevice(machine, device.info)
    for name in NAMES:
        target = dirty(case(name).program)
        other.build(case(name).program)(case(name).planes, target)
        assert entry(case(name), target) == golden()[name], name


PRODUCT_PLUS = """
KERNEL void primitives(int which, int count, GLOBAL const uint *a, GLOBAL const uint *b,
                       GLOBAL const uint *c, GLOBAL uint *result)
{
    if (GID_X < count)
        result[GID_X] = AS_UINT(AS_FLOAT(a[GID_X]) * AS_FLOAT(b[GID_X]) + AS_FLOAT(c[GID_X]));
}
"""


@pytest.mark.parametrize("device", INTEL, indirect=True)
def test_the_self_test_finds_a_wrong_operation(
    device: OpenCLDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = Unit(selftest.UNIT.parts, ("primitives",), (("OTHER", "1"),))
    unit._texts["opencl"] = unit.text("opencl").partition('#line 1 "kernels/prim')[0] + PRODUCT_PLUS
    monkeypatch.setattr(selftest, "UNIT", unit)
    complaint = selftest.complaint(device.machine)
    assert complaint.startswith("fma(")
    assert "; recip(" in complaint


@pytest.mark.parametrize("device", INTEL, indirect=True)
def test_programs_that_nothing_uses_are_forgotten(
    device: OpenCLDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = device.machine
    assert isinstance(machine, OpenCLMachine)
    monkeypatch.setattr(opencl, "_MOST", 2)
    monkeypatch.setattr(machine, "_programs", OrderedDict())
    units = [Unit(selftest.UNIT.parts, selftest.UNIT.entries, (("N", str(n)),)) for n in range(3)]
    kernels = [machine.compile(unit) for unit in (*units, units[1])]
    assert list(machine._programs) == [units[2].key("opencl"), units[1].key("opencl")]
    assert kernels[1].program == kernels[3].program  # built once
    assert kernels[0].function_name == "primitives"  # in use, so still there


@pytest.mark.parametrize("device", BOTH, indirect=True)
def test_a_kernel_that_does_not_build(device: OpenCLDevice) -> None:
    unit = Unit((Part("arithmetic.h"), Part("weigh.h", (("NAME", "broken"),))), ("broken",))
    with pytest.raises(KernelBuildError, match="does not build a kernel") as caught:
        device.machine.compile(unit)
    (line,) = (n for n in caught.value.source.splitlines() if "DEVICE float NAME(TAKE," in n)
    total, number = line.split()[:2]
    assert number == "2"
    assert "weigh.h:2:" in caught.value.log or f"input.cl:{total}:" in caught.value.log


@pytest.mark.parametrize("device", INTEL, indirect=True)
def test_too_much_memory(device: OpenCLDevice) -> None:
    with pytest.raises(OutOfMemory, match=f"{device.spec} gives at most [0-9]+ bytes at once"):
        device.machine.allocate(1 << 60)


@pytest.mark.parametrize("device", INTEL, indirect=True)
def test_closing(device: Device) -> None:
    with open_device(device.spec) as own:
        built = own.build(case("copy_gray_odd").program)
        assert own.memory_stats().programs == 1
        assert own.memory_stats().scratch > 2 * 85
        assert built.launches == 1
    with pytest.raises(InvalidRequest, match="closed"):
        built(case("copy_gray_odd").planes, dirty(case("copy_gray_odd").program))
    with pytest.raises(InvalidRequest, match="closed"):
        own.build(case("copy_gray_odd").program)


READ_ONLY = """
from gpumft.device import open_device
from tests.contract.programs import case
from tests.contract.test_golden import dirty, entry, golden
given = case("nv12_to_rgb24")
target = dirty(given.program)
open_device("opencl").build(given.program)(given.planes, target)
assert entry(given, target) == golden()["nv12_to_rgb24"]
print("well")
"""


@pytest.mark.parametrize("backend", INTEL)
def test_a_home_that_cannot_be_written(
    tmp_path: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    home = str(tmp_path / "file" / "home")  # no folder can be made there
    (tmp_path / "temporary").mkdir()
    places = {"HOME": home, "XDG_CACHE_HOME": home, "TMPDIR": str(tmp_path / "temporary")}
    if "opencl-vendors-" in os.environ.get("OCL_ICD_VENDORS", ""):
        monkeypatch.delenv("OCL_ICD_VENDORS")  # ours, of this process: the child makes its own
    assert in_child(places, READ_ONLY) == "well"
    assert list((tmp_path / "temporary").glob("gpumft-*")) == []


RACES = """
import sys
import numpy as np
from gpumft.device import open_device
from gpumft.device.opencl_platform import library
from gpumft.testing import twin
from tests.contract.program_parts import noise
from tests.contract.programs import NAMES, case
from tests.contract.test_golden import dirty, entry, golden
from tests.device.engine_help import assert_same, run
from tests.device.test_wide_blocks import CASES, program
device = open_device("opencl:Oclgrind")
if sys.argv[1] == "wide":
    for name in list(CASES)[::2]:
        made = program(name, (83, 3))
        planes = noise(made.source, made.source_size, 1)
        assert_same(run(device, made, planes), twin.run(made, planes), name)
    sys.exit()
if sys.argv[1] == "race":
    cl, machine = library(), device.machine
    text = "kernel void race(global int *x) { x[0] = get_global_id(0); x[get_global_id(0)] = 1; }"
    kernel = cl.Kernel(cl.Program(machine.context, text).build(), "race")
    machine.launch(kernel, (9, 1, 1), [machine.allocate(32)])
    machine.finish()
kept = []  # Oclgrind holds what it noted of freed memory against what is allocated there next
for name in NAMES[int(sys.argv[2])::3]:
    target = dirty(case(name).program)
    kept.append(device.build(case(name).program))
    kept[-1](case(name).planes, target)
    assert entry(case(name), target) == golden()[name], name
"""


@pytest.mark.parametrize("backend", [backends.param("oclgrind")])
@pytest.mark.parametrize("part", ["race", "0", "1", "2", "wide"])
def test_no_race_and_no_access_out_of_bounds(tmp_path: Path, backend: str, part: str) -> None:
    log = tmp_path / "oclgrind.log"
    watch = {
        "OCLGRIND_DATA_RACES": "1", "OCLGRIND_UNINITIALIZED": "1", "OCLGRIND_LOG": str(log),
    }  # fmt: skip
    in_child(watch, RACES, part, "57" if part == "race" else part)
    assert part != "wide" or log.exists()
    found = log.read_text()
    if part == "race":
        assert "data race" in found
        assert "Invalid write of size 4 at global memory address" in found
    else:
        assert found == ""


def test_the_twin_is_what_they_are_compared_with() -> None:
    given = case("nv12_to_rgb24")
    assert entry(given, twin.run(given.program, given.planes)) == golden()["nv12_to_rgb24"]
