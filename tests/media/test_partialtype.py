import pickle
from fractions import Fraction
from typing import Any, cast

import pytest

from gpumft.errors import InvalidMediaType
from gpumft.media import PartialType, PixelFormat, Range, Subtype, VideoType

SOURCE = VideoType(
    "yuv420p", (64, 48), frame_rate=25, pixel_aspect=(4, 3), interlace="upper", matrix="bt709",
    range="limited", siting="left", aperture=(0, 0, 32, 32), rotation=90, stride=64, extra={"A": 1},
    light=(1000, 400),
)  # fmt: skip


def test_everything_is_optional_and_read_as_in_a_video_type() -> None:
    assert dict(PartialType().items()) == {}
    made = PartialType(format="nv12", size=(4, 2), frame_rate=29.97, range="full", extra={})
    assert made == PartialType(
        format=PixelFormat.NV12, size=(4, 2), frame_rate="29.97", range=Range.FULL
    )
    assert hash(made) == hash(pickle.loads(pickle.dumps(made)))  # noqa: S301 - our own bytes
    assert dict(made.items()) == {
        "format": PixelFormat.NV12, "size": (4, 2), "frame_rate": Fraction(2997, 100),
        "range": Range.FULL,
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "nv21x"},
        {"size": (0, 0)},
        {"frame_rate": 0},
        {"matrix": "x"},
        {"rotation": 45},
        {"stride": 0},
        {"aperture": (0, 0)},
        {"light": 3},
    ],
)
def test_wrong_values_are_refused(wrong: Any) -> None:
    with pytest.raises(InvalidMediaType):
        PartialType(**wrong)


def test_of_takes_partial_types_types_and_mappings() -> None:
    partial = PartialType(format="nv12")
    assert PartialType.of(partial) is partial
    assert PartialType.of({"format": "nv12"}) == partial
    assert PartialType.of({"MF_MT_SUBTYPE": Subtype.NV12}) == partial
    assert PartialType.of({}) == PartialType()
    assert PartialType.of(SOURCE).complete(VideoType("rgb24", (2, 2))) == SOURCE


@pytest.mark.parametrize(
    "mapping",
    [{"colour": 1}, {"format": "nv12", "sise": (1, 1)}, {"format": "nv12", "MF_MT_FRAME_SIZE": 1}],
)
def test_names_that_are_no_fields_are_told(mapping: Any) -> None:
    with pytest.raises(
        InvalidMediaType, match=r"no field (colour|sise|MF_MT_FRAME_SIZE); it has format"
    ):
        PartialType.of(mapping)


def test_of_refuses_what_is_no_type() -> None:
    with pytest.raises(InvalidMediaType, match="not a int"):
        PartialType.of(cast("Any", 5))


def test_complete_takes_shape_and_time_but_leaves_colour_to_the_rule() -> None:
    made = PartialType(format="rgb24").complete(SOURCE)
    assert made == VideoType(
        "rgb24", (64, 48), frame_rate=25, pixel_aspect=(4, 3), interlace="upper",
        aperture=(0, 0, 32, 32), rotation=90, extra={"A": 1},
    )  # fmt: skip
    assert made.resolved(like=SOURCE).range == Range.FULL
    assert PartialType(range="full").complete(SOURCE).range == Range.FULL


def test_complete_drops_the_aperture_of_another_size() -> None:
    assert PartialType(size=(16, 16)).complete(SOURCE).aperture is None
    assert PartialType(size=(64, 48)).complete(SOURCE).aperture == (0, 0, 32, 32)


def test_text() -> None:
    assert str(PartialType()) == "any"
    assert str(PartialType(size=(4, 2), range="full")) == "4x2 full"
    assert repr(PartialType(size=(4, 2), range="full")) == "PartialType(size=(4, 2), range='full')"
    assert repr(PartialType(rotation=0)) == "PartialType(rotation=0)"
