"""ictcp and bt2020cl with everything: the twin against the reference, engines against the twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gpumft import effects
from gpumft.device import Device
from gpumft.media import VideoType
from gpumft.media.light_matrices import LIGHT_MATRICES
from gpumft.media.resolve import resolve_pair
from gpumft.ops import Converter, make_options, plan
from gpumft.testing import bounds, frames, twin
from tests.contract import backends
from tests.contract.conversions import judge, same_bytes
from tests.contract.pairwise import pairwise

KINDS: dict[str, dict[str, Any]] = {
    "ictcp-pq": {"matrix": "ictcp", "transfer": "pq", "primaries": "bt2020"},
    "ictcp-hlg": {"matrix": "ictcp", "transfer": "hlg", "primaries": "bt2020"},
    "cl": {"matrix": "bt2020cl", "transfer": "bt709", "primaries": "bt2020"},
    "pq": {"matrix": "bt2020ncl", "transfer": "pq", "primaries": "bt2020"},
    "hlg-p3": {"matrix": "bt2020ncl", "transfer": "hlg", "primaries": "p3d65"},
    "2020": {"matrix": "bt2020ncl", "transfer": "bt709", "primaries": "bt2020"},
    "709": {"matrix": "bt709", "transfer": "bt709", "primaries": "bt709"},
    "linear": {"matrix": "bt709", "transfer": "linear", "primaries": "bt2020"},
}
LIGHT = tuple(KINDS)[:3]
FORMATS = (
    "yuv420p", "p010le", "gbrp", "rgba64le", "y416le", "gray16le", "gbrpf32le", "yuva420p",
    "yuv444p16le", "grayf32le",
)  # fmt: skip
FACTORS: dict[str, tuple[Any, ...]] = {
    "ours": tuple(KINDS),
    "theirs": tuple(KINDS),
    "source": FORMATS,
    "target": FORMATS,
    "range": ("limited", "full"),
    "target_range": ("limited", "full"),
    "alpha": ("straight", "premultiplied"),
    "target_alpha": ("straight", "premultiplied"),
    "sizes": (((9, 6), (9, 6)), ((13, 10), (7, 5)), ((5, 4), (12, 9))),
    "filter": ("bilinear", "bicubic", "nearest"),
    "linear": (False, True),
    "effects": ((), (effects.sepia(0.5),)),
    "dither": ("none", "ordered"),
    "legalize": (False, True),
    "rotate": (0, 90),
    "fit": ("stretch", "contain"),
    "tone_map": ("bt2390", "none"),
    "picture": (frames.noise, frames.extremes),
}
OPTIONS = ("filter", "linear", "effects", "dither", "legalize", "rotate", "fit", "tone_map")
CASES = pairwise(FACTORS)
FEW: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("p010le", "ictcp-pq", "rgb24", "709", {}),
    ("p010le", "ictcp-hlg", "p010le", "ictcp-pq", {"linear": True}),
    ("rgba64le", "pq", "yuva444p", "ictcp-pq", {"effects": (effects.sepia(0.5),)}),
    ("yuv420p10le", "cl", "yuv422p", "709", {"dither": "blue_noise"}),
    ("rgb24", "2020", "yuv420p", "cl", {"fit": "contain", "background": "#336699"}),
    ("nv12", "cl", "p010le", "ictcp-hlg", {}),
    ("gbrpf32le", "linear", "gray16le", "cl", {}),
]


@pytest.fixture(scope="module", params=backends.params("cpu", "opencl", "cuda"))
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


def types(
    source: str, ours: str, target: str, theirs: str, *sizes: tuple[int, int], **more: Any
) -> tuple[VideoType, VideoType]:
    """Return both types, resolved; `more` may say range, alpha, target_range and target_alpha."""
    there = {name: more.pop(f"target_{name}") for name in ("range", "alpha") if more}
    return resolve_pair(
        VideoType(source, sizes[0], **KINDS[ours], **more),
        VideoType(target, sizes[-1], **KINDS[theirs], **there),
    )


@pytest.mark.parametrize("start", range(0, len(CASES), 20))
def test_the_plan_is_within_the_bounds_of_the_reference(start: int) -> None:
    names = ("range", "alpha", "target_range", "target_alpha")
    for seed, case in enumerate(CASES[start : start + 20]):
        ours, theirs, sizes = case["ours"], case["theirs"], case["sizes"]
        if not {ours, theirs} & set(LIGHT):
            ours = LIGHT[seed % len(LIGHT)]
        more = {name: case[name] for name in names}
        src, dst = types(case["source"], ours, case["target"], theirs, *sizes, **more)
        options = {name: case[name] for name in OPTIONS} | {"background": "#336699"}
        planes = case["picture"](src, seed)
        made = twin.run(plan(src, dst, make_options(**options)).program, planes)
        bounds.check(made, planes, src, dst, **options)


@pytest.mark.parametrize("case", FEW, ids=lambda case: "-".join(case[:4]))
def test_engines_give_the_twins_bytes(device: Device, case: Any) -> None:
    *words, options = case
    for sizes in (((19, 14), (19, 14)), ((34, 12), (13, 23))):
        judge(device, *types(*words, *sizes), **options)


@pytest.mark.parametrize("kind", LIGHT)
def test_what_is_not_finite_is_the_same_everywhere(device: Device, kind: str) -> None:
    special = [0.0, -0.0, 1.0, -1.0, 0.5, np.nan, np.inf, -np.inf, 1e-39, 2.0**-64, -1e-20, 1e30]
    values = np.array(special, np.float32)
    first = np.tile(values, (len(special) * 3, 1))
    second = np.repeat(values, 3)[:, None] * np.ones_like(first)
    planes = [first, second, first[::-1, ::-1].copy()]
    size = (first.shape[1], first.shape[0])
    src, dst = types("gbrpf32le", "2020" if kind == "cl" else "pq", "yuv444p16le", kind, size)
    src = src.replace(transfer=dst.transfer)
    convert = Converter(src, dst, device=device)
    same_bytes(convert(planes), twin.run(convert.plan.program, planes))
    bounds.check(convert(planes), planes, src, dst)


@pytest.mark.parametrize("kind", LIGHT)
@pytest.mark.parametrize("range_", ["limited", "full"])
def test_gray_stays_gray_and_black_stays_black(device: Device, kind: str, range_: str) -> None:
    codes = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    chroma = np.full_like(codes, 1 << 15)
    coded, rgb = types("yuv444p16le", kind, "gbrp16le", kind, (256, 256))
    coded = coded.replace(range=range_)
    green, blue, red = Converter(coded, rgb, device=device)([codes, chroma, chroma])
    np.testing.assert_array_equal(green, blue)
    np.testing.assert_array_equal(green, red)
    assert (red[codes == (4096 if range_ == "limited" else 0)] == 0).all()
    _, u, v = Converter(rgb, coded, device=device)([codes, codes, codes])
    assert (u == 1 << 15).all()
    assert (v == 1 << 15).all()


def test_every_matrix_of_light_is_among_the_kinds() -> None:
    found = {(KINDS[kind]["matrix"], KINDS[kind]["transfer"]) for kind in LIGHT}
    assert found == {(m, t) for m, several in LIGHT_MATRICES.items() for t in several}
