"""Matrices between primaries against published ones and their own definition."""

import itertools

import numpy as np
import pytest

from gpumft.media import Primaries
from gpumft.testing.reference_primaries import between, luminance, to_xyz, white

ALL = list(Primaries)
PAIRS = list(itertools.permutations(ALL, 2))


def test_bt2020_to_bt709_is_bt2087s() -> None:
    wanted = [
        [1.660491, -0.587641, -0.072850],
        [-0.124550, 1.132900, -0.008349],
        [-0.018151, -0.100579, 1.118730],
    ]
    found = between(Primaries.BT2020, Primaries.BT709, adapt=True)
    assert np.abs(found - wanted).max() < 1e-6


@pytest.mark.parametrize(
    ("primaries", "weights"),
    [
        ("bt709", (0.2126, 0.7152, 0.0722)),
        ("bt2020", (0.2627, 0.6780, 0.0593)),
        ("smpte240m", (0.2124, 0.7011, 0.0866)),
        ("bt470m", (0.2990, 0.5864, 0.1146)),
    ],
)
def test_luminance_weights(primaries: str, weights: tuple[float, ...]) -> None:
    assert np.abs(luminance(Primaries(primaries)) - weights).max() < 1e-4


@pytest.mark.parametrize("primaries", ALL, ids=str)
def test_white_is_white_and_primaries_lie_where_they_should(primaries: Primaries) -> None:
    matrix = to_xyz(primaries)
    sums = matrix @ np.ones(3)
    assert np.allclose(sums[:2] / sums.sum(), [float(part) for part in white(primaries)])
    assert np.isclose(sums[1], 1)
    assert np.isclose(luminance(primaries).sum(), 1)


def test_chromaticities() -> None:
    red = to_xyz(Primaries.FILM)[:, 0]
    assert np.allclose(red[:2] / red.sum(), [0.681, 0.319])
    blue = to_xyz(Primaries.EBU3213)[:, 2]
    assert np.allclose(blue[:2] / blue.sum(), [0.155, 0.077])


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_adapted_white_stays_white_and_the_way_back_undoes(
    pair: tuple[Primaries, Primaries],
) -> None:
    src, dst = pair
    for adapt in (True, False):
        there, back = between(src, dst, adapt=adapt), between(dst, src, adapt=adapt)
        assert np.allclose(there @ back, np.eye(3), atol=1e-12)
    assert np.allclose(between(src, dst, adapt=True) @ np.ones(3), 1, atol=1e-12)
    moved = between(src, dst, adapt=False) @ np.ones(3)
    assert np.allclose(moved, 1, atol=1e-12) is (white(src) == white(dst))


def test_unadapted_colours_stay_where_they_are_measured() -> None:
    through = to_xyz(Primaries.BT709) @ between(Primaries.DCIP3, Primaries.BT709, adapt=False)
    assert np.allclose(through, to_xyz(Primaries.DCIP3), atol=1e-12)


def test_bradford_moves_white_c_to_d65() -> None:
    # The adaptation alone: 470M's XYZ to 709's, with the published matrix of cone responses.
    cones = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    whites = [to_xyz(p) @ np.ones(3) for p in (Primaries.BT470M, Primaries.BT709)]
    gains = (cones @ whites[1]) / (cones @ whites[0])
    adapted = np.linalg.inv(cones) @ np.diag(gains) @ cones @ to_xyz(Primaries.BT470M)
    found = to_xyz(Primaries.BT709) @ between(Primaries.BT470M, Primaries.BT709, adapt=True)
    assert np.allclose(found, adapted, atol=1e-12)


def test_the_same_primaries_change_nothing() -> None:
    assert np.array_equal(between(Primaries.FILM, Primaries.FILM, adapt=True), np.eye(3))
    twin = between(Primaries.SMPTE240M, Primaries.BT601_525, adapt=True)
    assert np.array_equal(twin, np.eye(3))
