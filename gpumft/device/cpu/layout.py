"""What kernels share with those who prepare their arguments; nothing here needs a compiler."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
import numpy.typing as npt

from gpumft.formula import Formula

TINY: Final = 2.0**-64
"""Magnitudes below this count as zero, so that no result depends on subnormals."""
BLOCK: Final = 32
"""Longer lists of taps are summed in blocks of this many."""
LANES: Final = 16
"""float32 values of a vector."""
VIEW: Final = 12
"""int64 entries of a view: base, rows (first, direction, shift, stride, sub), columns (the same),
element stride. Sample i of an axis lies at j = first + direction * i, (j >> shift) * stride +
(j & mask) * sub; shift is 0 but for the luma of packed 4:2:2 in a strided array."""
STREAM: Final = {"u": (0, 4), "y": (1, 2), "v": (2, 4)}
"""Offset and step of each component of v210 in its stream of elements."""

_formulas: dict[str, Formula] = {}


def float_bits(value: float) -> int:
    """Return the bits of `value` as a float32, for the integer arguments of a kernel."""
    return int(struct.unpack("<i", struct.pack("<f", value))[0])


def masks(name: str, words: int, first: int, count: int) -> npt.NDArray[np.uint32]:
    """Return the bits that samples `first`.. of a component of v210 take in a row of words.

    Thread-safety: a pure function.
    """
    offset, step = STREAM[name]
    taken = np.zeros(3 * words, np.uint32)
    taken[offset::step][first : first + count] = 1023
    return packed(taken)


def packed(elements: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return a row of elements as words of v210.

    Thread-safety: a pure function.
    """
    a, b, c = (elements[part::3] << np.uint32(10 * part) for part in range(3))
    words: npt.NDArray[np.uint32] = a | b | c
    return words


def register(formula: Formula) -> str:
    """Make a formula known to the compiler; return its kernel's name, which holds its key.

    Thread-safety: any thread.
    """
    return f"formula.{_formulas.setdefault(formula.key, formula).key}"


def formula_of(name: str) -> Formula | None:
    """Return the formula that was registered for a kernel of this name; None for other kernels.

    Thread-safety: any thread.
    """
    family, _, key = name.partition(".")
    return _formulas[key] if family == "formula" else None
