"""From pixels to the planes of the target: the last launch (docs/arithmetic.md, 4.7 to 4.10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from gpumft.device.gpu.codes import code
from gpumft.device.gpu.draft import Draft, kind_of
from gpumft.device.gpu.elements import PlaneBlock, block_size, blocks
from gpumft.device.gpu.held import Held
from gpumft.device.gpu.launch import Launch, PlaneRef
from gpumft.device.gpu.source import Channels, gathered, kept_pixel
from gpumft.device.gpu.stages import operations
from gpumft.device.gpu.strips import Bands, Made
from gpumft.device.gpu.wide import WideBlock
from gpumft.device.program import Program, Write, around_scale
from gpumft.media.formats import Component, PixelFormat
from gpumft.resample.taps import Taps

MOST_LIGHT = 64
"""Operations of formulas that a cheap pixel does at most."""


@dataclass(slots=True)
class _Grid:
    """Components that are made from one function at one place."""

    key: bytes
    """Of the taps that its components have in common, see `taps_key`; b"" where they have none."""
    writes: list[tuple[Component, Write | None]] = field(default_factory=list)

    @property
    def component(self) -> Component:
        """One for all: they share their grid."""
        return self.writes[0][0]


class Target:
    """Adds all that is written to a draft.

    Thread-safety: for one thread at a time.
    """

    def __init__(
        self,
        program: Program,
        draft: Draft,
        channels: Channels,
        wide: WideBlock | None = None,
    ) -> None:
        self._program = program
        self._draft = draft
        self._channels = channels
        self._wide = wide
        self._block = block_size(program.target, whole_words=is_light(program))
        self._shares, self._blocks = blocks(program.target, program.target_size, self._block)
        inner = program.inner
        self._border = (0, 0, *program.target_size) != tuple(inner)

    def launch(self) -> Launch:
        """Return the launch."""
        draft = self._draft
        made = self._made()
        grids = [f"GRID({self._grid(grid)})" for grid in made]
        planes = []
        for index, share in enumerate(self._shares):
            draft.targets.append(PlaneRef("target", index))
            planes.append(f"PLANE({self._store(index, share)}, d{index})")
        words: dict[str, str | int] = {
            "ELEMENTS": sum(share.values * share.down for share in self._shares),
            "BLOCKS_X": draft.integer(self._blocks[0]),
            "BLOCKS_Y": draft.integer(self._blocks[1]),
            "EACH_GRID": " ".join(grids),
            "EACH_PLANE": " ".join(planes),
        }
        if self._wide is None:
            return draft.launch(self._blocks, words)
        bands = Bands(self._program, draft, self._wide)
        items, more = bands.definitions(made, self._block[0], self._blocks[0])
        return draft.launch((items, self._blocks[1]), words | more)

    def _made(self) -> list[Made]:
        """Return what is made on each grid."""
        program, draft, wide = self._program, self._draft, self._wide
        pixel, held = "", None
        if not program.direct:
            if wide is not None:
                held = Held(program, draft, wide, (wide.low, wide.high))
            pixel = self._channels.pixel(draft, self._wanted(), held)
        return [self._grid_made(grid, pixel, held) for grid in self._grids()]

    def _wanted(self) -> list[str]:
        """Return the values of a Pixel that are not taken from vertical sums of it."""
        channels = self._channels
        found = (
            channels.value(write)
            for write in self._program.writes
            if write.channel is not None and taps_key(write) not in channels.pixel_rows_kept
        )
        return list(dict.fromkeys(found))

    def _grids(self) -> list[_Grid]:
        """Return the components by grid; those that need no pixel join the first of their size."""
        program = self._program
        given = {w.component.name: w for w in program.writes}
        grids: dict[object, _Grid] = {}
        components = program.target.layout.components
        # Components with a channel come first, so that constants find a grid to join.
        for component in sorted(components, key=lambda c: _is_constant(given.get(c.name))):
            write = given.get(component.name)
            shifts = component.xshift, component.yshift
            taps = b"" if write is None else taps_key(write)
            key: object = (shifts, taps)
            if _is_constant(write):
                key = next((k for k, g in grids.items() if _shifts(g) == shifts), key)
            grids.setdefault(key, _Grid(taps)).writes.append((component, write))
        return list(grids.values())

    def _grid_made(self, grid: _Grid, pixel: str, held: Held | None) -> Made:
        """Return what is made on one grid."""
        program, draft, channels = self._program, self._draft, self._channels
        live = [(c, w) for c, w in grid.writes if w is not None and not _is_constant(w)]
        values = {c.name: channels.value(w) for c, w in live}
        if not live:
            pixel = gathered(draft, {})
        elif program.direct:
            values = {c.name: f"p.c[{k}]" for k, (c, _) in enumerate(live)}
            if self._wide is not None:
                reach = 0, self._wide.columns(grid.component)
                held = Held(program, draft, self._wide, reach)
            reads = {k: w.channel or 0 for k, (_, w) in enumerate(live)}
            pixel = channels.channels(draft, reads, held)
        codes = [code(program, draft, c, w, values.get(c.name, "")) for c, w in grid.writes]
        resampled = live[0][1] if live and grid.key else None
        return Made(pixel, held if live else None, resampled, codes)

    def _grid(self, made: Made) -> str:
        """Add the function that fills the block's elements of one grid."""
        program, draft, component = self._program, self._draft, made.component
        columns, rows = component.size(program.target_size)
        words: dict[str, str | int] = {
            "ACROSS": self._block[0] >> component.xshift,
            "DOWN": self._block[1] >> component.yshift,
            "COLUMNS": draft.integer(columns),
            "ROWS": draft.integer(rows),
            "PAIR": int(_is_pair(program.target) and component.xshift == 0),
            "FROM": self._function(made),
            "BORDER": int(self._border),
        }
        if self._border:
            inner = program.inner
            width, height = component.size((inner.width, inner.height))
            words["LEFT"] = draft.integer(inner.x >> component.xshift)
            words["TOP"] = draft.integer(inner.y >> component.yshift)
            words["WIDTH"], words["HEIGHT"] = draft.integer(width), draft.integer(height)
        words["EACH_COMPONENT"] = " ".join(
            each.entry(self._shares[each.component.plane].value(each.component))
            for each in made.codes
        )
        width, height = component.size((program.inner.width, program.inner.height))
        return draft.add("grid.h", words, repeats=width * height)

    def _function(self, made: Made) -> str:
        """Return the function of the grid's Pixel."""
        draft = self._draft
        if made.resampled is None:
            return made.pixel
        vertical, horizontal = taps_of(made.resampled)
        kept = self._channels.pixel_rows_kept.get(taps_key(made.resampled))
        if kept is None:
            function = draft.through(made.pixel, vertical, "ROWS_")
        else:
            function = kept_pixel(draft, kept)
        return draft.through(function, horizontal, "COLUMNS_")

    def _store(self, index: int, share: PlaneBlock) -> str:
        draft = self._draft
        return draft.add(
            "store.h",
            {
                "PLANE": f"(SOURCES + {index})",
                "MOVED": "TARGET_MOVED",
                "ELEMENT": share.type,
                "FIRST": share.first,
                "ACROSS": share.across,
                "DOWN": share.down,
                "COLUMNS": draft.integer(share.columns),
                "ROWS": draft.integer(share.rows),
                "STORED": "TEN_BITS" if self._program.target is PixelFormat.V210 else "WHOLE",
                **share.words,
            },
            repeats=prod(self._blocks),
        )


