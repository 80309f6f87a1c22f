"""The parts behind ci/gpu: identity, tests, bench."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from ci._record import Record

LIMIT = 570.0
"""Seconds a part may take, so that it ends by itself within ten minutes."""
TESTS = (
    "tests/contract/test_golden.py",
    "tests/contract/test_exchange.py",
    "tests/device/test_batches.py",
    "tests/device/test_surface.py",
    "tests/device/test_pool.py",
    "tests/device/test_surface_programs.py",
    "tests/ops/test_batch.py",
    "tests/ops/test_launches.py",
    "tests/ops/test_surfaces.py",
    "tests/transforms/test_device_samples.py",
    "tests/contract/test_conversions.py",  # last: it takes longest
)
"""Files whose cases run on any device; those of the device are selected by their names."""
_TALK = 5.0
"""Seconds between two lines of progress."""


def main(root: Path, words: list[str] | None = None) -> int:
    """Run a part; return 0 where all went well, 1 where not, 130 where it was stopped."""
    given = _arguments(words)
    os.environ.setdefault("GPUMFT_CACHE_DIR", str(Path(tempfile.gettempdir()) / "gpumft_gpu"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from bench.gpu_timer import about, open_timer

    timer = open_timer(given.device)
    facts = about(timer)
    path = Path(given.json or f"gpu_{given.part}.json")
    record = Record(path, {"part": given.part, "arguments": vars(given), **facts})
    state = "interrupted"
    try:
        _say(f"{given.part} on {timer.device.spec}, {timer.device.info.name}; {path}")
        if not timer.device.info.identical:
            record.failed("self-test", timer.device.spec, timer.device.info.reason)
        state = PARTS[given.part](record, given, timer, root)
    except KeyboardInterrupt:
        _say("stopped")
        return 130
    except Exception as error:
        state = f"ended by {type(error).__name__}: {error}"
        raise
    finally:
        record.end(state)
        bad = len(record.failures)
        _say(f"{state} after {record.seconds:.0f} s, {bad} failures; {path}")
    return int(bad > 0 or state != "done")


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ci/gpu", description=__doc__)
    parser.add_argument("--part", required=True, choices=PARTS)
    parser.add_argument("--device", default="cuda", help="cuda, cuda:N, opencl:NAME, cpu")
    parser.add_argument("--json", metavar="PATH", help="where to write (gpu_PART.json)")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds that it may take")
    parser.add_argument("--only", default="", metavar="WORDS", help="groups or tests named so")
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="each Nth case of a group"
    )
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="but for the first N")
    parser.add_argument("--tiny", action="store_true", help="bench: to see that it works")
    return parser.parse_args(words)


def identity(record: Record, given: argparse.Namespace, timer: Any, root: Path) -> str:
    """Run every case of tests/contract/identity.py; return how it ended."""
    from tests.contract.identity import cases

    del root
    device, spoken = timer.device, 0.0
    chosen = [case for case in cases() if given.only in case.group]
    for group, found in groupby(sorted(chosen, key=_first_seen()), key=lambda case: case.group):
        for case in list(found)[given.skip :: given.every]:
            if record.seconds > given.limit:
                return f"out of time in {group}: {case.name}"
            try:
                case.run(device)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong is the finding
                record.failed(group, case.name, f"{type(error).__name__}: {error}")
                _say(f"FAILED {group}: {case.name}")
            else:
                record.passed(group)
            if record.seconds - spoken > _TALK:
                spoken = record.seconds
                _say(f"{spoken:4.0f} s  {group}: {record.content['counts'][group]}")
    return "done"


def _first_seen() -> Callable[[Any], int]:
    """Return a key that keeps groups in the order in which they come first."""
    order: dict[str, int] = {}
    return lambda case: order.setdefault(case.group, len(order))


def tests(record: Record, given: argparse.Namespace, timer: Any, root: Path) -> str:
    """Run the tests that name the device, return how it ended; one that is skipped has failed."""
    kind = timer.device.kind
    for file in (name for name in TESTS if given.only in name):
        left = given.limit - record.seconds
        if left < 1:
            return f"out of time before {file}"
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            try:
                code, said = _pytest(root, file, kind, report, left)
            except subprocess.TimeoutExpired:
                return f"out of time in {file}"
            found = list(_outcomes(report)) if report.exists() else []
        if code not in (0, 1) or not found:
            record.failed(file, file, f"pytest ended with {code}: {said[-1500:]}")
        for name, wrong in found:
            if wrong:
                record.failed(file, name, wrong)
            else:
                record.passed(file)
        record.write()
        _say(f"{record.seconds:4.0f} s  {file}: {record.content['counts'].get(file)}")
    return "done"


def _pytest(root: Path, file: str, kind: str, report: Path, left: float) -> tuple[int, str]:
    """Run one file without the settings of pyproject.toml, which name plugins; return what came."""
    command = [
        sys.executable, "-m", "pytest", "-q", "-c", os.devnull, f"--rootdir={root}",
        "--import-mode=importlib", "-p", "no:cacheprovider",
        f"--junitxml={report}", "-k", kind, file,
    ]  # fmt: skip
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # whatever plugins a machine may have
    env = os.environ | {"GPUMFT_REQUIRE": kind, "PYTHONPATH": path} | alone
    done = subprocess.run(
        command, cwd=root, env=env, capture_output=True, text=True, timeout=left, check=False
    )
    return done.returncode, done.stdout + done.stderr


def _outcomes(report: Path) -> Iterator[tuple[str, str]]:
    """Return the name of each test, and why it did not pass; "" where it did."""
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest has just written it
        wrong = [
            f"{child.tag}: {child.get('message', '')}"
            for child in case
            if child.tag in ("failure", "error", "skipped")
        ]
        yield str(case.get("name")), " ".join(wrong)


def bench(record: Record, given: argparse.Namespace, timer: Any, root: Path) -> str:
    """Measure; return how it ended."""
    from bench.gpu import Bench, Scale, compared

    del root
    scale = Scale(rounds=3, shrink=16, cache=1 << 16, calls=20) if given.tiny else Scale()
    rows: dict[str, dict[str, Any]] = {}
    for name, measure in Bench(timer, scale).measures():
        if given.only not in name:
            continue
        if record.seconds > given.limit:
            return f"out of time before {name}"
        began = time.monotonic()
        try:
            rows[name] = measure()
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is the finding
            record.failed("bench", name, f"{type(error).__name__}: {error}")
            _say(f"FAILED {name}")
            continue
        record.passed("bench")
        record.add("rows", {"name": name, **rows[name]})
        _say(f"{record.seconds:4.0f} s  {name}: {time.monotonic() - began:.1f} s")
    record.content["share of the copy"] = compared(rows)
    return "done"


Part = Callable[[Record, argparse.Namespace, Any, Path], str]
PARTS: dict[str, Part] = {"identity": identity, "tests": tests, "bench": bench}


def _say(text: str) -> None:
    print(f"gpu: {text}", flush=True)
