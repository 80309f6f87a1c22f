"""Sixteen float32 at a time: the primitives of docs/arithmetic.md on vectors of LLVM.

Loops written with these are vector code whatever Numba's or LLVM's own vectoriser thinks of them;
the processor's registers may be narrower, LLVM then uses several. As in `arithmetic`, the functions
exist for Numba alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

from gpumft.device.cpu.arithmetic import (
    FLOAT,
    INT32,
    call,
    constant,
    decoded,
)
from gpumft.device.cpu.layout import LANES

FLOATS = ir.VectorType(FLOAT, LANES)
WORDS = ir.VectorType(INT32, LANES)
_PLACES = ir.VectorType(INT32, LANES)


class _Vector(types.Type):
    """Sixteen float32."""

    def __init__(self) -> None:
        super().__init__(name="float32x16")


VECTOR = _Vector()


@register_model(_Vector)
class _Model(models.PrimitiveModel):
    """How Numba holds them: as LLVM's own vector."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, FLOATS)


def vector_bits(context: Any) -> int:
    """Return how many bits the vector registers of the processor have; 0 if it is not an x86."""
    triple, processor, features = context.codegen().magic_tuple()
    if not triple.startswith("x86_64"):
        return 0
    known = features.split(",")
    if "+avx512bw" in known:
        return 512
    return 256 if "+avx2" in known or processor in ("x86-64-v3", "x86-64-v4") else 128


def has_feature(context: Any, name: str) -> bool:
    """Whether code is made for a processor that has what LLVM calls so."""
    return f"+{name}" in context.codegen().magic_tuple()[2].split(",")


def everywhere(builder: Any, value: Any) -> Any:
    """Emit a vector with `value` in each lane."""
    kind = ir.VectorType(value.type, LANES)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(INT32, 0))
    return builder.shuffle_vector(one, one, ir.Constant(_PLACES, [0] * LANES))


def load_lanes(builder: Any, address: Any, kind: Any, skip: int = 0) -> Any:
    """Emit the loading of 16 elements, `skip` elements behind an address of any alignment."""
    size = kind.element.width // 8 if kind.element != FLOAT else 4
    address = builder.add(address, ir.Constant(ir.IntType(64), size * skip))
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=1)


def store_lanes(builder: Any, address: Any, vector: Any, skip: int = 0) -> None:
    """Emit the storing of a vector, `skip` elements behind an address of any alignment."""
    kind = vector.type
    size = kind.element.width // 8 if kind.element != FLOAT else 4
    address = builder.add(address, ir.Constant(ir.IntType(64), size * skip))
    builder.store(vector, builder.inttoptr(address, kind.as_pointer()), align=1)


