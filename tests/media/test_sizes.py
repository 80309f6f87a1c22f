import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import (
    PixelFormat,
    Subtype,
    buffer2d_layout,
    calculate_image_size,
    contiguous_length,
    default_stride,
    plane_places,
    plane_size,
)
from gpumft.media.sizes import minimum_stride

TABLE = Path(__file__).parent.parent / "data" / "image_size_table.csv"
ROWS = list(csv.DictReader(TABLE.read_text().splitlines()))


def test_the_table_is_whole() -> None:
    assert len(ROWS) == 136


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r['format']}-{r['width']}x{r['height']}")
def test_sizes_are_media_foundations(row: Any) -> None:
    subtype, size = Subtype[row["format"]], (int(row["width"]), int(row["height"]))
    for format in (subtype, row["format"], subtype.guid, *filter(None, [subtype.pixel_format])):
        layout = buffer2d_layout(format, size)
        assert calculate_image_size(format, size) == int(row["MFCalculateImageSize"])
        if row["MFGetPlaneSize"]:
            assert plane_size(format, size) == int(row["MFGetPlaneSize"])
        assert layout.max_length == int(row["buffer2d_max_length"])
        assert layout.contiguous_length == int(row["contiguous_length"])
        assert contiguous_length(format, size) == int(row["contiguous_length"])
        assert layout.pitch == int(row["pitch"])
        assert layout.scanline0 == 0


@pytest.mark.parametrize(
    ("format", "width", "stride"),
    [
        ("RGB8", 3, -4),
        ("RGB555", 3, -8),
        ("RGB24", 3, -12),
        ("RGB32", 3, -12),
        ("A16B16G16R16F", 3, -24),
        ("L8", 3, -4),
        ("L16", 3, 8),
        ("D16", 3, 8),
        ("AYUV", 5, 20),
        ("YUY2", 3, 6),
        ("IMC1", 3, 8),
        ("IMC3", 1, 4),
        ("NV12", 3, 3),
        ("I420", 3, 3),
        ("P010", 3, 6),
        ("Y210", 3, 12),
        ("Y416", 3, 24),
        ("V210", 1, 128),
        ("V210", 49, 256),
        ("bgr24", 3, -12),
        ("nv12", 3, 3),
        # formats that MF lacks: rows as they are, top-down
        ("rgb24", 3, 9),
        ("yuyv422", 3, 6),
        ("gbrp10le", 3, 6),
        ("xv36le", 3, 24),
    ],
)
def test_default_strides(format: Any, width: Any, stride: Any) -> None:
    assert default_stride(format, width) == stride


def test_sizes_of_further_media_foundation_formats() -> None:
    # GetInputStreamInfo of 16x16 NV21 says 0x180
    assert calculate_image_size("NV21", (16, 16)) == 0x180
    assert calculate_image_size("P016", (3, 2)) == calculate_image_size("P010", (3, 2)) == 24
    assert calculate_image_size("P210", (4, 3)) == 4 * 3 * 2 * 2
    assert calculate_image_size("Y416", (3, 2)) == 48
    assert calculate_image_size("V210", (48, 2)) == 256
    assert calculate_image_size("L8", (3, 2)) == 6
    assert calculate_image_size("L16", (3, 2)) == 12
    assert contiguous_length("L8", (3, 2)) == 8


def test_what_has_no_known_layout_is_answered_as_media_foundation_does() -> None:
    for subtype in (Subtype.H264, Subtype.V410, Subtype.Y41P):
        with pytest.raises(InvalidArg, match=subtype.name):
            calculate_image_size(subtype, (16, 16))
        assert plane_size(subtype, (16, 16)) == 0
        for call in (
            lambda s=subtype: default_stride(s, 16),
            lambda s=subtype: minimum_stride(s, 16),
            lambda s=subtype: contiguous_length(s, (16, 16)),
            lambda s=subtype: buffer2d_layout(s, (16, 16)),
        ):
            with pytest.raises(InvalidMediaType, match=f"{subtype.name}.*not known"):
                call()


