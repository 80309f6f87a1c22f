"""Tone curves and gamut steps against published vectors and their own promises."""

import numpy as np
import pytest

from gpumft.testing.reference_curves import pq_encode
from gpumft.testing.reference_tone import gamut_step, intensity, tone_curve, tone_ratio

BT2390 = {  # peak, white: cd/m2 in and out
    (1000, 203): ([1, 10, 50, 100, 203, 400, 1000], [1, 10, 50, 99.361, 159.042, 193.609, 203]),
    (4000, 203): ([50, 100, 203, 400, 1000], [49.549, 85.900, 127.934, 163.749, 193.696]),
    (10000, 203): ([50, 100, 203, 400, 1000], [46.270, 75.682, 110.978, 144.349, 179.400]),
    (1000, 100): ([50, 100, 203, 400, 1000], [46.143, 69.454, 88.244, 97.598, 100]),
}
NAMES = ("bt2390", "hable", "reinhard", "mobius", "clip")
LUMA = np.array([0.2126, 0.7152, 0.0722])


def at(values: object) -> np.ndarray:
    return np.array(values, np.float64)


@pytest.mark.parametrize("ends", BT2390, ids=str)
def test_bt2390_vectors(ends: tuple[int, int]) -> None:
    given, wanted = BT2390[ends]
    found = tone_curve(at(given), "bt2390", *ends)
    assert np.abs(found / at(wanted) - 1).max() < 1e-5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ends", [(1000.0, 203.0), (10000.0, 100.0), (204.0, 203.0)], ids=str)
def test_curves_rise_from_black_to_white(name: str, ends: tuple[float, float]) -> None:
    peak, white = ends
    light = np.linspace(0, peak, 4001)
    found = tone_curve(light, name, peak, white)
    assert found[0] == 0
    assert found[-1] == pytest.approx(white)
    assert (np.diff(found) >= -1e-9).all()
    assert tone_curve(at([2 * peak]), name, peak, white)[0] == pytest.approx(white)


@pytest.mark.parametrize("name", [*NAMES, "none"])
def test_a_source_no_brighter_than_white_is_left(name: str) -> None:
    light = at([0, 50, 203, 300])
    assert np.array_equal(tone_curve(light, name, 203, 203), light)
    assert np.array_equal(tone_curve(light, "none", 1000, 203), light)


def test_worked_points() -> None:
    x, p = 2.0, 5.0
    reinhard = tone_curve(at([200]), "reinhard", 500, 100)[0]
    assert reinhard == pytest.approx(100 * (x / (x + 1)) / (p / (p + 1)))

    def filmic(v: float) -> float:
        a, b, c, d, e, f = 0.15, 0.50, 0.10, 0.20, 0.02, 0.30
        return (v * (a * v + c * b) + d * e) / (v * (a * v + b) + d * f) - e / f

    hable = tone_curve(at([200]), "hable", 500, 100)[0]
    assert hable == pytest.approx(100 * filmic(x) / filmic(p))
    # Mobius at j = 0.3, p = 5: a = -0.36 / 4.49 and b = 2.09 / 4.
    a, b, j = -0.36 / 4.49, 2.09 / 4, 0.3
    scale = (b * b + 2 * b * j + j * j) / (b - a)
    mobius = tone_curve(at([200]), "mobius", 500, 100)[0]
    assert mobius == pytest.approx(100 * scale * (x + a) / (x + b))
    dim = tone_ratio(np.full((3, 1), 0.5), "reinhard", "max_rgb", 500, 100)[0]
    assert dim == pytest.approx(1 / 1.005 / (p / (p + 1)))


def test_mobius_leaves_its_knee_with_slope_one() -> None:
    light = at([10, 30, 30 + 1e-4])
    found = tone_curve(light, "mobius", 500, 100)
    assert found[:2].tolist() == [10, 30]
    assert (found[2] - found[1]) / 1e-4 == pytest.approx(1, abs=1e-4)


def test_bt2390_never_lifts_or_sinks_below_black() -> None:
    light = np.geomspace(1e-6, 10000, 1000)
    found = tone_curve(light, "bt2390", 10000, 1)  # the knee lies below 0
    assert (found >= 0).all()
    assert found[-1] == pytest.approx(1)


def test_what_the_curve_is_taken_of() -> None:
    rgb = at([[100, 500], [200, 500], [50, 500]])
    assert intensity(rgb, "max_rgb").tolist() == [200, 500]
    luminance = intensity(rgb, "luminance")
    assert np.allclose(luminance, [0.2627 * 100 + 0.678 * 200 + 0.0593 * 50, 500])
    perceived = intensity(rgb, "ictcp")
    assert perceived[1] == pytest.approx(500)  # a gray's intensity is its light
    lms = np.array([[1688, 2146, 262], [683, 2951, 462]]) @ rgb[:, 0] / 4096
    wanted = (pq_encode(lms / 10000)).mean()
    assert pq_encode(perceived / 10000)[0] == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("basis", ["max_rgb", "luminance", "ictcp"])
def test_the_ratio_leaves_black_and_grays_follow_the_curve(basis: str) -> None:
    grays = np.tile(at([-1, 0, 100, 1000]), (3, 1))
    ratio = tone_ratio(grays, "bt2390", basis, 1000, 203)
    assert ratio[:2].tolist() == [1, 1]
    assert np.allclose(ratio[2:] * [100, 1000], [99.36109, 203], atol=1e-4)


def test_clipping_takes_each_channel_alone() -> None:
    rgb = at([[-0.1], [0.5], [1.2]])
    assert gamut_step(rgb, "clip", 1, LUMA).ravel().tolist() == [0, 0.5, 1]


def test_the_perceptual_step_keeps_luminance_and_goes_no_further_than_needed() -> None:
    rgb = np.random.default_rng(0).uniform(-0.3, 1.4, (3, 5000))
    found = gamut_step(rgb, "perceptual", 1, LUMA)
    assert found.min() >= -1e-12
    assert found.max() <= 1 + 1e-12
    gray = LUMA @ rgb
    assert np.allclose(LUMA @ found, np.clip(gray, 0, 1), atol=1e-12)
    inside = (rgb.min(axis=0) >= 0) & (rgb.max(axis=0) <= 1)
    assert np.allclose(found[:, inside], rgb[:, inside], atol=1e-12)
    moved = ~inside & (gray > 0) & (gray < 1)
    touches = np.minimum(np.abs(found).min(axis=0), np.abs(found - 1).min(axis=0))
    assert touches[moved].max() < 1e-12
    # Toward gray along a straight line: the colour differences keep their ratios.
    before, after = rgb - gray, found - LUMA @ found
    assert np.allclose(np.cross(before[:, moved].T, after[:, moved].T), 0, atol=1e-12)


def test_the_perceptual_step_beyond_white_and_black() -> None:
    rgb = at([[2, -1, 3], [2, -1, 1.4], [2, -1, -0.5]])
    found = gamut_step(rgb, "perceptual", 1, LUMA)
    assert np.allclose(found, [[1, 0, 1], [1, 0, 1], [1, 0, 1]])
