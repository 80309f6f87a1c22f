"""Damaged and cut-off files: what can be decoded is decoded, and the loss is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gpumft.errors import InvalidStreamData
from gpumft.pipeline.files.reader import open as open_file

Make = Callable[..., Path]
STAMPS = tuple(range(0, 120 * 3000, 3000))


@pytest.fixture(params=["mp4", "mkv", "ts"])
def long_clip(request: pytest.FixtureRequest, make_clip: Make) -> Path:
    front = {"movflags": "+faststart"} if request.param == "mp4" else {}
    return make_clip(
        f"in.{request.param}",
        pts=STAMPS,
        muxer=front,
        options={"g": "12", "preset": "ultrafast", "x264-params": "log-level=none"},
        tags=(1, 1, 1, 1),
    )


def test_a_whole_file_has_no_damage(long_clip: Path) -> None:
    with open_file(long_clip) as reader:
        assert len(list(reader)) == 120
        assert reader.damage == []


@pytest.mark.parametrize("name", ["in.mkv", "in.ts", "in.mp4"])
def test_a_whole_file_that_begins_late_has_no_damage(make_clip: Make, name: str) -> None:
    # Matroska tells the time of the end as its length.
    path = make_clip(name, pts=tuple(900_000 + stamp for stamp in STAMPS[:25]))
    with open_file(path) as reader:
        assert len(list(reader)) == 25
        assert reader.damage == []
        assert reader.start >= 99_000_000


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_cut_file_gives_what_is_there(long_clip: Path, part: float) -> None:
    data = long_clip.read_bytes()
    long_clip.write_bytes(data[: int(len(data) * part)])
    with open_file(long_clip) as reader:
        samples = list(reader)
        assert 0 < len(samples) < 120
        assert [s.pts for s in samples] == sorted(s.pts for s in samples if s.pts is not None)
        if long_clip.suffix != ".ts":  # which has no length to fall short of
            assert any("cut off" in damage for damage in reader.damage)


def test_one_missing_picture_is_noticed(make_clip: Make) -> None:
    path = make_clip(pts=STAMPS, muxer={"movflags": "+faststart"}, options={"g": "12", "bf": "0"})
    with open_file(path) as reader:
        whole = len(list(reader))
    path.write_bytes(path.read_bytes()[:-3])
    with open_file(path) as reader:
        assert len(list(reader)) == whole - 1
        assert any("cut off" in damage for damage in reader.damage)


def test_a_file_cut_before_its_index(make_clip: Make) -> None:
    path = make_clip(pts=STAMPS)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InvalidStreamData, match="cut off before its index"):
        open_file(path)


def test_damage_in_the_middle(make_clip: Make) -> None:
    path = make_clip("in.mkv", codec="ffv1", pts=STAMPS[:20])
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, len(data) // 2 + 3000):
        data[at] ^= 0x5A
    path.write_bytes(data)
    with open_file(path) as reader:
        samples = list(reader)
        assert 0 < len(samples) <= 20
        assert reader.damage or len(samples) == 20


def test_indexing_finds_no_damage(make_clip: Make) -> None:
    with open_file(make_clip(pts=STAMPS)) as reader:
        assert reader[100].pts == STAMPS[100]
        reader.seek(5_000_000)
        list(reader)
        assert reader.damage == []
