"""What the CPU engine finds out about taps before it picks a kernel."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.device.cpu import filters
from gpumft.resample.taps import Taps
from tests.contract.program_parts import from_lists, linear, long_taps, nearest, ringing


@pytest.mark.parametrize(
    ("source", "outputs", "p", "q"),
    [(100, 200, 2, 1), (200, 100, 1, 2), (200, 300, 3, 2), (300, 200, 2, 3)],
)
def test_rational_ratios_have_phases(source: int, outputs: int, p: int, q: int) -> None:
    phases = filters.find_phases(linear(source, outputs))
    assert phases is not None
    assert (phases.p, phases.q) == (p, q)
    assert phases.first >= 0
    assert phases.first + p * phases.count <= outputs
    assert p * phases.count >= 0.8 * outputs


@pytest.mark.parametrize("make", [linear, ringing, nearest])
@pytest.mark.parametrize(("source", "outputs"), [(200, 300), (97, 194), (300, 100)])
def test_regular_outputs_really_repeat(make: object, source: int, outputs: int) -> None:
    taps: Taps = make(source, outputs)  # type: ignore[operator]
    phases = filters.find_phases(taps)
    assert phases is not None
    for x in range(phases.first, phases.first + phases.p * phases.count):
        base = phases.first + (x - phases.first) % phases.p
        assert taps.start[x] - taps.start[base] == (x - base) // phases.p * phases.q
        assert taps.count[x] == taps.count[base]
        assert np.array_equal(taps.weights[x], taps.weights[base])


def test_irregular_taps_have_none() -> None:
    assert filters.find_phases(long_taps((3, 5), 1)(200, 100)) is None
    assert filters.find_phases(linear(1920, 1366)) is None
    assert filters.find_phases(linear(4, 8)) is None


def test_a_tap_of_weight_zero_counts() -> None:
    """Times infinity it is NaN: lists that differ only in it are not the same."""
    lists = [(i, (0.5, 0.5) if i % 2 else (0.5, 0.5, 0.0)) for i in range(100)]
    phases = filters.find_phases(from_lists(102, lists))
    assert phases is not None
    assert phases.p == 2


def test_copies() -> None:
    assert filters.offset_of_copy(nearest(9, 9)) == 0
    assert filters.offset_of_copy(from_lists(9, [(i + 3, (1.0,)) for i in range(5)])) == 3
    assert filters.offset_of_copy(nearest(9, 18)) is None
    assert filters.offset_of_copy(from_lists(9, [(i, (0.5,)) for i in range(9)])) is None
    rows = filters.row_map(nearest(4, 8))
    assert rows is not None
    assert rows.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert filters.row_map(linear(4, 8)) is None


def test_rows_used() -> None:
    taps = from_lists(20, [(5, (1.0, 2.0)), (0, (1.0,)), (9, (1.0, 1.0, 1.0)), (19, (1.0,))])
    ranges = np.array([(0, 1), (0, 3), (2, 4), (1, 1), (4, 4), (0, 4)], np.int64)
    used = filters.rows_used(taps, ranges)
    assert used[[0, 1, 2, 5]].tolist() == [[5, 7], [0, 12], [9, 20], [0, 20]]
    assert np.all(used[3:5, 0] == used[3:5, 1])
    assert filters.columns_used(taps) == (0, 20)


def test_windows_hold_the_first_and_the_last_samples() -> None:
    samples = np.array([[0, 15], [24, 39]], np.int64)
    found = filters.in_windows(samples, 40, 1)
    assert found is not None
    assert found[0].tolist() == [[0, 15], [16, 31]]
    assert found[1] == 24
    assert filters.in_windows(samples - 1, 41, 1) is None  # 23 lies in neither
    assert filters.in_windows(np.zeros((1, 1), np.int64), 15, 1) is None


def test_windows_of_a_row_in_parts_hold_as_many_samples_of_each() -> None:
    """Sample s lies in part s % 4; parts may have unequal lengths."""
    found = filters.in_windows(np.array([[0, 1, 5, 15, 28, 41]], np.int64), 42, 4)
    assert found is not None
    assert found[0].tolist() == [[0, 4, 5, 15, 16, 23]]
    assert found[1] == 7
    assert filters.in_windows(np.array([[16]], np.int64), 42, 4) is None


def test_missing_taps_repeat_the_last_sample() -> None:
    taps = from_lists(20, [(5, (1.0, 2.0)), (0, (1.0,)), (9, (1.0, 1.0, 1.0))])
    found = filters.samples_of(taps, np.array([0, 1, 2], np.int32))
    assert found.tolist() == [[5, 0, 9], [6, 0, 10], [6, 0, 11]]


def test_signed_weights_are_multiples_of_one_power_of_two() -> None:
    taps = ringing(400, 200)
    found = filters.overlaps(taps, filters.WORTH_UNROLLING)
    whole = filters.signed_weights(taps, found)
    assert whole is not None
    table, power = whole
    spare = filters.SPARE_WEIGHTS
    assert np.array_equal(table[100, spare:-spare] * 2.0**-power, taps.weights[100])
    assert not table[:, :spare].any()
    assert not table[:, -spare:].any()
    assert not table[0].any()  # its neighbour overlaps in a way of its own


@pytest.mark.parametrize("weights", [(0.3, 0.7), (1.0, 1 / 256), (-0.5, -0.25), (0.5, np.nan)])
def test_other_weights_are_not_whole(weights: tuple[float, float]) -> None:
    """Not exact, too far apart, none above 0, no numbers."""
    taps = from_lists(102, [(i, weights) for i in range(100)])
    found = filters.overlaps(taps, filters.WORTH_UNROLLING)
    assert len(found) == 1
    assert filters.signed_weights(taps, found) is None
    assert filters.signed_weights(taps, []) is None
