"""Primaries of the reference: matrices between linear R'G'B' spaces, in exact fractions.

Sources: ITU-T H.273 (table 2), SMPTE RP 177 (deriving the matrix), SMPTE RP 431-2, EG 432-1 (P3);
Lam 1985 (the Bradford cone responses).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gpumft.media.enums import Primaries

Row = tuple[Fraction, ...]
Rows = tuple[Row, ...]

_D65, _C, _DCI = "0.3127 0.3290", "0.310 0.316", "0.314 0.351"
_CHROMATICITIES = {
    Primaries.BT709: f"0.640 0.330 0.300 0.600 0.150 0.060 {_D65}",
    Primaries.BT601_525: f"0.630 0.340 0.310 0.595 0.155 0.070 {_D65}",
    Primaries.SMPTE240M: f"0.630 0.340 0.310 0.595 0.155 0.070 {_D65}",
    Primaries.BT601_625: f"0.640 0.330 0.290 0.600 0.150 0.060 {_D65}",
    Primaries.BT2020: f"0.708 0.292 0.170 0.797 0.131 0.046 {_D65}",
    Primaries.P3D65: f"0.680 0.320 0.265 0.690 0.150 0.060 {_D65}",
    Primaries.DCIP3: f"0.680 0.320 0.265 0.690 0.150 0.060 {_DCI}",
    Primaries.EBU3213: f"0.630 0.340 0.295 0.605 0.155 0.077 {_D65}",
    Primaries.BT470M: f"0.670 0.330 0.210 0.710 0.140 0.080 {_C}",
    Primaries.FILM: f"0.681 0.319 0.243 0.692 0.145 0.049 {_C}",
}
"""x and y of red, green, blue and white."""

_BRADFORD = "0.8951 0.2664 -0.1614 -0.7502 1.7135 0.0367 0.0389 -0.0685 1.0296"

LUMA_2020 = (0.2627, 0.6780, 0.0593)
"""Luminance weights of BT.2020, as BT.2100 rounds them."""


def between(src: Primaries, dst: Primaries, *, adapt: bool) -> NDArray[np.float64]:
    """Return the 3x3 matrix from linear RGB of `src` to that of `dst`.

    Args:
        src: primaries of the light that is given.
        dst: primaries of the light that is wanted.
        adapt: whether white stays white (Bradford) where the white points differ; else the
            colour stays as it is measured.

    Thread-safety: a pure function.
    """
    if same(src, dst):
        return np.eye(3)
    middle = _adaptation(white(src), white(dst)) if adapt else _IDENTITY
    exact = _times(_inverse(_to_xyz(dst)), _times(middle, _to_xyz(src)))
    return _floats(exact)


def same(one: Primaries, other: Primaries) -> bool:
    """Return whether two names stand for the same primaries and white (240M has 601-525's).

    Thread-safety: a pure function.
    """
    return _CHROMATICITIES[one] == _CHROMATICITIES[other]


def luminance(primaries: Primaries) -> NDArray[np.float64]:
    """Return the three weights of linear RGB in relative luminance (Y of white is 1).

    Thread-safety: a pure function.
    """
    return np.asarray(_floats(_to_xyz(primaries))[1])


def to_xyz(primaries: Primaries) -> NDArray[np.float64]:
    """Return the 3x3 matrix from linear RGB to CIE XYZ (Y of white is 1).

    Thread-safety: a pure function.
    """
    return _floats(_to_xyz(primaries))


def white(primaries: Primaries) -> tuple[Fraction, Fraction]:
    """Return x and y of the white point.

    Thread-safety: a pure function.
    """
    x, y = _numbers(_CHROMATICITIES[primaries])[6:]
    return x, y


_IDENTITY: Rows = tuple(tuple(Fraction(int(i == j)) for j in range(3)) for i in range(3))


@cache
def _to_xyz(primaries: Primaries) -> Rows:
    numbers = _numbers(_CHROMATICITIES[primaries])
    columns = [_xyz(*numbers[i : i + 2]) for i in (0, 2, 4)]
    rows: Rows = tuple(zip(*columns, strict=True))
    scale = _apply(_inverse(rows), _xyz(*white(primaries)))
    return tuple(tuple(a * s for a, s in zip(row, scale, strict=True)) for row in rows)


def _adaptation(src: tuple[Fraction, Fraction], dst: tuple[Fraction, Fraction]) -> Rows:
    if src == dst:
        return _IDENTITY
    numbers = _numbers(_BRADFORD)
    cones: Rows = tuple(numbers[i : i + 3] for i in (0, 3, 6))
    gains = [
        b / a for a, b in zip(_apply(cones, _xyz(*src)), _apply(cones, _xyz(*dst)), strict=True)
    ]
    scaled: Rows = tuple(
        tuple(gain * a for a in row) for gain, row in zip(gains, cones, strict=True)
    )
    return _times(_inverse(cones), scaled)


def _xyz(x: Fraction, y: Fraction) -> Row:
    return x / y, Fraction(1), (1 - x - y) / y


def _numbers(text: str) -> Row:
    return tuple(Fraction(part) for part in text.split())


def _apply(rows: Rows, column: Sequence[Fraction]) -> Row:
    return tuple(sum((a * b for a, b in zip(row, column, strict=True)), Fraction()) for row in rows)


def _times(left: Rows, right: Rows) -> Rows:
    columns = [_apply(left, column) for column in zip(*right, strict=True)]
    return tuple(zip(*columns, strict=True))


def _inverse(m: Rows) -> Rows:
    """Return the inverse by cofactors."""

    def cofactor(i: int, j: int) -> Fraction:
        a, b, c, d = (m[(i + p) % 3][(j + q) % 3] for p, q in ((1, 1), (1, 2), (2, 1), (2, 2)))
        return a * d - b * c

    determinant = sum((m[0][j] * cofactor(0, j) for j in range(3)), Fraction())
    return tuple(tuple(cofactor(j, i) / determinant for j in range(3)) for i in range(3))


def _floats(rows: Rows) -> NDArray[np.float64]:
    return np.array([[float(a) for a in row] for row in rows])
