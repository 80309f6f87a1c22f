"""Filters for the reference: a dense matrix of weights per axis, straight from the formulas.

Sources: Mitchell and Netravali 1988 (bicubic family), Duchon 1979 (lanczos), Dersch's
Panorama Tools (spline16, 36 and 64); the Gaussian is exp(-2 x^2), cut at 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from gpumft.errors import InvalidArg

Kernel = Callable[[float], float]

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Axis:
    """Samples of one component along one axis; positions in pixels from the picture's edge.

    Luma sample i lies at i + 1/2. A sub-sampled component has `step` 2 whatever the picture's size.
    Sample i owns `cell` pixels (None: `step`) from `edge + step * i` on; a field's samples own half
    of their step, for the other field owns the rest.

    Thread-safety: immutable.
    """

    origin: Fraction
    step: int
    count: int
    edge: Fraction = Fraction(0)
    cell: int | None = None

    @property
    def owned(self) -> int:
        """How many pixels a sample owns."""
        return self.step if self.cell is None else self.cell

    def mirrored(self, extent: int) -> Axis:
        """Return the same samples seen from the other end of a picture of `extent` pixels."""
        way = self.step * (self.count - 1)
        edge = extent - (self.edge + way + self.owned)
        return Axis(extent - (self.origin + way), self.step, self.count, edge, self.cell)

    def field(self, parity: int) -> Axis:
        """Return the samples of one field: 0 is the upper, that of the first row."""
        return Axis(
            self.origin + parity * self.step,
            2 * self.step,
            (self.count + 1 - parity) // 2,
            self.edge + parity * self.step,
            self.step,
        )

    def inside(self, low: Fraction, high: Fraction) -> tuple[int, int]:
        """Return the first and the last sample that own any part of the pixels low..high."""
        first = math.floor((low - self.edge - self.owned) / self.step) + 1
        last = math.ceil((high - self.edge) / self.step) - 1
        return max(first, 0), min(last, self.count - 1)


@dataclass(frozen=True, slots=True)
class Window:
    """What part of the source one axis shows: `start` and `length` in source pixels (exact).

    `extent` is how many destination pixels it fills. Samples that own no part of the window are
    never read: the nearest one that does stands for them. `limits` (from, to) narrows what is read
    to less than what is shown.

    Thread-safety: immutable.
    """

    start: Fraction
    length: Fraction
    extent: int
    limits: tuple[Fraction, Fraction] | None = None

    @property
    def read(self) -> tuple[Fraction, Fraction]:
        """The source pixels that may be read, from and to."""
        return self.limits or (self.start, self.start + self.length)


def weights(src: Axis, dst: Axis, window: Window, filter_: str) -> NDArray[np.float64]:
    """Return the weights of every source sample in every destination sample.

    A destination sample at p lies at `start + p * length / extent` in the source. Where every
    destination sample falls exactly on a source sample and the spacing is equal, samples are taken
    as they are, whatever the filter. Filters are stretched when the destination's samples lie
    farther apart than the source's; `nearest` takes sample ceil(u - 1/2); `area` takes what the
    destination sample's interval covers, both up and down.

    Args:
        src: the source samples.
        dst: the destination samples.
        window: the part of the source that is shown.
        filter_: the filter's name.

    Returns:
        (dst.count, src.count) float64; rows sum to 1.

    Raises:
        InvalidArg: an unknown filter, or no source sample lies in the window.

    Thread-safety: a pure function.
    """
    first, last = src.inside(*window.read)
    if first > last:
        raise InvalidArg("a field has no row inside the crop: give at least two rows of chroma")
    scale = window.length / window.extent
    spacing = scale * dst.step / src.step
    result = np.zeros((dst.count, src.count))
    known: dict[Fraction, list[tuple[int, float]]] = {}
    for row in range(dst.count):
        place = window.start + (dst.origin + dst.step * row) * scale
        u = (place - src.origin) / src.step
        whole = math.floor(u)
        phase = u - whole
        if phase not in known:
            known[phase] = _taps(phase, spacing, filter_)
        for index, weight in known[phase]:
            result[row, min(max(whole + index, first), last)] += weight
    return result


def field_weights(src: Axis, dst: Axis, window: Window, filter_: str) -> NDArray[np.float64]:
    """Return `weights` of interlaced rows: every row is made of rows of its own field.

    Args, returns, raises: as `weights`; InvalidArg also where a field has no row at all.

    Thread-safety: a pure function.
    """
    result = np.zeros((dst.count, src.count))
    for parity in (0, 1):
        ours, theirs = src.field(parity), dst.field(parity)
        if not ours.count or not theirs.count:
            raise InvalidArg("a field has no row: interlaced pictures need two rows of chroma")
        result[parity::2, parity::2] = weights(ours, theirs, window, filter_)
    return result


def is_selection(matrix: NDArray[np.float64]) -> bool:
    """Return whether every row takes exactly one sample as it is."""
    return bool(np.all((matrix == 0) | (matrix == 1)) and np.all(matrix.sum(axis=1) == 1))


def _taps(u: Fraction, spacing: Fraction, filter_: str) -> list[tuple[int, float]]:
    """Return (sample, weight) of a destination sample at u, samples being endless; sum 1."""
    support, kernel = _kernel(filter_)
    if spacing == 1 and u == 0:
        return [(0, 1.0)]
    if filter_ == "nearest":
        return [(math.ceil(u - HALF), 1.0)]
    if filter_ == "area":
        low, high = u - spacing / 2, u + spacing / 2
        cells = range(math.floor(low + HALF), math.ceil(high - HALF) + 1)
        cover = [(k, min(high, k + HALF) - max(low, k - HALF)) for k in cells]
        return [(k, float(part / spacing)) for k, part in cover if part > 0]
    stretch = max(Fraction(1), spacing)
    reach = support * stretch
    near = range(math.floor(u - reach) + 1, math.ceil(u + reach))
    raw = [(k, kernel(abs(float((k - u) / stretch)))) for k in near]
    total = math.fsum(weight for _, weight in raw)
    return [(k, weight / total) for k, weight in raw]


def _kernel(filter_: str) -> tuple[int, Kernel]:
    """Return the filter's support and its function of |x|."""
    if filter_ in _KERNELS:
        return _KERNELS[filter_]
    if filter_.startswith("bicubic:"):
        parts = filter_.removeprefix("bicubic:").split(",")
        try:
            b, c = (float(part) for part in parts)
        except ValueError as error:
            raise InvalidArg(f"filter {filter_!r}: write bicubic:b,c with two numbers") from error
        return 2, _cubic(b, c)
    raise InvalidArg(f"unknown filter {filter_!r}: choose one of {', '.join(_KERNELS)}")


