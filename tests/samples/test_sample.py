"""Sample: what Windows' IMFSample does, and pictures in it."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from gpumft.device import Pool
from gpumft.errors import (
    BufferTooSmall,
    InvalidArg,
    InvalidMediaType,
    InvalidRequest,
    NoSampleDuration,
    NoSampleTimestamp,
    SampleAllocatorEmpty,
    Unexpected,
)
from gpumft.media import VideoType
from gpumft.samples import Buffer2D, MediaBuffer, Sample


def _filled(data: bytes) -> MediaBuffer:
    buffer = MediaBuffer(len(data))
    buffer.lock()[:] = data
    buffer.set_length(len(data))
    return buffer


def test_times_are_unset_at_first_and_asking_raises() -> None:
    sample = Sample()
    assert (sample.time, sample.duration, sample.flags) == (None, None, 0)
    with pytest.raises(NoSampleTimestamp):
        sample.get_time()
    with pytest.raises(NoSampleDuration):
        sample.get_duration()


def test_buffers_are_kept_in_order_and_may_repeat() -> None:
    first, second = _filled(b"abc"), _filled(b"defg")
    sample = Sample(first)
    sample.add_buffer(second)
    sample.add_buffer(first)
    assert (sample.buffer_count, sample.total_length) == (3, 10)
    sample.remove_buffer(0)
    assert sample.buffer_by_index(0) is second
    for index in (2, -1):
        with pytest.raises(InvalidArg):
            sample.buffer_by_index(index)
        with pytest.raises(InvalidArg):
            sample.remove_buffer(index)


def test_copy_to_buffer_joins_and_refuses_what_does_not_fit() -> None:
    sample = Sample(_filled(b"abc"), _filled(b"defg"))
    target = MediaBuffer(9)
    sample.copy_to_buffer(target)
    assert bytes(target.lock()[: target.current_length]) == b"abcdefg"
    small = _filled(b"xxxxxx")
    with pytest.raises(BufferTooSmall, match=r"7 bytes.*6"):
        sample.copy_to_buffer(small)
    assert (bytes(small.lock()), small.current_length) == (b"xxxxxx", 0)
    empty = _filled(b"zz")
    Sample().copy_to_buffer(empty)
    assert empty.current_length == 0


def test_contiguous_buffer_is_the_only_one_or_a_joined_one() -> None:
    with pytest.raises(Unexpected):
        Sample().contiguous_buffer()
    only = _filled(b"abc")
    assert Sample(only).contiguous_buffer() is only
    sample = Sample(only, _filled(b"defg"))
    joined = sample.contiguous_buffer()
    assert sample.buffer_count == 1
    assert (joined.max_length, joined.current_length) == (7, 7)
    assert bytes(joined.lock()) == b"abcdefg"


def test_discontinuity_and_clean_point_are_views_of_the_attributes() -> None:
    sample = Sample(attributes={"MFSampleExtension_CleanPoint": 1})
    assert sample.clean_point
    assert not sample.discontinuity
    sample.discontinuity = True
    assert sample.attributes["MFSampleExtension_Discontinuity"] is True


def test_a_sample_over_numpy_planes_does_not_copy_them() -> None:
    type_ = VideoType("nv12", (5, 3))
    planes = [np.zeros((3, 5), np.uint8), np.zeros((2, 3, 2), np.uint8)]
    sample = Sample.from_numpy(planes, type_, time=7, duration=2)
    assert sample.planes[1] is planes[1]
    assert (sample.time, sample.duration, sample.type) == (7, 2, type_)
    copied = sample.to_numpy()
    planes[0][0, 0] = 9
    assert copied[0][0, 0] == 0
    assert sample.total_length == 15 + 12


def test_planes_that_do_not_fit_are_refused_with_both_sides() -> None:
    type_ = VideoType("nv12", (5, 3))
    with pytest.raises(InvalidArg, match="1 planes given, nv12 has 2"):
        Sample.from_numpy([np.zeros((3, 5), np.uint8)], type_)
    with pytest.raises(InvalidArg, match=r"\(2, 2, 2\).*\(2, 3, 2\)"):
        Sample.from_numpy([np.zeros((3, 5), np.uint8), np.zeros((2, 2, 2), np.uint8)], type_)


def test_linear_access_to_planes_is_written_back() -> None:
    planes = [np.zeros((2, 4), np.uint8)[:, ::2]]
    sample = Sample.from_numpy(planes, VideoType("gray", (2, 2)))
    buffer = sample.buffer_by_index(0)
    buffer.lock()[:] = b"abcd"
    buffer.unlock()
    assert planes[0].tolist() == [[97, 98], [99, 100]]


@pytest.mark.parametrize("name", ["rgb24", "bgra", "gbrp"])
def test_a_tensor_is_in_the_order_r_g_b_a(name: str) -> None:
    type_ = VideoType(name, (2, 1))
    planes = [np.zeros(shape, np.uint8) for shape in type_.plane_shapes]
    sample = Sample.from_numpy(planes, type_)
    for value, letter in enumerate("rgba", 1):
        found = type_.format.layout.component(letter)
        if found is not None:
            plane = planes[found.plane]
            (plane if plane.ndim == 2 else plane[..., found.offset])[...] = value
    tensor = sample.as_tensor()
    assert tensor[:, 0, 0].tolist() == [1, 2, 3, 4][: len(tensor)]


def test_a_tensor_of_yuv_is_refused() -> None:
    sample = Sample.from_numpy([np.zeros((1, 1), np.uint8)], VideoType("gray", (1, 1)))
    with pytest.raises(InvalidMediaType, match="rgb24"):
        sample.as_tensor()
    with pytest.raises(InvalidMediaType, match="no picture"):
        _ = Sample(MediaBuffer(3)).planes


def test_with_releases_the_buffers() -> None:
    with Sample(MediaBuffer(1)) as sample:
        assert sample.buffer_count == 1
    assert sample.buffer_count == 0


def test_each_reference_needs_its_release() -> None:
    sample = Sample(MediaBuffer(1))
    assert (sample.add_ref(), sample.add_ref()) == (2, 3)
    with sample:
        assert sample.release() == 2
    assert (sample.buffer_count, sample.release()) == (1, 0)
    assert (sample.buffer_count, sample.release()) == (0, 0)
    with pytest.raises(InvalidRequest, match="was released"):
        sample.add_ref()


def test_a_picture_of_two_holders_is_lent_until_both_are_done() -> None:
    type = VideoType("gray", (4, 2))
    pool = Pool(type, "cpu", maximum=1)
    sample = Sample.from_surface(pool.acquire())
    sample.add_ref()
    sample.release()
    with pytest.raises(SampleAllocatorEmpty):
        pool.acquire(0)
    sample.release()
    pool.acquire(0).release()


def test_a_padded_picture_is_copied_as_its_linear_view() -> None:
    picture = Buffer2D("nv12", (8, 6))
    picture.planes[0][...] = 3
    picture.set_length(picture.max_length)  # more than the linear view has
    target = MediaBuffer(1000)
    Sample(picture).copy_to_buffer(target)
    assert target.current_length == picture.contiguous_length == 72
    assert bytes(target.lock()[:72]) == b"\3" * 48 + bytes(24)
    assert Sample(picture, picture).contiguous_buffer().current_length == 144


def test_a_padded_picture_takes_no_more_than_its_linear_view() -> None:
    picture = Buffer2D("nv12", (8, 6))
    with pytest.raises(BufferTooSmall, match=r"73 bytes.*72"):
        Sample(_filled(bytes(73))).copy_to_buffer(picture)
    assert picture.current_length == 0
    picture.lock2d()  # no linear lock is left behind
    picture.unlock2d()
    Sample(_filled(b"\5" * 10)).copy_to_buffer(picture)
    assert picture.planes[0].tolist()[:2] == [[5] * 8, [5, 5, 0, 0, 0, 0, 0, 0]]


@pytest.mark.parametrize("wrong", [None, b"abc", np.zeros(3, np.uint8)])
def test_what_is_no_buffer_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidArg, match="no buffer"):
        Sample(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidArg, match="no buffer"):
        Sample().add_buffer(wrong)  # type: ignore[arg-type]


def test_times_may_be_seconds_that_say_so() -> None:
    sample = Sample(time=timedelta(seconds=1), duration=Fraction(1, 25))
    assert (sample.time, sample.duration) == (10_000_000, 400_000)
    with pytest.raises(InvalidArg, match="unit"):
        Sample(time=1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("planes", [None, 5, [[[1], [1, 2]]]])
def test_what_are_no_planes_is_refused(planes: Any) -> None:
    with pytest.raises(InvalidArg, match="array"):
        Sample.from_numpy(planes, VideoType("gray", (2, 2)))
    with pytest.raises(InvalidArg, match="VideoType"):
        Sample.from_numpy([np.zeros((2, 2), np.uint8)], "gray")  # type: ignore[arg-type]


class Bytes:
    """A user's own buffer, which lends a copy and takes it back at the end."""

    def __init__(self, length: int) -> None:
        self.kept, self.max_length, self.current_length = bytes(length), length, 0
        self.lent: bytearray | None = None

    def set_length(self, length: int) -> None:
        self.current_length = length

    def lock(self) -> memoryview:
        self.lent = self.lent or bytearray(self.kept)
        return memoryview(self.lent)

    def unlock(self) -> None:
        if self.lent is not None:
            self.kept, self.lent = bytes(self.lent), None


