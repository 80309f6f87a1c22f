"""How a stored picture has to be turned and mirrored to be seen upright.

Containers keep a display matrix beside the picture. Its quarter turns and mirrors are the eight
symmetries of a rectangle: a clockwise rotation, then perhaps a horizontal mirror.

Source: ISO/IEC 14496-12, 8.3.2 (tkhd matrix); libavutil/display.h as documented.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

Square = tuple[int, int, int, int]
"""a, b, c, d: a point (p, q) of the picture, y down, goes to (a p + c q, b p + d q)."""

_TURNS: dict[int, Square] = {
    0: (1, 0, 0, 1),
    90: (0, 1, -1, 0),
    180: (-1, 0, 0, -1),
    270: (0, -1, 1, 0),
}
_MIRRORS: dict[str, Square] = {
    "": (1, 0, 0, 1),
    "h": (-1, 0, 0, 1),
    "v": (1, 0, 0, -1),
    "hv": (-1, 0, 0, -1),
}


@dataclass(frozen=True, slots=True)
class Orientation:
    """Rotate clockwise by `rotate` degrees, then mirror: "" or "h" (left to right).

    Thread-safety: immutable.
    """

    rotate: int = 0
    flip: str = ""

    @classmethod
    def of(cls, rotate: int, flip: str) -> Orientation:
        """Return the orientation of a rotation (0 90 180 270) and any flip ("" h v hv)."""
        return _from_square(_times(_MIRRORS[flip], _TURNS[rotate]))

    @classmethod
    def from_display_matrix(cls, matrix: bytes) -> Orientation | None:
        """Return the orientation that a display matrix asks for.

        Args:
            matrix: nine 32-bit integers as FFmpeg keeps them (16.16, row by row).

        Returns:
            None if it is no quarter turn: the picture would have to be resampled askew.
        """
        a, b, _, c, d, _, _, _, _ = struct.unpack("=9i", matrix[:36])
        largest = max(map(abs, (a, b, c, d)))
        if largest == 0:
            return None
        square = tuple(round(value / largest) for value in (a, b, c, d))
        if any(abs(v / largest - s) > 1e-3 for v, s in zip((a, b, c, d), square, strict=True)):
            return None
        wanted = (square[0], square[1], square[2], square[3])
        return _from_square(wanted) if wanted in _SQUARES else None

    @property
    def square(self) -> Square:
        """The matrix of this orientation."""
        return _times(_MIRRORS[self.flip], _TURNS[self.rotate])

    @property
    def swaps(self) -> bool:
        """Whether width and height change places."""
        return self.rotate in (90, 270)

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the (width, height) that a picture of `size` has when seen."""
        return (size[1], size[0]) if self.swaps else size

    def then(self, other: Orientation) -> Orientation:
        """Return this orientation followed by `other`."""
        return _from_square(_times(other.square, self.square))

    def stored_crop(
        self, crop: tuple[Fraction, Fraction, Fraction, Fraction], size: tuple[int, int]
    ) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        """Return where a rectangle of the seen picture lies in the stored one.

        Args:
            crop: x, y, width, height in the picture as it is seen.
            size: (width, height) of the stored picture.
        """
        a, b, c, d = self.square  # orthogonal: its inverse is its transpose
        x, y, width, height = map(Fraction, crop)
        seen = self.size(size)
        corners = []
        for px, py in ((x, y), (x + width, y + height)):
            u, v = px - Fraction(seen[0], 2), py - Fraction(seen[1], 2)
            corners.append(
                (a * u + b * v + Fraction(size[0], 2), c * u + d * v + Fraction(size[1], 2))
            )
        (x0, y0), (x1, y1) = corners
        return min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0)


def _times(second: Square, first: Square) -> Square:
    """Return the matrix that does `first`, then `second`."""
    a, b, c, d = first
    e, f, g, h = second
    return (e * a + g * b, f * a + h * b, e * c + g * d, f * c + h * d)


_SQUARES = {
    _times(_MIRRORS[flip], _TURNS[rotate]): Orientation(rotate, flip)
    for rotate in _TURNS
    for flip in ("", "h")
}
UPRIGHT = Orientation()


def _from_square(square: Square) -> Orientation:
    return _SQUARES[square]
