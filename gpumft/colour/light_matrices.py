"""Matrices on the other side of a curve: constant luminance and ICtCp, as steps.

Both take three lights, encode each with the transfer's own curve, and make the components of what
that gives. For ICtCp the lights are L, M, S of cones; for constant luminance Y, B and R, luminance
in the place of green. Source: docs/light.md, 13.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final

from gpumft.colour.curves import camera_code
from gpumft.colour.matrices import Rows
from gpumft.colour.primaries import inverse
from gpumft.colour.step import Step
from gpumft.colour.tone import LUMINANCE
from gpumft.formula import Value, flush, fma, select
from gpumft.media.enums import Matrix, Transfer
from gpumft.media.videotype import VideoType

_UNIT: Final = 4096


def _rows(*rows: tuple[int, int, int]) -> Rows:
    return tuple(tuple(Fraction(number, _UNIT) for number in row) for row in rows)


_LMS: Final = _rows((1688, 2146, 262), (683, 2951, 462), (99, 309, 3688))
"""L, M, S over BT.2020 R, G, B; every row adds up to 1. Source: BT.2100-2, table 7."""
_ICTCP: Final = {
    Transfer.PQ: _rows((2048, 2048, 0), (6610, -13613, 7003), (17933, -17390, -543)),
    Transfer.HLG: _rows((2048, 2048, 0), (3625, -7465, 3840), (9500, -9212, -288)),
}
"""I, Ct, Cp over L', M', S'. Source: BT.2100-2, table 7 (PQ) and table 8 (HLG); H.273, 8.3."""


@dataclass(frozen=True, slots=True)
class LightMatrix:
    """The steps between components and light.

    Thread-safety: immutable.
    """

    encoded: Step
    """Components to the encoded values of the three lights."""
    to_rgb: Step
    """Those lights to R, G, B of BT.2020."""
    from_rgb: Step
    """R, G, B to the lights."""
    components: Step
    """Their encoded values to the components; of gray, to the first one."""


def light_matrix(type_: VideoType) -> LightMatrix | None:
    """Return the steps of a resolved type's matrix; None where the matrix is none of light.

    Thread-safety: a pure function. Source: BT.2020-2, table 4; BT.2100-2, tables 7 and 8; H.273,
    8.3, equations for MatrixCoefficients 10 and 14.
    """
    gray = type_.format.is_gray
    if type_.format.is_rgb:
        return None
    if type_.matrix == Matrix.BT2020CL:
        return _constant_luminance(gray=gray)
    if type_.matrix != Matrix.ICTCP or type_.transfer is None:
        return None
    return _ictcp(Transfer(type_.transfer), gray=gray)


def _ictcp(transfer: Transfer, *, gray: bool) -> LightMatrix:
    rows = _ICTCP[transfer]
    return LightMatrix(
        Step("to L'M'S'", inverse(rows)),
        Step("LMS to RGB", function=partial(_keeping_gray, inverse(_LMS))),
        Step("RGB to LMS", function=partial(_keeping_gray, _LMS)),
        Step("to I" if gray else "to ICtCp", rows[:1] if gray else rows),
    )


def _keeping_gray(rows: Rows, a: Value, b: Value, c: Value) -> Sequence[Value]:
    """Return the mixes of three channels by rows that add up to 1; equal channels stay exactly so.

    Sums are of differences from the second channel, which near gray are small and nearly exact.
    """
    first, last = a - b, c - b
    return [flush(fma(last, float(row[2]), fma(first, float(row[0]), b))) for row in rows]


def _constant_luminance(*, gray: bool) -> LightMatrix:
    red, green, blue = LUMINANCE
    spans = [_spans(weight) for weight in (blue, red)]

    def encoded(y: Value, *chroma: Value) -> Sequence[Value]:
        """Y', B', R'."""
        pairs = zip(chroma, spans, strict=True)
        return [y, *(fma(c, select(0.0, c, up, down), y) for c, (down, up) in pairs)]

    def to_rgb(y: Value, b: Value, r: Value) -> Sequence[Value]:
        from_blue = fma(y - b, float(blue / green), y)
        return [r, flush(fma(y - r, float(red / green), from_blue)), b]

    def from_rgb(r: Value, g: Value, b: Value) -> Sequence[Value]:
        return [flush(fma(b - g, float(blue), fma(r - g, float(red), g))), b, r]

    def components(y: Value, *encoded: Value) -> Sequence[Value]:
        if gray:
            return [y]
        apart = [(value - y, span) for value, span in zip(encoded, spans, strict=True)]
        return [y, *(flush(d * select(0.0, d, 1 / up, 1 / down)) for d, (down, up) in apart)]

    return LightMatrix(
        Step("to Y'B'R'", function=encoded),
        Step("luminance, blue and red to RGB", function=to_rgb),
        Step("RGB to luminance, blue and red", function=from_rgb),
        Step("to Y'" if gray else "to Y'CbcCrc", function=components),
    )


def _spans(weight: Fraction) -> tuple[float, float]:
    """Return how far B' - Y' (or R' - Y') spans per unit of chroma, below 0 and above."""
    return 2 * camera_code(float(1 - weight)), 2 * (1 - camera_code(float(weight)))
