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
from gpumft.device.cpu.sums import fetcher
from gpumft.device.cpu.unrolled import listed, overlapping, spread
from gpumft.device.cpu.vectors import put, setting

MOST_AHEAD = 8
"""Rows that are fetched ahead."""
WIDE = 64
"""Elements of a row that are taken at a time, and that it has at least."""


def pairs(dtype: str, parts: str, zero: str, overlap: str) -> Callable[..., None]:
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
    def keep(out: int, stride: int, x: int, a: Any, b: Any, c: Any, d: Any) -> None:
        """Store what lies side by side, or in rows of its own."""
        if group == 1:
            put(out + 4 * x, a)
            put(out + 4 * x + 64, b)
            put(out + 4 * x + 128, c)
            put(out + 4 * x + 192, d)
        elif group == 2:
            put(out + 2 * x, a)
            put(out + 2 * x + 64, b)
            put(out + 2 * x + stride, c)
            put(out + 2 * x + stride + 64, d)
        else:
            put(out + x, a)
            put(out + x + stride, b)
            put(out + x + 2 * stride, c)
            put(out + x + 3 * stride, d)

    def filter_pair(args: int, scratch: int, planes: int, y: int, _count: int) -> None:
        a = pointer(args, int64)
        out, other, stride = _row(a, 0, scratch, y), _row(a, 0, scratch, y + 1), a[16]
        n, shift, mask, offset = a[10], a[13], a[14], setting(args + 8 * 15)
        w = a[8] + 4 * a[9] * y
        taken, one, two = take(scratch), first(w), second(w + 4 * a[9])
        turns, magic = a[19], setting(args + 8 * 20)
        w8 = a[17] + a[18] * y
        ahead, pitch = int64(0), int64(0)
        if not is_row:  # what the next round reads, and nobody has read yet
            view = pointer(planes + 8 * a[3], int64)
            pitch = view[2] * view[4]
            ahead = pointer(scratch, int64)[last] + pitch
        for begin in range(0, n, WIDE):
            x = min(begin, n - WIDE)
            soon(ahead + size * x, pitch)
            if is_signed and multiplies_bytes():
                p = both_signed(taken, w8, w8 + a[18], turns, magic, x)
            else:
                p = both(taken, one, two, size * x, shift, mask, offset)
            keep(out, stride, x, p[0], p[1], p[2], p[3])
            keep(other, stride, x, p[4], p[5], p[6], p[7])

    return filter_pair
