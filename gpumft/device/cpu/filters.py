"""Which kernel filters a row: taps looked at once, when a program is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gpumft.device.cpu.layout import BLOCK, LANES, MOST_OVERLAPS, Overlap, Weave
from gpumft.resample.taps import Taps

_LARGEST_PERIOD = 16
MOST_WOVEN = 3
"""Phases that are made and written side by side at once."""
WORTH_UNROLLING = 256 * 256
"""Samples below which loops over taps do."""
_LONGEST_SHIFT, _LARGEST_WEIGHT = 7, 127
"""Of weights that are integers / 2^shift."""
SPARE_WEIGHTS = 4
"""Zeros before and behind the whole weights of an output."""
_LARGEST_POWER = 15
_FEWEST = 8
"""Outputs a phase below which a phase is not worth its calls."""


@dataclass(frozen=True, slots=True)
class Phases:
    """Taps that repeat: output x + p uses output x's weights, q samples further.

    Thread-safety: immutable.
    """

    p: int
    q: int
    first: int
    """The first output of the regular ones."""
    count: int
    """Regular outputs a phase."""

    def by_fours(self) -> Phases:
        """Return the same with a period of 4 samples, for those of 2."""
        times = 4 // self.q
        return Phases(times * self.p, times * self.q, self.first, self.count // times)

    def woven(self, taps: Taps) -> bool:
        """Whether up to three phases can be made at once, the first two from the same samples.

        The third begins nowhere before them (no filter is like that, but taps may be anything).
        """
        if self.p > MOST_WOVEN or taps.longest > BLOCK:
            return False
        start, end = taps.start, taps.start + taps.count
        a, b, c = self.first, self.first + 1, self.first + self.p - 1
        if self.p == 1:
            return True
        return bool(start[a] <= start[b] <= end[a] <= end[b] and start[a] <= start[c])

    def weave(self, taps: Taps, first: int) -> Weave:
        """Return what a kernel for these phases has to know; the row begins at sample `first`."""
        begin = int(taps.start[self.first])
        outputs = [
            (int(taps.start[x]) - begin, int(taps.count[x]))
            for x in range(self.first, self.first + self.p)
        ]
        second, third = [*outputs[1:], (0, 0), (0, 0)][:2]
        return Weave(outputs[0][1], second, third, self.q, (begin - first) % self.q)

    def irregular(self, taps: Taps) -> npt.NDArray[np.int32]:
        """Return the outputs that are not of a phase: at the edges."""
        behind = self.first + self.p * self.count
        outputs = np.arange(taps.outputs, dtype=np.int32)
        return outputs[(outputs < self.first) | (outputs >= behind)]


def samples_of(taps: Taps, outputs: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return the sample of each tap of some outputs, the last again where there are fewer taps.

    Shape (`taps.longest`, outputs).
    """
    starts, counts = (n[outputs].astype(np.int64) for n in (taps.start, taps.count))
    samples: npt.NDArray[np.int64] = starts + np.minimum(
        np.arange(taps.longest)[:, None], counts - 1
    )
    return samples


