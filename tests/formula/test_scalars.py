"""Formulas on single numbers: the same as on devices, but for a rounding."""

import numpy as np
import pytest

from gpumft.colour import curves
from gpumft.formula import Value, divide, evaluate, exp2, formula, parameter, square_root
from gpumft.media import Transfer
from gpumft.testing import twin_formula

VALUES = np.array(
    [0, -0.25, 1e-30, 2.0**-64, 1e-3, 0.018, 0.3, 0.5, 0.7071, 1, 1.5, 2, 40], np.float32
)


@pytest.mark.parametrize("transfer", Transfer)
@pytest.mark.parametrize("way", [curves.decode, curves.encode])
def test_curves(way: object, transfer: Transfer) -> None:
    function = way(transfer)  # type: ignore[operator]
    made = formula("curve", 1, lambda x: [function(x)])
    wanted = twin_formula.evaluate(made, [VALUES])[0]
    found = [evaluate(made, [float(value)])[0] for value in VALUES]
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-30)


def test_every_other_operation() -> None:
    def several(x: Value, y: Value) -> list[Value]:
        return [divide(x, y), square_root(x), exp2(y - x), abs(-x) * parameter(3.0)]

    made = formula("several", 2, several)
    given = np.array([2.0, 10.0], np.float32), np.array([3.0, 0.125], np.float32)
    wanted = np.stack(twin_formula.evaluate(made, given)).T
    found = [evaluate(made, [float(x), float(y)]) for x, y in zip(*given, strict=True)]
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_what_is_no_number_stays_so() -> None:
    made = formula("pq", 1, lambda x: [curves.encode(Transfer.PQ)(x)])
    assert np.isnan(evaluate(made, [float("nan")])[0])
