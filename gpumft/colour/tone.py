"""Tone maps and gamut steps as formulas on linear R, G, B; light 1 is 10,000 cd/m2.

A tone map multiplies R, G and B by one ratio, curve(v) / v, so that hue stays. The formulas are
those of docs/light.md; peak and white are parameters: other ones reuse the machine code.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

import numpy as np

from gpumft.colour import pq
from gpumft.formula import (
    Value,
    clamp,
    divide,
    flush,
    fma,
    larger,
    literal,
    parameter,
    reciprocal,
    select,
    smaller,
)

Channels = tuple[Value, Value, Value]
Weights = tuple[Fraction, Fraction, Fraction]

LUMINANCE: Final[Weights] = (Fraction("0.2627"), Fraction("0.6780"), Fraction("0.0593"))
"""Of linear BT.2020 R, G, B. Source: BT.2100-2, table 5."""
_LMS: Final = ((1688, 2146, 262), (683, 2951, 462))
"""L and M over BT.2020 R, G, B, in 4096ths. Source: BT.2100-2, table 7."""
_PQ_UNIT: Final = 10_000.0


def tone_map(name: str, basis: str, peak: float, white: float) -> Callable[..., Channels] | None:
    """Return the function of linear BT.2020 R, G, B, or None where it changes nothing.

    Args:
        name: bt2390, hable, reinhard, mobius, clip or none.
        basis: max_rgb, luminance or ictcp: what the curve looks at.
        peak: the brightest light of the source, cd/m2.
        white: the light of the target's white, cd/m2.

    Thread-safety: a pure function. Source: BT.2390-10, 5.4.1 (bt2390); J. Hable, "Uncharted 2: HDR
    Lighting" (2010); E. Reinhard et al., "Photographic Tone Reproduction" (2002).
    """
    if name == "none" or peak <= white:
        return None
    ratio_of = _CURVES[name]

    def mapped(r: Value, g: Value, b: Value) -> Channels:
        v = _BASES[basis](r, g, b)
        ratio = ratio_of(v, peak, white)
        # above the peak the curve stays at white
        ratio = select(parameter(peak / _PQ_UNIT), v, divide(parameter(white / _PQ_UNIT), v), ratio)
        ratio = select(0.0, v, ratio, 1.0)
        return flush(r * ratio), flush(g * ratio), flush(b * ratio)

    return mapped


def clip(r: Value, g: Value, b: Value) -> Channels:
    """Return each channel within [0, 1]."""
    return clamp(r, 0.0, 1.0), clamp(g, 0.0, 1.0), clamp(b, 0.0, 1.0)


def desaturate(weights: Weights) -> Callable[..., Channels]:
    """Return the function that moves R, G, B towards the gray of their luminance, into [0, 1].

    Args:
        weights: of luminance, for the primaries that R, G, B have; they add up to 1.

    Thread-safety: a pure function. Source: docs/light.md.
    """

    def moved(r: Value, g: Value, b: Value) -> Channels:
        luminance = weighted(weights, r, g, b)
        gray = clamp(luminance, 0.0, 1.0)
        room = 1.0 - gray
        most, least = larger(larger(r, g), b), smaller(smaller(r, g), b)
        above, below = most - luminance, luminance - least
        high, low = divide(room, above), divide(gray, below)
        high = select(0.0, room, select(room, above, high, 1.0), 0.0)
        low = select(0.0, gray, select(gray, below, low, 1.0), 0.0)
        inside = gray - luminance
        made = []
        for c in (r, g, b):
            # the channel that is farthest out comes out exactly as 1 or 0
            from_top = fma(-high, most - c, 1.0)
            from_bottom = low * (c - least)
            near = select(low, 1.0, from_bottom, c + inside)
            made.append(flush(clamp(select(high, smaller(low, 1.0), from_top, near), 0.0, 1.0)))
        return made[0], made[1], made[2]

    return moved


def weighted(weights: Weights, r: Value, g: Value, b: Value) -> Value:
    """Return the weighted sum of three channels, in their order."""
    red, green, blue = (parameter(float(weight)) for weight in weights)
    return fma(blue, b, fma(green, g, red * r))


# ------------------------------------------------------------------ what a curve looks at


def _max_rgb(r: Value, g: Value, b: Value) -> Value:
    return larger(larger(r, g), b)


def _luminance(r: Value, g: Value, b: Value) -> Value:
    return weighted(LUMINANCE, r, g, b)


def _intensity(r: Value, g: Value, b: Value) -> Value:
    """The light of gray that has the I of ICtCp. Source: BT.2100-2, table 7."""
    codes = []
    for row in _LMS:
        red, green, blue = (literal(weight / 4096) for weight in row)
        codes.append(pq.encode(larger(fma(blue, b, fma(green, g, red * r)), 0.0)))
    return pq.decode((codes[0] + codes[1]) * 0.5)


_BASES: Final = {"max_rgb": _max_rgb, "luminance": _luminance, "ictcp": _intensity}

# ------------------------------------------------------------------ curves, as output / input


def _clip(v: Value, _peak: float, white: float) -> Value:
    w = parameter(white / _PQ_UNIT)
    return select(w, v, divide(w, v), 1.0)


def _bt2390(v: Value, peak: float, white: float) -> Value:
    top = pq_code(peak)
    m = pq_code(white) / top
    knee = 1.5 * m - 0.5
    code = pq.encode(v)
    t = fma(code, parameter(1 / (top * (1 - knee))), parameter(-knee / (1 - knee)))
    # (2t^3-3t^2+1) ks + (t^3-2t^2+t)(1-ks) + (-2t^3+3t^2) m, by powers of t
    cubic = 2 * knee + (1 - knee) - 2 * m
    square = -3 * knee - 2 * (1 - knee) + 3 * m
    bent = fma(fma(fma(parameter(cubic), t, parameter(square)), t, parameter(1 - knee)), t,
               parameter(knee))  # fmt: skip
    light = pq.decode(larger(bent, 0.0) * parameter(top))
    return select(code, parameter(knee * top), 1.0, divide(light, v))


_HABLE: Final = {"A": 0.15, "B": 0.50, "C": 0.10, "D": 0.20, "E": 0.02, "F": 0.30}


def _hable(v: Value, peak: float, white: float) -> Value:
    a, b, c, d, e, f = _HABLE.values()
    first, last, floor = b * (c - e / f), a * (1 - e / f), d * f
    p = peak / white
    whole = p * (p * last + first) / (p * (a * p + b) + floor)
    x = v * parameter(_PQ_UNIT / white)
    slope = fma(x, last, first) * reciprocal(fma(x, fma(x, a, b), floor))
    return slope * parameter(1 / whole)


def _reinhard(v: Value, peak: float, white: float) -> Value:
    p = peak / white
    return reciprocal(fma(v, parameter(_PQ_UNIT / white), 1.0)) * parameter((p + 1) / p)


def _mobius(v: Value, peak: float, white: float) -> Value:
    j, p = 0.3, peak / white
    a = -j * j * (p - 1) / (j * j - 2 * j + p)
    b = (j * j - 2 * j * p + p) / (p - 1)
    scale = (b * b + 2 * b * j + j * j) / (b - a)
    unit = parameter(_PQ_UNIT / white)
    x = v * unit
    y = fma(v, unit, parameter(a)) * reciprocal(fma(x, x, x * parameter(b)))
    return select(x, j, 1.0, y * parameter(scale))


_CURVES: Final = {
    "clip": _clip,
    "bt2390": _bt2390,
    "hable": _hable,
    "reinhard": _reinhard,
    "mobius": _mobius,
}


def pq_code(light: float) -> float:
    """Return the PQ code value, 0 to 1, of light in cd/m2. Source: BT.2100-2, table 4."""
    y = np.float64(light / _PQ_UNIT) ** (2610 / 16384)
    inside = (3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)
    return float(inside ** (2523 / 32))
