"""The row functions of the CPU engine: plain loops that Numba turns into vector code.

Every kernel has one signature, ``kernel(args, scratch, planes, y)``, all integers:

    args      address of the kernel's own int64 arguments, in the order its first lines name them
    scratch   address of the thread's scratch memory; it begins with a list of row addresses
    planes    address of the call's views of source and target components
    y         the row

A *buffer* is three arguments, a ring of rows: offset in the scratch, bytes from row to row, and the
mask that takes a row's number to its place (0: there is one row, used again and again). Floats
travel as their bits.
"""

from __future__ import annotations

from typing import Any

from numba import float32, int32, int64
from numba.extending import register_jitable

from gpumft.device.cpu.arithmetic import BLOCK, fma, number, pointer, run

VIEW = 12
"""int64 entries of a view: base, rows (first, direction, shift, stride, sub), columns (the same),
element stride. Sample i of an axis lies at j = first + direction * i, (j >> shift) * stride +
(j & mask) * sub; shift is 0 but for the luma of packed 4:2:2 in a strided array."""


def run_band(
    table: int, count: int, ranges: int, width: int, slices: int, scratch: int, planes: int
) -> None:
    """Run the stages of one band, a slice of a few rows after another.

    `table` holds a pair for each of `count` stages, (first step, steps), then the steps: (kernel,
    args, range that guards it or -1). `ranges` holds `width` entries a slice: 2*s and 2*s + 1 are
    the rows of stage s, then come the guards'.
    """
    plan = pointer(table, int64)
    for i in range(slices):
        rows = pointer(ranges + 8 * width * i, int64)
        for s in range(count):
            first = 2 * count + 3 * plan[2 * s]
            for y in range(rows[2 * s], rows[2 * s + 1]):
                for k in range(plan[2 * s + 1]):
                    step = first + 3 * k
                    guard = plan[step + 2]
                    if guard < 0 or (rows[guard] <= y < rows[guard + 1]):
                        run(plan[step], plan[step + 1], scratch, planes, y)


@register_jitable
def _row(a: Any, k: int, scratch: int, y: int) -> Any:
    """Return the address of row y of the buffer that starts at argument k."""
    return scratch + a[k] + (y & a[k + 2]) * a[k + 1]


@register_jitable
def _place(v: Any, k: int, i: int) -> Any:
    """Return the byte offset of sample i along the axis that starts at entry k of a view."""
    j = v[k] + v[k + 1] * i
    return (j >> v[k + 2]) * v[k + 3] + (j & ((1 << v[k + 2]) - 1)) * v[k + 4]


# ------------------------------------------------------------------ sums of rows


@register_jitable
def _begin(out: Any, rows: Any, w: Any, count: int, n: int) -> None:
    """Start a block of at most 32: the first 1 to 4 products."""
    a = pointer(rows[0], float32)
    if count == 1:
        wa = w[0]
        for i in range(n):
            out[i] = wa * a[i]
    elif count == 2:
        b = pointer(rows[1], float32)
        wa, wb = w[0], w[1]
        for i in range(n):
            out[i] = fma(wb, b[i], wa * a[i])
    elif count == 3:
        b, c = pointer(rows[1], float32), pointer(rows[2], float32)
        wa, wb, wc = w[0], w[1], w[2]
        for i in range(n):
            out[i] = fma(wc, c[i], fma(wb, b[i], wa * a[i]))
    else:
        b, c, d = pointer(rows[1], float32), pointer(rows[2], float32), pointer(rows[3], float32)
        wa, wb, wc, wd = w[0], w[1], w[2], w[3]
        for i in range(n):
            out[i] = fma(wd, d[i], fma(wc, c[i], fma(wb, b[i], wa * a[i])))


@register_jitable
def _continue(out: Any, rows: Any, w: Any, t: int, count: int, n: int) -> None:
    """Add the products t..count-1 of a block."""
    while t + 2 <= count:
        if t + 4 <= count:
            a, b = pointer(rows[t], float32), pointer(rows[t + 1], float32)
            c, d = pointer(rows[t + 2], float32), pointer(rows[t + 3], float32)
            wa, wb, wc, wd = w[t], w[t + 1], w[t + 2], w[t + 3]
            for i in range(n):
                out[i] = fma(wd, d[i], fma(wc, c[i], fma(wb, b[i], fma(wa, a[i], out[i]))))
            t += 4
        else:
            a, b = pointer(rows[t], float32), pointer(rows[t + 1], float32)
            wa, wb = w[t], w[t + 1]
            for i in range(n):
                out[i] = fma(wb, b[i], fma(wa, a[i], out[i]))
            t += 2
    if t < count:
        a = pointer(rows[t], float32)
        wa = w[t]
        for i in range(n):
            out[i] = fma(wa, a[i], out[i])


@register_jitable
def _combine(out: int, rows: int, weights: int, count: int, n: int, spare: int) -> None:
    """Write the weighted sum of `count` rows, in blocks of 32 whose sums are added in order."""
    target = pointer(out, float32)
    block = pointer(spare, float32)
    for t in range(0, count, BLOCK):
        size = min(count - t, BLOCK)
        r, w = pointer(rows + 8 * t, int64), pointer(weights + 4 * t, float32)
        into = target if t == 0 else block
        _begin(into, r, w, size, n)
        if size > 4:
            _continue(into, r, w, 4, size, n)
        if t > 0:
            for i in range(n):
                target[i] = target[i] + block[i]


