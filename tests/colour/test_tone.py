"""Tone maps and gamut steps as formulas against the float64 reference and BT.2390's vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from gpumft.colour import light_of_gray, tone
from gpumft.colour.primaries import rgb_to_xyz
from gpumft.formula import formula
from gpumft.media import Primaries, Transfer
from gpumft.testing import reference_primaries, reference_tone
from gpumft.testing.twin_formula import evaluate

F32 = npt.NDArray[np.float32]
NAMES = ("bt2390", "hable", "reinhard", "mobius", "clip")


def mapped(rgb: F32, name: str, basis: str, peak: float, white: float) -> F32:
    """Return RGB in units of 10,000 cd/m2 after a tone map."""
    function = tone.tone_map(name, basis, peak, white)
    assert function is not None
    return np.stack(evaluate(formula(name, 3, function), list(rgb)))


@pytest.mark.parametrize(("peak", "white"), [(1000.0, 203.0), (4000.0, 203.0), (1000.0, 100.0)])
@pytest.mark.parametrize("basis", ["max_rgb", "luminance", "ictcp"])
@pytest.mark.parametrize("name", NAMES)
def test_the_ratio_is_the_references(name: str, basis: str, peak: float, white: float) -> None:
    rng = np.random.default_rng(0)
    rgb = np.exp(rng.uniform(np.log(1e-3), np.log(1.2 * peak), (3, 20_000))) / 10_000
    narrow = rgb.astype(np.float32)
    exact = narrow.astype(np.float64) * 10_000
    wanted = exact * reference_tone.tone_ratio(exact, name, basis, peak, white)
    found = mapped(narrow, name, basis, peak, white).astype(np.float64) * 10_000
    # twice the bend of PQ's curve in float32: it is steepest in the dark
    np.testing.assert_allclose(found, wanted, rtol=3e-5 if basis == "ictcp" else 1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_black_negative_and_bright_light(name: str) -> None:
    light = np.array([0.0, -0.01, 0.1, 1.0, 50.0], np.float32)
    red, _, _ = mapped(np.stack([light] * 3), name, "max_rgb", 1000.0, 203.0)
    assert red[0] == 0
    assert red[1] == np.float32(-0.01)
    np.testing.assert_allclose(red[2:], 0.0203, rtol=1e-6)  # above the peak all is white


@pytest.mark.parametrize(
    ("peak", "white", "pairs"),
    [
        (1000, 203, {1: 1, 10: 10, 50: 50, 100: 99.361, 203: 159.042, 400: 193.609, 1000: 203}),
        (4000, 203, {50: 49.549, 100: 85.900, 203: 127.934, 400: 163.749, 1000: 193.696}),
        (10000, 203, {50: 46.270, 100: 75.682, 203: 110.978, 400: 144.349, 1000: 179.400}),
        (1000, 100, {50: 46.143, 100: 69.454, 203: 88.244, 400: 97.598, 1000: 100}),
    ],
)
def test_vectors_of_bt2390(peak: float, white: float, pairs: dict[float, float]) -> None:
    light = np.array(list(pairs), np.float32) / np.float32(10_000)
    found, _, _ = mapped(np.stack([light] * 3).astype(np.float32), "bt2390", "max_rgb", peak, white)
    np.testing.assert_allclose(found * 10_000, list(pairs.values()), rtol=1e-3)


def test_a_white_so_dark_that_the_knee_lies_below_black() -> None:
    # below the knee the curve would be negative: it is 0 there, and no more
    light = np.geomspace(1e-4, 1e4, 20_001) / 10_000
    narrow = np.stack([light.astype(np.float32)] * 3)
    exact = narrow.astype(np.float64) * 10_000
    wanted = exact * reference_tone.tone_ratio(exact, "bt2390", "max_rgb", 10_000.0, 1.0)
    found = mapped(narrow, "bt2390", "max_rgb", 10_000.0, 1.0).astype(np.float64) * 10_000
    assert (wanted == 0).any()
    np.testing.assert_allclose(found, wanted, rtol=3e-5, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_settings_make_an_adjustable_map_that_of_another_peak(name: str) -> None:
    function = tone.tone_map(name, "max_rgb", 10_000.0, 203.0, adjustable=True)
    assert function is not None
    made = formula(name, 3, function)
    light = np.geomspace(1e-6, 1, 1001).astype(np.float32)
    for peak in (205.0, 1000.0, 10_000.0):
        given = tone.settings(name, peak, 203.0)
        assert set(made.names) - {""} == set(given)
        pairs = zip(made.names, made.parameters, strict=True)
        numbers = tuple(given.get(key, number) for key, number in pairs)
        found, _, _ = evaluate(replace(made, parameters=numbers), [light] * 3)
        wanted, _, _ = mapped(np.stack([light] * 3), name, "max_rgb", peak, 203.0)
        np.testing.assert_array_equal(found, wanted)
    assert tone.tone_map(name, "max_rgb", 100.0, 203.0, adjustable=True) is not None


def test_the_light_of_a_gray_on_its_display() -> None:
    assert light_of_gray(Transfer.PQ, 1.0) == pytest.approx(10_000, rel=1e-12)
    assert light_of_gray(Transfer.PQ, 0.0) == 0
    assert light_of_gray(Transfer.PQ, 0.5806888810416109) == pytest.approx(203, rel=1e-6)
    assert light_of_gray(Transfer.HLG, 1.0) == pytest.approx(1000, rel=1e-6)
    assert light_of_gray(Transfer.HLG, 0.75) == pytest.approx(203, rel=2e-3)
    assert light_of_gray(Transfer.HLG, 0.5) == pytest.approx(1000 * (1 / 12) ** 1.2, rel=1e-12)


def test_no_map_where_nothing_is_too_bright() -> None:
    assert tone.tone_map("none", "max_rgb", 1000, 203) is None
    assert tone.tone_map("bt2390", "max_rgb", 203, 203) is None


@pytest.mark.parametrize("primaries", [Primaries.BT709, Primaries.P3D65])
def test_desaturation_is_the_references(primaries: Primaries) -> None:
    rgb = np.random.default_rng(1).uniform(-0.6, 1.6, (3, 50_000)).astype(np.float32)
    red, green, blue = rgb_to_xyz(primaries)[1]
    function = tone.desaturate((red, green, blue))
    found = np.stack(evaluate(formula("gamut", 3, function), list(rgb)))
    luma = reference_primaries.luminance(primaries)
    wanted = reference_tone.gamut_step(rgb.astype(np.float64), "perceptual", 1.0, luma)
    np.testing.assert_allclose(found, wanted, atol=4e-6)  # 2^-21 through a quotient
    assert found.min() == 0
    assert found.max() == 1


def test_desaturation_leaves_nothing_outside_by_rounding() -> None:
    # Red as far above 1 as blue is below 0, seen from gray: both are to become an end exactly.
    rng = np.random.default_rng(3)
    gray, factor = rng.uniform(0.05, 0.95, 50_000), rng.uniform(1.0, 1.6, 50_000)
    red, green, blue = rgb_to_xyz(Primaries.BT709)[1]
    high, low = gray + factor * (1 - gray), gray - factor * gray
    middle = (gray - float(red) * high - float(blue) * low) / float(green)
    rgb = [channel.astype(np.float32) for channel in (high, middle, low)]
    found = evaluate(formula("gamut", 3, tone.desaturate((red, green, blue))), rgb)
    assert np.min(found) == 0
    assert np.max(found) == 1


def test_clip() -> None:
    rgb = [np.array([-1, 0.25, 2, np.nan], np.float32)] * 3
    for channel in evaluate(formula("clip", 3, tone.clip), rgb):
        np.testing.assert_array_equal(channel, np.array([0, 0.25, 1, 0], np.float32))
