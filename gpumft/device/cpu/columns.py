"""Vertical filters: rows of pixels, or of a ring, into weighted sums of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int32, int64, types
from numba.extending import register_jitable

from gpumft.device.cpu.arithmetic import BLOCK, pointer
from gpumft.device.cpu.kernels import _row
from gpumft.device.cpu.pixels import TYPES, elements
from gpumft.device.cpu.vectors import LANES, put, reader, setting, splat, vadd, vfma, zeros


def vertical(dtype: str) -> Callable[..., None]:
    """Make the kernel that filters along columns: out rows y.. of what `dtype` rows hold.

    `dtype` is an element type, read and decoded where it lies in the plane, or "row": float32 rows
    of a buffer.

    Two outputs are made together where they share most of their rows: each is read once.
    """
    is_row = dtype == "row"
    kind = float32 if is_row else TYPES[dtype]
    size = kind.bitwidth // 8
    element = types.NumberClass(kind)
    read = reader(kind, raw=is_row)

    @register_jitable
    def long_sum(rows: Any, w: Any, count: int, x: int, shift: int, mask: int, offset: Any) -> Any:
        total = zeros()
        for first in range(0, count, BLOCK):
            part = zeros()
            for t in range(first, min(first + BLOCK, count)):
                part = vfma(splat(w[t]), read(rows[t] + size * x, shift, mask, offset), part)
            total = vadd(total, part) if first > 0 else part
        return total

    @register_jitable
    def single(
        out: int, rows: Any, w: Any, count: int, begin: int, n: int, shift: int, mask: int,
        offset: Any,
    ) -> None:  # fmt: skip
        """Columns from `begin` on of one output; the last 16 may repeat some."""
        whole = begin if count > BLOCK else begin + (n - begin) // 64 * 64
        for x in range(begin, whole, 64):
            a = zeros()
            b = zeros()
            c = zeros()
            d = zeros()
            for t in range(count):
                row, weight = rows[t] + size * x, splat(w[t])
                a = vfma(weight, read(row, shift, mask, offset), a)
                b = vfma(weight, read(row + size * LANES, shift, mask, offset), b)
                c = vfma(weight, read(row + 2 * size * LANES, shift, mask, offset), c)
                d = vfma(weight, read(row + 3 * size * LANES, shift, mask, offset), d)
            put(out + 4 * x, a)
            put(out + 4 * x + 64, b)
            put(out + 4 * x + 128, c)
            put(out + 4 * x + 192, d)
        for at in range(whole, n, LANES):
            x = max(min(at, n - LANES), 0)
            put(out + 4 * x, long_sum(rows, w, count, x, shift, mask, offset))

    @register_jitable
    def pair(
        out: int, second: int, rows: Any, w: Any, v: Any, s: int, e: int, f: int, n: int,
        shift: int, mask: int, offset: Any,
    ) -> None:  # fmt: skip
        """Columns below `n` of two outputs: rows 0..e-1 make one, s..f-1 the other."""
        for x in range(0, n, 2 * LANES):
            a = zeros()
            b = zeros()
            c = zeros()
            d = zeros()
            for t in range(s):
                row, weight = rows[t] + size * x, splat(w[t])
                a = vfma(weight, read(row, shift, mask, offset), a)
                b = vfma(weight, read(row + size * LANES, shift, mask, offset), b)
            for t in range(s, e):
                row, weight, other = rows[t] + size * x, splat(w[t]), splat(v[t - s])
                p = read(row, shift, mask, offset)
                q = read(row + size * LANES, shift, mask, offset)
                a = vfma(weight, p, a)
                b = vfma(weight, q, b)
                c = vfma(other, p, c)
                d = vfma(other, q, d)
            for t in range(e, f):
                row, other = rows[t] + size * x, splat(v[t - s])
                c = vfma(other, read(row, shift, mask, offset), c)
                d = vfma(other, read(row + size * LANES, shift, mask, offset), d)
            put(out + 4 * x, a)
            put(out + 4 * x + 64, b)
            put(second + 4 * x, c)
            put(second + 4 * x + 64, d)

    def filter_rows(args: int, scratch: int, planes: int, y: int, count: int) -> None:
        a = pointer(args, int64)
        # out 0-2, source 3-5 (rows) or view 3, first column 4, group 5; starts 6, counts 7,
        # weights 8, longest 9, columns 10, spare 11, bytes of a row there 12, shift 13, mask 14,
        # offset 15
        starts, counts = pointer(a[6], int32), pointer(a[7], int32)
        n, shift, mask, offset = a[10], a[13], a[14], setting(args + 8 * 15)
        rows = pointer(scratch, int64)
        done = 0
        while done < count:
            r = y + done
            s0 = int64(starts[r])
            e0 = s0 + counts[r]
            s1, e1 = s0, e0
            two = False
            if done + 1 < count:
                s1 = int64(starts[r + 1])
                e1 = s1 + counts[r + 1]
                two = s0 <= s1 <= e0 <= e1 <= s0 + BLOCK
            for j in range(s0, e1 if two else e0):
                if is_row:
                    rows[j - s0] = _row(a, 3, scratch, j)
                else:
                    spare = scratch + a[11] + (j - s0) * a[12]
                    view = pointer(planes + 8 * a[3], int64)
                    rows[j - s0] = elements(view, j, a[4], n // a[5], a[5], spare, element, size)
            w = pointer(a[8] + 4 * a[9] * r, float32)
            out = _row(a, 0, scratch, r)
            if two:
                v = pointer(a[8] + 4 * a[9] * (r + 1), float32)
                second = _row(a, 0, scratch, r + 1)
                whole = n // 32 * 32
                pair(
                    out, second, rows, w, v, s1 - s0, e0 - s0, e1 - s0, whole, shift, mask, offset
                )
                if whole < n:
                    single(out, rows, w, e0 - s0, whole, n, shift, mask, offset)
                    later = pointer(scratch + 8 * (s1 - s0), int64)
                    single(second, later, v, e1 - s1, whole, n, shift, mask, offset)
                done += 2
            else:
                single(out, rows, w, e0 - s0, 0, n, shift, mask, offset)
                done += 1

    return filter_rows
