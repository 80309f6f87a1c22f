import uuid
from enum import StrEnum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpumft.errors import AttributeNotFound, InvalidMediaType
from gpumft.media import (
    ATTRIBUTE_GUIDS,
    Alpha,
    Interlace,
    Light,
    Matrix,
    PartialType,
    PixelFormat,
    Primaries,
    Range,
    Siting,
    Subtype,
    Transfer,
    VideoType,
)
from gpumft.media.guids import VIDEO
from gpumft.media.numbers import FROM_NUMBER, TO_NUMBER
from gpumft.media.packing import pack_area

BASE = {
    "MF_MT_MAJOR_TYPE": VIDEO,
    "MF_MT_SUBTYPE": Subtype.NV12.guid,
    "MF_MT_FRAME_SIZE": 1280 << 32 | 720,
}

# Media Foundation's own numbers, written down once more from its headers.
NUMBERS: dict[str, dict[int, StrEnum]] = {
    "MF_MT_INTERLACE_MODE": {
        2: Interlace.PROGRESSIVE, 3: Interlace.UPPER, 4: Interlace.LOWER, 5: Interlace.SINGLE_UPPER,
        6: Interlace.SINGLE_LOWER, 7: Interlace.MIXED,
    },
    "MF_MT_YUV_MATRIX": {
        1: Matrix.BT709, 2: Matrix.BT601, 3: Matrix.SMPTE240M, 4: Matrix.BT2020NCL,
        12: Matrix.ICTCP,
    },
    "MF_MT_VIDEO_PRIMARIES": {
        2: Primaries.BT709, 3: Primaries.BT470M, 4: Primaries.BT601_625, 5: Primaries.BT601_525,
        6: Primaries.SMPTE240M, 7: Primaries.EBU3213, 9: Primaries.BT2020, 11: Primaries.DCIP3,
    },
    "MF_MT_TRANSFER_FUNCTION": {
        1: Transfer.LINEAR, 2: Transfer.GAMMA18, 3: Transfer.GAMMA20, 4: Transfer.GAMMA22,
        5: Transfer.BT709, 6: Transfer.SMPTE240M, 7: Transfer.SRGB, 8: Transfer.GAMMA28,
        9: Transfer.LOG100, 10: Transfer.LOG316, 14: Transfer.GAMMA26, 15: Transfer.PQ,
        16: Transfer.HLG,
    },
    "MF_MT_VIDEO_NOMINAL_RANGE": {1: Range.FULL, 2: Range.LIMITED},
    "MF_MT_VIDEO_CHROMA_SITING": {
        5: Siting.LEFT, 1: Siting.CENTER, 7: Siting.TOPLEFT, 3: Siting.TOP,
    },
    "MF_MT_ALPHA_MODE": {1: Alpha.PREMULTIPLIED, 2: Alpha.STRAIGHT, 3: Alpha.OPAQUE},
}  # fmt: skip
FIELD = {
    "MF_MT_INTERLACE_MODE": "interlace",
    "MF_MT_YUV_MATRIX": "matrix",
    "MF_MT_VIDEO_PRIMARIES": "primaries",
    "MF_MT_TRANSFER_FUNCTION": "transfer",
    "MF_MT_VIDEO_NOMINAL_RANGE": "range",
    "MF_MT_VIDEO_CHROMA_SITING": "siting",
    "MF_MT_ALPHA_MODE": "alpha",
}
WORDS = [
    (key, number, member) for key, table in NUMBERS.items() for number, member in table.items()
]


@pytest.mark.parametrize(("key", "number", "member"), WORDS)
def test_words_have_media_foundations_numbers_both_ways(key: Any, number: Any, member: Any) -> None:
    made = VideoType("yuva420p", (64, 48), **{FIELD[key]: member})
    assert made.to_attributes()[key] == number
    read = VideoType.from_attributes(
        {
            "MF_MT_MAJOR_TYPE": VIDEO,
            "GPUMFT_FORMAT": "yuva420p",
            "MF_MT_FRAME_SIZE": (64, 48),
            key: number,
        }
    )
    assert getattr(read, FIELD[key]) is member


