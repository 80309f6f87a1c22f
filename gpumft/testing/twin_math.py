"""The single operations of docs/arithmetic.md on NumPy arrays: FMA, FLUSH, RECIP, halves, clamps.

All arrays are float32 unless said otherwise; shapes broadcast. Floating-point warnings are not
raised: infinities and NaN are values here. Thread-safety: pure functions.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
U32 = npt.NDArray[np.uint32]
U16 = npt.NDArray[np.uint16]

TINY: Final = np.float32(2.0**-64)
"""What FLUSH takes to zero lies below this."""
RECIP_SEED: Final = np.uint32(0x7EF311C3)
RECIP_STEPS: Final = 3
NAN_BITS: Final = np.uint32(0x7FC00000)
"""The only NaN that is written."""
ZERO: Final = np.float32(0)
ONE: Final = np.float32(1)


def fma32(a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike) -> F32:
    """Return `a * b + c` with one rounding to float32, for every input.

    The product of two float32 values is exact in float64. The sum is split into its float64
    rounding and the exact rest (Knuth's TwoSum), and the rest is kept as a sticky last bit: 53
    bits rounded to odd give the right float32 whatever its exponent.
    Source: S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded sums" (2008).
    """
    with np.errstate(all="ignore"):
        x, y, z = (np.asarray(v, np.float32).astype(np.float64) for v in (a, b, c))
        product = x * y
        total = np.atleast_1d(product + z)
        virtual = total - product
        rest = (product - (total - virtual)) + (z - virtual)
        bits = total.view(np.int64)
        even = (bits & 1) == 0
        inexact = np.isfinite(total) & (rest != 0) & even
        outwards = (rest > 0) == (total > 0)
        bits = np.where(inexact, np.where(outwards, bits + 1, bits - 1), bits)
        result = bits.view(np.float64).astype(np.float32)
    return result.reshape(np.broadcast_shapes(x.shape, y.shape, z.shape))


def flush(x: F32) -> F32:
    """Return FLUSH(x): +0 where |x| < 2^-64, else x. Source: docs/arithmetic.md, 1."""
    return np.where(np.abs(x) < TINY, ZERO, x)


def recip(x: F32) -> F32:
    """Return RECIP(x), 1/x within 1 ulp on [2^-64, 2^64]. Source: docs/arithmetic.md, 2."""
    x = np.where(x > TINY, x, TINY)
    x = np.where(x < ONE / TINY, x, ONE / TINY)
    y = (RECIP_SEED - x.view(np.uint32)).view(np.float32)
    for _ in range(RECIP_STEPS):
        y = fma32(y, fma32(-x, y, ONE), y)
    return y


def clamp_round(x: F32, maximum: int) -> U32:
    """Return the code of x: clamped to [0, maximum], rounded half to even; NaN gives 0.

    Source: docs/arithmetic.md, 4.8.
    """
    x = np.where(x > ZERO, x, ZERO)
    x = np.where(x < np.float32(maximum), x, np.float32(maximum))
    return np.rint(x).astype(np.uint32)


def finish_float(x: F32) -> F32:
    """Return x as it is written to float32: FLUSH, one NaN. Source: docs/arithmetic.md, 4.8."""
    x = flush(x)
    return np.where(np.isnan(x), NAN_BITS.view(np.float32), x)


def from_half(half: U16) -> F32:
    """Return the float32 values of float16 bits. Source: docs/arithmetic.md, 3."""
    h = half.astype(np.uint32)
    sign, exponent, mantissa = (h >> 15) << 31, (h >> 10) & 31, h & 0x3FF
    normal = ((exponent + 112) << 23) | (mantissa << 13)
    subnormal = (mantissa.astype(np.float32) * np.float32(2.0**-24)).view(np.uint32)
    special = np.where(mantissa > 0, NAN_BITS, np.uint32(0x7F800000))
    bits = np.where(exponent == 0, subnormal, np.where(exponent == 31, special, normal))
    signless = (exponent == 31) & (mantissa > 0)
    return np.where(signless, bits, bits | sign).astype(np.uint32).view(np.float32)


def to_half(x: F32) -> U16:
    """Return float16 bits, rounded to nearest even, never -0. Source: docs/arithmetic.md, 3."""
    bits = np.ascontiguousarray(x).view(np.uint32).astype(np.int64)
    sign, a = (bits >> 16) & 0x8000, bits & 0x7FFFFFFF
    normal = (a - 0x38000000 + 0xFFF + ((a >> 13) & 1)) >> 13
    n = np.clip(126 - (a >> 23), 1, 24)
    m = (a & 0x7FFFFF) | 0x800000
    subnormal = (m + (1 << (n - 1)) - 1 + ((m >> n) & 1)) >> n
    half = np.where(a >= 0x38800000, normal, np.where(a >= 0x33000000, subnormal, 0))
    half = np.where(a >= 0x47800000, 0x7C00, half)
    half = np.where(half == 0, 0, half | sign)
    return np.where(a > 0x7F800000, 0x7E00, half).astype(np.uint16)
