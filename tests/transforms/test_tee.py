"""Tee: several outputs, lazy-read and discardable, that come and go while pictures flow."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.errors import (
    InvalidArg,
    InvalidMediaType,
    InvalidRequest,
    InvalidStreamNumber,
    NotAccepting,
    TransformTypeNotSet,
)
from gpumft.media import VideoType
from gpumft.mft import (
    STREAMS_UNLIMITED,
    Flow,
    Message,
    OutputBufferStatus,
    OutputDataBuffer,
    OutputStreamFlags,
    ProcessOutputFlags,
    ProcessOutputStatus,
    negotiate,
)
from gpumft.samples import Buffer2D, Sample
from gpumft.testing import frames
from gpumft.transforms import Tee

TYPE = VideoType("nv12", (16, 10))
DISCARD = ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER


def tee(outputs: int = 2, *, lazy_read: bool = True) -> Tee:
    made = Tee(outputs, lazy_read=lazy_read, device="cpu")
    negotiate(made, TYPE)
    return made


def picture(seed: int) -> Sample:
    sample = Sample.from_numpy(frames.noise(TYPE, seed=seed), TYPE, time=seed, duration=1)
    sample.attributes["name"] = seed
    return sample


def room(id: int = 0) -> OutputDataBuffer[Sample]:
    return OutputDataBuffer(id, Sample(Buffer2D("nv12", (16, 10))))


def assert_same(one: Sample | Flow | None, other: Sample) -> None:
    assert isinstance(one, Sample)
    for a, b in zip(one.to_numpy(), other.to_numpy(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_output_gets_the_picture_its_times_and_attributes() -> None:
    mft = tee(3)
    assert mft.stream_count() == (1, 3)
    assert mft.stream_ids() == ((0,), (0, 1, 2))
    assert mft.stream_limits() == (1, 1, 1, STREAMS_UNLIMITED)
    mft.process_input(picture(4))
    buffers = [room(2), room(0), room(1)]
    assert mft.process_output(buffers).flow is Flow.OK
    for buffer in buffers:
        assert_same(buffer.sample, picture(4))
        assert buffer.sample is not None
        assert (buffer.sample.time, buffer.sample.duration) == (4, 1)
        assert buffer.sample.attributes == {"name": 4}


def test_its_outputs_say_what_they_are() -> None:
    for lazy in (True, False):
        flags = tee(lazy_read=lazy).output_stream_info(1).flags
        assert OutputStreamFlags.DISCARDABLE in flags
        assert OutputStreamFlags.OPTIONAL in flags
        assert OutputStreamFlags.REMOVABLE in flags
        assert (OutputStreamFlags.LAZY_READ in flags) is lazy
    assert Tee().output_stream_info(0).flags == Tee().output_stream_info(1).flags


def test_lazy_read_input_never_waits() -> None:
    mft = tee()
    for seed in range(4):
        mft.process_input(picture(seed))
    mft.process_message(Message.DRAIN)
    mft.process_input(picture(9))
    got = mft.pull(1)
    assert_same(got, picture(9))
    assert isinstance(got, Sample)
    assert got.discontinuity, "pictures before it were dropped"
    assert_same(mft.pull(0), picture(9))


def test_without_lazy_read_a_picture_waits_until_it_is_taken_or_discarded() -> None:
    mft = tee(lazy_read=False)
    mft.process_input(picture(1))
    with pytest.raises(NotAccepting):
        mft.process_input(picture(2))
    buffers = [room(0), OutputDataBuffer[Sample](1)]
    with pytest.raises(InvalidArg):
        mft.process_output(buffers)
    assert mft.process_output(buffers, DISCARD).flow is Flow.OK
    assert_same(buffers[0].sample, picture(1))
    assert buffers[1].status == OutputBufferStatus.NO_SAMPLE
    mft.process_input(picture(2))


def test_an_output_is_added_while_pictures_flow() -> None:
    mft = tee(lazy_read=False)
    mft.process_input(picture(1))
    assert mft.add_output() == 2
    assert mft.stream_count() == (1, 2), "nobody was told yet"
    buffers = [room(0), room(1)]
    result = mft.process_output(buffers)
    assert result.flow is Flow.STREAM_CHANGE
    assert result.status == ProcessOutputStatus.NEW_STREAMS
    assert [buffer.status for buffer in buffers] == [0, 0]
    assert mft.stream_ids()[1] == (0, 1, 2)
    mft.set_output_type(TYPE, 2)
    buffers.append(room(2))
    assert mft.process_output(buffers).flow is Flow.OK
    assert_same(buffers[2].sample, picture(1))


def test_a_new_output_may_stay_deselected() -> None:
    mft = tee(lazy_read=False)
    mft.process_input(picture(1))
    new = mft.add_output()
    assert mft.process_output([room(0), room(1)]).flow is Flow.STREAM_CHANGE
    with pytest.raises(TransformTypeNotSet):
        mft.output_current_type(new)
    assert mft.process_output([room(0), room(1)]).flow is Flow.OK
    with pytest.raises(InvalidArg, match=r"\(2\), not 3"):
        mft.process_output([room(0), room(1), room(2)])


def test_an_output_ends_while_pictures_flow() -> None:
    mft = tee(3, lazy_read=False)
    mft.process_input(picture(1))
    mft.remove_output(1)
    with pytest.raises(InvalidStreamNumber):
        mft.remove_output(1)
    buffers = [room(0), room(1), room(2)]
    result = mft.process_output(buffers)
    assert (result.flow, result.status) == (Flow.OK, 0)
    assert [buffer.status for buffer in buffers] == [0, OutputBufferStatus.STREAM_END, 0]
    assert_same(buffers[2].sample, picture(1))
    assert mft.stream_ids()[1] == (0, 2)
    with pytest.raises(InvalidStreamNumber):
        mft.output_current_type(1)
    mft.process_input(picture(2))
    assert_same(mft.pull(2), picture(2))


def test_an_end_is_told_before_new_streams() -> None:
    mft = tee(lazy_read=False)
    mft.process_input(picture(1))
    new = mft.add_output()
    mft.remove_output(0)
    buffers = [room(0), room(1)]
    result = mft.process_output(buffers)
    assert (result.flow, result.status) == (Flow.STREAM_CHANGE, ProcessOutputStatus.NEW_STREAMS)
    assert [buffer.status for buffer in buffers] == [OutputBufferStatus.STREAM_END, 0]
    assert mft.stream_ids()[1] == (1, new)
    assert mft.add_output() == new + 1, "numbers are not used again"


def test_a_notice_does_not_stand_in_the_way_of_lazy_read_input() -> None:
    mft = tee()
    mft.add_output()
    for seed in range(3):
        mft.process_input(picture(seed))
    assert mft.pull() is Flow.STREAM_CHANGE
    assert_same(mft.pull(), picture(2))


def test_the_last_output_stays() -> None:
    mft = Tee(1, device="cpu")
    with pytest.raises(InvalidRequest, match="at least"):
        mft.remove_output(0)
    with pytest.raises(InvalidArg, match="nowhere"):
        Tee(0)


def test_when_no_selected_output_is_left_pictures_wait_for_one() -> None:
    mft = tee(lazy_read=False)
    mft.set_output_type(None, 1)
    mft.process_input(picture(1))
    mft.remove_output(0)
    buffer = room(0)
    assert mft.process_output([buffer]).flow is Flow.OK
    assert buffer.status == OutputBufferStatus.STREAM_END
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(picture(2))
    mft.set_output_type(TYPE, 1)
    mft.process_input(picture(2))
    assert_same(mft.pull(1), picture(2))


def test_outputs_have_the_inputs_type() -> None:
    mft = tee()
    with pytest.raises(InvalidMediaType):
        mft.set_output_type(VideoType("rgb24", (16, 10)), 1)
    mft.set_input_type(VideoType("rgb24", (16, 10)))
    for id in (0, 1):
        with pytest.raises(TransformTypeNotSet):
            mft.output_current_type(id)


def test_one_selected_output_is_run_like_any_other_transform() -> None:
    mft = tee()
    mft.set_output_type(None, 0)
    got = list(mft.run(picture(seed) for seed in range(3)))
    assert [sample.time for sample in got] == [0, 1, 2]


def test_pictures_outside_the_output_bounds_are_dropped() -> None:
    mft = tee()
    mft.set_output_type(None, 0)
    mft.set_output_bounds(2, 3)
    got = list(mft.run(picture(seed) for seed in range(6)))
    assert [(sample.time, sample.discontinuity) for sample in got] == [
        (1, True),
        (2, False),
        (3, False),
    ]
