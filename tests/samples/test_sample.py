"""Sample: what Windows' IMFSample does, and pictures in it."""

import numpy as np
import pytest

from gpumft.errors import (
    BufferTooSmall,
    InvalidArg,
    InvalidMediaType,
    NoSampleDuration,
    NoSampleTimestamp,
    Unexpected,
)
from gpumft.media import VideoType
from gpumft.samples import MediaBuffer, Sample


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
