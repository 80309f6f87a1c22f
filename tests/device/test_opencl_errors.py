"""What OpenCL says when it fails, and what becomes of it: pyopencl made to raise."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gpumft.device import Pool, open_device
from gpumft.device.health import Health
from gpumft.device.opencl import OpenCLDevice
from gpumft.device.opencl_errors import translated
from gpumft.device.opencl_platform import library
from gpumft.errors import DeviceLost, Fail, KernelBuildError, MFError, OutOfMemory
from gpumft.media import VideoType
from gpumft.testing import frames
from tests.contract import backends
from tests.contract.programs import case
from tests.contract.test_golden import dirty, entry, golden

TYPE = VideoType("nv12", (34, 6))
GIVEN = case("rgb_to_gray")
LOST, GONE, RESOURCES, NO_HOST, NO_BUFFER, EVENTS = -2, -36, -5, -6, -4, -14


def raiser(code: int, kind: str = "RuntimeError") -> Callable[..., Any]:
    """Return what raises as pyopencl does for an OpenCL error."""
    cl = library()
    record = cl._cl._ErrorRecord("clStandIn", code, "")

    def fail(*_: object, **__: object) -> None:
        raise getattr(cl, kind)(record)

    return fail


@pytest.fixture(params=[backends.param("opencl")])
def device(request: pytest.FixtureRequest) -> Iterator[OpenCLDevice]:
    with open_device(backends.SPECS[request.param]) as own:
        assert isinstance(own, OpenCLDevice)
        yield own


def judge(device: Any) -> None:
    target = dirty(GIVEN.program)
    device.build(GIVEN.program)(GIVEN.planes, target)
    assert entry(GIVEN, target) == golden()["rgb_to_gray"]


@pytest.mark.parametrize("code", [RESOURCES, NO_HOST, NO_BUFFER, EVENTS, GONE])
def test_errors_that_pass(device: OpenCLDevice, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    error = Fail if code in (EVENTS, GONE) else OutOfMemory
    built, target = device.build(GIVEN.program), dirty(GIVEN.program)
    before = target[0].copy()
    monkeypatch.setattr(library(), "enqueue_nd_range_kernel", raiser(code))
    with pytest.raises(error, match=f"{device.spec} .* in launch: clStandIn failed"):
        built(GIVEN.planes, target)
    np.testing.assert_array_equal(target[0], before)
    monkeypatch.undo()
    assert not device.lost  # the queue still answers: it was somebody else's that has gone
    judge(device)


def test_buffers_that_cannot_be_had(device: OpenCLDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    total = device.stream.device.global_mem_size  # type: ignore[attr-defined]
    monkeypatch.setattr(library(), "Buffer", raiser(NO_BUFFER, "MemoryError"))
    pool = Pool(TYPE, device)
    with pytest.raises(OutOfMemory) as caught:
        pool.acquire()
    assert str(caught.value).startswith(
        f"{device.spec} has no 768 bytes for a picture of nv12 34x6; it has {total} bytes in all; "
        f"pools hold 0 bytes, this one 0 pictures, 0 in use"
    )
    with pytest.raises(OutOfMemory, match=rf"no \d+ bytes for work memory; it has {total} bytes"):
        device.build(GIVEN.program)
    monkeypatch.undo()
    assert pool.acquire(0) is not None
    judge(device)


@pytest.mark.parametrize(("code", "dead"), [(LOST, False), (-9999, False), (GONE, True)])
@pytest.mark.parametrize("call", ["enqueue_nd_range_kernel", "enqueue_copy"])
def test_a_device_that_is_lost(
    device: OpenCLDevice, code: int, call: str, monkeypatch: pytest.MonkeyPatch, *, dead: bool
) -> None:
    built, pool = device.build(GIVEN.program), Pool(TYPE, device)
    surface = pool.acquire()
    monkeypatch.setattr(library(), call, raiser(code))
    if dead:
        monkeypatch.setattr(library().CommandQueue, "flush", raiser(code))
    with pytest.raises(DeviceLost, match=f"{device.spec} is lost, .* clStandIn failed: .*again"):
        built(GIVEN.planes, dirty(GIVEN.program))
    monkeypatch.undo()
    assert device.lost
    uses: list[Callable[[], object]] = [
        lambda: built(GIVEN.planes, dirty(GIVEN.program)),
        lambda: device.build(case("copy_gray_odd").program),
        lambda: surface.upload(frames.noise(TYPE, 1)),
        surface.to_numpy, pool.acquire, device.synchronize,
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(DeviceLost, match="is lost"):
            use()
    with open_device(device.spec) as other:
        judge(other)
    surface.release()
    gc.collect()  # the errors above hold frames that looked into it
    pool.close()
    assert device.memory.ledger.use().blocks == 0


def test_builds_that_fail(device: OpenCLDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    cases: list[tuple[int, type[MFError], str]] = [
        (-11, KernelBuildError, "BUILD_PROGRAM_FAILURE"),
        (-3, KernelBuildError, "COMPILER_NOT_AVAILABLE"),
        (NO_HOST, OutOfMemory, "out of memory in build"),
    ]
    for code, error, words in cases:
        monkeypatch.setattr(library().Program, "build", raiser(code))
        with pytest.raises(error, match=words):
            device.build(GIVEN.program)
        monkeypatch.undo()

    def locked(*_: object, **__: object) -> None:
        raise RuntimeError("waited more than one minute on the lock file")

    monkeypatch.setattr(library().Program, "build", locked)
    with pytest.raises(KernelBuildError, match="lock file"):
        device.build(GIVEN.program)
    monkeypatch.undo()
    judge(device)


def test_a_queue_that_no_longer_answers_is_a_lost_device() -> None:
    class Broken(Exception):
        def __init__(self, code: int) -> None:
            super().__init__(f"error {code}")
            self.code = code

    def flush() -> None:
        raise Broken(GONE)

    cl, queue = SimpleNamespace(Error=Broken, MemoryError=MemoryError), SimpleNamespace(flush=flush)
    health = Health("opencl:0:0")
    error = translated(Broken(GONE), cl, queue, "launch", health)
    assert isinstance(error, DeviceLost)
    assert str(error) == "opencl:0:0 is lost, it failed in launch: error -36; open the device again"
    assert health.lost
    with pytest.raises(DeviceLost, match="error -36"):
        health.check()
