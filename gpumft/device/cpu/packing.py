"""Codes known to fit 16 bits become bytes by saturation: no clamping, and half the instructions.

Rounding and clamping may change places where nothing overflows: what rounds to below 0 or above
255 is clamped either way. So codes are rounded to integers, four vectors of those are packed into
one of bytes, and that saturates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from gpumft.device.cpu.arithmetic import FLOAT, INT32, constant
from gpumft.device.cpu.layout import LANES
from gpumft.device.cpu.vectors import WORDS, vector_bits

_MAGIC = 1.5 * 2.0**23
"""A sum with it is rounded to an integer, half to even; its low bits are the integer's."""
_INT8, _INT16 = ir.IntType(8), ir.IntType(16)
_WIDEST = 512
"""Bits of the registers of AVX-512."""
_TOGETHER = 4
"""Vectors that are packed into one, and lanes that stay together."""
_NAMES = {
    512: ("avx512.mask.cvtps2dq.512", "avx512.packssdw.512", "avx512.packuswb.512"),
    256: ("avx.cvt.ps2dq.256", "avx2.packssdw", "avx2.packuswb"),
    128: ("sse2.cvtps2dq", "sse2.packssdw.128", "sse2.packuswb.128"),
}
"""Instructions of x86 by the bits of their registers: they round as MXCSR says, half to even."""


def packed(
    context: Any, builder: Any, vectors: Sequence[Any], places: Sequence[tuple[int, int]]
) -> Any:
    """Emit the bytes of up to four vectors of codes, clamped to 0..255.

    Args:
        context: Numba's, which knows the processor.
        builder: LLVM's.
        vectors: unrounded codes whose magnitudes are at most `layout.MOST_PACKED`.
        places: (vector, lane) of each byte of the result.
    """
    four = [*vectors, *[vectors[-1]] * (_TOGETHER - len(vectors))]
    width = vector_bits(context)
    made = _by_instructions(builder, four, width) if width else _anywhere(builder, four)
    order = [_place(vector, lane) for vector, lane in places]
    return builder.shuffle_vector(made, made, ir.Constant(ir.VectorType(INT32, len(order)), order))


def woven(context: Any, builder: Any, vectors: Sequence[Any]) -> list[Any]:
    """Emit the same of vectors whose bytes lie side by side: lane 0 of all, then lane 1 of all.

    Returns words of 4 bytes in as many vectors as a register holds, in their order.

    Args:
        context: Numba's, which knows the processor.
        builder: LLVM's.
        vectors: 4, 8, 12 or 16 of codes like those of `packed`.
    """
    width = vector_bits(context)
    fours = [vectors[i : i + _TOGETHER] for i in range(0, len(vectors), _TOGETHER)]
    lanes = width // 32 if width else LANES
    found: list[Any] = []
    for first in range(0, LANES, lanes):
        made = []
        for four in fours:
            if width:
                made.append(_register(builder, four, width, first))
            else:
                made.append(_anywhere(builder, four))
        words = [_words(builder, codes) for codes in made]
        found += _in_turn(builder, words, _opaque if width == _WIDEST else _same)
    return found


