"""Samples over pooled surfaces: memory comes back only when nobody looks into it any more."""

import gc
import threading
from contextlib import suppress

import numpy as np
import pytest

from gpumft.device import Plane, Pool
from gpumft.device.cpu.memory import HOST
from gpumft.errors import InvalidArg, InvalidMediaType, SampleAllocatorEmpty
from gpumft.media import VideoType
from gpumft.samples import MediaBuffer, PlanesBuffer, Sample
from gpumft.testing import frames
from gpumft.testing.fake_device import FakeDevice

TYPE = VideoType("nv12", (33, 5))


def _address(buffer: object) -> int:
    return int(buffer.planes[0].ctypes.data)  # type: ignore[attr-defined]


def test_a_dropped_picture_is_used_again() -> None:
    pool = Pool(TYPE, HOST)
    first = PlanesBuffer.over(pool.acquire())
    address = _address(first)
    del first
    assert pool.free_count == 1
    assert _address(PlanesBuffer.over(pool.acquire())) == address
    assert pool.statistics().slots == 1


def test_a_view_keeps_its_memory_from_being_used_again() -> None:
    pool = Pool(TYPE, HOST)
    sample = Sample.from_surface(pool.acquire())
    view = sample.planes[1][1:, ::2]
    view[...] = 77
    sample.release()
    del sample
    assert pool.free_count == 0
    other = pool.acquire()
    np.asarray(other.planes[1])[...] = 0
    assert (view == 77).all()
    del view
    assert pool.free_count == 1


def test_a_full_pool_says_so_and_recovers() -> None:
    pool = Pool(TYPE, HOST, maximum=2)
    kept = [pool.acquire(), pool.acquire()]
    with pytest.raises(SampleAllocatorEmpty, match="all 2"):
        pool.acquire(0)
    kept.pop()
    assert pool.acquire() is not None


def test_many_threads_leave_every_picture_behind() -> None:
    pool = Pool(TYPE, HOST, maximum=8)

    def work() -> None:
        for _ in range(500):
            picture = pool.acquire()
            np.asarray(picture.planes[0])[0, 0] = 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert pool.free_count == pool.statistics().slots <= 8


def test_threads_that_fill_and_trim_stay_within_the_maximum() -> None:
    pool = Pool(TYPE, HOST, maximum=3)
    most = []

    def work() -> None:
        for _ in range(300):
            pool.fill(3)
            most.append(pool.statistics().slots)
            with suppress(SampleAllocatorEmpty):
                pool.acquire(0)
            pool.trim()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    pool.trim()
    assert max(most) <= 3
    assert (pool.live_count, pool.statistics().slots) == (0, 0)


def test_fill_and_trim_count_what_waits() -> None:
    pool = Pool(TYPE, HOST)
    pool.fill(3)
    assert (pool.free_count, pool.statistics().slots) == (3, 3)
    held = pool.acquire()
    pool.trim()
    assert (pool.free_count, pool.live_count) == (0, 1)
    del held
    assert (pool.free_count, pool.statistics().slots) == (0, 0)


def test_rows_are_aligned() -> None:
    for plane in PlanesBuffer.over(Pool(TYPE, HOST).acquire()).planes:
        assert plane.ctypes.data % 64 == 0
        assert plane.strides[0] % 64 == 0
        assert plane.dtype == np.uint8


DEVICE_TYPE = VideoType("nv12", (34, 6))


def test_a_sample_goes_to_a_device_and_comes_back() -> None:
    device = FakeDevice()
    planes = frames.noise(DEVICE_TYPE, 1)
    sample = Sample.from_numpy(planes, DEVICE_TYPE, device=device, time=5, duration=2)
    assert (sample.time, sample.duration, sample.type) == (5, 2, DEVICE_TYPE)
    assert sample.surface.device is device
    assert all(isinstance(plane, Plane) for plane in sample.planes)
    for found, wanted in zip(sample.to_numpy(), planes, strict=True):
        np.testing.assert_array_equal(found, wanted)
    target = MediaBuffer(sample.total_length)
    sample.copy_to_buffer(target)
    assert bytes(target.lock()) == b"".join(plane.tobytes() for plane in planes)


def test_linear_access_writes_back_to_a_device() -> None:
    sample = Sample.from_surface(Pool(DEVICE_TYPE, FakeDevice()).acquire())
    buffer = sample.buffer_by_index(0)
    buffer.lock()[:] = bytes(range(256)) + bytes(50)
    buffer.unlock()
    assert sample.to_numpy()[0].reshape(-1).tolist() == list(range(204))


def test_a_sample_lies_over_tensors() -> None:
    planes = frames.noise(DEVICE_TYPE, 2)
    sample = Sample.from_dlpack(planes, DEVICE_TYPE, time=7)
    assert sample.time == 7
    assert np.shares_memory(sample.planes[1], planes[1])
    with pytest.raises(InvalidArg, match="1 planes given"):
        Sample.from_dlpack(planes[:1], DEVICE_TYPE)


def test_the_surface_of_numpy_planes_is_their_memory() -> None:
    planes = frames.noise(DEVICE_TYPE, 2)
    sample = Sample.from_numpy(planes, DEVICE_TYPE)
    assert np.shares_memory(np.asarray(sample.surface.planes[0]), planes[0])
    assert sample.surface is sample.surface
    wide = [np.repeat(plane, 2, axis=1)[:, ::2] for plane in planes]
    with pytest.raises(InvalidArg, match="ascontiguousarray"):
        _ = Sample.from_numpy(wide, DEVICE_TYPE).surface
    with pytest.raises(InvalidMediaType, match="holds no picture"):
        _ = Sample().surface


def test_a_tensor_of_a_device_comes_through_the_host() -> None:
    type = VideoType("bgr0", (3, 2))
    sample = Sample.from_numpy(frames.noise(type, 1), type, device=FakeDevice())
    assert sample.as_tensor().shape == (3, 2, 3)


def test_planes_without_their_surface_must_be_where_numpy_looks() -> None:
    class Tensor:
        shape = (6, 34)
        dtype = np.dtype(np.uint8)

    planes = frames.noise(DEVICE_TYPE, 2)
    there = Sample.from_numpy(planes, DEVICE_TYPE, device=FakeDevice())
    with pytest.raises(InvalidArg, match=r"surface\.to_numpy"):
        Sample.from_numpy(there.planes, DEVICE_TYPE)
    with pytest.raises(InvalidArg, match=r"Tensor.*from_dlpack"):
        there.surface.upload([Tensor(), planes[1]])  # type: ignore[list-item]
    near = Sample.from_numpy(planes, DEVICE_TYPE).surface
    again = Sample.from_numpy(near.planes, DEVICE_TYPE)  # type: ignore[arg-type]
    assert np.shares_memory(again.planes[0], planes[0])
