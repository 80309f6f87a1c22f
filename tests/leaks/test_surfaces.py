"""Whatever is made and dropped, in whatever way, the counts go back to where they were."""

from __future__ import annotations

import gc
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gpumft.device import Pool, Surface
from gpumft.device.cpu.memory import HOST
from gpumft.device.lease import Lease, Slab, Slot
from gpumft.device.slots import SlotStore
from gpumft.device.surface_plane import Plane
from gpumft.errors import InvalidArg, OutOfMemory, SampleAllocatorEmpty
from gpumft.media import VideoType
from gpumft.samples import Buffer2D, PlanesBuffer, Sample
from gpumft.testing import frames
from gpumft.testing.fake_device import FakeDevice

TYPE = VideoType("nv12", (34, 6))
KINDS = (Pool, Surface, Plane, Lease, Slab, Slot, SlotStore)


def alive() -> dict[str, int]:
    HOST.ledger.use()
    gc.collect()
    HOST.ledger.use()
    found = Counter(map(type, gc.get_objects()))
    return {kind.__name__: found[kind] for kind in KINDS}


@pytest.fixture(autouse=True)
def _nothing_stays() -> Any:
    gc.collect()
    gc.freeze()  # what other tests have left is not looked at: it takes long, and more is not made
    try:
        before, use = alive(), HOST.ledger.use()
        yield
        assert alive() == before
        now = HOST.ledger.use()
        assert (now.blocks, now.allocated) == (use.blocks, use.allocated)
    finally:
        gc.unfreeze()


def test_1e5_surfaces_use_one_slot() -> None:
    pool = Pool(TYPE, HOST)
    for _ in range(100_000):
        pool.acquire().release()
    found = pool.statistics()
    assert (found.slots, found.live, found.most_live) == (1, 0, 1)
    assert found.acquired == 100_000


def test_1e4_surfaces_of_changing_sizes_stay_under_the_bound() -> None:
    device = FakeDevice(capacity=64 * 1024)
    pool = Pool(TYPE, device, maximum=2)
    for step in range(10_000):
        if step % 10 == 0:
            pool = Pool(VideoType("nv12", (2 + step % 97, 2 + step % 89)), device, maximum=2)
        held = [pool.acquire(0), pool.acquire(0)]
        del held
        if step % 50 == 0:
            device.memory.run()
    del pool
    assert device.memory.ledger.use().allocated == device.memory.held == 0


def use_planes(surface: Surface) -> Any:
    return [np.asarray(plane) for plane in surface.planes]


MAKES: dict[str, Callable[[], Any]] = {
    "pool": lambda: Pool(TYPE, HOST),
    "filled pool": lambda: Pool(TYPE, HOST).fill(3),
    "surface": lambda: Pool(TYPE, HOST).acquire(),
    "planes": lambda: Pool(TYPE, HOST).acquire().planes,
    "arrays": lambda: use_planes(Pool(TYPE, HOST).acquire()),
    "views of arrays": lambda: [a[1:, ::2] for a in use_planes(Pool(TYPE, HOST).acquire())],
    "capsules": lambda: [p.__dlpack__() for p in Pool(TYPE, HOST).acquire().planes],
    "tensors": lambda: [np.from_dlpack(p) for p in Pool(TYPE, HOST).acquire().planes],
    "adopted": lambda: Surface.from_dlpack(frames.noise(TYPE, 1), TYPE),
    "adopted of ours": lambda: Surface.from_dlpack(Pool(TYPE, HOST).acquire().planes, TYPE),
    "over arrays": lambda: Surface.over(frames.noise(TYPE, 1), TYPE),
    "sample": lambda: Sample.from_surface(Pool(TYPE, HOST).acquire()),
    "sample of tensors": lambda: Sample.from_dlpack(frames.noise(TYPE, 1), TYPE),
    "surface of a sample": lambda: Sample.from_numpy(frames.noise(TYPE, 1), TYPE).surface,
    "planes buffer": lambda: PlanesBuffer.over(Pool(TYPE, HOST).acquire()).lock(),
    "2D buffer": lambda: Buffer2D("nv12", (34, 6)).surface,
    "2D buffer over a surface": lambda: Buffer2D.over(Pool(TYPE, HOST).acquire()).lock2d(),
    "2D buffer on a device": lambda: Buffer2D("nv12", (34, 6), device=FakeDevice()).lock2d(),
    "poisoned": lambda: Pool(TYPE, HOST, poison=True).acquire(),
    "fake device": lambda: Pool(TYPE, FakeDevice()).acquire().to_numpy(),
}


@pytest.mark.parametrize("name", MAKES)
def test_every_object_is_made_and_dropped(name: str) -> None:
    for _ in range(20):
        MAKES[name]()


@pytest.mark.parametrize("name", MAKES)
def test_every_object_in_a_cycle(name: str) -> None:
    for _ in range(3):
        knot: list[Any] = [MAKES[name]()]
        knot.append(knot)


def test_exceptions_in_the_middle() -> None:
    pool = Pool(TYPE, HOST, maximum=2, poison=True)
    for step in range(200):
        try:
            with pool.acquire(0) as surface:
                kept = np.asarray(surface.planes[0])
                if step % 2:
                    surface.upload([kept])
                pool.acquire(0).upload(frames.noise(TYPE, 1)[:1])
        except InvalidArg:
            del kept
        assert pool.live_count == 0
    device = FakeDevice(capacity=1000)
    for _ in range(50):
        first = Pool(TYPE, device).acquire()
        with pytest.raises(OutOfMemory):
            Pool(TYPE, device).acquire()
        del first
    assert device.memory.ledger.use().blocks == 0


def test_threads_that_fight_for_slots() -> None:
    pool = Pool(TYPE, HOST, maximum=3, poison=True)
    errors: list[BaseException] = []
    refused: list[int] = []

    def work(number: int) -> None:
        try:
            for step in range(300):
                try:
                    with pool.acquire(60 if step % 2 else 0) as surface:
                        array = np.asarray(surface.planes[step % 2])
                        array[...] = number
                        assert (array == number).all()
                        del array  # or its slot would be out while we wait for another
                except SampleAllocatorEmpty:
                    refused.append(number)
                if step % 50 == 0:
                    pool.trim()
                if step % 7 == 0:
                    assert pool.live_count <= 3
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    found = pool.statistics()
    assert found.live == 0
    assert found.most_live <= 3
    assert found.acquired + len(refused) == 6 * 300


def test_surfaces_that_end_in_other_threads_come_back() -> None:
    pool = Pool(TYPE, HOST, maximum=4)
    handed: list[Surface] = []

    def drop() -> None:
        for _ in range(500):
            while not handed:
                pass
            handed.pop()

    thread = threading.Thread(target=drop)
    thread.start()
    handed.extend(pool.acquire(60) for _ in range(500))
    thread.join()
    assert (pool.live_count, pool.statistics().slots) == (0, 4)
