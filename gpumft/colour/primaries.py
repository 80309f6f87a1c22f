"""Matrices between sets of primaries, in exact fractions of the published chromaticities."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Final

from gpumft.colour.matrices import Rows, diagonal, product
from gpumft.media.enums import Primaries

_D65: Final = ("0.3127", "0.3290")
_C: Final = ("0.310", "0.316")
_DCI: Final = ("0.314", "0.351")

_SMPTE170M: Final = (("0.630", "0.340"), ("0.310", "0.595"), ("0.155", "0.070"), _D65)
_CHROMATICITIES: Final = {  # red, green, blue, white; H.273, table 2
    Primaries.BT709: (("0.640", "0.330"), ("0.300", "0.600"), ("0.150", "0.060"), _D65),
    Primaries.BT601_525: _SMPTE170M,
    Primaries.BT601_625: (("0.640", "0.330"), ("0.290", "0.600"), ("0.150", "0.060"), _D65),
    Primaries.BT2020: (("0.708", "0.292"), ("0.170", "0.797"), ("0.131", "0.046"), _D65),
    Primaries.P3D65: (("0.680", "0.320"), ("0.265", "0.690"), ("0.150", "0.060"), _D65),
    Primaries.DCIP3: (("0.680", "0.320"), ("0.265", "0.690"), ("0.150", "0.060"), _DCI),
    Primaries.SMPTE240M: _SMPTE170M,
    Primaries.BT470M: (("0.67", "0.33"), ("0.21", "0.71"), ("0.14", "0.08"), _C),
    Primaries.EBU3213: (("0.630", "0.340"), ("0.295", "0.605"), ("0.155", "0.077"), _D65),
    Primaries.FILM: (("0.681", "0.319"), ("0.243", "0.692"), ("0.145", "0.049"), _C),
}
_BRADFORD: Final[Rows] = tuple(
    tuple(Fraction(number) for number in row)
    for row in (
        ("0.8951", "0.2664", "-0.1614"),
        ("-0.7502", "1.7135", "0.0367"),
        ("0.0389", "-0.0685", "1.0296"),
    )
)


def chromaticities(primaries: Primaries) -> tuple[tuple[float, float], ...]:
    """Return (x, y) of red, green, blue and white.

    Thread-safety: any thread. Source: ITU-T H.273, table 2.
    """
    red, green, blue, white = ((float(x), float(y)) for x, y in _CHROMATICITIES[primaries])
    return red, green, blue, white


@cache
def rgb_to_xyz(primaries: Primaries) -> Rows:
    """Return the exact matrix from linear RGB to XYZ; the white of RGB (1, 1, 1) has Y = 1.

    Its middle row are the weights of luminance.

    Thread-safety: any thread. Source: SMPTE RP 177, 3.3; chromaticities of ITU-T H.273, table 2.
    """
    *colours, white = (_xyz(*point) for point in _CHROMATICITIES[primaries])
    columns: Rows = tuple(zip(*colours, strict=True))
    ((red,), (green,), (blue,)) = product(inverse(columns), tuple((value,) for value in white))
    return product(columns, diagonal((red, green, blue)))


@cache
def between(source: Primaries, target: Primaries, *, adapt: bool = True) -> Rows:
    """Return the exact matrix from linear RGB of `source` to that of `target`.

    Args:
        source: the primaries that the values have.
        target: those that they get.
        adapt: whether a different white becomes the target's white (Bradford, linear).

    Thread-safety: any thread. Source: SMPTE RP 177; the cone matrix of CIECAM97s (Bradford).
    """
    if are_equal(source, target):
        return diagonal((Fraction(1),) * 3)
    matrix = rgb_to_xyz(source)
    ours, theirs = (_CHROMATICITIES[primaries][3] for primaries in (source, target))
    if adapt and ours != theirs:
        cones = [product(_BRADFORD, tuple((v,) for v in _xyz(*white))) for white in (ours, theirs)]
        gains = [after / before for ((before,), (after,)) in zip(*cones, strict=True)]
        adaptation = product(inverse(_BRADFORD), product(diagonal(gains), _BRADFORD))
        matrix = product(adaptation, matrix)
    return product(inverse(rgb_to_xyz(target)), matrix)


def are_equal(one: Primaries, other: Primaries) -> bool:
    """Return whether two names mean the same chromaticities, as smpte240m and bt601_525 do.

    Thread-safety: any thread.
    """
    return _CHROMATICITIES[one] == _CHROMATICITIES[other]


def inverse(rows: Rows) -> Rows:
    """Return the exact inverse of a 3x3 matrix.

    Thread-safety: any thread.
    """
    (a, b, c), (d, e, f), (g, h, i) = rows
    adjugate = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    determinant = a * adjugate[0][0] + b * adjugate[1][0] + c * adjugate[2][0]
    return tuple(tuple(value / determinant for value in row) for row in adjugate)


def _xyz(x: str, y: str) -> tuple[Fraction, Fraction, Fraction]:
    """XYZ of a chromaticity, with Y = 1."""
    across, up = Fraction(x), Fraction(y)
    return across / up, Fraction(1), (1 - across - up) / up
