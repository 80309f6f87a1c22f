from fractions import Fraction

import pytest

from gpumft.errors import InvalidArg
from gpumft.media.enums import Siting
from gpumft.resample import Grid, chroma_grid, luma_grid

HALF = Fraction(1, 2)
# H.273, 8.7: distance of chroma sample 0 from luma sample 0, in luma pixels, (x, y)
PLACES = {
    Siting.LEFT: (Fraction(0), HALF),
    Siting.CENTER: (HALF, HALF),
    Siting.TOPLEFT: (Fraction(0), Fraction(0)),
    Siting.TOP: (HALF, Fraction(0)),
    Siting.BOTTOMLEFT: (Fraction(0), Fraction(1)),
    Siting.BOTTOM: (HALF, Fraction(1)),
}


def test_luma_sample_x_lies_at_x_plus_a_half() -> None:
    grid = luma_grid(5)
    assert [grid.position(i) for i in range(5)] == [i + HALF for i in range(5)]


@pytest.mark.parametrize("siting", Siting)
def test_chroma_lies_where_h273_puts_it(siting: Siting) -> None:
    x, y = PLACES[siting]
    assert chroma_grid(8, 1, siting, "x").position(3) == HALF + 6 + x
    assert chroma_grid(8, 1, siting, "y").position(3) == HALF + 6 + y


@pytest.mark.parametrize("n", range(1, 10))
def test_the_factor_is_exactly_two_whatever_the_size(n: int) -> None:
    grid = chroma_grid(n, 1, Siting.LEFT, "x")
    assert grid.count == (n + 1) // 2
    assert grid.step == 2


def test_without_subsampling_chroma_has_the_luma_grid() -> None:
    assert chroma_grid(7, 0, Siting.BOTTOM, "y") == luma_grid(7)


@pytest.mark.parametrize("n", [4, 5])
@pytest.mark.parametrize("siting", Siting)
def test_a_mirrored_grid_has_the_mirrored_positions_and_cells(n: int, siting: Siting) -> None:
    grid = chroma_grid(n, 1, siting, "y")
    turned = grid.mirrored(n)
    last = grid.count - 1
    assert [turned.position(i) for i in range(grid.count)] == [
        n - grid.position(last - i) for i in range(grid.count)
    ]
    assert turned.edge + turned.step * turned.count == n - grid.edge
    assert turned.mirrored(n) == grid


def test_left_siting_turned_end_for_end_is_right_siting() -> None:
    assert chroma_grid(4, 1, Siting.LEFT, "x").mirrored(4).origin == Fraction(3, 2)


def test_a_part_keeps_positions_relative_to_its_own_start() -> None:
    grid = chroma_grid(16, 1, Siting.LEFT, "x")
    part = grid.part(2, 3, start=4)
    assert part == Grid(HALF, Fraction(2), 3)
    odd = grid.part(2, 3, start=3)
    assert odd.position(0) == grid.position(2) - 3
    assert odd.edge == 1


def test_a_part_may_be_a_single_sample_or_everything() -> None:
    grid = luma_grid(4)
    assert grid.part(0, 4) == grid
    assert grid.part(3, 1).position(0) == grid.position(3)


def test_bad_grids_are_refused() -> None:
    with pytest.raises(InvalidArg, match="a step above 0, not 4 samples 0 apart"):
        Grid(HALF, Fraction(0), 4)
    for first, count in ((-1, 2), (0, 0)):
        with pytest.raises(InvalidArg, match="not all within"):
            luma_grid(4).part(first, count)
    with pytest.raises(InvalidArg, match="at least 1 sample"):
        luma_grid(0)
    with pytest.raises(InvalidArg, match="give 'x' or 'y'"):
        chroma_grid(4, 1, Siting.LEFT, "z")  # type: ignore[arg-type]
    with pytest.raises(InvalidArg, match="not all within the grid's 4"):
        luma_grid(4).part(2, 3)
