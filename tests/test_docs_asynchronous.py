"""The examples of docs/asynchronous.md run as they stand."""

import re
from pathlib import Path
from typing import Any

import gpumft as gm

PAGE = (Path(__file__).parents[1] / "docs" / "asynchronous.md").read_text(encoding="utf-8")


def test_the_examples() -> None:
    first, second = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(first, names)  # noqa: S102 - our own text
    assert names["times"] == [n * 400_000 for n in range(5)]
    exec(second, names)  # noqa: S102 - our own text
    assert [made.time for made in names["made"]] == names["times"]


def test_the_table_of_events() -> None:
    told = dict(re.findall(r"\| `(\w+)\(.*\| (60\d) \|", PAGE))
    assert told == {
        name: str(int(getattr(gm, name)().type))
        for name in (
            "NeedInput",
            "HaveOutput",
            "DrainComplete",
            "Marker",
            "InputStreamStateChanged",
        )
    }
