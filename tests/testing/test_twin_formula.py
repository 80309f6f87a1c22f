"""The exact interpreter of formulas, one operation at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gpumft.formula import OPERATIONS, Value, formula, literal, parameter
from gpumft.testing.twin_formula import evaluate

NAN = float("nan")


def result(operation: str, *operands: float) -> Any:
    """One operation on inputs."""
    made = formula(operation, len(operands), lambda *channels: [Value(operation, *channels)])
    return evaluate(made, [np.array([x], np.float32) for x in operands])[0][0]


@pytest.mark.parametrize(
    ("operation", "operands", "wanted"),
    [
        ("multiply", (3.0, -0.5), -1.5),
        ("add", (2.0**24, 1.0), 2.0**24),
        ("subtract", (1.0, 3.0), -2.0),
        ("fma", (1 + 2.0**-23, 1 - 2.0**-23, -1.0), -(2.0**-46)),
        ("negate", (2.5,), -2.5),
        ("absolute", (-2.5,), 2.5),
        ("select", (1.0, 2.0, 5.0, 6.0), 5.0),
        ("select", (2.0, 2.0, 5.0, 6.0), 6.0),
        ("select", (NAN, 2.0, 5.0, 6.0), 6.0),
        ("flush", (2.0**-65,), 0.0),
        ("flush", (-(2.0**-64),), -(2.0**-64)),
        ("reciprocal", (4.0,), 0.25),
        ("reciprocal", (NAN,), 2.0**64),
        ("keep_nan", (1.0, 7.0), 7.0),
        ("exponent", (0.7071067,), -1.0),
        ("exponent", (0.70710677,), 0.0),
        ("exponent", (1.4142134,), 0.0),
        ("exponent", (3.0e38,), 128.0),
        ("mantissa", (6.0,), 0.75),
        ("mantissa", (5.0,), 1.25),
        ("power_of_two", (-126.0,), 2.0**-126),
        ("power_of_two", (127.0,), 2.0**127),
    ],
)
def test_an_operation(operation: str, operands: tuple[float, ...], wanted: float) -> None:
    assert result(operation, *operands) == np.float32(wanted)


def test_every_operation_is_known() -> None:
    for operation, count in OPERATIONS.items():
        if operation not in ("literal", "parameter"):
            assert result(operation, *[1.0] * count) is not None


def test_a_kept_nan_is_the_one_that_is_written() -> None:
    assert result("keep_nan", -float("nan"), 1.0).view(np.uint32) == 0x7FC00000


def test_the_seed_of_a_root_is_near_it() -> None:
    for x in (0.25, 1.0, 3.0, 1e10):
        assert abs(result("root_seed", x) * np.sqrt(np.float32(x)) - 1) < 0.04


def test_mantissa_and_exponent_together_are_the_number() -> None:
    x = np.geomspace(1e-37, 3e38, 20000).astype(np.float32)
    made = formula("parts", 1, lambda v: [Value("mantissa", v), Value("exponent", v)])
    mantissa, exponent = evaluate(made, [x])
    np.testing.assert_array_equal(np.ldexp(mantissa, exponent.astype(np.int32)), x)
    assert mantissa.min() >= np.float32(0.5**0.5)
    assert mantissa.max() < np.float32(2**0.5)


def test_literals_and_parameters_have_the_shape_of_the_channels() -> None:
    made = formula("constants", 1, lambda x: [literal(0.1), parameter(0.2), x])
    constant, given, same = evaluate(made, [np.full((2, 3), 5, np.float32)])
    np.testing.assert_array_equal(constant, np.full((2, 3), np.float32(0.1)))
    np.testing.assert_array_equal(given, np.full((2, 3), np.float32(0.2)))
    assert same.shape == (2, 3)
