"""Batches of pictures: the bytes of one by one, in as few launches as the memory allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gpumft.device import Built, Device, DevicePlane, Pool, Surface
from gpumft.device.gpu import runner
from gpumft.device.gpu.batch import batches
from gpumft.device.gpu.runner import GpuRunner
from gpumft.device.gpu.schedule import schedule
from gpumft.device.program import Program
from gpumft.errors import Fail, InvalidArg
from gpumft.media import VideoType
from gpumft.testing import twin
from tests.contract import backends
from tests.contract.conversions import same_bytes
from tests.contract.program_parts import mix, noise
from tests.contract.programs import NAMES, case
from tests.contract.test_golden import dirty

SLOT = 1000


@pytest.fixture(params=backends.params("opencl", "oclgrind", "cuda"))
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


@pytest.fixture(params=backends.params("opencl", "cuda"))
def fast(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


class Counted:
    """Counts what a device launches; the pictures of each launch."""

    def __init__(self, device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
        self.launches: list[int] = []
        machine: Any = device.machine  # type: ignore[attr-defined] # devices of kernels have one
        really: Callable[..., None] = machine.launch

        def launch(kernel: Any, grid: tuple[int, int, int], arguments: Any) -> None:
            self.launches.append(grid[2])
            really(kernel, grid, arguments)

        monkeypatch.setattr(machine, "launch", launch)


def pictures(program: Program, count: int) -> list[list[np.ndarray]]:
    return [list(noise(program.source, program.source_size, seed)) for seed in range(count)]


def surfaces(
    device: Device, program: Program, given: list[list[np.ndarray]]
) -> tuple[list[Surface], list[Surface]]:
    pools = [
        Pool(VideoType(program.source, program.source_size), device),
        Pool(VideoType(program.target, program.target_size), device),
    ]
    for pool in pools:
        pool.fill(len(given))
    sources, targets = ([pool.acquire() for _ in given] for pool in pools)
    for surface, planes in zip(sources, given, strict=True):
        surface.upload(planes)
    return sources, targets


def convert(built: Built, sources: list[Surface], targets: list[Surface]) -> list[Any]:
    pairs = zip(sources, targets, strict=True)
    built.batch([(source.raw_planes(), target.raw_planes()) for source, target in pairs])
    return [target.to_numpy() for target in targets]


@pytest.mark.parametrize(
    "name", ["nv12_to_rgb24", "p010_down_to_gbrp", "v210_odd", "alpha_weighted"]
)
def test_surfaces_of_a_pool_share_each_launch(
    device: Device, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = case(name).program
    given = pictures(program, 5)
    sources, targets = surfaces(device, program, given)
    built = device.build(program)
    counted = Counted(device, monkeypatch)
    made = convert(built, sources, targets)
    assert counted.launches == [5] * built.launches
    for found, planes in zip(made, given, strict=True):
        same_bytes(found, list(twin.run(program, planes)))


@pytest.mark.parametrize(
    "name",
    [
        "formula_chain_420", "formula_regions", "formula_alpha_weighted", "scale_down_420",
        "scale_turned_border", "scale_alpha", "dither_420_odd", "dither_nv12_border",
        "dither_direct_scaled", "written_long_420", "written_nv12_border",
    ],
)  # fmt: skip
def test_stages_and_patterns_are_the_same_in_every_picture_of_a_launch(
    fast: Device, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planes between the launches are each picture's own, patterns all pictures' own."""
    program = case(name).program
    given = pictures(program, 3)
    sources, targets = surfaces(fast, program, [*given, given[0]])
    built = fast.build(program)
    counted = Counted(fast, monkeypatch)
    made = convert(built, sources, targets)
    assert counted.launches == [4] * built.launches
    for found, planes in zip(made, given, strict=False):
        same_bytes(found, list(twin.run(program, planes)))
    same_bytes(made[3], made[0])


