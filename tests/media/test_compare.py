from typing import Any

import pytest

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import ALL_EQUAL, EqualFlags, PartialType, Subtype, VideoType, compare, matches
from gpumft.media.guids import AUDIO, VIDEO

MAJOR, TYPES, DATA, USER = EqualFlags
NV12 = VideoType("nv12", (64, 48), frame_rate=25, matrix="bt709", range="limited")


def test_equal_types_have_everything_in_common() -> None:
    assert ALL_EQUAL == 0xF
    assert NV12.compare(NV12.replace()) == ALL_EQUAL
    assert NV12.compare(NV12.to_attributes()) == ALL_EQUAL
    assert NV12.compare(PartialType.of(NV12)) == ALL_EQUAL
    assert compare(NV12.to_attributes(), NV12) == ALL_EQUAL


@pytest.mark.parametrize(
    ("first", "second", "flags"),
    [
        # the rows of IMFMediaType::IsEqual
        ({"MF_MT_MAJOR_TYPE": VIDEO}, {"MF_MT_MAJOR_TYPE": AUDIO}, TYPES | USER),
        (
            {"MF_MT_MAJOR_TYPE": VIDEO},
            {"MF_MT_MAJOR_TYPE": VIDEO.lower()},
            MAJOR | TYPES | DATA | USER,
        ),
        (
            {"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_SUBTYPE": Subtype.NV12},
            {"MF_MT_MAJOR_TYPE": VIDEO},
            MAJOR | DATA | USER,
        ),
        (
            {"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_USER_DATA": b"a"},
            {"MF_MT_MAJOR_TYPE": VIDEO},
            MAJOR | TYPES | DATA,
        ),
        (
            {"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_FRAME_SIZE": (4, 4)},
            {"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_FRAME_SIZE": (4, 2)},
            MAJOR | TYPES | USER,
        ),
        (NV12, NV12.replace(matrix="bt601"), MAJOR | TYPES | USER),
        (NV12, NV12.replace(format="nv21"), MAJOR | DATA | USER),
        (VideoType("nv12", (4, 4)), VideoType("yuv444p", (4, 4)), MAJOR | USER),
        (VideoType("gbrp", (4, 4)), VideoType("rgb24", (4, 4)), MAJOR | DATA | USER),
    ],
)
def test_flags(first: Any, second: Any, flags: Any) -> None:
    assert compare(first, second) == flags
    assert compare(second, first) == flags


def test_a_major_type_is_needed() -> None:
    with pytest.raises(InvalidArg, match="MF_MT_MAJOR_TYPE"):
        NV12.compare({"MF_MT_SUBTYPE": Subtype.NV12})
    with pytest.raises(InvalidArg, match="MF_MT_MAJOR_TYPE"):
        compare({}, NV12)


@pytest.mark.parametrize(
    ("partial", "expected"),
    [
        (PartialType(), True),
        (PartialType(format="nv12"), True),
        (PartialType(format="nv21"), False),
        (PartialType(format="nv12", size=(64, 48), frame_rate=25), True),
        (PartialType(size=(48, 64)), False),
        (PartialType(primaries="bt709"), False),
        (PartialType(rotation=0), True),
        (PartialType(rotation=90), False),
        ({"format": "nv12", "matrix": "bt709"}, True),
        ({"matrix": "bt601"}, False),
        (NV12, True),
        (NV12.replace(frame_rate=None), True),
        (NV12.replace(transfer="pq"), False),
        ({"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_SUBTYPE": Subtype.NV12}, True),
        ({"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_YUV_MATRIX": 1, "MF_MT_FIXED_SIZE_SAMPLES": 1}, True),
        ({"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_YUV_MATRIX": 2}, False),
        ({"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_SAMPLE_SIZE": 64 * 48 * 3 // 2}, True),
        ({"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_SAMPLE_SIZE": 1}, False),
        ({"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_USER_DATA": b"x"}, False),
        # without a major type nothing matches
        ({"MF_MT_SUBTYPE": Subtype.NV12}, False),
    ],
)
def test_matches(partial: Any, expected: Any) -> None:
    assert NV12.matches(partial) is expected
    assert matches(NV12, partial) is expected


def test_fields_that_do_not_apply_are_not_asked_for() -> None:
    offer = {"matrix": "bt601", "siting": "center", "alpha": "straight"}
    assert VideoType("rgb24", (4, 4)).matches(offer)
    assert VideoType("gbrpf32le", (4, 4)).matches({"range": "limited"})
    assert not VideoType("rgb24", (4, 4)).matches({"range": "limited"})


def test_subtypes_with_the_same_bytes_do_not_match() -> None:
    attributes = {"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_FRAME_SIZE": (4, 4)}
    types = {
        name: VideoType.from_attributes({**attributes, "MF_MT_SUBTYPE": Subtype[name]})
        for name in ("I420", "IYUV")
    }
    for name, made in types.items():
        for other in types:
            asked = {"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_SUBTYPE": Subtype[other]}
            assert made.matches(asked) is (name == other)
        assert made.matches({"format": "yuv420p"})


def test_wrong_names_are_told() -> None:
    with pytest.raises(InvalidMediaType, match="no field colour"):
        NV12.matches({"colour": 1})
