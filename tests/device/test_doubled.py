"""Chroma doubled where it is painted: which programs, at which widths, with which bytes."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gpumft.device import Device, Program, open_device
from gpumft.device.cpu import engine, lower
from gpumft.device.cpu.bounds import largest_codes
from gpumft.device.cpu.doubling import Doubling, doublings
from gpumft.media import VideoType
from gpumft.ops import make_options, plan
from gpumft.resample.taps import Taps
from gpumft.testing import twin
from tests.contract.program_parts import MakeTaps, Plane, linear, nearest, noise, ringing
from tests.device.engine_help import (
    GUARD,
    LAYOUTS,
    assert_same,
    check,
    check_layout,
    guarded,
    in_child,
    straight,
    through_matrix,
)


@pytest.fixture(scope="module")
def device() -> Iterator[Device]:
    with open_device("cpu", threads=1) as opened:
        yield opened


def kernels(program: Program) -> list[str]:
    """The names of the kernels that the CPU runs."""
    return [name for stage in lower.lower(program, 1).stages for name, _, _ in stage.steps]


def found(program: Program) -> dict[int, Doubling]:
    return doublings(program, largest_codes(program))


def planned(
    source: str, target: str, size: tuple[int, int], to: tuple[int, int] = (0, 0), **options: Any
) -> Program:
    """What a Converter does, with the source's own siting."""
    given = VideoType(source, size, siting=options.pop("siting", "left"))
    return plan(given, VideoType(target, to if to[0] else size), make_options(**options)).program


CASES = [
    ("nv12", "rgb24", "vertical.uint8.4", "load.uint8.2.halves"),
    ("yuv420p", "bgra", "vertical.uint8.2", "load.uint8.1.halves"),
    ("nv16", "bgr24", "load.uint8.2.halves", "load.uint8.2.halves"),
    ("yuv422p", "gbrp", "load.uint8.1.halves", "load.uint8.1.halves"),
    ("p010le", "rgb24", "split.4", "load.uint16.2.halves"),
    ("yuv420p10le", "rgb24", "split.2", "load.uint16.1.halves"),
    ("yuva420p", "rgba", "vertical.uint8.2", "load.uint8.1.halves"),
]
"""Source, target, and a step before the last one: for a filter, for repetition."""


@pytest.mark.parametrize(("source", "target", "filtered", "repeated"), CASES)
def test_every_layout(
    device: Device, source: str, target: str, filtered: str, repeated: str
) -> None:
    for taps, step in ((linear, filtered), (nearest, repeated)):
        program = through_matrix(source, (132, 10), target, (132, 10), taps)
        names = kernels(program)
        assert names[-1].startswith("doubled.")
        assert any(name == step or name.startswith(f"{step}.") for name in names)
        assert not any(name.startswith(("woven", "phases", "gather", "paint")) for name in names)
        check(device, program, what=f"{source} {target} {step}")


@pytest.mark.parametrize("columns", [60, 62, 63, 64, 65, 66, 68, 96, 124, 128, 132, 192])
@pytest.mark.parametrize("taps", [linear, nearest])
def test_widths(device: Device, columns: int, taps: MakeTaps) -> None:
    """From 64 columns on, where 4 divides them: at both edges, and where the last block overlaps.

    Nothing is written beside the rows, and nothing read behind the source's last one.
    """
    for source in ("nv12", "yuv420p"):
        program = through_matrix(source, (columns, 6), "rgb24", (columns, 6), taps)
        doubled = any(name.startswith("doubled.") for name in kernels(program))
        assert doubled == (columns >= 64 and columns % 4 == 0)
        planes = noise(program.source, program.source_size)
        expected = twin.run(program, planes)
        target = [guarded(plane.shape, plane.dtype) for plane in expected]
        device.build(program)(at_the_end(planes), [view for view, _ in target])
        assert_same([view for view, _ in target], expected, f"{source} {columns}")
        for view, room in target:
            view[...] = GUARD
            assert np.all(room == GUARD)


