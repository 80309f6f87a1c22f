"""`batch=` of VideoProcessor: inputs are converted together, and the output is the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gpumft as gm
from gpumft.device import Device, Pool
from gpumft.effects import FrameEffect
from gpumft.errors import Fail, InvalidArg, NotAccepting, SampleAllocatorEmpty
from gpumft.media import VideoType
from gpumft.mft import Flow, InputStatus, InputStreamFlags, Message, OutputDataBuffer
from gpumft.samples import Sample
from gpumft.testing import check_transform, frames
from gpumft.transforms import DeviceTransform, VideoProcessor
from tests.contract import backends
from tests.device.test_batches import Counted

SOURCE = VideoType("nv12", (34, 10), frame_rate=25)
TARGET = VideoType("rgb24", (34, 10))
COUNT = 7
BATCH = 3


@pytest.fixture(params=backends.params("cpu", "opencl", "cuda"))
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


@pytest.fixture(params=backends.params("opencl", "cuda"))
def gpu(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


def processor(device: Device, batch: int = BATCH, **options: Any) -> VideoProcessor:
    made = VideoProcessor(device=device, batch=batch, **options)
    made.set_input_type(SOURCE)
    made.set_output_type(TARGET)
    return made


def samples(device: Device | None = None) -> list[Sample]:
    made = []
    for seed in range(COUNT):
        planes = frames.noise(SOURCE, seed)
        sample = Sample.from_numpy(planes, SOURCE, device=device, time=10 * seed, duration=9)
        sample.attributes["number"] = seed
        made.append(sample)
    return made


def told(made: list[Sample]) -> list[Any]:
    """All that can be seen of what comes out."""
    return [
        (s.time, s.duration, s.discontinuity, s.attributes.get("number"), s.type,
         s.to_numpy()[0].tobytes())
        for s in made
    ]  # fmt: skip


def take(made: VideoProcessor) -> Sample | Flow:
    return made.pull()


def invert(src: list[Any], dst: list[Any], stream: object) -> None:
    del stream
    dst[0][...] = 255 - src[0]


@pytest.mark.parametrize("there", [False, True], ids=["host", "device"])
@pytest.mark.parametrize("batch", [2, 3, 7, 32])
def test_what_comes_out_is_the_same(device: Device, batch: int, there: bool) -> None:
    given = samples(device if there and device.kind != "cpu" else None)
    wanted = told(list(processor(device, 1).run(given)))
    assert told(list(processor(device, batch).run(given))) == wanted
    assert len(wanted) == COUNT


def test_effects_between_conversions(device: Device) -> None:
    effect = FrameEffect(invert, formats=("rgb24",)) if device.kind == "cpu" else gm.effects.sepia()
    options: dict[str, Any] = {"effects": [gm.effects.grayscale(), effect], "filter": "lanczos3"}
    wanted = told(list(processor(device, 1, **options).run(samples())))
    assert told(list(processor(device, **options).run(samples()))) == wanted


def test_input_is_collected_and_output_taken_in_turns(device: Device) -> None:
    made, given = processor(device), samples()
    for sample in given[:BATCH]:
        assert take(made) is Flow.NEED_MORE_INPUT
        assert made.input_status() is InputStatus.ACCEPT_DATA
        made.push(sample)
    for number in range(BATCH):
        assert made.input_status() is InputStatus.NONE
        with pytest.raises(NotAccepting):
            made.push(given[BATCH])
        found = take(made)
        assert isinstance(found, Sample)
        assert found.time == 10 * number
    assert take(made) is Flow.NEED_MORE_INPUT
    made.push(given[BATCH])
    assert [s.time for s in made.drain()] == [30]


def test_the_client_is_told_how_far_it_looks_ahead(device: Device) -> None:
    info = processor(device).input_stream_info()
    assert info.flags & InputStreamFlags.HOLDS_BUFFERS
    assert (info.max_lookahead, info.max_latency) == (2 * info.size, 2 * 400_000)
    alone = processor(device, 1).input_stream_info()
    assert (alone.max_lookahead, alone.max_latency) == (0, 0)
    assert not alone.flags & InputStreamFlags.HOLDS_BUFFERS


def test_a_flush_forgets_what_was_collected_and_made(device: Device) -> None:
    made, given = processor(device), samples()
    for sample in given[:BATCH]:
        made.push(sample)
    assert isinstance(take(made), Sample)
    made.flush()
    assert take(made) is Flow.NEED_MORE_INPUT
    found = list(made.run(given[4:]))
    assert [s.discontinuity for s in found] == [True, False, False]
    found[0].discontinuity = False
    assert told(found) == told(list(processor(device, 1).run(given[4:])))


@pytest.mark.parametrize("there", [False, True], ids=["host", "device"])
def test_one_launch_makes_a_batch(
    gpu: Device, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = processor(gpu)
    pool = Pool(SOURCE, gpu)
    pool.fill(COUNT)
    given = samples()
    if there:
        surfaces = [pool.acquire() for _ in given]
        for sample, surface in zip(given, surfaces, strict=True):
            surface.upload(sample.planes)
        given = [Sample.from_surface(surface) for surface in surfaces]
    counted = Counted(gpu, monkeypatch)
    held = list(made.run(given))
    assert counted.launches == [3, 3, 1]
    assert len(held) == COUNT


def test_as_many_as_the_pool_has_room_for(gpu: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    made, given = processor(gpu, maximum=2), samples()
    wanted = told(list(processor(gpu, 1).run(given[:BATCH])))
    for sample in given[:BATCH]:
        made.push(sample)
    counted = Counted(gpu, monkeypatch)
    held = [take(made), take(made)]
    for _ in range(2):
        with pytest.raises(SampleAllocatorEmpty):
            take(made)
    found = told([s for s in held if isinstance(s, Sample)])
    held.clear()
    last = take(made)
    assert isinstance(last, Sample)
    assert counted.launches == [2, 1]
    assert found + told([last]) == wanted


def test_a_failure_keeps_all_inputs(gpu: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    made, given = processor(gpu), samples()
    wanted = told(list(processor(gpu, 1).run(given[:BATCH])))
    for sample in given[:BATCH]:
        made.push(sample)
    with monkeypatch.context() as patch:

        def fails(*given: Any) -> None:
            raise Fail("no launch")

        patch.setattr(gpu.machine, "launch", fails)  # type: ignore[attr-defined]
        for _ in range(2):
            with pytest.raises(Fail, match="no launch"):
                made.process_output([OutputDataBuffer()])
    found = [take(made) for _ in range(BATCH)]
    assert told([s for s in found if isinstance(s, Sample)]) == wanted


def test_one_sample_several_times(device: Device) -> None:
    sample = samples()[0]
    made = list(processor(device).run([sample] * 4))
    assert len({s.to_numpy()[0].tobytes() for s in made}) == 1
    assert len(made) == 4


def test_bounds_drop_pictures_of_a_batch(device: Device) -> None:
    made = processor(device)
    made.set_output_bounds(20, 45)
    assert [s.time for s in made.run(samples())] == [20, 30, 40]


def test_streaming_may_end_in_the_middle_of_a_batch(device: Device) -> None:
    made, given = processor(device), samples()
    wanted = told(list(processor(device, 1).run(given[:BATCH])))
    for sample in given[:BATCH]:
        made.push(sample)
    found = [take(made)]
    made.process_message(Message.END_STREAMING)
    found += [take(made), take(made)]
    assert told([s for s in found if isinstance(s, Sample)]) == wanted


@pytest.mark.parametrize("batch", [2, 3])
def test_the_contract_holds(device: Device, batch: int) -> None:
    make: Callable[[], VideoProcessor] = lambda: VideoProcessor(device=device, batch=batch)  # noqa: E731
    report = check_transform(make, input=SOURCE, output=TARGET)
    assert not report.failed


def test_what_no_batch_can_be() -> None:
    with pytest.raises(InvalidArg, match="batch is 0"):
        VideoProcessor(device="cpu", batch=0)

    class LooksAhead(DeviceTransform):
        holds = 2

    with pytest.raises(InvalidArg, match="LooksAhead looks ahead by 2"):
        LooksAhead(device="cpu", batch=2)
    assert LooksAhead(device="cpu").holds == 2


def test_an_authors_transform_makes_one_by_one(gpu: Device) -> None:
    class Copies(DeviceTransform):
        formats = ("rgb24",)

        def process(self, src: Sample, dst: Sample) -> None:
            src.surface.copy_to(dst.surface)

    copies = Copies(device=gpu, batch=2)
    copies.set_input_type(TARGET)
    copies.set_output_type(TARGET)
    pictures = [frames.noise(TARGET, seed) for seed in range(5)]
    made = list(copies.run(Sample.from_numpy(planes, TARGET) for planes in pictures))
    for sample, planes in zip(made, pictures, strict=True):
        np.testing.assert_array_equal(sample.to_numpy()[0], planes[0])
