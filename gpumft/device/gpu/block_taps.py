"""Taps that repeat from block to block: what a work item of many pixels has as constants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gpumft.resample.taps import Taps


@dataclass(frozen=True, slots=True, eq=False)
class BlockTaps:
    """The taps of a block's outputs, the same in every block but those at the picture's edges.

    Output c of a block begins at sample (c >> halved) * stride + offset of the block's own samples;
    c may lie beside the block.

    Thread-safety: immutable.
    """

    halved: int
    """1 where even and odd outputs have taps of their own, else 0."""
    stride: int
    phases: tuple[tuple[int, tuple[float, ...]], ...]
    """Offset and weights; of even and odd outputs where there are two."""
    fitting: npt.NDArray[np.bool_]
    """Which blocks have these taps."""

    def span(self, low: int, high: int) -> tuple[int, int]:
        """Return the first sample, and the one after the last, of outputs low to high - 1."""
        ends = []
        for c in range(low, high):
            offset, weights = self.phases[c & self.halved]
            first = (c >> self.halved) * self.stride + offset
            ends.append((first, first + len(weights)))
        return min(a for a, _ in ends), max(b for _, b in ends)


def block_taps(
    taps: Taps, across: int, advance: int, reach: tuple[int, int], blocks: int
) -> BlockTaps | None:
    """Return the taps that repeat every `across` outputs and `advance` samples; None if none do.

    Args:
        taps: of a whole row.
        across: outputs of a block, as many as its samples, half of them or twice as many.
        advance: samples of a block.
        reach: the first output that is wanted and the one after the last, from a block's first on.
        blocks: how many blocks a row has, incomplete ones among them.

    Thread-safety: a pure function.
    """
    if across not in (advance, 2 * advance) and advance != 2 * across:
        return None
    halved, stride = int(across == 2 * advance), 2 if advance == 2 * across else 1
    place = np.arange(taps.outputs)
    begin = taps.start - (place >> halved) * stride
    middle = taps.outputs // 2 & ~1
    if middle + halved >= taps.outputs:
        return None
    odd = np.zeros(taps.outputs, np.bool_)
    phases = []
    for phase in range(1 + halved):
        own, like = slice(phase, None, 1 + halved), middle + phase
        odd[own] = (begin[own] != begin[like]) | (taps.count[own] != taps.count[like])
        odd[own] |= (taps.weights[own] != taps.weights[like]).any(axis=1)
        weights = taps.weights[like, : taps.count[like]]
        phases.append((int(begin[like]), tuple(map(float, weights))))
    low, high = (across * np.arange(blocks) + end for end in reach)
    inside = (low >= 0) & (high <= taps.outputs)
    before = np.concatenate([[0], np.cumsum(odd)])
    found = before[np.clip(high, 0, taps.outputs)] - before[np.clip(low, 0, taps.outputs)]
    return BlockTaps(halved, stride, tuple(phases), inside & (found == 0))
