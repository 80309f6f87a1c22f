"""Memory of a CUDA device, through CuPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from itertools import count
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from gpumft.device import cuda_errors
from gpumft.device.gpu.memory import GpuMemory, Rows
from gpumft.device.health import Health
from gpumft.device.memory import UNKNOWN, Queue
from gpumft.device.plane import DevicePlane, check_rows
from gpumft.errors import InvalidArg

_KIND = 2
"""DLPack's number of CUDA."""
_TO_DEVICE, _TO_HOST, _ON_DEVICE = 1, 2, 3
"""cudaMemcpyKind."""
_EVENTS = 64
"""Of a stream; more than pictures that are under way."""
_F = TypeVar("_F", bound=Callable[..., Any])


def _translated(method: _F) -> _F:
    @wraps(method)
    def call(self: CudaMemory, *args: Any, **kwargs: Any) -> Any:
        self.check()
        try:
            with self.cupy.cuda.Device(self.ordinal):
                return method(self, *args, **kwargs)
        except cuda_errors.failures(self.cupy) as error:
            call = method.__name__.strip("_").partition("_")[0]
            ours = cuda_errors.translated(error, self.cupy, call, self.health)
            raise ours from error

    return cast("_F", call)


class CudaMemory(GpuMemory):
    """Memory of CuPy's pool, ordered by streams.

    Args:
        cupy: the module cupy.
        ordinal: number of the device.
        stream: the device's own stream.
        ways: the streams for copies to the device, and from it.
        health: the device's; None: its own.

    Thread-safety: all methods may be called from any thread.
    """

    def __init__(
        self,
        cupy: Any,
        ordinal: int,
        stream: Any,
        ways: tuple[Any, Any],
        health: Health | None = None,
    ) -> None:
        super().__init__(f"cuda:{ordinal}", "cuda", health)
        self.cupy = cupy
        self.ordinal = ordinal
        self._stream = stream
        self._sending, self._fetching = ways
        self._own_events, self._sent_events, self._fetched_events = (
            _Events(cupy) for _ in range(3)
        )

    @property
    def dlpack_device(self) -> tuple[int, int]:
        """The kind kDLCUDA and the device's number."""
        return _KIND, self.ordinal

    @property
    def cuda_stream(self) -> int:
        """The address of the device's own stream."""
        return int(self._stream.ptr)

    @property
    def own_queue(self) -> Any:
        """The device's own stream, CuPy's object."""
        return self._stream

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the device and its own stream CuPy's current ones."""
        with self.cupy.cuda.Device(self.ordinal), self._stream:
            yield

    @_translated
    def allocate(self, nbytes: int) -> Any:
        """Return a pointer into CuPy's pool, which frees it in the order of our stream."""
        with self._stream:
            try:
                return self.cupy.cuda.alloc(max(1, nbytes))
            except self.cupy.cuda.memory.OutOfMemoryError as error:
                raise self.shortage(nbytes) from error

    def free(self, memory: Any) -> None:
        """Do nothing: CuPy's pool takes the block when its last reference goes."""

    @_translated
    def _pinned(self, nbytes: int) -> npt.NDArray[np.uint8]:
        """Return pinned memory."""
        return np.frombuffer(self.cupy.cuda.alloc_pinned_memory(nbytes), np.uint8, nbytes)

    @_translated
    def _wait_for(self, busy: Any) -> None:
        """Wait for an event."""
        busy.synchronize()

    @_translated
    def _upload_rows(
        self, rows: Sequence[Rows], planes: Sequence[DevicePlane], after: Sequence[Any]
    ) -> tuple[Any, Any]:
        """Enqueue copies, and let the own stream wait for them."""
        runtime, way = self.cupy.cuda.runtime, self._sending
        for event in after:
            runtime.streamWaitEvent(way.ptr, event.ptr)
        for plane, host in zip(planes, rows, strict=True):
            self._copy2d(self._lowest(plane), _packed(host), plane, _TO_DEVICE, way)
        done = self._sent_events.record(way.ptr)
        runtime.streamWaitEvent(self.cuda_stream, done.ptr)
        return done, done

    @_translated
    def _download_rows(
        self, rows: Sequence[Rows], planes: Sequence[DevicePlane], after: Sequence[Any]
    ) -> Any:
        """Enqueue copies."""
        runtime, way = self.cupy.cuda.runtime, self._fetching
        for event in after:
            runtime.streamWaitEvent(way.ptr, event.ptr)
        for plane, host in zip(planes, rows, strict=True):
            self._copy2d(_packed(host), self._lowest(plane), plane, _TO_HOST, way)
        return self._fetched_events.record(way.ptr)

    @_translated
    def _finish_copies(self) -> None:
        """Wait for both streams."""
        for way in (self._sending, self._fetching):
            way.synchronize()

    @_translated
    def copy(self, source: DevicePlane, target: DevicePlane) -> None:
        """Enqueue a copy; a single row, and rows in opposite directions, by plain copies."""
        try:
            self._enqueue_copy(source, target)
        finally:
            self.used([source, target])

    def _enqueue_copy(self, source: DevicePlane, target: DevicePlane) -> None:
        if source.shape[0] > 1 and (source.pitch > 0) == (target.pitch > 0):
            places = self._lowest(target), self._lowest(source)
            self._copy2d(*places, source, _ON_DEVICE, self._stream)
            return
        for row in range(source.shape[0]):
            self.cupy.cuda.runtime.memcpyAsync(
                self.address(target) + row * target.pitch,
                self.address(source) + row * source.pitch,
                source.row_bytes, _ON_DEVICE, self._stream.ptr,
            )  # fmt: skip

    @_translated
    def fill(self, memory: Any, offset: int, nbytes: int, value: int) -> None:
        """Enqueue setting bytes."""
        self.cupy.cuda.runtime.memsetAsync(memory.ptr + offset, value, nbytes, self._stream.ptr)

    @_translated
    def view(self, plane: DevicePlane) -> Any:
        """Return a CuPy array."""
        cuda = self.cupy.cuda
        first, end = plane.extent
        keep = (plane.memory, plane.owner)
        lowest = plane.memory.ptr + first
        whole = cuda.UnownedMemory(lowest, end - first, keep, self.ordinal)
        top = cuda.MemoryPointer(whole, plane.offset - first)
        return self.cupy.ndarray(plane.shape, plane.dtype, memptr=top, strides=plane.strides)

    def queue_of(self, stream: Any) -> Queue:
        """Return the address of a CuPy or PyTorch stream, or of one given as a number."""
        address = self._address_of(stream)
        if address < 0:
            raise InvalidArg(f"stream is {address}: give a stream's address, 0 for the default one")
        return address

    @_translated
    def fence(self, queue: Queue = None) -> Any:
        """Return an event recorded on a stream; those of the own stream are used again later."""
        if queue is None:
            return self._own_events.record(self.cuda_stream)
        event = self.cupy.cuda.Event(disable_timing=True)
        self.cupy.cuda.runtime.eventRecord(event.ptr, self._address_of(queue))
        return event

    @_translated
    def wait(self, fence: Any, queue: Queue = None) -> None:
        """Let a stream wait for an event."""
        self.cupy.cuda.runtime.streamWaitEvent(self._address_of(queue), fence.ptr)

    @_translated
    def synchronize(self) -> None:
        """Wait for all streams of the device."""
        self.cupy.cuda.runtime.deviceSynchronize()

    @_translated
    def make_room(self, planes: Sequence[DevicePlane]) -> None:
        """Make pinned memory, and events."""
        super().make_room(planes)
        for events in (self._own_events, self._sent_events, self._fetched_events):
            events.make()

    @_translated
    def room(self) -> tuple[int, int]:
        """Return (free, total) bytes, as the driver counts."""
        free, total = self.cupy.cuda.runtime.memGetInfo()
        return int(free), int(total)

    def address(self, plane: DevicePlane) -> int:
        """Return the address of a plane's top row."""
        return int(plane.memory.ptr) + plane.offset

    @_translated
    def export(self, plane: DevicePlane, **options: Any) -> Any:
        """Return CuPy's capsule."""
        return self.view(plane).__dlpack__(stream=-1, **options)

    @_translated
    def adopt(self, tensor: Any, stream: Any) -> DevicePlane:
        """Return a plane over a tensor of this device."""
        where = self.cuda_stream if stream is None else self.consumer_queue(stream)
        number = -1 if where == UNKNOWN else where
        try:
            array = self.cupy.from_dlpack(_Ordered(tensor, number))
        except (BufferError, TypeError, ValueError) as error:
            raise InvalidArg(f"{type(tensor).__name__} gives no DLPack tensor: {error}") from error
        pitch = check_rows(array)
        return DevicePlane(array.data, 0, pitch, array.shape, np.dtype(array.dtype), array)

    def _address_of(self, queue: Queue) -> int:
        """Return a stream's address; DLPack's 1 and 2 are CUDA's handles of the default streams."""
        if queue is None:
            return self.cuda_stream
        if isinstance(queue, int):
            return queue
        if hasattr(queue, "__cuda_stream__"):
            return int(queue.__cuda_stream__()[1])
        for name in ("ptr", "cuda_stream"):  # 0 is a stream too, the legacy default
            found = getattr(queue, name, None)
            if found is not None:
                return int(found)
        raise InvalidArg(f"{queue!r} is no CUDA stream: give its address, or a CuPy stream")

    def _lowest(self, plane: DevicePlane) -> tuple[int, int]:
        """Return the address of the row that lies lowest in memory, and the bytes between rows."""
        return int(plane.memory.ptr) + plane.extent[0], abs(plane.pitch)

    def _copy2d(
        self,
        target: tuple[int, int],
        source: tuple[int, int],
        plane: DevicePlane,
        kind: int,
        stream: Any,
    ) -> None:
        """Enqueue a copy of a plane's rows; target and source are (address, pitch)."""
        sizes = plane.row_bytes, plane.shape[0]
        self.cupy.cuda.runtime.memcpy2DAsync(*target, *source, *sizes, kind, stream.ptr)


