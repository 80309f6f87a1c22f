"""The last step of a row: channels mixed, quantised and stored side by side, in one loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int32, int64, types
from numba.extending import register_jitable

from gpumft.device.cpu.arithmetic import pointer
from gpumft.device.cpu.kernels import _place, _row
from gpumft.device.cpu.layout import LANES
from gpumft.device.cpu.pixels import TYPES, elements, pattern_place, pattern_row
from gpumft.device.cpu.vectors import (
    blender,
    chooser,
    put,
    reader,
    setting,
    zeros,
)
from gpumft.device.cpu.writing import shape, writer

MOST = 4
"""Channels that come in, and that go out."""


def _find(a: Any, k: int, scratch: int, y: int) -> int:
    """Return row y of the input at argument k, through its map of rows if it has one."""
    r = y
    if a[k + 3] != 0:
        r = int64(pointer(a[k + 3], int32)[y])
    return _row(a, k, scratch, r)  # type: ignore[no-any-return]


find_row = register_jitable(_find)


def finder(kind: Any) -> Any:
    """Make find(a, k, scratch, planes, y, n): where n pixels of row y of an input begin."""
    element, size = types.NumberClass(kind), kind.bitwidth // 8

    @register_jitable
    def find(a: Any, k: int, scratch: int, planes: int, y: int, n: int) -> int:
        r = y
        if a[k + 3] != 0:
            r = int64(pointer(a[k + 3], int32)[y])
        view = pointer(planes + 8 * a[k], int64)
        return elements(view, r, a[k + 1], n, 1, scratch + a[k + 6], element, size)  # type: ignore[no-any-return]

    return find


def paint(  # noqa: PLR0915 - one kernel
    dtype: str, source: str, inputs: str, outputs: str, way: str = "", gain: str = ""
) -> Callable[..., None]:
    """Make the kernel that mixes and writes a row.

    Args:
        dtype: the element type that is written; "row" for float32 rows of a buffer.
        source: the element type of inputs that are read where they lie in a plane.
        inputs: a letter each: p for pixels of a plane, r for a float32 row of a buffer.
        outputs: parted by "-": which inputs are summed ("101"), or the one taken ("c2"), or
            "k" for 0, to which the offset is added.
        way: how codes are kept within range, see `writer`; "shaped" adds patterns and has limits.
        gain: likewise, a letter for each output.
    """
    is_row = dtype == "row"
    kind = float32 if is_row else TYPES[dtype]
    element, size = types.NumberClass(kind), kind.bitwidth // 8
    given = TYPES[source]
    given_size, find_pixels = given.bitwidth // 8, finder(given)
    tokens = outputs.split("-")
    group = len(tokens)
    count = len(inputs)
    pixels = tuple(letter == "p" for letter in inputs.ljust(MOST, "r"))
    p0, p1, p2, p3 = pixels
    s0, s1, s2, s3 = (given_size if p else 4 for p in pixels)
    read0, read1, read2, read3 = (reader(given) if p else reader(float32, raw=True) for p in pixels)
    tokens += ["k"] * (MOST - group)
    make0, make1, make2, make3 = (maker(token) for token in tokens)
    shapes = way == "shaped"
    write = writer(kind, group, "raw" if is_row else way, gain)

    @register_jitable
    def find(a: Any, i: int, is_pixels: bool, scratch: int, planes: int, y: int) -> int:  # noqa: FBT001 - for Numba
        k = 31 + 8 * i
        if is_pixels:
            return find_pixels(a, k, scratch, planes, y, a[3])  # type: ignore[no-any-return]
        return find_row(a, k, scratch, y)

    def paint_row(  # noqa: PLR0915 - one kernel
        args: int, scratch: int, planes: int, y: int, _count: int
    ) -> None:
        a = pointer(args, int64)
        # view 0 or out 0-2, columns 3, highest code 4, shift 5, spare 6, coefficients 7-22 (4 an
        # output), (scale, offset) 23-30, inputs from 31 on, 8 each: buffer 0-2, map of rows or 0 3;
        # or view 0, first column 1, shift 2, map 3, mask 4, offset 5, spare 6; from 63 on, 8 an
        # output: lowest and highest code 0-1, pattern 2-7
        n, high, shift = a[3], setting(args + 8 * 4), a[5]
        i0 = find(a, 0, p0, scratch, planes, y)
        i1 = find(a, 1, p1, scratch, planes, y) if count > 1 else i0
        i2 = find(a, 2, p2, scratch, planes, y) if count > 2 else i0
        i3 = find(a, 3, p3, scratch, planes, y) if count > 3 else i0
        h0, h1, h2, h3 = a[33], a[41], a[49], a[57]
        m0, m1, m2, m3 = a[35], a[43], a[51], a[59]
        f0, f1 = setting(args + 8 * 36), setting(args + 8 * 44)
        f2, f3 = setting(args + 8 * 52), setting(args + 8 * 60)
        view = pointer(planes + 8 * a[0], int64)
        plain = True
        target = int64(0)
        if is_row:
            target = _row(a, 0, scratch, y)
        else:
            target = view[0] + _place(view, 1, y)
            plain = view[8] == 0 and view[9] == group * size and n >= LANES
            plain = plain and (group == 1 or view[11] == size)
        into = target if plain else scratch + a[6]
        gains, weights = args + 8 * 23, args + 8 * 7
        x1 = x2 = x3 = zeros()
        t0 = t1 = t2 = t3 = int64(0)
        if shapes:
            t0, t1 = pattern_row(a, 65, y), pattern_row(a, 73, y)
            t2, t3 = pattern_row(a, 81, y), pattern_row(a, 89, y)
        for b in range(0, n, LANES):
            x = max(min(b, n - LANES), 0)
            x0 = read0(i0 + s0 * x, h0, m0, f0)
            if count > 1:
                x1 = read1(i1 + s1 * x, h1, m1, f1)
            if count > 2:
                x2 = read2(i2 + s2 * x, h2, m2, f2)
            if count > 3:
                x3 = read3(i3 + s3 * x, h3, m3, f3)
            c0 = make0(weights, x0, x1, x2, x3)
            c1 = make1(weights + 32, x0, x1, x2, x3)
            c2 = make2(weights + 64, x0, x1, x2, x3)
            c3 = make3(weights + 96, x0, x1, x2, x3)
            if shapes:
                c0 = shape(gains, args + 504, pattern_place(a, 65, t0, x), c0)
                if group > 1:
                    c1 = shape(gains + 16, args + 568, pattern_place(a, 73, t1, x), c1)
                if group > 2:
                    c2 = shape(gains + 32, args + 632, pattern_place(a, 81, t2, x), c2)
                if group > 3:
                    c3 = shape(gains + 48, args + 696, pattern_place(a, 89, t3, x), c3)
            write(into + group * size * x, gains, high, shift, c0, c1, c2, c3)
        if plain:
            return
        codes = pointer(into, element)
        for i in range(n):
            at = target + _place(view, 6, i)
            for c in range(group):
                pointer(at + c * view[11], element)[0] = codes[group * i + c]

    return paint_row


def maker(way: str) -> Any:
    """Return what makes an output of the inputs."""
    if way == "k":
        return chooser(-1)
    if way.startswith("c"):
        return chooser(int(way[1:]))
    return blender(tuple(letter == "1" for letter in way.ljust(MOST, "0")))


def split(group: str) -> Callable[..., None]:
    """Make the kernel that parts a row of `group` components side by side into a row of each."""
    count = int(group)
    read0, read1, read2, read3 = (
        reader(float32, count, min(c, count - 1), raw=True) for c in range(MOST)
    )

    def split_row(args: int, scratch: int, _planes: int, y: int, _count: int) -> None:
        a = pointer(args, int64)
        # source 0-2, columns 3, out 4-6 and so on
        source, zero = _row(a, 0, scratch, y), zeros()
        for x in range(0, a[3], LANES):
            at = source + 4 * count * x
            v0 = read0(at, 0, 0, zero)
            v1 = read1(at, 0, 0, zero)
            v2 = read2(at, 0, 0, zero)
            v3 = read3(at, 0, 0, zero)
            put(_row(a, 4, scratch, y) + 4 * x, v0)
            put(_row(a, 7, scratch, y) + 4 * x, v1)
            if count > 2:
                put(_row(a, 10, scratch, y) + 4 * x, v2)
            if count > 3:
                put(_row(a, 13, scratch, y) + 4 * x, v3)

    return split_row
