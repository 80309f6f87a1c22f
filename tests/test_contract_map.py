"""Every row of the contract has a test or a reason, and docs/contract.md tells which."""

from dataclasses import replace

import pytest

from tests import contract_map
from tests.contract_map import PAGE, ROWS, Row, Table

TABLES, LEFT_OUT = contract_map.read(ROWS.read_text(encoding="utf-8"))
GOOD = Row("9-1", "says", tests=("test_contract_map.py::test_the_map_is_whole",))


def told(row: Row) -> list[str]:
    return list(contract_map.problems([Table("9", "Nine", (row,))]))


def test_the_map_is_whole() -> None:
    assert list(contract_map.problems(TABLES)) == []


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == contract_map.page(TABLES), "run: python -m tests.contract_map"


def test_no_row_is_forgotten() -> None:
    """As many rows as the contract's tables have; three more are of NULL pointers."""
    marks = [row.mark for table in TABLES for row in table.rows if row.mark]
    assert len(marks) == len(set(marks)) == 319
    assert len(LEFT_OUT) == 3


def test_a_good_row_is_no_problem() -> None:
    assert told(GOOD) == []
    assert told(Row("9-1", "says", reason="because")) == []
    assert told(Row("9-1", "says", later="a thing", planned=("test_x.py::test_y",))) == []


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (replace(GOOD, tests=()), "one of them"),
        (replace(GOOD, reason="because"), "one of them"),
        (replace(GOOD, tests=("test_contract_map.py::test_nothing",)), "there is no test"),
        (replace(GOOD, tests=("test_contract_map.py::told",)), "there is no test"),
        (replace(GOOD, tests=("no_file.py::test_x",)), "there is no test"),
        (replace(GOOD, id="8-1"), "stands in table 9"),
        (replace(GOOD, says=""), "says nothing"),
    ],
)
def test_a_bad_row_is_told(wrong: Row, problem: str) -> None:
    (found,) = told(wrong)
    assert problem in found


def test_a_number_is_used_once() -> None:
    table = Table("9", "Nine", (GOOD, GOOD))
    assert list(contract_map.problems([table])) == ["9-1: there are 2 rows of this number"]


def test_what_is_planned_counts_once_it_is_all_there() -> None:
    row = Row("9-1", "says", later="a thing", planned=GOOD.tests)
    assert row.shown_by == GOOD.tests
    assert replace(row, planned=(*GOOD.tests, "no_file.py::test_x")).shown_by == ()


def test_rows_that_are_not_mapped_are_found() -> None:
    rows = ["| a | b |", "| c | d |", "| e | f |"]
    head = "| x | y |\n|---|---|\n"
    text = f"## 1. One\n{head}{rows[0]}\n{rows[1]}\n## 8. Eight\n{head}| not asked for |\n"
    text += f"## Appendix A - more\n{head}{rows[2]}\n"
    known = Table("1", "One", (replace(GOOD, mark=contract_map.mark("1", rows[0])),))
    assert contract_map.unmapped(text, [known], set()) == rows[1:]
    assert contract_map.unmapped(text, [known], {contract_map.mark("1", rows[1])}) == rows[2:]
