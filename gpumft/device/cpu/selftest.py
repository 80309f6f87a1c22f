"""The self-test: hard cases of every primitive, through compiled code, against known bits."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import numpy as np
from numba import float32, int32, int64, types, uint16, uint32

from gpumft.device.cpu.arithmetic import (
    QUIET,
    decode,
    encode,
    float_bits,
    flush,
    fma,
    number,
    pointer,
    recip,
)

HALF = types.NumberClass(types.int16)


def probe(args: int, _scratch: int, _planes: int, _y: int, _count: int) -> None:
    """Run one primitive over a list of operands.

    Operands and results are columns of words; floats are their bits.
    """
    a = pointer(args, int64)
    # primitive 0, count 1, operands 2-4, result 5
    n = a[1]
    x, y, z = pointer(a[2], float32), pointer(a[3], float32), pointer(a[4], float32)
    out, code = pointer(a[5], float32), pointer(a[5], uint32)
    one, zero = number(a[6]), number(0)
    if a[0] == 0:
        for i in range(n):
            out[i] = fma(x[i], y[i], z[i])
    elif a[0] == 1:
        for i in range(n):
            out[i] = recip(x[i])
    elif a[0] == 2:
        for i in range(n):
            out[i] = flush(x[i])
    elif a[0] == 3:
        for i in range(n):
            code[i] = encode(x[i], one, zero, y[i], 0, uint32)
    elif a[0] == 4:
        for i in range(n):
            code[i] = uint16(encode(x[i], one, zero, one, 0, HALF))
    else:
        halves = pointer(a[2], int32)
        for i in range(n):
            out[i] = decode(types.int16(halves[i]), 0, 0, zero)


def complaint() -> str:
    """Return what the compiled primitives get wrong, or "" where every bit is right.

    Source: docs/arithmetic.md, 7; the vectors are those of the test suite.
    """
    from gpumft.device.cpu import compiler

    run = compiler.function("probe")
    vectors = json.loads(files("gpumft.device").joinpath("primitives.json").read_text("ascii"))
    wrong = []
    for name, operands, expected in _cases(vectors):
        columns = [np.ascontiguousarray(column) for column in operands.T]
        columns += [columns[0]] * (3 - len(columns))
        found = np.zeros(len(expected), np.uint32)
        numbers = [_PRIMITIVES.index(name), len(expected)]
        numbers += [column.ctypes.data for column in (*columns, found)] + [float_bits(1.0)]
        arguments = np.array(numbers, np.int64)
        run(arguments.ctypes.data, 0, 0, 0, 0)
        if name not in ("code", "half"):  # payload and sign of a NaN mean nothing
            found[np.isnan(found.view(np.float32))] = QUIET
        bad = np.flatnonzero(found != expected)
        if len(bad):
            first = bad[0]
            given = " ".join(f"{int(word):08x}" for word in operands[first])
            wrong.append(
                f"{name}({given}) gives {int(found[first]):08x}, not {int(expected[first]):08x}"
            )
    return "; ".join(wrong)


_PRIMITIVES = ("fma", "recip", "flush", "code", "half", "from_half")


def _cases(vectors: dict[str, list[list[Any]]]) -> list[tuple[str, Any, Any]]:
    """Return (primitive, operands (n, k), results (n,)) as words of 32 bits."""
    made = []
    for name in _PRIMITIVES:
        rows = [
            [word if isinstance(word, int) else int(word, 16) for word in row]
            for row in vectors[name]
        ]
        if name == "code":
            rows = [[bits, float_bits(float(highest)), code] for bits, highest, code in rows]
        if name == "from_half":  # the reader flushes: -0 is +0
            rows = [[half, 0 if bits == 0x80000000 else bits] for half, bits in rows]
        table = np.array(rows, np.int64).astype(np.uint32)
        made.append((name, table[:, :-1], table[:, -1]))
    return made