def at_the_end(planes: Sequence[Plane]) -> list[Plane]:
    """The same planes, each at the end of its pages; those behind are not mapped, most likely."""
    made = []
    for plane in planes:
        room = np.frombuffer(mmap.mmap(-1, -(-plane.nbytes // mmap.PAGESIZE) * mmap.PAGESIZE), "u1")
        view = room[room.size - plane.nbytes :].view(plane.dtype).reshape(plane.shape)
        view[...] = plane
        made.append(view)
    return made


@pytest.mark.parametrize("siting", ["left", "center", "topleft"])
@pytest.mark.parametrize("filter", ["bilinear", "bicubic"])
def test_sitings_and_filters(device: Device, siting: str, filter: str) -> None:
    program = planned("nv12", "rgb24", (72, 14), siting=siting, chroma_filter=filter)
    assert kernels(program)[-1].startswith("doubled.uint8.phh.")
    check(device, program, what=f"{siting} {filter}")


@pytest.mark.parametrize("left", [2, 3, 6])
def test_crops_go_on_beside_themselves(device: Device, left: int) -> None:
    """Samples beside a crop are no repeated ones; it may begin between two samples."""
    program = planned("nv12", "rgb24", (90, 24), (72, 14), crop=(left, 3, 72, 14),
                      chroma_filter="bilinear")  # fmt: skip
    assert kernels(program)[-1].startswith("doubled.")
    check(device, program)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_planes_of_any_strides(device: Device, layout: str) -> None:
    for source, target in (("yuv420p", "gbrp"), ("nv12", "rgb24")):
        program = through_matrix(source, (72, 6), target, (72, 6), linear)
        check_layout(device, program, layout)


@pytest.mark.parametrize("source", ["nv12", "yuv420p10le"])
def test_the_scratch_is_enough(
    device: Device, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Edges are repeated within the thread's own memory; nothing of before is taken for them."""
    rooms: list[Plane] = []
    scratch = engine._scratch

    def surrounded(slots: int, size: int) -> Plane:
        own = scratch(slots, size)
        room = np.full((slots, own.shape[1] + 1024), np.nan, np.float32)
        rooms.append(room)
        return room[:, 512:-512]

    monkeypatch.setattr(engine, "_scratch", surrounded)
    program = planned(source, "rgb24", (68, 14), siting="center", chroma_filter="bicubic")
    assert kernels(program)[-1].startswith("doubled.")
    check(device, program)
    (room,) = rooms
    assert np.all(np.isnan(room[:, :512]))
    assert np.all(np.isnan(room[:, -512:]))
    assert not np.all(np.isnan(room))


ELSEWHERE = """
from gpumft.device import open_device
from tests.device.engine_help import check, through_matrix
from tests.device.test_doubled import found, linear

with open_device("cpu", threads=1) as device:
    for target in ("rgb24", "bgra"):
        program = through_matrix("nv12", (76, 6), target, (76, 6), linear)
        assert found(program)
        check(device, program, what=target)
"""


@pytest.mark.parametrize(
    "environment",
    [{"NUMBA_CPU_NAME": "generic"},
     {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": "-avx512f"},
     {"NUMBA_CPU_NAME": "skylake-avx512"}],
    ids=["generic", "avx2", "no byte permutations"],
)  # fmt: skip
def test_other_instruction_sets(environment: dict[str, str]) -> None:
    in_child(environment, ELSEWHERE)


# ---------------------------------------------------------------- when


REFUSED = {
    "direct": straight("yuv420p", (72, 6), "yuv444p", (72, 6), linear),
    "packed target": through_matrix("nv12", (72, 6), "yuyv422", (72, 6), linear),
    "16 bits": through_matrix("nv12", (72, 6), "rgb48le", (72, 6), linear),
    "floats": through_matrix("nv12", (72, 6), "gbrpf32le", (72, 6), linear),
    "scaled": through_matrix("nv12", (72, 6), "rgb24", (144, 12), linear),
    "mirrored": through_matrix("nv12", (72, 6), "rgb24", (72, 6), linear, turn="x"),
    "transposed": through_matrix("nv12", (6, 72), "rgb24", (72, 6), linear, turn="t"),
    "v210": through_matrix("v210", (72, 6), "rgb24", (72, 6), linear),
    "yuyv422": through_matrix("yuyv422", (72, 6), "rgb24", (72, 6), linear),
    "three side by side": planned("rgb24", "gray", (72, 6), (144, 12), filter="bicubic"),
    "four side by side": planned("bgra", "gray", (72, 6), (144, 6), filter="bilinear"),
    "no chroma of half the columns": through_matrix("yuv444p", (72, 6), "rgb24", (72, 6), linear),
}


@pytest.mark.parametrize("what", REFUSED)
def test_all_else_takes_the_steps_that_it_took(what: str) -> None:
    assert found(REFUSED[what]) == {}
    assert not any("doubled" in name for name in kernels(REFUSED[what]))


@pytest.mark.parametrize("source", ["rgb24", "bgra", "gbrp"])
def test_colours_that_become_gray_at_twice_the_width(device: Device, source: str) -> None:
    check(device, planned(source, "gray", (72, 6), (144, 12), filter="bicubic"), what=source)


def test_shaped_codes_take_them_too() -> None:
    for options in ({"dither": "ordered"}, {"legalize": True}):
        program = planned("p010le", "rgb24", (72, 6), chroma_filter="bilinear", **options)
        shaped = any(w.dither or w.limits for w in program.writes)
        assert bool(found(program)) != shaped


def test_edges_that_are_no_repeated_samples() -> None:
    """Weights that are no parts of a power of two, more bits than a float32 has, other edges."""
    assert found(planned("nv12", "rgb24", (72, 6), chroma_filter="lanczos3")) == {}
    assert found(planned("p010le", "rgb24", (72, 6), chroma_filter="bicubic"))
    assert found(through_matrix("yuv420p16le", (72, 6), "rgb24", (72, 6), linear))
    assert found(through_matrix("yuv420p16le", (72, 6), "rgb24", (72, 6), ringing)) == {}
    program = through_matrix("nv12", (72, 6), "rgb24", (72, 6), linear)
    assert sorted(found(program)) == [1, 2]

    def changed(first: float, last: float) -> dict[int, Doubling]:
        reads = []
        for read in program.reads:
            taps = read.horizontal
            if taps.longest > 1:
                weights = taps.weights.copy()
                weights[0, 0], weights[-1, 0] = first, last
                taps = Taps(taps.start, taps.count, weights, taps.source)
            reads.append(replace(read, horizontal=taps))
        return found(replace(program, reads=tuple(reads)))

    assert changed(1.0, 1.0)
    assert changed(0.5, 1.0) == {}
    assert changed(1.0, 0.5) == {}


def test_offsets_are_whole_and_filters_alike() -> None:
    program = through_matrix("nv12", (72, 6), "rgb24", (72, 6), linear)
    y, u, v = program.reads
    for reads in ((replace(y, offset=0.5), u, v), (y, u, replace(v, offset=0.5))):
        assert found(replace(program, reads=reads)) == {}
    other = through_matrix("nv12", (72, 6), "rgb24", (72, 6), nearest).reads[2]
    assert found(replace(program, reads=(y, u, other))) == {}
    check_unlike = replace(program, reads=(y, u, other))
    with open_device("cpu", threads=1) as device:
        check(device, check_unlike)


def test_what_is_not_known_to_fit_is_not_doubled() -> None:
    program = through_matrix("nv12", (72, 6), "rgb24", (72, 6), linear)
    assert found(program)
    assert doublings(program, dict.fromkeys("rgb", 40000.0)) == {}


def test_rounds_begin_at_odd_rows_where_these_share_their_rows() -> None:
    def first(program: Program) -> list[list[int]]:
        rows: list[list[int]] = lower.lower(program, 1).slices[:3].tolist()
        return rows

    odd, even = [[0, 1], [1, 5], [5, 9]], [[0, 4], [4, 8], [8, 12]]
    size = (72, 14)
    assert first(through_matrix("nv12", size, "rgb24", size, linear)) == odd
    assert first(through_matrix("nv12", size, "rgb24", size, nearest)) == even
    assert first(through_matrix("nv16", size, "rgb24", size, linear)) == even
    assert first(through_matrix("nv12", size, "yuv420p", size, linear)) == even


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 6])
def test_few_rows(device: Device, rows: int) -> None:
    check(device, through_matrix("nv12", (64, rows), "rgb24", (64, rows), linear), what=str(rows))
