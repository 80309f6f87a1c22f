"""Interleaved timing: every contender once a round, so that a slow moment hits all of them."""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

RESULTS = Path(__file__).parent / "results"


@dataclass
class Contender:
    """Somebody who does the job: `run()` returns the planes made."""

    name: str
    run: Callable[[], list[npt.NDArray[Any]]]
    note: str = ""
    """Filter, antialiasing, siting: what it really computes."""


@dataclass
class Row:
    """One job, measured. Times are milliseconds."""

    job: str
    threads: int
    medians: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    """Our time over the peer's: below 1 we are faster."""
    differences: dict[str, float] = field(default_factory=dict)
    """Mean absolute difference of the result to ours, in 8-bit codes."""
    notes: dict[str, str] = field(default_factory=dict)


def race(job: str, threads: int, contenders: list[Contender], *, rounds: int) -> Row:
    """Check the results against the first contender's, then time all of them.

    Raises:
        RuntimeError: a result differs so much that it is another picture.
    """
    row = Row(job, threads)
    ours = contenders[0].run()
    for contender in contenders:
        row.notes[contender.name] = contender.note
        made = contender.run()
        difference = float(
            np.mean([mean_difference(a, b) for a, b in zip(ours, made, strict=True)])
        )
        if difference > 4:
            raise RuntimeError(f"{job}: {contender.name} differs by {difference:.1f} codes")
        row.differences[contender.name] = round(difference, 4)
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            start = time.perf_counter()
            contender.run()
            times[contender.name].append(1000 * (time.perf_counter() - start))
    row.medians = {name: round(statistics.median(t), 3) for name, t in times.items()}
    mine = row.medians[contenders[0].name]
    row.ratios = {name: round(mine / t, 2) for name, t in row.medians.items() if t != mine}
    return row


def mean_difference(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    """Return the mean absolute difference of two 8-bit planes."""
    return float(np.abs(a.astype(np.int16) - b.reshape(a.shape)).mean())


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
        "commit": os.environ.get("GPUMFT_COMMIT") or _commit(),
    }


def save(name: str, rows: list[Row], versions: Mapping[str, str]) -> Path:
    """Write the results as JSON and return the path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {"machine": machine(), "versions": dict(versions), "rows": [asdict(r) for r in rows]}
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def table(rows: list[Row]) -> str:
    """Return the results as a Markdown table."""
    lines = [
        "| job | threads | ours ms | peer | ms | ours / peer | mean difference |",
        "|---" * 7 + "|",
    ]
    for row in rows:
        first, *peers = row.medians
        for peer in peers:
            ratio = row.ratios.get(peer, 1.0)
            lines.append(
                f"| {row.job} | {row.threads} | {row.medians[first]:.2f} | {peer} "
                f"| {row.medians[peer]:.2f} | {ratio:.2f} | {row.differences[peer]:.3f} |"
            )
    return "\n".join(lines)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((ln.split(":")[1].strip() for ln in lines if ln.startswith("model name")), "")


def _commit() -> str:
    """Return the commit, with a plus where files differ from it; "unknown" outside a repository."""
    found = _git("rev-parse", "--short", "HEAD") or "unknown"
    return found + ("+" if _git("status", "--short") else "")


def _git(*arguments: str) -> str:
    if shutil.which("git") is None:
        return ""
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()
