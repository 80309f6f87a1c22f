"""Matrices between primaries: exact, published values, neutral axes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from gpumft.colour.matrices import diagonal, product
from gpumft.colour.primaries import between, inverse, rgb_to_xyz
from gpumft.media import Primaries
from gpumft.testing import reference_primaries

ALL = list(Primaries)
ONE = diagonal((Fraction(1),) * 3)


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("source", ALL)
def test_every_pair_is_the_references(source: Primaries, target: Primaries) -> None:
    for adapt in (True, False):
        found = np.array(between(source, target, adapt=adapt), np.float64)
        wanted = reference_primaries.between(source, target, adapt=adapt)
        np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize("source", ALL)
def test_there_and_back_is_nothing(source: Primaries) -> None:
    there, back = between(source, Primaries.BT2020), between(Primaries.BT2020, source)
    assert product(back, there) == ONE


@pytest.mark.parametrize("source", ALL)
def test_white_stays_white_with_adaptation(source: Primaries) -> None:
    for target in ALL:
        rows = between(source, target)
        assert all(abs(float(sum(row)) - 1) < 1e-12 for row in rows)


def test_equal_sets_are_no_matrix() -> None:
    assert between(Primaries.BT601_525, Primaries.SMPTE240M) == ONE


def test_values_of_bt2087() -> None:
    rows = np.array(between(Primaries.BT2020, Primaries.BT709), np.float64)
    published = [
        [1.660491, -0.587641, -0.072850],
        [-0.124550, 1.132900, -0.008349],
        [-0.018151, -0.100579, 1.118730],
    ]
    np.testing.assert_allclose(rows, published, atol=1e-6)


def test_luminance_of_bt709() -> None:
    weights = [float(value) for value in rgb_to_xyz(Primaries.BT709)[1]]
    np.testing.assert_allclose(weights, [0.212639, 0.715169, 0.072192], atol=1e-6)


def test_an_inverse_is_exact() -> None:
    rows = rgb_to_xyz(Primaries.P3D65)
    assert product(inverse(rows), rows) == ONE
