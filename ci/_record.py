"""What a run of ci/gpu found, written as it goes: whatever stops it, the file is whole and true."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

_PAUSE = 0.5
"""Seconds between two writings of the file; failures and measurements are written at once."""


class Record:
    """A JSON file that grows. It is written aside and renamed, so no reader sees half of it.

    Thread-safety: for one thread at a time.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        self.path = path
        self.content: dict[str, Any] = {
            **about, "state": "running", "seconds": 0.0, "counts": {}, "failures": [],
        }  # fmt: skip
        self._began = time.monotonic()
        self._written = 0.0
        self.write()

    @property
    def seconds(self) -> float:
        """Seconds since the record began."""
        return time.monotonic() - self._began

    @property
    def failures(self) -> list[dict[str, str]]:
        """What went wrong: group, name and the error's words."""
        found: list[dict[str, str]] = self.content["failures"]
        return found

    def passed(self, group: str, count: int = 1) -> None:
        """Count cases that went well."""
        self._count(group)["passed"] += count
        if time.monotonic() - self._written > _PAUSE:
            self.write()

    def failed(self, group: str, name: str, error: str) -> None:
        """Keep a case that went wrong."""
        self._count(group)["failed"] += 1
        self.failures.append({"group": group, "name": name, "error": error[:2000]})
        self.write()

    def add(self, name: str, value: Any) -> None:
        """Append a value to the list `name`."""
        self.content.setdefault(name, []).append(value)
        self.write()

    def end(self, state: str) -> None:
        """Write the last word: done, out of time, interrupted."""
        self.content["state"] = state
        self.write()

    def write(self) -> None:
        """Write the file now."""
        self.content["seconds"] = round(self.seconds, 1)
        aside = self.path.with_name(f"{self.path.name}.new")
        aside.write_text(json.dumps(self.content, indent=1) + "\n", encoding="utf-8")
        aside.replace(self.path)
        self._written = time.monotonic()

    def _count(self, group: str) -> dict[str, int]:
        counts: dict[str, int] = self.content["counts"].setdefault(
            group, {"passed": 0, "failed": 0}
        )
        return counts
