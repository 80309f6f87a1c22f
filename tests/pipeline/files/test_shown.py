"""A file has what its type shows: no samples that the aperture hides, and no others."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gpumft as gm
from gpumft.errors import InvalidMediaType
from gpumft.media import VideoType
from gpumft.pipeline.files.reader import open as open_file
from gpumft.pipeline.files.shown import shown_planes, shown_type
from gpumft.pipeline.files.writer import create, rehearse
from gpumft.samples import Sample
from gpumft.testing import frames

FORMATS = ["yuv420p", "nv12", "yuv422p10le", "yuyv422", "yuv444p", "gray", "bgr0", "gbrp", "p010le"]
APERTURES = [(4, 2, 9, 7), (0, 6, 16, 4), (2, 0, 2, 12), (0, 0, 16, 12)]


@pytest.mark.parametrize("aperture", APERTURES)
@pytest.mark.parametrize("format", FORMATS)
def test_samples_are_those_that_a_conversion_copies(format: str, aperture: Any) -> None:
    kind = VideoType(format, (16, 12), aperture=aperture)
    planes = frames.noise(kind)
    shown = shown_type(kind)
    assert (shown.size, shown.aperture) == (aperture[2:], None)
    wanted = gm.convert(planes, kind, shown, device="cpu")
    parts = gm.convert(shown_planes(planes, kind), shown, shown, device="cpu")  # unused bits to 0
    for part, whole in zip(parts, wanted, strict=True):
        assert np.array_equal(part, whole)


@pytest.mark.parametrize(
    ("format", "aperture", "more", "cure"),
    [
        ("yuv420p", (3, 2, 8, 6), {}, "every 2 columns and 2 rows; convert to 8x6"),
        ("yuv420p", (4, 3, 8, 6), {}, "every 2 columns and 2 rows"),
        ("yuv422p", (3, 3, 8, 6), {}, "every 2 columns and 1 rows"),
        ("gray", (Fraction(1, 2), 0, 8, 6), {}, r"at \(1/2, 0\) of 16x12 gray"),
        ("yuv420p", (4, 2, 8, 6), {"interlace": "upper"}, "every 2 columns and 4 rows"),
        ("gray", (4, 3, 8, 6), {"interlace": "mixed"}, "every 1 columns and 2 rows"),
    ],
)
def test_an_aperture_between_samples_is_refused_before_anything_is_written(
    tmp_path: Path, format: str, aperture: Any, more: dict[str, Any], cure: str
) -> None:
    kind = VideoType(format, (16, 12), aperture=aperture, frame_rate=25, **more)
    path = tmp_path / "a.mkv"
    with pytest.raises(InvalidMediaType, match=cure):
        create(path, kind, codec="ffv1")
    with pytest.raises(InvalidMediaType, match=cure):
        rehearse(path, kind, codec="ffv1", options=None, streams=(), time_base=Fraction(1, 25),
                 overwrite=True)  # fmt: skip
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("base", [None, Fraction(1, 25)])
def test_the_files_pictures_are_what_is_shown(tmp_path: Path, base: Fraction | None) -> None:
    kind = VideoType("yuv420p", (64, 48), aperture=(8, 6, 40, 30), frame_rate=25)
    planes = frames.noise(kind)
    path = tmp_path / "a.mkv"
    with create(path, kind, codec="ffv1", time_base=base) as writer:
        whole = Sample.from_numpy(planes, kind.replace(aperture=None))
        with pytest.raises(InvalidMediaType, match=r"40x30\+8\+6, the sample is 64x48 yuv420p$"):
            writer.write(whole)
        writer.write(Sample.from_numpy(planes, kind))
        assert writer.notes == ("only what is shown is written: 40x30 at (8, 6)",)
    with open_file(path) as reader:
        assert (reader.type.size, reader.type.aperture) == ((40, 30), None)
        (sample,) = reader
        for part, whole_plane in zip(sample.planes, planes, strict=True):
            x, y = 8 * part.shape[1] // 40, 6 * part.shape[0] // 30
            assert np.array_equal(part, whole_plane[y : y + part.shape[0], x : x + part.shape[1]])


def test_a_sample_that_hides_something_does_not_fit_a_file_of_whole_frames(tmp_path: Path) -> None:
    kind = VideoType("gray", (16, 12), frame_rate=25)
    part = kind.replace(aperture=(2, 2, 8, 6))
    with create(tmp_path / "a.mkv", kind, codec="ffv1") as writer:
        with pytest.raises(InvalidMediaType, match=r"aperture 8x6\+2\+2"):
            writer.write(Sample.from_numpy(frames.noise(part), part))
        writer.write(Sample.from_numpy(frames.noise(kind), kind.replace(aperture=(0, 0, 16, 12))))


def test_a_transcodes_target_may_have_an_aperture(tmp_path: Path) -> None:
    kind = VideoType("yuv420p", (64, 48), frame_rate=25)
    source, path = tmp_path / "a.mkv", tmp_path / "b.mkv"
    with create(source, kind, codec="ffv1") as writer:
        writer.write(Sample.from_numpy(frames.noise(kind), kind))
    report = gm.transcode(
        source, path, codec="ffv1", device="cpu", output_type={"aperture": (8, 4, 32, 24)}
    )
    assert "only what is shown is written: 32x24 at (8, 4)" in report.warnings
    wanted = gm.convert(frames.noise(kind), kind, kind.replace(size=(32, 24)), device="cpu")
    with open_file(path) as reader:
        (sample,) = reader
        for part, plane in zip(sample.planes, wanted, strict=True):
            assert np.array_equal(part, plane)
