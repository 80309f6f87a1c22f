"""A formula as one loop over a row: all its operations between the loads and the stores.

The name of such a kernel holds the formula's key. Lowering registers each Formula that it uses
(`layout.register`), so that the compiler finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba import int64, types
from numba.extending import intrinsic

from gpumft.device.cpu import arithmetic
from gpumft.device.cpu.arithmetic import (
    FLOAT,
    INT32,
    QUIET,
    call,
    constant,
    flushed,
    pointer,
    reciprocal,
)
from gpumft.device.cpu.kernels import _copy, _row
from gpumft.device.cpu.layout import LANES, PARAMETERS
from gpumft.device.cpu.vectors import FLOATS, VECTOR, WORDS, get, parameter, put
from gpumft.formula import Formula, Step

MOST = 4
"""Channels that a formula takes, and that it gives."""


def formula(made: Formula) -> Callable[..., None]:
    """Make the kernel of a formula."""
    count, outs = made.inputs, len(made.outputs)
    both = min(count, outs)
    evaluate = _evaluator(made)

    def formula_row(args: int, scratch: int, _planes: int, y: int, _count: int) -> None:
        a = pointer(args, int64)
        # columns 0, region x0 1, y0 2, x1 3, y1 4, inputs 5-16, outputs 17-28, parameters 29...
        n, x0, x1 = a[0], a[1], a[3]
        i0 = _row(a, 5, scratch, y)
        i1 = _row(a, 8, scratch, y) if count > 1 else i0
        i2 = _row(a, 11, scratch, y) if count > 2 else i0
        i3 = _row(a, 14, scratch, y) if count > 3 else i0
        o0 = _row(a, 17, scratch, y)
        o1 = _row(a, 20, scratch, y) if outs > 1 else o0
        o2 = _row(a, 23, scratch, y) if outs > 2 else o0
        o3 = _row(a, 26, scratch, y) if outs > 3 else o0
        if y < a[2] or y >= a[4]:
            x0 = x1 = n
        for x in range(4 * x0, 4 * x1, 4 * LANES):
            v0, v1, v2, v3 = get(i0 + x), get(i1 + x), get(i2 + x), get(i3 + x)
            r0, r1, r2, r3 = evaluate(args, v0, v1, v2, v3)
            put(o0 + x, r0)
            if outs > 1:
                put(o1 + x, r1)
            if outs > 2:
                put(o2 + x, r2)
            if outs > 3:
                put(o3 + x, r3)
        if x0 == 0 and x1 == n:
            return
        for c in range(both):  # around the region; the last vector may have written behind it
            before, out = i0, o0
            if c == 1:
                before, out = i1, o1
            elif c == 2:
                before, out = i2, o2
            elif c == 3:
                before, out = i3, o3
            _copy(out, before, x0)
            _copy(out + 4 * x1, before + 4 * x1, n - x1)

    return formula_row


def _evaluator(made: Formula) -> Any:
    """Make evaluate(args, v0, v1, v2, v3): the four outputs; those too many repeat the last."""

    def _evaluate(_typing: Any, args: Any, v0: Any, v1: Any, v2: Any, v3: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            args, *channels = given
            values = channels[: made.inputs]
            for step in made.steps:
                values.append(_step(builder, step, values, args))
            results = [values[index] for index in made.outputs]
            results += [results[-1]] * (MOST - len(results))
            return context.make_tuple(builder, signature.return_type, results)

        return types.UniTuple(VECTOR, MOST)(types.int64, *[VECTOR] * MOST), emit

    return intrinsic(_evaluate)


def _step(builder: Any, step: Step, values: list[Any], args: Any) -> Any:
    """Emit one operation. Source: docs/arithmetic.md, 8.1."""
    if step.operation == "literal":
        return constant(FLOAT, FLOATS, step.number)
    if step.operation == "parameter":
        return parameter(builder, args, PARAMETERS + int(step.number))
    emitted: Any = _OPERATIONS[step.operation](builder, *(values[i] for i in step.operands))
    return emitted


def _select(builder: Any, a: Any, b: Any, yes: Any, no: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", a, b), yes, no)


def _keep_nan(builder: Any, x: Any, y: Any) -> Any:
    quiet = builder.bitcast(constant(INT32, WORDS, QUIET), FLOATS)
    return builder.select(builder.fcmp_unordered("uno", x, x), quiet, y)


_OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "multiply": ir.IRBuilder.fmul,
    "add": ir.IRBuilder.fadd,
    "subtract": ir.IRBuilder.fsub,
    "fma": lambda builder, a, b, c: call(builder, "fma", a, b, c),
    "negate": ir.IRBuilder.fneg,
    "absolute": lambda builder, x: call(builder, "fabs", x),
    "select": _select,
    "flush": flushed,
    "reciprocal": reciprocal,
    "keep_nan": _keep_nan,
    "exponent": arithmetic.exponent,
    "mantissa": arithmetic.mantissa,
    "power_of_two": arithmetic.power_of_two,
    "root_seed": arithmetic.root_seed,
}
