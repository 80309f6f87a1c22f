"""The options of a conversion, checked."""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gpumft.effects import MatrixEffect
from gpumft.errors import InvalidArg
from gpumft.resample import get_filter

_FLIPS = ("", "h", "v", "hv")
_FITS = ("stretch", "contain", "cover")
_ROTATIONS = (0, 90, 180, 270)
_LATER = {"dither": "none", "linear": False, "legalize": False}
"""Options whose only value today is this one."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to convert. See `gpumft.convert` for what each means.

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
    peak: float | None = None
    white: float = 203
    gamut: str = "clip"
    adaptation: str = "bradford"
    legalize: bool = False
    effects: tuple[MatrixEffect, ...] = ()

    def __post_init__(self) -> None:
        get_filter(self.filter)
        if self.chroma_filter is not None:
            get_filter(self.chroma_filter)
        _one_of("rotate", self.rotate, _ROTATIONS)
        _one_of("flip", self.flip, _FLIPS)
        _one_of("fit", self.fit, _FITS)
        for name, only in _LATER.items():
            if getattr(self, name) != only:
                msg = f"{name}={getattr(self, name)!r} is not built yet; leave it at {only!r}"
                raise InvalidArg(msg)


def make_options(**given: Any) -> Options:
    """Return checked options.

    Raises:
        InvalidArg: an unknown option or value; the message offers the nearest ones.
    """
    known = [field.name for field in dataclasses.fields(Options)]
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, 2)
            hint = f"did you mean {' or '.join(close)}?" if close else f"there are: {known}"
            msg = f"no option is called {name!r}; {hint}"
            raise InvalidArg(msg)
    if given.get("crop") is not None:
        given["crop"] = _crop(given["crop"])
    effects = given.get("effects", ())
    given["effects"] = (effects,) if isinstance(effects, MatrixEffect) else tuple(effects)
    background = given.get("background", "black")
    if not isinstance(background, str):
        given["background"] = tuple(background)
    return Options(**given)


def _crop(crop: Any) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    try:
        x, y, w, h = map(Fraction, crop)
    except (TypeError, ValueError) as error:
        msg = f"crop is {crop!r}; give (x, y, width, height) in pixels"
        raise InvalidArg(msg) from error
    if w <= 0 or h <= 0:
        msg = f"crop is {float(w):g}x{float(h):g}; width and height must be more than 0"
        raise InvalidArg(msg)
    return x, y, w, h


def _one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        msg = f"{name} is {value!r}; it can be {', '.join(map(repr, allowed))}"
        raise InvalidArg(msg)
