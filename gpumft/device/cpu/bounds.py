"""How large the codes of a program can get before they are clamped."""

from __future__ import annotations

import math

import numpy as np

from gpumft.device.program import Apply, Mix, Program, Read, Scale, Write
from gpumft.resample.taps import Taps

_SLACK = 1 + 2.0**-12
"""More than all rounding of float32 sums adds."""


def largest_codes(program: Program) -> dict[str, float]:
    """Return a bound of |code| for each written component, before rounding.

    Infinite where the bound is not looked for: floats, formulas, weighting by alpha.

    Thread-safety: a pure function.
    """
    channels = [_read(program, read) for read in program.reads]
    alpha = [] if program.alpha is None else [channels.pop()]
    if program.premultiply or program.unpremultiply:
        channels = [math.inf] * len(channels)
    for stage in program.stages:
        if isinstance(stage, Apply):
            channels = [math.inf] * len(stage.formula.outputs)
        elif isinstance(stage, Scale):
            gain = _gain(stage.vertical, stage.horizontal)
            channels, alpha = [gain * c for c in channels], [gain * c for c in alpha]
        else:
            channels = _mixed(stage, channels)
    channels += alpha
    return {write.component.name: _SLACK * _written(write, channels) for write in program.writes}


def _read(program: Program, read: Read) -> float:
    if program.source.is_float:
        return math.inf
    top = 2.0**read.component.depth - 1
    return max(abs(read.offset), abs(top - read.offset)) * _gain(read.vertical, read.horizontal)


def _mixed(mix: Mix, channels: list[float]) -> list[float]:
    made = [sum(abs(c) * v for c, v in zip(row, channels, strict=True) if c) for row in mix.rows]
    if mix.region is not None:
        made = [max(pair) for pair in zip(made, channels, strict=True)]
    return made


def _written(write: Write, channels: list[float]) -> float:
    if write.channel is None:
        return abs(write.constant)
    value = channels[write.channel]
    if write.vertical is not None and write.horizontal is not None:
        value *= _gain(write.vertical, write.horizontal)
    return abs(write.scale) * value + abs(write.offset)


def _gain(*axes: Taps) -> float:
    """Return how much taps can enlarge the largest magnitude."""
    return math.prod(float(np.abs(axis.weights).sum(axis=1).max()) for axis in axes)
