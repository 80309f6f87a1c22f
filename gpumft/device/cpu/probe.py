"""The kernel of the self-test: one primitive over a list of operands."""

from __future__ import annotations

from numba import float32, int32, int64, types, uint16, uint32

from gpumft.device.cpu.arithmetic import (
    decode,
    encode,
    exponent_of,
    flush,
    fma,
    mantissa_of,
    number,
    pointer,
    power_of,
    recip,
    root_seed_of,
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
    elif a[0] == 6:
        for i in range(n):
            out[i] = exponent_of(x[i])
    elif a[0] == 7:
        for i in range(n):
            out[i] = mantissa_of(x[i])
    elif a[0] == 8:
        for i in range(n):
            out[i] = power_of(x[i])
    elif a[0] == 9:
        for i in range(n):
            out[i] = root_seed_of(x[i])
    else:
        halves = pointer(a[2], int32)
        for i in range(n):
            out[i] = decode(types.int16(halves[i]), 0, 0, zero)
