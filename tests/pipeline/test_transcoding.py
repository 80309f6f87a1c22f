"""The main job: a file through the MFT protocol into another file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gpumft.effects import grayscale, sepia
from gpumft.errors import (
    DiskFull,
    FileMissing,
    InvalidArg,
    InvalidMediaType,
    InvalidStreamData,
    OutputExists,
    Truncated,
)
from gpumft.media import Matrix, PixelFormat, Range, Siting, VideoType
from gpumft.mft import Transform
from gpumft.ops import convert
from gpumft.pipeline.files.reader import open as open_file
from gpumft.pipeline.report import Progress, Report
from gpumft.pipeline.transcoding import transcode
from gpumft.samples import Sample
from gpumft.transforms import VideoProcessor, VideoTransform

SDR_2020 = {"transfer": "bt709", "primaries": "bt2020"}
Make = Callable[..., Path]
Pts = Callable[..., list[int]]
Packets = Callable[..., list[tuple[int | None, int | None, bytes]]]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "in.mp4")


def run(src: Path, dst: Path, **options: Any) -> Report:
    return transcode(src, dst, device="cpu", **options)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the calls of the protocol's methods."""
    counted: Counter[str] = Counter()
    for name in ("process_input", "process_output", "process_message"):
        original = getattr(Transform, name)

        def counting(
            self: Any, *args: Any, _name: str = name, _original: Any = original, **more: Any
        ) -> Any:
            counted[_name] += 1
            return _original(self, *args, **more)

        monkeypatch.setattr(Transform, name, counting)
    return counted


# --- The whole way ---


def test_every_picture_goes_through_the_protocol(
    clip: Path, tmp_path: Path, calls: Counter[str], pts: Pts, packets: Packets
) -> None:
    target = tmp_path / "a.mp4"
    report = run(clip, target, size=(160, 90))
    assert calls["process_input"] == 41
    assert calls["process_output"] >= 41
    assert report.frames == 41
    assert pts(target) == pts(clip)
    assert packets(target, "audio") == packets(clip, "audio")
    with av.open(str(target)) as container, av.open(str(clip)) as source:
        assert [s.type for s in container.streams] == [s.type for s in source.streams]
        stream = container.streams.video[0]
        assert stream.frames == 41
        assert stream.duration == source.streams.video[0].duration
        frame = next(container.decode(stream))
        assert (frame.width, frame.height) == (160, 90)
        tags = (frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range)
        assert tags == (1, 1, 1, 1)
    assert names(tmp_path) == ["a.mp4"]


