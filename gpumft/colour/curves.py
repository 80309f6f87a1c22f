"""Transfer functions as formulas: code value to light (decode) and back (encode).

Light is relative: 1 is the nominal peak, 10,000 cd/m2 with PQ. What happens outside [0, 1] stands
in docs/light.md: power-like curves and HLG are odd and extend above 1, PQ clamps to [0, 1],
logarithmic curves give 0 below their floor. To decode HLG and logarithms, codes above 2 count as 2.
NaN stays NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gpumft.colour import pq
from gpumft.formula import Value, exp2, flush, fma, keep_nan, literal, log2, power, select, smaller
from gpumft.formula import square_root as root
from gpumft.media.enums import Transfer

_HUGE: Final = 2.0**60
"""Larger magnitudes pass a curve that extends above 1 as they are: infinity stays infinity."""
_HIGHEST: Final = 2.0
"""Where light is an exponential of the code value, higher codes count as this one."""
Function = Callable[[Value], Value]


@dataclass(frozen=True, slots=True)
class _Power:
    """A power with an offset, and a straight line near zero.

    Light = (V + offset) / (1 + offset) to the power of `gamma`; for light below `low`
    V = slope * light.
    """

    gamma: float
    offset: float = 0.0
    slope: float = 0.0
    low: float = 0.0

    def decode(self, x: Value) -> Value:
        scale = 1 + self.offset
        base = fma(x, 1 / scale, self.offset / scale) if self.offset else x
        curve = power(base, self.gamma)
        if not self.low:
            return curve
        return select(x, self.slope * self.low, x * (1 / self.slope), curve)

    def encode(self, x: Value) -> Value:
        curve = power(x, 1 / self.gamma)
        if self.offset:
            curve = fma(curve, 1 + self.offset, -self.offset)
        return select(x, self.low, x * self.slope, curve) if self.low else curve


_BT709: Final = _Power(1 / 0.45, 0.09929682680944, 4.5, 0.018053968510807)
"""BT.709-6, 1.2, with the constants that make it continuous; also BT.601 and BT.2020."""
_POWERS: Final = {
    Transfer.BT709: _BT709,
    # SMPTE ST 240, 4.1; H.273, table 3, value 7
    Transfer.SMPTE240M: _Power(1 / 0.45, 0.111572195921731, 4.0, 0.022821585529445),
    Transfer.SRGB: _Power(2.4, 0.055, 12.92, 0.0031308),  # IEC 61966-2-1
    Transfer.BT1886: _Power(2.4),  # BT.1886 with a black of 0
    Transfer.GAMMA18: _Power(1.8),
    Transfer.GAMMA20: _Power(2.0),
    Transfer.GAMMA22: _Power(2.2),
    Transfer.GAMMA26: _Power(2.6),
    Transfer.GAMMA28: _Power(2.8),
}
_DECADES: Final = {Transfer.LOG100: 2.0, Transfer.LOG316: 2.5}
"""H.273, table 3, values 9 and 10: V = 1 + log10(light) / decades."""

_HLG_A: Final = 0.17883277
_HLG_B: Final = 1 - 4 * _HLG_A
_HLG_C: Final = 0.5 - _HLG_A * math.log(4 * _HLG_A)


def decode(transfer: Transfer) -> Function:
    """Return the function of a code value, nominal [0, 1], that gives its light.

    Thread-safety: a pure function. Source: ITU-T H.273, 8.2, solved for light; BT.1886; BT.2100-2.
    """
    if transfer in _POWERS:
        return _odd(_POWERS[transfer].decode)
    if transfer in _DECADES:
        return lambda x: _log_decode(x, _DECADES[transfer])
    return {Transfer.LINEAR: _same, Transfer.PQ: pq.decode, Transfer.HLG: _hlg_light}[transfer]


def encode(transfer: Transfer) -> Function:
    """Return the function of light that gives its code value, nominal [0, 1].

    Thread-safety: a pure function. Source: ITU-T H.273, 8.2; BT.1886; BT.2100-2.
    """
    if transfer in _POWERS:
        return _odd(_POWERS[transfer].encode)
    if transfer in _DECADES:
        return lambda x: _log_encode(x, _DECADES[transfer])
    return {Transfer.LINEAR: _same, Transfer.PQ: pq.encode, Transfer.HLG: _odd(_hlg_encode)}[
        transfer
    ]


def camera_code(light: float) -> float:
    """Return the code value, 0 to 1, of light from the curve's power up to 1. Source: BT.2020-2."""
    curve: float = light ** (1 / _BT709.gamma)
    return (1 + _BT709.offset) * curve - _BT709.offset


def _same(x: Value) -> Value:
    return x


def _odd(positive: Function) -> Function:
    """Return `positive` for positive numbers and -positive(-x) for negative ones."""

    def function(x: Value) -> Value:
        magnitude = abs(x)
        return _signed(x, select(magnitude, _HUGE, positive(magnitude), magnitude))

    return function


def _signed(x: Value, magnitude: Value) -> Value:
    """Return a magnitude with the sign of x; NaN where x is."""
    y = flush(magnitude)
    return keep_nan(x, select(x, 0.0, -y, y))


def _log_decode(x: Value, decades: float) -> Value:
    step = decades * math.log2(10)
    light = exp2(fma(smaller(x, _HIGHEST), step, -step))
    return keep_nan(x, select(0.0, x, flush(light), 0.0))


def _log_encode(x: Value, decades: float) -> Value:
    floor = 10.0**-decades
    curve = fma(log2(x), 1 / (decades * math.log2(10)), 1.0)
    return keep_nan(x, select(floor, x, flush(curve), 0.0))


def _hlg_light(x: Value) -> Value:
    return _signed(x, _hlg_decode(abs(x)))


def _hlg_decode(x: Value) -> Value:
    step = 1 / (_HLG_A * math.log(2))
    high = fma(exp2(fma(smaller(x, _HIGHEST), step, -_HLG_C * step)), 1 / 12, _HLG_B / 12)
    return select(0.5, x, high, (x * x) * literal(1 / 3))


def hlg_light(code: float) -> float:
    """Return the scene light of HLG's code value from 0 to 1, in float64.

    Source: BT.2100-2, table 5 (inverse OETF).
    """
    return code * code / 3 if code <= 0.5 else (math.exp((code - _HLG_C) / _HLG_A) + _HLG_B) / 12


def _hlg_encode(x: Value) -> Value:
    high = fma(log2(fma(x, 12.0, -_HLG_B)), _HLG_A * math.log(2), _HLG_C)
    return select(1 / 12, x, high, root(x * 3.0))
