"""Kernels and their arguments: the steps that the stages of a schedule are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.cpu import filters
from gpumft.device.cpu.layout import (
    BLOCK,
    LANES,
    MOST_OVERLAPS,
    TURNS,
    Overlap,
    float_bits,
    register,
)
from gpumft.device.cpu.painting import Painting
from gpumft.device.cpu.schedule import (
    FEWEST,
    MOST,
    Buffer,
    Filtered,
    Output,
)
from gpumft.device.program import Apply, Program, Read, Rect
from gpumft.media.formats import Component, PixelFormat
from gpumft.resample.taps import Taps

_ALL_ROWS = 1 << 31
_PARTS_OF_SIGNED = 4
"""Parts of a row whose bytes are summed as integers."""


class Steps(Painting):
    """A schedule that knows all kernels.

    Thread-safety: immutable once made.
    """

    def vertical(
        self, out: Buffer, source: Buffer, taps: Taps, columns: int
    ) -> tuple[str, list[int]]:
        """Return the step that filters rows of a buffer along columns."""
        arguments = [
            *out.arguments, *source.arguments, *self._taps(taps, taps.weights, 0),
            taps.longest, columns, *[0] * 10,
        ]  # fmt: skip
        overlaps = filters.overlaps(taps, columns * taps.outputs)
        self._add_pairs("row.1.zero", overlaps, arguments)
        return "vertical.row", arguments

    def vertical_of_plane(
        self, outs: Sequence[Buffer], program: Program, reads: Sequence[Read],
        columns: tuple[int, int],
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return the step that filters rows of a plane along columns.

        `reads` are components side by side; out holds them side by side too, or, where there are
        several, allocated one after the other, every 2nd or 4th sample.
        """
        read, group = reads[0], len(reads)
        part, taps = read.component, read.vertical
        dtype = program.source.layout.planes[part.plane].dtype
        count = columns[1] - columns[0]
        stride = self._elements(count * group, dtype)
        rows = max(taps.longest, min(2 * taps.longest, BLOCK))
        spare = self.scratch
        self.scratch += rows * stride
        apart = outs[1].offset - outs[0].offset if len(outs) > 1 else 0
        of_bytes = dtype == "uint8" and read.offset == int(read.offset)
        overlaps = filters.overlaps(taps, count * group * taps.outputs, of_bytes=of_bytes)
        zero, signed = "zero" if read.offset == 0 else "", None
        plain = not any(overlap.whole for overlap in overlaps)
        if zero and of_bytes and plain and len(outs) == _PARTS_OF_SIGNED:
            signed = self._signed(taps, overlaps)
        arguments = [
            *outs[0].arguments, self._view(program, part), columns[0], group,
            *self._taps(taps, taps.weights, 0), taps.longest, count * group, spare, stride,
            part.shift, (1 << part.depth) - 1, float_bits(read.offset), apart,
            *(signed or [0] * 4),
        ]  # fmt: skip
        kind = f"{dtype}.{len(outs)}"
        self._add_pairs(f"{kind}.{'signed' if signed else zero}", overlaps, arguments)
        return f"vertical.{kind}", arguments

    def _add_pairs(self, kind: str, overlaps: Sequence[Overlap], arguments: list[int]) -> None:
        """Let a vertical filter know kernels that are made for neighbours that overlap like that.

        Their addresses stand among its arguments once they are loaded.
        """
        for overlap in overlaps:
            arguments += [*overlap[:3], 0]
            self.called.append((f"pairs.{kind}.{overlap}", arguments, len(arguments) - 1))
        arguments += [-1] * (4 * (MOST_OVERLAPS - len(overlaps)))

    def _signed(self, taps: Taps, overlaps: Sequence[Overlap]) -> list[int] | None:
        """Return the arguments of sums that integers give as exactly, or None."""
        found = filters.signed_weights(taps, overlaps)
        if found is None:
            return None
        table, power = found
        return [
            self.keep(table, np.int8) + filters.SPARE_WEIGHTS, table.shape[1],
            self.keep(np.frombuffer(TURNS, np.uint8), np.uint8),
            float_bits(1.5 * 2.0 ** (23 - power)),
        ]  # fmt: skip

    def split(self, source: Buffer, outs: Sequence[Buffer], columns: int) -> tuple[str, list[int]]:
        """Return the step that parts a row of components side by side."""
        tail = [n for out in outs for n in out.arguments]
        return f"split.{len(outs)}", [*source.arguments, columns, *tail]

    def horizontal(self, out: Buffer, given: Filtered) -> tuple[str, list[int]]:
        """Return the step that filters along rows."""
        head = [*out.arguments, *given.source.arguments]
        phases = filters.find_phases(given.taps)
        if phases is None:
            taps = given.taps
            spare_outputs, spare_taps = -taps.outputs % LANES, -taps.longest % 4
            starts = np.pad(taps.start - given.first, (0, spare_outputs), "edge")
            counts = np.pad(taps.count, (0, spare_outputs))
            weights = np.pad(taps.weights.T, ((0, spare_taps), (0, spare_outputs)))
            return "gather", [
                *head, self.keep(starts, np.int32), self.keep(counts, np.int32),
                self.keep(weights, np.float32), taps.longest, taps.outputs, 4 * weights.shape[1],
            ]  # fmt: skip
        return self._along("row..", head, given, phases, [0] * 3, (0.0, 0.0))

    def horizontal_to_plane(
        self, program: Program, part: Component, given: Filtered, gain: tuple[float, float]
    ) -> tuple[str, list[int]] | None:
        """Return the step that filters along rows and writes a component; None if there is none."""
        taps, phases = given.taps, filters.find_phases(given.taps)
        if phases is None or phases.count < 2 * FEWEST:
            return None
        if not (phases.by_fours() if given.apart else phases).woven(taps):
            return None
        dtype = program.target.layout.planes[part.plane].dtype
        at, _ = self._target(program, part)
        spare = self.spare_elements(taps.outputs, dtype, "out")
        codes = [float_bits((1 << part.depth) - 1), part.shift, spare]
        head = [at, 0, 0, *given.source.arguments]
        finish = self._finish(dtype, [part], [Output(0, None, gain)])
        return self._along(dtype + finish, head, given, phases, codes, gain)

    def _along(
        self, kind: str, head: list[int], given: Filtered, phases: filters.Phases,
        codes: list[int], gain: tuple[float, float],
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return the step that filters along rows at a rational ratio."""
        taps = given.taps
        if given.apart:
            phases = phases.by_fours()
        edges = phases.irregular(taps)
        worth = taps.outputs * self.rows_of_picture >= filters.WORTH_UNROLLING
        enough = phases.count >= FEWEST and len(edges) <= LANES
        if not (worth and enough and phases.woven(taps)):
            return f"phases.{kind}", self._phases(head, given, phases, codes, gain)
        weave = phases.weave(taps, given.first)
        samples = filters.samples_of(taps, edges) - given.first
        windows = filters.in_windows(samples, given.span, 4 if given.apart else 1)
        if np.any(taps.count[edges] > weave.longest):
            windows = None
        marks = (".split" if given.apart else "") + ("" if windows else ".far")
        arguments = self._woven(head, given, phases, codes, gain, samples, windows)
        return f"woven.{kind}.{weave}{marks}", arguments

    def _phases(
        self, head: list[int], given: Filtered, phases: filters.Phases, codes: list[int],
        gain: tuple[float, float],
    ) -> list[int]:  # fmt: skip
        """Return the arguments of a step of phases."""
        taps, first, longest = given.taps, given.first, given.taps.longest
        p, q = phases.p, phases.q
        residues, size = self._residues(phases, given)
        stride = given.apart or size
        parts = self.scratch
        self.scratch += p * size
        begin = taps.start[phases.first : phases.first + p].astype(np.int64) - first
        places = _places(begin[:, None] + np.arange(2 * longest), q, stride)
        starts, counts, weights = self._taps(taps, taps.weights, first)
        return [
            *head, self.keep(places, np.int64), counts, weights, longest, taps.outputs, p, q,
            phases.first, phases.count, residues, parts, stride, given.span, starts, *codes,
            *[float_bits(number) for number in gain] * MOST, int(given.apart > 0),
            int(phases.woven(taps)),
        ]  # fmt: skip

    def _woven(
        self, head: list[int], given: Filtered, phases: filters.Phases, codes: list[int],
        gain: tuple[float, float], samples: npt.NDArray[Any],
        windows: tuple[npt.NDArray[Any], int] | None,
    ) -> list[int]:  # fmt: skip
        """Return the arguments of a step of woven phases.

        `samples` are those that outputs at the edges take, `windows` where they lie in these.
        """
        taps, first = given.taps, phases.first
        residues, stride = (0, given.apart) if given.apart else self._residues(phases, given)
        begin = (int(taps.start[first]) - given.first) // phases.q
        weights = [taps.weights[x, : taps.count[x]] for x in range(first, first + phases.p)]
        edges = phases.irregular(taps)
        places, second = windows or (_places(samples, 4 if given.apart else 1, stride), 0)
        return [
            *head, 4 * begin, self.keep(np.concatenate(weights), np.float32), phases.count,
            residues, stride, given.span, taps.outputs, *codes,
            *[float_bits(number) for number in gain] * MOST, first,
            self.keep(_lanes(places), np.int32), self.keep(_lanes(taps.count[edges]), np.int32),
            self.keep(_lanes(taps.weights[edges].T), np.float32), taps.longest, 4 * second,
            self.shared("edges", LANES).offset,
        ]  # fmt: skip

    def _residues(self, phases: filters.Phases, given: Filtered) -> tuple[int, int]:
        """Return where a row lies that is parted by columns, and bytes from part to part."""
        longest = given.taps.longest
        size = self._stride(max(given.span // phases.q + 1, phases.count, longest))
        at = self.scratch
        self.scratch += phases.q * size
        return at, size

    def _taps(self, taps: Taps, weights: npt.NDArray[np.float32], first: int) -> list[int]:
        return [
            self.keep(taps.start - first, np.int32),
            self.keep(taps.count, np.int32),
            self.keep(weights, np.float32),
        ]

    def mix(
        self, out: Buffer, before: Buffer, coefficients: Sequence[float], region: Rect | None,
        channels: Sequence[Buffer], columns: int,
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return the step that makes one channel of several."""
        used = [(c, b) for c, b in zip(coefficients, channels, strict=True) if c != 0]
        return "mix", [
            *out.arguments, *before.arguments, columns, *_box(region, columns),
            self.keep([c for c, _ in used] or [0.0], np.float32), len(used),
            0, *(n for _, b in used for n in b.arguments),
        ]  # fmt: skip

    def apply(
        self, outs: Sequence[Buffer], channels: Sequence[Buffer], stage: Apply, columns: int
    ) -> tuple[str, list[int]]:
        """Return the step that makes channels of others by a formula, within its region."""
        places: list[int] = []
        for buffers in (channels, outs):
            given = [n for buffer in buffers for n in buffer.arguments]
            places += given + [0] * (3 * MOST - len(given))
        parameters = [float_bits(number) for number in stage.formula.parameters]
        return register(stage.formula), [
            columns, *_box(stage.region, columns), *places, *parameters,
        ]  # fmt: skip

    def load(
        self, outs: Sequence[Buffer], program: Program, reads: Sequence[Read],
        columns: tuple[int, int], rows: npt.NDArray[np.int32] | None, *, way: str = "",
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return the step that reads columns (first, behind the last), row y or `rows[y]`.

        Several `reads` are components side by side. For `way` see `pixels.load`.
        """
        part = reads[0].component
        dtype = program.source.layout.planes[part.plane].dtype
        count = columns[1] - columns[0]
        tail = [n for out in outs for n in out.arguments]
        if program.source is PixelFormat.V210:
            return f"unpack.{part.name}", [
                self._view(program, part), self.rows(rows), columns[0], count,
                float_bits(reads[0].offset), *tail, int(program.transpose),
            ]  # fmt: skip
        return f"load.{dtype}.{len(reads)}.{way}".rstrip("."), [
            self._view(program, part), self.rows(rows), columns[0], count, part.shift,
            (1 << part.depth) - 1, float_bits(reads[0].offset),
            self.spare_elements(count * len(reads), dtype), *tail,
        ]  # fmt: skip


def _lanes(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a number for each of 16 lanes along the last axis: what is given, then zeros."""
    spare = [(0, 0)] * (values.ndim - 1) + [(0, LANES - values.shape[-1])]
    return np.pad(values, spare)


def _places(samples: npt.NDArray[Any], q: int, stride: int) -> npt.NDArray[Any]:
    """Return how many bytes behind the first sample others lie, of a row parted by columns."""
    places: npt.NDArray[Any] = samples % q * stride + samples // q * 4
    return places


def _box(region: Rect | None, columns: int) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom edges of a region; None: of everything."""
    if region is None:
        return 0, 0, columns, _ALL_ROWS
    return region.x, region.y, region.x + region.width, region.y + region.height
