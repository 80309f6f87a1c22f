"""Sums of weighted rows whose number of taps is known when a kernel is made: no loop over taps."""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from gpumft.device.cpu.arithmetic import FLOAT, INT32, INT64, call, decoded
from gpumft.device.cpu.integers import BYTES, byte_sums, parted_floats
from gpumft.device.cpu.layout import LANES, Overlap, Weave
from gpumft.device.cpu.sums import fields
from gpumft.device.cpu.vectors import (
    FLOATS,
    VECTOR,
    WORDS,
    everywhere,
    load_lanes,
    pick,
    vector_bits,
)


@cache
def listed(count: int) -> Any:
    """Make a list of `count` integers out of their address, to be kept in registers."""

    def _listed(_typing: Any, address: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            found = [
                builder.load(builder.inttoptr(_behind(builder, values[0], 8 * i), _ADDRESS))
                for i in range(count)
            ]
            return context.make_tuple(builder, signature.return_type, found)

        return types.UniTuple(types.int64, count)(types.int64), emit

    return intrinsic(_listed)


@cache
def spread(count: int) -> Any:
    """Make vectors out of the address of `count` float32, one in every lane of each."""

    def _spread(_typing: Any, address: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            found = [
                everywhere(
                    builder,
                    builder.load(builder.inttoptr(_behind(builder, values[0], 4 * i), _NUMBER)),
                )
                for i in range(count)
            ]
            return context.make_tuple(builder, signature.return_type, found)

        return types.UniTuple(VECTOR, count)(types.int64), emit

    return intrinsic(_spread)


_ADDRESS = INT64.as_pointer()
_NUMBER = FLOAT.as_pointer()


def _behind(builder: Any, address: Any, skip: int) -> Any:
    return builder.add(address, ir.Constant(INT64, skip))


@cache
def overlapping(
    kind: Any, taps: Overlap, *, raw: bool = False, group: int = 1, zero: bool = False
) -> Any:
    """Make both(rows, w, v, x, shift, mask, offset): the sums of two neighbouring outputs.

    `rows` are `taps.all` addresses (`listed`), `x` bytes are added to each; w and v the outputs'
    weights (`spread`). Returns four vectors, 64 neighbouring samples, of the first output, then of
    the second. With a `group` of 2 or 4 those of every 2nd or 4th byte are together, one kind after
    the other. `raw` float32 are taken as they are; with `zero` the offset is 0 and not subtracted.
    """
    width = 4

    def _both(
        _typing: Any, rows: Any, w: Any, v: Any, x: Any, shift: Any, mask: Any, offset: Any
    ) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            rows, w, v, x, shift, mask, offset = values
            if taps.whole and vector_bits(context) == 512:
                made = _in_integers(builder, rows, x, None if zero else offset)
                return context.make_tuple(builder, signature.return_type, made)
            shift = everywhere(builder, builder.trunc(shift, INT32))
            mask = everywhere(builder, builder.trunc(mask, INT32))
            one: list[Any] = [None] * width
            two: list[Any] = [None] * width
            for t in range(taps.all):
                row = builder.add(builder.extract_value(rows, t), x)
                samples = _samples(builder, row, shift, mask, offset)
                if t < taps.end:
                    one = more(builder, one, builder.extract_value(w, t), samples)
                if t >= taps.begin:
                    two = more(builder, two, builder.extract_value(v, t - taps.begin), samples)
            return context.make_tuple(builder, signature.return_type, one + two)

        vectors = [types.UniTuple(VECTOR, n) for n in (taps.end, taps.all - taps.begin)]
        return (
            types.UniTuple(VECTOR, 2 * width)(
                types.UniTuple(types.int64, taps.all), *vectors, *[types.int64] * 3, VECTOR
            ),
            emit,
        )

    def _in_integers(builder: Any, rows: Any, x: Any, offset: Any) -> list[Any]:
        loaded = [
            load_lanes(builder, builder.add(builder.extract_value(rows, t), x), BYTES)
            for t in range(taps.all)
        ]
        first = [*taps.whole[: taps.end], *[0] * (taps.all - taps.end)]
        second = [*[0] * taps.begin, *taps.whole[taps.end :]]
        sums = byte_sums(builder, loaded, [first, second])
        parts = [parted_floats(builder, pair, group, taps.shift, offset) for pair in sums]
        return parts[0] + parts[1]

    def _samples(builder: Any, row: Any, shift: Any, mask: Any, offset: Any) -> list[Any]:
        if group > 1:
            given = None if zero else offset
            starts = [_behind(builder, row, 64 * group * i // 4) for i in range(width // group)]
            words = [fields(builder, start, group, given) for start in starts]
            return [word[c] for c in range(group) for word in words]
        element = FLOAT if kind == types.float32 else ir.IntType(kind.bitwidth)
        found = []
        for i in range(width):
            sample = load_lanes(builder, row, ir.VectorType(element, LANES), LANES * i)
            if not raw:
                sample = decoded(builder, kind, sample, shift, mask, None if zero else offset)
            found.append(sample)
        return found

    return intrinsic(_both)


def more(builder: Any, sums: list[Any], weight: Any, samples: list[Any]) -> list[Any]:
    """Emit sums with one more product each; the first is a product alone."""
    if sums[0] is None:
        return [builder.fmul(weight, sample) for sample in samples]
    return [
        call(builder, "fma", weight, sample, total)
        for sample, total in zip(samples, sums, strict=True)
    ]


MOST_JOINED = 4
"""Parts of a row that registers take out of it; rows of more parts are parted in memory."""


def _joins(context: Any) -> bool:
    """Whether shuffles of whole vectors are cheap: registers hold 16 samples."""
    return vector_bits(context) == 512


@cache
def joining(may: bool) -> Any:  # noqa: FBT001 - what `weaver` was told
    """Make joins(): whether a weaver with `joined` takes samples out of one row; a constant."""

    def _joining(_typing: Any) -> Any:
        def emit(context: Any, _builder: Any, _signature: Any, _values: Any) -> Any:
            return ir.Constant(ir.IntType(1), int(may and _joins(context)))

        return types.boolean(), emit

    return intrinsic(_joining)


@cache
def weaver(width: int, weave: Weave, *, joined: bool = False) -> Any:
    """Make weave(parts, w, x): 16 * `width` sums of each output, one output after the other.

    `parts` are the addresses of sample number 0 of each part, w all weights, output by output
    (`spread`); `x` bytes are added to the addresses.

    Where registers hold 16 samples, those between two vectors are shifted together: loads that
    cross cache lines take longer. There a `joined` row is not parted in memory: its first sample
    lies at the first address, `x` bytes of each part further on the rest.
    """
    outputs, q = weave.outputs, weave.q
    last = max(start + count for start, count in outputs)

    def _weave(_typing: Any, parts: Any, w: Any, x: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            parts, w, x = values
            shifts = _joins(context)
            whole_row = joined and shifts
            if whole_row:
                x = builder.mul(x, ir.Constant(INT64, q))
            rows = [builder.add(builder.extract_value(parts, r), x) for r in range(q)]

            @cache
            def load(part: int, number: int) -> Any:
                return load_lanes(builder, rows[part], FLOATS, number)

            @cache
            def numbered(part: int, number: int) -> Any:
                if not whole_row:
                    return load(part, number)
                near = [load(0, q * number + LANES * i) for i in range(q)]
                return pick(builder, near, [part + q * i for i in range(LANES)])

            def sample(t: int, block: int) -> Any:
                number, part = divmod(weave.phase + t, q)
                number += LANES * block
                whole, shift = divmod(number, LANES)
                if not shifts or shift == 0:
                    return numbered(part, number)
                first = LANES * whole
                near, far = numbered(part, first), numbered(part, first + LANES)
                places = ir.Constant(WORDS, [shift + i for i in range(LANES)])
                return builder.shuffle_vector(near, far, places)

            sums: list[list[Any]] = [[None] * width for _ in outputs]
            for t in range(last):
                samples = [sample(t, block) for block in range(width)]
                place = 0
                for number, (start, count) in enumerate(outputs):
                    if start <= t < start + count:
                        weight = builder.extract_value(w, place + t - start)
                        sums[number] = more(builder, sums[number], weight, samples)
                    place += count
            made = [total for totals in sums for total in totals]
            return context.make_tuple(builder, signature.return_type, made)

        weights = sum(count for _, count in outputs)
        return (
            types.UniTuple(VECTOR, width * len(outputs))(
                types.UniTuple(types.int64, q), types.UniTuple(VECTOR, weights), types.int64
            ),
            emit,
        )

    return intrinsic(_weave)


@cache
def parted(count: int) -> Any:
    """Make addresses out of the first one and the bytes from each to the next."""

    def _parted(_typing: Any, address: Any, stride: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            found = [values[0]]
            for _ in range(count - 1):
                found.append(builder.add(found[-1], values[1]))
            return context.make_tuple(builder, signature.return_type, found)

        return types.UniTuple(types.int64, count)(types.int64, types.int64), emit

    return intrinsic(_parted)
