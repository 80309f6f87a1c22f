"""The command line as a process: a pipe that closes, Ctrl-C, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from gpumft import transcode
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


@pytest.fixture(scope="module")
def streamable(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A video file that can be read from its beginning to its end."""
    path = tmp_path_factory.mktemp("streamable") / "small.mkv"
    transcode(ROOT / "gpumft" / "data" / "clip_1280x720.mp4", path, size=(64, 36))
    return path.read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
@pytest.mark.parametrize("part", [0, 1000, None], ids=["nothing", "a part", "all"])
def test_ctrl_c_while_a_pipe_has_stalled(
    tmp_path: Path, streamable: bytes, part: int | None
) -> None:
    """The other end stays open and silent: before the header, within it, behind the pictures."""
    fifo, folder = tmp_path / "fifo", tmp_path / "out"
    os.mkfifo(fifo)
    folder.mkdir()
    words = ["run", str(fifo), str(folder / "out.mp4"), "--progress", "json"]
    with (
        subprocess.Popen([*COMMAND, *words], stderr=subprocess.PIPE, text=True, cwd=ROOT) as child,
        fifo.open("wb", buffering=0) as end,  # once the child has opened it
    ):
        assert child.stderr is not None
        end.write(streamable[:part])
        while _unread(end):
            time.sleep(0.01)
        if part is None:
            assert child.stderr.readline().startswith("{")
        child.send_signal(signal.SIGINT)
        said = child.stderr.read().splitlines()
        assert child.wait() == 130
    assert said[-1] == "gpumft: interrupted; nothing was written"
    assert list(folder.iterdir()) == []


def _unread(end: BinaryIO) -> int:
    """Bytes that the reader of a pipe has not taken."""
    import fcntl
    import termios

    return int.from_bytes(fcntl.ioctl(end, termios.FIONREAD, bytes(4)), sys.byteorder)
