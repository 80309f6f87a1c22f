"""The kernels that read and write pixels, one set per element type, and those about alpha."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int32, int64, types
from numba.extending import register_jitable

from gpumft.device.cpu.arithmetic import (
    encode,
    flush,
    fma,
    merge,
    number,
    pointer,
    recip,
)
from gpumft.device.cpu.kernels import _place, _row
from gpumft.device.cpu.layout import LANES, float_bits
from gpumft.device.cpu.vectors import put, put_twice, reader, setting

_ONE = float_bits(1.0)

Kernel = Callable[[int, int, int, int, int], None]

TYPES: dict[str, Any] = {
    "uint8": types.uint8,
    "uint16": types.uint16,
    "uint32": types.uint32,
    "float16": types.int16,  # what `decode` and `encode` take for halves
    "float32": float32,
}


@register_jitable
def lies_plainly(view: Any, n: int, group: int, size: int) -> bool:
    """Whether n elements of `size` bytes, `group` a column, lie side by side; 16 columns at least.

    Only these are read where they are: 16 columns can always be read.
    """
    beside = group == 1 or view[11] == size
    return view[8] == 0 and view[9] == group * size and beside and n >= LANES * group


@register_jitable
def elements(
    view: Any, y: int, x: int, n: int, group: int, spare: int, element: Any, size: int
) -> Any:
    """Return where columns x..x+n-1 of row y lie side by side, `group` elements a column.

    That is where they are if they lie plainly; else they are copied to `spare`.
    """
    row = view[0] + _place(view, 1, y)
    if lies_plainly(view, n * group, group, size):
        return int64(row + x * view[9])
    p = pointer(spare, element)
    for i in range(n):
        at = row + _place(view, 6, x + i)
        for c in range(group):
            p[group * i + c] = pointer(at + c * view[11], element)[0]
    return int64(spare)


@register_jitable
def pattern_row(a: Any, k: int, y: int) -> Any:
    """Return where the row of a pattern begins that belongs to row y of the picture.

    From argument k on: address 0, bytes of a row 1, mask of rows 2, first row 3, mask of columns 4,
    first column 5. A row goes on for 16 columns behind its end.
    """
    return a[k] + ((y + a[k + 3]) & a[k + 2]) * a[k + 1]


@register_jitable
def pattern_place(a: Any, k: int, row: Any, x: int) -> Any:
    """Return where the number of column x lies in the row of a pattern."""
    return row + 4 * ((x + a[k + 5]) & a[k + 4])


def load(dtype: str, group: str, way: str = "") -> Kernel:
    """Make the kernel that reads a row into float32, its offset subtracted.

    `group` components that lie side by side are read together; 1 is a component on its own. With
    "twice" every sample is written two times; with "halves" even samples (of an even number, 32 at
    least) go to rows of all components, odd ones to as many rows behind those.
    """
    halves = way == "halves"
    wide = {"twice": 8, "halves": 2}.get(way, 4)
    keep = put_twice if way == "twice" else put
    span = LANES * (1 + halves)
    own, count, kind = int(group), int(group) * (1 + halves), TYPES[dtype]
    element, size = types.NumberClass(kind), kind.bitwidth // 8
    read0, read1, read2, read3 = (reader(kind, count, min(c, count - 1)) for c in range(4))

    def load_row(args: int, scratch: int, planes: int, y: int, _count: int) -> None:
        a = pointer(args, int64)
        # view 0, map of rows or 0 1, first column 2, columns 3, shift 4, mask 5, offset 6, spare 7,
        # out 8-10, and so on for each component
        r, n, shift, mask, offset = y, a[3], a[4], a[5], setting(args + 8 * 6)
        if a[1] != 0:
            r = int64(pointer(a[1], int32)[y])
        view = pointer(planes + 8 * a[0], int64)
        source = elements(view, r, a[2], n, own, scratch + a[7], element, size)
        out0 = _row(a, 8, scratch, y)
        out1 = _row(a, 11, scratch, y) if count > 1 else out0
        out2 = _row(a, 14, scratch, y) if count > 2 else out0
        out3 = _row(a, 17, scratch, y) if count > 3 else out0
        for b in range(0, n, span):
            x = max(min(b, n - span), 0)
            at = source + size * own * x
            v0 = read0(at, shift, mask, offset)
            v1 = read1(at, shift, mask, offset)
            v2 = read2(at, shift, mask, offset)
            v3 = read3(at, shift, mask, offset)
            keep(out0 + wide * x, v0)
            if count > 1:
                keep(out1 + wide * x, v1)
            if count > 2:
                keep(out2 + wide * x, v2)
            if count > 3:
                keep(out3 + wide * x, v3)

    return load_row


def store(dtype: str, shaped: str = "") -> Kernel:
    """Make the kernel that quantises a channel and writes it wherever its component lies.

    For components that share words or columns; `paint` writes the others. `shaped`: a pattern is
    added to the codes, and they are kept within limits.
    """
    kind = types.NumberClass(TYPES[dtype])
    shapes = shaped == "shaped"

    def store_row(args: int, scratch: int, planes: int, y: int, _count: int) -> None:
        a = pointer(args, int64)
        # view 0, columns 1, padding columns 2, merge 3, shift 4, highest code 5, row for codes 6,
        # source 7-9, scale 10, offset 11, lowest and highest code 12-13, pattern 14-19
        v = pointer(planes + 8 * a[0], int64)
        n, shift, high = a[1], a[4], number(a[5])
        row = v[0] + _place(v, 1, y)
        source = pointer(_row(a, 7, scratch, y), float32)
        scale, offset = number(a[10]), number(a[11])
        codes = pointer(scratch + a[6], kind)
        if shapes:
            noise, one, zero = pattern_row(a, 14, y), number(_ONE), number(0)
            low, top = number(a[12]), number(a[13])
            for i in range(n):
                term = pointer(pattern_place(a, 14, noise, i), float32)[0]
                x = fma(scale, source[i], offset) + term
                x = x if x > low else low  # noqa: FURB136 - NaN becomes the lowest
                x = x if x < top else top  # noqa: FURB136
                codes[i] = encode(x, one, zero, high, shift, kind)
        else:
            for i in range(n):
                codes[i] = encode(source[i], scale, offset, high, shift, kind)
        for i in range(n + a[2]):
            code = codes[i if i < n else n - 1]
            q = pointer(row + _place(v, 6, i), kind)
            q[0] = merge(q[0], code) if a[3] != 0 else code

    return store_row


def weigh(args: int, scratch: int, _planes: int, y: int, _count: int) -> None:
    """Multiply a row by alpha. Source: docs/arithmetic.md, 4.3."""
    a = pointer(args, int64)
    # channel 0-2, alpha 3-5, scale 6, columns 7
    value = pointer(_row(a, 0, scratch, y), float32)
    alpha = pointer(_row(a, 3, scratch, y), float32)
    scale = number(a[6])
    for i in range(a[7]):
        value[i] = flush(value[i] * flush(alpha[i] * scale))


def unweigh(args: int, scratch: int, _planes: int, y: int, _count: int) -> None:
    """Divide a row by alpha; 0 where alpha is not above 0. Source: docs/arithmetic.md, 4.5."""
    a = pointer(args, int64)
    # channel 0-2, alpha 3-5, scale 6, columns 7
    value = pointer(_row(a, 0, scratch, y), float32)
    alpha = pointer(_row(a, 3, scratch, y), float32)
    scale, zero = number(a[6]), number(0)
    for i in range(a[7]):
        weight = flush(alpha[i] * scale)
        divided = value[i] * recip(weight)
        value[i] = divided if weight > zero else zero
