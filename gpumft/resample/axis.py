"""Taps between two grids: exact positions, one evaluation of the filter for each phase."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gpumft.errors import InvalidArg
from gpumft.resample.filters import Filter, get_filter
from gpumft.resample.grid import Grid
from gpumft.resample.taps import Taps
from gpumft.resample.weights import fold, round_rows, trim

Integers: TypeAlias = npt.NDArray[Any]
"""int64, or Python integers in an object array where 53 bits do not suffice."""


def taps(
    src: Grid,
    dst: Grid,
    *,
    crop: tuple[Fraction | int, Fraction | int],
    extent: int,
    filter: Filter | str,
) -> Taps:
    """Return the taps that make the samples of `dst` from those of `src`.

    A point p of the target picture lies over `crop_start + p * crop_length / extent` of the source.
    When that makes the picture smaller the filter is stretched with it (antialiasing). Taps that
    would leave the crop's samples are added to the nearest sample inside (the edge is repeated).

    `nearest` takes the nearest sample and, of two equally near, the lower one. `area` gives each
    sample the part of the output's interval that its own cell covers, exactly: the mean when
    shrinking, the source's own samples with blended seams when enlarging. Where outputs lie exactly
    on samples and as far apart, every filter takes the samples as they are, blurring ones too.

    Positions are exact fractions. Outputs in the same phase have the same weights, bit by bit, and
    grids mirrored on both sides have mirrored taps (`nearest` apart, where samples are equally
    near). Weights add up to 1; `weights.round_rows` says how exactly.

    Args:
        src: the source's samples, in coordinates of the source picture.
        dst: the target's samples, in coordinates of the target picture.
        crop: (start, length) of the part of the source picture that is shown. Samples may be read
            whose cells overlap it. Numbers with short denominators are fast.
        extent: luma pixels of the target picture along the axis.
        filter: a filter or its name.

    Returns:
        Read-only taps; equal arguments give the same object while it is cached.

    Raises:
        InvalidArg: the crop shows no sample of the source, or extent is below 1.

    Thread-safety: any thread.
    """
    chosen = get_filter(filter) if isinstance(filter, str) else filter
    start, length = (Fraction(value) for value in crop)
    return _taps(src, dst, (start, length), extent, chosen)


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Where outputs lie, in source samples: output i at `whole[i] + fraction[i] / unit`."""

    whole: npt.NDArray[np.int64]
    fraction: Integers
    unit: int
    stride: int
    """Distance between outputs in samples, times `unit`."""
    first: int
    last: int
    """Bounds of the samples that may be read."""


@lru_cache(maxsize=128)
def _taps(
    src: Grid, dst: Grid, crop: tuple[Fraction, Fraction], extent: int, filter: Filter
) -> Taps:
    places = _places(src, dst, crop, extent)
    # Samples that lie exactly on samples, as far apart, are taken as they are by every filter.
    same = places.stride == places.unit and not places.fraction.any()
    if filter.name == "nearest" or same:
        # The nearest sample, the lower of two that are equally near.
        index = places.whole + (2 * places.fraction > places.unit).astype(np.int64)
        index = np.clip(index, places.first, places.last)
        ones = np.ones((dst.count, 1), dtype=np.float32)
        return _finished(index, np.ones(dst.count, dtype=np.int64), ones, src.count)

    phases, phase_of = np.unique(places.fraction, return_inverse=True)
    low, rows = _phase_rows(phases, places.unit, places.stride, filter)
    starts = places.whole + low
    outside = (starts < places.first) | (starts + rows.shape[1] - 1 > places.last)
    # Every phase is a distinct row; outputs at an edge get rows of their own after them.
    row_of = phase_of.reshape(-1).astype(np.int64)
    edges = np.flatnonzero(outside)
    folded, starts[edges] = fold(rows, row_of[edges], starts[edges], places.first, places.last)
    row_of[edges] = len(rows) + np.arange(len(edges))
    skip, count, weights = trim(_stacked(round_rows(rows), round_rows(folded)))
    starts = starts + skip[row_of]
    longest = int(count[row_of].max())
    return _finished(starts, count[row_of], weights[row_of, :longest], src.count)


def _stacked(
    inner: npt.NDArray[np.float32], folded: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Put the rows of the edges, which may be shorter, under the others."""
    padding = inner.shape[1] - folded.shape[1]
    return np.concatenate((inner, np.pad(folded, ((0, 0), (0, padding)))))


def _finished(
    start: npt.NDArray[np.int64],
    count: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float32],
    source: int,
) -> Taps:
    arrays = start.astype(np.int32), count.astype(np.int32), np.ascontiguousarray(weights)
    for array in arrays:
        array.setflags(write=False)
    return Taps(*arrays, source)


def _places(src: Grid, dst: Grid, crop: tuple[Fraction, Fraction], extent: int) -> _Places:
    """Work out where every output lies, and the samples that may be read."""
    start, length = crop
    if length <= 0 or extent < 1:
        raise InvalidArg(
            f"a crop of length {float(length):g} to {extent} pixels shows nothing; "
            "both have to be above 0"
        )
    own = src.step if src.cell is None else src.cell
    first = math.floor((start - src.edge - own) / src.step) + 1
    last = math.ceil((start + length - src.edge) / src.step) - 1
    if last < max(first, 0) or first >= src.count:
        raise InvalidArg(
            f"the crop from {float(start):g} to {float(start + length):g} shows none of the "
            f"source's {src.count} samples"
        )
    scale = length / extent
    origin = (start + dst.origin * scale - src.origin) / src.step
    stride = dst.step * scale / src.step
    unit = math.lcm(origin.denominator, stride.denominator)
    a, b = int(origin * unit), int(stride * unit)
    # The largest integer met below; beyond 53 bits float64 would round it.
    largest = 4 * (abs(a) + b * (dst.count + 16) + 16 * unit)
    index = np.arange(dst.count).astype(np.int64 if largest < 2**53 else object)
    numerator = a + b * index
    whole = (numerator // unit).astype(np.int64)
    return _Places(whole, numerator % unit, unit, b, max(first, 0), min(last, src.count - 1))


def _phase_rows(
    phases: Integers, unit: int, stride: int, filter: Filter
) -> tuple[int, npt.NDArray[np.float64]]:
    """Return (offset of the first tap from `whole`, weights (phases, taps)), each row's sum 1."""
    stretched = max(unit, stride)
    if filter.function is None:
        # |offset - fraction| < (1 + stride) / 2 in samples
        reach = -(-(unit + stride) // (2 * unit))
    else:
        reach = -(-filter.support * stretched // unit)
    offsets = np.arange(1 - reach, reach + 1).astype(phases.dtype)
    distance = offsets[np.newaxis, :] * unit - phases[:, np.newaxis]
    if filter.function is None:
        overlap = np.clip(unit + stride - 2 * np.abs(distance), 0, 2 * min(unit, stride))
        raw = (overlap / (2 * stride)).astype(np.float64)
    else:
        raw = filter.function((distance / stretched).astype(np.float64))
    # fsum is exactly rounded, so a mirrored row has the same sum.
    total = np.array([math.fsum(row) for row in raw.tolist()])
    return 1 - reach, raw / total[:, np.newaxis]
