"""The PQ curve of SMPTE ST 2084 and BT.2100-2 as formulas without cancellation.

Both directions work on the inner powers less 1: near the ends of the curve 1 - x and c2 - c3 * x
would lose what is asked for. Both clamp to [0, 1]; 1 is 10,000 cd/m2.
"""

from __future__ import annotations

from typing import Final

from gpumft.formula import (
    Value,
    clamp,
    divide,
    exp2,
    flush,
    fma,
    keep_nan,
    larger,
    log2,
    polynomial,
    power,
    select,
)

_M1: Final = 2610 / 16384
_M2: Final = 2523 / 32
_C1: Final = 3424 / 4096
_C3: Final = 2392 / 128
_REST: Final = 1 - _C1
"""1 - c1 = c2 - c3, exact in float32."""
_LOWEST: Final = 2.0**-24
"""Codes up to here are 0 light: the curve starts at c1^m2, 7.3e-7, and at 2^-24 is below that."""

EXP2_SMALL: Final = (
    0.6931471824645996,
    0.24022647738456726,
    0.05550229549407959,
    0.009598818607628345,
    0.001255995244719088,
    4.340519444667734e-05,
)
"""(2^x - 1) / x for x in [-0.31, 0], within 2^-25 of it."""
LOG2_SMALL: Final = (
    1.4426950216293335,
    -0.7213477492332458,
    0.48094049096107483,
    -0.3592168390750885,
    0.3075675070285797,
    -0.12499604374170303,
    0.5083631873130798,
)
"""log2(1 + x) / x for x in [-0.1640625, 0], within 2^-25 of it."""


def decode(x: Value) -> Value:
    """Return the light of a code value. Source: BT.2100-2, table 4 (EOTF)."""
    exponent = log2(clamp(x, _LOWEST, 1.0)) * (1 / _M2)
    below = exponent * polynomial(EXP2_SMALL, exponent)  # x^(1/m2) - 1
    ratio = divide(larger(fma(exponent, polynomial(EXP2_SMALL, exponent), _REST), 0.0),
                   fma(below, -_C3, _REST))  # fmt: skip
    return keep_nan(x, flush(power(ratio, 1 / _M1)))


def light(code: float) -> float:
    """Return the light of a code value, in float64. Source: BT.2100-2, table 4 (EOTF)."""
    inner = float(code ** (1 / _M2))
    return float((max(inner - _C1, 0.0) / (1 - _C1 + _C3 - _C3 * inner)) ** (1 / _M1))


def encode(x: Value) -> Value:
    """Return the code value of light; that of 0 is 0. Source: BT.2100-2, table 4 (inverse EOTF)."""
    inner = power(clamp(x, 0.0, 1.0), _M1)
    below = divide((inner - 1.0) * _REST, fma(inner, _C3, 1.0))
    exponent = (below * polynomial(LOG2_SMALL, below)) * _M2
    return keep_nan(x, select(0.0, x, flush(exp2(exponent)), 0.0))
