"""What the tests of the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpumft.cli import main
from tests.cli.commands import DATA, Command, Result


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command line in this process."""
    monkeypatch.delenv("GPUMFT_LOG", raising=False)
    monkeypatch.delenv("GPUMFT_DEVICE", raising=False)

    def run(*words: object) -> Result:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Result(int(code), captured.out, captured.err)

    return run


@pytest.fixture
def clip() -> Path:
    """A short clip of 320x180."""
    return DATA / "clip_320x180.mp4"
