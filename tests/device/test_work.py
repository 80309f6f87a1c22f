"""What a launch costs, counted by hand."""

from __future__ import annotations

import pytest

from gpumft.device.gpu.schedule import schedule
from gpumft.device.gpu.work import Work
from gpumft.device.program import Program
from tests.contract.program_parts import convert, direct, linear, long_taps, mix


def work(program: Program) -> list[Work]:
    return [launch.work for launch in schedule(program).launches]


def test_a_copy() -> None:
    (found,) = work(direct("gray", (16, 4), "gray"))
    # A sample: read and made a float; scaled, made a code. Four codes are stored at once.
    assert found == Work(multiply_adds=64, accesses=64 + 16, conversions=2 * 64)


def test_a_float_is_not_converted_when_it_is_read() -> None:
    (found,) = work(direct("grayf32le", (16, 4), "gray"))
    assert found.conversions == 64


def test_two_taps_each_way() -> None:
    (found,) = work(direct("gray", (16, 4), "gray", size=(32, 8), taps=linear))
    samples = 32 * 8
    rows = Work(multiply_adds=2, accesses=2 + 4, conversions=2)  # 2 samples, 4 words of the table
    columns = rows.times(2) + Work(multiply_adds=2, accesses=4)
    written = Work(multiply_adds=1, conversions=1)
    assert found == (columns + written).times(samples) + Work(accesses=samples // 4)


def test_a_matrix_counts_what_is_not_zero() -> None:
    rows = ((0.5, 0.25, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.0))
    (found,) = work(convert("gbrp", (8, 2), "gbrp", mixes=[mix(rows)]))
    assert found.multiply_adds == 16 * (3 + 3)
    assert found.conversions == 16 * (3 + 3)


@pytest.mark.parametrize("longest", [6, 40])
def test_passes_are_counted_apart(longest: int) -> None:
    taps = long_taps((longest,), 3)
    program = direct("gray", (64, 64), "gray", size=(20, 20), taps=taps)
    rows, picture = work(program)
    assert program.reads[0].vertical.longest == program.reads[0].horizontal.longest == longest
    assert rows.multiply_adds == 20 * 64 * longest
    assert rows.conversions == 20 * 64 * longest
    assert rows.accesses == 20 * 64 * (longest + longest + 2 + 1)
    assert picture.multiply_adds == 20 * 20 * (longest + 1)
    assert picture.conversions == 20 * 20
