"""How bright pictures are, and what their peak is in the course of time. Exact integers.

Source: docs/light.md, 12.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from gpumft.colour import light_of_gray
from gpumft.media import Transfer

CODES = 65_535
"""A code value of 1."""
_CUT = CODES * 3 // 100
"""A picture whose mean differs by more than this from that before is of another scene."""
_FINE = 1 << 16
"""Parts of a code in which the peak falls."""
_RATE = Fraction(25)
"""Pictures in a second, where nobody says."""
_ABOVE_WHITE = 1.01
"""Nothing is mapped to white whose peak is below this much of it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How bright a picture is, by its patches: squares of pixels of which it has 270 at most down.

    Codes are of the largest of R', G', B', from 0 to 65535.

    Thread-safety: immutable.
    """

    peak: int
    """Code of the brightest patch."""
    mean: int
    """Mean code of all patches, rounded down."""
    light: float
    """cd/m2 of a gray with the code `peak`."""


@dataclass(frozen=True, slots=True)
class PeakHistory:
    """The peak of a stream of pictures: it rises at once, falls within seconds, and cuts are anew.

    Thread-safety: immutable.
    """

    transfer: Transfer
    release: int
    """Pictures in which the peak falls by 63 % (1 - 1/e) of the way to that of darker ones."""
    held: int | None = None
    """The peak's code in 65536ths; None before the first picture."""
    mean: int = 0
    """Of the picture before."""

    @classmethod
    def of(cls, transfer: Transfer, rate: Fraction | None) -> PeakHistory:
        """Return the history of a stream that has not begun.

        Args:
            transfer: the source's, `pq` or `hlg`.
            rate: pictures in a second.
        """
        return cls(transfer, max(1, round(rate or _RATE)))

    def forgotten(self) -> PeakHistory:
        """Return the history without all pictures."""
        return replace(self, held=None, mean=0)

    def after(self, reading: Reading) -> PeakHistory:
        """Return the history with one more picture, which is seen with `light`."""
        now, held = reading.peak * _FINE, self.held
        cut = abs(reading.mean - self.mean) > _CUT
        if held is not None and held > now and not cut:
            now = held - -(-(held - now) // self.release)
        return replace(self, held=now, mean=reading.mean)

    @property
    def light(self) -> float:
        """The peak in cd/m2; 0 before the first picture."""
        return light_of_gray(self.transfer, (self.held or 0) / (CODES * _FINE))


def above_white(peak: float, white: float) -> float:
    """Return the peak that a tone map is given, which is above white.

    Thread-safety: a pure function.
    """
    return max(peak, _ABOVE_WHITE * white)
