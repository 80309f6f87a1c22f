"""VideoProcessor: the protocol and the pixels together."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from gpumft.effects import sepia
from gpumft.errors import (
    AttributeNotFound,
    InvalidArg,
    InvalidMediaType,
    NoInterface,
    NoMoreTypes,
    NotAccepting,
    TransformTypeNotSet,
)
from gpumft.media import PartialType, VideoType
from gpumft.mft import Flow, Message, OutputDataBuffer, OutputStreamFlags
from gpumft.ops import Converter, convert
from gpumft.samples import Buffer2D, Sample
from gpumft.testing import bounds, frames
from gpumft.transforms import CONVERTIBLE, EffectTransform, VideoProcessor

SOURCE = VideoType("nv12", (16, 10), frame_rate=25)
TARGET = {"format": "rgb24", "size": (8, 6)}


def _ready(**options: Any) -> VideoProcessor:
    processor = VideoProcessor(device="cpu", **options)
    processor.set_input_type(SOURCE)
    processor.set_output_type(TARGET)
    return processor


def _sample(seed: int = 0, time: int = 0) -> Sample:
    return Sample.from_numpy(frames.noise(SOURCE, seed), SOURCE, time=time, duration=400000)


def test_types_are_offered_as_the_video_processor_mft_offers_them() -> None:
    processor = VideoProcessor(device="cpu")
    assert processor.available_input_types() == tuple(PartialType(format=f) for f in CONVERTIBLE)
    with pytest.raises(NoMoreTypes):
        processor.output_available_type(0)
    processor.set_input_type(SOURCE)
    assert processor.output_available_type(0) == PartialType(format="nv12")
    assert len(processor.available_output_types()) == len(CONVERTIBLE)


def test_what_the_output_type_leaves_out_comes_from_the_input() -> None:
    processor = _ready()
    out = processor.output_current_type()
    assert (out.format, out.size, out.frame_rate) == ("rgb24", (8, 6), Fraction(25))


def test_either_type_may_be_set_first() -> None:
    processor = VideoProcessor(device="cpu")
    processor.set_output_type(VideoType("rgb24", (8, 6)))
    processor.set_input_type(SOURCE)
    processor.push(_sample())
    assert isinstance(processor.pull(), Sample)


def test_an_output_type_without_format_needs_an_input_type() -> None:
    with pytest.raises(AttributeNotFound, match="format"):
        VideoProcessor(device="cpu").set_output_type({"size": (8, 6)})


def test_the_pixels_are_those_of_convert_and_right() -> None:
    processor = _ready(filter="lanczos3", effects=(sepia(x=0.5, w=0.5),))
    processor.push(_sample())
    out = processor.pull()
    assert isinstance(out, Sample)
    options: dict[str, Any] = {"filter": "lanczos3", "effects": (sepia(x=0.5, w=0.5),)}
    planes = frames.noise(SOURCE)
    np.testing.assert_array_equal(out.planes[0], convert(planes, SOURCE, TARGET, **options)[0])
    resolved = Converter(SOURCE, TARGET, device="cpu").target
    assert out.type == resolved
    bounds.check(out.planes, planes, SOURCE, resolved, **options)


def test_the_client_allocates_on_the_cpu_and_may_use_its_own_buffer() -> None:
    processor = _ready()
    info = processor.output_stream_info()
    assert not info.flags & OutputStreamFlags.PROVIDES_SAMPLES
    assert info.size == 24 * 6
    processor.process_input(_sample())
    buffer = Buffer2D("rgb24", (8, 6))
    entry = OutputDataBuffer(sample=Sample(buffer))
    assert processor.process_output([entry]).flow is Flow.OK
    (wanted,) = convert(frames.noise(SOURCE), SOURCE, TARGET)
    np.testing.assert_array_equal(buffer.planes[0], wanted)
    assert buffer.current_length == buffer.contiguous_length == info.size


def test_a_bottom_up_buffer_holds_the_same_picture() -> None:
    processor = VideoProcessor(device="cpu")
    processor.set_input_type(SOURCE)
    processor.set_output_type({"format": "bgra", "size": (8, 6)})
    processor.process_input(_sample())
    buffer = Buffer2D("bgra", (8, 6), bottom_up=True)
    processor.process_output([OutputDataBuffer(sample=Sample(buffer))])
    wanted = convert(frames.noise(SOURCE), SOURCE, {"format": "bgra", "size": (8, 6)})
    np.testing.assert_array_equal(buffer.planes[0], wanted[0])


def test_a_wrong_output_buffer_keeps_the_input_for_a_second_try() -> None:
    processor = _ready()
    processor.process_input(_sample(time=7))
    for wrong in (Sample(), Sample(Buffer2D("rgb24", (8, 5))), Sample(Buffer2D("nv12", (8, 6)))):
        with pytest.raises(InvalidArg):
            processor.process_output([OutputDataBuffer(sample=wrong)])
    out = processor.pull()
    assert isinstance(out, Sample)
    assert out.time == 7


def test_a_wrong_input_is_refused_and_loses_nothing() -> None:
    processor = _ready()
    other = VideoType("nv12", (16, 8))
    planes = Sample.from_numpy(frames.noise(other), other)
    with pytest.raises(InvalidMediaType, match=r"nv12 16x8.*nv12 16x10"):
        processor.process_input(planes)
    planes.type = None
    with pytest.raises(InvalidArg, match=r"\(8, 16\).*\(10, 16\)"):
        processor.process_input(planes)
    with pytest.raises(NoInterface, match="from_numpy"):
        processor.process_input(frames.noise(SOURCE))  # type: ignore[arg-type]
    processor.process_input(_sample(time=3))
    with pytest.raises(NotAccepting):
        processor.process_input(_sample())
    assert processor.pull().time == 3  # type: ignore[union-attr]


def test_a_run_keeps_times_attributes_and_exact_stamps() -> None:
    def source() -> list[Sample]:
        made = []
        for index in range(5):
            sample = _sample(index, index * 400000)
            sample.pts, sample.time_base = index * 1001, Fraction(1, 30000)
            sample.attributes["MFSampleExtension_Token"] = index
            made.append(sample)
        return made

    out = list(_ready().run(source()))
    assert [s.time for s in out] == [i * 400000 for i in range(5)]
    assert [(s.pts, s.time_base) for s in out] == [(i * 1001, Fraction(1, 30000)) for i in range(5)]
    assert [s.attributes["MFSampleExtension_Token"] for s in out] == list(range(5))


def test_outputs_that_are_kept_are_not_overwritten() -> None:
    out = list(_ready().run(_sample(seed) for seed in range(6)))
    for seed, sample in enumerate(out):
        (wanted,) = convert(frames.noise(SOURCE, seed), SOURCE, TARGET)
        np.testing.assert_array_equal(sample.planes[0], wanted)


def test_unbuilt_and_unknown_things_are_refused_at_negotiation() -> None:
    processor = VideoProcessor(device="cpu")
    processor.set_input_type(SOURCE)
    with pytest.raises(InvalidMediaType, match="interlace"):
        processor.set_output_type(VideoType("rgb24", (8, 6), interlace="upper"))
    with pytest.raises(TransformTypeNotSet):
        processor.output_current_type()
    with pytest.raises(InvalidArg, match="did you mean filter"):
        VideoProcessor(filtre="area")
    with pytest.raises(InvalidArg, match="lanczos3"):
        VideoProcessor(filter="lanczos")
    late = VideoProcessor(device="cpu", crop=(0, 0, 99, 99))
    late.set_input_type(SOURCE)
    with pytest.raises(InvalidMediaType, match="crop"):
        late.set_output_type(TARGET)


def test_a_device_can_be_given_by_message() -> None:
    from gpumft.device import open_device

    processor = _ready()
    processor.process_message(Message.SET_DEVICE_MANAGER, open_device("cpu", threads=1))
    with pytest.raises(NoInterface, match="open_device"):
        processor.process_message(Message.SET_DEVICE_MANAGER, "a string")
    assert len(list(processor.run([_sample()]))) == 1


def test_types_may_change_between_samples() -> None:
    processor = _ready()
    assert len(list(processor.run([_sample()]))) == 1
    processor.set_output_type({"format": "gray", "size": (4, 4)})
    (out,) = processor.run([_sample()])
    assert out.planes[0].shape == (4, 4)


def test_an_effect_transform_keeps_the_type() -> None:
    transform = EffectTransform(sepia(), device="cpu")
    transform.set_input_type(SOURCE)
    with pytest.raises(InvalidMediaType, match="cannot make"):
        transform.set_output_type(VideoType("rgb24", (8, 6)))
    transform.set_output_type(transform.output_available_type(0))
    (out,) = transform.run([_sample()])
    assert out.type is not None
    assert (out.type.format, out.type.size) == ("nv12", (16, 10))
