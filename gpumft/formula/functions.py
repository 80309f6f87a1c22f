"""Functions made of the single operations: quotient, root, logarithm, exponential, power.

Their bounds hold in the stated domains and are measured by tests/formula/test_functions.py. The
coefficients come from `python -m tests.formula.coefficients`, which fits them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gpumft.formula.value import Value, fma, lifted, literal, reciprocal, select

_HALF_ROUND: Final = 12582912.0
"""1.5 * 2^23: no fractions lie that far out, so adding it rounds to an integer, half to even."""

LOG2: Final = (
    1.4426950216293335,
    -0.7213473320007324,
    0.48090097308158875,
    -0.3606990873813629,
    0.2884629964828491,
    -0.23949767649173737,
    0.20609240233898163,
    -0.19326797127723694,
    0.17896777391433716,
    -0.09697680175304413,
)
"""log2(1 + x) / x for 1 + x in [sqrt(1/2), sqrt(2)], within 1.6e-8 of it."""
EXP2: Final = (
    0.6931471824645996,
    0.24022649228572845,
    0.055503662675619125,
    0.009618327021598816,
    0.0013387893559411168,
    0.00015375005023088306,
)
"""(2^x - 1) / x for |x| <= 1/2, within 1.4e-8 of it."""


def polynomial(coefficients: Sequence[float], x: Value) -> Value:
    """Return the sum of coefficients[k] * x^k, from the highest power down (Horner)."""
    total = literal(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = fma(total, x, coefficient)
    return total


def larger(a: Value | float, b: Value | float) -> Value:
    """Return the larger of the two; `b` where a is NaN."""
    return select(b, a, a, b)


def smaller(a: Value | float, b: Value | float) -> Value:
    """Return the smaller of the two; `b` where a is NaN."""
    return select(a, b, a, b)


def clamp(x: Value, low: Value | float, high: Value | float) -> Value:
    """Return x within [low, high]; `low` where it is NaN. Source: docs/arithmetic.md, 4.8."""
    return smaller(larger(x, low), high)


def nearest_integer(x: Value) -> Value:
    """Return x rounded half to even, for |x| < 2^22."""
    return (x + _HALF_ROUND) - _HALF_ROUND


def divide(a: Value | float, b: Value) -> Value:
    """Return a / b within 1 ulp, for b and the quotient in [2^-60, 2^60].

    One correction step after a * RECIP(b): a quotient that is a float32 comes out exactly.
    """
    inverse = reciprocal(b)
    guess = lifted(a) * inverse
    return fma(fma(-guess, b, a), inverse, guess)


def square_root(x: Value) -> Value:
    """Return the root of x in (2^-64, 2^64] within 1 ulp; 0 for smaller x and for NaN."""
    safe = clamp(x, 2.0**-64, 2.0**64)
    half = safe * 0.5
    inverse = Value("root_seed", safe)
    for _ in range(3):
        inverse = fma(inverse, fma(-(half * inverse), inverse, 0.5), inverse)
    guess = safe * inverse
    root = fma(fma(-guess, guess, safe), inverse * 0.5, guess)
    return select(2.0**-64, x, root, 0.0)


def _log2_parts(x: Value) -> tuple[Value, Value, Value]:
    """Return k, r and p with log2(x) = k + r * p, |r * p| <= 1/2, for x in [2^-64, 2^64]."""
    safe = clamp(x, 2.0**-64, 2.0**64)
    rest = Value("mantissa", safe) - 1.0
    return Value("exponent", safe), rest, polynomial(LOG2, rest)


def log2(x: Value) -> Value:
    """Return the logarithm to base 2 of x, brought into [2^-64, 2^64]; NaN counts as 2^-64."""
    whole, rest, slope = _log2_parts(x)
    return fma(rest, slope, whole)


def exp2(x: Value) -> Value:
    """Return 2^x for x in [-100, 100], which x is brought into; NaN counts as -100."""
    safe = clamp(x, -100.0, 100.0)
    whole = nearest_integer(safe)
    return _exp2_parts(whole, safe - whole)


def _exp2_parts(whole: Value, rest: Value) -> Value:
    """Return 2^(whole + rest) for an integer and a rest of at most a half."""
    return fma(rest, polynomial(EXP2, rest), 1.0) * Value("power_of_two", whole)


def power(x: Value, exponent: float | Value) -> Value:
    """Return x^exponent for x >= 0 and a positive exponent; 0 for x <= 2^-64 and for NaN.

    The integer part of the logarithm is multiplied apart from the rest, so that the error does not
    grow with it. 1 gives 1.
    """
    whole, rest, slope = _log2_parts(x)
    part = rest * slope
    total = clamp(fma(whole, exponent, part * exponent), -100.0, 100.0)
    n = nearest_integer(total)
    fraction = clamp(fma(part, exponent, fma(whole, exponent, -n)), -0.75, 0.75)
    return select(2.0**-64, x, _exp2_parts(n, fraction), 0.0)
