"""The list of harmless changes is true, and so is docs/mutation.md; the run itself takes long."""

from pathlib import Path

from tests.mutation.changes import ROOT, changes
from tests.mutation.harmless import HARMLESS, table
from tests.mutation.trial import BESIDE, LIGHT

PAGE = Path(__file__).parents[1] / "docs" / "mutation.md"


def test_every_harmless_number_is_there() -> None:
    assert set(HARMLESS) <= {change.key for change in changes()}


def test_every_change_is_a_program() -> None:
    for change in changes():
        source = (ROOT / "gpumft" / f"{change.module}.py").read_text()
        changed = change.applied(source)
        assert changed != source
        compile(changed, change.module, "exec")


def test_every_module_has_tests_that_are_there() -> None:
    assert {change.module for change in changes()} == set(BESIDE)
    for test in {LIGHT, *(one for tests in BESIDE.values() for one in tests)}:
        path, _, name = test.partition("::")
        assert (ROOT / path).exists()
        if name:
            assert f"def {name}(" in (ROOT / path).read_text()


def test_the_page_lists_them() -> None:
    assert table() in PAGE.read_text()
