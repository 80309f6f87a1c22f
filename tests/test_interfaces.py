"""Every method of Media Foundation's interfaces is here under its line, or has its reason."""

from collections import Counter
from pathlib import Path

import pytest

from tests.interfaces import DATA, Marked, marked, methods, reason

MARKED = list(marked())
HERE = {each.method for each in MARKED}


@pytest.mark.parametrize("method", methods())
def test_a_method_is_here_or_has_its_reason(method: str) -> None:
    assert method in HERE or reason(method)


@pytest.mark.parametrize("method", DATA["elsewhere"])
def test_what_is_said_to_be_elsewhere_is(method: str) -> None:
    interface = method.removesuffix("::*")
    known = interface in DATA["interfaces"] if method.endswith("::*") else method in methods()
    assert known, "no such method"
    assert method not in HERE, "it is here: take its reason out"


@pytest.mark.parametrize("mark", MARKED, ids=lambda mark: mark.place)
def test_a_mark_names_a_method_and_stands_above_one(mark: Marked) -> None:
    assert mark.method in methods()
    assert mark.below.startswith(("def ", "async def "))


def test_interfaces_that_are_not_built_are_known() -> None:
    names = [name for all in DATA["not_built_yet"].values() for name in all]
    assert set(names) <= set(DATA["interfaces"])
    assert max(Counter(names).values()) == 1


def test_a_method_has_one_home_in_a_class() -> None:
    homes = Counter((each.method, each.place.partition(":")[0]) for each in MARKED)
    assert {home for home, count in homes.items() if count > 1} == set()


def test_marks_are_found(tmp_path: Path) -> None:
    text = "class A:\n    # MF: IMFSample::AddBuffer\n    @property\n    def add(self): ...\n"
    (tmp_path / "a.py").write_text(text)
    (found,) = marked(tmp_path)
    assert (found.method, found.place) == ("IMFSample::AddBuffer", "a.py:2")
    assert found.below == "def add(self): ..."
