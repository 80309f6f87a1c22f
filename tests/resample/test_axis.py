import math
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpumft.errors import InvalidArg
from gpumft.media.enums import Siting
from gpumft.resample import (
    Filter,
    Grid,
    Taps,
    chroma_grid,
    filter_names,
    get_filter,
    luma_grid,
    taps,
)

Crop: TypeAlias = tuple[Fraction | int, Fraction | int]
Axis: TypeAlias = tuple[Grid, Grid, Crop, int, int]
NAMES = (*filter_names(), "bicubic:0.2,0.3")
SMOOTH = tuple(name for name in NAMES if name != "nearest")
HALF = Fraction(1, 2)


def scale(n: int, m: int, name: Filter | str, *, crop: Crop | None = None) -> Taps:
    """Taps of luma from n pixels to m."""
    crop = crop or (0, n)
    return taps(luma_grid(n), luma_grid(m), crop=crop, extent=m, filter=name)


def dense(found: Taps) -> npt.NDArray[np.float64]:
    """The taps as a matrix (outputs, source samples) in float64."""
    matrix = np.zeros((found.outputs, found.source))
    for i, (start, count) in enumerate(zip(found.start, found.count, strict=True)):
        matrix[i, start : start + count] = found.weights[i, :count]
    return matrix


def naive(src: Grid, dst: Grid, crop: Crop, extent: int, name: str) -> npt.NDArray[np.float64]:
    """The definition, sample by sample."""
    start, length = (Fraction(value) for value in crop)
    first = max(math.floor((start - src.edge) / src.step), 0)
    last = min(math.ceil((start + length - src.edge) / src.step), src.count) - 1
    width = length / extent * dst.step / src.step
    stretch = max(Fraction(1), width)
    filter = get_filter(name)
    places = [
        (start + dst.position(i) * length / extent - src.origin) / src.step
        for i in range(dst.count)
    ]
    if width == 1 and places[0].denominator == 1:
        name = "nearest"
    matrix = np.zeros((dst.count, src.count))
    for i, u in enumerate(places):
        reach = math.ceil(max(filter.support, 1) * stretch) + 1
        samples = range(math.floor(u) - reach, math.floor(u) + reach + 1)
        if name == "nearest":
            weights = [float(k == math.ceil(u - HALF)) for k in samples]
        elif name == "area":
            low, high = u - width / 2, u + width / 2
            overlaps = [min(k + HALF, high) - max(k - HALF, low) for k in samples]
            weights = [max(float(overlap), 0.0) for overlap in overlaps]
        else:
            assert filter.function is not None
            distances = [float((k - u) / stretch) for k in samples]
            weights = filter.function(np.array(distances)).tolist()
        for k, weight in zip(samples, weights, strict=True):
            matrix[i, min(max(k, first), last)] += weight / sum(weights)
    return matrix


@st.composite
def axes(draw: st.DrawFn) -> Axis:
    n = draw(st.integers(1, 40))
    m = draw(st.integers(1, 40))
    sitings = st.sampled_from(list(Siting))
    grids = []
    for size in (n, m):
        shift, vertical = draw(st.integers(0, 1)), draw(st.booleans())
        grids.append(chroma_grid(size, shift, draw(sitings), "y" if vertical else "x"))
    src, dst = grids
    if draw(st.booleans()):
        src = src.mirrored(n)
    if draw(st.booleans()):
        dst = dst.mirrored(m)
    cuts = sorted(draw(st.lists(st.integers(0, 16 * n), min_size=2, max_size=2, unique=True)))
    start, end = (Fraction(cut, 16) for cut in cuts)
    return src, dst, (start, end - start), n, m


@settings(max_examples=200, deadline=None)
@given(axes(), st.sampled_from(NAMES))
def test_taps_are_the_definition_within_rounding(axis: Axis, name: str) -> None:
    src, dst, crop, _, m = axis
    found = taps(src, dst, crop=crop, extent=m, filter=name)
    expected = naive(src, dst, crop, m, name)
    error = np.abs(dense(found) - expected).max()
    assert error <= (found.longest + 2) * 2.0**-24


@settings(max_examples=200, deadline=None)
@given(axes(), st.sampled_from(NAMES))
def test_taps_stay_inside_the_crop_and_weights_add_up_to_exactly_one(axis: Axis, name: str) -> None:
    src, dst, (start, length), _, m = axis
    found = taps(src, dst, crop=(start, length), extent=m, filter=name)
    first = max(math.floor((start - src.edge) / src.step), 0)
    last = min(math.ceil((start + length - src.edge) / src.step), src.count) - 1
    assert found.start.min() >= first
    assert (found.start + found.count).max() <= last + 1
    assert found.count.min() >= 1
    assert np.all(found.weights.sum(axis=1, dtype=np.float64) == 1)
    ends = found.weights[np.arange(found.outputs), found.count - 1]
    assert np.all(found.weights[:, 0] != 0)
    assert np.all(ends != 0)
    assert np.all(found.weights[np.arange(found.longest) >= found.count[:, np.newaxis]] == 0)


