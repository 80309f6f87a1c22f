"""Bytes by saturation: what is rounded, clamped and woven, and when the engine may do it so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gpumft.device import Program, open_device
from gpumft.device.cpu import lower
from gpumft.device.cpu.bounds import largest_codes
from gpumft.device.cpu.layout import MOST_PACKED
from gpumft.device.program import Mix
from gpumft.media.formats import PixelFormat
from gpumft.testing import twin
from tests.contract.program_parts import mix, nearest, noise
from tests.device.engine_help import assert_same, in_child, run, through_matrix

SIZE = (70, 3)
IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def kernels(program: Program) -> list[str]:
    """The names of the kernels that the CPU runs."""
    return [name for stage in lower.lower(program, 1).stages for name, _, _ in stage.steps]


def scaled(target: str, factor: float, offset: float, source: str = "rgb48le") -> Program:
    """R, G and B times a factor and an offset."""
    program = through_matrix(source, SIZE, target, SIZE, nearest)
    writes = [
        write if write.channel is None else replace(write, scale=factor, offset=offset)
        for write in program.writes
    ]
    return replace(program, stages=(mix(IDENTITY),), writes=tuple(writes))


@pytest.mark.parametrize("target", ["rgb24", "bgra", "gbrp", "gray"])
@pytest.mark.parametrize(("factor", "offset"), [(0.5, -200.0), (-0.5, 128.5), (0.25, 0.25)])
def test_codes_are_rounded_half_to_even_and_clamped(
    target: str, factor: float, offset: float
) -> None:
    """From far below 0 to far above 255, every tie between."""
    program = scaled(target, factor, offset, "gbrp12le")
    if target == "gray":
        program = replace(program, stages=(Mix(IDENTITY[:1]),))
    assert any(".packed" in name for name in kernels(program))
    with open_device("cpu", threads=1) as device:
        for first in range(0, 4096, 200):
            plane = (np.arange(first, first + 210) % 4096).astype(np.uint16).reshape(3, 70)
            planes = [plane, plane[::-1], 4095 - plane]
            assert_same(run(device, program, planes), twin.run(program, planes), f"{first}")


def test_what_may_not_fit_is_clamped_before() -> None:
    program = scaled("rgb24", 1.0, 0.0)
    assert max(largest_codes(program).values()) > MOST_PACKED
    assert not any(".packed" in name for name in kernels(program))
    planes = noise(PixelFormat("rgb48le"), SIZE)
    with open_device("cpu", threads=1) as device:
        assert_same(run(device, program, planes), twin.run(program, planes))


@pytest.mark.parametrize("source", ["rgbaf16le", "gbrpf32le"])
def test_floats_have_no_bound(source: str) -> None:
    program = through_matrix(source, SIZE, "rgb24", SIZE, nearest)
    assert min(largest_codes(program).values()) == np.inf
    assert not any(".packed" in name for name in kernels(program))


def test_bounds_hold_for_the_worst_picture() -> None:
    """Codes at both ends of the range reach the bound, and never more."""
    program = scaled("gbrp16le", 0.75, 3.0, "rgb24")
    bound = largest_codes(program)
    assert bound == pytest.approx(dict.fromkeys("rgb", 0.75 * 255 + 3), rel=1e-3)
    full = [np.full((3, 70, 3), 255, np.uint8)]
    for plane, name in zip(twin.run(program, full), "gbr", strict=True):
        assert plane.max() == pytest.approx(0.75 * 255 + 3, abs=0.5)
        assert plane.max() <= bound[name]


PLAIN = """
import importlib, pkgutil
import gpumft.device.cpu as rooms
from gpumft.device import open_device
from gpumft.device.cpu import filters, lower, translate, workshop
from tests.contract.program_parts import linear, ringing
from tests.device.engine_help import check, straight, through_matrix

for found in pkgutil.iter_modules(rooms.__path__):
    room = importlib.import_module(f"gpumft.device.cpu.{found.name}")
    if hasattr(room, "vector_bits"):
        room.vector_bits = lambda _context: 0
workshop.make = translate.translate
compiled, libraries = {}, translate.library_of

def kept(name, formula=None):
    entry, library = libraries(name, formula)
    compiled[name] = library.get_llvm_str()
    return entry, library

translate.library_of = kept
filters.WORTH_UNROLLING = 0
programs = [
    through_matrix("nv12", (132, 6), target, (132, 6), linear) for target in ("rgb24", "bgra")
]
programs.append(straight("gray", (264, 12), "gray", (132, 6), ringing))
names = {name for p in programs for name in lower.lower(p, 1).kernels}
with open_device("cpu", threads=1) as device:
    for program in programs:
        check(device, program)
for name in names:
    assert "llvm.x86" not in compiled[name] and " asm " not in compiled[name], name
print(*sorted({name.partition(".")[0] for name in names}))
"""


def test_on_a_processor_that_has_no_instructions_for_it(tmp_path: Path) -> None:
    """Everything that is made for the registers of x86 is made another way."""
    found = in_child({"GPUMFT_CACHE_DIR": str(tmp_path)}, PLAIN)
    assert found == "doubled pairs vertical woven"
