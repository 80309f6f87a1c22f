"""Programs put together by chance, in bands as small as can be, equal the twin."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from gpumft.device import Program, Rect, open_device
from gpumft.device.cpu import engine, lower
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
from tests.device.engine_help import LAYOUTS, any_matrix, assert_same, run

FORMATS = [format for format in PixelFormat if format is not PixelFormat.V210]
TAPS = (nearest, linear, ringing, long_taps((3, 9, 1), 3), long_taps((40, 33), 3))


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
        return direct(
            source, size, target, size=to, taps=taps, inner=inner, background=background, turn=turn
        )
    mixes = [mix(any_matrix(source, target))]
    if len(mixes[0].rows) == 3 and chance.random() < 0.4:
        part = Rect(
            inner.width // 3, inner.height // 4, -(-inner.width // 2), -(-inner.height // 2)
        )
        mixes.append(mix(np.eye(3) * 0.9 + 0.05, chance.choice((part, None))))
    return convert(
        source, size, target, size=to, taps=taps, chroma=chroma, mixes=mixes, inner=inner,
        background=background, turn=turn, alpha=chance.choice(("", "a", "ap", "au", "apu")),
    )  # fmt: skip


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
