"""Change every number of the colour, scaling and formula code, one at a time: a test must fail.

`python -m tests.mutation` prints the changes that no test noticed and ends with 1 if one of them is
not known to be harmless; `--every 5` takes every fifth number, `--only colour/pq` one module, and
`--own` runs only the tests of the module, without the conversions through light. With `--results
FILE` what was noticed is kept, and a later run leaves it out while the module is as it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any

from tests.mutation.changes import ROOT, Change, changes
from tests.mutation.harmless import HARMLESS
from tests.mutation.trial import Copy, Experience


class Results:
    """What became of each change, in a file: written after every one."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.found: dict[str, Any] = {}
        if path is not None and path.exists():
            self.found = json.loads(path.read_text())

    def knows(self, change: Change) -> bool:
        """Return whether a test noticed this change of the module as it is now."""
        known = self.found.get(change.key, {})
        return bool(known.get("noticed_by")) and known["module"] == _text_of(change)

    def add(self, change: Change, noticed_by: str | None, seconds: float) -> None:
        """Keep what became of a change."""
        self.found[change.key] = {
            "line": change.line,
            "becomes": change.new,
            "noticed_by": noticed_by,
            "seconds": round(seconds, 1),
            "module": _text_of(change),
        }
        if self.path is not None:
            aside = self.path.with_suffix(".part")
            aside.write_text(json.dumps(self.found, indent=1))
            aside.replace(self.path)

    def teach(self, experience: Experience) -> None:
        """Hand on which tests noticed something."""
        for key, known in self.found.items():
            if known["noticed_by"]:
                experience.learn(key.partition(":")[0], known["noticed_by"])


def _text_of(change: Change) -> str:
    source = (ROOT / "gpumft" / f"{change.module}.py").read_bytes()
    return hashlib.sha256(source).hexdigest()[:16]


def tried(
    chosen: list[Change], results: Results, *, workers: int, own: bool
) -> Iterator[tuple[Change, bool]]:
    """Try changes; return each with whether a test noticed it.

    Args:
        chosen: the changes.
        results: where the outcome is kept.
        workers: how many are tried at once.
        own: leave out the conversions through light.

    Raises:
        RuntimeError: the tests fail without a change.
    """
    experience = Experience()
    results.teach(experience)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        free: Queue[Copy] = Queue()
        for index in range(workers):
            free.put(Copy(Path(folder, str(index)), experience, through_light=not own))
        first = free.get()
        failing = first.failing(*{change.module for change in chosen}) if chosen else None
        if failing is not None:
            msg = f"{failing} fails without a change; mend it first"
            raise RuntimeError(msg)
        free.put(first)

        def noticed_by(change: Change) -> tuple[str | None, float]:
            copy = free.get()
            began = time.monotonic()
            try:
                return copy.noticed_by(change), time.monotonic() - began
            finally:
                free.put(copy)

        for change, (test, seconds) in zip(chosen, pool.map(noticed_by, chosen), strict=True):
            results.add(change, test, seconds)
            yield change, test is not None


def _report(outcome: Iterable[tuple[Change, bool]], count: int) -> int:
    """Print what was not noticed; return how much it is."""
    unnoticed = 0
    for done, (change, noticed) in enumerate(outcome, 1):
        sys.stderr.write(f"\r{done} of {count} ")
        if not noticed:
            unnoticed += 1
            sys.stdout.write(f"{change.line} -> {change.new}  {change.key}\n")
            sys.stdout.flush()
    return unnoticed


def main() -> int:
    """Run the changes that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every n-th number")
    parser.add_argument("--first", type=int, default=0, help="begin with this one")
    parser.add_argument("--only", default="", help="modules that begin so, such as colour/pq")
    parser.add_argument("--own", action="store_true", help="only the tests of the module")
    parser.add_argument("--harmless", action="store_true", help="also what is known as harmless")
    parser.add_argument("--results", type=Path, help="a file to go on from, JSON")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    results = Results(asked.results)
    found = [change for change in changes() if change.module.startswith(asked.only)]
    left = [
        change
        for change in found[asked.first :: asked.every]
        if not results.knows(change) and (asked.harmless or change.key not in HARMLESS)
    ]
    outcome = tried(left, results, workers=asked.workers, own=asked.own)
    unnoticed = _report(outcome, len(left))
    sys.stdout.write(f"{len(left)} of {len(found)} numbers changed, {unnoticed} not noticed\n")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    raise SystemExit(main())
