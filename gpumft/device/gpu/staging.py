"""The host memory that arrays pass through on their way to a device and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.plane import DevicePlane
from gpumft.media.formats import PixelFormat

_ALIGNMENT = 64
"""Bytes to which the rows and planes of staging memory are aligned."""


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    pitch: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Staging:
    """A host array that holds all planes of a picture as they lie in one device buffer.

    Args:
        allocate: makes the host array of so many bytes.

    Thread-safety: for one thread at a time.
    """

    def __init__(
        self,
        format: PixelFormat,
        size: tuple[int, int],
        allocate: Callable[[int], npt.NDArray[np.uint8]],
    ) -> None:
        self._places: list[_Place] = []
        end = 0
        for shape, dtype in zip(format.plane_shapes(size), format.plane_dtypes(), strict=True):
            pitch = -(-prod(shape[1:]) * dtype.itemsize // _ALIGNMENT) * _ALIGNMENT
            self._places.append(_Place(end, pitch, shape, dtype))
            end += pitch * shape[0]
        self.nbytes = end
        self.host = allocate(end)
        self._views = [self._view(place) for place in self._places]

    def fill(self, planes: Sequence[npt.NDArray[Any]]) -> None:
        """Copy arrays of any strides into the host array."""
        for view, plane in zip(self._views, planes, strict=True):
            np.copyto(view, plane)

    def empty(self, planes: Sequence[npt.NDArray[Any]]) -> None:
        """Copy the host array out into arrays of any strides."""
        for view, plane in zip(self._views, planes, strict=True):
            np.copyto(plane, view)

    def on(self, memory: Any) -> list[DevicePlane]:
        """Return the planes as they lie in `memory`, `nbytes` long."""
        return [DevicePlane(memory, p.offset, p.pitch, p.shape, p.dtype) for p in self._places]

    def _view(self, place: _Place) -> npt.NDArray[Any]:
        strides = [place.dtype.itemsize]
        for length in reversed(place.shape[2:]):
            strides.append(strides[-1] * length)
        return np.ndarray(
            place.shape, place.dtype, self.host, place.offset, (place.pitch, *reversed(strides))
        )
