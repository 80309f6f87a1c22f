"""Dither patterns: what is added to codes before they are rounded."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import numpy as np
import numpy.typing as npt

from gpumft.device.program import Pattern
from gpumft.errors import FileMissing

DITHERS = ("none", "ordered", "blue_noise")
_SIDE = 64
_TABLE = "blue_noise_64.npy"


def pattern(dither: str, seed: int) -> Pattern | None:
    """Return the pattern that `dither` adds, moved by `seed`; None for "none".

    Every number is an odd multiple of 2^-7 (ordered) or 2^-13 (blue_noise) and less than a half in
    magnitude; they add up to 0.

    Raises:
        FileMissing: the installation has no table of blue noise.

    Thread-safety: a pure function. Source: docs/light.md.
    """
    if dither == "none":
        return None
    mixed = (seed * 0x9E3779B1) % 2**32
    mixed ^= mixed >> 16
    x, y = mixed % _SIDE, mixed // _SIDE % _SIDE
    return Pattern(_ordered() if dither == "ordered" else _blue_noise(), x, y)


@cache
def _ordered() -> npt.NDArray[np.float32]:
    """Bayer's 8x8 matrix: ranks are the bits of column and row, interleaved from the lowest up."""
    x, y = np.arange(8)[None, :], np.arange(8)[:, None]
    rank = np.zeros((8, 8), np.int64)
    for bit in range(3):
        right, down = x >> bit & 1, y >> bit & 1
        rank += (2 * (right ^ down) + down) << (2 * (2 - bit))
    return _centred(rank)


@cache
def _blue_noise() -> npt.NDArray[np.float32]:
    """The table of tests/ops/blue_noise.py."""
    try:
        with as_file(files("gpumft") / "data" / _TABLE) as path:
            ranks: npt.NDArray[np.int64] = np.load(path).astype(np.int64)
    except FileNotFoundError as error:
        raise FileMissing(f"dither blue_noise needs gpumft/data/{_TABLE}: install again") from error
    return _centred(ranks)


def _centred(ranks: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Ranks 0..n-1 as numbers between -1/2 and 1/2."""
    return np.asarray((2 * ranks + 1 - ranks.size) / (2 * ranks.size), np.float32)
