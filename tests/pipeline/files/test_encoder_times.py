"""Encoders that count in whole pictures, and the one that forgets the order of very short clips."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from gpumft.errors import InvalidMediaType, InvalidTimestamp
from gpumft.media import VideoType
from gpumft.pipeline.files.encoder_times import encoder_time_base
from gpumft.pipeline.files.writer import Writer, create
from tests.pipeline.files.test_writer import a_sample

FINE = Fraction(1, 90_000)
NTSC = Fraction(30_000, 1001)


def kind(rate: Fraction | None = Fraction(25)) -> VideoType:
    return VideoType("yuv420p", (64, 64), frame_rate=rate)


def write(
    path: Path, codec: str, times: list[Fraction], *, rate: Fraction, base: Fraction | None
) -> Writer:
    """A file with pictures at `times` [s]; without `base` they follow the frame rate instead."""
    with create(path, kind(rate), codec=codec, time_base=base) as writer:
        for number, time in enumerate(times):
            sample = a_sample(writer.type, number)
            if base is not None:
                sample.pts, sample.time_base = round(time / base), base
            writer.write(sample)
    return writer


def shown(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [
            Fraction(frame.pts or 0) * Fraction(frame.time_base or 0)
            for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize("codec", ["mpeg1video", "mpeg2video", "mpeg4"])
@pytest.mark.parametrize("base", [None, FINE], ids=["no base", "a fine base"])
@pytest.mark.parametrize("rate", [Fraction(25), NTSC], ids=str)
def test_encoders_that_count_in_pictures_get_pictures_to_count(
    tmp_path: Path, codec: str, base: Fraction | None, rate: Fraction
) -> None:
    path = tmp_path / "a.mp4"  # keeps any time base
    times = [number / rate for number in range(5)]
    writer = write(path, codec, times, rate=rate, base=base)
    assert shown(path) == times
    assert not writer.notes


def test_times_between_two_pictures_are_told(tmp_path: Path) -> None:
    times = [Fraction(0), Fraction(1, 25) + 90 * FINE, Fraction(2, 25)]
    writer = write(tmp_path / "a.mkv", "mpeg2video", times, rate=Fraction(25), base=FINE)
    assert writer.notes == (
        "mpeg2video counts time in units of 1/25 s; 1 time stamps were rounded to them",
    )
    crowded = [Fraction(0), Fraction(1, 50), Fraction(2, 50)]
    with pytest.raises(InvalidTimestamp, match="not after the one before"):
        write(tmp_path / "b.mkv", "mpeg2video", crowded, rate=Fraction(25), base=FINE)


def test_units_that_an_encoder_counts_in_stay() -> None:
    for codec, base in (
        ("libx264", FINE),
        ("libx264", Fraction(1, 10_000_000)),
        ("mpeg4", Fraction(1, 65_535)),
        ("mpeg2video", Fraction(1001, 60_000)),
    ):
        assert encoder_time_base(codec, kind(), base) == base
    assert encoder_time_base("mpeg4", kind(), Fraction(1, 65_536)) == Fraction(1, 25)


def test_without_a_frame_rate_that_it_has_an_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidMediaType, match=r"mpeg2video .* give the type its frame_rate"):
        create(tmp_path / "a.mkv", kind(None), codec="mpeg2video")
    with pytest.raises(InvalidMediaType, match=r"no frame rate of 17; the nearest .* 16, 18"):
        create(tmp_path / "a.mkv", kind(Fraction(17)), codec="mpeg2video")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pictures", [1, 2, 3])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_short_clips_of_libx265(tmp_path: Path, suffix: str, pictures: int) -> None:
    path = tmp_path / f"a.{suffix}"
    times = [number / Fraction(25) for number in range(pictures)]
    write(path, "libx265", times, rate=Fraction(25), base=FINE)
    tick = Fraction(1, 1000) if suffix == "mkv" else FINE
    assert shown(path) == [round(time / tick) * tick for time in times]
    if suffix == "mkv":
        return  # keeps no decoding times
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        order = [packet.dts or 0 for packet in packets]
    assert order == sorted(set(order))
    assert all(abs(dts * tick) < 1 for dts in order)
