"""Tone mapping and gamut steps of the reference, in float64. Light is in cd/m2.

Sources: ITU-R BT.2390-10, 5.4.1 (EETF); Hable 2010; Reinhard 2002; the Mobius curve that meets the
identity at its knee with slope 1 and ends at 1; ITU-R BT.2100-2, table 7 (ICtCp).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gpumft.testing.reference_curves import pq_decode, pq_encode
from gpumft.testing.reference_primaries import LUMA_2020

Samples = NDArray[np.float64]
Curve = Callable[[Samples, float], Samples]
"""From x (light over target white) and the source's peak over target white to output over white."""

REINHARD_CONTRAST = 0.5
MOBIUS_KNEE = 0.3
_TO_LMS = np.array([[1688, 2146, 262], [683, 2951, 462]]) / 4096


def tone_ratio(rgb: Samples, name: str, basis: str, peak: float, white: float) -> Samples:
    """Return what the light of each pixel is multiplied by.

    Args:
        rgb: (3, ...) linear BT.2020 light.
        name: bt2390, hable, reinhard, mobius, clip or none.
        basis: max_rgb, luminance or ictcp: which value of a pixel the curve is taken of.
        peak: the brightest light of the source.
        white: the light of the target's white, its peak.

    Thread-safety: a pure function.
    """
    value = intensity(rgb, basis)
    lit = value > 0
    safe = np.where(lit, value, 1.0)
    with np.errstate(invalid="ignore"):
        ratio = tone_curve(safe, name, peak, white) / safe
    return np.where(lit, ratio, np.where(np.isnan(value), np.nan, 1.0))


def tone_curve(light: Samples, name: str, peak: float, white: float) -> Samples:
    """Return the light that `light` becomes on a display whose peak is `white`.

    Thread-safety: a pure function.
    """
    if name == "none" or peak <= white:
        return light
    if name == "clip":
        return np.minimum(light, white)
    limited = np.minimum(light, peak)
    if name == "bt2390":
        return _bt2390(limited, peak, white)
    return white * _CURVES[name](limited / white, peak / white)


def intensity(rgb: Samples, basis: str) -> Samples:
    """Return the value of each pixel that a tone curve is taken of.

    Thread-safety: a pure function.
    """
    if basis == "max_rgb":
        return np.asarray(rgb.max(axis=0))
    if basis == "luminance":
        return np.asarray(np.tensordot(np.array(LUMA_2020), rgb, 1))
    cones = pq_encode(np.tensordot(_TO_LMS, rgb, 1) / 10000)
    return 10000 * pq_decode(cones.mean(axis=0))


def gamut_step(rgb: Samples, name: str, peak: float, luma: Samples) -> Samples:
    """Return light that lies within [0, peak].

    Args:
        rgb: (3, ...) linear light in the destination's primaries.
        name: "clip", each channel alone, or "perceptual", toward the gray of equal luminance just
            as far as needed.
        peak: the most that a channel can have.
        luma: the luminance weights of the primaries.

    Thread-safety: a pure function.
    """
    if name == "clip":
        return np.clip(rgb, 0.0, peak)
    gray = np.tensordot(luma, rgb, 1)
    within = np.clip(gray, 0.0, peak)
    above, below = rgb.max(axis=0) - gray, gray - rgb.min(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.where(above > peak - within, (peak - within) / above, 1.0)
        reach = np.minimum(reach, np.where(below > within, within / below, 1.0))
        return np.asarray(within + reach * (rgb - gray))


def _bt2390(light: Samples, peak: float, white: float) -> Samples:
    top = pq_encode(np.array(peak / 10000))
    most = pq_encode(np.array(white / 10000)) / top
    knee = 1.5 * most - 0.5
    e = pq_encode(light / 10000) / top
    t = (e - knee) / (1 - knee)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * most
    )
    return np.where(e < knee, light, 10000 * pq_decode(np.maximum(spline, 0.0) * top))


def _hable(x: Samples, p: float) -> Samples:
    a, b, c, d, e, f = 0.15, 0.50, 0.10, 0.20, 0.02, 0.30

    def filmic(v: Samples) -> Samples:
        # (v(av + cb) + de) / (v(av + b) + df) - e / f over one denominator: nothing cancels.
        return v * (a * (1 - e / f) * v + b * (c - e / f)) / (v * (a * v + b) + d * f)

    return filmic(x) / filmic(np.array(p))


def _reinhard(x: Samples, p: float) -> Samples:
    offset = (1 - REINHARD_CONTRAST) / REINHARD_CONTRAST
    return x / (x + offset) * ((p + offset) / p)


def _mobius(x: Samples, p: float) -> Samples:
    j = MOBIUS_KNEE
    a = -j * j * (p - 1) / (j * j - 2 * j + p)
    b = (j * j - 2 * j * p + p) / (p - 1)
    curved = (b * b + 2 * b * j + j * j) / (b - a) * (x + a) / (x + b)
    return np.where(x <= j, x, curved)


_CURVES: dict[str, Curve] = {"hable": _hable, "reinhard": _reinhard, "mobius": _mobius}
