"""Plane: one plane of a surface, as other libraries take it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.lease import Hold, Lease
from gpumft.device.memory import UNKNOWN, DeviceMemory
from gpumft.device.plane import DevicePlane
from gpumft.errors import InvalidArg

HOST_KIND = (1, 0)
"""DLPack's device of host memory: kDLCPU, number 0."""


class Plane:
    """One plane of a surface, without a copy.

    NumPy takes it where the surface is on the CPU (`np.asarray(plane)`), DLPack consumers anywhere
    their library reaches, consumers of `__cuda_array_interface__` on CUDA. Whatever is made of it
    keeps the memory from being used again, also after the surface was released.

    Thread-safety: safe; what is in the memory is not guarded.
    Source: DLPack 1.1; Python array API 2024.12; CUDA Array Interface 3.
    """

    __slots__ = ("__weakref__", "_hold", "_memory", "_pinned", "_raw")

    def __init__(self, raw: DevicePlane, memory: DeviceMemory, hold: Hold) -> None:
        self._raw = raw
        self._memory = memory
        self._hold = hold
        self._pinned: object = None

    @property
    def memory(self) -> DeviceMemory:
        """The memory that it lies in."""
        return self._memory

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, columns[, channels])."""
        return self._raw.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of an element."""
        return self._raw.dtype

    @property
    def ndim(self) -> int:
        """2, or 3 where elements of a row are interleaved."""
        return len(self._raw.shape)

    @property
    def pitch(self) -> int:
        """Bytes from a row to the one below it; negative where the last row comes first."""
        return self._raw.pitch

    @property
    def nbytes(self) -> int:
        """Bytes of the rows without padding."""
        return self._raw.nbytes

    @property
    def array(self) -> Any:
        """The array of the device's library (NumPy, CuPy, PyOpenCL), for its own queue.

        Raises:
            InvalidRequest: the surface was released, or its device is gone.
        """
        raw = self.raw()
        if isinstance(raw.owner, Lease):
            raw.owner.untold()
        return self._memory.view(raw)

    def raw(self) -> DevicePlane:
        """Return where the plane lies; it owns a share of the surface.

        Raises:
            InvalidRequest: the surface was released, or its device is gone.
        """
        owner = self._hold.owner()
        self._memory.check()
        return self._raw.owned(owner)

    def __array__(
        self,
        dtype: npt.DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - NumPy's protocol
    ) -> npt.NDArray[Any]:
        raw = self.raw()
        if self._memory.dlpack_device != HOST_KIND:
            raise InvalidArg(
                f"plane is on {self._memory.spec}, NumPy reads host memory: use surface.to_numpy()"
            )
        return np.array(self._memory.view(raw), dtype, copy=copy)

    def __dlpack__(self, *, stream: Any = None, **options: Any) -> Any:
        """Return a DLPack capsule; `stream` is the consumer's, which then waits for our work.

        Before the memory is used again, the device waits for what that stream was given.

        Args:
            stream: as the array API has it; None on the CPU.
            options: max_version, dl_device, copy.

        Raises:
            InvalidArg: no such stream.
            InvalidRequest: the surface was released, or its device is gone.
            BufferError: the library cannot export this.
        """
        raw = self.raw()
        queue = self._memory.consumer_queue(stream)
        if queue is not None:
            order_before(self._memory, queue)
            remember(raw.owner, queue)
        return self._memory.export(raw, **{k: v for k, v in options.items() if v is not None})

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._memory.dlpack_device

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """Version 3, on CUDA only. This object has to live as long as whoever reads it."""
        if self._memory.kind != "cuda":
            raise AttributeError(
                f"plane is on {self._memory.spec}: only CUDA has __cuda_array_interface__"
            )
        raw = self.raw()
        self._pinned = raw.owner  # consumers keep this object, not its surface
        remember(raw.owner, UNKNOWN)  # they wait for our stream, but do not tell theirs
        return {
            "shape": raw.shape,
            "typestr": raw.dtype.str,
            "data": (self._memory.address(raw), not raw.writable),
            "strides": raw.strides,
            "stream": self._memory.cuda_stream,
            "version": 3,
        }

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        return f"<Plane {shape} {self.dtype} on {self._memory.spec}>"


def order_before(memory: DeviceMemory, queue: object) -> None:
    """Let `queue` begin after all work that the device's own queue has by now."""
    if queue != UNKNOWN:
        memory.wait(memory.fence(), queue)


def remember(owner: object, queue: object) -> None:
    """Note that `queue` may use what `owner` owns; memory of others is theirs to guard."""
    if isinstance(owner, Lease):
        owner.used_by(queue)
