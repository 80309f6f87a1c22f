"""Taps of interlaced rows: every row is made of rows of its own field."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from gpumft.errors import InvalidArg
from gpumft.resample.axis import taps
from gpumft.resample.filters import Filter
from gpumft.resample.grid import Grid
from gpumft.resample.taps import Taps


def field_taps(
    src: Grid,
    dst: Grid,
    *,
    crop: tuple[Fraction, Fraction],
    extent: int,
    filter: Filter | str,
) -> Taps:
    """Return the taps that bring each field of the rows of `src` to that field of `dst`.

    Both grids are those of whole frames: the rows of a field stay where they lie in the frame, so
    the fields keep their distance. The filter stretches by rows of a field. Rows of the other field
    lie between the taps with weights of 0.

    Args:
        src: rows of the source's frame.
        dst: rows of the target's frame.
        crop: (start, length) of the source's part, in luma rows of the frame.
        extent: luma rows of the target's frame.
        filter: a filter or its name.

    Raises:
        InvalidArg: a field has no row in the crop or in the target; as `taps`.

    Thread-safety: any thread. Source: docs/light.md.
    """
    if min(src.count, dst.count) < 2:
        raise InvalidArg(
            f"a field has no row: {src.count} to {dst.count} rows of two fields; "
            "interlaced pictures need two rows of each component"
        )
    fields = [
        taps(src.field(p), dst.field(p), crop=crop, extent=extent, filter=filter) for p in (0, 1)
    ]
    longest = 2 * max(field.longest for field in fields) - 1
    start, count = np.zeros(dst.count, np.int32), np.zeros(dst.count, np.int32)
    weights = np.zeros((dst.count, longest), np.float32)
    for parity, field in enumerate(fields):
        start[parity::2] = 2 * field.start + parity
        count[parity::2] = 2 * field.count - 1
        weights[parity::2, : 2 * field.longest - 1 : 2] = field.weights
    for array in (start, count, weights):
        array.setflags(write=False)
    return Taps(start, count, weights, src.count)
