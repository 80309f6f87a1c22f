"""Formulas and mixes on their way to machine code: what is joined, and what is reused."""

from __future__ import annotations

import numpy as np

from gpumft.device.cpu import layout, lower
from gpumft.device.cpu.fused import fused
from gpumft.device.gpu.schedule import schedule
from gpumft.device.program import Apply, Mix, Program, Rect, Stage
from gpumft.formula import Value, flush, formula, parameter
from tests.contract.program_parts import convert, linear, mix


def faded(factor: float, region: Rect | None = None, *, takes_alpha: bool = False) -> Apply:
    def function(*channels: Value) -> list[Value]:
        return [flush(c * parameter(factor)) for c in channels[:3]]

    return Apply(formula("faded", 3 + takes_alpha, function), takes_alpha, region)


def program(factor: float, size: tuple[int, int] = (9, 5)) -> Program:
    stages: list[Stage] = [mix(np.eye(3) * factor), faded(factor / 3)]
    return convert("rgb24", (9, 5), "yuv420p", size=size, taps=linear, mixes=stages)


def test_other_parameters_and_sizes_reuse_the_gpu_s_machine_code() -> None:
    units = [[launch.unit for launch in schedule(p).launches]
             for p in (program(0.5), program(0.7), program(0.5, (12, 8)))]  # fmt: skip
    assert units[0] == units[1]
    assert schedule(program(0.5)).launches[-1].floats != schedule(program(0.7)).launches[-1].floats


def test_other_parameters_reuse_the_cpu_s_machine_code() -> None:
    kernels = [
        [name for stage in lower.lower(program(f), 1).stages for name, _, _ in stage.steps]
        for f in (0.5, 0.7)
    ]
    assert kernels[0] == kernels[1]
    assert sum(name.startswith("formula.") for name in kernels[0]) == 1


def test_stages_without_a_region_are_joined() -> None:
    part = Rect(0, 0, 2, 2)
    plain = mix(np.eye(3))
    joined = fused([plain, faded(2.0), plain, faded(3.0, part), plain], 3)
    first, second, third = joined
    assert isinstance(first, Apply)
    assert isinstance(second, Apply)
    assert second.region == part
    assert isinstance(third, Mix)
    assert (first.formula.inputs, len(first.formula.outputs)) == (3, 3)
    assert fused([plain], 3) == [plain]


def test_alpha_is_an_input_of_a_run_that_takes_it_somewhere() -> None:
    (run,) = fused([mix(np.eye(3)), faded(2.0, takes_alpha=True), faded(3.0)], 3)
    assert isinstance(run, Apply)
    assert run.takes_alpha
    assert run.formula.inputs == 4


def test_coefficients_that_are_zero_are_not_evaluated() -> None:
    (run,) = fused([mix(np.diag([1, 0, 2])), faded(2.0)], 3)
    assert isinstance(run, Apply)
    operations = [step.operation for step in run.formula.steps]
    assert "fma" not in operations
    assert operations.count("literal") == 1


def test_a_registered_formula_is_found_by_its_key() -> None:
    one, other = faded(2.0).formula, faded(5.0).formula
    assert layout.register(one) == layout.register(other) == f"formula.{one.key}"
