"""Which methods of Media Foundation's interfaces are here, and why the others are not.

A method with a counterpart has the line `# MF: Interface::Method` above it in the package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DATA: dict[str, Any] = json.loads(
    (ROOT / "tests" / "data" / "interfaces.json").read_text(encoding="utf-8")
)
_LINE = re.compile(r"^ *# MF: (\S+)$")


@dataclass(frozen=True)
class Marked:
    """A line `# MF:` and what stands below it."""

    method: str
    place: str
    below: str


def methods() -> list[str]:
    """Every method of every interface, as Interface::Method."""
    return [f"{name}::{each}" for name, all in DATA["interfaces"].items() for each in all]


def marked(package: Path = ROOT / "gpumft") -> Iterator[Marked]:
    """Yield the marks of the package."""
    for path in sorted(package.rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if found := _LINE.match(line):
                rest = (each.strip() for each in lines[number + 1 :])
                below = next(e for e in rest if not e.startswith(("@", "# MF:")))
                yield Marked(found[1], f"{path.relative_to(package)}:{number + 1}", below)


def reason(method: str) -> str | None:
    """Why a method has no counterpart of its own; None: nothing is said."""
    interface = method.partition("::")[0]
    elsewhere = DATA["elsewhere"]
    if told := elsewhere.get(method) or elsewhere.get(f"{interface}::*"):
        return str(told)
    for what, names in DATA["not_built_yet"].items():
        if interface in names:
            return f"not built yet: {what}"
    return None
