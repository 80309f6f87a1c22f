"""Sums of weighted rows, sixteen columns or more at a time: the loops over taps as LLVM code."""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from gpumft.device.cpu.arithmetic import FLOAT, INT32, INT64, call, constant, decoded
from gpumft.device.cpu.layout import LANES
from gpumft.device.cpu.vectors import FLOATS, VECTOR, WORDS, everywhere, load_lanes


def fields(builder: Any, address: Any, group: int, offset: Any) -> list[Any]:
    """Emit the samples of 2 or 4 bytes side by side, 16 of each, minus an integer offset or None.

    A byte set into the bits of a power of two, where its last bit is worth 1, is their sum as a
    float; what is subtracted from it, exactly, is the power and the offset together.
    """
    words = load_lanes(builder, address, ir.VectorType(ir.IntType(8 * group), LANES))
    if group == 2:
        words = builder.zext(words, WORDS)

    def placed(field: Any, mask: int, power: int) -> Any:
        field = builder.and_(field, constant(INT32, WORDS, mask))
        bits = (127 + power) << 23
        number = builder.bitcast(builder.or_(field, constant(INT32, WORDS, bits)), FLOATS)
        zero = constant(FLOAT, FLOATS, 2.0**power)
        if offset is not None:
            zero = builder.fadd(offset, zero)
        return builder.fsub(number, zero)

    made = [placed(words, 0xFF, 23), placed(words, 0xFF00, 15)]
    for c in range(2, group):
        field = builder.lshr(words, constant(INT32, WORDS, 8 * c))
        made.append(placed(field, 0xFF, 23))
    return made


