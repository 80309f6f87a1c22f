"""What the tests of the CPU engine share: arrays of many shapes, programs run and compared."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device import Built, Device, Program
from gpumft.testing import twin
from tests.contract.program_parts import (
    MakeTaps,
    Plane,
    colour_of,
    convert,
    direct,
    mix,
    noise,
    quantiser,
)

_PATIENCE = 100
"""Seconds that a child may take; less than a test's own limit."""
GUARD = 0xA5
"""Byte around every guarded array."""


def assert_same(found: Sequence[Plane], expected: Sequence[Plane], what: str = "") -> None:
    """Compare planes bit by bit."""
    for index, (a, b) in enumerate(zip(found, expected, strict=True)):
        words = f"u{a.dtype.itemsize}"
        np.testing.assert_array_equal(
            np.ascontiguousarray(a).view(words),
            np.ascontiguousarray(b).view(words),
            err_msg=f"{what} plane {index}",
        )


def run(device: Device, program: Program, planes: Sequence[Plane]) -> list[Plane]:
    """Build and run; the target is full of other bytes before."""
    built: Built = device.build(program)
    out = [
        np.full(shape, 0x5A, np.uint8).astype(dtype)
        for shape, dtype in zip(
            program.target.plane_shapes(program.target_size),
            program.target.plane_dtypes(),
            strict=True,
        )
    ]
    built(planes, out)
    return out


def check(device: Device, program: Program, seed: int = 1, what: str = "") -> None:
    """Run a program on noise and compare with the twin."""
    planes = noise(program.source, program.source_size, seed)
    assert_same(run(device, program, planes), twin.run(program, planes), what)


def check_layout(device: Device, program: Program, layout: str) -> None:
    """Compare with the twin: planes laid out in a way of `LAYOUTS` read, then written."""
    planes = noise(program.source, program.source_size)
    expected = twin.run(program, planes)
    turned = [LAYOUTS[layout](plane) for plane in planes]
    assert_same(run(device, program, turned), expected, layout)
    out = [LAYOUTS[layout](np.zeros_like(plane)) for plane in expected]
    device.build(program)(planes, out)
    assert_same(out, expected, layout)


def any_matrix(source: str, target: str) -> npt.NDArray[np.float64]:
    """A matrix that mixes every colour channel into every other, codes to nominal values."""
    from gpumft.media import PixelFormat

    src, dst = PixelFormat(source), PixelFormat(target)
    rows, columns = len(colour_of(dst)), len(colour_of(src))
    matrix = np.array([[0.6, 0.3, -0.2], [-0.1, 0.7, 0.25], [0.15, -0.35, 0.5]])[:rows, :columns]
    scaled: npt.NDArray[np.float64] = matrix / [quantiser(c, src)[0] for c in colour_of(src)]
    return scaled


def through_matrix(
    source: str,
    size: tuple[int, int],
    target: str,
    to: tuple[int, int],
    taps: MakeTaps,
    **options: Any,
) -> Program:
    """A program by way of the luma grid."""
    mixes = [mix(any_matrix(source, target))]
    return convert(source, size, target, size=to, taps=taps, chroma=taps, mixes=mixes, **options)


def straight(
    source: str, size: tuple[int, int], target: str, to: tuple[int, int], taps: MakeTaps
) -> Program:
    """A direct program."""
    return direct(source, size, target, size=to, taps=taps)


def guarded(shape: tuple[int, ...], dtype: Any) -> tuple[Plane, Plane]:
    """Return (array, what it lies in): contiguous rows with guard bytes between and around."""
    item = np.dtype(dtype).itemsize
    row = int(np.prod(shape[1:])) * item
    room = np.full((shape[0] + 2, row + 16 * item), GUARD, np.uint8)
    inside = room[1:-1, 8 * item : 8 * item + row]
    view = np.lib.stride_tricks.as_strided(
        inside.view(dtype),
        shape,
        (room.strides[0], *_dense(shape[1:], item)),
    )
    return view, room


def _dense(shape: tuple[int, ...], item: int) -> tuple[int, ...]:
    strides = []
    for length in reversed(shape):
        strides.append(item)
        item *= length
    return tuple(reversed(strides))


def _upside_down(a: Plane) -> Plane:
    return a[::-1].copy()[::-1]


def _backwards(a: Plane) -> Plane:
    return a[:, ::-1].copy()[:, ::-1]


def _columns_first(a: Plane) -> Plane:
    return np.asfortranarray(a)


def _spread(a: Plane) -> Plane:
    """Every second element of every third row, along all axes."""
    room = np.full([3 * n if i == 0 else 2 * n for i, n in enumerate(a.shape)], 77).astype(a.dtype)
    view = room[tuple(slice(None, None, 3 if i == 0 else 2) for i in range(a.ndim))]
    view[...] = a
    return view


def _odd_address(a: Plane) -> Plane:
    room = np.zeros(a.nbytes + 1, np.uint8)
    view = room[1:].view(a.dtype).reshape(a.shape)
    view[...] = a
    return view


LAYOUTS: dict[str, Callable[[Plane], Plane]] = {
    "upside_down": _upside_down,
    "backwards": _backwards,
    "columns_first": _columns_first,
    "spread": _spread,
    "odd_address": _odd_address,
}
"""Ways to hold the same samples."""


@contextmanager
def flushing_to_zero() -> Iterator[None]:
    """This thread's unit treats subnormals as zero, as other libraries may leave it.

    By glibc's fenv_t: MXCSR at byte 28 on x86-64 (FTZ, DAZ), FPCR at byte 0 on ARM64 (FZ).
    """
    libm = ctypes.CDLL("libm.so.6")
    at, bits = {"x86_64": (28, 0x8040), "aarch64": (0, 1 << 24)}[platform.machine()]
    before = ctypes.create_string_buffer(64)
    libm.fegetenv(before)
    changed = bytearray(before.raw)
    word = int.from_bytes(changed[at : at + 4], "little") | bits
    changed[at : at + 4] = word.to_bytes(4, "little")
    libm.fesetenv(bytes(changed))
    try:
        yield
    finally:
        libm.fesetenv(before)


def in_child(environment: dict[str, str], script: str, *names: str) -> str:
    """Run a script with the tests importable and warnings as errors; return what it prints.

    One that hangs is made to show where all its threads are.
    """
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-W", "error", "-c", script, *names],
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            out, err = child.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGABRT)
            _, err = child.communicate()
            err = f"hangs after {_PATIENCE} s:\n{err}"
    assert child.returncode == 0, err
    return out.strip()
