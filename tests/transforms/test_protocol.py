"""VideoTransform and VideoProcessor against the contract: buffers, types and memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from gpumft.effects import sepia
from gpumft.errors import (
    BufferTooSmall,
    Fail,
    InvalidArg,
    InvalidMediaType,
    InvalidStreamData,
    NoInterface,
    NoSampleDuration,
    NoSampleTimestamp,
    SampleHasTooManyBuffers,
    TransformTypeNotSet,
)
from gpumft.media import VideoType
from gpumft.mft import Flow, Message, OutputDataBuffer, negotiate
from gpumft.ops import convert
from gpumft.samples import Buffer2D, MediaBuffer, Sample
from gpumft.testing import frames
from gpumft.transforms import EffectTransform, VideoProcessor, VideoTransform, transform

SOURCE = VideoType("nv12", (16, 10))
PLAIN = VideoType("rgb24", (16, 10))
RGB = PLAIN.replace(primaries="bt709")


class Invert(VideoTransform):
    formats = ("rgb24",)

    def process(self, src: Sample, dst: Sample) -> None:
        np.subtract(255, src.planes[0], out=dst.planes[0])


def _processor(target: VideoType, source: VideoType = SOURCE) -> VideoProcessor:
    processor = VideoProcessor(device="cpu")
    processor.set_input_type(source)
    processor.set_output_type(target)
    return processor


def _linear(planes: list[Any], type: VideoType) -> MediaBuffer:
    buffer = MediaBuffer(type.image_size)
    with Sample(buffer).seen_as(type) as seen:
        for given, plane in zip(planes, seen.planes, strict=True):
            plane[...] = given
    buffer.set_length(buffer.max_length)
    return buffer


@pytest.mark.parametrize("format", ["rgb24", "bgra", "yuv420p", "yuyv422", "gray", "p010le"])
def test_plain_buffers_of_the_size_that_the_stream_info_tells_will_do(format: str) -> None:
    target = VideoType(format, (8, 6))
    processor = _processor(target)
    planes = frames.noise(SOURCE)
    given = MediaBuffer(processor.input_stream_info().size)
    given.lock()[:] = b"".join(plane.tobytes() for plane in planes)
    processor.process_input(Sample(given, time=4))
    out = Sample(MediaBuffer(processor.output_stream_info().size))
    assert processor.process_output([OutputDataBuffer(sample=out)]).flow is Flow.OK
    assert out.total_length == processor.output_stream_info().size
    assert out.time == 4
    wanted = convert(planes, SOURCE, target)
    with out.seen_as(target) as seen:
        for one, other in zip(seen.planes, wanted, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("format", ["gray", "rgb24", "yuv420p"])
def test_the_size_told_has_room_for_rows_that_are_padded(format: str) -> None:
    """Rows of L8 are padded to 4 bytes in a buffer, though not in MFCalculateImageSize."""
    target = VideoType(format, (6, 4), stride=28)
    for type in (VideoType(format, (6, 4)), target):
        processor = _processor(type)
        processor.process_input(Sample.from_numpy(frames.noise(SOURCE), SOURCE))
        out = Sample(MediaBuffer(processor.output_stream_info().size))
        assert processor.process_output([OutputDataBuffer(sample=out)]).flow is Flow.OK
        assert out.total_length == processor.output_stream_info().size


def test_a_short_buffer_is_refused_and_the_input_kept() -> None:
    processor = _processor(VideoType("rgb24", (8, 6)))
    with pytest.raises(BufferTooSmall):
        processor.process_input(Sample(MediaBuffer(processor.input_stream_info().size - 1)))
    processor.process_input(Sample(_linear(frames.noise(SOURCE), SOURCE), time=6))
    short = Sample(MediaBuffer(processor.output_stream_info().size - 1))
    with pytest.raises(BufferTooSmall):
        processor.process_output([OutputDataBuffer(sample=short)])
    assert short.total_length == 0
    out = processor.pull()
    assert isinstance(out, Sample)
    assert out.time == 6


def test_a_missing_time_is_told_with_the_output_and_the_input_kept() -> None:
    class Timed(VideoTransform):
        formats = ("gray",)
        needs_times = True

        def process(self, src: Sample, dst: Sample) -> None:
            dst.planes[0][...] = src.planes[0]

    type = VideoType("gray", (4, 2))
    made, sample = Timed(), Sample.from_numpy([np.full((2, 4), 9, np.uint8)], type)
    negotiate(made, type)
    made.push(sample)
    for error, name in ((NoSampleTimestamp, "time"), (NoSampleDuration, "duration")):
        for _ in range(2):
            with pytest.raises(error):
                made.pull()
        setattr(sample, name, 4)
    copy = made.pull()
    assert isinstance(copy, Sample)
    assert (copy.time, copy.duration, int(copy.planes[0][0, 0])) == (4, 4, 9)


def test_flags_of_fields_pass_and_those_that_contradict_the_type_are_refused() -> None:
    made = _processor(PLAIN)
    sample = Sample.from_numpy(frames.noise(SOURCE, 1), SOURCE)
    sample.attributes["MFSampleExtension_Interlaced"] = True
    with pytest.raises(InvalidStreamData, match="progressive"):
        made.push(sample)
    sample.attributes["MFSampleExtension_Interlaced"] = False
    made.push(sample)
    copy = made.pull()
    assert isinstance(copy, Sample)
    assert copy.attributes == {"MFSampleExtension_Interlaced": False}


def test_a_picture_is_in_one_buffer() -> None:
    processor = _processor(PLAIN)
    with pytest.raises(Fail):
        processor.process_input(Sample())
    twice = [Buffer2D("nv12", (16, 10)) for _ in range(2)]
    with pytest.raises(SampleHasTooManyBuffers, match="2 buffers"):
        processor.process_input(Sample(*twice))
    processor.process_input(Sample(twice[0]))
    twice = [Buffer2D("rgb24", (16, 10)) for _ in range(2)]
    with pytest.raises(SampleHasTooManyBuffers, match="2 buffers"):
        processor.process_output([OutputDataBuffer(sample=Sample(*twice))])
    assert isinstance(processor.pull(), Sample)


def test_a_sample_that_says_it_is_something_else_is_refused() -> None:
    processor = _processor(SOURCE, RGB)
    other = VideoType("bgr24", RGB.size)
    with pytest.raises(InvalidMediaType, match=r"bgr24 16x10.*rgb24 16x10"):
        processor.process_input(Sample.from_numpy(frames.noise(other), other))
    odd, even = VideoType("yuyv422", (7, 2)), VideoType("yuyv422", (8, 2))  # of equal shapes
    processor = _processor(SOURCE, even)
    with pytest.raises(InvalidMediaType, match=r"7x2.*8x2"):
        processor.process_input(Sample.from_numpy(frames.noise(odd), odd))


def test_an_author_sees_the_negotiated_types_and_a_failure_leaves_the_sample_alone() -> None:
    seen = []

    class Curious(Invert):
        def process(self, src: Sample, dst: Sample) -> None:
            seen.append((src.type, dst.type, src.time))
            if len(seen) == 1:
                raise ZeroDivisionError

    curious = Curious()
    curious.set_input_type(RGB)
    curious.set_output_type(RGB)
    curious.process_input(Sample(Buffer2D("rgb24", RGB.size), time=3))
    out = Sample(Buffer2D("rgb24", RGB.size))
    with pytest.raises(ZeroDivisionError):
        curious.process_output([OutputDataBuffer(sample=out)])
    assert (out.type, out.total_length) == (None, 0)
    curious.process_output([OutputDataBuffer(sample=out)])
    assert seen == [(RGB, RGB, 3)] * 2
    assert out.type == RGB


@pytest.mark.parametrize("make", [Invert, lambda: EffectTransform(sepia(), device="cpu")])
def test_a_new_input_type_clears_an_output_type_that_it_cannot_become(make: Any) -> None:
    invert = make()
    invert.set_input_type(RGB)
    invert.set_output_type(RGB)
    invert.set_input_type(RGB)
    assert invert.output_current_type() == RGB
    small = VideoType("rgb24", (4, 4))
    invert.set_input_type(small, test_only=True)
    assert invert.output_current_type() == RGB
    invert.set_input_type(small)
    with pytest.raises(TransformTypeNotSet):
        invert.output_current_type()
    negotiate(invert, RGB)
    assert invert.output_current_type() == RGB


def test_an_output_type_that_was_set_first_decides() -> None:
    invert = Invert()
    invert.set_output_type(VideoType("nv12", (16, 10)))
    with pytest.raises(InvalidMediaType, match=r"cannot make nv12 16x10.*of rgb24 16x10"):
        invert.set_input_type(RGB)
    invert.set_output_type(RGB)
    invert.set_input_type(RGB)
    assert invert.output_current_type() == RGB


@pytest.mark.parametrize("type", [{"format": "rgb24"}, {"MF_MT_SUBTYPE": "RGB24"}, {}])
def test_a_partial_output_type_means_what_is_offered(type: Any) -> None:
    invert = Invert()
    source = VideoType("rgb24", (16, 10), primaries="bt709", frame_rate=25)
    invert.set_input_type(source)
    if "MF_MT_SUBTYPE" in type:  # Media Foundation's RGB24 is bgr24
        with pytest.raises(InvalidMediaType, match="cannot make bgr24"):
            invert.set_output_type(type)
        return
    invert.set_output_type(type)
    assert invert.output_current_type() == source


def test_the_conversion_is_gone_when_a_type_is_cleared() -> None:
    processor = _processor(PLAIN)
    assert processor.converter is not None
    processor.set_input_type(None)
    assert processor.converter is None


def test_effects_come_out_without_what_the_aperture_hides() -> None:
    source = VideoType("rgb24", (16, 10), aperture=(0, 1, 16, 8))
    effects = EffectTransform(device="cpu")
    effects.set_input_type(source)
    effects.set_output_type(effects.output_available_type(0))
    assert effects.output_current_type().size == (16, 8)
    planes = frames.noise(source)
    (out,) = effects.run([Sample.from_numpy(planes, source)])
    np.testing.assert_array_equal(out.planes[0], planes[0][1:9])


def test_settings_are_checked_when_they_are_given() -> None:
    with pytest.raises(InvalidArg, match="blak"):
        VideoProcessor(background="blak")
    with pytest.raises(InvalidArg, match="no effect"):
        EffectTransform("sepia")  # type: ignore[arg-type]


def test_a_decorated_function_keeps_its_home_and_its_formats_are_checked() -> None:
    @transform(formats=("rgb24",))
    def copied(src: Sample, dst: Sample) -> None:
        dst.planes[0][...] = src.planes[0]

    assert (copied.__module__, copied.__qualname__) == (__name__, copied.__qualname__)
    assert "copied" in copied.__qualname__
    with pytest.raises(InvalidMediaType, match="nearest is 'rgb24'"):
        transform(formats=("rgb42",))


def test_pictures_held_beyond_the_end_of_streaming_are_not_kept_by_the_transform() -> None:
    invert = Invert()
    invert.set_input_type(RGB)
    invert.set_output_type(RGB)
    held = list(invert.run(Sample.from_numpy(frames.noise(RGB), RGB) for _ in range(9)))
    assert len(held) == 9
    held.clear()
    assert invert._pool is not None
    assert invert._pool.free_count == 0


@pytest.mark.parametrize("options", [{}, {"effects": (sepia(x=0.5, w=0.5),), "fit": "contain"}])
@pytest.mark.parametrize("padded", [False, True])
def test_streaming_into_the_clients_own_samples_allocates_no_pixels(
    options: dict[str, Any],
    padded: bool,
) -> None:
    source, target = VideoType("nv12", (320, 240)), VideoType("rgb24", (240, 136))
    processor = VideoProcessor(device="cpu", **options)
    processor.set_input_type(source)
    processor.set_output_type(target)
    inputs = [Sample.from_numpy(frames.noise(source, seed), source) for seed in range(3)]
    if padded:
        outputs = [Sample(Buffer2D("rgb24", target.size)) for _ in range(2)]
    else:
        planes = [np.empty(shape, np.uint8) for shape in target.plane_shapes]
        outputs = [Sample.from_numpy(planes, target) for _ in range(2)]
    entries = [OutputDataBuffer(sample=sample) for sample in outputs]

    def one(index: int) -> None:
        processor.process_input(inputs[index % 3])
        assert processor.process_output([entries[index % 2]]).flow is Flow.OK

    processor.process_message(Message.BEGIN_STREAMING)
    one(0)
    tracemalloc.start()
    try:
        one(1)  # what tracing itself wakes
        before = tracemalloc.get_traced_memory()[0]
        for index in range(6):
            tracemalloc.reset_peak()
            one(index)
            assert tracemalloc.get_traced_memory()[1] - before < 4 * 4096  # a picture is 97 920
        large = [t.size for t in tracemalloc.take_snapshot().traces if t.size >= 4096]
        assert not large
    finally:
        tracemalloc.stop()
    processor.process_message(Message.END_STREAMING)


def test_a_buffer_of_another_format_is_refused_though_its_rows_would_fit() -> None:
    processor = _processor(PLAIN, PLAIN)
    with pytest.raises(InvalidArg, match=r"bgr24.*rgb24"):
        processor.process_input(Sample(Buffer2D("RGB24", PLAIN.size)))
    processor.process_input(Sample.from_numpy(frames.noise(PLAIN), PLAIN))
    with pytest.raises(InvalidArg, match=r"bgr24.*rgb24"):
        processor.process_output([OutputDataBuffer(sample=Sample(Buffer2D("bgr24", PLAIN.size)))])
    with pytest.raises(NoInterface, match="ndarray"):
        processor.process_output([OutputDataBuffer(sample=np.zeros(3))])  # type: ignore[arg-type]
    assert isinstance(processor.pull(), Sample)


def test_a_plain_buffer_that_was_written_can_be_read_as_arrays() -> None:
    target = VideoType("bgr24", (7, 6))
    processor = _processor(target)
    processor.process_input(Sample.from_numpy(frames.noise(SOURCE), SOURCE))
    out = Sample(MediaBuffer(processor.output_stream_info().size))
    processor.process_output([OutputDataBuffer(sample=out)])
    np.testing.assert_array_equal(
        out.to_numpy()[0], convert(frames.noise(SOURCE), SOURCE, target)[0]
    )
