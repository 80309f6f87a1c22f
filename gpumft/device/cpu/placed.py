"""Planes that were seen before: all that a call needs of them but their addresses."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from gpumft.device.cpu.layout import VIEW
from gpumft.device.cpu.views import Array, View, address


class Placed:
    """The views of a program over planes with certain shapes, strides and dtypes.

    Thread-safety: immutable.
    """

    __slots__ = ("_extents", "_layout", "_offsets", "_records", "_sources")

    def __init__(
        self,
        source_views: Sequence[View],
        target_views: Sequence[View],
        source: Sequence[Array],
        target: Sequence[Array],
    ) -> None:
        planes = [*source, *target]
        self._sources = len(source)
        self._layout = [(plane.shape, plane.strides, plane.dtype) for plane in planes]
        self._extents = [_extent(plane) for plane in planes]
        numbers = [view.plane for view in source_views]
        numbers += [len(source) + view.plane for view in target_views]
        views = zip([*source_views, *target_views], numbers, strict=True)
        records = [view.record(planes[number].strides) for view, number in views]
        self._records = array("q", chain.from_iterable(records))  # no memory of NumPy's
        #: Entry, plane and offset of where each view begins.
        self._offsets = [(VIEW * i, n, records[i][0]) for i, n in enumerate(numbers)]

    def records(self, addresses: Sequence[int]) -> array[int]:
        """Return what kernels are told of such planes at these addresses."""
        made = self._records[:]
        for entry, plane, offset in self._offsets:
            made[entry] = addresses[plane] + offset
        return made

    def again(self, source: Sequence[Any], target: Sequence[Any]) -> array[int] | None:
        """Return that for planes like those before; None for any others, which have to be checked.

        Also None where a plane to be written is read-only or reaches into one that is read.
        """
        planes = [*source, *target]
        for plane in planes:
            if plane.__class__ is not np.ndarray:
                return None
        if [(plane.shape, plane.strides, plane.dtype) for plane in planes] != self._layout:
            return None
        count = self._sources
        if len(source) != count:
            return None
        for plane in target:
            if not plane.flags.writeable:
                return None
        at = [address(plane) for plane in planes]
        spans = [(a + low, a + high) for a, (low, high) in zip(at, self._extents, strict=True)]
        for low, high in spans[count:]:
            for first, end in spans[:count]:
                if first < high and low < end:
                    return None
        return self.records(at)


def _extent(plane: Array) -> tuple[int, int]:
    """Return the first byte of a plane, from its own address on, and the one after the last."""
    reach = [(n - 1) * stride for n, stride in zip(plane.shape, plane.strides, strict=True)]
    return sum(min(r, 0) for r in reach), sum(max(r, 0) for r in reach) + plane.itemsize
