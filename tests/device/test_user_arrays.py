"""Planes as arrays of a user's library: where they point, on which queue, and in what order."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gpumft.device import DeviceMemory, Pool, Surface
from gpumft.device.cpu.memory import HOST
from gpumft.device.cuda_memory import CudaMemory
from gpumft.device.user_arrays import HOMES, Tensor, check_home, lent, lives_on
from gpumft.errors import InvalidArg
from gpumft.media import VideoType
from gpumft.testing import frames
from gpumft.testing.fake_device import FakeDevice, FakeMemory
from tests.contract import backends
from tests.device.capsules import Consumed
from tests.device.cupy_memory import OWN_STREAM, WAYS, Context, Cupy

TYPE = VideoType("nv12", (34, 6))
ORDINAL = 3


class Window:
    """An array over an address, as a consumer of the CUDA array interface sees it."""

    def __init__(self, interface: dict[str, Any], owner: object) -> None:
        kept = ("data", "shape", "strides", "typestr", "version")
        self.__array_interface__ = {key: interface[key] for key in kept}
        self.owner = owner


class FakeNumba(ModuleType):
    """The words of numba.cuda that are used, over memory of the host."""

    def __init__(self) -> None:
        super().__init__("numba.cuda")
        self.synced: list[bool] = []
        self.gpus = {ORDINAL: Context(100 + ORDINAL)}
        self.external_stream = lambda address: SimpleNamespace(handle=address)

    def as_cuda_array(self, thing: Any, *, sync: bool) -> Any:
        self.synced.append(sync)
        return np.asarray(Window(thing.__cuda_array_interface__, thing))


@pytest.fixture
def memory() -> CudaMemory:
    return CudaMemory(Cupy(), ORDINAL, Context(OWN_STREAM), WAYS)


@pytest.fixture
def numba(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNumba]:
    fake = FakeNumba()
    monkeypatch.setitem(sys.modules, "numba.cuda", fake)
    yield fake
    assert not any(fake.synced)  # the host would wait for the stream, at each array


def address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def addresses(surface: Surface) -> list[Any]:
    return [surface.memory.address(raw) for raw in surface.raw_planes()]


@pytest.mark.parametrize("library", [None, "cupy"])
def test_cupys_arrays_with_its_stream_current(library: str | None, memory: CudaMemory) -> None:
    pool = Pool(TYPE, memory)
    src, dst = pool.acquire(), pool.acquire()
    with lent(library, memory, src.planes, dst.planes) as given:
        assert Context.entered == [ORDINAL, OWN_STREAM]
        assert given.stream is memory.own_queue
        assert [address(a) for a in given.src] == addresses(src)
        assert [address(a) for a in given.dst] == addresses(dst)
        assert given.dst[0].strides == (dst.planes[0].pitch, 1)
    assert not Context.entered


def test_numbas_arrays_on_our_stream(memory: CudaMemory, numba: FakeNumba) -> None:
    pool = Pool(TYPE, memory)
    src, dst = pool.acquire(), pool.acquire()
    planes = frames.noise(TYPE)
    src.upload(planes)
    with lent("numba", memory, src.planes, dst.planes) as given:
        assert Context.entered == [ORDINAL, OWN_STREAM, 100 + ORDINAL]
        assert given.stream.handle == OWN_STREAM
        assert [address(a) for a in given.src] == addresses(src)
        for read, write in zip(given.src, given.dst, strict=True):
            write[...] = read
    assert len(numba.synced) == 4
    for found, plane in zip(dst.to_numpy(), planes, strict=True):
        np.testing.assert_array_equal(found, plane)


@pytest.mark.parametrize("library", ["cupy", "numba", "dlpack"])
def test_who_keeps_an_array_keeps_the_slot(
    library: str, memory: CudaMemory, numba: FakeNumba
) -> None:
    pool = Pool(TYPE, memory)
    with pool.acquire() as surface, lent(library, memory, surface.planes, None) as given:
        kept = given.dst[0]
        if library == "dlpack":
            kept = Consumed(kept.__dlpack__(stream=OWN_STREAM))
    del given
    assert pool.live_count == 1
    if library == "dlpack":
        kept.delete()
    del kept
    assert pool.live_count == 0


def test_a_failing_callable_leaves_nothing_current(memory: CudaMemory, numba: FakeNumba) -> None:
    surface = Pool(TYPE, memory).acquire()
    for library in ("cupy", "numba", "dlpack"):
        with pytest.raises(ZeroDivisionError), lent(library, memory, surface.planes, None):
            raise ZeroDivisionError
        assert not Context.entered


@pytest.mark.parametrize("stream", [9, -1])
def test_streams_of_dlpack_consumers_are_waited_for(stream: int) -> None:
    memory: FakeMemory = FakeDevice().memory
    surface = Pool(TYPE, memory).acquire()
    surface.upload(frames.noise(TYPE))
    with lent("dlpack", memory, surface.planes, None) as given:
        tensor = given.dst[0]
        assert isinstance(tensor, Tensor)
        assert (tensor.shape, tensor.dtype) == ((6, 34), np.dtype(np.uint8))
        assert tensor.__dlpack_device__() == (2, 0)
        view = np.from_dlpack(_Host(tensor, stream))
        memory.launch(lambda: view.__setitem__(slice(None), 7), 9)
    assert (surface.to_numpy()[0] == 7).all()


class _Host:
    """A tensor whose consumer names a stream, and believes that it is on the CPU."""

    def __init__(self, tensor: Any, stream: int) -> None:
        self._tensor, self._stream = tensor, stream

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)

    def __dlpack__(self, **options: Any) -> Any:
        return self._tensor.__dlpack__(stream=self._stream, **options)


def test_a_wrong_stream_is_refused_before_anything_is_exported() -> None:
    surface = Pool(TYPE, FakeDevice()).acquire()
    lender = lent("dlpack", surface.memory, surface.planes, None)
    with lender as given, pytest.raises(InvalidArg, match="stream is 0"):
        given.dst[0].__dlpack__(stream=0)


def test_arrays_of_the_cpu_are_lent_for_reading_and_for_writing() -> None:
    pool = Pool(TYPE, HOST)
    src, dst = pool.acquire(), pool.acquire()
    for library in (None, "numpy"):
        with lent(library, HOST, src.planes, dst.planes) as given:
            assert given.stream is None
            assert [a.flags.writeable for a in given.src + given.dst] == [False, False, True, True]
            assert [address(a) for a in given.src + given.dst] == addresses(src) + addresses(dst)
    with lent("numpy", HOST, src.planes, None) as given:
        assert given.src is given.dst
        assert given.dst[1].flags.writeable


@pytest.mark.parametrize("version", [None, (1, 0)])
def test_tensors_of_the_cpu_for_every_version_of_dlpack(version: tuple[int, int] | None) -> None:
    pool = Pool(TYPE, HOST)
    src, dst = pool.acquire(), pool.acquire()
    src.upload(frames.noise(TYPE))
    with lent("dlpack", HOST, src.planes, dst.planes) as given:
        for read, write in zip(given.src, given.dst, strict=True):
            there = np.from_dlpack(_Speaks(write, (1, 0)))
            there[...] = np.from_dlpack(_Speaks(read, version))
    for found, plane in zip(dst.to_numpy(), src.to_numpy(), strict=True):
        np.testing.assert_array_equal(found, plane)


@pytest.mark.parametrize("version", [None, (1, 0)])
def test_tensors_of_producers_of_every_version_of_dlpack(version: tuple[int, int] | None) -> None:
    planes = frames.noise(TYPE)
    surface = Surface.from_dlpack([_Speaks(plane, version) for plane in planes], TYPE)
    assert addresses(surface) == [address(plane) for plane in planes]
    for found, plane in zip(surface.to_numpy(), planes, strict=True):
        np.testing.assert_array_equal(found, plane)
    with pytest.raises(InvalidArg, match="planes are on OpenCL 0: copy them"):
        Surface.from_dlpack([_On(plane, (4, 0)) for plane in planes], TYPE)


class _On:
    """A tensor that says where it is."""

    def __init__(self, tensor: Any, place: tuple[int, int]) -> None:
        self.__dlpack__ = tensor.__dlpack__
        self._place = place

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._place


class _Speaks:
    """A tensor that is asked for a version of DLPack, and answers as its library does."""

    def __init__(self, tensor: Any, version: tuple[int, int] | None) -> None:
        self._tensor, self._version = tensor, version

    def __dlpack_device__(self) -> Any:
        return self._tensor.__dlpack_device__()

    def __dlpack__(self, **_: Any) -> Any:
        if self._version is None:
            return self._tensor.__dlpack__()
        return self._tensor.__dlpack__(max_version=self._version)


def test_what_lives_where() -> None:
    memories: dict[str, DeviceMemory] = {"cpu": HOST}
    memories |= {kind: FakeDevice(kind).memory for kind in ("cuda", "opencl")}
    found = {
        library: tuple(kind for kind in memories if lives_on(library, memories[kind]))
        for library in HOMES
    }
    assert found == HOMES
    with pytest.raises(InvalidArg, match=r"f takes cupy .* on cuda, .* cpu: choose device='cuda'"):
        check_home("cupy", HOST, "f")
    with pytest.raises(InvalidArg, match="NUMBA_ENABLE_CUDASIM=1"):
        check_home("numba", HOST, "f")
    with pytest.raises(InvalidArg, match=r"arrays='pyopencl', or say through_host=True"):
        check_home("numpy", memories["opencl"], "f")
    with pytest.raises(InvalidArg, match=r"dlpack arrays, which are on cpu or cuda"):
        check_home("dlpack", memories["opencl"], "f")


@pytest.mark.parametrize("backend", [backends.param("opencl"), backends.param("oclgrind")])
@pytest.mark.parametrize("library", [None, "pyopencl"])
def test_pyopencls_arrays_on_our_queue(backend: str, library: str | None) -> None:
    device = backends.device(backend)
    pool = Pool(TYPE, device)
    src, dst = pool.acquire(), pool.acquire()
    with lent(library, device.memory, src.planes, dst.planes) as given:
        assert given.stream is device.stream
        for array, raw in zip(
            given.src + given.dst, src.raw_planes() + dst.raw_planes(), strict=True
        ):
            assert array.queue is device.stream
            assert array.base_data == raw.memory
            assert (array.offset, array.strides) == (raw.offset, raw.strides)
    for plane in src.planes:
        with pytest.raises(BufferError, match="no DLPack consumer"):
            plane.__dlpack__()
