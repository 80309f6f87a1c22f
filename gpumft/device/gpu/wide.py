"""Blocks of so many pixels that their rows are read and stored 16 bytes at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gpumft.device.gpu.block_taps import BlockTaps, block_taps
from gpumft.device.gpu.elements import block_size, element_bytes, in_stream
from gpumft.device.program import Program, Scale
from gpumft.media.formats import Component, PixelFormat
from gpumft.resample.taps import Taps

WORD = 4
"""Bytes of a word of 32 bits."""
_WIDEST = 16
"""Bytes of the widest access."""
_PIXELS = (16, 8, 4)
"""Pixels in a row of a block: the first that fits is taken, whatever the picture's size."""
_MOST_WORDS = 16
"""Words that a block's row takes in the target's planes, unless the narrowest takes more."""
_MOST_HELD = 64
"""Samples that a block holds at once, each in a register."""
_MOST_PRODUCTS = 96
"""Taps along a row of all pixels of a block; each is in the machine code once."""
_MOST_DOWN = 32
"""Taps along a column: one chain of FMAs."""
_MOST_BESIDE = 8
"""Samples that are looked at before a block's own, or behind them.

So the place of a crop is no part of a kernel: only what is close to its place is made so.
"""
_FEWEST_BLOCKS = 4
"""Wide blocks in a row; narrower pictures do without."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """So many words at once, `word` counted from the first of all, `at` in bytes of the block.

    Thread-safety: immutable.
    """

    words: int
    word: int
    at: int

    @property
    def many(self) -> str:
        """The number in words, as kernels/words.h has it."""
        return {1: "one", 2: "two", 4: "four"}[self.words]


@dataclass(frozen=True, slots=True)
class RowPart:
    """Bytes of one plane's row that a block touches, in whole words.

    Thread-safety: immutable.
    """

    nbytes: int
    """Of the block itself."""
    first: int
    """The first word, counted from the block's first."""
    words: int

    @property
    def alignment(self) -> int:
        """Bytes of which a row's address has to be a multiple."""
        return min(_WIDEST, self.nbytes & -self.nbytes)

    def transfers(self) -> Iterator[Transfer]:
        """Return the widest accesses that make up the part."""
        word, end = self.first, self.first + self.words
        while word < end:
            fitting = (n for n in (4, 2, 1) if n * WORD <= self.alignment)
            many = next(n for n in fitting if word % n == 0 and word + n <= end)
            yield Transfer(many, word - self.first, word * WORD)
            word += many


