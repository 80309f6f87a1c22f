"""Samples over pooled surfaces: memory comes back only when nobody looks into it any more."""

import gc
import threading

import numpy as np
import pytest

from gpumft.errors import SampleAllocatorEmpty
from gpumft.media import VideoType
from gpumft.device import Pool
from gpumft.device.cpu.memory import HOST
from gpumft.samples import PlanesBuffer, Sample

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
