"""The float32 primitives of docs/arithmetic.md as LLVM instructions.

Each is a few instructions written out, so that the machine code does not depend on how Numba types
an expression: Numba would widen ``float32 * int`` to float64 and ``int32 >> int32`` to int64, and
LLVM may contract or reorder only what it is allowed to, which is nothing here.

The functions that are called inside kernels (`fma`, `decode`, ...) exist for Numba alone; called
from Python they do nothing useful.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from gpumft.device.cpu.layout import TINY

FLOAT = ir.FloatType()
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)

QUIET = 0x7FC00000
"""The bits of the only NaN that is written."""


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


def constant(element: Any, like: Any, value: Any) -> Any:
    """Return a constant of `element`s in the shape of the type `like`: one, or one a lane."""
    if isinstance(like, ir.VectorType):
        return ir.Constant(ir.VectorType(element, like.count), [value] * like.count)
    return ir.Constant(element, value)


def call(builder: Any, name: str, *values: Any) -> Any:
    """Emit the call of an LLVM intrinsic whose operands and result are of one type."""
    kind = values[0].type
    suffix = f"v{kind.count}f32" if isinstance(kind, ir.VectorType) else "f32"
    signature = ir.FunctionType(kind, [kind] * len(values))
    function = cgutils.get_or_insert_function(builder.module, signature, f"llvm.{name}.{suffix}")
    return builder.call(function, values)


def flushed(builder: Any, x: Any) -> Any:
    """Emit FLUSH: +0 where |x| < 2^-64."""
    small = builder.fcmp_ordered("<", call(builder, "fabs", x), constant(FLOAT, x.type, TINY))
    return builder.select(small, constant(FLOAT, x.type, 0.0), x)


def reciprocal(builder: Any, x: Any) -> Any:
    """Emit RECIP: 1 / x within 1 ulp on [2^-64, 2^64]. Source: docs/arithmetic.md, 2."""
    kind = x.type
    x = clamped(builder, x, constant(FLOAT, kind, TINY), constant(FLOAT, kind, 1 / TINY))
    bits = builder.bitcast(x, _shape(INT32, kind))
    y = builder.bitcast(builder.sub(constant(INT32, kind, 0x7EF311C3), bits), kind)
    one = constant(FLOAT, kind, 1.0)
    for _ in range(3):
        error = call(builder, "fma", builder.fneg(x), y, one)
        y = call(builder, "fma", y, error, y)
    return y


def exponent(builder: Any, x: Any) -> Any:
    """Emit the k with x = 2^k * m, m in [sqrt(1/2), sqrt(2)). Source: docs/arithmetic.md, 8.1."""
    whole = builder.ashr(_above_root(builder, x), constant(INT32, x.type, 23))
    return builder.sitofp(whole, x.type)


def mantissa(builder: Any, x: Any) -> Any:
    """Emit that m."""
    whole = builder.and_(_above_root(builder, x), constant(INT32, x.type, 0xFF800000))
    bits = builder.bitcast(x, _shape(INT32, x.type))
    return builder.bitcast(builder.sub(bits, whole), x.type)


def _above_root(builder: Any, x: Any) -> Any:
    bits = builder.bitcast(x, _shape(INT32, x.type))
    return builder.sub(bits, constant(INT32, x.type, 0x3F3504F3))


def power_of_two(builder: Any, x: Any) -> Any:
    """Emit 2^x for an integer x in [-126, 127]."""
    whole = builder.fptosi(x, _shape(INT32, x.type))
    biased = builder.add(whole, constant(INT32, x.type, 127))
    return builder.bitcast(builder.shl(biased, constant(INT32, x.type, 23)), x.type)


def root_seed(builder: Any, x: Any) -> Any:
    """Emit a first guess at 1 / sqrt(x)."""
    bits = builder.bitcast(x, _shape(INT32, x.type))
    half = builder.lshr(bits, constant(INT32, x.type, 1))
    return builder.bitcast(builder.sub(constant(INT32, x.type, 0x5F375A86), half), x.type)


def clamped(builder: Any, x: Any, low: Any, high: Any) -> Any:
    """Emit x > low ? x : low, then x < high ? x : high."""
    x = builder.select(builder.fcmp_ordered(">", x, low), x, low)
    return builder.select(builder.fcmp_ordered("<", x, high), x, high)


def _shape(element: Any, like: Any) -> Any:
    return ir.VectorType(element, like.count) if isinstance(like, ir.VectorType) else element


def _from_half(builder: Any, half: Any) -> Any:
    """Emit half -> float32 by integers (docs/arithmetic.md, 3)."""

    def word(value: int) -> Any:
        return constant(INT32, half.type, value)

    floats = _shape(FLOAT, half.type)
    h = builder.zext(half, _shape(INT32, half.type))
    sign = builder.shl(builder.lshr(h, word(15)), word(31))
    exponent = builder.and_(builder.lshr(h, word(10)), word(31))
    mantissa = builder.and_(h, word(0x3FF))
    normal = builder.or_(
        builder.shl(builder.add(exponent, word(112)), word(23)),
        builder.shl(mantissa, word(13)),
    )
    scaled = builder.sitofp(mantissa, floats)
    small = builder.fmul(scaled, constant(FLOAT, half.type, 2.0**-24))
    special = builder.icmp_unsigned("==", exponent, word(31))
    bits = builder.select(special, word(0x7F800000), normal)
    subnormal = builder.icmp_unsigned("==", exponent, word(0))
    bits = builder.select(subnormal, builder.bitcast(small, h.type), bits)
    no_number = builder.and_(special, builder.icmp_unsigned("!=", mantissa, word(0)))
    bits = builder.select(no_number, word(QUIET), builder.or_(bits, sign))
    return builder.bitcast(bits, floats)


def _to_half(builder: Any, x: Any) -> Any:
    """Emit float32 -> half by integers, ties to even, never -0 (docs/arithmetic.md, 3)."""

    def word(value: int) -> Any:
        return constant(INT32, x.type, value)

    bits = builder.bitcast(x, _shape(INT32, x.type))
    sign = builder.and_(builder.lshr(bits, word(16)), word(0x8000))
    a = builder.and_(bits, word(0x7FFFFFFF))
    odd = builder.and_(builder.lshr(a, word(13)), word(1))
    normal = builder.add(builder.sub(a, word(0x38000000 - 0xFFF)), odd)
    normal = builder.lshr(normal, word(13))
    n = builder.sub(word(126), builder.lshr(a, word(23)))
    usable = builder.icmp_signed(">", n, word(1))  # elsewhere the shift is not used, but must be
    n = builder.select(usable, n, word(1))
    n = builder.select(builder.icmp_signed("<", n, word(24)), n, word(24))
    m = builder.or_(builder.and_(a, word(0x7FFFFF)), word(0x800000))
    half = builder.sub(builder.shl(word(1), builder.sub(n, word(1))), word(1))
    low = builder.and_(builder.lshr(m, n), word(1))
    subnormal = builder.lshr(builder.add(builder.add(m, half), low), n)
    h = builder.select(builder.icmp_unsigned(">=", a, word(0x38800000)), normal, subnormal)
    h = builder.select(builder.icmp_unsigned("<", a, word(0x33000000)), word(0), h)
    h = builder.select(builder.icmp_unsigned(">=", a, word(0x47800000)), word(0x7C00), h)
    zero = builder.icmp_unsigned("==", h, word(0))
    h = builder.select(zero, h, builder.or_(h, sign))
    no_number = builder.icmp_unsigned(">", a, word(0x7F800000))
    return builder.trunc(builder.select(no_number, word(0x7E00), h), _shape(ir.IntType(16), x.type))


def decoded(builder: Any, kind: Any, element: Any, shift: Any, mask: Any, offset: Any) -> Any:
    """Emit the reading of elements of the Numba type `kind`; see `decode`. No offset: None."""
    if kind == types.float32:
        return flushed(builder, element)
    if kind == types.int16:
        return flushed(builder, _from_half(builder, element))
    words = _shape(INT32, element.type)
    field = element if kind == types.uint32 else builder.zext(element, words)
    if kind != types.uint8:  # all 8 bits of a byte are its code
        field = builder.and_(builder.lshr(field, shift), mask)
    value = builder.sitofp(field, _shape(FLOAT, element.type))
    return value if offset is None else builder.fsub(value, offset)


def finished(builder: Any, kind: Any, x: Any, high: Any) -> Any:
    """Emit what is stored for x: for integers int32 with 0x4B000000 added, else the element.

    x + 2^23 rounds to an integer, half to even, since nothing lies between integers there; its low
    bits are the code.
    """
    if kind in (types.float32, types.int16):
        x = flushed(builder, x)
        quiet = builder.bitcast(constant(INT32, x.type, QUIET), x.type)
        x = builder.select(builder.fcmp_ordered("==", x, x), x, quiet)
        return x if kind == types.float32 else _to_half(builder, x)
    return rounded(builder, clamped(builder, x, constant(FLOAT, x.type, 0.0), high))


def rounded(builder: Any, x: Any) -> Any:
    """Emit what `finished` gives for codes within their range."""
    x = builder.fadd(x, constant(FLOAT, x.type, 2.0**23))
    return builder.bitcast(x, _shape(INT32, x.type))


def _decode(_typing: Any, element: Any, shift: Any, mask: Any, offset: Any) -> Any:
    """decode(element, shift, mask, offset): a stored element's code minus `offset`.

    A float element is taken as it is, magnitudes below 2^-64 as 0; int16 means a half.
    """

    def emit(_context: Any, builder: Any, signature: Any, values: Any) -> Any:
        element, shift, mask, offset = values
        shift, mask = builder.trunc(shift, INT32), builder.trunc(mask, INT32)
        return decoded(builder, signature.args[0], element, shift, mask, offset)

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
        x = finished(builder, kind, builder.fma(scale, value, offset), high)
        if kind in (types.float32, types.int16):
            return x
        code = builder.sub(x, ir.Constant(INT32, 0x4B000000))
        code = builder.shl(code, builder.trunc(shift, INT32))
        return code if kind == types.uint32 else builder.trunc(code, ir.IntType(kind.bitwidth))

    float32 = types.float32
    return kind(float32, float32, float32, float32, types.int64, dtype), emit


def _merge(_typing: Any, before: Any, code: Any) -> Any:
    """merge(before, code): both fields of one word; for floats the second."""

    def emit(_context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return values[1] if signature.args[0] == types.float32 else builder.or_(*values)

    return before(before, code), emit


def _alone(name: str, emitter: Any) -> Any:
    """Make the intrinsic name(x) of what `emitter` emits."""

    def operation(_typing: Any, x: Any) -> Any:
        def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            return emitter(builder, values[0])

        return types.float32(types.float32), emit

    operation.__name__ = name
    return intrinsic(operation)


def _run(
    _typing: Any, kernel: Any, args: Any, scratch: Any, planes: Any, y: Any, count: Any
) -> Any:
    """run(kernel, ...): call the kernel at this address."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        function = ir.FunctionType(ir.VoidType(), [INT64] * 5)
        builder.call(builder.inttoptr(values[0], function.as_pointer()), values[1:])
        return ir.Constant(INT32, 0)

    return types.int32(*[types.int64] * 6), emit


pointer: Any = intrinsic(_pointer)
number: Any = intrinsic(_number)
fma: Any = intrinsic(_fma)
decode: Any = intrinsic(_decode)
encode: Any = intrinsic(_encode)
flush: Any = _alone("flush", flushed)
recip: Any = _alone("recip", reciprocal)
exponent_of: Any = _alone("exponent_of", exponent)
mantissa_of: Any = _alone("mantissa_of", mantissa)
power_of: Any = _alone("power_of", power_of_two)
root_seed_of: Any = _alone("root_seed_of", root_seed)
merge: Any = intrinsic(_merge)
run: Any = intrinsic(_run)
