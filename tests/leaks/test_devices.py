"""On every device: what is made and dropped goes, memory stays within bounds, nothing is reused
while somebody looks."""

from __future__ import annotations

import gc
import random
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpumft.device import Built, Device, Pool, Surface, open_device
from gpumft.device.cpu.engine import CpuRunner
from gpumft.device.gpu.runner import GpuRunner
from gpumft.device.lease import Lease, Slab, Slot
from gpumft.device.plane import DevicePlane
from gpumft.device.slots import SlotStore
from gpumft.errors import SampleAllocatorEmpty
from gpumft.media import VideoType
from gpumft.mft import Flow, Message
from gpumft.ops import Converter, convert
from gpumft.samples import Buffer2D, Sample
from gpumft.testing import frames
from gpumft.testing.fake_device import FakeDevice
from gpumft.transforms import VideoProcessor
from tests.contract import backends
from tests.device.capsules import Consumed

TYPE = VideoType("nv12", (34, 6))
TARGET = VideoType("rgb24", (20, 8))
KINDS = (
    Built, Buffer2D, Converter, CpuRunner, DevicePlane, GpuRunner, Lease, Pool, Sample, Slab, Slot,
    SlotStore, Surface, VideoProcessor,
)  # fmt: skip


@pytest.fixture(params=[backends.param("cpu"), backends.param("opencl")])
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


def test_1e5_surfaces_use_one_slot(device: Device) -> None:
    before = device.memory.ledger.use()
    pool = Pool(TYPE, device)
    for _ in range(100_000):
        pool.acquire().release()
    found = pool.statistics()
    assert (found.slots, found.live, found.acquired) == (1, 0, 100_000)
    pool.close()
    assert device.memory.ledger.use() == before


# --- Memory stays within bounds ---


def test_1e4_frames_of_changing_sizes_stay_under_the_bound(device: Device) -> None:
    """A processor that lends two pictures holds those, and two that are uploaded to in turn."""
    choose = random.Random(1)  # noqa: S311 - a test's choice, not a secret
    gc.collect()
    before = device.memory_stats().surfaces
    processor = VideoProcessor(device=device, maximum=2)
    peak = bound = made = 0
    for _ in range(20):
        source, target = (
            VideoType(format, (choose.randrange(2, 40), choose.randrange(2, 40)))
            for format in ("gray", "gray16le")
        )
        processor.set_input_type(source)
        processor.set_output_type(target)
        given = Sample.from_numpy(frames.noise(source, 1), source)
        processor.process_message(Message.BEGIN_STREAMING)
        for step in range(500):
            processor.process_input(given)
            made += processor.pull() is not Flow.NEED_MORE_INPUT
            if step % 10 == 0:  # what has grown stays until the end
                peak = max(peak, device.memory_stats().surfaces - before)
        processor.process_message(Message.END_STREAMING)
        bound = max(bound, sum(count * slot(type) for count, type in ((2, target), (2, source))))
    assert made == 10_000
    assert 0 < peak <= bound
    del processor, given
    gc.collect()
    assert device.memory_stats().surfaces == before


def slot(type: VideoType) -> int:
    """Bytes that a pool takes for a picture."""
    pool = Pool(type, FakeDevice())
    pool.fill(1)
    return pool.statistics().allocated


# --- Everything is made and dropped ---


def uploaded(device: Device) -> Surface:
    surface = Pool(TYPE, device).acquire()
    surface.upload(frames.noise(TYPE, 1))
    return surface


def processed(device: Device) -> VideoProcessor:
    processor = VideoProcessor(device=device)
    processor.set_input_type(TYPE)
    processor.set_output_type(TARGET)
    for made in processor.run(Sample.from_numpy(frames.noise(TYPE, n), TYPE) for n in range(3)):
        made.to_numpy()
    return processor


def opened(device: Device) -> Device:
    with open_device(device.spec, threads=2) as own:
        Converter(TYPE, TARGET, device=own)(frames.noise(TYPE, 1))
        Converter(TYPE, TARGET, device=own)(uploaded(own)).to_numpy()
    return own


def held_while_it_streams(device: Device) -> list[Any]:
    processor = VideoProcessor(device=device)
    processor.set_input_type(TYPE)
    processor.set_output_type(TARGET)
    processor.push(Sample.from_numpy(frames.noise(TYPE, 1), TYPE))
    kept = processor.pull()
    processor.push(Sample.from_surface(uploaded(device)))
    return [processor, kept]


