"""Intervals of the reference: they hold the exact value and what a float32 engine may give."""

from typing import Any

import numpy as np
import pytest

from gpumft.media import Primaries, Transfer, VideoType
from gpumft.ops import make_options, plan
from gpumft.testing import check, frames, reference_convert, reference_values, twin
from gpumft.testing.reference_curves import encode
from gpumft.testing.reference_interval import CODED_TONE_STEP, STEP, TONE_STEP, Interval
from gpumft.testing.reference_light import LightPath
from gpumft.testing.reference_primaries import between

JOBS = [
    ("yuv420p", {"transfer": "bt709", "primaries": "bt601_525"}, {"primaries": "bt709"}, {}),
    ("p010le", {"transfer": "pq", "primaries": "bt2020"}, {"transfer": "bt709"}, {}),
    ("p010le", {"transfer": "hlg", "primaries": "bt2020"}, {"transfer": "pq"}, {}),
    ("yuv420p", {"transfer": "bt709", "primaries": "bt709"}, {}, {"linear": True}),
    (
        "rgba",
        {"transfer": "srgb", "primaries": "p3d65"},
        {"primaries": "bt709"},
        {"linear": True, "gamut": "perceptual", "dither": "ordered"},
    ),
    ("rgbaf16le", {"transfer": "srgb", "primaries": "bt709"}, {"transfer": "log100"}, {}),
]


@pytest.mark.parametrize("job", JOBS, ids=str)
@pytest.mark.parametrize("target", ["yuv420p", "yuv444p12le", "rgba", "gbrpf32le", "rgbaf16le"])
def test_the_reference_passes_its_own_check(job: Any, target: str) -> None:
    name, fields, changes, options = job
    src = VideoType(name, (7, 5), **fields)
    dst = VideoType(target, (5, 6), **{**fields, "primaries": "bt709", **changes})
    for planes in (frames.noise(src), frames.extremes(src), frames.ramp(src)):
        output = reference_convert(planes, src, dst, **options)
        assert check(output, planes, src, dst, **options) <= 0.5 + 1e-9


def test_a_cancellation_near_black_is_allowed_and_no_more() -> None:
    # BT.2020 to P3 in PQ: a saturated green, of which hardly anything is left in blue.
    src = VideoType("gbrpf32le", (1, 1), transfer="pq", primaries="bt2020")
    dst = VideoType("gbrp12le", (1, 1), transfer="pq", primaries="p3d65")
    light = np.array([0.02, 0.5, 0.0])
    matrix = between(Primaries.BT2020, Primaries.P3D65, adapt=True)
    light[2] = -(matrix[2, :2] @ light[:2]) / matrix[2, 2]
    codes = encode(Transfer.PQ, light).astype(np.float32)
    planes = [codes[None, i : i + 1] for i in (1, 2, 0)]
    output = reference_convert(planes, src, dst)
    blue = reference_values(planes, src, dst)["b"].item()
    for off, good in ((3, True), (200, False)):
        moved = [plane.copy() for plane in output]
        moved[1][0, 0] = np.rint(blue) + off
        if good:
            check(moved, planes, src, dst)
        else:
            with pytest.raises(AssertionError, match=r"component b .* \(.* to "):
                check(moved, planes, src, dst)
    green = [plane.copy() for plane in output]
    green[0][0, 0] += 2
    with pytest.raises(AssertionError, match="component g"):
        check(green, planes, src, dst)


@pytest.mark.parametrize("step", [0.9, -0.9])
def test_light_moved_by_float32_stays_inside(step: float) -> None:
    path = LightPath(
        (Transfer.HLG, Transfer.BT709),
        (Primaries.BT2020, Primaries.BT709),
        1000,
        203,
        "bt2390",
        "ictcp",
        "clip",
        adapt=True,
    )
    random = np.random.default_rng(0)
    rgb = random.uniform(0, 1, (3, 40, 5))
    boxes = Interval(list(np.abs(rgb)))
    found = np.stack(boxes.develop(path, boxes.decode(path, list(rgb))))
    exact = path.develop(path.decode(rgb))
    assert (found[..., 0] <= exact + 1e-15).all()
    assert (found[..., 1] >= exact - 1e-15).all()
    assert (found[..., 1] - found[..., 0]).max() < 0.02
    moved = path.decode(rgb * (1 + step * STEP / 2))
    moved = moved + step / 2 * STEP * moved.max(axis=0) * random.choice([-1, 1], rgb.shape)
    inside = path.develop(moved)
    assert (inside >= found[..., 0] - 1e-12).all()
    assert (inside <= found[..., 1] + 1e-12).all()


@pytest.mark.parametrize("target", ["rgb48le", "gbrpf32le"])
@pytest.mark.parametrize(
    ("tone_map", "basis"),
    [
        ("clip", "max_rgb"),  # makes white of the brightest channel, or the number beside it
        ("bt2390", "max_rgb"),
        ("mobius", "luminance"),
        ("hable", "ictcp"),
    ],
)
def test_a_step_toward_gray_magnifies_what_a_tone_map_rounds(
    tone_map: str, basis: str, target: str
) -> None:
    # One channel is black: what is left of it is all rounding, and a gamma of 2.6 is steep there.
    src = VideoType("gbrpf32le", (40, 30), transfer="pq", primaries="bt2020")
    dst = VideoType(target, (40, 30), transfer="gamma26", primaries="bt2020")
    random = np.random.default_rng(1)
    rgb = random.uniform(0.45, 0.75, (3, 30, 40)).astype(np.float32)
    rgb[random.integers(0, 3, (30, 40)), *np.indices((30, 40))] = 0
    planes = list(rgb)
    options = {"gamut": "perceptual", "tone_map": tone_map, "tone_map_basis": basis}
    for off, good in ((0.0, True), (2.0**-12, False)):  # of the light that is white
        wrong = make_options(**options, white=203 * (1 + off))
        output = twin.run(plan(src, dst, wrong).program, planes)
        if good:
            assert check(output, planes, src, dst, **options) <= 0.6
        else:
            with pytest.raises(AssertionError, match="component"):
                check(output, planes, src, dst, **options)


