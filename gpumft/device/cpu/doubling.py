"""Chroma of half the columns that is doubled where it is painted: whether, and by which taps.

Between a chroma plane and the luma grid a filter has two phases: even and odd columns. Painting
takes 64 columns at a time, as four vectors of every fourth column; the chroma samples of those lie
in two rows, of even and of odd samples. Nothing is written between, and nothing is put in order
before the bytes are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gpumft.device.cpu import filters
from gpumft.device.cpu.groups import groups
from gpumft.device.cpu.layout import BLOCK, LANES, MOST_PACKED, PHASES, Twofold
from gpumft.device.program import Program, Read
from gpumft.media.formats import PixelFormat

_EXACT = 2.0**24
"""Whole numbers up to this one are float32 values."""
_MOST_CHANNELS = 4
_MOST_TOGETHER = 2
"""Components side by side whose samples kernels part into even and odd ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Doubling:
    """A horizontal filter of two phases that goes on over the edges of its row.

    Thread-safety: immutable.
    """

    places: Twofold
    weights: npt.NDArray[np.float32]
    """Those of even outputs, then those of odd ones."""
    begin: int
    """The row's sample that is sample 0 of outputs 0 and 1; may lie before the row."""
    columns: tuple[int, int]
    """Samples of the source that the row holds: an even number."""
    before: int
    """Samples that are needed before the row; they equal its first one."""
    behind: int
    """The same behind it."""


def doublings(program: Program, largest: dict[str, float]) -> dict[int, Doubling]:
    """Return the reads that are doubled where they are painted; none unless all fit together.

    All else has to be pixels that lie in place, and bytes that saturation keeps within range
    (`largest` codes): no picture turned, scaled, narrower than 64 columns or of a number that 4
    does not divide, no dither, no limits, no red, green and blue side by side.

    Thread-safety: a pure function.
    """
    width = program.inner.width
    if width % PHASES or width < PHASES * LANES or not _painted(program, largest):
        return {}
    found = {}
    for index, read in enumerate(program.reads):
        if read.offset != int(read.offset):
            return {}
        if _in_place(program, read):
            continue
        plane = program.source.layout.planes[read.component.plane]
        apart = plane.channels == read.component.step <= _MOST_TOGETHER
        made = _doubling(read) if apart else None
        if made is None:
            return {}
        found[index] = made
    return found if len({program.reads[index].horizontal.key for index in found}) <= 1 else {}


def _painted(program: Program, largest: dict[str, float]) -> bool:
    """Whether every component is written as a byte, beside all others of its plane."""
    layout = program.target.layout
    turned = program.transpose or program.mirror_x
    if program.direct or layout.packed or turned or program.source is PixelFormat.V210:
        return False
    for group in groups(program):
        plane = layout.planes[group.component.plane]
        if plane.dtype != "uint8" or not plane.channels == len(group.writes) <= _MOST_CHANNELS:
            return False
        for write in group.writes:
            plain = write.vertical is None and write.limits is None and write.dither is None
            code = largest.get(write.component.name, abs(write.constant))
            if not plain or code > MOST_PACKED:
                return False
    return True


def _in_place(program: Program, read: Read) -> bool:
    """Whether a component is pixels in a plane of its own, on the luma grid already."""
    alone = program.source.layout.planes[read.component.plane].channels == 1
    copied = filters.offset_of_copy(read.horizontal) is not None
    return alone and copied and filters.row_map(read.vertical) is not None


def _doubling(read: Read) -> Doubling | None:
    """Return how the filter along a row doubles it, if it does."""
    taps = read.horizontal
    phases = filters.find_phases(taps)
    if phases is None or (phases.p, phases.q) != (2, 1) or taps.longest > BLOCK:
        return None
    columns = _even(filters.columns_used(taps), taps.source)
    if columns is None:
        return None
    x = phases.first + phases.first % 2
    starts = [int(taps.start[x + i]) - x // 2 - columns[0] for i in range(2)]
    weights = [taps.weights[x + i, : taps.count[x + i]] for i in range(2)]
    if any(len(row) == 1 and row[0] != 1 for row in weights):
        return None
    begin = min(starts)
    ends = [start + len(row) for start, row in zip(starts, weights, strict=True)]
    last = max(ends) + (taps.outputs - 1) // 2
    even, odd = ((start - begin, end - start) for start, end in zip(starts, ends, strict=True))
    made = Doubling(
        Twofold(even, odd), np.concatenate(weights), begin, columns,
        max(0, -begin), max(0, last - (columns[1] - columns[0])),
    )  # fmt: skip
    return made if _goes_on(read, made, phases.irregular(taps)) else None


def _even(columns: tuple[int, int], source: int) -> tuple[int, int] | None:
    """Return the same samples, and one more beside them if they are an odd number."""
    first, end = columns
    if (end - first) % 2 and end < source:
        end += 1
    elif (end - first) % 2:
        first -= 1
    return None if first < 0 else (first, end)


def _goes_on(read: Read, made: Doubling, outputs: npt.NDArray[np.int32]) -> bool:
    """Whether the outputs at the edges are those of a row that repeats its edges' samples.

    They are where every sample has the same weight either way, and all sums are exact: of whole
    numbers times multiples of a power of two, within a float32's bits. Then they have one value in
    any order.
    """
    if len(outputs) == 0:
        return True
    taps, span = read.horizontal, made.columns[1] - made.columns[0]
    regular = np.split(made.weights, [made.places.even[1]])
    for x in outputs:
        own, other = np.zeros((2, span))
        first, count = taps.start[x] - made.columns[0], taps.count[x]
        own[first : first + count] = taps.weights[x, :count]
        start, count = made.places[x % 2]
        reached = made.begin + x // 2 + start + np.arange(count)
        np.add.at(other, np.clip(reached, 0, span - 1), regular[x % 2])
        if not np.array_equal(own, other):
            return False
    largest = max(abs(read.offset), 2.0**read.component.depth - 1 - read.offset)
    along = max(_growth(taps.weights), *(_growth(row[None]) for row in regular))
    return largest * _growth(read.vertical.weights) * along <= _EXACT


def _growth(weights: npt.NDArray[np.float32]) -> float:
    """Return how much larger sums are than the samples, in units of the last bit of either.

    Infinite where weights are no multiples of a power of two that a float32's bits hold.
    """
    whole = np.abs(weights).astype(np.float64) * _EXACT
    if np.any(whole != np.rint(whole)):
        return np.inf
    unit = int(np.gcd.reduce(whole.astype(np.int64), axis=None))
    return float(whole.sum(axis=1).max() / max(unit & -unit, 1))
