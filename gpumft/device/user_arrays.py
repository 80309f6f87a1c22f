"""Planes as the arrays of a user's library, for work on the device's own queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gpumft.device.memory import UNKNOWN, DeviceMemory, Queue
from gpumft.device.surface_plane import Plane
from gpumft.errors import InvalidArg

HostOrPlane = npt.NDArray[Any] | Plane
_Give = Callable[[Any], Any]

OWN: Final = {"cpu": "numpy", "cuda": "cupy", "opencl": "pyopencl"}
"""The library whose arrays each kind of device has."""
HOMES: Final = {
    "numpy": ("cpu",),
    "cupy": ("cuda",),
    "numba": ("cuda",),
    "pyopencl": ("opencl",),
    "dlpack": ("cpu", "cuda"),
}
"""Kinds of arrays that a callable may ask for, and the kinds of devices that have them."""


class Lent(NamedTuple):
    """What a user's callable is given for the time of its call."""

    src: list[Any]
    """One array a plane, top row first, to be read; in place the same list as `dst`."""
    dst: list[Any]
    """The same, to be written."""
    stream: Any
    """The queue to enqueue on, as the library has it; None on the CPU."""


def lives_on(library: str | None, memory: DeviceMemory) -> bool:
    """Return whether planes of `memory` can be arrays of a library; None is the device's own.

    numba.cuda's simulator (NUMBA_ENABLE_CUDASIM=1) takes what is on the CPU.

    Thread-safety: any thread.
    """
    if library is None or memory.kind in HOMES[library]:
        return True
    return library == "numba" and memory.kind == "cpu" and _is_simulated()


def check_home(library: str | None, memory: DeviceMemory, name: str) -> None:
    """Raise InvalidArg, with the cure, where `lives_on` says no; `name` is who asks.

    Thread-safety: any thread.
    """
    if library is None or lives_on(library, memory):
        return
    homes = " or ".join(HOMES[library])
    cure = f"choose device={HOMES[library][0]!r}, or write it for arrays={OWN[memory.kind]!r}"
    if library == "numpy":
        cure += ", or say through_host=True to copy every picture to the host and back"
    if library == "numba" and memory.kind == "cpu":
        cure = "choose device='cuda', or set NUMBA_ENABLE_CUDASIM=1 for the simulator of numba.cuda"
    raise InvalidArg(
        f"{name} takes {library} arrays, which are on {homes}, but its pictures are on "
        f"{memory.spec}: {cure}"
    )


@contextmanager
def lent(
    library: str | None,
    memory: DeviceMemory,
    src: Sequence[HostOrPlane],
    dst: Sequence[HostOrPlane] | None,
) -> Iterator[Lent]:
    """Give planes as arrays of a library; within, device and stream are the library's current ones.

    All work has to be enqueued on `stream`; consumers of DLPack may use any stream, which the
    device's queue waits for at the end. Arrays that are kept keep their surface's memory.

    Args:
        library: a key of `HOMES` that `lives_on` the memory; None is the device's own.
        memory: where all planes are.
        src: to be read: NumPy arrays on the CPU, or Planes. NumPy arrays are lent read-only.
        dst: to be written; None: `src` is, in place.

    Raises:
        InvalidRequest: a surface was released, or the device is gone.

    Thread-safety: any thread; within, the current device and stream are those of this thread.
    """
    chosen = library or OWN[memory.kind]
    with _lender(chosen, memory) as (give, stream):
        writes = [give(plane) for plane in (src if dst is None else dst)]
        reads = writes if dst is None else [give(_guarded(p, chosen, memory)) for p in src]
        yield Lent(reads, writes, stream)


def _lender(library: str, memory: DeviceMemory) -> AbstractContextManager[tuple[_Give, Any]]:
    if library == "dlpack":
        return _tensors(memory)
    if library == "numba":
        return _simulated() if memory.kind == "cpu" else _numba_arrays(memory)
    return _own_arrays(memory)


def _guarded(plane: HostOrPlane, library: str, memory: DeviceMemory) -> HostOrPlane:
    """Return a plane of the CPU read-only: what a client gave is not ours to change.

    Tensors stay as they are: DLPack before 1.0 has no word for read-only.
    """
    if memory.kind != "cpu" or library == "dlpack":
        return plane
    view = np.asarray(plane).view()
    view.flags.writeable = False
    return view


@contextmanager
def _own_arrays(memory: DeviceMemory) -> Iterator[tuple[_Give, Any]]:
    def give(plane: HostOrPlane) -> Any:
        return plane.array if isinstance(plane, Plane) else plane

    with memory.current():
        yield give, memory.own_queue


@contextmanager
def _numba_arrays(memory: DeviceMemory) -> Iterator[tuple[_Give, Any]]:
    cuda: Any = import_module("numba.cuda")  # most of it has no types

    def give(plane: Plane) -> Any:
        # The kernels go to our own stream, so nothing has to be waited for.
        return cuda.as_cuda_array(_CudaArray(plane, memory), sync=False)

    ordinal = memory.dlpack_device[1]
    with memory.current(), cuda.gpus[ordinal]:
        yield give, cuda.external_stream(memory.cuda_stream)


class _CudaArray:
    """A plane as numba.cuda takes it: for the device's own stream alone."""

    def __init__(self, plane: Plane, memory: DeviceMemory) -> None:
        raw = plane.raw()
        self.keep = raw
        self.__cuda_array_interface__ = {
            "shape": raw.shape,
            "typestr": raw.dtype.str,
            "data": (memory.address(raw), not raw.writable),
            "strides": raw.strides,
            "stream": memory.cuda_stream,
            "version": 3,
        }


def _is_simulated() -> bool:
    config: Any = import_module("numba.core.config")
    return bool(config.ENABLE_CUDASIM)


@contextmanager
def _simulated() -> Iterator[tuple[_Give, Any]]:
    cuda: Any = import_module("numba.cuda")
    arrays: Any = import_module("numba.cuda.simulator.cudadrv.devicearray")
    yield (lambda plane: arrays.FakeCUDAArray(np.asarray(plane))), cuda.stream()


@contextmanager
def _tensors(memory: DeviceMemory) -> Iterator[tuple[_Give, Any]]:
    named: list[Queue] = []

    def give(plane: HostOrPlane) -> Any:
        return Tensor(plane, named) if isinstance(plane, Plane) else plane

    with memory.current():
        yield give, memory.own_queue
    for queue in dict.fromkeys(named):
        if queue == UNKNOWN:
            memory.synchronize()
        else:
            memory.wait(memory.fence(queue))


class Tensor:
    """A plane for a consumer of DLPack, whose stream is waited for when the callable has returned.

    Thread-safety: as the plane.
    Source: DLPack 1.1; Python array API 2024.12.
    """

    __slots__ = ("_named", "_plane")

    def __init__(self, plane: Plane, named: list[Queue]) -> None:
        self._plane = plane
        self._named = named

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, columns[, channels])."""
        return self._plane.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of an element."""
        return self._plane.dtype

    def __dlpack__(self, *, stream: Any = None, **options: Any) -> Any:
        """Return the plane's capsule; see `Plane.__dlpack__`."""
        queue = self._plane.memory.consumer_queue(stream)
        capsule = self._plane.__dlpack__(stream=stream, **options)
        if queue is not None:
            self._named.append(queue)
        return capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._plane.__dlpack_device__()
