"""The options that the reference takes, by the names of `gpumft.convert`, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real

from gpumft.errors import InvalidArg
from gpumft.testing.reference_dither import DITHERS

DEFAULTS: dict[str, object] = {
    "filter": "bicubic",
    "chroma_filter": None,
    "crop": None,
    "rotate": 0,
    "flip": "",
    "fit": "stretch",
    "background": "black",
    "dither": "none",
    "seed": 0,
    "linear": False,
    "tone_map": "bt2390",
    "tone_map_basis": "max_rgb",
    "peak": None,
    "white": 203,
    "gamut": "clip",
    "adaptation": "bradford",
    "legalize": False,
    "effects": (),
}
CHOICES: dict[str, tuple[object, ...]] = {
    "fit": ("stretch", "contain", "cover"),
    "dither": DITHERS,
    "linear": (False, True),
    "tone_map": ("bt2390", "hable", "reinhard", "mobius", "clip", "none"),
    "tone_map_basis": ("max_rgb", "luminance", "ictcp"),
    "gamut": ("clip", "perceptual"),
    "adaptation": ("bradford", "none"),
    "legalize": (False, True),
}


def read_options(options: Mapping[str, object]) -> dict[str, object]:
    """Return every option, the default of those that are not given.

    Raises:
        InvalidArg: an unknown option, or a value that its option cannot have.

    Thread-safety: a pure function.
    """
    for name in options:
        if name not in DEFAULTS:
            raise InvalidArg(f"unknown option {name!r}: choose from {', '.join(DEFAULTS)}")
    chosen = {name: options.get(name, default) for name, default in DEFAULTS.items()}
    for name, allowed in CHOICES.items():
        if chosen[name] not in allowed:
            raise InvalidArg(
                f"{name} {chosen[name]!r}: choose one of {', '.join(map(str, allowed))}"
            )
    for name in ("white", "peak"):
        value = chosen[name]
        if name == "peak" and value is None:
            continue
        if name == "peak" and value == "detect":
            raise InvalidArg("the reference measures no peak: give what was measured, in cd/m2")
        if (
            isinstance(value, bool)
            or not isinstance(value, Real)
            or not 0 < float(value) < math.inf
        ):
            raise InvalidArg(f"{name} {value!r}: give more than 0 cd/m2")
    seed = chosen["seed"]
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise InvalidArg(f"seed {seed!r}: give an integer, 0 or more")
    return chosen
