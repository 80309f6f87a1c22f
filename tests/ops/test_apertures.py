"""Targets that show a part of their frame: the picture lands there, the rest is background."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import gpumft as gm
from gpumft.effects import sepia
from gpumft.media import PartialType, VideoType
from gpumft.ops import Converter, explain, make_options, plan
from gpumft.testing import bounds, frames, twin
from tests.contract import backends
from tests.contract.conversions import judge, same_bytes, types

FRAME = (15, 13)
APERTURES = [
    (4, 2, 8, 6),  # on whole samples of chroma
    (3, 5, 7, 5),  # on none
    (1, 0, 14, 13),  # to two edges of the frame
    (5, 3, 1, 1),  # within one sample
    (Fraction(3, 2), Fraction(9, 4), 8, 7),  # on no pixel
]
TARGETS = ["yuv420p", "nv12", "yuyv422", "v210", "p010le", "rgb24", "bgra", "gray", "gbrpf32le"]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"fit": "contain", "background": "red"},
    {"fit": "cover", "rotate": 90, "flip": "h"},
    {"linear": True, "dither": "ordered"},
    {"effects": (sepia(), sepia(x=0.3, y=0.2, w=0.7, h=0.5))},
]


def _checked(src: VideoType, dst: VideoType, **options: Any) -> list[Any]:
    """Convert noise by the exact twin; it must lie within the reference's bounds."""
    planes = frames.noise(src)
    made = twin.run(plan(src, dst, make_options(**options)).program, planes)
    bounds.check(made, planes, src, dst, **options)
    return made


@pytest.mark.parametrize("aperture", APERTURES, ids=str)
@pytest.mark.parametrize("target", TARGETS)
def test_every_layout_and_edge_is_within_the_bounds(target: str, aperture: Any) -> None:
    colour = {"target_colour": {"aperture": aperture, "siting": "topleft"}}
    for source, size, options in (("yuv420p", (11, 9), {}), ("rgba", (5, 16), OPTIONS[1])):
        _checked(*types(source, size, target, FRAME, **colour), **options)


@pytest.mark.parametrize("siting", gm.Siting)
@pytest.mark.parametrize("options", OPTIONS, ids=lambda given: " ".join(given) or "plain")
def test_every_option_and_siting_is_within_the_bounds(siting: str, options: Any) -> None:
    src = VideoType("yuv420p", (11, 9), siting="left", aperture=(1, 1, 9, 7))
    for aperture in (APERTURES[1], APERTURES[4]):
        _checked(src, VideoType("yuv420p", FRAME, siting=siting, aperture=aperture), **options)


@pytest.mark.parametrize("top", [0, 1, 2, 3, Fraction(5, 2)])
@pytest.mark.parametrize("format", ["yuv420p", "gray"])
def test_fields_keep_their_rows(format: str, top: Any) -> None:
    src = VideoType(format, (6, 12), interlace="upper")
    dst = VideoType(format, (7, 18), interlace="upper", aperture=(1, top, 5, 11))
    for options in ({}, {"linear": True}, {"fit": "contain"}):
        _checked(src, dst, **options)


@pytest.mark.parametrize("name", backends.params("cpu", "opencl", "oclgrind", "cuda"))
def test_engines_write_the_same_bytes(name: str) -> None:
    device = backends.device(name)
    for index, target in enumerate(TARGETS):
        colour = {"aperture": APERTURES[index % len(APERTURES)]}
        src, dst = types("yuv420p", (11, 9), target, FRAME, target_colour=colour)
        judge(device, src, dst, **OPTIONS[(index + 1) % 3])
    for interlace, aperture in (("upper", (1, 3, 9, 7)), ("progressive", (3, 1, 9, 11))):
        src = VideoType("nv12", (11, 12), interlace=interlace)
        dst = VideoType("nv12", FRAME, interlace=interlace, aperture=aperture)
        judge(device, src, dst, linear=True)


def test_on_whole_samples_it_is_the_plain_conversion_with_black_around() -> None:
    src = VideoType("yuv420p", (11, 9))
    small, whole = VideoType("nv12", (8, 6)), VideoType("nv12", FRAME, aperture=(4, 2, 8, 6))
    planes = frames.noise(src)
    luma, chroma = Converter(src, whole, device="cpu")(planes)
    inner = Converter(src, small, device="cpu")(planes)
    same_bytes([luma[2:8, 4:12], chroma[1:4, 2:6]], inner)
    luma[2:8, 4:12], chroma[1:4, 2:6] = 16, 128
    assert (luma == 16).all()
    assert (chroma == 128).all()


def test_a_sample_of_chroma_that_is_cut_is_the_pictures() -> None:
    # Where the aperture cuts a sample of chroma, the pixels of it that are hidden go on with the
    # picture's edge: what is shown is not tinted by what is not.
    src = VideoType("rgb24", (6, 5))
    red = [np.full((5, 6, 3), (200, 20, 30), np.uint8)]
    dst = VideoType("yuv420p", (12, 11), matrix="bt709", aperture=(3, 3, 6, 5))
    luma, u, v = Converter(src, dst, device="cpu")(red)
    (y,), (b,), (r,) = (np.unique(plane) for plane in (luma[2:8, 2:10], u[1:4, 1:5], v[1:4, 1:5]))
    assert (y, b, r) == (67, 114, 207)
    luma[2:8, 2:10], u[1:4, 1:5], v[1:4, 1:5] = 16, 128, 128
    assert [np.unique(plane).tolist() for plane in (luma, u, v)] == [[16], [128], [128]]


@pytest.mark.parametrize("aperture", [(3, 1, 8, 9), (0, 0, 15, 13), (2, 4, 13, 9)])
def test_the_same_part_of_the_same_frame_is_copied(aperture: Any) -> None:
    type = VideoType("yuv420p", FRAME, aperture=aperture)
    planes = frames.noise(type)
    luma, u, v = Converter(type, type, device="cpu")(planes)
    x, y, w, h = aperture
    same_bytes([luma[y : y + h, x : x + w]], [planes[0][y : y + h, x : x + w]])
    rows, columns = slice(y // 2, -(-(y + h) // 2)), slice(x // 2, -(-(x + w) // 2))
    same_bytes([u[rows, columns], v[rows, columns]], [p[rows, columns] for p in planes[1:]])


def test_a_partial_type_may_have_an_aperture() -> None:
    src = VideoType("yuv420p", (20, 10), aperture=(2, 0, 16, 10))
    made = Converter(src, PartialType(size=(32, 32), aperture=(0, 4, 32, 20)), device="cpu").target
    assert (made.size, made.aperture, str(made.format)) == ((32, 32), (0, 4, 32, 20), "yuv420p")


def test_the_explanation_says_where_it_lands() -> None:
    src, dst = VideoType("rgb24", (6, 5)), VideoType("yuv420p", (12, 11), aperture=(3, 3, 6, 5))
    page = str(explain(src, dst))
    assert "lands on: 6x5 at 3, 3" in page
    assert "written: 8x6 at 2, 2: out to whole samples of chroma" in page
    assert "scaled: no" in page
    assert "written:" not in str(explain(src, dst.replace(format="rgb24")))