def vertical(args: int, scratch: int, _planes: int, y: int) -> None:
    """Filter along columns: out row y from rows of a buffer."""
    a = pointer(args, int64)
    # out 0-2, source 3-5, starts 6, counts 7, weights 8, longest 9, columns 10, spare 11
    start, count = pointer(a[6], int32)[y], pointer(a[7], int32)[y]
    rows = pointer(scratch, int64)
    for t in range(count):
        rows[t] = _row(a, 3, scratch, start + t)
    out = _row(a, 0, scratch, y)
    _combine(out, scratch, a[8] + 4 * a[9] * y, count, a[10], scratch + a[11])


@register_jitable
def _copy(out: int, source: int, n: int) -> None:
    p, q = pointer(out, float32), pointer(source, float32)
    for i in range(n):
        p[i] = q[i]


def mix(args: int, scratch: int, _planes: int, y: int) -> None:
    """Write one channel as a weighted sum of channels, within a region."""
    a = pointer(args, int64)
    # out 0-2, same channel before 3-5, columns 6, region x0 7, y0 8, x1 9, y1 10, coefficients 11,
    # count 12, spare 13, channels 14...
    out, before = _row(a, 0, scratch, y), _row(a, 3, scratch, y)
    if y < a[8] or y >= a[10]:
        _copy(out, before, a[6])
        return
    x0, x1, count = a[7], a[9], a[12]
    if x0 > 0:
        _copy(out, before, x0)
    if x1 < a[6]:
        _copy(out + 4 * x1, before + 4 * x1, a[6] - x1)
    if count == 0:
        zero = pointer(out, float32)
        for i in range(x0, x1):
            zero[i] = number(0)
        return
    rows = pointer(scratch, int64)
    for c in range(count):
        rows[c] = _row(a, 14 + 3 * c, scratch, y) + 4 * x0
    _combine(out + 4 * x0, scratch, a[11], count, x1 - x0, scratch + a[13])


# ------------------------------------------------------------------ horizontal filters


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
def _split(source: Any, residues: int, stride: int, q: int, n: int) -> None:
    """Copy column q*m + r of a row to column m of row r."""
    for r in range(q):
        part = pointer(residues + r * stride, float32)
        length = (n - r + q - 1) // q
        if q == 2:
            for m in range(length):
                part[m] = source[2 * m + r]
        elif q == 3:
            for m in range(length):
                part[m] = source[3 * m + r]
        else:
            for m in range(length):
                part[m] = source[q * m + r]


@register_jitable
def _join(out: Any, parts: int, stride: int, p: int, n: int) -> None:
    """Copy column k of row r to column p*k + r of a row."""
    if p == 2:
        a, b = pointer(parts, float32), pointer(parts + stride, float32)
        for k in range(n):
            out[2 * k] = a[k]
            out[2 * k + 1] = b[k]
    elif p == 3:
        a, b = pointer(parts, float32), pointer(parts + stride, float32)
        c = pointer(parts + 2 * stride, float32)
        for k in range(n):
            out[3 * k] = a[k]
            out[3 * k + 1] = b[k]
            out[3 * k + 2] = c[k]
    else:
        for r in range(p):
            a = pointer(parts + r * stride, float32)
            for k in range(n):
                out[p * k + r] = a[k]


def phases(args: int, scratch: int, _planes: int, y: int) -> None:
    """Filter along a row at a rational ratio p:q, where taps repeat after p outputs.

    The row is split by column modulo q, so that each phase is a weighted sum of contiguous rows.
    """
    a = pointer(args, int64)
    # out 0-2, source 3-5, starts 6, counts 7, weights 8, longest 9, columns 10, spare 11,
    # p 12, q 13, first regular output 14, outputs a phase 15, residues 16, phases 17, stride 18,
    # source columns 19
    starts, counts = pointer(a[6], int32), pointer(a[7], int32)
    p, q, first, n, stride = a[12], a[13], a[14], a[15], a[18]
    out, source = _row(a, 0, scratch, y), _row(a, 3, scratch, y)
    residues, parts = scratch + a[16], scratch + a[17]
    if q > 1:
        _split(pointer(source, float32), residues, stride, q, a[19])
    rows = pointer(scratch, int64)
    for phase in range(p):
        x = first + phase
        for t in range(counts[x]):
            j = starts[x] + t
            if q > 1:
                rows[t] = residues + (j % q) * stride + 4 * (j // q)
            else:
                rows[t] = source + 4 * j
        into = parts + phase * stride if p > 1 else out + 4 * first
        _combine(into, scratch, a[8] + 4 * a[9] * x, counts[x], n, scratch + a[11])
    if p > 1:
        _join(pointer(out + 4 * first, float32), parts, stride, p, n)
    target = pointer(out, float32)
    for i in range(a[10] - p * n):
        x = i if i < first else i + p * n
        weights = pointer(a[8] + 4 * a[9] * x, float32)
        target[x] = _dot(pointer(source + 4 * starts[x], float32), weights, counts[x])


def gather(args: int, scratch: int, _planes: int, y: int) -> None:
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
