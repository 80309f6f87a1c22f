"""A Converter on a device that fails: the source stays, nothing is half written, it can go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from gpumft.device import Pool
from gpumft.errors import DeviceLost, Fail, InvalidRequest, KernelBuildError, OutOfMemory
from gpumft.media import VideoType
from gpumft.ops import Converter, convert
from gpumft.testing import frames
from gpumft.testing.fake_device import FakeDevice
from gpumft.testing.fake_driver import FakeDriver, plugged_in

SOURCE = VideoType("nv12", (34, 6))
TARGET = VideoType("rgb24", (20, 8))
PLANES = frames.noise(SOURCE, 1)
WANTED = Converter(SOURCE, TARGET, device="cpu")(PLANES)


def same(found: Any, wanted: list[npt.NDArray[Any]] = WANTED) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def device() -> FakeDevice:
    return FakeDevice()


def test_its_bytes_are_everybodys(device: FakeDevice) -> None:
    made = Converter(SOURCE, TARGET, device=device)
    same(made(PLANES))
    surface = Pool(SOURCE, device).acquire()
    surface.upload(PLANES)
    same(made(surface).to_numpy())


@pytest.mark.parametrize("word", ["upload", "launch", "download"])
def test_arrays(device: FakeDevice, word: str) -> None:
    made = Converter(SOURCE, TARGET, device=device)
    out = [np.full((8, 20, 3), 9, np.uint8)]
    source = [plane.copy() for plane in PLANES]
    device.memory.failing[word] = Fail("not now")
    for _ in range(2):
        with pytest.raises(Fail, match="not now"):
            made(source, out)
        assert (out[0] == 9).all()
        same(source, PLANES)
    device.memory.failing.clear()
    same(made(source, out))


def test_a_surface_for_which_there_is_no_room() -> None:
    device = FakeDevice(capacity=2000)
    made = Converter(SOURCE, TARGET, device=device)
    surface = Pool(SOURCE, device).acquire()
    surface.upload(PLANES)
    held = Pool(SOURCE, device).acquire()
    for _ in range(2):
        with pytest.raises(
            OutOfMemory, match=r"no 512 bytes .* rgb24 20x8; 464 of its 2000 .* 1536"
        ):
            made(surface)
    same(surface.to_numpy(), PLANES)
    del held
    same(made(surface).to_numpy())


def test_a_copy_for_which_there_is_no_room_when_converting_in_place() -> None:
    kind = VideoType("rgb24", (20, 8))
    device = FakeDevice(capacity=900)
    flipped = Converter(kind, kind, device=device, flip="v")
    surface = Pool(kind, device).acquire()
    surface.upload(WANTED)
    with pytest.raises(OutOfMemory, match=r"cuda:0 has no 480 bytes for a picture; 388 of its 900"):
        flipped(surface, surface)
    same(surface.to_numpy())
    device.memory.capacity = 2000
    same(flipped(surface, surface).to_numpy(), [WANTED[0][::-1]])


def test_a_kernel_that_does_not_build(device: FakeDevice) -> None:
    device.refuse_kernels()
    makes: list[Callable[[], Any]] = [
        lambda: Converter(SOURCE, TARGET, device=device),
        lambda: convert(PLANES, SOURCE, TARGET, device=device),
    ]
    for make in makes * 2:
        with pytest.raises(KernelBuildError, match="no such type"):
            make()
    device.memory.failing.clear()
    same(convert(PLANES, SOURCE, TARGET, device=device))


@pytest.mark.parametrize("word", ["upload", "launch", "download"])
def test_a_lost_device_and_the_next_one(word: str) -> None:
    with plugged_in(FakeDriver()) as driver:
        same(convert(PLANES, SOURCE, TARGET, device="cuda:0"))
        first = driver.opened[0]
        made = Converter(SOURCE, TARGET, device=first)
        surface = Pool(SOURCE, first).acquire()
        first.memory.failing[word] = DeviceLost("it was taken out")
        calls: list[Callable[[], Any]] = [
            lambda: made(PLANES),
            lambda: made(surface),
            lambda: made.batch([PLANES, PLANES]),
            lambda: Converter(SOURCE, TARGET, device=first),
            lambda: surface.copy_to(Pool(SOURCE, "cpu").acquire()),
        ]
        for call in calls:
            with pytest.raises(DeviceLost, match="it was taken out"):
                call()
        same(convert(PLANES, SOURCE, TARGET, device="cuda:0"))
        assert len(driver.opened) == 2


def test_released_surfaces_are_refused(device: FakeDevice) -> None:
    made = Converter(SOURCE, TARGET, device=device)
    for ended in (0, 1):
        given = Pool(SOURCE, device).acquire(), Pool(TARGET, device).acquire()
        given[ended].release()
        with pytest.raises(InvalidRequest, match="released"):
            made(*given)
