"""`run`: the main job, through the transform protocol, into a file that PyAV reads back."""

import contextlib
import json
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from gpumft.cli.demo import CLIP
from gpumft.cli.sheet import write_png
from gpumft.effects import sepia
from gpumft.transforms import VideoProcessor
from tests.cli.commands import ROOT, Command


def pictures(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def seen(frames: list[av.VideoFrame]) -> list[Fraction]:
    assert all(frame.pts is not None for frame in frames)
    return [(frame.pts or 0) * (frame.time_base or Fraction(1)) for frame in frames]


def test_the_main_job(
    command: Command, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = 0
    original = VideoProcessor.process_input

    def counted(self: VideoProcessor, *words: object, **more: object) -> None:
        nonlocal inputs
        original(self, *words, **more)  # type: ignore[arg-type]
        inputs += 1

    monkeypatch.setattr(VideoProcessor, "process_input", counted)
    out, sheet = tmp_path / "out.mp4", tmp_path / "sheet.png"
    told = command(
        "run", clip, out, "--size", "160x-2", "--filter", "lanczos3", "--effect",
        "sepia:x=0.5:w=0.5", "--crf", "20", "--codec-option", "preset=ultrafast",
        "--sheet", sheet, "--json", "--progress", "json",
    )  # fmt: skip
    assert told.code == 0, told.err
    source, made = pictures(clip), pictures(out)
    report = told.json
    assert inputs == report["frames"] == len(made) == len(source)
    assert {(frame.width, frame.height) for frame in made} == {(160, 90)}
    assert seen(made) == seen(source)
    assert made[0].colorspace == source[0].colorspace
    with av.open(str(out)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
    middle = made[20].to_ndarray(format="rgb24").astype(float)
    before = source[20].reformat(160, 90, "rgb24").to_ndarray().astype(float)
    assert np.abs(middle[:, :76] - before[:, :76]).mean() < 4
    toned = before[:, 84:] @ np.array(sepia().matrix).T
    assert np.abs(middle[:, 84:] - toned).mean() < 4
    last = json.loads(told.err.splitlines()[-1])
    assert last["frame"] == last["total"] == len(source)
    shown = av.open(str(sheet)).decode(video=0)
    assert next(iter(shown)).width == 2 * 960 + 8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4", "sheet.png"]


def test_a_part_of_the_input(command: Command, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "part.mkv"
    told = command(
        "run", clip, out, "--start", "0.5", "--end", "0:00:01", "--codec", "ffv1", "--timing"
    )
    assert told.code == 0, told.err
    wanted = [time for time in seen(pictures(clip)) if Fraction(1, 2) <= time < 1]
    assert len(pictures(out)) in (len(wanted), len(wanted) + 1)
    assert seen(pictures(out))[0] == 0
    assert "ffv1" in told.out
    for word in ("decode", "transform", "encode", "first frame", "where the time went"):
        assert word in told.out


def test_colour_options_reach_the_file(command: Command, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mkv"
    told = command(
        "run", clip, out, "--end", "0.2", "--matrix", "bt601", "--range", "full", "--in-range",
        "limited", "--format", "yuv444p", "--codec", "ffv1",
    )  # fmt: skip
    assert told.code == 0, told.err
    frame = pictures(out)[0]
    assert frame.format.name == "yuv444p"
    assert (frame.colorspace, frame.color_range) == (6, 2)


def test_a_dry_run_tells_and_writes_nothing(command: Command, clip: Path, tmp_path: Path) -> None:
    words = ("run", clip, tmp_path / "out.mp4", "--size", "160x90", "--flip", "h", "--dry-run")
    told = command(*words)
    assert told.code == 0, told.err
    for word in ("libx264", "on    cpu", "160x90", "copied", "nothing was written", "pass 1 of 1"):
        assert word in told.out, word
    found = command(*words, "--json").json
    assert found["codec"] == "libx264"
    assert found["passes"][0]["target"].startswith("yuv420p 160x90")
    assert found["passes"][0]["device"] == "cpu"
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_says_what_the_encoder_takes(
    command: Command, clip: Path, tmp_path: Path
) -> None:
    words = ("run", clip, tmp_path / "out.mp4", "--format", "rgb24", "--dry-run", "--json")
    found = command(*words).json
    assert not found["passes"][0]["target"].startswith("rgb24")


@pytest.mark.parametrize(
    "words",
    [
        ("out.mp4", "--size", "81x45"),
        ("out.mp4", "--size", "20000x20000"),
        ("out.mp4", "--start", "99"),
        ("out.mp4", "--codec-option", "preset=warp"),
        ("out.webm",),
        ("nowhere/out.mp4",),
        ("out.mp4", "--sheet", "nowhere/a.png"),
        ("out.gif",),
    ],
    ids=" ".join,
)
def test_a_dry_run_and_a_run_fail_alike(
    command: Command,
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    run, rehearsed = command("run", clip, *words), command("run", clip, *words, "--dry-run")
    assert run.code not in (0, 1) or "nowhere" in run.err
    assert (rehearsed.code, rehearsed.err) == (run.code, run.err)
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_and_a_run_settle_alike(command: Command, clip: Path, tmp_path: Path) -> None:
    words = ("run", clip, tmp_path / "out.avi", "--codec", "mjpeg", "--vf", "hflip", "--json")
    rehearsed = command(*words, "--size", "80x46", "--dry-run").json
    run = command(*words, "--size", "80x46").json
    assert len(rehearsed["passes"]) == 1
    assert rehearsed["passes"][0]["target"] == run["output"]
    assert rehearsed["streams"] == run["streams"]


def test_a_file_that_comes_meanwhile_is_kept(
    command: Command, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.mp4"
    monkeypatch.setattr(
        "gpumft.cli.job._stoppable", lambda: contextlib.nullcontext(out.write_bytes(b"theirs"))
    )
    told = command("run", clip, out)
    assert told.code == 2
    assert "-y" in told.err
    assert out.read_bytes() == b"theirs"


def test_yes_replaces(command: Command, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mkv"
    out.write_bytes(b"old")
    told = command("run", clip, out, "--end", "0.1", "--codec", "ffv1", "-y")
    assert told.code == 0, told.err
    assert pictures(out)
    assert list(tmp_path.iterdir()) == [out]


def test_a_png_is_exact(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
    path = tmp_path / "a.png"
    write_png(str(path), pixels)
    with av.open(str(path)) as container:
        assert np.array_equal(next(container.decode(video=0)).to_ndarray(format="rgb24"), pixels)
    data = path.read_bytes()
    assert struct.unpack(">I", data[29:33])[0] == zlib.crc32(data[12:29])


def test_demo(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo.mp4").write_bytes(b"an older one")
    told = command("demo")
    assert told.code == 0, told.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo.mp4", "demo.png"]
    source = pictures(ROOT / "gpumft" / "data" / CLIP)
    made = pictures(tmp_path / "demo.mp4")
    with av.open("demo.mp4") as after, av.open(str(ROOT / "gpumft" / "data" / CLIP)) as before:
        assert [stream.type for stream in after.streams] == ["video", "audio"]
        assert abs((after.duration or 0) - (before.duration or 0)) <= 50_000
    tags = [(f.colorspace, f.color_primaries, f.color_trc, f.color_range) for f in made]
    assert set(tags) == {(1, 1, 1, 1)}
    right = made[20].to_ndarray(format="rgb24")[:, 980:].astype(float)
    assert (right[..., 0] - right[..., 2]).mean() > 15
    assert len(made) == len(source) == 41
    assert seen(made) == seen(source)
    assert {(frame.width, frame.height) for frame in made} == {(1920, 1080)}
    closing = told.out.splitlines()[-1]
    for word in ("device cpu", "41 frames", "fps", "decode", "transform", "encode"):
        assert word in closing