@dataclass(frozen=True, slots=True, eq=False)
class WideBlock:
    """A block of many pixels, and where the picture consists of them.

    Thread-safety: immutable.
    """

    across: int
    """Pixels in a row."""
    down: int
    low: int
    """First column of pixels that is looked at, from the block's first on."""
    high: int
    first: int
    """The first block of a row that is wide, and how many are."""
    count: int
    reads: dict[int, BlockTaps]
    """Along rows, of each read."""
    writes: dict[bytes, BlockTaps]
    """Along rows, from pixels to components, by the taps' key."""

    def columns(self, component: Component) -> int:
        """Return the component's samples in a row of the block."""
        return self.across >> component.xshift

    def whole_row(self, format: PixelFormat, plane: int) -> RowPart:
        """Return a row of the block in a plane of the target."""
        nbytes = _row_bytes(format, plane, self.across)
        return RowPart(nbytes, 0, nbytes // WORD)

    def held(self, program: Program) -> int:
        """Return how many samples are held at once, at most."""
        lists: dict[object, int] = {}
        for index, _, own, reach in _wanted(program, self.across, (self.low, self.high)):
            first, end = self.reads[index].span(*reach)
            lists[own] = lists.get(own, 0) + end - first
        return max(lists.values(), default=0)

    def window(self, program: Program, indices: Iterable[int], reach: tuple[int, int]) -> RowPart:
        """Return what reads of one plane take of a row, for columns `reach` of the block."""
        first, end = [], []
        for index in indices:
            component = in_stream(program.source, program.reads[index].component)
            begin, after = self.reads[index].span(*reach)
            first.append(component.offset + begin * component.step)
            end.append(component.offset + (after - 1) * component.step + 1)
        size = element_bytes(program.source, component.plane)
        low, high = min(first) * size // WORD, -(-max(end) * size // WORD)
        nbytes = _row_bytes(program.source, component.plane, _samples(program, self.across))
        return RowPart(nbytes, low, high - low)


def wide_block(program: Program) -> WideBlock | None:
    """Return the block in which a conversion is made by one launch, or None where there is no such.

    It is neither turned nor has it a border; it may halve or double the size.

    Thread-safety: a pure function.
    """
    plain = not (program.transpose or program.mirror_x or program.mirror_y or program.premultiply)
    packed = PixelFormat.V210 in (program.source, program.target)
    whole = (0, 0, *program.target_size) == tuple(program.inner)
    scaled = any(isinstance(stage, Scale) for stage in program.stages)
    long = any(read.vertical.longest > _MOST_DOWN for read in program.reads)
    if not plain or packed or not whole or scaled or long:
        return None
    longest = max((read.horizontal.longest for read in program.reads), default=1)
    fitting = [n for n in _PIXELS if _fits(program, n) and n * longest <= _MOST_PRODUCTS]
    small = [n for n in fitting if _words(program.target, n) <= _MOST_WORDS]
    for across in [*small, *fitting[-1:]]:
        found = _made(program, across)
        if found is None or found.held(program) <= _MOST_HELD:
            return found
    return None


def _samples(program: Program, across: int) -> int:
    """Return the pixels of the source that belong to so many of the target."""
    source, target = program.source_size[0], program.target_size[0]
    if 2 * source < 3 * target:
        return across if 4 * source > 3 * target else across // 2
    return 2 * across


def _row_bytes(format: PixelFormat, plane: int, across: int) -> int:
    layout = format.layout.planes[plane]
    return (across >> layout.xshift) * layout.channels * element_bytes(format, plane)


def _words(format: PixelFormat, across: int) -> int:
    return sum(_row_bytes(format, k, across) for k in range(format.planes)) // WORD


def _fits(program: Program, across: int) -> bool:
    """Whether each plane's part of a row consists of words."""
    return all(
        _row_bytes(format, plane, pixels) % WORD == 0
        for format, pixels in (
            (program.source, _samples(program, across)),
            (program.target, across),
        )
        for plane in range(format.planes)
    )


def _made(program: Program, across: int) -> WideBlock | None:
    blocks = -(-program.target_size[0] // across)
    writes: dict[bytes, BlockTaps] = {}
    low, high = 0, across
    good = np.ones(blocks, np.bool_)
    for write in program.writes:
        if write.horizontal is None or write.channel is None:
            continue
        own = across >> write.component.xshift
        found = block_taps(write.horizontal, own, across, (0, own), blocks)
        if found is None:
            return None
        writes[write.horizontal.key] = found
        good &= found.fitting
        first, end = found.span(0, own)
        low, high = min(low, first), max(high, end)
    reads: dict[int, BlockTaps] = {}
    for index, horizontal, own, reach in _wanted(program, across, (low, high)):
        advance = _samples(program, across) >> program.reads[index].component.xshift
        found = block_taps(horizontal, own, advance, reach, blocks)
        if found is None:
            return None
        first, end = found.span(*reach)
        if first < -_MOST_BESIDE or end > advance + _MOST_BESIDE:
            return None
        reads[index] = found
        good &= found.fitting
    down = block_size(program.target, whole_words=False)[1]
    whole = WideBlock(across, down, low, high, 0, blocks, reads, writes)
    for index, _, _, reach in _wanted(program, across, (low, high)):
        part = whole.window(program, [index], reach)
        plane = program.reads[index].component.plane
        good &= _within(part, program.source, program.source_size, plane, blocks)
    for plane in range(program.target.planes):
        part = whole.whole_row(program.target, plane)
        good &= _within(part, program.target, program.target_size, plane, blocks)
    first, count = _longest(good)
    if count < _FEWEST_BLOCKS:
        return None
    return replace(whole, first=first, count=count)


def _wanted(
    program: Program, across: int, reach: tuple[int, int]
) -> Iterator[tuple[int, Taps, int, tuple[int, int]]]:
    """Return each read that is used: its taps along rows, outputs of a block, and those wanted."""
    if not program.direct:
        for index, read in enumerate(program.reads):
            yield index, read.horizontal, across, reach
        return
    for write in program.writes:
        if write.channel is not None:
            own = across >> write.component.xshift
            yield write.channel, program.reads[write.channel].horizontal, own, (0, own)


def _within(
    part: RowPart, format: PixelFormat, size: tuple[int, int], plane: int, blocks: int
) -> npt.NDArray[np.bool_]:
    """Return which blocks' parts lie within the bytes of a row."""
    shape = format.plane_shapes(size)[plane]
    elements = int(np.prod(shape[1:]))
    begin = part.nbytes * np.arange(blocks) + part.first * WORD
    end = begin + part.words * WORD
    good: npt.NDArray[np.bool_] = (begin >= 0) & (end <= elements * element_bytes(format, plane))
    return good


def _longest(good: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Return where the longest run of True begins, and its length."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    if not len(edges):
        return 0, 0
    begins, ends = edges[::2], edges[1::2]
    best = int(np.argmax(ends - begins))
    return int(begins[best]), int(ends[best] - begins[best])
