"""Colours that a user writes: names, #rrggbb or nominal R'G'B'."""

from __future__ import annotations

from gpumft.errors import InvalidArg

NAMED = {
    "black": (0.0, 0.0, 0.0),
    "white": (1.0, 1.0, 1.0),
    "gray": (0.5, 0.5, 0.5),
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
    "yellow": (1.0, 1.0, 0.0),
    "cyan": (0.0, 1.0, 1.0),
    "magenta": (1.0, 0.0, 1.0),
}


def parse_colour(colour: str | tuple[float, float, float]) -> tuple[float, float, float]:
    """Return nominal R'G'B' (0..1).

    Raises:
        InvalidArg: not a known name, #rrggbb, or three numbers from 0 to 1.
    """
    if isinstance(colour, str):
        if colour in NAMED:
            return NAMED[colour]
        digits = colour.removeprefix("#")
        try:
            if len(digits) == 6:
                codes = bytes.fromhex(digits)
                return codes[0] / 255, codes[1] / 255, codes[2] / 255
        except (ValueError, IndexError):
            pass
    else:
        try:
            red, green, blue = map(float, colour)
            if all(0 <= value <= 1 for value in (red, green, blue)):
                return red, green, blue
        except (TypeError, ValueError):
            pass
    msg = f"colour {colour!r}: give #rrggbb, three numbers from 0 to 1, or {', '.join(NAMED)}"
    raise InvalidArg(msg)