def test_a_users_own_buffer_is_seen_as_a_picture_while_it_is_locked() -> None:
    type_ = VideoType("nv12", (4, 2))
    sample = Sample(Bytes(12), time=5)
    with sample.seen_as(type_) as seen:
        assert (seen.time, seen.type) == (5, type_)
        seen.planes[1][...] = 7
        seen.attributes["x"] = 1
    assert sample.buffer_by_index(0).kept == bytes(8) + b"\7" * 4  # type: ignore[attr-defined]
    assert sample.attributes == {"x": 1}
    small = Sample(Bytes(11))
    with pytest.raises(BufferTooSmall, match=r"11 bytes.*12"), small.seen_as(type_):
        pass
    assert small.buffer_by_index(0).lent is None  # type: ignore[attr-defined]


def test_linear_rgb_is_bottom_up_unless_the_type_says_otherwise() -> None:
    data = bytes(range(24))
    rows = {}
    for stride in (None, 12):
        type_ = VideoType("bgr24", (3, 2), stride=stride)
        with Sample(_filled(data)).seen_as(type_) as seen:
            rows[stride] = seen.planes[0][:, :, 0].tolist()
    assert rows == {None: [[12, 15, 18], [0, 3, 6]], 12: [[0, 3, 6], [12, 15, 18]]}
