from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpumft.media import Light, PixelFormat, VideoType, resolve_pair, resolve_source

FIELDS = ("matrix", "primaries", "transfer", "range", "siting", "alpha")


def fields(type: VideoType) -> str:
    return " ".join("-" if getattr(type, n) is None else str(getattr(type, n)) for n in FIELDS)


# A type is its format, lines and what is given; the result its matrix, primaries, transfer, range,
# siting and alpha.
SOURCES = [
    ("yuv420p 480", "bt601 bt601_525 bt709 limited left -"),
    ("yuv420p 575", "bt601 bt601_525 bt709 limited left -"),
    ("yuv420p 576", "bt601 bt601_625 bt709 limited left -"),
    ("yuv420p 577", "bt709 bt709 bt709 limited left -"),
    ("yuv420p 1080", "bt709 bt709 bt709 limited left -"),
    ("yuv444p 1080", "bt709 bt709 bt709 limited - -"),
    ("nv16 720", "bt709 bt709 bt709 limited left -"),
    ("yuva420p 720", "bt709 bt709 bt709 limited left straight"),
    ("p010le 2160 transfer=pq", "bt2020ncl bt2020 pq limited topleft -"),
    ("p010le 480 transfer=hlg", "bt2020ncl bt2020 hlg limited topleft -"),
    ("p010le 1080 primaries=bt2020", "bt709 bt2020 bt709 limited left -"),
    ("yuv420p 480 matrix=bt709", "bt709 bt601_525 bt709 limited left -"),
    ("yuv420p 480 range=full", "bt601 bt601_525 bt709 full left -"),
    ("gray 480", "bt601 bt601_525 bt709 full - -"),
    ("gray16le 1080 range=limited", "bt709 bt709 bt709 limited - -"),
    ("rgb24 480", "- bt601_525 srgb full - -"),
    ("rgb24 1080", "- bt709 srgb full - -"),
    ("rgba 1080 alpha=premultiplied", "- bt709 srgb full - premultiplied"),
    ("x2rgb10le 1080 transfer=pq", "- bt2020 pq full - -"),
    ("rgb24 1080 range=limited", "- bt709 srgb limited - -"),
    ("gbrpf32le 1080", "- bt709 srgb full - -"),
    ("p010le 1080 matrix=ictcp", "ictcp bt2020 pq limited topleft -"),
    ("p010le 1080 matrix=ictcp transfer=hlg", "ictcp bt2020 hlg limited topleft -"),
    ("yuv420p 480 matrix=bt2020cl", "bt2020cl bt2020 bt709 limited left -"),
    ("gray16le 1080 matrix=ictcp", "ictcp bt2020 pq full - -"),
    # nothing that is given is changed, not even what cannot be
    ("yuv420p 480 matrix=ictcp transfer=bt709", "ictcp bt2020 bt709 limited left -"),
]


def type_of(text: str) -> VideoType:
    format, lines, *given_fields = text.split()
    values: dict[str, Any] = dict(word.split("=") for word in given_fields)
    return VideoType(format, (64, int(lines)), **values)


@pytest.mark.parametrize(("source", "expected"), SOURCES)
def test_the_source_is_resolved_by_rule(source: str, expected: str) -> None:
    assert fields(resolve_source(type_of(source))) == expected
    assert fields(type_of(source).resolved()) == expected


