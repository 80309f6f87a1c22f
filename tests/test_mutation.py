"""The list of harmless changes is true, and so is docs/mutation.md; the run itself takes long."""

from functools import cache
from pathlib import Path

from tests.mutation.__main__ import Results
from tests.mutation.changes import ROOT
from tests.mutation.changes import changes as found_changes
from tests.mutation.harmless import HARMLESS, table
from tests.mutation.trial import BESIDE, LIGHT

changes = cache(found_changes)
PAGE = Path(__file__).parents[1] / "docs" / "mutation.md"


def test_every_harmless_number_is_there() -> None:
    assert set(HARMLESS) <= {change.key for change in changes()}


def test_every_change_is_a_program() -> None:
    # All of a module at once, from its end on: a number in the place of a number is a program.
    for module in BESIDE:
        changed = (ROOT / "gpumft" / f"{module}.py").read_text()
        found = [change for change in changes() if change.module == module]
        for change in sorted(found, key=lambda one: (one.line, one.start), reverse=True):
            before, changed = changed, change.applied(changed)
            assert changed != before
        compile(changed, module, "exec")


def test_every_module_has_tests_that_are_there() -> None:
    assert {change.module for change in changes()} == set(BESIDE)
    for test in {LIGHT, *(one for tests in BESIDE.values() for one in tests)}:
        path, _, name = test.partition("::")
        assert (ROOT / path).exists()
        if name:
            assert f"def {name}(" in (ROOT / path).read_text()


def test_what_was_noticed_is_not_tried_again_while_the_module_is_as_it_was(tmp_path: Path) -> None:
    one, other, *_ = changes()
    path = tmp_path / "results.json"
    results = Results(path)
    results.add(one, "tests/colour/test_curves.py::test_one", 1.0)
    results.add(other, None, 30.0)
    assert Results(path).knows(one)
    assert not Results(path).knows(other)
    path.write_text(path.read_text().replace('"module": "', '"module": "another '))
    assert not Results(path).knows(one)


def test_the_page_lists_them() -> None:
    assert table() in PAGE.read_text()
