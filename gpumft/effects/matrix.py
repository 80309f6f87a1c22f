"""MatrixEffect: an effect that multiplies R'G'B' by a matrix, everywhere or in a rectangle."""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from gpumft.errors import InvalidArg

Matrix3 = tuple[tuple[float, float, float], ...]
Region = tuple[float, float, float, float]
"""(x, y, width, height) as fractions of the picture."""


@dataclass(frozen=True, slots=True)
class MatrixEffect:
    """A 3x3 matrix on nominal, encoded R'G'B' (0..1).

    Raises:
        InvalidArg: the matrix is not 3x3 of finite numbers, or the region leaves the picture.

    Thread-safety: immutable.
    """

    name: str
    matrix: Matrix3
    """Rows make R', G', B' of R', G', B'."""
    region: Region | None = None
    """(x, y, width, height) as fractions of the picture, or None for all of it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", _matrix3(self.matrix))
        if self.region is not None:
            object.__setattr__(self, "region", _checked_region(self.region))


def _matrix3(matrix: Iterable[Iterable[float]]) -> Matrix3:
    """Return any 3x3 of numbers (an array, lists) as tuples of floats."""
    try:
        rows = [tuple(map(float, row)) for row in matrix]
    except (TypeError, ValueError) as error:
        msg = f"an effect's matrix is three rows of three numbers, not {matrix!r}"
        raise InvalidArg(msg) from error
    if [len(row) for row in rows] != [3, 3, 3] or not all(
        math.isfinite(v) for r in rows for v in r
    ):
        msg = f"an effect's matrix is three rows of three finite numbers, not {rows}"
        raise InvalidArg(msg)
    return tuple((row[0], row[1], row[2]) for row in rows)


def _checked_region(region: Iterable[float]) -> Region:
    try:
        x, y, w, h = map(float, region)
    except (TypeError, ValueError) as error:
        msg = f"region is {region!r}; give (x, y, width, height) as fractions of the picture"
        raise InvalidArg(msg) from error
    if not (0 <= x <= 1 and 0 <= y <= 1 and 0 <= w <= 1 - x + 1e-9 and 0 <= h <= 1 - y + 1e-9):
        msg = f"region x={x} y={y} w={w} h={h} leaves the picture; all are fractions of it, 0 to 1"
        raise InvalidArg(msg)
    return x, y, w, h


def region_pixels(
    region: Region,
    size: tuple[int, int],
    whole: tuple[int, int] | None = None,
    start: tuple[Fraction | int, Fraction | int] = (0, 0),
) -> tuple[int, int, int, int]:
    """Return `region` as (x, y, width, height) in pixels of a picture of `size` (w, h).

    Edges fall on the nearest pixel boundary, halves away from the origin. Where the picture begins
    at `start` of `whole` pixels, the pixels are those of the whole, and an edge of the region that
    is one of the picture becomes one of the whole.
    """
    x, y, w, h = map(Fraction, region)
    width, height = whole or size
    left, right = (_edge(at, size[0], width, start[0]) for at in (x, x + w))
    top, bottom = (_edge(at, size[1], height, start[1]) for at in (y, y + h))
    return left, top, right - left, bottom - top


def _edge(at: Fraction, length: int, whole: int, start: Fraction | int) -> int:
    if at <= 0 or at >= 1:
        return whole if at >= 1 else 0
    return min(max(int(start + at * length + Fraction(1, 2)), 0), whole)


def blended(matrix: Matrix3, strength: float) -> Matrix3:
    """Return `strength` of `matrix` and the rest of the identity."""
    return tuple(
        (
            strength * row[0] + (1 - strength) * (i == 0),
            strength * row[1] + (1 - strength) * (i == 1),
            strength * row[2] + (1 - strength) * (i == 2),
        )
        for i, row in enumerate(matrix)
    )


def region_of(x: float, y: float, w: float, h: float) -> Region | None:
    """Return the region, or None where it is the whole picture.

    Raises:
        InvalidArg: it leaves the picture.
    """
    region = _checked_region((x, y, w, h))
    return None if region == (0, 0, 1, 1) else region


def create_effect(
    name: str,
    parameters: Mapping[str, float],
    known: Mapping[str, Callable[..., MatrixEffect]],
) -> MatrixEffect:
    """Return the effect called `name` with these parameters.

    Raises:
        InvalidArg: an unknown name or parameter; the message offers the nearest ones.
    """
    if name not in known:
        msg = f"no effect is called {name!r}; {_nearest(name, list(known))}"
        raise InvalidArg(msg)
    make = known[name]
    takes = list(inspect.signature(make).parameters)
    for key in parameters:
        if key not in takes:
            msg = f"effect {name} has no parameter {key!r}; {_nearest(key, takes)}"
            raise InvalidArg(msg)
    return make(**parameters)


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, 2)
    return f"did you mean {' or '.join(close)}?" if close else f"there are: {', '.join(known)}"
