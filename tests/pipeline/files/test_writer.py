"""Writing files: what is written is read back with PyAV."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gpumft.errors import (
    DiskFull,
    InvalidArg,
    InvalidMediaType,
    InvalidRequest,
    InvalidStreamData,
    InvalidTimestamp,
    OutputExists,
)
from gpumft.media import PixelFormat, VideoType
from gpumft.pipeline.files.reader import open as open_file
from gpumft.pipeline.files.writer import Writer, create
from gpumft.samples import Sample

Make = Callable[..., Path]
BASE = Fraction(1, 90_000)
STAMPS = (0, 16650, 19650, 22660, 25000, 28000, 31001, 34000, 40000, 43000)
TAGGED: dict[str, Any] = {
    "matrix": "bt709",
    "primaries": "bt709",
    "transfer": "bt709",
    "range": "limited",
    "siting": "left",
}


def a_sample(kind: VideoType, number: int = 0) -> Sample:
    planes = [
        ((np.arange(np.prod(shape)).reshape(shape) + 7 * number) % 200 + 20).astype(dtype)
        for shape, dtype in zip(kind.plane_shapes, kind.plane_dtypes, strict=True)
    ]
    return Sample.from_numpy(planes, kind)


def write(path: Path, kind: VideoType, codec: str, stamps: tuple[int, ...] = STAMPS) -> Writer:
    with create(path, kind, codec=codec, time_base=BASE) as writer:
        for number, pts in enumerate(stamps):
            sample = a_sample(kind, number)
            sample.pts, sample.time_base, sample.duration = pts, BASE, 333_333
            writer.write(sample)
    return writer


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("suffix", "codec", "format"),
    [
        ("mp4", "libx264", "yuv420p"),
        ("mov", "libx264", "nv12"),
        ("mp4", "libx264", "yuv444p"),
        ("mp4", "libx264", "yuv420p10le"),
        ("mp4", "libx265", "yuv420p10le"),
        ("mov", "libx265", "yuv422p10le"),
        ("mp4", "libsvtav1", "yuv420p10le"),
        ("mov", "prores_ks", "yuv422p10le"),
        ("mp4", "ffv1", "yuv420p"),
    ],
)
def test_every_pts_and_tag_survives(
    tmp_path: Path, pts: Callable[..., list[int]], suffix: str, codec: str, format: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    kind = VideoType(format, (160, 90), frame_rate=30, **TAGGED)
    writer = write(path, kind, codec)
    assert pts(path) == list(STAMPS)
    assert writer.notes == ()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.frames == 10
        assert stream.time_base == BASE
        frames = list(container.decode(stream))
        assert [f.pts for f in frames] == list(STAMPS)
        assert frames[-1].duration == 3000
        last = frames[-1]
        tags = (last.colorspace, last.color_primaries, last.color_trc, last.color_range)
        assert tags == (1, 1, 1, 1)
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize(
    "time_base",
    [
        Fraction(1, 90_000),
        Fraction(1, 10_000_000),
        Fraction(1001, 30_000),
        Fraction(1, 1_000_000),
        Fraction(1, 600),
        Fraction(1, 3),
    ],
)
@pytest.mark.parametrize("first", [0, 5, 1234])
def test_any_time_base_survives_in_mp4(tmp_path: Path, time_base: Fraction, first: int) -> None:
    kind = VideoType("yuv420p", (64, 36), frame_rate=30, **TAGGED)
    path = tmp_path / "a.mp4"
    stamps = tuple(first + number for number in (0, 1, 2, 7, 8, 30))
    with create(path, kind, time_base=time_base) as writer:
        for number in stamps:
            sample = a_sample(kind, number)
            sample.pts, sample.time_base = number, time_base
            writer.write(sample)
    assert writer.notes == ()
    with av.open(str(path)) as container:
        got = [f.pts * f.time_base for f in container.decode(video=0)]  # type: ignore[operator]
    assert got == [number * time_base for number in stamps]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (("bt2020ncl", "bt2020", "pq", "limited", "topleft"), (9, 9, 16, 1)),
        (("ictcp", "bt2020", "hlg", "limited", "topleft"), (14, 9, 18, 1)),
        (("bt2020cl", "bt2020", "bt709", "limited", "left"), (10, 9, 1, 1)),
        (("bt601", "bt601_625", "bt709", "full", "center"), (5, 5, 6, 2)),
        (("bt601", "bt601_525", "bt709", "limited", "left"), (6, 6, 6, 1)),
        ((None, None, None, None, None), (2, 2, 2, 0)),
    ],
)
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_tags_in_stream_and_container(
    tmp_path: Path, words: tuple[str | None, ...], numbers: tuple[int, ...], suffix: str
) -> None:
    fields = dict(zip(("matrix", "primaries", "transfer", "range", "siting"), words, strict=True))
    kind = VideoType("yuv420p", (160, 90), frame_rate=30, **fields)  # type: ignore[arg-type]
    path = tmp_path / f"a.{suffix}"
    write(path, kind, "libx264")
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        own = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        frame = next(container.decode(video=0))
        coded = (frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range)
    assert own == coded == numbers
    if words[4] is not None:
        with open_file(path) as reader:
            assert reader.type.siting == words[4]
    if suffix != "mkv" and words[0] is not None:
        assert (b"colrnclx" if suffix == "mp4" else b"colrnclc") in path.read_bytes()


@pytest.mark.parametrize(
    "format", ["yuv420p", "yuv422p10le", "yuv444p12le", "bgra", "gray16le", "gbrp16le", "yuva420p"]
)
def test_ffv1_keeps_every_bit(tmp_path: Path, format: str) -> None:
    kind = VideoType(format, (33, 17), frame_rate=25)
    write(tmp_path / "a.mkv", kind, "ffv1")
    with open_file(tmp_path / "a.mkv") as reader:
        assert reader.type.format == format
        for number, sample in enumerate(reader):
            expected = a_sample(kind, number).planes
            mask = (1 << min(16, kind.format.depth)) - 1
            for plane, other in zip(expected, sample.planes, strict=True):
                assert np.array_equal(plane & mask, other)


def test_the_encoder_keeps_its_own_copy(tmp_path: Path) -> None:
    kind = VideoType("gray", (64, 32), frame_rate=25)
    plane = np.zeros((32, 64), np.uint8)
    with create(tmp_path / "a.mkv", kind, codec="ffv1") as writer:
        for number in range(5):
            plane[:] = 10 * number  # the same memory again
            writer.write(Sample.from_numpy([plane], kind))
    with open_file(tmp_path / "a.mkv") as reader:
        assert [int(s.planes[0][3, 3]) for s in reader] == [0, 10, 20, 30, 40]


def test_without_times_pictures_follow_the_frame_rate(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (64, 36), frame_rate=Fraction(30_000, 1001))
    with create(tmp_path / "a.mp4", kind) as writer:
        for number in range(4):
            writer.write(a_sample(kind, number))
    with open_file(tmp_path / "a.mp4") as reader:
        got = [s.pts * s.time_base for s in reader]  # type: ignore[operator]
    assert got == [Fraction(1001 * n, 30_000) for n in range(4)]


def test_times_in_hns_are_exact_in_mp4(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (64, 36))
    with create(tmp_path / "a.mp4", kind) as writer:
        for number in range(4):
            sample = a_sample(kind, number)
            sample.time = 333_667 * number
            writer.write(sample)
    with open_file(tmp_path / "a.mp4") as reader:
        assert [s.time for s in reader] == [333_667 * n for n in range(4)]


def test_inexact_containers_say_so(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (160, 90), frame_rate=30)
    writer = write(tmp_path / "a.mkv", kind, "libx264")
    assert any("matroska keeps times in units of 1/1000 s" in note for note in writer.notes)
    with open_file(tmp_path / "a.mkv") as reader:
        got = [s.pts for s in reader]
    assert got == [round(p / 90) for p in STAMPS]  # not shifted by the encoder's delay


def test_options_reach_encoder_and_container(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (160, 90), frame_rate=30)
    path = tmp_path / "a.mp4"
    options = {"crf": 40, "g": 2, "movflags": "+faststart"}
    with create(path, kind, options=options, time_base=BASE) as writer:
        for number, pts in enumerate(STAMPS):
            sample = a_sample(kind, number)
            sample.pts, sample.time_base = pts, BASE
            writer.write(sample)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        keys = [p.is_keyframe for p in container.demux(video=0) if p.size]
    assert sum(keys) == 5


def test_pixel_aspect_and_metadata_are_kept(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (160, 90), frame_rate=30, pixel_aspect=Fraction(64, 45))
    path = tmp_path / "a.mp4"
    with create(path, kind, metadata={"title": "a title"}) as writer:
        writer.write(a_sample(kind))
    with open_file(path) as reader:
        assert reader.type.pixel_aspect == Fraction(64, 45)
        assert reader.metadata["title"] == "a title"


def test_a_pixel_aspect_that_is_lost_is_said(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (160, 90), frame_rate=30, pixel_aspect=Fraction(64, 45))
    for suffix, codec in (("mkv", "libx264"), ("mkv", "libx265"), ("mp4", "libsvtav1")):
        writer = write(tmp_path / f"a.{suffix}", kind, codec)
        assert not any("aspect" in note for note in writer.notes)
        with open_file(tmp_path / f"a.{suffix}") as reader:
            assert reader.type.pixel_aspect == Fraction(64, 45)
    writer = write(tmp_path / "a.mkv", kind, "ffv1")
    assert "ffv1 in matroska does not keep the pixel aspect 64/45" in writer.notes


# --- Refusals ---


def test_odd_sizes_with_subsampling(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (161, 91), frame_rate=30)
    for codec in ("libx264", "libx265"):
        with pytest.raises(InvalidMediaType) as caught:
            create(tmp_path / "a.mp4", kind, codec=codec)
        words = str(caught.value)
        assert f"{codec} cannot encode 161x91 as yuv420p" in words
        assert "choose the size 162x92, or a format without sub-sampling such as yuv444p" in words
    assert names(tmp_path) == []


def test_odd_sizes_without_subsampling_work(tmp_path: Path) -> None:
    kind = VideoType("yuv444p", (161, 91), frame_rate=30)
    write(tmp_path / "a.mp4", kind, "libx264")
    with open_file(tmp_path / "a.mp4") as reader:
        assert reader.type.size == (161, 91)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"codec": "libx246"}, InvalidArg, "unknown video codec 'libx246'; nearest .*'libx264'"),
        ({"codec": "aac"}, InvalidArg, "for audio, not for video"),
        ({"options": {"crff": 20}}, InvalidArg, "libx264 has no option 'crff'; nearest .*'crf'"),
        ({"codec": "huffyuv"}, InvalidMediaType, "mp4 cannot hold huffyuv video; avi can hold it"),
        ({"codec": "prores_ks"}, InvalidMediaType, "cannot"),
    ],
)
def test_refusals(
    tmp_path: Path, arguments: dict[str, object], error: type[Exception], words: str
) -> None:
    kind = VideoType("yuv420p", (160, 90), frame_rate=30)
    with pytest.raises(error, match=words):
        create(tmp_path / "a.mp4", kind, **arguments)  # type: ignore[arg-type]
    assert names(tmp_path) == []


def test_a_format_that_the_encoder_does_not_take(tmp_path: Path) -> None:
    kind = VideoType("rgb24", (160, 90), frame_rate=30)
    with pytest.raises(InvalidMediaType, match=r"libx264 takes no rgb24; the nearest .* yuv444p"):
        create(tmp_path / "a.mp4", kind)


@pytest.mark.parametrize("name", ["a.xyz", "a", "a.png"])
def test_a_suffix_that_is_no_container(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidArg, match=r"use \.mp4"):
        create(tmp_path / name, VideoType("yuv420p", (160, 90)))


def test_a_sample_of_another_type(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (160, 90), frame_rate=30)
    other = VideoType("yuv420p", (80, 90))
    with create(tmp_path / "a.mp4", kind) as writer:
        writer.write(a_sample(kind))
        with pytest.raises(InvalidMediaType, match=r"takes 160x90 yuv420p, the sample is 80x90"):
            writer.write(a_sample(other))
        writer.abort()
    assert names(tmp_path) == []


def test_time_must_go_on(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (160, 90), frame_rate=30)
    sample = a_sample(kind)
    sample.time = 5
    with create(tmp_path / "a.mp4", kind) as writer:
        writer.write(sample)
        with pytest.raises(InvalidTimestamp, match="not after the one before"):
            writer.write(sample)
        sample.time = 500_000
        writer.write(sample)
    with open_file(tmp_path / "a.mp4") as reader:
        assert [s.time for s in reader] == [5, 500_000]


def test_a_sample_needs_some_time(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (160, 90))
    with pytest.raises(InvalidTimestamp, match="no time"), create(tmp_path / "a.mp4", kind) as w:
        w.write(a_sample(kind))
    assert names(tmp_path) == []


def test_a_file_without_a_picture_is_not_kept(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (160, 90), frame_rate=30)
    for time_base in (None, BASE):
        with pytest.raises(InvalidStreamData, match="no picture was written"):
            create(tmp_path / "a.mp4", kind, time_base=time_base).close()
    assert names(tmp_path) == []


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (160, 90), frame_rate=30)
    writer = create(tmp_path / "a.mp4", kind)

    def fail() -> None:
        with writer:
            writer.write(a_sample(kind))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(tmp_path) == []
    writer.close()
    with pytest.raises(InvalidRequest, match="is closed"):
        writer.write(a_sample(kind))


def test_an_existing_file(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (160, 90), frame_rate=30)
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")
    with pytest.raises(OutputExists, match="exists already") as caught:
        create(path, kind, overwrite=False)
    assert isinstance(caught.value, FileExistsError)
    assert path.read_bytes() == b"old"
    write(path, kind, "libx264")
    assert path.stat().st_size > 1000


FULL = """
import resource, signal, sys
from gpumft.media import VideoType
from gpumft.errors import DiskFull
from gpumft.pipeline.files.writer import create
from gpumft.samples import Sample
import numpy as np

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
kind = VideoType("gray", (320, 180), frame_rate=30)
random = np.random.default_rng(0)
try:
    with create(sys.argv[1], kind, codec="ffv1") as writer:
        for _ in range(30):
            plane = random.integers(0, 256, (180, 320)).astype(np.uint8)
            writer.write(Sample.from_numpy([plane], kind))
