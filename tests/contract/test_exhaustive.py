"""The table in docs/accuracy.md is what the engine does, and lies within the bound."""

from pathlib import Path

import pytest

from gpumft.media import Matrix, Range
from tests.contract.exhaustive import HEAD, combinations, table_row

DOCUMENT = Path(__file__).parents[2] / "docs" / "accuracy.md"
BOUND = 0.5 + 2**-10


@pytest.mark.parametrize(("matrix", "range_"), combinations())
def test_every_triple(matrix: Matrix, range_: Range) -> None:
    row = table_row(matrix, range_)
    assert row in DOCUMENT.read_text().splitlines()
    cells = row.split("|")
    assert float(cells[3]) <= BOUND
    assert float(cells[5]) <= BOUND


def test_the_document_is_whole() -> None:
    text = DOCUMENT.read_text()
    assert text.startswith(HEAD)
    assert len(text.removeprefix(HEAD).splitlines()) == len(combinations())
