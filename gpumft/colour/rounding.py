"""From float64 matrices to the float32 coefficients that devices are given."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_ZERO_SUM = 2.0**-48
"""A row whose sum is below this part of its largest entry has an exact sum of zero."""


def rounded(matrix: npt.NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    """Return the rows of `matrix` as float32 values held as Python floats.

    Entries are rounded to nearest, with one exception: a row that sums to zero, as chroma over
    equal R', G' and B' does, still sums to exactly zero afterwards, so that gray stays gray. Where
    rounding to nearest breaks that, entries become whole units in the last place of the largest
    one; should they still miss zero by a unit, the entry for which that costs least is moved. Exact
    zeros stay zeros.

    Args:
        matrix: shape (channels out, channels in).

    Returns:
        One tuple for each row.

    Thread-safety: any thread. Source: ARITHMETIC.md, 3 (gray stays gray and black stays 0).
    """
    return tuple(_row(row) for row in matrix.tolist())


def _row(row: Sequence[float]) -> tuple[float, ...]:
    largest = max(map(abs, row))
    nearest = tuple(float(np.float32(value)) + 0.0 for value in row)
    cancels = abs(math.fsum(row)) <= _ZERO_SUM * largest
    if not cancels or math.fsum(nearest) == 0:
        return nearest
    unit = math.ldexp(1.0, math.frexp(largest)[1] - 24)
    exact = [value / unit for value in row]
    units = [round(value) for value in exact]
    residue = sum(units)
    step = -1 if residue > 0 else 1
    movable = [i for i, value in enumerate(row) if value]
    for _ in range(abs(residue)):
        best = min(movable, key=lambda i: abs(units[i] + step - exact[i]))
        units[best] += step
    return tuple(value * unit for value in units)
