"""Where the samples of a component lie in an array: addresses and strides for the kernels."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy.typing as npt

from gpumft.device.cpu.layout import STREAM
from gpumft.media.formats import Component, PixelFormat

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class View:
    """A component of a format, turned and shifted, before an array is known.

    Thread-safety: immutable.
    """

    plane: int
    offset: int
    """Elements before the first sample of a row."""
    step: int
    """Elements between two samples that share a column of the plane."""
    pairs: int
    """log2 of the samples that share a column of the plane: 1 for packed 4:2:2 luma."""
    transpose: bool
    rows: tuple[int, int]
    """First row and direction, 1 or -1, as the kernels count them."""
    columns: tuple[int, int]
    stream: bool = False
    """Whether columns are counted in elements that share words, from the first of the row on."""

    def record(self, strides: tuple[int, ...]) -> tuple[int, ...]:
        """Return the kernels' description of this view of an array with these strides in bytes.

        The first entry is in bytes from the array's own address.
        """
        element = strides[2] if len(strides) == 3 else 0
        down = (0, strides[0], 0)
        across = (self.pairs, strides[1], self.step * element)
        if self.pairs and strides[1] == 2 * across[2]:
            across = (0, across[2], 0)
        if self.stream:
            across, element = (0, self.step, 0), strides[1]
        rows, columns = (across, down) if self.transpose else (down, across)
        first, direction = self.columns
        base = 0 if self.stream else self.offset * element
        if not self.stream and columns[0] == 0:
            # a plain stride: the kernels then need no first column, no direction
            base += first * columns[1]
            columns = (0, direction * columns[1], 0)
            first, direction = 0, 1
        return (base, *self.rows, *rows, first, direction, *columns, element)


def _view(format: PixelFormat, component: Component) -> View:
    if format is PixelFormat.V210:
        offset, step = STREAM[component.name]
        at = (component.plane, offset, step, 0)
        return View(*at, transpose=False, rows=(0, 1), columns=(0, 1), stream=True)
    channels = format.layout.planes[component.plane].channels
    pairs = 1 if channels == 2 * component.step else 0
    at = (component.plane, component.offset, component.step, pairs)
    return View(*at, transpose=False, rows=(0, 1), columns=(0, 1))


def source_view(
    format: PixelFormat,
    component: Component,
    size: tuple[int, int],
    *,
    transpose: bool,
    mirror_y: bool,
    mirror_x: bool,
) -> View:
    """Return the view of an oriented source component of a picture of `size` (w, h)."""
    plain = _view(format, component)
    columns, rows = component.size(size)
    if transpose:
        columns, rows = rows, columns
    return replace(
        plain,
        transpose=transpose,
        rows=(rows - 1, -1) if mirror_y else (0, 1),
        columns=(columns - 1, -1) if mirror_x else (0, 1),
    )


def target_view(format: PixelFormat, component: Component, corner: tuple[int, int]) -> View:
    """Return the view of a target component from luma pixel `corner` (x, y) on."""
    plain = _view(format, component)
    return replace(
        plain,
        rows=(corner[1] >> component.yshift, 1),
        columns=(corner[0] >> component.xshift, 1),
    )


_ORDERED = 0x200
"""The flag NPY_ARRAY_NOTSWAPPED."""


class _ArrayInterface(ctypes.Structure):
    """NumPy's PyArrayInterface. Source: NumPy, The array interface protocol, C-struct access."""

    _fields_: ClassVar = [
        ("two", ctypes.c_int),
        ("nd", ctypes.c_int),
        ("typekind", ctypes.c_char),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_int),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
        ("descr", ctypes.c_void_p),
    ]


_content = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def address(array: Array) -> int:
    """Return where the first element lies; several times faster than `array.ctypes.data`."""
    capsule = array.__array_struct__  # owns what is read below
    at: int = _ArrayInterface.from_address(_content(capsule, None)).data
    return at


def laid_out(array: Array) -> tuple[int, ...]:
    """Return how a plane of at most three dimensions is laid out, as `layout.PLANE` says."""
    capsule = array.__array_struct__  # owns what is told
    told = _ArrayInterface.from_address(_content(capsule, None))
    reach = [(n - 1) * stride for n, stride in zip(array.shape, array.strides, strict=True)]
    missing = [0] * (3 - array.ndim)
    first, last = sum(min(r, 0) for r in reach), sum(max(r, 0) for r in reach)
    return (
        told.nd, ord(told.typekind), told.itemsize, told.flags & _ORDERED, *array.shape, *missing,
        *array.strides, *missing, first, last + array.itemsize,
    )  # fmt: skip
