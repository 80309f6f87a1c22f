"""The kernels that read and write pixels, one set per element type, and those about alpha."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int32, int64, types

from gpumft.device.cpu.arithmetic import decode, encode, flush, merge, number, pointer, recip
from gpumft.device.cpu.kernels import _place, _row

Kernel = Callable[[int, int, int, int], None]

_TYPES: dict[str, Any] = {
    "uint8": types.uint8,
    "uint16": types.uint16,
    "uint32": types.uint32,
    "float16": types.int16,  # what `decode` and `encode` take for halves
    "float32": float32,
}


def load(dtype: str) -> Kernel:
    """Make the kernel that reads a row of a component into float32, its offset subtracted."""
    kind = types.NumberClass(_TYPES[dtype])
    size = _TYPES[dtype].bitwidth // 8

    def load_row(args: int, scratch: int, planes: int, y: int) -> None:
        a = pointer(args, int64)
        # out 0-2, view 3, map of rows or 0 4, first column 5, columns 6, shift 7, mask 8, offset 9
        v = pointer(planes + 8 * a[3], int64)
        shift, mask, offset, n, x0 = a[7], a[8], number(a[9]), a[6], a[5]
        r = y
        if a[4] != 0:
            r = int64(pointer(a[4], int32)[y])
        out = pointer(_row(a, 0, scratch, y), float32)
        row = v[0] + _place(v, 1, r)
        if v[8] != 0:
            for i in range(n):
                element = pointer(row + _place(v, 6, x0 + i), kind)[0]
                out[i] = decode(element, shift, mask, offset)
            return
        step = v[9]
        p = pointer(row + x0 * step, kind)
        if step == size:
            for i in range(n):
                out[i] = decode(p[i], shift, mask, offset)
        elif step == 2 * size:
            for i in range(n):
                out[i] = decode(p[2 * i], shift, mask, offset)
        elif step == 3 * size:
            for i in range(n):
                out[i] = decode(p[3 * i], shift, mask, offset)
        elif step == 4 * size:
            for i in range(n):
                out[i] = decode(p[4 * i], shift, mask, offset)
        elif step == -size:
            for i in range(n):
                out[i] = decode(p[-i], shift, mask, offset)
        else:
            for i in range(n):
                element = pointer(row + (x0 + i) * step, kind)[0]
                out[i] = decode(element, shift, mask, offset)

    return load_row


def store(dtype: str, group: int) -> Kernel:
    """Make the kernel that quantises channels and writes them side by side.

    `group` channels lie in neighbouring elements, as in rgb24; 1 is a component on its own, at any
    distance from its neighbour.
    """
    kind = types.NumberClass(_TYPES[dtype])
    size = _TYPES[dtype].bitwidth // 8

    def store_row(args: int, scratch: int, planes: int, y: int) -> None:
        a = pointer(args, int64)
        # view 0, columns 1, padding columns 2, merge 3, shift 4, highest code 5, rows for codes 6
        # and bytes between them 7, then for each channel: buffer 8-10, scale 11, offset 12
        v = pointer(planes + 8 * a[0], int64)
        n, shift, high = a[1], a[4], number(a[5])
        row = v[0] + _place(v, 1, y)
        p = pointer(row, kind)
        plain = v[8] == 0 and v[9] == group * size and a[2] == 0 and a[3] == 0
        for c in range(group):
            source = pointer(_row(a, 8 + 5 * c, scratch, y), float32)
            scale, offset = number(a[11 + 5 * c]), number(a[12 + 5 * c])
            codes = p if plain and group == 1 else pointer(scratch + a[6] + c * a[7], kind)
            for i in range(n):
                codes[i] = encode(source[i], scale, offset, high, shift, kind)
        if plain and group == 1:
            return
        c0, c1 = pointer(scratch + a[6], kind), pointer(scratch + a[6] + a[7], kind)
        c2, c3 = pointer(scratch + a[6] + 2 * a[7], kind), pointer(scratch + a[6] + 3 * a[7], kind)
        if plain and v[11] == size:
            if group == 2:
                for i in range(n):
                    p[2 * i] = c0[i]
                    p[2 * i + 1] = c1[i]
            elif group == 3:
                for i in range(n):
                    p[3 * i] = c0[i]
                    p[3 * i + 1] = c1[i]
                    p[3 * i + 2] = c2[i]
            else:
                for i in range(n):
                    p[4 * i] = c0[i]
                    p[4 * i + 1] = c1[i]
                    p[4 * i + 2] = c2[i]
                    p[4 * i + 3] = c3[i]
            return
        for c in range(group):
            codes = pointer(scratch + a[6] + c * a[7], kind)
            for i in range(n + a[2]):
                code = codes[i if i < n else n - 1]
                q = pointer(row + c * v[11] + _place(v, 6, i), kind)
                q[0] = merge(q[0], code) if a[3] != 0 else code

    return store_row


def weigh(args: int, scratch: int, _planes: int, y: int) -> None:
    """Multiply a row by alpha. Source: docs/arithmetic.md, 4.3."""
    a = pointer(args, int64)
    # channel 0-2, alpha 3-5, scale 6, columns 7
    value = pointer(_row(a, 0, scratch, y), float32)
    alpha = pointer(_row(a, 3, scratch, y), float32)
    scale = number(a[6])
    for i in range(a[7]):
        value[i] = flush(value[i] * flush(alpha[i] * scale))


def unweigh(args: int, scratch: int, _planes: int, y: int) -> None:
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