def in_windows(
    samples: npt.NDArray[np.int64], span: int, parts: int
) -> tuple[npt.NDArray[np.int64], int] | None:
    """Return where samples of a row lie in its first and last 16, and the second's first number.

    With several `parts`, windows have as many samples of each: sample s is number s // parts of
    part s % parts. None where a sample lies outside of both, or the row of `span` is too short.
    """
    each = LANES // parts
    last = -(-span // parts) - each
    number, part = np.divmod(samples, parts)
    if last < 0 or np.any((number >= each) & (number < last)):
        return None
    return part * each + np.where(number < each, number, LANES + number - last), last


def signed_weights(taps: Taps, found: Sequence[Overlap]) -> tuple[npt.NDArray[np.int8], int] | None:
    """Return weights as multiples of 2^-power, and the power; None if they are none of a byte.

    Those of outputs that overlap with a neighbour in one of these ways; the others' are 0. An
    output has at least one above 0. `SPARE_WEIGHTS` zeros lie before and behind each output's.
    """
    ways = _ways(taps)
    pairs = np.flatnonzero([Overlap(*way) in found for way in ways.tolist()])
    used = np.union1d(pairs, pairs + 1)
    weights = np.where(np.arange(taps.longest) < taps.count[:, None], taps.weights, 0)[used]
    for power in range(_LARGEST_POWER + 1 if len(used) else 0):
        scaled = weights.astype(np.float64) * 2**power
        if np.any(np.abs(scaled) > np.iinfo(np.int8).max):
            break
        if np.array_equal(scaled, np.rint(scaled)) and np.all(scaled.max(axis=1) > 0):
            table = np.zeros((taps.outputs, taps.longest + 2 * SPARE_WEIGHTS), np.int8)
            table[used, SPARE_WEIGHTS:-SPARE_WEIGHTS] = scaled
            return table, power
    return None


def _ways(taps: Taps) -> npt.NDArray[np.int64]:
    """Return begin, end and all of `Overlap` of each output and the next."""
    start, end = taps.start.astype(np.int64), (taps.start + taps.count).astype(np.int64)
    ways: npt.NDArray[np.int64] = np.stack([start[1:], end[:-1], end[1:]], axis=1)
    return ways - start[:-1, None]


def overlaps(taps: Taps, samples: int, *, of_bytes: bool = False) -> list[Overlap]:
    """Return how the taps of neighbouring outputs overlap, the commonest ways first.

    None where `samples`, all that are made, are too few to be worth kernels of their own.
    `of_bytes`: where weights allow it, sums of bytes are made in integers.
    """
    if samples < WORTH_UNROLLING or taps.outputs < 2:
        return []
    ways = _ways(taps)
    shared = (ways[:, 0] >= 0) & (ways[:, 0] <= ways[:, 1]) & (ways[:, 1] <= ways[:, 2])
    ways = ways[shared & (ways[:, 2] <= BLOCK)]
    found, counts = np.unique(ways, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_OVERLAPS]
    kept = [found[i].tolist() for i in order if 8 * counts[i] >= taps.outputs]
    common = [Overlap(begin, end, count) for begin, end, count in kept]
    return [_in_integers(way, taps) for way in common] if of_bytes else common


def _in_integers(way: Overlap, taps: Taps) -> Overlap:
    """Return the same with weights, if those of all such outputs are the same integers / 2^k.

    None is negative, they come to 1, and k is at most 7: sums of bytes then fit 15 bits.
    """
    begin, end = taps.start.astype(np.int64), taps.start.astype(np.int64) + taps.count
    first = np.arange(taps.outputs - 1)
    same = (begin[1:] - begin[:-1] == way.begin) & (end[:-1] - begin[:-1] == way.end)
    first = first[same & (end[1:] - begin[:-1] == way.all)]
    second = taps.weights[first + 1, : way.all - way.begin]
    weights = np.concatenate([taps.weights[first, : way.end], second], axis=1).astype(np.float64)
    if np.any(weights != weights[0]):
        return way
    for shift in range(_LONGEST_SHIFT + 1):
        whole = weights[0] * 2.0**shift
        if np.array_equal(whole, np.rint(whole)):
            sums = whole[: way.end].sum(), whole[way.end :].sum()
            fits = whole.min() >= 0 and whole.max() <= _LARGEST_WEIGHT
            if fits and sums == (2.0**shift, 2.0**shift):
                return way._replace(whole=tuple(map(int, whole)), shift=shift)
            return way
    return way


def offset_of_copy(taps: Taps) -> int | None:
    """Return the first sample where the outputs are neighbouring samples, unchanged; else None."""
    rows = row_map(taps)
    if rows is None or not np.array_equal(rows, rows[0] + np.arange(len(rows))):
        return None
    return int(rows[0])


def repeats(taps: Taps) -> bool:
    """Whether every sample, from the first that is used on, is two outputs, unchanged."""
    rows = row_map(taps)
    return rows is not None and np.array_equal(rows - rows[0], np.arange(len(rows)) // 2)


def row_map(taps: Taps) -> npt.NDArray[np.int32] | None:
    """Return the sample that each output is, where every output is one sample, unchanged."""
    if np.all(taps.count == 1) and np.all(taps.weights[:, 0] == 1):
        return taps.start
    return None


def find_phases(taps: Taps) -> Phases | None:
    """Return the shortest period that most outputs follow, or None."""
    for p in range(1, _LARGEST_PERIOD + 1):
        if taps.outputs < (_FEWEST + 1) * p:
            return None
        steps = taps.start[p:] - taps.start[:-p]
        q = int(np.median(steps))
        if not 1 <= q <= _LARGEST_PERIOD:
            continue
        same = (
            (steps == q)
            & (taps.count[p:] == taps.count[:-p])
            & np.all(taps.weights[p:] == taps.weights[:-p], axis=1)
        )
        first, length = _longest_run(same)
        count = (length + p) // p
        if count >= _FEWEST and 2 * p * count >= taps.outputs:
            return Phases(p, q, first, count)
    return None


def _longest_run(flags: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Return (first, length) of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.view(np.int8), [0]))))
    if len(edges) == 0:
        return 0, 0
    lengths = edges[1::2] - edges[::2]
    best = int(np.argmax(lengths))
    return int(edges[2 * best]), int(lengths[best])


def columns_used(taps: Taps) -> tuple[int, int]:
    """Return the range of samples (first, behind the last) that all outputs use together."""
    return int(taps.start.min()), int((taps.start + taps.count).max())


def rows_used(taps: Taps, ranges: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the same for each range of outputs (first, behind the last). Shape (ranges, 2).

    An empty range uses nothing: it stays empty, at the place of its first output.
    """
    cuts = np.minimum(ranges, taps.outputs).reshape(-1)
    start = np.append(taps.start, taps.source).astype(np.int64)
    end = np.append(taps.start + taps.count, 0).astype(np.int64)
    first = np.minimum.reduceat(start, cuts)[::2]
    last = np.maximum.reduceat(end, cuts)[::2]
    empty = ranges[:, 0] >= ranges[:, 1]
    return np.stack([first, np.where(empty, first, last)], axis=1)