@pytest.mark.parametrize(
    "call",
    [calculate_image_size, plane_size, contiguous_length, buffer2d_layout],
)
def test_names_and_sizes_are_checked(call: Any) -> None:
    with pytest.raises(InvalidMediaType, match="nearest is 'nv21'"):
        call("nv21x", (4, 4))
    with pytest.raises(InvalidMediaType, match="at most 65536"):
        call("nv12", (70000, 4))


def test_bottom_up() -> None:
    layout = buffer2d_layout("RGB32", (7, 8), bottom_up=True)
    assert (layout.pitch, layout.scanline0, layout.max_length) == (-64, 7 * 64, 512)
    assert layout.contiguous_length == 224
    assert buffer2d_layout("rgb24", (7, 8), bottom_up=True).pitch == -64
    for format in ("NV12", "nv12", "YUY2", "yuv444p", "IMC1", "gbrp"):
        with pytest.raises(InvalidMediaType, match="top-down"):
            buffer2d_layout(format, (8, 8), bottom_up=True)


def test_formats_that_media_foundation_lacks_are_the_sum_of_their_planes() -> None:
    for format in ("rgb24", "yuv444p", "yuv422p10le", "nv16", "nv24", "gbrap", "gray10le"):
        size = (5, 3)
        total = sum(
            math.prod(shape) * dtype.itemsize
            for shape, dtype in zip(
                PixelFormat(format).plane_shapes(size),
                PixelFormat(format).plane_dtypes(),
                strict=True,
            )
        )
        assert calculate_image_size(format, size) == total
        assert plane_size(format, size) == total
        assert contiguous_length(format, size) == total


def test_places_of_planes() -> None:
    places = [(p.offset, p.pitch) for p in plane_places("I420", (6, 5), 128)]
    assert places == [(0, 128), (640, 64), (640 + 192, 64)]
    places = [(p.offset, p.pitch) for p in plane_places("nv24", (6, 4), 64)]
    assert places == [(0, 64), (256, 128)]
    places = [(p.offset, p.pitch) for p in plane_places("yuva420p", (6, 4), 128)]
    assert places == [(0, 128), (512, 64), (640, 64), (768, 128)]
    with pytest.raises(InvalidMediaType, match="YV12 has no pixel format"):
        plane_places("YV12", (4, 4), 64)
    with pytest.raises(InvalidMediaType, match="pitch 3 of 3 pixels leaves 1 bytes for a row of 2"):
        plane_places("yuv420p", (3, 3), 3)


@given(
    format=st.sampled_from(list(PixelFormat)), width=st.integers(1, 200), height=st.integers(1, 40)
)
def test_every_plane_fits_its_buffer_and_no_two_overlap(
    format: Any, width: Any, height: Any
) -> None:
    layout = buffer2d_layout(format, (width, height))
    assert layout.allocation >= layout.max_length
    assert layout.pitch % layout.alignment == 0
    memory = np.zeros(layout.allocation, np.uint8)
    places = plane_places(format, (width, height), layout.pitch)
    planes = zip(places, format.plane_shapes((width, height)), format.plane_dtypes(), strict=True)
    for place, shape, dtype in planes:
        assert place.offset % dtype.itemsize == place.pitch % dtype.itemsize == 0
        row = math.prod(shape[1:]) * dtype.itemsize
        for y in range(shape[0]):
            start = place.offset + y * place.pitch
            assert start + row <= len(memory)
            memory[start : start + row] += 1
    assert memory.max() == 1


@given(
    format=st.sampled_from(list(PixelFormat)), width=st.integers(1, 200), height=st.integers(1, 40)
)
def test_even_sizes_have_one_size(format: Any, width: Any, height: Any) -> None:
    width, height = width * 4, height * 2  # whole double words and whole chroma rows
    size = calculate_image_size(format, (width, height))
    assert size == plane_size(format, (width, height)) == contiguous_length(format, (width, height))
    shapes = zip(format.plane_shapes((width, height)), format.plane_dtypes(), strict=True)
    assert size == sum(math.prod(shape) * dtype.itemsize for shape, dtype in shapes)
