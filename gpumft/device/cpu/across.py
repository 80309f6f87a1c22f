"""Horizontal filters: along a row, at rational ratios and at any other."""

from __future__ import annotations

from typing import Any

from numba import float32, int32, int64
from numba.extending import register_jitable

from gpumft.device.cpu.arithmetic import BLOCK, fma, pointer
from gpumft.device.cpu.kernels import _row
from gpumft.device.cpu.vectors import get, put, reader, splat, vadd, vfma, writer, zeros

_pick20, _pick21 = (reader(float32, 2, part, raw=True) for part in range(2))
_pick30, _pick31, _pick32 = (reader(float32, 3, part, raw=True) for part in range(3))
_weave2, _weave3 = (writer(float32, group, raw=True) for group in (2, 3))


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
def _split(source: int, residues: int, stride: int, q: int, n: int) -> None:
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


@register_jitable
def _two(rows: Any, w: Any, count: int, x: int) -> Any:
    """Return the sums of `count` rows at 32 columns from byte x on."""
    if count > BLOCK:
        return _long(rows, w, count, x), _long(rows, w, count, x + 64)
    a = zeros()
    b = zeros()
    for t in range(count):
        row, weight = rows[t] + x, splat(w[t])
        a = vfma(weight, get(row), a)
        b = vfma(weight, get(row + 64), b)
    return a, b


@register_jitable
def _sum_row(out: int, rows: Any, w: Any, count: int, n: int) -> None:
    """Write n sums of rows, and some behind them."""
    if count > BLOCK:
        for x in range(0, 4 * n, 64):
            put(out + x, _long(rows, w, count, x))
        return
    for x in range(0, 4 * n, 256):
        a = zeros()
        b = zeros()
        c = zeros()
        d = zeros()
        for t in range(count):
            row, weight = rows[t] + x, splat(w[t])
            a = vfma(weight, get(row), a)
            b = vfma(weight, get(row + 64), b)
            c = vfma(weight, get(row + 128), c)
            d = vfma(weight, get(row + 192), d)
        put(out + x, a)
        put(out + x + 64, b)
        put(out + x + 128, c)
        put(out + x + 192, d)


def phases(args: int, scratch: int, _planes: int, y: int, _count: int) -> None:
    """Filter along a row at a rational ratio p:q, where taps repeat after p outputs.

    The row is split by column modulo q, so that each phase is a weighted sum of contiguous rows.
    """
    a = pointer(args, int64)
    # out 0-2, source 3-5, starts 6, counts 7, weights 8, longest 9, columns 10,
    # p 11, q 12, first regular output 13, outputs a phase 14, residues 15, phases 16, stride 17,
    # source columns 18
    starts, counts, longest = pointer(a[6], int32), pointer(a[7], int32), a[9]
    p, q, first, n, stride = a[11], a[12], a[13], a[14], a[17]
    out, source = _row(a, 0, scratch, y), _row(a, 3, scratch, y)
    residues, parts = scratch + a[15], scratch + a[16]
    if q > 1:
        _split(source, residues, stride, q, (a[18] + q - 1) // q)
    rows = pointer(scratch, int64)
    for phase in range(p):
        x = first + phase
        for t in range(counts[x]):
            j = starts[x] + t
            place = residues + (j % q) * stride + 4 * (j // q) if q > 1 else source + 4 * j
            rows[phase * longest + t] = place
    into = out + 4 * first
    r0, w0, n0 = rows, pointer(a[8] + 4 * longest * first, float32), counts[first]
    if p == 1:
        _sum_row(into, r0, w0, n0, n)
    elif p == 2:
        r1 = pointer(scratch + 8 * longest, int64)
        w1, n1 = pointer(a[8] + 4 * longest * (first + 1), float32), counts[first + 1]
        for x in range(0, 4 * n, 128):
            b0, b1 = _two(r0, w0, n0, x)
            c0, c1 = _two(r1, w1, n1, x)
            _weave2(into + 2 * x, 0, b0, 0, b0, c0, b0, b0)
            _weave2(into + 2 * x + 128, 0, b1, 0, b1, c1, b1, b1)
    elif p == 3:
        r1, r2 = pointer(scratch + 8 * longest, int64), pointer(scratch + 16 * longest, int64)
        w1, n1 = pointer(a[8] + 4 * longest * (first + 1), float32), counts[first + 1]
        w2, n2 = pointer(a[8] + 4 * longest * (first + 2), float32), counts[first + 2]
        for x in range(0, 4 * n, 128):
            b0, b1 = _two(r0, w0, n0, x)
            c0, c1 = _two(r1, w1, n1, x)
            d0, d1 = _two(r2, w2, n2, x)
            _weave3(into + 3 * x, 0, b0, 0, b0, c0, d0, b0)
            _weave3(into + 3 * x + 192, 0, b1, 0, b1, c1, d1, b1)
    else:
        for phase in range(p):
            rp = pointer(scratch + 8 * longest * phase, int64)
            wp = pointer(a[8] + 4 * longest * (first + phase), float32)
            _sum_row(parts + phase * stride, rp, wp, counts[first + phase], n)
        _join(into, parts, stride, p, n)
    target = pointer(out, float32)
    for i in range(a[10] - p * n):
        x = i if i < first else i + p * n
        weights = pointer(a[8] + 4 * longest * x, float32)
        target[x] = _dot(pointer(source + 4 * starts[x], float32), weights, counts[x])


def gather(args: int, scratch: int, _planes: int, y: int, _count: int) -> None:
    """Filter along a row with taps of any kind, one tap of every output after another.

    Weights lie tap by tap. Columns behind the source are read, their products dropped.
    """
    a = pointer(args, int64)
    # out 0-2, source 3-5, starts 6, counts 7, weights 8, longest 9, columns 10, spare 11
    starts, counts, n = pointer(a[6], int32), pointer(a[7], int32), a[10]
    out = pointer(_row(a, 0, scratch, y), float32)
    source = _row(a, 3, scratch, y)
    block = pointer(scratch + a[11], float32)
    for t in range(a[9]):
        tap, w = pointer(source + 4 * t, float32), pointer(a[8] + 4 * n * t, float32)
        first = t & (BLOCK - 1) == 0
        into = out if t < BLOCK else block
        if first:
            for x in range(n):
                into[x] = w[x] * tap[starts[x]]
        else:
            for x in range(n):
                longer = fma(w[x], tap[starts[x]], into[x])
                into[x] = longer if counts[x] > t else into[x]
        if t >= BLOCK and (t & (BLOCK - 1) == BLOCK - 1 or t == a[9] - 1):
            begun = t & ~(BLOCK - 1)
            for x in range(n):
                total = out[x] + block[x]
                out[x] = total if counts[x] > begun else out[x]
