"""The reference through light, with every value free to move a little: intervals of results.

A tiny cancellation is magnified where a curve is steep, so no fixed number of codes bounds a right
answer. Instead the reference is evaluated again with each value moved by what float32 may cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from gpumft.testing.reference_algebra import Exact, apply
from gpumft.testing.reference_light import LightPath

Samples = NDArray[np.float64]

STEP = 2.0**-21
"""How far a value in front of a curve moves, relative to the largest that it depends on; and how
far light moves, relative to its pixel's largest channel."""
TONE_STEP = 2.0**-20
"""How far the ratio of a tone map moves, relatively, in front of a step toward gray. Of what all
channels have in common that step makes a difference between them, however little one has left."""
CODED_TONE_STEP = 2.0**-18
"""The same for tone maps that go through codes of PQ: a unit in the last place of a code is six of
light, and several are rounded."""
LIMIT = 2.0**96
"""Light beyond it leaves the range of float32 on its way; its pixel is not judged."""


class Interval(Exact):
    """Carries (least, greatest) in a last axis of 2, from the first curve on; alpha is exact.

    A pixel's light is taken at the eight corners of its box, and the least and greatest results of
    each channel are kept. From there on it is interval arithmetic, and in front of another curve
    (of a matrix of light) the boxes grow again, by as much of their pixel's largest value.

    Args:
        reach: for each of the source's R'G'B' on the grid where it is decoded, the largest
            |nominal value| that it depends on.

    Thread-safety: keeps `reach` and never changes it; any number of threads.
    """

    def __init__(self, reach: Sequence[Samples]) -> None:
        self._reach = np.stack(reach)

    def resample(self, rows: Samples, samples: Samples, columns: Samples) -> Samples:
        """Return the samples on another grid."""
        if samples.ndim == 2:
            return super().resample(rows, samples, columns)
        down = _apply(rows, samples)
        return _apply(columns, down.swapaxes(0, 1)).swapaxes(0, 1)

    def mix(self, row: Samples, samples: Sequence[Samples]) -> Samples:
        """Return the weighted sum."""
        if samples[0].ndim == 2:
            return super().mix(row, samples)
        total = np.zeros_like(samples[0])
        for factor, boxes in zip(row, samples, strict=True):
            if factor:
                total += factor * (boxes if factor > 0 else boxes[..., ::-1])
        return total

    def multiply(self, channels: Sequence[Samples], alpha: Samples) -> list[Samples]:
        """Return the products."""
        if channels[0].ndim == 2:
            return super().multiply(channels, alpha)
        return [np.sort(samples * alpha[..., None], axis=-1) for samples in channels]

    def divide(self, channels: Sequence[Samples], alpha: Samples) -> list[Samples]:
        """Return the quotients, 0 where alpha <= 0."""
        if channels[0].ndim == 2:
            return super().divide(channels, alpha)
        return super().divide(channels, alpha[..., None])

    def decode(self, path: LightPath, rgb: Sequence[Samples]) -> list[Samples]:
        """Return the boxes of light."""
        values = np.stack(rgb)
        lowest = highest = values
        reach: Samples = self._reach
        if values.ndim > 3:
            lowest, highest = values[..., 0], values[..., 1]
            reach = np.where(np.isfinite(values), np.abs(values), 0.0).max(axis=(0, 3))
        least = path.decode(lowest - STEP * reach)
        greatest = path.decode(highest + STEP * reach)
        size = np.maximum(np.abs(least), np.abs(greatest))
        largest = np.where(np.isfinite(size), size, 0.0).max(axis=0)
        move = np.where(largest > LIMIT, np.nan, STEP * largest)
        return list(np.stack([least - move, greatest + move], axis=-1))

    def develop(self, path: LightPath, rgb: Sequence[Samples]) -> list[Samples]:
        """Return the least and greatest encoded values over the corners of each box.

        NaN, which is not judged, where channels are mixed of which one is not finite.
        """
        boxes = np.stack(rgb)
        step = _tone_step(path)
        stretches = (1 - step, 1 + step) if step else (1.0,)
        corners = [
            np.stack([box[..., end] for box, end in zip(boxes, ends, strict=True)])
            for ends in product((0, 1), repeat=3)
        ]
        seen = [path.develop(corner, by) for corner, by in product(corners, stretches)]
        found = np.stack([np.min(seen, axis=0), np.max(seen, axis=0)], axis=-1)
        if path.mixes:  # infinity less infinity
            found[:, ~np.isfinite(boxes).all(axis=(0, 3))] = np.nan
        return list(found)


def _tone_step(path: LightPath) -> float:
    if path.gamut != "perceptual" or not path.bends:
        return 0.0
    return CODED_TONE_STEP if path.bends_in_codes else TONE_STEP


def _apply(matrix: Samples, boxes: Samples) -> Samples:
    """Return intervals of matrix @ samples, along the first axis."""
    plus, minus = np.maximum(matrix, 0.0), np.minimum(matrix, 0.0)
    least, greatest = boxes[..., 0], boxes[..., 1]
    return np.stack(
        [
            apply(plus, least) + apply(minus, greatest),
            apply(plus, greatest) + apply(minus, least),
        ],
        axis=-1,
    )
