"""CudaMemory asks CuPy for the right addresses, pitches and streams."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gpumft.device import Pool, Surface
from gpumft.device.cuda_memory import CudaMemory
from gpumft.errors import DeviceLost, InvalidArg, OutOfMemory
from gpumft.media import VideoType
from gpumft.testing import frames
from tests.device.cupy_memory import OWN_STREAM, WAYS, Context, Cupy

TYPES = [
    VideoType("nv12", (34, 6)),
    VideoType("nv12", (33, 5)),
    VideoType("gbrpf32le", (7, 5)),
    VideoType("bgr0", (3, 2), stride=-12),
]
TYPE = TYPES[0]


@pytest.fixture
def cupy() -> Cupy:
    return Cupy()


@pytest.fixture
def memory(cupy: Cupy) -> CudaMemory:
    return CudaMemory(cupy, 3, Context(OWN_STREAM), WAYS)


def same(found: Any, wanted: Any) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("type", TYPES, ids=str)
def test_pictures_go_there_and_back(type: VideoType, memory: CudaMemory) -> None:
    planes = frames.noise(type, 1)
    pool = Pool(type, memory, poison=True)
    surface, other = pool.acquire(), pool.acquire()
    assert (surface.to_numpy()[0].view(np.uint8) == 0xA5).all()
    surface.upload(planes)
    surface.copy_to(other)
    same(other.to_numpy(), planes)
    same([plane.array for plane in surface.planes], planes)
    top_down = Pool(type.replace(stride=None), memory).acquire()
    surface.copy_to(top_down)
    same(top_down.to_numpy(), planes)


def test_arrays_keep_the_slot(memory: CudaMemory) -> None:
    pool = Pool(TYPE, memory)
    with pool.acquire() as surface:
        view = surface.planes[0].array[1:]
    assert pool.live_count == 1
    del view
    assert pool.live_count == 0


def test_streams_are_told_as_cuda_has_them(cupy: Cupy, memory: CudaMemory) -> None:
    pool = Pool(TYPE, memory, maximum=1)
    with pool.acquire() as surface:
        cupy.log.clear()
        surface.planes[0].__dlpack__(stream=0x70)
        (_, event, _), waits = cupy.log
        assert cupy.log[0] == ("record", event, OWN_STREAM)
        assert waits == ("wait", 0x70, event)
        cupy.log.clear()
    pool.acquire(0)
    (_, event, _), waits, _ = cupy.log
    assert cupy.log[0] == ("record", event, 0x70)
    assert waits == ("wait", OWN_STREAM, event)
    assert cupy.log[2][::2] == ("record", OWN_STREAM)  # what copies to the slot will wait for


class TorchStream:
    cuda_stream = 0x90


class NamedStream:
    def __cuda_stream__(self) -> tuple[int, int]:
        return (0, 0xA0)


@pytest.mark.parametrize(
    ("queue", "address"),
    [
        (1, 1), (2, 2), (Context(0x80), 0x80), (Context(0), 0), (TorchStream(), 0x90),
        (NamedStream(), 0xA0),
    ],
    ids=["legacy", "per thread", "CuPy", "CuPy's default", "torch", "any"],
)  # fmt: skip
def test_queues_of_every_library(queue: Any, address: int, cupy: Cupy, memory: CudaMemory) -> None:
    surface = Pool(TYPE, memory).acquire()
    cupy.log.clear()
    surface.use_on(queue)
    assert cupy.log[1][:2] == ("wait", address)
    assert memory.queue_of(queue) == address


def test_what_is_no_stream_is_refused(memory: CudaMemory) -> None:
    with pytest.raises(InvalidArg, match="is no CUDA stream"):
        Pool(TYPE, memory).acquire().use_on("here")
    with pytest.raises(InvalidArg, match="is no CUDA stream"):
        memory.queue_of("here")
    with pytest.raises(InvalidArg, match="stream is -1"):
        memory.queue_of(-1)


def test_the_interface_tells_address_and_stream(memory: CudaMemory) -> None:
    surface = Pool(TYPE, memory).acquire()
    plane = surface.planes[1]
    found = plane.__cuda_array_interface__
    assert found["data"] == (plane.array.ctypes.data, False)
    assert found["stream"] == OWN_STREAM
    assert plane.__dlpack_device__() == (2, 3)


def test_tensors_are_asked_for_our_stream(
    cupy: Cupy, memory: CudaMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    planes = frames.noise(TYPE, 4)
    monkeypatch.setattr("gpumft.device.exchange.device_at", lambda _: memory)
    surface = Surface.from_dlpack(planes, TYPE)
    same([plane.array for plane in surface.planes], planes)
    Surface.from_dlpack(planes, TYPE, stream=1)
    Surface.from_dlpack(planes, TYPE, stream=-1)
    assert cupy.log == [("from_dlpack", stream) for stream in (OWN_STREAM,) * 2 + (1, 1, -1, -1)]


def test_errors_are_ours(memory: CudaMemory) -> None:
    surface = Pool(TYPE, memory).acquire()
    memory.cupy.failing = True
    with pytest.raises(DeviceLost, match=r"cuda:3 is lost, it failed in upload: cudaErrorLaunchF"):
        surface.upload(frames.noise(TYPE, 1))
    with pytest.raises(DeviceLost, match="cudaErrorLaunchFailure"):
        surface.to_numpy()
    small = CudaMemory(Cupy(1000), 0, Context(OWN_STREAM), WAYS)
    first = Pool(TYPE, small).acquire()
    with pytest.raises(OutOfMemory, match=r"cuda:0 has no 768 bytes .* 232 of its 1000 bytes"):
        Pool(TYPE, small).acquire()
    first.release()
