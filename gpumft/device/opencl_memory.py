"""Memory of an OpenCL device, through pyopencl."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from gpumft.device.gpu.memory import GpuMemory, Rows
from gpumft.device.health import Health
from gpumft.device.memory import Queue
from gpumft.device.opencl_errors import translated
from gpumft.device.plane import DevicePlane
from gpumft.errors import InvalidArg, OutOfMemory

_KIND = 4
"""DLPack's number of OpenCL."""
_F = TypeVar("_F", bound=Callable[..., Any])


def _translated(method: _F) -> _F:
    @wraps(method)
    def call(self: OpenCLMemory, *args: Any, **kwargs: Any) -> Any:
        self.check()
        try:
            return method(self, *args, **kwargs)
        except self.cl.Error as error:
            call = method.__name__.strip("_").partition("_")[0]
            ours = translated(error, self.cl, self._queue, call, self.health)
            raise ours from error

    return cast("_F", call)


class OpenCLMemory(GpuMemory):
    """Buffers of one context, ordered by in-order queues.

    Args:
        cl: the module pyopencl.
        queue: the device's own queue.
        ways: the queues for copies to the device, and from it.
        spec: what `open_device` takes.
        health: the device's.

    Thread-safety: all methods may be called from any thread.
    """

    def __init__(
        self, cl: Any, queue: Any, ways: tuple[Any, Any], spec: str, health: Health
    ) -> None:
        super().__init__(spec, "opencl", health)
        self.cl = cl
        self._queue = queue
        self._sending, self._fetching = ways
        self._most = int(queue.device.max_mem_alloc_size)
        self._array: Any = None

    @property
    def dlpack_device(self) -> tuple[int, int]:
        """kDLOpenCL; the number is that of the spec's last part."""
        number = self.spec.rpartition(":")[2]
        return _KIND, int(number) if number.isdecimal() else 0

    @property
    def own_queue(self) -> Any:
        """The device's own queue, pyopencl's object."""
        return self._queue

    @_translated
    def allocate(self, nbytes: int) -> Any:
        """Return a buffer."""
        if nbytes > self._most:
            raise OutOfMemory(f"{self.spec} gives at most {self._most} bytes at once, not {nbytes}")
        flags = self.cl.mem_flags.READ_WRITE
        try:
            return self.cl.Buffer(self._queue.context, flags, max(1, nbytes))
        except self.cl.MemoryError as error:
            raise self.shortage(nbytes) from error

    def room(self) -> tuple[None, int]:
        """Return (None, total): OpenCL does not tell what is free."""
        return None, int(self._queue.device.global_mem_size)

    def free(self, memory: Any) -> None:
        """Do nothing: OpenCL keeps a buffer until what was enqueued with it is done."""

    @_translated
    def _pinned(self, nbytes: int) -> npt.NDArray[np.uint8]:
        """Return memory that the runtime has allocated for copies, and mapped."""
        cl = self.cl
        flags = cl.mem_flags.READ_WRITE | cl.mem_flags.ALLOC_HOST_PTR
        try:
            buffer = cl.Buffer(self._queue.context, flags, max(1, nbytes))
        except cl.MemoryError as error:
            raise self.shortage(nbytes, "a picture on its way") from error
        ways = cl.map_flags.READ | cl.map_flags.WRITE
        array, _ = cl.enqueue_map_buffer(self._sending, buffer, ways, 0, (nbytes,), np.uint8)
        return cast("npt.NDArray[np.uint8]", array)

    @_translated
    def _wait_for(self, busy: Any) -> None:
        """Wait for events."""
        for event in busy:
            event.wait()

    @_translated
    def _upload_rows(
        self, rows: Sequence[Rows], planes: Sequence[DevicePlane], after: Sequence[Any]
    ) -> tuple[Any, Any]:
        """Enqueue copies, a marker behind them, and a barrier on the own queue."""
        way = self._sending
        copies = self._copies(way, rows, planes, after, to_device=True)
        done = self.cl.enqueue_marker(way)  # pyopencl's events of copies wait when they go
        way.flush()
        self.cl.enqueue_barrier(self._queue, wait_for=[done])
        return copies, done

    @_translated
    def _download_rows(
        self, rows: Sequence[Rows], planes: Sequence[DevicePlane], after: Sequence[Any]
    ) -> Any:
        """Enqueue copies."""
        copies = self._copies(self._fetching, rows, planes, after, to_device=False)
        self._fetching.flush()
        return copies

    @_translated
    def _finish_copies(self) -> None:
        """Wait for both queues."""
        for way in (self._sending, self._fetching):
            way.finish()

    def _copies(
        self,
        way: Any,
        rows: Sequence[Rows],
        planes: Sequence[DevicePlane],
        after: Sequence[Any],
        *,
        to_device: bool,
    ) -> list[Any]:
        """Enqueue copies between planes and rows without gaps, as they lie in memory."""
        found = []
        for plane, host in zip(planes, rows, strict=True):
            pair = (plane.memory, host) if to_device else (host, plane.memory)
            event = self.cl.enqueue_copy(
                way, *pair, wait_for=list(after), is_blocking=False,
                buffer_origin=_origin(plane), host_origin=(0, 0, 0), region=_region(plane),
                buffer_pitches=(abs(plane.pitch), 0), host_pitches=(plane.row_bytes, 0),
            )  # fmt: skip
            found.append(event)
        return found

    @_translated
    def copy(self, source: DevicePlane, target: DevicePlane) -> None:
        """Enqueue a copy; of planes that run in opposite directions row by row."""
        here, there = source.memory, target.memory
        if here == there and source.extent == target.extent and source.pitch == target.pitch:
            return
        try:
            self._enqueue_copy(source, target)
        finally:
            self.used([source, target])

    def _enqueue_copy(self, source: DevicePlane, target: DevicePlane) -> None:
        here, there = source.memory, target.memory
        if (source.pitch > 0) == (target.pitch > 0):
            self.cl.enqueue_copy(
                self._queue, there, here,
                src_origin=_origin(source), dst_origin=_origin(target), region=_region(source),
                src_pitches=(abs(source.pitch), 0), dst_pitches=(abs(target.pitch), 0),
            )  # fmt: skip
            return
        for row in range(source.shape[0]):
            self.cl.enqueue_copy(
                self._queue, there, here, byte_count=source.row_bytes,
                src_offset=source.offset + row * source.pitch,
                dst_offset=target.offset + row * target.pitch,
            )  # fmt: skip

    @_translated
    def fill(self, memory: Any, offset: int, nbytes: int, value: int) -> None:
        """Enqueue setting bytes."""
        pattern = np.uint8(value)
        self.cl.enqueue_fill_buffer(self._queue, memory, pattern, offset, nbytes)

    def view(self, plane: DevicePlane) -> Any:
        """Return a pyopencl array on the device's own queue."""
        if self._array is None:
            self._array = _owning()
        return self._array(plane, self._queue)

    @_translated
    def fence(self, queue: Queue = None) -> Any:
        """Return a marker's event."""
        where = self._queue if queue is None else queue
        event = self.cl.enqueue_marker(where)
        where.flush()  # other queues wait for it: it has to be on its way
        return event

    @_translated
    def wait(self, fence: Any, queue: Queue = None) -> None:
        """Enqueue a barrier."""
        self.cl.enqueue_barrier(self._queue if queue is None else queue, wait_for=[fence])

    @_translated
    def synchronize(self) -> None:
        """Wait for the device's own queue; OpenCL knows no other."""
        self._queue.finish()

    @_translated
    def queue_of(self, stream: Any) -> Queue:
        """Return the queue itself, if it belongs to the device's context."""
        queue = self.consumer_queue(stream)
        if queue.context != self._queue.context:
            raise InvalidArg(
                f"stream is {stream!r} of another context than {self.spec}: make it with "
                f"CommandQueue(device.stream.context)"
            )
        return queue

    def consumer_queue(self, stream: Any) -> Queue:
        """Return the queue that is given; None is the device's own."""
        if stream is not None and not isinstance(stream, self.cl.CommandQueue):
            raise InvalidArg(f"stream is {stream!r}: OpenCL has queues, give a pyopencl one")
        return stream

    def export(self, plane: DevicePlane, **options: Any) -> Any:
        """Raise BufferError: pyopencl neither gives nor takes DLPack tensors."""
        raise BufferError(
            f"plane is on {self.spec}: OpenCL memory has no DLPack consumer, use plane.array "
            f"(pyopencl) or to_numpy()"
        )


