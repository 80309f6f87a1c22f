"""Chains in FFmpeg's grammar: `crop=640:480,scale=1280:-2:filter=lanczos3,sepia=strength=0.8`.

A filter is a name, then `=`, then arguments separated by `:`, positional first, then `key=value`.
Filters are separated by `,`. A backslash takes the meaning from the next character, single quotes
from all between them. Steps that one fused pass can do in its fixed order (crop, rotation, flip,
size, effects, format) share a stage; a step that comes too late for that begins another.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from gpumft.effects import BUILT_IN, create_effect
from gpumft.errors import InvalidArg
from gpumft.media import PartialType, PixelFormat, VideoType
from gpumft.ops.options import DETECT, OPTION_NAMES

_POSITIONAL = {
    "crop": ("w", "h", "x", "y"),
    "rotate": ("degrees",),
    "hflip": (),
    "vflip": (),
    "scale": ("w", "h"),
    "format": ("format",),
}
"""Names of positional arguments; effects have theirs in `effects`."""
_OWN_FILTERS = ("crop", "rotate", "flip", "effects")
"""Options of a conversion that are filters of their own; `scale` takes the others."""
_KEYWORDS = {"scale": tuple(name for name in OPTION_NAMES if name not in _OWN_FILTERS)}
_FLAGS = {"0": False, "1": True, "false": False, "true": True}
_RANK = {"crop": 0, "rotate": 1, "hflip": 2, "vflip": 2, "scale": 3, "format": 5}
_EFFECT_RANK = 4
_NUMBER = re.compile(
    r"[-+]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})(?:e[-+]?\d)?|[-+]?\d{1,18}/\d{1,18}"
)
"""No more digits than a picture needs: an exact 1e99999999 takes minutes and gigabytes."""


@dataclass(frozen=True, slots=True)
class Step:
    """One filter of a chain."""

    name: str
    arguments: dict[str, str]


@dataclass(slots=True)
class Stage:
    """What one fused pass does.

    Thread-safety: none while it is built.
    """

    options: dict[str, Any] = field(default_factory=dict)
    """Options of a conversion."""
    size: tuple[int, int] | None = None
    """(w, h); 0 means as it comes, -n the other one's share, divisible by n."""
    format: PixelFormat | None = None

    def output(self, input: VideoType) -> PartialType:
        """Return the type that comes out for `input`."""
        shown = input.aperture or (0, 0, *input.size)
        size = self.output_size((shown[2], shown[3]))
        return PartialType(size=size, format=self.format or input.format)

    def output_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the (width, height) that comes out for pictures of `size`."""
        crop = self.options.get("crop") or (0, 0, *size)
        width, height = max(1, round(float(crop[2]))), max(1, round(float(crop[3])))
        if self.options.get("rotate", 0) in (90, 270):
            width, height = height, width
        return (width, height) if self.size is None else _sized(self.size, width, height)


def parse_chain(text: str) -> list[Step]:
    """Return the filters of a chain.

    Raises:
        InvalidArg: a quote that does not end, or a filter without a name.
    """
    steps = []
    for part in _split(text, ","):
        name, *rest = _split(part, "=", 1) or [""]
        if not name.strip():
            msg = f"chain {text!r} has a filter without a name; write name=arguments,name=..."
            raise InvalidArg(msg)
        steps.append(_step(_plain(name).strip(), rest[0] if rest else ""))
    return steps


def chain_stages(text: str, *, size: tuple[int, int] | None = None) -> list[Stage]:
    """Return the stages of a chain: as few fused passes as its order allows.

    Args:
        text: the chain; "" is one stage that does nothing.
        size: (width, height) of what comes in, which `crop` needs to centre; None: not known.

    Raises:
        InvalidArg: an unknown filter or argument (the nearest are offered), or a bad value.
    """
    stages = [Stage()]
    rank = -1
    for step in parse_chain(text):
        own = _RANK.get(step.name, _EFFECT_RANK)
        if own < rank or (own == rank and own not in (2, _EFFECT_RANK)):
            size = stages[-1].output_size(size) if size else None
            stages.append(Stage())
        _add(stages[-1], step, size)
        rank = own
    return stages


def _add(stage: Stage, step: Step, size: tuple[int, int] | None) -> None:
    arguments = step.arguments
    match step.name:
        case "crop":
            stage.options["crop"] = _crop(arguments, size)
        case "rotate":
            stage.options["rotate"] = _whole("rotate", arguments.get("degrees", "90"))
        case "hflip" | "vflip":
            flips = set(stage.options.get("flip", "")) ^ {step.name[0]}
            stage.options["flip"] = "".join(sorted(flips))
        case "scale":
            width, height = (_whole("scale", arguments.get(k, "0")) for k in ("w", "h"))
            stage.size = (width, height)
            stage.options |= {
                k: _option(k, arguments[k]) for k in _KEYWORDS["scale"] if k in arguments
            }
        case "format":
            stage.format = _format(arguments.get("format", ""))
        case _:
            values = {k: float(_number(step.name, v)) for k, v in arguments.items()}
            effect = create_effect(step.name, values, BUILT_IN)
            stage.options["effects"] = (*stage.options.get("effects", ()), effect)


def _step(name: str, text: str) -> Step:
    """Give every argument its name."""
    known = [*_POSITIONAL, *BUILT_IN]
    if name not in known:
        close = difflib.get_close_matches(name, known, 2)
        hint = f"did you mean {' or '.join(close)}?" if close else f"there are: {', '.join(known)}"
        msg = f"no filter is called {name!r}; {hint}"
        raise InvalidArg(msg)
    positional = list(_POSITIONAL.get(name, ("strength",)))
    allowed = [*positional, *_KEYWORDS.get(name, ())]
    arguments: dict[str, str] = {}
    for part in _split(text, ":") if text else []:
        key, *value = _split(part, "=", 1)
        if not value:
            if not positional:
                msg = f"filter {name} has too many arguments at {part!r}; write key=value"
                raise InvalidArg(msg)
            key, value = positional.pop(0), [key]
        elif key in positional:
            positional.remove(key)
        if name in _POSITIONAL and key not in allowed:
            close = difflib.get_close_matches(key, allowed, 1)
            hint = f"did you mean {close[0]}?" if close else f"it takes {', '.join(allowed)}"
            msg = f"filter {name} has no argument {key!r}; {hint}"
            raise InvalidArg(msg)
        arguments[key] = _plain(value[0])
    return Step(name, arguments)


def _option(name: str, text: str) -> object:
    """Return an option's value; words are checked where the conversion is made."""
    match name:
        case "linear" | "legalize":
            if text not in _FLAGS:
                msg = f"filter scale: {name} is {text!r}; it must be 0 or 1"
                raise InvalidArg(msg)
            return _FLAGS[text]
        case "seed":
            return _whole("scale", text)
        case "peak" if text == DETECT:
            return text
        case "peak" | "white":
            return float(_number("scale", text))
        case _:
            return text


