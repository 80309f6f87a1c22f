from datetime import timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import average_time_per_frame, frame_rate_of, seconds, to_hns


@pytest.mark.parametrize(
    ("value", "hns"),
    [
        (0, 0),
        (1, 10_000_000),
        (-2, -20_000_000),
        (1.5, 15_000_000),
        (0.1, 1_000_000),
        (0.00000005, 1),
        (0.00000004, 0),
        (-0.00000005, 0),
        (Fraction(1, 3), 3_333_333),
        (Fraction(1001, 30000), 333_667),
        (np.float64(0.25), 2_500_000),
        (np.int64(3), 30_000_000),
        (timedelta(seconds=1, microseconds=1), 10_000_010),
        (timedelta(days=-1), -864_000_000_000),
        ("12.5", 125_000_000),
        ("1:30", 900_000_000),
        ("0:01:30.25", 902_500_000),
        ("100:00:00", 3_600_000_000_000),
        ("90:00", 54_000_000_000),
        ("-0:01", -10_000_000),
        (" .5 ", 5_000_000),
    ],
)
def test_seconds(value: Any, hns: Any) -> None:
    assert seconds(value) == hns
    assert type(seconds(value)) is int


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "one",
        "1:60",
        "1:60:00",
        "1:2:3:4",
        "1e3",
        "--1",
        float("nan"),
        float("inf"),
        None,
        True,
        [],
    ],
)
def test_what_is_no_time_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidArg):
        seconds(wrong)


def test_integers_are_hns_and_the_rest_seconds() -> None:
    assert to_hns(417_083) == 417_083
    unchecked: Any = to_hns
    assert unchecked(np.int64(5)) == 5
    assert to_hns(Fraction(1, 2)) == 5_000_000
    assert to_hns(timedelta(milliseconds=1)) == 10_000
    assert to_hns("0:01") == 10_000_000
    with pytest.raises(InvalidArg, match=r"seconds\(1.5\)"):
        unchecked(1.5)
    with pytest.raises(InvalidArg):
        unchecked(True)


RATES = [
    ((60000, 1001), 166_833),
    ((30000, 1001), 333_667),
    ((24000, 1001), 417_188),
    (60, 166_667),
    (30, 333_333),
    (50, 200_000),
    (25, 400_000),
    (24, 416_667),
]


@pytest.mark.parametrize(
    ("rate", "time"), [*RATES, (39, 256_410), (120, 83_333), (0, 0), ((0, 5), 0), (None, 0)]
)
def test_average_time_per_frame(rate: Any, time: Any) -> None:
    assert average_time_per_frame(rate) == time


def test_a_negative_rate_is_refused() -> None:
    with pytest.raises(InvalidMediaType, match="more than 0"):
        average_time_per_frame(-25)


@pytest.mark.parametrize(("rate", "time"), RATES)
def test_the_table_answers_within_30(rate: Any, time: Any) -> None:
    wanted = Fraction(*rate) if isinstance(rate, tuple) else Fraction(rate)
    for near in (time - 30, time, time + 30):
        assert frame_rate_of(near) == wanted
    for far in (time - 31, time + 31):
        assert frame_rate_of(far) == Fraction(10_000_000, far)


@pytest.mark.parametrize(
    ("time", "rate"),
    [
        (256_410, Fraction(1_000_000, 25_641)),
        (83_333, Fraction(10_000_000, 83_333)),
        (2_000_000, 5),
        (10_000_000, 1),
        (20_000_000, Fraction(1, 2)),
        (99_999_999, Fraction(10_000_000, 99_999_999)),
        (100_000_000, Fraction(1, 10)),
        (1_000_000_000, Fraction(1, 10)),
        (0, None),
    ],
)
def test_frame_rate_of(time: Any, rate: Any) -> None:
    assert frame_rate_of(time) == rate


def test_a_negative_time_is_refused() -> None:
    with pytest.raises(InvalidArg):
        frame_rate_of(-1)


@given(st.integers(-(10**12), 10**12))
def test_hns_as_fractions_of_a_second_are_exact(hns: Any) -> None:
    assert seconds(Fraction(hns, 10_000_000)) == hns == to_hns(hns)


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 59), st.integers(0, 9_999_999))
def test_clock_text_is_exact(hours: Any, minutes: Any, whole: Any, part: Any) -> None:
    hns = ((hours * 60 + minutes) * 60 + whole) * 10_000_000 + part
    assert seconds(f"{hours}:{minutes:02}:{whole:02}.{part:07}") == hns
