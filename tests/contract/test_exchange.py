"""Planes as tensors of other libraries, and their tensors as surfaces: no copy, the right order.

NumPy on the CPU; CuPy on CUDA; torch on both, wherever it is installed.
"""

from __future__ import annotations

import gc
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from gpumft.device import Device, Pool, Surface
from gpumft.media import VideoType
from gpumft.ops import Converter
from gpumft.testing import frames
from tests.contract import backends
from tests.contract.conversions import same_bytes

SOURCE, TARGET = VideoType("nv12", (34, 10)), VideoType("rgb24", (34, 10))
LIBRARIES = {"cpu": ["numpy"], "cuda": ["cupy"]}
if find_spec("torch") is not None:
    for names in LIBRARIES.values():
        names.append("torch")


class Library:
    """One consumer of DLPack tensors."""

    def __init__(self, name: str, device: Device) -> None:
        self.module = import_module(name)
        self.name = name
        self.device = device

    def take(self, plane: Any) -> Any:
        return self.module.from_dlpack(plane)

    def make(self, array: np.ndarray) -> Any:
        """A new tensor on the device."""
        if self.name == "torch":
            return self.module.from_numpy(array.copy()).to(self.device.spec)
        return self.module.array(array)

    def host(self, tensor: Any) -> np.ndarray:
        """The values, after all that was asked of the tensor."""
        if self.name == "torch":
            tensor = tensor.cpu().numpy()
        elif self.name == "cupy":
            tensor = tensor.get()
        return np.array(tensor)

    def address(self, tensor: Any) -> int:
        if self.name == "torch":
            return int(tensor.data_ptr())
        return int(tensor.data.ptr if self.name == "cupy" else tensor.ctypes.data)


@pytest.fixture(
    params=[
        pytest.param((kind, name), id=f"{kind}-{name}")
        for kind, names in LIBRARIES.items()
        for name in names
        if kind in backends.SPECS
    ]
)
def library(request: pytest.FixtureRequest) -> Library:
    kind, name = request.param
    return Library(name, backends.device(kind))


def _uploaded(library: Library, seed: int) -> Surface:
    surface = Pool(SOURCE, library.device).acquire()
    surface.upload(frames.noise(SOURCE, seed))
    return surface


def test_a_plane_is_taken_where_it_lies(library: Library) -> None:
    surface = _uploaded(library, 1)
    for plane, wanted in zip(surface.planes, frames.noise(SOURCE, 1), strict=True):
        tensor = library.take(plane)
        assert library.address(tensor) == library.device.memory.address(plane.raw())
        np.testing.assert_array_equal(library.host(tensor), wanted)


def test_a_consumer_sees_what_was_only_started(library: Library) -> None:
    """Many conversions are enqueued; the tensor is looked at without waiting for them."""
    converter = Converter(SOURCE, TARGET, device=library.device)
    for seed in range(8):
        surface = _uploaded(library, seed)
        for _ in range(20):
            made = converter(surface)
        found = library.host(library.take(made.planes[0]))
        wanted = Converter(SOURCE, TARGET, device="cpu")(frames.noise(SOURCE, seed))
        same_bytes([found], wanted)


def test_what_a_consumer_writes_is_there(library: Library) -> None:
    surface = _uploaded(library, 2)
    tensor = library.take(surface.planes[0])
    tensor[...] = 7
    library.host(tensor)
    assert (surface.to_numpy()[0] == 7).all()


def test_tensors_are_converted_where_they_lie(library: Library) -> None:
    planes = frames.noise(SOURCE, 3)
    tensors = [library.make(plane) for plane in planes]
    surface = Surface.from_dlpack(tensors, SOURCE)
    memory = surface.memory
    for tensor, plane in zip(tensors, surface.planes, strict=True):
        assert memory.address(plane.raw()) == library.address(tensor)
    made = Converter(SOURCE, TARGET, device=surface.device)(surface)
    same_bytes(made.to_numpy(), Converter(SOURCE, TARGET, device="cpu")(planes))


def test_a_tensor_keeps_the_slot(library: Library) -> None:
    pool = Pool(TARGET, library.device, maximum=1, poison=True)
    with pool.acquire() as surface:
        surface.upload(frames.noise(TARGET, 1))
        tensor = library.take(surface.planes[0])
    gc.collect()
    assert pool.live_count == 1
    np.testing.assert_array_equal(library.host(tensor), frames.noise(TARGET, 1)[0])
    del tensor
    gc.collect()
    with pool.acquire(0):
        assert pool.live_count == 1
