"""Programs put together by chance equal the twin on OpenCL, arrays and planes of its memory."""

from __future__ import annotations

import random

import pytest

from gpumft.device.opencl import OpenCLDevice
from gpumft.testing import twin
from tests.contract import backends
from tests.contract.program_parts import noise
from tests.device.engine_help import LAYOUTS, assert_same, run
from tests.device.gpu_help import Guarded
from tests.device.test_random_programs import any_program

COUNT = 12


@pytest.mark.parametrize(
    ("backend", "seed"),
    [backends.param(name, seed) for name in ("opencl", "oclgrind") for seed in range(4)],
)
def test_any_program(backend: str, seed: int) -> None:
    device = backends.device(backend)
    assert isinstance(device, OpenCLDevice)
    chance = random.Random(100 + seed)  # noqa: S311 - no secret depends on it
    for number in range(COUNT):
        program = any_program(chance)
        planes = noise(program.source, program.source_size, number)
        expected = twin.run(program, planes)
        what = (
            f"seed {seed}, program {number}: {program.source} {program.source_size} to "
            f"{program.target} {program.target_size}, inner {program.inner}"
        )
        if chance.random() < 0.5:
            laid = [chance.choice(list(LAYOUTS.values()))(plane) for plane in planes]
            assert_same(run(device, program, laid), expected, what)
            continue
        upwards = chance.random() < 0.5
        source = Guarded(device.machine, program.source, program.source_size, bottom_up=upwards)
        target = Guarded(device.machine, program.target, program.target_size, bottom_up=not upwards)
        source.put(planes)
        device.build(program)(source.planes, target.planes)
        assert_same(target.take(), expected, what)
