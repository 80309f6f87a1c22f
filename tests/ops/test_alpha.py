"""What a conversion does with alpha, by the grids of its planes."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.colour import plan
from gpumft.media import VideoType
from gpumft.media.resolve import resolve_pair
from gpumft.ops.alpha import _freed, _weighted, settle
from gpumft.testing.twin_formula import evaluate


@pytest.mark.parametrize(
    ("source", "apart"),
    [("rgba", False), ("yuva444p", False), ("yuva420p", True)],
)
def test_chroma_on_a_grid_of_its_own_is_weighted_by_alpha_apart(source: str, apart: bool) -> None:
    src, dst = resolve_pair(VideoType(source, (8, 8)), VideoType(source, (6, 6)))
    found = settle(src, dst, resamples=True, colour=plan(src, dst))
    assert found.used
    assert found.kept
    assert found.apart is apart
    assert found.freed is apart
    assert (found.premultiply, found.unpremultiply) == (not apart, not apart)


def test_colour_is_multiplied_by_any_alpha_and_divided_by_all_but_none() -> None:
    alpha = np.array([0, 1, 2, 60, 65535], np.float32)
    share = alpha.astype(np.float64) / 65535
    colour = [np.full(5, value, np.float32) for value in (0.25, -0.5, 1.0)]
    weighted = evaluate(_weighted(1 / 65535), [*colour, alpha])
    freed = evaluate(_freed(1 / 65535), [*colour, alpha])
    for given, times, over in zip(colour, weighted, freed, strict=True):
        np.testing.assert_allclose(times, given * share, rtol=1e-6)
        assert over[0] == 0
        np.testing.assert_allclose(over[1:], given[1:] / share[1:], rtol=1e-6)
