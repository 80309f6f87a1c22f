"""A Program as stages of kernels over bands of rows: everything that is known before a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.cpu import filters
from gpumft.device.cpu.arithmetic import BLOCK, float_bits
from gpumft.device.cpu.kernels import VIEW
from gpumft.device.cpu.views import View, source_view, target_view
from gpumft.device.program import Program, Read, Rect
from gpumft.media.formats import Component
from gpumft.resample.taps import Taps

Ranges = npt.NDArray[np.int64]
"""Rows (first, behind the last) of every slice. Shape (slices, 2)."""

_LINE = 64
"""Bytes of a cache line."""
_SLICE = 2
"""Rows of the picture that go through all stages before the next: small, so that what a stage
leaves is still in the cache when the next takes it; even, for 4:2:0."""


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


class Schedule:
    """The stages of a program, the rows of each, and the memory that they need.

    Rows are worked on in slices; consecutive slices make a band, which one thread does. A stage
    makes each row once a band: what the slice before has made is still in its ring.

    Thread-safety: immutable once made.
    """

    def __init__(self, program: Program, bands: int) -> None:
        rows = program.inner.height
        first = np.arange(0, rows, _SLICE, dtype=np.int64)
        self.slices: Ranges = np.stack([first, np.minimum(first + _SLICE, rows)], axis=1)
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
        longest = [t.longest for r in program.reads for t in (r.vertical, r.horizontal)]
        longest += [t.longest for w in program.writes for t in (w.vertical, w.horizontal) if t]
        self._pad = max(longest, default=1)
        self.scratch = _round_up(8 * (self._pad + len(program.reads)))
        self._shared: dict[str, Buffer] = {}

    # ------------------------------------------------------------------ stages and memory

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
        return _round_up(4 * (columns + self._pad)) + _LINE

    def _allocate(self, columns: int, rows: int = 1) -> int:
        at = self.scratch
        self.scratch += rows * self._stride(columns)
        return at

    # ------------------------------------------------------------------ steps

    def vertical(
        self, out: Buffer, source: Buffer, taps: Taps, columns: int
    ) -> tuple[str, list[int]]:
        """Return the step that filters along columns."""
        return "vertical", [
            *out.arguments, *source.arguments, *self._taps(taps, taps.weights, 0),
            taps.longest, columns, self._spare(taps, columns),
        ]  # fmt: skip

    def horizontal(
        self, out: Buffer, source: Buffer, taps: Taps, first: int, columns: int
    ) -> tuple[str, list[int]]:
        """Return the step that filters along rows of `columns` samples, the first being `first`."""
        spare = self._spare(taps, taps.outputs)
        head = [*out.arguments, *source.arguments]
        phases = filters.find_phases(taps)
        if phases is None:
            tables = self._taps(taps, taps.weights.T, first)
            return "gather", [*head, *tables, taps.longest, taps.outputs, spare]
        stride = self._stride(max(columns // phases.q + 1, phases.count))
        residues, parts = self.scratch, self.scratch + phases.q * stride
        self.scratch = parts + phases.p * stride
        return "phases", [
            *head, *self._taps(taps, taps.weights, first), taps.longest, taps.outputs, spare,
            phases.p, phases.q, phases.first, phases.count, residues, parts, stride, columns,
        ]  # fmt: skip

    def _spare(self, taps: Taps, columns: int) -> int:
        """Return where blocks after the first are summed, if there are any."""
        return self.shared("spare", columns).offset if taps.longest > BLOCK else 0

    def _taps(self, taps: Taps, weights: npt.NDArray[np.float32], first: int) -> list[int]:
        return [
            self.keep(taps.start - first, np.int32),
            self.keep(taps.count, np.int32),
            self.keep(weights, np.float32),
        ]

    def mix(
        self, out: Buffer, before: Buffer, coefficients: Sequence[float], region: Rect,
        channels: Sequence[Buffer], columns: int,
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return the step that makes one channel of several."""
        used = [(c, b) for c, b in zip(coefficients, channels, strict=True) if c != 0]
        right, bottom = region.x + region.width, region.y + region.height
        return "mix", [
            *out.arguments, *before.arguments, columns, region.x, region.y, right, bottom,
            self.keep([c for c, _ in used] or [0.0], np.float32), len(used),
            0, *(n for _, b in used for n in b.arguments),
        ]  # fmt: skip

    def _codes(self, columns: int, rows: int) -> int:
        """Return where rows of codes may lie while they are woven together."""
        stride = self._stride(columns)
        name = f"codes {columns} {rows}"
        if name not in self._shared:
            self._shared[name] = Buffer(self._allocate(columns, rows), stride, 0)
        return self._shared[name].offset

    def load(
        self, out: Buffer, program: Program, read: Read, columns: tuple[int, int],
        rows: npt.NDArray[np.int32] | None,
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return the step that reads columns (first, behind the last), row y or `rows[y]`."""
        part = read.component
        view = source_view(
            program.source, part, program.source_size, transpose=program.transpose,
            mirror_y=program.mirror_y, mirror_x=program.mirror_x,
        )  # fmt: skip
        if view not in self.source_views:
            self.source_views.append(view)
        mapped = 0 if rows is None else self.keep(rows, np.int32)
        dtype = program.source.layout.planes[part.plane].dtype
        return f"load.{dtype}", [
            *out.arguments, VIEW * self.source_views.index(view), mapped, columns[0],
            columns[1] - columns[0], part.shift, (1 << part.depth) - 1, float_bits(read.offset),
        ]  # fmt: skip

    def store(
        self, program: Program, components: Sequence[Component], channels: Sequence[Buffer],
        gains: Sequence[tuple[float, float]], *, merge: bool,
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return the step that writes neighbouring components; `gains` are (scale, offset) each."""
        part, inner = components[0], program.inner
        plane = program.target.layout.planes[part.plane]
        view = target_view(program.target, part, (inner.x, inner.y))
        self.target_views.append(view)
        columns = part.size((inner.width, inner.height))[0]
        all_columns = plane.shape(program.target_size)[1] << view.pairs
        padding = all_columns - view.columns[0] - columns if view.pairs else 0
        if inner.x + inner.width < program.target_size[0]:
            padding = 0
        at = VIEW * (len(program.reads) + len(self.target_views) - 1)
        tail = [
            n
            for buffer, (scale, offset) in zip(channels, gains, strict=True)
            for n in (*buffer.arguments, float_bits(scale), float_bits(offset))
        ]
        return f"store.{plane.dtype}.{len(components)}", [
            at, columns, padding, int(merge), part.shift, float_bits((1 << part.depth) - 1),
            self._codes(columns, len(components)), self._stride(columns), *tail,
        ]  # fmt: skip


def _round_up(size: int) -> int:
    return -(-size // _LINE) * _LINE
