"""The reference's filters against values worked out by hand from the published formulas."""

from fractions import Fraction

import numpy as np
import pytest

from gpumft.errors import InvalidArg
from gpumft.media.enums import Siting
from gpumft.media.formats import Component
from gpumft.testing.reference_geometry import component_axis
from gpumft.testing.reference_weights import HALF, Axis, Window, is_selection, weights


def scaled(
    count: int, extent: int, filter_: str, crop: tuple[Fraction | int, Fraction | int] | None = None
) -> np.ndarray:
    start, length = (Fraction(value) for value in crop or (0, count))
    window = Window(start, length, extent)
    return weights(Axis(HALF, 1, count), Axis(HALF, 1, extent), window, filter_)


# Weights at distance 1/2, 3/2, ... before normalisation.
HALVES: dict[str, list[float]] = {
    "bilinear": [0.5],
    "bicubic": [0.5625, -0.0625],
    "catmull_rom": [0.5625, -0.0625],
    "bicubic:0,0.5": [0.5625, -0.0625],
    "mitchell": [77 / 144, -5 / 144],
    "bicubic:0.5,0.25": [25 / 48, -1 / 48],
    "bspline": [23 / 48, 1 / 48],
    "hermite": [0.5, 0.0],
    "lanczos2": [0.5731591683, -0.0636843520],
    "lanczos3": [0.6079271019, -0.1350949115, 0.0243170841],
    "lanczos4": [0.6203830132, -0.1664152316, 0.0599094834, -0.0126608778],
    "spline16": [0.575, -0.075],
    "spline36": [91 / 152, -9 / 76, 3 / 152],
    "spline64": [341 / 568, -9 / 71, 9 / 284, -3 / 568],
    "gaussian": [0.6065306597, 0.0111089965],
}
QUARTERS: dict[
    str, list[float]
] = {  # weights at -5/4, -1/4, 3/4, 7/4 (and so on outwards) before normalisation
    "bilinear": [0.75, 0.25],
    "bicubic": [-0.0703125, 0.8671875, 0.2265625, -0.0234375],
    "hermite": [0.0, 0.84375, 0.15625, 0.0],
    "bspline": [27 / 384, 235 / 384, 121 / 384, 1 / 384],
    "spline16": [-0.071875, 0.853125, 0.259375, -0.040625],
}


@pytest.mark.parametrize("name", HALVES)
def test_weights_half_way(name: str) -> None:
    half = np.array(HALVES[name])
    wanted = np.concatenate([half[::-1], half]) / (2 * half.sum())
    # With a crop from 4 1/2 at 1:1, pixel 3 of 8 lies half way between samples 7 and 8.
    row = scaled(16, 8, name, (Fraction(9, 2), 8))[3]
    assert np.allclose(row[8 - len(half) : 8 + len(half)], wanted, rtol=0, atol=1e-9)
    assert np.count_nonzero(np.abs(row) > 1e-12) <= len(wanted)


@pytest.mark.parametrize("name", QUARTERS)
def test_weights_a_quarter_off(name: str) -> None:
    quarter = np.array(QUARTERS[name])
    wanted = quarter / quarter.sum()
    row = scaled(16, 8, name, (Fraction(17, 4), 8))[3]
    side = len(quarter) // 2
    assert np.allclose(row[8 - side : 8 + side], wanted, rtol=0, atol=1e-9)


def test_lanczos3_doubling_is_the_formula() -> None:
    # 2x up: destination 8 lies at 3.75, so taps lie at -1.75 - 1, ..., from samples 1..6.
    distance = np.arange(1, 7) - 3.75
    raw = np.sinc(distance) * np.sinc(distance / 3)
    assert np.allclose(scaled(8, 16, "lanczos3")[8, 1:7], raw / raw.sum(), atol=1e-12)


def test_lanczos3_on_a_sample_takes_that_sample_alone() -> None:
    assert np.array_equal(scaled(8, 24, "lanczos3")[10], np.eye(8)[3])


def test_lanczos3_at_a_third_is_the_stretched_formula() -> None:
    distance = np.arange(-8, 9) / 3
    raw = np.sinc(distance) * np.sinc(distance / 3)
    assert np.allclose(scaled(27, 9, "lanczos3")[4, 5:22], raw / raw.sum(), atol=1e-12)


def test_downscaling_stretches_the_filter() -> None:
    rows = scaled(8, 4, "bilinear")
    assert np.allclose(rows[1], [0, 0.125, 0.375, 0.375, 0.125, 0, 0, 0])
    assert np.allclose(rows[0], [0.5, 0.375, 0.125, 0, 0, 0, 0, 0])  # the edge stands for outside
    assert np.allclose(rows[3], [0, 0, 0, 0, 0, 0.125, 0.375, 0.5])


def test_upscaling_does_not() -> None:
    assert np.allclose(scaled(2, 4, "bilinear")[:, 1], [0, 0.25, 0.75, 1])


def test_area_is_exact_coverage() -> None:
    assert np.allclose(scaled(3, 2, "area"), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]])
    assert np.allclose(scaled(2, 3, "area")[:, 1], [0, 0.5, 1])
    assert np.allclose(scaled(4, 2, "area", (Fraction(1, 2), 2))[0], [0.5, 0.5, 0, 0])


def test_nearest_ties_go_down() -> None:
    assert scaled(6, 3, "nearest").argmax(axis=1).tolist() == [0, 2, 4]
    assert scaled(5, 3, "nearest").argmax(axis=1).tolist() == [0, 2, 4]  # 1/3, 2, 11/3
    assert scaled(3, 6, "nearest").argmax(axis=1).tolist() == [0, 0, 1, 1, 2, 2]
    assert is_selection(scaled(5, 13, "nearest"))


