"""Every conversion against the float64 reference, and byte for byte against the exact twin."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from gpumft.device import Device, open_device
from gpumft.media import VideoType
from gpumft.ops import Converter
from gpumft.testing import frames
from gpumft.transforms import CONVERTIBLE
from tests.contract import backends
from tests.contract.conftest import JUDGED
from tests.contract.conversions import FORMATS, judge, same_bytes, types
from tests.contract.pairwise import pairwise

FACTORS: dict[str, tuple[Any, ...]] = {
    "source": FORMATS,
    "target": FORMATS,
    "matrix": ("bt601", "bt709", "bt2020ncl"),
    "target_matrix": ("bt601", "bt709", "bt2020ncl"),
    "range": ("limited", "full"),
    "target_range": ("limited", "full"),
    "siting": ("left", "center", "topleft"),
    "target_siting": ("left", "center", "topleft"),
    "filter": ("nearest", "bilinear", "bicubic", "lanczos3", "area"),
    "sizes": (
        ((12, 8), (12, 8)),
        ((11, 7), (11, 7)),
        ((17, 13), (8, 5)),
        ((9, 5), (23, 14)),
        ((40, 3), (3, 40)),
    ),
    "rotate": (0, 90, 180, 270),
    "flip": ("", "h", "v", "hv"),
    "fit": ("stretch", "contain", "cover"),
    "crop": (None, (1, 1, 6, 2), (0.25, 0.5, 5.5, 2.25)),
}
CASES = pairwise(FACTORS)


@pytest.fixture(scope="module", params=backends.params("cpu", "opencl", "cuda"))
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


def test_the_array_holds_every_pair() -> None:
    for a, b in (("source", "target"), ("filter", "rotate"), ("crop", "target_siting")):
        found = {(case[a], case[b]) for case in CASES}
        assert found == set(product(FACTORS[a], FACTORS[b]))


def case_types(case: dict[str, Any]) -> tuple[VideoType, VideoType, dict[str, Any]]:
    """Return the types and options of a pairwise case."""
    source_size, target_size = case["sizes"]
    src, dst = types(
        case["source"],
        source_size,
        case["target"],
        target_size,
        colour={name: case[name] for name in ("matrix", "range", "siting")},
        target_colour={name: case[f"target_{name}"] for name in ("matrix", "range", "siting")},
    )
    names = ("filter", "rotate", "flip", "fit", "crop")
    return src, dst, {name: case[name] for name in names} | {"background": "#3366cc"}


@pytest.mark.parametrize("start", range(0, len(CASES), 20))
def test_pairwise_cases(
    device: Device, start: int, record_property: Callable[[str, object], None]
) -> None:
    cases = CASES[start : start + 20]
    for seed, case in enumerate(cases):
        src, dst, options = case_types(case)
        judge(device, src, dst, seed, **options)
    record_property(JUDGED, (f"pairwise array on {device.kind}", len(cases)))


@pytest.mark.parametrize("source", FORMATS)
def test_every_pair_of_formats(device: Device, source: str) -> None:
    for target, size in product(FORMATS, ((13, 9), (8, 5))):
        judge(device, *types(source, (13, 9), target, size))


@pytest.mark.parametrize("name", [name for name in CONVERTIBLE if name not in FORMATS])
def test_every_other_format_both_ways(device: Device, name: str) -> None:
    for other, size in product(("nv12", "rgb24", "gbrpf32le", name), ((13, 9), (8, 5))):
        if name != "yuva420p" or size == (13, 9) or other != name:
            judge(device, *types(name, (13, 9), other, size))
        judge(device, *types(other, (13, 9), name, (13, 9)))


@pytest.mark.parametrize(
    ("source", "target"),
    [("nv12", "rgb24"), ("rgb24", "yuv420p"), ("yuyv422", "p010le"), ("bgra", "rgba")],
)
def test_every_small_size(device: Device, source: str, target: str) -> None:
    for width, height in product(range(1, 10), repeat=2):
        judge(device, *types(source, (width, height), target, (width, height)))
        judge(device, *types(source, (width, height), target, (10 - width, height + 1)))


@pytest.mark.parametrize("size", [(31, 17), (33, 65), (127, 3), (3, 129), (257, 64), (640, 11)])
def test_odd_sizes(device: Device, size: tuple[int, int]) -> None:
    for source, target in (("nv12", "rgb24"), ("rgb24", "nv12"), ("yuyv422", "gbrpf32le")):
        judge(device, *types(source, size, target, size))
        judge(device, *types(source, size, target, (size[1], size[0])), filter="lanczos3")


def _strided(planes: list[Any]) -> list[Any]:
    made = []
    for plane in planes:
        wide = np.zeros((plane.shape[0] * 2, plane.shape[1] * 3, *plane.shape[2:]), plane.dtype)
        wide[::2, ::3] = plane
        made.append(wide[::2, ::3])
    return made


def _read_only(planes: list[Any]) -> list[Any]:
    made = [plane.copy() for plane in planes]
    for plane in made:
        plane.setflags(write=False)
    return made


def _bottom_up(planes: list[Any]) -> list[Any]:
    return [plane[::-1].copy()[::-1] for plane in planes]


@pytest.mark.parametrize("make", [_strided, _read_only, _bottom_up])
@pytest.mark.parametrize("source", FORMATS)
def test_how_the_source_lies_in_memory_does_not_matter(
    device: Device, source: str, make: Any
) -> None:
    src, dst = types(source, (13, 9), "rgb24", (7, 8))
    planes = frames.noise(src)
    convert = Converter(src, dst, device=device)
    same_bytes(convert(make(planes)), convert(planes))


@pytest.mark.parametrize("make", [_strided, _bottom_up])
@pytest.mark.parametrize("target", FORMATS)
def test_how_the_target_lies_in_memory_does_not_matter(
    device: Device, target: str, make: Any
) -> None:
    src, dst = types("yuv420p", (13, 9), target, (7, 9))
    planes = frames.noise(src)
    convert = Converter(src, dst, device=device)
    plain = convert(planes)
    out = make([np.zeros_like(plane) for plane in plain])
    assert convert(planes, out)[0] is out[0]
    same_bytes(out, plain)


def test_a_picture_may_be_converted_onto_itself(device: Device) -> None:
    src, dst = types("rgb24", (16, 9), "bgr24", (16, 9))
    (plane,) = frames.noise(src)
    wanted = plane[..., ::-1].copy()
    Converter(src, dst, device=device)([plane], [plane])
    np.testing.assert_array_equal(plane, wanted)


def test_threads_make_no_difference() -> None:
    src, dst = types("yuv420p", (320, 201), "nv12", (200, 333))
    planes = frames.noise(src)
    made = [
        Converter(src, dst, device=open_device("cpu", threads=threads), filter="lanczos3")(planes)
        for threads in (1, 2, 5)
    ]
    same_bytes(made[1], made[0])
    same_bytes(made[2], made[0])


@pytest.mark.parametrize("depth", ["gray", "gray10le", "gray16le"])
def test_gray_stays_gray_and_black_stays_black(device: Device, depth: str) -> None:
    for colour_range, matrix in product(("limited", "full"), ("bt601", "bt709", "bt2020ncl")):
        colour = {"range": colour_range, "matrix": matrix}
        src, dst = types(depth, (256, 256), "gbrp16le", (256, 256), colour=colour)
        codes = np.arange(65536).reshape(256, 256)
        codes = (codes % (1 << src.format.depth)).astype(src.plane_dtypes[0])
        green, blue, red = Converter(src, dst, device=device)([codes])
        np.testing.assert_array_equal(green, blue)
        np.testing.assert_array_equal(green, red)
        black = {"limited": 16 << src.format.depth - 8, "full": 0}[colour_range]
        assert (red[codes == black] == 0).all()
        back, yuv = types("gbrp16le", (256, 256), "yuv444p16le", (256, 256), target_colour=colour)
        _, u, v = Converter(back, yuv, device=device)([green, blue, red])
        assert (u == 1 << 15).all()
        assert (v == 1 << 15).all()


def test_a_layout_change_alone_changes_no_value(device: Device) -> None:
    src = VideoType("yuv420p", (33, 17))
    there = Converter(src, {"format": "nv12"}, device=device)
    back = Converter(there.target, {"format": "yuv420p"}, device=device)
    planes = frames.noise(src)
    same_bytes(back(there(planes)), planes)
