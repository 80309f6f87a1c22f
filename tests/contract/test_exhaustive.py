"""The first table in docs/accuracy.md is what the engine does, and lies within the bound."""

import pytest

from gpumft.media import Matrix, Range
from tests.contract.exhaustive import COMMON, DOCUMENT, HEAD, RARE, judge_row


@pytest.mark.parametrize(("matrix", "range_"), COMMON)
def test_every_triple(matrix: Matrix, range_: Range) -> None:
    judge_row(matrix, range_)


def test_the_table_is_whole() -> None:
    text = DOCUMENT.read_text()
    assert text.startswith(HEAD)
    rows = text.removeprefix(HEAD).partition("\n\n")[0].splitlines()
    known = [tuple(cell.strip() for cell in row.split("|")[1:3]) for row in rows]
    assert known == [(str(matrix), str(range_)) for matrix, range_ in COMMON + RARE]
