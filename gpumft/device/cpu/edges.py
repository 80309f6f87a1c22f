"""Outputs at both ends of a filtered row, whose taps are like no others': sixteen at once."""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from gpumft.device.cpu.arithmetic import FLOAT, INT32, INT64, call, constant
from gpumft.device.cpu.layout import LANES
from gpumft.device.cpu.vectors import (
    FLOATS,
    VECTOR,
    WORDS,
    everywhere,
    load_lanes,
    store_lanes,
    vector_bits,
)

_LANE_NUMBERS = ir.Constant(WORDS, list(range(LANES)))


@cache
def edge_sums(taps: int, parts: int) -> Any:
    """Make sums(source, apart, far, places, counts, weights): 16 outputs of up to `taps` taps.

    All their samples lie in two windows of 16: at `source` and `far` bytes behind it, where there
    is 1 part; with 4, `apart` bytes from each to the next, 4 samples of each part.

    Output i takes sample places[i] of the 32 and so on, if it has so many: `counts`. Places and
    weights of a tap lie side by side, those of the next tap behind them.
    """

    def _sums(
        _typing: Any, source: Any, apart: Any, far: Any, places: Any, counts: Any, weights: Any
    ) -> Any:
        def emit(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            source, apart, far, places, counts, weights = values
            windows = [
                _window(builder, address, apart, parts)
                for address in (source, builder.add(source, far))
            ]
            take = _taker(context, builder, windows)
            count = load_lanes(builder, counts, WORDS)
            total = constant(FLOAT, FLOATS, 0.0)
            for t in range(taps):
                sample = take(load_lanes(builder, places, WORDS, LANES * t))
                weight = load_lanes(builder, weights, FLOATS, LANES * t)
                has = builder.icmp_signed(">", count, constant(INT32, WORDS, t))
                total = builder.select(has, call(builder, "fma", weight, sample, total), total)
            return total

        return VECTOR(*[types.int64] * 6), emit

    return intrinsic(_sums)


def _window(builder: Any, address: Any, apart: Any, parts: int) -> Any:
    """Emit the loading of 16 samples, as many from each part."""
    if parts == 1:
        return load_lanes(builder, address, FLOATS)
    kind = ir.VectorType(FLOAT, LANES // parts)
    pieces = []
    for _ in range(parts):
        pieces.append(builder.load(builder.inttoptr(address, kind.as_pointer()), align=4))
        address = builder.add(address, apart)
    while len(pieces) > 1:
        order = ir.Constant(
            ir.VectorType(INT32, 2 * pieces[0].type.count), list(range(2 * pieces[0].type.count))
        )
        pieces = [
            builder.shuffle_vector(a, b, order)
            for a, b in zip(pieces[::2], pieces[1::2], strict=True)
        ]
    return pieces[0]


def _taker(context: Any, builder: Any, windows: list[Any]) -> Any:
    """Return what emits the taking of 16 samples out of two windows, by their places."""
    if vector_bits(context) == 512:
        permute = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(FLOATS, [FLOATS, WORDS, FLOATS]),
            "llvm.x86.avx512.vpermi2var.ps.512",
        )
        return lambda places: builder.call(permute, [windows[0], places, windows[1]])
    memory = cgutils.alloca_once(builder, ir.ArrayType(FLOAT, 2 * LANES))
    address = builder.ptrtoint(memory, INT64)
    for number, window in enumerate(windows):
        store_lanes(builder, address, window, LANES * number)
    return lambda places: _taken(builder, address, builder.shl(places, constant(INT32, WORDS, 2)))


def _taken(builder: Any, address: Any, places: Any) -> Any:
    """Emit the loading of 16 float32, each so many bytes behind an address."""
    samples = constant(FLOAT, FLOATS, 0.0)
    for i in range(LANES):
        place = builder.sext(builder.extract_element(places, ir.Constant(INT32, i)), INT64)
        at = builder.inttoptr(builder.add(address, place), FLOAT.as_pointer())
        samples = builder.insert_element(samples, builder.load(at, align=4), ir.Constant(INT32, i))
    return samples


def _scattered_tap(
    _typing: Any, base: Any, places: Any, counts: Any, weights: Any, t: Any, total: Any
) -> Any:
    """scattered_tap(base, places, counts, weights, t, total): tap t of 16 outputs.

    Output i takes the sample places[i] bytes behind base, if it has more than t taps.
    """

    def emit(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        base, places, counts, weights, t, total = values
        has = builder.icmp_signed(
            ">", load_lanes(builder, counts, WORDS), everywhere(builder, builder.trunc(t, INT32))
        )
        places = load_lanes(builder, places, WORDS)
        if vector_bits(context) == 512:
            samples = _gathered(builder, base, places, has)
        else:
            samples = _taken(builder, base, places)
        more = call(builder, "fma", load_lanes(builder, weights, FLOATS), samples, total)
        return builder.select(has, more, total)

    return VECTOR(*[types.int64] * 5, VECTOR), emit


def _gathered(builder: Any, base: Any, places: Any, wanted: Any) -> Any:
    """Emit x86's instruction that loads 16 float32, each so many bytes behind base."""
    byte = ir.IntType(8).as_pointer()
    zero = constant(FLOAT, FLOATS, 0.0)
    values = [zero, builder.inttoptr(base, byte), places, wanted, ir.Constant(INT32, 1)]
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(FLOATS, [value.type for value in values]),
        "llvm.x86.avx512.mask.gather.dps.512",
    )
    return builder.call(function, values)


scattered_tap: Any = intrinsic(_scattered_tap)


@cache
def ends(kind: Any) -> Any:
    """Make put_ends(row, columns, codes, left, right): the outputs at both ends of a row.

    Of the 16 elements at the address `codes` the first `left` are stored at the beginning of the
    row, `right` more at its end. What lies between and behind them is not written.
    """
    size = kind.bitwidth // 8
    element = FLOAT if kind == types.float32 else ir.IntType(kind.bitwidth)
    vector = ir.VectorType(element, LANES)
    letter = "f" if kind == types.float32 else "i"

    def _put_ends(_typing: Any, row: Any, columns: Any, codes: Any, left: Any, right: Any) -> Any:
        def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            row, columns, codes, left, right = values
            loaded = load_lanes(builder, codes, vector)
            both = builder.add(left, right)
            first, behind = (everywhere(builder, builder.trunc(n, INT32)) for n in (left, both))
            is_left = builder.icmp_unsigned("<", _LANE_NUMBERS, first)
            is_one = builder.icmp_unsigned("<", _LANE_NUMBERS, behind)
            is_right = builder.and_(is_one, builder.not_(is_left))
            store = cgutils.get_or_insert_function(
                builder.module,
                ir.FunctionType(ir.VoidType(), [vector, vector.as_pointer(), INT32, is_left.type]),
                f"llvm.masked.store.v{LANES}{letter}{kind.bitwidth}.p0",
            )
            skip = builder.mul(builder.sub(columns, both), ir.Constant(INT64, size))
            for address, mask in ((row, is_left), (builder.add(row, skip), is_right)):
                place = builder.inttoptr(address, vector.as_pointer())
                builder.call(store, [loaded, place, ir.Constant(INT32, 1), mask])
            return ir.Constant(INT32, 0)

        return types.int32(*[types.int64] * 5), emit

    return intrinsic(_put_ends)
