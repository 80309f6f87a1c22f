"""The reference's matrices of light: published values, inverses, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gpumft.errors import InvalidMediaType
from gpumft.media import Matrix, Transfer, VideoType
from gpumft.testing import reference_convert, reference_values
from gpumft.testing.reference_algebra import Exact
from gpumft.testing.reference_light_matrices import (
    ICTCP,
    LIGHTS,
    components_of_lights,
    components_of_rgb,
    encoded_lights,
    spans,
)

KINDS = [
    (Matrix.ICTCP, Transfer.PQ),
    (Matrix.ICTCP, Transfer.HLG),
    (Matrix.BT2020CL, Transfer.BT709),
]
RGB = np.random.default_rng(0).uniform(0, 1, (3, 500))


def a_type(matrix: Matrix, transfer: Transfer, format: str = "yuv444p16le") -> VideoType:
    return VideoType(format, (8, 4), matrix=matrix, transfer=transfer).resolved()


def test_spans_are_those_that_bt2020_prints() -> None:
    (n_b, p_b), (n_r, p_r) = np.array(spans()) / 2
    assert (n_b, p_b, n_r, p_r) == pytest.approx(
        (0.9701716, 0.7909854, 0.8591209, 0.4969147), abs=1e-7
    )
    practical = [round(float(span), 4) for span in (n_b, p_b, n_r, p_r)]
    assert practical == [0.9702, 0.7910, 0.8591, 0.4969]


def test_the_inverse_of_ictcp_is_the_published_one() -> None:
    published = {
        Transfer.PQ: ((0.008609, 0.111029625), (0.560031, -0.320627)),
        Transfer.HLG: ((0.01571858, 0.2095810681), (1.02127108, -0.605274491)),
    }
    for transfer, (first, last) in published.items():
        found = np.linalg.inv(ICTCP[transfer])
        np.testing.assert_allclose(found[:, 0], 1)
        np.testing.assert_allclose(found[0, 1:], first, atol=1e-6)
        np.testing.assert_allclose(found[1, 1:], -np.array(first), atol=1e-6)
        np.testing.assert_allclose(found[2, 1:], last, atol=1e-6)


@pytest.mark.parametrize(("matrix", "transfer"), KINDS)
def test_gray_has_no_chroma_and_primaries_reach_its_ends(
    matrix: Matrix, transfer: Transfer
) -> None:
    np.testing.assert_allclose(LIGHTS[matrix].sum(axis=1), 1)
    type_ = a_type(matrix, transfer)
    gray = np.linspace(0, 1, 11)
    found = components_of_rgb(type_, np.stack([gray] * 3))
    np.testing.assert_allclose(found, [gray, 0 * gray, 0 * gray], atol=1e-6)
    found = components_of_rgb(type_, np.eye(3))
    assert np.abs(found[1:]).max() <= 0.5 + 1e-12
    if matrix is Matrix.BT2020CL:  # blue and red, and yellow and cyan, span all of it
        assert found[1, 2] == pytest.approx(0.5)
        assert found[2, 0] == pytest.approx(0.5)
        others = components_of_rgb(type_, 1 - np.eye(3))
        assert others[1, 2] == pytest.approx(-0.5)
        assert others[2, 0] == pytest.approx(-0.5)


@pytest.mark.parametrize(("matrix", "transfer"), KINDS)
def test_both_ways_are_inverses(matrix: Matrix, transfer: Transfer) -> None:
    components = components_of_lights(matrix, transfer, list(RGB), Exact())
    np.testing.assert_allclose(
        encoded_lights(matrix, transfer, components, Exact()), RGB, atol=1e-12
    )
    type_ = a_type(matrix, transfer, "yuv444p16le")
    rgb = VideoType("gbrpf32le", (20, 25), transfer=transfer, primaries="bt2020")
    planes = list(RGB.astype(np.float32).reshape(3, 25, 20))
    there = reference_convert(planes, rgb, type_.replace(size=(20, 25), range="full"))
    back = reference_convert(there, type_.replace(size=(20, 25), range="full"), rgb)
    # 16 bits leave little of a channel that cancels next to black, where curves are steep
    bound = 0.1 if transfer is Transfer.PQ else 0.02
    assert np.abs(np.stack(back) - np.stack(planes)).max() < bound
    assert np.median(np.abs(np.stack(back) - np.stack(planes))) < 1e-4


@pytest.mark.parametrize(("matrix", "transfer"), KINDS)
def test_what_keeps_its_matrix_stays_as_it_is(matrix: Matrix, transfer: Transfer) -> None:
    type_ = a_type(matrix, transfer, "yuva444p")
    planes = [np.full((4, 8), code, np.uint8) for code in (0, 255, 255, 128)]  # no colour at all
    for target in (type_, type_.replace(alpha="premultiplied")):
        y, u, v, a = reference_values(planes, type_, target).values()
        weight = 1 if target.alpha == "straight" else 128 / 255
        np.testing.assert_allclose(y, 16 - 16 * weight)
        np.testing.assert_allclose(u, 128 + 127 * weight)
        np.testing.assert_allclose(v, 128 + 127 * weight)
        np.testing.assert_array_equal(a, 128)


@pytest.mark.parametrize(
    ("matrix", "fields"),
    [
        ("ictcp", {"transfer": "bt709", "primaries": "bt2020"}),
        ("ictcp", {"transfer": "pq", "primaries": "p3d65"}),
        ("bt2020cl", {"transfer": "pq", "primaries": "bt2020"}),
    ],
)
def test_what_is_not_defined_is_refused(matrix: str, fields: dict[str, Any]) -> None:
    odd = VideoType("yuv444p", (8, 4), matrix=matrix, **fields)
    plain = VideoType("rgb24", (8, 4))
    zeros = [np.zeros((4, 8), np.uint8)] * 3
    with pytest.raises(InvalidMediaType, match=f"source's matrix {matrix} needs transfer"):
        reference_values(zeros, odd, plain)
    with pytest.raises(InvalidMediaType, match=f"destination's matrix {matrix} needs transfer"):
        reference_values([np.zeros((4, 8, 3), np.uint8)], plain, odd)
