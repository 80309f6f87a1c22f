"""The CUDA device over a CuPy that needs no GPU: its calls, its bytes, its errors."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path

import numpy as np
import pytest

from gpumft.device import DevicePlane, Pool, cuda
from gpumft.device.cuda import CudaDevice, devices, open_cuda
from gpumft.device.opencl import OpenCLDevice
from gpumft.errors import (
    DeviceLost,
    DeviceUnavailable,
    Fail,
    InvalidArg,
    InvalidRequest,
    KernelBuildError,
    OutOfMemory,
)
from gpumft.media import VideoType
from tests.contract import backends
from tests.contract.programs import NAMES, case
from tests.contract.test_golden import dirty, entry, golden
from tests.device.fake_cupy import (
    CompileException,
    CUDADriverError,
    CUDARuntimeError,
    FakeCupy,
    OutOfMemoryError,
)
from tests.device.gpu_help import Guarded

pytestmark = [
    pytest.mark.skip(reason=backends.missing("opencl"))
    for _ in range(bool(backends.missing("opencl")))
]


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCupy]:
    runs = backends.device("opencl")
    assert isinstance(runs, OpenCLDevice)
    fake = FakeCupy(runs.machine, devices=2)
    monkeypatch.setattr(cuda, "library", lambda: fake)
    monkeypatch.setattr(cuda, "find_spec", lambda _: "installed")
    monkeypatch.setattr(cuda, "_KNOWN", {})
    yield fake
    assert fake.options <= {("--std=c++17", "--fmad=false")}


@pytest.fixture
def device(cupy: FakeCupy) -> CudaDevice:
    return open_cuda("cuda")


def test_opening(cupy: FakeCupy) -> None:
    found = devices()
    assert [(i.spec, i.name, i.usable, i.identical, i.reason) for i in found] == [
        ("cuda:0", "Fake 0", True, True, ""),
        ("cuda:1", "Fake 1", True, True, ""),
    ]
    assert open_cuda("cuda").info == found[0]
    assert open_cuda("cuda:1").info == found[1]
    with pytest.raises(DeviceUnavailable, match="no usable CUDA device fits 'cuda:2' among 2"):
        open_cuda("cuda:2")


@pytest.mark.parametrize("name", NAMES[::4])
def test_bytes(device: CudaDevice, cupy: FakeCupy, name: str) -> None:
    program = case(name).program
    built = device.build(program)
    before = cupy.launches
    target = dirty(program)
    built(case(name).planes, target)
    assert entry(case(name), target) == golden()[name]
    assert cupy.launches - before == built.launches


def test_planes_in_its_memory(device: CudaDevice) -> None:
    program = case("nv12_letterbox_odd").program
    source = Guarded(device.machine, program.source, program.source_size)
    target = Guarded(device.machine, program.target, program.target_size, bottom_up=True)
    source.put(case("nv12_letterbox_odd").planes)
    device.build(program)(source.planes, target.planes)
    device.synchronize()
    assert entry(case("nv12_letterbox_odd"), target.take()) == golden()["nv12_letterbox_odd"]
    foreign = [DevicePlane(b"", 0, 9, p.shape, p.dtype) for p in source.planes]
    with pytest.raises(InvalidArg, match="not in memory of cuda:0"):
        device.build(program)(foreign, target.planes)


def test_a_batch_is_one_launch_a_pass(device: CudaDevice, cupy: FakeCupy) -> None:
    program = case("bgr24_odd_to_nv12").program
    shapes = [*program.source.plane_shapes(program.source_size)]
    shapes += program.target.plane_shapes(program.target_size)
    sizes = [prod(shape) for shape in shapes]
    slab, step = device.machine.allocate(4 * sum(sizes)), sum(sizes)
    pictures = []
    for k in range(4):
        at = [k * step + sum(sizes[:n]) for n in range(3)]
        made = [
            DevicePlane(slab, first, prod(shape[1:]), shape, np.dtype(np.uint8))
            for first, shape in zip(at, shapes, strict=True)
        ]
        slab.bytes[at[0] : at[1]] = case("bgr24_odd_to_nv12").planes[0].reshape(-1)
        pictures.append((made[:1], made[1:]))
    before, built = cupy.launches, device.build(program)
    built.batch(pictures)
    assert cupy.launches - before == built.launches == 2
    for _, target in pictures:
        found = [slab.bytes[p.offset : p.offset + p.nbytes].reshape(p.shape) for p in target]
        assert entry(case("bgr24_odd_to_nv12"), found) == golden()["bgr24_odd_to_nv12"]
    out = [dirty(program) for _ in range(5)]
    built.batch([(case("bgr24_odd_to_nv12").planes, planes) for planes in out])
    for planes in out:
        assert entry(case("bgr24_odd_to_nv12"), planes) == golden()["bgr24_odd_to_nv12"]


def test_copies_have_streams_of_their_own(device: CudaDevice) -> None:
    """Picture n: in after the kernels of n - 3, kernels after it is in, out after its kernels."""
    program, machine = case("rgb_to_gray").program, device.machine
    built = device.build(program)
    compute, sending, fetching = machine.stream, machine._sending, machine._fetching
    before = {stream: stream.work for stream in (compute, sending, fetching)}
    out = [dirty(program) for _ in range(5)]
    built.batch([(case("rgb_to_gray").planes, planes) for planes in out])
    found = [
        [(of, work - before[of]) for of, work in stream.waited]
        for stream in (compute, sending, fetching)
    ]
    assert {stream: stream.work - work for stream, work in before.items()} == dict.fromkeys(
        before, 5
    )
    assert found[0] == [(sending, n) for n in range(1, 6)]
    assert found[1] == [(compute, n) for n in (1, 2)]
    assert found[2] == [(compute, n) for n in range(1, 6)]


def test_no_driver(cupy: FakeCupy) -> None:
    cupy.fail["count"] = CUDARuntimeError("cudaErrorInsufficientDriver: too old")
    (found,) = devices()
    assert (found.spec, found.usable, found.identical) == ("cuda:0", False, False)
    assert found.reason == "CUDA finds no device: cudaErrorInsufficientDriver: too old"
    with pytest.raises(DeviceUnavailable, match="InsufficientDriver"):
        open_cuda("cuda")


def test_one_broken_device_spoils_no_other(cupy: FakeCupy) -> None:
    cupy.fail["device 0"] = CUDARuntimeError("cudaErrorECCUncorrectable")
    assert [info.usable for info in devices()] == [False, True]
    assert open_cuda("cuda").spec == "cuda:1"
    with pytest.raises(DeviceUnavailable, match="cuda:0 cannot be opened: cudaErrorECC"):
        open_cuda("cuda:0")


def test_no_compiler(cupy: FakeCupy) -> None:
    cupy.fail["compile"] = CompileException("kernels/read.h(3): no such type")
    found = devices()[0]
    assert (found.usable, found.reason) == (False, "kernels/read.h(3): no such type")


def test_failures_while_building(device: CudaDevice, cupy: FakeCupy) -> None:
    program = case("rgb_to_gray").program
    cupy.fail["compile"] = CompileException("kernels/read.h(3): no such type")
    with pytest.raises(KernelBuildError, match="cuda:0 does not build a kernel") as caught:
        device.build(program)
    assert "prelude_cuda.h" in caught.value.source
    cupy.fail = {"alloc": OutOfMemoryError("out of memory allocating 1 byte")}
    with pytest.raises(OutOfMemory, match=r"no \d+ bytes for work memory; 100 of its 1000"):
        device.build(program)
    cupy.fail = {}
    target = dirty(program)
    device.build(program)(case("rgb_to_gray").planes, target)
    assert entry(case("rgb_to_gray"), target) == golden()["rgb_to_gray"]


def test_a_lost_device(device: CudaDevice, cupy: FakeCupy) -> None:
    program = case("rgb_to_gray").program
    built = device.build(program)
    target = dirty(program)
    before = [plane.copy() for plane in target]
    cupy.fail["launch"] = CUDADriverError("CUDA_ERROR_ILLEGAL_ADDRESS")
    for _ in range(2):
        with pytest.raises(DeviceLost, match="lost, it failed in launch: CUDA_ERROR_ILLEGAL_A"):
            built(case("rgb_to_gray").planes, target)
        cupy.fail = {}  # the driver may say what it likes now
    np.testing.assert_array_equal(target[0], before[0])
    assert device.lost
    uses: list[Callable[[], object]] = [
        lambda: device.build(program), device.synchronize, lambda: device.memory.allocate(1),
        lambda: Pool(VideoType("gray", (4, 4)), device).acquire(),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(DeviceLost, match="open the device again, in a new process if CUDA"):
            use()
    with open_cuda("cuda") as other:
        other.build(program)(case("rgb_to_gray").planes, target)
    assert entry(case("rgb_to_gray"), target) == golden()["rgb_to_gray"]
    device.close()
    with pytest.raises(InvalidRequest):
        built(case("rgb_to_gray").planes, target)


STICKY = (
    "cudaErrorIllegalAddress", "cudaErrorECCUncorrectable", "cudaErrorLaunchFailure",
    "cudaErrorLaunchTimeout", "cudaErrorMisalignedAddress", "cudaErrorContextIsDestroyed",
    "CUDA_ERROR_LAUNCH_FAILED", "CUDA_ERROR_ECC_UNCORRECTABLE", "CUDA_ERROR_ASSERT",
)  # fmt: skip


@pytest.mark.parametrize("name", STICKY)
def test_errors_that_a_context_does_not_survive(
    device: CudaDevice, cupy: FakeCupy, name: str
) -> None:
    program = case("rgb_to_gray").program
    kind = CUDARuntimeError if name.startswith("cudaError") else CUDADriverError
    built = device.build(program)
    cupy.fail["launch"] = kind(f"{name}: some words")
    with pytest.raises(DeviceLost, match=name):
        built(case("rgb_to_gray").planes, dirty(program))
    assert device.lost


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("cudaErrorMemoryAllocation", OutOfMemory),
        ("CUDA_ERROR_OUT_OF_MEMORY", OutOfMemory),
        ("cudaErrorLaunchOutOfResources", Fail),
        ("cudaErrorInvalidValue", Fail),
        ("no name at all", Fail),
    ],
)
def test_errors_that_pass(
    device: CudaDevice, cupy: FakeCupy, name: str, error: type[Exception]
) -> None:
    program = case("rgb_to_gray").program
    built, target = device.build(program), dirty(program)
    cupy.fail["launch"] = CUDADriverError(f"{name}: some words")
    with pytest.raises(error, match=f"cuda:0 .* in launch: {name}: some words"):
        built(case("rgb_to_gray").planes, target)
    cupy.fail = {}
    assert not device.lost
    built(case("rgb_to_gray").planes, target)
    assert entry(case("rgb_to_gray"), target) == golden()["rgb_to_gray"]


def test_nvrtc_that_does_not_load(cupy: FakeCupy) -> None:
    cupy.fail["compile"] = RuntimeError("CuPy failed to load libnvrtc.so.13: OSError: no such file")
    found = devices()[0]
    assert not found.usable
    assert found.reason.startswith("no compiler: CuPy failed to load libnvrtc.so.13")
    with pytest.raises(DeviceUnavailable, match="no compiler"):
        open_cuda("cuda:0")


@pytest.mark.parametrize("chosen", [True, False])
def test_cupy_gets_a_folder_that_it_can_write(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    chosen: bool,
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    home = tmp_path / "file" / "home"  # no folder can be made there
    monkeypatch.setenv("HOME", str(home))
    folder = tmp_path / "file" / "chosen" if chosen else home / ".cupy" / "kernel_cache"
    monkeypatch.setenv("CUPY_CACHE_DIR", str(folder) if chosen else "")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with caplog.at_level(logging.WARNING, "gpumft.device"):
        for _ in range(2):
            cuda._check_cache()
    given = Path(os.environ["CUPY_CACHE_DIR"])
    assert given.parent == tmp_path / "temporary"
    assert list(given.iterdir()) == []
    assert caplog.messages == [f"kernels are not kept on disk: {folder} cannot be written"]


def test_a_folder_that_cupy_can_write_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUPY_CACHE_DIR", str(tmp_path / "chosen"))
    cuda._check_cache()
    assert os.environ["CUPY_CACHE_DIR"] == str(tmp_path / "chosen")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    monkeypatch.setenv("CUPY_CACHE_DIR", str(tmp_path / "file" / "no folder"))
    cuda._check_cache()  # nowhere at all: CuPy will say so itself
    assert os.environ["CUPY_CACHE_DIR"] == str(tmp_path / "file" / "no folder")
