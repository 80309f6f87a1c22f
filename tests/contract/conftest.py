"""The flag of the full product, and how many conversions were judged."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

JUDGED = "conversions"
"""The property in which a test says how many conversions it judged, and on what."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the full product out unless it was asked for; it would be one long skip."""
    wanted = config.getoption("--full-product")
    return True if collection_path.name == "test_full_product.py" and not wanted else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many conversions were judged on each backend."""
    found = Counter[str]()
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == JUDGED:
                found[value[0]] += value[1]
    for words, count in sorted(found.items()):
        terminalreporter.write_line(f"{words}: {count} conversions, each byte the twin's")
