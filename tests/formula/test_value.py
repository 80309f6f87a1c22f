"""Values and the Formulas made of them: order, equal steps, keys, what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gpumft.errors import InvalidArg
from gpumft.formula import (
    OPERATIONS,
    Formula,
    Step,
    Value,
    fma,
    formula,
    literal,
    parameter,
    select,
)
from gpumft.testing.twin_formula import evaluate


def one(function: Callable[[Value], Value]) -> Formula:
    return formula("one", 1, lambda x: [function(x)])


def test_operands_come_first_and_numbers_become_literals() -> None:
    made = one(lambda x: fma(x, 2.0, 0.5) + 1)
    assert made.steps == (
        Step("literal", (), 2.0),
        Step("literal", (), 0.5),
        Step("fma", (0, 1, 2)),
        Step("literal", (), 1.0),
        Step("add", (3, 4)),
    )
    assert (made.inputs, made.outputs, made.operations) == (1, (5,), 2)


def test_equal_steps_occur_once() -> None:
    made = formula("twice", 2, lambda x, y: [(x * y) * (x * y), abs(x * y)])
    assert [step.operation for step in made.steps] == ["multiply", "multiply", "absolute"]


def test_an_input_may_be_an_output() -> None:
    made = formula("swapped", 2, lambda x, y: [y, x])
    assert (made.steps, made.outputs) == ((), (1, 0))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * x + 1.0,
        lambda x: 1.0 + x * x,
        lambda x: x - x * x,
        lambda x: 1.0 - x * 2.0,
        lambda x: x - -(x * x),
    ],
)
def test_a_product_is_no_operand_of_a_sum(function: Callable[[Value], Value]) -> None:
    with pytest.raises(InvalidArg, match=r"a product is an operand of (add|subtract): write fma"):
        one(function)


@pytest.mark.parametrize(("inputs", "outputs"), [(0, 1), (5, 1), (1, 0), (1, 5)])
def test_one_to_four_channels(inputs: int, outputs: int) -> None:
    message = f"formula f has {inputs} inputs and {outputs} outputs, not 1 to 4"
    with pytest.raises(InvalidArg, match=message):
        formula("f", inputs, lambda *_: [literal(1.0)] * outputs)


def test_a_key_ignores_parameters_and_names() -> None:
    keys = {
        formula(name, 1, lambda x, n=number: [x * parameter(n)]).key
        for name in ("a", "b")
        for number in (1.5, 2.5)
    }
    assert len(keys) == 1
    assert one(lambda x: x * 1.5).key not in keys
    assert one(lambda x: x * 1.5).key != one(lambda x: x * 2.5).key


def test_parameters_are_float32_and_equal_ones_are_kept_once() -> None:
    made = formula("p", 1, lambda x: [fma(x, parameter(0.1), parameter(0.2)) * parameter(0.1)])
    assert made.parameters == (float(np.float32(0.1)), float(np.float32(0.2)))
    assert made.operations == 2


def test_parameters_with_names_stay_apart() -> None:
    def named(x: Value) -> list[Value]:
        low = fma(x, parameter(2.0), parameter(2.0, "a"))
        return [fma(low, parameter(2.0, "b"), parameter(2.0, "a"))]

    made = formula("p", 1, named)
    assert (made.parameters, made.names) == ((2.0, 2.0, 2.0), ("", "a", "b"))
    plain = formula("p", 1, lambda x: [fma(x, parameter(2.0), parameter(2.0))])
    assert (plain.parameters, plain.names) == ((2.0,), ("",))


def test_steps_are_known_operations_with_as_many_operands() -> None:
    made = one(lambda x: select(-x, 0.0, abs(x), x - parameter(3.0)))
    for step in made.steps:
        assert len(step.operands) == OPERATIONS[step.operation]


def test_long_chains_need_no_deep_stack() -> None:
    def chain(x: Value) -> Value:
        for _ in range(5000):
            x = x + 1.0
        return x

    made = one(chain)
    assert made.operations == 5000
    assert evaluate(made, [np.zeros(1, np.float32)])[0] == 5000


def test_numbers_on_the_left() -> None:
    x = np.array([3.0], np.float32)
    made = formula("left", 1, lambda v: [2.0 - v, 2.0 * v, 2.0 + v, -v])
    assert [float(out[0]) for out in evaluate(made, [x])] == [-1, 6, 5, -3]
