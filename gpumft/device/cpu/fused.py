"""Stages that follow each other as one formula: a chain of mixes and curves is one loop."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from gpumft.device.program import Apply, Mix, Stage
from gpumft.formula import Formula, Value, fma, formula, literal, parameter


def fused(stages: Sequence[Stage], colours: int) -> list[Mix | Apply]:
    """Return mixes and formulas that do the same; those without a region are joined.

    A mix that stands alone stays what it is. `colours` channels come in; alpha is not among them.

    Thread-safety: a pure function.
    """
    own = [stage for stage in stages if isinstance(stage, (Mix, Apply))]
    made: list[Mix | Apply] = []
    for whole, group in groupby(own, key=lambda stage: stage.region is None):
        run = list(group)
        if whole and (len(run) > 1 or isinstance(run[0], Apply)):
            made.append(_joined(run, colours))
        else:
            made += run
        last = run[-1]
        colours = len(last.rows if isinstance(last, Mix) else last.formula.outputs)
    return made


def _joined(run: Sequence[Mix | Apply], colours: int) -> Apply:
    """Return one formula that does what the stages of a run do."""
    if len(run) == 1 and isinstance(run[0], Apply):
        return run[0]
    takes_alpha = any(isinstance(stage, Apply) and stage.takes_alpha for stage in run)

    def chain(*channels: Value) -> Sequence[Value]:
        colour, alpha = list(channels[:colours]), channels[colours:]
        for stage in run:
            if isinstance(stage, Mix):
                colour = [_row(row, colour) for row in stage.rows]
            else:
                given = [*colour, *alpha] if stage.takes_alpha else colour
                colour = _again(stage.formula, given)
        return colour

    return Apply(formula("chain", colours + takes_alpha, chain), takes_alpha)


def _row(coefficients: Sequence[float], colour: Sequence[Value]) -> Value:
    """Return one row of a mix. Source: docs/arithmetic.md, 4.6."""
    total: Value | None = None
    for coefficient, value in zip(coefficients, colour, strict=True):
        if coefficient == 0:
            continue
        c = parameter(coefficient)
        total = c * value if total is None else fma(c, value, total)
    return literal(0.0) if total is None else total


def _again(made: Formula, channels: Sequence[Value]) -> list[Value]:
    """Return the outputs of a formula for other inputs.

    Its sums may be given products then: LLVM contracts nothing that does not allow it.
    """
    values = list(channels)
    for operation, operands, number in made.steps:
        if operation == "literal":
            values.append(literal(number))
        elif operation == "parameter":
            index = int(number)
            values.append(parameter(made.parameters[index], made.names[index]))
        else:
            values.append(Value(operation, *(values[operand] for operand in operands)))
    return [values[index] for index in made.outputs]
