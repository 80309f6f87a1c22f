"""Makes the table of blue noise again: `python -m tests.ops.blue_noise` writes it.

Void and cluster, after R. Ulichney, "The void-and-cluster method for dither array generation"
(1993): on a torus, points are taken from the tightest cluster or put into the largest void, as a
Gaussian of the points says; the order in which they come is their rank.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

SIDE = 64
_SIGMA = 1.9
_SEED = 20_260_101
_UNITS = 2**20
"""The Gaussian in whole units, so that every machine takes the same decisions."""

Ranks = npt.NDArray[np.uint16]
TABLE = Path(__file__).parents[2] / "gpumft" / "data" / "blue_noise_64.npy"


def ranks() -> Ranks:
    """Return a permutation of 0..4095, shape (64, 64)."""
    field = _Field()
    count = SIDE * SIDE // 10
    for place in np.random.default_rng(_SEED).permutation(SIDE * SIDE)[:count]:
        field.turn(int(place))
    while True:  # until taking the tightest point makes the largest void
        tightest = field.tightest()
        field.turn(tightest)
        void = field.void()
        field.turn(void)
        if void == tightest:
            break
    table = np.zeros(SIDE * SIDE, np.uint16)
    start = field.copy()
    for rank in range(count - 1, -1, -1):
        place = field.tightest()
        field.turn(place)
        table[place] = rank
    field = start
    for rank in range(count, SIDE * SIDE):
        place = field.void()
        field.turn(place)
        table[place] = rank
    return table.reshape(SIDE, SIDE)


class _Field:
    """Points on a torus, and how crowded each place is."""

    def __init__(self) -> None:
        axis = np.minimum(np.arange(SIDE), SIDE - np.arange(SIDE)).astype(np.float64)
        squares = axis[:, None] ** 2 + axis[None, :] ** 2
        bell = np.rint(np.exp(-squares / (2 * _SIGMA**2)) * _UNITS).astype(np.int64)
        self._bell = np.tile(bell, (2, 2))
        self._points = np.zeros(SIDE * SIDE, np.bool_)
        self._crowd = np.zeros((SIDE, SIDE), np.int64)

    def copy(self) -> _Field:
        """Return another one with the same points."""
        other = _Field()
        other._points, other._crowd = self._points.copy(), self._crowd.copy()
        return other

    def turn(self, place: int) -> None:
        """Put a point, or take the one that is there."""
        y, x = divmod(place, SIDE)
        bell = self._bell[SIDE - y : 2 * SIDE - y, SIDE - x : 2 * SIDE - x]
        self._crowd += -bell if self._points[place] else bell
        self._points[place] ^= True

    def tightest(self) -> int:
        """Return the point in the densest crowd."""
        return int(np.argmax(np.where(self._points, self._crowd.reshape(-1), -1)))

    def void(self) -> int:
        """Return the free place with the fewest points around it."""
        highest = np.iinfo(np.int64).max
        return int(np.argmin(np.where(self._points, highest, self._crowd.reshape(-1))))


if __name__ == "__main__":
    np.save(TABLE, ranks())
