"""Sums of bytes times whole weights of either sign, four rows an instruction: as exact as float32.

Weights are signed bytes times a power of two: every product and every sum of at most 32 is a
multiple of that power, below 2^24 of it. Float32 holds it and no FMA rounds; integers may add them
in any order. The result is never -0: an output has a weight above 0, and its product, +0 at least,
makes the sum so. `integers` has a cheaper way for weights that are none below 0.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from gpumft.device.cpu.arithmetic import INT32, INT64
from gpumft.device.cpu.layout import Overlap
from gpumft.device.cpu.vectors import (
    FLOATS,
    VECTOR,
    WORDS,
    everywhere,
    has_feature,
    invariant,
    vector_bits,
)

_BYTES = ir.VectorType(ir.IntType(8), 64)
_CHOICE = ir.VectorType(ir.IntType(1), 64)
_QUAD = 4
"""Rows whose bytes one instruction multiplies and adds."""


def _multiplies(context: Any) -> bool:
    """Whether the processor multiplies and adds four bytes in each of 16 lanes."""
    return vector_bits(context) == 512 and has_feature(context, "avx512vnni")


def _multiplies_bytes(_typing: Any) -> Any:
    """multiplies_bytes(): whether `signed_sums` may be used on this processor, a constant."""

    def emit(context: Any, _builder: Any, _signature: Any, _values: Any) -> Any:
        return ir.Constant(ir.IntType(1), int(_multiplies(context)))

    return types.boolean(), emit


multiplies_bytes: Any = intrinsic(_multiplies_bytes)


@cache
def signed_sums(taps: Overlap) -> Any:
    """Make both(rows, w, v, turns, magic, x): what `unrolled.overlapping` makes of 4 bytes a group.

    w and v are addresses of the outputs' whole weights, a signed byte each, `turns` of what
    `layout.TURNS` holds; `magic` is a float32 whose last bit is worth as much as a weight of 1.
    """

    def _both(_typing: Any, rows: Any, w: Any, v: Any, turns: Any, magic: Any, x: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            rows, w, v, turns, magic, x = values
            if not _multiplies(context):  # nobody calls it; numbers of the right type
                sums = [ir.Constant(FLOATS, ir.Undefined)] * (2 * _QUAD)
                return context.make_tuple(builder, signature.return_type, sums)
            shift = builder.sub(v, ir.Constant(INT64, taps.begin))
            outputs = (w, 0, taps.end), (shift, taps.begin, taps.all)
            start = builder.bitcast(magic, WORDS)
            sums = [start] * (2 * _QUAD)
            mixes = [_mixer(builder, turns, step) for step in (0, 1)]
            for first in range(0, taps.all, _QUAD):
                found = [
                    _row(builder, builder.add(builder.extract_value(rows, t), x))
                    for t in range(first, min(first + _QUAD, taps.all))
                ]
                columns = _columns(mixes, found)
                for number, (weights, begin, end) in enumerate(outputs):
                    if end <= first or begin >= first + _QUAD:
                        continue
                    four = invariant(
                        builder, builder.add(weights, ir.Constant(INT64, first)), INT32
                    )
                    for c, (samples, bits) in enumerate(columns):
                        weight = builder.shl(four, ir.Constant(INT32, bits))
                        place = _QUAD * number + c
                        sums[place] = _added(builder, sums[place], samples, weight)
            made = [builder.fsub(builder.bitcast(total, FLOATS), magic) for total in sums]
            return context.make_tuple(builder, signature.return_type, made)

        integers = [types.int64] * 3
        return (
            types.UniTuple(VECTOR, 2 * _QUAD)(
                types.UniTuple(types.int64, taps.all), *integers, VECTOR, types.int64
            ),
            emit,
        )

    return intrinsic(_both)


def _row(builder: Any, address: Any) -> Any:
    return builder.load(builder.inttoptr(address, _BYTES.as_pointer()), align=1)


def _columns(mixes: list[Any], rows: list[Any]) -> list[tuple[Any, int]]:
    """Emit the bytes of up to four rows, those of a column side by side in each word.

    Returns for each of four columns where its bytes are: (vector, bits that lie below them).
    """
    by_one, by_two = mixes
    if len(rows) <= 2:
        even, odd = by_one(rows[0], rows[-1])
        return [(even, 0), (odd, 0), (even, 16), (odd, 16)]
    even, odd = by_one(rows[0], rows[1])
    even_below, odd_below = by_one(rows[2], rows[-1])
    a, c = by_two(even, even_below)
    b, d = by_two(odd, odd_below)
    return [(vector, 0) for vector in (a, b, c, d)]


def _mixer(builder: Any, turns: Any, step: int) -> Any:
    """Return what emits a mix of two vectors: even pieces of both, and odd ones, alternating.

    Pieces have 1 byte, or 2 (`step` 1). Turns and choices come from memory, not known to LLVM: it
    would make one slow shuffle of two vectors out of a fast one that leaves every other piece.
    """
    begin = builder.add(turns, ir.Constant(INT64, 80 * step))
    turn = invariant(builder, begin, _BYTES)
    odd, even = (
        builder.bitcast(
            invariant(builder, builder.add(begin, ir.Constant(INT64, at)), INT64), _CHOICE
        )
        for at in (64, 72)
    )
    shuffle = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(_BYTES, [_BYTES, _BYTES]),
        "llvm.x86.avx512.pshuf.b.512",
    )

    def mix(a: Any, b: Any) -> tuple[Any, Any]:
        low = builder.select(odd, builder.call(shuffle, [b, turn]), a)
        return low, builder.select(even, builder.call(shuffle, [a, turn]), b)

    return mix


def _added(builder: Any, total: Any, samples: Any, weight: Any) -> Any:
    """Emit sums with four products more in each lane."""
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(WORDS, [WORDS, WORDS, WORDS]),
        "llvm.x86.avx512.vpdpbusd.512",
    )
    words = builder.bitcast(samples, WORDS)
    return builder.call(function, [total, words, everywhere(builder, weight)])
