"""Choosing encoders and pixel formats."""

from __future__ import annotations

import pytest

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import PixelFormat
from gpumft.pipeline.files import codecs


@pytest.mark.parametrize(
    ("codec", "wanted", "chosen", "words"),
    [
        ("libx264", "yuv420p", "yuv420p", None),
        ("libx264", "nv12", "nv12", None),
        ("libx264", "p010le", "yuv420p10le", None),
        ("libx264", "rgb24", "yuv444p", None),
        ("libx264", "yuv420p12le", "yuv420p10le", "depth (12 to 10 bits)"),
        ("libx264", "rgba", "yuv444p", "alpha"),
        ("libx264", "gray", "gray", None),
        ("libx265", "yuv420p12le", "yuv420p12le", None),
        ("libx265", "rgb24", "gbrp", None),
        ("ffv1", "rgb24", "bgr0", None),
        ("ffv1", "gbrp12le", "gbrp12le", None),
        ("ffv1", "nv12", "yuv420p", None),
        ("ffv1", "grayf32le", "gbrpf32le", None),
        ("prores_ks", "yuv420p", "yuv422p10le", None),
        ("prores_ks", "yuv444p16le", "yuv444p10le", "depth (16 to 10 bits)"),
        ("libsvtav1", "yuv444p", "yuv420p", "chroma resolution"),
        ("mjpeg", "yuv420p10le", "yuv420p", "depth (10 to 8 bits)"),
    ],
)
def test_the_nearest_format(codec: str, wanted: str, chosen: str, words: str | None) -> None:
    found, losses = codecs.choose_format(codec, PixelFormat(wanted))
    assert found == chosen
    if words is None:
        assert losses == []
    else:
        assert f"{codec} takes no {wanted}: {chosen} loses {words}" in losses[0]


@pytest.mark.parametrize("wanted", list(PixelFormat))
@pytest.mark.parametrize("codec", ["libx264", "libx265", "ffv1", "prores_ks", "rawvideo"])
def test_depth_is_never_lost_in_silence(codec: str, wanted: PixelFormat) -> None:
    found, losses = codecs.choose_format(codec, wanted)
    bits = {16: 11, 32: 24}
    lost = (bits[found.depth] if found.is_float else found.depth) < (
        bits[wanted.depth] if wanted.is_float else wanted.depth
    )
    assert lost == any("depth" in loss for loss in losses)


def test_colour_is_never_dropped_unasked() -> None:
    with pytest.raises(InvalidMediaType, match=r"gif takes no colour.*or ask for format gray"):
        codecs.choose_format("gif", PixelFormat.YUV420P)
    assert codecs.choose_format("gif", PixelFormat.GRAY) == (PixelFormat.GRAY, [])


def test_a_container_for_sound_alone() -> None:
    with pytest.raises(InvalidMediaType, match=r"mp3 holds no video.*use \.mp4"):
        codecs.choose_codec(None, "mp3", PixelFormat.YUV420P)


def test_only_what_can_be_made_is_chosen() -> None:
    found, _ = codecs.choose_format("libx264", PixelFormat.NV12, (PixelFormat.YUV444P,))
    assert found is PixelFormat.YUV444P
    with pytest.raises(InvalidMediaType):
        codecs.choose_format("libx264", PixelFormat.NV12, (PixelFormat.RGB24,))


@pytest.mark.parametrize(
    ("name", "found"),
    [("h264", "libx264"), ("HEVC", "libx265"), ("prores", "prores_ks"), ("ffv1", "ffv1")],
)
def test_familiar_names(name: str, found: str) -> None:
    assert codecs.encoder(name).name == found


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(InvalidArg, match=r"unknown video codec 'ffv11'; nearest .*'ffv1'"):
        codecs.encoder("ffv11")
    with pytest.raises(InvalidArg, match="try libx264"):
        codecs.encoder("nothing like any of them")


@pytest.mark.parametrize(
    ("path", "container"),
    [("a.mp4", "mp4"), ("b.MKV", "matroska"), ("x.y/c.mov", "mov"), ("d.webm", "webm")],
)
def test_containers(path: str, container: str) -> None:
    assert codecs.container_of(path) == container


@pytest.mark.parametrize(
    ("container", "codec", "holds"),
    [
        ("mp4", "libx264", True),
        ("mp4", "huffyuv", False),
        ("mp4", "h264_nvenc", True),
        ("webm", "libx264", False),
        ("webm", "libvpx-vp9", True),
        ("mpegts", "libx264", True),
        ("matroska", "ffv1", True),
        ("mov", "prores_ks", True),
        ("avi", "mjpeg", True),  # which takes full range only
        ("gif", "gif", True),
        ("mp3", "libx264", False),
    ],
)
def test_what_containers_hold(container: str, codec: str, holds: bool) -> None:
    assert codecs.container_holds(container, codec) is holds


@pytest.mark.parametrize(
    ("container", "wanted", "found"),
    [("mp4", "yuv420p", "libx264"), ("webm", "yuv420p", "libvpx-vp9"), ("mov", "rgb24", "libx264")],
)
def test_without_a_wish(container: str, wanted: str, found: str) -> None:
    assert codecs.choose_codec(None, container, PixelFormat(wanted)) == found


@pytest.mark.parametrize("wanted", ["yuv420p", "yuv420p10le", "yuv444p12le"])
@pytest.mark.parametrize("container", ["mp4", "matroska", "webm"])
def test_auto_finds_one_that_opens(container: str, wanted: str) -> None:
    found = codecs.choose_codec("auto", container, PixelFormat(wanted))
    format, _ = codecs.choose_format(found, PixelFormat(wanted))
    assert codecs.unusable(found, format) is None
    assert codecs.container_holds(container, found)


def test_auto_passes_over_what_does_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        codecs, "unusable", lambda codec, _: None if codec == "libx265" else "no such chip"
    )
    assert codecs.choose_codec("auto", "mp4", PixelFormat.YUV420P) == "libx265"
    monkeypatch.setattr(codecs, "unusable", lambda *_: "no such chip")
    with pytest.raises(InvalidMediaType, match=r"h264_nvenc: no such chip; .*libx264: no"):
        codecs.choose_codec("auto", "mp4", PixelFormat.YUV420P)


def test_a_codec_of_full_range_opens() -> None:
    assert codecs.unusable("mjpeg", PixelFormat.YUV420P) is None


def test_listed_is_not_usable() -> None:
    reason = codecs.unusable("h264_nvenc", PixelFormat.YUV420P)
    assert reason is None or "NVIDIA" in reason


def test_options_that_keep_encoders_quiet_join_the_callers() -> None:
    merged = codecs.default_options("libx265", {"x265-params": "aq-mode=1"})
    assert merged == {"x265-params": "log-level=none:aq-mode=1"}
    assert codecs.default_options("libx264", {"crf": "20"}) == {"crf": "20"}