def test_pixels_are_those_of_a_conversion(clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.mkv"
    options: dict[str, Any] = {"filter": "lanczos3", "effects": (sepia(),)}
    report = run(clip, target, size=(200, 120), format="yuv444p", codec="ffv1", **options)
    assert report.output_type.format is PixelFormat.YUV444P
    with open_file(clip) as before, open_file(target) as after:
        for source, written in zip(before, after, strict=True):
            expected = convert(source.planes, before.type, report.output_type, **options)
            for plane, other in zip(written.planes, expected, strict=True):
                assert np.array_equal(plane, other)


def test_the_report(clip: Path, tmp_path: Path) -> None:
    report = run(clip, tmp_path / "a.mp4", size=(160, 90), codec="auto")
    assert report.path == str(tmp_path / "a.mp4")
    assert report.device == "cpu"
    assert report.codec in ("libx264", "h264_nvenc")
    assert report.duration == 15_328_222
    assert report.streams == ("audio 1 aac 48000 Hz 2 channels",)
    assert report.filled == ()
    assert report.warnings == ()
    assert not report.partial
    assert report.fps > 0
    assert 0 < report.first_frame <= report.seconds
    for stage in report.stages.values():
        assert stage.busy > 0
        assert stage.waited >= 0
    assert report.input_type.matrix is Matrix.BT709
    assert json.loads(json.dumps(report.to_dict()))["frames"] == 41
    assert "41 pictures" in str(report)


def test_what_was_filled_by_rule_is_told_and_written(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip("in.mkv", codec="ffv1", tags=(2, 2, 2, 0))
    report = run(source, tmp_path / "a.mp4", size=(1280, 720))
    assert report.filled == ("matrix", "primaries", "transfer", "range", "siting")
    assert "not stated by the file, taken by rule: matrix bt601" in str(report)
    with open_file(tmp_path / "a.mp4") as reader:
        # 720 lines would be taken as BT.709, were the file not tagged.
        assert reader.type.matrix is Matrix.BT601
        assert reader.type.range is Range.LIMITED
        assert reader.type.siting is Siting.LEFT


def test_stated_types_win(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip("in.mkv", codec="ffv1", tags=(2, 2, 2, 0))
    report = run(
        source,
        tmp_path / "a.mp4",
        input_type={"matrix": "bt709", "range": "full"},
        output_type={"matrix": "bt601", "range": "limited", "siting": "center"},
    )
    assert "matrix" not in report.filled
    assert report.input_type.matrix is Matrix.BT709
    with open_file(tmp_path / "a.mp4") as reader:
        assert (reader.type.matrix, reader.type.siting) == (Matrix.BT601, Siting.CENTER)


def test_an_unknown_matrix_needs_a_word(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip(tags=(11, 9, 16, 1))
    with pytest.raises(InvalidMediaType, match=r"matrix 11 of H\.273.*input_type or --in-matrix"):
        run(source, tmp_path / "a.mp4")
    report = run(source, tmp_path / "a.mp4", input_type={"matrix": "bt2020ncl"})
    assert any("tagged 11" in warning for warning in report.warnings)


def test_matrices_of_light_are_read_and_written(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip(tags=(14, 9, 16, 1))
    report = run(source, tmp_path / "a.mkv", output_type={"transfer": "hlg"})
    assert not any("matrix" in warning for warning in report.warnings)
    assert report.input_type.matrix is Matrix.ICTCP
    run(tmp_path / "a.mkv", tmp_path / "b.mkv", output_type={"matrix": "bt2020cl"} | SDR_2020)
    words = [("ictcp", "hlg"), ("bt2020cl", "bt709")]
    for name, word in zip("ab", words, strict=True):
        with open_file(tmp_path / f"{name}.mkv") as reader:
            assert (reader.type.matrix, reader.type.transfer) == word
    with pytest.raises(InvalidMediaType, match="destination's matrix ictcp needs transfer pq"):
        run(tmp_path / "b.mkv", tmp_path / "c.mkv", output_type={"matrix": "ictcp"})
    assert not (tmp_path / "c.mkv").exists()


@pytest.mark.parametrize(
    ("suffix", "codec", "format"),
    [
        ("mkv", "ffv1", "yuv420p"),
        ("mov", "prores_ks", "yuv422p10le"),
        ("mp4", "libx265", "yuv420p10le"),
        ("mp4", "h264", "yuv420p"),
    ],
)
def test_codecs(clip: Path, tmp_path: Path, pts: Pts, suffix: str, codec: str, format: str) -> None:  # noqa: PLR0917
    target = tmp_path / f"a.{suffix}"
    report = run(clip, target, codec=codec, format=format, size=(160, 90))
    assert report.output_type.format == format
    with open_file(target) as reader:
        assert reader.type.format == format
        assert len(list(reader)) == 41
    if suffix != "mkv":
        assert pts(target) == pts(clip)


def test_lost_depth_is_said(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip("in.mkv", codec="ffv1", format="yuv420p12le")
    report = run(source, tmp_path / "a.mp4")
    assert report.output_type.format is PixelFormat.YUV420P10LE
    assert any("depth (12 to 10 bits)" in warning for warning in report.warnings)


def test_rgb_is_encoded_as_what_the_encoder_takes(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip("in.mkv", codec="ffv1", format="bgr0", tags=(0, 1, 13, 2))
    report = run(source, tmp_path / "a.mp4", size=(64, 36))
    kind = report.output_type
    assert (kind.format, kind.range) == (PixelFormat.YUV444P, Range.LIMITED)
    assert kind.matrix is not None
    with open_file(tmp_path / "a.mp4") as reader:
        assert (reader.type.matrix, reader.type.range) == (kind.matrix, kind.range)


# --- Orientation, size, chains, parts ---


@pytest.mark.parametrize("rotation", [90, -90, 180])
@pytest.mark.parametrize("hflip", [False, True])
def test_pictures_on_their_side_are_turned_upright(
    make_clip: Make, tmp_path: Path, rotation: int, hflip: bool
) -> None:
    source = make_clip(rotation=rotation, hflip=hflip, format="yuv444p")
    target = tmp_path / "a.mkv"
    report = run(source, target, codec="ffv1")
    swapped = rotation != 180
    assert report.output_type.size == ((90, 160) if swapped else (160, 90))
    with open_file(source) as before, open_file(target) as after:
        assert after.type.rotation == 0
        assert after.orientation.rotate == 0
        for stored, seen in zip(before, after, strict=True):
            expected = np.rot90(stored.planes[0], rotation // 90)
            assert np.array_equal(seen.planes[0], expected[:, ::-1] if hflip else expected)


def test_the_shape_of_pixels_turns_too(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip(rotation=90, aspect=Fraction(2))
    run(source, tmp_path / "a.mp4")
    with open_file(tmp_path / "a.mp4") as reader:
        assert reader.type.pixel_aspect == Fraction(1, 2)


def test_a_crop_means_the_upright_picture(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip(rotation=-90, format="yuv444p")
    run(source, tmp_path / "a.mkv", codec="ffv1", crop=(10, 20, 40, 60), flip="h")
    with open_file(source) as before, open_file(tmp_path / "a.mkv") as after:
        for stored, seen in zip(before, after, strict=True):
            upright = np.rot90(stored.planes[0], -1)[20:80, 10:50]
            assert np.array_equal(seen.planes[0], upright[:, ::-1])


def test_a_chain_in_words(clip: Path, tmp_path: Path, calls: Counter[str]) -> None:
    report = run(clip, tmp_path / "a.mp4", chain="crop=160:90,scale=320:-2,grayscale")
    assert report.output_type.size == (320, 180)
    assert calls["process_input"] == 41
    with open_file(tmp_path / "a.mp4") as reader:
        assert abs(int(next(iter(reader)).planes[1].astype(int).mean()) - 128) <= 1


class Darker(VideoTransform):
    """Halves luma: what a user may write."""

    formats = (PixelFormat.YUV420P,)

    def process(self, src: Sample, dst: Sample) -> None:
        dst.planes[0][...] = src.planes[0] // 2
        for plane, other in zip(dst.planes[1:], src.planes[1:], strict=True):
            plane[...] = other


def test_a_chain_of_transforms(make_clip: Make, tmp_path: Path, calls: Counter[str]) -> None:
    source = make_clip()
    report = run(source, tmp_path / "a.mkv", chain=[Darker()], codec="ffv1")
    assert report.frames == 10
    assert calls["process_input"] == 20  # Darker, then the pass to the encoder's type
    with open_file(source) as before, open_file(tmp_path / "a.mkv") as after:
        for stored, seen in zip(before, after, strict=True):
            assert np.array_equal(seen.planes[0], stored.planes[0] // 2)


def test_their_transforms_see_the_upright_picture(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip(rotation=90)
    darker = Darker()
    run(source, tmp_path / "a.mp4", chain=[darker])
    assert darker.input_current_type().size == (90, 160)


@pytest.mark.parametrize(
    ("size", "expected"), [((100, 50), (100, 50)), ((160, -2), (160, 90)), ((0, 90), (320, 90))]
)
def test_sizes(
    clip: Path, tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert run(clip, tmp_path / "a.mp4", size=size).output_type.size == expected


def test_a_part_begins_at_zero(clip: Path, tmp_path: Path, pts: Pts, packets: Packets) -> None:
    target = tmp_path / "a.mp4"
    report = run(clip, target, start=5_000_000, end=10_000_000)
    stamps = [p for p in pts(clip) if 44_985 <= p < 90_000]  # 44985 is seen at 0.5 s
    assert pts(target) == [p - 44_985 for p in stamps]
    assert report.frames == len(stamps)
    sound = packets(target, "audio")
    whole = packets(clip, "audio")
    first = next(i for i, packet in enumerate(whole) if packet[2] == sound[0][2])
    assert [p[2] for p in sound] == [p[2] for p in whole[first : first + len(sound)]]
    offset = 48_000 * 44_985 // 90_000
    assert all(
        after[0] == before[0] - offset  # type: ignore[operator]
        for after, before in zip(sound, whole[first:], strict=False)
    )


def test_an_end_alone_moves_nothing(clip: Path, tmp_path: Path, pts: Pts) -> None:
    run(clip, tmp_path / "a.mp4", end=Fraction(1, 2))
    assert pts(tmp_path / "a.mp4") == [p for p in pts(clip) if p < 45_000]


@pytest.mark.parametrize(("start", "end"), [(5, 5), (10_000_000, 1), (None, 0)])
def test_an_empty_part(clip: Path, tmp_path: Path, start: int | None, end: int) -> None:
    with pytest.raises(InvalidArg, match="must be after the start"):
        run(clip, tmp_path / "a.mp4", start=start, end=end)
    assert names(tmp_path) == []


def test_time_stamps_that_do_not_go_on_are_moved(make_clip: Make, tmp_path: Path) -> None:
    source = tmp_path / "twice.mkv"
    with (
        av.open(str(make_clip("in.mkv", codec="ffv1"))) as old,
        av.open(str(source), "w", container_options={"avoid_negative_ts": "disabled"}) as new,
    ):
        stream = new.add_stream_from_template(old.streams.video[0])
        for number, packet in enumerate(p for p in old.demux(video=0) if p.size):
            packet.pts = packet.dts = (0, 33, 33, 66, 66, 66, 100, 133, 166, 200)[number]
            packet.stream = stream
            new.mux(packet)
    report = run(source, tmp_path / "a.mp4")
    assert report.frames == 10
    assert any("3 time stamps did not go on" in warning for warning in report.warnings)
    with open_file(tmp_path / "a.mp4") as reader:
        assert [s.pts for s in reader] == [0, 33, 34, 66, 67, 68, 100, 133, 166, 200]


@pytest.mark.parametrize(
    ("name", "codec", "format"),
    [
        ("in.h264", "libx264", "yuv420p"),
        ("in.y4m", "wrapped_avframe", "yuv420p"),
        ("in.gif", "gif", "rgb8"),
        ("in.avi", "mjpeg", "yuvj420p"),
        ("in.avi", "rawvideo", "bgr24"),
        ("in.nut", "rawvideo", "yuv444p16le"),
        ("in.webm", "libvpx-vp9", "yuv420p"),
        ("in.ts", "mpeg2video", "yuv420p"),
        ("in.mov", "prores_ks", "yuv444p10le"),
    ],
)
def test_many_kinds_of_input(
    make_clip: Make, tmp_path: Path, name: str, codec: str, format: str
) -> None:
    tags = (5, 2, 2, 2) if codec == "mjpeg" else (2, 2, 2, 0)
    stamps = {"pts": tuple(range(10)), "time_base": Fraction(1, 30)}
    source = make_clip(name, codec=codec, format=format, tags=tags, **stamps)
    report = run(source, tmp_path / "a.mp4", size=(80, 44))
    assert report.frames == 10
    assert not report.partial
    with open_file(tmp_path / "a.mp4") as reader:
        times = [s.pts * s.time_base for s in reader]  # type: ignore[operator]
    gaps = {after - before for before, after in pairwise(times)}
    assert all(Fraction(1, 40) < gap < Fraction(1, 20) for gap in gaps)


def test_a_stream_that_changes_its_size(make_clip: Make, tmp_path: Path) -> None:
    base = Fraction(1, 30)
    first = make_clip("1.ts", codec="mpeg2video", pts=tuple(range(10)), time_base=base)
    second = make_clip(
        "2.ts", codec="mpeg2video", size=(96, 64), pts=tuple(range(10, 20)), time_base=base
    )
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    with open_file(joined) as reader:
        sizes = {sample.type.size for sample in reader if sample.type}
    assert sizes == {(160, 90), (96, 64)}
    report = run(joined, tmp_path / "a.mkv", codec="ffv1")
    assert report.output_type.size == (160, 90)
    with open_file(tmp_path / "a.mkv") as reader:
        assert len(list(reader)) == report.frames > 15


def test_tags_and_chapters_are_kept(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip("in.mkv", metadata={"title": "a title"}, codec="ffv1")
    run(source, tmp_path / "a.mkv")
    with open_file(tmp_path / "a.mkv") as reader:
        assert reader.metadata["title"] == "a title"


# --- Progress ---


def test_progress_comes_in_this_thread_and_ends_whole(clip: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    threads = set()

    def tell(progress: Progress) -> None:
        told.append(progress)
        threads.add(threading.current_thread())

    run(clip, tmp_path / "a.mp4", progress=tell)
    assert threads == {threading.current_thread()}
    assert (told[-1].frame, told[-1].total, told[-1].eta) == (41, 41, 0.0)
    assert told[-1].device == "cpu"
    assert [p.frame for p in told] == sorted(p.frame for p in told)


def test_what_progress_raises_ends_the_run(clip: Path, tmp_path: Path) -> None:
    def tell(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(clip, tmp_path / "a.mp4", progress=tell)
    assert names(tmp_path) == []


# --- Bad input ---


def test_a_cut_file_is_partial(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip(pts=tuple(range(0, 300_000, 3000)), muxer={"movflags": "+faststart"})
    data = source.read_bytes()
    source.write_bytes(data[: len(data) * 2 // 3])
    report = run(source, tmp_path / "a.mp4")
    assert report.partial
    assert any("the file is cut off" in warning for warning in report.warnings)
    with open_file(tmp_path / "a.mp4") as reader:
        assert 0 < len(list(reader)) == report.frames < 100
        assert reader.damage == []
    assert names(tmp_path) == ["a.mp4"]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda _: None, FileMissing, "does not exist"),
        (lambda p: p.mkdir(), InvalidArg, "is a folder"),
        (lambda p: p.write_bytes(b""), Truncated, "is empty"),
        (lambda p: p.write_text("words " * 99), InvalidStreamData, "not a video file"),
    ],
    ids=["missing", "folder", "empty", "text"],
)
def test_bad_input(
    tmp_path: Path, make: Callable[[Path], object], error: type[Exception], words: str
) -> None:
    source = tmp_path / "in.mp4"
    make(source)
    with pytest.raises(error, match=words):
        run(source, tmp_path / "a.mp4")
    assert names(tmp_path) == []


def test_the_same_file(clip: Path, make_clip: Make, tmp_path: Path) -> None:
    source = make_clip()
    before = source.read_bytes()
    link = tmp_path / "link.mp4"
    link.symlink_to(source)
    for target in (source, link):
        with pytest.raises(InvalidArg, match="are the same file"):
            run(source, target)
    assert source.read_bytes() == before
    del clip


def test_an_existing_output(make_clip: Make, tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    target.write_bytes(b"old")
    source = make_clip()
    with pytest.raises(OutputExists, match="exists already"):
        run(source, target, overwrite=False)
    assert target.read_bytes() == b"old"
    run(source, target)
    assert target.stat().st_size > 500


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"size": (10**6, 10**6)}, InvalidMediaType, "at most"),
        ({"size": (161, 91)}, InvalidMediaType, "choose the size 162x92"),
        ({"codec": "libx265x"}, InvalidArg, "nearest"),
        ({"format": "yuv420"}, InvalidArg, "unknown pixel format 'yuv420'; nearest .*yuv420p"),
        ({"filtre": "area"}, InvalidArg, "filter"),
        ({"filter": "lanczoz3"}, InvalidArg, "lanczos3"),
        ({"options": {"crf": "many"}}, InvalidArg, "with crf=many.*change the options"),
        ({"input_type": {"matrix": "bt907"}}, InvalidMediaType, "bt709"),
        ({"output_type": {"colour": "red"}}, Exception, "colour"),
        ({"chain": "skale=2:2"}, InvalidArg, "scale"),
        ({"crop": (0, 0, 1000, 1000)}, Exception, "crop"),
    ],
    ids=lambda value: next(iter(value), "") if isinstance(value, dict) else "",
)
def test_bad_arguments_leave_nothing(
    make_clip: Make,
    tmp_path: Path,
    options: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        run(make_clip(), tmp_path / "a.mp4", **options)
    assert names(tmp_path) == []


class Failing(Darker):
    """Fails at the fifth picture."""

    count = 0

    def process(self, src: Sample, dst: Sample) -> None:
        self.count += 1
        if self.count == 5:
            raise ZeroDivisionError("the fifth")
        super().process(src, dst)


def test_a_failing_transform(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError, match="the fifth"):
        run(clip, tmp_path / "a.mp4", chain=[Failing()])
    assert names(tmp_path) == []


def test_a_full_device(clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.mkv"
    target.symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="cannot be finished: no space left on device"):
        run(clip, target)


INTERRUPTED = """
import os, signal, sys, threading, time
from pathlib import Path
from gpumft.pipeline.files.reader import open as open_file
from gpumft.pipeline.transcoding import transcode

source, folder = Path(sys.argv[1]), Path(sys.argv[2])
target = folder / "a.mp4"
transcode(source, target, device="cpu")  # everything is loaded and compiled now
target.unlink()
began = time.perf_counter()
transcode(source, target, device="cpu", size=(160, 90))
whole = time.perf_counter() - began
target.unlink()
interrupted = tried = 0
while interrupted < 12 and tried < 60:
    # Moments from the very beginning to just before the end.
    timer = threading.Timer(whole * (interrupted % 12) / 12, os.kill, (os.getpid(), signal.SIGINT))
    tried += 1
    try:
        try:
            timer.start()
            transcode(source, target, device="cpu", size=(160, 90))
        finally:
            timer.join()
    except KeyboardInterrupt:
        interrupted += 1
    names = [path.name for path in folder.iterdir()]
    assert names in ([], ["a.mp4"]), names
    assert not [t for t in threading.enumerate() if t.name.startswith("gpumft-run-")]
    if names:
        whole *= 0.9
        with open_file(target) as reader:
            assert len(list(reader)) == 41
        target.unlink()
print("interrupted", interrupted)
"""


def test_an_interrupt_at_any_moment_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(clip), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    # Not on stderr: Python itself drops an interrupt that strikes in one of its weakref callbacks.
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[1]) >= 1


# --- Effects ---


def test_effects_given_twice_are_refused(make_clip: Make, tmp_path: Path) -> None:
    report = run(make_clip(), tmp_path / "a.mp4", effects=[grayscale(), sepia()])
    assert report.frames == 10


def test_the_device_is_taken_as_given(make_clip: Make, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cuda:9"):
        transcode(make_clip(), tmp_path / "a.mp4", device="cuda:9")
    assert names(tmp_path) == []


def test_a_processor_is_used(make_clip: Make, tmp_path: Path) -> None:
    processor = VideoProcessor(device="cpu")
    run(make_clip(), tmp_path / "a.mp4", chain=[processor])
    assert isinstance(processor.output_current_type(), VideoType)
