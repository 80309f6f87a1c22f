"""The kernels of v210: three 10-bit elements to a word of 32 bits, in the order u y v y.

Sixteen words hold 48 elements, 24 of luma and 12 of each chroma: that is what a loop takes at once.
Source: docs/arithmetic.md, 4.1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from llvmlite import ir
from numba import float32, int32, int64, types, uint32
from numba.extending import intrinsic, register_jitable

from gpumft.device.cpu.arithmetic import INT32, decode, number, pointer, rounded
from gpumft.device.cpu.arithmetic import constant as fixed
from gpumft.device.cpu.kernels import _place, _row
from gpumft.device.cpu.layout import LANES, STREAM
from gpumft.device.cpu.pixels import pattern_place, pattern_row
from gpumft.device.cpu.vectors import (
    FLOATS,
    VECTOR,
    WORDS,
    everywhere,
    get,
    load_lanes,
    pick,
    put,
    setting,
    store_lanes,
)
from gpumft.device.cpu.writing import shape

TURN: Final = 3 * LANES
"""Elements that a loop takes at once."""


@register_jitable
def _word(k: int) -> Any:
    """Return which word element k < 2^31 lies in."""
    return (k * 0x55555556) >> 32


def unpack(name: str) -> Callable[..., None]:
    """Make the kernel that reads a row of a component into float32, its offset subtracted."""
    begin, step = STREAM[name]
    turn = TURN // step
    read = _reader(begin, step)

    def unpack_row(args: int, scratch: int, planes: int, y: int, _count: int) -> None:
        a = pointer(args, int64)
        # view 0, map of rows or 0 1, first column 2, columns 3, offset 4, out 5-7, whether rows of
        # the component are columns of the plane 8
        v, r, n, first = pointer(planes + 8 * a[0], int64), y, a[3], a[2]
        if a[1] != 0:
            r = int64(pointer(a[1], int32)[y])
        out = _row(a, 5, scratch, y)
        if a[8] == 0 and v[6] == 0 and v[7] == 1 and v[11] == 4:
            offset = setting(args + 32)
            row = v[0] + _place(v, 1, r)
            for c in range(first // turn, (first + n + turn - 1) // turn):
                to = out + 4 * (turn * c - first)  # what lies before and behind a row is nobody's
                v0, v1 = read(row + 64 * c, offset)
                put(to, v0)
                if turn > LANES:
                    put(to + 64, v1)
            return
        zero, floats = number(a[4]), pointer(out, float32)
        for i in range(n):
            down, across = _place(v, 1, r), _place(v, 6, first + i)
            if a[8] != 0:
                down, across = across, down
            k = begin + across
            word = pointer(v[0] + down + _word(k) * v[11], uint32)[0]
            floats[i] = decode(word, 10 * (k - 3 * _word(k)), 1023, zero)

    return unpack_row


@cache
def _reader(begin: int, step: int) -> Any:
    """Make read(address, offset): the samples in 16 words, up to 32; some may be repeated."""
    places = [min(k, TURN - 1) for k in range(begin, begin + 2 * LANES * step, step)]
    lanes = [k % 3 * LANES + k // 3 for k in places]

    def _read(_typing: Any, address: Any, offset: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            address, offset = values
            words = load_lanes(builder, address, WORDS)
            fields = []
            for part in range(3):
                field = builder.lshr(words, fixed(INT32, WORDS, 10 * part))
                fields.append(builder.and_(field, fixed(INT32, WORDS, 1023)))
            made = []
            for half in (lanes[:LANES], lanes[LANES:]):
                codes = builder.sitofp(pick(builder, fields, half), FLOATS)
                made.append(builder.fsub(codes, offset))
            return context.make_tuple(builder, signature.return_type, made)

        return types.UniTuple(VECTOR, 2)(types.int64, VECTOR), emit

    return intrinsic(_read)


def pack(name: str) -> Callable[..., None]:
    """Make the kernel that quantises a channel and writes it into its bits of the words."""
    begin, step = STREAM[name]
    turn = TURN // step
    write = _writer(begin, step)

    def pack_row(args: int, scratch: int, planes: int, y: int, _count: int) -> None:
        a = pointer(args, int64)
        # view 0, first column 1, columns 2, padding columns 3, bits to keep of what is there 4,
        # words 5, masks 6, spare 7, source 8-10, (scale, offset) 11-12, lowest and highest code
        # 13-14, pattern 15-20
        v, left, n, words, masks = pointer(planes + 8 * a[0], int64), a[1], a[2], a[5], a[6]
        target = v[0] + _place(v, 1, y)
        row = target if v[11] == 4 else scratch + a[7]
        into = pointer(row, uint32)
        if row != target:
            for w in range(words):
                into[w] = pointer(target + w * v[11], uint32)[0]
        source, noise = _row(a, 8, scratch, y) - 4 * left, pattern_row(a, 15, y)
        gains, limits = args + 88, args + 104
        for c in range(words // LANES):
            x = turn * c
            v0 = shape(gains, limits, pattern_place(a, 15, noise, x - left), get(source + 4 * x))
            v1 = v0
            if turn > LANES:
                x += LANES
                v1 = get(source + 4 * x)
                v1 = shape(gains, limits, pattern_place(a, 15, noise, x - left), v1)
            write(row + 64 * c, masks + 64 * c, a[4], v0, v1)
        if a[3] > 0:  # the pair's second luma
            k = begin + step * (left + n - 1)
            j = k + step
            code = (int64(into[_word(k)]) >> 10 * (k - 3 * _word(k))) & 1023
            shift = 10 * (j - 3 * _word(j))
            rest = int64(into[_word(j)]) & ~(1023 << shift)
            into[_word(j)] = uint32(rest | (code << shift))
        if row != target:
            for w in range(words):
                pointer(target + w * v[11], uint32)[0] = into[w]

    return pack_row


@cache
def _writer(begin: int, step: int) -> Any:
    """Make write(address, masks, keep, v0, v1): codes into their bits of 16 words."""
    fields = []
    for part in range(3):
        samples = [divmod(3 * lane + part - begin, step) for lane in range(LANES)]
        fields.append([i if rest == 0 and i >= 0 else 0 for i, rest in samples])

    def _write(_typing: Any, address: Any, masks: Any, keep: Any, v0: Any, v1: Any) -> Any:
        def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            address, masks, keep, *channels = values
            codes = []
            for v in channels:
                bits = rounded(builder, v)
                codes.append(builder.and_(bits, fixed(INT32, WORDS, 1023)))
            made = fixed(INT32, WORDS, 0)
            for part, places in enumerate(fields):
                field = pick(builder, codes, places)
                made = builder.or_(made, builder.shl(field, fixed(INT32, WORDS, 10 * part)))
            mask = load_lanes(builder, masks, WORDS)
            kept = everywhere(builder, builder.trunc(keep, INT32))
            kept = builder.and_(kept, builder.not_(mask))
            before = builder.and_(load_lanes(builder, address, WORDS), kept)
            store_lanes(builder, address, builder.or_(before, builder.and_(made, mask)))
            return ir.Constant(INT32, 0)

        return types.int32(*[types.int64] * 3, VECTOR, VECTOR), emit

    return intrinsic(_write)