@pytest.mark.parametrize(
    ("key", "number", "member"),
    [
        ("MF_MT_YUV_MATRIX", 5, Matrix.BT2020NCL),
        ("MF_MT_VIDEO_PRIMARIES", 8, Primaries.BT601_525),
        ("MF_MT_TRANSFER_FUNCTION", 11, Transfer.BT709),
        ("MF_MT_TRANSFER_FUNCTION", 12, Transfer.BT709),
        ("MF_MT_TRANSFER_FUNCTION", 13, Transfer.BT709),
        ("MF_MT_VIDEO_CHROMA_SITING", 4, Siting.LEFT),
        ("MF_MT_VIDEO_CHROMA_SITING", 6, Siting.TOPLEFT),
        ("MF_MT_VIDEO_CHROMA_SITING", 13, Siting.LEFT),
        ("MF_MT_VIDEO_CHROMA_SITING", 9, Siting.CENTER),
    ],
)
def test_numbers_with_the_same_meaning_are_read(key: Any, number: Any, member: Any) -> None:
    made = VideoType.from_attributes({**BASE, key: number})
    assert getattr(made, FIELD[key]) is member
    assert made.extra == {}


def test_the_matrix_of_12_bits_has_its_own_number() -> None:
    numbers = {
        depth: VideoType(f"yuv420p{depth}le", (4, 4), matrix="bt2020ncl").to_attributes()[
            "MF_MT_YUV_MATRIX"
        ]
        for depth in (10, 12, 16)
    }
    assert numbers == {10: 4, 12: 5, 16: 5}


def test_every_word_comes_back() -> None:
    enums: dict[str, type[StrEnum]] = {
        "interlace": Interlace, "matrix": Matrix, "primaries": Primaries, "transfer": Transfer,
        "range": Range, "siting": Siting, "alpha": Alpha,
    }  # fmt: skip
    for field, enum in enums.items():
        for member in enum:
            words: dict[str, Any] = {field: member}
            made = VideoType("yuva420p", (64, 48), **words)
            assert VideoType.from_attributes(made.to_attributes()) == made
            # either MF's number or our name, never both
            ours = [
                k for k in made.to_attributes() if k.startswith("GPUMFT_") and k != "GPUMFT_FORMAT"
            ]
            assert bool(ours) == (member not in TO_NUMBER[field])


def test_words_without_a_number_are_written_by_name() -> None:
    made = VideoType(
        "nv12", (4, 4), matrix="fcc", primaries="p3d65", transfer="bt1886", siting="bottomleft"
    )
    written = made.to_attributes()
    assert written["GPUMFT_YUV_MATRIX"] == "fcc"
    assert written["GPUMFT_VIDEO_PRIMARIES"] == "p3d65"
    assert written["GPUMFT_TRANSFER_FUNCTION"] == "bt1886"
    assert written["GPUMFT_VIDEO_CHROMA_SITING"] == "bottomleft"
    assert not {"MF_MT_YUV_MATRIX", "MF_MT_VIDEO_PRIMARIES"} & set(written)


def test_our_names_win_over_numbers() -> None:
    made = VideoType.from_attributes({**BASE, "MF_MT_YUV_MATRIX": 1, "GPUMFT_YUV_MATRIX": "fcc"})
    assert made.matrix is Matrix.FCC
    assert made.extra == {}
    with pytest.raises(InvalidMediaType, match="unknown matrix 'fc'; nearest is 'fcc'"):
        VideoType.from_attributes({**BASE, "GPUMFT_YUV_MATRIX": "fc"})


def test_the_tables_agree_with_each_other() -> None:
    for field, table in TO_NUMBER.items():
        for member, number in table.items():
            assert FROM_NUMBER[field][number] is member


def test_a_whole_type() -> None:
    made = VideoType.from_attributes(
        {
            **BASE,
            "MF_MT_FRAME_RATE": 30000 << 32 | 1001,
            "MF_MT_PIXEL_ASPECT_RATIO": 4 << 32 | 3,
            "MF_MT_INTERLACE_MODE": 3,
            "MF_MT_DEFAULT_STRIDE": 2**32 - 1280,
            "MF_MT_VIDEO_ROTATION": 270,
            "MF_MT_FIXED_SIZE_SAMPLES": 1,
            "MF_MT_ALL_SAMPLES_INDEPENDENT": 1,
            "MF_MT_SAMPLE_SIZE": 1280 * 720 * 3 // 2,
        }
    )
    assert made == VideoType(
        "nv12", (1280, 720), frame_rate=(30000, 1001), pixel_aspect=(4, 3), interlace="upper",
        stride=-1280, rotation=270,
    )  # fmt: skip
    written = made.to_attributes()
    assert written["MF_MT_FRAME_SIZE"] == 1280 * 2**32 + 720
    assert written["MF_MT_FRAME_RATE"] == 30000 * 2**32 + 1001
    assert written["MF_MT_DEFAULT_STRIDE"] == 2**32 - 1280
    assert written["MF_MT_SAMPLE_SIZE"] == 1382400
    assert VideoType.from_attributes(written) == made


