"""Rows of weights: folding at the edges, rounding to float32, cutting of zeros."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Rows64: TypeAlias = npt.NDArray[np.float64]
Rows32: TypeAlias = npt.NDArray[np.float32]
Indices: TypeAlias = npt.NDArray[np.int64]


def fold(
    rows: Rows64, row_of: Indices, starts: Indices, first: int, last: int
) -> tuple[Rows64, Indices]:
    """Add the weights of samples outside first..last to the nearest sample inside.

    Args:
        rows: shape (distinct rows, taps).
        row_of: which row each output has.
        starts: the sample of each output's first tap.
        first: first sample that may be read.
        last: last sample that may be read.

    Returns:
        One row for each output, shape (outputs, at most taps), and the sample of its first tap.

    Thread-safety: any thread.
    """
    width = min(rows.shape[1], last - first + 1)
    folded = np.zeros((len(row_of), width))
    inside = np.clip(starts, first, last - width + 1)
    places = zip(row_of.tolist(), starts.tolist(), inside.tolist(), strict=True)
    for i, (row, start, new_start) in enumerate(places):
        weights = rows[row].tolist()
        # The taps that lie on the first and on the last sample, or the ones nearest to them.
        low = min(max(first - start, 0), len(weights) - 1)
        high = max(min(last - start, len(weights) - 1), 0)
        place = min(max(start + low, first), last) - new_start
        if low == high:
            folded[i, place] = math.fsum(weights)
            continue
        head, tail = math.fsum(weights[: low + 1]), math.fsum(weights[high:])
        folded[i, place : place + high - low + 1] = [head, *weights[low + 1 : high], tail]
    return folded, inside


def round_rows(rows: Rows64) -> Rows32:
    """Round rows of weights to float32 so that each adds up to exactly 1.

    Every weight becomes a whole number of units in the last place of the row's largest (by
    magnitude); what the sum then lacks is added to the largest. The sum of the float32 weights,
    taken in float64, is then 1 without error. Mirrored rows stay mirrored: of equal largest weights
    the middle one takes it, two in the middle share it, and an odd unit goes to the one on the
    heavier side (to neither in a row that balances, whose sum then is off by one unit; symmetric
    rows need none).

    Args:
        rows: shape (rows, taps), each row's sum 1 but for the error of float64.

    Returns:
        The same shape.

    Thread-safety: any thread.
    """
    taps = rows.shape[1]
    largest = np.abs(rows).max(axis=1, initial=0)
    # The margin keeps the largest below 2**24 units when it takes up what is missing.
    exponent = 24 - np.frexp(largest * (1 + (taps + 2) * 2.0**-24))[1]
    units = np.rint(np.ldexp(rows, exponent[:, np.newaxis])) + 0.0  # no -0
    missing = np.ldexp(1.0, exponent) - units.sum(axis=1)  # integers: exact in any order
    sizes = np.abs(units)
    at_top = sizes == sizes.max(axis=1, keepdims=True, initial=0)
    # Rank of each largest weight among its equals; the one or two in the middle take it.
    rank = np.cumsum(at_top, axis=1)
    equals = rank[:, -1]
    lower = at_top & (rank == ((equals + 1) // 2)[:, np.newaxis])
    upper = at_top & (rank == (equals // 2 + 1)[:, np.newaxis])
    half = np.trunc(missing / 2)
    odd = missing - 2 * half
    column = np.arange(taps)
    centre = (lower * column).sum(axis=1) + (upper * column).sum(axis=1)
    moment = (units * (2 * column)).sum(axis=1) - centre * units.sum(axis=1)
    one = equals % 2 == 1
    units += lower * (half + odd * (one | (moment < 0)))[:, np.newaxis]
    units += upper * (half + odd * (~one & (moment > 0)))[:, np.newaxis]
    weights: Rows32 = np.ldexp(units, -exponent[:, np.newaxis]).astype(np.float32)
    return weights


def trim(rows: Rows32) -> tuple[Indices, Indices, Rows32]:
    """Cut zero weights at either end of each row.

    Args:
        rows: shape (rows, taps), no row all zero.

    Returns:
        Zeros cut in front of each row, weights left, and the rows moved to the left with zeros
        behind.

    Thread-safety: any thread.
    """
    taps = rows.shape[1]
    used = rows != 0
    skip = used.argmax(axis=1).astype(np.int64)
    count = taps - used[:, ::-1].argmax(axis=1).astype(np.int64) - skip
    column = np.arange(taps) + skip[:, np.newaxis]
    moved = np.take_along_axis(rows, np.minimum(column, taps - 1), axis=1)
    moved[column >= taps] = 0
    return skip, count, moved