@settings(max_examples=200, deadline=None)
@given(axes(), st.sampled_from(SMOOTH))
def test_mirrored_grids_have_mirrored_taps(axis: Axis, name: str) -> None:
    src, dst, (start, length), n, m = axis
    found = taps(src, dst, crop=(start, length), extent=m, filter=name)
    turned = taps(
        src.mirrored(n),
        dst.mirrored(m),
        crop=(n - start - length, length),
        extent=m,
        filter=name,
    )
    assert np.array_equal(dense(turned), dense(found)[::-1, ::-1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [1, 2, 9, 64])
def test_the_same_size_is_the_identity_even_for_filters_that_blur(name: str, n: int) -> None:
    assert scale(n, n, name).is_identity


@pytest.mark.parametrize("name", SMOOTH)
def test_half_a_pixel_aside_is_no_identity(name: str) -> None:
    found = scale(9, 8, name, crop=(HALF, 8))
    assert found.longest >= 2
    assert found.weights[4, 0] == found.weights[4, found.count[4] - 1]


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_crop_is_a_slice(name: str) -> None:
    cut = scale(40, 13, name, crop=(7, 21))
    alone = scale(21, 13, name)
    assert np.array_equal(cut.start, alone.start + 7)
    assert np.array_equal(cut.count, alone.count)
    assert cut.weights.tobytes() == alone.weights.tobytes()
    assert cut.source == 40


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize(("n", "m", "period"), [(1280, 1920, 3), (1920, 1280, 2), (90, 50, 5)])
def test_outputs_in_one_phase_have_the_same_bytes(name: str, n: int, m: int, period: int) -> None:
    found = scale(n, m, name)
    inner = range(m // 3, m // 3 + 4 * period)
    for i in inner:
        assert found.weights[i].tobytes() == found.weights[i + period].tobytes()
        assert found.count[i] == found.count[i + period]


def test_symmetric_phases_have_symmetric_weights() -> None:
    found = scale(300, 100, "lanczos3")
    middle = found.weights[50, : found.count[50]]
    assert found.count[50] == 17
    assert np.array_equal(middle, middle[::-1])


@pytest.mark.parametrize(
    ("siting", "down", "even", "odd"),
    [
        (Siting.LEFT, [1 / 4, 1 / 2, 1 / 4], [1], [1 / 2, 1 / 2]),
        (Siting.CENTER, [1 / 8, 3 / 8, 3 / 8, 1 / 8], [1 / 4, 3 / 4], [3 / 4, 1 / 4]),
    ],
)
def test_bilinear_chroma_weights(
    siting: Siting, down: list[float], even: list[float], odd: list[float]
) -> None:
    luma, chroma = luma_grid(16), chroma_grid(16, 1, siting, "x")
    to_chroma = taps(luma, chroma, crop=(0, 16), extent=16, filter="bilinear")
    assert to_chroma.weights[3, : to_chroma.count[3]].tolist() == down
    assert to_chroma.start[3] == 5
    to_luma = taps(chroma, luma, crop=(0, 16), extent=16, filter="bilinear")
    assert to_luma.weights[6, : to_luma.count[6]].tolist() == even
    assert to_luma.weights[7, : to_luma.count[7]].tolist() == odd
    assert (to_luma.start[6], to_luma.start[7]) == ((3, 3) if len(even) == 1 else (2, 3))


@pytest.mark.parametrize("siting", [Siting.LEFT, Siting.CENTER])
def test_nearest_repeats_chroma_and_takes_every_other_sample(siting: Siting) -> None:
    luma, chroma = luma_grid(8), chroma_grid(8, 1, siting, "x")
    up = taps(chroma, luma, crop=(0, 8), extent=8, filter="nearest")
    assert up.start.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    down = taps(luma, chroma, crop=(0, 8), extent=8, filter="nearest")
    assert down.start.tolist() == [0, 2, 4, 6]
    assert scale(8, 4, "nearest").start.tolist() == [0, 2, 4, 6]


def test_area_is_the_mean_of_the_interval_it_covers() -> None:
    two_thirds = scale(6, 4, "area")
    assert two_thirds.start.tolist() == [0, 1, 3, 4]
    assert two_thirds.count.tolist() == [2] * 4
    assert two_thirds.weights[0] == pytest.approx([2 / 3, 1 / 3], abs=2**-24)
    assert two_thirds.weights[1] == pytest.approx([1 / 3, 2 / 3], abs=2**-24)
    assert scale(8, 2, "area").weights.tolist() == [[0.25] * 4] * 2


def test_area_enlarges_by_repetition_with_blended_seams() -> None:
    assert scale(2, 4, "area").start.tolist() == [0, 0, 1, 1]
    found = dense(scale(2, 3, "area"))
    assert found.tolist() == [[1, 0], [0.5, 0.5], [0, 1]]


@pytest.mark.parametrize("name", ["bilinear", "bicubic", "mitchell", "bicubic:0.2,0.4"])
@pytest.mark.parametrize("m", [32, 64, 96, 131])
def test_a_ramp_stays_a_ramp(name: str, m: int) -> None:
    # All of these have b + 2c = 1; 64 to 32 keeps ramps because its one phase is symmetric.
    n = 64
    result = dense(scale(n, m, name)) @ (np.arange(n) + 0.5)
    expected = (np.arange(m) + 0.5) * n / m
    inner = slice(m // 4, -(m // 4))
    assert np.abs(result - expected)[inner].max() < 2e-5


def test_odd_sizes_keep_the_factor_two() -> None:
    chroma = chroma_grid(5, 1, Siting.LEFT, "x")
    found = dense(taps(chroma, luma_grid(5), crop=(0, 5), extent=5, filter="bilinear"))
    assert found.tolist() == [[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0.5, 0.5], [0, 0, 1]]


def test_a_crop_keeps_neighbours_out() -> None:
    chroma = chroma_grid(16, 1, Siting.LEFT, "x")
    found = taps(chroma, luma_grid(6), crop=(5, 6), extent=6, filter="lanczos3")
    assert found.start.min() == 2  # the cell [4, 6) overlaps the crop from 5 to 11
    assert (found.start + found.count).max() == 6


def test_a_crop_beyond_the_source_repeats_its_edge() -> None:
    found = scale(4, 8, "bilinear", crop=(-2, 8))
    assert found.start.tolist() == [0, 0, 0, 1, 2, 3, 3, 3]
    assert np.all(found.weights == 1)
    wide = scale(4, 16, "bicubic", crop=(-2, 8))
    assert wide.start.min() == 0
    assert (wide.start + wide.count).max() == 4


@pytest.mark.parametrize("name", ["bilinear", "bicubic", "lanczos3", "area"])
def test_a_crop_far_beyond_a_single_sample_repeats_it(name: str) -> None:
    found = scale(1, 28, name, crop=(-6, 14))
    assert not found.start.any()
    assert found.weights.tolist() == [[1]] * 28


def test_long_denominators_are_exact_all_the_same() -> None:
    start, length = Fraction(0.1), Fraction(77.7)
    found = dense(scale(100, 33, "bicubic", crop=(start, length)))
    expected = naive(luma_grid(100), luma_grid(33), (start, length), 33, "bicubic")
    assert np.abs(found - expected).max() < 2e-6
    near = scale(100, 33, "nearest", crop=(start, length))
    exact = [math.ceil(start + (i + HALF) * length / 33 - 1) for i in range(33)]
    assert near.start.tolist() == exact


def test_extreme_ratios_have_small_tables() -> None:
    assert scale(100_000, 1, "area").weights.shape == (1, 100_000)
    wide = scale(1, 100_000, "lanczos3")
    assert wide.weights.shape == (100_000, 1)
    assert np.all(wide.weights == 1)
    assert scale(7680, 1919, "lanczos3").longest == 25


@pytest.mark.parametrize("name", ["lanczos4", "area", "gaussian"])
def test_sums_are_exact_for_long_taps_too(name: str) -> None:
    found = scale(20_000, 101, name)
    assert np.all(found.weights.sum(axis=1, dtype=np.float64) == 1)


def test_equal_arguments_share_one_read_only_object() -> None:
    found = scale(31, 17, "bicubic")
    again = scale(31, 17, get_filter("bicubic"), crop=(Fraction(0), Fraction(31)))
    assert found is again
    for array in (found.start, found.count, found.weights):
        assert not array.flags.writeable
    assert found.start.dtype == found.count.dtype == np.dtype(np.int32)
    assert found.weights.dtype == np.dtype(np.float32)
    assert found.weights.flags.c_contiguous


def test_crops_that_show_nothing_are_refused() -> None:
    with pytest.raises(InvalidArg, match="shows nothing"):
        scale(8, 8, "bilinear", crop=(2, 0))
    with pytest.raises(InvalidArg, match="shows nothing"):
        taps(luma_grid(8), luma_grid(8), crop=(0, 8), extent=0, filter="bilinear")
    with pytest.raises(InvalidArg, match="none of the source's 8 samples"):
        scale(8, 8, "bilinear", crop=(8, 2))
