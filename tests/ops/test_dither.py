"""Dither patterns: the published matrix, the table of our own generator, seeds."""

from __future__ import annotations

import numpy as np

from gpumft.ops.dither import pattern
from gpumft.testing import reference_dither
from tests.ops import blue_noise


def test_none_is_no_pattern() -> None:
    assert pattern("none", 7) is None


def test_patterns_are_the_references_at_every_seed() -> None:
    for kind in ("ordered", "blue_noise"):
        for seed in (0, 1, 99, 2**40):
            found = pattern(kind, seed)
            assert found is not None
            rows, columns = found.values.shape
            j, i = np.arange(70)[:, None], np.arange(90)[None, :]
            ours = found.values[(j + found.y) % rows, (i + found.x) % columns]
            np.testing.assert_array_equal(ours, reference_dither.pattern(kind, seed, 70, 90))


def test_numbers_are_balanced_and_below_a_half() -> None:
    for kind in ("ordered", "blue_noise"):
        found = pattern(kind, 0)
        assert found is not None
        assert np.abs(found.values).max() < 0.5
        assert float(found.values.astype(np.float64).sum()) == 0


def test_the_table_is_what_the_generator_makes() -> None:
    np.testing.assert_array_equal(np.load(blue_noise.TABLE), blue_noise.ranks())


def test_the_noise_is_blue() -> None:
    """A tenth of the power that white noise has lies below a fifth of the sampling rate."""
    table = np.load(blue_noise.TABLE).astype(np.float64)
    power = np.abs(np.fft.fft2(table - table.mean())) ** 2
    axis = np.fft.fftfreq(blue_noise.SIDE)
    low = np.hypot(axis[:, None], axis[None, :]) < 0.2
    assert power[low].mean() < 0.1 * power.mean()
