"""Programs run on pooled surfaces of a device, one after another, without waiting in between."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from gpumft.device import Device, Pool
from gpumft.media import VideoType
from gpumft.ops import Converter
from gpumft.testing import frames
from tests.contract import backends

SOURCE = VideoType("nv12", (66, 34))
TARGET = VideoType("rgb24", (66, 34))


@pytest.fixture(params=backends.params("opencl", "oclgrind", "cuda"))
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


def test_a_stream_of_pictures_through_two_slots(device: Device) -> None:
    wanted = Converter(SOURCE, TARGET, device="cpu")
    run = device.build(wanted.plan.program)
    sources, targets = (Pool(type, device, maximum=2) for type in (SOURCE, TARGET))
    for seed in range(8):
        planes = frames.noise(SOURCE, seed)
        with sources.acquire(0) as source, targets.acquire(0) as target:
            source.upload(planes)
            run(source.raw_planes(), target.raw_planes())
            np.testing.assert_array_equal(target.to_numpy()[0], wanted(planes)[0])
    assert sources.statistics().fences == targets.statistics().fences == 0
    assert (sources.statistics().slots, targets.statistics().slots) == (1, 1)


def test_another_queue_is_waited_for(device: Device) -> None:
    pool = Pool(TARGET, device, maximum=1)
    other = backends.another_queue(device)
    with pool.acquire(0) as surface:
        surface.upload(frames.noise(TARGET, 1))
        surface.use_on(other)
    with pool.acquire(0) as surface:
        assert surface.to_numpy()[0].shape == (34, 66, 3)
    assert pool.statistics().fences == 1


def test_an_array_and_its_views_keep_the_slot(device: Device) -> None:
    pool = Pool(TARGET, device, maximum=1)
    with pool.acquire() as surface:
        surface.upload(frames.noise(TARGET, 1))
        view = surface.planes[0].array[1:]
    gc.collect()
    assert pool.live_count == 1
    del view
    gc.collect()
    assert pool.live_count == 0
