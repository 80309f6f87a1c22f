"""Matrices and quantisation for the reference, from the published coefficients.

Sources: ITU-R BT.601-7 (2.5.1), BT.709-6 (3.2, 3.3), BT.2020-2 (table 4), SMPTE 240M, FCC 73.682
and ITU-T H.273 (8.3: YCgCo, quantisation).
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media.enums import Matrix, Range

_KR_KB = {
    Matrix.BT601: (0.299, 0.114),
    Matrix.BT709: (0.2126, 0.0722),
    Matrix.BT2020NCL: (0.2627, 0.0593),
    Matrix.SMPTE240M: (0.212, 0.087),
    Matrix.FCC: (0.30, 0.11),
}

_NAMED = {
    "black": (0.0, 0.0, 0.0),
    "white": (1.0, 1.0, 1.0),
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
    "yellow": (1.0, 1.0, 0.0),
    "cyan": (0.0, 1.0, 1.0),
    "magenta": (1.0, 0.0, 1.0),
}


def to_yuv(matrix: Matrix | None) -> NDArray[np.float64]:
    """Return the 3x3 matrix from nominal R'G'B' to Y' [0, 1], Cb, Cr [-1/2, 1/2].

    Raises:
        InvalidMediaType: there is no Y'CbCr matrix of that name.

    Thread-safety: a pure function.
    """
    if matrix is Matrix.YCGCO:
        return np.array([[0.25, 0.5, 0.25], [-0.25, 0.5, -0.25], [0.5, 0.0, -0.5]])
    if matrix not in _KR_KB:
        raise InvalidMediaType(f"no Y'CbCr matrix {matrix}: choose one of {', '.join(_KR_KB)}")
    kr, kb = _KR_KB[matrix]
    luma = np.array([kr, 1.0 - kr - kb, kb])
    red, blue = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
    return np.stack([luma, (blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))])


def to_rgb(matrix: Matrix | None) -> NDArray[np.float64]:
    """Return the 3x3 matrix from nominal Y', Cb, Cr to R'G'B', the inverse of `to_yuv`.

    Raises:
        InvalidMediaType: there is no Y'CbCr matrix of that name.

    Thread-safety: a pure function.
    """
    return np.asarray(np.linalg.inv(to_yuv(matrix)), np.float64)


def code_line(
    name: str, depth: int, range_: Range | None, matrix: Matrix | None = None, *, is_float: bool
) -> tuple[float, float]:
    """Return (scale, offset): code = scale * nominal + offset.

    Limited luma and R'G'B' are 219 and 16, limited chroma 224 and 128 (YCgCo, which H.273 makes of
    R'G'B' codes: 219 and 128), times 2^(depth - 8). Full
    range scales by 2^depth - 1, chroma about 2^(depth - 1). Alpha is always full range. Floats are
    nominal values themselves.

    Thread-safety: a pure function.
    """
    if is_float:
        return 1.0, 0.0
    step = 2.0 ** (depth - 8)
    chroma = name in "uv"
    if range_ is Range.LIMITED and name != "a":
        if not chroma:
            return 219 * step, 16 * step
        return (219 if matrix == Matrix.YCGCO else 224) * step, 128 * step
    return 2.0**depth - 1, 2.0 ** (depth - 1) if chroma else 0.0


def parse_colour(text: object) -> tuple[float, float, float]:
    """Return nominal R'G'B' of a background: a name, "#rrggbb", or three numbers from 0 to 1.

    Raises:
        InvalidArg: it is none of these.

    Thread-safety: a pure function.
    """
    if isinstance(text, str):
        if text in _NAMED:
            return _NAMED[text]
        if re.fullmatch("#[0-9a-fA-F]{6}", text):
            red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))
            return red, green, blue
    elif isinstance(text, (tuple, list)) and len(text) == 3:
        red, green, blue = (float(value) for value in text)
        return red, green, blue
    raise InvalidArg(
        f"background {text!r}: give one of {', '.join(_NAMED)}, #rrggbb, or (r, g, b) from 0 to 1"
    )
