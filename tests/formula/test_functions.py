"""The functions of gpumft.formula within the bounds of docs/arithmetic.md, 8.2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from gpumft.formula import (
    Value,
    clamp,
    divide,
    exp2,
    formula,
    functions,
    larger,
    log2,
    nearest_integer,
    power,
    smaller,
    square_root,
)
from gpumft.testing.twin_formula import evaluate
from tests.formula.coefficients import TABLES

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
SPECIALS = np.array(
    [np.nan, -np.inf, -1.0, -0.0, 0.0, 1e-45, 1e-30, 2.0**-64, np.inf, 3e38], np.float32
)


def found(function: Callable[..., Value], *inputs: Any) -> F32:
    given = [np.atleast_1d(np.asarray(x, np.float32)) for x in inputs]
    made = formula("f", len(given), lambda *channels: [function(*channels)])
    return evaluate(made, np.broadcast_arrays(*given))[0]


def octaves(first: float, last: float, step: int = 61) -> F32:
    """Every 61st float32 of a range of octaves: all exponents, digits of all kinds."""
    ends = np.array([first, last], np.float32).view(np.uint32)
    return np.arange(int(ends[0]), int(ends[1]), step).astype(np.uint32).view(np.float32)


def ulps(values: F32, exact: F64, least: float = 2.0**-126) -> float:
    """The largest error in units of the last place of the exact value, or of `least`."""
    size = np.maximum(np.abs(exact), least)
    spacing = np.exp2(np.floor(np.log2(size)) - 23)
    return float(np.max(np.abs(values.astype(np.float64) - exact) / spacing))


def spread(low: float, high: float) -> F32:
    """Powers of two from low to high with many digits each."""
    digits = octaves(1, 2, 4999)
    whole = np.arange(np.log2(low), np.log2(high))
    return np.ldexp(digits, whole.astype(np.int32)[:, None]).ravel().astype(np.float32)


def test_coefficients_are_those_that_are_fitted() -> None:
    assert TABLES["LOG2"] == functions.LOG2
    assert TABLES["EXP2"] == functions.EXP2


def test_square_root() -> None:
    for x in (octaves(1, 4), spread(2.0**-63, 2.0**64)):
        assert ulps(found(square_root, x), np.sqrt(x.astype(np.float64))) <= 0.501
    whole = np.arange(1, 4096, dtype=np.float32)
    np.testing.assert_array_equal(found(square_root, whole * whole), whole)
    expected = [0, 0, 0, 0, 0, 0, 0, 0, 2.0**32, 2.0**32]
    np.testing.assert_array_equal(found(square_root, SPECIALS), np.array(expected, np.float32))


def test_divide() -> None:
    b = octaves(1, 2, 19997)
    a = octaves(1, 4, 20011)[:, None]
    assert ulps(found(divide, a, b), a.astype(np.float64) / b) <= 0.501
    wide = spread(2.0**-30, 2.0**30)
    assert ulps(found(divide, 1.7, wide), np.float64(np.float32(1.7)) / wide) <= 0.501


def test_exact_quotients_come_out_exactly() -> None:
    whole = np.arange(1, 400, dtype=np.float32)
    quotients = found(divide, whole[:, None] * whole, whole)
    np.testing.assert_array_equal(quotients, np.broadcast_to(whole[:, None], quotients.shape))


def test_log2() -> None:
    for x in (octaves(0.5, 2), spread(2.0**-64, 2.0**64)):
        assert ulps(found(log2, x), np.log2(x.astype(np.float64)), least=1.0) <= 2
    exact = np.exp2(np.arange(-64, 65)).astype(np.float32)
    np.testing.assert_array_equal(found(log2, exact), np.arange(-64, 65, dtype=np.float32))
    expected = [-64] * 8 + [64, 64]
    np.testing.assert_array_equal(found(log2, SPECIALS), np.array(expected, np.float32))


def test_exp2() -> None:
    x = np.concatenate([np.linspace(-100, 100, 150001), np.linspace(-1, 1, 50001)])
    x = x.astype(np.float32)
    assert ulps(found(exp2, x), np.exp2(x.astype(np.float64))) <= 1
    whole = np.arange(-100, 101, dtype=np.float32)
    np.testing.assert_array_equal(found(exp2, whole), np.exp2(whole))
    outside = found(exp2, [np.nan, -np.inf, np.inf, 1e9])
    np.testing.assert_array_equal(outside, np.exp2(np.array([-100, -100, 100, 100], np.float32)))


@pytest.mark.parametrize("exponent", [1 / 2.4, 0.45, 1.0, 1.2, 2.2, 2.4, 2.6, 7.0])
def test_power(exponent: float) -> None:
    exact = float(np.float32(exponent))
    for x in (octaves(2.0**-4, 4, 211), spread(2.0**-13, 2.0**13)):
        wanted = x.astype(np.float64) ** exact
        assert ulps(found(lambda v: power(v, exponent), x), wanted) <= 4
    specials = found(lambda v: power(v, exponent), SPECIALS)
    np.testing.assert_array_equal(specials[:8], np.zeros(8, np.float32))
    assert found(lambda v: power(v, exponent), 1.0) == 1


def test_choices_and_nan() -> None:
    nan = np.float32(np.nan)
    pairs: Sequence[tuple[Callable[..., Value], float]] = [(larger, 2.0), (smaller, 1.0)]
    for function, wanted in pairs:
        assert found(function, 1.0, 2.0) == wanted
        assert found(function, 2.0, 1.0) == wanted
        assert found(function, nan, 7.0) == 7
    clamped = found(lambda x: clamp(x, -1.0, 3.0), [nan, -np.inf, -2, 0.5, 3, 99, np.inf])
    np.testing.assert_array_equal(clamped, np.array([-1, -1, -1, 0.5, 3, 3, 3], np.float32))


def test_nearest_integer() -> None:
    x = np.arange(-20, 20, 0.25, dtype=np.float32)
    large = np.array([2**22 - 0.5, -(2**22) + 1.5, 100000.5, 100001.5], np.float32)
    for given in (x, large):
        np.testing.assert_array_equal(found(nearest_integer, given), np.rint(given))
