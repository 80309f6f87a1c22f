"""Named parameters of formulas: other numbers from picture to picture, nothing built for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gpumft.device import Device
from gpumft.device.program import Apply, Program, Rect, Stage, adjusted, settings_of
from gpumft.formula import Value, flush, fma, formula, parameter
from gpumft.testing import twin
from gpumft.testing.fake_device import FakeDevice
from tests.contract import backends
from tests.contract.conversions import same_bytes
from tests.contract.program_parts import convert, linear, mix, noise

SETTINGS = [{"gain": 0.25, "lift": 0.5}, {"gain": 1.5, "lift": -0.125}]


def graded(region: Rect | None = None) -> Apply:
    """A formula with two settings; other constants have their numbers."""

    def function(*channels: Value) -> list[Value]:
        gain, lift = parameter(0.75, "gain"), parameter(0.25, "lift")
        return [flush(fma(c * parameter(0.75), gain, lift)) for c in channels]

    return Apply(formula("graded", 3, function), region=region)


def many() -> Apply:
    """A formula with more constants than a launch takes by value."""

    def function(*channels: Value) -> list[Value]:
        made = list(channels)
        for number in range(50):
            made = [fma(c, parameter(1 - number / 3000), parameter(number / 9000)) for c in made]
        return made

    return Apply(formula("many", 3, function))


def program(*stages: Stage) -> Program:
    return convert("rgb24", (9, 5), "yuv420p", size=(12, 7), taps=linear, mixes=list(stages))


PROGRAMS = [
    program(mix(np.eye(3) / 255), graded(), mix(np.eye(3) * 0.75)),
    program(mix(np.eye(3) / 255), graded(Rect(2, 1, 5, 4)), graded()),
    program(mix(np.eye(3) / 255), many(), graded()),
]


@pytest.fixture(params=[*backends.params("cpu", "opencl", "cuda"), "fake"])
def device(request: pytest.FixtureRequest) -> Device:
    return FakeDevice() if request.param == "fake" else backends.device(request.param)


def _empty(program: Program) -> list[Any]:
    shapes = program.target.plane_shapes(program.target_size)
    pairs = zip(shapes, program.target.plane_dtypes(), strict=True)
    return [np.zeros(shape, dtype) for shape, dtype in pairs]


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_run_with_settings_is_that_of_the_program_with_these_numbers(
    device: Device, number: int
) -> None:
    given = PROGRAMS[number]
    assert settings_of(given) == {"gain": 0.75, "lift": 0.25}
    built = device.build(given)
    planes = noise(given.source, given.source_size, seed=1)
    runs: list[Callable[[Any, Any], None]] = [
        lambda made, settings: built(planes, made, settings),
        lambda made, settings: built.batch([(planes, made)] * 2, settings),
    ]
    for settings in (*SETTINGS, None, SETTINGS[0], None):  # none of them is remembered
        wanted = twin.run(given if settings is None else adjusted(given, settings), planes)
        for run in runs:
            made = _empty(given)
            run(made, settings)
            same_bytes(made, wanted)
