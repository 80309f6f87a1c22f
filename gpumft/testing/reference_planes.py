"""Planes to components and back, for the reference: every layout, in plain numpy.

Sources: FFmpeg's format names; v210 as documented by Apple (TN2162): 12 fields of 10 bits in four
little-endian words, in the order of UYVY.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpumft.errors import InvalidArg
from gpumft.media.formats import PixelFormat

Codes = NDArray[np.float64]
"""Samples of one component, (rows, columns), in code values (nominal values where float)."""


def unpack(
    planes: Sequence[ArrayLike], format_: PixelFormat, size: tuple[int, int]
) -> dict[str, Codes]:
    """Return every component but the fillers, as float64 code values.

    Args:
        planes: the planes of the picture, in the shapes and dtypes of the format.
        format_: the pixel format.
        size: (width, height) in pixels.

    Returns:
        Component name -> (rows, columns) float64.

    Raises:
        InvalidArg: the planes do not fit the format.

    Thread-safety: a pure function.
    """
    arrays = _checked(planes, format_, size)
    if format_ is PixelFormat.V210:
        return _unpack_v210(arrays[0], size)
    found: dict[str, Codes] = {}
    for component in format_.layout.components:
        if component.name == "x":
            continue
        columns, rows = component.size(size)
        flat = arrays[component.plane].reshape(rows, -1)
        elements = flat[:, component.offset :: component.step][:, :columns]
        if not format_.is_float:
            elements = (elements.astype(np.int64) >> component.shift) & (2**component.depth - 1)
        found[component.name] = elements.astype(np.float64)
    return found


def pack(
    components: Mapping[str, ArrayLike], format_: PixelFormat, size: tuple[int, int]
) -> list[NDArray[Any]]:
    """Return the planes that hold these code values; the inverse of `unpack`.

    Fillers ("x") are all ones, other unused bits 0. The unused luma of a packed 4:2:2 row of odd
    width repeats the row's last luma. v210 elements beyond the picture are 0.

    Args:
        components: component name -> (rows, columns); integers within the code range, or nominal
            values where the format is float.
        format_: the pixel format.
        size: (width, height) in pixels.

    Returns:
        The planes.

    Thread-safety: a pure function.
    """
    given = {name: np.asarray(values) for name, values in components.items()}
    if format_ is PixelFormat.V210:
        return [_pack_v210(given, size)]
    shapes, dtypes = format_.plane_shapes(size), format_.plane_dtypes()
    planes: list[NDArray[Any]] = []
    for index, (shape, dtype) in enumerate(zip(shapes, dtypes, strict=True)):
        wide: np.dtype[Any] = np.dtype(np.float64 if format_.is_float else np.int64)
        flat: NDArray[Any] = np.zeros((shape[0], int(np.prod(shape[1:]))), wide)
        for component in format_.layout.components:
            if component.plane != index:
                continue
            place = flat[:, component.offset :: component.step]
            if component.name == "x":
                place |= (2**component.depth - 1) << component.shift
                continue
            values = given[component.name].astype(wide)
            missing = place.shape[1] - values.shape[1]
            values = np.pad(values, ((0, 0), (0, missing)), mode="edge")
            place += values if format_.is_float else values << component.shift
        with np.errstate(over="ignore"):  # a half float holds no more than 65504
            planes.append(flat.astype(dtype).reshape(shape))
    return planes


def _checked(
    planes: Sequence[ArrayLike], format_: PixelFormat, size: tuple[int, int]
) -> list[NDArray[Any]]:
    arrays = [np.asarray(plane) for plane in planes]
    shapes, dtypes = format_.plane_shapes(size), format_.plane_dtypes()
    if len(arrays) != len(shapes):
        raise InvalidArg(f"{format_} has {len(shapes)} planes, {len(arrays)} were given")
    for index, (array, shape, dtype) in enumerate(zip(arrays, shapes, dtypes, strict=True)):
        if array.shape != shape or array.dtype != dtype:
            raise InvalidArg(
                f"plane {index} is {array.dtype} {array.shape}, "
                f"but {format_} of {size[0]}x{size[1]} has {dtype} {shape}"
            )
    return arrays


def _unpack_v210(words: NDArray[np.generic], size: tuple[int, int]) -> dict[str, Codes]:
    wide = words.astype(np.int64)
    fields = np.stack([(wide >> shift) & 1023 for shift in (0, 10, 20)], axis=-1)
    row = fields.reshape(size[1], -1).astype(np.float64)
    pairs = -(-size[0] // 2)
    return {
        "y": row[:, 1::2][:, : size[0]],
        "u": row[:, 0::4][:, :pairs],
        "v": row[:, 2::4][:, :pairs],
    }


def _pack_v210(
    given: Mapping[str, NDArray[np.generic]], size: tuple[int, int]
) -> NDArray[np.uint32]:
    ((rows, columns),) = PixelFormat.V210.plane_shapes(size)
    row = np.zeros((rows, 3 * columns), np.int64)
    luma = np.pad(given["y"].astype(np.int64), ((0, 0), (0, size[0] % 2)), mode="edge")
    row[:, 1::2][:, : luma.shape[1]] = luma
    for name, first in (("u", 0), ("v", 2)):
        row[:, first::4][:, : given[name].shape[1]] = given[name]
    fields = row.reshape(rows, columns, 3)
    return (fields[..., 0] | fields[..., 1] << 10 | fields[..., 2] << 20).astype(np.uint32)
