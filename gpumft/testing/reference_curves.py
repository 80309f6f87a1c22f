"""Transfer functions of the reference, in float64: code values to light and back.

V is an encoded nominal value, L light; 1 is the nominal peak of each (for `pq` 10000 cd/m2, for
`hlg` scene light 1). Behaviour outside [0, 1] is the table of docs/light, "Curves".

Sources: ITU-R BT.709-6 (1.2), BT.2020-2 (table 4), BT.1886, BT.2100-2 (tables 4 and 5), SMPTE 240M,
SMPTE ST 2084, IEC 61966-2-1, ITU-T H.273 (table 3: logarithmic curves, exact BT.709 constants).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gpumft.media.enums import Transfer

Samples = NDArray[np.float64]

CAMERA = {
    Transfer.BT709: (4.5, 1.09929682680944, 0.018053968510807),
    Transfer.SMPTE240M: (4.0, 1.111572195921731, 0.022821585529445),
}
"""Slope, alpha and beta of V = slope * L below beta, else alpha * L^0.45 - (alpha - 1)."""

GAMMA = {
    Transfer.BT1886: 2.4,
    Transfer.GAMMA18: 1.8,
    Transfer.GAMMA20: 2.0,
    Transfer.GAMMA22: 2.2,
    Transfer.GAMMA26: 2.6,
    Transfer.GAMMA28: 2.8,
    Transfer.LINEAR: 1.0,
}

EXPONENTIAL_LIMIT = 2.0
"""The largest V that an exponential curve (logarithmic ones, HLG) is followed to; no signal comes
near, and float32 would soon be left behind it."""

DECADES = {Transfer.LOG100: 2.0, Transfer.LOG316: 2.5}
"""How many powers of ten a logarithmic curve spans."""

PQ_M1, PQ_M2 = 2610 / 16384, 2523 / 4096 * 128
PQ_C1, PQ_C2, PQ_C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32

HLG_A = 0.17883277
HLG_B = 1 - 4 * HLG_A
HLG_C = 0.5 - HLG_A * math.log(4 * HLG_A)

HDR = (Transfer.PQ, Transfer.HLG)


def decode(transfer: Transfer, values: Samples) -> Samples:
    """Return the light of encoded values, by the inverse of the curve's own encoding.

    Thread-safety: a pure function.
    """
    with np.errstate(all="ignore"):
        if transfer is Transfer.PQ:
            return pq_decode(values)
        if transfer in DECADES:
            light = 10.0 ** (DECADES[transfer] * (np.minimum(values, EXPONENTIAL_LIMIT) - 1))
            return np.where(values <= 0, 0.0, light)
        return np.copysign(_decode_positive(transfer, np.abs(values)), values)


def encode(transfer: Transfer, light: Samples) -> Samples:
    """Return the encoded values of light.

    Thread-safety: a pure function.
    """
    with np.errstate(all="ignore"):
        if transfer is Transfer.PQ:
            return pq_encode(light)
        if transfer in DECADES:
            decades = DECADES[transfer]
            values = 1 + np.log10(np.maximum(light, 10.0**-decades)) / decades
            return np.asarray(np.maximum(values, 0.0))
        return np.asarray(np.copysign(_encode_positive(transfer, np.abs(light)), light))


def on_display(transfer: Transfer) -> Transfer:
    """Return the curve by which a display shows an SDR signal: BT.1886 for camera curves.

    Thread-safety: a pure function. Source: ITU-R BT.1886.
    """
    return Transfer.BT1886 if transfer in CAMERA else transfer


def pq_decode(values: Samples) -> Samples:
    """Return light, 1 being 10000 cd/m2. Source: SMPTE ST 2084, 5.1.

    Thread-safety: a pure function.
    """
    root = np.clip(values, 0.0, 1.0) ** (1 / PQ_M2)
    return np.asarray((np.maximum(root - PQ_C1, 0.0) / (PQ_C2 - PQ_C3 * root)) ** (1 / PQ_M1))


def pq_encode(light: Samples) -> Samples:
    """Return encoded values of light, 1 being 10000 cd/m2. Source: SMPTE ST 2084, 5.2.

    No light is 0, as black is in every other curve; the formula makes 7.3e-7 of it.

    Thread-safety: a pure function.
    """
    power = np.clip(light, 0.0, 1.0) ** PQ_M1
    return np.where(light <= 0, 0.0, ((PQ_C1 + PQ_C2 * power) / (1 + PQ_C3 * power)) ** PQ_M2)


def _decode_positive(transfer: Transfer, v: Samples) -> Samples:
    if transfer in CAMERA:
        slope, alpha, beta = CAMERA[transfer]
        return np.where(v < slope * beta, v / slope, ((v + alpha - 1) / alpha) ** (1 / 0.45))
    if transfer is Transfer.SRGB:
        return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    if transfer is Transfer.HLG:
        bright = np.exp((np.minimum(v, EXPONENTIAL_LIMIT) - HLG_C) / HLG_A)
        return np.where(v <= 0.5, v * v / 3, (bright + HLG_B) / 12)
    return np.asarray(v ** GAMMA[transfer])


def _encode_positive(transfer: Transfer, x: Samples) -> Samples:
    if transfer in CAMERA:
        slope, alpha, beta = CAMERA[transfer]
        return np.where(x < beta, slope * x, alpha * x**0.45 - (alpha - 1))
    if transfer is Transfer.SRGB:
        return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    if transfer is Transfer.HLG:
        bright = HLG_A * np.log(np.maximum(12 * x - HLG_B, 1e-300)) + HLG_C
        return np.where(x <= 1 / 12, np.sqrt(3 * x), bright)
    return np.asarray(x ** (1 / GAMMA[transfer]))
