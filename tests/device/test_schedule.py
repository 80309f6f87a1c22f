"""Launches of programs: how many, and which values decide about machine code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gpumft.device.gpu.draft import TapTable, kind_of
from gpumft.device.gpu.launch import PlaneRef
from gpumft.device.gpu.schedule import schedule
from gpumft.media import PixelFormat, VideoType
from gpumft.ops import make_options, plan
from tests.contract.conversions import FORMATS
from tests.contract.program_parts import from_lists, linear, mix, nearest, ringing
from tests.contract.programs import NAMES, case
from tests.device.engine_help import any_matrix, straight, through_matrix

SIZE = (64, 48)


def names(source: str, target: str, size: tuple[int, int], **options: Any) -> list[str]:
    types = VideoType(source, SIZE), VideoType(target, size)
    made = schedule(plan(*types, make_options(**options)).program)
    return [launch.name for launch in made.launches]


@pytest.mark.parametrize("source", FORMATS)
def test_a_plain_conversion_is_one_launch(source: str) -> None:
    for target in FORMATS:
        assert names(source, target, SIZE) == ["picture"]


@pytest.mark.parametrize("source", ["nv12", "yuv420p", "rgb24", "gbrpf32le", "yuyv422"])
@pytest.mark.parametrize("target", ["nv12", "yuv420p", "rgb24", "gbrpf32le", "yuyv422"])
def test_scaling_with_small_support_is_one_launch(source: str, target: str) -> None:
    assert names(source, target, (96, 72), filter="bilinear") == ["picture"]
    assert names(source, target, (31, 47), filter="nearest") == ["picture"]


def test_long_taps_take_passes() -> None:
    assert names("rgb24", "rgba", (16, 12), filter="bicubic") == ["rows of r g b", "picture"]
    passes = ["rows of y", "rows of u v", "picture"]
    assert names("nv12", "gbrp", (16, 12), filter="lanczos3") == passes
    passes = ["rows of r g b", "pixels", "rows of pixels for u v", "picture"]
    assert names("gbrp", "nv12", (96, 72), filter="lanczos3") == passes


def test_sub_sampled_axes_with_few_taps_take_no_pass_of_their_own() -> None:
    assert names("gbrp", "nv12", SIZE, chroma_filter="bicubic") == ["picture"]
    passes = ["rows of r g b", "pixels", "picture"]
    assert names("gbrp", "nv12", (96, 72), filter="lanczos3", chroma_filter="bilinear") == passes
    assert names("gbrp", "yuv422p", (96, 72), filter="lanczos3") == passes


def test_the_last_launch_reads_only_what_it_needs() -> None:
    program = case("written_long_420").program
    made = schedule(program)
    passes = ["pixels", "rows of pixels for u v", "picture"]
    assert [launch.name for launch in made.launches] == passes
    assert made.between == ((46, 53),) * 3 + ((23, 53),) * 2
    _, second, third = (launch.planes for launch in made.launches)
    y, u, v, rows_of_u, rows_of_v = (PlaneRef("between", k) for k in range(5))
    assert second == (u, v, rows_of_u, rows_of_v)
    assert set(third[:3]) == {y, rows_of_u, rows_of_v}


def test_planes_between_launches() -> None:
    program = through_matrix("rgb24", SIZE, "nv12", (16, 12), ringing)
    made = schedule(program)
    assert [launch.name for launch in made.launches] == ["rows of r g b", "pixels", "picture"]
    assert made.between == ((12, 64),) * 3 + ((12, 16),) * 3
    first, second, third = (launch.planes for launch in made.launches)
    assert first == (PlaneRef("source", 0), *(PlaneRef("between", k) for k in range(3)))
    assert second == tuple(PlaneRef("between", k) for k in range(6))
    between = {PlaneRef("between", k) for k in range(3, 6)}
    assert set(third[:3]) == between
    assert third[3:] == (PlaneRef("target", 0), PlaneRef("target", 1))


def units(*arguments: Any, **options: Any) -> list[str]:
    made = schedule(through_matrix(*arguments, **options))
    return [launch.unit.key("opencl") for launch in made.launches]


def test_sizes_and_numbers_are_no_part_of_a_unit() -> None:
    one = units("nv12", (64, 48), "rgb24", (96, 72), linear)
    assert one == units("nv12", (32, 38), "rgb24", (132, 64), linear)
    assert one != units("nv12", (64, 48), "bgr24", (96, 72), linear)
    assert one != units("nv12", (64, 48), "rgb24", (96, 72), ringing)
    assert one != units("nv12", (64, 48), "rgb24", (96, 72), linear, turn="x")


def test_zeros_of_a_matrix_are_part_of_a_unit() -> None:
    matrix = any_matrix("rgb24", "rgb24")
    keys = []
    for factor in (1.0, 0.5, 0.0):
        matrix[0, 1] = factor
        program = through_matrix("rgb24", (8, 8), "rgb24", (8, 8), nearest)
        given = replace(program, stages=(mix(matrix),))
        keys.append(schedule(given).launches[0].unit.key("cuda"))
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]


@pytest.mark.parametrize(
    ("lists", "kind"),
    [
        ([(k, (1.0,)) for k in range(5)], "SHIFTED"),
        ([(3, (1.0,))], "SHIFTED"),
        ([(k // 2, (1.0,)) for k in range(6)], "NEAREST"),
        ([(k, (0.5,)) for k in range(5)], "TWO"),
        ([(k, (0.5, 0.5)) for k in range(5)], "TWO"),
        ([(k, (0.5, 0.25, 0.25)) for k in range(5)], "FEW"),
        ([(0, (1 / 32,) * 32)], "FEW"),
        ([(0, (1 / 33,) * 33)], "BLOCKS"),
    ],
)
def test_kinds_of_taps(lists: list[tuple[int, tuple[float, ...]]], kind: str) -> None:
    assert kind_of(from_lists(64, lists)) == kind


def test_equal_taps_are_stored_once() -> None:
    table = TapTable()
    taps = linear(9, 21)
    places = table.place(taps)
    assert table.place(linear(9, 21)) == places
    assert table.place(linear(9, 22)) != places
    number = table.numbers([0.25, 0.5])
    array = table.array()
    starts, weights = places
    np.testing.assert_array_equal(array[starts : starts + 42 : 2], taps.start)
    np.testing.assert_array_equal(array[starts + 1 : starts + 42 : 2], taps.count)
    kept = array[weights : weights + taps.weights.size].view(np.float32)
    np.testing.assert_array_equal(kept.reshape(taps.weights.shape), taps.weights)
    assert array[number : number + 2].view(np.float32).tolist() == [0.25, 0.5]


@pytest.mark.parametrize("name", NAMES)
def test_arguments_stay_within_what_opencl_guarantees(name: str) -> None:
    for launch in schedule(case(name).program).launches:
        assert launch.numbers().nbytes + 8 * (1 + len(launch.planes)) <= 1024


def test_many_effects_stay_within_it_too() -> None:
    program = through_matrix("yuva444p", (8, 8), "rgba", (9, 9), linear)
    stages = (*program.stages, *[mix(np.full((3, 3), 0.25))] * 20)
    (launch,) = schedule(replace(program, stages=stages)).launches
    assert launch.numbers().nbytes + 8 * (1 + len(launch.planes)) <= 1024


def test_every_format_has_a_schedule() -> None:
    for format in PixelFormat:
        there = straight(format, (7, 5), format, (9, 4), linear)
        assert len(schedule(there).launches) == 1
