"""Converter.batch on devices: surfaces and samples share launches; results are those of calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gpumft.device import Device, Pool, Surface
from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import VideoType
from gpumft.ops import Converter
from gpumft.samples import MediaBuffer, Sample
from gpumft.testing import frames
from tests.contract import backends
from tests.device.test_batches import Counted

SOURCE = VideoType("nv12", (34, 10))
TARGET = VideoType("rgb24", (34, 10))
COUNT = 6


@pytest.fixture(params=backends.params("cpu", "opencl", "cuda"))
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


@pytest.fixture(params=backends.params("opencl", "cuda"))
def gpu(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


def _pictures() -> list[list[Any]]:
    return [frames.noise(SOURCE, seed) for seed in range(COUNT)]


def _surfaces(device: Device) -> list[Surface]:
    pool = Pool(SOURCE, device)
    pool.fill(COUNT)
    made = [pool.acquire() for _ in range(COUNT)]
    for surface, planes in zip(made, _pictures(), strict=True):
        surface.upload(planes)
    return made


def _wanted() -> list[np.ndarray]:
    converter = Converter(SOURCE, TARGET, device="cpu")
    return [converter(planes)[0] for planes in _pictures()]


def _same(made: list[Any]) -> None:
    for found, wanted in zip(made, _wanted(), strict=True):
        plane = found[0] if isinstance(found, list) else found.to_numpy()[0]
        np.testing.assert_array_equal(plane, wanted)


def test_arrays(device: Device) -> None:
    converter = Converter(SOURCE, TARGET, device=device)
    _same(converter.batch(_pictures()))
    out: list[Any] = [[np.zeros((10, 34, 3), np.uint8)] for _ in range(COUNT)]
    made = converter.batch(_pictures(), out)
    assert all(one[0] is other[0] for one, other in zip(made, out, strict=True))
    _same(out)


def test_surfaces(device: Device) -> None:
    converter = Converter(SOURCE, TARGET, device=device)
    made = converter.batch(_surfaces(device))
    assert all(surface.type == converter.target for surface in made)
    _same(made)


def test_a_batch_of_surfaces_is_one_launch(gpu: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    converter = Converter(SOURCE, TARGET, device=gpu)
    sources = _surfaces(gpu)
    counted = Counted(gpu, monkeypatch)
    made = converter.batch(sources)
    assert counted.launches == [COUNT]
    _same(made)
    use = gpu.memory.ledger.use()
    converter.batch(sources, made)
    assert counted.launches == [COUNT, COUNT]
    assert gpu.memory.ledger.use() == use


def test_samples_on_a_device_share_a_launch(gpu: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    converter = Converter(SOURCE, TARGET, device=gpu)
    sources = [Sample.from_surface(s, time=k) for k, s in enumerate(_surfaces(gpu))]
    counted = Counted(gpu, monkeypatch)
    made = converter.batch(sources)
    assert counted.launches == [COUNT]
    assert [sample.time for sample in made] == list(range(COUNT))
    assert all(sample.on_device for sample in made)
    _same(made)


def test_one_buffer_twice_among_samples_of_the_host(device: Device) -> None:
    converter = Converter(SOURCE, TARGET, device=device)
    buffer = MediaBuffer(3 * 34 * 10)
    source = Sample.from_numpy(_pictures()[0], SOURCE, time=5)
    made = converter.batch([source, source], [Sample(buffer), Sample(buffer)])
    assert [sample.time for sample in made] == [5, 5]
    np.testing.assert_array_equal(made[1].to_numpy()[0], _wanted()[0])


def test_onto_themselves(device: Device) -> None:
    src, dst = VideoType("rgb24", (16, 9)), VideoType("bgr24", (16, 9))
    pictures = [frames.noise(src, seed) for seed in range(3)]
    wanted = [planes[0][..., ::-1].copy() for planes in pictures]
    Converter(src, dst, device=device).batch(pictures, pictures)
    for planes, plane in zip(pictures, wanted, strict=True):
        np.testing.assert_array_equal(planes[0], plane)


def test_nothing_is_written_where_one_is_wrong(device: Device) -> None:
    converter = Converter(SOURCE, TARGET, device=device)
    out: list[Any] = [[np.zeros((10, 34, 3), np.uint8)] for _ in range(2)]
    with pytest.raises(InvalidArg, match="plane 0 is uint8"):
        converter.batch([_pictures()[0], [np.zeros((1, 1), np.uint8)] * 2], out)
    assert not out[0][0].any()
    other = Pool(VideoType("nv12", (36, 10)), device).acquire()
    with pytest.raises(InvalidMediaType, match=r"surface is .*36x10"):
        converter.batch([_surfaces(device)[0], other])


def test_no_pictures(device: Device) -> None:
    assert Converter(SOURCE, TARGET, device=device).batch([]) == []
