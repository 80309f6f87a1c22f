"""Buffer2D: locks, pitches and copies as IMF2DBuffer2 has them on Windows."""

import numpy as np
import pytest

from gpumft.errors import (
    InvalidArg,
    InvalidMediaType,
    InvalidRequest,
    UnexpectedMF,
    WasUnlocked,
)
from gpumft.media import PixelFormat
from gpumft.samples import Buffer2D


def test_rows_are_padded_and_the_top_row_is_first() -> None:
    buffer = Buffer2D("nv12", (96, 4))
    locked = buffer.lock2d()
    assert (locked.scanline0, locked.pitch, locked.start) == (0, 128, 0)
    assert locked.length == buffer.max_length == 128 * 6
    assert locked.array.ctypes.data % 64 == 0


def test_a_bottom_up_picture_has_its_top_row_last() -> None:
    buffer = Buffer2D("bgr0", (3, 2), bottom_up=True)
    locked = buffer.lock2d()
    assert (locked.scanline0, locked.pitch) == (64, -64)
    buffer.planes[0][0] = 7
    assert (locked.array[64:76] == 7).all()
    assert not locked.array[:12].any()
    buffer.unlock2d()
    assert bytes(buffer.lock()) == bytes(12) + b"\7" * 12


def test_a_bottom_up_yuv_picture_is_refused() -> None:
    with pytest.raises(InvalidMediaType, match="bottom"):
        Buffer2D("nv12", (4, 4), bottom_up=True)


def test_each_2d_lock_needs_its_unlock() -> None:
    buffer = Buffer2D("gray", (4, 4))
    with pytest.raises(WasUnlocked):
        buffer.scanline0_and_pitch()
    buffer.lock2d()
    buffer.lock2d()
    buffer.unlock2d()
    assert buffer.scanline0_and_pitch() == (0, 64)
    buffer.unlock2d()
    with pytest.raises(WasUnlocked):
        buffer.unlock2d()


def test_linear_and_2d_locks_exclude_each_other() -> None:
    buffer = Buffer2D("gray", (4, 4))
    buffer.lock()
    with pytest.raises(UnexpectedMF):
        buffer.lock2d()
    with pytest.raises(WasUnlocked):
        buffer.scanline0_and_pitch()
    buffer.unlock()
    buffer.unlock()  # one too many is allowed
    buffer.lock2d()
    with pytest.raises(InvalidRequest):
        buffer.lock()


def test_linear_writes_reach_the_rows_at_the_last_unlock() -> None:
    buffer = Buffer2D("nv12", (2, 2))
    first, second = buffer.lock(), buffer.lock()
    assert len(first) == buffer.contiguous_length == 6
    first[:] = bytes(range(6))
    assert bytes(second) == bytes(range(6))
    buffer.unlock()
    assert not buffer.planes[0].any()
    buffer.unlock()
    assert buffer.planes[0].tolist() == [[0, 1], [2, 3]]
    assert buffer.planes[1].tolist() == [[[4, 5]]]


def test_lengths_are_stored_as_given() -> None:
    buffer = Buffer2D("gray", (4, 4))
    assert buffer.current_length == 0
    buffer.set_length(12345)
    assert buffer.current_length == 12345
    assert buffer.is_contiguous is False


def test_contiguous_copies_need_room_and_go_both_ways() -> None:
    buffer = Buffer2D("yuv420p", (4, 2))
    data = bytes(range(buffer.contiguous_length))
    buffer.contiguous_copy_from(data)
    back = bytearray(len(data) + 3)
    buffer.contiguous_copy_to(back)
    assert bytes(back) == data + bytes(3)
    with pytest.raises(InvalidArg):
        buffer.contiguous_copy_from(data[:-1])


def test_copy2d_needs_the_same_format_and_size() -> None:
    source, target = Buffer2D("rgb24", (3, 2)), Buffer2D("rgb24", (3, 2))
    source.planes[0][...] = 5
    source.copy2d_to(target)
    assert (target.planes[0] == 5).all()
    with pytest.raises(InvalidMediaType):
        source.copy2d_to(Buffer2D("rgb24", (2, 3)))


@pytest.mark.parametrize("name", [f for f in PixelFormat if not f.layout.packed])
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (64, 2), (65, 7)])
def test_planes_are_whole_and_do_not_overlap(name: PixelFormat, size: tuple[int, int]) -> None:
    buffer = Buffer2D(name, size)
    assert tuple(plane.shape for plane in buffer.planes) == name.plane_shapes(size)
    for index, plane in enumerate(buffer.planes):
        plane[...] = index + 1
    for index, plane in enumerate(buffer.planes):
        assert (plane == np.array(index + 1, plane.dtype)).all()


UNCONVERTED = ["YV12", "I420", "IYUV", "RGB8", "IMC1", "IMC2", "IMC3", "IMC4", "NV11", "D16"]


@pytest.mark.parametrize("name", [*UNCONVERTED, "RGB24", "NV12", "v210"])
@pytest.mark.parametrize("size", [(8, 6), (3, 2), (2, 3), (5, 5)])
def test_what_is_written_linearly_is_read_back_whatever_the_format(
    name: str, size: tuple[int, int]
) -> None:
    buffer = Buffer2D(name, size)
    view = buffer.lock()
    data = bytes(i % 250 + 1 for i in range(len(view)))
    view[:] = data
    buffer.unlock()
    locked = buffer.lock2d()
    assert (locked.array != 0).sum() == len(data)
    buffer.unlock2d()
    assert bytes(buffer.lock()) == data


def test_linear_rows_of_rgb_end_on_four_bytes() -> None:
    buffer = Buffer2D("bgr24", (3, 2))
    buffer.planes[0][0], buffer.planes[0][1] = 1, 2
    assert bytes(buffer.lock()) == b"\1" * 9 + bytes(3) + b"\2" * 9 + bytes(3)


def test_linear_chroma_rows_of_an_odd_width_are_cut_as_windows_cuts_them() -> None:
    buffer = Buffer2D("I420", (3, 2))
    for index, plane in enumerate(buffer.planes):
        plane[...] = index + 1
    assert bytes(buffer.lock()) == bytes([1] * 6 + [2, 3])


def test_formats_that_mean_the_same_are_copied() -> None:
    source = Buffer2D("NV12", [4, 2])  # type: ignore[arg-type]  # a list is a size too
    source.planes[1][...] = 9
    target = Buffer2D("nv12", (4, 2))
    source.copy2d_to(target)
    assert (target.planes[1] == 9).all()
    turned = Buffer2D("RGB8", (4, 2), bottom_up=True)
    source = Buffer2D("RGB8", (4, 2))
    source.lock2d().array[:4] = 7
    source.copy2d_to(turned)
    assert bytes(turned.lock()) == bytes(4) + b"\7" * 4


@pytest.mark.parametrize("wrong", [bytes(100), np.zeros((10, 40), np.uint8)[:, ::2], 5, None])
def test_a_target_that_cannot_be_written_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidArg):
        Buffer2D("nv12", (8, 6)).contiguous_copy_to(wrong)  # type: ignore[arg-type]
