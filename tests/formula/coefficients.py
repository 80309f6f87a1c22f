"""Fits the polynomials of gpumft/formula again: `python -m tests.formula.coefficients`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def fitted(
    function: Callable[[Array], Array], low: float, high: float, degree: int
) -> tuple[float, ...]:
    """Return float32 coefficients, lowest power first, of a polynomial close to `function`.

    Nodes of Chebyshev first; each coefficient is rounded in turn, from the lowest power on, and
    what it misses is left to the higher ones.
    """
    nodes = np.cos(np.pi * (np.arange(400) + 0.5) / 400) * (high - low) / 2 + (high + low) / 2
    wanted = function(nodes)
    weight = 1 / np.abs(wanted)
    found: list[float] = []
    for power in range(degree + 1):
        columns = np.stack([nodes**k for k in range(power, degree + 1)], axis=1)
        rest = wanted - sum(c * nodes**k for k, c in enumerate(found))
        solution = np.linalg.lstsq(columns * weight[:, None], rest * weight, rcond=None)[0]
        found.append(float(np.float32(solution[0])))
    return tuple(found)


def log2_part(x: Array) -> Array:
    """log2(1 + x) / x."""
    found: Array = np.log1p(x) / np.log(2) / x
    return found


def exp2_part(x: Array) -> Array:
    """(2^x - 1) / x."""
    found: Array = np.expm1(x * np.log(2)) / x
    return found


TABLES: dict[str, tuple[float, ...]] = {
    "LOG2": fitted(log2_part, -(1 - 0.5**0.5), 2**0.5 - 1, 9),
    "EXP2": fitted(exp2_part, -0.5, 0.5, 5),
    "EXP2_SMALL": fitted(exp2_part, -0.3, 0.02, 5),
    "LOG2_SMALL": fitted(log2_part, -0.1640625, 0.02, 6),
}

if __name__ == "__main__":
    for name, coefficients in TABLES.items():
        lines = "".join(f"    {c!r},\n" for c in coefficients)
        sys.stdout.write(f"{name}: Final = (\n{lines})\n")
