"""Parts to make Programs of by hand: taps, matrices, test patterns. Exact on every machine.

Only +, -, *, / and integers are used (no libm), and pseudo-random numbers are PCG64's raw stream,
which NumPy keeps for ever: so inputs and taps are the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, fsum
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.program import Mix, Program, Read, Rect, Stage, Write
from gpumft.media.formats import Component, PixelFormat
from gpumft.resample.taps import Taps

SPECIALS = (
    0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC12345, 0x7F800001, 0x80000000, 0x00000001, 0x807FFFFF,
    0x00800000, 0x1F7FFFFF, 0x1F800000, 0x9F7FFFFF, 0x9F800000, 0x5F800000, 0x7F7FFFFF, 0xFF7FFFFF,
    0x3F800000, 0x3F000000, 0xBF800000, 0x3F7FFFFF, 0x437F0000, 0x43800000, 0x2B8CBCCC,
)  # fmt: skip
"""Infinities, NaN, -0, subnormals, both sides of 2^-64, the largest values, some plain ones."""

Plane = npt.NDArray[Any]
Size = tuple[int, int]
MakeTaps = Callable[[int, int], Taps]
"""(source samples, outputs) -> Taps."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A Program and the planes that it is given."""

    program: Program
    planes: tuple[Plane, ...]


# ---------------------------------------------------------------- taps


def from_lists(source: int, lists: Sequence[tuple[int, Sequence[float]]]) -> Taps:
    """Taps from (start, weights) of each output."""
    longest = max(len(weights) for _, weights in lists)
    table = np.zeros((len(lists), longest), np.float32)
    for row, (_, weights) in zip(table, lists, strict=True):
        row[: len(weights)] = weights
    start = np.array([s for s, _ in lists], np.int32)
    count = np.array([len(w) for _, w in lists], np.int32)
    return Taps(start, count, table, source)


