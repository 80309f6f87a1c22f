"""Bad input: each ends in one line that names the cure, an exit code, and a clean folder."""

from __future__ import annotations

import errno
import os
import signal
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gpumft.cli import progress
from tests.cli.commands import DATA, Command, Result

CLIP = DATA / "clip_320x180.mp4"
QUICK = ("--end", "0.3", "--codec", "ffv1", "--progress", "none")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for outputs, beside the inputs."""
    made = tmp_path / "out"
    made.mkdir()
    return made


def check(told: Result, code: int, *words: str) -> None:
    assert told.code == code, told.err
    assert told.err.startswith("gpumft: ")
    assert told.err.count("\n") == 1, told.err
    for word in words:
        assert word in told.err


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- Inputs ---


def test_a_missing_file(command: Command, folder: Path) -> None:
    told = command("run", folder / "none.mp4", folder / "out.mp4")
    check(told, 1, "none.mp4", "does not exist")
    assert files_in(folder) == []


def test_a_folder(command: Command, folder: Path, tmp_path: Path) -> None:
    check(command("run", tmp_path, folder / "out.mp4"), 2, "is a folder")
    assert files_in(folder) == []


@pytest.mark.parametrize("content", [b"", b"not a video at all\n" * 100, bytes(5000)])
def test_not_a_video(command: Command, folder: Path, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(content)
    check(command("run", source, folder / "out.mp4"), 4, "in.mp4")
    check(command("probe", source), 4, "in.mp4")
    assert files_in(folder) == []


def remuxed(path: Path) -> Path:
    """Write the clip's video as Matroska, which can be read as far as it goes."""
    with av.open(str(CLIP)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return path


def test_a_truncated_file(command: Command, folder: Path, tmp_path: Path) -> None:
    source = remuxed(tmp_path / "in.mkv")
    whole = source.read_bytes()
    source.write_bytes(whole[: len(whole) * 6 // 10])
    out = folder / "out.mkv"
    told = command("run", source, out, "--codec", "ffv1", "--progress", "none", "--json")
    check(told, 5, "in.mkv", "cut off", "were written to")
    assert told.json["partial"] is True
    with av.open(str(out)) as container:
        count = sum(1 for _ in container.decode(video=0))
    assert 0 < count == told.json["frames"] < 41
    assert files_in(folder) == ["out.mkv"]


def test_zero_frames(command: Command, folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.start_encoding()
    check(command("run", source, folder / "out.mp4"), 4, "in.mp4")
    assert files_in(folder) == []


def test_audio_only(command: Command, folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.wav"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
    check(command("run", source, folder / "out.mp4"), 4, "has no video", "audio")
    assert files_in(folder) == []


# --- Options ---


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--size", "0x10"), 2, "--size: '0x10' has a side of 0"),
        (("--size", "99999999x99999999"), 2, "too large"),
        (("--size", "big"), 2, "write WIDTHxHEIGHT"),
        (("--size", "65536x32768"), 4, "65536x32768"),
        (("--size", "161x91", "--codec", "libx264"), 4, "161x91"),
        (("--format", "yuv42p"), 2, "did you mean yuv42"),
        (("--matrix", "bt907"), 2, "--matrix: 'bt907' is not known; did you mean bt709"),
        (("--in-range", "ful"), 2, "--in-range: 'ful' is not known; did you mean full"),
        (("--filter", "lanzcos3"), 2, "did you mean lanczos"),
        (("--effect", "sepa"), 2, "did you mean sepia"),
        (("--vf", "scal=2:2"), 2, "did you mean scale"),
        (("--vf", "scale=w=2:hight=2"), 2, "hight"),
        (("--fit", "filled"), 2, "contain"),
        (("--rotate", "45"), 2, "180"),
        (("--crop", "9999x9999+0+0"), 2, "leaves the source"),
        (("--codec", "libx265x"), 2, "libx265"),
        (("--codec-option", "crff=3", "--codec", "libx264"), 2, "crf"),
        (("--codec-option", "crf"), 2, "write key=value"),
        (("--crf", "20", "--bitrate", "5M"), 2, "exclude each other"),
        (("--start", "soon"), 2, "--start: "),
        (("--start", "1:00:00", "--end", "2:00:00"), 2, "behind the last picture"),
        (("--start", "1", "--end", "0.5"), 2, "after the start"),
        (("--device", "cpi"), 2, "did you mean 'cpu'"),
        (("--device", "cuda:7"), 3, "cuda:7"),
        (("--progress", "loud"), 2, "--progress: 'loud'"),
        (("--threads", "0"), 2, "--threads"),
        (("--sise", "10x10"), 2, "--size"),
        (("--sheet", "picture.jpg"), 2, ".png"),
    ],
)
def test_a_bad_option(
    command: Command, folder: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    check(command("run", CLIP, folder / "out.mkv", "--end", "0.2", *words), code, told)
    assert files_in(folder) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_sheet_of_a_pipe(command: Command, folder: Path, words: tuple[str, ...]) -> None:
    """Its pictures come once; told before anything is read, which would wait for the other end."""
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    told = command("run", fifo, folder / "out.mkv", "--sheet", folder / "out.png", *words)
    check(told, 2, "--sheet: ", "is a pipe, read once", "save it as a file first")
    assert files_in(folder) == ["fifo"]


def test_an_unknown_command(command: Command) -> None:
    check(command("rum"), 2, "run", "see gpumft --help")


def test_an_error_as_json(command: Command, folder: Path) -> None:
    told = command("run", folder / "none.mp4", folder / "out.mp4", "--json")
    assert told.code == 1
    assert told.json["error"]["name"] == "ERROR_FILE_NOT_FOUND"
    assert command("run", "--json").json["error"]["exit_code"] == 2


# --- Outputs ---


def test_an_existing_output_needs_yes(command: Command, folder: Path) -> None:
    out = folder / "out.mkv"
    out.write_bytes(b"precious")
    check(command("run", CLIP, out), 2, "exists already; give -y to replace it")
    assert out.read_bytes() == b"precious"


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 2)])
def test_a_terminal_is_asked(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, answer: bool, code: int
) -> None:
    out = folder / "out.mkv"
    out.write_bytes(b"precious")

    def answering(question: str, *, err: bool) -> bool:
        assert "replace it?" in question
        assert err
        return answer

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", answering)
    told = command("run", CLIP, out, *QUICK)
    assert told.code == code, told.err
    assert (out.read_bytes() == b"precious") is not answer


def test_the_input_is_never_replaced(command: Command, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(CLIP.read_bytes())
    (tmp_path / "link.mp4").symlink_to(source)
    for out in (source, tmp_path / "link.mp4"):
        check(command("run", source, out, "-y"), 2, "is the input itself")
    assert source.read_bytes() == CLIP.read_bytes()


def test_an_output_in_no_folder(command: Command, folder: Path) -> None:
    out = folder / "no" / "out.mp4"
    check(command("run", CLIP, out), 1, "the folder", "does not exist")
    check(command("demo", "--out", folder / "no"), 2, "no folder")
    assert files_in(folder) == []


def test_an_output_of_no_known_kind(command: Command, folder: Path) -> None:
    check(command("run", CLIP, folder / "out.xyz"), 2, ".xyz", ".mp4")
    check(command("run", CLIP, folder), 2, "")
    assert files_in(folder) == []


def test_an_unwritable_folder(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = os.open

    def refusing(path: Any, *words: Any, **more: Any) -> int:
        if str(path).startswith(str(folder)):
            raise PermissionError(errno.EACCES, "Permission denied")
        return original(path, *words, **more)

    monkeypatch.setattr("os.open", refusing)
    check(command("run", CLIP, folder / "out.mkv", *QUICK), 1, "cannot be written", "permission")
    assert files_in(folder) == []


def test_a_full_disk(command: Command, folder: Path) -> None:
    (folder / "out.mkv").symlink_to("/dev/full")
    check(
        command("run", CLIP, folder / "out.mkv", "-y", *QUICK),
        1,
        "no space left",
        "free some space",
    )
    assert files_in(folder) == ["out.mkv"]


# --- Interruptions ---


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM"])
def test_an_interruption(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    def interrupt(self: object, stand: object) -> None:
        if how == "Ctrl-C":
            raise KeyboardInterrupt
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(progress._Nothing, "_show", interrupt)
    before = signal.getsignal(signal.SIGTERM)
    told = command("run", CLIP, folder / "out.mkv", "--codec", "ffv1", "--progress", "none")
    check(told, 130, "interrupted; nothing was written")
    assert files_in(folder) == []
    assert signal.getsignal(signal.SIGTERM) == before
