"""Where the samples of a component lie in an array: addresses and strides for the kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.cpu.layout import STREAM, VIEW
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

    def fill(self, record: Array, array: Array) -> None:
        """Write the kernels' description of this view of `array` into `record`."""
        strides = array.strides
        element = strides[2] if array.ndim == 3 else 0
        down = (0, strides[0], 0)
        across = (self.pairs, strides[1], self.step * element)
        if self.pairs and strides[1] == 2 * across[2]:
            across = (0, across[2], 0)
        if self.stream:
            across, element = (0, self.step, 0), strides[1]
        rows, columns = (across, down) if self.transpose else (down, across)
        first, direction = self.columns
        if self.stream:
            base = array.__array_interface__["data"][0]
            record[:] = (base, *self.rows, *rows, first, direction, *columns, element)
            return
        base = array.__array_interface__["data"][0] + self.offset * element
        if columns[0] == 0:  # a plain stride: the kernels then need no first column, no direction
            base += first * columns[1]
            columns = (0, direction * columns[1], 0)
            first, direction = 0, 1
        record[:] = (base, *self.rows, *rows, first, direction, *columns, element)


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


def table(count: int) -> npt.NDArray[np.int64]:
    """Return room for the records of `count` views."""
    return np.zeros((count, VIEW), np.int64)


def fill_table(
    records: npt.NDArray[np.int64], views: Sequence[View], arrays: Sequence[Array]
) -> None:
    """Fill the first records, one a view."""
    for record, view in zip(records, views, strict=False):
        view.fill(record, arrays[view.plane])
