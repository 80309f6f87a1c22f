from typing import Any

import numpy as np
import pytest

from gpumft.media import PixelFormat

# v210 packs six pixels in four words, which offset, step and shift cannot say.
ADDRESSED = [format for format in PixelFormat if format is not PixelFormat.V210]


@pytest.mark.parametrize("format", ADDRESSED)
@pytest.mark.parametrize("size", [(8, 4), (7, 3), (1, 1)])
def test_components_lie_inside_their_planes_and_do_not_overlap(format: Any, size: Any) -> None:
    layout = format.layout
    marks = []
    for shape, dtype in zip(format.plane_shapes(size), format.plane_dtypes(), strict=True):
        marks.append(np.zeros((shape[0], int(np.prod(shape[1:])), dtype.itemsize * 8), np.uint8))
    for part in layout.components:
        columns, rows = part.size(size)
        for row in range(rows):
            for i in range(columns):
                element = marks[part.plane][row, part.offset + i * part.step]
                assert len(element[part.shift : part.shift + part.depth]) == part.depth
                element[part.shift : part.shift + part.depth] += 1
    assert max(int(mark.max()) for mark in marks) == 1


@pytest.mark.parametrize("format", list(PixelFormat))
def test_kinds_and_components_agree(format: Any) -> None:
    names = {c.name for c in format.layout.components} - {"x", "a"}
    assert names == {"yuv": set("yuv"), "rgb": set("rgb"), "gray": {"y"}}[format.layout.kind]
    assert [format.is_yuv, format.is_rgb, format.is_gray].count(True) == 1
    assert format.planes == len(format.plane_dtypes()) == len(format.plane_shapes((4, 4)))


@pytest.mark.parametrize(
    ("name", "depth", "alpha", "sub", "planes"),
    [
        ("gray10le", 10, False, (0, 0), 1),
        ("yuv420p", 8, False, (1, 1), 3),
        ("yuva444p", 8, True, (0, 0), 4),
        ("p010le", 10, False, (1, 1), 2),
        ("p216le", 16, False, (1, 0), 2),
        ("nv24", 8, False, (0, 0), 2),
        ("y210le", 10, False, (1, 0), 1),
        ("vuya", 8, True, (0, 0), 1),
        ("xv30le", 10, False, (0, 0), 1),
        ("xv36le", 12, False, (0, 0), 1),
        ("v210", 10, False, (1, 0), 1),
        ("rgb565le", 6, False, (0, 0), 1),
        ("rgb0", 8, False, (0, 0), 1),
        ("rgbaf16le", 16, True, (0, 0), 1),
        ("gbrap", 8, True, (0, 0), 4),
        ("gbrp12le", 12, False, (0, 0), 3),
    ],
)
def test_properties(name: Any, depth: Any, alpha: Any, sub: Any, planes: Any) -> None:
    format = PixelFormat(name)
    assert (format.depth, format.has_alpha, format.subsampling, format.planes) == (
        depth, alpha, sub, planes,
    )  # fmt: skip


def test_v210_rows_end_on_128_bytes() -> None:
    for width, words in [(1, 32), (48, 32), (49, 64), (1280, 27 * 32)]:
        assert PixelFormat.V210.plane_shapes((width, 2)) == ((2, words),)


def test_every_format_is_in_the_contract() -> None:
    contract = """gray gray10le gray16le grayf32le yuv420p yuv422p yuv444p yuv420p10le yuv420p12le
    yuv420p16le yuv422p10le yuv422p12le yuv422p16le yuv444p10le yuv444p12le yuv444p16le yuva420p
    yuva444p nv12 nv21 nv16 nv24 p010le p012le p016le p210le p216le yuyv422 uyvy422 yvyu422 y210le
    y216le vuya xv30le xv36le y416le v210 rgb24 bgr24 rgba bgra argb abgr rgb0 bgr0 rgb555le
    rgb565le x2rgb10le x2bgr10le rgb48le rgba64le rgbaf16le rgbaf32le gbrp gbrap gbrp10le gbrp12le
    gbrp16le gbrpf16le gbrpf32le"""
    assert sorted(contract.split()) == sorted(str(format) for format in PixelFormat)
