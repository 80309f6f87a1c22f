"""Horizontal filters whose phases and taps are known when the kernel is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import float32, int32, int64, types
from numba.core import cgutils
from numba.extending import intrinsic, register_jitable

from gpumft.device.cpu.across import split_columns
from gpumft.device.cpu.arithmetic import FLOAT, INT32, INT64, call, constant, pointer
from gpumft.device.cpu.kernels import _place, _row
from gpumft.device.cpu.layout import LANES, Weave
from gpumft.device.cpu.pixels import TYPES
from gpumft.device.cpu.sums import sparing
from gpumft.device.cpu.unrolled import parted, spread, weaver
from gpumft.device.cpu.vectors import (
    FLOATS,
    VECTOR,
    WORDS,
    everywhere,
    load_lanes,
    setting,
    vector_bits,
    zeros,
)
from gpumft.device.cpu.writing import writer


def woven(dtype: str, way: str, gain: str, weave: str, split: str = "") -> Callable[..., None]:
    """Make the kernel that filters along a row at a rational ratio, see `across.phases`.

    Args:
        dtype: "row" for float32 rows of a buffer, else the element type of a component.
        way: of `writer`.
        gain: likewise, a letter for the one channel.
        weave: the phases, a `Weave`.
        split: "split" where the source is parted by columns already.
    """
    known = Weave.named(weave)
    p, q = len(known.outputs), known.q
    is_row, is_split = dtype == "row", split != ""
    kind = float32 if is_row else TYPES[dtype]
    element, size = types.NumberClass(kind), kind.bitwidth // 8
    way = "raw" if is_row else way
    write1, write2, write3 = (writer(kind, n, way, n * gain, runs=4 // n) for n in (1, 2, 3))
    write_some = writer(kind, 1, way, gain)
    make = weaver(4 if p == 1 else 2, known)
    find, weigh = parted(q), spread(sum(count for _, count in known.outputs))

    @register_jitable
    def regular(a: Any, base: int, into: int, gains: int, high: Any, last: int) -> None:
        """All outputs that have all taps."""
        n, shift = a[8], a[14]
        parts, weights = find(base + a[6], a[10]), weigh(a[7])
        for at in range(0, n, 64 if p == 1 else 32):
            k = min(at, last)
            b = make(parts, weights, 4 * k)
            to = into + p * size * k
            if p == 1:
                write1(to, gains, high, shift, b[0], b[1], b[2], b[3])
            elif p == 2:
                write2(to, gains, high, shift, b[0], b[2], b[1], b[3])
            else:
                write3(to, gains, high, shift, b[0], b[2], b[4], b[0])
                write3(to + 48 * size, gains, high, shift, b[1], b[3], b[5], b[0])

    def woven_row(args: int, scratch: int, planes: int, y: int, _count: int) -> None:
        sparing()
        a = pointer(args, int64)
        # out 0-2 or view 0, source 3-5; byte of the first sample in its part 6, weights 7, outputs
        # a phase 8, residues 9, stride 10, source columns 11, columns 12, highest code 13, shift
        # 14, spare 15, (scale, offset) 16-23, first regular output 24; of the outputs at the
        # edges: places 25, counts 26, weights 27, longest 28, how many 29, which 30, spare 31
        base = _row(a, 3, scratch, y)
        high, shift, gains = setting(args + 8 * 13), a[14], args + 8 * 16
        view = pointer(planes + 8 * a[0], int64)
        plain, target, last = True, int64(0), a[8] - 1
        if is_row:
            target = _row(a, 0, scratch, y)
        else:  # nothing may be written behind the row: the last round repeats some of before
            target = view[0] + _place(view, 1, y)
            plain = view[8] == 0 and view[9] == size
            last = a[8] - (64 if p == 1 else 32)
        out = target if plain else scratch + a[15]
        if q > 1 and not is_split:
            split_columns(base, scratch + a[9], a[10], q, (a[11] + q - 1) // q)
            base = scratch + a[9]
        regular(a, base, out + size * a[24], gains, high, last)
        total, some, which = zeros(), scratch + a[31], pointer(a[30], int32)
        for t in range(a[28]):
            total = scattered_tap(base, a[25] + 64 * t, a[26], a[27] + 64 * t, t, total)
        write_some(some, gains, high, shift, total, total, total, total)
        codes, edges = pointer(out, element), pointer(some, element)
        for i in range(a[29]):
            codes[which[i]] = edges[i]
        if not plain:
            for i in range(a[12]):
                pointer(target + _place(view, 6, i), element)[0] = codes[i]

    return woven_row


def _scattered_tap(
    _typing: Any, base: Any, places: Any, counts: Any, weights: Any, t: Any, total: Any
) -> Any:
    """scattered_tap(base, places, counts, weights, t, total): tap t of 16 outputs.

    Output i takes the sample places[i] bytes behind base, if it has more than t taps.
    """

    def emit(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        base, places, counts, weights, t, total = values
        count = load_lanes(builder, counts, WORDS)
        has = builder.icmp_signed(">", count, everywhere(builder, builder.trunc(t, INT32)))
        if vector_bits(context) == 512:
            samples = _gathered(builder, base, load_lanes(builder, places, WORDS), has)
        else:
            samples = constant(FLOAT, total.type, 0.0)
            for i in range(LANES):
                place = builder.inttoptr(
                    builder.add(places, ir.Constant(INT64, 4 * i)), INT32.as_pointer()
                )
                at = builder.add(base, builder.sext(builder.load(place), INT64))
                value = builder.load(builder.inttoptr(at, FLOAT.as_pointer()), align=4)
                samples = builder.insert_element(samples, value, ir.Constant(INT32, i))
        more = call(builder, "fma", load_lanes(builder, weights, total.type), samples, total)
        return builder.select(has, more, total)

    return VECTOR(*[types.int64] * 5, VECTOR), emit


def _gathered(builder: Any, base: Any, places: Any, wanted: Any) -> Any:
    """Emit x86's instruction that loads 16 float32, each so many bytes behind base."""
    byte = ir.IntType(8).as_pointer()
    zero = constant(FLOAT, FLOATS, 0.0)
    pointer = builder.inttoptr(base, byte)
    values = [zero, pointer, places, wanted, ir.Constant(INT32, 1)]
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(FLOATS, [value.type for value in values]),
        "llvm.x86.avx512.mask.gather.dps.512",
    )
    return builder.call(function, values)


scattered_tap: Any = intrinsic(_scattered_tap)
