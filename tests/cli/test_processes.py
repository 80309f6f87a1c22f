"""The command line as a process: a pipe that closes, Ctrl-C, nothing left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.cli.commands import ROOT

COMMAND = [sys.executable, "-W", "error", "-m", "gpumft.cli"]


def test_a_pipe_that_closes() -> None:
    with subprocess.Popen(
        [*COMMAND, "formats", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    clip = ROOT / "gpumft" / "data" / "clip_1280x720.mp4"
    words = ["run", str(clip), str(tmp_path / "out.mp4"), "--progress", "json"]
    slow = ["--size", "1920x1080", "--codec-option", "preset=slower"]
    with subprocess.Popen(
        [*COMMAND, *words, *slow], stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("{")
        assert [path.name.startswith(".out.") for path in tmp_path.iterdir()] == [True]
        process.send_signal(signal.SIGINT)
        said = process.stderr.read().splitlines()
        assert process.wait() == 130
    assert said[-1] == "gpumft: interrupted; nothing was written"
    assert list(tmp_path.iterdir()) == []
