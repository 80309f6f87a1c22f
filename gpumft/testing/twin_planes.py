"""Components in and out of planes, for the twin. Source: docs/arithmetic.md, 4.1, 4.8 and 4.9."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.errors import InvalidArg
from gpumft.media.formats import Component, PixelFormat
from gpumft.testing.twin_math import (
    F32,
    clamp_round,
    finish_float,
    flush,
    from_half,
    to_half,
)

Plane = npt.NDArray[Any]
_V210_PLACES = {"u": (0, 4), "y": (1, 2), "v": (2, 4)}


def check(planes: Sequence[Plane], format: PixelFormat, size: tuple[int, int]) -> None:
    """Raise InvalidArg unless `planes` have the shapes and dtypes of `format` at `size`."""
    shapes = tuple(plane.shape for plane in planes)
    dtypes = tuple(plane.dtype for plane in planes)
    if shapes != format.plane_shapes(size) or dtypes != format.plane_dtypes():
        raise InvalidArg(
            f"planes are {shapes} {dtypes}, but {format} at {size[0]}x{size[1]} has "
            f"{format.plane_shapes(size)} {format.plane_dtypes()}: pass arrays of that shape"
        )


def place(format: PixelFormat, component: Component) -> Component:
    """Return the component with the offset, step and shift of the elements of `rows_of`."""
    if format is not PixelFormat.V210:
        return component
    offset, step = _V210_PLACES[component.name]
    return replace(component, offset=offset, step=step, shift=0)


def rows_of(plane: Plane, format: PixelFormat) -> Plane:
    """Return a plane as rows of elements, (rows, elements); v210's words are taken apart."""
    flat = np.ascontiguousarray(plane).reshape(plane.shape[0], -1)
    if format is not PixelFormat.V210:
        return flat
    fields = [(flat >> np.uint32(shift)) & np.uint32(1023) for shift in (0, 10, 20)]
    return np.stack(fields, axis=-1).reshape(flat.shape[0], -1)


def read(
    planes: Sequence[Plane],
    format: PixelFormat,
    size: tuple[int, int],
    component: Component,
    offset: float,
) -> F32:
    """Return a component as float32, (rows, columns), less `offset`, flushed if it is float."""
    at = place(format, component)
    columns, rows = at.size(size)
    flat = rows_of(planes[at.plane], format)[:rows]
    elements = flat[:, at.offset :: at.step][:, :columns]
    if not format.is_float:
        codes = (elements.astype(np.uint32) >> np.uint32(at.shift)) & np.uint32(2**at.depth - 1)
        return codes.astype(np.float32) - np.float32(offset)
    if elements.dtype == np.float16:
        return flush(from_half(np.ascontiguousarray(elements).view(np.uint16)))
    return flush(elements)


def finish(format: PixelFormat, depth: int) -> Callable[[F32], Plane]:
    """Return the function that turns float32 values into what is stored."""
    if not format.is_float:
        return lambda x: clamp_round(x, 2**depth - 1)
    if depth == 16:
        return lambda x: to_half(finish_float(x))
    return finish_float


def write(format: PixelFormat, size: tuple[int, int], components: Mapping[str, F32]) -> list[Plane]:
    """Return the planes of `format` that hold `components`, each (rows, columns), unfinished.

    Fillers, the second luma of an odd-width packed 4:2:2 row and unused bits are made here.
    """
    packed = {"float16": "uint16"}
    if format is PixelFormat.V210:
        packed = {"uint32": "uint32"}
    flat: list[Plane] = []
    for shape, dtype in zip(format.plane_shapes(size), format.plane_dtypes(), strict=True):
        elements = int(np.prod(shape[1:])) * (3 if format is PixelFormat.V210 else 1)
        flat.append(np.zeros((shape[0], elements), packed.get(str(dtype), str(dtype))))
    for component in format.layout.components:
        at = place(format, component)
        columns, rows = at.size(size)
        if at.name == "x":
            stored: Plane = np.full((rows, columns), 2**at.depth - 1, np.uint32)
        else:
            stored = finish(format, at.depth)(components[at.name])
        if is_pair(format) and at.name == "y" and columns % 2:
            stored = np.concatenate([stored, stored[:, -1:]], axis=1)
            columns += 1
        target = flat[at.plane][:, at.offset :: at.step][:, :columns]
        if format.is_float:
            target[...] = stored
        else:
            target |= (stored << np.uint32(at.shift)).astype(target.dtype)
    return [
        _shaped(rows, shape, dtype, format)
        for rows, shape, dtype in zip(
            flat, format.plane_shapes(size), format.plane_dtypes(), strict=True
        )
    ]


def is_pair(format: PixelFormat) -> bool:
    """Whether two pixels share one column of a single plane (packed 4:2:2, v210)."""
    layout = format.layout
    return len(layout.planes) == 1 and format.subsampling == (1, 0)


def _shaped(
    rows: Plane, shape: tuple[int, ...], dtype: np.dtype[np.generic], format: PixelFormat
) -> Plane:
    if format is PixelFormat.V210:
        fields = rows.reshape(shape[0], -1, 3)
        rows = fields[..., 0] | fields[..., 1] << np.uint32(10) | fields[..., 2] << np.uint32(20)
    return rows.view(dtype).reshape(shape)
