"""A copy of the package in which one number is changed, and the tests that are to notice it."""

from __future__ import annotations

import compileall
import multiprocessing
import os
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.mutation.changes import ROOT, Change

LIGHT = "tests/contract/test_light.py::test_the_plan_is_within_the_bounds_of_the_reference"
FIELDS = "tests/ops/test_fields.py::test_a_crop_from_any_row_keeps_the_fields"
CURVES = "tests/colour/test_curves.py"
BESIDE = {
    "colour/curves": (CURVES,),
    "colour/light": ("tests/colour/test_light.py", "tests/colour/test_plan.py"),
    "colour/light_matrices": ("tests/colour/test_light_matrices.py",),
    "colour/matrices": ("tests/colour/test_matrices.py", "tests/colour/test_plan.py"),
    "colour/plan": ("tests/colour/test_plan.py",),
    "colour/pq": (CURVES, "tests/colour/test_tone.py"),
    "colour/primaries": ("tests/colour/test_primaries.py",),
    "colour/quantise": ("tests/colour/test_quantise.py",),
    "colour/rounding": ("tests/colour/test_rounding.py", "tests/colour/test_matrices.py"),
    "colour/tone": ("tests/colour/test_tone.py",),
    "formula/functions": ("tests/formula",),
    "ops/alpha": ("tests/ops/test_alpha.py", FIELDS),
    "ops/components": ("tests/ops/test_components.py", "tests/ops/test_geometry.py", FIELDS),
    "ops/dither": ("tests/ops/test_dither.py",),
    "ops/meter": ("tests/ops/test_peak.py",),
    "ops/peak": ("tests/ops/test_peak.py",),
    "resample/axis": ("tests/resample",),
    "resample/fields": ("tests/resample/test_fields.py", FIELDS),
    "resample/filters": ("tests/resample",),
    "resample/grid": ("tests/resample", FIELDS),
    "resample/taps": ("tests/resample",),
    "resample/weights": ("tests/resample",),
}
"""The tests that are run for a module, before LIGHT: the first failure ends the run."""
LIMIT = 240
"""Seconds; a change that makes a test run for ever is noticed too."""
NEVER_ENDS = "never ends"
IMPORT = "tests.formula.coefficients", "tests.contract.pairwise"
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["numpy", "pytest", "hypothesis", "xdist", "numba", *IMPORT])
"""Every trial starts with all imported that does not import the package."""


@dataclass
class Experience:
    """What earlier trials tell: quick tests, and those that noticed something, come first."""

    seconds: dict[str, float] = field(default_factory=dict)
    """How long each test takes."""
    hits: dict[str, Counter[str]] = field(default_factory=dict)
    """How many changes of each module a test noticed."""

    def ranks(self, module: str) -> dict[str, tuple[float, ...]]:
        """Return the rank of each test that is known."""
        hits = self.hits.get(module, Counter())
        return {test: (-hits[test], taken) for test, taken in self.seconds.items()}

    def learn(self, module: str, test: str) -> None:
        """Remember that a test noticed a change."""
        self.hits.setdefault(module, Counter())[test] += 1


class Copy:
    """A copy of the package in which one number at a time is changed."""

    def __init__(self, root: Path, experience: Experience, *, through_light: bool) -> None:
        self.root = root
        self.experience = experience
        self.through_light = through_light
        skipped = shutil.ignore_patterns("__pycache__")
        for folder in ("gpumft", "kernels"):
            shutil.copytree(ROOT / folder, root / folder, ignore=skipped)
        compileall.compile_dir(root, quiet=1)

    def noticed_by(self, change: Change) -> str | None:
        """Return the test that fails with the change; None where all pass."""
        path = self.root / "gpumft" / f"{change.module}.py"
        source = path.read_text()
        for stale in path.parent.glob(f"__pycache__/{path.stem}.*"):
            stale.unlink()
        path.write_text(change.applied(source))
        try:
            test = self.failing(change.module)
        finally:
            path.write_text(source)
        if test is not None:
            self.experience.learn(change.module, test)
        return test

    def failing(self, *modules: str) -> str | None:
        """Return the first of the modules' tests that fails, or NEVER_ENDS; None where all pass.

        Raises:
            RuntimeError: the tests could not be run.
        """
        failed: str | None
        seconds: dict[str, float]
        beside = sorted({test for module in modules for test in BESIDE[module]})
        rounds = [beside, [LIGHT]] if self.through_light else [beside]
        ranks = self.experience.ranks(modules[0])
        here, there = SERVER.Pipe(duplex=False)
        child = SERVER.Process(target=_tested, args=(str(self.root), rounds, ranks, there))
        child.start()
        there.close()
        if not here.poll(LIMIT):
            child.kill()
            child.join()
            return NEVER_ENDS
        try:
            status, failed, seconds = here.recv()
        except EOFError:
            status, failed, seconds = None, None, {}
        child.join()
        if (status == 0) != (failed is None):
            msg = f"the tests of {', '.join(modules)} could not be run: status {status}"
            raise RuntimeError(msg)
        if failed is None:
            self.experience.seconds.update(seconds)
        return failed


class _Watch:
    """Orders tests, and sees which one fails."""

    def __init__(self, ranks: Mapping[str, tuple[float, ...]]) -> None:
        self.ranks = ranks
        self.failed: str | None = None
        self.seconds: Counter[str] = Counter()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Put first what is likely to fail soon."""
        items.sort(key=lambda item: self.ranks.get(item.nodeid, (0.0, 0.0)))

    def pytest_collectreport(self, report: Any) -> None:
        """A module that cannot be imported is a test that fails."""
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep what a test took."""
        self.seconds[report.nodeid] += report.duration
        if report.failed and self.failed is None:
            self.failed = report.nodeid


def _tested(
    root: str, rounds: list[list[str]], ranks: dict[str, tuple[float, ...]], answer: Connection
) -> None:
    """Run the tests on the package in `root`, in a process of its own."""
    sys.dont_write_bytecode = True
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    sys.path.insert(0, root)
    import pytest
    from hypothesis import Phase, settings

    import gpumft

    if not gpumft.__file__.startswith(root):
        os._exit(3)
    # A failing example need not become a short one.
    quick = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", deadline=None, derandomize=True, phases=quick)
    options = ["-x", "-q", "--assert=plain", f"--rootdir={ROOT}", "--hypothesis-profile=mutation"]
    options += ["-p", "no:cacheprovider", "--timeout=0"]
    watch = _Watch(ranks)
    status = 0
    for tests in rounds:
        status = status or int(pytest.main([*options, *tests], [watch]))
    answer.send((status, watch.failed, dict(watch.seconds)))
    os._exit(0)
