"""The seam between surfaces and a device: memory, transfers, and the order of its queue."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from gpumft.device.health import Health
from gpumft.device.ledger import Ledger
from gpumft.device.plane import DevicePlane
from gpumft.errors import InvalidArg, MFError, OutOfMemory

BYTE: Final = np.dtype(np.uint8)
UNKNOWN: Final = "unknown"
"""A queue of which nothing is known; only waiting for the whole device orders its work."""

Queue = Any
"""A queue of work: a device library's object, or a CUDA stream as DLPack counts them (1: the
legacy default, 2: the per-thread default, else its address). None: the device's own."""


class DeviceMemory(ABC):
    """Memory of one device, and the order of what is done with it.

    Work is enqueued on the device's own queue and may run late. `upload`, `copy` and whatever runs
    kernels are ordered among themselves; the host's arrays are free again when a call returns.
    `send` and `fetch`, of whole pictures, need only be ordered with work on the same pictures.
    A block that nobody holds any more is freed by its own finaliser; `free` is only sooner.

    Thread-safety: all methods may be called from any thread.
    """

    alignment: ClassVar[int] = 256
    """Blocks begin on a multiple of this many bytes, at least."""
    survives_fork: ClassVar[bool] = False
    """Whether a child process may use what its parent allocated."""

    def __init__(self, spec: str, kind: str, health: Health | None = None) -> None:
        self.spec = spec
        """What `open_device` takes."""
        self.kind = kind
        """cpu, cuda or opencl."""
        self.ledger = Ledger()
        """What is allocated and what was transferred."""
        self.health = health or Health(spec, survives_fork=self.survives_fork)
        """Whether the device can be used; what else belongs to the device shares it."""

    # --- What each device does its own way ---

    @property
    @abstractmethod
    def dlpack_device(self) -> tuple[int, int]:
        """(DLDeviceType, number): (1, 0) is the CPU, (2, n) CUDA device n."""

    @abstractmethod
    def allocate(self, nbytes: int) -> Any:
        """Return a block of at least `nbytes` bytes of undefined content.

        Raises:
            OutOfMemory: there is not so much.
        """

    @abstractmethod
    def free(self, memory: Any) -> None:
        """Give a block back, after all work that its queue was given."""

    @abstractmethod
    def upload(self, host: npt.NDArray[Any], plane: DevicePlane) -> None:
        """Enqueue a copy from the host; `host` (any strides) may change when this returns."""

    @abstractmethod
    def download(self, plane: DevicePlane, host: npt.NDArray[Any]) -> None:
        """Copy to the host (any strides), after all work that the queue was given; waits."""

    @abstractmethod
    def copy(self, source: DevicePlane, target: DevicePlane) -> None:
        """Enqueue a copy between planes of one shape and dtype, both of this memory."""

    @abstractmethod
    def view(self, plane: DevicePlane) -> Any:
        """Return the array that users see; it and all views of it keep `plane.owner` alive."""

    @abstractmethod
    def fence(self, queue: Queue = None) -> Any:
        """Return an event that comes when all work that `queue` has by now is done."""

    @abstractmethod
    def wait(self, fence: Any, queue: Queue = None) -> None:
        """Let work that `queue` is given from now on begin after an event; does not block."""

    @abstractmethod
    def synchronize(self) -> None:
        """Block until all work of all queues of the device is done."""

    # --- What a device may do better ---

    def send(self, hosts: Sequence[npt.NDArray[Any]], planes: Sequence[DevicePlane]) -> None:
        """Copy a picture from the host, ordered with work on it; `hosts` may change afterwards."""
        for host, plane in zip(hosts, planes, strict=True):
            self.upload(host, plane)

    def fetch(self, planes: Sequence[DevicePlane], hosts: Sequence[npt.NDArray[Any]]) -> None:
        """Copy a picture to the host, after the work on it; waits."""
        for plane, host in zip(planes, hosts, strict=True):
            self.download(plane, host)

    def make_room(self, planes: Sequence[DevicePlane]) -> None:
        """Allocate now what `send` and `fetch` of such a picture would allocate."""
        del planes  # by default nothing

    def used(self, planes: Iterable[DevicePlane]) -> None:
        """Note that the own queue was given work on planes: `send` and `fetch` wait for it."""
        del planes  # by default they wait for the whole queue

    def now(self) -> Any:
        """Return a fence after all that the own queue has; None where nobody needs one."""
        return None

    def fill(self, memory: Any, offset: int, nbytes: int, value: int) -> None:
        """Enqueue setting bytes of a block."""
        plane = byte_plane(memory, offset, nbytes)
        self.upload(np.full(plane.shape, value, BYTE), plane)

    def room(self) -> tuple[int | None, int] | None:
        """Return (free, total) bytes of the device; None for what nobody tells."""
        return None

    def address(self, plane: DevicePlane) -> int | None:
        """Return the address of a plane's top row, or None where memory has no addresses."""
        del plane
        return None

    @property
    def cuda_stream(self) -> int | None:
        """The address of the device's own CUDA stream, or None."""
        return None

    @property
    def own_queue(self) -> Any:
        """The device's own queue as its library has it (a CuPy stream, a CommandQueue), or None."""
        return None

    def current(self) -> AbstractContextManager[object]:
        """Make the device and its own queue its library's current ones, where there are such."""
        return nullcontext()

    def queue_of(self, stream: Any) -> Queue:
        """Return the queue that a caller means by `stream`, one of the device's library's.

        Raises:
            InvalidArg: no stream of this device; a device without streams takes none.
        """
        raise InvalidArg(
            f"stream is {stream!r}, but {self.spec} has no streams: a call is done when it returns"
        )

    def consumer_queue(self, stream: Any) -> Queue:
        """Return the queue that a DLPack consumer means by `stream`; UNKNOWN where it tells none.

        None means that there is no queue to wait for.

        Raises:
            InvalidArg: no such stream.
        """
        if stream is None:
            return 1  # the array API's rule for CUDA: the legacy default stream
        if stream == -1:
            return UNKNOWN
        if not isinstance(stream, int) or stream < 1:
            raise InvalidArg(f"stream is {stream!r}: give -1, 1, 2 or a stream's address")
        return stream

    def export(self, plane: DevicePlane, **options: Any) -> Any:
        """Return a DLPack capsule of a plane, ordered already; it keeps `plane.owner` alive."""
        return self.view(plane).__dlpack__(stream=-1, **options)

    def adopt(self, tensor: Any, stream: Any) -> DevicePlane:
        """Return a plane over a DLPack tensor of this device, which it keeps alive.

        `stream` is where the plane will be used; None: on the device's own queue.

        Raises:
            InvalidArg: rows that are not contiguous, or no DLPack from this kind of device.
        """
        del tensor, stream
        raise InvalidArg(f"{self.spec} takes no DLPack tensors: copy to the host and upload()")

    # --- The same for all ---

    def check(self) -> None:
        """Raise where this memory cannot be used any more; see `Health.check`."""
        self.health.check()

    @property
    def usable(self) -> bool:
        """Whether `check` passes."""
        return self.health.usable

    def abandon(self, reason: str) -> None:
        """Let every later use raise InvalidRequest with `reason`: the device is closed."""
        self.health.close(reason)

    def shortage(self, nbytes: int, purpose: str = "a picture") -> OutOfMemory:
        """Return the error that says how much was asked for, and how much there is."""
        try:
            room = self.room()
        except MFError:  # a device that fails tells no numbers either
            room = None
        error = shortage(self.spec, nbytes, purpose, room)
        return OutOfMemory(f"{error}; pools hold {self.ledger.held} bytes")


def shortage(
    spec: str, nbytes: int, purpose: str, room: tuple[int | None, int] | None
) -> OutOfMemory:
    """Return the error of memory that ran out, with the numbers.

    Args:
        spec: the device.
        nbytes: what was asked for.
        purpose: what for, in words.
        room: (free, total) bytes, as `DeviceMemory.room` has them.

    Thread-safety: a pure function.
    """
    free, total = room or (None, None)
    if free is not None:
        there = f"; {free} of its {total} bytes are free"
    else:
        there = "" if total is None else f"; it has {total} bytes in all"
    return OutOfMemory(f"{spec} has no {nbytes} bytes for {purpose}{there}")


def byte_plane(memory: Any, offset: int, nbytes: int) -> DevicePlane:
    """Return bytes of a block as a plane of one row."""
    return DevicePlane(memory, offset, nbytes, (1, nbytes), BYTE)
