"""The last step of a row whose chroma has half the columns: doubled, mixed, written as bytes.

64 columns at a time are four vectors of every fourth column. So taken, pixels are fields of words
and doubled samples are sums of whole vectors; bytes are put in order as the last thing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from llvmlite import ir
from numba import float32, int64, types, uint8
from numba.extending import intrinsic, register_jitable

from gpumft.device.cpu.arithmetic import INT32, constant, pointer
from gpumft.device.cpu.kernels import _place
from gpumft.device.cpu.layout import LANES, PHASES, Twofold
from gpumft.device.cpu.packing import woven
from gpumft.device.cpu.paint import MOST, find_row, finder, maker
from gpumft.device.cpu.pixels import TYPES
from gpumft.device.cpu.sums import fields
from gpumft.device.cpu.unrolled import more, spread
from gpumft.device.cpu.vectors import (
    FLOATS,
    VECTOR,
    WORDS,
    everywhere,
    load_lanes,
    setting,
    store_lanes,
)
from gpumft.device.cpu.writing import coded

_WIDE = PHASES * LANES
_QUARTERS = types.UniTuple(VECTOR, PHASES)


@cache
def _quarters(kind: Any) -> Any:
    """Make read(address, shift, mask, offset): 64 decoded samples, every 4th in a vector."""

    def _read(_typing: Any, address: Any, shift: Any, mask: Any, offset: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            address, shift, mask, offset = values
            if kind == types.uint8:
                made = fields(builder, address, PHASES, offset)
            else:
                made = _of_pairs(builder, address, shift, mask, offset)
            return context.make_tuple(builder, signature.return_type, made)

        return _QUARTERS(types.int64, types.int64, types.int64, VECTOR), emit

    return intrinsic(_read)


def _of_pairs(builder: Any, address: Any, shift: Any, mask: Any, offset: Any) -> list[Any]:
    """Emit the same for elements of 16 bits, two in a word."""
    shift = everywhere(builder, builder.trunc(shift, INT32))
    mask = everywhere(builder, builder.trunc(mask, INT32))
    words = [load_lanes(builder, address, WORDS, LANES * i) for i in range(2)]
    made = []
    for part in range(2):
        places = ir.Constant(WORDS, list(range(part, 2 * LANES, 2)))
        pair = builder.shuffle_vector(*words, places)
        low = builder.and_(pair, constant(INT32, WORDS, 0xFFFF))
        for field in (low, builder.lshr(pair, constant(INT32, WORDS, 16))):
            code = builder.and_(builder.lshr(field, shift), mask)
            made.append(builder.fsub(builder.sitofp(code, FLOATS), offset))
    return made


@cache
def _doubler(places: Twofold) -> Any:
    """Make double(a, b, w): the sums of 64 outputs, every 4th in a vector.

    Samples 0, 2, 4.. of the filter lie at `a`, 1, 3, 5.. at `b`; w are all weights (`spread`).
    A single tap's is 1.
    """

    def _double(_typing: Any, a: Any, b: Any, w: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            *rows, w = values
            made = []
            for output in range(PHASES):
                start, count = places[output % 2]
                first = places.even[1] if output % 2 else 0
                total: list[Any] = [None]
                for t in range(count):
                    number, part = divmod(output // 2 + start + t, 2)
                    samples = [load_lanes(builder, rows[part], FLOATS, number)]
                    if count == 1:
                        total = samples
                    else:
                        total = more(builder, total, builder.extract_value(w, first + t), samples)
                made += total
            return context.make_tuple(builder, signature.return_type, made)

        weights = types.UniTuple(VECTOR, places.even[1] + places.odd[1])
        return _QUARTERS(types.int64, types.int64, weights), emit

    return intrinsic(_double)


@cache
def _writer(group: int, gain: str) -> Any:
    """Make write(address, gains, c0, c1, c2, c3): 64 columns of `group` bytes side by side.

    c0 are the channels of columns 0, 4, 8.., c1 of 1, 5, 9.. and so on; see `writing.writer`.
    """

    def _write(_typing: Any, address: Any, gains: Any, c0: Any, c1: Any, c2: Any, c3: Any) -> Any:
        def emit(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            address, gains, *columns = values
            codes = [
                vector if gain[c] == "1" else coded(builder, gains, c, vector)
                for column in columns
                for c in range(group)
                for vector in [builder.extract_value(column, c)]
            ]
            for i, words in enumerate(woven(context, builder, codes)):
                store_lanes(builder, address, words, words.type.count * i)
            return ir.Constant(INT32, 0)

        return types.int32(types.int64, types.int64, *[_QUARTERS] * PHASES), emit

    return intrinsic(_write)


@register_jitable
def _lengthen(row: int, apart: int, span: int, before: int, behind: int) -> None:
    """Repeat the first sample of a row before it, and the last one behind it."""
    first, last = pointer(row, float32)[0], pointer(row + apart, float32)[span // 2 - 1]
    for s in range(-before, 0):
        pointer(row + (s & 1) * apart + 4 * (s >> 1), float32)[0] = first
    for s in range(span, span + behind):
        pointer(row + (s & 1) * apart + 4 * (s >> 1), float32)[0] = last


def _pixels(source: str) -> tuple[Any, Any]:
    """Make begin and take for pixels, see `doubled`."""
    kind = TYPES[source]
    find, read, size = finder(kind), _quarters(kind), kind.bitwidth // 8

    @register_jitable
    def begin(a: Any, k: int, scratch: int, planes: int, y: int) -> tuple[int, int]:
        row = find(a, k, scratch, planes, y, a[3])
        return row, row

    @register_jitable
    def take(args: int, k: int, at: Any, x: int, _weights: Any) -> Any:
        a = pointer(args, int64)
        return read(at[0] + size * x, a[k + 2], a[k + 4], setting(args + 8 * (k + 5)))

    return begin, take


def _halves(places: Twofold) -> tuple[Any, Any]:
    """Make the same for a halved row."""
    double = _doubler(places)

    @register_jitable
    def begin(a: Any, k: int, scratch: int, _planes: int, y: int) -> tuple[int, int]:
        row, apart, s = find_row(a, k, scratch, y), a[k + 4], a[k + 5]
        _lengthen(row, apart, a[k + 6], a[64], a[65])
        t = s + 1
        return row + (s & 1) * apart + 4 * (s >> 1), row + (t & 1) * apart + 4 * (t >> 1)

    @register_jitable
    def take(_args: int, _k: int, at: Any, x: int, weights: Any) -> Any:
        return double(at[0] + x, at[1] + x, weights)

    return begin, take


def doubled(source: str, inputs: str, outputs: str, gain: str, places: str) -> Callable[..., None]:
    """Make the kernel that doubles chroma, mixes and writes a row of bytes.

    Args:
        source: the element type of pixels.
        inputs: a letter each: p for pixels of a plane, h for a halved float32 row.
        outputs: of `paint`.
        gain: likewise.
        places: samples of even and odd columns, a `Twofold`.
    """
    tokens, known, count = outputs.split("-"), Twofold.named(places), len(inputs)
    group = len(tokens)
    make0, make1, make2, make3 = (maker(token) for token in tokens + ["k"] * (MOST - group))
    ways = {"p": _pixels(source), "h": _halves(known)}
    (begin0, take0), (begin1, take1), (begin2, take2), (begin3, take3) = (
        ways[letter] for letter in inputs.ljust(MOST, inputs[0])
    )
    weigh, write = spread(known.even[1] + known.odd[1]), _writer(group, gain)

    @register_jitable
    def mixed(args: int, v0: Any, v1: Any, v2: Any, v3: Any) -> Any:
        """Return the outputs of 16 columns."""
        return (
            make0(args + 8 * 7, v0, v1, v2, v3),
            make1(args + 8 * 11, v0, v1, v2, v3),
            make2(args + 8 * 15, v0, v1, v2, v3),
            make3(args + 8 * 19, v0, v1, v2, v3),
        )

    def doubled_row(args: int, scratch: int, planes: int, y: int, _count: int) -> None:
        a = pointer(args, int64)
        # view 0, columns 3, spare 6, coefficients 7-22 (4 an output), (scale, offset) 23-30, inputs
        # from 31 on, 8 each: pixels as `paint` has them; or buffer of even samples 0-2, map of rows
        # or 0 3, bytes to the odd ones 4, the first output's first sample 5, samples 6; weights 63,
        # samples needed before and behind a row 64-65
        n = a[3]
        at0 = begin0(a, 31, scratch, planes, y)
        at1 = begin1(a, 39, scratch, planes, y) if count > 1 else at0
        at2 = begin2(a, 47, scratch, planes, y) if count > 2 else at0
        at3 = begin3(a, 55, scratch, planes, y) if count > 3 else at0
        view = pointer(planes + 8 * a[0], int64)
        target = view[0] + _place(view, 1, y)
        plain = view[8] == 0 and view[9] == group and (group == 1 or view[11] == 1)
        into = target if plain else scratch + a[6]
        gains, weights = args + 8 * 23, weigh(a[63])
        for first in range(0, n, _WIDE):
            x = min(first, n - _WIDE)
            u = take0(args, 31, at0, x, weights)
            v = take1(args, 39, at1, x, weights) if count > 1 else u
            w = take2(args, 47, at2, x, weights) if count > 2 else u
            z = take3(args, 55, at3, x, weights) if count > 3 else u
            c0 = mixed(args, u[0], v[0], w[0], z[0])
            c1 = mixed(args, u[1], v[1], w[1], z[1])
            c2 = mixed(args, u[2], v[2], w[2], z[2])
            c3 = mixed(args, u[3], v[3], w[3], z[3])
            write(into + group * x, gains, c0, c1, c2, c3)
        if plain:
            return
        codes = pointer(into, uint8)
        for i in range(n):
            at = target + _place(view, 6, i)
            for c in range(group):
                pointer(at + c * view[11], uint8)[0] = codes[group * i + c]

    return doubled_row
