"""Interlaced pictures: what the stream says about them afterwards."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from gpumft.media import Interlace, VideoType
from gpumft.pipeline.files.field_coding import (
    FieldMarker,
    field_flags,
    field_options,
    unwritten_fields,
)
from gpumft.pipeline.files.frames import new_frame
from gpumft.pipeline.files.reader import open as open_file
from gpumft.pipeline.files.writer import Writer, create
from gpumft.samples import Sample


def write(path: Path, codec: str, interlace: str, format: str = "yuv420p") -> Writer:
    kind = VideoType(format, (64, 48), frame_rate=25, interlace=interlace)
    with create(path, kind, codec=codec, time_base=Fraction(1, 25)) as writer:
        for number in range(3):
            planes = [
                ((np.arange(np.prod(shape)).reshape(shape) * 3 + number) % 200).astype(dtype)
                for shape, dtype in zip(kind.plane_shapes, kind.plane_dtypes, strict=True)
            ]
            writer.write(Sample.from_numpy(planes, kind))
    return writer


@pytest.mark.parametrize("interlace", ["upper", "lower"])
@pytest.mark.parametrize(
    ("codec", "suffix"),
    [("libx264", "mp4"), ("libx264", "mkv"), ("mpeg2video", "ts"), ("ffv1", "mkv")],
)
def test_the_field_order_is_kept(tmp_path: Path, codec: str, suffix: str, interlace: str) -> None:
    path = tmp_path / f"a.{suffix}"
    assert write(path, codec, interlace).notes == ()
    with open_file(path) as reader:
        assert reader.type.interlace == interlace
        assert len(list(reader)) == 3


def test_the_order_is_in_every_frame_of_prores(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    assert write(path, "prores_ks", "lower", "yuv422p10le").notes == ()
    with av.open(str(path)) as container:
        assert all(frame.interlaced_frame for frame in container.decode(video=0))
        assert container.streams.video[0].codec_context.field_order == 3


def test_an_encoder_that_does_not_keep_it_says_so(tmp_path: Path) -> None:
    writer = write(tmp_path / "a.mkv", "libx265", "upper")
    assert "libx265 calls these interlaced pictures progressive" in writer.notes[0]
    assert "libx264" in writer.notes[0]


def test_libx264_codes_no_fields_of_odd_height() -> None:
    kind = VideoType("yuv420p", (64, 90), interlace="upper")
    (note,) = unwritten_fields("libx264", kind)
    assert "of 4 rows or a multiple" in note
    assert field_flags("libx264", kind) == 0
    assert field_options("libx264", kind) == []
    assert unwritten_fields("ffv1", kind) == []


def test_pictures_of_mixed_order_say_so() -> None:
    (note,) = unwritten_fields("libx264", VideoType("gray", (4, 4), interlace="mixed"))
    assert "mixed is not written" in note
    assert unwritten_fields("libx265", VideoType("gray", (4, 4))) == []


def test_a_marked_frame_shares_its_pixels() -> None:
    kind = VideoType("yuv420p", (16, 16), interlace=Interlace.LOWER)
    frame = new_frame([np.zeros(s, np.uint8) for s in kind.plane_shapes], "yuv420p", (16, 16))
    frame.pts, frame.time_base, frame.duration = 7, Fraction(1, 25), 2
    marked = FieldMarker(kind).marked(frame)
    assert marked.interlaced_frame
    assert (marked.pts, marked.duration) == (7, 2)
    assert marked.planes[0].buffer_ptr == frame.planes[0].buffer_ptr
    assert FieldMarker(kind.replace(interlace="progressive")).marked(frame) is frame