# source, destination, what the destination becomes
PAIRS = [
    # a size or a layout alone changes no colour
    ("yuv420p 1080", "yuv420p 480", "bt709 bt709 bt709 limited left -"),
    ("yuv420p 480", "yuv444p 1080", "bt601 bt601_525 bt709 limited - -"),
    ("yuv420p 1080 range=full siting=center", "nv12 720", "bt709 bt709 bt709 full center -"),
    ("yuv420p 1080 siting=topleft", "nv16 1080", "bt709 bt709 bt709 limited topleft -"),
    ("rgb24 480", "rgba 1080", "- bt601_525 srgb full - straight"),
    ("rgb24 1080 range=limited", "bgr24 1080", "- bt709 srgb limited - -"),
    ("gray 480", "gray16le 1080", "bt601 bt601_525 bt709 full - -"),
    # Y'CbCr to R'G'B'
    ("yuv420p 1080", "rgb24 1080", "- bt709 bt709 full - -"),
    ("yuv420p 1080 range=full", "rgb24 1080", "- bt709 bt709 full - -"),
    ("yuv420p 1080", "rgb24 1080 range=limited", "- bt709 bt709 limited - -"),
    ("yuv420p 1080", "rgb24 1080 transfer=srgb", "- bt709 srgb full - -"),
    ("yuva420p 1080 alpha=premultiplied", "bgra 1080", "- bt709 bt709 full - premultiplied"),
    ("p010le 2160 transfer=pq", "x2rgb10le 2160", "- bt2020 pq full - -"),
    # R'G'B' to Y'CbCr: matrix by rule of the destination, limited
    ("rgb24 1080", "yuv420p 1080", "bt709 bt709 srgb limited left -"),
    ("rgb24 1080", "yuv420p 480", "bt601 bt709 srgb limited left -"),
    ("rgb24 480", "yuv420p 1080", "bt709 bt601_525 srgb limited left -"),
    ("rgb24 1080 range=limited", "nv12 1080", "bt709 bt709 srgb limited left -"),
    ("rgb48le 1080 transfer=pq", "p010le 1080", "bt2020ncl bt2020 pq limited topleft -"),
    ("rgb48le 1080", "p010le 1080 transfer=pq", "bt2020ncl bt709 pq limited topleft -"),
    ("rgba 1080 alpha=opaque", "yuva444p 1080", "bt709 bt709 srgb limited - opaque"),
    ("rgb24 1080", "yuva420p 1080", "bt709 bt709 srgb limited left straight"),
    # siting comes by rule where the source has none
    ("yuv444p 1080", "yuv420p 1080", "bt709 bt709 bt709 limited left -"),
    ("yuv444p 2160 transfer=pq", "p010le 2160", "bt2020ncl bt2020 pq limited topleft -"),
    # gray is luma
    ("yuv420p 1080", "gray 1080", "bt709 bt709 bt709 limited - -"),
    ("yuv420p 1080 range=full", "gray 480", "bt709 bt709 bt709 full - -"),
    ("gray 1080", "yuv420p 480", "bt709 bt709 bt709 full left -"),
    ("gray 1080 range=limited", "rgb24 480", "- bt709 bt709 full - -"),
    ("rgb24 1080", "gray 480", "bt601 bt709 srgb full - -"),
    ("rgb24 1080 range=limited", "gray 1080", "bt709 bt709 srgb full - -"),
    # a float has no range to hand on
    ("grayf32le 1080", "yuv420p 1080", "bt709 bt709 bt709 limited left -"),
    ("grayf32le 1080", "gray 1080", "bt709 bt709 bt709 full - -"),
    ("gbrpf32le 1080", "rgb24 1080", "- bt709 srgb full - -"),
    ("yuv420p 1080", "grayf32le 1080", "bt709 bt709 bt709 full - -"),
    # a matrix of light stays where it fits
    ("p010le 1080 matrix=ictcp", "nv12 720", "ictcp bt2020 pq limited topleft -"),
    ("p010le 1080 matrix=ictcp", "nv12 720 transfer=hlg", "ictcp bt2020 hlg limited topleft -"),
    (
        "p010le 1080 matrix=ictcp",
        "nv12 720 transfer=bt709 primaries=bt709",
        "bt709 bt709 bt709 limited topleft -",
    ),
    (
        "p010le 1080 matrix=ictcp",
        "nv12 720 primaries=p3d65",
        "bt2020ncl p3d65 pq limited topleft -",
    ),
    ("p010le 480 matrix=bt2020cl", "p010le 480 transfer=pq", "bt2020ncl bt2020 pq limited left -"),
    ("rgb24 1080", "p010le 1080 matrix=ictcp", "ictcp bt709 srgb limited left -"),
    # what is given stays
    (
        "p010le 2160 transfer=pq",
        "yuv420p 1080 matrix=bt709 primaries=bt709 transfer=bt709 range=limited",
        "bt709 bt709 bt709 limited topleft -",
    ),
    (
        "yuv420p 1080 matrix=bt709 primaries=bt709 transfer=bt709 range=limited",
        "p010le 2160 transfer=pq",
        "bt709 bt709 pq limited left -",
    ),
]


@pytest.mark.parametrize(("from_text", "to_text", "expected"), PAIRS)
def test_the_destination_inherits_where_it_applies(
    from_text: str, to_text: str, expected: str
) -> None:
    source, destination = type_of(from_text), type_of(to_text)
    resolved_source, resolved = resolve_pair(source, destination)
    assert fields(resolved) == expected
    assert resolved_source == source.resolved()
    assert destination.resolved(like=source) == resolved
    assert (resolved.format, resolved.size) == (destination.format, destination.size)


def test_frame_rate_and_light_are_inherited() -> None:
    light = Light(1000, 400)
    source = VideoType("p010le", (64, 64), transfer="pq", frame_rate=25, light=light)
    hdr = VideoType("rgb48le", (64, 64)).resolved(like=source)
    assert (hdr.frame_rate, hdr.light) == (source.frame_rate, light)
    assert {"frame_rate", "light"} < set(hdr.unspecified)
    assert VideoType("nv12", (4, 4), transfer="hlg").resolved(like=source).light == light
    assert VideoType("nv12", (4, 4), transfer="bt709").resolved(like=source).light is None
    assert VideoType("nv12", (4, 4), frame_rate=30).resolved(like=source).frame_rate == 30
    assert source.replace(light=None, frame_rate=None).resolved().frame_rate is None


types = st.builds(
    VideoType,
    st.sampled_from(list(PixelFormat)),
    st.tuples(st.integers(1, 64), st.sampled_from([480, 576, 720])),
    matrix=st.sampled_from([None, "bt601", "bt2020ncl"]),
    transfer=st.sampled_from([None, "bt709", "pq"]),
    range=st.sampled_from([None, "limited", "full"]),
    siting=st.sampled_from([None, "center"]),
)


@given(source=types, destination=types)
def test_every_pair_is_resolved_wholly_and_keeps_what_was_given(
    source: Any, destination: Any
) -> None:
    for before, after in zip((source, destination), resolve_pair(source, destination), strict=True):
        assert after.resolved() == after
        assert after.unspecified == before.unspecified
        for name in FIELDS:
            if getattr(before, name) is not None:
                assert getattr(after, name) == getattr(before, name)


@given(source=types)
def test_a_copy_of_the_source_resolves_to_the_source(source: Any) -> None:
    plain = VideoType(source.format, source.size)
    assert plain.resolved(like=source) == source.resolved()
