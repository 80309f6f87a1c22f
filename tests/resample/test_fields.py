"""Taps of interlaced rows."""

from fractions import Fraction

import numpy as np
import pytest

from gpumft.errors import InvalidArg
from gpumft.resample import Taps, field_taps, luma_grid


def scale(n: int, m: int, name: str) -> Taps:
    return field_taps(
        luma_grid(n), luma_grid(m), crop=(Fraction(0), Fraction(n)), extent=m, filter=name
    )


def test_two_rows_are_enough_and_one_is_not() -> None:
    found = scale(2, 2, "bilinear")
    assert found.start.tolist() == [0, 1]
    assert found.weights.tolist() == [[1], [1]]
    for n, m in ((1, 2), (2, 1)):
        with pytest.raises(InvalidArg, match="a field has no row"):
            scale(n, m, "bilinear")


@pytest.mark.parametrize("name", ["bilinear", "lanczos3"])
def test_rows_of_the_other_field_have_no_weight_and_none_is_added(name: str) -> None:
    found = scale(24, 10, name)
    rows = np.arange(10)
    assert np.array_equal(found.start % 2, rows % 2)
    assert not found.weights[:, 1::2].any()
    assert found.longest == found.count.max()
    assert found.longest % 2 == 1
    last = found.weights[rows, found.count - 1]
    assert np.all(last != 0)
