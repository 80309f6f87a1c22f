"""Reading the fields of a video type: what is accepted, what it becomes, what is refused.

Both `VideoType` and `PartialType` read their arguments here, so that a name is understood, and an
error sounds, the same wherever it is given. Every function raises `InvalidMediaType`.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import Any, TypeAlias, TypeVar

from gpumft.errors import InvalidMediaType
from gpumft.media.enums import Primaries
from gpumft.media.formats import PixelFormat

COLOUR_FIELDS = ("matrix", "primaries", "transfer", "range", "siting", "alpha")
"""The fields that resolving always fills where they apply, in the order of a listing."""

MAX_SIDE = 1 << 16
"""The longest side of a picture, in pixels."""
MAX_PIXELS = 1 << 31
"""The most pixels of a picture."""
_U32 = (1 << 32) - 1

Ratio: TypeAlias = Fraction | int | float | str | tuple[int, int]
"""What is accepted for a ratio: 30, 29.97, "30000/1001", (30000, 1001), Fraction(30000, 1001)."""
Aperture: TypeAlias = tuple[Fraction | int, Fraction | int, int, int]
"""x, y, width, height in pixels of the frame; x and y may be fractional."""

E = TypeVar("E", bound=StrEnum)


def applies(name: str, format: PixelFormat) -> bool:
    """Whether the field `name` means something for `format`."""
    match name:
        case "matrix":
            return not format.is_rgb
        case "siting":
            return format.subsampling != (0, 0)
        case "alpha":
            return format.has_alpha
        case _:
            return True


class FrozenMapping(Mapping[str, Any]):
    """A mapping that never changes and hashes: what `extra` is kept in.

    Thread-safety: immutable.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any] | None = None) -> None:
        kept: dict[str, Any] = {}
        for key, value in (items or {}).items():
            if not isinstance(key, str):
                raise InvalidMediaType(f"extra attributes are keyed by name, not by {key!r}")
            kept[key] = bytes(value) if isinstance(value, bytearray | memoryview) else value
            try:
                hash(kept[key])
            except TypeError as error:
                raise InvalidMediaType(
                    f"the extra attribute {key} must be hashable, "
                    f"not a {type(value).__name__}; give an int, str, bytes or tuple"
                ) from error
        self._items = dict(sorted(kept.items()))

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(tuple(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)


EMPTY = FrozenMapping()


@dataclass(frozen=True, slots=True)
class Light:
    """Static HDR metadata. Source: CTA-861.3 (content light), SMPTE ST 2086 (mastering display).

    Thread-safety: immutable.

    Attributes:
        max_cll: brightest pixel of the content in cd/m2, or None; 0 means unknown, as None does.
        max_fall: brightest frame average in cd/m2, or None; the same.
        mastering: (primaries, white, min, max) of the mastering display, or None: primaries are a
            name or three (x, y) pairs in the order red, green, blue; white is an (x, y) pair; both
            may be None; min and max are cd/m2.

    Raises:
        InvalidMediaType: a level that is no light, or max_fall above max_cll.
    """

    max_cll: float | None = None
    max_fall: float | None = None
    mastering: tuple[Any, Any, float, float] | None = None

    def __post_init__(self) -> None:
        for name in ("max_cll", "max_fall"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _light_level(name, value) or None)
        brightest, average = self.max_cll, self.max_fall
        if brightest is not None and average is not None and average > brightest:
            raise InvalidMediaType(
                f"max_fall {average:g} cd/m2 is above max_cll {brightest:g} cd/m2: no frame is "
                "brighter on average than its brightest pixel; leave out the one that is wrong"
            )
        if self.mastering is not None:
            object.__setattr__(self, "mastering", _mastering(self.mastering))


def _light_level(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < math.inf:
        raise InvalidMediaType(f"{name} is {value!r}; it must be cd/m2, 0 or more")
    return float(value)


def _mastering(value: object) -> tuple[Any, Any, float, float]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 4:
        raise InvalidMediaType(f"mastering is {value!r}; it must be (primaries, white, min, max)")
    primaries, white, low, high = value
    if isinstance(primaries, str):
        primaries = read_enum(Primaries, "mastering primaries", primaries)
    elif primaries is not None:
        primaries = tuple(_chromaticity(pair) for pair in primaries)
        if len(primaries) != 3:
            raise InvalidMediaType(
                f"mastering has {len(primaries)} primaries; give three (x, y) pairs: red, green, "
                "blue"
            )
    low, high = _light_level("mastering min", low), _light_level("mastering max", high)
    if low >= high:
        raise InvalidMediaType(f"mastering min {low:g} cd/m2 is not below its max {high:g} cd/m2")
    return primaries, None if white is None else _chromaticity(white), low, high


def _chromaticity(pair: Sequence[float]) -> tuple[float, float]:
    try:
        x, y = (float(value) for value in pair)
    except (TypeError, ValueError) as error:
        raise InvalidMediaType(f"a chromaticity is an (x, y) pair, not {pair!r}") from error
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise InvalidMediaType(f"chromaticity ({x:g}, {y:g}) lies outside 0..1")
    return x, y


def read_enum(kind: type[E], field: str, value: object) -> E:
    """Return the member of `kind` that `value` names.

    Args:
        kind: the enum.
        field: the name of the field, for the error.
        value: a member or its name.

    Raises:
        InvalidMediaType: no such name; the message says the nearest.
    """
    try:
        return kind(str(value) if isinstance(value, str) else "")
    except ValueError as error:
        names = [str(member) for member in kind]
        near = difflib.get_close_matches(str(value).lower(), names, 1, 0.0)
        raise InvalidMediaType(
            f"unknown {field} {value!r}; nearest is {near[0]!r}; known are {', '.join(names)}"
        ) from error


def read_optional_enum(kind: type[E], field: str, value: object) -> E | None:
    """Return the member that `value` names, or None for None."""
    return None if value is None else read_enum(kind, field, value)


def read_integer(field: str, value: object) -> int:
    """Return `value` as an int; numpy's integers are fine, truth values are not."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InvalidMediaType(f"{field} is {value!r}; it must be an integer")
    return int(value)


def read_size(value: object) -> tuple[int, int]:
    """Return (width, height), both positive and of a size that can exist."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise InvalidMediaType(f"size is {value!r}; it must be (width, height) in pixels")
    width, height = read_integer("width", value[0]), read_integer("height", value[1])
    if width < 1 or height < 1:
        raise InvalidMediaType(f"size is {width}x{height}; both sides must be at least 1 pixel")
    if width > MAX_SIDE or height > MAX_SIDE:
        raise InvalidMediaType(f"size is {width}x{height}; a side has at most {MAX_SIDE} pixels")
    if width * height > MAX_PIXELS:
        raise InvalidMediaType(
            f"size {width}x{height} is {width * height} pixels; a picture has at most {MAX_PIXELS}"
        )
    return width, height


def read_fraction(text: str) -> Fraction:
    """Return the number that a text holds: digits, a point, a slash; no exponent.

    Raises:
        ValueError: anything else, or more than 40 characters: an exponent could ask for gigabytes.
        ZeroDivisionError: a denominator of 0.
    """
    plain = text.strip()
    if len(plain) > 40 or "e" in plain.lower():
        raise ValueError(plain)
    return Fraction(plain)


def read_ratio(field: str, value: object) -> Fraction:
    """Return `value` as a positive fraction of 32-bit parts.

    A float is read by its shortest decimal text, then brought to 32-bit parts: 29.97 is 2997/100,
    30000 / 1001 is 30000/1001.
    """
    try:
        if isinstance(value, bool):
            raise TypeError  # noqa: TRY301 - joins the other types that are refused
        if isinstance(value, Rational):
            ratio = Fraction(int(value.numerator), int(value.denominator))
        elif isinstance(value, str):
            ratio = read_fraction(value)
        elif isinstance(value, Real):
            ratio = Fraction(str(float(value))).limit_denominator(_U32)
        elif isinstance(value, Sequence) and len(value) == 2:
            ratio = Fraction(read_integer(field, value[0]), read_integer(field, value[1]))
        else:
            raise TypeError  # noqa: TRY301 - joins the other types that are refused
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise InvalidMediaType(
            f"{field} is {value!r}; give a Fraction, a number, (numerator, denominator) "
            "or a text such as '30000/1001'"
        ) from error
    if ratio <= 0:
        raise InvalidMediaType(f"{field} is {ratio}; it must be more than 0")
    if max(ratio.numerator, ratio.denominator) > _U32:
        raise InvalidMediaType(f"{field} is {ratio}; its parts must be at most {_U32}")
    return ratio


def read_aperture(value: object) -> Aperture:
    """Return (x, y, width, height): x and y exact and not negative, width and height positive."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 4:
        raise InvalidMediaType(f"aperture is {value!r}; it must be (x, y, width, height)")
    x, y = (_read_offset(offset) for offset in value[:2])
    width = read_integer("aperture width", value[2])
    height = read_integer("aperture height", value[3])
    if width < 1 or height < 1:
        raise InvalidMediaType(f"aperture is {width}x{height}; both sides must be at least 1 pixel")
    return x, y, width, height


def _read_offset(value: object) -> Fraction | int:
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise InvalidMediaType(f"an aperture's offset is {value!r}; it must be a number")
    if isinstance(value, Rational):
        exact = Fraction(int(value.numerator), int(value.denominator))
    else:
        exact = Fraction(float(value))
    if exact < 0:
        raise InvalidMediaType(f"an aperture's offset is {value!r}; it must not be negative")
    return int(exact) if exact.denominator == 1 else exact


def read_rotation(value: object) -> int:
    """Return 0, 90, 180 or 270: degrees counter-clockwise, as MF_MT_VIDEO_ROTATION."""
    rotation = read_integer("rotation", value)
    if rotation not in (0, 90, 180, 270):
        raise InvalidMediaType(f"rotation is {rotation}; it must be 0, 90, 180 or 270")
    return rotation


def read_stride(value: object) -> int:
    """Return a stride in bytes, negative for bottom-up rows: a 32-bit integer other than 0."""
    stride = read_integer("stride", value)
    if stride == 0 or not -(1 << 31) <= stride < 1 << 31:
        raise InvalidMediaType(f"stride is {stride}; it must fit 32 bits and must not be 0")
    return stride


def read_light(value: object) -> Light | None:
    """Return a `Light`, or None for one that says nothing; a tuple or mapping is accepted."""
    light = value
    try:
        if isinstance(value, Mapping):
            light = Light(**value)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            light = Light(*value)
    except TypeError as error:
        raise InvalidMediaType(f"light is {value!r}: {error}") from error
    if not isinstance(light, Light):
        raise InvalidMediaType(f"light is {value!r}; give Light(max_cll, max_fall, mastering)")
    return None if light == Light() else light


def read_extra(value: object) -> FrozenMapping:
    """Return extra attributes as an immutable mapping."""
    if isinstance(value, FrozenMapping):
        return value
    if not isinstance(value, Mapping):
        raise InvalidMediaType(f"extra is {value!r}; it must be a mapping of attribute names")
    return FrozenMapping(value)
