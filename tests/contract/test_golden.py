"""Golden bytes: every backend gives the same planes for the hand-made Programs.

The hashes in tests/data/golden.json are the twin's. They change only when docs/arithmetic.md or a
Program of programs.py does; then `python -m tests.contract.test_golden`, from the root of the
repository, writes them anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from gpumft.device.program import Apply, Mix, Program, Scale
from gpumft.testing import twin
from tests.contract import backends
from tests.contract.program_parts import Case, Plane
from tests.contract.programs import NAMES, case

FILE = Path(__file__).parent.parent / "data" / "golden.json"
Backend = Callable[[Program, Sequence[Plane]], list[Plane]]
Entry = dict[str, str | list[list[str]]]


def on_device(name: str) -> Backend:
    """A backend that builds the program on a device."""

    def run(program: Program, planes: Sequence[Plane]) -> list[Plane]:
        target = dirty(program)
        backends.device(name).build(program)(list(planes), target)
        return target

    return run


DEVICES = tuple(backends.SPECS)
BACKENDS: dict[str, Backend] = {"twin": twin.run, **{name: on_device(name) for name in DEVICES}}
PAIRS = [backends.param(backend, name) for backend in BACKENDS for name in NAMES]
DEVICE_PAIRS = [pair for pair in PAIRS if pair.values[0] in DEVICES]


def dirty(program: Program) -> list[Plane]:
    """Target planes full of garbage, so that an element left unwritten shows."""
    shapes = program.target.plane_shapes(program.target_size)
    return [
        np.full(int(np.prod(shape)) * dtype.itemsize, 0xA5, np.uint8).view(dtype).reshape(shape)
        for shape, dtype in zip(shapes, program.target.plane_dtypes(), strict=True)
    ]


def digest(parts: Iterator[bytes]) -> str:
    """SHA-256 of the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).hexdigest()


def digest_of_input(given: Case) -> str:
    """What the program computes with: planes, taps and coefficients."""

    def parts() -> Iterator[bytes]:
        program = given.program
        yield from (plane.tobytes() for plane in given.planes)
        pairs = [(r.vertical, r.horizontal) for r in program.reads]
        pairs += [(s.vertical, s.horizontal) for s in program.stages if isinstance(s, Scale)]
        for taps in chain(*pairs, *((w.vertical, w.horizontal) for w in program.writes)):
            yield taps.key if taps is not None else b"none"
        mixes = [stage.rows for stage in program.stages if isinstance(stage, Mix)]
        yield repr(mixes).encode()
        formulas = [stage.formula for stage in program.stages if isinstance(stage, Apply)]
        if formulas:
            yield repr([(f.key, f.parameters) for f in formulas]).encode()
        yield repr([(w.scale, w.offset, w.constant) for w in program.writes]).encode()
        shaped = [(w.limits, w.dither) for w in program.writes if w.limits or w.dither]
        if shaped:
            yield repr(shaped).encode()

    return digest(parts())


def entry(given: Case, planes: Sequence[Plane]) -> Entry:
    """What is kept of a result: hashes, and a few elements of each plane in hexadecimal."""
    samples = []
    for plane in planes:
        flat = plane.reshape(-1)
        wide = f"u{flat.dtype.itemsize}"
        picks = flat[[0, len(flat) // 3, len(flat) // 2, len(flat) - 1]].view(wide)
        samples.append([f"{int(v):0{2 * flat.dtype.itemsize}x}" for v in picks])
    return {
        "input": digest_of_input(given),
        "output": digest(plane.tobytes() for plane in planes),
        "samples": samples,
    }


def golden() -> dict[str, Entry]:
    """The file."""
    found: dict[str, Entry] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def write() -> None:
    """Write the file from the twin."""
    made = {
        name: entry(case(name), twin.run(case(name).program, case(name).planes)) for name in NAMES
    }
    FILE.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


def test_each_program_has_its_entry() -> None:
    assert set(golden()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_the_same_on_every_machine(name: str) -> None:
    assert digest_of_input(case(name)) == golden()[name]["input"]


@pytest.mark.parametrize(("backend", "name"), PAIRS)
def test_bytes(backend: str, name: str) -> None:
    given = case(name)
    found = entry(given, BACKENDS[backend](given.program, given.planes))
    assert found["samples"] == golden()[name]["samples"]
    assert found == golden()[name]


@pytest.mark.parametrize(("device", "name"), DEVICE_PAIRS)
def test_strided_planes(device: str, name: str) -> None:
    """Rows apart and upside down in memory, on both sides; what lies between stays untouched."""
    given = case(name)
    source = [apart(plane)[1] for plane in given.planes]
    holders, target = zip(*(apart(plane) for plane in dirty(given.program)), strict=True)
    backends.device(device).build(given.program)(source, list(target))
    assert entry(given, [np.ascontiguousarray(p) for p in target]) == golden()[name]
    for holder in holders:
        assert (holder[:, -3:].view(np.uint8) == 0x5A).all()


def apart(plane: Plane) -> tuple[Plane, Plane]:
    """The same plane bottom-up with three spare columns a row: (what holds it, the view)."""
    rows, columns = plane.shape[:2]
    shape = (rows, columns + 3, *plane.shape[2:])
    size = int(np.prod(shape)) * plane.dtype.itemsize
    holder = np.full(size, 0x5A, np.uint8).view(plane.dtype).reshape(shape)
    view = holder[::-1, :columns]
    view[...] = plane
    return holder, view


if __name__ == "__main__":
    write()
