"""How bright a source is, and what HLG's display makes of light, by docs/light.md."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.colour import light, tone
from gpumft.colour.light import Rendering, source_peak
from gpumft.formula import formula
from gpumft.media import Light, VideoType
from gpumft.testing.twin_formula import evaluate

DISPLAY = ("p3d65", None, 0.005, 4000)  # primaries, white, least and most cd/m2


@pytest.mark.parametrize(
    ("transfer", "metadata", "asked", "peak"),
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
    transfer: str, metadata: Light | None, asked: float | None, peak: float
) -> None:
    source = VideoType("p010le", (4, 2), transfer=transfer, light=metadata)
    assert source_peak(source, Rendering(peak=asked)) == peak


def test_hlg_at_1000_nits_has_a_system_gamma_of_1_2() -> None:
    # BT.2100-2, table 5: luminance to the power of 0.2, and back by the power of -1/6
    rgb = np.random.default_rng(2).uniform(1e-4, 1.0, (3, 1000)).astype(np.float32)
    scene = rgb.astype(np.float64)
    luminance = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2]
    shown = formula("shown", 3, light._ootf(tone.LUMINANCE))
    back = formula("back", 3, light._inverse_ootf(tone.LUMINANCE))
    np.testing.assert_allclose(evaluate(shown, list(rgb)), scene * luminance**0.2, rtol=1e-6)
    np.testing.assert_allclose(evaluate(back, list(rgb)), scene * luminance ** (-1 / 6), rtol=1e-6)
    dark = [np.array([value], np.float32) for value in (0.25, -0.5, 0.25)]  # luminance below 0
    assert not np.any(evaluate(shown, dark))
    assert not np.any(evaluate(back, dark))
