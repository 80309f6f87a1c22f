"""A part of every table in docs/zimg.md: within a code of zimg, or apart for the reason given."""

from __future__ import annotations

from functools import reduce
from operator import add
from pathlib import Path

import pytest

from gpumft.testing.bounds import excess
from tests.contract import zimg
from tests.contract.zimg_rows import HEAD, TABLES, Row, scaling

PAGE = Path(__file__).parents[2] / "docs" / "zimg.md"
ROWS = [
    row
    for title, rows in TABLES.items()
    for index, row in enumerate(rows())
    if title != "Scaling" or index % 7 == 0
]
"""Of 132 rows of scaling every seventh: all filters, both ways, all sitings."""

needs_zscale = pytest.mark.skipif(not zimg.program(), reason="no ffmpeg with zscale")


def test_the_part_has_every_filter_way_and_siting() -> None:
    def words(rows: list[Row]) -> list[set[str]]:
        parts = zip(*(row.label.rsplit(", ", 2) for row in rows), strict=True)
        return [set(part) for part in parts]

    every = scaling()
    assert words(every[::7]) == words(every)


@needs_zscale
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_both_agree_or_differ_for_the_reason_given(row: Row) -> None:
    depth = row.cases[0].dst.format.depth
    found = reduce(add, row.difference(only=0).values())
    # 16 bits go through light, where the bound is an interval that test_light.py judges
    assert found.ours <= (0.02 if depth == 16 else (0.5 + excess(depth)) / 2.0 ** (depth - 8))
    assert found.count >= 100
    if row.why:
        assert found.worst > 1
    else:
        assert found.worst <= 1
        assert found.zimg <= 0.52


def test_the_page_has_every_row() -> None:
    text = PAGE.read_text()
    assert text.startswith(HEAD)
    for rows in TABLES.values():
        for row in rows():
            assert f"\n| {row.label} | " in text
            assert row.why in text
