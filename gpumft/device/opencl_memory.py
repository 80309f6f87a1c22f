"""Memory of an OpenCL device, through pyopencl."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from gpumft.device.health import Health
from gpumft.device.memory import DeviceMemory, Queue
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
            call = method.__name__
            ours = translated(error, self.cl, self._queue, call, self.health)
            raise ours from error

    return cast("_F", call)


class OpenCLMemory(DeviceMemory):
    """Buffers of one context, ordered by one in-order queue.

    Args:
        cl: the module pyopencl.
        queue: the device's own queue, in order.
        spec: what `open_device` takes.
        health: the device's; None: its own.

    Thread-safety: all methods may be called from any thread.
    """

    def __init__(self, cl: Any, queue: Any, spec: str, health: Health | None = None) -> None:
        super().__init__(spec, "opencl", health)
        self.cl = cl
        self._queue = queue
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
    def upload(self, host: npt.NDArray[Any], plane: DevicePlane) -> None:
        """Copy rows; returns when they are there."""
        rows = _rows(host, plane)
        self.cl.enqueue_copy(
            self._queue, plane.memory, rows,
            buffer_origin=_origin(plane), host_origin=(0, 0, 0), region=_region(plane),
            buffer_pitches=(abs(plane.pitch), 0), host_pitches=(plane.row_bytes, 0),
            is_blocking=True,
        )  # fmt: skip

    @_translated
    def download(self, plane: DevicePlane, host: npt.NDArray[Any]) -> None:
        """Copy rows; waits for the queue."""
        rows = np.empty((plane.shape[0], plane.row_bytes), np.uint8)
        self.cl.enqueue_copy(
            self._queue, rows, plane.memory,
            buffer_origin=_origin(plane), host_origin=(0, 0, 0), region=_region(plane),
            buffer_pitches=(abs(plane.pitch), 0), host_pitches=(plane.row_bytes, 0),
            is_blocking=True,
        )  # fmt: skip
        found = rows.view(plane.dtype).reshape(plane.shape)
        host[...] = found if plane.pitch > 0 else found[::-1]

    @_translated
    def copy(self, source: DevicePlane, target: DevicePlane) -> None:
        """Enqueue a copy; of planes that run in opposite directions row by row."""
        here, there = source.memory, target.memory
        if here == there and source.extent == target.extent and source.pitch == target.pitch:
            return
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


def _rows(host: npt.NDArray[Any], plane: DevicePlane) -> npt.NDArray[np.uint8]:
    """Return rows of bytes, in the order in which they lie in memory."""
    turned = host if plane.pitch > 0 else host[::-1]
    packed = np.ascontiguousarray(turned)
    return packed.reshape(plane.shape[0], -1).view(np.uint8)


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
