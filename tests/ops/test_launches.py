"""A counter of launches on the device: 1 for whatever is small, and explain()'s number always."""

from __future__ import annotations

from typing import Any

import pytest

from gpumft.device import Device
from gpumft.device.gpu.schedule import schedule
from gpumft.media import VideoType
from gpumft.ops import Converter, make_options, plan
from gpumft.testing import frames
from gpumft.transforms import CONVERTIBLE
from tests.contract import backends
from tests.contract.conversions import FORMATS, types
from tests.contract.test_conversions import CASES, case_types
from tests.device.test_batches import Counted

SMALL = ("nearest", "bilinear", "bicubic", "catmull_rom", "mitchell", "hermite")


@pytest.fixture(params=backends.params("opencl", "cuda"))
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


def _counted(
    device: Device,
    monkeypatch: pytest.MonkeyPatch,
    src: VideoType,
    dst: VideoType,
    **options: Any,
) -> int:
    """Launches of one picture; they are those that explain() tells."""
    converter = Converter(src, dst, device=device, **options)
    with monkeypatch.context() as patch:
        counted = Counted(device, patch)
        converter(frames.noise(src))
    told = converter.explain()
    assert len(counted.launches) == told.launches == len(told.passes)
    return told.launches


@pytest.mark.parametrize("index", range(len(FORMATS)))
def test_plain_conversions_are_one(
    device: Device, index: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    src, dst = types(FORMATS[index], (13, 9), FORMATS[(index * 4 + 3) % len(FORMATS)], (13, 9))
    assert _counted(device, monkeypatch, src, dst) == 1


@pytest.mark.parametrize("filter", SMALL)
def test_small_supports_are_one(
    device: Device, filter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = (("nv12", "rgb24"), ("rgba", "gbrp"), ("yuv420p", "nv12"))
    source, target = pairs[SMALL.index(filter) % len(pairs)]
    src, dst = types(source, (8, 6), target, (13, 11))
    assert _counted(device, monkeypatch, src, dst, filter=filter) == 1


def test_the_explanation_counts_right(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for case in CASES[::25]:
        src, dst, options = case_types(case)
        found.add(_counted(device, monkeypatch, src, dst, **options))
    assert len(found) > 1


def test_large_supports_take_more(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    src, dst = types("nv12", (64, 48), "rgb24", (16, 12))
    assert _counted(device, monkeypatch, src, dst, filter="lanczos3") == 3


@pytest.mark.parametrize("index", range(len(CONVERTIBLE)))
def test_plain_pairs_are_one_by_their_schedules(index: int) -> None:
    source = CONVERTIBLE[index]
    for target in CONVERTIBLE[index % 4 :: 4]:
        src, dst = types(source, (13, 9), target, (13, 9))
        assert len(schedule(plan(src, dst, make_options()).program).launches) == 1
