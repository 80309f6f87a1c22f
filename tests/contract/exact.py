"""The operations of docs/arithmetic.md in exact rational arithmetic, one number at a time.

float32 values are given and returned as their bits; every NaN is `NAN`.
"""

from __future__ import annotations

import struct
from fractions import Fraction

NAN = 0x7FC00000
INF = 0x7F800000
SIGN = 0x80000000


def is_nan(bits: int) -> bool:
    return bits & 0x7FFFFFFF > INF


def is_finite(bits: int) -> bool:
    return bits & 0x7FFFFFFF < INF


def value(bits: int) -> Fraction:
    """The rational number of finite bits."""
    return Fraction(*struct.unpack("<f", struct.pack("<I", bits))[0].as_integer_ratio())


def bits_of(number: float) -> int:
    """The bits of a Python float that is a float32 value."""
    return int(struct.unpack("<I", struct.pack("<f", number))[0])


def floor_log2(q: Fraction) -> int:
    """The exponent e with 2^e <= q < 2^(e+1)."""
    e = q.numerator.bit_length() - q.denominator.bit_length()
    return e if Fraction(2) ** e <= q else e - 1


def rounded(q: Fraction, *, precision: int, lowest: int, bias: int) -> int:
    """The bits, without sign, of |q| rounded to nearest even in a binary format.

    `precision` counts the stored significand bits, `lowest` is the exponent of the smallest normal
    number. Overflow gives infinity by the same carry that the format has.
    """
    q = abs(q)
    if q == 0:
        return 0
    e = max(floor_log2(q), lowest)
    n = round(q / Fraction(2) ** (e - precision))  # Fraction rounds half to even
    bits = (e + bias - 1 << precision) + n if e > lowest or n >> precision else n
    infinity = 2 * bias + 1 << precision
    return min(bits, infinity)


def float32(q: Fraction, *, negative_zero: bool = False) -> int:
    """The bits of q rounded to float32."""
    sign = SIGN if q < 0 or (q == 0 and negative_zero) else 0
    return sign | rounded(q, precision=23, lowest=-126, bias=127)


def add(a: int, b: int) -> int:
    return fma(a, bits_of(1.0), b)


def multiply(a: int, b: int) -> int:
    """a * b; the product's own sign of zero."""
    return fma(a, b, (a ^ b) & SIGN)


def fma(a: int, b: int, c: int) -> int:
    """FMA(a, b, c) with IEEE 754's rules for infinities, NaN and zeros."""
    if is_nan(a) or is_nan(b) or is_nan(c):
        return NAN
    sign = (a ^ b) & SIGN
    zero_times_inf = not a & ~SIGN & 0xFFFFFFFF or not b & ~SIGN & 0xFFFFFFFF
    if not (is_finite(a) and is_finite(b)):
        if zero_times_inf or (not is_finite(c) and c & SIGN != sign):
            return NAN
        return sign | INF
    if not is_finite(c):
        return c
    product, addend = value(a) * value(b), value(c)
    both_negative = bool(sign and c & SIGN)
    total = product + addend
    if total == 0:
        return SIGN if both_negative and product == 0 and addend == 0 else 0
    return float32(total)


def flush(x: int) -> int:
    return 0 if is_finite(x) and abs(value(x)) < Fraction(1, 2**64) else x


def recip(x: int) -> int:
    """The steps of section 2 with exact FMAs."""
    low, high = bits_of(2.0**-64), bits_of(2.0**64)
    if is_nan(x) or (x & SIGN) or x <= low:
        x = low
    x = min(x, high)
    y = (0x7EF311C3 - x) & 0xFFFFFFFF
    for _ in range(3):
        y = fma(y, fma(x ^ SIGN, y, bits_of(1.0)), y)
    return y


def code(x: int, maximum: int) -> int:
    """Clamp, round half to even; NaN gives 0."""
    if is_nan(x) or x & SIGN:
        return 0
    if not is_finite(x):
        return maximum
    return round(min(value(x), Fraction(maximum)))


def half(x: int) -> int:
    """float32 -> float16, never -0, one NaN."""
    if is_nan(x):
        return 0x7E00
    if not is_finite(x):
        return (x & SIGN) >> 16 | 0x7C00
    magnitude = rounded(value(x), precision=10, lowest=-14, bias=15)
    return magnitude | (x & SIGN) >> 16 if magnitude else 0


def from_half(h: int) -> int:
    """float16 -> float32, exact."""
    sign, exponent, mantissa = (h & 0x8000) << 16, h >> 10 & 31, h & 0x3FF
    if exponent == 31:
        return NAN if mantissa else sign | INF
    q = Fraction(mantissa if exponent == 0 else mantissa + 1024)
    q *= Fraction(2) ** (max(exponent, 1) - 25)
    return sign | float32(q)


def _parts(x: int) -> tuple[int, Fraction]:
    """k and m with x = 2^k * m and m in [r, 2r), r being sqrt(1/2) rounded to float32."""
    root = value(0x3F3504F3)
    k = floor_log2(value(x) / root)
    return k, value(x) / Fraction(2) ** k


def exponent(x: int) -> int:
    return bits_of(float(_parts(x)[0]))


def mantissa(x: int) -> int:
    return float32(_parts(x)[1])


def root_seed(x: int) -> int:
    return 0x5F375A86 - x // 2
