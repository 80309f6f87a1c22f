"""ci/gpu: what it writes, what fails it, what stops it; its parts run on the devices of CI."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ci import _gpu
from ci._record import Record
from gpumft.transforms import CONVERTIBLE
from tests.contract import backends, identity
from tests.contract.conversions import FORMATS
from tests.contract.programs import NAMES
from tests.contract.test_conversions import CASES

ROOT = Path(__file__).parent.parent.parent
ON = [backends.param("cpu"), backends.param("opencl")]
WITHOUT = """
from functools import partial
from importlib.machinery import PathFinder
absent = {"av", "hypothesis", "platformdirs", "pyopencl", "rich", "typer"}
really = PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name in absent else really(name, path, target)
PathFinder.find_spec = partial(find_spec)
"""


def run(part: str, path: Path, *words: str, device: str = "cpu") -> tuple[int, Any]:
    """Run a part in this process; return the exit code and the file."""
    spec = backends.SPECS[device]
    code = _gpu.main(ROOT, ["--part", part, "--device", spec, "--json", str(path), *words])
    return code, json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("device", ON)
def test_identity(tmp_path: Path, device: str) -> None:
    path = tmp_path / "found.json"
    code, found = run("identity", path, "--only", "golden", "--every", "47", device=device)
    assert (code, found["state"], found["failures"]) == (0, "done", [])
    assert set(found["counts"]) == {
        "golden", "golden apart and upside down", "golden against the cpu", "golden on surfaces",
    }  # fmt: skip
    assert found["counts"]["golden"] == {"passed": 2, "failed": 0}
    assert found["part"] == "identity"
    assert found["device"]["kind"] == device
    assert found["device"]["identical"]
    assert found["machine"]["commit"]


@pytest.mark.parametrize(
    ("group", "every"),
    [
        ("batches", 7),
        ("random programs", 80),
        ("odd sizes", 20),
        ("pairwise", 90),
        ("measured peaks", 3),
    ],
)
def test_other_groups_of_identity(tmp_path: Path, group: str, every: int) -> None:
    words = ["--only", group, "--every", str(every)]
    code, found = run("identity", tmp_path / "found.json", *words)
    assert (code, found["failures"]) == (0, [])
    assert found["counts"][group]["passed"] > 0


def test_identity_knows_every_pair_of_formats() -> None:
    groups = [case.group for case in identity.cases()]
    count = len(CONVERTIBLE)
    listed = len(FORMATS)
    assert groups.count("pairs of formats") == 2 * listed**2
    assert groups.count("other pairs of formats") == count**2 - listed**2
    assert groups.count("golden") == len(NAMES)
    assert groups.count("pairwise") == len(CASES)


def test_a_wrong_byte_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(device: Any) -> None:
        assert device.kind == "opencl", "one byte differs"

    made = [identity.Case("good", "one", lambda _: None), identity.Case("bad", "two", wrong)]
    monkeypatch.setattr(identity, "cases", lambda: made)
    code, found = run("identity", tmp_path / "found.json")
    assert (code, found["state"]) == (1, "done")
    assert found["counts"] == {
        "good": {"passed": 1, "failed": 0}, "bad": {"passed": 0, "failed": 1},
    }  # fmt: skip
    assert found["failures"][0]["name"] == "two"
    assert "one byte differs" in found["failures"][0]["error"]


def test_what_was_not_reached_is_no_success(tmp_path: Path) -> None:
    code, found = run("identity", tmp_path / "found.json", "--limit", "0")
    assert code == 1
    assert found["state"].startswith("out of time in golden: ")


SKIPPING = """
import pytest
def test_cpu_well(): pass
def test_cpu_passed_over(): pytest.skip("no such thing")
def test_cpu_badly(): assert 1 == 2
"""


def test_a_skip_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "test_few.py"
    file.write_text(SKIPPING)
    monkeypatch.setattr(_gpu, "TESTS", (str(file), str(tmp_path / "test_gone.py")))
    code, found = run("tests", tmp_path / "found.json")
    assert code == 1
    assert found["counts"][str(file)] == {"passed": 1, "failed": 2}
    skipped, failed, gone = (failure["error"] for failure in found["failures"])
    assert skipped == "skipped: no such thing"
    assert "assert 1 == 2" in failed
    assert gone.startswith("pytest ended with 4")


def test_every_file_of_tests_is_there() -> None:
    assert [name for name in _gpu.TESTS if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("device", ON)
def test_bench(tmp_path: Path, device: str) -> None:
    code, found = run("bench", tmp_path / "found.json", "--tiny", device=device)
    assert (code, found["state"], found["failures"]) == (0, "done", [])
    rows = {row["name"]: row for row in found["rows"]}
    job = rows["nv12 120x67 to rgb24 120x67, bilinear"]
    assert job["frames"] % 32 == 0
    assert job["frames"] * job["bytes"] > 1 << 17
    assert rows["copy on the device"]["GB/s"] > 0
    shares = found["share of the copy"]["nv12 120x67 to rgb24 120x67, bilinear"]
    kinds = {"one a launch", "32 a launch"}
    by_words = {f"{kind}, by words" for kind in kinds} if device == "opencl" else set()
    assert set(shares) == kinds | by_words
    assert found["clock"] == {"cpu": "host", "opencl": "OpenCL profiling"}[device]


def test_the_door_needs_no_more_than_it_says(tmp_path: Path) -> None:
    """NumPy, Numba, pytest: neither what reads files nor what the tests of other rooms use."""
    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    path = tmp_path / "found.json"
    words = ["--device", "cpu", "--json", str(path), "--only", "test_exchange"]
    env = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHON": sys.executable}
    done = subprocess.run(
        [ROOT / "ci" / "gpu", "--part", "tests", *words],
        env=env, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(path.read_text())
    assert (found["state"], found["failures"]) == ("done", [])
    assert found["counts"]["tests/contract/test_exchange.py"]["passed"] >= 5


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_stopping_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    words = ["--part", "identity", "--device", "cpu", "--json", str(path)]
    with subprocess.Popen(
        [sys.executable, ROOT / "ci" / "gpu", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("gpu: identity on cpu")
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert process.returncode == 130
    assert "gpu: interrupted after" in rest
    assert json.loads(path.read_text())["state"] == "interrupted"


def test_a_record_is_whole_at_every_moment(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    record = Record(path, {"part": "identity"})
    assert json.loads(path.read_text())["state"] == "running"
    record.passed("group", 2)
    record.failed("group", "case", "x" * 5000)
    found = json.loads(path.read_text())
    assert found["counts"] == {"group": {"passed": 2, "failed": 1}}
    assert len(found["failures"][0]["error"]) == 2000
    record.add("rows", {"name": "job"})
    record.end("done")
    found = json.loads(path.read_text())
    assert (found["state"], found["rows"]) == ("done", [{"name": "job"}])
    assert list(tmp_path.iterdir()) == [path]


def test_a_part_that_breaks_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> None:
        raise ZeroDivisionError("in the cases")

    monkeypatch.setattr(identity, "cases", breaks)
    with pytest.raises(ZeroDivisionError):
        run("identity", tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["state"] == "ended by ZeroDivisionError: in the cases"
