"""The row functions of the CPU engine: plain loops that Numba turns into vector code.

Every kernel has one signature, ``kernel(args, scratch, planes, y, count)``, all integers:

    args      address of the kernel's own int64 arguments, in the order its first lines name them
    scratch   address of the thread's scratch memory; it begins with a list of row addresses
    planes    address of the call's views of source and target components
    y         the row
    count     rows from y on, for kernels that make several together; the others make one

A *buffer* is three arguments, a ring of rows: offset in the scratch, bytes from row to row, and the
mask that takes a row's number to its place (0: there is one row, used again and again). Floats
travel as their bits.
"""

from __future__ import annotations

from typing import Any

from numba import float32, int64
from numba.extending import register_jitable

from gpumft.device.cpu.arithmetic import fma, number, pointer, run
from gpumft.device.cpu.atomics import added, pause, settled
from gpumft.device.cpu.layout import BLOCK, DONE, FIXED, HANDED, NEXT

_NONE_LEFT = 1 << 40
STAGE = 4
"""Entries of a stage: first step, steps that make all rows of a round, steps, rows of a round."""


def run_bands(control: int, scratch: int, patience: int) -> None:
    """Run bands of a picture until none is left; every thread that works on it calls this.

    `control` holds the number of the next band at entry `NEXT` and how many are done at `DONE`,
    which all threads count up, and from `FIXED` on: table, stages, ranges, width (see `_run_band`),
    bands, the address of the first slice of each band and of the end, and that of the views. At the
    end it looks up to `patience` times whether those of other threads are done.
    """
    fixed = pointer(control + 8 * FIXED, int64)
    bands, cuts = fixed[4], pointer(fixed[5], int64)
    band = added(control + 8 * NEXT, 1)
    while band < bands:
        ranges = fixed[2] + 8 * fixed[3] * cuts[band]
        slices = cuts[band + 1] - cuts[band]
        _run_band(fixed[0], fixed[1], ranges, fixed[3], slices, scratch, fixed[6])
        added(control + 8 * DONE, 1)
        band = added(control + 8 * NEXT, 1)
    for _ in range(patience):
        if settled(control + 8 * DONE) >= bands:
            break
        pause()


def stop_bands(control: int, _scratch: int, _patience: int) -> None:
    """Hand out no more bands; entry `HANDED` tells how many were."""
    handed = added(control + 8 * NEXT, _NONE_LEFT)
    pointer(control + 8 * HANDED, int64)[0] = min(handed, pointer(control, int64)[FIXED + 4])


@register_jitable
def _run_band(
    table: int, count: int, ranges: int, width: int, slices: int, scratch: int, planes: int
) -> None:
    """Run the stages of one band, a slice of a few rows after another.

    `table` holds `STAGE` entries for each of `count` stages, then the steps: (kernel, args, range
    that guards it or -1). `ranges` holds `width` entries a slice: 2*s and 2*s + 1 are the rows of
    stage s, then come the guards'. A stage's rows are made in rounds of a few: by some kernels
    together, then by the others row by row.
    """
    plan = pointer(table, int64)
    for i in range(slices):
        rows = pointer(ranges + 8 * width * i, int64)
        for s in range(count):
            first = STAGE * count + 3 * plan[STAGE * s]
            together, steps = plan[STAGE * s + 1], plan[STAGE * s + 2]
            y, end = rows[2 * s], rows[2 * s + 1]
            while y < end:
                height = min(plan[STAGE * s + 3], end - y)
                for k in range(together):
                    step = first + 3 * k
                    run(plan[step], plan[step + 1], scratch, planes, y, height)
                for row in range(y, y + height):
                    for k in range(together, steps):
                        step = first + 3 * k
                        guard = plan[step + 2]
                        if guard < 0 or (rows[guard] <= row < rows[guard + 1]):
                            run(plan[step], plan[step + 1], scratch, planes, row, 1)
                y += height


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


@register_jitable
def _copy(out: int, source: int, n: int) -> None:
    p, q = pointer(out, float32), pointer(source, float32)
    for i in range(n):
        p[i] = q[i]


def mix(args: int, scratch: int, _planes: int, y: int, _count: int) -> None:
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
