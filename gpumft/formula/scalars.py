"""Formulas on single numbers, for what a plan has to know itself: a constant, a background."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from gpumft.formula.value import Formula

_TINY: Final = 2.0**-64


def evaluate(formula: Formula, channels: Sequence[float]) -> tuple[float, ...]:
    """Return the formula's outputs for one pixel, as float32 values held as Python floats.

    But for the double rounding of an fma now and then it is what devices compute.

    Args:
        formula: what to do.
        channels: as many finite numbers as it has inputs.

    Thread-safety: a pure function. Source: docs/arithmetic.md, 8.1.
    """
    values = [_single(channel) for channel in channels]
    for operation, operands, number in formula.steps:
        if operation == "literal":
            values.append(number)
        elif operation == "parameter":
            values.append(formula.parameters[int(number)])
        else:
            found = _OPERATIONS[operation](*(values[operand] for operand in operands))
            values.append(_single(found))
    return tuple(values[index] for index in formula.outputs)


def _single(x: float) -> float:
    return float(np.float32(x))


def _exponent(x: float) -> float:
    mantissa, power = math.frexp(x)
    return power - (2 * mantissa * mantissa < 1)


_OPERATIONS: Final[dict[str, Callable[..., float]]] = {
    "multiply": lambda a, b: a * b,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "fma": lambda a, b, c: a * b + c,
    "negate": lambda x: -x,
    "absolute": abs,
    "select": lambda a, b, yes, no: yes if a < b else no,
    "flush": lambda x: 0.0 if abs(x) < _TINY else x,
    "reciprocal": lambda x: 1 / min(max(x, _TINY), 1 / _TINY),
    "keep_nan": lambda x, y: math.nan if math.isnan(x) else y,
    "exponent": _exponent,
    "mantissa": lambda x: math.ldexp(x, -int(_exponent(x))),
    "power_of_two": lambda x: math.ldexp(1.0, int(x)),
    "root_seed": lambda x: 1 / math.sqrt(x),
}
