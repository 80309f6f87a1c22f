"""Every number of the code that may be wrong, and what it becomes.

A whole number becomes the next one, a fraction grows by a thousandth, and the last digit of a
number in quotes by one. Constants in messages, annotations and docstrings are left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = (
    "colour/*.py",
    "resample/*.py",
    "formula/functions.py",
    "ops/alpha.py",
    "ops/components.py",
    "ops/dither.py",
    "ops/meter.py",
    "ops/peak.py",
)
"""The modules whose numbers are changed, below gpumft."""


@dataclass(frozen=True)
class Change:
    """One number and what it becomes."""

    module: str
    """Such as colour/pq."""
    line: int
    start: int
    end: int
    """Columns of the number, in bytes."""
    old: str
    new: str
    text: str
    """The line."""
    nth: int = 1
    """Which of equal lines of the module it stands in."""

    @property
    def key(self) -> str:
        """What HARMLESS knows it by: the module and the line, with the number between > and <."""
        row = self.text.encode()
        parts = row[: self.start], self.old.encode(), row[self.end :]
        marked = "{}>{}<{}".format(*(part.decode() for part in parts)).strip()
        return f"{self.module}: {marked}" + (f" ({self.nth})" if self.nth > 1 else "")

    def applied(self, source: str) -> str:
        """Return the module with the change."""
        lines = source.encode().splitlines(keepends=True)
        row = lines[self.line - 1]
        lines[self.line - 1] = row[: self.start] + self.new.encode() + row[self.end :]
        return b"".join(lines).decode()


def changes() -> list[Change]:
    """Return every change there is, in the order of the source."""
    package = ROOT / "gpumft"
    paths = [path for pattern in SOURCES for path in sorted(package.glob(pattern))]
    return [change for path in paths for change in _of_module(path)]


def _of_module(path: Path) -> Iterator[Change]:
    source = path.read_text()
    module = f"{path.parent.name}/{path.stem}"
    lines = source.splitlines()
    for node in _numbers(ast.parse(source)):
        if node.end_lineno != node.lineno or node.end_col_offset is None:
            continue
        line = lines[node.lineno - 1]
        segment = line.encode()[node.col_offset : node.end_col_offset].decode()
        new = _changed(node.value, segment)
        if new is not None:
            where = (node.lineno, node.col_offset, node.end_col_offset)
            nth = lines[: node.lineno].count(line)
            yield Change(module, *where, segment, new, line, nth)


def _numbers(node: ast.AST) -> Iterator[ast.Constant]:
    """Constants outside messages, annotations and docstrings."""
    if isinstance(node, ast.Constant):
        yield node
        return
    if isinstance(node, ast.JoinedStr | ast.Raise):
        return
    for name, child in ast.iter_fields(node):
        if name in {"annotation", "returns"}:
            continue
        for one in child if isinstance(child, list) else [child]:
            docstring = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
            if isinstance(one, ast.AST) and not docstring:
                yield from _numbers(one)


def _changed(value: object, segment: str) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value + 1)
    if isinstance(value, float):
        return repr(value * 1.001 if value else 0.001)
    if isinstance(value, str) and value.lstrip("-").replace(".", "", 1).isdigit():
        digit = int(value[-1])
        return f"{segment[:-2]}{digit + 1 if digit < 9 else 8}{segment[-1]}"
    return None