def _packed(rows: Rows) -> tuple[int, int]:
    """Return the address of rows without gaps, and the bytes between them."""
    return rows.ctypes.data, rows.nbytes // rows.shape[0]


class _Events:
    """Events of one stream, used in turn; all are made when the first is needed.

    One that is recorded again comes later than before, never sooner, so who has kept it waits for
    more than he must.
    """

    def __init__(self, cupy: Any) -> None:
        self._cupy = cupy
        self._made: list[Any] = []
        self._turn = count()

    def make(self) -> None:
        """Make all of them now."""
        if not self._made:
            event = self._cupy.cuda.Event
            self._made = [event(disable_timing=True) for _ in range(_EVENTS)]

    def record(self, stream: int) -> Any:
        """Return an event after all that a stream has by now."""
        self.make()
        found = self._made[next(self._turn) % _EVENTS]
        self._cupy.cuda.runtime.eventRecord(found.ptr, stream)
        return found


class _Ordered:
    """A tensor that is asked for the stream of our choice: CuPy asks for its current one."""

    def __init__(self, tensor: Any, stream: int) -> None:
        self._tensor = tensor
        self._stream = stream

    def __dlpack_device__(self) -> Any:
        return self._tensor.__dlpack_device__()

    def __dlpack__(self, *, stream: Any = None, **options: Any) -> Any:
        return self._tensor.__dlpack__(stream=self._stream, **options)
