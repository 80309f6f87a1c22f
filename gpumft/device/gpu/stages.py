"""What is done to a pixel between reading and writing: mixes and formulas, in a draft."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Final

import numpy as np

from gpumft.device.gpu.draft import Draft
from gpumft.device.program import Apply, Mix, Rect, Stage
from gpumft.formula import Formula

ALPHA: Final = 3
"""The channel of a Pixel that is alpha's, whatever the number of colours."""
_WORDS: Final = {"fma": "FUSED"}
"""Words of kernels/formula.h that are not the operation's name."""


def staged(draft: Draft, function: str, stages: Sequence[Stage]) -> str:
    """Return `function`, which makes a Pixel, with mixes and formulas behind it (4.6, 8.3).

    Thread-safety: as the draft's.
    """
    for stage in stages:
        if isinstance(stage, Mix):
            function = _mixed(draft, function, stage)
        elif isinstance(stage, Apply):
            function = _applied(draft, function, stage)
    return function


def operations(stages: Sequence[Stage]) -> int:
    """Return how many operations the formulas of `stages` do per pixel.

    Thread-safety: a pure function.
    """
    return sum(stage.formula.operations for stage in stages if isinstance(stage, Apply))


def _mixed(draft: Draft, function: str, mix: Mix) -> str:
    """4.6."""
    rows = []
    for index, row in enumerate(mix.rows):
        used = sum(1 << k for k, coefficient in enumerate(row) if coefficient != 0)
        numbers = [draft.number(c) if c != 0 else "0.0f" for c in row] + ["0.0f", "0.0f"]
        rows.append(f"ROW({index}, {used}, {', '.join(numbers[:3])})")
    words = {"FROM": function, "EACH_ROW": " ".join(rows), **_region(draft, mix.region)}
    return draft.add("mix.h", words)


def _applied(draft: Draft, function: str, stage: Apply) -> str:
    """8.1."""
    formula = stage.formula
    places = list(range(formula.inputs))
    if stage.takes_alpha:
        places[-1] = ALPHA
    summed = _summed(formula)
    inputs = [
        f"{'SUMMED' if number in summed else 'INPUT'}({number}, {place})"
        for number, place in enumerate(places)
    ]
    pairs = zip(formula.parameters, formula.names, strict=True)
    parameters = [draft.number(number, name) for number, name in pairs]
    steps = []
    for value, step in enumerate(formula.steps, formula.inputs):
        if step.operation == "literal":
            operands = [_literal(step.number)]
        elif step.operation == "parameter":
            operands = [parameters[int(step.number)]]
        else:
            operands = [str(operand) for operand in step.operands]
        word = _WORDS.get(step.operation, step.operation.upper())
        if not step.operands:
            word = "CONSTANT"
        steps.append(f"{word}({value}, {', '.join(operands)})")
    outputs = [f"OUTPUT({index}, {value})" for index, value in enumerate(formula.outputs)]
    words: dict[str, str | int] = {
        "FROM": function,
        "EACH_INPUT": " ".join(inputs),
        "EACH_STEP": " ".join(steps),
        "EACH_OUTPUT": " ".join(outputs),
    }
    return draft.add("formula.h", words | _region(draft, stage.region))


def _summed(formula: Formula) -> set[int]:
    """Return the inputs that are operands of a sum, as they are or negated."""
    negated = {
        value: step.operands[0]
        for value, step in enumerate(formula.steps, formula.inputs)
        if step.operation == "negate"
    }
    return {
        negated.get(operand, operand)
        for step in formula.steps
        if step.operation in ("add", "subtract")
        for operand in step.operands
    }


def _literal(number: float) -> str:
    """Return a float32 in C, exactly."""
    if isfinite(number):
        return f"{number.hex()}f"
    return f"AS_FLOAT({int(np.float32(number).view(np.uint32)):#x}u)"


def _region(draft: Draft, region: Rect | None) -> dict[str, str | int]:
    """Return the definitions of a stage's region."""
    if region is None:
        return {"REGION": 0}
    x, y, width, height = region
    return {
        "REGION": 1,
        "LEFT": draft.integer(x),
        "TOP": draft.integer(y),
        "RIGHT": draft.integer(x + width),
        "BOTTOM": draft.integer(y + height),
    }
