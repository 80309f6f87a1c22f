"""Kernels and their arguments: the steps that the stages of a schedule are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gpumft.device.cpu import filters
from gpumft.device.cpu.layout import BLOCK, LANES, VIEW, float_bits, masks, register
from gpumft.device.cpu.schedule import (
    FEWEST,
    MOST,
    Buffer,
    Filtered,
    Input,
    Output,
    Schedule,
    round_up,
)
from gpumft.device.cpu.views import View, source_view, target_view
from gpumft.device.program import Apply, Pattern, Program, Read, Rect, Write
from gpumft.media.formats import Component, PixelFormat
from gpumft.resample.taps import Taps

_ALL_ROWS = 1 << 31
_NO_PATTERN = Pattern(np.zeros((1, 1), np.float32))


class Steps(Schedule):
    """A schedule that knows the kernels.

    Thread-safety: immutable once made.
    """

    def vertical(
        self, out: Buffer, source: Buffer, taps: Taps, columns: int
    ) -> tuple[str, list[int]]:
        """Return the step that filters rows of a buffer along columns."""
        return "vertical.row", [
            *out.arguments, *source.arguments, *self._taps(taps, taps.weights, 0),
            taps.longest, columns, 0, 0, 0, 0, 0, 0,
        ]  # fmt: skip

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
        name = f"vertical.{dtype}" if len(outs) == 1 else f"vertical.{dtype}.{len(outs)}"
        return name, [
            *outs[0].arguments, self._view(program, part), columns[0], group,
            *self._taps(taps, taps.weights, 0), taps.longest, count * group, spare, stride,
            part.shift, (1 << part.depth) - 1, float_bits(read.offset), apart,
        ]  # fmt: skip

    def split(self, source: Buffer, outs: Sequence[Buffer], columns: int) -> tuple[str, list[int]]:
        """Return the step that parts a row of components side by side."""
        tail = [n for out in outs for n in out.arguments]
        return f"split.{len(outs)}", [*source.arguments, columns, *tail]

    def _elements(self, count: int, dtype: str) -> int:
        """Return the bytes of a row of elements that is copied to be read in vectors."""
        return round_up((count + 4 * LANES) * np.dtype(dtype).itemsize)

    def spare_elements(self, count: int, dtype: str, name: str = "") -> int:
        """Return where a row of elements can be copied to, one place for each name."""
        size = self._elements(count, dtype)
        return self.shared(f"elements {name}", size // 4).offset

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
        return "phases.row", self._phases(head, given, phases, [0] * 3, (0.0, 0.0))

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
        return f"phases.{dtype}", self._phases(head, given, phases, codes, gain)

    def _phases(
        self, head: list[int], given: Filtered, phases: filters.Phases, codes: list[int],
        gain: tuple[float, float],
    ) -> list[int]:  # fmt: skip
        """Return the arguments of a step of phases."""
        taps, first, columns, longest = given.taps, given.first, given.span, given.taps.longest
        if given.apart:
            phases = phases.by_fours()
        p, q = phases.p, phases.q
        size = self._stride(max(columns // q + 1, phases.count, longest))
        stride = given.apart or size
        residues, parts = self.scratch, self.scratch + q * size
        self.scratch = parts + p * size
        begin = taps.start[phases.first : phases.first + p].astype(np.int64) - first
        samples = begin[:, None] + np.arange(2 * longest)
        places = samples % q * stride + samples // q * 4
        starts, counts, weights = self._taps(taps, taps.weights, first)
        return [
            *head, self.keep(places, np.int64), counts, weights, longest, taps.outputs, p, q,
            phases.first, phases.count, residues, parts, stride, columns, starts, *codes,
            *[float_bits(number) for number in gain] * MOST, int(given.apart > 0),
            int(phases.woven(taps)),
        ]  # fmt: skip

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
        columns: tuple[int, int], rows: npt.NDArray[np.int32] | None,
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return the step that reads columns (first, behind the last), row y or `rows[y]`.

        Several `reads` are components side by side.
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
        return f"load.{dtype}.{len(reads)}", [
            self._view(program, part), self.rows(rows), columns[0], count, part.shift,
            (1 << part.depth) - 1, float_bits(reads[0].offset),
            self.spare_elements(count * len(reads), dtype), *tail,
        ]  # fmt: skip

    def rows(self, rows: npt.NDArray[np.int32] | None) -> int:
        """Return the address of a map of rows, 0 for None or where each is its own."""
        if rows is None or np.array_equal(rows, np.arange(len(rows))):
            return 0
        return self.keep(rows, np.int32)

    def _view(self, program: Program, part: Component) -> int:
        """Return the place of a source component's view."""
        view = source_view(
            program.source, part, program.source_size, transpose=program.transpose,
            mirror_y=program.mirror_y, mirror_x=program.mirror_x,
        )  # fmt: skip
        if view not in self.source_views:
            self.source_views.append(view)
        return VIEW * self.source_views.index(view)

    def _target(self, program: Program, part: Component) -> tuple[int, View]:
        """Return the place of a new view of a target component, and the view."""
        inner = program.inner
        view = target_view(program.target, part, (inner.x, inner.y))
        self.target_views.append(view)
        return VIEW * (len(program.reads) + len(self.target_views) - 1), view

    def paint(
        self, program: Program, components: Sequence[Component], inputs: Sequence[Input],
        outputs: Sequence[Output],
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return the step that mixes and writes neighbouring components."""
        part, inner = components[0], program.inner
        columns = part.size((inner.width, inner.height))[0]
        dtype = program.target.layout.planes[part.plane].dtype
        at, _ = self._target(program, part)
        spare = self.spare_elements(columns * len(components), dtype, "out")
        head = [at, 0, 0, columns, float_bits((1 << part.depth) - 1), part.shift, spare]
        name, arguments = self._painting(program, dtype, head, columns, inputs, outputs)
        if not any(output.shaped for output in outputs):
            return name, arguments
        shapes = [self._shape(program, part, output.limits, output.dither) for output in outputs]
        shapes += [shapes[0]] * (MOST - len(shapes))
        return f"{name}.shaped", [*arguments, *(n for shape in shapes for n in shape)]

    def _shape(
        self, program: Program, part: Component, limits: tuple[float, float] | None,
        dither: Pattern | None,
    ) -> list[int]:  # fmt: skip
        """Return the lowest and highest code and the pattern of a component (8.4)."""
        top = float((1 << part.depth) - 1)
        codes = [float_bits(min(max(limit, 0.0), top)) for limit in limits or (0.0, top)]
        pattern = dither or _NO_PATTERN
        rows, columns = pattern.values.shape
        if pattern.key not in self._patterns:
            places = np.arange(columns + LANES) % columns
            self._patterns[pattern.key] = self.keep(pattern.values[:, places], np.float32)
        return [
            *codes, self._patterns[pattern.key], 4 * (columns + LANES), rows - 1,
            (program.inner.y >> part.yshift) + pattern.y, columns - 1,
            (program.inner.x >> part.xshift) + pattern.x,
        ]  # fmt: skip

    def mixed_row(
        self, program: Program, out: Buffer, columns: int, inputs: Sequence[Input], output: Output
    ) -> tuple[str, list[int]]:
        """Return the step that writes one channel to a buffer."""
        head = [*out.arguments, columns, 0, 0, 0]
        return self._painting(program, "row", head, columns, inputs, [output])

    def _painting(
        self, program: Program, dtype: str, head: list[int], columns: int,
        inputs: Sequence[Input], outputs: Sequence[Output],
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return a painting step; see `paint.paint`."""
        weights, gains = [0] * (MOST * MOST), [0] * (2 * MOST)
        tokens = []
        for index, output in enumerate(outputs):
            gains[2 * index : 2 * index + 2] = [float_bits(gain) for gain in output.gain]
            token = "k" if output.channel is None else f"c{output.channel}"
            if output.coefficients is not None:
                token = "".join("1" if c != 0 else "0" for c in output.coefficients)
                for slot, c in enumerate(output.coefficients):
                    weights[MOST * index + slot] = float_bits(c)
            tokens.append(token)
        tail, letters, source = [], "", "uint8"
        for given in inputs:
            if isinstance(given, Buffer):
                letters += "r"
                tail += [*given.arguments, given.rows, 0, 0, 0, 0]
                continue
            letters += "p"
            part = given.component
            source = program.source.layout.planes[part.plane].dtype
            rows = self.rows(filters.row_map(given.vertical))
            first = filters.offset_of_copy(given.horizontal) or 0
            tail += [
                self._view(program, part), first, part.shift, rows, (1 << part.depth) - 1,
                float_bits(given.offset), self.spare_elements(columns, source, letters), 0,
            ]  # fmt: skip
        tail += [0] * (8 * MOST - len(tail))
        name = f"paint.{dtype}.{source}.{letters}.{'-'.join(tokens)}"
        return name, [*head, *weights, *gains, *tail]

    def store(
        self, program: Program, write: Write, channel: Buffer, gain: tuple[float, float], *,
        merge: bool,
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return the step that writes a component that others share words or columns with."""
        part = write.component
        inner = program.inner
        plane = program.target.layout.planes[part.plane]
        at, view = self._target(program, part)
        columns = part.size((inner.width, inner.height))[0]
        all_columns = plane.shape(program.target_size)[1] << view.pairs
        padding = all_columns - view.columns[0] - columns if view.pairs else 0
        if inner.x + inner.width < program.target_size[0]:
            padding = 0
        scale, offset = gain
        if program.target is PixelFormat.V210:
            return self._pack(program, write, channel, gain, at, columns, merge=merge)
        name = f"store.{plane.dtype}"
        shape: list[int] = []
        if write.limits is not None or write.dither is not None:
            name += ".shaped"
            shape = self._shape(program, part, write.limits, write.dither)
        return name, [
            at, columns, padding, int(merge), part.shift, float_bits((1 << part.depth) - 1),
            self.shared("codes", columns).offset, *channel.arguments, float_bits(scale),
            float_bits(offset), *shape,
        ]  # fmt: skip

    def _pack(
        self, program: Program, write: Write, channel: Buffer, gain: tuple[float, float], at: int,
        columns: int, *, merge: bool,
    ) -> tuple[str, list[int]]:  # fmt: skip
        """Return the step that writes a component of v210."""
        part, inner = write.component, program.inner
        _, words = program.target.plane_shapes(program.target_size)[0]
        left = inner.x >> part.xshift
        reaches = inner.x + inner.width == program.target_size[0]
        padding = inner.width % 2 if part.name == "y" and reaches else 0
        surrounded = (0, 0, *program.target_size) != tuple(inner)
        return f"pack.{part.name}", [
            at, left, columns, padding, -int(merge or surrounded), words,
            self.keep(masks(part.name, words, left, columns), np.uint32),
            self.shared("words", words).offset, *channel.arguments,
            *(float_bits(number) for number in gain),
            *self._shape(program, part, write.limits, write.dither),
        ]  # fmt: skip


def _box(region: Rect | None, columns: int) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom edges of a region; None: of everything."""
    if region is None:
        return 0, 0, columns, _ALL_ROWS
    return region.x, region.y, region.x + region.width, region.y + region.height
