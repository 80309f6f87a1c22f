"""The tutorials' Python runs as it stands, block after block."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gpumft as gm

ROOT = Path(__file__).parents[1]


@pytest.fixture
def names(capsys: pytest.CaptureFixture[str]) -> Iterator[dict[str, Any]]:
    """What the blocks of docs/transforms.md leave behind, with all that they print."""
    text = (ROOT / "docs" / "transforms.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 7
    names: dict[str, Any] = {"__name__": "tutorial"}
    for block in blocks:
        exec(block, names)  # noqa: S102 - our own text
    yield names | {"printed": capsys.readouterr().out}
    gm.unregister_transform("Solarize")


def test_writing_a_transform(names: dict[str, Any]) -> None:
    values = [
        (0, 0),
        (400_000, 40),
        (800_000, 80),
        (1_200_000, 120),
        (1_600_000, 95),
        (2_000_000, 55),
    ]
    assert names["results"] == values
    assert names["broken"] == (
        "a_flush_forgets_the_stream",
        "equal_streams_give_equal_pictures",
    )
    assert isinstance(names["again"], gm.VideoTransform)
    assert "Solarize" in [each.name for each in names["found"]]
    for factory in ("solarize", "Halve", "Trail"):
        assert f"{factory}: 61 rules kept, 0 broken" in names["printed"]
    assert "a_flush_forgets_the_stream: after a flush the picture" in names["printed"]


def test_the_first_transform_has_no_more_than_20_lines() -> None:
    text = (ROOT / "docs" / "transforms.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert sum(len(block.strip().splitlines()) for block in blocks[:2]) <= 20
