"""Layouts: copies, odd widths, fillers, words, v210."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpumft.media.formats import PixelFormat
from gpumft.testing import twin, twin_planes
from tests.contract.numbers import bits
from tests.contract.program_parts import convert, direct, noise


@pytest.mark.parametrize("format", list(PixelFormat))
@pytest.mark.parametrize("size", [(1, 1), (7, 3), (12, 5)])
def test_copy_keeps_every_component(format: PixelFormat, size: tuple[int, int]) -> None:
    """Reading a copy gives the components again; fillers are ones and nothing else is set."""
    program = direct(format, size, format, scale=1)
    if not format.is_float:
        program = replace(
            program,
            reads=tuple(replace(r, offset=0.0) for r in program.reads),
            writes=tuple(replace(w, offset=0.0) for w in program.writes),
        )
    planes = noise(format, size)
    once = twin.run(program, planes)
    twice = twin.run(program, once)
    for read in program.reads:
        given = twin_planes.read(planes, format, size, read.component, 0.0)
        found = twin_planes.read(once, format, size, read.component, 0.0)
        assert bits(given) == bits(found)
    assert [p.tobytes() for p in once] == [p.tobytes() for p in twice]
    assert [(p.shape, p.dtype) for p in once] == [(p.shape, p.dtype) for p in planes]


def test_odd_packed_width_repeats_the_last_luma() -> None:
    planes = noise(PixelFormat.YUYV422, (5, 2))
    out = twin.run(direct("yuyv422", (5, 2), "uyvy422"), planes)[0]
    np.testing.assert_array_equal(out[:, 2, 3], planes[0][:, 2, 0])
    np.testing.assert_array_equal(out[:, 2, 1], planes[0][:, 2, 0])


def test_fillers_and_unused_bits() -> None:
    ten = twin.run(direct("x2rgb10le", (3, 2), "x2bgr10le"), noise(PixelFormat.X2RGB10LE, (3, 2)))
    assert (ten[0] >> 30 == 3).all()
    five = twin.run(convert("rgb24", (3, 2), "rgb555le"), noise(PixelFormat.RGB24, (3, 2)))
    assert (five[0] >> 15 == 0).all()
    high = twin.run(direct("yuv420p10le", (4, 4), "p010le"), noise(PixelFormat.YUV420P10LE, (4, 4)))
    assert all((plane & 63 == 0).all() for plane in high)


def test_v210_by_its_published_layout() -> None:
    """Six pixels in four words: U0 Y0 V0 | Y1 U2 Y2 | V2 Y3 U4 | Y4 V4 Y5, from the low bits up."""
    fields = np.arange(100, 112, dtype=np.uint32)
    words = np.zeros((1, 32), np.uint32)
    words[0, :4] = fields[0::3] | fields[1::3] << 10 | fields[2::3] << 20
    out = twin.run(direct("v210", (6, 1), "yuv422p10le"), [words])
    assert out[0].tolist() == [[101, 103, 105, 107, 109, 111]]
    assert out[1].tolist() == [[100, 104, 108]]
    assert out[2].tolist() == [[102, 106, 110]]
    back = twin.run(direct("yuv422p10le", (6, 1), "v210"), out)
    np.testing.assert_array_equal(back[0], words)
