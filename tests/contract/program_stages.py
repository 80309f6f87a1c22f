"""Hand-made Programs with formulas, scaling between them, limits and dither: `MAKERS`, by name.

Curves here are made up: what matters is that every operation, function and kind of stage occurs,
with inputs at the edges of what it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from gpumft.device.program import Apply, Pattern, Program, Rect, Scale, Stage
from gpumft.formula import (
    Value,
    clamp,
    divide,
    exp2,
    flush,
    fma,
    formula,
    keep_nan,
    larger,
    log2,
    nearest_integer,
    parameter,
    power,
    reciprocal,
    select,
    smaller,
    square_root,
)
from gpumft.media.formats import PixelFormat
from tests.contract.program_parts import (
    SPECIALS,
    Case,
    MakeTaps,
    Plane,
    Size,
    convert,
    direct,
    floats,
    linear,
    long_taps,
    mix,
    nearest,
    noise,
    random_bits,
    rgb_to_yuv,
    ringing,
    to_nominal,
    yuv_to_rgb,
)

_WIDER: Final = ((0.63, 0.33, 0.04), (0.07, 0.92, 0.01), (0.02, 0.09, 0.89))
"""One set of primaries in another's numbers, about."""


def _apply(function: Callable[..., Sequence[Value]], inputs: int = 3, **options: object) -> Apply:
    return Apply(formula(function.__name__, inputs, function), **options)  # type: ignore[arg-type]


def _each(function: Callable[[Value], Value]) -> Apply:
    """The same for each of three channels."""
    return Apply(formula("each", 3, lambda *channels: [flush(function(c)) for c in channels]))


def decoded(x: Value) -> Value:
    """Something like a display's curve: to light."""
    return select(x, 0.081, x * parameter(1 / 4.5), power(fma(x, 0.91, 0.09), 2.22))


def encoded(x: Value) -> Value:
    """Something like a camera's curve: from light."""
    return select(x, 0.018, x * parameter(4.5), fma(power(x, 0.45), 1.099, -0.099))


# ---------------------------------------------------------------- functions


