"""Every case in which a device has to give the bytes of the CPU, one by one.

`ci/gpu --part identity` runs them on a machine with a GPU; a test runs a part of them on OpenCL.
What is wanted comes from the exact interpreter (`gpumft.testing.twin`), for golden programs, sizes
and large pictures from the CPU engine too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import Any

import numpy as np

from gpumft.device import Device, Pool, Surface, open_device
from gpumft.device.program import Program
from gpumft.media import VideoType
from gpumft.ops import Converter, make_options, plan
from gpumft.testing import frames, twin
from gpumft.transforms import CONVERTIBLE
from tests.contract.conversions import FORMATS, same_bytes, types
from tests.contract.program_parts import Plane, noise
from tests.contract.programs import NAMES, case
from tests.contract.test_conversions import CASES, case_types
from tests.contract.test_golden import apart, dirty, entry, golden
from tests.contract.test_light_matrices import FEW
from tests.contract.test_light_matrices import types as light_types
from tests.device.test_random_programs import any_program

RANDOM_PROGRAMS = 240
BATCHES = (1, 2, 5, 33)
"""Pictures at once; 33 is more than a launch takes."""
_SMALL = (("nv12", "rgb24"), ("rgb24", "yuv420p"), ("yuyv422", "p010le"), ("bgra", "rgba"))
_ODD = ((31, 17), (33, 65), (127, 3), (3, 129), (257, 64), (640, 11))
_HD, _UHD = (1920, 1080), (3840, 2160)


@dataclass(frozen=True)
class Case:
    """One comparison: `run(device)` raises AssertionError where bytes differ."""

    group: str
    name: str
    run: Callable[[Device], None]


def cases() -> Iterator[Case]:
    """Return all cases, those that say most first."""
    for name in NAMES:
        yield Case("golden", name, partial(_golden, name))
        yield Case("golden apart and upside down", name, partial(_golden_apart, name))
        yield Case("golden against the cpu", name, partial(_golden_cpu, name))
        yield Case("golden on surfaces", name, partial(_golden_surfaces, name))
    for seed, given in enumerate(CASES):
        src, dst, options = case_types(given)
        yield _conversion("pairwise", src, dst, seed, **options)
    for source, ours, target, theirs, options in FEW:
        pair = light_types(source, ours, target, theirs, (34, 12), (13, 23))
        yield _conversion("matrices of light", *pair, **options)
    yield from _batches()
    yield from _apertures()
    yield from _measured()
    yield from _sizes()
    yield from _large()
    for number in range(RANDOM_PROGRAMS):
        yield Case("random programs", str(number), partial(_random, number))
    for source, target in product(FORMATS, FORMATS):
        for size in ((13, 9), (8, 5)):
            yield _conversion("pairs of formats", *types(source, (13, 9), target, size))
    names = [str(format) for format in CONVERTIBLE]
    for source, target in product(names, names):
        if not (source in FORMATS and target in FORMATS):
            yield _conversion("other pairs of formats", *types(source, (13, 9), target, (13, 9)))


@cache
def _cpu() -> Device:
    return open_device("cpu")


def _golden(name: str, device: Device) -> None:
    given = case(name)
    target = dirty(given.program)
    device.build(given.program)(list(given.planes), target)
    same_bytes(target, list(twin.run(given.program, given.planes)))
    assert entry(given, target) == golden()[name]


def _golden_apart(name: str, device: Device) -> None:
    given = case(name)
    source = [apart(plane)[1] for plane in given.planes]
    holders, target = zip(*(apart(plane) for plane in dirty(given.program)), strict=True)
    device.build(given.program)(source, list(target))
    assert entry(given, [np.ascontiguousarray(plane) for plane in target]) == golden()[name]
    for holder in holders:
        assert (holder[:, -3:].view(np.uint8) == 0x5A).all()


def _golden_cpu(name: str, device: Device) -> None:
    given = case(name)
    made, wanted = dirty(given.program), dirty(given.program)
    device.build(given.program)(list(given.planes), made)
    _cpu().build(given.program)(list(given.planes), wanted)
    same_bytes(made, wanted)


def _golden_surfaces(name: str, device: Device) -> None:
    given = case(name)
    made = _through_surfaces(device, given.program, [list(given.planes)])
    same_bytes(made[0], list(twin.run(given.program, given.planes)))


def _through_surfaces(
    device: Device, program: Program, pictures: Sequence[list[Plane]]
) -> list[list[Plane]]:
    """Run a program on pictures in the device's memory, without waiting in between."""
    kinds = ((program.source, program.source_size), (program.target, program.target_size))
    sources, targets = (
        Pool(VideoType(format, size), device, maximum=len(pictures)) for format, size in kinds
    )
    built = device.build(program)
    lent: list[Surface] = []
    for planes in pictures:
        with sources.acquire(0) as source:
            source.upload(planes)
            lent.append(targets.acquire(0))
            if device.kind == "cpu":
                built([np.asarray(p) for p in source.planes], [*map(np.asarray, lent[-1].planes)])
            else:
                built(source.raw_planes(), lent[-1].raw_planes())
    return [surface.to_numpy() for surface in lent]


def _conversion(group: str, src: VideoType, dst: VideoType, seed: int = 0, **options: Any) -> Case:
    said = ", ".join(f"{key} {value}" for key, value in options.items())
    name = f"{src.format} {src.size} to {dst.format} {dst.size} {said}".strip()
    return Case(group, name, partial(_convert, src, dst, seed, options))


