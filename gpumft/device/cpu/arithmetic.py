"""The float32 primitives of docs/arithmetic.md as LLVM instructions.

Each is a few instructions written out, so that the machine code does not depend on how Numba types
an expression: Numba would widen ``float32 * int`` to float64 and ``int32 >> int32`` to int64, and
LLVM may contract or reorder only what it is allowed to, which is nothing here.

The functions that are called inside kernels (`fma`, `decode`, ...) exist for Numba alone; called
from Python they do nothing useful.
"""

from __future__ import annotations

import struct
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

FLOAT = ir.FloatType()
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)

TINY = 2.0**-64
"""Magnitudes below this count as zero, so that no result depends on subnormals."""
QUIET = 0x7FC00000
"""The bits of the only NaN that is written."""
BLOCK = 32
"""Longer lists of taps are summed in blocks of this many."""


def float_bits(value: float) -> int:
    """Return the bits of `value` as a float32, for the integer arguments of a kernel."""
    return int(struct.unpack("<i", struct.pack("<f", value))[0])


def _pointer(_typing: Any, address: Any, dtype: Any) -> Any:
    """pointer(address, float32): the integer as something that can be indexed."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], context.get_value_type(signature.return_type))

    return types.CPointer(dtype.instance_type)(types.int64, dtype), emit


def _number(_typing: Any, bits: Any) -> Any:
    """number(bits): the float32 with these bits."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.bitcast(builder.trunc(values[0], INT32), FLOAT)

    return types.float32(types.int64), emit