def test_strides_have_a_sign() -> None:
    for value, stride in [(1280, 1280), (-1280, -1280), (2**32 - 1280, -1280)]:
        assert VideoType.from_attributes({**BASE, "MF_MT_DEFAULT_STRIDE": value}).stride == stride


def test_guids_are_read_for_names_and_in_any_case() -> None:
    by_guid = {ATTRIBUTE_GUIDS[k].lower(): v for k, v in BASE.items()}
    by_guid[ATTRIBUTE_GUIDS["MF_MT_SUBTYPE"].lower()] = uuid.UUID(Subtype.NV12.guid)
    by_guid[ATTRIBUTE_GUIDS["MF_MT_MAJOR_TYPE"].lower()] = uuid.UUID(VIDEO)
    assert VideoType.from_attributes(by_guid) == VideoType("nv12", (1280, 720))


@pytest.mark.parametrize("key", list(BASE))
def test_what_is_required(key: Any) -> None:
    left = {k: v for k, v in BASE.items() if k != key}
    with pytest.raises(AttributeNotFound, match=key):
        VideoType.from_attributes(left)
    PartialType.from_attributes(left)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MF_MT_MAJOR_TYPE": "{73647561-0000-0010-8000-00AA00389B71}"}, "is not video"),
        ({"MF_MT_SUBTYPE": Subtype.H264}, "H264 has no pixel format"),
        ({"MF_MT_SUBTYPE": Subtype.YV12.guid}, "YV12 has no pixel format"),
        ({"MF_MT_SUBTYPE": "{1}"}, "no pixel format"),
        ({"MF_MT_FRAME_SIZE": 0}, "size"),
        ({"MF_MT_FRAME_SIZE": "1280x720"}, "MF_MT_FRAME_SIZE"),
        ({"MF_MT_FRAME_RATE": -1}, "MF_MT_FRAME_RATE"),
        ({"MF_MT_VIDEO_ROTATION": 45}, "rotation"),
        ({"MF_MT_MINIMUM_DISPLAY_APERTURE": b"x"}, "16 bytes"),
        ({"MF_MT_YUV_MATRIX": "bt709"}, "MF_MT_YUV_MATRIX"),
        ({"GPUMFT_LIGHT": "x"}, "GPUMFT_LIGHT"),
        ({"GPUMFT_APERTURE": "1,2"}, "GPUMFT_APERTURE"),
        ({"GPUMFT_FORMAT": "nv21x"}, "nv21"),
    ],
)
def test_bad_values_are_refused(change: Any, message: Any) -> None:
    with pytest.raises(InvalidMediaType, match=message):
        VideoType.from_attributes({**BASE, **change})


def test_zero_means_unknown() -> None:
    zeros = dict.fromkeys(FIELD, 0) | {"MF_MT_FRAME_RATE": 0, "MF_MT_PIXEL_ASPECT_RATIO": 0}
    made = VideoType.from_attributes({**BASE, **zeros, "MF_MT_MAX_LUMINANCE_LEVEL": 0})
    assert made == VideoType("nv12", (1280, 720))


def test_what_has_no_field_is_kept_and_returned() -> None:
    kept = {
        "MF_MT_VIDEO_NOMINAL_RANGE": 3,
        "MF_MT_VIDEO_PRIMARIES": 10,
        "MF_MT_TRANSFER_FUNCTION": 17,
        "MF_MT_VIDEO_LIGHTING": 3,
        "MF_MT_USER_DATA": b"\x01\x02",
        "MF_MT_FIXED_SIZE_SAMPLES": 0,
        "MF_MT_SAMPLE_SIZE": 5,
        "{00000000-1111-2222-3333-444444444444}": "own",
        "my key": 1,
    }
    made = VideoType.from_attributes({**BASE, **kept})
    assert made.range is None
    assert made.extra == kept
    assert kept.items() <= made.to_attributes().items()
    resolved = made.resolved()
    assert resolved.to_attributes()["MF_MT_VIDEO_NOMINAL_RANGE"] == 2


def test_subtypes_with_the_same_bytes_are_kept_apart() -> None:
    iyuv = VideoType.from_attributes({**BASE, "MF_MT_SUBTYPE": Subtype.IYUV})
    i420 = VideoType.from_attributes({**BASE, "MF_MT_SUBTYPE": Subtype.I420})
    assert iyuv.format is i420.format is PixelFormat.YUV420P
    assert iyuv != i420
    assert iyuv.to_attributes()["MF_MT_SUBTYPE"] == Subtype.IYUV
    assert i420.to_attributes()["MF_MT_SUBTYPE"] == Subtype.I420
    assert iyuv.replace(format="nv12").to_attributes()["MF_MT_SUBTYPE"] == Subtype.NV12


