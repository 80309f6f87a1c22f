"""The defects of others that docs/known_defects.md lists are none of ours."""

from pathlib import Path

import pytest

from tests.scenarios.known_defects import Defect, defects, page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("defect", defects(), ids=lambda d: f"{d.who}: {d.what}")
def test_ours_is_right_and_theirs_is_not(defect: Defect) -> None:
    assert defect.ours == defect.right
    assert list(defect.wrong) != defect.right


def test_the_page_is_current() -> None:
    assert (DOCS / "known_defects.md").read_text(encoding="utf-8") == page()