MAKES: dict[str, Callable[[Device], Any]] = {
    "a device": opened,
    "a surface": uploaded,
    "planes": lambda device: uploaded(device).planes,
    "raw planes": lambda device: [plane.raw() for plane in uploaded(device).planes],
    "arrays": lambda device: [plane.array for plane in uploaded(device).planes],
    "views": lambda device: [plane.array[1:] for plane in uploaded(device).planes],
    "a copy": lambda device: uploaded(device).copy_to(Pool(TYPE, device).acquire()),
    "a sample": lambda device: Sample.from_surface(uploaded(device)),
    "a buffer": lambda device: Buffer2D.over(uploaded(device)).lock2d(),
    "a converter": lambda device: Converter(TYPE, TARGET, device=device),
    "a conversion": lambda device: Converter(TYPE, TARGET, device=device)(frames.noise(TYPE, 1)),
    "a converted surface": lambda device: convert(uploaded(device), None, TARGET),
    "a converted sample": lambda d: convert(Sample.from_surface(uploaded(d)), None, TARGET),
    "a processor": processed,
    "a processor in the middle": held_while_it_streams,
}


def alive(device: Device) -> tuple[Counter[str], Any, int, int]:
    """Objects by kind, memory in use, threads, open files."""
    gc.collect()
    device.memory.ledger.use()
    gc.collect()
    found = Counter(map(type, gc.get_objects()))
    use = device.memory.ledger.use()
    files = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    kinds = Counter({kind.__name__: found[kind] for kind in KINDS})
    return kinds, (use.blocks, use.allocated), threading.active_count(), files


@pytest.mark.parametrize("name", MAKES)
def test_every_object_is_made_and_dropped(device: Device, name: str) -> None:
    MAKES[name](device)  # programs that the device remembers, threads that it starts once
    gc.collect()
    gc.freeze()  # what other tests have left is not looked at
    try:
        before = alive(device)
        for _ in range(5):
            MAKES[name](device)
        knot: list[Any] = [MAKES[name](device)]
        knot.append(knot)
        del knot
        assert alive(device) == before
    finally:
        gc.unfreeze()


# --- Nobody sees a slot that is used again ---


DENSE = VideoType("nv12", (64, 6))
"""Its rows follow each other: a piece of it is one piece of memory."""
POISON = b"\xa5" * 64 * 6


def rounds(pool: Pool, look: Callable[[], bytes]) -> None:
    """Lend, write and give back many times: what somebody looks into stays as it is."""
    wanted = look()
    assert wanted not in POISON
    for value in range(100):
        with pool.acquire(0) as other:
            other.upload([np.full(s, value, np.uint8) for s in DENSE.plane_shapes])
        assert look() == wanted
    held = pool.acquire(0)
    with pytest.raises(SampleAllocatorEmpty):  # it counts as lent
        pool.acquire(0)
    del held


@pytest.mark.parametrize("when", ["taken", "before it is taken"])
def test_a_consumer_that_drops_its_capsule_early_never_sees_a_reused_slot(when: str) -> None:
    pool = Pool(DENSE, "cpu", maximum=2, poison=True)
    surface = pool.acquire()
    surface.upload(frames.noise(DENSE, 1))
    if when == "before it is taken":
        surface.planes[1].__dlpack__()  # dropped at once
        assert pool.live_count == 1
    capsule = surface.planes[0].__dlpack__()
    tensor = Consumed(capsule)
    del capsule
    surface.release()
    del surface
    gc.collect()
    rounds(pool, lambda: tensor.read(64 * 6))
    tensor.delete()
    assert pool.live_count == 0
    held = [pool.acquire(0), pool.acquire(0)]  # poison finds no write, and both are there
    assert {bytes(surface.to_numpy()[0]) for surface in held} == {POISON}


def test_arrays_of_a_device_never_see_a_reused_slot(device: Device) -> None:
    pool = Pool(DENSE, device, maximum=2, poison=True)
    with pool.acquire() as surface:
        surface.upload(frames.noise(DENSE, 1))
        views = [surface.planes[0].array[2:]]
    del surface
    gc.collect()
    rounds(pool, lambda: bytes(views[0].get() if device.kind == "opencl" else views[0]))
    views.clear()
    gc.collect()
    assert pool.live_count == 0
    assert bytes(pool.acquire(0).to_numpy()[0]) == POISON
