"""How bright a source is, by docs/light.md, 6."""

from __future__ import annotations

import pytest

from gpumft.colour.light import Rendering, source_peak
from gpumft.media import Light, VideoType

DISPLAY = ("p3d65", None, 0.005, 4000)  # primaries, white, least and most cd/m2


@pytest.mark.parametrize(
    ("transfer", "light", "asked", "peak"),
    [
        ("pq", Light(600, 100, DISPLAY), 800, 800),
        ("pq", Light(600, 100, DISPLAY), None, 600),
        ("pq", Light(None, None, DISPLAY), None, 4000),
        ("pq", Light(None, 100, None), None, 1000),
        ("pq", None, None, 1000),
        ("hlg", Light(600, 100, DISPLAY), None, 1000),
        ("hlg", Light(600, 100, DISPLAY), 800, 800),
    ],
)
def test_the_peak_is_what_is_asked_or_what_the_metadata_say(
    transfer: str, light: Light | None, asked: float | None, peak: float
) -> None:
    source = VideoType("p010le", (4, 2), transfer=transfer, light=light)
    assert source_peak(source, Rendering(peak=asked)) == peak