def test_more_numbers_than_arguments_have_room_for(fast: Device) -> None:
    given = case("formula_chain").program
    many = [mix(np.eye(3) * (1 + k / 64) + k / 512) for k in range(-6, 7)]
    program = replace(given, stages=(*given.stages, *many))
    (launch,) = schedule(program).launches
    assert len(launch.floats) == 96
    planes = pictures(program, 2)
    made = convert(fast.build(program), *surfaces(fast, program, planes))
    for found, picture in zip(made, planes, strict=True):
        same_bytes(found, list(twin.run(program, picture)))


OTHERS = [name for name in NAMES if not name.startswith(("formula", "scale", "dither", "written"))]


@pytest.mark.parametrize("name", OTHERS[::3])
def test_every_kind_of_program(fast: Device, name: str) -> None:
    program = case(name).program
    given = [*pictures(program, 2), list(case(name).planes)]
    made = convert(fast.build(program), *surfaces(fast, program, given))
    for found, planes in zip(made, given, strict=True):
        same_bytes(found, list(twin.run(program, planes)))


def test_more_than_a_launch_takes(fast: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    program = case("nv12_to_rgb24").program
    given = pictures(program, 70)
    sources, targets = surfaces(fast, program, given)
    counted = Counted(fast, monkeypatch)
    made = convert(fast.build(program), sources, targets)
    assert counted.launches == [32, 32, 6]
    same_bytes(made[-1], list(twin.run(program, given[-1])))


def test_what_lies_between_launches_is_bounded(
    fast: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = case("bgr24_odd_to_nv12").program
    found: Any = fast
    made = GpuRunner(program, found.machine, found.memory.used)
    before = made.scratch
    step = made._between.step
    monkeypatch.setattr(runner, "_MOST_BETWEEN", 3 * step)
    small = GpuRunner(program, found.machine, found.memory.used)
    assert (made.frames, small.frames) == (32, 3)
    given = pictures(program, 7)
    sources, targets = surfaces(fast, program, given)
    counted = Counted(fast, monkeypatch)
    small.run_batch(
        [(s.raw_planes(), t.raw_planes()) for s, t in zip(sources, targets, strict=True)]
    )
    assert counted.launches == [3, 3, 3, 3, 1, 1]
    assert small.scratch == before + 2 * step
    for surface, planes in zip(targets, given, strict=True):
        same_bytes(surface.to_numpy(), list(twin.run(program, planes)))
    small.close()
    made.close()


def test_one_picture_is_what_another_is_made_of(
    fast: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = case("copy_gray_odd").program
    given = pictures(program, 2)
    (first, second), (third, fourth) = surfaces(fast, program, given)
    counted = Counted(fast, monkeypatch)
    chain = [(first, third), (third, fourth), (second, third)]
    fast.build(program).batch([(s.raw_planes(), t.raw_planes()) for s, t in chain])
    assert counted.launches == [1, 1, 1]
    same_bytes(fourth.to_numpy(), given[0])
    same_bytes(third.to_numpy(), given[1])


def test_arrays_and_surfaces_in_one_batch(fast: Device) -> None:
    program = case("nv12_to_rgb24").program
    given = pictures(program, 6)
    sources, targets = surfaces(fast, program, given)
    out = [dirty(program) for _ in given]
    pairs: list[Any] = [
        (given[0], out[0]),
        (sources[1].raw_planes(), targets[1].raw_planes()),
        (sources[2].raw_planes(), targets[2].raw_planes()),
        (given[3], targets[3].raw_planes()),
        (sources[4].raw_planes(), out[4]),
        (given[5], out[5]),
    ]
    fast.build(program).batch(pairs)
    made = [out[0], *(targets[k].to_numpy() for k in (1, 2, 3)), out[4], out[5]]
    for found, planes in zip(made, given, strict=True):
        same_bytes(found, list(twin.run(program, planes)))


def test_arrays_that_read_what_others_wrote(fast: Device) -> None:
    program = case("copy_gray_odd").program
    given = pictures(program, 2)
    first, second = dirty(program), dirty(program)
    fast.build(program).batch([(given[0], first), (first, second), (given[1], first)])
    same_bytes(second, given[0])
    same_bytes(first, given[1])


def test_a_wrong_picture_stops_all_before_anything_is_written(fast: Device) -> None:
    program = case("copy_gray_odd").program
    given, out = pictures(program, 2), [dirty(program) for _ in range(2)]
    with pytest.raises(InvalidArg, match="source plane 0 is"):
        fast.build(program).batch([(given[0], out[0]), ([given[1][0][1:]], out[1])])
    same_bytes(out[0], dirty(program))


def test_a_failure_on_the_way_leaves_the_program_usable(
    fast: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = case("copy_gray_odd").program
    found: Any = fast
    built = fast.build(program)
    given, out = pictures(program, 5), [dirty(program) for _ in range(5)]
    really, calls = found.machine.launch, []

    def fails(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 3:
            raise Fail("the third launch")
        really(*given)

    monkeypatch.setattr(found.machine, "launch", fails)
    with pytest.raises(Fail, match="the third launch"):
        built.batch(list(zip(given, out, strict=True)))
    same_bytes(out[4], dirty(program))
    built.batch(list(zip(given, out, strict=True)))
    for planes, copy in zip(given, out, strict=True):
        same_bytes(copy, planes)


def plane(memory: int, offset: int, pitch: int = 10) -> DevicePlane:
    return DevicePlane(memory, offset, pitch, (10, 10), np.dtype(np.uint8))


def place(memory: Any) -> tuple[int, int]:
    """Slab is the thousands; the memory begins there at what is left."""
    return memory // SLOT, memory % SLOT


def lengths(*found: tuple[list[DevicePlane], list[DevicePlane]], most: int = 32) -> list[int]:
    made = list(batches(found, most, place))
    assert sum(map(len, made)) == len(found)
    return [len(batch) for batch in made]


def test_what_goes_together() -> None:
    apart = [([plane(0, 100 * k)], [plane(SLOT, 100 * k)]) for k in range(5)]
    assert lengths(*apart) == [5]
    assert lengths(*apart, most=2) == [2, 2, 1]
    assert lengths(*apart[::-1]) == [5]
    two = [([plane(0, 200 * k), plane(0, 200 * k + 100)], [plane(SLOT, 100 * k)]) for k in range(3)]
    assert lengths(*two) == [3]
    ragged = ([plane(0, 600), plane(0, 750)], [plane(SLOT, 300)])
    assert lengths(*two, ragged, two[0]) == [3, 1, 1]
    elsewhere = ([plane(2 * SLOT, 0)], [plane(SLOT, 900)])
    assert lengths(*apart, elsewhere) == [5, 1]
    within = ([plane(40, 460)], [plane(SLOT, 500)])
    assert lengths(*apart, within) == [6]
    wider = ([plane(0, 500, 12)], [plane(SLOT, 500)])
    assert lengths(*apart, wider) == [5, 1]
    assert lengths(([plane(0, 90, -10)], [plane(SLOT, 0)]), *apart[1:]) == [1, 4]


def test_what_overlaps_stays_apart() -> None:
    same_source = [([plane(0, 0)], [plane(SLOT, 100 * k)]) for k in range(3)]
    assert lengths(*same_source) == [3]
    same_target = [([plane(0, 100 * k)], [plane(SLOT, 0)]) for k in range(3)]
    assert lengths(*same_target) == [1, 1, 1]
    touching = [([plane(0, 0)], [plane(SLOT, 0)]), ([plane(0, 0)], [plane(SLOT, 99)])]
    assert lengths(*touching) == [1, 1]
    chain = [([plane(0, 100 * k)], [plane(0, 100 * k + 100)]) for k in range(3)]
    assert lengths(*chain) == [1, 1, 1]
    backwards = chain[::-1]
    assert lengths(*backwards) == [1, 1, 1]
    onto_itself = [([plane(0, 100 * k)], [plane(0, 100 * k)]) for k in range(2)]
    assert lengths(*onto_itself) == [1, 1]


def test_every_golden_program_takes_32_pictures_a_launch() -> None:
    for name in NAMES:
        assert {launch.frames for launch in schedule(case(name).program).launches} == {32}
