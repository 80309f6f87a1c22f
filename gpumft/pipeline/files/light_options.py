"""Static HDR metadata as options of encoders.

PyAV hands no side data to encoders, so the metadata goes through the parameters of those that have
some. They write it into their own stream, where every container keeps it.

Sources: SMPTE ST 2086 (mastering display), CTA-861.3 (content light level), ITU-T H.265 D.2.28 and
D.2.35, AV1 6.7.3 and 6.7.4; parameters of x264, x265 and SVT-AV1 as they document them.
"""

from __future__ import annotations

from typing import NamedTuple

from gpumft.colour.primaries import chromaticities
from gpumft.media import Light, Primaries, Transfer, VideoType

_LEVEL_LIMIT = 65535
"""Content light levels have 16 bits."""


class _Words(NamedTuple):
    """What an encoder calls the metadata."""

    option: str
    display: str
    levels: str
    xy: int = 50_000
    """1 / the unit of chromaticities; 1 stands for plain numbers."""
    cd: int = 10_000
    """1 / the unit of cd/m2."""


_WORDS = {
    "libx265": _Words("x265-params", "master-display", "max-cll"),
    "libsvtav1": _Words("svtav1-params", "mastering-display", "content-light", 1, 1),
    "libx264": _Words("x264-params", "mastering-display", "cll"),
}


class _Display(NamedTuple):
    """A mastering display with everything said."""

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    white: tuple[float, float]
    low: float
    high: float

    def text(self, xy: int, cd: int) -> str:
        """Return the notation that all three encoders share, in their units."""

        def number(value: float, unit: int) -> str:
            return f"{value:.5g}" if unit == 1 else str(round(value * unit))

        pairs = {"G": self.green, "B": self.blue, "R": self.red, "WP": self.white}
        points = "".join(
            f"{name}({number(x, xy)},{number(y, xy)})" for name, (x, y) in pairs.items()
        )
        return f"{points}L({number(self.high, cd)},{number(self.low, cd)})"


def light_options(codec: str, type: VideoType) -> list[tuple[str, str]]:
    """Return (option, value) pairs that make an encoder write what `type.light` says.

    They are put before the caller's own parameters, so that those win.
    """
    light, words = type.light, _WORDS.get(codec)
    if light is None or words is None:
        return []
    display = _display(light)
    given = {
        "hdr10": "1" if codec == "libx265" and type.transfer is Transfer.PQ else None,
        words.display: display and display.text(words.xy, words.cd),
        words.levels: _levels(light),
    }
    text = ":".join(f"{key}={value}" for key, value in given.items() if value is not None)
    return [(words.option, text)] if text else []


def unwritten_light(codec: str, type: VideoType) -> list[str]:
    """Return what of `type.light` an encoder does not write, in words."""
    light = type.light
    if light is None:
        return []
    if codec not in _WORDS:
        what = "static HDR metadata (light levels, mastering display)"
        return [f"{codec} is given no {what}: it is not written; {', '.join(_WORDS)} write it"]
    if light.mastering is not None and _display(light) is None:
        cure = "light=(max_cll, max_fall, (primaries, white, min, max))"
        return [f"a mastering display without primaries or white is not written; give {cure}"]
    return []


def _display(light: Light) -> _Display | None:
    if light.mastering is None:
        return None
    primaries, white, low, high = light.mastering
    if isinstance(primaries, Primaries):
        *primaries, named = chromaticities(primaries)
        white = white or named
    if primaries is None or white is None:
        return None
    red, green, blue = primaries
    return _Display(red, green, blue, white, low, high)


def _levels(light: Light) -> str | None:
    """Return "MaxCLL,MaxFALL" in cd/m2; 0 is unknown."""
    if light.max_cll is None and light.max_fall is None:
        return None
    pair = (min(round(level or 0), _LEVEL_LIMIT) for level in (light.max_cll, light.max_fall))
    return ",".join(map(str, pair))
