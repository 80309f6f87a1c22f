"""Blocks of many pixels: 16 bytes at a time give the bytes of one at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gpumft.device.gpu import runner
from gpumft.device.gpu.block_taps import block_taps
from gpumft.device.gpu.launch import Schedule
from gpumft.device.gpu.runner import GpuRunner
from gpumft.device.gpu.schedule import schedule
from gpumft.device.gpu.wide import RowPart, wide_block
from gpumft.device.opencl import OpenCLDevice
from gpumft.device.program import Program
from gpumft.effects import sepia
from gpumft.media import VideoType
from gpumft.ops import make_options, plan
from gpumft.testing import twin
from tests.contract import backends
from tests.contract.program_parts import from_lists, linear, noise
from tests.device.engine_help import assert_same
from tests.device.gpu_help import Guarded
from tests.device.test_batches import convert, pictures, surfaces

SIZE = (147, 7)
"""Nine blocks of 16 pixels and three pixels; an odd number of rows."""
LAYOUTS: dict[str, dict[str, Any]] = {
    "aligned": {"align": 16},
    "upside down": {"align": 16, "bottom_up": True},
    "words": {"align": 4, "spare": 20},
    "odd": {"spare": 25},
}
CASES: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "yuv420p yuv420p, half": ("yuv420p", "yuv420p", {}, {"filter": "bicubic"}),
    "nv12 p010le, half": ("nv12", "p010le", {}, {"filter": "lanczos3"}),
    "yuv420p rgb24, half": ("yuv420p", "rgb24", {}, {"filter": "bicubic"}),
    "gbrpf32le rgbaf16le, half": ("gbrpf32le", "rgbaf16le", {}, {"filter": "bilinear"}),
    "nv12 nv12, twice": ("nv12", "nv12", {}, {"filter": "bicubic"}),
    "nv12 rgb24": ("nv12", "rgb24", {}, {}),
    "nv12 rgb24, chroma between columns": ("nv12", "rgb24", {"siting": "center"}, {}),
    "p010le rgbaf16le, chroma repeated": ("p010le", "rgbaf16le", {}, {"chroma_filter": "nearest"}),
    "yuv420p bgra": ("yuv420p", "bgra", {"siting": "topleft"}, {}),
    "yuva420p rgbaf32le": ("yuva420p", "rgbaf32le", {}, {}),
    "yuv422p10le gbrpf32le": ("yuv422p10le", "gbrpf32le", {}, {}),
    "yuyv422 rgb24": ("yuyv422", "rgb24", {}, {}),
    "y210le x2rgb10le": ("y210le", "x2rgb10le", {}, {}),
    "rgb24 nv12": ("rgb24", "nv12", {}, {"dither": "ordered"}),
    "bgra yuv420p10le": ("bgra", "yuv420p10le", {}, {"effects": (sepia(),)}),
    "gbrpf32le yuyv422": ("gbrpf32le", "yuyv422", {}, {}),
    "rgbaf16le p010le": ("rgbaf16le", "p010le", {}, {}),
    "nv12 yuv420p10le": ("nv12", "yuv420p10le", {}, {}),
    "gray nv12": ("gray", "nv12", {}, {}),
    "rgb565le bgr24": ("rgb565le", "bgr24", {}, {}),
}


def program(name: str, size: tuple[int, int] = SIZE) -> Program:
    source, target, fields, options = CASES[name]
    width, height = size
    even = width + width % 2, height + height % 2
    scaled = {
        "half": ((2 * width, 2 * height), size),
        "twice": ((even[0] // 2, even[1] // 2), even),
    }
    of, to = scaled.get(name.rpartition(", ")[2], (size, size))
    src, dst = VideoType(source, of, **fields), VideoType(target, to)
    return plan(src, dst, make_options(**options)).program


@pytest.fixture(params=backends.params("opencl", "oclgrind"))
def device(request: pytest.FixtureRequest) -> OpenCLDevice:
    found = backends.device(request.param)
    assert isinstance(found, OpenCLDevice)
    return found


@pytest.mark.parametrize(
    ("backend", "name"),
    [backends.param("opencl", name) for name in CASES]
    + [backends.param("oclgrind", name) for name in list(CASES)[::3]],
)
def test_the_bytes_of_every_layout(backend: str, name: str) -> None:
    device = backends.device(backend)
    assert isinstance(device, OpenCLDevice)
    made = program(name)
    assert wide_block(made) is not None
    planes = noise(made.source, made.source_size, 1)
    wanted = twin.run(made, planes)
    built = device.build(made)
    assert built.launches == 1
    for told, layout in LAYOUTS.items():
        source = Guarded(device.machine, made.source, made.source_size, **layout)
        target = Guarded(device.machine, made.target, made.target_size, **layout)
        source.put(planes)
        built(source.planes, target.planes)
        assert_same(target.take(), wanted, f"{name}, {told}")


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch, device: OpenCLDevice) -> GpuRunner:
    """A runner whose launch has only the work items of wide blocks."""

    def only_wide(program: Program, *, wide: bool) -> Schedule:
        (launch,) = (made := schedule(program, wide=wide)).launches
        block = wide_block(program)
        assert block is not None
        given = dict(launch.unit.parts[-1].defines)
        items, count = (int(given[key][5:-1]) for key in ("ITEMS_X", "WIDE_X"))
        assert launch.ints[count] == block.count
        ints = list(launch.ints)
        ints[items] = block.count
        fewer = replace(launch, ints=tuple(ints), grid=(block.count, launch.grid[1]))
        return replace(made, launches=(fewer,))

    monkeypatch.setattr(runner, "schedule", only_wide)
    return GpuRunner(program("nv12 rgb24"), device.machine, device._memory.used)


MIXED = [(one, one) for one in LAYOUTS] + [("aligned", "odd"), ("words", "aligned")]


@pytest.mark.parametrize(("read", "written"), MIXED)
def test_wide_blocks_alone(device: OpenCLDevice, half: GpuRunner, read: str, written: str) -> None:
    """They make whole blocks wherever rows begin, and nothing else."""
    made = program("nv12 rgb24")
    planes = noise(made.source, made.source_size, 1)
    (wanted,) = twin.run(made, planes)
    source = Guarded(device.machine, made.source, SIZE, **LAYOUTS[read])
    target = Guarded(device.machine, made.target, SIZE, **LAYOUTS[written])
    before = np.full_like(wanted, 0x5A)
    target.put([before])
    source.put(planes)
    half.run(source.planes, target.planes)
    before[:, :144] = wanted[:, :144]
    assert_same(target.take(), [before])


def test_a_batch(device: OpenCLDevice) -> None:
    made = program("nv12 rgb24")
    given = pictures(made, 3)
    found = convert(device.build(made), *surfaces(device, made, given))
    for planes, picture in zip(found, given, strict=True):
        assert_same(planes, twin.run(made, picture))


def test_a_device_can_be_told_to_access_words(device: OpenCLDevice) -> None:
    made = program("nv12 yuv420p10le")
    assert _is_wide(schedule(made))
    assert not _is_wide(schedule(made, wide=False))
    planes = noise(made.source, made.source_size, 1)
    target = Guarded(device.machine, made.target, SIZE, align=16)
    built = device.build_by_words(made)
    built(planes, target.planes)
    assert_same(target.take(), twin.run(made, planes))


def _is_wide(made: Schedule) -> bool:
    return "WIDE" in dict(made.launches[-1].unit.defines)


@pytest.mark.parametrize(
    ("name", "size", "block"),
    [
        ("nv12 rgb24", (1920, 1080), (16, 1, 0, 119)),  # the last one has no next chroma sample
        ("nv12 rgb24, chroma between columns", (1920, 1080), (16, 1, 1, 118)),
        ("rgb24 nv12", (1920, 1080), (16, 2, 1, 119)),
        ("p010le rgbaf16le, chroma repeated", (1920, 1080), (8, 1, 0, 240)),
        ("yuva420p rgbaf32le", (1920, 1080), (8, 1, 0, 239)),  # four have no whole word of chroma
        ("nv12 yuv420p10le", (1919, 1079), (16, 2, 0, 119)),
        ("yuv420p yuv420p, half", (1920, 1080), (8, 2, 1, 238)),
        ("yuv420p rgb24, half", (1920, 1080), (8, 1, 1, 238)),
    ],
)
def test_blocks(name: str, size: tuple[int, int], block: tuple[int, ...]) -> None:
    found = wide_block(program(name, size))
    assert found is not None
    assert (found.across, found.down, found.first, found.count) == block


def test_the_place_of_a_crop_is_no_part_of_a_unit() -> None:
    src, dst = VideoType("nv12", (400, 64)), VideoType("rgb24", (320, 64))
    made = [
        schedule(plan(src, dst, make_options(crop=(x, 0, 320, 64))).program).launches[0]
        for x in (16, 32, 34)
    ]
    assert len({launch.unit for launch in made}) == 1


def test_sizes_are_no_part_of_a_unit() -> None:
    for name in (
        "yuv420p yuv420p, half",
        "nv12 rgb24, chroma between columns",
        "rgb24 nv12",
        "yuyv422 rgb24",
    ):
        units = {schedule(program(name, s)).launches[0].unit for s in (SIZE, (1920, 1080))}
        assert len(units) == 1


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith(("half", "twice"))])
def test_halves_and_doubles_are_one_launch(name: str) -> None:
    made = program(name, (1920, 1080))
    assert len(schedule(made).launches) == 1
    assert schedule(made).between == ()
    first = made.reads[0]
    if first.horizontal.longest * first.vertical.longest > 16:
        passes = schedule(made, wide=False)
        assert passes.launches[0].name == "rows of y"
        assert passes.between != ()


@pytest.mark.parametrize(
    ("source", "target", "size", "options"),
    [
        ("nv12", "rgb24", (64, 8), {}),  # three blocks, and one at the edge
        ("nv12", "rgb24", (160, 8), {"rotate": 90}),
        ("v210", "rgb24", (160, 8), {}),
        ("rgb24", "v210", (160, 8), {}),
    ],
)
def test_what_is_not_wide(
    source: str, target: str, size: tuple[int, int], options: dict[str, Any]
) -> None:
    to = size[::-1] if "rotate" in options else size
    made = plan(VideoType(source, size), VideoType(target, to), make_options(**options)).program
    assert not _is_wide(schedule(made))


def test_accesses() -> None:
    assert [(t.words, t.word, t.at) for t in RowPart(48, 0, 12).transfers()] == [
        (4, 0, 0), (4, 4, 16), (4, 8, 32),
    ]  # fmt: skip
    found = [(t.words, t.word, t.at) for t in RowPart(16, -1, 7).transfers()]
    assert found == [(1, 0, -4), (4, 1, 0), (2, 5, 16)]
    assert [t.words for t in RowPart(8, -1, 4).transfers()] == [1, 2, 1]
    assert [t.words for t in RowPart(12, 0, 3).transfers()] == [1, 1, 1]
    assert [RowPart(n, 0, 0).alignment for n in (64, 48, 24, 8, 4)] == [16, 16, 8, 8, 4]


def test_taps_that_repeat() -> None:
    twice = from_lists(8, [(max(0, (k - 1) // 2), (0.25, 0.75)[: 1 + k % 2]) for k in range(16)])
    found = block_taps(twice, 4, 2, (-1, 5), 4)
    assert found is not None
    assert (found.halved, found.stride) == (1, 1)
    assert found.phases == ((-1, (0.25,)), (0, (0.25, 0.75)))
    assert found.fitting.tolist() == [False, True, True, False]
    assert found.span(0, 4) == (-1, 3)
    pairs = from_lists(32, [(2 * k, (0.5, 0.5)) for k in range(16)])
    found = block_taps(pairs, 4, 8, (0, 4), 5)
    assert found is not None
    assert (found.halved, found.stride, found.phases) == (0, 2, ((0, (0.5, 0.5)),))
    assert found.fitting.tolist() == [True] * 4 + [False]
    assert found.span(0, 4) == (0, 8)
    assert block_taps(linear(12, 16), 4, 3, (0, 4), 4) is None
