"""Times in 100 ns ("hns") and frame rates.

Thread-safety: pure functions.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import TypeAlias

from gpumft.errors import InvalidArg
from gpumft.media.fields import Ratio, read_ratio

HNS_PER_SECOND = 10_000_000
"""Units of 100 ns in a second."""

Seconds: TypeAlias = float | int | Fraction | str | timedelta
"""What is accepted for seconds: a number, "90", "1:30", "0:01:30.25", a timedelta."""
Time: TypeAlias = int | Fraction | str | timedelta
"""What is accepted for a time: an integer is hns; everything else as `Seconds`."""

_CLOCK = re.compile(r"(-?)(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)")

# MFFrameRateToAverageTimePerFrame answers these from a table; 24000/1001 is none of the roundings.
_TABLE = {
    Fraction(60000, 1001): 166_833,
    Fraction(30000, 1001): 333_667,
    Fraction(24000, 1001): 417_188,
    Fraction(60): 166_667,
    Fraction(30): 333_333,
    Fraction(50): 200_000,
    Fraction(25): 400_000,
    Fraction(24): 416_667,
}
_NEAR = 30
_SLOWEST = 100_000_000


def _rounded(value: Fraction) -> int:
    """The nearest integer; halves go up."""
    return math.floor(value + Fraction(1, 2))


def seconds(value: Seconds) -> int:
    """Return a time given in seconds as hns, rounded to the nearest.

    Args:
        value: seconds as a number (a float by its shortest decimal text), a `timedelta`, or text:
            "12.5", "1:30" (minutes), "1:02:03.5" (hours).

    Raises:
        InvalidArg: anything else, or a number that is not finite.
    """
    if isinstance(value, timedelta):
        return ((value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds) * 10
    if isinstance(value, str):
        return _rounded(_clock(value) * HNS_PER_SECOND)
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise InvalidArg(
            f"seconds are {value!r}; give a finite number, a timedelta or text such as '1:02:03.5'"
        )
    if isinstance(value, Rational):
        exact = Fraction(int(value.numerator), int(value.denominator))
    else:
        exact = Fraction(str(float(value)))
    return _rounded(exact * HNS_PER_SECOND)


def _clock(text: str) -> Fraction:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise InvalidArg(f"time {text!r} is not understood; write '12.5', '1:30' or '1:02:03.5'")
    sign, hours, minutes, rest = match.groups()
    second = Fraction(rest)
    if minutes is not None and second >= 60:
        raise InvalidArg(f"time {text!r} has {rest} seconds beside minutes; they go to 59.9")
    if hours is not None and int(minutes) >= 60:
        raise InvalidArg(f"time {text!r} has {minutes} minutes beside hours; they go to 59")
    total = int(hours or 0) * 3600 + int(minutes or 0) * 60 + second
    return -total if sign else total


def to_hns(value: Time) -> int:
    """Return a time as hns.

    Args:
        value: an integer is hns already; a Fraction, `timedelta` or text is seconds.

    Raises:
        InvalidArg: anything else. A float is refused, for it does not say its unit: write
            `seconds(1.5)`.
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        raise InvalidArg(f"time {value!r} does not say its unit; write seconds({value!r})")
    return seconds(value)


def average_time_per_frame(rate: Ratio | None) -> int:
    """Return the duration of a frame in hns. Source: MFFrameRateToAverageTimePerFrame.

    Eight usual rates come from MF's table (24000/1001 is 417188, not 417083); the rest is rounded.
    For the exact duration see `VideoType.frame_duration`.

    Args:
        rate: frames per second; None or a rate of 0, also (0, n), gives 0.

    Raises:
        InvalidMediaType: a rate that is negative or no number.
    """
    if rate is None or rate == 0 or (isinstance(rate, tuple) and rate[0] == 0):
        return 0
    exact = read_ratio("frame rate", rate)
    return _TABLE.get(exact) or _rounded(HNS_PER_SECOND / exact)


def frame_rate_of(average_time: int) -> Fraction | None:
    """Return frames per second from a duration. Source: MFAverageTimePerFrameToFrameRate.

    Args:
        average_time: hns. Within 30 of an entry of MF's table gives that rate; 10 seconds or more
            gives 1/10.

    Returns:
        The rate, or None for 0.

    Raises:
        InvalidArg: a negative duration.
    """
    if average_time < 0:
        raise InvalidArg(f"a frame lasts {average_time} hns; it must be 0 or more")
    if average_time == 0:
        return None
    for rate, usual in _TABLE.items():
        if abs(average_time - usual) <= _NEAR:
            return rate
    return Fraction(HNS_PER_SECOND, min(average_time, _SLOWEST))
