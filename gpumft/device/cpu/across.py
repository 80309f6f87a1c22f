"""Horizontal filters: along a row, at rational ratios and at any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int32, int64, types
from numba.extending import register_jitable

from gpumft.device.cpu.arithmetic import encode, fma, number, pointer
from gpumft.device.cpu.kernels import _place, _row
from gpumft.device.cpu.layout import BLOCK
from gpumft.device.cpu.pixels import TYPES
from gpumft.device.cpu.sums import adder, scattered, sparing, where_more
from gpumft.device.cpu.vectors import get, put, reader, setting, splat, vadd, vfma, zeros
from gpumft.device.cpu.writing import writer

_pick20, _pick21 = (reader(float32, 2, part, raw=True) for part in range(2))
_add2, _add4 = (adder(float32, width, raw=True) for width in (2, 4))
_add2x2 = adder(float32, 2, raw=True, lists=2)
_pick30, _pick31, _pick32 = (reader(float32, 3, part, raw=True) for part in range(3))


@register_jitable
def _dot(source: Any, w: Any, count: int) -> Any:
    """Return one output of a horizontal filter."""
    total = w[0] * source[0]
    for t in range(1, min(count, BLOCK)):
        total = fma(w[t], source[t], total)
    for first in range(BLOCK, count, BLOCK):
        part = w[first] * source[first]
        for t in range(first + 1, min(first + BLOCK, count)):
            part = fma(w[t], source[t], part)
        total = total + part
    return total


@register_jitable
def split_columns(source: int, residues: int, stride: int, q: int, n: int) -> None:
    """Copy column q*m + r of a row to column m of row r."""
    zero = zeros()
    if q == 2:
        for m in range(0, 2 * n, 64):
            even = _pick20(source + 4 * m, 0, 0, zero)
            odd = _pick21(source + 4 * m, 0, 0, zero)
            put(residues + 2 * m, even)
            put(residues + stride + 2 * m, odd)
            even = _pick20(source + 4 * m + 128, 0, 0, zero)
            odd = _pick21(source + 4 * m + 128, 0, 0, zero)
            put(residues + 2 * m + 64, even)
            put(residues + stride + 2 * m + 64, odd)
    elif q == 3:
        for m in range(0, n, 16):
            a = _pick30(source + 12 * m, 0, 0, zero)
            b = _pick31(source + 12 * m, 0, 0, zero)
            c = _pick32(source + 12 * m, 0, 0, zero)
            put(residues + 4 * m, a)
            put(residues + stride + 4 * m, b)
            put(residues + 2 * stride + 4 * m, c)
    else:
        row = pointer(source, float32)
        for r in range(q):
            part = pointer(residues + r * stride, float32)
            for m in range(n):
                part[m] = row[q * m + r]


@register_jitable
def _join(target: int, parts: int, stride: int, p: int, n: int) -> None:
    """Copy column k of row r to column p*k + r of a row."""
    out = pointer(target, float32)
    for r in range(p):
        a = pointer(parts + r * stride, float32)
        for k in range(n):
            out[p * k + r] = a[k]


@register_jitable
def _long(rows: Any, w: Any, count: int, x: int) -> Any:
    """Return 16 sums of `count` rows at byte x, in blocks of 32 taps."""
    total = zeros()
    for first in range(0, count, BLOCK):
        part = zeros()
        for t in range(first, min(first + BLOCK, count)):
            part = vfma(splat(w[t]), get(rows[t] + x), part)
        total = vadd(total, part) if first > 0 else part
    return total


def phases(  # noqa: PLR0915 - one kernel
    dtype: str, way: str = "", gain: str = ""
) -> Callable[..., None]:
    """Make the kernel that filters along a row at a rational ratio p:q: taps repeat after p.

    The row is split by column modulo q, so that each phase is a weighted sum of contiguous rows.

    `dtype` is "row" for float32 rows of a buffer, else the element type of a component that is
    quantised and written at once; p is then at most 3, and each phase has 64 outputs at least.
    `way` and `gain` (of the one channel) are those of `writer`.
    """
    is_row = dtype == "row"
    kind = float32 if is_row else TYPES[dtype]
    element, size = types.NumberClass(kind), kind.bitwidth // 8
    way = "raw" if is_row else way
    write1, write2, write3 = (writer(kind, n, way, n * gain, runs=4 // n) for n in (1, 2, 3))

    def filter_row(  # noqa: PLR0915 - one kernel
        args: int, scratch: int, planes: int, y: int, _count: int
    ) -> None:
        sparing()
        a = pointer(args, int64)
        # out 0-2 or view 0, source 3-5, places 6, counts 7, weights 8, longest 9, columns 10,
        # p 11, q 12, first regular output 13, outputs a phase 14, residues 15, phases 16,
        # stride 17, source columns 18, starts 19, highest code 20, shift 21, spare 22,
        # (scale, offset) 23-30, whether the source is split already 31, whether phases are woven
        # at once 32
        counts, longest = pointer(a[7], int32), a[9]
        p, q, first, n, stride = a[11], a[12], a[13], a[14], a[17]
        source = _row(a, 3, scratch, y)
        high, shift, gains = setting(args + 8 * 20), a[21], args + 8 * 23
        view = pointer(planes + 8 * a[0], int64)
        plain, target, last = True, int64(0), n - 1
        if is_row:
            target = _row(a, 0, scratch, y)
        else:  # nothing may be written behind the row: the last round repeats some of before
            target = view[0] + _place(view, 1, y)
            plain = view[8] == 0 and view[9] == size
            last = n - (64 if p == 1 else 32)
        out = target if plain else scratch + a[22]
        base = source
        if a[31] != 0:
            base = source
        elif q > 1:
            base = scratch + a[15]
            split_columns(source, base, stride, q, (a[18] + q - 1) // q)
        rows, places, wide = pointer(scratch, int64), pointer(a[6], int64), 2 * longest
        for i in range(p * wide):
            rows[i] = base + places[i]
        into = out + size * first
        zero = zeros()
        four = (zero, zero, zero, zero)
        eight = (zero, zero, zero, zero, zero, zero, zero, zero)
        starts = pointer(a[19], int32)
        n0 = int64(counts[first])
        w0 = a[8] + 4 * longest * first
        # taps of the first two phases: 0..e-1 and s..f-1 of the same samples
        s, e, f = int64(0), n0, n0
        w1, w2, r2, n2 = w0, w0, scratch, int64(0)
        if p > 1:
            s = int64(starts[first + 1] - starts[first])
            f = s + counts[first + 1]
            w1 = w0 + 4 * longest - 4 * s
        if p > 2:
            n2 = int64(counts[first + 2])
            w2, r2 = w0 + 8 * longest, scratch + 16 * wide
        if is_row and a[32] == 0:
            parts = scratch + a[16]
            for phase in range(p):
                rp = pointer(scratch + 8 * wide * phase, int64)
                wp = pointer(w0 + 4 * longest * phase, float32)
                for k in range(0, n, 16):
                    long = _long(rp, wp, counts[first + phase], 4 * k)
                    put(parts + phase * stride + 4 * k, long)
            _join(into, parts, stride, p, n)
        elif p == 1:
            for at in range(0, n, 64):
                k = min(at, last)
                b0, b1, b2, b3 = _add4(scratch, 0, n0, 4 * k, w0, w0, 0, 0, zero, *eight)
                write1(into + size * k, gains, high, shift, b0, b1, b2, b3)
        else:
            for at in range(0, n, 32):
                k = min(at, last)
                x = 4 * k
                b0, b1 = _add2(scratch, 0, s, x, w0, w0, 0, 0, zero, *eight)
                b0, b1, c0, c1 = _add2x2(
                    scratch, s, e, x, w0, w1, 0, 0, zero, b0, b1, zero, zero, *four
                )
                c0, c1 = _add2(scratch, e, f, x, w1, w1, 0, 0, zero, c0, c1, zero, zero, *four)
                to = into + p * size * k
                if p == 2:
                    write2(to, gains, high, shift, b0, c0, b1, c1)
                else:
                    d0, d1 = _add2(r2, 0, n2, x, w2, w2, 0, 0, zero, *eight)
                    write3(to, gains, high, shift, b0, c0, d0, b0)
                    write3(to + 48 * size, gains, high, shift, b1, c1, d1, b0)
        codes, sums = pointer(out, element), pointer(out, float32)
        scale, offset, highest = number(a[23]), number(a[24]), number(a[20])
        for i in range(a[10] - p * n):
            x = i if i < first else i + p * n
            weights = pointer(a[8] + 4 * longest * x, float32)
            line = source + 4 * starts[x]
            if a[31] != 0:  # together again, behind the regular ones' rows
                line = scratch + a[16]
                for t in range(counts[x]):
                    j = starts[x] + t
                    pointer(line, float32)[t] = pointer(base + (j & 3) * stride, float32)[j >> 2]
            value = _dot(pointer(line, float32), weights, counts[x])
            if is_row:
                sums[x] = value
            else:
                codes[x] = encode(value, scale, offset, highest, shift, element)
        if not plain:
            for i in range(a[10]):
                pointer(target + _place(view, 6, i), element)[0] = codes[i]

    return filter_row


def gather(args: int, scratch: int, _planes: int, y: int, _count: int) -> None:
    """Filter along a row with taps of any kind, 16 outputs at a time.

    Weights lie tap by tap. Columns behind the source are read, their products dropped.
    """
    sparing()
    a = pointer(args, int64)
    # out 0-2, source 3-5, starts 6, counts 7, weights 8, longest 9, columns 10, bytes of the
    # weights of a tap 11
    out, source = _row(a, 0, scratch, y), _row(a, 3, scratch, y)
    longest, stride = a[9], a[11]
    for x in range(0, 4 * a[10], 64):
        starts, counts, weights = a[6] + x, a[7] + x, a[8] + x
        total = zeros()
        for first in range(0, longest, BLOCK):
            part = zeros()
            for t in range(first, min(first + BLOCK, longest), 4):
                part = scattered(source, starts, counts, weights, stride, t, part)
            total = part if first == 0 else where_more(counts, first, vadd(total, part), total)
        put(out + x, total)