def pick(builder: Any, parts: Sequence[Any], places: Sequence[int]) -> Any:
    """Emit 16 lanes out of several vectors of 16 laid end to end."""
    made, ready = parts[0], {i for i, place in enumerate(places) if place < LANES}
    mask = [place if place < LANES else 0 for place in places]
    if len(parts) == 1:
        return builder.shuffle_vector(made, made, ir.Constant(_PLACES, mask))
    for number, part in enumerate(parts[1:], 1):
        here = {i for i, place in enumerate(places) if place // LANES == number}
        mask = [
            LANES + place % LANES
            if i in here
            else (i if number > 1 else place)
            if i in ready
            else 0
            for i, place in enumerate(places)
        ]
        if here or number == 1:
            made = builder.shuffle_vector(made, part, ir.Constant(_PLACES, mask))
        ready |= here
    return made


def _vector_fma(_typing: Any, a: Any, b: Any, c: Any) -> Any:
    """vfma(a, b, c): a * b + c with one rounding."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return call(builder, "fma", *values)

    return VECTOR(VECTOR, VECTOR, VECTOR), emit


def _vector_add(_typing: Any, a: Any, b: Any) -> Any:
    """vadd(a, b)."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.fadd(*values)

    return VECTOR(VECTOR, VECTOR), emit


def _splat(_typing: Any, value: Any) -> Any:
    """splat(x): x in every lane."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return everywhere(builder, values[0])

    return VECTOR(types.float32), emit


def _zeros(_typing: Any) -> Any:
    """zeros()."""

    def emit(_context: Any, _builder: Any, _signature: Any, _values: Any) -> Any:
        return constant(FLOAT, FLOATS, 0.0)

    return VECTOR(), emit


def _get(_typing: Any, address: Any) -> Any:
    """get(address): 16 float32 from memory."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return load_lanes(builder, values[0], FLOATS)

    return VECTOR(types.int64), emit


def _put(_typing: Any, address: Any, vector: Any) -> Any:
    """put(address, v): 16 float32 into memory."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        store_lanes(builder, *values)
        return ir.Constant(INT32, 0)

    return types.int32(types.int64, VECTOR), emit


def _put_twice(_typing: Any, address: Any, vector: Any) -> Any:
    """put_twice(address, v): store 16 float32, each two times."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        address, vector = values
        for half in range(2):
            places = [(LANES * half + i) // 2 for i in range(LANES)]
            store_lanes(builder, address, pick(builder, [vector], places), LANES * half)
        return ir.Constant(INT32, 0)

    return types.int32(types.int64, VECTOR), emit


def invariant(builder: Any, address: Any, kind: Any) -> Any:
    """Emit the loading of what nobody writes while a kernel runs: arguments and what they name.

    Told so, LLVM loads it once, before a loop.
    """
    loaded = builder.load(builder.inttoptr(address, kind.as_pointer()), align=1)
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


def parameter(builder: Any, address: Any, index: int) -> Any:
    """Emit the float32 whose bits are the argument `index` after `address`, in every lane."""
    address = builder.add(address, ir.Constant(ir.IntType(64), 8 * index))
    return everywhere(builder, invariant(builder, address, FLOAT))


def _setting(_typing: Any, address: Any) -> Any:
    """setting(address): the float32 whose bits are this argument, in every lane."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return parameter(builder, values[0], 0)

    return VECTOR(types.int64), emit


vfma: Any = intrinsic(_vector_fma)
vadd: Any = intrinsic(_vector_add)
splat: Any = intrinsic(_splat)
zeros: Any = intrinsic(_zeros)
get: Any = intrinsic(_get)
put: Any = intrinsic(_put)
put_twice: Any = intrinsic(_put_twice)
setting: Any = intrinsic(_setting)


def _apart(builder: Any, kind: Any, group: int, part: int, address: Any) -> Any:
    """Emit 16 elements that lie `group` apart, from element `part` on."""
    bits = kind.bitwidth
    if kind != types.float32 and bits * group in (16, 32) and group > 1:  # fields of one word
        joined = load_lanes(builder, address, ir.VectorType(ir.IntType(bits * group), LANES))
        field = builder.lshr(joined, constant(joined.type.element, joined.type, bits * part))
        return builder.trunc(field, ir.VectorType(ir.IntType(bits), LANES))
    element = FLOAT if kind == types.float32 else ir.IntType(bits)
    whole = ir.VectorType(element, LANES)
    parts = [load_lanes(builder, address, whole, LANES * i) for i in range(group)]
    return parts[0] if group == 1 else pick(builder, parts, range(part, LANES * group, group))


@cache
def reader(kind: Any, group: int = 1, part: int = 0, *, raw: bool = False) -> Any:
    """Make read(address, shift, mask, offset): 16 decoded samples, `group` elements apart.

    `raw` float32 are taken as they are, without FLUSH.
    """

    def _read(_typing: Any, address: Any, shift: Any, mask: Any, offset: Any) -> Any:
        def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            address, shift, mask, offset = values
            element = _apart(builder, kind, group, part, address)
            if raw:
                return element
            shift = everywhere(builder, builder.trunc(shift, INT32))
            mask = everywhere(builder, builder.trunc(mask, INT32))
            return decoded(builder, kind, element, shift, mask, offset)

        return VECTOR(types.int64, types.int64, types.int64, VECTOR), emit

    return intrinsic(_read)


@cache
def blender(used: tuple[bool, ...]) -> Any:
    """Make blend(coefficients, v0, v1, v2, v3): the sum of products of the channels in use.

    `coefficients` is the address of four arguments. Source: docs/arithmetic.md, 4.6.
    """

    def _blend(_typing: Any, coefficients: Any, v0: Any, v1: Any, v2: Any, v3: Any) -> Any:
        def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            address, *channels = values
            total = None
            for c, v in enumerate(channels):
                if not used[c]:
                    continue
                weight = parameter(builder, address, c)
                if total is None:
                    total = builder.fmul(weight, v)
                else:
                    total = call(builder, "fma", weight, v, total)
            return constant(FLOAT, FLOATS, 0.0) if total is None else total

        return VECTOR(types.int64, *[VECTOR] * 4), emit

    return intrinsic(_blend)


@cache
def chooser(index: int) -> Any:
    """Make choose(address, v0, v1, v2, v3): one of them; 0 for index -1.

    It takes what `blender`'s take.
    """

    def _choose(_typing: Any, address: Any, v0: Any, v1: Any, v2: Any, v3: Any) -> Any:
        def emit(_context: Any, _builder: Any, _signature: Any, values: Any) -> Any:
            return constant(FLOAT, FLOATS, 0.0) if index < 0 else values[1 + index]

        return VECTOR(types.int64, *[VECTOR] * 4), emit

    return intrinsic(_choose)
