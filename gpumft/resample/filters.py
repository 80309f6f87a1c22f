"""Filter functions, by name.

They use only + - * / of float64, which give the same bits on every machine; the sines and
exponentials of a maths library do not.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gpumft.errors import InvalidArg

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Filter:
    """A resampling filter along one axis.

    Thread-safety: immutable.
    """

    name: str
    support: int
    """Distance in samples from which on the filter is zero; 0 for `nearest` and `area`, which have
    no function of distance: `taps` picks the one and integrates the other."""
    function: Callable[[Floats], Floats] | None
    """Distances in samples, any sign, to weights; symmetric; not normalised."""


def filter_names() -> tuple[str, ...]:
    """Return the names that `get_filter` knows; `bicubic` also takes `bicubic:b,c`.

    Thread-safety: any thread.
    """
    return tuple(_FILTERS)


@lru_cache(maxsize=256)
def get_filter(name: str) -> Filter:
    """Return the filter called `name`.

    Args:
        name: one of `filter_names()`, or `bicubic:b,c` with two numbers.

    Raises:
        InvalidArg: no filter has this name (the nearest are offered), or its numbers are wrong.

    Thread-safety: any thread.
    """
    base, colon, numbers = name.partition(":")
    if base not in _FILTERS:
        near = difflib.get_close_matches(base, _FILTERS, n=3) or list(_FILTERS)
        raise InvalidArg(f"there is no filter {name!r}; did you mean {', '.join(near)}?")
    if not colon:
        return _FILTERS[base]
    if base != "bicubic":
        raise InvalidArg(f"filter {base} takes no numbers, but {numbers!r} were given")
    try:
        b, c = (float(number) for number in numbers.split(","))
    except ValueError as error:
        raise InvalidArg(f"{name!r} has to be bicubic:b,c, as in bicubic:0.33,0.33") from error
    if not (math.isfinite(b) and math.isfinite(c) and max(abs(b), abs(c)) <= 4):
        raise InvalidArg(f"the numbers of {name!r} have to lie in -4 to 4")
    return _bicubic(name, b, c)


def _bilinear(x: Floats) -> Floats:
    weights: Floats = np.maximum(1 - np.abs(x), 0)
    return weights


def _cubic(x: Floats, b: float, c: float) -> Floats:
    """The cubic family. Source: Mitchell and Netravali, SIGGRAPH 1988, equation 8.

    The outer piece is written by its roots, so that it is exactly 0 at 1 where b is 0.
    """
    d = np.abs(x)
    near = ((12 - 9 * b - 6 * c) * d + (-18 + 12 * b + 6 * c)) * d * d + (6 - 2 * b)
    rest = 2 - d
    far = (b * rest - 6 * c * (d - 1)) * rest * rest
    return np.where(d < 1, near, np.where(d < 2, far, 0)) / 6


def _bicubic(name: str, b: float, c: float) -> Filter:
    return Filter(name, 2, partial(_cubic, b=b, c=c))


def _sine_of_pi(x: Floats) -> Floats:
    """sin(pi x); exactly 0 at integers. Error below 2 units in the last place of 1."""
    turns = np.rint(x)
    t = x - turns
    angle = math.pi * t
    square = angle * angle
    # Taylor's series on [-pi/2, pi/2]: the first term left out is below 2**-60.
    total = np.zeros_like(square)
    for order in range(25, 1, -2):
        total = (1 + total) * (-square / (order * (order - 1)))
    value = angle * (1 + total)
    return np.where(turns % 2 == 0, value, -value)


def _sinc(x: Floats) -> Floats:
    """sin(pi x) / (pi x), 1 at 0."""
    safe = np.where(x == 0, 1, x)
    return np.where(x == 0, 1.0, _sine_of_pi(safe) / (math.pi * safe))


def _lanczos(x: Floats, lobes: int) -> Floats:
    """Source: Duchon, Lanczos filtering in one and two dimensions, 1979."""
    return np.where(np.abs(x) < lobes, _sinc(x) * _sinc(x / lobes), 0)


_SPLINES = {
    16: ((1, -9 / 5, -1 / 5, 1), (-1 / 3, 4 / 5, -7 / 15, 0)),
    36: (
        (13 / 11, -453 / 209, -3 / 209, 1),
        (-6 / 11, 270 / 209, -156 / 209, 0),
        (1 / 11, -45 / 209, 26 / 209, 0),
    ),
    64: (
        (49 / 41, -6387 / 2911, -3 / 2911, 1),
        (-24 / 41, 4032 / 2911, -2328 / 2911, 0),
        (6 / 41, -1008 / 2911, 582 / 2911, 0),
        (-1 / 41, 168 / 2911, -97 / 2911, 0),
    ),
}
"""Cubics on [0, 1), [1, 2), ... in the distance from the piece's left end, highest power first."""


def _spline(x: Floats, points: int) -> Floats:
    """Source: Panorama Tools, spline16, spline36 and spline64."""
    d = np.abs(x)
    result = np.zeros_like(d)
    for left, (c3, c2, c1, c0) in enumerate(_SPLINES[points]):
        t = d - left
        result = np.where((t >= 0) & (t < 1), ((c3 * t + c2) * t + c1) * t + c0, result)
    return result


def _gaussian(x: Floats) -> Floats:
    """exp(-2 x^2): a standard deviation of half a sample, cut at 2 samples (4 deviations)."""
    power = np.minimum(2 * x * x, 8) / 16
    total = np.zeros_like(power)
    for order in range(18, 0, -1):  # the first term left out is below 2**-70
        total = (1 + total) * (-power / order)
    value = 1 + total
    for _ in range(4):
        value = value * value
    return np.where(np.abs(x) < 2, value, 0)


_FILTERS: dict[str, Filter] = {
    each.name: each
    for each in (
        Filter("nearest", 0, None),
        Filter("bilinear", 1, _bilinear),
        _bicubic("bicubic", 0, 1 / 2),
        _bicubic("mitchell", 1 / 3, 1 / 3),
        _bicubic("catmull_rom", 0, 1 / 2),
        _bicubic("bspline", 1, 0),
        _bicubic("hermite", 0, 0),
        Filter("lanczos2", 2, partial(_lanczos, lobes=2)),
        Filter("lanczos3", 3, partial(_lanczos, lobes=3)),
        Filter("lanczos4", 4, partial(_lanczos, lobes=4)),
        Filter("spline16", 2, partial(_spline, points=16)),
        Filter("spline36", 3, partial(_spline, points=36)),
        Filter("spline64", 4, partial(_spline, points=64)),
        Filter("area", 0, None),
        Filter("gaussian", 2, _gaussian),
    )
}
