"""The reference's reading and writing of planes against bytes laid out by hand."""

import numpy as np
import pytest

from gpumft.errors import InvalidArg
from gpumft.media import PixelFormat, VideoType
from gpumft.testing import frames
from gpumft.testing.reference_planes import pack, unpack

# One pixel or one pair, elements in memory order, and the codes that they hold.
LAYOUTS = [
    ("rgb24", [1, 2, 3], {"r": [1], "g": [2], "b": [3]}),
    ("bgr24", [1, 2, 3], {"b": [1], "g": [2], "r": [3]}),
    ("rgba", [1, 2, 3, 4], {"r": [1], "g": [2], "b": [3], "a": [4]}),
    ("bgra", [1, 2, 3, 4], {"b": [1], "g": [2], "r": [3], "a": [4]}),
    ("argb", [1, 2, 3, 4], {"a": [1], "r": [2], "g": [3], "b": [4]}),
    ("bgr0", [1, 2, 3, 255], {"b": [1], "g": [2], "r": [3]}),
    ("vuya", [1, 2, 3, 4], {"v": [1], "u": [2], "y": [3], "a": [4]}),
    ("y416le", [1, 2, 3, 4], {"u": [1], "y": [2], "v": [3], "a": [4]}),
    ("xv36le", [16, 32, 48, 0xFFF0], {"u": [1], "y": [2], "v": [3]}),
    ("yuyv422", [1, 2, 3, 4], {"y": [1, 3], "u": [2], "v": [4]}),
    ("uyvy422", [1, 2, 3, 4], {"u": [1], "y": [2, 4], "v": [3]}),
    ("yvyu422", [1, 2, 3, 4], {"y": [1, 3], "v": [2], "u": [4]}),
    ("y210le", [64, 128, 192, 0xFFC0], {"y": [1, 3], "u": [2], "v": [1023]}),
    ("rgb565le", [0b00001_000010_00011], {"r": [1], "g": [2], "b": [3]}),
    ("rgb555le", [0b0_00001_00010_00011], {"r": [1], "g": [2], "b": [3]}),
    ("x2rgb10le", [3 << 30 | 1 << 20 | 2 << 10 | 3], {"r": [1], "g": [2], "b": [3]}),
    ("x2bgr10le", [3 << 30 | 1 << 20 | 2 << 10 | 3], {"b": [1], "g": [2], "r": [3]}),
    ("xv30le", [3 << 30 | 1 << 20 | 2 << 10 | 3], {"v": [1], "y": [2], "u": [3]}),
]


@pytest.mark.parametrize(("format_", "elements", "codes"), LAYOUTS, ids=lambda v: str(v)[:12])
def test_layouts(format_: str, elements: list[int], codes: dict[str, list[int]]) -> None:
    pixels = PixelFormat(format_)
    size = (max(len(values) for values in codes.values()), 1)
    type_ = VideoType(pixels, size)
    plane = np.array(elements, type_.plane_dtypes[0]).reshape(type_.plane_shapes[0])
    found = unpack([plane], pixels, size)
    assert {name: values[0].tolist() for name, values in found.items()} == codes
    (packed,) = pack(found, pixels, size)
    assert packed.dtype == plane.dtype
    assert packed.tolist() == plane.tolist()


def test_nv12_chroma_is_interleaved() -> None:
    luma, chroma = np.arange(9, dtype=np.uint8).reshape(3, 3), np.arange(8, dtype=np.uint8)
    found = unpack([luma, chroma.reshape(2, 2, 2)], PixelFormat.NV12, (3, 3))
    assert found["u"].tolist() == [[0, 2], [4, 6]]
    assert found["v"].tolist() == [[1, 3], [5, 7]]
    swapped = unpack([luma, chroma.reshape(2, 2, 2)], PixelFormat.NV21, (3, 3))
    assert swapped["v"].tolist() == [[0, 2], [4, 6]]


def test_p010_keeps_its_value_in_the_high_bits() -> None:
    planes = [np.array([[0xFFFF]], np.uint16), np.array([[[0x1FF, 64]]], np.uint16)]
    found = unpack(planes, PixelFormat.P010LE, (1, 1))
    assert [found[n].item() for n in "yuv"] == [1023, 7, 1]
    assert pack(found, PixelFormat.P010LE, (1, 1))[0].item() == 0xFFC0


def test_v210_words() -> None:
    # Six pixels: Cb0 Y0 Cr0 | Y1 Cb1 Y2 | Cr1 Y3 Cb2 | Y4 Cr2 Y5, ten bits each from the lowest.
    codes = {"y": [[1, 2, 3, 4, 5, 6]], "u": [[7, 8, 9]], "v": [[10, 11, 1023]]}
    (plane,) = pack(codes, PixelFormat.V210, (6, 1))
    assert plane.shape == (1, 32)
    fields = [[7, 1, 10], [2, 8, 3], [11, 4, 9], [5, 1023, 6]]
    assert plane[0, :4].tolist() == [a | b << 10 | c << 20 for a, b, c in fields]
    assert not plane[0, 4:].any()
    found = unpack([plane | np.uint32(3 << 30)], PixelFormat.V210, (6, 1))
    assert {name: values.tolist() for name, values in found.items()} == codes


def test_odd_packed_422_repeats_the_last_luma() -> None:
    codes = {"y": [[1, 2, 3]], "u": [[4, 5]], "v": [[6, 7]]}
    (plane,) = pack(codes, PixelFormat.YUYV422, (3, 1))
    assert plane.tolist() == [[[1, 4, 2, 6], [3, 5, 3, 7]]]
    (words,) = pack(codes, PixelFormat.V210, (3, 1))
    assert words[0, :4].tolist() == [4 | 1 << 10 | 6 << 20, 2 | 5 << 10 | 3 << 20, 7 | 3 << 10, 0]


@pytest.mark.parametrize("format_", PixelFormat)
def test_pack_undoes_unpack(format_: PixelFormat) -> None:
    type_ = VideoType(format_, (7, 5))
    codes = unpack(frames.noise(type_), format_, type_.size)
    planes = pack(codes, format_, type_.size)
    assert [p.shape for p in planes] == list(type_.plane_shapes)
    assert [p.dtype for p in planes] == list(type_.plane_dtypes)
    again = unpack(planes, format_, type_.size)
    for name, values in codes.items():
        assert np.array_equal(values, again[name])


@pytest.mark.parametrize(
    "planes",
    [
        [],
        [np.zeros((2, 2), np.uint8)],
        [np.zeros((2, 3), np.uint16)],
        [np.zeros((2, 3, 1), np.uint8)],
        [np.zeros((2, 3), np.uint8)] * 2,
    ],
)
def test_planes_that_do_not_fit_are_refused(planes: list[np.ndarray]) -> None:
    with pytest.raises(InvalidArg, match="plane"):
        unpack(planes, PixelFormat.GRAY, (3, 2))


def test_strided_and_read_only_planes_are_read() -> None:
    whole = np.arange(60, dtype=np.uint8).reshape(6, 10)
    whole.setflags(write=False)
    view = whole[::-2, 1::3]
    assert np.array_equal(unpack([view], PixelFormat.GRAY, (3, 3))["y"], view)
