"""Whatever can go wrong with a device, injected: what is said, and what stays as it was."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpumft.device import Pool, Surface, as_device, devices, open_device
from gpumft.device.cpu.memory import HOST
from gpumft.errors import (
    DXGI_ERROR_DEVICE_REMOVED,
    DeviceLost,
    DeviceUnavailable,
    Fail,
    InvalidArg,
    InvalidRequest,
    KernelBuildError,
    MFError,
    OutOfMemory,
)
from gpumft.media import VideoType
from gpumft.testing import frames
from gpumft.testing.fake_device import WORDS, FakeDevice
from gpumft.testing.fake_driver import FakeDriver, FakeTensor, Trouble, plugged_in
from tests.contract import backends
from tests.contract.programs import case
from tests.contract.test_golden import dirty, entry, golden
from tests.device.engine_help import in_child

TYPE = VideoType("nv12", (34, 6))
SLOT = 768
GIVEN = case("nv12_to_rgb24")
KINDS = ("cuda", "opencl")


@pytest.fixture
def device() -> FakeDevice:
    return FakeDevice()


# --- Opening ---


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_driver_lists_is_opened(kind: Any) -> None:
    with plugged_in(FakeDriver(kind, count=2)) as driver:
        specs = [info.spec for info in devices() if info.name == "fake"]
        assert len(specs) == 2
        for spec in specs:
            assert open_device(spec).spec == spec
        assert open_device(kind).spec == specs[0]
        assert as_device(specs[1]) is as_device(specs[1])
        with pytest.raises(DeviceUnavailable, match=rf"no usable .* '{kind}:7'; there is: {kind}"):
            open_device(f"{kind}:7")
        assert len(driver.opened) == 4
    assert "fake" not in [info.name for info in devices()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("no driver", "no driver is installed"),
        ("driver too old", "the driver is too old for the runtime"),
        ("no compiler", "no compiler: its library does not load"),
    ],
)
def test_a_device_that_cannot_be_opened(kind: Any, trouble: Trouble, words: str) -> None:
    with plugged_in(FakeDriver(kind, trouble=trouble)):
        (info,) = [info for info in devices() if info.kind == kind]
        assert (info.usable, info.identical) == (False, False)
        assert words in info.reason
        with pytest.raises(DeviceUnavailable, match=words):
            open_device(kind)
        with pytest.raises(DeviceUnavailable, match=words):
            Pool(TYPE, info.spec)


def test_auto_passes_over_what_cannot_be_used_and_says_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    troubles: list[Trouble] = ["no driver", "no compiler", "wrong bits"]
    for trouble in troubles:
        caplog.clear()
        with (
            plugged_in(FakeDriver("cuda", trouble=trouble)),
            plugged_in(FakeDriver("opencl")),
            caplog.at_level(logging.INFO, "gpumft.device"),
        ):
            assert open_device("auto").spec == "opencl:0:0"
        (line,) = (record.getMessage() for record in caplog.records)
        assert line.startswith("cuda:0 (")
        assert "is passed over: " in line
    with plugged_in(FakeDriver("cuda", trouble="wrong bits")):
        assert open_device("cuda:0").kind == "cuda"  # by its own name it opens all the same


# --- Out of memory ---


def test_out_of_memory_tells_what_was_asked_what_is_free_and_what_is_lent() -> None:
    device = FakeDevice(capacity=2 * SLOT + 100)
    pool = Pool(TYPE, device)
    held = [pool.acquire(), pool.acquire()]
    for _ in range(2):
        with pytest.raises(OutOfMemory) as caught:
            pool.acquire()
        assert str(caught.value) == (
            "cuda:0 has no 768 bytes for a picture of nv12 34x6; 100 of its 1636 bytes are free; "
            "pools hold 1536 bytes, this one 2 pictures, 2 in use: release some, trim() pools, or "
            "give a maximum"
        )
        assert isinstance(caught.value, MemoryError)
    assert (pool.live_count, pool.statistics().slots) == (2, 2)
    held.pop()
    assert pool.acquire(0) is not None


def test_a_picture_that_cannot_be_poisoned_is_not_lent(device: FakeDevice) -> None:
    pool = Pool(TYPE, device, poison=True)
    device.memory.failing["upload"] = Fail("no")
    for _ in range(3):
        with pytest.raises(Fail, match="no"):
            pool.acquire()
    assert (device.memory.held, pool.statistics().slots) == (0, 0)
    device.memory.failing.clear()
    assert pool.acquire() is not None
    assert pool.statistics().slots == 1


# --- A kernel that does not build ---


def test_a_kernel_that_does_not_build_shows_source_and_log(device: FakeDevice) -> None:
    device.refuse_kernels("kernels/read.h(3): no such type")
    for _ in range(2):
        with pytest.raises(
            KernelBuildError, match=r"cuda:0 does not build .*\n.*no such type"
        ) as e:
            device.build(GIVEN.program)
        assert e.value.log == "kernels/read.h(3): no such type"
        assert "    2    1  KERNEL void convert()" in e.value.source
    device.memory.failing.clear()
    target = dirty(GIVEN.program)
    device.build(GIVEN.program)(GIVEN.planes, target)
    assert entry(GIVEN, target) == golden()["nv12_to_rgb24"]


# --- Whatever fails once ---

CALLS: dict[str, Callable[[FakeDevice, Surface], Any]] = {
    "build": lambda device, _: device.build(case("rgb_to_gray").program),
    "allocate": lambda device, _: Pool(TYPE, device).acquire(),
    "upload": lambda _, surface: surface.upload(frames.noise(TYPE, 2)),
    "download": lambda _, surface: surface.to_numpy(),
    "copy": lambda _, surface: surface.copy_to(surface),
    "fence": lambda _, surface: surface.use_on(5),
    "wait": lambda _, surface: surface.planes[0].__dlpack__(stream=2),
    "synchronize": lambda device, _: device.synchronize(),
    "adopt": lambda device, _: device.memory.adopt(FakeTensor(frames.noise(TYPE, 1)[0]), None),
    "launch": lambda device, _: device.build(GIVEN.program)(GIVEN.planes, dirty(GIVEN.program)),
}


def test_all_words_are_driven() -> None:
    assert {*CALLS, "free"} == set(WORDS)


@pytest.mark.parametrize("word", CALLS)
def test_what_fails_once_works_the_next_time(word: str, device: FakeDevice) -> None:
    surface = Pool(TYPE, device).acquire()
    picture = frames.noise(TYPE, 1)
    surface.upload(picture)
    device.memory.failing[word] = Fail("cuda:0 failed")
    with pytest.raises(Fail, match="cuda:0 failed"):
        CALLS[word](device, surface)
    device.memory.failing.clear()
    for found, wanted in zip(surface.to_numpy(), picture, strict=True):
        np.testing.assert_array_equal(found, wanted)
    CALLS[word](device, surface)


# --- A lost device ---


@pytest.mark.parametrize("first", CALLS)
def test_a_lost_device_stays_lost_and_another_opens(first: str) -> None:
    with plugged_in(FakeDriver("cuda")) as driver:
        device = as_device("cuda:0")
        assert isinstance(device, FakeDevice)
        surface = Pool(TYPE, device).acquire()
        device.memory.failing[first] = DeviceLost("it fell off the bus")
        with pytest.raises(DeviceLost, match="cuda:0 is lost: it fell off the bus; open the"):
            CALLS[first](device, surface)
        device.memory.failing.clear()  # a driver that recovers does not bring the memory back
        for use in CALLS.values():
            with pytest.raises(DeviceLost, match="it fell off the bus") as caught:
                use(device, surface)
            assert caught.value.hresult == DXGI_ERROR_DEVICE_REMOVED
        assert device.lost
        other = as_device("cuda:0")
        assert other is driver.opened[-1] is not device
        assert not other.lost
        target = dirty(GIVEN.program)
        other.build(GIVEN.program)(GIVEN.planes, target)
        assert entry(GIVEN, target) == golden()["nv12_to_rgb24"]
        device.close()
        with pytest.raises(DeviceLost, match="bus"):
            surface.to_numpy()


def test_memory_of_a_lost_device_is_given_up_and_not_freed_through_it(device: FakeDevice) -> None:
    pool = Pool(TYPE, device, poison=True)
    held = [pool.acquire(), pool.acquire()]
    held[0].use_on(5)
    built = device.build(GIVEN.program)
    device.lose()
    device.memory.log.clear()
    held.pop()
    pool.trim()
    assert pool.live_count == 1
    with pytest.raises(DeviceLost, match="bus"):
        pool.acquire()
    held.clear()
    pool.close()
    device.close()
    assert device.memory.log == []  # nothing was asked of it
    assert device.memory.ledger.use().blocks == 0
    assert pool.statistics().slots == 0
    with pytest.raises(InvalidRequest, match="closed"):
        built(GIVEN.planes, dirty(GIVEN.program))


def test_dropped_pools_of_a_device_that_fails_for_a_while_are_freed_later(
    device: FakeDevice,
) -> None:
    pool = Pool(TYPE, device)
    surface = pool.acquire()
    surface.use_on(5)
    del pool, surface
    gc.collect()
    device.memory.failing = {"fence": Fail("no"), "synchronize": Fail("no")}
    assert device.memory.ledger.use().blocks == 1
    device.memory.failing.clear()
    assert device.memory.ledger.use().blocks == 0
    assert device.memory.held == 0


def test_a_lost_device_lets_waiting_threads_go(device: FakeDevice) -> None:
    pool = Pool(TYPE, device, maximum=1)
    surface = pool.acquire()
    device.lose()
    del surface
    with pytest.raises(DeviceLost, match="bus"):
        pool.acquire(timeout=60)


# --- Tensors ---


Y, UV = frames.noise(TYPE, 3)
ODD: dict[str, tuple[list[Any], type[MFError], str]] = {
    "devices": ([FakeTensor(Y), FakeTensor(UV, (2, 1))], InvalidArg, "CUDA 0 and CUDA 1"),
    "host too": ([FakeTensor(Y), UV], InvalidArg, "CUDA 0 and the CPU"),
    "not here": ([FakeTensor(Y, (2, 9)), FakeTensor(UV, (2, 9))], DeviceUnavailable, "cuda:9"),
    "kind": ([FakeTensor(Y, (8, 0)), FakeTensor(UV, (8, 0))], InvalidArg, "Metal 0"),
    "dtype": ([FakeTensor(Y), FakeTensor(UV.astype("u2"))], InvalidArg, "plane 1 is uint16"),
    "shape": ([FakeTensor(Y[1:]), FakeTensor(UV)], InvalidArg, r"plane 0 is uint8 \(5, 34"),
    "count": ([FakeTensor(Y)], InvalidArg, "1 planes given, nv12 has 2"),
    "stream": ([FakeTensor(Y, streams=()), FakeTensor(UV)], InvalidArg, "stream 77 is not"),
}


@pytest.mark.parametrize("name", ODD)
def test_tensors_that_do_not_fit(name: str) -> None:
    tensors, error, words = ODD[name]
    with plugged_in(FakeDriver("cuda")), pytest.raises(error, match=words):
        Surface.from_dlpack(tensors, TYPE)


def test_tensors_are_asked_for_the_stream_that_is_meant() -> None:
    with plugged_in(FakeDriver("cuda")):
        tensors = [FakeTensor(plane) for plane in frames.noise(TYPE, 3)]
        for stream in (None, 1, 0x70, -1):
            Surface.from_dlpack(tensors, TYPE, stream=stream)
        assert tensors[0].asked == tensors[1].asked == [77, 1, 0x70, -1]
        for wrong in (0, -2, "main"):
            with pytest.raises(InvalidArg, match="stream is"):
                Surface.from_dlpack(tensors, TYPE, stream=wrong)
        surface = Surface.from_dlpack(tensors, TYPE)
        for found, tensor in zip(surface.to_numpy(), tensors, strict=True):
            np.testing.assert_array_equal(found, tensor.array)
    with pytest.raises(InvalidArg, match="stream is 1: memory of the cpu has none"):
        Pool(TYPE, HOST).acquire().planes[0].__dlpack__(stream=1)


# --- After a fork, at the end ---

CHILD = """
import os, sys
import gpumft as gm
from gpumft.errors import InvalidRequest
from gpumft.testing import frames
from gpumft.testing.fake_driver import FakeDriver, plugged_in
nv12, rgb = gm.VideoType("nv12", (34, 6)), gm.VideoType("rgb24", (34, 6))
spec = sys.argv[1]
with plugged_in(FakeDriver("cuda")):
    convert = gm.Converter(nv12, rgb, device=spec)
    processor = gm.VideoProcessor(device=spec)
    processor.set_input_type(nv12)
    processor.set_output_type(rgb)
    planes = frames.noise(nv12, 1)
    wanted = convert(planes)
    def use():
        processor.push(gm.Sample.from_numpy(planes, nv12))
        return processor.pull()
