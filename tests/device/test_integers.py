"""Vertical filters of bytes that are summed in integers, where that gives the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from gpumft.device import Device, Program, open_device
from gpumft.device.cpu import filters, lower
from gpumft.resample.taps import Taps
from gpumft.testing import twin
from tests.contract.program_parts import Plane, from_lists, linear, noise
from tests.device.engine_help import assert_same, run, straight, through_matrix

HALVED = (1, 3, 3, 1)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    """The CPU with kernels made for the taps at hand, as only large pictures have them."""
    monkeypatch.setattr(filters, "WORTH_UNROLLING", 0)
    with open_device("cpu", threads=1) as opened:
        yield opened


def every(step: int, *weights: tuple[float, ...]) -> Callable[[int, int], Taps]:
    """Make taps whose outputs begin `step` apart and have these weights by turns."""

    def make(source: int, outputs: int) -> Taps:
        lists = []
        for i in range(outputs):
            taken = weights[i % len(weights)]
            lists.append((min(i * step, source - len(taken)), taken))
        return from_lists(source, lists)

    return make


def over(shift: int, *whole: int) -> tuple[float, ...]:
    """Return integers over 2^shift."""
    return tuple(number / 2**shift for number in whole)


def names(program: Program) -> list[str]:
    """Return the kernels that filter rows of bytes."""
    return [name for name in lower.lower(program, 1).kernels if name.startswith("pairs.uint8")]


EXACT = {
    "halved": every(2, over(3, *HALVED)),
    "doubled": linear,
    "one row": every(1, (1.0,)),
    "two alike": every(1, (0.5, 0.5)),
    "nothing of some": every(2, over(2, 0, 3, 1, 0)),
    "odd": every(1, over(7, 3, 5, 112, 7, 1)),
    "as heavy as can be": every(2, over(7, 127, 1)),
    "apart": every(3, over(1, 1, 1), over(2, 1, 2, 1)),
    "eleven": every(2, over(7, *[9] * 4, 56, *[6] * 6)),
}
CASES = [(name, "gray", "gray") for name in EXACT]
CASES += [(name, "nv12", "rgb24") for name in ("halved", "doubled")]


def pictures(program: Program) -> list[Sequence[Plane]]:
    """Noise, the largest bytes, the smallest, and rows of both by turns."""
    made: list[Sequence[Plane]] = [noise(program.source, program.source_size, 3)]
    for fill in ((255, 255), (0, 0), (0, 255)):
        planes = [np.zeros_like(plane) for plane in made[0]]
        for plane in planes:
            plane[::2], plane[1::2] = fill
        made.append(planes)
    return made


@pytest.mark.parametrize(("name", "source", "target"), CASES)
def test_the_same_bytes(device: Device, name: str, source: str, target: str) -> None:
    make = through_matrix if target == "rgb24" else straight
    rows = (18, 36) if name == "doubled" else (46, 24)
    program = make(source, (268, rows[0]), target, (268, rows[1]), EXACT[name])
    if name not in ("one row", "apart"):
        assert any("_" in kernel for kernel in names(program))
    for planes in pictures(program):
        assert_same(run(device, program, planes), twin.run(program, planes), name)


def test_parted_by_four(device: Device) -> None:
    """Rows that are halved along their columns as well leave the vertical filter in four parts."""
    program = straight("yuv420p", (536, 48), "yuv420p", (268, 24), EXACT["halved"])
    assert any(name.startswith("pairs.uint8.4.") and "_" in name for name in names(program))
    for planes in pictures(program):
        assert_same(run(device, program, planes), twin.run(program, planes))


@pytest.mark.parametrize(
    "make",
    [
        every(2, (-0.125, 0.625, 0.625, -0.125)),  # below zero
        every(2, (0.25, 0.5, 0.5)),  # more than 1
        every(2, over(8, 1, 254, 1)),  # finer than 1 / 128
        every(2, (1 / 3, 1 / 3, 1 / 3)),
        every(1, (0.5, 0.5), (0.25, 0.75), (0.75, 0.25)),  # not all the same
    ],
    ids=["negative", "more", "fine", "thirds", "mixed"],
)
def test_other_weights_are_summed_as_floats(
    device: Device, make: Callable[[int, int], Taps]
) -> None:
    program = straight("gray", (268, 46), "gray", (268, 20), make)
    assert not any("_" in name for name in names(program))
    planes = noise(program.source, program.source_size)
    assert_same(run(device, program, planes), twin.run(program, planes))


def test_other_elements_are_summed_as_floats(device: Device) -> None:
    program = straight("gray16le", (268, 46), "gray16le", (268, 23), EXACT["halved"])
    assert not any("_" in name for name in lower.lower(program, 1).kernels)
