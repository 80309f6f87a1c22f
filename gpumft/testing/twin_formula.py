"""Formulas on NumPy arrays: every operation of docs/arithmetic.md, 8.1, exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from gpumft.formula import Formula
from gpumft.testing.twin_math import F32, NAN_BITS, flush, fma32, recip

_ROOT_HALF: Final = np.uint32(0x3F3504F3)
"""The bits of sqrt(1/2), rounded down."""
_ROOT_SEED: Final = np.uint32(0x5F375A86)


def evaluate(formula: Formula, channels: Sequence[F32]) -> list[F32]:
    """Return the formula's outputs for channels of one shape.

    Thread-safety: a pure function. Source: docs/arithmetic.md, 8.1.
    """
    shape = channels[0].shape
    values: list[F32] = list(channels)
    with np.errstate(all="ignore"):
        for operation, operands, number in formula.steps:
            if operation in ("literal", "parameter"):
                index = int(number)
                given = number if operation == "literal" else formula.parameters[index]
                values.append(np.full(shape, given, np.float32))
            else:
                found = _OPERATIONS[operation](*(values[operand] for operand in operands))
                values.append(np.asarray(found, np.float32))
    return [values[index] for index in formula.outputs]


def _bits(x: F32) -> np.ndarray[tuple[int, ...], np.dtype[np.uint32]]:
    return np.ascontiguousarray(x).view(np.uint32)


def _exponent(x: F32) -> F32:
    return ((_bits(x) - _ROOT_HALF).view(np.int32) >> 23).astype(np.float32)


def _mantissa(x: F32) -> F32:
    whole = (_bits(x) - _ROOT_HALF) & np.uint32(0xFF800000)
    return (_bits(x) - whole).view(np.float32)


def _power_of_two(x: F32) -> F32:
    return ((x.astype(np.int32) + 127) << 23).view(np.float32)


def _root_seed(x: F32) -> F32:
    return (_ROOT_SEED - (_bits(x) >> 1)).view(np.float32)


_OPERATIONS: Final[dict[str, Callable[..., F32]]] = {
    "multiply": np.multiply,
    "add": np.add,
    "subtract": np.subtract,
    "fma": fma32,
    "negate": np.negative,
    "absolute": np.abs,
    "select": lambda a, b, yes, no: np.asarray(np.where(a < b, yes, no)),
    "flush": flush,
    "reciprocal": recip,
    "keep_nan": lambda x, y: np.where(np.isnan(x), NAN_BITS.view(np.float32), y),
    "exponent": _exponent,
    "mantissa": _mantissa,
    "power_of_two": _power_of_two,
    "root_seed": _root_seed,
}
