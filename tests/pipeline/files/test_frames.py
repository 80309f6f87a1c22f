"""Frames as arrays and back."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from gpumft.errors import InvalidMediaType
from gpumft.media import PixelFormat
from gpumft.pipeline.files.frames import known_format, new_frame, repack, repacked_format, views
from gpumft.pipeline.files.reader import open as open_file

FFMPEGS = [f for f in PixelFormat if f not in (PixelFormat.V210, PixelFormat.Y416LE)]


@pytest.mark.parametrize("format", FFMPEGS)
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (64, 33)])
def test_every_format_survives_a_frame(format: PixelFormat, size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    planes = [
        random.integers(0, 200, shape).astype(dtype)
        for shape, dtype in zip(format.plane_shapes(size), format.plane_dtypes(), strict=True)
    ]
    frame = new_frame(planes, format.value, size)
    back = views(frame, format)
    for plane, other in zip(planes, back, strict=True):
        assert np.array_equal(plane, other)
        assert other.dtype == plane.dtype


def test_strided_and_read_only_planes_are_taken() -> None:
    big = np.arange(40 * 60, dtype=np.uint8).reshape(40, 60)
    plane = big[::-2, 10:42]
    plane.flags.writeable = False
    frame = new_frame([plane], "gray", (32, 20))
    assert np.array_equal(views(frame, PixelFormat.GRAY)[0], plane)


def test_views_share_memory_cannot_be_written_and_keep_the_frame() -> None:
    frame = av.VideoFrame(64, 32, "yuv420p")
    np.frombuffer(memoryview(frame.planes[0]), np.uint8)[:] = 7
    planes = views(frame, PixelFormat.YUV420P)
    np.frombuffer(memoryview(frame.planes[0]), np.uint8)[0] = 9
    assert planes[0][0, 0] == 9  # no copy
    with pytest.raises(ValueError, match="read-only"):
        planes[0][0, 0] = 1
    del frame
    gc.collect()
    junk = [av.VideoFrame(64, 32, "yuv420p") for _ in range(8)]
    for other in junk:
        np.frombuffer(memoryview(other.planes[0]), np.uint8)[:] = 1
    assert planes[0][3, 3] == 7


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("yuvj420p", (PixelFormat.YUV420P, True)),
        ("yuvj444p", (PixelFormat.YUV444P, True)),
        ("nv12", (PixelFormat.NV12, False)),
        ("pal8", None),
    ],
)
def test_names(name: str, expected: tuple[PixelFormat, bool] | None) -> None:
    assert known_format(name) == expected


@pytest.mark.parametrize(
    ("name", "target"),
    [("gray12le", "gray16le"), ("rgb48be", "rgb48le"), ("gbrp14le", "gbrp16le"), ("ya8", "rgba")],
)
def test_unknown_formats_are_widened(name: str, target: str) -> None:
    found = repacked_format(name)
    assert found.depth >= min(PixelFormat(target).depth, 8)
    assert found == target or found.has_alpha == PixelFormat(target).has_alpha


def test_repacked_values_stay() -> None:
    frame = av.VideoFrame(16, 4, "rgb48be")
    np.frombuffer(memoryview(frame.planes[0]), ">u2")[:] = 0x1234
    packed, format = repack(frame)
    assert format is PixelFormat.RGB48LE
    assert np.all(views(packed, format)[0] == 0x1234)


@pytest.mark.parametrize("color_range", [1, 2])
def test_luma_and_alpha_stay_what_they_are(color_range: int) -> None:
    frame = av.VideoFrame(16, 4, "yuva444p12le")
    frame.color_range, frame.colorspace = color_range, 1
    for plane, value in zip(frame.planes, (940, 2500, 1400, 4095), strict=True):
        np.frombuffer(memoryview(plane), "<u2")[:] = value
    packed, format = repack(frame)
    assert format is PixelFormat.Y416LE
    (pixels,) = views(packed, format)
    u, y, v, a = (int(value) for value in pixels[1, 3])
    assert (y >> 4, u >> 4, v >> 4, a >> 4) == (940, 2500, 1400, 4095)
    assert not pixels.flags.writeable


@pytest.mark.parametrize("name", ["yuv411p", "yuv440p10le", "yuv422p14le", "nv42", "ayuv64le"])
def test_what_is_no_rgb_does_not_become_rgb(name: str) -> None:
    assert repacked_format(name).is_yuv


def test_a_hopeless_format_is_refused() -> None:
    with pytest.raises((InvalidMediaType, ValueError)):
        repacked_format("cuda_is_no_format")


def test_bottom_up_pictures_come_top_down(make_clip: Callable[..., Path]) -> None:
    path = make_clip("in.avi", codec="rawvideo", format="bgr24", size=(16, 8))
    with av.open(str(path)) as container:
        first = next(container.decode(video=0))
        upright = views(first, PixelFormat.BGR24)[0].copy()
    # A positive height in an AVI's bitmap header says that rows are stored bottom-up.
    data = bytearray(path.read_bytes())
    at = data.index(b"strf") + 16
    assert int.from_bytes(data[at : at + 4], "little", signed=True) == -8
    data[at : at + 4] = (8).to_bytes(4, "little")
    path.write_bytes(data)
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).planes[0].line_size < 0
    with open_file(path) as reader:
        sample = next(iter(reader))
        assert reader.type.format is PixelFormat.RGB24
        assert np.array_equal(sample.planes[0][..., ::-1], upright[::-1])
        assert any("repacked" in warning for warning in reader.warnings)
