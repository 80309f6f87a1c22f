"""Transcripts: rows of the contract that concern pictures, types and buffers together."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

from gpumft.errors import (
    AttributeNotFound,
    CannotChangeMediaTypeWhileProcessing,
    InvalidArg,
    InvalidMediaType,
    NotAccepting,
    TransformTypeNotSet,
)
from gpumft.media import VideoType
from gpumft.media.guids import VIDEO
from gpumft.mft import Flow, Message, OutputDataBuffer, OutputStreamFlags
from gpumft.samples import Buffer2D, LockFlags, Sample
from gpumft.testing import frames
from gpumft.transforms import VideoProcessor
from tests.scenarios.actors import Copier, Token, typed

SOURCE, TARGET = VideoType("nv12", (16, 10)), VideoType("rgb24", (8, 6))
WHOLE = {"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_SUBTYPE": "NV12", "MF_MT_FRAME_SIZE": (16, 10)}


def pulled(mft: VideoProcessor) -> Sample:
    got = mft.pull()
    assert isinstance(got, Sample)
    return got


def processor(source: VideoType = SOURCE, target: VideoType = TARGET) -> VideoProcessor:
    made = VideoProcessor(device="cpu")
    made.set_input_type(source)
    made.set_output_type(target)
    return made


def picture(type: VideoType = SOURCE, seed: int = 0) -> Sample:
    return Sample.from_numpy(frames.noise(type, seed), type, time=seed)


# --- Types ---


@pytest.mark.parametrize("missing", ["MF_MT_SUBTYPE", "MF_MT_FRAME_SIZE"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_a_mandatory_attribute_is_missing(missing: str, side: str) -> None:
    mft = VideoProcessor(device="cpu")
    set_type = getattr(mft, f"set_{side}_type")
    with pytest.raises(AttributeNotFound, match=missing):
        set_type({key: value for key, value in WHOLE.items() if key != missing})
    with pytest.raises(TransformTypeNotSet):
        getattr(mft, f"{side}_current_type")()
    set_type(WHOLE)


def test_the_word_compressed_means_nothing() -> None:
    mft = VideoProcessor(device="cpu")
    mft.set_input_type(WHOLE | {"MF_MT_COMPRESSED": 1})
    assert mft.input_current_type().format == "nv12"


def test_a_processor_tells_sizes_only_once_it_has_types() -> None:
    mft = VideoProcessor(device="cpu")
    assert (mft.input_stream_info().size, mft.output_stream_info().size) == (0, 0)
    mft.set_input_type(SOURCE)
    mft.set_output_type(TARGET)
    assert (mft.input_stream_info().size, mft.output_stream_info().size) == (240, 144)


def test_a_provider_tells_the_real_size_too() -> None:
    class Provider(VideoProcessor):
        def _output_info(self, id: int) -> Any:
            info = super()._output_info(id)
            return type(info)(info.flags | OutputStreamFlags.PROVIDES_SAMPLES, info.size)

    mft = Provider(device="cpu")
    mft.set_input_type(SOURCE)
    mft.set_output_type(TARGET)
    assert mft.output_stream_info().size == 144


def test_the_clients_way_to_another_input_type_without_dynamic_change() -> None:
    mft = processor()
    assert "MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE" not in mft.attributes
    mft.process_input(picture(seed=1))
    other = VideoType("yuv420p", (32, 20))
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        mft.set_input_type(other, test_only=True)
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        mft.set_input_type(other)
    (last,) = mft.drain()
    assert last.time == 1
    mft.set_input_type(other)
    mft.set_output_type(TARGET)
    mft.process_input(picture(other, 2))
    assert pulled(mft).time == 2


# --- Data ---


def test_an_accepted_sample_is_held_until_it_was_used() -> None:
    mft = processor()
    for way in ("taken", "flushed"):
        sample = picture()
        watch = weakref.ref(sample)
        mft.process_input(sample)
        del sample
        gc.collect()
        assert watch() is not None
        if way == "taken":
            out = [OutputDataBuffer(0, Sample(Buffer2D("rgb24", TARGET.size)))]
            assert mft.process_output(out).flow is Flow.OK
        else:
            mft.process_message(Message.FLUSH)
        gc.collect()
        assert watch() is None


def test_a_refused_sample_is_not_held() -> None:
    mft = processor()
    mft.process_input(picture())
    sample = picture(seed=1)
    watch = weakref.ref(sample)
    with pytest.raises(NotAccepting):
        mft.process_input(sample)
    del sample
    gc.collect()
    assert watch() is None


def test_an_output_sample_without_a_buffer_keeps_the_input() -> None:
    mft = processor()
    mft.process_input(picture(seed=7))
    with pytest.raises(InvalidArg, match="no buffer"):
        mft.process_output([OutputDataBuffer(0, Sample())])
    assert pulled(mft).time == 7


@pytest.mark.parametrize("param", [0, 1, 99, None, "anything"])
def test_a_synchronous_drain_takes_any_parameter(param: object) -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    mft.process_message(Message.DRAIN, param)
    assert mft.pull().value == 1


# --- Buffers ---


def test_a_compressed_format_has_no_2d_buffer() -> None:
    with pytest.raises(InvalidMediaType, match="H264"):
        Buffer2D("H264", (16, 16))


@pytest.mark.parametrize("flags", LockFlags)
def test_in_host_memory_the_flags_of_a_lock_mean_nothing(flags: LockFlags) -> None:
    buffer = Buffer2D("gray", (4, 1))
    locked = buffer.lock2d(flags)
    locked.array[:4] = (1, 2, 3, 4)
    assert buffer.lock2d(LockFlags.READ).array[:4].tolist() == [1, 2, 3, 4]
    buffer.unlock2d()
    buffer.unlock2d()
    assert bytes(buffer.lock()) == bytes((1, 2, 3, 4))


PLACES = {
    # format: bytes from the first row to each plane, in rows of the pitch; and the pitches
    "nv12": ((0, 1), (6, 1)),
    "nv21": ((0, 1), (6, 1)),
    "p010le": ((0, 1), (6, 1)),
    "p016le": ((0, 1), (6, 1)),
    "p210le": ((0, 1), (6, 1)),
    "p216le": ((0, 1), (6, 1)),
    "yuv420p": ((0, 1), (6, 0.5), (7.5, 0.5)),
}


@pytest.mark.parametrize("format", PLACES)
def test_planes_follow_each_other_in_media_foundations_order(format: str) -> None:
    buffer = Buffer2D(format, (8, 6))
    locked = buffer.lock2d()
    start = locked.array.ctypes.data
    found = [
        ((plane.ctypes.data - start) / locked.pitch, plane.strides[0] / locked.pitch)
        for plane in buffer.planes
    ]
    assert found == list(PLACES[format])
    chroma = buffer.planes[1]
    assert len(chroma) == (6 if format.startswith("p2") else 3)


@pytest.mark.parametrize(("format", "shift"), [("p010le", 6), ("p210le", 6), ("y210le", 6)])
def test_ten_bits_lie_high_and_the_low_ones_are_not_looked_at(format: str, shift: int) -> None:
    source, target = VideoType(format, (8, 6)), VideoType("yuv444p16le", (8, 6))
    planes = [np.left_shift(p >> shift, shift) for p in frames.noise(source)]
    dirty = [plane | ((1 << shift) - 1) for plane in planes]
    mft = processor(source, target)
    outputs = []
    for each in (planes, dirty):
        mft.process_input(Sample.from_numpy(each, source))
        outputs.append(pulled(mft).to_numpy())
    for one, other in zip(*outputs, strict=True):
        np.testing.assert_array_equal(one, other)
