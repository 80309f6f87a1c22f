"""Deterministic pictures for tests, of any type and size: noise, ramp, bars, extremes.

Every function returns the planes of a picture in the shapes and dtypes of its type.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpumft.media.videotype import VideoType
from gpumft.testing.reference_colour import code_line
from gpumft.testing.reference_light_matrices import components_of_rgb
from gpumft.testing.reference_planes import pack

Planes = list[NDArray[Any]]

BARS = ((1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1), (0, 0, 0))
"""White, yellow, cyan, green, magenta, red, blue, black: nominal R'G'B' of 100 % bars."""


def noise(type: VideoType, seed: int = 0) -> Planes:
    """Return noise over every code, unused bits and fillers included; floats span -1/4..5/4.

    Args:
        type: the type of the picture.
        seed: another seed, another picture.

    Thread-safety: a pure function.
    """
    random = np.random.default_rng([seed, *type.size])
    planes: Planes = []
    for shape, dtype in zip(type.plane_shapes, type.plane_dtypes, strict=True):
        if type.format.is_float:
            planes.append(random.uniform(-0.25, 1.25, shape).astype(dtype))
        else:
            planes.append(random.integers(0, 2 ** (8 * dtype.itemsize), shape, dtype=dtype))
    return planes


def ramp(type: VideoType) -> Planes:
    """Return components that rise evenly along the rows, u and v down the columns.

    Every code between the ends occurs if the picture is large enough; floats run from 0 to 1.

    Thread-safety: a pure function.
    """
    found = {}
    for component in type.format.layout.components:
        columns, rows = component.size(type.size)
        top = 1.0 if type.format.is_float else 2.0**component.depth - 1
        across = np.linspace(0.0, top, columns)[None, :].repeat(rows, 0)
        down = np.linspace(0.0, top, rows)[:, None].repeat(columns, 1)
        values = down if component.name in "uv" else across
        found[component.name] = values if type.format.is_float else np.rint(values)
    return pack(found, type.format, type.size)


def bars(type: VideoType) -> Planes:
    """Return eight vertical 100 % bars, white to black, coded by the type; alpha is opaque.

    Chroma is coded from the bar that its luma column lies in, without a filter. Source: ITU-R
    BT.471.

    Thread-safety: a pure function.
    """
    type = type.resolved()
    colours = np.array(BARS, np.float64).T
    if not type.format.is_rgb:
        colours = components_of_rgb(type, colours)
    letters = "rgb" if type.format.is_rgb else "yuv"
    found = {}
    for component in type.format.layout.components:
        columns, rows = component.size(type.size)
        luma_columns = np.arange(columns) << component.xshift
        bar = np.minimum(luma_columns * 8 // type.size[0], 7)
        if component.name not in letters:
            nominal = np.ones(columns)
        else:
            nominal = colours[letters.index(component.name)][bar]
        scale, offset = code_line(
            component.name,
            component.depth,
            type.range,
            type.matrix,
            is_float=type.format.is_float,
        )
        codes = scale * nominal + offset
        if not type.format.is_float:
            codes = np.clip(np.rint(codes), 0, 2**component.depth - 1)
        found[component.name] = codes[None, :].repeat(rows, 0)
    return pack(found, type.format, type.size)


def extremes(type: VideoType, seed: int = 0) -> Planes:
    """Return random least and greatest codes, nothing between: what overshoots most.

    Floats are -1/4 or 5/4 (chroma does not occur in floats; alpha is 0 or 1).

    Thread-safety: a pure function.
    """
    random = np.random.default_rng([seed, 1, *type.size])
    found = {}
    for component in type.format.layout.components:
        columns, rows = component.size(type.size)
        high = random.integers(0, 2, (rows, columns)).astype(np.float64)
        if not type.format.is_float:
            high *= 2**component.depth - 1
        elif component.name != "a":
            high = 1.5 * high - 0.25
        found[component.name] = high
    return pack(found, type.format, type.size)
