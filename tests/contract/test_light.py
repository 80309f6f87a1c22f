"""Conversions through light: the twin against the reference, and the engines against the twin."""

from __future__ import annotations

from typing import Any

import pytest

from gpumft.device import Device
from gpumft.media import Light, VideoType
from gpumft.media.resolve import resolve_pair
from gpumft.ops import make_options, plan
from gpumft.testing import bounds, frames, twin
from tests.contract import backends
from tests.contract.conversions import judge
from tests.contract.pairwise import pairwise

TRANSFERS = (
    "bt709", "srgb", "bt1886", "gamma18", "gamma20", "gamma22", "gamma26", "gamma28", "linear",
    "pq", "hlg", "smpte240m", "log100", "log316",
)  # fmt: skip
PRIMARIES = (
    "bt709", "bt601_525", "bt601_625", "bt2020", "p3d65", "dcip3", "bt470m", "ebu3213", "film",
)  # fmt: skip
FORMATS = (
    "yuv420p", "p010le", "yuv422p12le", "yuyv422", "rgb24", "rgba64le", "yuva444p", "gray16le",
    "gbrpf32le", "rgbaf16le", "x2rgb10le",
)  # fmt: skip
FACTORS: dict[str, tuple[Any, ...]] = {
    "source": FORMATS,
    "target": FORMATS,
    "transfer": TRANSFERS,
    "target_transfer": TRANSFERS,
    "primaries": PRIMARIES,
    "target_primaries": PRIMARIES,
    "alpha": ("straight", "premultiplied"),
    "target_alpha": ("straight", "premultiplied"),
    "light": (None, 100, 600, 4000),
    "sizes": (((9, 6), (9, 6)), ((13, 10), (7, 5)), ((5, 4), (12, 9))),
    "filter": ("bilinear", "bicubic", "lanczos3", "nearest"),
    "linear": (False, True),
    "tone_map": ("bt2390", "hable", "reinhard", "mobius", "clip", "none"),
    "tone_map_basis": ("max_rgb", "luminance", "ictcp"),
    "gamut": ("clip", "perceptual"),
    "adaptation": ("bradford", "none"),
    "peak": (None, 150, 10_000),
    "white": (100, 203),
    "dither": ("none", "ordered", "blue_noise"),
    "seed": (0, 7),
    "legalize": (False, True),
    "rotate": (0, 90),
    "interlace": ("progressive", "upper", "lower"),
}
OPTIONS = (
    "filter", "linear", "tone_map", "tone_map_basis", "gamut", "adaptation", "peak", "white",
    "dither", "seed", "legalize", "rotate",
)  # fmt: skip
CASES = pairwise(FACTORS)
FEW: list[tuple[str, dict[str, Any], str, dict[str, Any], dict[str, Any]]] = [
    ("p010le", {"transfer": "pq"}, "nv12", {"transfer": "bt709", "primaries": "bt709"}, {}),
    ("p010le", {"transfer": "hlg"}, "rgb24", {"transfer": "srgb", "primaries": "bt709"}, {}),
    ("nv12", {}, "p010le", {"transfer": "pq", "primaries": "bt2020", "matrix": "bt2020ncl"}, {}),
    ("rgb24", {}, "yuv420p", {"transfer": "hlg", "primaries": "bt2020"}, {"dither": "ordered"}),
    ("p010le", {"transfer": "pq"}, "p010le", {"transfer": "hlg"}, {"gamut": "perceptual"}),
    ("rgba", {}, "bgra", {}, {"linear": True}),
    ("rgba", {"alpha": "premultiplied"}, "rgba64le", {"transfer": "linear"}, {"linear": True}),
    ("gbrpf32le", {"transfer": "linear"}, "rgb24", {"transfer": "srgb"}, {"dither": "blue_noise"}),
    ("yuv420p", {"interlace": "upper"}, "yuv420p", {"interlace": "upper"}, {"linear": True}),
    ("yuyv422", {"range": "full"}, "nv12", {"range": "limited"}, {"legalize": True}),
    ("yuv444p", {"transfer": "log100"}, "gray16le", {"transfer": "log316"}, {}),
    ("rgb48le", {"transfer": "smpte240m"}, "xv30le", {"transfer": "gamma22"}, {}),
]


@pytest.fixture(scope="module", params=[backends.param("cpu"), backends.param("opencl")])
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


def _types(case: dict[str, Any]) -> tuple[VideoType, VideoType]:
    """Both types of a case, resolved; fields are only turned where rows are no fields."""
    size, target_size = case["sizes"]
    interlace = "progressive" if case["rotate"] else case["interlace"]
    light = Light(max_cll=case["light"]) if case["light"] else None
    src = VideoType(
        case["source"], size, transfer=case["transfer"], primaries=case["primaries"],
        alpha=case["alpha"], light=light, interlace=interlace,
    )  # fmt: skip
    dst = VideoType(
        case["target"], target_size, transfer=case["target_transfer"],
        primaries=case["target_primaries"], alpha=case["target_alpha"], interlace=interlace,
    )  # fmt: skip
    return resolve_pair(src, dst)


@pytest.mark.parametrize("start", range(0, len(CASES), 40))
def test_the_plan_is_within_the_bounds_of_the_reference(start: int) -> None:
    for seed, case in enumerate(CASES[start : start + 40]):
        src, dst = _types(case)
        options = {name: case[name] for name in OPTIONS}
        planes = frames.noise(src, seed)
        made = twin.run(plan(src, dst, make_options(**options)).program, planes)
        bounds.check(made, planes, src, dst, **options)


@pytest.mark.parametrize("case", FEW, ids=lambda case: f"{case[0]}-{case[2]}")
def test_engines_give_the_twins_bytes(device: Device, case: Any) -> None:
    source, ours, target, theirs, options = case
    for sizes in (((19, 14), (19, 14)), ((34, 12), (13, 23))):
        src, dst = resolve_pair(
            VideoType(source, sizes[0], **ours), VideoType(target, sizes[1], **theirs)
        )
        judge(device, src, dst, **options)
