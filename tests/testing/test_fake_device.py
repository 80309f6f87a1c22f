"""The fakes that other tests lean on do what they say."""

from __future__ import annotations

import pytest

from gpumft.device import Pool, as_device, devices
from gpumft.errors import DeviceLost, Fail
from gpumft.media import VideoType
from gpumft.testing import frames
from gpumft.testing.fake_device import OWN, FakeDevice
from gpumft.testing.fake_driver import FakeDriver, plugged_in
from tests.contract.programs import NAMES, case
from tests.contract.test_golden import dirty, entry, golden

TYPE = VideoType("nv12", (34, 6))


@pytest.mark.parametrize("name", NAMES[::9])
def test_it_has_the_bytes_of_every_device(name: str) -> None:
    given, target = case(name), dirty(case(name).program)
    FakeDevice().build(given.program)(given.planes, target)
    assert entry(given, target) == golden()[name]


def test_it_runs_as_late_as_it_may() -> None:
    device = FakeDevice()
    surface = Pool(TYPE, device).acquire()
    surface.upload(frames.noise(TYPE, 1))
    assert device.memory.pending(OWN) == 2  # a plane each
    surface.to_numpy()
    assert device.memory.pending(OWN) == 0


def test_what_was_enqueued_dies_with_it() -> None:
    device = FakeDevice()
    ran: list[int] = []
    device.memory.launch(lambda: ran.append(1))
    device.lose()
    with pytest.raises(DeviceLost):
        device.synchronize()
    assert not ran


def test_errors_pass_and_losses_stay() -> None:
    device = FakeDevice()
    device.memory.failing["synchronize"] = Fail("once")
    with pytest.raises(Fail, match="once"):
        device.synchronize()
    device.memory.failing["synchronize"] = DeviceLost("for good")
    for _ in range(2):
        with pytest.raises(DeviceLost, match="for good"):
            device.synchronize()
        device.memory.failing.clear()
    device.close()
    with pytest.raises(DeviceLost, match="for good"):
        device.synchronize()


def test_unplugging_leaves_everything_as_it_was() -> None:
    cpu, before = as_device("cpu"), devices()
    with plugged_in(FakeDriver("opencl")), plugged_in(FakeDriver("cuda", count=3)):
        assert [info.name for info in devices()].count("fake") == 4
        assert as_device("cpu") is not cpu
    assert as_device("cpu") is cpu
    assert devices() == before
