"""Outputs at both ends of a filtered row, and sums of whole weights: kernels of large pictures.

Taps of every ratio that has a kernel of its own, cut at the edges, beyond what its windows hold,
on the processor at hand and as others would run them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import numpy as np
import pytest

from gpumft.device import Device, Program, open_device
from gpumft.device.cpu import filters, lower
from gpumft.resample.taps import Taps
from gpumft.testing import twin
from tests.contract.program_parts import MakeTaps, from_lists, linear, noise, ringing
from tests.device.engine_help import (
    GUARD,
    LAYOUTS,
    assert_same,
    check,
    guarded,
    in_child,
    run,
    straight,
    through_matrix,
)

OUTPUTS = 140
"""Outputs a phase: more than one round of every kernel."""
SHAPES = [
    (1, 1, 5, 0), (1, 2, 8, 1), (1, 3, 6, 2), (1, 4, 9, 3), (1, 5, 9, 0),
    (2, 1, 3, 1), (2, 3, 5, 1), (3, 1, 4, 2), (3, 2, 6, 1), (3, 4, 7, 2),
]  # fmt: skip
"""p, q, taps and how many outputs are left over behind the last whole phase."""
FAR = [(1, 4, 24, 2), (1, 3, 24, 0), (3, 4, 18, 1)]
"""Taps that reach further into the row than the windows at its ends."""


def cut(p: int, q: int, count: int) -> MakeTaps:
    """Taps of a ratio, `count` of each output but at the edges; rows, few, are filtered plainly."""

    def make(source: int, outputs: int) -> Taps:
        if outputs < OUTPUTS:
            return linear(source, outputs)
        lists = []
        for i in range(outputs):
            begin = i * q // p - count // 2
            taken = [k for k in range(begin, begin + count) if 0 <= k < source]
            weights = [((7 * (k - begin) + 3 * (i % p)) % 11 - 2.7) / (4 * count) for k in taken]
            lists.append((taken[0], weights))
        return from_lists(source, lists)

    return make


def along(shape: tuple[int, int, int, int], source: str = "gray", target: str = "gray") -> Program:
    p, q, count, rest = shape
    outputs = p * OUTPUTS + rest
    return straight(source, (outputs * q // p + 1, 3), target, (outputs, 3), cut(p, q, count))


def parted(shape: tuple[int, int, int, int]) -> Program:
    """One whose vertical filter parts columns."""
    p, q, count, _ = shape
    size = p * OUTPUTS * q // p, 44
    return straight("gray", size, "gray", (p * OUTPUTS, 22), cut(p, q, count))


def halved(filter_taps: MakeTaps, columns: int = 520) -> Program:
    """A plane of bytes that is halved in both directions."""
    return straight("gray", (columns, 44), "gray", (columns // 2, 22), filter_taps)


def kernels(program: Program) -> set[str]:
    return lower.lower(program, 1).kernels


@pytest.fixture
def unrolled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    """The CPU with kernels made for the taps at hand, as only large pictures have them."""
    monkeypatch.setattr(filters, "WORTH_UNROLLING", 0)
    with open_device("cpu", threads=1) as opened:
        yield opened


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_edges_lie_in_the_windows(unrolled: Device, shape: tuple[int, int, int, int]) -> None:
    program = along(shape)
    (name,) = [name for name in kernels(program) if name.startswith("woven.")]
    assert ".far" not in name
    check(unrolled, program)


@pytest.mark.parametrize("shape", FAR, ids=str)
def test_edges_reach_beyond_the_windows(unrolled: Device, shape: tuple[int, int, int, int]) -> None:
    program = along(shape)
    assert any(name.startswith("woven.") and name.endswith(".far") for name in kernels(program))
    check(unrolled, program)


@pytest.mark.parametrize("shape", [(1, 2, 9, 0), (1, 4, 9, 0), (1, 4, 24, 0)], ids=str)
def test_edges_of_rows_that_are_parted(unrolled: Device, shape: tuple[int, int, int, int]) -> None:
    program = parted(shape)
    names = [name for name in kernels(program) if name.startswith("woven.")]
    assert [".split" in name for name in names] == [True]
    assert [".far" in name for name in names] == [shape[2] > 16]
    check(unrolled, program)


@pytest.mark.parametrize("target", ["gray", "gray10le", "grayf32le"])
@pytest.mark.parametrize("shape", [SHAPES[1], SHAPES[8]], ids=str)
def test_nothing_is_written_beside_a_row(
    unrolled: Device, shape: tuple[int, int, int, int], target: str
) -> None:
    """Rows of every element type between guard bytes, and in arrays of every other kind."""
    program = along(shape, target=target)
    planes = noise(program.source, program.source_size)
    expected = twin.run(program, planes)
    out, room = guarded(expected[0].shape, expected[0].dtype)
    unrolled.build(program)(planes, [out])
    assert_same([out], expected)
    out[...] = np.full_like(out, 0)
    out.view(f"u{out.itemsize}")[...] = int.from_bytes(bytes([GUARD]) * out.itemsize, "little")
    assert np.all(room == GUARD)
    for layout, turned in LAYOUTS.items():
        target_planes = [turned(np.zeros_like(plane)) for plane in expected]
        unrolled.build(program)([turned(plane) for plane in planes], target_planes)
        assert_same(target_planes, expected, layout)


@pytest.mark.parametrize("taps", [linear, ringing])
def test_rows_of_a_buffer_have_edges_too(unrolled: Device, taps: MakeTaps) -> None:
    for columns, to in ((420, 210), (280, 420)):
        program = through_matrix("rgb24", (columns, 6), "rgb24", (to, 6), taps)
        assert any(name.startswith("woven.row") for name in kernels(program))
        check(unrolled, program, what=f"{columns}")


@pytest.mark.parametrize("taps", [linear, ringing])
@pytest.mark.parametrize("columns", [520, 644])
def test_signed_weights_are_summed_as_integers(
    unrolled: Device, taps: MakeTaps, columns: int
) -> None:
    """Noise, and the largest and smallest sums that bytes can give."""
    program = halved(taps, columns)
    signed = any(name.startswith("pairs.uint8.4.signed.") for name in kernels(program))
    assert signed == (taps is ringing)
    check(unrolled, program)
    rows = np.arange(44)[:, None] + np.zeros((1, columns), np.int64)
    for plane in (rows * 0, rows * 0 + 255, rows // 2 % 2 * 255, (rows + 1) // 2 % 2 * 255):
        planes = [plane.astype(np.uint8)]
        assert_same(run(unrolled, program, planes), twin.run(program, planes))


def test_other_weights_are_not() -> None:
    assert not any("signed" in name for name in kernels(halved(cut(1, 2, 7), 1024)))


HASHES = """
import hashlib, json, sys
from gpumft.device import open_device
from gpumft.device.cpu import filters
from tests.contract.program_parts import noise
from tests.device.engine_help import run
from tests.device.test_edges import elsewhere
filters.WORTH_UNROLLING = 0
found = []
with open_device("cpu", threads=1) as device:
    for program in elsewhere()[int(sys.argv[1]):int(sys.argv[2])]:
        planes = run(device, program, noise(program.source, program.source_size))
        found.append(hashlib.sha256(b"".join(plane.tobytes() for plane in planes)).hexdigest())
print(json.dumps(found))
"""


def elsewhere() -> list[Program]:
    """What other instruction sets are tried with."""
    return [along(SHAPES[8], target="gray10le"), along(FAR[1]), halved(ringing)]


@pytest.mark.parametrize(
    ("environment", "first", "behind"),
    [({"NUMBA_CPU_NAME": "generic"}, 0, 3),
     ({"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": "-avx512f"}, 0, 3),
     ({"NUMBA_CPU_NAME": "skylake-avx512", "NUMBA_CPU_FEATURES": "+avx512bw,-avx512vnni"}, 3, 4)],
    ids=["generic", "avx2", "avx512 without vnni"],
)  # fmt: skip
def test_other_instruction_sets_give_the_same_bytes(
    environment: dict[str, str], first: int, behind: int
) -> None:
    expected = [
        hashlib.sha256(
            b"".join(
                plane.tobytes()
                for plane in twin.run(program, noise(program.source, program.source_size))
            )
        ).hexdigest()
        for program in elsewhere()[first:behind]
    ]
    assert json.loads(in_child(environment, HASHES, str(first), str(behind))) == expected
