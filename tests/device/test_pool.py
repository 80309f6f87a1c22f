"""Pool: slots come back when nobody looks into them any more, last in, first out."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from gpumft.device import Pool, Surface
from gpumft.device.cpu.memory import HOST
from gpumft.errors import (
    InvalidArg,
    InvalidRequest,
    OutOfMemory,
    SampleAllocatorEmpty,
    Unexpected,
)
from gpumft.media import VideoType
from gpumft.testing.fake_device import FakeDevice
from tests.contract import backends

TYPE = VideoType("nv12", (34, 6))
SLOT = 768  # 9 rows of 64 bytes, and to the next 256


@pytest.fixture(params=["fake", *backends.params("cpu", "opencl", "oclgrind", "cuda")])
def memory(request: pytest.FixtureRequest) -> Any:
    return FakeDevice().memory if request.param == "fake" else backends.device(request.param).memory


def place(surface: Surface) -> tuple[int, int]:
    raw = surface.raw_planes()[0]
    return id(raw.memory), raw.offset


def counts(pool: Pool) -> tuple[int, int]:
    return pool.free_count, pool.live_count


def test_the_surface_that_came_back_last_is_lent_first(memory: Any) -> None:
    pool = Pool(TYPE, memory)
    first, second, third = (pool.acquire() for _ in range(3))
    places = [place(second), place(first)]
    second.release()
    first.release()
    again = [pool.acquire(), pool.acquire()]
    assert [place(surface) for surface in again] == places[::-1]
    third.release()
    assert pool.live_count == 2


def test_release_twice_gives_back_once(memory: Any) -> None:
    pool = Pool(TYPE, memory)
    surface = pool.acquire()
    surface.release()
    surface.release()
    assert counts(pool) == (1, 0)
    assert surface.released


def test_leaving_with_releases(memory: Any) -> None:
    pool = Pool(TYPE, memory)
    surface = pool.acquire()
    with pytest.raises(ZeroDivisionError), surface:
        _ = 1 // pool.free_count
    assert surface.released
    assert counts(pool) == (1, 0)


def test_slots_do_not_overlap_and_lie_in_few_slabs(memory: Any) -> None:
    pool = Pool(TYPE, memory)
    taken = [pool.acquire() for _ in range(20)]
    spans: dict[int, list[tuple[int, int]]] = {}
    for surface in taken:
        for raw in surface.raw_planes():
            spans.setdefault(id(raw.memory), []).append(raw.extent)
            assert raw.offset % 64 == 0
    for found in spans.values():
        found.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(found))
    assert pool.statistics().slabs == len(spans) <= 6
    assert pool.statistics().allocated == pool.statistics().slots * SLOT


def test_a_bounded_pool_never_holds_more(memory: Any) -> None:
    before = memory.ledger.use().allocated
    pool = Pool(TYPE, memory, maximum=5)
    for _ in range(4):
        taken = [pool.acquire(0) for _ in range(5)]
        with pytest.raises(SampleAllocatorEmpty, match=r"all 5 .*nv12 34x6"):
            pool.acquire(0)
        assert memory.ledger.use().allocated - before == 5 * SLOT
        pool.trim()
        taken.pop()
        taken.append(pool.acquire(0))
        assert memory.ledger.use().allocated - before == 5 * SLOT
        del taken
        pool.trim()
        assert memory.ledger.use().allocated == before


def test_acquire_waits_for_a_slot(memory: Any) -> None:
    pool = Pool(TYPE, memory, maximum=1)
    held = [pool.acquire()]
    got: list[Surface] = []
    thread = threading.Thread(target=lambda: got.append(pool.acquire(60)))
    thread.start()
    while not pool._store._waiting:
        pass
    pool.statistics()  # whoever looks takes the slot home: the waiting one must hear of it
    held.clear()
    pool.statistics()
    thread.join()
    assert len(got) == 1
    assert pool.statistics().waited >= 1


def test_acquire_gives_up_after_its_timeout(memory: Any) -> None:
    pool = Pool(TYPE, memory, maximum=1)
    held = pool.acquire()
    with pytest.raises(SampleAllocatorEmpty):
        pool.acquire(0.01)
    held.release()
    assert pool.acquire(0.01) is not None


def test_closing_wakes_those_who_wait(memory: Any) -> None:
    pool = Pool(TYPE, memory, maximum=1)
    held = pool.acquire()
    errors: list[Exception] = []

    def wait() -> None:
        try:
            pool.acquire()
        except InvalidRequest as error:
            errors.append(error)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    while pool._store._waiting < 3:
        pass
    pool.close()
    for thread in threads:
        thread.join()
    assert len(errors) == 3
    held.release()


def test_a_trimmed_pool_frees_what_comes_back(memory: Any) -> None:
    before = memory.ledger.use()
    pool = Pool(TYPE, memory)
    pool.fill(3)
    assert counts(pool) == (3, 0)
    held = pool.acquire()
    pool.trim()
    assert counts(pool) == (0, 1)
    held.release()
    assert counts(pool) == (0, 0)
    assert pool.statistics().slots == 0
    assert memory.ledger.use() == before
    assert pool.acquire() is not None


def test_a_closed_pool_lends_nothing_and_frees_what_comes_back(memory: Any) -> None:
    before = memory.ledger.use()
    with Pool(TYPE, memory) as pool:
        held = pool.acquire()
        held.upload([np.full(s, 3, np.uint8) for s in TYPE.plane_shapes])
    with pytest.raises(InvalidRequest, match="closed"):
        pool.acquire()
    assert (held.to_numpy()[0] == 3).all()
    held.release()
    assert memory.ledger.use().allocated == before.allocated
    pool.close()


def test_a_surface_outlives_its_pool(memory: Any) -> None:
    before = memory.ledger.use().allocated
    pool = Pool(TYPE, memory)
    surface = pool.acquire()
    del pool
    surface.upload([np.full(s, 9, np.uint8) for s in TYPE.plane_shapes])
    assert (surface.to_numpy()[1] == 9).all()
    assert memory.ledger.use().allocated > before
    del surface
    gc.collect()
    assert memory.ledger.use().allocated == before


def test_a_maximum_below_one_is_refused() -> None:
    with pytest.raises(InvalidArg, match="maximum is 0"):
        Pool(TYPE, HOST, maximum=0)


def test_out_of_memory_tells_the_numbers_and_leaves_the_pool_usable() -> None:
    device = FakeDevice(capacity=2 * SLOT)
    pool = Pool(TYPE, device)
    held = [pool.acquire(), pool.acquire()]
    with pytest.raises(
        OutOfMemory, match=rf"no {SLOT} bytes .* 0 of its {2 * SLOT} bytes are free; .*2 in use"
    ):
        pool.acquire()
    held.pop()
    assert pool.acquire() is not None
    with pytest.raises(MemoryError):
        Pool(VideoType("nv12", (400, 400)), device).acquire()


def test_a_slab_that_does_not_fit_becomes_a_smaller_one() -> None:
    device = FakeDevice(capacity=5 * SLOT)
    pool = Pool(TYPE, device)
    held = [pool.acquire() for _ in range(5)]  # the fourth would like a slab of two or more
    assert len(held) == 5


def test_memory_of_a_dropped_pool_is_there_for_the_next() -> None:
    device = FakeDevice(capacity=2 * SLOT)
    held = [Pool(TYPE, device).acquire() for _ in range(2)]
    held.clear()
    assert Pool(TYPE, device).acquire() is not None


def test_poison_shows_in_what_is_lent(memory: Any) -> None:
    pool = Pool(TYPE, memory, poison=True)
    for _ in range(2):
        with pool.acquire() as surface:
            assert (surface.to_numpy()[0] == 0xA5).all()
            surface.upload([np.zeros(s, np.uint8) for s in TYPE.plane_shapes])


def test_poison_finds_a_write_after_return(memory: Any) -> None:
    pool = Pool(TYPE, memory, poison=True, maximum=1)
    surface = pool.acquire()
    raw = surface.planes[1].raw().owned(None)  # an address that outlives its array
    surface.release()
    pool.statistics()  # it is home and poisoned
    memory.upload(np.full((3, 17, 2), 1, np.uint8), raw)
    with pytest.raises(Unexpected, match=r"nv12 34x6 was written after .*row 0 of plane 1"):
        pool.acquire()
    assert pool.acquire(0) is not None  # said once


def test_poison_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUMFT_DEBUG", "other,poison")
    assert (Pool(TYPE, HOST).acquire().to_numpy()[0] == 0xA5).all()
    monkeypatch.setenv("GPUMFT_DEBUG", "poisonous")
    assert not Pool(TYPE, HOST).acquire().to_numpy()[0].any()


@pytest.fixture
def spent() -> Iterator[FakeDevice]:
    device = FakeDevice()
    yield device
    device.close()


def test_a_device_that_fails_loses_no_slot(spent: FakeDevice) -> None:
    pool = Pool(TYPE, spent, maximum=1)
    surface = pool.acquire()
    surface.use_on(5)
    surface.release()
    broken = InvalidRequest("fake device lost")
    spent.memory.failing = {"fence": broken, "synchronize": broken}
    with pytest.raises(InvalidRequest, match="lost"):
        pool.acquire()
    spent.memory.failing = {}
    assert pool.acquire(0) is not None


def test_statistics_count(memory: Any) -> None:
    pool = Pool(TYPE, memory)
    held = [pool.acquire() for _ in range(3)]
    held.clear()
    pool.acquire().release()
    found = pool.statistics()
    assert (found.slots, found.free, found.live, found.most_live) == (4, 4, 0, 3)
    assert (found.acquired, found.waited, found.fences) == (4, 0, 0)


def test_a_pool_ends_in_peace_after_its_device() -> None:
    device = FakeDevice()
    pool = Pool(TYPE, device, poison=True)
    held = [pool.acquire(), pool.acquire()]
    held[0].use_on(5)
    device.close()
    held.pop()
    with pytest.raises(InvalidRequest, match="device cuda:0 is closed"):
        pool.acquire()
    assert pool.live_count == 1
    pool.trim()
    pool.close()
    held.clear()
    assert (pool.live_count, pool.statistics().slots) == (0, 0)
    assert device.memory.ledger.use().blocks == 0


def test_fill_stays_within_the_maximum() -> None:
    pool = Pool(TYPE, HOST, maximum=2)
    held = pool.acquire()
    pool.fill(5)
    assert (pool.statistics().slots, pool.free_count) == (2, 1)
    del held
    assert pool.free_count == 2