@cache
def adder(kind: Any, width: int, *, raw: bool = False, lists: int = 1, group: int = 1) -> Any:
    """Make add(rows, begin, end, x, w, v, shift, mask, offset, a..h): more taps of sums.

    To each sum the products of `begin`..`end` - 1 are added, ascending: weights times 16 samples,
    `x` bytes into the row at rows[t]. With 1 list, `width` sums of neighbouring samples have the
    weights w; with 2 the other half has v, for the same samples: a b | c d. `rows` is the address
    of a list of addresses, w and v of weights. Returns as many sums as there are.

    `group` = `width` bytes that lie side by side are of one sum each, instead of 16.
    """
    sums = width * lists

    def _add(
        _typing: Any, rows: Any, begin: Any, end: Any, x: Any, w: Any, v: Any, shift: Any,
        mask: Any, offset: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any,
    ) -> Any:  # fmt: skip
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            rows, begin, end, x, w, v, shift, mask, offset = values[:9]
            shift = everywhere(builder, builder.trunc(shift, INT32))
            mask = everywhere(builder, builder.trunc(mask, INT32))
            before = builder.block
            loop = builder.append_basic_block("taps")
            done = builder.append_basic_block("summed")
            builder.cbranch(builder.icmp_signed("<", begin, end), loop, done)
            builder.position_at_end(loop)
            t = builder.phi(INT64)
            totals = [builder.phi(FLOATS) for _ in range(sums)]
            place = builder.inttoptr(
                builder.add(rows, builder.mul(t, ir.Constant(INT64, 8))), INT64.as_pointer()
            )
            row = builder.add(builder.load(place), x)
            weights = []
            for address in (w, v)[:lists]:
                at = builder.add(address, builder.mul(t, ir.Constant(INT64, 4)))
                weight = builder.load(builder.inttoptr(at, FLOAT.as_pointer()))
                weights.append(everywhere(builder, weight))
            element = FLOAT if kind == types.float32 else ir.IntType(kind.bitwidth)
            samples = fields(builder, row, group, offset) if group > 1 else []
            for i in range(width - len(samples)):
                sample = load_lanes(builder, row, ir.VectorType(element, LANES), LANES * i)
                if not raw:
                    sample = decoded(builder, kind, sample, shift, mask, offset)
                samples.append(sample)
            longer = [
                call(builder, "fma", weights[i // width], samples[i % width], total)
                for i, total in enumerate(totals)
            ]
            following = builder.add(t, ir.Constant(INT64, 1))
            t.add_incoming(begin, before)
            t.add_incoming(following, loop)
            for total, first, more in zip(totals, values[9:], longer, strict=False):
                total.add_incoming(first, before)
                total.add_incoming(more, loop)
            builder.cbranch(builder.icmp_signed("<", following, end), loop, done)
            builder.position_at_end(done)
            results = []
            for first, more in zip(values[9 : 9 + sums], longer, strict=True):
                result = builder.phi(FLOATS)
                result.add_incoming(first, before)
                result.add_incoming(more, loop)
                results.append(result)
            return context.make_tuple(builder, signature.return_type, results)

        integers = [types.int64] * 8
        return types.UniTuple(VECTOR, sums)(*integers, *[VECTOR] * 9), emit

    return intrinsic(_add)


@cache
def fetcher(rows: int, size: int) -> Any:
    """Make fetch(address, pitch): what lies there will be read soon. Any address may be given.

    `size` bytes of each of so many rows, `pitch` bytes apart.
    """

    def _fetch(_typing: Any, address: Any, pitch: Any) -> Any:
        def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            byte = ir.IntType(8).as_pointer()
            signature = ir.FunctionType(ir.VoidType(), [byte, INT32, INT32, INT32])
            function = cgutils.get_or_insert_function(builder.module, signature, "llvm.prefetch.p0")
            to_read, second_level, data = (ir.Constant(INT32, n) for n in (0, 2, 1))
            row, pitch = values
            for _ in range(rows):
                for line in range(0, size, 64):
                    place = builder.inttoptr(builder.add(row, ir.Constant(INT64, line)), byte)
                    builder.call(function, [place, to_read, second_level, data])
                row = builder.add(row, pitch)
            return ir.Constant(INT32, 0)

        return types.int32(types.int64, types.int64), emit

    return intrinsic(_fetch)


def _sparing(_typing: Any) -> Any:
    """sparing(): LLVM shall not unroll the loops of the kernel that says so; taps are few."""

    def emit(_context: Any, builder: Any, _signature: Any, _values: Any) -> Any:
        builder.function.attributes.add("optsize")
        return ir.Constant(INT32, 0)

    return types.int32(), emit


fetch: Any = fetcher(1, 1)
sparing: Any = intrinsic(_sparing)


def _scattered(
    _typing: Any, source: Any, starts: Any, counts: Any, weights: Any, stride: Any, t: Any,
    total: Any,
) -> Any:  # fmt: skip
    """scattered(source, starts, counts, weights, stride, t, total): taps t..t+3 of 16 outputs.

    Output i takes source[starts[i] + t] and the three behind it, if it has that many taps. The
    weights of a tap lie side by side, `stride` bytes behind those of the tap before.

    Four taps of an output are loaded at once; four times four are then transposed.
    """

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        source, starts, counts, weights, stride, t, total = values
        tap = builder.mul(t, ir.Constant(INT64, 4))
        source = builder.add(source, tap)
        first = load_lanes(builder, starts, WORDS)
        count = load_lanes(builder, counts, WORDS)
        quads = []
        for i in range(LANES):
            at = builder.sext(builder.extract_element(first, ir.Constant(INT32, i)), INT64)
            at = builder.add(source, builder.mul(at, ir.Constant(INT64, 4)))
            kind = ir.VectorType(FLOAT, 4)
            quads.append(builder.load(builder.inttoptr(at, kind.as_pointer()), align=4))

        def shuffled(a: Any, b: Any, places: list[int]) -> Any:
            mask = ir.Constant(ir.VectorType(INT32, len(places)), places)
            return builder.shuffle_vector(a, b, mask)

        rows = []  # row j: outputs j, 4 + j, 8 + j, 12 + j
        for j in range(4):
            low = shuffled(quads[j], quads[j + 4], list(range(8)))
            high = shuffled(quads[j + 8], quads[j + 12], list(range(8)))
            rows.append(shuffled(low, high, list(range(16))))

        def within(places: list[int]) -> list[int]:
            return [4 * lane + p % 4 + (16 if p > 3 else 0) for lane in range(4) for p in places]

        halves = [
            shuffled(rows[a], rows[a + 1], within(places))
            for a in (0, 2)
            for places in ([0, 4, 1, 5], [2, 6, 3, 7])
        ]
        for k in range(4):
            a, b = halves[k // 2], halves[2 + k // 2]
            sample = shuffled(a, b, within([0, 1, 4, 5] if k % 2 == 0 else [2, 3, 6, 7]))
            number = builder.add(t, ir.Constant(INT64, k))
            weight = load_lanes(builder, builder.add(weights, builder.mul(number, stride)), FLOATS)
            more = call(builder, "fma", weight, sample, total)
            has = builder.icmp_signed(">", count, everywhere(builder, builder.trunc(number, INT32)))
            total = builder.select(has, more, total)
        return total

    return VECTOR(*[types.int64] * 6, VECTOR), emit


def _where_more(_typing: Any, counts: Any, t: Any, yes: Any, no: Any) -> Any:
    """where_more(counts, t, yes, no): for 16 outputs, `yes` where there are more than t taps."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        counts, t, yes, no = values
        count = load_lanes(builder, counts, WORDS)
        has = builder.icmp_signed(">", count, everywhere(builder, builder.trunc(t, INT32)))
        return builder.select(has, yes, no)

    return VECTOR(types.int64, types.int64, VECTOR, VECTOR), emit


scattered: Any = intrinsic(_scattered)
where_more: Any = intrinsic(_where_more)
