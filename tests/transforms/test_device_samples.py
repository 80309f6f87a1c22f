"""VideoProcessor on a device: it provides its samples, from a pool, and takes input anywhere."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from gpumft.device import Device, Plane, Pool, open_device
from gpumft.effects import grayscale
from gpumft.errors import InvalidArg, SampleAllocatorEmpty
from gpumft.media import VideoType
from gpumft.mft import Flow, Message, OutputDataBuffer, OutputStreamFlags
from gpumft.ops import Converter
from gpumft.samples import Buffer2D, Sample
from gpumft.testing import frames
from gpumft.transforms import EffectTransform, VideoProcessor, VideoTransform
from tests.contract import backends

SOURCE = VideoType("nv12", (34, 10))
TARGET = VideoType("rgb24", (20, 8))


@pytest.fixture(params=backends.params("opencl", "oclgrind", "cuda"))
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


def _processor(device: Device | str, maximum: int | None = None) -> VideoProcessor:
    processor = VideoProcessor(device=device, maximum=maximum)
    processor.set_input_type(SOURCE)
    processor.set_output_type(TARGET)
    return processor


def _sample(seed: int, device: Device | None = None) -> Sample:
    return Sample.from_numpy(frames.noise(SOURCE, seed), SOURCE, device=device, time=seed)


def _wanted(seed: int) -> np.ndarray:
    return Converter(SOURCE, TARGET, device="cpu")(frames.noise(SOURCE, seed))[0]


def _provides(processor: VideoTransform) -> bool:
    return bool(processor.output_stream_info().flags & OutputStreamFlags.PROVIDES_SAMPLES)


def test_the_flags_say_who_allocates(device: Device) -> None:
    processor = _processor("cpu")
    assert not _provides(processor)
    processor.process_message(Message.SET_DEVICE_MANAGER, device)
    assert _provides(processor)
    processor.process_input(_sample(1))
    with pytest.raises(InvalidArg, match="provides the output samples"):
        processor.process_output([OutputDataBuffer(sample=Sample(Buffer2D("rgb24", (20, 8))))])
    assert isinstance(processor.pull(), Sample)


@pytest.mark.parametrize("where", ["host", "device", "elsewhere"])
def test_output_lies_on_the_device(device: Device, where: str) -> None:
    processor = _processor(device)
    with open_device(device.spec) as other:
        places = {"host": None, "device": device, "elsewhere": other}
        sources = [_sample(seed, places[where]) for seed in range(4)]
        for seed, made in enumerate(processor.run(sources)):
            assert processor.converter is not None
            assert (made.time, made.type) == (seed, processor.converter.target)
            assert made.surface.device is device
            assert all(isinstance(plane, Plane) for plane in made.planes)
            buffer = made.buffer_by_index(0)
            assert isinstance(buffer, Buffer2D)
            assert buffer.current_length == buffer.contiguous_length
            np.testing.assert_array_equal(made.to_numpy()[0], _wanted(seed))
    assert seed == 3


def test_an_empty_pool_keeps_the_input(device: Device) -> None:
    processor = _processor(device, maximum=2)
    held = []
    for seed in range(2):
        processor.push(_sample(seed))
        held.append(processor.pull())
    processor.push(_sample(2))
    buffer: OutputDataBuffer[Sample] = OutputDataBuffer()
    for _ in range(2):
        with pytest.raises(SampleAllocatorEmpty, match="all 2"):
            processor.process_output([buffer])
        assert buffer.sample is None
    held.clear()
    gc.collect()
    assert processor.process_output([buffer]).flow is Flow.OK
    assert buffer.sample is not None
    assert buffer.sample.time == 2
    np.testing.assert_array_equal(buffer.sample.to_numpy()[0], _wanted(2))


def test_the_end_of_streaming_frees_what_nobody_holds(device: Device) -> None:
    gc.collect()
    before = device.memory.ledger.use().blocks
    processor = _processor(device)
    made = list(processor.run(_sample(seed) for seed in range(5)))
    assert device.memory.ledger.use().blocks > before
    np.testing.assert_array_equal(made[4].to_numpy()[0], _wanted(4))
    made.clear()
    gc.collect()
    assert device.memory.ledger.use().blocks == before


def test_a_stream_goes_round_a_few_pictures(device: Device) -> None:
    processor = _processor(device, maximum=2)
    for seed, made in enumerate(processor.run(_sample(seed) for seed in range(20))):
        assert made.time == seed
        assert processor._pool is not None
        assert processor._pool.statistics().slots == 2
        assert processor._uploads is not None
        assert processor._uploads.statistics().slots == 2  # one for the next, while it works


def test_effects_in_a_row_leave_the_picture_there(device: Device) -> None:
    first = _processor(device)
    second = EffectTransform(grayscale(), device=device)
    near = EffectTransform(grayscale(), device="cpu")
    for effect in (second, near):
        effect.set_input_type(first.output_current_type())
        effect.set_output_type(first.output_current_type())
    made = next(iter(first.run([_sample(1)])))
    uploads = device.memory.ledger.use().uploads
    there, here = next(iter(second.run([made]))), next(iter(near.run([made])))
    assert there.surface.device is device
    assert device.memory.ledger.use().uploads == uploads
    assert isinstance(here.planes[0], np.ndarray)
    np.testing.assert_array_equal(there.to_numpy()[0], here.planes[0])


def test_an_authors_transform_sees_arrays(device: Device) -> None:
    class Invert(VideoTransform):
        def process(self, src: Sample, dst: Sample) -> None:
            for read, write in zip(src.planes, dst.planes, strict=True):
                np.subtract(255, read, out=write)

    invert = Invert()
    invert.set_input_type(SOURCE)
    invert.set_output_type(SOURCE)
    invert.process_input(_sample(3, device))
    out = Sample.from_surface(Pool(SOURCE, device).acquire())
    invert.process_output([OutputDataBuffer(sample=out)])
    for found, given in zip(out.to_numpy(), frames.noise(SOURCE, 3), strict=True):
        np.testing.assert_array_equal(found, 255 - given)


def test_a_maximum_below_one_is_refused() -> None:
    with pytest.raises(InvalidArg, match="maximum is 0"):
        VideoProcessor(device="cpu", maximum=0)


def test_a_negative_stride_of_planar_types_is_no_obstacle() -> None:
    type = VideoType("nv12", (34, 10), stride=-64)
    processor = VideoProcessor(device="cpu")
    processor.set_input_type(type)
    processor.set_output_type(type)
    planes = frames.noise(type)
    made = next(iter(processor.run([Sample.from_numpy(planes, type)])))
    np.testing.assert_array_equal(made.planes[0], planes[0])
