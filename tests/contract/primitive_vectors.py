"""Makes tests/data/primitives.json: hard cases of single operations, with their exact results.

Written by `python -m tests.contract.primitive_vectors` from the root of the repository. Results are
computed in rational arithmetic (exact.py), not by the code that they test. The file:

    fma              a, b, c, FMA(a, b, c)      no operand or result is subnormal
    recip            x, RECIP(x)
    code             x, max, code               clamp and rint of 4.8; max and code are integers
    flush            x, FLUSH(x)
    half             x, float16 bits            as written: FLUSH is not part of it
    from_half        float16 bits, float32 bits
    exponent mantissa root_seed   x, result     x is normal, positive and finite
    power_of_two     x, 2^x                     x is an integer from -126 to 127

All numbers are bits in hexadecimal unless said otherwise. A result of 7fc00000 stands for any NaN
in `fma` and `flush`, for itself elsewhere. A zero result of `fma` may have either sign.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.contract import exact
from tests.contract.program_parts import random_bits

FILE = Path(__file__).parent.parent / "data" / "primitives.json"
ONE, HALF_ULP = 0x3F800000, 0x33800000
EDGES = (
    0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x3F7FFFFF, 0x3F800001, 0x7F7FFFFF, 0xFF7FFFFF,
    0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00001, 0x1F800000, 0x9F800000, 0x5F800000, 0x40490FDB,
)  # fmt: skip
SUBNORMAL = (0x00000001, 0x80000001, 0x007FFFFF, 0x807FFFFF)


def is_subnormal(bits: int) -> bool:
    return 0 < bits & 0x7FFFFFFF < 0x00800000


def _near_one(raw: int) -> int:
    """A float32 in (1/8, 8) of either sign, from random bits."""
    exponent = 124 + (raw >> 32) % 6
    return (raw >> 40 & 1) << 31 | exponent << 23 | raw & 0x7FFFFF


def fma_inputs(count: int = 60) -> Iterator[tuple[int, int, int]]:
    """Residuals of products, ties with and without a sticky bit, cancellation, edges."""
    raw = [int(r) for r in random_bits(4 * count, 77)]
    for r in range(count):
        a, b, c, _ = (_near_one(x) for x in raw[4 * r : 4 * r + 4])
        product = exact.multiply(a, b)
        yield a, b, product ^ exact.SIGN  # what the product's rounding lost
        yield a, b, c
        step = (raw[4 * r + 3] % 5 - 2) & 0xFFFFFFFF
        yield a, b, ((product ^ exact.SIGN) + step) & 0xFFFFFFFF
    for k in range(16):
        odd = ONE + 2 * k + 1
        yield HALF_ULP, ONE, odd  # ties
        yield HALF_ULP, ONE, ONE + 2 * k
        yield HALF_ULP, ONE + 1, ONE + 2 * k  # just above a tie
        yield HALF_ULP, ONE - 1, odd  # just below
        yield HALF_ULP + 1, ONE - 2, odd  # below by 2^-70: an FMA made of float64 misses it
        yield HALF_ULP + 1 | exact.SIGN, ONE - 2, odd
        yield 0x5F000001 + k, 0x5F000001, 0xDE800001 - k  # 2^63 * 2^63 and little else
    edges = [int(r) for r in random_bits(60, 78)]
    for r in edges:
        yield EDGES[r % 16], EDGES[(r >> 8) % 16], EDGES[(r >> 16) % 16]


def codes() -> Iterator[tuple[int, int]]:
    for number in (-1.5, -0.5, -0.0, 0.25, 0.5, 1.5, 2.5, 3.5, 126.5, 127.5, 254.5, 255.5, 256.0):
        bits = exact.bits_of(number)
        for b in {bits, (bits + 1) & 0xFFFFFFFF, (bits - 1) & 0xFFFFFFFF}:
            if not is_subnormal(b):
                yield b, 255
    for number in (65534.5, 65535.0, 65535.5, 32767.5, 32768.5, 1e30):
        yield exact.bits_of(number), 65535
    for number in (1022.5, 1023.5, 511.5, 512.5):
        yield exact.bits_of(number), 1023
    for bits in (*EDGES, *SUBNORMAL):
        yield bits, 255


def recips() -> Iterator[int]:
    yield from (*EDGES, *SUBNORMAL, 0x1F7FFFFF, 0x1F800001, 0x5F7FFFFF, 0x5F800001)
    for r in random_bits(40, 79):
        yield 0x1F800000 + int(r) % 0x40000000
    for alpha in (1, 2, 3, 127, 128, 254, 255):
        yield exact.multiply(exact.bits_of(float(alpha)), 0x3B808081)


def halves() -> Iterator[int]:
    thresholds = (
        0x33000000,
        0x33800000,
        0x387FC000,
        0x38800000,
        0x477FF000,
        0x47800000,
        0x3F801000,
    )
    for bits in (*thresholds, 0x3F803000, 0x38000000, 0x35812345):
        for near in (bits - 1, bits, bits + 1):
            yield near
            yield near | exact.SIGN
    yield from (*EDGES, *SUBNORMAL)


FROM_HALF = (0, 0x8000, 1, 0x8001, 0x3FF, 0x400, 0x83FF, 0x3C00, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00,
             0x7E00, 0x7C01, 0xFFFF, 0x3555, 0x2E66, 0x0200)  # fmt: skip


ROOT_HALF = 0x3F3504F3


def normals() -> Iterator[int]:
    """Both ends, both sides of sqrt(1/2) * 2^k and of 2^k, and some by chance."""
    yield from (0x00800000, 0x00800001, 0x7F7FFFFF, 0x1F800000, 0x5F800000)
    for k in (-126, -64, -1, 0, 1, 2, 63, 127):
        for middle in (ROOT_HALF, ONE):
            for bits in range(middle - 1, middle + 2):
                if 0x00800000 <= bits + (k << 23) < 0x7F800000:
                    yield bits + (k << 23)
    for r in random_bits(40, 80):
        yield 0x00800000 + int(r) % 0x7F000000


def _hex(*bits: int) -> list[str]:
    return [f"{b:08x}" for b in bits]


def make() -> dict[str, list[list[str | int]]]:
    """All vectors, with exact results."""
    fmas = [(a, b, c, exact.fma(a, b, c)) for a, b, c in fma_inputs()]
    table: dict[str, list[list[str | int]]] = {
        "fma": [[*_hex(*v)] for v in dict.fromkeys(fmas) if not any(map(is_subnormal, v))],
        "recip": [[*_hex(x, exact.recip(x))] for x in dict.fromkeys(recips())],
        "code": [[*_hex(x), top, exact.code(x, top)] for x, top in sorted(set(codes()))],
        "flush": [
            [*_hex(x, exact.NAN if exact.is_nan(x) else exact.flush(x))]
            for x in (*EDGES, *SUBNORMAL, 0x1F7FFFFF, 0x9F7FFFFF, 0x00800000, 0x80800000)
        ],
        "half": [[*_hex(x), f"{exact.half(x):04x}"] for x in dict.fromkeys(halves())],
        "from_half": [[f"{h:04x}", *_hex(exact.from_half(h))] for h in FROM_HALF],
        "exponent": [[*_hex(x, exact.exponent(x))] for x in dict.fromkeys(normals())],
        "mantissa": [[*_hex(x, exact.mantissa(x))] for x in dict.fromkeys(normals())],
        "power_of_two": [
            [*_hex(exact.bits_of(float(k)), exact.bits_of(2.0**k))]
            for k in (*range(-126, -120), *range(-25, 26, 5), *range(122, 128))
        ],
        "root_seed": [[*_hex(x, exact.root_seed(x))] for x in dict.fromkeys(normals())],
    }
    return table


def write() -> None:
    """Write the file, one vector a line."""
    blocks = []
    for name, vectors in make().items():
        lines = ",\n".join(f"  {json.dumps(v)}" for v in vectors)
        blocks.append(f' "{name}": [\n{lines}\n ]')
    FILE.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
