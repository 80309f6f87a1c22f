"""Vertical filters: rows of pixels, or of a ring, into weighted sums of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int32, int64, types
from numba.extending import register_jitable

from gpumft.device.cpu.arithmetic import pointer
from gpumft.device.cpu.kernels import _place, _row
from gpumft.device.cpu.layout import BLOCK, LANES, MOST_OVERLAPS, Overlap
from gpumft.device.cpu.pixels import TYPES, elements, lies_plainly
from gpumft.device.cpu.signed import multiplies_bytes, signed_sums
from gpumft.device.cpu.sums import adder, fetch, fetcher, sparing
from gpumft.device.cpu.unrolled import listed, overlapping, spread
from gpumft.device.cpu.vectors import put, reader, setting, splat, vadd, vfma, zeros

MOST_AHEAD = 8
"""Rows that are fetched ahead."""
WIDE = 64
"""Elements of a row that such loops take at a time."""


@register_jitable
def _nothing(*_args: Any) -> None:
    """Stand for `_pairs` where there are no more."""


def _pairs(kind: Any, group: int, taps: Overlap, *, raw: bool, zero: str) -> Any:
    """Make the loop over columns, `WIDE` at least, of two outputs whose taps overlap like that.

    Returns pairs(out, other, stride, rows, w, v, n, shift, mask, offset, ahead, pitch, signed, y).
    """
    size = kind.bitwidth // 8
    both = overlapping(kind, taps, raw=raw, group=group, zero=zero != "")
    is_signed, both_signed = zero == "signed", signed_sums(taps)
    take, first, second = listed(taps.all), spread(taps.end), spread(taps.all - taps.begin)
    soon = fetcher(0 if raw else min(2 * taps.begin, MOST_AHEAD), WIDE * size)

    @register_jitable
    def pairs(
        out: int, other: int, stride: int, rows: int, w: int, v: int, n: int, shift: int,
        mask: int, offset: Any, ahead: int, pitch: int, signed: int, y: int,
    ) -> None:  # fmt: skip
        taken, one, two = take(rows), first(w), second(v)
        known = pointer(signed, int64)
        turns, magic = known[2], setting(signed + 24)
        w8 = known[0] + known[1] * y
        v8 = w8 + known[1]
        for begin in range(0, n, WIDE):
            x = min(begin, n - WIDE)
            soon(ahead + size * x, pitch)
            if is_signed and multiplies_bytes():
                p = both_signed(taken, w8, v8, turns, magic, x)
            else:
                p = both(taken, one, two, size * x, shift, mask, offset)
            if group == 1:
                put(out + 4 * x, p[0])
                put(out + 4 * x + 64, p[1])
                put(out + 4 * x + 128, p[2])
                put(out + 4 * x + 192, p[3])
                put(other + 4 * x, p[4])
                put(other + 4 * x + 64, p[5])
                put(other + 4 * x + 128, p[6])
                put(other + 4 * x + 192, p[7])
            elif group == 2:
                put(out + 2 * x, p[0])
                put(out + 2 * x + 64, p[1])
                put(out + 2 * x + stride, p[2])
                put(out + 2 * x + stride + 64, p[3])
                put(other + 2 * x, p[4])
                put(other + 2 * x + 64, p[5])
                put(other + 2 * x + stride, p[6])
                put(other + 2 * x + stride + 64, p[7])
            else:
                put(out + x, p[0])
                put(out + x + stride, p[1])
                put(out + x + 2 * stride, p[2])
                put(out + x + 3 * stride, p[3])
                put(other + x, p[4])
                put(other + x + stride, p[5])
                put(other + x + 2 * stride, p[6])
                put(other + x + 3 * stride, p[7])

    return pairs


def vertical(  # noqa: PLR0915 - one kernel
    dtype: str, parts: str = "1", zero: str = "", *overlaps: str
) -> Callable[..., None]:
    """Make the kernel that filters along columns: out rows y.. of what `dtype` rows hold.

    `dtype` is an element type, read and decoded where it lies in the plane, or "row": float32 rows
    of a buffer. `parts`: with 2 or 4, every 2nd or 4th byte goes to a row of its own.

    Two outputs are made together where they share most of their rows: each is read once. Up to
    three `overlaps` have loops of their own; these take the offset as 0 with `zero` "zero", and
    with "signed" weights of theirs are whole numbers, see `signed`.
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

    known = [Overlap.named(name) for name in overlaps]
    known += [Overlap(-1, -1, -1)] * (MOST_OVERLAPS - len(known))
    (s_0, e_0, f_0), (s_1, e_1, f_1), (s_2, e_2, f_2) = (taps[:3] for taps in known)
    pairs0, pairs1, pairs2 = (
        _nothing if taps.all < 0 else _pairs(kind, group, taps, raw=is_row, zero=zero)
        for taps in known
    )

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
        # from an output's to the next's 18, turns 19, magic 20
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
                if n >= WIDE:
                    if s == s_0 and e == e_0 and f == f_0:
                        pairs0(
                            out, second, a[16], scratch, w, v, n, shift, mask, offset, ahead, pitch,
                            args + 8 * 17, r,
                        )  # fmt: skip
                        left, begin = 0, n
                    elif s == s_1 and e == e_1 and f == f_1:
                        pairs1(
                            out, second, a[16], scratch, w, v, n, shift, mask, offset, ahead, pitch,
                            args + 8 * 17, r,
                        )  # fmt: skip
                        left, begin = 0, n
                    elif s == s_2 and e == e_2 and f == f_2:
                        pairs2(
                            out, second, a[16], scratch, w, v, n, shift, mask, offset, ahead, pitch,
                            args + 8 * 17, r,
                        )  # fmt: skip
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
