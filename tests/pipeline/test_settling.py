"""What is settled before a run: one fused pass where its order allows, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from gpumft.errors import AccessDenied, InvalidArg, InvalidMediaType, OutputExists
from gpumft.media import VideoType
from gpumft.pipeline import EncodedPacket, create
from gpumft.pipeline.files.orientation import UPRIGHT
from gpumft.pipeline.files.reader import open as open_file
from gpumft.pipeline.run import _ahead
from gpumft.pipeline.stages import make_steps
from gpumft.pipeline.transcoding import transcode
from gpumft.transforms.chain import Stage

Make = Callable[..., Path]


def steps_of(path: Path, chain: str, own: Stage) -> list[Any]:
    with open_file(path) as reader:
        return list(make_steps(chain, own, source=reader.type, orientation=UPRIGHT))


@pytest.mark.parametrize(
    ("chain", "own", "passes"),
    [
        ("hflip", Stage({}, (80, 46)), 1),
        ("crop=80:40", Stage({"rotate": 90, "filter": "area"}, (40, 40)), 1),
        ("sepia", Stage({"effects": ("more",)}), 1),
        ("", Stage({"flip": "h"}), 1),
        ("scale=80:46", Stage({"filter": "lanczos3"}), 1),  # says how, does nothing more
        ("hflip", Stage({"rotate": 90}), 2),  # a pass turns before it mirrors
        ("scale=80:46", Stage({}, (40, 40)), 2),
        ("scale=80:46:filter=area", Stage({"filter": "lanczos3"}), 2),
        ("scale=80:46,crop=40:40", Stage({}, (20, 20)), 2),
    ],
)
def test_options_join_the_last_pass_of_a_chain(
    clip: Path, chain: str, own: Stage, passes: int
) -> None:
    assert len(steps_of(clip, chain, own)) == passes


def test_a_joined_pass_does_both(clip: Path) -> None:
    (step,) = steps_of(clip, "hflip,sepia", Stage({"flip": "", "filter": "area"}, None, None))
    assert (step.options["flip"], step.options["filter"]) == ("h", "area")
    assert len(step.options["effects"]) == 1
    (step,) = steps_of(clip, "scale=80:46", Stage({"effects": ("more",)}))
    assert (step.size, step.options["effects"]) == ((80, 46), ("more",))


def test_a_part_counts_from_the_beginning_of_the_file(make_clip: Make, tmp_path: Path) -> None:
    stamps = tuple(900_000 + 3000 * n for n in range(30))
    for name in ("in.ts", "in.mkv"):
        report = transcode(make_clip(name, pts=stamps), tmp_path / "a.mkv", start=5_000_000)
        assert report.frames == 15
        report = transcode(make_clip(name, pts=stamps), tmp_path / "a.mkv", end=5_000_000)
        assert report.frames == 15


def test_the_duration_is_that_of_the_video_written(make_clip: Make, tmp_path: Path) -> None:
    stamps = tuple(900_000 + 3000 * n for n in range(30))
    report = transcode(make_clip("in.ts", pts=stamps), tmp_path / "a.mp4")
    assert report.duration == 10_000_000
    assert not report.partial


def test_an_interlaced_input_is_told(make_clip: Make, tmp_path: Path) -> None:
    source = make_clip("in.mkv", codec="ffv1")
    report = transcode(source, tmp_path / "a.mp4", input_type={"interlace": "upper"})
    assert any("interlaced (upper)" in warning for warning in report.warnings)


def test_mjpeg_is_encoded_at_full_range(make_clip: Make, tmp_path: Path) -> None:
    report = transcode(make_clip(), tmp_path / "a.avi", codec="mjpeg")
    assert report.output_type.range == "full"
    with open_file(tmp_path / "a.avi") as reader:
        assert reader.type.range == "full"


def test_a_mistaken_option_of_the_encoder_is_named(make_clip: Make, tmp_path: Path) -> None:
    with pytest.raises(InvalidArg, match=r"preset=warp.*change the options"):
        transcode(make_clip(), tmp_path / "a.mp4", options={"preset": "warp"})
    with pytest.raises(InvalidArg, match=r"ffv1 has no constant quality"):
        transcode(make_clip(), tmp_path / "a.mkv", codec="ffv1", options={"crf": 20})
    with pytest.raises(InvalidMediaType, match="choose another size, format or codec"):
        transcode(make_clip(), tmp_path / "a.mp4", size=(20_000, 20_000))


def test_a_file_that_appears_meanwhile_is_kept(make_clip: Make, tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    with pytest.raises(OutputExists, match="name another"):
        transcode(
            make_clip(),
            target,
            overwrite=False,
            progress=lambda _: target.write_bytes(b"theirs"),
        )
    assert target.read_bytes() == b"theirs"


def test_a_read_only_output_is_kept(
    make_clip: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.mp4"
    target.write_bytes(b"theirs")
    monkeypatch.setattr("os.access", lambda path, _: Path(path) != target)
    with pytest.raises(AccessDenied, match="read-only"):
        transcode(make_clip(), target)
    assert target.read_bytes() == b"theirs"


def test_joined_broadcasts_go_on(make_clip: Make, tmp_path: Path) -> None:
    part = make_clip("part.ts", pts=tuple(range(0, 90_000, 3000)), audio=True).read_bytes()
    joined = tmp_path / "joined.ts"
    joined.write_bytes(part + part + part)
    report = transcode(joined, tmp_path / "a.mkv")
    assert report.frames >= 88  # a picture's end is lost where the next part begins
    assert 29_000_000 < report.duration < 31_000_000
    assert any("the time stamps jump 2 times" in warning for warning in report.warnings)
    with av.open(str(tmp_path / "a.mkv")) as container:
        ends = {"audio": 0.0, "video": 0.0}
        for packet in container.demux():
            if packet.pts is not None and packet.time_base:
                ends[packet.stream.type] = float(packet.pts * packet.time_base)
    assert 0.2 < ends["video"] - ends["audio"] < 0.8  # each part: 1 s of pictures, 0.5 s of sound


def test_sound_whose_times_stand_still_is_copied(clip: Path, tmp_path: Path) -> None:
    with open_file(clip) as reader:
        writer = create(
            tmp_path / "a.mp4", reader.type, streams=reader.streams, time_base=reader.time_base
        )
        with writer:
            for item in reader.items():
                if isinstance(item, EncodedPacket):
                    item.packet.dts = item.packet.pts = 0
                    writer.write_packet(item)
                else:
                    writer.write(item)
    with av.open(str(tmp_path / "a.mp4")) as container:
        stamps = [p.dts for p in container.demux(audio=0) if p.dts is not None]
    assert len(stamps) == len(set(stamps)) > 60
    assert any("of sound did not go on" in note for note in writer.notes)


@pytest.mark.parametrize(("size", "room"), [((1920, 1080), 4), ((30_000, 10_000), 1)])
def test_large_pictures_wait_in_smaller_numbers(size: tuple[int, int], room: int) -> None:
    assert _ahead(VideoType("yuv420p", size)) == room
