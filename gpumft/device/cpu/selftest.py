"""The self-test: hard cases of every primitive, through compiled code, against known bits."""

from __future__ import annotations

import numpy as np

from gpumft.device.cpu import compiler
from gpumft.device.cpu.layout import float_bits
from gpumft.device.vectors import Vectors, vectors


def complaint() -> str:
    """Return what the compiled primitives get wrong, or "" where every bit is right.

    Source: docs/arithmetic.md, 7; the vectors are those of the test suite.
    """
    probe = compiler.kernel("probe")
    run = probe.function(5)
    wrong = []
    for which, test in enumerate(vectors()):
        columns = [np.ascontiguousarray(column) for column in test.operands.T]
        columns += [columns[0]] * (3 - len(columns))
        found = np.zeros(len(test.results), np.uint32)
        numbers = [which, len(found)]
        numbers += [column.ctypes.data for column in (*columns, found)] + [float_bits(1.0)]
        arguments = np.array(numbers, np.int64)
        run(arguments.ctypes.data, 0, 0, 0, 0)
        wrong.append(_read(test).complaint(found))
    return "; ".join(line for line in wrong if line)


def _read(test: Vectors) -> Vectors:
    """Return the vectors of halves as a reader gives them: flushed, so that -0 is +0."""
    if test.primitive != "from_half":
        return test
    return test._replace(results=np.where(test.results == 1 << 31, 0, test.results))