def _cubic(b: float, c: float) -> Kernel:
    def value(x: float) -> float:
        if x < 1:
            return ((12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + 6 - 2 * b) / 6
        return (
            (-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + 8 * b + 24 * c
        ) / 6

    return value


def _lanczos(lobes: int) -> Kernel:
    def sinc(x: float) -> float:
        if x == round(x):  # sin(pi x) is not exactly 0 in floating point
            return 1.0 if x == 0 else 0.0
        return math.sin(math.pi * x) / (math.pi * x)

    return lambda x: sinc(x) * sinc(x / lobes)


def _spline(*pieces: tuple[float, float, float, float]) -> Kernel:
    """Cubics in x - floor(x), highest power first."""

    def value(x: float) -> float:
        piece = min(int(x), len(pieces) - 1)
        cube, square, line, rest = pieces[piece]
        t = x - piece
        return ((cube * t + square) * t + line) * t + rest

    return value


_KERNELS: dict[str, tuple[int, Kernel]] = {
    "nearest": (1, lambda _: 1.0),
    "area": (1, lambda _: 1.0),
    "bilinear": (1, lambda x: 1 - x),
    "bicubic": (2, _cubic(0, 1 / 2)),
    "catmull_rom": (2, _cubic(0, 1 / 2)),
    "mitchell": (2, _cubic(1 / 3, 1 / 3)),
    "bspline": (2, _cubic(1, 0)),
    "hermite": (2, _cubic(0, 0)),
    "lanczos2": (2, _lanczos(2)),
    "lanczos3": (3, _lanczos(3)),
    "lanczos4": (4, _lanczos(4)),
    "spline16": (2, _spline((1, -9 / 5, -1 / 5, 1), (-1 / 3, 4 / 5, -7 / 15, 0))),
    "spline36": (
        3,
        _spline(
            (13 / 11, -453 / 209, -3 / 209, 1),
            (-6 / 11, 270 / 209, -156 / 209, 0),
            (1 / 11, -45 / 209, 26 / 209, 0),
        ),
    ),
    "spline64": (
        4,
        _spline(
            (49 / 41, -6387 / 2911, -3 / 2911, 1),
            (-24 / 41, 4032 / 2911, -2328 / 2911, 0),
            (6 / 41, -1008 / 2911, 582 / 2911, 0),
            (-1 / 41, 168 / 2911, -97 / 2911, 0),
        ),
    ),
    "gaussian": (2, lambda x: math.exp(-2 * x * x)),
}
"""Filter -> support and function; nearest and area are computed from their intervals."""
