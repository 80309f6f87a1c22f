"""What a CPU program remembers of planes it has seen: how they are laid out, never where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from gpumft.device import Built, Device, open_device
from gpumft.device.cpu import engine
from gpumft.device.cpu.views import address
from gpumft.errors import InvalidArg, InvalidRequest
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


def test_planes_like_those_before_take_the_shorter_way(built: Built) -> None:
    assert not built.again(CASE.planes, blank())  # none were seen
    built(CASE.planes, blank())
    for step in (1, 2, -1):
        out = spread(blank(), step)
        assert built.again(spread(CASE.planes, step), out) == (step == 1)
        built(spread(CASE.planes, step), out)
        out = spread(blank(), step)
        assert built.again(spread(CASE.planes, step), out)
        assert_same(out, EXPECTED, f"step {step}")


class Subclass(np.ndarray[Any, Any]):
    """An array of another class."""


def other_ways(luma: Plane, chroma: Plane, out: Plane) -> dict[str, tuple[list[Any], list[Any]]]:
    """What has to be looked at: pictures that are wrong, or not as simple as the one before."""
    frozen = out.copy()
    frozen.flags.writeable = False
    room = np.zeros(luma.size + out.size, np.uint8)
    end = luma.size - 1
    reaching = room[end : end + out.size].reshape(out.shape)
    before = room[: luma.size].reshape(luma.shape)
    return {
        "read-only": ([luma, chroma], [frozen]),
        "fewer": ([luma], [out]),
        "more": ([luma, chroma, out], []),
        "moved over": ([luma], [chroma, out]),
        "shape": ([luma[:-1], chroma], [out]),
        "dtype": ([luma.view(np.int8), chroma], [out]),
        "bool": ([luma.view(np.bool_), chroma], [out]),
        "order": ([np.asfortranarray(luma), chroma], [out]),
        "dimensions": ([luma, chroma.reshape(*chroma.shape, 1)], [out]),
        "object": ([luma, chroma], [out.tolist()]),
        "overlap": ([before, chroma], [reaching]),
    }


@pytest.mark.parametrize("name", other_ways(*CASE.planes, *blank()))
def test_other_planes_are_not_taken_for_those_before(built: Built, name: str) -> None:
    luma, chroma = CASE.planes
    out = blank()[0]
    built([luma, chroma], [out])
    out[...] = 9
    source, target = other_ways(luma, chroma, out)[name]
    kept = [np.array(plane) for plane in target]
    assert not built.again(source, target)
    for plane, was in zip(target, kept, strict=True):
        assert np.array_equal(plane, was)
    assert built.again([luma, chroma], [out])
    assert_same([out], EXPECTED)


def test_neighbours_do_not_overlap(built: Built) -> None:
    luma, chroma = CASE.planes
    built([luma, chroma], blank())
    out = blank()[0]
    room = np.zeros(luma.size + out.size, np.uint8)
    first, second = room[: luma.size].reshape(luma.shape), room[luma.size :].reshape(out.shape)
    first[...] = luma
    assert built.again([first, chroma], [second])
    assert_same([second], EXPECTED)


@pytest.mark.parametrize("make", [np.memmap, Subclass])
def test_arrays_of_other_classes_tell_as_much(built: Built, make: Any, tmp_path: Path) -> None:
    luma, chroma = CASE.planes
    built([luma, chroma], blank())
    if make is np.memmap:
        given = np.memmap(tmp_path / "luma", np.uint8, "w+", shape=luma.shape)
        given[...] = luma
    else:
        given = luma.view(make)
    out = blank()
    assert built.again([given, chroma], out)
    assert_same(out, EXPECTED)


def test_elements_in_another_order_of_bytes(device: Device) -> None:
    case = programs.case("depth_10_to_8_packed")
    built = device.build(case.program)
    out = [np.zeros(p.shape, np.uint8) for p in case.planes]
    built(case.planes, out)
    assert built.again(case.planes, out)
    assert not built.again([plane.astype(">u2") for plane in case.planes], out)
    assert_same(out, twin.run(case.program, case.planes))


def test_a_closed_device_takes_no_shorter_way() -> None:
    with open_device("cpu", threads=1) as opened:
        built = opened.build(CASE.program)
        built(CASE.planes, blank())
    assert not built.again(CASE.planes, blank())
    with pytest.raises(InvalidRequest, match="closed"):
        built(CASE.planes, blank())
