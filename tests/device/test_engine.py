"""The CPU engine writes exactly what the twin writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from gpumft.device import Device, open_device
from gpumft.device.cpu import engine, lower
from gpumft.errors import InvalidArg, InvalidRequest
from gpumft.media.formats import PixelFormat
from gpumft.testing import twin
from tests.contract import programs
from tests.contract.program_parts import direct, linear, long_taps, nearest, noise, ringing
from tests.device.engine_help import (
    GUARD,
    LAYOUTS,
    assert_same,
    check,
    guarded,
    run,
    straight,
    through_matrix,
)

FORMATS = [
    "yuv420p",
    "nv12",
    "yuv422p",
    "yuv444p",
    "p010le",
    "yuv420p10le",
    "yuyv422",
    "rgb24",
    "bgr24",
    "rgba",
    "bgra",
    "gbrp",
    "gray",
    "grayf32le",
    "gbrpf32le",
]
SMALL = [(w, h) for w in range(1, 10) for h in range(1, 10)]


@pytest.fixture(scope="module")
def device() -> Iterator[Device]:
    with open_device("cpu", threads=1) as opened:
        yield opened


@pytest.mark.parametrize("name", programs.NAMES)
def test_contract_programs(device: Device, name: str) -> None:
    case = programs.case(name)
    assert_same(run(device, case.program, case.planes), twin.run(case.program, case.planes), name)


@pytest.mark.parametrize(("source", "target"), [(a, b) for a, b in product(FORMATS, FORMATS)])
def test_every_pair_of_formats(device: Device, source: str, target: str) -> None:
    kinds = {PixelFormat(f).layout.kind for f in (source, target)}
    program = through_matrix(source, (22, 10), target, (29, 13), ringing)
    if "gray" in kinds or len(kinds) > 1:
        check(device, program)
        return
    check(device, program)
    check(device, straight(source, (22, 10), target, (17, 9), linear))


@pytest.mark.parametrize(
    ("source", "target"),
    [("nv12", "rgb24"), ("rgb24", "yuv420p"), ("yuyv422", "bgra"), ("gbrp", "p010le"),
     ("yuv420p10le", "yuyv422")],
)  # fmt: skip
def test_small_sizes(device: Device, source: str, target: str) -> None:
    for i, (w, h) in enumerate(SMALL):
        to = SMALL[(i * 37 + 5) % len(SMALL)]
        for taps, size in ((nearest, (w, h)), (ringing, to)):
            program = through_matrix(source, (w, h), target, size, taps)
            check(device, program, i, f"{source} {w}x{h} to {target} {size}")


@pytest.mark.parametrize("pair", [("nv12", "yuv420p"), ("yuyv422", "nv12"), ("rgba", "bgra")])
def test_small_sizes_plane_by_plane(device: Device, pair: tuple[str, str]) -> None:
    for i, (w, h) in enumerate(SMALL):
        to = SMALL[(i * 53 + 11) % len(SMALL)]
        check(device, straight(pair[0], (w, h), pair[1], to, linear), i, f"{w}x{h} {to}")


@pytest.mark.parametrize("ratio", [(1, 2), (2, 1), (2, 3), (3, 2), (3, 1), (4, 5), (5, 2), (7, 11)])
def test_rational_ratios(device: Device, ratio: tuple[int, int]) -> None:
    a, b = ratio
    for taps in (ringing, linear, nearest):
        program = direct("gray", (40 * a, 11), "grayf32le", size=(40 * b + 1, 11), taps=taps)
        check(device, program, 3, f"{ratio}")
        program = direct("gray", (40 * a, 11), "gray", size=(40 * b, 9), taps=taps)
        check(device, program, 4, f"{ratio}")


def test_taps_that_jump_back(device: Device) -> None:
    """Rows that a slice needs may lie before those of the slice before."""
    program = direct("gray", (50, 90), "gray", size=(41, 70), taps=long_taps((3, 7, 1), 11))
    check(device, program)
    program = through_matrix("rgb24", (40, 50), "yuv420p", (20, 44), long_taps((5, 2), 21))
    back = long_taps((4, 1, 40), 5)
    writes = [
        replace(w, vertical=back(44, 22), horizontal=back(20, 10)) if w.vertical else w
        for w in program.writes
    ]
    check(device, replace(program, writes=tuple(writes)))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["nv12_to_rgb24", "yuyv_odd_to_rgb24", "rgb24_to_yuyv_odd",
    "turn_270_yuyv", "alpha_weighted", "packed_10_odd", "words_10", "half_to_half",
    "mirror_direct", "yuyv_letterbox_odd", "deep_16", "float_filter", "v210_odd", "v210_border",
    "v210_turned", "formula_regions", "scale_alpha", "dither_yuyv_odd"])  # fmt: skip
def test_strides(device: Device, name: str, layout: str) -> None:
    case = programs.case(name)
    lay = LAYOUTS[layout]
    source = [lay(plane) for plane in case.planes]
    for plane in source:
        plane.setflags(write=False)
    expected = twin.run(case.program, case.planes)
    target = [lay(np.full_like(plane, 3)) for plane in expected]
    device.build(case.program)(source, target)
    assert_same(target, expected, f"{name} {layout}")


@pytest.mark.parametrize("name", programs.NAMES)
def test_nothing_around_the_planes_is_touched(device: Device, name: str) -> None:
    case = programs.case(name)
    expected = twin.run(case.program, case.planes)
    source = []
    for plane in case.planes:
        view, room = guarded(plane.shape, plane.dtype)
        view[...] = plane
        source.append((view, room, room.copy()))
    target = [guarded(plane.shape, plane.dtype) for plane in expected]
    device.build(case.program)([s[0] for s in source], [t[0] for t in target])
    assert_same([t[0] for t in target], expected, name)
    for _, room, before in source:
        np.testing.assert_array_equal(room, before)
    for view, room in target:
        view.view(np.uint8)[...] = GUARD
        assert np.all(room == GUARD)


@pytest.mark.parametrize(
    ("source", "target", "size", "to"),
    [("nv12", "rgb24", (322, 402), (642, 603)), ("rgb24", "nv12", (640, 480), (640, 480)),
     ("yuv420p", "yuv420p", (800, 601), (333, 777)), ("gbrp", "yuyv422", (500, 300), (501, 299))],
)  # fmt: skip
def test_threads_do_not_matter(
    source: str, target: str, size: tuple[int, int], to: tuple[int, int]
) -> None:
    make = straight if source == target else through_matrix
    program = make(source, size, target, to, ringing)
    planes = noise(program.source, size, 5)
    results = []
    for threads in (1, 2, 5):
        with open_device("cpu", threads=threads) as device:
            results.append(run(device, program, planes))
    assert_same(results[1], results[0])
    assert_same(results[2], results[0])
    assert_same(results[0], twin.run(program, planes))


@pytest.mark.parametrize(
    "name", ["formula_chain_420", "formula_regions", "scale_down_420", "scale_alpha",
             "dither_nv12_border", "v210_from_rgb"],
)  # fmt: skip
def test_threads_do_not_matter_to_stages(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In as many bands as there can be."""
    monkeypatch.setattr(engine, "_WORTH_A_THREAD", 1)
    monkeypatch.setattr(lower, "_FEWEST_ROWS", 2)
    case = programs.case(name)
    expected = twin.run(case.program, case.planes)
    for threads in (1, 2, 5):
        with open_device("cpu", threads=threads) as device:
            assert_same(run(device, case.program, case.planes), expected, f"{threads} threads")


