"""Reading what was typed: sizes, times, names, effects. Every mistake names its option."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from gpumft.cli.output import UsageError
from gpumft.errors import MFError

if TYPE_CHECKING:
    from gpumft.effects import MatrixEffect
    from gpumft.media import PixelFormat

E = TypeVar("E", bound=StrEnum)

_SIZE = re.compile(r"(-?\d+)[xX:](-?\d+)")
_NUMBER = r"(\d+(?:\.\d+)?)"
_CROP = re.compile(rf"{_NUMBER}[xX]{_NUMBER}\+{_NUMBER}\+{_NUMBER}")


def wrong(option: str, message: str) -> NoReturn:
    """Raise a usage error about one option."""
    raise UsageError(f"{option}: {message}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint with the names that resemble `name`, or all of them."""
    names = [str(each) for each in known]
    close = difflib.get_close_matches(name.lower(), names, 3, 0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"there are: {', '.join(names)}"


def size(option: str, text: str | None) -> tuple[int, int] | None:
    """Read "1280x720"; one side may be -1 (its share), or -n (its share, divisible by n).

    Raises:
        UsageError: anything else, or a size that no picture can have. Nothing is allocated.
    """
    if text is None:
        return None
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        wrong(option, f"{text!r} is not a size; write WIDTHxHEIGHT in pixels, as in 1280x720")
    width, height = int(found[1]), int(found[2])
    if width < 0 and height < 0:
        wrong(option, f"{text!r} leaves both sides open; give at least one in pixels")
    if min(width, height) < -64:
        wrong(option, f"{text!r}: a side divisible by n is -n, with n up to 64")
    _check_size(option, text, width, height)
    return width, height


def _check_size(option: str, text: str, width: int, height: int) -> None:
    from gpumft.media.fields import MAX_PIXELS, MAX_SIDE

    if 0 in (width, height):
        wrong(option, f"{text!r} has a side of 0; sides begin at 1 pixel")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        wrong(option, f"{text!r} is too large; {MAX_SIDE} a side and {MAX_PIXELS} pixels at most")


def time(option: str, text: str | None) -> int | None:
    """Read seconds ("12.5") or H:MM:SS ("1:02:03.5") as units of 100 ns."""
    if text is None:
        return None
    from gpumft.media import seconds

    try:
        value = seconds(text)
    except MFError as error:
        wrong(option, str(error))
    if value < 0:
        wrong(option, f"{text!r} lies before the beginning; times begin at 0")
    return value


def word(option: str, text: str | None, kind: type[E]) -> E | None:
    """Read one of an enum's words."""
    if text is None:
        return None
    try:
        return kind(text.lower())
    except ValueError:
        wrong(option, f"{text!r} is not known; {nearest(text, kind)}")


def pixel_format(option: str, text: str | None) -> PixelFormat | None:
    """Read the name of a pixel format."""
    if text is None:
        return None
    from gpumft.media import PixelFormat

    try:
        return PixelFormat(text.lower())
    except ValueError:
        close = difflib.get_close_matches(text.lower(), list(PixelFormat), 3, 0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "see gpumft formats"
        wrong(option, f"no pixel format is called {text!r}; {hint}")


def choice(option: str, text: str, known: Iterable[str]) -> str:
    """Read one of a few words."""
    names = list(known)
    if text not in names:
        wrong(option, f"{text!r} is not known; {nearest(text, names)}")
    return text


def crop(option: str, text: str | None) -> tuple[Fraction, ...] | None:
    """Read "WxH+X+Y" in pixels as (x, y, width, height)."""
    if text is None:
        return None
    found = _CROP.fullmatch(text.strip())
    if found is None:
        wrong(option, f"{text!r} is not an area; write WxH+X+Y in pixels, as in 640x360+100+50")
    width, height, x, y = map(Fraction, found.groups())
    if not width or not height:
        wrong(option, f"{text!r} has a side of 0")
    return x, y, width, height


def peak(option: str, text: str | None) -> float | str | None:
    """Read light in cd/m2, or "detect".

    Raises:
        UsageError: anything else.
    """
    if text is None or text == "detect":
        return text
    try:
        return float(text)
    except ValueError:
        wrong(option, f"{text!r} is no light; write cd/m2, as in 1000, or detect")


def effect(option: str, text: str) -> MatrixEffect:
    """Read "sepia:strength=0.8:x=0.5"."""
    from gpumft.effects import BUILT_IN, create_effect

    name, *parts = re.split(r"[:,]", text.strip())
    values: dict[str, float] = {}
    for part in parts:
        key, equals, number = part.partition("=")
        try:
            values[key.strip()] = float(number)
        except ValueError:
            what = f"{part!r} is not a number" if equals else f"{part!r} has no value"
            wrong(option, f"{text!r}: {what}; write NAME:key=number, as in sepia:strength=0.8")
    try:
        return create_effect(name.strip(), values, BUILT_IN)
    except MFError as error:
        wrong(option, str(error))


def bitrate(option: str, text: str | None) -> int | None:
    """Read "5M", "800k" or a number of bits per second."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmM]?)", text.strip())
    value = float(found[1]) * {"": 1, "k": 1e3, "m": 1e6}[found[2].lower()] if found else 0
    if value < 1:
        wrong(option, f"{text!r} is not a bit rate; write bits per second, as in 5M or 800k")
    return round(value)


def given(**values: Any) -> dict[str, Any]:
    """Return the values that are not None."""
    return {name: value for name, value in values.items() if value is not None}
