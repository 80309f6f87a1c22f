"""Horizontal filters whose phases and taps are known when the kernel is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int64, types
from numba.extending import register_jitable

from gpumft.device.cpu.across import split_columns
from gpumft.device.cpu.arithmetic import pointer
from gpumft.device.cpu.edges import edge_sums, ends, scattered_tap
from gpumft.device.cpu.kernels import _place, _row
from gpumft.device.cpu.layout import Weave
from gpumft.device.cpu.pixels import TYPES
from gpumft.device.cpu.sums import sparing
from gpumft.device.cpu.unrolled import MOST_JOINED, joining, parted, spread, weaver
from gpumft.device.cpu.vectors import setting, zeros
from gpumft.device.cpu.writing import writer


def woven(  # noqa: PLR0915 - one kernel
    dtype: str, way: str, gain: str, weave: str, *marks: str
) -> Callable[..., None]:
    """Make the kernel that filters along a row at a rational ratio, see `across.phases`.

    Args:
        dtype: "row" for float32 rows of a buffer, else the element type of a component.
        way: of `writer`.
        gain: likewise, a letter for the one channel.
        weave: the phases, a `Weave`.
        marks: "split" where the source is parted by columns already; "far" where outputs at the
            edges take samples outside of the windows of `edges.edge_sums`, or more than others.
    """
    known = Weave.named(weave)
    p, q = len(known.outputs), known.q
    is_row, is_split, is_far = dtype == "row", "split" in marks, "far" in marks
    kind = float32 if is_row else TYPES[dtype]
    size = kind.bitwidth // 8
    element = types.NumberClass(kind)
    way = "raw" if is_row else way
    write1, write2, write3 = (writer(kind, n, way, n * gain, runs=4 // n) for n in (1, 2, 3))
    write_some, put_ends = writer(kind, 1, way, gain), ends(kind)
    may_join = not is_split and 1 < q <= MOST_JOINED
    make, joins = weaver(4 if p == 1 else 2, known, joined=may_join), joining(may_join)
    find, weigh = parted(q), spread(sum(count for _, count in known.outputs))
    sum_edges = edge_sums(known.longest, q if is_split else 1)

    @register_jitable
    def regular(a: Any, base: int, into: int, gains: int, high: Any) -> None:
        """All outputs that have all taps; the last round repeats some of before."""
        n, shift = a[8], a[14]
        parts, weights = find(base, a[10]), weigh(a[7])
        last = n - (64 if p == 1 else 32)
        for at in range(0, n, 64 if p == 1 else 32):
            k = min(at, last)
            b = make(parts, weights, 4 * k)
            to = into + p * size * k
            if p == 1:
                write1(to, gains, high, shift, b[0], b[1], b[2], b[3])
            elif p == 2:
                write2(to, gains, high, shift, b[0], b[2], b[1], b[3])
            else:
                write3(to, gains, high, shift, b[0], b[2], b[4], b[0])
                write3(to + 48 * size, gains, high, shift, b[1], b[3], b[5], b[0])

    def woven_row(args: int, scratch: int, planes: int, y: int, _count: int) -> None:
        sparing()
        a = pointer(args, int64)
        # out 0-2 or view 0, source 3-5; byte of the first sample in its part 6, weights 7, outputs
        # a phase 8, residues 9, stride 10, source columns 11, columns 12, highest code 13, shift
        # 14, spare 15, (scale, offset) 16-23, first regular output 24; of the outputs at the
        # edges: places 25, counts 26, weights 27, longest 28, second window 29, spare 30
        source = _row(a, 3, scratch, y)
        high, shift, gains = setting(args + 8 * 13), a[14], args + 8 * 16
        view = pointer(planes + 8 * a[0], int64)
        plain, target = True, int64(0)
        if is_row:
            target = _row(a, 0, scratch, y)
        else:
            target = view[0] + _place(view, 1, y)
            plain = view[8] == 0 and view[9] == size
        out = target if plain else scratch + a[15]
        base = source + a[6]
        if joins():
            base = source + q * a[6]
        elif q > 1 and not is_split:
            split_columns(source, scratch + a[9], a[10], q, (a[11] + q - 1) // q)
            base = scratch + a[9] + a[6]
        regular(a, base, out + size * a[24], gains, high)
        if is_far:
            total = zeros()
            for t in range(a[28]):
                total = scattered_tap(source, a[25] + 64 * t, a[26], a[27] + 64 * t, t, total)
        else:
            total = sum_edges(source, a[10], a[29], a[25], a[26], a[27])
        some, left = scratch + a[30], a[24]
        write_some(some, gains, high, shift, total, total, total, total)
        put_ends(out, a[12], some, left, a[12] - left - p * a[8])
        if not plain:
            codes = pointer(out, element)
            for i in range(a[12]):
                pointer(target + _place(view, 6, i), element)[0] = codes[i]

    return woven_row
