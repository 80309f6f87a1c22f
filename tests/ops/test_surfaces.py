"""Converters on pictures in a device's memory: used where they lie, and refused elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.device import Device, Plane, Pool, Surface, open_device
from gpumft.device.cpu.memory import HOST
from gpumft.errors import InvalidArg, InvalidMediaType, InvalidRequest
from gpumft.media import VideoType
from gpumft.ops import Converter, convert
from gpumft.samples import Buffer2D, Sample
from gpumft.testing import frames
from tests.contract import backends

SOURCE = VideoType("nv12", (34, 10))
TARGET = VideoType("rgb24", (20, 8))
PLANES = frames.noise(SOURCE, 3)


@pytest.fixture(params=backends.params("cpu", "opencl", "oclgrind", "cuda"))
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


@pytest.fixture(params=backends.params("opencl", "cuda"))
def gpu(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


def _wanted() -> list[np.ndarray]:
    return Converter(SOURCE, TARGET, device="cpu")(PLANES)


def _surface(device: Device, planes: list[np.ndarray] = PLANES) -> Surface:
    surface = Pool(SOURCE, device).acquire()
    surface.upload(planes)
    return surface


def _use(device: Device) -> tuple[int, int]:
    use = device.memory.ledger.use()
    return use.uploads, use.downloads


def test_a_surface_becomes_a_surface_on_the_same_device(device: Device) -> None:
    converter = Converter(SOURCE, TARGET, device=device)
    source = _surface(device)
    before = _use(device)
    made = converter(source)
    assert _use(device) == before
    assert isinstance(made, Surface)
    assert made.memory is device.memory
    assert made.type == converter.target
    np.testing.assert_array_equal(made.to_numpy()[0], _wanted()[0])


def test_out_is_written_where_it_lies(device: Device) -> None:
    converter = Converter(SOURCE, TARGET, device=device)
    out = Pool(TARGET, device).acquire()
    assert converter(_surface(device), out) is out
    assert out.type == converter.target
    np.testing.assert_array_equal(out.to_numpy()[0], _wanted()[0])
    assert converter.batch([_surface(device)], [out]) == [out]


def test_samples_over_surfaces_stay_on_the_device(device: Device) -> None:
    converter = Converter(SOURCE, TARGET, device=device)
    source = Sample.from_surface(_surface(device), time=7, duration=2)
    before = _use(device)
    made = converter(source)
    assert _use(device) == before
    assert (made.time, made.duration, made.type) == (7, 2, converter.target)
    assert made.surface.memory is device.memory
    np.testing.assert_array_equal(made.to_numpy()[0], _wanted()[0])
    padded = Sample(Buffer2D(TARGET.format, TARGET.size, device=device))
    assert converter(source, padded) is padded
    np.testing.assert_array_equal(padded.to_numpy()[0], _wanted()[0])


def test_host_and_device_meet_in_samples(gpu: Device) -> None:
    converter = Converter(SOURCE, TARGET, device=gpu)
    near = Sample.from_numpy(PLANES, SOURCE)
    assert isinstance(converter(near).planes[0], np.ndarray)
    there = Sample.from_surface(Pool(TARGET, gpu).acquire())
    converter(near, there)
    assert isinstance(there.planes[0], Plane)
    np.testing.assert_array_equal(there.to_numpy()[0], _wanted()[0])
    back = Sample.from_numpy(frames.noise(TARGET), TARGET)
    converter(Sample.from_surface(_surface(gpu)), back)
    np.testing.assert_array_equal(back.planes[0], _wanted()[0])


def test_a_picture_is_not_converted_in_place(device: Device) -> None:
    turned = Converter(SOURCE, SOURCE, device=device, rotate=180)
    wanted = Converter(SOURCE, SOURCE, device="cpu", rotate=180)(PLANES)
    surface = _surface(device)
    turned(surface, surface)
    for found, expected in zip(surface.to_numpy(), wanted, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_convert_runs_where_the_surface_is(gpu: Device) -> None:
    made = convert(_surface(gpu), None, TARGET)
    assert made.device is gpu
    np.testing.assert_array_equal(made.to_numpy()[0], _wanted()[0])
    sample = convert(Sample.from_surface(_surface(gpu)), None, TARGET)
    assert sample.surface.device is gpu
    with pytest.raises(InvalidArg, match="src is missing"):
        convert(PLANES, None, TARGET)


def test_another_device_is_refused_by_both_names(gpu: Device) -> None:
    there = Converter(SOURCE, TARGET, device=gpu)
    here = Converter(SOURCE, TARGET, device="cpu")
    with pytest.raises(InvalidArg, match=rf"on cpu.* runs on {gpu.spec}.*copy_to"):
        there(Pool(SOURCE, HOST).acquire())
    with pytest.raises(InvalidArg, match=rf"on {gpu.spec}.* runs on cpu"):
        here(_surface(gpu))
    with pytest.raises(InvalidArg, match=rf"on {gpu.spec}.* runs on cpu"):
        here(Sample.from_surface(_surface(gpu)))
    with pytest.raises(InvalidArg, match=rf"on {gpu.spec}.* runs on cpu"):
        here(Pool(SOURCE, HOST).acquire(), Pool(TARGET, gpu).acquire())
    with open_device(gpu.spec) as other, pytest.raises(InvalidArg, match="opened apart"):
        there(_surface(other))


def test_kinds_are_not_mixed_and_types_are_checked(device: Device) -> None:
    converter = Converter(SOURCE, TARGET, device=device)
    surface, out = _surface(device), Pool(TARGET, device).acquire()
    with pytest.raises(InvalidArg, match="planes are a Surface, but out is a Sample"):
        converter(surface, Sample.from_surface(out))  # type: ignore[call-overload]
    with pytest.raises(InvalidArg, match="out is a Surface, but planes are arrays"):
        converter(PLANES, out)  # type: ignore[call-overload]
    with pytest.raises(InvalidMediaType, match="takes"):
        converter(out)
    with pytest.raises(InvalidMediaType, match="makes"):
        converter(surface, surface)
    surface.release()
    with pytest.raises(InvalidRequest, match="released"):
        converter(surface, out)


def test_a_surface_over_somebodys_read_only_memory_is_not_written() -> None:
    planes = frames.noise(TARGET)
    planes[0].flags.writeable = False
    with pytest.raises(InvalidArg, match="read-only"):
        Converter(SOURCE, TARGET, device="cpu")(
            Surface.over(PLANES, SOURCE), Surface.over(planes, TARGET)
        )


def test_planes_of_other_libraries_are_named() -> None:
    class Tensor:
        shape = (10, 34)
        dtype = np.dtype(np.uint8)

    with pytest.raises(InvalidArg, match=r"Tensor.*from_dlpack"):
        Converter(SOURCE, TARGET, device="cpu")([Tensor(), PLANES[1]])  # type: ignore[list-item]
