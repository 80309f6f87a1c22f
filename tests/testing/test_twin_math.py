"""The twin's operations against exact arithmetic, on tens of thousands of hard cases."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.testing import twin_math
from tests.contract import exact
from tests.contract.numbers import F32, bits, random32, with_exponents
from tests.contract.program_parts import random_bits


def check_fma(a: F32, b: F32, c: F32) -> None:
    found = bits(twin_math.fma32(a, b, c))
    wanted = [exact.fma(*v) for v in zip(bits(a), bits(b), bits(c), strict=True)]
    assert found == wanted


def test_exact_rounding_agrees_with_the_machine() -> None:
    """exact.py is the judge below, so it is judged by IEEE hardware first."""
    a, b = random32(5000, 1), random32(5000, 2)
    with np.errstate(all="ignore"):
        product, total = a * b, a + b
    zero = [exact.multiply(x, y) for x, y in zip(bits(a), bits(b), strict=True)]
    assert zero == bits(product)
    assert [exact.add(x, y) for x, y in zip(bits(a), bits(b), strict=True)] == bits(total)


@pytest.mark.parametrize("seed", range(4))
def test_fma_any_bits(seed: int) -> None:
    check_fma(*(random32(4000, 10 * seed + i) for i in range(3)))


def test_fma_residuals_of_products() -> None:
    a, b = with_exponents(8000, 3, 100, 150), with_exponents(8000, 4, 100, 150)
    product = a * b
    check_fma(a, b, -product)
    check_fma(a, b, np.nextafter(-product, np.float32(1)))


def test_fma_near_ties_of_the_sum() -> None:
    """Products that are half a unit of the sum, give or take far less than float64 can show."""
    c = with_exponents(12000, 5, 120, 130)
    raw = random_bits(12000, 6)
    near = np.float32(1) + ((raw % np.uint64(5)).astype(np.float32) - 2) * np.float32(2.0**-23)
    inverse = np.float32(2) - near
    half_unit = np.spacing(np.abs(c)) / np.float32(2)
    sign = np.where(raw & np.uint64(64), np.float32(-1), np.float32(1))
    check_fma(half_unit * near, sign * inverse, c)


def test_fma_with_subnormal_and_tiny_results() -> None:
    """Rounding twice would show where float32 has fewer bits than elsewhere."""
    a, b = with_exponents(8000, 7, 40, 80), with_exponents(8000, 8, 40, 90)
    check_fma(a, b, np.zeros_like(a))
    check_fma(a, b, with_exponents(8000, 9, 0, 30))
    half = np.float32(2.0**-75) * (1 + np.arange(-8, 9).astype(np.float32) * np.float32(2.0**-23))
    pairs = np.array([(x, y, z) for x in half for y in half for z in (0, 1e-45, -1e-45, 3e-45)])
    check_fma(*pairs.astype(np.float32).T.copy())


def test_fma_at_overflow() -> None:
    a, b = with_exponents(8000, 11, 185, 195), with_exponents(8000, 12, 185, 195)
    check_fma(a, b, with_exponents(8000, 13, 240, 255))
    top = np.float32(3.4028235e38)
    unit = np.array([2.0**102, 2.0**102 * (1 + 2.0**-23), 2.0**102 * (1 - 2.0**-24)], np.float32)
    check_fma(unit, np.ones(3, np.float32), np.full(3, top))
    check_fma(unit, -np.ones(3, np.float32), np.full(3, -top))


def test_fma_broadcasts_and_keeps_scalars() -> None:
    assert twin_math.fma32(2.0, np.ones((3, 1)), np.ones(4)).shape == (3, 4)
    assert twin_math.fma32(2.0, 3.0, 1.0).shape == ()


def test_recip_is_within_one_ulp_everywhere() -> None:
    """One octave proves all (docs/arithmetic.md, 2): every significand is tried."""
    worst = 0.0
    for first in range(0, 1 << 23, 1 << 20):
        x = (np.arange(first, first + (1 << 20), dtype=np.uint32) + 0x3F800000).view(np.float32)
        y = twin_math.recip(x).astype(np.float64)
        worst = max(worst, float(np.max(np.abs(y - 1 / x.astype(np.float64)))) / 2.0**-24)
    assert 0.5 < worst < 0.501


def test_recip_scales_by_powers_of_two() -> None:
    x = with_exponents(2000, 14, 127, 128)
    x = np.abs(x)
    y = twin_math.recip(x)
    for k in (-64, -63, -1, 1, 40, 63):
        scaled = np.ldexp(x, k)
        np.testing.assert_array_equal(twin_math.recip(scaled), np.ldexp(y, -k))


def test_half_to_float_for_every_half() -> None:
    every = np.arange(65536, dtype=np.uint16)
    found = bits(twin_math.from_half(every))
    assert found == [exact.from_half(int(h)) for h in every]


def test_float_to_half() -> None:
    every = twin_math.from_half(np.arange(0x7C00, dtype=np.uint16))
    middle = (every[1:] + every[:-1]) / np.float32(2)
    tries = [every, middle, np.nextafter(middle, np.float32(0)), np.nextafter(middle, np.inf)]
    x = np.concatenate([*tries, random32(20000, 15), with_exponents(20000, 16, 100, 145)])
    x = np.concatenate([x, -x])
    with np.errstate(all="ignore"):
        hardware = x.astype(np.float16).view(np.uint16)
    hardware = np.where(np.isnan(x), 0x7E00, np.where(hardware == 0x8000, 0, hardware))
    np.testing.assert_array_equal(twin_math.to_half(x), hardware)
    few = x[::97]
    assert twin_math.to_half(few).tolist() == [exact.half(b) for b in bits(few)]
