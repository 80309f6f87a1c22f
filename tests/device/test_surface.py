"""Surface: planes, copies, and what other libraries see of it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from gpumft.device import Plane, Pool, Surface
from gpumft.device.cpu.memory import HOST
from gpumft.errors import DeviceUnavailable, InvalidArg, InvalidMediaType, InvalidRequest
from gpumft.media import VideoType
from gpumft.testing import frames
from gpumft.testing.fake_device import FakeDevice
from tests.contract import backends
from tests.device.capsules import Consumed

TYPE = VideoType("nv12", (34, 6))
BOTTOM_UP = VideoType("bgr0", (3, 2), stride=-12)
FORMATS = ["nv12", "yuv420p", "p010le", "rgb24", "gbrpf32le", "rgba64le", "yuyv422", "v210"]


@pytest.fixture(params=["fake", *backends.params("cpu", "opencl", "oclgrind", "cuda")])
def memory(request: pytest.FixtureRequest) -> Any:
    return FakeDevice().memory if request.param == "fake" else backends.device(request.param).memory


def same(found: Any, wanted: Any) -> None:
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("size", [(34, 6), (33, 5), (1, 1)])
@pytest.mark.parametrize("name", FORMATS)
def test_what_is_uploaded_comes_back(name: str, size: tuple[int, int], memory: Any) -> None:
    type = VideoType(name, size)
    planes = frames.noise(type, 3)
    pool = Pool(type, memory)
    surface = pool.acquire()
    surface.upload(planes)
    same(surface.to_numpy(), planes)
    assert [plane.shape for plane in surface.planes] == list(type.plane_shapes)
    assert [plane.dtype for plane in surface.planes] == list(type.plane_dtypes)
    other = pool.acquire()
    surface.copy_to(other)
    same(other.to_numpy(), planes)
    assert all(found.flags.c_contiguous for found in other.to_numpy())


def test_upload_takes_what_the_host_has_now(memory: Any) -> None:
    planes = frames.noise(TYPE, 1)
    surface = Pool(TYPE, memory).acquire()
    surface.upload(planes)
    wanted = [plane.copy() for plane in planes]
    for plane in planes:
        plane[...] = 0
    same(surface.to_numpy(), wanted)


@pytest.mark.parametrize("pair", ["cpu fake", "fake cpu", "fake fake"])
def test_pictures_go_from_device_to_device(pair: str) -> None:
    memories: list[Any] = [HOST if w == "cpu" else FakeDevice().memory for w in pair.split()]
    planes = frames.noise(TYPE, 2)
    source, target = (Pool(TYPE, memory).acquire() for memory in memories)
    source.upload(planes)
    source.copy_to(target)
    same(target.to_numpy(), planes)


def test_numpy_looks_into_host_memory_without_a_copy() -> None:
    surface = Pool(TYPE, HOST).acquire()
    surface.upload(frames.noise(TYPE, 1))
    array = np.asarray(surface.planes[1])
    array[0, 0] = (7, 8)
    assert surface.to_numpy()[1][0, 0].tolist() == [7, 8]
    assert np.asarray(surface.planes[1], np.float32)[0, 0].tolist() == [7.0, 8.0]
    assert not np.shares_memory(np.array(surface.planes[1]), array)
    assert np.shares_memory(surface.planes[1].array, array)


def test_numpy_is_refused_where_memory_is_not_the_hosts() -> None:
    plane = Pool(TYPE, FakeDevice()).acquire().planes[0]
    with pytest.raises(InvalidArg, match=r"plane is on cuda:0.*to_numpy"):
        np.asarray(plane)


def test_bottom_up_pictures_have_a_negative_pitch(memory: Any) -> None:
    surface = Pool(BOTTOM_UP, memory).acquire()
    assert surface.planes[0].pitch == -64
    planes = frames.noise(BOTTOM_UP, 1)
    surface.upload(planes)
    same(surface.to_numpy(), planes)
    top = VideoType("bgr0", (3, 2))
    other = Pool(top, memory).acquire()
    assert other.planes[0].pitch == 64
    surface.copy_to(other)
    same(other.to_numpy(), planes)


def test_bottom_up_planes_go_through_dlpack() -> None:
    surface = Pool(BOTTOM_UP, HOST).acquire()
    planes = frames.noise(BOTTOM_UP, 1)
    surface.upload(planes)
    same([np.from_dlpack(plane) for plane in surface.planes], planes)
    again = Surface.from_dlpack(surface.planes, BOTTOM_UP)
    assert again.planes[0].pitch == -64
    same(again.to_numpy(), planes)


USES: dict[str, Any] = {
    "planes": lambda surface: surface.planes,
    "to_numpy": lambda surface: surface.to_numpy(),
    "upload": lambda surface: surface.upload(frames.noise(TYPE, 1)),
    "copy_to": lambda surface: surface.copy_to(surface),
    "use_on": lambda surface: surface.use_on(1),
}
PLANE_USES: dict[str, Any] = {
    "array": lambda plane: plane.array,
    "asarray": np.asarray,
    "dlpack": lambda plane: plane.__dlpack__(),
}


def use_it(use: str, surface: Surface, plane: Plane) -> None:
    if use in USES:
        USES[use](surface)
    else:
        PLANE_USES[use](plane)


@pytest.mark.parametrize("use", [*USES, *PLANE_USES])
def test_use_after_release_is_refused(use: str, memory: Any) -> None:
    surface = Pool(TYPE, memory).acquire()
    plane = surface.planes[0]
    surface.release()
    with pytest.raises(InvalidRequest, match="surface was released"):
        use_it(use, surface, plane)
    assert "released" in repr(surface)
    assert plane.shape == (6, 34)


@pytest.mark.parametrize("use", ["to_numpy", "upload", "copy_to", "use_on", *PLANE_USES])
def test_use_after_the_device_was_closed_is_refused(use: str) -> None:
    device = FakeDevice()
    surface = Pool(TYPE, device).acquire()
    plane = surface.planes[0]
    device.close()
    with pytest.raises(InvalidRequest, match="device cuda:0 is closed"):
        use_it(use, surface, plane)


def test_an_array_keeps_its_memory_after_release() -> None:
    pool = Pool(TYPE, HOST, maximum=1, poison=True)
    surface = pool.acquire()
    surface.upload(frames.noise(TYPE, 4))
    view = np.asarray(surface.planes[0])[1:, ::3]
    wanted = view.copy()
    surface.release()
    assert (pool.free_count, pool.live_count) == (0, 1)
    np.testing.assert_array_equal(view, wanted)
    del view
    assert (pool.free_count, pool.live_count) == (1, 0)


def test_planes_alone_keep_a_surface_but_not_a_released_one() -> None:
    pool = Pool(TYPE, HOST)
    planes = pool.acquire().planes
    assert pool.live_count == 1
    del planes
    surface = pool.acquire()
    planes = surface.planes
    surface.release()
    assert pool.live_count == 0
    assert len(planes) == 2


def test_a_capsule_dropped_before_it_is_taken_gives_back() -> None:
    pool = Pool(TYPE, HOST, maximum=1, poison=True)
    with pool.acquire() as surface:
        capsule = surface.planes[0].__dlpack__()
    assert pool.live_count == 1
    del capsule
    assert pool.live_count == 0


def test_a_tensor_keeps_its_memory_when_its_capsule_was_dropped_early() -> None:
    pool = Pool(TYPE, HOST, maximum=2, poison=True)
    with pool.acquire() as surface:
        surface.upload(frames.noise(TYPE, 5))
        wanted = surface.to_numpy()[0][0].tobytes()
        address = np.asarray(surface.planes[0]).ctypes.data
        tensor = Consumed(surface.planes[0].__dlpack__())  # the capsule goes at once
    for _ in range(3):
        with pool.acquire(0) as other:
            assert np.asarray(other.planes[0]).ctypes.data != address
    assert (tensor.address, tensor.shape) == (address, (6, 34))
    assert tensor.read(34) == wanted
    assert pool.live_count == 1
    tensor.delete()
    assert pool.live_count == 0


def test_consumers_that_ask_for_versions_get_them() -> None:
    surface = Pool(TYPE, HOST).acquire()
    capsule = surface.planes[0].__dlpack__(max_version=(1, 1), copy=False, dl_device=(1, 0))
    assert "dltensor_versioned" in repr(capsule)
    assert surface.planes[0].__dlpack_device__() == (1, 0)
    with pytest.raises(InvalidArg, match="stream is 2: memory of the cpu has none"):
        surface.planes[0].__dlpack__(stream=2)


def test_cuda_array_interface_on_cuda_only() -> None:
    pool = Pool(TYPE, FakeDevice(), maximum=1)
    surface = pool.acquire()
    plane = surface.planes[1]
    found = plane.__cuda_array_interface__
    assert (found["shape"], found["typestr"], found["strides"]) == ((3, 17, 2), "|u1", (64, 2, 1))
    assert (found["version"], found["stream"]) == (3, 77)
    assert found["data"] == (surface.memory.address(plane.raw()), False)
    surface.release()
    assert pool.live_count == 1  # a consumer keeps the plane
    del plane
    assert pool.live_count == 0
    assert not hasattr(Pool(TYPE, HOST).acquire().planes[0], "__cuda_array_interface__")
    opencl = Pool(TYPE, FakeDevice("opencl")).acquire().planes[0]
    assert not hasattr(opencl, "__cuda_array_interface__")


def test_tensors_become_a_surface_without_a_copy() -> None:
    planes = frames.noise(TYPE, 6)
    surface = Surface.from_dlpack(planes, TYPE)
    assert np.shares_memory(np.asarray(surface.planes[0]), planes[0])
    same(surface.to_numpy(), planes)
    surface.upload(frames.noise(TYPE, 7))
    same(planes, frames.noise(TYPE, 7))


def test_a_surface_keeps_the_tensors_it_lies_over() -> None:
    pool = Pool(TYPE, HOST)
    surface = Surface.from_dlpack(pool.acquire().planes, TYPE)
    assert pool.live_count == 1
    view = np.asarray(surface.planes[0])
    surface.release()
    del surface
    assert pool.live_count == 1
    del view
    assert pool.live_count == 0


def test_read_only_tensors_stay_so() -> None:
    planes = frames.noise(TYPE, 6)
    for plane in planes:
        plane.flags.writeable = False
    surface = Surface.from_dlpack(planes, TYPE)
    assert not np.asarray(surface.planes[0]).flags.writeable
    with pytest.raises(InvalidArg, match="plane 0 is read-only"):
        surface.upload(frames.noise(TYPE, 7))
    with pytest.raises(InvalidArg, match="plane 0 is read-only"):
        Pool(TYPE, HOST).acquire().copy_to(surface)


class Elsewhere:
    """A tensor that says it is on another device."""

    def __init__(self, array: Any, place: tuple[int, int]) -> None:
        self.array = array
        self.place = place

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.place

    def __dlpack__(self, **_: Any) -> Any:
        raise BufferError("not today")


def test_tensors_that_do_not_fit_are_refused() -> None:
    y, uv = frames.noise(TYPE, 6)
    refused: list[tuple[Any, str]] = [
        ([], "0 planes given, nv12 has 2"),
        ([y], "1 planes given, nv12 has 2"),
        ([y, uv.astype(np.uint16)], r"plane 1 is uint16 \(3, 17, 2\); nv12 at 34x6 has uint8"),
        ([y[:4], uv], r"plane 0 is uint8 \(4, 34\); nv12 at 34x6 has uint8 \(6, 34\)"),
        ([y, [1, 2]], "plane 1 is a list, which has no __dlpack__"),
        ([np.asfortranarray(y), uv], "elements of a row must follow each other"),
        ([Elsewhere(y, (1, 0)), uv], "gives no DLPack tensor: not today"),
        ([Elsewhere(y, (2, 1)), uv], "planes are on CUDA 1 and the CPU"),
        ([Elsewhere(y, (10, 0)), Elsewhere(uv, (10, 0))], "planes are on ROCm 0: copy them"),
        ([Elsewhere(y, (99, 2)), Elsewhere(uv, (99, 2))], "device type 99 of DLPack 2"),
    ]
    for planes, words in refused:
        with pytest.raises(InvalidArg, match=words):
            Surface.from_dlpack(planes, TYPE)
    with pytest.raises(InvalidArg, match="stream is 3"):
        Surface.from_dlpack([y, uv], TYPE, stream=3)


def test_tensors_of_a_device_that_is_not_here_are_refused() -> None:
    y, uv = (Elsewhere(plane, (2, 14)) for plane in frames.noise(TYPE, 6))
    with pytest.raises(DeviceUnavailable, match=r"cuda:14|CUDA"):
        Surface.from_dlpack([y, uv], TYPE)


def test_arrays_that_do_not_fit_change_nothing(memory: Any) -> None:
    surface = Pool(TYPE, memory).acquire()
    surface.upload(frames.noise(TYPE, 1))
    with pytest.raises(InvalidArg, match="plane 1 is"):
        surface.upload([frames.noise(TYPE, 2)[0], np.zeros((1, 1), np.uint8)])
    same(surface.to_numpy(), frames.noise(TYPE, 1))
    other = Pool(VideoType("nv12", (36, 6)), memory).acquire()
    with pytest.raises(InvalidMediaType, match=r"cannot copy .*34x6.* to .*36x6.*: convert it"):
        surface.copy_to(other)


def test_transfers_are_counted() -> None:
    memory = FakeDevice().memory
    surface = Pool(TYPE, memory).acquire()
    surface.upload(frames.noise(TYPE, 1))
    surface.to_numpy()
    surface.to_numpy()
    use = memory.ledger.use()
    assert (use.uploads, use.downloads) == (1, 2)


def test_a_surface_knows_its_device() -> None:
    device = FakeDevice()
    assert Pool(TYPE, device).acquire().device is device
    assert "nv12" in repr(Pool(TYPE, device).acquire())
    assert "6x34 uint8" in repr(Pool(TYPE, device).acquire().planes[0])


def test_a_copied_surface_is_the_same_loan() -> None:
    pool = Pool(TYPE, HOST)
    surface = pool.acquire()
    other = copy.copy(surface)
    surface.release()
    assert other.released
    assert pool.live_count == 0