def test_formats_that_media_foundation_lacks() -> None:
    written = VideoType("yuv444p", (4, 4)).to_attributes()
    assert written["GPUMFT_FORMAT"] == "yuv444p"
    assert "MF_MT_SUBTYPE" not in written


def test_the_display_area_is_chosen_in_media_foundations_order() -> None:
    minimum, geometric, pan = (pack_area((0, 0, side, side)) for side in (10, 20, 30))
    geometric_only = {**BASE, "MF_MT_GEOMETRIC_APERTURE": geometric}
    both = {**geometric_only, "MF_MT_MINIMUM_DISPLAY_APERTURE": minimum}
    off = {**both, "MF_MT_PAN_SCAN_APERTURE": pan, "MF_MT_PAN_SCAN_ENABLED": 0}
    on = {**off, "MF_MT_PAN_SCAN_ENABLED": 1}
    for attributes, side in [(geometric_only, 20), (both, 10), (off, 10), (on, 30)]:
        made = VideoType.from_attributes(attributes)
        assert made.aperture == (0, 0, side, side)
        assert attributes.items() <= made.to_attributes().items()
        assert VideoType.from_attributes(made.to_attributes()) == made
    other = VideoType.from_attributes(on).replace(aperture=(1, 1, 2, 2))
    assert VideoType.from_attributes(other.to_attributes()).aperture == (1, 1, 2, 2)


@pytest.mark.parametrize(
    "aperture", [(0, 0, 4, 4), (Fraction(1, 65536), 1, 4, 4), (Fraction(1, 3), 0, 4, 4)]
)
def test_apertures_come_back_exactly(aperture: Any) -> None:
    made = VideoType("nv12", (64, 48), aperture=aperture)
    written = made.to_attributes()
    assert ("GPUMFT_APERTURE" in written) == (aperture[0] == Fraction(1, 3))
    assert VideoType.from_attributes(written) == made


def test_light() -> None:
    made = VideoType("p010le", (4, 4), light=Light(1000, 400, (None, None, 0.005, 1000)))
    written = made.to_attributes()
    assert written["MF_MT_MAX_LUMINANCE_LEVEL"] == 1000
    assert written["MF_MT_MAX_FRAME_AVERAGE_LUMINANCE_LEVEL"] == 400
    assert written["MF_MT_MAX_MASTERING_LUMINANCE"] == 1000
    assert written["MF_MT_MIN_MASTERING_LUMINANCE"] == 50
    assert "GPUMFT_LIGHT" not in written
    assert VideoType.from_attributes(written) == made
    full = made.replace(light=(1000.5, None, ("p3d65", (0.3127, 0.329), 0.00001, 4000)))
    assert "GPUMFT_LIGHT" in full.to_attributes()
    assert VideoType.from_attributes(full.to_attributes()) == full


def _agree(levels: tuple[float | None, float | None]) -> bool:
    """No frame is brighter on average than its brightest pixel."""
    brightest, average = levels
    return not brightest or not average or average <= brightest


fractions = st.builds(Fraction, st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1))
types = st.builds(
    VideoType,
    st.sampled_from(list(PixelFormat)),
    st.tuples(st.integers(4, 4096), st.integers(4, 4096)),
    frame_rate=st.none() | fractions,
    pixel_aspect=fractions,
    interlace=st.sampled_from(list(Interlace)),
    matrix=st.none() | st.sampled_from(list(Matrix)),
    primaries=st.none() | st.sampled_from(list(Primaries)),
    transfer=st.none() | st.sampled_from(list(Transfer)),
    range=st.none() | st.sampled_from(list(Range)),
    siting=st.none() | st.sampled_from(list(Siting)),
    alpha=st.none() | st.sampled_from(list(Alpha)),
    aperture=st.none()
    | st.tuples(fractions.map(lambda f: f % 1), st.integers(0, 2), st.just(3), st.just(2)),
    rotation=st.sampled_from([0, 90, 180, 270]),
    stride=st.none() | st.sampled_from([-65536, 65536]),
    light=st.none()
    | st.tuples(st.none() | st.floats(0, 1e4), st.none() | st.integers(0, 10000))
    .filter(_agree)
    .map(lambda levels: Light(*levels)),
    extra=st.dictionaries(
        st.sampled_from(["MF_MT_VIDEO_LIGHTING", "X"]), st.integers() | st.binary()
    ),
)


@given(types)
def test_every_type_comes_back(made: Any) -> None:
    assert VideoType.from_attributes(made.to_attributes()) == made


@given(types)
def test_every_partial_type_comes_back(made: Any) -> None:
    partial = PartialType.of(made.replace(stride=None))
    assert PartialType.from_attributes(partial.to_attributes()) == partial
