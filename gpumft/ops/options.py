"""The options of a conversion, checked."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import Any

from gpumft.effects import FrameEffect, MatrixEffect
from gpumft.errors import InvalidArg
from gpumft.ops.colours import parse_colour
from gpumft.ops.dither import DITHERS
from gpumft.resample import get_filter

_FLIPS = ("", "h", "v", "hv")
_FITS = ("stretch", "contain", "cover")
_ROTATIONS = (0, 90, 180, 270)
_TONE_MAPS = ("bt2390", "hable", "reinhard", "mobius", "clip", "none")
_BASES = ("max_rgb", "luminance", "ictcp")
_GAMUTS = ("clip", "perceptual")
_ADAPTATIONS = ("bradford", "none")
DETECT = "detect"
"""What `peak` is where it is measured."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to convert. See `gpumft.convert` for what each means.

    Raises:
        InvalidArg: a value that its option cannot have.

    Thread-safety: immutable.
    """

    filter: str = "bicubic"
    chroma_filter: str | None = None
    crop: tuple[Fraction, Fraction, Fraction, Fraction] | None = None
    rotate: int = 0
    flip: str = ""
    fit: str = "stretch"
    background: str | tuple[float, float, float] = "black"
    dither: str = "none"
    seed: int = 0
    linear: bool = False
    tone_map: str = "bt2390"
    tone_map_basis: str = "max_rgb"
    peak: float | str | None = None
    white: float = 203
    gamut: str = "clip"
    adaptation: str = "bradford"
    legalize: bool = False
    effects: tuple[MatrixEffect, ...] = ()

    def __post_init__(self) -> None:
        _check_filter("filter", self.filter)
        if self.chroma_filter is not None:
            _check_filter("chroma_filter", self.chroma_filter)
        parse_colour(self.background)
        _one_of("rotate", self.rotate, _ROTATIONS)
        _one_of("flip", self.flip, _FLIPS)
        _one_of("fit", self.fit, _FITS)
        _one_of("tone_map", self.tone_map, _TONE_MAPS)
        _one_of("tone_map_basis", self.tone_map_basis, _BASES)
        _one_of("gamut", self.gamut, _GAMUTS)
        _one_of("adaptation", self.adaptation, _ADAPTATIONS)
        _check_light("white", self.white)
        if self.peak not in (None, DETECT):
            _check_light("peak", self.peak, f"; or {DETECT!r}, to measure it")
        if isinstance(self.seed, bool) or not isinstance(self.seed, Integral) or self.seed < 0:
            msg = f"seed is {self.seed!r}; it must be an integer, 0 or more"
            raise InvalidArg(msg)
        _one_of("dither", self.dither, DITHERS)
        _one_of("linear", self.linear, (False, True))
        _one_of("legalize", self.legalize, (False, True))


OPTION_NAMES = tuple(field.name for field in dataclasses.fields(Options))
"""Every option by name: what the command line and chains take, they take from here."""


def make_options(**given: Any) -> Options:
    """Return checked options.

    Raises:
        InvalidArg: an unknown option or value; the message offers the nearest ones.
    """
    for name in given:
        if name not in OPTION_NAMES:
            close = difflib.get_close_matches(name, OPTION_NAMES, 2)
            known = ", ".join(OPTION_NAMES)
            hint = f"did you mean {' or '.join(close)}?" if close else f"there are: {known}"
            msg = f"no option is called {name!r}; {hint}"
            raise InvalidArg(msg)
    if given.get("crop") is not None:
        given["crop"] = _crop(given["crop"])
    if "effects" in given:
        given["effects"] = _effects(given["effects"])
    background = given.get("background", "black")
    if not isinstance(background, str):
        given["background"] = parse_colour(background)
    return Options(**given)


def _effects(effects: Any) -> tuple[MatrixEffect, ...]:
    if isinstance(effects, MatrixEffect):
        return (effects,)
    if isinstance(effects, FrameEffect):
        effects = (effects,)
    listed = tuple(effects) if isinstance(effects, Iterable) else (effects,)
    for effect in listed:
        if isinstance(effect, FrameEffect):
            msg = (
                f"effect {effect.name} is a pass of its own, which a single conversion has not; "
                f"use EffectTransform({effect.name}), VideoProcessor(effects=...) or transcode()"
            )
            raise InvalidArg(msg)
        if not isinstance(effect, MatrixEffect):
            msg = f"{effect!r} is no effect; give for example gpumft.effects.sepia(0.5)"
            raise InvalidArg(msg)
    return listed


def _crop(crop: Any) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    try:
        x, y, w, h = map(_exact, crop)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"crop is {crop!r}; give (x, y, width, height) in pixels"
        raise InvalidArg(msg) from error
    if w <= 0 or h <= 0:
        msg = f"crop is {float(w):g}x{float(h):g}; width and height must be more than 0"
        raise InvalidArg(msg)
    return x, y, w, h


def _exact(number: object) -> Fraction:
    """The number's exact value; NumPy's are fine."""
    if isinstance(number, Rational):
        return Fraction(int(number.numerator), int(number.denominator))
    if isinstance(number, Real):
        return Fraction(float(number))
    raise TypeError(number)


def _check_filter(option: str, name: object) -> None:
    if not isinstance(name, str):
        msg = f"{option} is {name!r}; give a filter's name, such as lanczos3"
        raise InvalidArg(msg)
    get_filter(name)


def _check_light(option: str, value: object, more: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < math.inf:
        msg = f"{option} is {value!r}; it must be more than 0 cd/m2{more}"
        raise InvalidArg(msg)


def _one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        msg = f"{name} is {value!r}; it can be {', '.join(map(repr, allowed))}"
        raise InvalidArg(msg)
