"""What a CPU program remembers of planes it has seen: how they are laid out, never where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from gpumft.device import Built, Device, open_device
from gpumft.device.cpu import engine
from gpumft.device.cpu.views import address
from gpumft.errors import InvalidArg
from gpumft.testing import twin
from tests.contract import programs
from tests.device.engine_help import assert_same

CASE = programs.case("nv12_to_rgb24")
EXPECTED = twin.run(CASE.program, CASE.planes)
Plane = npt.NDArray[Any]


@pytest.fixture
def device() -> Iterator[Device]:
    with open_device("cpu", threads=1) as opened:
        yield opened


@pytest.fixture
def built(device: Device) -> Built:
    return device.build(CASE.program)


def blank() -> list[Plane]:
    return [np.full_like(plane, 9) for plane in EXPECTED]


def spread(planes: Sequence[Plane], step: int) -> list[Plane]:
    """Copies of planes whose columns lie `step` apart; negative: in reverse order."""
    made = []
    for plane in planes:
        rows, columns, *channels = plane.shape
        room = np.zeros((rows, columns * abs(step), *channels), plane.dtype)
        made.append(room[:, ::step])
        made[-1][...] = plane
    return made


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 5), np.uint8),
        np.zeros((3, 5), ">u2")[::-1, ::2],
        np.zeros((3, 5, 4), np.float16).transpose(1, 0, 2)[:, :, 1:],
        np.broadcast_to(np.float32(1), (4, 4)),
        np.zeros((0, 5), np.uint8),
    ],
    ids=["plain", "flipped", "transposed", "broadcast", "empty"],
)
def test_an_address_is_that_of_the_first_element(array: Plane) -> None:
    assert address(array) == array.__array_interface__["data"][0]


def test_layouts_take_turns(built: Built) -> None:
    for step in (1, 2, -1, -3, 1, 2, -1, -3):
        out = spread(blank(), step)
        built(spread(CASE.planes, step), out)
        assert_same(out, EXPECTED, f"step {step}")


def test_layouts_are_forgotten_and_seen_again(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_KEPT", 2)
    for step in (1, 2, 3, 4, 1, 2):
        out = blank()
        built(spread(CASE.planes, step), out)
        assert_same(out, EXPECTED, f"step {step}")


def test_what_was_right_once_is_checked_again(built: Built) -> None:
    (luma, chroma), (out,) = CASE.planes, blank()
    built([luma, chroma], [out])
    frozen = out.copy()
    frozen.flags.writeable = False
    wrong: list[tuple[list[Plane], list[Plane], str]] = [
        ([luma, chroma], [frozen], "target plane 0 is read-only"),
        ([luma], [chroma, out], "source has 1 planes"),
        ([luma, chroma, out], [], "source has 3 planes"),
        ([luma[:-1], chroma], [out], r"source plane 0 is \(11, 34\)"),
        ([luma.view(np.int8), chroma], [out], r"source plane 0 is .* int8"),
        ([luma, chroma.swapaxes(0, 1)], [out], "source plane 1"),
        ([luma, chroma], [out.view(np.int8)], r"target plane 0 is .* int8"),
    ]
    out[...] = 9
    for source, target, message in wrong:
        with pytest.raises(InvalidArg, match=message):
            built(source, target)
    assert np.all(out == 9)
    built([luma, chroma], [out])
    assert_same([out], EXPECTED)


def test_an_array_that_has_moved_is_found(built: Built) -> None:
    out = blank()[0]
    shape, before = out.shape, address(out)
    built(CASE.planes, [out])
    keep = []
    while address(out) == before:
        out.resize((8 * out.shape[0], *shape[1:]), refcheck=False)
        keep.append(np.zeros(out.nbytes, np.uint8))
    out.resize(shape, refcheck=False)
    out[...] = 9
    built(CASE.planes, [out])
    assert_same([out], EXPECTED)