def _fma(_typing: Any, a: Any, b: Any, c: Any) -> Any:
    """fma(a, b, c): a * b + c with one rounding."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.fma(*values)

    return types.float32(types.float32, types.float32, types.float32), emit


def _flushed(builder: Any, x: Any) -> Any:
    """Emit FLUSH: +0 where |x| < 2^-64."""
    magnitude = builder.call(builder.module.declare_intrinsic("llvm.fabs", [FLOAT]), [x])
    small = builder.fcmp_ordered("<", magnitude, ir.Constant(FLOAT, TINY))
    return builder.select(small, ir.Constant(FLOAT, 0.0), x)


def _clamped(builder: Any, x: Any, low: Any, high: Any) -> Any:
    """Emit x > low ? x : low, then x < high ? x : high."""
    x = builder.select(builder.fcmp_ordered(">", x, low), x, low)
    return builder.select(builder.fcmp_ordered("<", x, high), x, high)


def _word(value: int) -> Any:
    return ir.Constant(INT32, value)


def _from_half(builder: Any, half: Any) -> Any:
    """Emit half -> float32 by integers (docs/arithmetic.md, 3)."""
    h = builder.zext(half, INT32)
    sign = builder.shl(builder.lshr(h, _word(15)), _word(31))
    exponent = builder.and_(builder.lshr(h, _word(10)), _word(31))
    mantissa = builder.and_(h, _word(0x3FF))
    normal = builder.or_(
        builder.shl(builder.add(exponent, _word(112)), _word(23)),
        builder.shl(mantissa, _word(13)),
    )
    small = builder.fmul(builder.sitofp(mantissa, FLOAT), ir.Constant(FLOAT, 2.0**-24))
    special = builder.icmp_unsigned("==", exponent, _word(31))
    bits = builder.select(special, _word(0x7F800000), normal)
    subnormal = builder.icmp_unsigned("==", exponent, _word(0))
    bits = builder.select(subnormal, builder.bitcast(small, INT32), bits)
    no_number = builder.and_(special, builder.icmp_unsigned("!=", mantissa, _word(0)))
    bits = builder.select(no_number, _word(QUIET), builder.or_(bits, sign))
    return builder.bitcast(bits, FLOAT)


def _to_half(builder: Any, x: Any) -> Any:
    """Emit float32 -> half by integers, ties to even, never -0 (docs/arithmetic.md, 3)."""
    bits = builder.bitcast(x, INT32)
    sign = builder.and_(builder.lshr(bits, _word(16)), _word(0x8000))
    a = builder.and_(bits, _word(0x7FFFFFFF))
    odd = builder.and_(builder.lshr(a, _word(13)), _word(1))
    normal = builder.add(builder.sub(a, _word(0x38000000 - 0xFFF)), odd)
    normal = builder.lshr(normal, _word(13))
    n = builder.sub(_word(126), builder.lshr(a, _word(23)))
    usable = builder.icmp_signed(
        ">", n, _word(1)
    )  # elsewhere the shift is not used, but must be one
    n = builder.select(usable, n, _word(1))
    n = builder.select(builder.icmp_signed("<", n, _word(24)), n, _word(24))
    m = builder.or_(builder.and_(a, _word(0x7FFFFF)), _word(0x800000))
    half = builder.sub(builder.shl(_word(1), builder.sub(n, _word(1))), _word(1))
    low = builder.and_(builder.lshr(m, n), _word(1))
    subnormal = builder.lshr(builder.add(builder.add(m, half), low), n)
    h = builder.select(builder.icmp_unsigned(">=", a, _word(0x38800000)), normal, subnormal)
    h = builder.select(builder.icmp_unsigned("<", a, _word(0x33000000)), _word(0), h)
    h = builder.select(builder.icmp_unsigned(">=", a, _word(0x47800000)), _word(0x7C00), h)
    zero = builder.icmp_unsigned("==", h, _word(0))
    h = builder.select(zero, h, builder.or_(h, sign))
    no_number = builder.icmp_unsigned(">", a, _word(0x7F800000))
    return builder.trunc(builder.select(no_number, _word(0x7E00), h), ir.IntType(16))


def _decode(_typing: Any, element: Any, shift: Any, mask: Any, offset: Any) -> Any:
    """decode(element, shift, mask, offset): a stored element's code minus `offset`.

    A float element is taken as it is, magnitudes below 2^-64 as 0; int16 means a half.
    """

    def emit(_context: Any, builder: Any, signature: Any, values: Any) -> Any:
        element, shift, mask, offset = values
        kind = signature.args[0]
        if kind == types.float32:
            return _flushed(builder, element)
        if kind == types.int16:
            return _flushed(builder, _from_half(builder, element))
        wide = element if kind == types.uint32 else builder.zext(element, INT32)
        field = builder.lshr(wide, builder.trunc(shift, INT32))
        field = builder.and_(field, builder.trunc(mask, INT32))
        return builder.fsub(builder.sitofp(field, FLOAT), offset)

    return types.float32(element, types.int64, types.int64, types.float32), emit


def _encode(
    _typing: Any, value: Any, scale: Any, offset: Any, high: Any, shift: Any, dtype: Any
) -> Any:
    """encode(value, scale, offset, high, shift, dtype): the code of scale * value + offset.

    One FMA, clamped to [0, high], rounded half to even, cast, shifted.

    Floats are not clamped: NaN becomes 0x7fc00000 and magnitudes below 2^-64 become +0.
    """
    kind = dtype.instance_type

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        value, scale, offset, high, shift, _ = values
        x = builder.fma(scale, value, offset)
        if kind in (types.float32, types.int16):
            x = _flushed(builder, x)
            quiet = builder.bitcast(_word(QUIET), FLOAT)
            x = builder.select(builder.fcmp_ordered("==", x, x), x, quiet)
            return x if kind == types.float32 else _to_half(builder, x)
        x = _clamped(builder, x, ir.Constant(FLOAT, 0.0), high)
        x = builder.call(builder.module.declare_intrinsic("llvm.rint", [FLOAT]), [x])
        code = builder.shl(builder.fptosi(x, INT32), builder.trunc(shift, INT32))
        return code if kind == types.uint32 else builder.trunc(code, ir.IntType(kind.bitwidth))

    float32 = types.float32
    return kind(float32, float32, float32, float32, types.int64, dtype), emit


def _merge(_typing: Any, before: Any, code: Any) -> Any:
    """merge(before, code): both fields of one word; for floats the second."""

    def emit(_context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return values[1] if signature.args[0] == types.float32 else builder.or_(*values)

    return before(before, code), emit


def _flush(_typing: Any, x: Any) -> Any:
    """flush(x): x, or +0 where |x| < 2^-64."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return _flushed(builder, values[0])

    return types.float32(types.float32), emit


def _recip(_typing: Any, x: Any) -> Any:
    """recip(x): 1 / x within 1 ulp on [2^-64, 2^64] (docs/arithmetic.md, 2)."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        x = _clamped(builder, values[0], ir.Constant(FLOAT, TINY), ir.Constant(FLOAT, 1 / TINY))
        seed = builder.sub(_word(0x7EF311C3), builder.bitcast(x, INT32))
        y = builder.bitcast(seed, FLOAT)
        for _ in range(3):
            error = builder.fma(builder.fneg(x), y, ir.Constant(FLOAT, 1.0))
            y = builder.fma(y, error, y)
        return y

    return types.float32(types.float32), emit


def _run(_typing: Any, kernel: Any, args: Any, scratch: Any, planes: Any, y: Any) -> Any:
    """run(kernel, ...): call the kernel at this address."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        function = ir.FunctionType(ir.VoidType(), [INT64] * 4)
        builder.call(builder.inttoptr(values[0], function.as_pointer()), values[1:])
        return ir.Constant(INT32, 0)

    return types.int32(*[types.int64] * 5), emit


pointer: Any = intrinsic(_pointer)
number: Any = intrinsic(_number)
fma: Any = intrinsic(_fma)
decode: Any = intrinsic(_decode)
encode: Any = intrinsic(_encode)
flush: Any = intrinsic(_flush)
recip: Any = intrinsic(_recip)
merge: Any = intrinsic(_merge)
run: Any = intrinsic(_run)
