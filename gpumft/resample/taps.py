"""Filter taps along one axis: which source samples make each output, and how much of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Taps:
    """The taps of one axis.

    Output i is the sum over k in 0..count[i]-1 of `weights[i, k] * source[start[i] + k]`, evaluated
    in the order that docs/arithmetic.md fixes. Taps never leave the source; entries of `weights`
    beyond `count[i]` are zero and are not evaluated.

    Thread-safety: immutable.
    """

    start: npt.NDArray[np.int32]
    """First source sample of each output. Shape (outputs,)."""
    count: npt.NDArray[np.int32]
    """Number of taps of each output, at least 1. Shape (outputs,)."""
    weights: npt.NDArray[np.float32]
    """Shape (outputs, longest)."""
    source: int
    """Number of source samples along the axis."""

    @property
    def outputs(self) -> int:
        """Number of output samples."""
        return len(self.start)

    @property
    def longest(self) -> int:
        """The largest number of taps of an output."""
        return int(self.weights.shape[1])

    @property
    def is_identity(self) -> bool:
        """Whether every output is the source sample of the same index, unchanged."""
        return (
            self.outputs == self.source
            and self.longest == 1
            and bool(np.all(self.weights == 1))
            and bool(np.array_equal(self.start, np.arange(self.outputs)))
        )

    @property
    def key(self) -> bytes:
        """A value equal for equal taps, for caches."""
        return b"".join(
            (
                np.array([self.source, *self.weights.shape], np.int64).tobytes(),
                self.start.tobytes(),
                self.count.tobytes(),
                self.weights.tobytes(),
            )
        )
