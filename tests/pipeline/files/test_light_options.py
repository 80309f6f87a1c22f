"""Static HDR metadata: written into the stream, read back by our reader."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpumft.media import Light, VideoType
from gpumft.pipeline.files.light_options import light_options, unwritten_light
from gpumft.pipeline.files.reader import open as open_file
from gpumft.pipeline.files.writer import create, rehearse
from gpumft.samples import Sample

P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
D65 = (0.3127, 0.329)
FULL = Light(1000, 400, (P3, D65, 0.005, 1000))
HDR10: dict[str, Any] = {
    "frame_rate": 25,
    "transfer": "pq",
    "primaries": "bt2020",
    "matrix": "bt2020ncl",
    "range": "limited",
    "siting": "topleft",
}


def written(path: Path, codec: str, light: Light, **options: str) -> tuple[VideoType, Any]:
    """Write six gray pictures; return the type that is read back, and the writer's notes."""
    kind = VideoType("yuv420p10le", (64, 64), light=light, **HDR10)
    planes = [np.full(shape, 512, np.uint16) for shape in kind.plane_shapes]
    with create(path, kind, codec=codec, options=options or None) as writer:
        for _ in range(6):
            writer.write(Sample.from_numpy(planes, kind))
    with open_file(path) as reader:
        assert len(list(reader)) == 6
        return reader.type, writer.notes


@pytest.mark.parametrize("codec", ["libx265", "libsvtav1", "libx264"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_what_is_written_is_read_back(tmp_path: Path, codec: str, suffix: str) -> None:
    kind, notes = written(tmp_path / f"a.{suffix}", codec, FULL)
    assert notes == ()
    assert kind.light is not None
    assert (kind.light.max_cll, kind.light.max_fall) == (1000, 400)
    primaries, white, low, high = kind.light.mastering or ((), (), 0, 0)
    assert np.allclose(primaries, P3, atol=2e-5)
    assert np.allclose(white, D65, atol=2e-5)
    assert (low, high) == pytest.approx((0.005, 1000), rel=0.02)
    assert (str(kind.transfer), str(kind.primaries)) == ("pq", "bt2020")


def test_the_callers_own_parameters_win(tmp_path: Path) -> None:
    kind, _ = written(
        tmp_path / "a.mp4", "libx265", FULL, **{"x265-params": "max-cll=700,300:keyint=1"}
    )
    assert kind.light is not None
    assert (kind.light.max_cll, kind.light.max_fall) == (700, 300)
    assert kind.light.mastering is not None


def test_what_is_not_known_is_not_invented(tmp_path: Path) -> None:
    kind, notes = written(tmp_path / "a.mp4", "libx265", Light(max_cll=203))
    assert kind.light == Light(max_cll=203)
    assert notes == ()
    partial = Light(mastering=(None, None, 0.005, 1000))
    kind, notes = written(tmp_path / "b.mp4", "libx265", partial)
    assert kind.light is None
    assert "without primaries or white" in notes[0]


def test_primaries_by_name_stand_for_their_chromaticities() -> None:
    kind = VideoType("yuv420p10le", (64, 64), light=Light(mastering=("p3d65", None, 0.005, 1000)))
    ((option, value),) = light_options("libx265", kind)
    assert option == "x265-params"
    assert value == (
        "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    )
    assert unwritten_light("libx265", kind) == []


def test_an_encoder_that_is_given_none_is_said(tmp_path: Path) -> None:
    kind, notes = written(tmp_path / "a.mkv", "ffv1", FULL)
    assert kind.light is None
    assert "ffv1 is given no static HDR metadata" in notes[0]
    assert "libx265" in notes[0]
    told = VideoType("yuv420p10le", (64, 64), light=FULL, **HDR10)
    _, rehearsed = rehearse(
        tmp_path / "b.mkv",
        told,
        codec="ffv1",
        options=None,
        streams=(),
        time_base=Fraction(1, 25),
        overwrite=True,
    )
    assert tuple(rehearsed) == notes
