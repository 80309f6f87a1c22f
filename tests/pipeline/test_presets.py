"""Presets: types, depths and options for HDR to SDR and back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import Light, PixelFormat, VideoType
from gpumft.pipeline.files.reader import open as open_file
from gpumft.pipeline.files.writer import create
from gpumft.pipeline.presets import PRESETS, find_preset, format_of_depth
from gpumft.pipeline.report import Report
from gpumft.pipeline.transcoding import transcode
from gpumft.samples import Sample
from gpumft.transforms import VideoProcessor
from gpumft.transforms.chain import Stage

SDR = {"matrix": "bt709", "primaries": "bt709", "transfer": "bt709", "range": "limited"}
PQ = {"matrix": "bt2020ncl", "primaries": "bt2020", "transfer": "pq", "range": "limited"}
HLG = {**PQ, "transfer": "hlg"}
GRAYS = (64, 172, 306, 430, 505, 573, 723, 767, 847, 940)
"""10-bit codes of luma."""


def run(src: Path, dst: Path, **options: Any) -> Report:
    return transcode(src, dst, device="cpu", **options)


def bars(path: Path, tags: dict[str, Any], *, codec: str, light: Light | None = None) -> Path:
    """Write six pictures of gray bars, each 16 pixels wide, at 10 bits."""
    kind = VideoType("yuv420p10le", (16 * len(GRAYS), 64), frame_rate=25, light=light, **tags)
    luma = np.repeat(np.array(GRAYS, np.uint16), 16)[None].repeat(64, axis=0)
    chroma = [np.full(shape, 512, np.uint16) for shape in kind.plane_shapes[1:]]
    options = {"libsvtav1": {"qp": 4}, "libx265": {"crf": 4}}.get(codec)
    with create(path, kind, codec=codec, options=options, time_base=Fraction(1, 25)) as writer:
        for _ in range(6):
            writer.write(Sample.from_numpy([luma, *chroma], kind))
    return path


def grays(path: Path) -> tuple[VideoType, np.ndarray[Any, Any], float]:
    """Return the type, each bar's middle, and how far chroma is from gray at most."""
    with open_file(path) as reader:
        luma, *chroma = next(iter(reader)).planes
        middle = 1 << (reader.type.format.depth - 1)
        return (
            reader.type,
            luma[16:48, 8::16].astype(float).mean(axis=0),
            max(float(np.abs(plane.astype(float) - middle).max()) for plane in chroma),
        )


