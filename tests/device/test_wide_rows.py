"""Rows wide enough for the kernels that small pictures never reach, at ratios of every kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gpumft.device import Device, open_device
from gpumft.device.cpu import filters, lower
from gpumft.resample.taps import Taps
from tests.contract.program_parts import (
    MakeTaps,
    from_lists,
    linear,
    long_taps,
    nearest,
    ringing,
)
from tests.device.engine_help import (
    LAYOUTS,
    check,
    check_layout,
    straight,
    through_matrix,
)

RATIOS = [(520, 260), (516, 259), (260, 390), (264, 528), (780, 260), (1040, 260), (520, 390),
          (300, 221), (257, 514)]  # fmt: skip
"""Columns of source and target: 2:1, nearly, 2:3, 1:2, 3:1, 4:1, 4:3, no ratio, odd 1:2."""
LONG = long_taps((40, 33), 3)


def repeated(source: int, outputs: int) -> Taps:
    """Taps of one list of 35 weights, so long that it is summed in blocks, all along the axis."""
    weights = [0.02 * (k % 5 + 0.5) for k in range(35)]
    step = max(1, source // outputs)
    return from_lists(
        source, [(min(i * step, source - 35), tuple(weights)) for i in range(outputs)]
    )


@pytest.fixture(scope="module")
def device() -> Iterator[Device]:
    with open_device("cpu", threads=1) as opened:
        yield opened


@pytest.fixture
def unrolled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    """The CPU with kernels made for the taps at hand, as only large pictures have them."""
    monkeypatch.setattr(filters, "WORTH_UNROLLING", 0)
    with open_device("cpu", threads=1) as opened:
        yield opened


@pytest.mark.parametrize("ratio", [(520, 260), (260, 390), (264, 528), (780, 260)])
@pytest.mark.parametrize(("taps", "rows"), [(linear, (18, 11)), (ringing, (12, 24))])
def test_unrolled(
    unrolled: Device, ratio: tuple[int, int], taps: MakeTaps, rows: tuple[int, int]
) -> None:
    (high, to), (wide, narrow) = rows, ratio
    pairs = [("nv12", "yuv420p"), ("yuv420p10le", "rgb24")]
    for source, target in pairs if taps is linear else pairs[:1]:
        make = through_matrix if target == "rgb24" else straight
        program = make(source, (wide, high), target, (narrow, to), taps)
        names = lower.lower(program, 1).kernels
        assert any(name.startswith("woven.") for name in names)
        assert any(name.startswith("pairs.") for name in names)
        check(unrolled, program, what=f"{source} {ratio}")


def test_unrolled_chroma(unrolled: Device) -> None:
    """Upsampled by 2 in both directions, by repetition and by filter, at every edge."""
    for taps in (linear, nearest):
        for columns in (130, 192, 257):
            size = columns, 34
            check(unrolled, through_matrix("nv12", size, "rgb24", size, taps), what=str(columns))


@pytest.mark.parametrize("third", [0, 9])
def test_three_phases_in_any_order(unrolled: Device, third: int) -> None:
    """The third output of a phase may begin before the first, and behind the end of the second."""
    weights = [[0.5, 0.25, 0.25], [0.125, 0.75, 0.5], [0.5, -0.25]]
    begins = 1, 2, third

    def taps(source: int, outputs: int) -> Taps:
        if source == outputs:
            return nearest(source, outputs)
        return from_lists(
            source, [(i // 3 + begins[i % 3], weights[i % 3]) for i in range(outputs)]
        )

    program = straight("gray", (140, 3), "gray", (387, 3), taps)
    names = [name for stage in lower.lower(program, 1).stages for name, _, _ in stage.steps]
    assert any(name.startswith("woven.") for name in names) == (third == 9)
    check(unrolled, program)


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
@pytest.mark.parametrize("taps", [linear, ringing, nearest, LONG])
def test_planes(device: Device, ratio: tuple[int, int], taps: object) -> None:
    for source, target in (("gray", "gray"), ("yuv420p", "nv12"), ("p010le", "yuv420p10le")):
        rows = 18, 11
        program = straight(source, (ratio[0], rows[0]), target, (ratio[1], rows[1]), taps)  # type: ignore[arg-type]
        check(device, program, what=f"{source} {ratio}")


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
@pytest.mark.parametrize("taps", [linear, ringing, nearest])
def test_through_a_matrix(device: Device, ratio: tuple[int, int], taps: object) -> None:
    for source, target in (("nv12", "rgb24"), ("yuv420p", "bgra"), ("rgb24", "yuv420p")):
        size, to = (ratio[0], 10), (ratio[1], 21)
        check(device, through_matrix(source, size, target, to, taps), what=source)  # type: ignore[arg-type]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("ratio", [(520, 260), (260, 390), (300, 221), (260, 260)], ids=str)
def test_layouts(device: Device, layout: str, ratio: tuple[int, int]) -> None:
    for source, target in (("yuv420p", "yuv420p"), ("nv12", "nv12"), ("rgba", "bgra")):
        program = straight(source, (ratio[0], 12), target, (ratio[1], 10), linear)
        check_layout(device, program, layout)


@pytest.mark.parametrize("size", [(300, 150), (150, 300), (300, 300)])
def test_sums_in_blocks(device: Device, size: tuple[int, int]) -> None:
    program = straight("gray", (size[0], 60), "gray", (size[1], 20), repeated)
    check(device, program)
    check(device, straight("grayf32le", (size[0], 60), "gray", (size[1], 20), repeated))


def test_planar_halves_are_split_by_the_vertical_filter() -> None:
    """What the cases above rely on: they reach the kernels for wide rows."""
    program = straight("gray", (520, 18), "gray", (260, 9), ringing)
    names = [step[0] for stage in lower.lower(program, 1).stages for step in stage.steps]
    assert names == ["vertical.uint8.4", "phases.uint8.packed.1"]
    program = through_matrix("nv12", (522, 10), "rgb24", (522, 10), linear)
    names = [step[0] for stage in lower.lower(program, 1).stages for step in stage.steps]
    assert names[0] == "vertical.uint8.2"
    assert names[-1].startswith("paint.uint8.uint8.prr.")
