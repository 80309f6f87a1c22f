"""Rules of the repository: no traces of machines, hashed requirements, short files, run bits."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
LONGEST = 350
# Files that are one table, each entry of the same shape: longer is not harder to read.
TABLES = {"gpumft/errors.py"}

# Written in pieces, so that this file does not match itself. "Somewhere" is a folder that only one
# machine has; an address of a package host in a lock would bind every user to it.
SOMEWHERE = "|".join(["ho" + "me", "ro" + "ot", "wo" + "rk", "fa" + "rm", "Use" + "rs"])
MACHINE_PATH = re.compile(rf"(?<![\w.~}}/-])/(?:{SOMEWHERE})/|/opt/py" + r"pi|/tm" + r"p/gv")
PACKAGE_HOST = re.compile("py" + r"pi\.(?:org|io)|python" + "hosted")


def repository_files() -> list[Path]:
    """Return the files that are, or would be, committed; without git, all but what tools make."""
    command = ["git", "-C", str(ROOT), "ls-files", "-coz", "--exclude-standard"]
    if (ROOT / ".git").exists():
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    made = {".venv", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"}
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not made.intersection(path.relative_to(ROOT).parts)
    ]


def traces(text: str) -> list[str]:
    """Return what a text says of one machine or of a package host."""
    return MACHINE_PATH.findall(text) + PACKAGE_HOST.findall(text)


def test_no_file_names_a_machine_path_or_a_package_host() -> None:
    found = {}
    files = repository_files()
    assert ROOT / "pyproject.toml" in files
    for path in files:
        content = path.read_bytes()
        if b"\0" not in content and (found_here := traces(content.decode("utf-8"))):
            found[str(path)] = found_here
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "see /" + "home/me/x",
        '"/' + 'root/.cache"',
        "--index-url https://py" + "pi.org/simple",
        "https://files.python" + "hosted.org/packages/x",
    ],
)
def test_a_trace_is_found(text: str) -> None:
    assert traces(text) != []


def test_relative_paths_and_addresses_are_no_traces() -> None:
    text = "docs/home/index.md ~/wo" + "rk/x https://www.apache.org/licenses/ a/ro" + "ot/b"
    assert traces(text) == []


def pins(path: Path) -> list[Requirement]:
    """Return the pinned requirements of a lock; each must carry hashes and nothing else."""
    found = []
    for entry in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        pin, *hashes = entry.split(" --hash=")
        assert hashes, f"{path.name}: {entry!r} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each.strip()) for each in hashes), entry
        found.append(Requirement(pin.strip()))
    return found


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_lock_is_pinned_and_hashed(path: Path) -> None:
    for pin in pins(path):
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)), pin
        assert pin.url is None


def applicable(lock: str, python: str) -> dict[str, Requirement]:
    """Return the pins of a lock that a Python on Linux x86-64 installs, by name."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "os_name": "posix",
    }
    found: dict[str, Requirement] = {}
    for pin in pins(ROOT / "requirements" / lock):
        if pin.marker is None or pin.marker.evaluate(environment):
            name = canonicalize_name(pin.name)
            assert name not in found, f"{lock}: two versions of {name} for Python {python}"
            found[name] = pin
    return found


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def wanted_by(lock: str) -> list[str]:
    """Return the requirements of pyproject.toml that a lock must answer."""
    table = project()
    extras = table["project"]["optional-dependencies"]
    run: list[str] = table["project"]["dependencies"]
    build: list[str] = table["build-system"]["requires"]
    tests = [text for text in extras["test"] + extras["dev"] if not text.startswith("gpumft[")]
    every = {"run.txt": run, "build.txt": [*build, "editables"], "test.txt": run + build + tests}
    return every[lock]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("lock", ["run.txt", "build.txt", "test.txt"])
def test_lock_answers_pyproject(lock: str, python: str) -> None:
    locked = applicable(lock, python)
    for text in wanted_by(lock):
        wanted = Requirement(text)
        pin = locked[canonicalize_name(wanted.name)]
        (version,) = (each.version for each in pin.specifier)
        assert wanted.specifier.contains(version), f"{lock} has {pin}, pyproject wants {wanted}"


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_tests_run_what_users_run(python: str) -> None:
    tested = {name: pin.specifier for name, pin in applicable("test.txt", python).items()}
    for lock in ("run.txt", "build.txt"):
        wanted = {name: pin.specifier for name, pin in applicable(lock, python).items()}
        assert wanted.items() <= tested.items()


def test_files_are_short() -> None:
    files = [*ROOT.glob("gpumft/**/*.py"), *ROOT.glob("ci/*"), *ROOT.glob("bench/**/*.py")]
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in files
        if path.is_file()
    }
    assert {name for name, size in sizes.items() if size > LONGEST} <= TABLES


@pytest.mark.parametrize("door", ["ci/demo", "ci/test", "ci/check", ".ci/run"])
def test_doors_can_be_run(door: str) -> None:
    assert os.access(ROOT / door, os.X_OK)
    assert (ROOT / door).read_bytes().startswith(b"#!/usr/bin/env ")
