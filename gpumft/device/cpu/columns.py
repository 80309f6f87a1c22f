"""Vertical filters: rows of pixels, or of a ring, into weighted sums of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int32, int64, types
from numba.extending import register_jitable

from gpumft.device.cpu.arithmetic import pointer, run
from gpumft.device.cpu.kernels import _place, _row
from gpumft.device.cpu.layout import BLOCK, LANES, MOST_OVERLAPS
from gpumft.device.cpu.pairs import MOST_AHEAD, WIDE
from gpumft.device.cpu.pixels import TYPES, elements, lies_plainly
from gpumft.device.cpu.sums import adder, fetch, sparing
from gpumft.device.cpu.vectors import put, reader, setting, splat, vadd, vfma, zeros


def vertical(  # noqa: PLR0915 - one kernel
    dtype: str, parts: str = "1"
) -> Callable[..., None]:
    """Make the kernel that filters along columns: out rows y.. of what `dtype` rows hold.

    `dtype` is an element type, read and decoded where it lies in the plane, or "row": float32 rows
    of a buffer. `parts`: with 2 or 4, every 2nd or 4th byte goes to a row of its own.

    Two outputs are made together where they share most of their rows: each is read once. For up to
    `MOST_OVERLAPS` ways of that there are kernels made for it, see `pairs`.
    """
    is_row = dtype == "row"
    kind = float32 if is_row else TYPES[dtype]
    size = kind.bitwidth // 8
    element = types.NumberClass(kind)
    read = reader(kind, raw=is_row)
    group = int(parts)
    span = LANES * group
    add2, add4 = (adder(kind, width, raw=is_row) for width in (2, 4))
    add2x2 = adder(kind, 2, raw=is_row, lists=2)
    if group > 1:
        add2 = adder(kind, group, group=group)
        add2x2 = adder(kind, group, lists=2, group=group)

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
        out: int, rows: int, w: int, count: int, begin: int, n: int, shift: int, mask: int,
        offset: Any,
    ) -> None:  # fmt: skip
        """Columns from `begin` on of one output; the last 16 may repeat some."""
        zero = zeros()
        whole = begin if count > BLOCK else begin + (n - begin) // 64 * 64
        for x in range(begin, whole, 64):
            a, b, c, d = add4(
                rows, 0, count, size * x, w, w, shift, mask, offset, zero, zero, zero, zero, zero,
                zero, zero, zero,
            )  # fmt: skip
            put(out + 4 * x, a)
            put(out + 4 * x + 64, b)
            put(out + 4 * x + 128, c)
            put(out + 4 * x + 192, d)
        for at in range(whole, n, LANES):
            x = max(min(at, n - LANES), 0)
            long = long_sum(
                pointer(rows, int64), pointer(w, float32), count, x, shift, mask, offset
            )
            put(out + 4 * x, long)

    @register_jitable
    def keep(out: int, stride: int, x: int, sums: Any) -> None:
        """Store what lies side by side, or in rows of its own."""
        if group == 1:
            put(out + 4 * x, sums[0])
            put(out + 4 * x + 64, sums[1])
        else:
            put(out + x // group * 4, sums[0])
            put(out + x // group * 4 + stride, sums[1])
            if group == 4:
                put(out + x + 2 * stride, sums[2])
                put(out + x + 3 * stride, sums[3])

    def filter_rows(  # noqa: PLR0915 - one kernel
        args: int, scratch: int, planes: int, y: int, count: int
    ) -> None:
        sparing()
        a = pointer(args, int64)
        # out 0-2, source 3-5 (rows) or view 3, first column 4, group 5; starts 6, counts 7,
        # weights 8, longest 9, columns 10, spare 11, bytes of a row there 12, shift 13, mask 14,
        # offset 15, bytes between the rows of the parts 16; of `signed_sums`: weights 17, bytes
        # from an output's to the next's 18, turns 19, magic 20; from 21 on, 4 each: begin, end and
        # all of an `Overlap`, kernel of `pairs`
        starts, counts = pointer(a[6], int32), pointer(a[7], int32)
        n, shift, mask, offset = a[10], a[13], a[14], setting(args + 8 * 15)
        rows, zero = pointer(scratch, int64), zeros()
        eight = (zero, zero, zero, zero, zero, zero, zero, zero)
        view = pointer(planes + 8 * a[3], int64)
        plainly = not is_row and lies_plainly(view, n, a[5], size)
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
                elif plainly:
                    rows[j - s0] = view[0] + _place(view, 1, j) + a[4] * view[9]
                else:
                    spare = scratch + a[11] + (j - s0) * a[12]
                    rows[j - s0] = elements(view, j, a[4], n // a[5], a[5], spare, element, size)
            w = a[8] + 4 * a[9] * r
            out = _row(a, 0, scratch, r)
            done += 1
            begin = 0
            if two:
                done += 1
                v = w + 4 * a[9]
                second = _row(a, 0, scratch, r + 1)
                s, e, f = s1 - s0, e0 - s0, e1 - s0
                shifted = v - 4 * s
                begin = n if group > 1 else n // 32 * 32
                new, pitch, ahead = 0, int64(0), int64(0)
                if not is_row:  # what the next round reads, and nobody has read yet
                    pitch = view[2] * view[4]
                    ahead = rows[f - 1] + pitch
                    new = min(2 * (s1 - s0), MOST_AHEAD)
                left = begin
                for k in range(21, 21 + 4 * MOST_OVERLAPS, 4):
                    if left and n >= WIDE and s == a[k] and e == a[k + 1] and f == a[k + 2]:
                        run(a[k + 3], args, scratch, planes, r, 2)
                        left, begin = 0, n
                for first in range(0, left, 2 * LANES if group == 1 else span):
                    x = first if group == 1 else max(min(first, n - span), 0)
                    at = size * x
                    if at & 63 == 0:
                        for k in range(new):
                            fetch(ahead + k * pitch + at, 0)
                    if group == 4:
                        p, q, p2, q2 = add2(scratch, 0, s, at, w, w, shift, mask, offset, *eight)
                        p, q, p2, q2, t, u, t2, u2 = add2x2(
                            scratch, s, e, at, w, shifted, shift, mask, offset, p, q, p2, q2,
                            zero, zero, zero, zero,
                        )  # fmt: skip
                        t, u, t2, u2 = add2(
                            scratch, e, f, at, shifted, shifted, shift, mask, offset, t, u, t2, u2,
                            zero, zero, zero, zero,
                        )  # fmt: skip
                        keep(out, a[16], x, (p, q, p2, q2))
                        keep(second, a[16], x, (t, u, t2, u2))
                    else:
                        p, q = add2(scratch, 0, s, at, w, w, shift, mask, offset, *eight)
                        p, q, t, u = add2x2(
                            scratch, s, e, at, w, shifted, shift, mask, offset, p, q, zero, zero,
                            zero, zero, zero, zero,
                        )  # fmt: skip
                        t, u = add2(
                            scratch, e, f, at, shifted, shifted, shift, mask, offset, t, u, zero,
                            zero, zero, zero, zero, zero,
                        )  # fmt: skip
                        keep(out, a[16], x, (p, q))
                        keep(second, a[16], x, (t, u))
                if begin < n:
                    single(second, scratch + 8 * s, v, f - s, begin, n, shift, mask, offset)
            if group == 1:
                if begin < n:
                    single(out, scratch, w, e0 - s0, begin, n, shift, mask, offset)
            elif not two:
                for first in range(0, n, span):
                    x = max(min(first, n - span), 0)
                    keep(
                        out, a[16], x,
                        add2(scratch, 0, e0 - s0, size * x, w, w, shift, mask, offset, *eight),
                    )  # fmt: skip

    return filter_rows
