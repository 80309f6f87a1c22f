"""What the operations of a conversion mean to the reference: the values themselves, or bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gpumft.testing.reference_light import LightPath
from gpumft.testing.reference_weights import is_selection

Samples = NDArray[np.float64]


class Algebra(Protocol):
    """The operations of a conversion; what is carried through them is up to the class.

    Thread-safety: as the class that implements it.
    """

    def resample(self, rows: Samples, samples: Samples, columns: Samples) -> Samples:
        """Return the samples on another grid: `rows` first, then `columns`."""

    def mix(self, row: Samples, samples: Sequence[Samples]) -> Samples:
        """Return the sum of row[i] * samples[i]."""

    def affect(self, row: Samples, samples: Sequence[Samples]) -> Samples:
        """Return the sum of row[i] * samples[i], a row of an effect."""

    def bend(self, samples: Samples, below: float, above: float) -> Samples:
        """Return the samples times `below` where they are negative, else times `above`."""

    def multiply(self, channels: Sequence[Samples], alpha: Samples) -> list[Samples]:
        """Return colour weighted by alpha."""

    def divide(self, channels: Sequence[Samples], alpha: Samples) -> list[Samples]:
        """Return colour freed of alpha, 0 where alpha <= 0."""

    def decode(self, path: LightPath, rgb: Sequence[Samples]) -> list[Samples]:
        """Return the light of encoded values."""

    def develop(self, path: LightPath, rgb: Sequence[Samples]) -> list[Samples]:
        """Return the encoded values that light becomes."""


class Exact:
    """The values themselves.

    Thread-safety: keeps nothing; any number of threads.
    """

    def resample(self, rows: Samples, samples: Samples, columns: Samples) -> Samples:
        """Return the samples on another grid."""
        down: Samples = apply(rows, samples)
        across: Samples = apply(columns, down.T).T
        return across

    def mix(self, row: Samples, samples: Sequence[Samples]) -> Samples:
        """Return the weighted sum."""
        total: Samples = row[0] * samples[0]
        for factor, values in zip(row[1:], samples[1:], strict=True):
            total = total + factor * values
        return total

    def affect(self, row: Samples, samples: Sequence[Samples]) -> Samples:
        """Return the weighted sum."""
        return self.mix(row, samples)

    def bend(self, samples: Samples, below: float, above: float) -> Samples:
        """Return the products."""
        return np.where(samples < 0, samples * below, samples * above)

    def multiply(self, channels: Sequence[Samples], alpha: Samples) -> list[Samples]:
        """Return the products."""
        return [np.asarray(samples * alpha) for samples in channels]

    def divide(self, channels: Sequence[Samples], alpha: Samples) -> list[Samples]:
        """Return the quotients, 0 where alpha <= 0."""
        clear = alpha > 0
        safe = np.where(clear, alpha, 1.0)
        return [np.where(clear, samples / safe, 0.0) for samples in channels]

    def decode(self, path: LightPath, rgb: Sequence[Samples]) -> list[Samples]:
        """Return the light."""
        return list(path.decode(np.stack(rgb)))

    def develop(self, path: LightPath, rgb: Sequence[Samples]) -> list[Samples]:
        """Return the encoded values."""
        return list(path.develop(np.stack(rgb)))


def apply(matrix: Samples, samples: Samples) -> Samples:
    """Return matrix @ samples; a value that is not finite spoils only what may read it.

    Thread-safety: a pure function.
    """
    if is_selection(matrix):
        chosen: Samples = samples[matrix.argmax(axis=1)]
        return chosen
    finite = np.isfinite(samples)
    if finite.all():
        return np.asarray(matrix @ samples)
    result = matrix @ np.where(finite, samples, 0.0)
    result[_spans(matrix) @ ~finite] = np.nan
    return result


def _spans(matrix: Samples) -> NDArray[np.bool_]:
    """Return what each row may read: all between its first and last factor, zeros too."""
    used = np.abs(matrix) > 1e-12
    begun = np.logical_or.accumulate(used, axis=1)
    open_ = np.logical_or.accumulate(used[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(begun & open_)