@pytest.mark.parametrize(
    ("tone_map", "gamut", "step"),
    [
        ("bt2390", "perceptual", CODED_TONE_STEP),
        ("hable", "perceptual", TONE_STEP),
        ("none", "perceptual", 0.0),
        ("hable", "clip", 0.0),
    ],
)
def test_a_tone_maps_ratio_moves_where_gray_is_near(tone_map: str, gamut: str, step: float) -> None:
    sides = (Transfer.PQ, Transfer.BT1886), (Primaries.BT2020, Primaries.BT2020)
    path = LightPath(*sides, 1000, 203, tone_map, "max_rgb", gamut, adapt=True)
    light = np.array([0.06, 0.03, 0.001])  # of 10,000 cd/m2
    box = [np.full((1, 1, 2), value) for value in light]  # nothing but the ratio moves
    found = np.stack(Interval([np.ones((1, 1))] * 3).develop(path, box))[:, 0, 0]
    ends = np.stack([path.develop(light, 1 - step), path.develop(light, 1 + step)])
    wanted = np.stack([ends.min(axis=0), ends.max(axis=0)], axis=-1)
    assert np.abs(found - wanted).max() < 1e-12
    assert bool(np.ptp(found, axis=1).max() > 1e-8) is (step > 0)


def test_interval_arithmetic() -> None:
    boxes = Interval([np.ones((2, 3))])
    low, high = np.zeros((2, 3)), np.ones((2, 3))
    box = np.stack([low, high], axis=-1)
    other = np.stack([low - 2, high], axis=-1)
    mixed = boxes.mix(np.array([2.0, -1.0, 0.0]), [box, other, np.full_like(box, np.nan)])
    assert mixed[0, 0].tolist() == [-1, 4]
    weights = np.array([[1.5, -0.5], [0.0, 1.0]])
    rows = boxes.resample(weights, box, np.eye(3))
    assert rows[:, 0].tolist() == [[-0.5, 1.5], [0, 1]]
    columns = boxes.resample(np.eye(2), box, np.array([[1.5, -0.5, 0]]))
    assert columns.shape == (2, 1, 2)
    assert columns[0, 0].tolist() == [-0.5, 1.5]
    alpha = np.array([[0.5, -1, 0]] * 2)
    assert boxes.multiply([box], alpha)[0][0].tolist() == [[0, 0.5], [-1, 0], [0, 0]]
    assert boxes.divide([box], alpha)[0][0].tolist() == [[0, 2], [0, 0], [0, 0]]


def test_black_stays_judged_sharply() -> None:
    # A whole code of black depends on nothing: its interval is a point, whatever the curves.
    src = VideoType("yuv444p", (1, 1), transfer="srgb", primaries="bt709", range="limited")
    dst = VideoType("rgb24", (1, 1), transfer="gamma28", primaries="bt709")
    planes = [np.array([[code]], np.uint8) for code in (16, 128, 128)]
    assert reference_convert(planes, src, dst)[0].ravel().tolist() == [0, 0, 0]
    with pytest.raises(AssertionError, match="component r"):
        check([np.array([[[1, 0, 0]]], np.uint8)], planes, src, dst)


def test_values_that_are_not_finite_are_judged_where_they_are_known() -> None:
    src = VideoType("gbrpf32le", (3, 1), transfer="srgb", primaries="bt709")
    dst = src.replace(transfer="gamma22")
    planes = [np.array([[np.inf, np.nan, 0.5]], np.float32)] * 3
    output = reference_convert(planes, src, dst)
    check(output, planes, src, dst)
    wrong = [plane.copy() for plane in output]
    wrong[0][0, 0] = 3
    with pytest.raises(AssertionError, match="column 0"):
        check(wrong, planes, src, dst)
    wrong = [plane.copy() for plane in output]
    wrong[0][0, 1] = 3  # missing before the curve: any answer will do
    check(wrong, planes, src, dst)


def test_infinite_light_is_not_judged_once_channels_are_mixed() -> None:
    src = VideoType("gbrpf32le", (2, 1), transfer="srgb", primaries="bt2020")
    dst = src.replace(primaries="bt709")
    planes = [np.array([[0.5, 0.5]], np.float32), *[np.array([[np.inf, 0.5]], np.float32)] * 2]
    output = reference_convert(planes, src, dst)
    for plane in output:
        plane[0, 0] = 7
    check(output, planes, src, dst)
    output[0][0, 1] = 7
    with pytest.raises(AssertionError, match="column 1"):
        check(output, planes, src, dst)


def test_transparent_colour_is_not_judged() -> None:
    src = VideoType("rgbaf32le", (2, 1), transfer="srgb", primaries="bt709")
    dst = src.replace(transfer="gamma22", alpha="straight")
    src = src.replace(alpha="premultiplied")
    planes = [np.array([[[0.5, 0.5, 0.5, 2.0**-20], [0.25, 0.5, 0.5, 0.5]]], np.float32)]
    (output,) = reference_convert(planes, src, dst)
    output[0, 0, :3] = 9
    check([output], planes, src, dst)
    output[0, 1, 0] += 2.0**-10
    with pytest.raises(AssertionError, match="component r at row 0, column 1"):
        check([output], planes, src, dst)
