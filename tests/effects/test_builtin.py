"""The built-in effects' matrices, regions and errors."""

from fractions import Fraction

import numpy as np
import pytest

from gpumft.effects import BUILT_IN, create_effect, grayscale, region_pixels, sepia
from gpumft.errors import InvalidArg


def test_full_grayscale_gives_three_equal_rows_that_keep_white() -> None:
    matrix = np.array(grayscale().matrix)
    assert (matrix == matrix[0]).all()
    assert matrix[0].tolist() == [0.2126, 0.7152, 0.0722]
    assert matrix.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("name", BUILT_IN)
def test_no_strength_is_the_identity(name: str) -> None:
    assert np.array_equal(create_effect(name, {"strength": 0}, BUILT_IN).matrix, np.eye(3))


def test_half_strength_lies_half_way() -> None:
    whole, half = (np.array(sepia(s).matrix) for s in (1, 0.5))
    assert half == pytest.approx((whole + np.eye(3)) / 2)


def test_sepia_leaves_no_colour_out_of_range() -> None:
    matrix = np.array(sepia().matrix)
    assert matrix.sum(axis=1) == pytest.approx([1, 0.890, 0.694], abs=1e-3)
    assert (matrix > 0).all()


def test_regions_become_pixels_of_the_picture() -> None:
    assert sepia().region is None
    right = sepia(x=0.5, w=0.5).region
    assert right is not None
    assert region_pixels(right, (1920, 1080)) == (960, 0, 960, 1080)
    assert region_pixels(right, (5, 3)) == (3, 0, 2, 3)


def test_regions_of_a_picture_within_a_whole_go_out_to_its_edges() -> None:
    whole, start = (8, 4), (Fraction(1, 2), 1)
    assert region_pixels((0.5, 0, 0.5, 1), (5, 3), whole, start) == (3, 0, 5, 4)
    assert region_pixels((0, 0.5, 0.5, 0.25), (5, 3), whole, start) == (0, 3, 3, 0)


@pytest.mark.parametrize(
    "wrong", [{"strength": 1.5}, {"strength": -1}, {"x": 0.5}, {"x": -0.1}, {"h": 2}]
)
def test_values_outside_their_bounds_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidArg):
        sepia(**wrong)


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(InvalidArg, match="did you mean sepia"):
        create_effect("sepai", {}, BUILT_IN)
    with pytest.raises(InvalidArg, match="did you mean strength"):
        create_effect("sepia", {"strenght": 1}, BUILT_IN)
