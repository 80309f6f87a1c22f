"""Matrices between R'G'B' and Y'CbCr: exact fractions first, rounded to float64 once."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gpumft.errors import InvalidMediaType
from gpumft.media.enums import Matrix

Rows: TypeAlias = tuple[tuple[Fraction, ...], ...]
"""An exact matrix, row by row."""

_LUMA_WEIGHTS: dict[Matrix, tuple[str, str, str]] = {
    Matrix.BT601: ("0.299", "0.587", "0.114"),  # BT.601-7, 2.5.1
    Matrix.BT709: ("0.2126", "0.7152", "0.0722"),  # BT.709-6, 3.2
    Matrix.BT2020NCL: ("0.2627", "0.6780", "0.0593"),  # BT.2020-2, table 4
    Matrix.SMPTE240M: ("0.212", "0.701", "0.087"),  # H.273, table 4, value 7
    Matrix.FCC: ("0.30", "0.59", "0.11"),  # H.273, table 4, value 4
    Matrix.YCGCO: ("0.25", "0.5", "0.25"),  # H.273, table 4, value 8
}


def luma_weights(matrix: Matrix) -> tuple[Fraction, Fraction, Fraction]:
    """Return how much R', G' and B' count in luma.

    Args:
        matrix: the coefficients.

    Returns:
        (Kr, Kg, Kb), exact; they add up to 1.

    Raises:
        InvalidMediaType: `matrix` is `Matrix.RGB`, which has no luma.

    Thread-safety: any thread. Source: ITU-T H.273, 8.3, table 4.
    """
    if matrix not in _LUMA_WEIGHTS:
        known = ", ".join(_LUMA_WEIGHTS)
        raise InvalidMediaType(f"matrix {matrix} has no luma; choose one of {known}")
    kr, kg, kb = _LUMA_WEIGHTS[matrix]
    return Fraction(kr), Fraction(kg), Fraction(kb)


@cache
def exact_rgb_to_yuv(matrix: Matrix) -> Rows:
    """Return the exact rows Y', Cb, Cr over the columns R', G', B'.

    With YCgCo, Cg stands in the place of Cb and Co in that of Cr.

    Args:
        matrix: the coefficients.

    Returns:
        Three rows of three fractions; R'G'B' and Y' span [0, 1], Cb and Cr [-1/2, 1/2].

    Raises:
        InvalidMediaType: `matrix` is `Matrix.RGB`.

    Thread-safety: any thread. Source: ITU-T H.273, 8.3, equations for non-constant luminance.
    """
    kr, kg, kb = luma_weights(matrix)
    if matrix is Matrix.YCGCO:
        half, quarter = Fraction(1, 2), Fraction(1, 4)
        return (
            (quarter, half, quarter),
            (-quarter, half, -quarter),
            (half, Fraction(0), -half),
        )
    blue, red = 2 * (1 - kb), 2 * (1 - kr)
    return (
        (kr, kg, kb),
        (-kr / blue, -kg / blue, Fraction(1, 2)),
        (Fraction(1, 2), -kg / red, -kb / red),
    )


@cache
def exact_yuv_to_rgb(matrix: Matrix) -> Rows:
    """Return the exact rows R', G', B' over the columns Y', Cb, Cr: the inverse of the above.

    Args:
        matrix: the coefficients.

    Returns:
        Three rows of three fractions, nominal ranges as in `exact_rgb_to_yuv`.

    Raises:
        InvalidMediaType: `matrix` is `Matrix.RGB`.

    Thread-safety: any thread. Source: ITU-T H.273, 8.3, solved for R'G'B'.
    """
    kr, kg, kb = luma_weights(matrix)
    zero, one = Fraction(0), Fraction(1)
    if matrix is Matrix.YCGCO:
        return ((one, -one, one), (one, one, zero), (one, -one, -one))
    blue, red = 2 * (1 - kb), 2 * (1 - kr)
    return (
        (one, zero, red),
        (one, -blue * kb / kg, -red * kr / kg),
        (one, blue, zero),
    )


@cache
def rgb_to_yuv(matrix: Matrix) -> npt.NDArray[np.float64]:
    """Return `exact_rgb_to_yuv` as a read-only float64 array of shape (3, 3).

    Thread-safety: any thread.
    """
    return as_float64(exact_rgb_to_yuv(matrix))


@cache
def yuv_to_rgb(matrix: Matrix) -> npt.NDArray[np.float64]:
    """Return `exact_yuv_to_rgb` as a read-only float64 array of shape (3, 3).

    Thread-safety: any thread.
    """
    return as_float64(exact_yuv_to_rgb(matrix))


def product(left: Rows, right: Rows) -> Rows:
    """Return the exact matrix product `left` times `right`.

    Thread-safety: any thread.
    """
    columns = tuple(zip(*right, strict=True))
    return tuple(
        tuple(
            sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0))
            for column in columns
        )
        for row in left
    )


def diagonal(values: Sequence[Fraction]) -> Rows:
    """Return the square matrix with `values` on its diagonal and exact zeros elsewhere.

    Thread-safety: any thread.
    """
    return tuple(
        tuple(value if i == j else Fraction(0) for j in range(len(values)))
        for i, value in enumerate(values)
    )


def as_float64(rows: Rows) -> npt.NDArray[np.float64]:
    """Return an exact matrix as a read-only float64 array, each entry rounded once.

    Thread-safety: any thread.
    """
    array = np.array([[float(value) for value in row] for row in rows], dtype=np.float64)
    array.setflags(write=False)
    return array