def _origin(plane: DevicePlane) -> tuple[int, int, int]:
    """Return where the lowest row begins, for a copy of rectangles."""
    row, byte = divmod(plane.extent[0], abs(plane.pitch))
    return byte, row, 0


def _region(plane: DevicePlane) -> tuple[int, int, int]:
    return plane.row_bytes, plane.shape[0], 1


def _owning() -> Any:
    """Return the class of arrays that keep a plane's owner, with all views made of them."""
    from pyopencl import array

    base: Any = array.Array  # pyopencl may be absent where types are checked

    class OwningArray(base):  # type: ignore[misc] # so its class is not known
        """A pyopencl array over a surface's plane; it and its views keep the surface."""

        def __init__(self, plane: Any, *args: Any, **kwargs: Any) -> None:
            if isinstance(plane, DevicePlane):
                self.owner = plane.owner
                super().__init__(
                    args[0], plane.shape, plane.dtype,
                    data=plane.memory, offset=plane.offset, strides=plane.strides,
                )  # fmt: skip
            else:
                super().__init__(plane, *args, **kwargs)

        def _new_with_changes(self, data: Any, *args: Any, **kwargs: Any) -> Any:
            made = super()._new_with_changes(data, *args, **kwargs)
            if data is not None:  # else it is new memory
                made.owner = getattr(self, "owner", None)
            return made

    return OwningArray