def test_wrong_arrays_are_refused_and_nothing_is_written(device: Device) -> None:
    case = programs.case("nv12_to_rgb24")
    out = [np.full((12, 34, 3), 9, np.uint8)]
    built = device.build(case.program)
    luma, chroma = case.planes
    with pytest.raises(InvalidArg, match="source has 1 planes, but nv12 has 2"):
        built([luma], out)
    with pytest.raises(InvalidArg, match=r"source plane 0 is \(11, 34\) uint8, but nv12 at 34x12"):
        built([luma[1:], chroma], out)
    with pytest.raises(InvalidArg, match=r"source plane 1 is .* uint16"):
        built([luma, chroma.astype(np.uint16)], out)
    frozen = out[0].view()
    frozen.setflags(write=False)
    with pytest.raises(InvalidArg, match="target plane 0 is read-only"):
        built([luma, chroma], [frozen])
    assert np.all(out[0] == 9)


def test_a_closed_program_raises_and_others_live_on(device: Device) -> None:
    case = programs.case("copy_gray_odd")
    first, second = device.build(case.program), device.build(case.program)
    first.close()
    first.close()
    out = [np.zeros((5, 17), np.uint8)]
    with pytest.raises(InvalidRequest, match="closed"):
        first(case.planes, out)
    second(case.planes, out)
    assert_same(out, case.planes)
