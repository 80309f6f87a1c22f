"""Two outputs of a vertical filter at once, by a kernel made for the way in which they overlap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int64
from numba.extending import register_jitable

from gpumft.device.cpu.arithmetic import pointer
from gpumft.device.cpu.kernels import _row
from gpumft.device.cpu.layout import Overlap
from gpumft.device.cpu.pixels import TYPES
from gpumft.device.cpu.signed import multiplies_bytes, signed_sums
from gpumft.device.cpu.sums import fetcher, sparing
from gpumft.device.cpu.unrolled import listed, overlapping, spread
from gpumft.device.cpu.vectors import put, setting

MOST_AHEAD = 8
"""Rows that are fetched ahead."""
WIDE = 64
"""Elements of a row that are taken at a time, and that it has at least."""


def pairs(  # noqa: PLR0915 - one kernel
    dtype: str, parts: str, zero: str, overlap: str
) -> Callable[..., None]:
    """Make the kernel that makes outputs y and y + 1 of `columns.vertical`, which calls it.

    It is given the arguments of that; the addresses of the rows, the first output's first, stand at
    the beginning of the scratch.

    Args:
        dtype: as there.
        parts: likewise.
        zero: "zero" where the offset is 0, "signed" where weights are whole numbers too, see
            `signed`.
        overlap: an `Overlap`.
    """
    taps, is_row, group = Overlap.named(overlap), dtype == "row", int(parts)
    kind = float32 if is_row else TYPES[dtype]
    size, last = kind.bitwidth // 8, taps.all - 1
    both = overlapping(kind, taps, raw=is_row, group=group, zero=zero != "")
    is_signed, both_signed = zero == "signed", signed_sums(taps)
    take, first, second = listed(taps.all), spread(taps.end), spread(taps.all - taps.begin)
    soon = fetcher(0 if is_row else min(2 * taps.begin, MOST_AHEAD), WIDE * size)

    @register_jitable
    def both_outputs(
        out: int, other: int, stride: int, rows: int, w: int, v: int, n: int, shift: int,
        mask: int, offset: Any, ahead: Any, pitch: Any, signed: int, y: int,
    ) -> None:  # fmt: skip
        """Make all columns: alone, its stores written out, so that LLVM spills no samples."""
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

    def filter_pair(args: int, scratch: int, planes: int, y: int, _count: int) -> None:
        sparing()
        a = pointer(args, int64)
        w, ahead, pitch = a[8] + 4 * a[9] * y, int64(0), int64(0)
        if not is_row:  # what the next round reads, and nobody has read yet
            view = pointer(planes + 8 * a[3], int64)
            pitch = view[2] * view[4]
            ahead = pointer(scratch, int64)[last] + pitch
        both_outputs(
            _row(a, 0, scratch, y), _row(a, 0, scratch, y + 1), a[16], scratch, w, w + 4 * a[9],
            a[10], a[13], a[14], setting(args + 8 * 15), ahead, pitch, args + 8 * 17, y,
        )  # fmt: skip

    return filter_pair
