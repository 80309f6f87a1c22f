"""Devices that fail: exit code 3, one line that says why, and no output left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpumft.errors import DeviceLost, KernelBuildError, OutOfMemory
from gpumft.testing.fake_driver import FakeDriver, Trouble, plugged_in
from tests.cli.commands import Command


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("no driver", "no driver is installed"),
        ("driver too old", "the driver is too old"),
        ("no compiler", "no compiler: its library does not load"),
    ],
)
def test_a_device_that_cannot_be_used(
    command: Command, clip: Path, tmp_path: Path, trouble: Trouble, words: str
) -> None:
    with plugged_in(FakeDriver(trouble=trouble)):
        done = command("run", clip, tmp_path / "out.mkv", "--device", "cuda:0")
        assert done.code == 3
        assert words in done.err
        assert done.err.count("\n") == 1
        listed = command("devices", "--json").json
        (info,) = [info for info in listed if info["kind"] == "cuda"]
        assert words in info["reason"]
        assert not info["usable"]
    assert list(tmp_path.iterdir()) == []


FAILURES = {
    "lost": ("launch", DeviceLost("it fell off the bus"), 3, "cuda:0 is lost: it fell off the bus"),
    "no kernel": ("build", KernelBuildError("cuda:0 does not build"), 3, "cuda:0 does not build"),
    "no memory": ("allocate", OutOfMemory("not now"), 1, "cuda:0 has no 1536 bytes"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_device_that_fails_on_the_way(
    command: Command, clip: Path, tmp_path: Path, name: str
) -> None:
    word, error, code, words = FAILURES[name]
    with plugged_in(FakeDriver(failing={word: error})):
        done = command("run", clip, tmp_path / "out.mkv", "--size", "16x8", "--device", "cuda:0")
    assert done.code == code
    assert words in done.err
    assert done.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