def _words(builder: Any, codes: Any) -> Any:
    """Emit the words of one lane of four vectors each, of what is packed."""
    count = codes.type.count
    order = [_place(i % _TOGETHER, i // _TOGETHER) for i in range(count)]
    made = builder.shuffle_vector(codes, codes, ir.Constant(ir.VectorType(INT32, count), order))
    return builder.bitcast(made, ir.VectorType(INT32, count // _TOGETHER))


def _in_turn(builder: Any, words: Sequence[Any], placed: Callable[[Any, Any], Any]) -> list[Any]:
    """Emit the first words of all vectors, then the second of all, in as many vectors.

    `placed` is given each vector whose words are in their places.
    """
    count, lanes = len(words), words[0].type.count
    kind = ir.VectorType(INT32, lanes)

    def shuffled(a: Any, b: Any, order: Sequence[int]) -> Any:
        return builder.shuffle_vector(a, b, ir.Constant(kind, list(order)))

    if count == 1:
        return list(words)
    if count == 3:  # each word goes to its place at once: no two of a vector have the same
        apart = []
        for d, vector in enumerate(words):
            places = {(count * i + d) % lanes: i for i in range(lanes)}
            moved = shuffled(vector, vector, [places[i] for i in range(lanes)])
            apart.append(placed(builder, moved))
        found = []
        for first in range(0, count * lanes, lanes):
            of = [(first + i) % count for i in range(lanes)]
            two = shuffled(apart[0], apart[1], [lanes * (of[i] == 1) + i for i in range(lanes)])
            found.append(shuffled(two, apart[2], [lanes * (of[i] == 2) + i for i in range(lanes)]))
        return found
    half = lanes // 2
    pairs = [
        shuffled(a, b, [lanes * (i % 2) + half * part + i // 2 for i in range(lanes)])
        for a, b in zip(words[: count // 2], words[count // 2 :], strict=True)
        for part in range(2)
    ]
    if count == 2:
        return pairs
    return [
        shuffled(
            pairs[part // 2], pairs[2 + part // 2],
            [lanes * (i % 2) + half * (part % 2) + i // 2 for i in range(lanes)],
        )
        for part in range(4)
    ]  # fmt: skip


def _same(_builder: Any, vector: Any) -> Any:
    return vector


def _opaque(builder: Any, vector: Any) -> Any:
    """Emit nothing, for AVX-512: what follows is not joined with what makes the vector."""
    same = ir.FunctionType(vector.type, [vector.type])
    return builder.asm(same, "", "=v,0", [vector], side_effect=False)


def _place(vector: int, lane: int) -> int:
    """Return where the code of a lane is: four lanes of each vector follow one another."""
    block, within = divmod(lane, _TOGETHER)
    return _TOGETHER * (_TOGETHER * block + vector) + within


def _by_instructions(builder: Any, four: Sequence[Any], width: int) -> Any:
    """Emit what x86 has for it, a register at a time."""
    made = [_register(builder, four, width, first) for first in range(0, LANES, width // 32)]
    while len(made) > 1:
        made = [_joined(builder, *pair) for pair in zip(made[::2], made[1::2], strict=True)]
    return made[0]


def _register(builder: Any, four: Sequence[Any], width: int, first: int) -> Any:
    """Emit the bytes of a register's lanes, from lane `first` on."""
    lanes = width // 32
    kinds = [ir.VectorType(FLOAT, lanes)]
    kinds += [ir.VectorType(ir.IntType(bits), width // bits) for bits in (32, 16, 8)]

    def call(step: int, *values: Any) -> Any:
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(kinds[step + 1], [value.type for value in values]),
            f"llvm.x86.{_NAMES[width][step]}",
        )
        return builder.call(function, values)

    def rounded(x: Any) -> Any:
        if width < 512:
            return call(0, x)
        every, as_is = ir.Constant(_INT16, -1), ir.Constant(INT32, 4)
        return call(0, x, constant(INT32, WORDS, 0), every, as_is)

    mask = ir.Constant(ir.VectorType(INT32, lanes), list(range(first, first + lanes)))
    whole = [rounded(builder.shuffle_vector(x, x, mask)) for x in four]
    return call(2, call(1, *whole[:2]), call(1, *whole[2:]))


def _joined(builder: Any, a: Any, b: Any) -> Any:
    order = ir.Constant(ir.VectorType(INT32, 2 * a.type.count), list(range(2 * a.type.count)))
    return builder.shuffle_vector(a, b, order)


def _anywhere(builder: Any, four: Sequence[Any]) -> Any:
    """Emit the same without such instructions."""
    made = []
    for x in four:
        bits = builder.bitcast(builder.fadd(x, constant(FLOAT, x.type, _MAGIC)), WORDS)
        code = builder.sub(bits, constant(INT32, WORDS, 0x4B400000))
        for sign, limit in (("<", 0), (">", 255)):
            edge = constant(INT32, WORDS, limit)
            code = builder.select(builder.icmp_signed(sign, code, edge), edge, code)
        made.append(builder.trunc(code, ir.VectorType(_INT8, LANES)))
    ends = [_joined(builder, made[0], made[1]), _joined(builder, made[2], made[3])]
    order = [
        LANES * vector + _TOGETHER * block + i
        for block in range(LANES // _TOGETHER)
        for vector in range(_TOGETHER)
        for i in range(_TOGETHER)
    ]
    return builder.shuffle_vector(*ends, ir.Constant(ir.VectorType(INT32, len(order)), order))
