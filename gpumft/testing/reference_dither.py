"""Dither patterns of the reference: what is added to code values before they are rounded.

The blue noise is a table of ranks (a permutation of 0..4095) that a generator of the project made;
it is data, read here as such. Source: Bayer 1973 (ordered); Ulichney 1993 (void and cluster).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from gpumft.errors import InvalidArg

DITHERS = ("none", "ordered", "blue_noise")
TABLE = "blue_noise_64.npy"
SIDE = 64


def pattern(kind: str, seed: int, rows: int, columns: int) -> NDArray[np.float64]:
    """Return what is added to the codes of a component of (rows, columns), within (-1/2, 1/2).

    Args:
        kind: none, ordered or blue_noise.
        seed: where in the endless pattern the picture lies; 0 is its origin.
        rows: of the component, in the whole destination.
        columns: likewise.

    Raises:
        InvalidArg: no blue noise has been generated.

    Thread-safety: a pure function.
    """
    if kind == "none":
        return np.zeros((rows, columns))
    across, down = offsets(seed)
    x = np.arange(columns)[None, :] + across
    y = np.arange(rows)[:, None] + down
    if kind == "ordered":
        return (2 * _bayer(x, y) + 1 - 64) / 128
    return (2.0 * _blue_noise()[y % SIDE, x % SIDE] + 1 - SIDE**2) / (2 * SIDE**2)


def offsets(seed: int) -> tuple[int, int]:
    """Return how far a seed moves the pattern, (columns, rows).

    Thread-safety: a pure function.
    """
    mixed = (seed * 0x9E3779B1) % 2**32
    mixed ^= mixed >> 16
    return mixed % SIDE, mixed // SIDE % SIDE


def _bayer(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rank, 0..63, by the recursion of Bayer's matrix."""
    rank = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.int64)
    for _ in range(3):  # the finest bit of a position is the coarsest of the rank
        right, low = x % 2, y % 2
        rank = 4 * rank + 2 * (right != low) + low
        x, y = x // 2, y // 2
    return rank


@cache
def _blue_noise() -> NDArray[np.int64]:
    try:
        with as_file(files("gpumft") / "data" / TABLE) as path:
            table = np.load(path).astype(np.int64)
    except FileNotFoundError as error:
        raise InvalidArg(f"dither 'blue_noise' needs gpumft/data/{TABLE}, which is missing") from (
            error
        )
    if not np.array_equal(np.sort(table, axis=None), np.arange(SIDE**2)):
        raise InvalidArg(f"gpumft/data/{TABLE} is no permutation of 0..{SIDE**2 - 1}")
    return np.asarray(table)
