"""The map from the contract's rows to the tests that show them: checks it and writes its page.

`python -m tests.contract_map` writes docs/contract.md and fails on a row without test or reason,
or with a test that is not there. `--against FILE` compares the rows with the tables of a copy of
the contract: each row of a table has its mark here.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.interfaces import DATA, marked, methods, reason

ROOT = Path(__file__).parent.parent
ROWS = ROOT / "tests" / "data" / "contract_rows.toml"
PAGE = ROOT / "docs" / "contract.md"
_HEAD = """\
# The contract, row by row

<!-- Written by `python -m tests.contract_map`; a test compares. -->

What Media Foundation's documentation says of transforms, and what Windows is observed to do, as
rows of tables; for each the test that shows it here, or the reason why none does. Tests are named
from `tests/`. Rows about NULL pointers have no meaning in Python and are left out.
"""
_SECTION = re.compile(r"^#{2,3} (?:Appendix )?([0-9A-C]+(?:\.\d+)?)")
_RULE = re.compile(r"^\|[-| ]+\|$")
_WANTED = {"9.3", "10.6"}


@dataclass(frozen=True)
class Row:
    """One row: what it says, and what answers for it."""

    id: str
    says: str
    mark: str | None = None
    tests: tuple[str, ...] = ()
    reason: str | None = None
    later: str | None = None
    planned: tuple[str, ...] = ()

    @property
    def shown_by(self) -> tuple[str, ...]:
        """The tests that are there, planned ones among them once they are all built."""
        built = all(map(exists, self.planned)) if self.planned else False
        return self.tests + (self.planned if built else ())


@dataclass(frozen=True)
class Table:
    """The rows of one section."""

    id: str
    title: str
    rows: tuple[Row, ...]


def read(text: str) -> tuple[list[Table], set[str]]:
    """Return the tables of the data file, and the marks of rows that are left out."""
    data = tomllib.loads(text)
    return [_table(each) for each in data["table"]], set(data["left_out"])


def _table(data: dict[str, Any]) -> Table:
    lists = "tests", "planned"
    rows: list[dict[str, Any]] = [
        {key: tuple(value) if key in lists else value for key, value in row.items()}
        for row in data["rows"]
    ]
    return Table(data["id"], data["title"], tuple(Row(**row) for row in rows))


@cache
def _functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def exists(test: str) -> bool:
    """Whether a test is there: its file, and a function of that name in it."""
    file, _, name = test.partition("::")
    path = ROOT / "tests" / file
    return name.startswith("test_") and path.is_file() and name in _functions(path)


def problems(tables: list[Table]) -> Iterator[str]:
    """Yield what is wrong with the map."""
    ids = Counter(row.id for table in tables for row in table.rows)
    yield from (
        f"{id}: there are {count} rows of this number" for id, count in ids.items() if count > 1
    )
    for table in tables:
        for row in table.rows:
            answers = [bool(row.tests), bool(row.reason), bool(row.later)]
            if sum(answers) != 1:
                yield f"{row.id}: wants tests, a reason, or what it waits for; one of them"
            if not row.id.startswith(f"{table.id}-"):
                yield f"{row.id}: stands in table {table.id}"
            if not row.says:
                yield f"{row.id}: says nothing"
            yield from (
                f"{row.id}: there is no test {each}" for each in row.tests if not exists(each)
            )


def page(tables: list[Table]) -> str:
    """Return the page."""
    every = [row for table in tables for row in table.rows]
    shown = sum(bool(row.shown_by) for row in every)
    later = sum(bool(row.later) and not row.shown_by for row in every)
    counts = (
        f"Of {len(every)} rows {shown} are shown by tests, {len(every) - shown - later} have a "
        f"reason why not, and {later} wait for what is not built yet.\n"
    )
    parts = [_HEAD, counts]
    for table in tables:
        parts.append(f"## {table.id} {table.title}\n")
        lines = ["| row | says | shown by |", "|---|---|---|"]
        lines += [f"| {row.id} | {_cell(row.says)} | {_answer(row)} |" for row in table.rows]
        parts.append("\n".join(lines) + "\n")
    return "\n".join([*parts, _interfaces()])


def _answer(row: Row) -> str:
    if row.shown_by:
        return "<br>".join(f"`{test}`" for test in row.shown_by)
    return _cell(row.reason) if row.reason else f"not built yet: {_cell(row.later or '')}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _interfaces() -> str:
    here = {each.method for each in marked()}
    lines = [
        "## Interfaces\n",
        "A method with a counterpart has a line `# MF: Interface::Method` above it.\n",
        "| interface | methods | here | elsewhere, or why not |",
        "|---|---|---|---|",
    ]
    for name, all in DATA["interfaces"].items():
        found = [each for each in all if f"{name}::{each}" in here]
        told: dict[str, list[str]] = {}
        for each in all:
            if f"{name}::{each}" not in here:
                told.setdefault(reason(f"{name}::{each}") or "?", []).append(each)
        why = "<br>".join(
            _cell(why if len(those) == len(all) else f"{', '.join(those)}: {why}")
            for why, those in told.items()
        )
        lines.append(f"| {name} | {len(all)} | {len(found)} | {why} |")
    count = len(methods())
    lines.append(f"\nOf {count} methods {len(here & set(methods()))} are here under their names.\n")
    return "\n".join(lines)


def unmapped(contract: str, tables: list[Table], left_out: set[str]) -> list[str]:
    """Return the rows of the contract's tables whose marks are not in the map."""
    known = {row.mark for table in tables for row in table.rows} | left_out
    return [row for section, row in _table_rows(contract) if mark(section, row) not in known]


def mark(section: str, row: str) -> str:
    """Return what a row of the contract is known by here."""
    return hashlib.sha256(f"{section} {row}".encode()).hexdigest()[:8]


def _table_rows(contract: str) -> Iterator[tuple[str, str]]:
    """Yield section and text of the rows of sections 0 to 7, 9.3, 10.6 and the appendices."""
    section = ""
    lines = contract.split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if found := _SECTION.match(line):
            section = found[1]
        head = _RULE.match(following)
        if line.startswith("|") and not head and not _RULE.match(line) and _is_wanted(section):
            yield section, line


def _is_wanted(section: str) -> bool:
    return (
        section in _WANTED
        or section[:1] in set("ABC")
        or section.partition(".")[0] in set("01234567")
    )


def main(arguments: list[str]) -> int:
    """Check the map, write its page."""
    tables, left_out = read(ROWS.read_text(encoding="utf-8"))
    found = list(problems(tables))
    if arguments[:1] == ["--against"]:
        contract = Path(arguments[1]).read_text(encoding="utf-8")
        found += [f"not mapped: {row}" for row in unmapped(contract, tables, left_out)]
    if not found:
        PAGE.write_text(page(tables), encoding="utf-8")
    print("\n".join(found) or f"{PAGE.relative_to(ROOT)} is written")  # noqa: T201 - a script
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
