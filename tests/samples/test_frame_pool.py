"""FramePool: memory comes back only when nobody looks into it any more."""

import gc
import threading

import numpy as np
import pytest

from gpumft.errors import SampleAllocatorEmpty
from gpumft.media import VideoType
from gpumft.samples import FramePool, Sample

TYPE = VideoType("nv12", (33, 5))


def _address(buffer: object) -> int:
    return int(buffer.planes[0].ctypes.data)  # type: ignore[attr-defined]


def test_a_dropped_picture_is_used_again() -> None:
    pool = FramePool(TYPE)
    first = pool.acquire()
    address = _address(first)
    del first
    assert pool.free_count == 1
    assert _address(pool.acquire()) == address
    assert pool.made == 1


def test_a_view_keeps_its_memory_from_being_used_again() -> None:
    pool = FramePool(TYPE)
    sample = Sample(pool.acquire())
    view = sample.planes[1][1:, ::2]
    view[...] = 77
    sample.release()
    del sample
    assert pool.free_count == 0
    other = pool.acquire()
    other.planes[1][...] = 0
    assert (view == 77).all()
    del view
    assert pool.free_count == 1


def test_a_full_pool_says_so_and_recovers() -> None:
    pool = FramePool(TYPE, maximum=2)
    kept = [pool.acquire(), pool.acquire()]
    with pytest.raises(SampleAllocatorEmpty, match="all 2"):
        pool.acquire()
    kept.pop()
    assert pool.acquire() is not None


def test_many_threads_leave_every_picture_behind() -> None:
    pool = FramePool(TYPE, maximum=8)

    def work() -> None:
        for _ in range(500):
            picture = pool.acquire()
            picture.planes[0][0, 0] = 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert pool.free_count == pool.made <= 8


def test_fill_and_trim_count_what_waits() -> None:
    pool = FramePool(TYPE)
    pool.fill(3)
    assert (pool.free_count, pool.made) == (3, 3)
    held = pool.acquire()
    pool.trim()
    assert (pool.free_count, pool.made) == (0, 1)
    del held
    assert pool.free_count == 1


def test_rows_are_aligned() -> None:
    for plane in FramePool(TYPE).acquire().planes:
        assert plane.ctypes.data % 64 == 0
        assert plane.strides[0] % 64 == 0
        assert plane.dtype == np.uint8


def test_fill_stays_within_the_maximum() -> None:
    pool = FramePool(TYPE, maximum=2)
    held = pool.acquire()
    pool.fill(5)
    assert (pool.made, pool.free_count) == (2, 1)
    del held
    assert pool.free_count == 2