def eotf(code: float) -> float:
    """Return cd/m2 of a limited 10-bit PQ code. Source: SMPTE ST 2084."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    e = ((code - 64) / 876) ** (1 / m2)
    return float(10_000 * (max(e - c1, 0) / (c2 - c3 * e)) ** (1 / m1))


def bt2390(light: float, peak: float, white: float = 203) -> float:
    """Return the tone-mapped light. Source: ITU-R BT.2390-10, 5.4.1; blacks 0."""

    def encoded(value: float) -> float:
        y = (value / 10_000) ** (2610 / 16384)
        return float(((3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)) ** (2523 / 32))

    e, top = encoded(min(light, peak)) / encoded(peak), encoded(white) / encoded(peak)
    knee = 1.5 * top - 0.5
    if e >= knee:
        t = (e - knee) / (1 - knee)
        e = (
            (2 * t**3 - 3 * t**2 + 1) * knee
            + (t**3 - 2 * t**2 + t) * (1 - knee)
            + (3 * t**2 - 2 * t**3) * top
        )
    return eotf(64 + 876 * e * encoded(peak))


# --- Through files ---


@pytest.mark.parametrize("codec", ["libx265", "libsvtav1"])
def test_hdr10_becomes_sdr(tmp_path: Path, codec: str) -> None:
    source = bars(tmp_path / "in.mp4", PQ, codec=codec, light=Light(1000, 400))
    before, codes, _ = grays(source)
    assert before.light == Light(1000, 400)
    report = run(source, tmp_path / "a.mp4", preset="hdr-to-sdr", options={"crf": 4})
    after, made, tint = grays(tmp_path / "a.mp4")
    assert report.output_type.format is PixelFormat.YUV420P
    assert after.light is None
    for name, word in {**SDR, "siting": "left"}.items():
        assert getattr(after, name) == word
    mapped = [bt2390(eotf(code), 1000) for code in codes]
    wanted = [16 + 219 * (light / 203) ** (1 / 2.4) for light in mapped]
    assert np.abs(made - wanted).max() < 1.5  # two encoders lie between
    assert made[-1] == pytest.approx(235, abs=1)
    assert tint <= 2


def test_the_measured_peak_wins_over_the_files(tmp_path: Path) -> None:
    source = bars(tmp_path / "in.mkv", PQ, codec="ffv1", light=Light(300, 100))
    run(source, tmp_path / "a.mkv", preset="hdr-to-sdr", peak="detect", codec="ffv1")
    _, codes, _ = grays(source)
    _, made, _ = grays(tmp_path / "a.mkv")
    peak = eotf(max(codes))
    wanted = [16 + 219 * (bt2390(eotf(c), peak) / 203) ** (1 / 2.4) for c in codes]
    assert np.abs(made - wanted).max() < 1
    run(source, tmp_path / "b.mkv", preset="hdr-to-sdr", chain="scale=peak=detect", codec="ffv1")
    assert np.array_equal(grays(tmp_path / "b.mkv")[1], made)


def test_hlg_becomes_sdr(tmp_path: Path) -> None:
    source = bars(tmp_path / "in.mp4", HLG, codec="libx265")
    run(source, tmp_path / "a.mkv", preset="hdr-to-sdr", codec="ffv1")
    after, made, tint = grays(tmp_path / "a.mkv")
    assert str(after.transfer) == "bt709"
    assert np.all(np.diff(made) > 0)
    assert made[0] == pytest.approx(16, abs=1)
    assert made[-1] == pytest.approx(235, abs=1)
    # HLG's reference white, 75 % of the signal, is at 203 cd/m2 before the tone curve.
    wanted = 16 + 219 * (bt2390(203, 1000) / 203) ** (1 / 2.4)
    assert np.interp(64 + 876 * 0.75, GRAYS, made) == pytest.approx(wanted, abs=1.5)
    assert tint <= 1


def test_sdr_white_becomes_203_candelas(tmp_path: Path) -> None:
    source = bars(tmp_path / "in.mkv", SDR, codec="ffv1")
    report = run(source, tmp_path / "a.mp4", preset="sdr-to-hdr", codec="libx265")
    after, made, tint = grays(tmp_path / "a.mp4")
    for name, word in {**PQ, "siting": "topleft"}.items():
        assert getattr(after, name) == word
    assert report.output_type.light == after.light == Light(max_cll=203)
    assert after.format is PixelFormat.YUV420P10LE
    assert made[-1] == pytest.approx(573, abs=1)  # 58.1 % of PQ, as BT.2408 has it
    wanted = [203 * ((code - 64) / 876) ** 2.4 for code in GRAYS]
    assert [eotf(code) for code in made] == pytest.approx(wanted, rel=0.05, abs=0.1)
    assert tint <= 1


def test_there_and_back_is_the_same(tmp_path: Path) -> None:
    """MaxCLL of what sdr-to-hdr writes says that there is nothing to compress."""
    source = bars(tmp_path / "in.mkv", SDR, codec="ffv1")
    run(source, tmp_path / "hdr.mp4", preset="sdr-to-hdr", codec="libx265", options={"crf": 2})
    run(tmp_path / "hdr.mp4", tmp_path / "sdr.mkv", preset="hdr-to-sdr", codec="ffv1")
    _, made, _ = grays(tmp_path / "sdr.mkv")
    assert np.abs(made - np.array(GRAYS) / 4).max() < 1.5


def test_hdr_that_stays_hdr_keeps_its_metadata(tmp_path: Path) -> None:
    light = Light(1000, 400, ("p3d65", None, 0.005, 1000))
    source = bars(tmp_path / "in.mp4", PQ, codec="libx265", light=light)
    report = run(source, tmp_path / "a.mp4", size=(80, 32), codec="libsvtav1")
    assert report.warnings == ()
    kept, _, _ = grays(source)
    with open_file(tmp_path / "a.mp4") as reader:
        assert kept.light is not None
        assert reader.type.light is not None
        assert (reader.type.light.max_cll, reader.type.light.max_fall) == (1000, 400)
        assert reader.type.light.mastering is not None
    told = run(source, tmp_path / "b.mkv", codec="ffv1").warnings
    assert any("static HDR metadata" in warning for warning in told)


def test_a_preset_follows_the_callers_transforms(tmp_path: Path) -> None:
    source = bars(tmp_path / "in.mkv", PQ, codec="ffv1")
    own = VideoProcessor(device="cpu", flip="h")
    report = run(source, tmp_path / "a.mkv", codec="ffv1", chain=[own], preset="hdr-to-sdr")
    assert own.converter is not None
    assert own.converter.target.transfer == "pq"
    assert report.output_type.transfer == "bt709"


# --- What wins ---


def applied(name: str, format: str = "yuv420p10le", *, own: Stage | None = None) -> Any:
    steps = [own or Stage()]
    kind = VideoType(format, (64, 64), transfer="pq" if name == "hdr-to-sdr" else "bt709")
    return steps[0], find_preset(name).apply(steps, kind, {})


def test_what_is_given_wins(tmp_path: Path) -> None:
    source = bars(tmp_path / "in.mkv", PQ, codec="ffv1")
    report = run(
        source,
        tmp_path / "a.mkv",
        preset="hdr-to-sdr",
        codec="ffv1",
        chain="scale=32:32:dither=ordered",
        format="yuv444p",
        gamut="clip",
        output_type={"primaries": "p3d65"},
    )
    assert str(report.output_type.primaries) == "p3d65"
    assert report.output_type.format is PixelFormat.YUV444P
    stage, _ = applied("hdr-to-sdr", own=Stage({"dither": "ordered", "gamut": "clip"}))
    assert stage.options == {"dither": "ordered", "gamut": "clip", "tone_map": "bt2390"}
    stage, fields = applied("sdr-to-hdr", own=Stage({"white": 100}))
    assert fields["light"] == Light(max_cll=100)


def test_rgb_keeps_its_range() -> None:
    stage, fields = applied("hdr-to-sdr", "gbrp10le")
    assert stage.format is PixelFormat.GBRP
    assert "range" not in fields


@pytest.mark.parametrize(
    ("format", "eight", "ten"),
    [
        ("yuv420p", "yuv420p", "yuv420p10le"),
        ("yuv422p12le", "yuv422p", "yuv422p12le"),
        ("p010le", "nv12", "p010le"),
        ("nv21", "nv21", "p010le"),
        ("uyvy422", "uyvy422", "y210le"),
        ("v210", "yuyv422", "v210"),
        ("gray10le", "gray", "gray10le"),
        ("rgb24", "rgb24", "x2rgb10le"),
        ("yuva420p", "yuva420p", "yuva420p"),  # there is no deeper one
        ("gbrpf32le", "gbrp", "gbrpf32le"),
    ],
)
def test_another_depth_of_the_same_layout(format: str, eight: str, ten: str) -> None:
    assert format_of_depth(PixelFormat(format), 8) == eight
    assert format_of_depth(PixelFormat(format), 10) == ten


# --- Bad input ---


@pytest.mark.parametrize(
    ("name", "tags", "words"),
    [
        ("hdr-to-sdr", SDR, "hdr-to-sdr is for HDR, pq or hlg, .* transfer is bt709; .*sdr-to-hdr"),
        ("sdr-to-hdr", PQ, "sdr-to-hdr is for SDR, .* transfer is pq; .*hdr-to-sdr"),
        ("sdr-to-hdr", HLG, "transfer is hlg"),
        ("hdr-to-sdr", {}, r"transfer is bt709 \(by rule: the input does not say\)"),
    ],
    ids=["sdr", "pq", "hlg", "unsaid"],
)
def test_an_input_of_the_other_kind(
    tmp_path: Path, name: str, tags: dict[str, Any], words: str
) -> None:
    source = bars(tmp_path / "in.mkv", tags, codec="ffv1")
    with pytest.raises(InvalidMediaType, match=words):
        run(source, tmp_path / "a.mkv", preset=name)
    assert not (tmp_path / "a.mkv").exists()
    if tags == SDR:
        run(source, tmp_path / "a.mkv", preset=name, input_type=PQ)


def test_an_unknown_preset() -> None:
    with pytest.raises(InvalidArg, match=r"hdr2sdr.*hdr-to-sdr"):
        find_preset("hdr2sdr")
    assert list(PRESETS) == ["hdr-to-sdr", "sdr-to-hdr"]
