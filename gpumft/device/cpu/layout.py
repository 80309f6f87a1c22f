"""What kernels share with those who prepare their arguments; nothing here needs a compiler."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gpumft.formula import Formula

TINY: Final = 2.0**-64
"""Magnitudes below this count as zero, so that no result depends on subnormals."""
BLOCK: Final = 32
"""Longer lists of taps are summed in blocks of this many."""
LANES: Final = 16
"""float32 values of a vector."""
PHASES: Final = 4
"""Vectors that are painted at once where chroma is doubled: of every 4th column each."""
VIEW: Final = 12
"""int64 entries of a view: base, rows (first, direction, shift, stride, sub), columns (the same),
element stride. Sample i of an axis lies at j = first + direction * i, (j >> shift) * stride +
(j & mask) * sub; shift is 0 but for the luma of packed 4:2:2 in a strided array."""
PLANE: Final = 12
"""int64 entries that tell how a plane is laid out, in the words of PyArrayInterface: dimensions,
kind, bytes of an element, whether these are in the processor's order; three of the shape and of the
strides; the first byte of its memory, from its address on, and the one behind the last."""
STREAM: Final = {"u": (0, 4), "y": (1, 2), "v": (2, 4)}
"""Offset and step of each component of v210 in its stream of elements."""
PARAMETERS: Final = 29
"""The argument from which on a kernel's parameters lie."""
MOST_OVERLAPS: Final = 3
"""Ways in which the taps of neighbouring rows overlap that have loops of their own."""
NEXT: Final = 0
DONE: Final = 8
HANDED: Final = 16
FIXED: Final = 24
VIEWS: Final = 30
"""Entries of what threads that work on a picture share, see `kernels.run_bands`: counters, on cache
lines of their own, and from `FIXED` on what stays as it is, the address of the views at `VIEWS`."""
MOST_PACKED: Final = 2.0**15 - 1
"""The largest magnitude of an unrounded code that is kept within a byte by saturation alone."""

TURNS: Final = b"".join(
    bytes(i % 16 ^ step for i in range(64)) + bytes([odd]) * 8 + bytes([255 - odd]) * 8
    for step, odd in ((1, 0b10101010), (2, 0b11001100))
)
"""How bytes, then pairs of bytes, change places with their neighbours within 16 bytes: where each
of 64 comes from, the bits of every second piece, and those of the others."""


class Overlap(NamedTuple):
    """Two neighbouring outputs of a filter: the first has taps 0..end-1, the second begin..all-1.

    Thread-safety: immutable.
    """

    begin: int
    end: int
    all: int
    whole: tuple[int, ...] = ()
    """The weights of the first output, then of the second, times 2^shift, where these are integers
    that are summed as such; else nothing."""
    shift: int = 0

    @classmethod
    def named(cls, name: str) -> Overlap:
        """Return what `str` told."""
        taps, whole, shift = name.split("_") if "_" in name else (name, "", "0")
        begin, end, count = map(int, taps.split("-"))
        weights = tuple(int(weight) for weight in whole.split("-") if weight)
        return cls(begin, end, count, weights, int(shift))

    def __str__(self) -> str:
        taps = f"{self.begin}-{self.end}-{self.all}"
        return f"{taps}_{'-'.join(map(str, self.whole))}_{self.shift}" if self.whole else taps


class Weave(NamedTuple):
    """Up to three outputs of a horizontal filter, and where their samples lie in a parted row.

    Sample t of the first output, counted from its first, is number (phase + t) // q of part
    (phase + t) % q.

    Thread-safety: immutable.
    """

    first: int
    """Taps of the first output; it begins at sample 0."""
    second: tuple[int, int]
    """First sample and taps of the second output; (0, 0) where there is none."""
    third: tuple[int, int]
    q: int
    phase: int

    @classmethod
    def named(cls, name: str) -> Weave:
        """Return what `str` told."""
        n = [int(number) for number in name.split("-")]
        return cls(n[0], (n[1], n[2]), (n[3], n[4]), n[5], n[6])

    def __str__(self) -> str:
        return "-".join(map(str, (self.first, *self.second, *self.third, self.q, self.phase)))

    @property
    def outputs(self) -> list[tuple[int, int]]:
        """First sample and taps of each output."""
        found = [(0, self.first), self.second, self.third]
        return [output for output in found if output[1] > 0]

    @property
    def longest(self) -> int:
        """Taps of the output that has most."""
        return max(count for _, count in self.outputs)


class Twofold(NamedTuple):
    """First sample and taps of even and of odd outputs, of a filter that doubles a row.

    The first sample of either is 0.

    Thread-safety: immutable.
    """

    even: tuple[int, int]
    odd: tuple[int, int]

    @classmethod
    def named(cls, name: str) -> Twofold:
        """Return what `str` told."""
        a, b, c, d = map(int, name.split("-"))
        return cls((a, b), (c, d))

    def __str__(self) -> str:
        return "-".join(map(str, (*self.even, *self.odd)))


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
