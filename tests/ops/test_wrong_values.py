"""Whatever a user gives, an MFError says what is wrong; nothing else comes out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpumft as gm
from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.ops import Converter, convert, explain, make_options
from gpumft.samples import Sample
from gpumft.testing import frames

SRC = gm.VideoType("rgb24", (8, 6))
DST = gm.VideoType("nv12", (4, 4))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("crop", (0, 0, float("inf"), 4)),
        ("crop", (0, 0, float("nan"), 4)),
        ("crop", ("1e99999999", 0, 1, 1)),
        ("crop", 5),
        ("filter", None),
        ("filter", 5),
        ("chroma_filter", 3),
        ("background", 5),
        ("background", None),
        ("background", ("a", 0, 0)),
        ("background", (0, 0)),
        ("background", "ff ff "),
        ("effects", "sepia"),
        ("effects", ("sepia",)),
        ("effects", gm.effects.sepia),
        ("effects", None),
        ("tone_map", "foo"),
        ("tone_map_basis", 3),
        ("gamut", "x"),
        ("adaptation", "x"),
        ("peak", -1),
        ("peak", float("nan")),
        ("white", "a"),
        ("white", True),
        ("seed", 1.5),
        ("seed", -1),
        ("device", 5),
        ("device", b"cpu"),
        ("out", 5),
        ("out", [1]),
    ],
)
def test_an_options_wrong_value_is_named(option: str, value: Any) -> None:
    with pytest.raises(InvalidArg):
        convert(frames.noise(SRC), SRC, DST, **{option: value})


def test_numpy_numbers_are_numbers() -> None:
    crop = make_options(crop=np.array([1, 0.5, 2, 2], np.float32)).crop
    assert crop is not None
    assert list(map(float, crop)) == [1, 0.5, 2, 2]
    whole = make_options(crop=np.array([1, 0, 2, 2], np.int8)).crop
    assert whole is not None
    assert {type(number.numerator) for number in whole} == {int}


@pytest.mark.parametrize("src", ["rgb24", {"format": "rgb24", "size": (8, 6)}, 5])
def test_a_source_that_is_no_type_is_refused(src: Any) -> None:
    for attempt in (
        lambda: convert(frames.noise(SRC), src, DST),
        lambda: convert(frames.noise(SRC), src, {"format": "nv12"}),
        lambda: Converter(src, DST),
        lambda: explain(src, DST),
    ):
        with pytest.raises(InvalidMediaType, match="VideoType"):
            attempt()


@pytest.mark.parametrize("planes", [None, 5, [[[1], [1, 2]]], ["a"], [None]])
def test_planes_that_are_none_are_refused(planes: Any) -> None:
    with pytest.raises(InvalidArg, match=r"array|plane 0"):
        convert(planes, SRC, DST)


def test_samples_and_arrays_do_not_mix() -> None:
    converter = Converter(SRC, DST, device="cpu")
    planes = frames.noise(SRC)
    arrays = converter(planes)
    sample: Any = Sample.from_numpy(planes, SRC)
    with pytest.raises(InvalidArg, match="Sample"):
        converter(sample, arrays)
    with pytest.raises(InvalidArg, match="Sample"):
        converter(planes, sample)


def test_a_sample_of_another_format_is_refused() -> None:
    converter = Converter(SRC, DST, device="cpu")
    other = Sample.from_numpy(frames.noise(SRC), gm.VideoType("bgr24", (8, 6)))
    with pytest.raises(InvalidMediaType, match=r"bgr24.*rgb24"):
        converter(other)


@pytest.mark.parametrize(
    "matrix", [[[1, 0], [0, 1]], "abc", None, [[1, 0, 0], [0, 1, 0], [0, 0, float("nan")]]]
)
def test_an_effects_matrix_is_three_by_three_finite_numbers(matrix: Any) -> None:
    with pytest.raises(InvalidArg, match="three rows"):
        gm.MatrixEffect("x", matrix)


def test_an_effects_matrix_may_be_an_array() -> None:
    effect = gm.MatrixEffect("x", np.eye(3)[::-1])  # type: ignore[arg-type]
    turned = convert(frames.noise(SRC), SRC, {}, effects=[effect])
    np.testing.assert_array_equal(turned[0], frames.noise(SRC)[0][..., ::-1])
    with pytest.raises(InvalidArg, match="leaves the picture"):
        gm.MatrixEffect("x", effect.matrix, (5, 5, 1, 1))
    with pytest.raises(InvalidArg, match="region is"):
        gm.MatrixEffect("x", effect.matrix, (0, 1))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"strength": "a"}, {"strength": None}, {"x": "a"}])
def test_an_effects_parameters_are_numbers(wrong: Any) -> None:
    with pytest.raises(InvalidArg):
        gm.effects.sepia(**wrong)
