"""Which launches make a Program: one where taps are few, passes over float32 planes where not.

A schedule chooses where values are kept and where they are computed again, never what they are
(docs/arithmetic.md).
"""

from __future__ import annotations

from gpumft.device.gpu.draft import BLOCK, Draft, TapTable
from gpumft.device.gpu.launch import Launch, PlaneRef, Schedule
from gpumft.device.gpu.source import Channels
from gpumft.device.gpu.target import Target
from gpumft.device.program import Program, Read, Write
from gpumft.resample.taps import Taps

_MOST_GATHERED = 16
"""Source samples of one channel that an output gathers itself; above, vertical sums are kept."""
_MOST_REPEATED = 192
"""Source samples behind one sub-sampled output; above, the pixels between are kept."""


def schedule(program: Program) -> Schedule:
    """Return the launches of `program`.

    Thread-safety: a pure function.
    """
    return _Scheduling(program).made()


class _Scheduling:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._table = TapTable()
        self._between: list[tuple[int, int]] = []
        self._launches: list[Launch] = []

    def made(self) -> Schedule:
        """Return the schedule."""
        program = self._program
        channels = Channels(program)
        for group in channels.alike(range(len(program.reads))):
            if _needs_rows(program.reads[group[0]]):
                channels.rows_kept |= self._rows(channels, group)
        draft = Draft("picture", self._table)
        if self._keeps_pixels(channels):
            channels.pixels_kept = self._pixels(channels)
        target = Target(program, draft, channels)
        self._launches.append(target.launch())
        return Schedule(tuple(self._launches), tuple(self._between), self._table.array())

    def _keeps_pixels(self, channels: Channels) -> bool:
        program = self._program
        if program.direct:
            return False
        behind = 0
        for index, read in enumerate(program.reads):
            rows = 1 if index in channels.rows_kept else read.vertical.longest
            behind += rows * read.horizontal.longest
        again = [
            w.vertical.longest * w.horizontal.longest
            for w in program.writes
            if w.channel is not None and w.vertical is not None and w.horizontal is not None
        ]
        return bool(again) and (max(again) * behind > _MOST_REPEATED or self._has_long())

    def _has_long(self) -> bool:
        return any(taps is not None and taps.longest > BLOCK for w in self._program.writes
                   for taps in (w.vertical, w.horizontal))  # fmt: skip

    def _plane(self, rows: int, columns: int) -> PlaneRef:
        self._between.append((rows, columns))
        return PlaneRef("between", len(self._between) - 1)

    def _rows(self, channels: Channels, group: list[int]) -> dict[int, PlaneRef]:
        """A launch of the vertical sums of reads that are alike."""
        reads = [self._program.reads[index] for index in group]
        draft = Draft(f"rows of {' '.join(r.component.name for r in reads)}", self._table)
        function = channels.rows(draft, dict(enumerate(group)))
        size = reads[0].vertical.outputs, reads[0].horizontal.source
        planes = [self._plane(*size) for _ in group]
        values = [f"p.c[{k}]" for k in range(len(group))]
        self._launches.append(_between(draft, function, planes, values, size))
        return dict(zip(group, planes, strict=True))

    def _pixels(self, channels: Channels) -> dict[str, PlaneRef]:
        """A launch of all channels that are written."""
        program = self._program
        draft = Draft("pixels", self._table)
        values = [channels.value(w) for w in program.writes if w.channel is not None]
        wanted = list(dict.fromkeys(values))
        size = program.inner.height, program.inner.width
        planes = [self._plane(*size) for _ in wanted]
        launch = _between(draft, channels.pixel(draft), planes, wanted, size)
        self._launches.append(launch)
        return dict(zip(wanted, planes, strict=True))


def _needs_rows(read: Read) -> bool:
    rows, columns = read.vertical.longest, read.horizontal.longest
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


def taps_of(write: Write) -> tuple[Taps, Taps] | None:
    """Return (vertical, horizontal) taps of a component that is resampled when written."""
    if write.vertical is None or write.horizontal is None:
        return None
    return write.vertical, write.horizontal
