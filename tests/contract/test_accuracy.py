"""The other tables in docs/accuracy.md: measured again, row by row."""

from pathlib import Path

import pytest

from gpumft.media import Matrix, Range, Transfer
from tests.contract import light_sweeps
from tests.contract.accuracy import (
    CURVES_HEAD,
    FUNCTIONS_HEAD,
    SWEEPS_HEAD,
    curve_row,
    function_rows,
    sweep_row,
    sweeps,
)

RANDOM = [given for given in light_sweeps.ROWS if given[3] > 8]
"""The rows of 8 bits are swept with --full-product."""
TEXT = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text()


def _rows(head: str) -> list[str]:
    return TEXT.partition(head)[2].partition("\n\n")[0].splitlines()


@pytest.mark.parametrize("transfer", Transfer)
def test_a_curve(transfer: Transfer) -> None:
    row = curve_row(transfer)
    assert row == _rows(CURVES_HEAD)[list(Transfer).index(transfer)]
    relative, _, codes = (float(cell) for cell in row.split("|")[2:5])
    assert relative <= 4e-6
    assert codes <= 2.0**-10


def test_functions_are_within_their_bounds() -> None:
    rows = function_rows()
    assert rows == _rows(FUNCTIONS_HEAD)
    for row in rows:
        worst, bound = (float(cell) for cell in row.split("|")[2:4])
        assert worst <= bound


@pytest.mark.parametrize("given", sweeps(), ids=lambda given: "-".join(map(str, given)))
def test_random_pictures(given: tuple[Matrix, Range, int]) -> None:
    assert sweep_row(*given) == _rows(SWEEPS_HEAD)[sweeps().index(given)]


@pytest.mark.parametrize("given", RANDOM, ids=lambda given: "-".join(map(str, given)))
def test_random_pictures_in_matrices_of_light(given: tuple[str, str, Range, int]) -> None:
    assert light_sweeps.row(*given) == _rows(light_sweeps.HEAD)[light_sweeps.ROWS.index(given)]


def test_the_tables_are_whole() -> None:
    assert len(_rows(light_sweeps.HEAD)) == len(light_sweeps.ROWS)
    assert len(_rows(CURVES_HEAD)) == len(Transfer)
    assert len(_rows(SWEEPS_HEAD)) == len(sweeps())
