"""Sample: buffers with a time stamp, as in IMFSample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gpumft.device import Device, Plane, Pool, Surface
from gpumft.errors import (
    BufferTooSmall,
    InvalidArg,
    InvalidMediaType,
    NoSampleDuration,
    NoSampleTimestamp,
    Unexpected,
)
from gpumft.media import VideoType
from gpumft.samples.buffer import MediaBuffer, MediaBufferLike
from gpumft.samples.planes import Planes, PlanesBuffer

_DISCONTINUITY = "MFSampleExtension_Discontinuity"
_CLEAN_POINT = "MFSampleExtension_CleanPoint"


class Sample:
    """Media buffers, their time, and attributes.

    Args:
        buffers: in order; a picture is usually one buffer.
        time: presentation time in hns (100 ns), or None for unset.
        duration: in hns, or None for unset.
        flags: no flags are defined; kept as given.
        attributes: keyed by Media Foundation's names, such as "MFSampleExtension_Token".

    `pts` and `time_base` hold the exact time stamp of a container, where there is one; a sink
    prefers them to `time`.

    Thread-safety: none; hand a sample over, do not share it.
    Source: IMFSample.
    """

    def __init__(
        self,
        *buffers: MediaBufferLike,
        time: int | None = None,
        duration: int | None = None,
        flags: int = 0,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        self._buffers = list(buffers)
        self.time = time
        self.duration = duration
        self.flags = flags
        self.attributes: dict[str, Any] = dict(attributes or {})
        self.pts: int | None = None
        self.time_base: Fraction | None = None
        self.type: VideoType | None = None

    @classmethod
    def from_numpy(
        cls,
        planes: Sequence[npt.NDArray[Any]],
        type: VideoType,
        *,
        device: Device | str | None = None,
        time: int | None = None,
        duration: int | None = None,
    ) -> Self:
        """Return a sample over `planes`, which are not copied unless to a device.

        Args:
            planes: one array a plane, (rows, columns[, channels]); strided or read-only is fine.
            type: their type.
            device: where to copy them, or None to leave them where they are.
            time: hns.
            duration: hns.

        Raises:
            InvalidArg: the planes are not what `type` has.
            DeviceUnavailable: there is no such device.
            OutOfMemory: the device has no room.
        """
        if device is None:
            sample = cls(PlanesBuffer(planes, type), time=time, duration=duration)
            sample.type = type
            return sample
        surface = Pool(type, device).acquire()
        surface.upload(planes)
        return cls.from_surface(surface, time=time, duration=duration)

    @classmethod
    def from_dlpack(
        cls,
        planes: Sequence[Any],
        type: VideoType,
        *,
        stream: Any = None,
        time: int | None = None,
        duration: int | None = None,
    ) -> Self:
        """Return a sample over DLPack tensors, which are not copied; see `Surface.from_dlpack`.

        Raises:
            InvalidArg: no tensors, on several devices, or not what `type` has.
            DeviceUnavailable: the device of the tensors cannot be opened here.
        """
        surface = Surface.from_dlpack(planes, type, stream=stream)
        return cls.from_surface(surface, time=time, duration=duration)

    @classmethod
    def from_surface(
        cls, surface: Surface, *, time: int | None = None, duration: int | None = None
    ) -> Self:
        """Return a sample that holds a surface."""
        sample = cls(PlanesBuffer.over(surface), time=time, duration=duration)
        sample.type = surface.type
        return sample

    @property
    def surface(self) -> Surface:
        """The picture as a surface on its device, without a copy.

        Raises:
            InvalidMediaType: the sample's first buffer holds no picture.
            InvalidArg: NumPy planes whose rows are not contiguous.
        """
        found = getattr(self._buffers[0], "surface", None) if self._buffers else None
        if not isinstance(found, Surface):
            msg = f"sample holds no picture: {self!r}; use a Buffer2D or Sample.from_numpy"
            raise InvalidMediaType(msg)
        return found

    @property
    def planes(self) -> Planes:
        """The picture's planes, without a copy: NumPy arrays, or Planes on another device.

        Raises:
            InvalidMediaType: the sample's first buffer holds no picture.
        """
        planes = getattr(self._buffers[0], "planes", None) if self._buffers else None
        if not planes:
            msg = f"sample holds no picture: {self!r}; use a Buffer2D or Sample.from_numpy"
            raise InvalidMediaType(msg)
        return list(planes)

    def to_numpy(self) -> Planes:
        """Return copies of the planes in host memory, each contiguous."""
        planes = self.planes
        if any(isinstance(plane, Plane) for plane in planes):
            return self.surface.to_numpy()
        return [plane.copy() for plane in planes]

    def as_tensor(self) -> npt.NDArray[Any]:
        """Return one (channels, rows, columns) array in the order R G B (A), copied.

        Raises:
            InvalidMediaType: the picture is not RGB with one element a component.
        """
        layout = self.type.format.layout if self.type else None
        if layout is None or layout.kind != "rgb" or layout.packed:
            msg = f"as_tensor() needs an RGB picture, this is {self.type}; convert to rgb24 or gbrp"
            raise InvalidMediaType(msg)
        planes = self.to_numpy()
        found = [c for c in map(layout.component, "rgba") if c is not None]
        return np.stack(
            [
                planes[c.plane] if planes[c.plane].ndim == 2 else planes[c.plane][..., c.offset]
                for c in found
            ]
        )

    # MF: IMFSample::GetSampleTime
    def get_time(self) -> int:
        """Return the time in hns. Raises NoSampleTimestamp when unset."""
        if self.time is None:
            msg = "sample has no time; set sample.time in units of 100 ns"
            raise NoSampleTimestamp(msg)
        return self.time

    # MF: IMFSample::GetSampleDuration
    def get_duration(self) -> int:
        """Return the duration in hns. Raises NoSampleDuration when unset."""
        if self.duration is None:
            msg = "sample has no duration; set sample.duration in units of 100 ns"
            raise NoSampleDuration(msg)
        return self.duration

    @property
    def discontinuity(self) -> bool:
        """Whether a break precedes this sample (MFSampleExtension_Discontinuity)."""
        return bool(self.attributes.get(_DISCONTINUITY, False))

    @discontinuity.setter
    def discontinuity(self, value: bool) -> None:
        self.attributes[_DISCONTINUITY] = value

    @property
    def clean_point(self) -> bool:
        """Whether decoding can start here (MFSampleExtension_CleanPoint)."""
        return bool(self.attributes.get(_CLEAN_POINT, False))

    @clean_point.setter
    def clean_point(self, value: bool) -> None:
        self.attributes[_CLEAN_POINT] = value

    # MF: IMFSample::AddBuffer
    def add_buffer(self, buffer: MediaBufferLike) -> None:
        """Append a buffer; the same one may be there twice."""
        self._buffers.append(buffer)

    # MF: IMFSample::GetBufferByIndex
    def buffer_by_index(self, index: int) -> MediaBufferLike:
        """Return a buffer. Raises InvalidArg for an index that is not there."""
        self._check_index(index)
        return self._buffers[index]

    # MF: IMFSample::RemoveBufferByIndex
    def remove_buffer(self, index: int) -> None:
        """Remove a buffer. Raises InvalidArg for an index that is not there."""
        self._check_index(index)
        del self._buffers[index]

    # MF: IMFSample::RemoveAllBuffers
    def remove_all(self) -> None:
        """Remove every buffer."""
        self._buffers.clear()

    # MF: IMFSample::GetBufferCount
    @property
    def buffer_count(self) -> int:
        """How many buffers."""
        return len(self._buffers)

    # MF: IMFSample::GetTotalLength
    @property
    def total_length(self) -> int:
        """Sum of the buffers' current lengths in bytes."""
        return sum(buffer.current_length for buffer in self._buffers)

    # MF: IMFSample::CopyToBuffer
    def copy_to_buffer(self, buffer: MediaBufferLike) -> None:
        """Copy all valid bytes into `buffer` and set its length.

        Raises:
            BufferTooSmall: it cannot hold them; its bytes are untouched and its length is 0.
        """
        length = self.total_length
        if length > buffer.max_length:
            buffer.set_length(0)
            msg = f"sample has {length} bytes, the buffer holds {buffer.max_length}"
            raise BufferTooSmall(msg)
        target = buffer.lock()
        try:
            at = 0
            for source in self._buffers:
                count = source.current_length
                target[at : at + count] = source.lock()[:count]
                source.unlock()
                at += count
        finally:
            buffer.unlock()
        buffer.set_length(length)

    # MF: IMFSample::ConvertToContiguousBuffer
    def contiguous_buffer(self) -> MediaBufferLike:
        """Return the only buffer, or join several into one that replaces them.

        Raises:
            Unexpected: the sample has no buffer.
        """
        if not self._buffers:
            msg = "sample has no buffer to make contiguous; add one first"
            raise Unexpected(msg)
        if len(self._buffers) > 1:
            joined = MediaBuffer(self.total_length)
            self.copy_to_buffer(joined)
            self._buffers = [joined]
        return self._buffers[0]

    # MF: IUnknown::Release
    def release(self) -> None:
        """Let go of the buffers now, instead of when the sample is dropped."""
        self._buffers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<Sample {self.type or 'untyped'} time={self.time} buffers={len(self._buffers)}>"

    def _check_index(self, index: int) -> None:
        if not 0 <= index < len(self._buffers):
            msg = f"buffer {index} is not there; the sample has {len(self._buffers)}"
            raise InvalidArg(msg)
