"""How vectors of results become stored elements: quantised, woven together, written."""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from gpumft.device.cpu.arithmetic import INT32, INT64, call, clamped, constant, finished, rounded
from gpumft.device.cpu.layout import LANES
from gpumft.device.cpu.packing import packed
from gpumft.device.cpu.vectors import (
    FLOATS,
    VECTOR,
    WORDS,
    everywhere,
    load_lanes,
    parameter,
    pick,
    store_lanes,
)


@cache
def writer(kind: Any, group: int, way: str = "", gain: str = "", *, runs: int = 1) -> Any:
    """Make write(address, gains, high, shift, v0, v1, v2, v3): quantise and store side by side.

    `gains` is the address of (scale, offset) of each of `group` channels; v0 is the first channel,
    v1 the second and so on, and after the last the first again, 16 columns further on.

    Args:
        kind: the element type that is stored.
        group: how many channels there are.
        runs: how many times 16 columns.
        way: "" clamps codes to 0..high; "raw" stores float32 as they are; "shaped" are codes within
            their limits already; "packed" are codes known to fit 16 bits, kept within a byte.
        gain: a letter for each channel, "1" where its scale is 1 and its offset 0.
    """
    places = [
        (group * run + c, lane)
        for run in range(runs)
        for lane in range(LANES)
        for c in range(group)
    ]
    size = kind.bitwidth // 8
    places += [(0, 0)] * (len(places) > 2 * LANES and 4 * LANES - len(places))
    plain = [letter == "1" for letter in gain.ljust(group, "s")]

    def _write(
        _typing: Any, address: Any, gains: Any, high: Any, shift: Any, v0: Any, v1: Any, v2: Any,
        v3: Any,
    ) -> Any:  # fmt: skip
        def emit(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            address, gains, high, shift, *channels = values
            made = channels[: group * runs]
            if way in ("", "packed"):
                made = [
                    v if plain[i % group] else coded(builder, gains, i % group, v)
                    for i, v in enumerate(made)
                ]
            if way == "packed":
                codes = packed(context, builder, made, places)
                _store_bytes(builder, codes, address, group * runs * LANES)
                return ir.Constant(INT32, 0)
            if way == "shaped":
                made = [rounded(builder, v) for v in made]
            elif way == "":
                made = [finished(builder, kind, v, high) for v in made]
            for run in range(runs):
                at = builder.add(address, ir.Constant(INT64, run * group * LANES * size))
                _weave(builder, kind, made[group * run : group * (run + 1)], at, shift)
            return ir.Constant(INT32, 0)

        return types.int32(*[types.int64] * 2, VECTOR, types.int64, *[VECTOR] * 4), emit

    return intrinsic(_write)


def coded(builder: Any, gains: Any, channel: int, v: Any) -> Any:
    """Emit scale * v + offset."""
    scale, offset = (parameter(builder, gains, 2 * channel + i) for i in (0, 1))
    return call(builder, "fma", scale, v, offset)


def _store_bytes(builder: Any, codes: Any, address: Any, count: int) -> None:
    """Emit the storing of the first `count` bytes, a multiple of 16, as registers have them."""
    whole = builder.bitcast(codes, ir.VectorType(INT32, codes.type.count // 4))
    first, end = 0, count // 4
    while first < end:
        piece = next(n for n in (16, 8, 4) if first + n <= end)
        mask = ir.Constant(ir.VectorType(INT32, piece), list(range(first, first + piece)))
        part = builder.shuffle_vector(whole, whole, mask)
        store_lanes(builder, address, part, first)
        first += piece


def _shape(_typing: Any, gains: Any, limits: Any, noise: Any, v: Any) -> Any:
    """shape(gains, limits, noise, v): codes with noise added, within limits (8.4).

    `gains` and `limits` are addresses of (scale, offset) and (lowest, highest), `noise` of floats.
    """

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        gains, limits, noise, v = values
        low, high = (parameter(builder, limits, i) for i in (0, 1))
        x = builder.fadd(coded(builder, gains, 0, v), load_lanes(builder, noise, FLOATS))
        return clamped(builder, x, low, high)

    return VECTOR(*[types.int64] * 3, VECTOR), emit


shape: Any = intrinsic(_shape)


def _weave(builder: Any, kind: Any, made: list[Any], address: Any, shift: Any) -> None:
    """Emit the storing of what `finished` gave for neighbouring elements."""
    group, bits = len(made), kind.bitwidth
    if made[0].type == WORDS and bits < 32:
        if (kind == types.uint8 and group > 1) or (kind == types.uint16 and group == 2):
            _store_words(builder, bits, made, address, shift)
            return
        if kind != types.uint8:
            amount = everywhere(builder, builder.trunc(shift, INT32))
            made = [builder.shl(v, amount) for v in made]
        narrow = ir.VectorType(ir.IntType(bits), LANES)
        made = [builder.trunc(v, narrow) for v in made]
    for i in range(group):
        part = made[0]
        if group > 1:
            lanes = [divmod(LANES * i + n, group) for n in range(LANES)]
            part = pick(builder, made, [LANES * c + n for n, c in lanes])
        store_lanes(builder, address, part, LANES * i)


def _store_words(builder: Any, bits: int, made: list[Any], address: Any, shift: Any) -> None:
    """Emit the storing of neighbouring codes that fit a word of 32 bits together."""
    if bits == 16:
        amount = everywhere(builder, builder.trunc(shift, INT32))
        made = [builder.shl(v, amount) for v in made]
    word = made[0]  # shifts drop what lies above the others' codes; below 32 bits nothing is there
    if bits * len(made) == 32:
        word = builder.and_(word, constant(INT32, WORDS, (1 << bits) - 1))
    for c, v in enumerate(made[1:], 1):
        word = builder.or_(word, builder.shl(v, constant(INT32, WORDS, bits * c)))
    if bits * len(made) == 16:
        store_lanes(builder, address, builder.trunc(word, ir.VectorType(ir.IntType(16), LANES)))
    elif bits * len(made) == 32:
        store_lanes(builder, address, word)
    else:  # the fourth byte of each word is left out
        codes = builder.bitcast(word, ir.VectorType(ir.IntType(8), 4 * LANES))
        places = [4 * (i // 3) + i % 3 for i in range(3 * LANES)] + [3] * LANES
        mask = ir.Constant(ir.VectorType(INT32, 4 * LANES), places)
        whole = builder.bitcast(builder.shuffle_vector(codes, codes, mask), WORDS)
        for part in (range(8), range(8, 12)):  # in words: bytes would be shuffled apart again
            mask = ir.Constant(ir.VectorType(INT32, len(part)), list(part))
            store_lanes(builder, address, builder.shuffle_vector(whole, whole, mask), part.start)
