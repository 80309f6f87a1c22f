"""`stream=` of a Converter: its work comes after that of the stream, and the stream's after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gpumft.device import Device, Plane, Pool, Surface
from gpumft.device.opencl import OpenCLDevice, OpenCLMachine
from gpumft.errors import InvalidArg
from gpumft.media import VideoType
from gpumft.ops import Converter
from gpumft.samples import Sample
from gpumft.testing import frames
from gpumft.testing.fake_device import OWN, FakeDevice, FakeMemory
from tests.contract import backends

SOURCE = VideoType("rgb24", (34, 10))
TARGET = VideoType("bgr24", (34, 10))
THEIRS = 7
"""A queue of the fake device."""


@pytest.fixture
def fake() -> FakeDevice:
    return FakeDevice()


@pytest.fixture(params=backends.params("opencl"))
def opencl(request: pytest.FixtureRequest) -> OpenCLDevice:
    device = backends.device(request.param)
    assert isinstance(device, OpenCLDevice)
    return device


def lent(device: Device, type: VideoType, **options: Any) -> Surface:
    return Pool(type, device, **options).acquire()


def array(plane: Plane) -> np.ndarray:
    """What a kernel sees of a plane of the fake device; it keeps nothing alive."""
    memory = plane._memory
    assert isinstance(memory, FakeMemory)
    return memory.peek(plane.raw().owned(None))


def write(device: FakeDevice, surface: Surface, planes: list[np.ndarray]) -> None:
    """Enqueue, on the other queue, what makes the picture."""
    there = array(surface.planes[0])
    device.memory.launch(lambda: np.copyto(there, planes[0]), THEIRS)


def read(device: FakeDevice, surface: Surface) -> list[np.ndarray]:
    """Enqueue, on the other queue, what copies the picture."""
    there, found = array(surface.planes[0]), []
    device.memory.launch(lambda: found.append(there.copy()), THEIRS)
    return found


def test_between_the_work_of_another_queue(fake: FakeDevice) -> None:
    planes = frames.noise(SOURCE)
    source = lent(fake, SOURCE)
    write(fake, source, planes)
    made = Converter(SOURCE, TARGET, device=fake)(source, stream=THEIRS)
    found = read(fake, made)
    fake.memory.run(THEIRS)
    np.testing.assert_array_equal(found[0], planes[0][..., ::-1])


def test_without_the_stream_the_picture_is_not_there_yet(fake: FakeDevice) -> None:
    planes = frames.noise(SOURCE)
    source = lent(fake, SOURCE)
    write(fake, source, planes)
    made = Converter(SOURCE, TARGET, device=fake)(source)
    fake.memory.run(OWN)
    fake.memory.run(THEIRS)
    assert not np.array_equal(array(made.planes[0]), planes[0][..., ::-1])


@pytest.mark.parametrize("kind", ["surface", "sample", "planes"])
def test_a_slot_is_lent_again_after_the_stream(fake: FakeDevice, kind: str) -> None:
    planes = frames.noise(SOURCE)
    source, pool = lent(fake, SOURCE), Pool(TARGET, fake, maximum=1)
    source.upload(planes)
    convert = Converter(SOURCE, TARGET, device=fake)
    with pool.acquire() as made:
        if kind == "surface":
            convert(source, made, stream=THEIRS)
        elif kind == "sample":
            given, out = Sample.from_surface(source), Sample.from_surface(made)
            convert(given, out, stream=THEIRS)
            del given, out
        else:
            given_planes: list[Any] = list(source.planes)
            made_planes: list[Any] = list(made.planes)
            convert(given_planes, made_planes, stream=THEIRS)
        found = read(fake, made)
    pool.acquire(0).upload([np.zeros_like(planes[0])])
    fake.memory.run(OWN)
    np.testing.assert_array_equal(found[0], planes[0][..., ::-1])
    assert pool.statistics().fences == 1


def test_on_opencl_nothing_waits_but_queues(opencl: OpenCLDevice) -> None:
    """A gate holds the other queue: the call returns, and nothing is computed before it opens."""
    cl = opencl.machine.cl
    theirs, convert = backends.another_queue(opencl), Converter(SOURCE, TARGET, device=opencl)
    source, target = lent(opencl, SOURCE), lent(opencl, TARGET)
    source.upload(frames.noise(SOURCE))
    opencl.synchronize()  # of the upload the other queue knows nothing
    raw = source.raw_planes()[0]
    first, end = raw.extent
    complete = cl.command_execution_status.COMPLETE
    gate = cl.UserEvent(opencl.machine.context)
    try:
        cl.enqueue_barrier(theirs, wait_for=[gate])
        cl.enqueue_fill_buffer(theirs, raw.memory, np.uint8(200), first, end - first)
        convert(source, target, stream=theirs)
        ours, after = cl.enqueue_marker(opencl.machine.queue), cl.enqueue_marker(theirs)
        opencl.machine.queue.flush()
        assert complete not in (ours.command_execution_status, after.command_execution_status)
    finally:
        gate.set_status(complete)
    after.wait()
    assert ours.command_execution_status == complete
    assert (target.to_numpy()[0] == 200).all()


def test_what_is_no_stream_of_the_device_is_refused(opencl: OpenCLDevice) -> None:
    source, target = lent(opencl, SOURCE), lent(opencl, TARGET)
    source.upload(frames.noise(SOURCE))
    target.upload([np.zeros((10, 34, 3), np.uint8)])
    convert = Converter(SOURCE, TARGET, device=opencl)
    with pytest.raises(InvalidArg, match="OpenCL has queues"):
        convert(source, target, stream=1)
    foreign = OpenCLMachine("opencl:again", opencl.machine.queue.device)
    with pytest.raises(InvalidArg, match="of another context than opencl"):
        convert(source, target, stream=foreign.queue)
    assert not target.to_numpy()[0].any()


def test_arrays_of_the_host_are_refused(fake: FakeDevice) -> None:
    planes = frames.noise(SOURCE)
    out = [np.zeros_like(planes[0])]
    with pytest.raises(InvalidArg, match=r"this one is in the host's: wait for the stream"):
        Converter(SOURCE, TARGET, device=fake)(planes, out, stream=THEIRS)
    assert not out[0].any()


@pytest.mark.parametrize("kind", ["arrays", "surface"])
def test_the_cpu_has_no_streams(kind: str) -> None:
    device = backends.device("cpu")
    source = frames.noise(SOURCE) if kind == "arrays" else lent(device, SOURCE)
    convert = Converter(SOURCE, TARGET, device=device)
    with pytest.raises(InvalidArg, match="stream is 5, but cpu has no streams"):
        convert(source, stream=5)
    convert(source, stream=device.stream)
