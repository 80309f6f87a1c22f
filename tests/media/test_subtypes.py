import uuid
from typing import Any

import numpy as np
import pytest

from gpumft.media import PixelFormat, Subtype, fourcc_of, subtype_of
from gpumft.media.subtypes import find_subtype

# Where each component's bits lie in memory, seen as one little-endian number, lowest bit first.
# Source: D3DFORMAT (bits of a word, highest first) and the layouts of the four-character codes.
WORDS = {
    "RGB24": ("bgr24", 24, {"b": 0, "g": 8, "r": 16}),
    "RGB32": ("bgr0", 32, {"b": 0, "g": 8, "r": 16}),
    "ARGB32": ("bgra", 32, {"b": 0, "g": 8, "r": 16, "a": 24}),
    "ABGR32": ("rgba", 32, {"r": 0, "g": 8, "b": 16, "a": 24}),
    "RGB555": ("rgb555le", 16, {"b": 0, "g": 5, "r": 10}),
    "RGB565": ("rgb565le", 16, {"b": 0, "g": 5, "r": 11}),
    "A2R10G10B10": ("x2bgr10le", 32, {"r": 0, "g": 10, "b": 20}),
    "A2B10G10R10": ("x2rgb10le", 32, {"b": 0, "g": 10, "r": 20}),
    "A16B16G16R16F": ("rgbaf16le", 64, {"r": 0, "g": 16, "b": 32, "a": 48}),
    "AYUV": ("vuya", 32, {"v": 0, "u": 8, "y": 16, "a": 24}),
    "Y410": ("xv30le", 32, {"u": 0, "y": 10, "v": 20}),
    "Y416": ("y416le", 64, {"u": 0, "y": 16, "v": 32, "a": 48}),
    "YUY2": ("yuyv422", 32, {"y": 0, "u": 8, "v": 24}),
    "UYVY": ("uyvy422", 32, {"u": 0, "y": 8, "v": 16}),
    "YVYU": ("yvyu422", 32, {"y": 0, "v": 8, "u": 24}),
    "Y210": ("y210le", 64, {"y": 6, "u": 22, "v": 54}),
    "Y216": ("y216le", 64, {"y": 0, "u": 16, "v": 48}),
}


@pytest.mark.parametrize("name", WORDS)
def test_media_foundations_words_lie_where_the_pixel_format_says(name: Any) -> None:
    format_name, bits, places = WORDS[name]
    format = Subtype[name].pixel_format
    assert format == format_name
    plane = format.layout.planes[0]
    width = np.dtype(plane.dtype).itemsize * 8
    assert width * plane.channels == bits
    found = {c.name: c.offset * width + c.shift for c in format.layout.components if c.name != "x"}
    assert found == places


@pytest.mark.parametrize(
    ("subtype", "format"),
    [
        ("L8", "gray"),
        ("L16", "gray16le"),
        ("NV12", "nv12"),
        ("NV21", "nv21"),
        ("I420", "yuv420p"),
        ("IYUV", "yuv420p"),
        ("P010", "p010le"),
        ("P016", "p016le"),
        ("P210", "p210le"),
        ("P216", "p216le"),
        ("V210", "v210"),
    ],
)
def test_planar_and_gray_subtypes(subtype: Any, format: Any) -> None:
    assert Subtype[subtype].pixel_format == format


def test_subtypes_without_conversion_are_known_all_the_same() -> None:
    for name in ("RGB8", "IMC1", "IMC2", "IMC3", "IMC4", "NV11", "YV12", "D16", "H264", "V410"):
        assert Subtype[name].pixel_format is None


def test_a_format_names_its_own_subtype() -> None:
    for subtype in Subtype:
        format = subtype.pixel_format
        if format is not None and subtype is not Subtype.IYUV:
            assert subtype_of(format) is subtype
            assert format.subtype == subtype.guid == subtype
    assert subtype_of(PixelFormat.YUV420P) is Subtype.I420
    for name in ("rgb24", "yuv444p", "nv16", "p012le", "gbrp", "xv36le", "rgba64le"):
        assert PixelFormat(name).subtype is None


@pytest.mark.parametrize(
    ("subtype", "guid", "code", "fourcc"),
    [
        ("NV12", "{3231564E-0000-0010-8000-00AA00389B71}", 0x3231564E, "NV12"),
        ("I420", "{30323449-0000-0010-8000-00AA00389B71}", 0x30323449, "I420"),
        ("V210", "{30313276-0000-0010-8000-00AA00389B71}", 0x30313276, "v210"),
        ("RGB24", "{00000014-0000-0010-8000-00AA00389B71}", 20, None),
        ("RGB32", "{00000016-0000-0010-8000-00AA00389B71}", 22, None),
        ("A2R10G10B10", "{0000001F-0000-0010-8000-00AA00389B71}", 31, None),
        ("A16B16G16R16F", "{00000071-0000-0010-8000-00AA00389B71}", 113, None),
        ("H265", "{35363248-0000-0010-8000-00AA00389B71}", 0x35363248, "H265"),
        ("DVC", "{20637664-0000-0010-8000-00AA00389B71}", 0x20637664, "dvc "),
    ],
)
def test_guids_and_codes(subtype: Any, guid: Any, code: Any, fourcc: Any) -> None:
    member = Subtype[subtype]
    assert (member.guid, member.code, member.fourcc) == (guid, code, fourcc)
    assert repr(member) == f"Subtype.{subtype}"


def test_four_character_codes_of_formats() -> None:
    wanted = {
        "yuv420p": "I420", "nv12": "NV12", "yuyv422": "YUY2", "vuya": "AYUV", "xv30le": "Y410",
        "v210": "v210", "nv16": "NV16", "p012le": "P012", "gray": "Y800", "bgr24": None,
        "gbrp": None,
    }  # fmt: skip
    assert {name: PixelFormat(name).fourcc for name in wanted} == wanted
    assert fourcc_of(PixelFormat.P010LE) == "P010"


def test_subtypes_are_found_by_guid_and_name() -> None:
    nv12 = Subtype.NV12
    for value in (
        nv12,
        "NV12",
        nv12.guid,
        nv12.guid.lower(),
        nv12.guid.strip("{}"),
        uuid.UUID(nv12),
    ):
        assert find_subtype(value) is nv12
    for other in ("nv12", "", None, 5, uuid.UUID(int=0)):
        assert find_subtype(other) is None