def taps_of(write: Write) -> tuple[Taps, Taps]:
    """Return the (vertical, horizontal) taps of a component for which `taps_key` has a key."""
    assert write.vertical is not None and write.horizontal is not None  # noqa: S101, PT018 - both or neither
    return write.vertical, write.horizontal


def taps_key(write: Write) -> bytes:
    """Return a value equal for components resampled alike from pixels; b"" for those that are not.

    Thread-safety: a pure function.
    """
    if write.channel is None or write.vertical is None or write.horizontal is None:
        return b""
    return b"|".join((write.vertical.key, write.horizontal.key))


def written_alike(program: Program) -> dict[bytes, list[Write]]:
    """Return the components that are resampled from pixels, by their taps.

    Thread-safety: a pure function.
    """
    alike: dict[bytes, list[Write]] = {}
    for write in program.writes:
        if taps_key(write):
            alike.setdefault(taps_key(write), []).append(write)
    return alike


def is_light(program: Program) -> bool:
    """Whether a pixel is cheap enough to be computed several times in a row, each in its place.

    Thread-safety: a pure function.
    """
    heavy = {"FEW", "BLOCKS"}
    _, scale, behind = around_scale(program.stages)
    filtered = program.reads if scale is None else (scale,)
    taps = (t for step in filtered for t in (step.vertical, step.horizontal))
    return operations(behind) <= MOST_LIGHT and not any(kind_of(t) in heavy for t in taps)


def _is_constant(write: Write | None) -> bool:
    return write is None or write.channel is None


def _is_pair(format: PixelFormat) -> bool:
    """Whether two pixels share one column of a single plane (packed 4:2:2, v210)."""
    return format.planes == 1 and format.subsampling == (1, 0)


def _shifts(grid: _Grid) -> tuple[int, int]:
    return grid.component.xshift, grid.component.yshift
