"""Streams that are copied: sound, subtitles, attachments, cover pictures."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from gpumft.errors import InvalidMediaType, InvalidRequest
from gpumft.pipeline.files.packets import EncodedPacket, fresh_metadata
from gpumft.pipeline.files.reader import Reader
from gpumft.pipeline.files.reader import open as open_file
from gpumft.pipeline.files.writer import Writer, create

Make = Callable[..., Path]
Packets = Callable[..., list[tuple[int | None, int | None, bytes]]]


def copy(source: Path, target: Path) -> Writer:
    with open_file(source) as reader, writer_like(reader, target) as writer:
        for item in reader.items():
            if isinstance(item, EncodedPacket):
                writer.write_packet(item)
            else:
                writer.write(item)
    return writer


def writer_like(reader: Reader, target: Path) -> Writer:
    return create(
        target,
        reader.type,
        streams=reader.streams,
        video_index=reader.video_index,
        time_base=reader.time_base,
        metadata=reader.metadata,
        chapters=reader.chapters,
    )


def test_sound_is_copied_bit_for_bit(clip: Path, tmp_path: Path, packets: Packets) -> None:
    target = tmp_path / "a.mp4"
    writer = copy(clip, target)
    assert packets(target, "audio") == packets(clip, "audio")
    assert [str(stream) for stream in writer.copied] == ["audio 1 aac 48000 Hz 2 channels"]


def test_sound_that_starts_late_stays_late(
    make_clip: Make, tmp_path: Path, packets: Packets
) -> None:
    source = tmp_path / "late.mp4"
    with av.open(str(make_clip(audio=True))) as old, av.open(str(source), "w") as new:
        streams = {s.index: new.add_stream_from_template(s) for s in old.streams}
        for packet in old.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "audio" and packet.pts is not None:
                packet.pts += 12_345
                packet.dts += 12_345
            packet.stream = streams[packet.stream.index]
            new.mux(packet)
    target = tmp_path / "a.mp4"
    copy(source, target)
    before = packets(source, "audio")
    assert before[1][0] is not None
    assert before[1][0] > 12_000
    assert packets(target, "audio") == before


def test_streams_keep_their_order_and_words(make_clip: Make, tmp_path: Path) -> None:
    source = tmp_path / "source.mkv"
    with av.open(str(make_clip(audio=True))) as old, av.open(str(source), "w") as new:
        sound = new.add_stream_from_template(old.streams.audio[0])
        sound.metadata.update(language="deu", title="Ton")
        sound.disposition = 2  # type: ignore[assignment]
        picture = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux():
            if packet.dts is not None:
                packet.stream = sound if packet.stream.type == "audio" else picture
                new.mux(packet)
    target = tmp_path / "a.mkv"
    copy(source, target)
    with av.open(str(target)) as container:
        assert [s.type for s in container.streams] == ["audio", "video"]
        assert container.streams[0].metadata["language"] in ("deu", "ger")
        assert container.streams[0].metadata["title"] == "Ton"


def with_extras(path: Path, source: Path, *, subtitles: str = "srt") -> Path:
    """Return a Matroska file with a subtitle track, a font and two chapters."""
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        picture = new.add_stream_from_template(old.streams.video[0])
        text: Any = new.add_stream(subtitles)
        text.codec_context.subtitle_header = b""
        new.add_attachment("font.ttf", "font/ttf", b"not really a font")
        chapters: Any = [
            {"id": 1, "start": 0, "end": 200, "time_base": Fraction(1, 1000),
             "metadata": {"title": "one"}},
            {"id": 2, "start": 200, "end": 400, "time_base": Fraction(1, 1000),
             "metadata": {"title": "two"}},
        ]  # fmt: skip
        new.set_chapters(chapters)
        new.metadata["title"] = "a film"
        for number, words in enumerate((b"hello", b"world")):
            packet = av.Packet(words)
            packet.stream = text
            packet.time_base = Fraction(1, 1000)
            packet.pts = packet.dts = 100 * number
            packet.duration = 90
            new.mux(packet)
        for coded in old.demux(video=0):
            if coded.dts is not None:
                coded.stream = picture
                new.mux(coded)
    return path


def test_subtitles_attachments_chapters_and_tags(
    make_clip: Make, tmp_path: Path, packets: Packets
) -> None:
    source = with_extras(tmp_path / "source.mkv", make_clip())
    target = tmp_path / "a.mkv"
    writer = copy(source, target)
    assert [note for note in writer.notes if "left out" in note] == []
    assert packets(target, "subtitles") == packets(source, "subtitles")
    assert len(packets(target, "subtitles")) == 2
    with av.open(str(target)) as container:
        (attachment,) = container.streams.attachments
        assert (attachment.name, attachment.data) == ("font.ttf", b"not really a font")
        assert [c["metadata"]["title"] for c in container.chapters()] == ["one", "two"]
        assert container.metadata["title"] == "a film"


def test_what_a_container_cannot_hold_is_left_out_and_said(
    make_clip: Make, tmp_path: Path, packets: Packets
) -> None:
    source = with_extras(tmp_path / "source.mkv", make_clip())
    writer = copy(source, tmp_path / "a.mp4")
    left_out = [note for note in writer.notes if "left out" in note]
    assert len(left_out) == 2
    assert any("stream subtitle 1" in note for note in left_out)
    assert any("attachment" in note for note in left_out)
    with av.open(str(tmp_path / "a.mp4")) as container:
        kinds = [s.type for s in container.streams]
        assert kinds == ["video", "data"]  # MP4 keeps chapters as a track of text
        assert [c["metadata"]["title"] for c in container.chapters()] == ["one", "two"]


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_chapters_of_mp4_are_copied_once(make_clip: Make, tmp_path: Path, suffix: str) -> None:
    source = tmp_path / "source.mp4"
    copy(with_extras(tmp_path / "extras.mkv", make_clip()), source)
    target = tmp_path / f"a.{suffix}"
    copy(source, target)
    with av.open(str(target)) as container:
        assert [c["metadata"]["title"] for c in container.chapters()] == ["one", "two"]
        assert len(container.streams) == (1 if suffix == "mkv" else 2)


def test_sound_that_does_not_fit_is_an_error(clip: Path, tmp_path: Path) -> None:
    with (
        open_file(clip) as reader,
        pytest.raises(InvalidMediaType, match=r"webm cannot hold the audio .* write to \.mkv"),
    ):
        create(tmp_path / "a.webm", reader.type, codec=None, streams=reader.streams)
    assert list(tmp_path.iterdir()) == []


def test_streams_of_a_closed_file_are_refused(clip: Path, tmp_path: Path) -> None:
    with open_file(clip) as reader:
        kind, streams = reader.type, reader.streams
    with pytest.raises(InvalidRequest, match=r"audio 1 aac .* comes from is closed; keep it open"):
        create(tmp_path / "a.mp4", kind, streams=streams)
    assert list(tmp_path.iterdir()) == []


def test_a_container_for_pictures_alone_drops_sound(clip: Path, tmp_path: Path) -> None:
    with open_file(clip) as reader:
        kind = reader.type
        path = tmp_path / "a.y4m"
        with create(
            path, kind, codec="wrapped_avframe", streams=reader.streams, time_base=Fraction(1, 30)
        ) as writer:
            writer.write(next(iter(reader)))
        assert any("left out" in note for note in writer.notes)


def test_a_cover_picture_is_not_the_video(make_clip: Make, tmp_path: Path, clip: Path) -> None:
    source = tmp_path / "cover.mp4"
    cover = np.full((32, 32, 3), 99, np.uint8)
    with av.open(str(clip)) as old, av.open(str(source), "w") as new:
        image: Any = new.add_stream("png")
        image.width, image.height, image.pix_fmt = 32, 32, "rgb24"
        image.disposition = 1 << 10  # attached picture
        picture = new.add_stream_from_template(old.streams.video[0])
        frame = av.VideoFrame.from_ndarray(cover, "rgb24")
        frame.pts = 0
        new.mux(image.encode(frame))
        new.mux(image.encode(None))
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = picture
                new.mux(packet)
    with open_file(source) as reader:
        assert reader.type.size == (320, 180)
        assert [stream.kind for stream in reader.streams] == ["video"]
    target = tmp_path / "a.mp4"
    copy(source, target)
    with av.open(str(target)) as container:
        covers = [s for s in container.streams.video if int(s.disposition) & 1 << 10]
        assert len(covers) == 1
        (frame,) = container.decode(covers[0])
        assert np.array_equal(frame.to_ndarray(format="rgb24"), cover)


def test_packets_need_a_started_file(clip: Path, tmp_path: Path) -> None:
    with open_file(clip) as reader:
        packet = next(i for i in reader.items() if isinstance(i, EncodedPacket))
        writer = create(tmp_path / "a.mp4", reader.type, streams=reader.streams)
        with pytest.raises(InvalidRequest, match="write a sample first"):
            writer.write_packet(packet)
        writer.abort()


def test_metadata_of_the_old_file_is_dropped() -> None:
    tags = {
        "title": "x",
        "DURATION": "00:00:01.6",
        "encoder": "y",
        "major_brand": "isom",
        "BPS": "1",
        "_STATISTICS_TAGS": "BPS",
    }
    assert fresh_metadata(tags) == {"title": "x"}
