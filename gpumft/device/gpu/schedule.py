"""Which launches make a Program: one where taps are few, passes over float32 planes where not.

A schedule chooses where values are kept and where they are computed again, never what they are
(docs/arithmetic.md).
"""

from __future__ import annotations

from gpumft.device.gpu.draft import BLOCK, Draft, TapTable
from gpumft.device.gpu.launch import Launch, PlaneRef, Schedule
from gpumft.device.gpu.source import Channels, kept_pixel
from gpumft.device.gpu.stages import operations
from gpumft.device.gpu.target import MOST_LIGHT, Target, is_light, taps_of, written_alike
from gpumft.device.gpu.wide import WideBlock, wide_block
from gpumft.device.program import Program, Scale, Write, around_scale
from gpumft.resample.taps import Taps

_MOST_GATHERED = 16
"""Source samples of one channel that an output gathers itself; above, vertical sums are kept."""
_MOST_REPEATED = 192
"""Source samples behind one sub-sampled output; above, the pixels between are kept."""
_OPERATIONS_A_SAMPLE = 8
"""Operations of formulas that weigh as much as reading a source sample again."""


def schedule(program: Program, *, wide: bool = True) -> Schedule:
    """Return the launches of `program`; with `wide`, plain ones access 16 bytes at a time.

    Thread-safety: a pure function.
    """
    return _Scheduling(program, wide=wide).made()


class _Scheduling:
    def __init__(self, program: Program, *, wide: bool) -> None:
        self._program = program
        self._wide = wide
        self._table = TapTable()
        self._between: list[tuple[int, int]] = []
        self._launches: list[Launch] = []

    def made(self) -> Schedule:
        """Return the schedule."""
        program = self._program
        channels = Channels(program)
        wide = self._wide_block(channels)
        if wide is None:
            self._keep_what_is_used_again(channels)
        draft = Draft("picture", self._table, wide=wide is not None)
        target = Target(program, draft, channels, wide)
        self._launches.append(target.launch())
        return Schedule(tuple(self._launches), tuple(self._between), self._table.array())

    def _wide_block(self, channels: Channels) -> WideBlock | None:
        """Return the block of a picture that needs no other launch, where there is one.

        Sums along columns serve one row of a block only, so none is made twice within it. Pixels
        that sub-sampled components are made of are, so they have to be cheap.
        """
        program = self._program
        _, _, behind = around_scale(program.stages)
        if not self._wide or operations(behind) > MOST_LIGHT:
            return None
        if written_alike(program) and (not is_light(program) or self._keeps_pixels(channels)):
            return None
        return wide_block(program)

    def _keep_what_is_used_again(self, channels: Channels) -> None:
        """Add the launches before the last."""
        program = self._program
        for group in channels.alike(range(len(program.reads))):
            first = program.reads[group[0]]
            if _needs_rows(first.vertical, first.horizontal):
                channels.rows_kept |= self._rows(channels, group)
        _, scale, _ = around_scale(program.stages)
        if scale is not None:
            self._scale(channels, scale)
        if self._keeps_pixels(channels):
            channels.pixels_kept = self._pixels(channels)
            for key, writes in written_alike(program).items():
                vertical, horizontal = taps_of(writes[0])
                if _needs_rows(vertical, horizontal):
                    channels.pixel_rows_kept[key] = self._pixel_rows(channels, vertical, writes)

    def _keeps_pixels(self, channels: Channels) -> bool:
        program = self._program
        if program.direct:
            return False
        behind = self._samples_behind(channels)
        again = [taps_of(writes[0]) for writes in written_alike(program).values()]
        most = max((v.longest * h.longest for v, h in again), default=0)
        long = any(taps.longest > BLOCK for pair in again for taps in pair)
        return most * behind > _MOST_REPEATED or long

    def _samples_behind(self, channels: Channels) -> int:
        """Return how many source samples a pixel takes; so many operations count as one more."""
        program = self._program
        _, scale, behind = around_scale(program.stages)
        work = operations(behind) // _OPERATIONS_A_SAMPLE
        if scale is not None:
            rows = 1 if channels.scaled_rows_kept else scale.vertical.longest
            return work + rows * scale.horizontal.longest * len(channels.unscaled())
        for index, read in enumerate(program.reads):
            rows = 1 if index in channels.rows_kept else read.vertical.longest
            work += rows * read.horizontal.longest
        return work

    def _scale(self, channels: Channels, scale: Scale) -> None:
        """Launches of all channels before the scaling and, of large filters, vertical sums."""
        values = channels.unscaled()
        draft = Draft("unscaled pixels", self._table)
        size = scale.vertical.source, scale.horizontal.source
        function = channels.first_pixel(draft)
        channels.unscaled_kept = self._keep(draft, function, values, size)
        if _needs_rows(scale.vertical, scale.horizontal):
            draft = Draft("rows of unscaled pixels", self._table)
            size = scale.vertical.outputs, scale.horizontal.source
            function = channels.scaled_rows(draft)
            channels.scaled_rows_kept = self._keep(draft, function, values, size)

    def _keep(
        self, draft: Draft, function: str, values: list[str], size: tuple[int, int]
    ) -> dict[str, PlaneRef]:
        """Add a launch that keeps values of a Pixel; return the planes."""
        planes = [self._plane(*size) for _ in values]
        self._launches.append(_between(draft, function, planes, values, size))
        return dict(zip(values, planes, strict=True))

    def _plane(self, rows: int, columns: int) -> PlaneRef:
        self._between.append((rows, columns))
        return PlaneRef("between", len(self._between) - 1)

    def _rows(self, channels: Channels, group: list[int]) -> dict[int, PlaneRef]:
        """A launch of the vertical sums of reads that are alike."""
        reads = [self._program.reads[index] for index in group]
        draft = Draft(f"rows of {' '.join(r.component.name for r in reads)}", self._table)
        function = channels.rows(draft, dict(enumerate(group)))
        size = reads[0].vertical.outputs, reads[0].horizontal.source
        values = [f"p.c[{k}]" for k in range(len(group))]
        planes = self._keep(draft, function, values, size)
        return dict(zip(group, planes.values(), strict=True))

    def _pixels(self, channels: Channels) -> dict[str, PlaneRef]:
        """A launch of all channels that are written."""
        program = self._program
        draft = Draft("pixels", self._table)
        values = [channels.value(w) for w in program.writes if w.channel is not None]
        wanted = list(dict.fromkeys(values))
        size = program.inner.height, program.inner.width
        return self._keep(draft, channels.pixel(draft), wanted, size)

    def _pixel_rows(
        self, channels: Channels, vertical: Taps, writes: list[Write]
    ) -> dict[str, PlaneRef]:
        """A launch of the vertical sums of kept pixels, for components with equal taps."""
        names = " ".join(write.component.name for write in writes)
        draft = Draft(f"rows of pixels for {names}", self._table)
        values = list(dict.fromkeys(channels.value(write) for write in writes))
        kept = {value: channels.pixels_kept[value] for value in values}
        function = draft.through(kept_pixel(draft, kept), vertical, "ROWS_")
        return self._keep(draft, function, values, (vertical.outputs, self._program.inner.width))


