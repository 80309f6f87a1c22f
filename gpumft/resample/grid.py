"""Where samples lie along one axis, in exact fractions of a luma pixel."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from gpumft.errors import InvalidArg
from gpumft.media.enums import Siting

_HALF = Fraction(1, 2)
_COSITED_X = frozenset({Siting.LEFT, Siting.TOPLEFT, Siting.BOTTOMLEFT})
_COSITED_Y = frozenset({Siting.TOPLEFT, Siting.TOP})
_BOTTOM = frozenset({Siting.BOTTOMLEFT, Siting.BOTTOM})


@dataclass(frozen=True, slots=True)
class Grid:
    """The samples of one axis in picture coordinates: 0 is the picture's edge, 1 a luma pixel.

    Sample i lies at `origin + step * i` and stands for the cell from `edge + step * i` on, as long
    as a step, or `cell`.

    Thread-safety: immutable.
    """

    origin: Fraction
    """Where sample 0 lies. Luma sample 0 lies at 1/2."""
    step: Fraction
    """Distance between samples, above 0."""
    count: int
    """Number of samples, at least 1."""
    edge: Fraction = Fraction(0)
    """Where the cell of sample 0 begins; chroma cells are aligned to luma whatever the siting."""
    cell: Fraction | None = None
    """The length of a cell where it is not a step: rows of a field own half of theirs."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.step <= 0:
            raise InvalidArg(
                f"a grid needs at least 1 sample and a step above 0, not {self.count} samples "
                f"{self.step} apart"
            )

    def position(self, index: int) -> Fraction:
        """Return where sample `index` lies.

        Thread-safety: any thread.
        """
        return self.origin + self.step * index

    def mirrored(self, extent: Fraction | int) -> Grid:
        """Return the grid of the reversed samples in a picture that is turned end for end.

        Args:
            extent: luma pixels of the picture along the axis.

        Thread-safety: any thread.
        """
        end = self.edge + self.step * self.count
        return Grid(extent - self.position(self.count - 1), self.step, self.count, extent - end)

    def field(self, parity: int) -> Grid:
        """Return the grid of every second sample: 0 for the upper field, 1 for the lower.

        Thread-safety: any thread.
        """
        count = (self.count + 1 - parity) // 2
        edge = self.edge + self.step * parity
        return Grid(self.position(parity), 2 * self.step, count, edge, self.step)

    def part(self, first: int, count: int, start: Fraction | int = 0) -> Grid:
        """Return the grid of samples first..first + count - 1 of a picture that begins at `start`.

        Args:
            first: the first sample kept.
            count: how many samples, at least 1.
            start: the point of this picture that is 0 in the new one.

        Raises:
            InvalidArg: the samples are not all in this grid.

        Thread-safety: any thread.
        """
        if first < 0 or count < 1 or first + count > self.count:
            raise InvalidArg(
                f"samples {first} to {first + count - 1} are not all within the grid's {self.count}"
            )
        offset = self.step * first - start
        return Grid(self.origin + offset, self.step, count, self.edge + offset)


def luma_grid(n: int) -> Grid:
    """Return the grid of n luma pixels: pixel x lies at x + 1/2.

    Raises:
        InvalidArg: n is below 1.

    Thread-safety: any thread.
    """
    return Grid(_HALF, Fraction(1), n)


def chroma_grid(n: int, shift: int, siting: Siting, axis: Literal["x", "y"]) -> Grid:
    """Return the grid of the chroma samples of n luma pixels.

    A sub-sampled axis has a factor of exactly 2**shift, whatever the rounded number of samples: the
    last sample of an odd size covers a pixel that is not there.

    Args:
        n: luma pixels along the axis.
        shift: log2 of the luma pixels per chroma sample; 0 gives the luma grid.
        siting: where chroma lies among its luma.
        axis: "x" or "y".

    Returns:
        ceil(n / 2**shift) samples.

    Raises:
        InvalidArg: n is below 1, shift is negative or axis is another word.

    Thread-safety: any thread. Source: ITU-T H.273, 8.7, figure 1.
    """
    if axis not in {"x", "y"} or shift < 0:
        raise InvalidArg(f"axis is {axis!r} and shift {shift}; give 'x' or 'y' and 0 or more")
    if shift == 0:
        return luma_grid(n)
    step = Fraction(2**shift)
    cosited = _COSITED_X if axis == "x" else _COSITED_Y
    if siting in cosited:
        origin = _HALF
    elif axis == "y" and siting in _BOTTOM:
        origin = step - _HALF
    else:
        origin = step / 2
    return Grid(origin, step, -(-n >> shift))