except DiskFull as error:
    print("full:", error)
"""


@pytest.mark.parametrize("limit", [100, 300_000, 1_000_000])
def test_a_full_disk_leaves_nothing(tmp_path: Path, limit: int) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "a.mkv"), str(limit)],
        capture_output=True,
        text=True,
        check=False,
        # No bytecode may be written: it would be cut off at the limit and stay so.
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert run.stderr == ""
    assert "full: " in run.stdout
    assert "cannot be finished: file too large; free some space" in run.stdout
    assert names(tmp_path) == []


def test_a_full_device(tmp_path: Path) -> None:
    device = tmp_path / "a.mkv"
    device.symlink_to("/dev/full")
    kind = VideoType("gray", (64, 64), frame_rate=30)
    with pytest.raises(DiskFull, match="no space left"):
        write(device, kind, "ffv1")
    assert device.is_symlink()


def test_encoders_write_nothing_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kind = VideoType("yuv420p10le", (160, 90), frame_rate=30)
    for codec in ("libx264", "libx265", "libsvtav1"):
        write(tmp_path / "a.mp4", kind, codec)
    assert capfd.readouterr() == ("", "")


def test_repr_and_type(tmp_path: Path) -> None:
    kind = VideoType(PixelFormat.GRAY, (64, 64), frame_rate=30)
    with create(tmp_path / "a.mkv", kind, codec="ffv1") as writer:
        writer.write(a_sample(kind))
        assert "ffv1" in repr(writer)
        assert writer.type == kind
