"""Interlaced files: converted field by field, and called interlaced afterwards."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpumft.device import open_device
from gpumft.errors import InvalidMediaType
from gpumft.media import Interlace, VideoType
from gpumft.ops import convert
from gpumft.pipeline.files.field_coding import FieldMarker
from gpumft.pipeline.files.reader import open as open_file
from gpumft.pipeline.files.writer import create
from gpumft.pipeline.report import Report
from gpumft.pipeline.settling import settle
from gpumft.pipeline.transcoding import transcode
from gpumft.samples import Sample

TAGS = {"matrix": "bt601", "primaries": "bt601_625", "transfer": "bt709", "range": "limited"}
KIND = VideoType("yuv420p", (64, 48), frame_rate=25, interlace="upper", **TAGS)  # type: ignore[arg-type]


def run(src: Path, dst: Path, **options: Any) -> Report:
    return transcode(src, dst, device="cpu", **options)


@pytest.fixture
def interlaced(tmp_path: Path) -> Path:
    """Three pictures whose upper fields are dark and whose lower ones are bright."""
    path = tmp_path / "in.mkv"
    with create(path, KIND, codec="ffv1", time_base=Fraction(1, 25)) as writer:
        for number in range(3):
            planes = [np.full(shape, 128, np.uint8) for shape in KIND.plane_shapes]
            for plane in planes:
                plane[0::2] = 40 + number
                plane[1::2] = 200 + number
            writer.write(Sample.from_numpy(planes, KIND))
    return path


def test_fields_never_mix(interlaced: Path, tmp_path: Path) -> None:
    report = run(interlaced, tmp_path / "a.mkv", size=(40, 36), codec="ffv1")
    assert report.output_type.interlace is Interlace.UPPER
    assert any(
        "interlaced (upper): its pictures are converted field by field" in w
        for w in report.warnings
    )
    with open_file(tmp_path / "a.mkv") as after, open_file(interlaced) as before:
        assert after.type.interlace is Interlace.UPPER
        for number, (made, source) in enumerate(zip(after, before, strict=True)):
            for plane, other in zip(
                made.planes, convert(source.planes, before.type, report.output_type), strict=True
            ):
                assert np.array_equal(plane, other)
                assert np.all(plane[0::2] == 40 + number)
                assert np.all(plane[1::2] == 200 + number)


def test_libx264_codes_fields(interlaced: Path, tmp_path: Path) -> None:
    report = run(interlaced, tmp_path / "a.mp4", size=(80, 64))
    assert report.codec == "libx264"
    assert len(report.warnings) == 1
    with open_file(tmp_path / "a.mp4") as reader:
        assert reader.type.interlace is Interlace.UPPER


def test_a_rehearsal_says_the_same(interlaced: Path, tmp_path: Path) -> None:
    with open_file(interlaced) as reader, open_device("cpu") as device:
        settled = settle(reader, tmp_path / "a.mkv", device=device, size=(32, 24))
    assert any("converted field by field" in note for note in settled.notes)


def test_an_encoder_that_loses_the_order_is_told(interlaced: Path, tmp_path: Path) -> None:
    report = run(interlaced, tmp_path / "a.mkv", codec="libvpx-vp9")
    assert any(
        "libvpx-vp9 calls these interlaced pictures progressive" in w for w in report.warnings
    )


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"size": (64, 2)}, InvalidMediaType, "a field has no row"),
        ({"rotate": 90}, InvalidMediaType, "deinterlace first"),
        ({"output_type": {"interlace": "progressive"}}, InvalidMediaType, "deinterlace first"),
        ({"crop": (0, 8, 64, 1), "size": (64, 48)}, InvalidMediaType, "shows none of"),
    ],
    ids=["rows", "rotation", "progressive", "crop"],
)
def test_what_fields_cannot_do_is_refused_before_anything_is_written(
    interlaced: Path,
    tmp_path: Path,
    options: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        run(interlaced, tmp_path / "a.mkv", codec="ffv1", **options)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


def test_a_change_of_interlacing_in_the_middle_is_told(tmp_path: Path) -> None:
    with create(tmp_path / "in.mkv", KIND, codec="ffv1", time_base=Fraction(1, 25)) as writer:
        for number in range(4):
            if number == 2:
                writer._marker = FieldMarker(KIND.replace(interlace="progressive"))
            planes = [np.full(shape, 90, np.uint8) for shape in KIND.plane_shapes]
            writer.write(Sample.from_numpy(planes, KIND))
    report = run(tmp_path / "in.mkv", tmp_path / "a.mkv", size=(32, 24), codec="ffv1")
    assert report.frames == 4
    assert report.output_type.interlace is Interlace.UPPER
    assert any("all were treated as its first (upper)" in w for w in report.warnings)