def _hard(width: int, seed: int) -> Plane:
    """Specials, then one float of each power of two, of both signs, with random digits."""
    exponents = np.arange(1, 255, dtype=np.uint32) << np.uint32(23)
    digits = (random_bits(2 * 254, seed) >> np.uint64(41)).astype(np.uint32)
    signs = np.repeat(np.array([0, 1 << 31], np.uint32), 254)
    bits = [*SPECIALS, *(np.tile(exponents, 2) | digits | signs).tolist()]
    rows = -(-len(bits) // width)
    return floats((rows, width), bits)


def _roots(x: Value, y: Value, z: Value) -> list[Value]:
    return [flush(square_root(x)), flush(log2(y)), flush(exp2(z))]


def _powers(x: Value, y: Value, z: Value) -> list[Value]:
    divisor = clamp(abs(y), 2.0**-20, 2.0**20)
    dividend = clamp(z, -(2.0**20), 2.0**20)
    return [
        flush(power(x, 2.4)),
        flush(power(x, parameter(1 / 2.4))),
        select(abs(dividend), 2.0**-20, 0.0, divide(dividend, divisor)),
    ]


def _choices(x: Value, y: Value, z: Value) -> list[Value]:
    whole = nearest_integer(clamp(x, -1000.25, 1000.75))
    return [
        flush(keep_nan(x, larger(smaller(-y, z), whole))),
        flush(select(y, x, abs(z), -whole)),
        flush(reciprocal(abs(z))),
    ]


def _functions(function: Callable[..., Sequence[Value]]) -> Case:
    planes = [_hard(41, seed) for seed in (5, 6, 7)]
    for k, plane in enumerate(planes):  # meet each other's specials
        plane[:] = np.roll(plane.reshape(-1), 5 * k).reshape(plane.shape)
    program = convert("gbrpf32le", (41, len(planes[0])), "gbrpf32le", mixes=[_apply(function)])
    return Case(program, tuple(planes))


# ---------------------------------------------------------------- chains


def _chain(source: str, given: Size, target: str, **options: object) -> Case:
    """Mix, curve, mix, curve, mix."""
    first = to_nominal(PixelFormat(source), yuv_to_rgb())
    last = mix(rgb_to_yuv() if PixelFormat(target).is_yuv else np.eye(3))
    stages: list[Stage] = [first, _each(decoded), mix(_WIDER), _each(encoded), last]
    program = convert(source, given, target, mixes=stages, **options)  # type: ignore[arg-type]
    return Case(program, noise(program.source, given))


def _products_and_sums() -> Case:
    """Products at the end of a stage meet sums at the beginning of the next: never contracted."""

    def sums(x: Value, y: Value, z: Value) -> list[Value]:
        return [x + 0.1, y - z, 1.0 - x]

    def products(x: Value, y: Value, z: Value) -> list[Value]:
        return [flush(x * y), flush(y * 0.7), flush(z * z)]

    stages: list[Stage] = [
        mix(np.diag([1 / 254.9, 1 / 253.1, 1 / 251.7])),
        _apply(sums), _apply(products), _apply(sums), _apply(products),
        mix(np.diag([0.9, 0.8, 0.7])), _apply(sums),
    ]  # fmt: skip
    program = convert("gbrp", (37, 5), "gbrpf32le", mixes=stages)
    return Case(program, noise(program.source, (37, 5)))


def _fewer_and_more() -> Case:
    """Three channels become one and three again."""

    def luma(x: Value, y: Value, z: Value) -> list[Value]:
        return [fma(x, 0.25, fma(y, 0.5, z * 0.25))]

    def tinted(x: Value) -> list[Value]:
        return [x * 1.25, flush(square_root(x)), x * 0.5]

    stages: list[Stage] = [to_nominal(PixelFormat.RGB24), _apply(luma), _apply(tinted, 1)]
    program = convert("rgb24", (33, 6), "bgra", mixes=stages, size=(20, 9), taps=ringing)
    return Case(program, noise(program.source, (33, 6)))


def _regions() -> Case:
    """Formulas inside regions between a plain one and mixes; at edges and in the middle."""
    stages: list[Stage] = [
        to_nominal(PixelFormat.RGB24),
        replace(_each(decoded), region=Rect(3, 1, 21, 7)),
        _each(lambda x: fma(x, -0.5, 0.75)),
        replace(_each(encoded), region=Rect(20, 0, 15, 9)),
        mix(_WIDER, Rect(0, 4, 35, 5)),
        _each(square_root),
    ]
    program = convert("rgb24", (35, 9), "yuv444p", mixes=stages)
    return Case(program, noise(program.source, (35, 9)))


def _with_alpha(alpha: str, target: str, **options: object) -> Case:
    """A formula that takes alpha, and one with a region that does too."""

    def faded(x: Value, y: Value, z: Value, a: Value) -> list[Value]:
        part = clamp(a * parameter(1 / 255), 0.0, 1.0)
        return [flush(x * part), y, flush(fma(z, part, 0.25))]

    stages: list[Stage] = [
        to_nominal(PixelFormat.RGBA),
        _apply(faded, 4, takes_alpha=True),
        _each(encoded),
        _apply(faded, 4, takes_alpha=True, region=Rect(2, 1, 6, 4)),
    ]
    program = convert("rgba", (18, 9), target, alpha=alpha, mixes=stages, **options)  # type: ignore[arg-type]
    return Case(program, noise(program.source, (18, 9)))


# ---------------------------------------------------------------- scaling between curves


def _in_light(
    source: str, given: Size, target: str, to: Size, taps: MakeTaps, **options: object
) -> Case:
    """Decoded, scaled, encoded; chroma of the source is brought to luma's grid before."""
    src, dst = PixelFormat(source), PixelFormat(target)
    grid = given if "t" not in str(options.get("turn", "")) else given[::-1]
    first = to_nominal(src, yuv_to_rgb() if src.is_yuv else None)
    stages: list[Stage] = [first, _each(decoded), mix(_WIDER)]
    stages += [Scale(taps(grid[1], to[1]), taps(grid[0], to[0])), _each(encoded)]
    if dst.is_yuv:
        stages.append(mix(rgb_to_yuv()))
    options = {"size": to, "grid": grid, "mixes": stages, **options}
    program = convert(source, given, target, **options)  # type: ignore[arg-type]
    return Case(program, noise(src, given))


def _scale_alone() -> Case:
    """Nothing before it and nothing behind it."""
    stages: list[Stage] = [Scale(ringing(7, 11), linear(20, 9))]
    program = convert("gbrpf32le", (20, 7), "gbrpf32le", size=(9, 11), grid=(20, 7), mixes=stages)
    return Case(program, noise(program.source, (20, 7)))


# ---------------------------------------------------------------- limits and dither


def pattern(columns: int, rows: int, x: int = 0, y: int = 0) -> Pattern:
    """Multiples of 2^-10 from -1/2 to 1/2, both left out."""
    raw = (random_bits(rows * columns, 91) >> np.uint64(54)).astype(np.float32)
    values = (raw - 511.5) / np.float32(1024)
    return Pattern(values.reshape(rows, columns).astype(np.float32), x, y)


def _shaped(
    program: Program, *, shape: tuple[int, int] = (8, 8), limits: tuple[float, float] | None = None
) -> Case:
    """Every component with a pattern of its own place, and limits."""
    writes = []
    for index, write in enumerate(program.writes):
        dither = None if write.channel is None else pattern(*shape, x=3 * index, y=index)
        writes.append(replace(write, dither=dither, limits=limits if dither else None))
    shaped = replace(program, writes=tuple(writes))
    return Case(shaped, noise(shaped.source, shaped.source_size))


def _limits() -> Case:
    """Video levels, one component without; NaN and infinities become the lowest and the highest."""
    program = convert("gbrpf32le", (23, 5), "yuv444p", mixes=[mix(rgb_to_yuv())])
    limits = ((16.0, 235.0), (16.0, 240.0), None)
    writes = [replace(w, limits=pair) for w, pair in zip(program.writes, limits, strict=True)]
    planes = [floats((5, 23), SPECIALS[k:] + SPECIALS[:k]) for k in range(3)]
    planes[1][2:] = noise(program.source, (23, 3))[0]
    return Case(replace(program, writes=tuple(writes)), tuple(planes))


def _dithered_matrix(source: str, given: Size, target: str, **options: object) -> Program:
    stages: list[Stage] = [to_nominal(PixelFormat(source), rgb_to_yuv())]
    return convert(source, given, target, mixes=stages, **options)  # type: ignore[arg-type]


MAKERS: Final[dict[str, Callable[[], Case]]] = {
    "formula_roots": partial(_functions, _roots),
    "formula_powers": partial(_functions, _powers),
    "formula_choices": partial(_functions, _choices),
    "formula_chain": partial(_chain, "yuv420p10le", (34, 10), "gbrp10le"),
    "formula_chain_420": partial(_chain, "p010le", (33, 11), "nv12"),
    "formula_chain_scaled": partial(
        _chain, "nv12", (33, 12), "rgb24", size=(20, 17), taps=ringing, chroma=ringing
    ),
    "formula_sums": _products_and_sums,
    "formula_channels": _fewer_and_more,
    "formula_regions": _regions,
    "formula_alpha": partial(_with_alpha, "a", "bgra"),
    "formula_alpha_weighted": partial(
        _with_alpha, "apu", "rgba", size=(13, 12), taps=ringing
    ),
    "scale_alone": _scale_alone,
    "scale_up_420": partial(_in_light, "yuv420p", (15, 10), "nv12", (27, 14), linear),
    "scale_down_420": partial(_in_light, "nv12", (46, 40), "yuv420p", (15, 9), ringing),
    "scale_long": partial(
        _in_light, "rgb24", (90, 70), "bgra", (11, 8), long_taps((40, 3, 33), 4)
    ),
    "scale_alpha": partial(
        _in_light, "rgba", (16, 9), "bgra", (23, 6), ringing, alpha="apu"
    ),
    "scale_turned_border": partial(
        _in_light, "nv12", (20, 14), "yuyv422", (13, 11), nearest, turn="tx", size=(17, 12),
        inner=Rect(2, 1, 13, 11), background=(16, 128, 128),
    ),
    "limits": _limits,
    "dither_gray": lambda: _shaped(direct("gray", (37, 9), "gray", scale=0.37, offset=0.25)),
    "dither_rgb24_scaled": lambda: _shaped(
        convert("gbrpf32le", (40, 22), "rgb24", size=(61, 33), taps=ringing), shape=(64, 16)
    ),
    "dither_420_odd": lambda: _shaped(
        _dithered_matrix("gbrp16le", (33, 11), "yuv420p"), shape=(16, 4), limits=(16.0, 240.0)
    ),
    "dither_nv12_border": lambda: _shaped(
        _dithered_matrix(
            "gbrp10le", (20, 8), "nv12", size=(35, 15), inner=Rect(6, 4, 29, 9), taps=linear,
            background=(16, 128, 128),
        ),
        limits=(16.0, 235.0),
    ),
    "dither_direct_scaled": lambda: _shaped(
        direct("yuv420p10le", (70, 20), "yuv420p", size=(140, 30), taps=ringing), shape=(32, 2)
    ),
    "dither_p010": lambda: _shaped(
        _dithered_matrix("gbrp16le", (18, 10), "p010le"), limits=(64.0, 940.0)
    ),
    "dither_yuyv_odd": lambda: _shaped(
        _dithered_matrix("rgb48le", (11, 6), "yuyv422"), limits=(16.0, 235.0)
    ),
    "dither_words": lambda: _shaped(
        convert("gbrp16le", (19, 5), "rgb565le", mixes=[to_nominal(PixelFormat.GBRP16LE)]),
        shape=(4, 4),
    ),
    "dither_alpha": lambda: _shaped(
        convert("rgba64le", (19, 5), "bgra", mixes=[to_nominal(PixelFormat.RGBA64LE)], alpha="a")
    ),
    "dither_v210": lambda: _shaped(
        _dithered_matrix("gbrp16le", (55, 4), "v210", inner=None), limits=(4.0, 1019.0)
    ),
}  # fmt: skip
