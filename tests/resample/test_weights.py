"""Rows of weights: rounding that keeps mirrored rows mirrored."""

import numpy as np

from gpumft.resample.weights import round_rows


def test_an_odd_unit_goes_to_neither_side_of_a_row_that_balances() -> None:
    # Two equal largest apart from each other, and a unit that is missing: 2 * 0.3 + 0.4 of one.
    side = (13_000_000 + 0.3) / 2**25
    row = np.array([[side, 1 - 2 * side, side]])
    (made,) = round_rows(row)
    assert made[0] == made[2] == np.float32(13_000_000 / 2**25)
    assert made.astype(np.float64).sum() == 1 - 2.0**-25


def test_an_odd_unit_goes_to_the_heavier_side() -> None:
    side = (13_000_000 + 0.3) / 2**25
    light = 2.0**-10
    row = np.array([[side, 1 - 2 * side - light, side, light]])
    (made,), (mirrored,) = round_rows(row), round_rows(row[:, ::-1])
    assert made.astype(np.float64).sum() == 1
    assert made[2] - made[0] == 2.0**-25
    np.testing.assert_array_equal(made, mirrored[::-1])


def test_of_three_equal_weights_the_middle_one_takes_the_odd_unit() -> None:
    (made,) = round_rows(np.full((1, 3), 1 / 3))
    assert (made.astype(np.float64) * 2**25).tolist() == [11184811, 11184810, 11184811]
    assert made.astype(np.float64).sum() == 1


def test_a_side_is_heavier_by_a_single_unit() -> None:
    # A quarter of a unit is lost four times; right of the middle lies one unit more.
    units = np.array([13_000_000, 3_777_215, 3_777_216, 13_000_000])
    row = ((units + 0.25) / 2**25)[np.newaxis]
    (made,), (mirrored,) = round_rows(row), round_rows(row[:, ::-1])
    assert (made.astype(np.float64) * 2**25 - units).tolist() == [0, 0, 0, 1]
    np.testing.assert_array_equal(made, mirrored[::-1])
