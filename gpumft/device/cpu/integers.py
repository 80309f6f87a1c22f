"""Sums of weighted bytes in integers of 16 bits, where they are exact.

With weights that are whole multiples of a power of two, every sum of bytes is a multiple of it that
float32 holds exactly, in whatever order it is made: integers give the same, and a register has
twice as many of them. Source: docs/arithmetic.md, 4.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from gpumft.device.cpu.arithmetic import FLOAT, INT32, constant
from gpumft.device.cpu.vectors import FLOATS, WORDS

_BYTE = ir.IntType(8)
BYTES = ir.VectorType(_BYTE, 64)
"""A register of AVX-512."""
_SHORTS = ir.VectorType(ir.IntType(16), 32)
_LOW = [64 * (i % 2) + 16 * (i // 16) + i % 16 // 2 for i in range(64)]
_HIGH = [place + 8 for place in _LOW]
"""Bytes of two rows by turns: of the first and of the second half of each 16."""


def byte_sums(
    builder: Any, rows: Sequence[Any], outputs: Sequence[Sequence[int]]
) -> list[tuple[Any, Any]]:
    """Emit sums of 64 columns for each output, which has a weight for every row.

    Weights are 0 to 127 and give at most 2^15 - 1 together with the largest bytes. Of each 16
    columns the first result has the first 8.
    """
    sums: list[list[Any]] = [[] for _ in outputs]
    for t in range(0, len(rows), 2):
        one, two = rows[t], rows[min(t + 1, len(rows) - 1)]
        by_turns = [_shuffled(builder, one, two, places) for places in (_LOW, _HIGH)]
        for made, weights in zip(sums, outputs, strict=True):
            pair = weights[t], weights[t + 1] if t + 1 < len(rows) else 0
            if any(pair):
                products = [_products(builder, part, pair) for part in by_turns]
                if made:
                    products = [builder.add(*each) for each in zip(made, products, strict=True)]
                made[:] = products
    return [(low, high) for low, high in sums]


def _products(builder: Any, by_turns: Any, weights: tuple[int, int]) -> Any:
    """Emit one weight times the bytes of one row plus the other times those of the other."""
    name = "llvm.x86.avx512.pmaddubs.w.512"
    kind = ir.FunctionType(_SHORTS, [BYTES, BYTES])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, [by_turns, ir.Constant(BYTES, list(weights) * 32)])


def parted_floats(
    builder: Any, sums: tuple[Any, Any], group: int, shift: int, offset: Any
) -> list[Any]:
    """Emit sums / 2^shift - offset as four vectors of float32.

    Those of every `group`th column, 1, 2 or 4, are together, one kind after the other. An `offset`
    of None is 0, any other an integer.
    """
    low, high = (builder.bitcast(part, WORDS) for part in sums)
    if group == 4:  # a word is two columns
        even, odd = (
            _shuffled(builder, low, high, _by_fours([0, 2, 16, 18], first)) for first in (0, 1)
        )
        fields = [_field(builder, word, half) for word in (even, odd) for half in (0, 1)]
    else:
        near, far = (
            _shuffled(
                builder,
                low,
                high,
                [8 * half + 4 * (i // 8) + 16 * (i // 4 % 2) + i % 4 for i in range(16)],
            )
            for half in (0, 1)
        )
        if group == 2:
            fields = [_field(builder, word, half) for half in (0, 1) for word in (near, far)]
        else:
            fields = [
                _widened(builder, builder.bitcast(word, _SHORTS), half)
                for word in (near, far)
                for half in (0, 1)
            ]
    power = 2.0 ** (23 - shift)
    bits = constant(INT32, WORDS, (127 + 23 - shift) << 23)
    zero = constant(FLOAT, FLOATS, power)
    if offset is not None:
        zero = builder.fadd(offset, zero)
    return [
        builder.fsub(builder.bitcast(builder.or_(field, bits), FLOATS), zero) for field in fields
    ]


def _by_fours(places: Sequence[int], skip: int) -> list[int]:
    """Return places within each group of four words, the same in all."""
    return [4 * lane + place + skip for lane in range(4) for place in places]


def _field(builder: Any, words: Any, half: int) -> Any:
    if half:
        return builder.lshr(words, constant(INT32, WORDS, 16))
    return builder.and_(words, constant(INT32, WORDS, 0xFFFF))


def _widened(builder: Any, shorts: Any, half: int) -> Any:
    part = _shuffled(builder, shorts, shorts, range(16 * half, 16 * half + 16))
    return builder.zext(part, WORDS)


def _shuffled(builder: Any, a: Any, b: Any, places: Sequence[int]) -> Any:
    mask = ir.Constant(ir.VectorType(INT32, len(places)), list(places))
    return builder.shuffle_vector(a, b, mask)
