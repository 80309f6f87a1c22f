"""The set-up behind the doors: when it builds, what it refuses, what it leaves behind."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ci import _setup

ROOT = Path(__file__).parent.parent.parent


class Checkout:
    """A checkout in a temporary folder; steps of its set-up are recorded, not run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.steps: list[str] = []
        self.fails: Callable[[str], bool] = lambda _: False

    def run(self, command: list[str]) -> int:
        """Stand for a step: making the environment puts a Python there."""
        step = " ".join(command).replace(str(self.root), ".")
        if self.fails(step):
            return 1
        self.steps.append(step)
        if command[1:3] == ["-m", "venv"]:
            _setup.PYTHON.parent.mkdir()
            _setup.PYTHON.touch()
        return 0

    def installed(self) -> list[str]:
        """Return the last word of each step: what was made or installed."""
        return [step.split()[-1] for step in self.steps]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    locks = tmp_path / "requirements"
    locks.mkdir()
    for path in (ROOT / "requirements").glob("*.txt"):
        (locks / path.name).write_bytes(path.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    venv = tmp_path / ".venv"
    places = {
        "ROOT": tmp_path,
        "REQUIREMENTS": locks,
        "VENV": venv,
        "OURS": venv / _setup.OURS.name,
        "BIN": venv / _setup.BIN.name,
        "PYTHON": venv / _setup.BIN.name / _setup.PYTHON.name,
    }
    for name, place in places.items():
        monkeypatch.setattr(_setup, name, place)
    made = Checkout(tmp_path)
    monkeypatch.setattr(_setup, "run", made.run)
    return made


def test_first_call_builds_and_later_calls_do_nothing(checkout: Checkout) -> None:
    _setup.prepare("run")
    assert checkout.installed() == [
        "./.venv",
        "./requirements/uv.txt",
        "./requirements/run.txt",
        "./requirements/build.txt",
        ".",
    ]
    checkout.steps.clear()
    _setup.prepare("run")
    assert checkout.steps == []


def test_everything_fetched_is_hashed(checkout: Checkout) -> None:
    _setup.prepare("test")
    for step in checkout.steps[1:-1]:
        assert "--require-hashes --only-binary :all: -r" in step
    assert "--no-deps --no-build-isolation --offline --editable" in checkout.steps[-1]


def test_tests_are_added_to_what_runs_and_serve_it_too(checkout: Checkout) -> None:
    _setup.prepare("run")
    checkout.steps.clear()
    _setup.prepare("test")
    assert checkout.installed() == ["./requirements/uv.txt", "./requirements/test.txt", "."]
    checkout.steps.clear()
    _setup.stamp("run").unlink()
    _setup.prepare("run")
    assert checkout.steps == []


def test_a_changed_lock_makes_a_new_environment(checkout: Checkout) -> None:
    _setup.prepare("test")
    checkout.steps.clear()
    old = checkout.root / ".venv" / "old"
    old.touch()
    with (checkout.root / "requirements" / "run.txt").open("a") as file:
        file.write("\n")
    _setup.prepare("test")
    assert checkout.installed()[0] == "./.venv"
    assert not old.exists()


@pytest.mark.parametrize(
    ("old", "new", "matters"),
    [
        ("line-length = 100", "line-length = 99", False),
        ('"av>=18"', '"av>=17"', True),
        ("gpumft.cli:main", "gpumft.cli:other", True),
    ],
)
def test_only_packaging_settings_matter(
    checkout: Checkout, old: str, new: str, *, matters: bool
) -> None:
    before = _setup.fingerprint()
    path = checkout.root / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert (_setup.fingerprint() != before) == matters


def test_a_moved_checkout_is_not_ready(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _setup.fingerprint()
    monkeypatch.setattr(_setup, "ROOT", checkout.root / "." / ".." / checkout.root.name)
    assert _setup.fingerprint() != before


@pytest.mark.parametrize("broken", ["venv", "run.txt", "build.txt", "--editable"])
def test_a_failed_step_leaves_nothing_that_counts_as_ready(
    checkout: Checkout, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.fails = lambda step: broken in step.replace(".venv", "")
    with pytest.raises(SystemExit) as caught:
        _setup.prepare("run")
    assert caught.value.code == 1
    assert "set-up: error: " in capsys.readouterr().err
    assert not _setup.is_ready("run", _setup.fingerprint())
    checkout.fails = lambda _: False
    _setup.prepare("run")
    assert _setup.is_ready("run", _setup.fingerprint())


def test_an_interrupted_set_up_starts_again(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(command: list[str]) -> int:
        if "run.txt" in command[-1]:
            raise KeyboardInterrupt
        return checkout.run(command)

    monkeypatch.setattr(_setup, "run", interrupt)
    with pytest.raises(SystemExit) as caught:
        _setup.prepare("run")
    assert caught.value.code == 130
    assert "interrupted; the next call starts again" in capsys.readouterr().err
    monkeypatch.setattr(_setup, "run", checkout.run)
    checkout.steps.clear()
    _setup.prepare("run")
    assert checkout.installed()[0] == "./.venv"


def test_pip_takes_over_where_uv_cannot_be_had(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.fails = lambda step: "uv.txt" in step
    _setup.prepare("run")
    assert all("-m pip install" in step for step in checkout.steps[1:])
    assert "--no-index --editable" in checkout.steps[-1]
    assert "pip takes its place" in capsys.readouterr().err


@pytest.mark.parametrize("broken", ["run.txt", "build.txt", "--editable"])
def test_pip_takes_over_where_uv_fails(checkout: Checkout, broken: str) -> None:
    checkout.fails = lambda step: "uv pip" in step and broken in step
    _setup.prepare("run")
    assert all("-m pip install" in step for step in checkout.steps[-3:])
    assert checkout.installed()[-3:] == ["./requirements/run.txt", "./requirements/build.txt", "."]


def test_an_environment_of_someone_else_is_left_alone(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = checkout.root / ".venv" / "theirs"
    theirs.parent.mkdir()
    theirs.touch()
    with pytest.raises(SystemExit):
        _setup.prepare("run")
    assert theirs.exists()
    assert "was not made by the doors; move it elsewhere" in capsys.readouterr().err


def test_an_old_python_hands_over_or_says_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(_setup, "OLDEST", (99, 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as caught:
        _setup.use_new_enough_python()
    assert caught.value.code == 1
    text = capsys.readouterr().err
    assert "needs Python 3.11 or newer" in text
    assert sys.executable in text
    assert "python3.13, python3.12, python3.11" in text


def test_an_old_python_passes_over_one_that_does_not_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Became(Exception):
        pass

    def become(path: str, arguments: list[str]) -> None:
        raise Became(path, arguments[1:])

    for name, code in (("python3.13", 127), ("python3.12", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(_setup, "OLDEST", (99, 0))
    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setattr(sys, "argv", ["ci/test", "-x"])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Became) as caught:
        _setup.use_new_enough_python()
    assert caught.value.args == (str(tmp_path / "python3.12"), ["ci/test", "-x"])


def test_two_calls_build_one_after_the_other(checkout: Checkout) -> None:
    show = (
        "import sys; from pathlib import Path; from ci import _setup; "
        f"_setup.ROOT = Path({str(checkout.root)!r})\n"
        "with _setup.only_one(): print('in', flush=True)"
    )
    with _setup.only_one():
        other = subprocess.Popen(
            [sys.executable, "-c", show],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert other.stderr is not None
        assert "waiting for another set-up" in other.stderr.readline()
    out, _ = other.communicate()
    assert (other.returncode, out) == (0, "in\n")
