"""Slots are used again only after the work of whoever used them, on whatever queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gpumft.device import Plane, Pool, Surface
from gpumft.errors import InvalidArg
from gpumft.media import VideoType
from gpumft.testing.fake_device import OWN, FakeDevice, FakeMemory

TYPE = VideoType("gray", (40, 4))
OTHER = 7


@pytest.fixture
def memory() -> FakeMemory:
    return FakeDevice().memory


def picture(value: int) -> list[Any]:
    return [np.full((4, 40), value, np.uint8)]


def look(plane: Plane, into: list[int]) -> Callable[[], None]:
    """Return work that reads a plane by its address, as a kernel does: it keeps nothing alive."""
    memory, raw = plane._memory, plane.raw().owned(None)
    return lambda: into.append(int(memory.view(raw).max()))


def export(surface: Surface, stream: Any) -> None:
    surface.planes[0].__dlpack__(stream=stream)  # the capsule is dropped at once


WAYS = {
    "use_on": lambda surface: surface.use_on(OTHER),
    "dlpack": lambda surface: export(surface, OTHER),
    "dlpack, no stream told": lambda surface: export(surface, -1),
    "cuda array interface": lambda surface: surface.planes[0].__cuda_array_interface__,
}


def reuse(memory: FakeMemory, share: Callable[[Surface], Any]) -> int:
    """Return what another queue reads if its slot is given back, lent and written meanwhile."""
    pool = Pool(TYPE, memory, maximum=1)
    seen: list[int] = []
    with pool.acquire() as surface:
        surface.upload(picture(1))
        share(surface)
        memory.run(OWN)
        memory.launch(look(surface.planes[0], seen), OTHER)
    again = pool.acquire(0)
    again.upload(picture(2))
    memory.run(OWN)
    memory.run(OTHER)
    return seen[0]


@pytest.mark.parametrize("way", WAYS)
def test_another_queue_has_done_before_its_slot_is_written(way: str, memory: FakeMemory) -> None:
    assert reuse(memory, WAYS[way]) == 1


@pytest.mark.parametrize("way", WAYS)
def test_without_waiting_it_would_see_the_next_picture(
    way: str, memory: FakeMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("wait", "synchronize"):
        monkeypatch.setattr(memory, name, lambda *_: None)
    assert reuse(memory, WAYS[way]) == 2


def test_on_one_queue_nothing_waits(memory: FakeMemory) -> None:
    assert reuse(memory, lambda _: None) == 2  # the control: OTHER was never told of
    pool = Pool(TYPE, memory, maximum=1)
    seen: list[int] = []
    for value in (3, 4):
        with pool.acquire(0) as surface:
            surface.upload(picture(value))
            memory.launch(look(surface.planes[0], seen))
    memory.log.clear()
    memory.run()
    assert seen == [3, 4]
    assert pool.statistics().fences == 0
    assert not {"fence", "wait", "synchronize"} & set(memory.log)


@pytest.mark.parametrize("stream", [None, 1, 2, OTHER])
def test_a_consumer_begins_after_our_work(stream: int | None, memory: FakeMemory) -> None:
    surface = Pool(TYPE, memory).acquire()
    surface.upload(picture(5))
    seen: list[int] = []
    plane = surface.planes[0]
    capsule = plane.__dlpack__(stream=stream)
    queue = 1 if stream is None else stream
    memory.launch(look(plane, seen), queue)
    memory.run(queue)
    assert seen == [5]
    del capsule


def test_the_host_does_not_wait_for_another_queue(memory: FakeMemory) -> None:
    pool = Pool(TYPE, memory, maximum=1)
    with pool.acquire() as surface:
        surface.use_on(OTHER)
        memory.launch(lambda: None, OTHER)
    pool.acquire(0)
    assert memory.pending(OTHER)
    assert pool.statistics().fences == 1


def test_a_stream_that_is_gone_lets_the_whole_device_be_waited_for(memory: FakeMemory) -> None:
    pool = Pool(TYPE, memory, maximum=1)
    surface = pool.acquire()
    surface.use_on(OTHER)
    surface.release()
    memory.failing = {"fence": InvalidArg("no such stream")}
    pool.acquire(0)
    assert "synchronize" in memory.log


@pytest.mark.parametrize("stream", [0, -2, "here"])
def test_a_stream_that_cannot_be_is_refused(stream: Any, memory: FakeMemory) -> None:
    plane = Pool(TYPE, memory).acquire().planes[0]
    with pytest.raises(InvalidArg, match="stream is"):
        plane.__dlpack__(stream=stream)


def test_poison_comes_after_what_other_queues_do(memory: FakeMemory) -> None:
    pool = Pool(TYPE, memory, maximum=1, poison=True)
    seen: list[int] = []
    with pool.acquire() as surface:
        surface.upload(picture(1))
        surface.use_on(OTHER)
        memory.launch(look(surface.planes[0], seen), OTHER)
    assert (pool.acquire(0).to_numpy()[0] == 0xA5).all()
    memory.run(OTHER)
    assert seen == [1]
