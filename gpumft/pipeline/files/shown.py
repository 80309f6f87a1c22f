"""What of a picture gets into a file: the part that its type shows.

Neither PyAV nor most containers and encoders take a crop, so what a type's aperture hides is left
out, as FFmpeg's `crop` filter would. Samples are taken as they lie: nothing is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from gpumft.errors import InvalidMediaType
from gpumft.media import Interlace, VideoType

Planes = Sequence[npt.NDArray[Any]]

_BY_FIELD = (Interlace.UPPER, Interlace.LOWER, Interlace.MIXED)


def shown_type(type: VideoType) -> VideoType:
    """Return the type of what `type` shows, which has no aperture.

    Raises:
        InvalidMediaType: the aperture does not begin on whole samples of chroma (and of both
            fields), so that what is shown cannot be had without computing chroma anew.

    Thread-safety: a pure function.
    """
    x, y, width, height = shown_area(type)
    xshift, yshift = type.format.subsampling
    columns, rows = 1 << xshift, (2 if type.interlace in _BY_FIELD else 1) << yshift
    if x % columns or y % rows:
        raise InvalidMediaType(
            f"a file cannot begin at ({x}, {y}) of {type.size[0]}x{type.size[1]} {type.format}, "
            f"where its aperture does: samples are whole every {columns} columns and {rows} rows; "
            f"convert to {width}x{height} without an aperture first"
        )
    return type.replace(size=(width, height), aperture=None)


def shown_area(type: VideoType) -> tuple[Any, Any, int, int]:
    """Return (x, y, width, height) of what a type shows of its frame.

    Thread-safety: a pure function.
    """
    return type.aperture or (0, 0, *type.size)


def shown_planes(planes: Planes, type: VideoType) -> Planes:
    """Return views of what a type shows of its planes.

    Args:
        planes: as `type.plane_shapes` says.
        type: one that `shown_type` takes.

    Thread-safety: a pure function.
    """
    if type.aperture is None:
        return planes
    x, y = (int(at) for at in type.aperture[:2])
    shapes = shown_type(type).plane_shapes
    before = type.format.plane_shapes((x or 1, y or 1))
    return [
        plane[top * bool(y) :, left * bool(x) :][:rows, :columns]
        for plane, (rows, columns, *_), (top, left, *_) in zip(planes, shapes, before, strict=True)
    ]


def layout(type: VideoType) -> tuple[object, ...]:
    """Return all that two types must have in common for one file: format, size, what is shown.

    Thread-safety: a pure function.
    """
    return type.format, type.size, shown_area(type)


def described(type: VideoType) -> str:
    """Return that in words.

    Thread-safety: a pure function.
    """
    whole = f"{type.size[0]}x{type.size[1]} {type.format}"
    if type.aperture is None:
        return whole
    x, y, width, height = type.aperture
    return f"{whole} with the aperture {width}x{height}+{x}+{y}"