def _needs_rows(vertical: Taps, horizontal: Taps) -> bool:
    rows, columns = vertical.longest, horizontal.longest
    return rows > 1 and columns > 1 and rows * columns > _MOST_GATHERED


def _between(
    draft: Draft, function: str, planes: list[PlaneRef], values: list[str], size: tuple[int, int]
) -> Launch:
    """Return the launch that keeps `values` of a Pixel in float32 planes."""
    rows, columns = size
    extent: dict[str, str | int] = {"COLUMNS": draft.integer(columns), "ROWS": draft.integer(rows)}
    each = " ".join(f"BETWEEN({k}, {value})" for k, value in enumerate(values))
    grid = draft.add(
        "grid.h",
        {**extent, "ACROSS": 1, "DOWN": 1, "PAIR": 0, "FROM": function, "BORDER": 0,
         "EACH_COMPONENT": each}, repeats=rows * columns,
    )  # fmt: skip
    stores = []
    for k, plane in enumerate(planes):
        draft.targets.append(plane)
        store = draft.add(
            "store.h",
            {**extent, "PLANE": f"(SOURCES + {k})", "MOVED": "BETWEEN_MOVED", "ELEMENT": "uint",
             "FIRST": k, "ACROSS": 1, "DOWN": 1, "STORED": "WHOLE", "FILLED": 1},
            repeats=rows * columns,
        )  # fmt: skip
        stores.append(f"PLANE({store}, d{k})")
    return draft.launch(
        (columns, rows),
        {
            "ELEMENTS": len(planes),
            "BLOCKS_X": extent["COLUMNS"],
            "BLOCKS_Y": extent["ROWS"],
            "EACH_GRID": f"GRID({grid})",
            "EACH_PLANE": " ".join(stores),
        },
    )
