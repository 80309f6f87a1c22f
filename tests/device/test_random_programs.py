"""Programs put together by chance, in bands as small as can be, equal the twin."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from gpumft.device import Program, Rect, open_device
from gpumft.device.cpu import engine, lower
from gpumft.device.program import Apply, Scale, Stage
from gpumft.formula import Value, flush, fma, formula, square_root
from gpumft.media.formats import PixelFormat
from gpumft.testing import twin
from tests.contract.program_parts import (
    convert,
    direct,
    linear,
    long_taps,
    mix,
    nearest,
    noise,
    ringing,
)
from tests.contract.program_stages import pattern
from tests.device.engine_help import LAYOUTS, any_matrix, assert_same, run

FORMATS = list(PixelFormat)
TAPS = (nearest, linear, ringing, long_taps((3, 9, 1), 3), long_taps((40, 33), 3))


def _curve(x: Value, y: Value, z: Value) -> list[Value]:
    return [flush(square_root(x)), flush(fma(y, y, 0.125)), z + 0.25]


CURVE = formula("curve", 3, _curve)


def on_grid(chance: random.Random, length: int, shift: int) -> tuple[int, int]:
    """An interval (first, length) that starts on the chroma grid and ends there or at the edge."""
    first = chance.randrange(length) >> shift << shift
    rest = length - first
    shorter = chance.randint(1, rest) >> shift << shift
    return first, shorter if shorter and chance.random() < 0.5 else rest


def any_program(chance: random.Random) -> Program:
    """A valid program of any formats, sizes, taps, turns, rectangles and ways with alpha."""
    source, target = chance.choice(FORMATS), chance.choice(FORMATS)
    size, to = ((chance.randint(1, 40), chance.randint(1, 40)) for _ in range(2))
    inner = Rect(0, 0, *to)
    if chance.random() < 0.6:
        xshift, yshift = target.subsampling
        (x, width), (y, height) = on_grid(chance, to[0], xshift), on_grid(chance, to[1], yshift)
        inner = Rect(x, y, width, height)
    background = [chance.uniform(-3, 300) for _ in target.layout.components]
    turn = "".join(letter for letter in "tyx" if chance.random() < 0.3)
    taps, chroma = chance.choice(TAPS), chance.choice(TAPS)
    if source.layout.kind == target.layout.kind and chance.random() < 0.4:
        program = direct(
            source, size, target, size=to, taps=taps, inner=inner, background=background, turn=turn
        )
        return shaped(program, chance)
    first = mix(any_matrix(source, target))
    stages: list[Stage] = [first]
    grid = None
    if chance.random() < 0.3:
        grid = chance.randint(1, 40), chance.randint(1, 40)
        scale = chance.choice(TAPS)
        stages.append(Scale(scale(grid[1], inner.height), scale(grid[0], inner.width)))
        if chance.random() < 0.5:
            stages.reverse()
    if len(first.rows) == 3:
        part = Rect(
            inner.width // 3, inner.height // 4, -(-inner.width // 2), -(-inner.height // 2)
        )
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            region = chance.choice((part, None, None))
            more = (mix(np.eye(3) * 0.9 + 0.05, region), Apply(CURVE, region=region))
            stages.append(chance.choice(more))
        if grid and len(first.rows[0]) == 3 and chance.random() < 0.5:
            stages.insert(0, Apply(CURVE))
    program = convert(
        source, size, target, size=to, taps=taps, chroma=chroma, mixes=stages, inner=inner,
        background=background, turn=turn, alpha=chance.choice(("", "a", "ap", "au", "apu")),
        grid=grid,
    )  # fmt: skip
    return shaped(program, chance)


def shaped(program: Program, chance: random.Random) -> Program:
    """Some components of whole-number targets with limits or dither."""
    if program.target.is_float or chance.random() < 0.85:
        return program
    writes = []
    for write in program.writes:
        place = chance.randrange(99), chance.randrange(99)
        limits = chance.choice((None, (2.0, 200.0)))
        dither = chance.choice((None, pattern(8, 4, *place), pattern(2, 32, *place)))
        made = replace(write, limits=limits, dither=dither)
        writes.append(write if write.channel is None else made)
    return replace(program, writes=tuple(writes))


@pytest.mark.parametrize("seed", range(8))
def test_any_program(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_WORTH_A_THREAD", 1)
    monkeypatch.setattr(lower, "_FEWEST_ROWS", 2)
    chance = random.Random(seed)  # noqa: S311 - no secret depends on it
    with open_device("cpu", threads=chance.choice((1, 2, 3))) as device:
        for number in range(40):
            program = any_program(chance)
            planes: Sequence[np.ndarray] = noise(program.source, program.source_size, number)
            if chance.random() < 0.4:
                planes = [chance.choice(list(LAYOUTS.values()))(plane) for plane in planes]
            what = (
                f"seed {seed}, program {number}: {program.source} {program.source_size} to "
                f"{program.target} {program.target_size}, inner {program.inner}"
            )
            assert_same(run(device, program, planes), twin.run(program, planes), what)