def nearest(source: int, outputs: int) -> Taps:
    """ceil(u - 1/2), u = (i + 1/2) * source / outputs - 1/2; the identity where nothing scales."""
    starts = [
        max(0, -(-((2 * i + 1) * source - 2 * outputs) // (2 * outputs))) for i in range(outputs)
    ]
    return from_lists(source, [(s, (1.0,)) for s in starts])


def linear(source: int, outputs: int) -> Taps:
    """The triangle, antialiased, centres aligned, edges repeated."""
    stretch = max(1.0, source / outputs)
    return _weighted(source, outputs, stretch, lambda x: max(0.0, 1.0 - abs(x)))


def ringing(source: int, outputs: int) -> Taps:
    """A four-tap polynomial with negative lobes (Keys, a = -1/2), antialiased."""

    def keys(x: float) -> float:
        x = abs(x)
        if x < 1:
            return (1.5 * x - 2.5) * x * x + 1
        return ((-0.5 * x + 2.5) * x - 4) * x + 2 if x < 2 else 0.0

    return _weighted(source, outputs, 2 * max(1.0, source / outputs), lambda x: keys(2 * x))


def _weighted(
    source: int, outputs: int, support: float, function: Callable[[float], float]
) -> Taps:
    lists = []
    for i in range(outputs):
        u = (i + 0.5) * source / outputs - 0.5
        folded: dict[int, float] = {}
        for k in range(ceil(u - support), floor(u + support) + 1):
            at = min(max(k, 0), source - 1)
            folded[at] = folded.get(at, 0.0) + function((k - u) / support)
        used = [k for k, w in folded.items() if w != 0]
        first, last = min(used), max(used)
        total = fsum(folded.values())
        lists.append((first, [folded[k] / total for k in range(first, last + 1)]))
    return from_lists(source, lists)


def long_taps(counts: Sequence[int], seed: int) -> MakeTaps:
    """Random signed weights, `counts[i % len(counts)]` of them for output i."""

    def make(source: int, outputs: int) -> Taps:
        lists = []
        for i in range(outputs):
            count = min(counts[i % len(counts)], source)
            raw = random_bits(count + 1, seed + i)
            weights = (raw[1:] >> np.uint64(40)).astype(np.float64) / 2**24 - 0.25
            weights /= fsum(weights.tolist())
            lists.append((int(raw[0] % np.uint64(source - count + 1)), weights.tolist()))
        return from_lists(source, lists)

    return make


# ---------------------------------------------------------------- colour

LUMA_709 = (0.2126, 0.7152, 0.0722)


def rgb_to_yuv() -> npt.NDArray[np.float64]:
    """BT.709, R'G'B' -> Y'CbCr, nominal."""
    r, g, b = LUMA_709
    return np.array(
        [
            [r, g, b],
            [-r / (2 - 2 * b), -g / (2 - 2 * b), 0.5],
            [0.5, -g / (2 - 2 * r), -b / (2 - 2 * r)],
        ]
    )


def yuv_to_rgb() -> npt.NDArray[np.float64]:
    """BT.709, Y'CbCr -> R'G'B', nominal."""
    r, g, b = LUMA_709
    cr, cb = 2 - 2 * r, 2 - 2 * b
    return np.array([[1, 0, cr], [1, -cb * b / g, -cr * r / g], [1, cb, 0]])


def quantiser(component: Component, format: PixelFormat) -> tuple[float, float]:
    """(scale, offset) in codes: YUV limited, RGB, gray and alpha full, floats nominal."""
    if format.is_float:
        return 1.0, 0.0
    unit = 2.0 ** (component.depth - 8)
    if component.name in "uv":
        return 224 * unit, 128 * unit
    if component.name == "y" and format.is_yuv:
        return 219 * unit, 16 * unit
    return 2.0**component.depth - 1, 0.0


def mix(matrix: npt.ArrayLike, region: Rect | None = None) -> Mix:
    """A Mix of float32 values."""
    rows = np.asarray(matrix, np.float32)
    return Mix(tuple(tuple(float(c) for c in row) for row in rows), region)


def to_nominal(format: PixelFormat, matrix: npt.ArrayLike | None = None) -> Mix:
    """The first mix: codes less offset -> nominal values, then `matrix`."""
    scales = [quantiser(c, format)[0] for c in colour_of(format)]
    base = np.eye(len(scales)) if matrix is None else np.asarray(matrix, np.float64)
    return mix(base / np.array(scales))


def colour_of(format: PixelFormat) -> list[Component]:
    """The colour components in the order y u v or r g b."""
    found = (format.layout.component(name) for name in "yuvrgb")
    return [c for c in found if c is not None]


# ---------------------------------------------------------------- planes


def random_bits(count: int, seed: int) -> npt.NDArray[np.uint64]:
    """PCG64's raw stream."""
    return np.atleast_1d(np.asarray(np.random.PCG64(seed).random_raw(count), np.uint64))


def noise(format: PixelFormat, size: Size, seed: int = 1) -> tuple[Plane, ...]:
    """Every bit random in integer planes; floats in [-0.25, 1.25)."""
    planes: list[Plane] = []
    for shape, dtype in zip(format.plane_shapes(size), format.plane_dtypes(), strict=True):
        count = int(np.prod(shape))
        raw = random_bits(count, seed + len(planes))
        if format.is_float:
            units = ((raw >> np.uint64(41)).astype(np.float32)) * np.float32(2.0**-23)
            flat = (units * np.float32(1.5) - np.float32(0.25)).astype(dtype)
        else:
            flat = (raw >> np.uint64(32)).astype(dtype)
        planes.append(flat.reshape(shape))
    return tuple(planes)


def floats(shape: tuple[int, ...], bits: Sequence[int], dtype: str = "float32") -> Plane:
    """A plane that repeats the bit patterns."""
    kind = {"float32": np.uint32, "float16": np.uint16}[dtype]
    return np.resize(np.array(bits, kind), shape).view(dtype)


# ---------------------------------------------------------------- programs


def convert(
    source: str,
    source_size: Size,
    target: str,
    *,
    size: Size | None = None,
    taps: MakeTaps = nearest,
    chroma: MakeTaps = linear,
    written: MakeTaps = linear,
    mixes: Sequence[Stage] = (),
    grid: Size | None = None,
    inner: Rect | None = None,
    background: Sequence[float] | None = None,
    turn: str = "",
    alpha: str = "",
) -> Program:
    """A Program through the luma grid: `taps` for luma and alpha, `chroma` for sub-sampled axes.

    `written` are the taps of sub-sampled axes of the target.

    `mixes` may be stages of any kind; `grid` is what a Scale among them indexes.

    `turn` holds letters of "tyx" (transpose, mirror y, mirror x), `alpha` of "apu" (read alpha,
    premultiply, unpremultiply).
    """
    src, dst = PixelFormat(source), PixelFormat(target)
    size = size or source_size
    inner = inner or Rect(0, 0, *size)
    names = colour_of(src)
    a = src.layout.component("a")
    if alpha and a:
        names = [*names, a]
    reads = []
    across, down = grid or (inner.width, inner.height)
    for component in names:
        columns, rows = component.size(source_size)
        x, y = (component.xshift, component.yshift)
        if "t" in turn:
            columns, rows, x, y = rows, columns, y, x
        offset = 0.0 if component.name == "a" else quantiser(component, src)[1]
        vertical = (chroma if y else taps)(rows, down)
        horizontal = (chroma if x else taps)(columns, across)
        reads.append(Read(component, offset, vertical, horizontal))
    writes = []
    for i, component in enumerate(colour_of(dst)):
        scale, offset = quantiser(component, dst)
        columns, rows = component.size((inner.width, inner.height))
        sub = component.xshift or component.yshift
        vertical_out = (written if component.yshift else nearest)(inner.height, rows)
        horizontal_out = (written if component.xshift else nearest)(inner.width, columns)
        writes.append(
            Write(
                component, i, 0.0, vertical_out if sub else None, horizontal_out if sub else None,
                float(np.float32(scale)), offset,
            )
        )  # fmt: skip
    b = dst.layout.component("a")
    if b:
        top, source_top = quantiser(b, dst)[0], quantiser(a, src)[0] if a else 1.0
        channel = len(colour_of(dst)) if alpha and a else None
        scale = float(np.float32(top / source_top))
        writes.append(Write(b, channel, top, None, None, scale, 0.0))
    return Program(
        source=src,
        source_size=source_size,
        target=dst,
        target_size=size,
        reads=tuple(reads),
        stages=tuple(mixes),
        writes=tuple(writes),
        inner=inner,
        background=tuple(background or [0.0] * len(dst.layout.components)),
        direct=False,
        transpose="t" in turn,
        mirror_y="y" in turn,
        mirror_x="x" in turn,
        alpha=len(reads) - 1 if alpha and a else None,
        alpha_scale=float(np.float32(1 / quantiser(a, src)[0])) if alpha and a else 0.0,
        premultiply="p" in alpha,
        unpremultiply="u" in alpha,
    )


def direct(
    source: str,
    source_size: Size,
    target: str,
    *,
    size: Size | None = None,
    taps: MakeTaps = nearest,
    inner: Rect | None = None,
    background: Sequence[float] | None = None,
    turn: str = "",
    scale: float | None = None,
    offset: float | None = None,
) -> Program:
    """A Program that scales every component on its own."""
    src, dst = PixelFormat(source), PixelFormat(target)
    size = size or source_size
    inner = inner or Rect(0, 0, *size)
    reads: list[Read] = []
    writes: list[Write] = []
    for component in dst.layout.components:
        own = src.layout.component(component.name)
        if component.name == "x" or own is None:
            continue
        columns, rows = own.size(source_size)
        if "t" in turn:
            columns, rows = rows, columns
        to_columns, to_rows = component.size((inner.width, inner.height))
        (gain, zero), (old_gain, old_zero) = quantiser(component, dst), quantiser(own, src)
        reads.append(Read(own, old_zero, taps(rows, to_rows), taps(columns, to_columns)))
        writes.append(
            Write(
                component, len(writes), 0.0, None, None,
                float(np.float32(gain / old_gain if scale is None else scale)),
                zero if offset is None else offset,
            )
        )  # fmt: skip
    return Program(
        source=src,
        source_size=source_size,
        target=dst,
        target_size=size,
        reads=tuple(reads),
        stages=(),
        writes=tuple(writes),
        inner=inner,
        background=tuple(background or [0.0] * len(dst.layout.components)),
        direct=True,
        transpose="t" in turn,
        mirror_y="y" in turn,
        mirror_x="x" in turn,
    )
