"""Pictures in matrices of light (ictcp, bt2020cl) to R'G'B' and back: a table of docs/accuracy.md.

At 8 bits every triple of codes there is, else random ones. A component beyond the bound for plain
conversions is judged by its interval (docs/arithmetic.md, 6), and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.media import Range, VideoType
from gpumft.media.light_matrices import LIGHT_MATRICES
from gpumft.ops import Converter
from gpumft.testing import bounds, frames, reference_values
from gpumft.testing.reference_planes import unpack

HEAD = """
## Matrices of light

The same for `ictcp` and `bt2020cl`, R'G'B' full: every triple of 8-bit codes, and 65,536 random
triples of more bits. Most triples of such codes are no colours: light of R, G or B that is left over
when much larger numbers cancel lies next to 0, where the curve back is at its steepest (PQ's
vertical). *Worst* is the farthest from the unrounded value, *by interval* how many components lie
beyond the bounds of the tables above, and within those for conversions through light
(docs/arithmetic.md, 6).

| matrix | transfer | range | depth | to R'G'B': worst | by interval | from R'G'B': worst | by interval |
|---|---|---|---|---|---|---|---|
"""  # noqa: E501 - a table's row is a line
SIDE = 256
SIZE = (SIDE, SIDE)
KINDS = [(matrix, transfer) for matrix, several in LIGHT_MATRICES.items() for transfer in several]
ROWS = tuple(
    (*kind, range_, depth) for kind, range_, depth in product(KINDS, Range, (8, 10, 12, 16))
)

Planes = list[npt.NDArray[Any]]


@dataclass
class Verdict:
    """The farthest from the unrounded value, and how many components only their interval allows."""

    worst: float = 0.0
    by_interval: int = 0

    def judge(self, convert: Converter, planes: Planes) -> None:
        """Convert a picture and take its errors in.

        Raises:
            AssertionError: a component is beyond its bound.
        """
        src, dst = convert.source, convert.target
        made = convert(planes)
        exact = reference_values(planes, src, dst)
        found = unpack(made, dst.format, dst.size)
        errors = np.stack([np.abs(found[name] - exact[name]) for name in exact])
        self.worst = max(self.worst, float(errors.max()))
        beyond = errors > 0.5 + bounds.excess(dst.format.depth)
        self.by_interval += int(beyond.sum())
        pixels = beyond.any(axis=0)
        if pixels.any():
            few = (int(pixels.sum()), 1)
            out, given = ([plane[pixels][None] for plane in side] for side in (made, planes))
            bounds.check(out, given, src.replace(size=few), dst.replace(size=few))


def row(matrix: str, transfer: str, range_: Range, depth: int) -> str:
    """Return a row of the table."""
    suffix = "" if depth == 8 else f"{depth}le"
    common: dict[str, Any] = {"transfer": transfer, "primaries": "bt2020"}
    coded = VideoType(f"yuv444p{suffix}", SIZE, matrix=matrix, range=range_, **common).resolved()
    rgb = VideoType(f"gbrp{suffix}", SIZE, range="full", **common).resolved()
    cells = []
    for pair in ((coded, rgb), (rgb, coded)):
        verdict, convert = Verdict(), Converter(*pair, device="cpu")
        for planes in _pictures(depth):
            verdict.judge(convert, planes)
        cells.append(f"{verdict.worst:.4f} | {verdict.by_interval:,}")
    return f"| {matrix} | {transfer} | {range_} | {depth} | {' | '.join(cells)} |"


def _pictures(depth: int) -> Iterator[Planes]:
    if depth > 8:
        noise = frames.noise(VideoType(f"gbrp{depth}le", SIZE))
        yield [plane & plane.dtype.type(2**depth - 1) for plane in noise]
        return
    second, third = np.indices(SIZE, np.uint8)
    for first in range(SIDE):
        yield [np.full(SIZE, first, np.uint8), second, third]
