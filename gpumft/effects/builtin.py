"""The built-in effects."""

from __future__ import annotations

from collections.abc import Callable

from gpumft.effects.matrix import MatrixEffect, blended, region_of
from gpumft.errors import InvalidArg

_LUMA_BT709 = (0.2126, 0.7152, 0.0722)
_COMMON_SEPIA = ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))
_BRIGHTEST = sum(_COMMON_SEPIA[0])
_SEPIA = tuple((r / _BRIGHTEST, g / _BRIGHTEST, b / _BRIGHTEST) for r, g, b in _COMMON_SEPIA)
"""White becomes (1, 0.89, 0.69): nothing leaves the range, so nothing is clipped to yellow."""


def _checked(strength: float) -> float:
    try:
        number = float(strength)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        msg = f"strength is {strength!r}; it goes from 0 (nothing) to 1 (all of the effect)"
        raise InvalidArg(msg)
    return number


def grayscale(
    strength: float = 1.0, x: float = 0.0, y: float = 0.0, w: float = 1.0, h: float = 1.0
) -> MatrixEffect:
    """Return an effect that takes the colour away, keeping BT.709 luma.

    Args:
        strength: 0 (nothing) to 1 (no colour left).
        x: left edge of the region, as a fraction of the picture's width.
        y: top edge, as a fraction of the height.
        w: width of the region, as a fraction.
        h: height of the region, as a fraction.

    Raises:
        InvalidArg: a value outside its bounds.

    Source: ITU-R BT.709-6, 3.2 (luma).
    """
    matrix = blended((_LUMA_BT709,) * 3, _checked(strength))
    return MatrixEffect("grayscale", matrix, region_of(x, y, w, h))


def sepia(
    strength: float = 1.0, x: float = 0.0, y: float = 0.0, w: float = 1.0, h: float = 1.0
) -> MatrixEffect:
    """Return an effect that tones the picture brown, as an old photograph.

    Args:
        strength: 0 (nothing) to 1 (all of it).
        x: left edge of the region, as a fraction of the picture's width.
        y: top edge, as a fraction of the height.
        w: width of the region, as a fraction.
        h: height of the region, as a fraction.

    Raises:
        InvalidArg: a value outside its bounds.

    Source: the matrix in common use (W3C Filter Effects, sepia(), at full amount), scaled so that
    white's red stays 1.
    """
    return MatrixEffect("sepia", blended(_SEPIA, _checked(strength)), region_of(x, y, w, h))


BUILT_IN: dict[str, Callable[..., MatrixEffect]] = {"grayscale": grayscale, "sepia": sepia}
"""Built-in effects by name."""
