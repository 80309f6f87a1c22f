"""Sample: buffers with a time stamp, as in IMFSample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from fractions import Fraction
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gpumft.device import Device, Plane, Pool, Surface
from gpumft.errors import (
    InvalidArg,
    InvalidMediaType,
    NoSampleDuration,
    NoSampleTimestamp,
)
from gpumft.media import VideoType, to_hns
from gpumft.media.times import Time
from gpumft.samples.buffer import MediaBufferLike
from gpumft.samples.buffer2d import Buffer2D
from gpumft.samples.buffer_list import BufferList
from gpumft.samples.linear import locked_planes
from gpumft.samples.planes import Planes, PlanesBuffer, check_planes

_DISCONTINUITY = "MFSampleExtension_Discontinuity"
_CLEAN_POINT = "MFSampleExtension_CleanPoint"


class Sample(BufferList):
    """Media buffers, their time, and attributes.

    Args:
        buffers: in order; a picture is usually one buffer.
        time: presentation time: an integer is hns (100 ns), a Fraction or timedelta seconds; None
            is unset.
        duration: the same.
        flags: no flags are defined; kept as given.
        attributes: keyed by Media Foundation's names, such as "MFSampleExtension_Token".

    Raises:
        InvalidArg: something that is no buffer, or no time.

    `pts` and `time_base` hold the exact time stamp of a container, where there is one; a sink
    prefers them to `time`.

    Thread-safety: none; hand a sample over, do not share it.
    Source: IMFSample.
    """

    def __init__(
        self,
        *buffers: MediaBufferLike,
        time: Time | None = None,
        duration: Time | None = None,
        flags: int = 0,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(*buffers)
        self.time = None if time is None else to_hns(time)
        self.duration = None if duration is None else to_hns(duration)
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
        time: Time | None = None,
        duration: Time | None = None,
    ) -> Self:
        """Return a sample over `planes`, which are not copied unless to a device.

        Args:
            planes: one array a plane, (rows, columns[, channels]); strided or read-only is fine.
            type: their type.
            device: where to copy them, or None to leave them where they are.
            time: as for Sample().
            duration: the same.

        Raises:
            InvalidArg: the planes are not what `type` has, `type` is no VideoType, or no time.
            DeviceUnavailable: there is no such device.
            OutOfMemory: the device has no room.
        """
        if not isinstance(type, VideoType):
            msg = f"type is {type!r}; give the VideoType of the planes"
            raise InvalidArg(msg)
        if device is not None:
            surface = Pool(type, device).acquire()
            surface.upload(planes)
            return cls.from_surface(surface, time=time, duration=duration)
        sample = cls(PlanesBuffer(planes, type), time=time, duration=duration)
        sample.type = type
        return sample

    @classmethod
    def from_dlpack(
        cls,
        planes: Sequence[Any],
        type: VideoType,
        *,
        stream: Any = None,
        time: Time | None = None,
        duration: Time | None = None,
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
        cls, surface: Surface, *, time: Time | None = None, duration: Time | None = None
    ) -> Self:
        """Return a sample that holds a surface.

        Raises:
            InvalidRequest: the surface was released, or its device is gone.
        """
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
            raise self._no_picture()
        return found

    @property
    def on_device(self) -> bool:
        """Whether the picture is where NumPy cannot look: `planes` are then Planes, not arrays."""
        planes = getattr(self._buffers[0], "planes", None) if self._buffers else None
        for plane in planes or ():  # noqa: SIM110 - several times a frame: no generator
            if isinstance(plane, Plane):
                return True
        return False

    def on_host(self) -> Sample:
        """Return this sample, or of one on another device a copy in host memory.

        The copy has the same times and shares the attributes.

        Raises:
            InvalidRequest: the surface was released, or its device is gone.
        """
        if not self.on_device:
            return self
        surface = self.surface
        buffer = PlanesBuffer(surface.to_numpy(), surface.type)
        return self._around(buffer, self.type or surface.type)

    def moved(self, surface: Surface) -> Sample:
        """Return a sample over another surface, with this one's times; attributes are shared.

        Raises:
            InvalidRequest: the surface was released, or its device is gone.
        """
        return self._around(PlanesBuffer.over(surface), surface.type)

    @property
    def planes(self) -> Planes:
        """The picture's planes, without a copy: NumPy arrays, or Planes on another device.

        Raises:
            InvalidMediaType: the sample's first buffer holds no picture.
        """
        planes = getattr(self._buffers[0], "planes", None) if self._buffers else None
        if not planes:
            raise self._no_picture()
        return list(planes)

    def _no_picture(self) -> InvalidMediaType:
        return InvalidMediaType(
            f"sample holds no picture: {self!r}; use a Buffer2D or Sample.from_numpy"
        )

    def to_numpy(self) -> Planes:
        """Return copies of the planes in host memory, each contiguous.

        Raises:
            InvalidMediaType: the sample's first buffer holds no picture, and `type` is None.
            BufferTooSmall: its bytes are fewer than those of a picture of `type`.
            InvalidRequest: the surface was released, or its device is gone.
        """
        if self.type is None:
            return _copies(self)
        with self.seen_as(self.type) as seen:
            return _copies(seen)

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

    def seen_as(self, type: VideoType) -> AbstractContextManager[Sample]:
        """Give the picture as a sample of `type` whose `planes` can be read and written.

        A buffer that knows no planes (a MediaBuffer, or a user's own) is locked meanwhile, and its
        bytes are read in Media Foundation's contiguous layout. The sample that is given has this
        one's times and shares its attributes.

        Raises:
            BufferTooSmall: the buffer's bytes are fewer than the picture's.
            InvalidArg: the planes, or a Buffer2D's format, are not what `type` has.
            InvalidMediaType: the sample has no buffer, or `type` has no contiguous layout.
        """
        buffer = self._buffers[0] if self._buffers else None
        if isinstance(buffer, Buffer2D) and buffer.pixel_format != type.format:
            msg = f"buffer is {buffer.pixel_format or buffer.format}, but the picture {type}"
            raise InvalidArg(msg)
        if buffer is None:
            raise self._no_picture()
        planes = getattr(buffer, "planes", None)
        if not planes:
            return self._locked_as(buffer, type)
        check_planes(planes, type)
        return nullcontext(self if self.type is type else self._around(buffer, type))

    @contextmanager
    def _locked_as(self, buffer: MediaBufferLike, type: VideoType) -> Iterator[Sample]:
        with locked_planes(buffer, type) as planes:
            yield self._around(PlanesBuffer(planes, type), type)

    def _around(self, buffer: MediaBufferLike, type: VideoType) -> Sample:
        seen = Sample.__new__(Sample)  # several times a frame: a copy, and nothing to check
        seen.__dict__.update(self.__dict__, _buffers=[buffer], type=type)
        return seen

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

    def __repr__(self) -> str:
        return f"<Sample {self.type or 'untyped'} time={self.time} buffers={len(self._buffers)}>"


def _copies(sample: Sample) -> Planes:
    if sample.on_device:
        return sample.surface.to_numpy()
    return [plane.copy() for plane in sample.planes]
