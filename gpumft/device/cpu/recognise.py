"""A look at the planes of a call by machine code: are they like those of the call before?

Arrays tell where they lie by NumPy's array interface protocol; what Python needs for that takes
longer than a small picture's conversion, when its caches are full of the pictures' pixels.
Source: NumPy, The array interface protocol, C-struct access.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import int32, int64, types
from numba.extending import intrinsic

from gpumft.device.cpu.arithmetic import INT64, pointer
from gpumft.device.cpu.layout import PLANE

_DIMENSIONS, _KIND, _FLAGS = 1, 2, 4
"""Entries of 4 bytes of PyArrayInterface; behind the kind comes the size of an element."""
_SHAPE, _STRIDES, _DATA = 3, 4, 5
"""Its entries of 8 bytes."""
_ORDERED, _WRITEABLE = 0x200, 0x400
"""Flags: NPY_ARRAY_NOTSWAPPED and NPY_ARRAY_WRITEABLE."""


def _ask(_typing: Any, function: Any, thing: Any, which: Any) -> Any:
    """ask(function, thing, which): call the function of Python's at this address."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(INT64, [INT64] * 2)
        return builder.call(builder.inttoptr(values[0], kind.as_pointer()), values[1:])

    return types.int64(*[types.int64] * 3), emit


ask: Any = intrinsic(_ask)


def recognise(planes: int, layout: int, records: int, item: int, content: int) -> None:
    """Fill in where views begin, and 1 at the end, if planes are laid out as they were.

    `planes` is a list of capsules of PyArrayInterface, `item` PyList_GetItem, `content`
    PyCapsule_GetPointer. `records` ends with the address of every plane and with 0. `layout` holds
    the numbers of planes, of those that are read, of views and of entries for these in `records`;
    then of each plane what `PLANE` says; then of each view its entry, its plane, and how many bytes
    behind that it begins.
    """
    known, made = pointer(layout, int64), pointer(records, int64)
    count, sources, views, tail = known[0], known[1], known[2], known[3]
    for p in range(count):
        plane = 4 + PLANE * p
        told = ask(content, ask(item, planes, p), 0)
        if told == 0:
            return
        words, places = pointer(told, int32), pointer(told, int64)
        kind, ordered = words[_KIND] & 255, words[_FLAGS] & _ORDERED
        if words[_DIMENSIONS] != known[plane] or kind != known[plane + 1]:
            return
        if words[_KIND + 1] != known[plane + 2] or ordered != known[plane + 3]:
            return
        if p >= sources and words[_FLAGS] & _WRITEABLE == 0:
            return
        shape, strides = pointer(places[_SHAPE], int64), pointer(places[_STRIDES], int64)
        for i in range(known[plane]):
            if shape[i] != known[plane + 4 + i] or strides[i] != known[plane + 7 + i]:
                return
        made[tail + p] = places[_DATA]
    for p in range(sources, count):
        first = made[tail + p] + known[4 + PLANE * p + 10]
        end = made[tail + p] + known[4 + PLANE * p + 11]
        for q in range(sources):
            low = made[tail + q] + known[4 + PLANE * q + 10]
            if first < made[tail + q] + known[4 + PLANE * q + 11] and low < end:
                return
    for i in range(views):
        view = 4 + PLANE * count + 3 * i
        made[known[view]] = made[tail + known[view + 1]] + known[view + 2]
    made[tail + count] = 1
