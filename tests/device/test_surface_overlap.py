"""A surface's uploads and downloads wait for the work on that surface, and for nothing else.

On OpenCL a gate (a user event) stops the queue of kernels while copies get ahead. For CUDA the log
of what CuPy was asked for tells which work may run at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

from gpumft.device import Pool, Surface
from gpumft.device.cuda_memory import CudaMemory
from gpumft.device.opencl import OpenCLDevice, OpenCLMachine
from gpumft.errors import Fail, MFError
from gpumft.media import VideoType
from gpumft.mft import Flow, OutputDataBuffer
from gpumft.samples import Sample
from gpumft.testing import frames, twin
from gpumft.transforms import VideoProcessor
from tests.contract import backends
from tests.contract.conversions import same_bytes
from tests.contract.programs import case
from tests.device.cupy_memory import FETCHING, OWN_STREAM, SENDING, WAYS, Context, Cupy, Order

PROGRAM = case("nv12_to_rgb24").program
SOURCE, TARGET = (
    VideoType(format, size)
    for format, size in (
        (PROGRAM.source, PROGRAM.source_size),
        (PROGRAM.target, PROGRAM.target_size),
    )
)
FIRST, SECOND = (frames.noise(SOURCE, seed) for seed in (1, 2))
PATIENCE = 60.0
"""Seconds until a test that hangs says so."""


class Line:
    """A device of our own, whose queue of kernels can be stopped, and surfaces on it."""

    def __init__(self, device: OpenCLDevice) -> None:
        self.machine = OpenCLMachine("opencl:again", device.machine.queue.device)
        self.device = OpenCLDevice(self.machine, device.info)
        self.built = self.device.build(PROGRAM)
        self.sources, self.targets = (Pool(type, self.device) for type in (SOURCE, TARGET))
        for pool, planes in ((self.sources, FIRST), (self.targets, frames.noise(TARGET))):
            pool.fill(3)
            surfaces = [pool.acquire() for _ in range(3)]
            for surface in surfaces:  # whatever is made once is there now
                surface.upload(planes)
                surface.to_numpy()
        self._gates: list[Any] = []
        self._worker = ThreadPoolExecutor(1)

    def convert(self, source: Surface, target: Surface) -> None:
        self.built(source.raw_planes(), target.raw_planes())

    def stop(self) -> None:
        """Let nothing that is enqueued from now on be computed."""
        gate = self.machine.cl.UserEvent(self.machine.context)
        self.machine.cl.enqueue_barrier(self.machine.queue, wait_for=[gate])
        self._gates.append(gate)

    def go(self) -> None:
        for gate in self._gates:
            gate.set_status(self.machine.cl.command_execution_status.COMPLETE)
        self._gates.clear()

    def meanwhile(self, act: Callable[[], Any]) -> Any:
        """Return what `act` gives, which may wait for nothing that is stopped."""
        return self._worker.submit(act).result(PATIENCE)

    def begun(self, act: Callable[[], Any]) -> Any:
        """Return a Future of `act`, which has to wait."""
        return self._worker.submit(act)

    def copied(self) -> None:
        """Wait for the queue of uploads, in a thread that can be given up."""
        self.meanwhile(self.machine.ways[0].finish)

    def close(self) -> None:
        self.go()
        self._worker.shutdown()
        self.device.synchronize()


@pytest.fixture(params=backends.params("opencl"))
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    device = backends.device(request.param)
    assert isinstance(device, OpenCLDevice)
    made = Line(device)
    yield made
    made.close()


def wanted(planes: list[Any]) -> list[Any]:
    return list(twin.run(PROGRAM, planes))


def test_an_upload_does_not_wait_for_computing(line: Line) -> None:
    one, other = line.sources.acquire(), line.sources.acquire()
    there, elsewhere = line.targets.acquire(), line.targets.acquire()
    one.upload(FIRST)
    line.stop()
    line.convert(one, there)
    line.meanwhile(lambda: other.upload(SECOND))
    line.copied()  # it is there while the first picture waits to be computed
    line.convert(other, elsewhere)
    line.go()
    same_bytes(there.to_numpy(), wanted(FIRST))
    same_bytes(elsewhere.to_numpy(), wanted(SECOND))


def test_an_upload_waits_for_the_work_on_its_surface_but_not_the_caller(line: Line) -> None:
    source, there, elsewhere = (
        line.sources.acquire(),
        line.targets.acquire(),
        line.targets.acquire(),
    )
    source.upload(FIRST)
    line.stop()
    line.convert(source, there)
    given = [plane.copy() for plane in SECOND]
    line.meanwhile(lambda: source.upload(given))
    for plane in given:
        plane[...] = 0  # the caller's again
    line.convert(source, elsewhere)
    line.go()
    same_bytes(there.to_numpy(), wanted(FIRST))
    same_bytes(elsewhere.to_numpy(), wanted(SECOND))


def test_a_download_does_not_wait_for_the_next_picture(line: Line) -> None:
    one, other = line.sources.acquire(), line.sources.acquire()
    there, elsewhere = line.targets.acquire(), line.targets.acquire()
    one.upload(FIRST)
    other.upload(SECOND)
    line.convert(one, there)
    line.stop()
    line.convert(other, elsewhere)
    same_bytes(line.meanwhile(there.to_numpy), wanted(FIRST))
    late = line.begun(elsewhere.to_numpy)
    line.go()
    same_bytes(late.result(PATIENCE), wanted(SECOND))


def test_a_slot_that_is_lent_again_keeps_its_order(line: Line) -> None:
    pool = Pool(SOURCE, line.device, maximum=1)
    there, elsewhere = line.targets.acquire(), line.targets.acquire()
    with pool.acquire() as source:
        source.upload(FIRST)
        line.stop()
        line.convert(source, there)
    with pool.acquire(0) as source:
        line.meanwhile(lambda: source.upload(SECOND))
        line.convert(source, elsewhere)
    line.go()
    same_bytes(there.to_numpy(), wanted(FIRST))
    same_bytes(elsewhere.to_numpy(), wanted(SECOND))


def test_copies_between_surfaces_are_work_on_both(line: Line) -> None:
    one, other = line.sources.acquire(), line.sources.acquire()
    one.upload(FIRST)
    line.stop()
    one.copy_to(other)
    line.meanwhile(lambda: one.upload(SECOND))
    found = line.begun(other.to_numpy)
    line.go()
    same_bytes(found.result(PATIENCE), FIRST)
    same_bytes(one.to_numpy(), SECOND)


@pytest.mark.parametrize("shown", ["array", "use_on"])
def test_where_nobody_tells_copies_wait_for_the_whole_queue(line: Line, shown: str) -> None:
    """A kernel of the user's on the device's own queue, which gpumft does not see."""
    pool = Pool(SOURCE, line.device, maximum=1)
    surface = pool.acquire()
    surface.upload(FIRST)
    if shown == "array":
        kept = surface.planes[0].array
    else:
        surface.use_on(type(line.machine.queue)(line.machine.context))
        kept = None
    line.stop()
    raw, cl = surface.raw_planes()[0], line.machine.cl
    cl.enqueue_fill_buffer(line.machine.queue, raw.memory, np.uint8(7), raw.offset, 5)
    found = line.begun(surface.to_numpy)
    line.go()
    assert (found.result(PATIENCE)[0][0, :5] == 7).all()
    del kept, raw
    surface.release()
    with pool.acquire(0) as again:  # the same slot, in nobody's hands
        line.stop()
        line.meanwhile(lambda: again.upload(SECOND))
        same_bytes(line.meanwhile(again.to_numpy), SECOND)
        line.go()


@pytest.mark.parametrize("batch", [1, 3])
def test_a_stream_of_pictures_goes_in_while_the_last_is_computed(line: Line, batch: int) -> None:
    processor = VideoProcessor(device=line.device, batch=batch)
    processor.set_input_type(SOURCE)
    processor.set_output_type(TARGET)
    pictures = [frames.noise(SOURCE, seed) for seed in range(4 * batch)]
    made: list[Sample] = []

    def step(number: int) -> None:
        for planes in pictures[number * batch : (number + 1) * batch]:
            processor.process_input(Sample.from_numpy(planes, SOURCE))
        for _ in range(batch):
            entry: OutputDataBuffer[Sample] = OutputDataBuffer()
            assert processor.process_output([entry]).flow is Flow.OK
            assert entry.sample is not None
            made.append(entry.sample)

    for number in range(2):
        step(number)
    line.stop()
    for number in (2, 3):  # to the slots of the two before, which are done with
        line.meanwhile(partial(step, number))
        line.copied()
    found = line.meanwhile(made[batch].to_numpy)  # from before the stop
    line.go()
    for got, planes in zip([sample.to_numpy() for sample in made], pictures, strict=True):
        same_bytes(got, wanted_by(processor, planes))
    same_bytes(found, wanted_by(processor, pictures[batch]))


def wanted_by(processor: VideoProcessor, planes: list[Any]) -> list[Any]:
    assert processor.converter is not None
    return list(twin.run(processor.converter.plan.program, planes))


def test_many_pictures_from_many_threads(line: Line) -> None:
    def pass_through(seed: int) -> None:
        planes = frames.noise(SOURCE, seed)
        with line.sources.acquire() as source, line.targets.acquire() as target:
            source.upload(planes)
            line.convert(source, target)
            same_bytes(target.to_numpy(), wanted(planes))
            same_bytes(source.to_numpy(), planes)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(pass_through, range(16)))


@pytest.mark.parametrize("call", ["enqueue_barrier", "enqueue_marker", "enqueue_copy"])
def test_an_upload_that_fails_leaves_nothing_under_way(
    line: Line, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = line.sources.acquire(), line.targets.acquire()
    source.upload(FIRST)
    line.convert(source, target)
    error = line.machine.cl.RuntimeError(line.machine.cl._cl._ErrorRecord("clStandIn", -14, ""))

    def fail(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(line.machine.cl, call, fail)
        with pytest.raises(Fail, match="failed in upload: clStandIn"):
            source.upload(SECOND)
    same_bytes(target.to_numpy(), wanted(FIRST))
    source.upload(SECOND)
    line.convert(source, target)
    same_bytes(target.to_numpy(), wanted(SECOND))


# --- CUDA: what CuPy is asked for


class Stream:
    """CudaMemory with two slots, and kernels that it is told of."""

    def __init__(self) -> None:
        self.cupy = Cupy()
        self.memory = CudaMemory(self.cupy, 0, Context(OWN_STREAM), WAYS)
        pool = Pool(SOURCE, self.memory)
        pool.fill(2)
        self.one, self.other = pool.acquire(), pool.acquire()

    def work(self, surface: Surface) -> int:
        """Enqueue a kernel on a surface; return its place in the log."""
        self.cupy.log.append(("work", OWN_STREAM))
        place = len(self.cupy.log) - 1
        self.memory.used(surface.raw_planes())
        return place

    def upload(self, surface: Surface) -> list[int]:
        return self._places(SENDING, lambda: surface.upload(FIRST))

    def download(self, surface: Surface) -> list[int]:
        return self._places(FETCHING, surface.to_numpy)

    def _places(self, stream: int, act: Callable[[], Any]) -> list[int]:
        start = len(self.cupy.log)
        act()
        found = [n for n, entry in enumerate(self.cupy.log) if entry == ("work", stream)]
        places = [n for n in found if n >= start]
        assert len(places) == len(FIRST)
        return places

    def before(self, first: int, second: int) -> bool:
        return Order(self.cupy.log).comes_before(first, second)


@pytest.fixture
def stream() -> Stream:
    return Stream()


def test_on_cuda_copies_wait_for_the_work_on_their_surface_alone(stream: Stream) -> None:
    sent = stream.upload(stream.one)
    first = stream.work(stream.one)
    assert all(stream.before(each, first) for each in sent)
    beside = stream.upload(stream.other)
    assert not any(stream.before(first, each) for each in beside)
    second = stream.work(stream.other)
    assert all(stream.before(each, second) for each in beside)
    fetched = stream.download(stream.one)
    assert all(stream.before(first, each) for each in fetched)
    assert not any(stream.before(second, each) for each in fetched)
    again = stream.upload(stream.one)
    assert all(stream.before(first, each) for each in again)
    assert not any(stream.before(second, each) for each in again)
    straight = stream.download(stream.one)
    assert all(stream.before(one, other) for one in again for other in straight)


def test_on_cuda_a_slot_in_somebodys_hands_waits_for_the_whole_queue(stream: Stream) -> None:
    stream.upload(stream.one)
    kept = stream.one.planes[0].array
    later = stream.work(stream.other)
    assert all(stream.before(later, each) for each in stream.upload(stream.one))
    assert all(stream.before(later, each) for each in stream.download(stream.one))
    del kept


def test_on_cuda_events_are_used_again(stream: Stream) -> None:
    """After more pictures than there are events, a copy may wait for more, never for less."""
    old = stream.work(stream.one)
    for _ in range(100):
        stream.upload(stream.other)
        stream.work(stream.other)
    made = {entry[1] for entry in stream.cupy.log if entry[0] == "record"}
    assert len(made) <= 2 * 64
    assert all(stream.before(old, each) for each in stream.upload(stream.one))


def test_on_cuda_an_error_leaves_the_docks_free(stream: Stream) -> None:
    stream.cupy.failing = True
    for _ in range(5):
        with pytest.raises(MFError, match="failed in upload"):
            stream.one.upload(FIRST)
