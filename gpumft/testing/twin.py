"""The exact float32 interpreter of a Program, in NumPy: what every backend's bytes must equal.

It follows docs/arithmetic.md step by step, a whole plane at a time, plain and slow. The sections
named in comments are that page's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpumft.device.program import Mix, Program, Rect, Scale, Stage, Write
from gpumft.errors import InvalidArg
from gpumft.media.formats import Component
from gpumft.resample.taps import Taps
from gpumft.testing import twin_planes
from gpumft.testing.twin_formula import evaluate
from gpumft.testing.twin_math import F32, ZERO, flush, fma32, recip
from gpumft.testing.twin_planes import Plane

BLOCK = 32
"""Taps whose sum is one chain of FMAs."""


def run(program: Program, planes: Sequence[Plane]) -> list[Plane]:
    """Return the target's planes, exactly as every backend must write them.

    Args:
        program: what to do.
        planes: the source's planes, (rows, columns[, channels]) each, any strides, as
            `program.source.plane_shapes` and `plane_dtypes` say.

    Returns:
        New arrays with the shapes and dtypes of `program.target` at `program.target_size`.

    Raises:
        InvalidArg: the planes do not fit `program.source`, or the program's taps do not fit the
            components that they index or write.

    Thread-safety: a pure function. Source: docs/arithmetic.md, 4.
    """
    twin_planes.check(planes, program.source, program.source_size)
    with np.errstate(all="ignore"):
        channels = _channels(program, planes)
        for stage in program.stages:
            channels = _staged(program, stage, channels)
        components = {c.name: _background(program, c) for c in program.target.layout.components}
        for write in program.writes:
            if write.component.name != "x":
                _place(program, write, channels, components[write.component.name])
        return twin_planes.write(program.target, program.target_size, components)


def _channels(program: Program, planes: Sequence[Plane]) -> list[F32]:
    """4.1 to 4.5: read, turn, weight by alpha, resample, unweight."""
    alpha = program.alpha
    values = []
    for read in program.reads:
        value = twin_planes.read(
            planes, program.source, program.source_size, read.component, read.offset
        )
        values.append(_oriented(program, value))
    if program.premultiply and alpha is not None:
        weight = _alpha_weight(program, values[alpha])
        values = [
            flush(value * weight) if _weighs(program, i) else value
            for i, value in enumerate(values)
        ]
    values = [
        resample(value, read.vertical, read.horizontal)
        for value, read in zip(values, program.reads, strict=True)
    ]
    if alpha is None or not (program.premultiply or program.unpremultiply):
        return values
    weight = _alpha_weight(program, values[alpha])
    return [
        value if i == alpha else _unweighted(program, value, weight, weighed=_weighs(program, i))
        for i, value in enumerate(values)
    ]


def _oriented(program: Program, value: F32) -> F32:
    """4.2."""
    if program.transpose:
        value = value.T
    if program.mirror_y:
        value = value[::-1]
    if program.mirror_x:
        value = value[:, ::-1]
    return value


def _alpha_weight(program: Program, alpha: F32) -> F32:
    return flush(alpha * np.float32(program.alpha_scale))


def _weighs(program: Program, index: int) -> bool:
    """Whether read `index` is weighted by alpha before it is resampled (4.3)."""
    if program.alpha is None or index == program.alpha:
        return False
    alpha, own = program.reads[program.alpha].component, program.reads[index].component
    return (own.xshift, own.yshift) == (alpha.xshift, alpha.yshift)


def _unweighted(program: Program, value: F32, weight: F32, *, weighed: bool) -> F32:
    """4.5, with the rules for components on another grid than alpha."""
    if program.premultiply and not program.unpremultiply:
        return value if weighed else flush(value * weight)
    if program.premultiply and not weighed:
        return value
    return np.where(weight > ZERO, value * recip(weight), ZERO)


def resample(value: F32, vertical: Taps, horizontal: Taps) -> F32:
    """Return `value` (rows, columns) through vertical, then horizontal taps (4.4).

    Raises:
        InvalidArg: the taps index another number of rows or columns.
    """
    if value.shape != (vertical.source, horizontal.source):
        raise InvalidArg(
            f"taps index {vertical.source} rows and {horizontal.source} columns, but the component "
            f"has {value.shape[0]} and {value.shape[1]}: plan them for the turned component"
        )
    rows = _filtered(value, vertical)
    return _filtered(rows.T, horizontal).T


def _filtered(value: F32, taps: Taps) -> F32:
    """Apply taps along axis 0."""
    total = block = np.zeros((taps.outputs, value.shape[1]), np.float32)
    for k in range(taps.longest):
        live = (k < taps.count)[:, None]
        weight = taps.weights[:, k, None]
        sample = value[np.where(k < taps.count, taps.start + k, 0)]
        if k % BLOCK == 0:
            if k:
                total = _joined(taps, total, block, k - BLOCK)
            block = weight * sample
        else:
            block = np.where(live, fma32(weight, sample, block), block)
    return _joined(taps, total, block, (taps.longest - 1) // BLOCK * BLOCK)


def _joined(taps: Taps, total: F32, block: F32, first: int) -> F32:
    """Add the block of taps that begins with tap `first`, where an output has such taps."""
    if first == 0:
        return block
    return np.where((first < taps.count)[:, None], total + block, total)


def _staged(program: Program, stage: Stage, channels: list[F32]) -> list[F32]:
    """4.6 and 8: one stage on all channels."""
    if isinstance(stage, Scale):
        return [resample(value, stage.vertical, stage.horizontal) for value in channels]
    has_alpha = program.alpha is not None
    colour, rest = (channels[:-1], channels[-1:]) if has_alpha else (channels, [])
    if isinstance(stage, Mix):
        made = [_row(coefficients, colour) for coefficients in stage.rows]
    else:
        made = evaluate(stage.formula, channels if stage.takes_alpha else colour)
    return [*_within(stage.region, made, colour), *rest]


def _within(region: Rect | None, made: list[F32], before: list[F32]) -> list[F32]:
    """Return `made` in the region and what was there before around it."""
    if region is None:
        return made
    x, y, width, height = region
    inside = np.zeros(made[0].shape, np.bool_)
    inside[y : y + height, x : x + width] = True
    return [np.where(inside, new, old) for new, old in zip(made, before, strict=True)]


def _row(coefficients: tuple[float, ...], colour: list[F32]) -> F32:
    result: F32 | None = None
    for coefficient, value in zip(coefficients, colour, strict=True):
        if coefficient == 0:
            continue
        c = np.float32(coefficient)
        result = c * value if result is None else fma32(c, value, result)
    return np.zeros_like(colour[0]) if result is None else result


def _background(program: Program, component: Component) -> F32:
    """4.9: the component over the whole target."""
    index = program.target.layout.components.index(component)
    columns, rows = component.size(program.target_size)
    return np.full((rows, columns), program.background[index], np.float32)


def _place(program: Program, write: Write, channels: list[F32], target: F32) -> None:
    """4.7 and the FMA of 4.8, into the picture's rectangle of `target`."""
    inner, component = program.inner, write.component
    columns, rows = component.size(inner[2:])
    x, y = inner.x >> component.xshift, inner.y >> component.yshift
    if write.channel is None:
        target[y : y + rows, x : x + columns] = np.float32(write.constant)
        return
    value = channels[write.channel]
    if write.vertical is not None and write.horizontal is not None:
        value = resample(value, write.vertical, write.horizontal)
    if value.shape != (rows, columns):
        raise InvalidArg(
            f"channel {write.channel} is {value.shape}, but component {component.name} of the "
            f"picture is {(rows, columns)}: the taps lead to another grid"
        )
    scaled = fma32(np.float32(write.scale), value, np.float32(write.offset))
    if write.dither is not None:
        pattern = write.dither
        down, across = pattern.values.shape
        j = (np.arange(y, y + rows) + pattern.y) % down
        i = (np.arange(x, x + columns) + pattern.x) % across
        scaled = scaled + pattern.values[np.ix_(j, i)]
    if write.limits is not None:
        low, high = map(np.float32, write.limits)
        scaled = np.where(scaled > low, scaled, low)
        scaled = np.where(scaled < high, scaled, high)
    target[y : y + rows, x : x + columns] = scaled
