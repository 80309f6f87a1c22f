"""Change every number of the colour, scaling and formula code, one at a time: a test must fail.

`python -m tests.mutation` prints the changes that no test noticed and ends with 1 if one of them is
not known to be harmless; `--every 5` takes every fifth number, `--only colour/pq` one module.
A whole number becomes the next one, a fraction grows by a thousandth, and the last digit of a
number in quotes by one. Constants in messages and annotations are left alone.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from tests.mutation_harmless import HARMLESS

ROOT = Path(__file__).parents[1]
ROOMS = ("colour", "resample", "formula")
LIGHT = "tests/contract/test_light.py::test_the_plan_is_within_the_bounds_of_the_reference"
FIELDS = "tests/ops/test_fields.py::test_a_crop_from_any_row_keeps_the_fields"
CURVES = "tests/colour/test_curves.py"
BESIDE = {
    "colour/curves": (CURVES,),
    "colour/light": ("tests/colour/test_plan.py", "tests/colour/test_tone.py"),
    "colour/light_matrices": ("tests/colour/test_light_matrices.py",),
    "colour/matrices": ("tests/colour/test_matrices.py", "tests/colour/test_plan.py"),
    "colour/plan": ("tests/colour/test_plan.py",),
    "colour/pq": (CURVES, "tests/colour/test_tone.py"),
    "colour/primaries": ("tests/colour/test_primaries.py",),
    "colour/quantise": ("tests/colour/test_quantise.py",),
    "colour/rounding": ("tests/colour/test_rounding.py", "tests/colour/test_matrices.py"),
    "colour/tone": ("tests/colour/test_tone.py",),
    "formula/functions": ("tests/formula", CURVES),
    "resample/axis": ("tests/resample",),
    "resample/fields": (FIELDS,),
    "resample/filters": ("tests/resample",),
    "resample/grid": ("tests/resample", FIELDS),
    "resample/taps": ("tests/resample",),
    "resample/weights": ("tests/resample",),
}
"""The tests that are run for a module, before LIGHT: the first failure ends the run."""
LIMIT = 240
"""Seconds; a change that makes a test run for ever is noticed too."""


SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["numpy", "pytest", "hypothesis", "xdist", "numba"])


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
    paths = [
        path
        for room in ROOMS
        for path in sorted((ROOT / "gpumft" / room).glob("*.py"))
        if room != "formula" or path.stem == "functions"
    ]
    return [change for path in paths for change in _of_module(path)]


def _of_module(path: Path) -> Iterator[Change]:
    source = path.read_text()
    module = f"{path.parent.name}/{path.stem}"
    lines = source.splitlines()
    for node in _numbers(ast.parse(source)):
        segment = ast.get_source_segment(source, node)
        new = _changed(node.value, segment or "")
        if new is not None and segment is not None and node.end_col_offset is not None:
            where = (node.lineno, node.col_offset, node.end_col_offset)
            line = lines[node.lineno - 1]
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


class Copy:
    """A copy of the package in which one number at a time is changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "gpumft", root / "gpumft", ignore=skipped)
        compileall.compile_dir(root, quiet=1)

    def notices(self, change: Change) -> bool:
        """Return whether a test fails with the change."""
        path = self.root / "gpumft" / f"{change.module}.py"
        source = path.read_text()
        for stale in path.parent.glob(f"__pycache__/{path.stem}.*"):
            stale.unlink()
        path.write_text(change.applied(source))
        try:
            return not self.passes(change.module)
        finally:
            path.write_text(source)

    def passes(self, *modules: str) -> bool:
        """Return whether the tests of some modules pass; false where they never end."""
        beside = sorted({test for module in modules for test in BESIDE[module]})
        child = SERVER.Process(target=_tested, args=(str(self.root), beside))
        child.start()
        child.join(LIMIT)
        if child.exitcode is None:
            child.kill()
            child.join()
        return child.exitcode == 0


def _tested(root: str, beside: list[str]) -> None:
    """Run the tests on the package in `root`, in a process of its own; end with their status."""
    sys.dont_write_bytecode = True
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    sys.path.insert(0, root)
    import pytest

    import gpumft

    if not gpumft.__file__.startswith(root):
        os._exit(3)
    settings = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    os._exit(pytest.main([*settings, *beside]) or pytest.main([*settings, LIGHT]))


def survivors(chosen: list[Change], workers: int) -> Iterator[Change]:
    """Return the changes that no test notices, as they are found.

    Raises:
        RuntimeError: the tests fail without a change.
    """
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        free: Queue[Copy] = Queue()
        for index in range(workers):
            free.put(Copy(Path(folder, str(index))))
        first = free.get()
        if not first.passes(*{change.module for change in chosen}):
            msg = "the tests fail without a change; mend them first"
            raise RuntimeError(msg)
        free.put(first)

        def noticed(change: Change) -> bool:
            copy = free.get()
            try:
                return copy.notices(change)
            finally:
                free.put(copy)

        results = zip(chosen, pool.map(noticed, chosen), strict=True)
        for done, (change, was) in enumerate(results, 1):
            sys.stderr.write(f"\r{done} of {len(chosen)} ")
            if not was:
                yield change


def main() -> int:
    """Run the changes that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every n-th number")
    parser.add_argument("--first", type=int, default=0, help="begin with this one")
    parser.add_argument("--only", default="", help="modules that begin so, such as colour/pq")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    found = [change for change in changes() if change.module.startswith(asked.only)]
    chosen = [c for c in found[asked.first :: asked.every] if c.key not in HARMLESS]
    unknown = 0
    for change in survivors(chosen, asked.workers):
        unknown += 1
        sys.stdout.write(f"{change.line} -> {change.new}  {change.key}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} of {len(found)} numbers changed, {unknown} not noticed\n")
    return 1 if unknown else 0


if __name__ == "__main__":
    raise SystemExit(main())
