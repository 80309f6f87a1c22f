import copy
import dataclasses
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpumft.errors import InvalidMediaType, MFError
from gpumft.media import (
    Alpha,
    Interlace,
    Light,
    Matrix,
    PixelFormat,
    Primaries,
    Range,
    Siting,
    Transfer,
    VideoType,
)

# Calls that a type checker would refuse.
unchecked: Any = VideoType


def test_names_and_members_make_the_same_type() -> None:
    by_name = VideoType(
        "yuva420p", (64, 48), matrix="bt709", primaries="bt2020", transfer="pq", range="full",
        siting="center", alpha="premultiplied", interlace="upper",
    )  # fmt: skip
    by_member = VideoType(
        PixelFormat.YUVA420P,
        (64, 48),
        matrix=Matrix.BT709,
        primaries=Primaries.BT2020,
        transfer=Transfer.PQ,
        range=Range.FULL,
        siting=Siting.CENTER,
        alpha=Alpha.PREMULTIPLIED,
        interlace=Interlace.UPPER,
    )
    assert by_name == by_member
    assert hash(by_name) == hash(by_member)
    assert type(by_name.matrix) is Matrix


@pytest.mark.parametrize(
    ("field", "wrong", "nearest"),
    [
        ("format", "yuv420", "yuv420p"),
        ("matrix", "bt708", "bt709"),
        ("primaries", "bt202", "bt2020"),
        ("transfer", "gamma2.2", "gamma22"),
        ("range", "tv", "limited"),
        ("siting", "centre", "center"),
        ("alpha", "straigth", "straight"),
        ("interlace", "progresive", "progressive"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(field: Any, wrong: Any, nearest: Any) -> None:
    values = {"format": "yuva420p", "size": (4, 4), field: wrong}
    with pytest.raises(InvalidMediaType) as caught:
        VideoType(**values)
    text = str(caught.value)
    assert repr(wrong) in text
    assert nearest in text
    assert field in text


def test_a_number_is_no_name() -> None:
    with pytest.raises(InvalidMediaType, match="unknown matrix 1"):
        unchecked("nv12", (4, 4), matrix=1)


@pytest.mark.parametrize(
    "size",
    [(0, 4), (4, -1), (4,), 4, "4x4", (4.0, 4), (True, 4), (1, 65537), (65537, 1), (65536, 32769)],
)
def test_sizes_that_cannot_be_are_refused(size: Any) -> None:
    with pytest.raises(InvalidMediaType, match=r"size|width|side"):
        VideoType("nv12", size)


def test_an_absurd_size_is_told_with_both_numbers() -> None:
    with pytest.raises(InvalidMediaType, match=r"4294967296 pixels.*at most 2147483648"):
        VideoType("nv12", (65536, 65536))
    with pytest.raises(InvalidMediaType, match=r"1000000x4.*at most 65536"):
        VideoType("nv12", (1_000_000, 4))


def test_the_largest_sizes_are_fine() -> None:
    assert VideoType("gray", (65536, 32768)).nbytes == 2**31


def test_numpy_integers_become_ints() -> None:
    made = unchecked("nv12", (np.int64(6), np.int32(4)), rotation=np.int16(90))
    assert made.size == (6, 4)
    assert {type(v) for v in (*made.size, made.rotation)} == {int}


@pytest.mark.parametrize(
    ("given_rate", "rate"),
    [
        (25, Fraction(25)),
        (29.97, Fraction(2997, 100)),
        (30000 / 1001, Fraction(30000, 1001)),
        ((30000, 1001), Fraction(30000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        ("59.94", Fraction(2997, 50)),
        (Fraction(24000, 1001), Fraction(24000, 1001)),
        (np.float64(12.5), Fraction(25, 2)),
        (np.int64(50), Fraction(50)),
        (None, None),
    ],
)
def test_frame_rates_are_exact(given_rate: Any, rate: Any) -> None:
    assert VideoType("nv12", (4, 4), frame_rate=given_rate).frame_rate == rate


@pytest.mark.parametrize(
    "rate",
    [0, -25, "fast", (1, 0), (1, 2, 3), float("nan"), float("inf"), True, 2**32, object()],
)
def test_rates_that_are_none_are_refused(rate: Any) -> None:
    with pytest.raises(InvalidMediaType, match="frame_rate"):
        VideoType("nv12", (4, 4), frame_rate=rate)


@given(num=st.integers(1, 240_000), den=st.integers(1, 1001))
def test_a_float_of_any_usual_rate_is_that_rate(num: Any, den: Any) -> None:
    assert VideoType("nv12", (2, 2), frame_rate=num / den).frame_rate == Fraction(num, den)


@pytest.mark.parametrize("format", list(PixelFormat))
def test_fields_that_do_not_apply_are_normalised_away(format: Any) -> None:
    made = VideoType(
        format, (6, 4), matrix="bt709", range="limited", siting="left", alpha="straight"
    )
    assert (made.matrix is None) == format.is_rgb
    assert (made.siting is None) == (format.subsampling == (0, 0))
    assert (made.alpha is None) == (not format.has_alpha)
    assert made.range == (Range.FULL if format.is_float else Range.LIMITED)


def test_gray_keeps_matrix_and_range() -> None:
    made = VideoType("gray", (4, 4), matrix="bt709", range="limited", siting="left")
    assert (made.matrix, made.range, made.siting) == (Matrix.BT709, Range.LIMITED, None)


def test_types_are_values() -> None:
    made = VideoType("yuv420p", (64, 48), extra={"A": 1, "B": b"x"}, light=Light(1000, 400))
    for twin in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made), dataclasses.replace(made)):  # noqa: S301 - our own bytes
        assert twin == made
        assert hash(twin) == hash(made)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.size = (2, 2)  # type: ignore[misc]
    with pytest.raises(TypeError):
        made.extra["A"] = 2  # type: ignore[index]
    assert not hasattr(made, "__dict__")


def test_extra_does_not_care_for_order_and_must_hash() -> None:
    one = VideoType("nv12", (4, 4), extra={"A": 1, "B": 2})
    other = VideoType("nv12", (4, 4), extra={"B": 2, "A": 1})
    assert one == other
    assert hash(one) == hash(other)
    assert one.extra == {"A": 1, "B": 2}
    assert VideoType("nv12", (4, 4), extra={"A": bytearray(b"x")}).extra["A"] == b"x"
    with pytest.raises(InvalidMediaType, match="attribute A must be hashable, not a list"):
        VideoType("nv12", (4, 4), extra={"A": []})
    with pytest.raises(InvalidMediaType, match="keyed by name"):
        unchecked("nv12", (4, 4), extra={1: 2})
    with pytest.raises(InvalidMediaType, match="mapping"):
        unchecked("nv12", (4, 4), extra=[("A", 1)])


def test_the_aperture_lies_in_the_frame() -> None:
    made = VideoType("nv12", (64, 48), aperture=(Fraction(1, 2), 8, 60, 40))
    assert made.aperture == (Fraction(1, 2), 8, 60, 40)
    for wrong in [
        (0, 0, 65, 48),
        (5, 0, 60, 48),
        (0, 0, 0, 4),
        (-1, 0, 4, 4),
        (0, 0, 4),
        "0,0,4,4",
    ]:
        with pytest.raises(InvalidMediaType, match="aperture"):
            unchecked("nv12", (64, 48), aperture=wrong)


@pytest.mark.parametrize("rotation", [1, 360, -90, 90.0, "90"])
def test_rotations_are_quarters(rotation: Any) -> None:
    with pytest.raises(InvalidMediaType, match="rotation"):
        VideoType("nv12", (4, 4), rotation=rotation)


@pytest.mark.parametrize(
    ("format", "width", "least"),
    [("bgr24", 5, 15), ("nv12", 5, 5), ("p010le", 5, 10), ("yuyv422", 3, 6), ("v210", 5, 128)],
)
def test_a_stride_holds_a_row(format: Any, width: Any, least: Any) -> None:
    for stride in (least, -least, 4096):
        assert VideoType(format, (width, 4), stride=stride).default_stride == stride
    for stride in (least - 1, 1 - least, 0, 2**31):
        with pytest.raises(InvalidMediaType, match="stride"):
            VideoType(format, (width, 4), stride=stride)


def test_light_is_checked() -> None:
    light = Light(
        1000, 400, (((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), (0.3127, 0.329), 0.005, 1000)
    )
    assert hash(light) == hash(copy.deepcopy(light))
    assert VideoType("nv12", (4, 4), light=(1000, 400)).light == Light(1000.0, 400.0)
    listed: Any = ["p3d65", [0.3127, 0.329], 0, 1]
    assert Light(mastering=listed).mastering == (
        Primaries.P3D65, (0.3127, 0.329), 0.0, 1.0,
    )  # fmt: skip
    wrong: Any
    for wrong in [
        {"max_cll": -1},
        {"max_fall": "x"},
        {"max_cll": 400, "max_fall": 401},
        {"mastering": (1, 2)},
        {"mastering": ("p3d65", (0.3, 0.3), 5, 1)},
        {"mastering": ("p3d65", (0.3,), 0, 1)},
        {"mastering": (((2, 0),) * 3, (0.3, 0.3), 0, 1)},
        {"mastering": (((0.3, 0.3),) * 2, (0.3, 0.3), 0, 1)},
    ]:
        with pytest.raises(InvalidMediaType):
            Light(**wrong)
    for wrong in (5, "x", {"max": 1}):
        with pytest.raises(InvalidMediaType, match="light"):
            VideoType("nv12", (4, 4), light=wrong)


def test_replace_changes_what_it_is_told_and_drops_what_belonged_to_the_old_layout() -> None:
    made = VideoType("bgr24", (64, 48), stride=-192, aperture=(0, 0, 32, 32), primaries="bt709")
    assert made.replace(primaries=None).primaries is None
    assert made.replace(primaries=None).stride == -192
    assert made.replace(format="bgra").stride is None
    assert made.replace(format="bgra").aperture == (0, 0, 32, 32)
    assert made.replace(size=(16, 16)).aperture is None
    assert made.replace(size=(16, 16)).stride is None
    assert made.replace(size=(16, 16), aperture=(0, 0, 8, 8), stride=48).aperture == (0, 0, 8, 8)
    assert made.replace(size=(16, 16), stride=48).stride == 48
    with pytest.raises(InvalidMediaType, match="no field colour"):
        made.replace(colour="red")
    with pytest.raises(InvalidMediaType, match="leaves the frame"):
        made.replace(size=(16, 16), aperture=(0, 0, 32, 32))


def test_replace_does_not_hand_on_the_range_of_floats() -> None:
    made = VideoType("gbrpf32le", (4, 4))
    assert made.range == Range.FULL
    assert made.replace(format="yuv420p").range is None
    assert made.replace(format="yuv420p", range="full").range == Range.FULL
    assert made.replace(size=(2, 2)).range == Range.FULL


@pytest.mark.parametrize(
    ("format", "size", "shapes", "dtype"),
    [
        ("rgb24", (5, 3), ((3, 5, 3),), "uint8"),
        ("nv12", (5, 3), ((3, 5), (2, 3, 2)), "uint8"),
        ("yuv420p10le", (5, 3), ((3, 5), (2, 3), (2, 3)), "uint16"),
        ("yuyv422", (5, 3), ((3, 3, 4),), "uint8"),
        ("y210le", (5, 3), ((3, 3, 4),), "uint16"),
        ("vuya", (5, 3), ((3, 5, 4),), "uint8"),
        ("x2rgb10le", (5, 3), ((3, 5),), "uint32"),
        ("rgb565le", (5, 3), ((3, 5),), "uint16"),
        ("v210", (5, 3), ((3, 32),), "uint32"),
        ("v210", (49, 1), ((1, 64),), "uint32"),
        ("gbrpf16le", (5, 3), ((3, 5),) * 3, "float16"),
    ],
)
def test_plane_shapes_and_dtypes(format: Any, size: Any, shapes: Any, dtype: Any) -> None:
    made = VideoType(format, size)
    assert made.plane_shapes == shapes
    assert set(made.plane_dtypes) == {np.dtype(dtype)}
    arrays = [np.zeros(s, d) for s, d in zip(made.plane_shapes, made.plane_dtypes, strict=True)]
    assert made.nbytes == sum(a.nbytes for a in arrays)


def test_image_size_is_media_foundations_where_it_has_the_format() -> None:
    assert VideoType("yuv420p", (3, 5)).image_size == 30
    assert VideoType("bgr24", (3, 5)).image_size == 60
    assert VideoType("rgb24", (3, 5)).image_size == 45
    assert VideoType("yuv444p", (3, 5)).image_size == 45


@pytest.mark.parametrize(
    ("rate", "duration"),
    [("24000/1001", 417083), ("30000/1001", 333667), (25, 400000), (120, 83333), (None, None)],
)
def test_frame_duration_is_exact(rate: Any, duration: Any) -> None:
    assert VideoType("nv12", (4, 4), frame_rate=rate).frame_duration == duration


def test_text_is_one_readable_line() -> None:
    made = VideoType("yuv420p", (1280, 720), frame_rate=(30000, 1001), matrix="bt709")
    assert str(made) == "yuv420p 1280x720 30000/1001 fps bt709"
    assert str(made.resolved()) == "yuv420p 1280x720 30000/1001 fps bt709 limited left"
    hdr = VideoType("p010le", (3840, 2160), transfer="pq", light=(1000, 400), rotation=90)
    assert str(hdr.resolved()) == (
        "p010le 3840x2160 bt2020ncl/bt2020/pq limited topleft rotated 90 light 1000/400 cd/m2"
    )
    other = VideoType(
        "bgra", (8, 4), alpha="straight", interlace="lower", pixel_aspect=(4, 3), stride=-32,
        aperture=(0, 1, 4, 2), extra={"A": 1},
    )  # fmt: skip
    assert str(other) == (
        "bgra 8x4 straight lower aspect 4:3 aperture 4x2+0+1 stride -32 +1 attributes"
    )


def test_repr_makes_the_type_again() -> None:
    made = VideoType(
        "bgra", (8, 4), frame_rate="30000/1001", alpha="straight", interlace="lower",
        pixel_aspect=(4, 3), stride=-32, aperture=(0, Fraction(1, 2), 4, 2), extra={"A": "<"},
        light=(2, 1, ("p3d65", (0.3, 0.3), 0, 1)),
    )  # fmt: skip
    names = {"VideoType": VideoType, "Fraction": Fraction, "Light": Light}
    text = repr(made).replace("<Primaries.P3D65: 'p3d65'>", "'p3d65'")
    assert eval(text, names) == made  # noqa: S307 - our own text
    assert "\n" not in repr(made)
    assert repr(VideoType("nv12", (4, 2))) == "VideoType('nv12', (4, 2))"


def test_html_is_escaped() -> None:
    html = VideoType("nv12", (4, 2), extra={"A": "<b>"})._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert html.startswith("<table>")


def test_unspecified_names_what_resolved_fills_and_is_remembered() -> None:
    made = VideoType("yuva420p", (64, 48), matrix="bt709", siting="left")
    assert made.unspecified == ("primaries", "transfer", "range", "alpha")
    resolved = made.resolved()
    assert resolved.unspecified == made.unspecified
    assert resolved.resolved() == resolved
    assert pickle.loads(pickle.dumps(resolved)).unspecified == made.unspecified  # noqa: S301 - our own bytes
    assert resolved.replace(range="full").unspecified == ("primaries", "transfer", "alpha")
    assert resolved.replace(format="rgb24").unspecified == ("primaries", "transfer", "range")
    spelled = made.replace(
        primaries="bt601_525", transfer="bt709", range="limited", alpha="straight"
    )
    assert spelled == resolved
    assert spelled.unspecified == ()


def test_errors_are_media_foundations() -> None:
    with pytest.raises(MFError) as caught:
        VideoType("nv12", (0, 0))
    assert caught.value.hresult == 0xC00D36B4
