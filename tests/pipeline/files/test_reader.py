"""Reading files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from gpumft.errors import (
    DeviceUnavailable,
    FileMissing,
    InvalidArg,
    InvalidIndex,
    InvalidMediaType,
    InvalidPosition,
    InvalidRequest,
    InvalidStreamData,
    Truncated,
)
from gpumft.media import Interlace, Matrix, PixelFormat, Primaries, Range, Siting, Transfer
from gpumft.pipeline.files.reader import Reader
from gpumft.pipeline.files.reader import open as open_file

Make = Callable[..., Path]


def test_the_type_of_a_camera_clip(clip: Path) -> None:
    with open_file(clip) as reader:
        kind = reader.type
        assert (kind.format, kind.size) == (PixelFormat.YUV420P, (320, 180))
        assert (kind.matrix, kind.primaries) == (Matrix.BT709, Primaries.BT709)
        assert (kind.transfer, kind.range) == (Transfer.BT709, Range.LIMITED)
        assert kind.siting is Siting.LEFT
        assert kind.pixel_aspect == 1
        assert kind.rotation == 0
        assert reader.time_base == Fraction(1, 90_000)
        assert reader.frames == 41
        assert reader.duration == 15_328_222
        (sound,) = reader.audio
        assert (sound.codec, sound.sample_rate, sound.channels) == ("aac", 48_000, 2)
        assert reader.warnings == []


def test_samples_are_what_the_decoder_gives(clip: Path) -> None:
    with open_file(clip) as reader, av.open(str(clip)) as container:
        frames = list(container.decode(video=0))
        samples = list(reader)
        assert len(samples) == len(frames) == 41
        for sample, frame in zip(samples, frames, strict=True):
            planes = np.concatenate([plane.ravel() for plane in sample.planes])
            assert np.array_equal(planes, frame.to_ndarray().ravel())
            assert (sample.pts, sample.time_base) == (frame.pts, Fraction(1, 90_000))
            exact = Fraction(frame.pts or 0, 90_000) * 10_000_000
            assert abs(sample.get_time() - exact) <= Fraction(1, 2)
            assert sample.clean_point == bool(frame.key_frame)
        assert reader.damage == []


def test_variable_rate_is_exact(make_clip: Make) -> None:
    with open_file(make_clip()) as reader:
        stamps = [sample.pts for sample in reader]
    assert stamps == [0, 16650, 19650, 22660, 25000, 28000, 31001, 34000, 40000, 43000]


@pytest.mark.parametrize("rate", [Fraction(30_000, 1001), Fraction(25), Fraction(24_000, 1001)])
def test_a_constant_rate_is_nominal(make_clip: Make, rate: Fraction) -> None:
    path = make_clip(pts=tuple(range(10)), time_base=1 / rate, rate=rate)
    with open_file(path) as reader:
        assert reader.type.frame_rate == rate


@pytest.mark.parametrize("name", ["in.mp4", "in.mkv", "in.mov"])
def test_tags_are_read(make_clip: Make, name: str) -> None:
    path = make_clip(name, tags=(9, 9, 16, 2), options={"chroma_sample_location": "topleft"})
    with open_file(path) as reader:
        kind = reader.type
        assert (kind.matrix, kind.primaries) == (Matrix.BT2020NCL, Primaries.BT2020)
        assert (kind.transfer, kind.range) == (Transfer.PQ, Range.FULL)
        assert kind.siting is Siting.TOPLEFT


def test_what_is_not_stated_stays_none(make_clip: Make) -> None:
    path = make_clip("in.mkv", codec="ffv1", tags=(2, 2, 2, 0))
    with open_file(path) as reader:
        kind = reader.type
        colour = (kind.matrix, kind.primaries, kind.transfer, kind.range, kind.siting)
        assert colour == (None, None, None, None, None)


def test_the_j_formats_are_full_range(make_clip: Make) -> None:
    path = make_clip("in.avi", codec="mjpeg", format="yuvj422p", tags=(5, 2, 2, 2))
    with open_file(path) as reader:
        assert reader.type.format is PixelFormat.YUV422P
        assert reader.type.range is Range.FULL


def test_an_unknown_matrix_is_told(make_clip: Make) -> None:
    with open_file(make_clip(tags=(11, 9, 16, 1))) as reader:
        assert reader.type.matrix is None
        assert reader.unknown_tags == {"matrix": 11}
        assert any("matrix is tagged 11" in warning for warning in reader.warnings)


def test_ten_bit_and_anamorphic(make_clip: Make) -> None:
    path = make_clip(codec="libx264", format="yuv420p10le", aspect=Fraction(64, 45))
    with open_file(path) as reader:
        assert reader.type.format is PixelFormat.YUV420P10LE
        assert reader.type.pixel_aspect == Fraction(64, 45)
        assert next(iter(reader)).planes[0].dtype == np.uint16


def test_progressive_is_said(clip: Path) -> None:
    with open_file(clip) as reader:
        assert reader.type.interlace is Interlace.PROGRESSIVE


# --- Position ---


def test_reading_goes_on_where_it_stood(clip: Path) -> None:
    with open_file(clip) as reader:
        first = [sample.pts for _, sample in zip(range(3), reader, strict=False)]
        rest = [sample.pts for sample in reader]
        assert len(first) + len(rest) == 41
        assert rest[0] is not None
        assert first[-1] is not None
        assert rest[0] > first[-1]


@pytest.mark.parametrize("index", [0, 1, 12, 17, 40, -1, -41])
def test_indexing(clip: Path, index: int) -> None:
    with open_file(clip) as reader:
        wanted = reader[index]
        every = list(reader)  # was not disturbed
        assert len(every) == 41
        assert wanted.pts == every[index].pts
        assert np.array_equal(wanted.planes[0], every[index].planes[0])


def test_slices(clip: Path) -> None:
    with open_file(clip) as reader:
        assert [s.pts for s in reader[2:8:3]] == [s.pts for s in list(reader)[2:8:3]]


@pytest.mark.parametrize("index", [41, -42])
def test_an_index_that_is_not_there(clip: Path, index: int) -> None:
    with open_file(clip) as reader, pytest.raises(InvalidIndex, match="has 41"):
        reader[index]


@pytest.mark.parametrize(
    ("time", "pts"),
    [
        (0, 0),
        (-5, 0),
        (1_999_332, 0),  # one unit of 100 ns before the second picture
        (1_999_334, 17_994),
        (timedelta(seconds=1), 89_970),
        (Fraction(1), 89_970),
    ],
)
def test_seek_finds_the_picture_seen_then(
    clip: Path, time: int | timedelta | Fraction, pts: int
) -> None:
    with open_file(clip) as reader:
        list(reader)
        reader.seek(time)
        samples = list(reader)
        assert samples[0].pts == pts
        assert samples[-1].pts == 134_955


def test_seek_to_a_sample_finds_that_sample(clip: Path) -> None:
    with open_file(clip) as reader:
        for sample in list(reader):
            reader.seek(sample.get_time())
            assert next(iter(reader)).pts == sample.pts


@pytest.mark.parametrize("name", ["in.ts", "in.mkv", "in.mp4"])
def test_seek_and_index_agree_with_reading_on(make_clip: Make, name: str) -> None:
    # MPEG-TS has no index: a seek by guess lands too late there.
    stamps = tuple(900_000 + 3000 * n for n in range(60))
    path = make_clip(name, pts=stamps, options={"g": "25", "bf": "2", "x264-params": "log=-1"})
    with open_file(path) as reader:
        read = [sample.pts for sample in reader]
        assert [reader[i].pts for i in (0, 1, 30, 58, -1)] == [read[i] for i in (0, 1, 30, 58, -1)]
        for pts in read[:3] + read[28:31] + read[-3:]:
            assert pts is not None
            reader.seek(pts * reader.time_base)
            assert next(iter(reader)).pts == pts


def test_seek_to_a_last_picture_of_no_length(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_file(clip) as reader:
        last = list(reader)[-1]
        monkeypatch.setattr(Reader, "_length", lambda *_: Fraction(0))
        reader.seek(last.get_time())
        assert next(iter(reader)).pts == last.pts
        with pytest.raises(InvalidPosition):
            reader.seek(last.get_time() + 1000)


def test_a_name_is_needed() -> None:
    with pytest.raises(InvalidArg, match="the input has no name"):
        open_file("")


def test_seek_beyond_the_end(clip: Path) -> None:
    with open_file(clip) as reader, pytest.raises(InvalidPosition, match="behind the last picture"):
        reader.seek(100_000_000)


def test_a_float_is_no_time(clip: Path) -> None:
    with open_file(clip) as reader, pytest.raises(InvalidArg, match="unit"):
        reader.seek(1.5)  # type: ignore[arg-type]


def test_samples_outlive_the_reader(clip: Path) -> None:
    with open_file(clip) as reader:
        sample = next(iter(reader))
        before = sample.planes[0].copy()
        list(reader)
    assert np.array_equal(sample.planes[0], before)


def test_what_a_file_says_outlives_the_reader(clip: Path) -> None:
    def said(reader: Reader) -> list[object]:
        return [
            reader.time_base,
            reader.start,
            reader.duration,
            reader.frames,
            reader.video_index,
            reader.codec,
            reader.container,
            reader.streams,
            reader.metadata,
            reader.chapters,
        ]

    with open_file(clip) as reader:
        before = said(reader)
    assert said(reader) == before
    assert list(reader) == []


def test_a_closed_reader_does_not_move(clip: Path) -> None:
    with open_file(clip) as reader:
        pass
    for move in (lambda: reader.seek(0), lambda: reader[0], reader.count_frames):
        with pytest.raises(InvalidRequest, match="is closed"):
            move()


# --- Bad input ---


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match=r"nothing\.mp4' does not exist") as caught:
        open_file(tmp_path / "nothing.mp4")
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.hresult == 0x80070002


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidArg, match="is a folder; give a video file"):
        open_file(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(Truncated, match="is empty"):
        open_file(tmp_path / "a.mp4")


def test_no_video_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("this is no video\n" * 100)
    with pytest.raises(InvalidStreamData, match="is not a video file that can be read") as caught:
        open_file(tmp_path / "a.mp4")
    assert isinstance(caught.value, ValueError)


def test_sound_alone(make_clip: Make) -> None:
    path = make_clip("in.m4a", video=False, audio=True)
    with pytest.raises(InvalidMediaType, match="has no video: only audio"):
        open_file(path)


@pytest.mark.parametrize("name", ["in.mkv", "in.mov"])
def test_no_picture(make_clip: Make, name: str) -> None:
    path = make_clip(
        name,
        codec="ffv1" if name.endswith("mkv") else "prores_ks",
        pts=(),
        format="yuv420p" if name.endswith("mkv") else "yuv422p10le",
    )
    with pytest.raises((Truncated, InvalidMediaType, InvalidStreamData)) as caught:
        open_file(path)
    assert str(path) in str(caught.value)


def test_a_name_with_a_colon_is_no_protocol(make_clip: Make, tmp_path: Path) -> None:
    path = make_clip().rename(tmp_path / "http:clip.mp4")
    with open_file(path) as reader:
        assert len(list(reader)) == 10


def test_an_unknown_hwaccel(clip: Path) -> None:
    with pytest.raises(InvalidArg, match="choose one of auto, none, cuda"):
        open_file(clip, hwaccel="magic")


def test_decoding_on_a_gpu_works_or_says_why(clip: Path) -> None:
    try:
        reader = open_file(clip, hwaccel="cuda")
    except DeviceUnavailable as error:
        assert "hwaccel='none'" in str(error)  # noqa: PT017 - both outcomes are right
    else:
        with reader:
            assert len(list(reader)) == 41