def _convert(
    src: VideoType, dst: VideoType, seed: int, options: dict[str, Any], device: Device
) -> None:
    planes = frames.noise(src, seed)
    made = Converter(src, dst, device=device, **options)(planes)
    same_bytes(made, list(twin.run(plan(src, dst, make_options(**options)).program, planes)))


def _batches() -> Iterator[Case]:
    jobs: tuple[tuple[str, tuple[int, int], str, tuple[int, int], str], ...] = (
        ("nv12", (34, 10), "rgb24", (34, 10), "bicubic"),
        ("p010le", (33, 17), "gbrp", (20, 9), "lanczos3"),
        ("bgra", (40, 30), "yuv420p", (17, 11), "lanczos3"),
    )
    for (source, size, target, to, taps), count, kind in product(
        jobs, BATCHES, ("arrays", "surfaces")
    ):
        src, dst = types(source, size, target, to)
        name = f"{count} {kind}, {source} {size} to {target} {to}, {taps}"
        yield Case("batches", name, partial(_batch, (src, dst, taps), count, kind))


def _batch(job: tuple[VideoType, VideoType, str], count: int, kind: str, device: Device) -> None:
    src, dst, taps = job
    pictures = [frames.noise(src, seed) for seed in range(count)]
    converter = Converter(src, dst, device=device, filter=taps)
    if kind == "arrays":
        made = converter.batch(pictures)
    else:
        pool = Pool(src, device)
        surfaces = [pool.acquire() for _ in pictures]
        for surface, planes in zip(surfaces, pictures, strict=True):
            surface.upload(planes)
        made = [surface.to_numpy() for surface in converter.batch(surfaces)]
    for found, planes in zip(made, pictures, strict=True):
        same_bytes(found, list(twin.run(converter.plan.program, planes)))


def _apertures() -> Iterator[Case]:
    for target, aperture in product(
        ("nv12", "yuyv422", "v210", "bgra"), ((4, 2, 8, 6), (3, 5, 7, 5))
    ):
        src, dst = types("yuv420p", (11, 9), target, (15, 13), target_colour={"aperture": aperture})
        more = {"background": "red"}
        yield Case("apertures", f"{src} to {dst}", partial(_convert, src, dst, 0, more))


def _measured() -> Iterator[Case]:
    for transfer, size in product(("pq", "hlg"), ((34, 18), (557, 547))):
        src = VideoType("p010le", size, transfer=transfer)
        dst = VideoType("nv12", size, transfer="bt709", primaries="bt709", matrix="bt709")
        yield Case("measured peaks", f"{transfer} {size}", partial(_measure, src, dst))


def _measure(src: VideoType, dst: VideoType, device: Device) -> None:
    pictures = [frames.noise(src, seed) for seed in range(3)]
    ours, theirs = (Converter(src, dst, device=d, peak="detect") for d in (device, _cpu()))
    assert ours.measure(pictures) == theirs.measure(pictures)
    for peaks in (None, [500.0, 500.0, 900.0]):
        made, wanted = (c.batch(pictures, peaks=peaks) for c in (ours, theirs))
        for mine, other in zip(made, wanted, strict=True):
            same_bytes(mine, other)


def _sizes() -> Iterator[Case]:
    for (source, target), width, height in product(_SMALL, range(1, 10), range(1, 10)):
        size, other = (width, height), (10 - width, height + 1)
        yield _conversion("every small size", *types(source, size, target, size))
        yield _conversion("every small size", *types(source, size, target, other))
    for size, (source, target) in product(_ODD, (("nv12", "rgb24"), ("rgb24", "nv12"))):
        yield _conversion("odd sizes", *types(source, size, target, size))
        turned = types(source, size, target, size[::-1])
        yield _conversion("odd sizes", *turned, filter="lanczos3")


def _large() -> Iterator[Case]:
    for source, size, target, to, taps in (
        ("nv12", _HD, "rgb24", _HD, "bicubic"),
        ("rgb24", _HD, "nv12", _HD, "bicubic"),
        ("p010le", _UHD, "rgb24", _HD, "lanczos3"),
        ("yuv420p", _UHD, "yuv420p", _HD, "bicubic"),
        ("bgra", (1919, 1079), "yuv420p10le", (853, 479), "lanczos3"),
    ):
        src, dst = types(source, size, target, to)
        name = f"{source} {size} to {target} {to}, {taps}"
        yield Case("large pictures against the cpu", name, partial(_against_cpu, src, dst, taps))


def _against_cpu(src: VideoType, dst: VideoType, taps: str, device: Device) -> None:
    planes = frames.noise(src, 1)
    made, wanted = (
        Converter(src, dst, device=where, filter=taps)(planes) for where in (device, _cpu())
    )
    same_bytes(made, wanted)


def _random(number: int, device: Device) -> None:
    program = any_program(random.Random(1000 + number))  # noqa: S311 - no secret depends on it
    pictures = [noise(program.source, program.source_size, seed) for seed in (number, number + 1)]
    made = _through_surfaces(device, program, [list(planes) for planes in pictures])
    for found, planes in zip(made, pictures, strict=True):
        same_bytes(found, list(twin.run(program, planes)))
