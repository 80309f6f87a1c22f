"""A Program as stages of kernels over bands of rows: everything that is known before a frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.cpu.doubling import Doubling
from gpumft.device.cpu.layout import BLOCK, LANES
from gpumft.device.cpu.views import View
from gpumft.device.program import Pattern, Program, Read, Scale
from gpumft.resample.taps import Taps

Ranges = npt.NDArray[np.int64]
"""Rows (first, behind the last) of every slice. Shape (slices, 2)."""

_LINE = 64
"""Bytes of a cache line."""
MOST = 4
"""Channels that a painting kernel takes, and that it writes."""
FEWEST = 64
"""Outputs of a phase that are written at once, at least."""
_ROW_LISTS = 32
"""Lists of rows that a kernel may lay out at the beginning of the scratch."""
_SLICE = 4
"""Rows of the picture that go through all stages before the next: small, so that what a stage
leaves is still in the cache when the next takes it; a multiple of 4, for rounds of 2 in 4:2:0."""
ROUND = 2
"""Rows that vertical filters make together."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """A ring of float32 rows in the scratch memory of a thread.

    Thread-safety: immutable.
    """

    offset: int
    stride: int
    """Bytes from row to row."""
    mask: int
    """Row y lies at place y & mask."""
    rows: int = 0
    """Address of the row of the buffer that each row is (int32), or 0: the row of that number."""

    @property
    def arguments(self) -> tuple[int, int, int]:
        """How kernels are told."""
        return self.offset, self.stride, self.mask


@dataclass(slots=True)
class Stage:
    """Kernels that run one after another for every row of a range.

    Thread-safety: not for use from several threads while it is put together.
    """

    ranges: Ranges
    steps: list[tuple[str, list[int], int]] = field(default_factory=list)
    """(kernel, arguments, number of the range that guards it or -1)."""
    together: int = 0
    """Steps, the first ones, that make all rows of a round at once."""
    height: int = 1
    """Rows of a round."""


@dataclass(frozen=True, slots=True)
class Filtered:
    """A row that is still to be filtered along its columns.

    Thread-safety: immutable.
    """

    source: Buffer
    taps: Taps
    first: int
    """The first sample that the source holds."""
    span: int
    """How many it holds."""
    apart: int = 0
    """Bytes between the rows of every 4th sample, if the source is split like that."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a painted component is made of: one channel, a sum of several, or nothing.

    Thread-safety: immutable.
    """

    channel: int | None
    coefficients: tuple[float, ...] | None
    gain: tuple[float, float] = (0.0, 0.0)
    """Scale and offset of the code."""
    limits: tuple[float, float] | None = None
    dither: Pattern | None = None
    """As in Write."""

    @property
    def shaped(self) -> bool:
        """Whether codes get more than a scale and an offset."""
        return self.limits is not None or self.dither is not None


@dataclass(frozen=True, slots=True)
class Halved:
    """A row of half the columns, parted by even and odd samples, that is doubled when painted.

    Thread-safety: immutable.
    """

    even: Buffer
    apart: int
    """Bytes from a row of even samples to that of the odd ones."""
    doubling: Doubling


Input = Buffer | Read | Halved
"""A channel: rows of a buffer (the row of its own number, or through its map), or pixels."""


class Schedule:
    """The stages of a program, the rows of each, and the memory that they need.

    Rows are worked on in slices; consecutive slices make a band, which one thread does. A stage
    makes each row once a band: what the slice before has made is still in its ring.

    Thread-safety: immutable once made.
    """

    def __init__(self, program: Program, bands: int) -> None:
        self.rows_of_picture = rows = program.inner.height
        first = np.arange(0, rows, _SLICE, dtype=np.int64)
        if _odd_rows_first(program):
            first = np.concatenate([first[:1], np.arange(1, rows, _SLICE)])
        self.slices: Ranges = np.stack([first, np.append(first[1:], rows)], axis=1)
        cuts = np.linspace(0, len(first), min(bands, len(first)) + 1).astype(np.int64)
        self.bands = list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))
        """(first slice, behind the last) of every band."""
        self._begins = np.isin(np.arange(len(first)), cuts)
        self.stages: list[Stage] = []
        self.guards: list[Ranges] = []
        self.source_views: list[View] = []
        self.target_views: list[View] = []
        self.kept: list[npt.NDArray[Any]] = []
        """Arrays whose addresses are among the arguments."""
        self.settings: list[tuple[str, list[int], int]] = []
        """Named parameters: the name, the arguments that it is among, and its place there."""
        self.called: list[tuple[str, list[int], int]] = []
        """Kernels that steps call: the name, the step's arguments, and the address's place."""
        longest = [t.longest for r in program.reads for t in (r.vertical, r.horizontal)]
        scales = [s for s in program.stages if isinstance(s, Scale)]
        longest += [t.longest for s in scales for t in (s.vertical, s.horizontal)]
        longest += [t.longest for w in program.writes for t in (w.vertical, w.horizontal) if t]
        self._pad = max(longest, default=1) + 6 * LANES
        """Floats behind a row that kernels may read and write: they make whole vectors."""
        most = max(_ROW_LISTS * max(longest, default=1), 2 * BLOCK, len(program.reads))
        self.scratch = round_up(8 * most)
        self._shared: dict[str, Buffer] = {}
        self._patterns: dict[str, int] = {}

    # ------------------------------------------------------------------ stages and memory

    @property
    def kernels(self) -> set[str]:
        """The names of all kernels of the steps, and of those that these call."""
        steps = {name for stage in self.stages for name, _, _ in stage.steps}
        return steps | {name for name, _, _ in self.called}

    def stage(self, ranges: Ranges) -> Stage:
        """Add a stage that makes these rows."""
        made = Stage(ranges)
        self.stages.append(made)
        return made

    def guard(self, ranges: Ranges) -> int:
        """Add a range that a step can be guarded by; return its number."""
        self.guards.append(ranges)
        return len(self.guards) - 1

    def missing(self, needed: Ranges) -> Ranges:
        """Return the rows of `needed` that the slices before, of the same band, have not made.

        Where ranges do not ascend (no filter is like that, but taps may be anything) all of them.
        """
        before = np.concatenate([needed[:1], needed[:-1]])
        goes_on = ~self._begins[: len(needed)]
        if np.any(needed[goes_on] < before[goes_on]):
            return needed
        first = np.where(goes_on, np.maximum(needed[:, 0], before[:, 1]), needed[:, 0])
        return np.stack([np.minimum(first, needed[:, 1]), needed[:, 1]], axis=1)

    def whole_bands(self, ranges: Ranges) -> Ranges:
        """Return for every slice the range of all its band."""
        spread = ranges.copy()
        for first, last in self.bands:
            spread[first:last] = ranges[first, 0], ranges[last - 1, 1]
        return spread

    def row(self, columns: int) -> Buffer:
        """Return a buffer of one row."""
        return Buffer(self._allocate(columns), 0, 0)

    def halves(self, columns: int, count: int, needed: Ranges | None) -> list[Buffer]:
        """Return buffers one after the other, with room for a vector before each row.

        They hold a round's rows, or all that `needed` has in a slice.
        """
        parts = [
            self.round(columns + LANES) if needed is None else self.ring(columns + LANES, needed)
            for _ in range(count)
        ]
        return [replace(part, offset=part.offset + 4 * LANES) for part in parts]

    def round(self, columns: int) -> Buffer:
        """Return a buffer for the rows of a round."""
        return Buffer(self._allocate(columns, ROUND), self._stride(columns), ROUND - 1)

    def ring(self, columns: int, needed: Ranges) -> Buffer:
        """Return a buffer that holds all rows that `needed` has in a slice."""
        count = 1 << (int((needed[:, 1] - needed[:, 0]).max()) - 1).bit_length()
        return Buffer(self._allocate(columns, count), self._stride(columns), count - 1)

    def shared(self, name: str, columns: int) -> Buffer:
        """Return the row called `name`: for zeros, or for what nobody needs after a kernel."""
        name = f"{name} {columns}"
        if name not in self._shared:
            self._shared[name] = self.row(columns)
        return self._shared[name]

    def keep(self, values: npt.ArrayLike, dtype: type) -> int:
        """Keep an array for the kernels; return its address."""
        array: npt.NDArray[Any] = np.ascontiguousarray(values, dtype)
        self.kept.append(array)
        return int(array.__array_interface__["data"][0])

    def _stride(self, columns: int) -> int:
        return round_up(4 * (columns + self._pad)) + _LINE

    def _allocate(self, columns: int, rows: int = 1) -> int:
        at = self.scratch
        self.scratch += rows * self._stride(columns)
        return at


def _odd_rows_first(program: Program) -> bool:
    """Whether rounds of two rows are of fewer source rows if they begin at odd rows.

    As in 4:2:0: rows 1 and 2 lie between the same two rows of chroma, rows 0 and 1 do not.
    """
    rows = program.inner.height
    if program.direct or rows < 2 * ROUND or any(w.component.yshift for w in program.writes):
        return False
    taken = [0.0, 0.0]
    for read in program.reads:
        if read.vertical.outputs != rows:  # scaled later, between the stages
            return False
        start, end = read.vertical.start, read.vertical.start + read.vertical.count
        used = np.maximum(end[1:], end[:-1]) - np.minimum(start[1:], start[:-1])
        for odd in range(ROUND):
            taken[odd] += float(used[odd::ROUND].mean())
    return taken[1] < taken[0]


def round_up(size: int) -> int:
    """Return the bytes of whole cache lines."""
    return -(-size // _LINE) * _LINE
