"""Tone maps and gamut steps as formulas on linear R, G, B; light 1 is 10,000 cd/m2.

A tone map multiplies R, G and B by one ratio, curve(v) / v, so that hue stays. The formulas are
those of docs/light.md; peak and white are in parameters alone: other ones reuse the machine code,
and an adjustable map gets new ones from picture to picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from struct import Struct
from typing import Final

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
_FLOAT32: Final = Struct("f")
"""Rounds without NumPy, which would allocate."""
_NAME: Final = "tone map: {}"
"""What a parameter of an adjustable map is called."""


def tone_map(
    name: str, basis: str, peak: float, white: float, *, adjustable: bool = False
) -> Callable[..., Channels] | None:
    """Return the function of linear BT.2020 R, G, B, or None where it changes nothing.

    Args:
        name: bt2390, hable, reinhard, mobius, clip or none.
        basis: max_rgb, luminance or ictcp: what the curve looks at.
        peak: the brightest light of the source, cd/m2.
        white: the light of the target's white, cd/m2.
        adjustable: whether `settings` for other peaks fit it.

    Thread-safety: a pure function. Source: BT.2390-10, 5.4.1 (bt2390); J. Hable, "Uncharted 2: HDR
    Lighting" (2010); E. Reinhard et al., "Photographic Tone Reproduction" (2002).
    """
    if name == "none" or (peak <= white and not adjustable):
        return None
    ratio_of = _CURVES[name]

    def mapped(r: Value, g: Value, b: Value) -> Channels:
        numbers = {
            key: parameter(number, _NAME.format(key) if adjustable else "")
            for key, number in _numbers(name, peak, white).items()
        }
        v = _BASES[basis](r, g, b)
        ratio = ratio_of(v, numbers)
        # above the peak the curve stays at white
        ratio = select(numbers["peak"], v, divide(numbers["white"], v), ratio)
        ratio = select(0.0, v, ratio, 1.0)
        return flush(r * ratio), flush(g * ratio), flush(b * ratio)

    return mapped


def settings(name: str, peak: float, white: float) -> dict[str, float]:
    """Return the named parameters that make an adjustable tone map that of another peak.

    Args: as of `tone_map`; the peak is above white.

    Thread-safety: a pure function.
    """
    found = _numbers(name, peak, white)
    return {_NAME.format(key): _FLOAT32.unpack(_FLOAT32.pack(n))[0] for key, n in found.items()}


def _numbers(name: str, peak: float, white: float) -> dict[str, float]:
    """Return all that peak and white decide about a curve."""
    ends = {"peak": peak / _PQ_UNIT, "white": white / _PQ_UNIT}
    return ends | (_NUMBERS[name](peak, white) if name in _NUMBERS else {})


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


def _clip(v: Value, n: Mapping[str, Value]) -> Value:
    return select(n["white"], v, divide(n["white"], v), 1.0)


def _bt2390_numbers(peak: float, white: float) -> dict[str, float]:
    top = pq_code(peak)
    m = pq_code(white) / top
    knee = 1.5 * m - 0.5
    # (2t^3-3t^2+1) ks + (t^3-2t^2+t)(1-ks) + (-2t^3+3t^2) m, by powers of t
    return {
        "slope of t": 1 / (top * (1 - knee)),
        "start of t": -knee / (1 - knee),
        "cubic": 2 * knee + (1 - knee) - 2 * m,
        "square": -3 * knee - 2 * (1 - knee) + 3 * m,
        "linear": 1 - knee,
        "knee": knee,
        "top": top,
        "knee's code": knee * top,
    }


def _bt2390(v: Value, n: Mapping[str, Value]) -> Value:
    code = pq.encode(v)
    t = fma(code, n["slope of t"], n["start of t"])
    bent = fma(fma(fma(n["cubic"], t, n["square"]), t, n["linear"]), t, n["knee"])
    light = pq.decode(larger(bent, 0.0) * n["top"])
    return select(code, n["knee's code"], 1.0, divide(light, v))


_HABLE: Final = {"A": 0.15, "B": 0.50, "C": 0.10, "D": 0.20, "E": 0.02, "F": 0.30}


def _hable_curve() -> tuple[float, float, float, float, float]:
    """X (last x + first) / (x (a x + b) + floor) is the curve, but for a factor."""
    a, b, c, d, e, f = _HABLE.values()
    return b * (c - e / f), a * (1 - e / f), d * f, a, b


def _hable_numbers(peak: float, white: float) -> dict[str, float]:
    first, last, floor, a, b = _hable_curve()
    p = peak / white
    whole = p * (p * last + first) / (p * (a * p + b) + floor)
    return {"unit": _PQ_UNIT / white, "gain": 1 / whole}


def _hable(v: Value, n: Mapping[str, Value]) -> Value:
    first, last, floor, a, b = _hable_curve()
    x = v * n["unit"]
    slope = fma(x, last, first) * reciprocal(fma(x, fma(x, a, b), floor))
    return slope * n["gain"]


def _reinhard_numbers(peak: float, white: float) -> dict[str, float]:
    p = peak / white
    return {"unit": _PQ_UNIT / white, "gain": (p + 1) / p}


def _reinhard(v: Value, n: Mapping[str, Value]) -> Value:
    return reciprocal(fma(v, n["unit"], 1.0)) * n["gain"]


_MOBIUS_KNEE: Final = 0.3


def _mobius_numbers(peak: float, white: float) -> dict[str, float]:
    j, p = _MOBIUS_KNEE, peak / white
    a = -j * j * (p - 1) / (j * j - 2 * j + p)
    b = (j * j - 2 * j * p + p) / (p - 1)
    scale = (b * b + 2 * b * j + j * j) / (b - a)
    return {"unit": _PQ_UNIT / white, "a": a, "b": b, "gain": scale}


def _mobius(v: Value, n: Mapping[str, Value]) -> Value:
    x = v * n["unit"]
    y = fma(v, n["unit"], n["a"]) * reciprocal(fma(x, x, x * n["b"]))
    return select(x, _MOBIUS_KNEE, 1.0, y * n["gain"])


_CURVES: Final = {
    "clip": _clip,
    "bt2390": _bt2390,
    "hable": _hable,
    "reinhard": _reinhard,
    "mobius": _mobius,
}
_NUMBERS: Final = {
    "bt2390": _bt2390_numbers,
    "hable": _hable_numbers,
    "reinhard": _reinhard_numbers,
    "mobius": _mobius_numbers,
}


def pq_code(light: float) -> float:
    """Return the PQ code value, 0 to 1, of light in cd/m2. Source: BT.2100-2, table 4."""
    y = float(light / _PQ_UNIT) ** (2610 / 16384)
    inside = (3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)
    return float(inside ** (2523 / 32))
