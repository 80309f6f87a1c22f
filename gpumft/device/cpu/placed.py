"""Planes that were seen before: all that a call needs of them but their addresses."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from gpumft.device.cpu.layout import VIEW
from gpumft.device.cpu.views import Array, View, address, laid_out

_ITEM, _CONTENT = (
    ctypes.cast(function, ctypes.c_void_p).value or 0
    for function in (ctypes.pythonapi.PyList_GetItem, ctypes.pythonapi.PyCapsule_GetPointer)
)


class Placed:
    """The views of a program over planes of certain shapes, strides and dtypes.

    Args:
        source_views: of the planes that are read.
        target_views: of those that are written.
        source: planes that are read.
        target: planes that are written.
        recognise: the kernel of that name.

    Thread-safety: immutable.
    """

    __slots__ = ("_layout", "_offsets", "_planes", "_recognise", "_records", "_sources")

    def __init__(
        self,
        source_views: Sequence[View],
        target_views: Sequence[View],
        source: Sequence[Array],
        target: Sequence[Array],
        recognise: Callable[..., None],
    ) -> None:
        planes = [*source, *target]
        numbers = [view.plane for view in source_views]
        numbers += [len(source) + view.plane for view in target_views]
        views = zip([*source_views, *target_views], numbers, strict=True)
        records = [view.record(planes[number].strides) for view, number in views]
        #: Entry, plane and offset of where each view begins.
        self._offsets = [(VIEW * i, n, records[i][0]) for i, n in enumerate(numbers)]
        tail = VIEW * len(numbers)
        head = [len(planes), len(source), len(numbers), tail]
        about = [*(laid_out(plane) for plane in planes), *self._offsets]
        self._sources, self._planes = len(source), len(planes)
        # arrays, for they take no memory of NumPy's
        self._records = array("q", [*chain.from_iterable(records), *[0] * (len(planes) + 1)])
        self._layout = array("q", [*head, *chain.from_iterable(about)])
        self._recognise = recognise

    def records(self, planes: Sequence[Array]) -> array[int]:
        """Return what kernels are told of such planes: first those that are read."""
        made, addresses = self._records[:], [address(plane) for plane in planes]
        for entry, plane, offset in self._offsets:
            made[entry] = addresses[plane] + offset
        return made

    def again(self, source: Sequence[Any], target: Sequence[Any]) -> array[int] | None:
        """Return that for planes like those before; None for any others, which have to be checked.

        Also None where a plane to be written is read-only or reaches into one that is read.
        """
        try:
            told = [plane.__array_struct__ for plane in [*source, *target]]
        except AttributeError:
            return None
        if len(source) != self._sources or len(told) != self._planes:
            return None
        made = self._records[:]
        known, into = self._layout.buffer_info()[0], made.buffer_info()[0]
        self._recognise(told, known, into, _ITEM, _CONTENT)
        return made if made[-1] else None