@pytest.mark.parametrize("name", [*HALVES, "nearest", "area"])
@pytest.mark.parametrize(("count", "extent"), [(1, 7), (7, 1), (5, 13), (13, 5), (160, 2)])
def test_rows_sum_to_one(name: str, count: int, extent: int) -> None:
    assert np.allclose(scaled(count, extent, name).sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize("name", [*HALVES, "nearest", "area"])
def test_the_same_grid_takes_samples_as_they_are(name: str) -> None:
    assert np.array_equal(scaled(9, 9, name), np.eye(9))
    assert np.array_equal(scaled(9, 4, name, (3, 4)), np.eye(9)[3:7])


def test_taps_stay_inside_the_crop() -> None:
    rows = scaled(12, 6, "lanczos3", (4, 3))
    assert not rows[:, :4].any()
    assert not rows[:, 7:].any()
    part = scaled(12, 6, "lanczos3", (Fraction(9, 2), 3))
    assert rows.any()
    assert part[:, 4].any()  # a part of samples 4 and 7 is shown
    assert part[:, 7].any()
    assert not part[:, :4].any()
    assert not part[:, 8:].any()


# Where chroma sample 0 lies in pixels from the corner, luma sample 0 lying at 1/2 (H.273, 8.7).
SITES = {
    Siting.LEFT: (0.5, 1.0),
    Siting.CENTER: (1.0, 1.0),
    Siting.TOPLEFT: (0.5, 0.5),
    Siting.TOP: (1.0, 0.5),
    Siting.BOTTOMLEFT: (0.5, 1.5),
    Siting.BOTTOM: (1.0, 1.5),
}


@pytest.mark.parametrize("siting", Siting)
def test_siting(siting: Siting) -> None:
    chroma = Component("u", 1, xshift=1, yshift=1)
    for columns, wanted in zip((True, False), SITES[siting], strict=True):
        axis = component_axis(chroma, 9, siting, columns=columns)
        assert axis == Axis(Fraction(wanted), 2, 5)
    luma = component_axis(Component("y", 0), 9, siting, columns=True)
    assert luma == Axis(HALF, 1, 9)


def chroma_up(siting: Siting, *, columns: bool) -> np.ndarray:
    chroma = component_axis(Component("u", 1, xshift=1, yshift=1), 8, siting, columns=columns)
    window = Window(Fraction(0), Fraction(8), 8)
    return weights(chroma, Axis(HALF, 1, 8), window, "bilinear")


def test_bilinear_chroma_taps_by_siting() -> None:
    left = chroma_up(Siting.LEFT, columns=True)
    assert np.allclose(left[2], [0, 1, 0, 0])
    assert np.allclose(left[3], [0, 0.5, 0.5, 0])
    centre = chroma_up(Siting.CENTER, columns=True)
    assert np.allclose(centre[2], [0.25, 0.75, 0, 0])
    assert np.allclose(centre[3], [0, 0.75, 0.25, 0])
    bottom = chroma_up(Siting.BOTTOM, columns=False)
    assert np.allclose(bottom[2], [0.5, 0.5, 0, 0])
    assert np.allclose(bottom[3], [0, 1, 0, 0])


def test_a_mirrored_axis_is_the_axis_seen_from_the_end() -> None:
    axis = component_axis(Component("u", 1, xshift=1), 5, Siting.LEFT, columns=True)
    mirrored = axis.mirrored(5)  # 1/2, 5/2, 9/2 of 5 pixels: the same from both ends
    assert mirrored == Axis(HALF, 2, 3, Fraction(-1))
    assert mirrored.mirrored(5) == axis
    assert mirrored.inside(Fraction(0), Fraction(1)) == (0, 0)
    assert mirrored.inside(Fraction(2), Fraction(4)) == (1, 2)
    assert axis.inside(Fraction(0), Fraction(5)) == (0, 2)
    assert axis.inside(Fraction(0), Fraction(6)) == (0, 2)
    assert axis.inside(Fraction(0), Fraction(9)) == (0, 2)
    assert axis.inside(Fraction(1), Fraction(4)) == (0, 1)
    assert axis.inside(Fraction(2), Fraction(9, 2)) == (1, 2)


@pytest.mark.parametrize("name", ["cubic", "bicubic:", "bicubic:1", "bicubic:a,b", "bicubic:1,2,3"])
def test_an_unknown_filter_is_named(name: str) -> None:
    with pytest.raises(InvalidArg, match="filter"):
        scaled(3, 4, name)


@pytest.mark.parametrize("name", [*HALVES, "area"])
def test_ratios_down_to_one_in_256(name: str) -> None:
    down = scaled(1024, 4, name)
    assert np.allclose(down.sum(axis=1), 1, atol=1e-12)
    assert np.allclose(down, down[::-1, ::-1], atol=1e-15)  # the picture has no left or right
    at = np.arange(1024) + 0.5
    assert (down[1:3] @ at).sum() == pytest.approx(1024)  # their middle is that of the picture
    up = scaled(4, 1024, name)
    assert np.allclose(up.sum(axis=1), 1, atol=1e-12)
    assert np.allclose(up, up[::-1, ::-1], atol=1e-12)
    assert scaled(256, 1, name).shape == (1, 256)


def test_the_triangle_of_one_in_256() -> None:
    row = scaled(1024, 4, "bilinear")[1]
    triangle = np.maximum(1 - np.abs(np.arange(1024) + 0.5 - 384) / 256, 0)
    assert np.allclose(row, triangle / triangle.sum(), atol=1e-15)
