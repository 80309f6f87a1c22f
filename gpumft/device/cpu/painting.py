"""The last steps of a row: kernels that mix, quantise and write, and their arguments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gpumft.device.cpu import filters
from gpumft.device.cpu.bounds import largest_codes
from gpumft.device.cpu.doubling import Doubling
from gpumft.device.cpu.layout import LANES, MOST_PACKED, VIEW, float_bits, masks
from gpumft.device.cpu.schedule import MOST, Buffer, Halved, Input, Output, Schedule, round_up
from gpumft.device.cpu.views import View, source_view, target_view
from gpumft.device.program import Pattern, Program, Write
from gpumft.media.formats import Component, PixelFormat

_NO_PATTERN = Pattern(np.zeros((1, 1), np.float32))


class Painting(Schedule):
    """A schedule that knows the kernels at the end of a row.

    Thread-safety: immutable once made.
    """

    def __init__(self, program: Program, bands: int) -> None:
        super().__init__(program, bands)
        self.largest = largest_codes(program)
        """A bound of each component's codes."""

    def _elements(self, count: int, dtype: str) -> int:
        """Return the bytes of a row of elements that is copied to be read in vectors."""
        return round_up((count + 4 * LANES) * np.dtype(dtype).itemsize)

    def spare_elements(self, count: int, dtype: str, name: str = "") -> int:
        """Return where a row of elements can be copied to, one place for each name."""
        size = self._elements(count, dtype)
        return self.shared(f"elements {name}", size // 4).offset

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
        halved = [given.doubling for given in inputs if isinstance(given, Halved)]
        if halved:
            return self._doubled(name, arguments, halved, outputs)
        if not any(output.shaped for output in outputs):
            return name + self._finish(dtype, components, outputs), arguments
        shapes = [self._shape(program, part, output.limits, output.dither) for output in outputs]
        shapes += [shapes[0]] * (MOST - len(shapes))
        return f"{name}.shaped", [*arguments, *(n for shape in shapes for n in shape)]

    def _doubled(
        self, name: str, arguments: list[int], halved: Sequence[Doubling], outputs: Sequence[Output]
    ) -> tuple[str, list[int]]:
        """Return the step that doubles chroma too."""
        _, _, *what = name.split(".")
        made = halved[0]
        arguments += [self.keep(made.weights, np.float32), made.before, made.behind]
        return ".".join(["doubled", *what, _gains(outputs), str(made.places)]), arguments

    def _finish(
        self, dtype: str, components: Sequence[Component], outputs: Sequence[Output]
    ) -> str:
        """Return the end of a kernel's name: how codes become elements, see `writer`."""
        small = dtype == "uint8" and all(
            self._largest_code(part, output) <= MOST_PACKED
            for part, output in zip(components, outputs, strict=True)
        )
        return f".{'packed' if small else ''}.{_gains(outputs)}"

    def _largest_code(self, part: Component, output: Output) -> float:
        """Return a bound of what is written before it is rounded."""
        if output.channel is None and output.coefficients is None:
            return abs(output.gain[1])
        return self.largest[part.name]

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
            if isinstance(given, Halved):
                letters += "h"
                made = given.doubling
                span = made.columns[1] - made.columns[0]
                tail += [*given.even.arguments, given.even.rows, given.apart, made.begin, span, 0]
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


def _gains(outputs: Sequence[Output]) -> str:
    """Return a letter for each output, see `writer`."""
    return "".join("1" if output.gain == (1.0, 0.0) else "s" for output in outputs)
