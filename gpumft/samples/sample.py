"""Sample: buffers with a time stamp, as in IMFSample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gpumft.errors import (
    BufferTooSmall,
    InvalidArg,
    InvalidMediaType,
    NoSampleDuration,
    NoSampleTimestamp,
    Unexpected,
)
from gpumft.media import VideoType, to_hns
from gpumft.media.times import Time
from gpumft.samples.buffer import MediaBuffer, MediaBufferLike
from gpumft.samples.buffer2d import Buffer2D
from gpumft.samples.linear import locked_planes
from gpumft.samples.planes import Planes, PlanesBuffer, check_planes

_DISCONTINUITY = "MFSampleExtension_Discontinuity"
_CLEAN_POINT = "MFSampleExtension_CleanPoint"


class Sample:
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
        self._buffers: list[MediaBufferLike] = []
        for buffer in buffers:
            self.add_buffer(buffer)
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
        time: Time | None = None,
        duration: Time | None = None,
    ) -> Self:
        """Return a sample over `planes`, which are not copied.

        Args:
            planes: one array a plane, (rows, columns[, channels]); strided or read-only is fine.
            type: their type.
            time: as for Sample().
            duration: the same.

        Raises:
            InvalidArg: the planes are not what `type` has, `type` is no VideoType, or no time.
        """
        if not isinstance(type, VideoType):
            msg = f"type is {type!r}; give the VideoType of the planes"
            raise InvalidArg(msg)
        sample = cls(PlanesBuffer(planes, type), time=time, duration=duration)
        sample.type = type
        return sample

    @property
    def planes(self) -> Planes:
        """The picture's planes, without a copy.

        Raises:
            InvalidMediaType: the sample's first buffer holds no picture.
        """
        planes = getattr(self._buffers[0], "planes", None) if self._buffers else None
        if not planes:
            msg = f"sample holds no picture: {self!r}; use a Buffer2D or Sample.from_numpy"
            raise InvalidMediaType(msg)
        return list(planes)

    def to_numpy(self) -> Planes:
        """Return copies of the planes, each contiguous.

        Raises:
            InvalidMediaType: the sample's first buffer holds no picture, and `type` is None.
            BufferTooSmall: its bytes are fewer than those of a picture of `type`.
        """
        if self.type is None:
            return [plane.copy() for plane in self.planes]
        with self.seen_as(self.type) as seen:
            return [plane.copy() for plane in seen.planes]

    def as_tensor(self) -> npt.NDArray[Any]:
        """Return one (channels, rows, columns) array in the order R G B (A), copied.

        Raises:
            InvalidMediaType: the picture is not RGB with one element a component.
        """
        layout = self.type.format.layout if self.type else None
        if layout is None or layout.kind != "rgb" or layout.packed:
            msg = f"as_tensor() needs an RGB picture, this is {self.type}; convert to rgb24 or gbrp"
            raise InvalidMediaType(msg)
        planes = self.planes
        found = [c for c in map(layout.component, "rgba") if c is not None]
        return np.stack(
            [
                planes[c.plane] if planes[c.plane].ndim == 2 else planes[c.plane][..., c.offset]
                for c in found
            ]
        )

    @contextmanager
    def seen_as(self, type: VideoType) -> Iterator[Sample]:
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
        if buffer is None or getattr(buffer, "planes", None):
            check_planes(self.planes, type)
            yield self if self.type is type else self._around(buffer, type)
            return
        with locked_planes(buffer, type) as planes:
            yield self._around(PlanesBuffer(planes, type), type)

    def _around(self, buffer: MediaBufferLike | None, type: VideoType) -> Sample:
        seen = Sample(time=self.time, duration=self.duration, flags=self.flags)
        seen._buffers = [] if buffer is None else [buffer]
        seen.attributes = self.attributes
        seen.pts, seen.time_base = self.pts, self.time_base
        seen.type = type
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

    # MF: IMFSample::AddBuffer
    def add_buffer(self, buffer: MediaBufferLike) -> None:
        """Append a buffer; the same one may be there twice. Raises InvalidArg for no buffer."""
        if not hasattr(buffer, "unlock"):
            msg = (
                f"a {type(buffer).__name__} is no buffer; give a MediaBuffer or a Buffer2D, or use "
                "Sample.from_numpy(planes, type) for arrays"
            )
            raise InvalidArg(msg)
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

        A 2D buffer gives and takes its contiguous copy: of a longer `current_length` the bytes
        that it has.

        Raises:
            BufferTooSmall: it cannot hold them; its bytes are untouched and its length is 0.
        """
        data = self._valid_bytes()
        target = buffer.lock()
        try:
            if len(data) > len(target):
                buffer.set_length(0)
                msg = f"sample has {len(data)} bytes, the buffer holds {len(target)}"
                raise BufferTooSmall(msg)
            target[: len(data)] = data
        finally:
            buffer.unlock()
        buffer.set_length(len(data))

    def _valid_bytes(self) -> bytes:
        """The buffers' valid bytes, one after the other."""
        parts = []
        for source in self._buffers:
            memory = source.lock()
            try:
                parts.append(bytes(memory[: source.current_length]))
            finally:
                source.unlock()
        return b"".join(parts)

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
            data = self._valid_bytes()
            joined = MediaBuffer(len(data))
            joined.lock()[:] = data
            joined.set_length(len(data))
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
