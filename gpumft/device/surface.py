"""Surface: one picture in the memory of a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gpumft.device.base import Device
from gpumft.device.exchange import adopted
from gpumft.device.lease import Hold
from gpumft.device.memory import DeviceMemory
from gpumft.device.plane import DevicePlane, host_planes
from gpumft.device.shared import as_device
from gpumft.device.surface_plane import HOST_KIND, Plane, order_before, remember
from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import VideoType


class Surface:
    """A picture on a device. A Pool lends it, or it lies over memory of another library.

    Give it back with `release()`, `with`, or by dropping the last reference. Arrays and DLPack
    capsules that were made of its planes keep its memory: it is used again when the last one goes.

    Thread-safety: safe; what is in the memory is not guarded.
    """

    __slots__ = ("__weakref__", "_device", "_hold", "_memory", "_planes", "_raws", "type")

    def __init__(
        self,
        type: VideoType,
        device: Device | DeviceMemory,
        raws: tuple[DevicePlane, ...],
        owner: object,
    ) -> None:
        self.type = type
        """What the pixels are."""
        self._memory = memory_of(device)
        self._device = device if isinstance(device, Device) else None
        self._raws = raws
        self._hold = Hold(owner)
        self._planes: tuple[Plane, ...] | None = None

    @classmethod
    def from_dlpack(cls, planes: Sequence[Any], type: VideoType, *, stream: Any = None) -> Self:
        """Return a surface over tensors of another library, without a copy.

        Keep the tensors until the device's queue has done with the surface: a library that gets
        its memory back does not wait for other queues.

        Args:
            planes: one a plane, (rows, columns[, channels]), each with `__dlpack__`; all on one
                device, the elements of a row following each other.
            type: what the pixels are.
            stream: where the surface will be used, as the array API has it; None: on the queue of
                its device. The producer lets that stream wait for its own work.

        Raises:
            InvalidArg: no tensors, on several devices, or not what `type` has.
            DeviceUnavailable: the device of the tensors cannot be opened here.
        """
        device, raws = adopted(planes, type, stream)
        return cls(type, device, raws, [raw.owner for raw in raws])

    @classmethod
    def over(cls, planes: Sequence[npt.NDArray[Any]], type: VideoType) -> Self:
        """Return a surface on the CPU over NumPy arrays, without a copy.

        Raises:
            InvalidArg: not what `type` has, or elements of a row that do not follow each other.
        """
        from gpumft.device.cpu.memory import HOST, plane_over

        raws = tuple(plane_over(plane) for plane in host_planes(planes, type))
        return cls(type, HOST, raws, raws)

    @property
    def device(self) -> Device:
        """Where the picture is."""
        if self._device is None:
            self._device = as_device(self._memory.spec)
        return self._device

    @property
    def memory(self) -> DeviceMemory:
        """The memory of that device."""
        return self._memory

    @property
    def on_host(self) -> bool:
        """Whether NumPy can look into it."""
        return self._memory.dlpack_device == HOST_KIND

    @property
    def released(self) -> bool:
        """Whether `release` was called."""
        return self._hold.released

    @property
    def planes(self) -> tuple[Plane, ...]:
        """The planes, without a copy.

        Raises:
            InvalidRequest: the surface was released.
        """
        self._hold.owner()
        if self._planes is None:
            self._planes = tuple(Plane(raw, self._memory, self._hold) for raw in self._raws)
        return self._planes

    def raw_planes(self) -> list[DevicePlane]:
        """Return where the planes lie, for who runs kernels.

        Raises:
            InvalidRequest: the surface was released, or its device is gone.
        """
        owner = self._hold.owner()
        self._memory.check()
        return [raw.owned(owner) for raw in self._raws]

    def to_numpy(self) -> list[npt.NDArray[Any]]:
        """Return copies of the planes in host memory, each contiguous.

        Raises:
            InvalidRequest: the surface was released, or its device is gone.
        """
        found: list[npt.NDArray[Any]] = [np.empty(raw.shape, raw.dtype) for raw in self._raws]
        self.download(found)
        return found

    def download(self, planes: Sequence[npt.NDArray[Any]]) -> None:
        """Copy the planes into arrays of the host; waits for the work on this surface alone.

        Raises:
            InvalidArg: the arrays are not what the type has.
            InvalidRequest: the surface was released, or its device is gone.
        """
        raws = self.raw_planes()
        self._memory.fetch(raws, host_planes(planes, self.type))
        self._memory.ledger.downloaded()

    def upload(self, planes: Sequence[npt.NDArray[Any]]) -> None:
        """Copy planes from the host; the arrays may change when this returns.

        On OpenCL and CUDA the copy is then under way, on a queue of its own: it waits for the work
        on this surface, not for that on others, and the device's queue waits for it.

        Raises:
            InvalidArg: the planes are not what the type has, or the surface is read-only.
            InvalidRequest: the surface was released, or its device is gone.
        """
        raws = self.raw_planes()
        hosts = host_planes(planes, self.type)
        check_writable(raws)
        self._memory.send(hosts, raws)
        self._memory.ledger.uploaded()

    def copy_to(self, other: Surface) -> None:
        """Copy the picture into another surface of the same format and size, on any device.

        Raises:
            InvalidMediaType: formats or sizes differ.
            InvalidArg: the other surface is read-only.
            InvalidRequest: one of them was released, or its device is gone.
        """
        mine, theirs = self.raw_planes(), other.raw_planes()
        if (self.type.format, self.type.size) != (other.type.format, other.type.size):
            raise InvalidMediaType(f"cannot copy {self.type} to {other.type}: convert it")
        check_writable(theirs)
        if self._memory is other._memory:
            for source, target in zip(mine, theirs, strict=True):
                self._memory.copy(source, target)
        elif self.on_host:
            other.upload([self._memory.view(raw) for raw in mine])
        elif other.on_host:
            self.download([other._memory.view(raw) for raw in theirs])
        else:
            other.upload(self.to_numpy())

    def use_on(self, queue: Any) -> None:
        """Order work of another queue: it begins after ours, and the slot is lent again after it.

        Args:
            queue: a CUDA stream as DLPack counts them, or the device library's own object.

        Raises:
            InvalidRequest: the surface was released, or its device is gone.
        """
        owner = self._hold.owner()
        self._memory.check()
        order_before(self._memory, queue)
        remember(owner, queue)

    def release(self) -> None:
        """Give the picture back now; twice is fine. What was exported keeps the memory."""
        self._hold.release()
        self._planes = None  # a consumer that keeps one of them is then the only one who does

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def __repr__(self) -> str:
        state = ", released" if self.released else ""
        return f"<Surface {self.type} on {self._memory.spec}{state}>"


def memory_of(device: Device | DeviceMemory) -> DeviceMemory:
    """Return the memory of a device."""
    return device.memory if isinstance(device, Device) else device


def check_writable(raws: Sequence[DevicePlane]) -> None:
    """Raise InvalidArg if a plane is read-only."""
    for index, raw in enumerate(raws):
        if not raw.writable:
            raise InvalidArg(f"plane {index} is read-only: its producer shares it for reading")
