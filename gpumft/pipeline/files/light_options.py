"""Static HDR metadata as options of encoders.

PyAV hands no side data to encoders, so the metadata goes through the parameters of those that have
some. They write it into their own stream, where every container keeps it.

Sources: SMPTE ST 2086 (mastering display), CTA-861.3 (content light level), ITU-T H.265 D.2.28 and
D.2.35, AV1 6.7.3 and 6.7.4; parameters of x264, x265 and SVT-AV1 as they document them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gpumft.colour.primaries import chromaticities
from gpumft.media import Light, Primaries, Transfer, VideoType

_LEVEL_LIMIT = 65535
"""Content light levels have 16 bits."""


class _Display(NamedTuple):
    """A mastering display with everything said."""

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    white: tuple[float, float]
    low: float
    high: float

    def text(self, xy: float, cd: float) -> str:
        """Return x265's notation, in units of 1 / `xy` and 1 / `cd`; 1 gives plain numbers."""

        def number(value: float, unit: float) -> str:
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
    writer = _WRITERS.get(codec)
    return [writer(type, type.light)] if writer and type.light is not None else []


def unwritten_light(codec: str, type: VideoType) -> list[str]:
    """Return what of `type.light` an encoder does not write, in words."""
    light = type.light
    if light is None:
        return []
    if codec not in _WRITERS:
        return [
            f"{codec} is given no static HDR metadata (light levels, mastering display), so it is "
            f"not written; {', '.join(_WRITERS)} write it"
        ]
    if light.mastering is not None and _display(light) is None:
        return [
            "the mastering display is not written, for it lacks primaries or white; give all of "
            "light=(max_cll, max_fall, (primaries, white, min, max))"
        ]
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
    return _Display(*primaries, white, low, high)


def _levels(light: Light) -> str | None:
    """Return "MaxCLL,MaxFALL" in cd/m2; 0 is unknown."""
    if light.max_cll is None and light.max_fall is None:
        return None
    pair = (min(round(level or 0), _LEVEL_LIMIT) for level in (light.max_cll, light.max_fall))
    return ",".join(map(str, pair))


def _parameters(**given: str | None) -> str:
    return ":".join(f"{key.replace('_', '-')}={value}" for key, value in given.items() if value)


def _x265(type: VideoType, light: Light) -> tuple[str, str]:
    display = _display(light)
    return "x265-params", _parameters(
        hdr10="1" if type.transfer is Transfer.PQ else None,
        master_display=display and display.text(50_000, 10_000),
        max_cll=_levels(light),
    )


def _x264(type: VideoType, light: Light) -> tuple[str, str]:
    display = _display(light)
    return "x264-params", _parameters(
        mastering_display=display and display.text(50_000, 10_000), cll=_levels(light)
    )


def _svtav1(type: VideoType, light: Light) -> tuple[str, str]:
    display = _display(light)
    return "svtav1-params", _parameters(
        mastering_display=display and display.text(1, 1), content_light=_levels(light)
    )


_WRITERS: dict[str, Callable[[VideoType, Light], tuple[str, str]]] = {
    "libx265": _x265,
    "libsvtav1": _svtav1,
    "libx264": _x264,
}
