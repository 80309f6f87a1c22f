"""The vectors of the device self-test: exact, and kept by the twin."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gpumft.formula import Value, formula
from gpumft.testing import twin_formula, twin_math
from tests.contract import exact, primitive_vectors

VECTORS: dict[str, list[list[str | int]]] = json.loads(
    primitive_vectors.FILE.read_text(encoding="utf-8")
)


def column(name: str, index: int) -> np.ndarray:
    return np.array([int(str(v[index]), 16) for v in VECTORS[name]], np.uint32)


def numbers(name: str, index: int) -> np.ndarray:
    return column(name, index).view(np.float32)


def same(found: np.ndarray, wanted: np.ndarray) -> None:
    """Equal bits; any NaN is as good as another, and so is either zero."""
    bits = np.ascontiguousarray(found).view(np.uint32)
    bits = np.where(np.isnan(found), np.uint32(exact.NAN), np.where(found == 0, 0, bits))
    zeros = np.where(wanted == exact.SIGN, 0, wanted)
    np.testing.assert_array_equal(bits, zeros)


def test_the_file_is_what_exact_arithmetic_gives() -> None:
    assert primitive_vectors.make() == VECTORS
    assert sum(map(len, VECTORS.values())) >= 500


def test_fma_vectors_depend_on_the_single_rounding() -> None:
    a, b, c = (numbers("fma", i) for i in range(3))
    with np.errstate(all="ignore"):
        split = a * b + c
        twice = (a.astype(np.float64) * b + c).astype(np.float32)
    wanted = numbers("fma", 3)
    assert np.sum((split != wanted) & np.isfinite(wanted)) > 100
    assert np.sum((twice != wanted) & np.isfinite(wanted)) > 0


def test_fma() -> None:
    same(twin_math.fma32(*(numbers("fma", i) for i in range(3))), column("fma", 3))


def test_recip() -> None:
    same(twin_math.recip(numbers("recip", 0)), column("recip", 1))


def test_flush() -> None:
    found = twin_math.flush(numbers("flush", 0))
    same(found, column("flush", 1))
    assert not np.signbit(found[found == 0]).any()


@pytest.mark.parametrize("maximum", [255, 1023, 65535])
def test_code(maximum: int) -> None:
    rows = [i for i, v in enumerate(VECTORS["code"]) if v[1] == maximum]
    wanted = [VECTORS["code"][i][2] for i in rows]
    assert rows
    assert twin_math.clamp_round(numbers("code", 0)[rows], maximum).tolist() == wanted


def test_half() -> None:
    found = twin_math.to_half(numbers("half", 0))
    np.testing.assert_array_equal(found, column("half", 1))


def test_from_half() -> None:
    found = twin_math.from_half(column("from_half", 0).astype(np.uint16))
    np.testing.assert_array_equal(found.view(np.uint32), column("from_half", 1))


@pytest.mark.parametrize("name", ["exponent", "mantissa", "power_of_two", "root_seed"])
def test_operations_of_formulas(name: str) -> None:
    made = formula(name, 1, lambda x: [Value(name, x)])
    (found,) = twin_formula.evaluate(made, [numbers(name, 0)])
    np.testing.assert_array_equal(found.view(np.uint32), column(name, 1))
