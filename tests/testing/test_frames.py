"""Test pictures: right shapes and dtypes for every format, the same every time, full of codes."""

import numpy as np
import pytest

from gpumft.media import PixelFormat, VideoType
from gpumft.testing import frames
from gpumft.testing.reference_planes import unpack

MAKERS = (frames.noise, frames.ramp, frames.bars, frames.extremes)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("format_", PixelFormat)
def test_every_format_and_odd_sizes(format_: PixelFormat, make: object) -> None:
    assert callable(make)
    for size in ((1, 1), (7, 5), (16, 2)):
        type_ = VideoType(format_, size)
        planes, again = make(type_), make(type_)
        assert [plane.shape for plane in planes] == list(type_.plane_shapes)
        assert [plane.dtype for plane in planes] == list(type_.plane_dtypes)
        for one, other in zip(planes, again, strict=True):
            assert np.array_equal(one, other)


def test_noise_covers_every_code_and_seeds_differ() -> None:
    type_ = VideoType("yuv444p10le", (200, 200))
    planes = frames.noise(type_)
    codes = unpack(planes, type_.format, type_.size)
    assert all(len(np.unique(values)) == 1024 for values in codes.values())
    assert planes[0].max() > 1023  # unused bits are noise too: readers must mask them
    assert not np.array_equal(planes[0], frames.noise(type_, 1)[0])


def test_a_ramp_holds_every_code() -> None:
    (plane,) = frames.ramp(VideoType("gray", (256, 2)))
    assert plane.tolist() == [list(range(256))] * 2
    (floats,) = frames.ramp(VideoType("grayf32le", (5, 1)))
    assert floats.tolist() == [[0, 0.25, 0.5, 0.75, 1]]
    chroma = frames.ramp(VideoType("yuv420p", (4, 6)))[1]
    assert chroma.tolist() == [[0, 0], [128, 128], [255, 255]]


def test_bars_are_the_published_codes() -> None:
    y, u, v = frames.bars(VideoType("yuv444p", (16, 1), matrix="bt709", range="limited"))
    assert y[0, ::2].tolist() == [235, 219, 188, 173, 78, 63, 32, 16]
    assert u[0, ::2].tolist() == [128, 16, 154, 42, 214, 102, 240, 128]
    assert v[0, 1::2].tolist() == [128, 138, 16, 26, 230, 240, 118, 128]
    (rgb,) = frames.bars(VideoType("rgba", (8, 1)))
    assert rgb[0, 1].tolist() == [255, 255, 0, 255]


def test_extremes_hold_nothing_between() -> None:
    for name, wanted in (("p010le", [0, 1023 << 6]), ("grayf32le", [-0.25, 1.25])):
        plane = frames.extremes(VideoType(name, (32, 8)))[0]
        assert np.unique(plane).tolist() == wanted