"""
FORK = (
    CHILD
    + """
    pid = os.fork()
    if pid == 0:
        done = 0
        for work in (lambda: convert(planes), use, lambda: gm.convert(
                planes, nv12, rgb, device=spec), convert.device.synchronize):
            try:
                work()
            except InvalidRequest as error:
                done += "this is its child" in str(error) and "spawn" in str(error)
        convert.device.close()
        os._exit(done)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), (convert(planes)[0] == wanted[0]).all())
"""
)
END = (
    CHILD
    + """
    class Last:
        def __init__(self):
            self.work, self.planes, self.error, self.say = convert, planes, InvalidRequest, print

        def __del__(self):
            try:
                self.say(len(self.work(self.planes)))
            except self.error as error:
                self.say(error)

    sys.modules["last"] = Last()
    sys.modules["held"] = use()
"""
)


SPECS = [pytest.param("cuda:0", id="fake"), backends.param("opencl")]


@pytest.mark.parametrize("spec", SPECS)
def test_a_child_is_refused_by_everything(spec: str) -> None:
    assert in_child({}, FORK, spec) == "4 True"


@pytest.mark.parametrize("spec", SPECS)
def test_at_the_end_of_the_interpreter_everything_is_refused(spec: str) -> None:
    said = in_child({}, END, spec)
    assert said.startswith(spec)
    assert said.endswith(" cannot be used while the interpreter ends")


# --- A read-only home ---

NO_HOME = """
import gpumft as gm
gray = gm.VideoType("gray", (16, 4))
(made,) = gm.convert(gm.testing.frames.noise(gray, 1), gray, {"format": "gray16le"}, device="cpu")
print(made.shape)
"""


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    home = str(tmp_path / "file" / "home")  # no folder can be made there
    places = {"HOME": home, "XDG_CACHE_HOME": home, "GPUMFT_LOG": "warning"}
    assert in_child(places, NO_HOME) == "(4, 16)"