def _crop(arguments: dict[str, str], size: tuple[int, int] | None) -> tuple[Fraction, ...]:
    """FFmpeg's order, w:h:x:y; x and y centre the crop when left out."""
    numbers = {key: _number("crop", value) for key, value in arguments.items()}
    if "w" not in numbers or "h" not in numbers:
        msg = "crop needs a width and a height: crop=w:h[:x:y]"
        raise InvalidArg(msg)
    for key, side, axis in (("x", "w", 0), ("y", "h", 1)):
        if key not in numbers:
            if size is None:
                msg = f"crop needs {key} here: crop=w:h:x:y"
                raise InvalidArg(msg)
            numbers[key] = Fraction((size[axis] - int(numbers[side])) // 2)
    return numbers["x"], numbers["y"], numbers["w"], numbers["h"]


def _sized(wanted: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Resolve 0 and -n as FFmpeg's scale does."""
    w, h = wanted[0] or width, wanted[1] or height
    if w < 0 and h < 0:
        return width, height
    if w < 0:
        return _share(h * Fraction(width, height), -w), h
    if h < 0:
        return w, _share(w * Fraction(height, width), -h)
    return w, h


def _share(value: Fraction, multiple: int) -> int:
    return max(1, int(value / multiple + Fraction(1, 2))) * multiple


def _format(name: str) -> PixelFormat:
    try:
        return PixelFormat(name)
    except ValueError as error:
        close = difflib.get_close_matches(name, list(PixelFormat), 2)
        hint = f"did you mean {' or '.join(close)}?" if close else "see: gpumft formats"
        msg = f"no pixel format is called {name!r}; {hint}"
        raise InvalidArg(msg) from error


def _number(name: str, text: str) -> Fraction:
    plain = text.strip().lower()
    try:
        if _NUMBER.fullmatch(plain):
            return Fraction(plain)
    except ZeroDivisionError:
        pass
    msg = f"filter {name}: {text!r} is not a number, or too long a one"
    raise InvalidArg(msg)


def _whole(name: str, text: str) -> int:
    number = _number(name, text)
    if number.denominator != 1:
        msg = f"filter {name}: {text!r} must be a whole number"
        raise InvalidArg(msg)
    return int(number)


def _split(text: str, separator: str, most: int = -1) -> list[str]:
    """Split at separators that are neither quoted nor escaped; quotes and escapes stay."""
    parts: list[str] = []
    current, quoted, escaped = "", False, False
    for letter in text:
        if escaped or quoted or letter != separator or len(parts) == most:
            current += letter
            quoted = quoted != (letter == "'" and not escaped)
            escaped = letter == "\\" and not escaped and not quoted
        else:
            parts.append(current)
            current = ""
    if quoted:
        msg = f"chain has a quote that does not end: {text!r}"
        raise InvalidArg(msg)
    return [*parts, current] if current or parts else []


def _plain(text: str) -> str:
    """Take quotes and escapes away."""
    plain, quoted, escaped = "", False, False
    for letter in text:
        if escaped:
            plain, escaped = plain + letter, False
        elif letter == "'":
            quoted = not quoted
        elif letter == "\\" and not quoted:
            escaped = True
        else:
            plain += letter
    return plain
