"""Buffer2D: one picture in one allocation, with a pitch, as in IMF2DBuffer2."""

from __future__ import annotations

from enum import IntFlag, unique
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpumft.errors import InvalidArg, InvalidMediaType, InvalidRequest, UnexpectedMF, WasUnlocked
from gpumft.media import PixelFormat, Subtype
from gpumft.media.sizes import buffer2d_layout, contiguous_length, plane_places
from gpumft.samples.memory import aligned_bytes, plane_view


@unique
class LockFlags(IntFlag):
    """What a 2D lock is for. Source: MF2DBuffer_LockFlags."""

    READ = 1
    WRITE = 2
    READ_WRITE = 3


class Locked2D(NamedTuple):
    """What a 2D lock returns. Source: IMF2DBuffer2::Lock2DSize."""

    scanline0: int
    """Byte offset of the top row in the allocation."""
    pitch: int
    """Signed bytes from a row to the one below it in the picture."""
    start: int
    """Byte offset of the lowest address that is used."""
    length: int
    """Bytes of the allocation from `start`."""
    array: npt.NDArray[np.uint8]
    """The allocation itself, writable."""


class Buffer2D:
    """A picture in host memory: rows padded to 64 (planar chroma: 128) bytes, planes in MF's order.

    Args:
        format: PixelFormat or Subtype (or its name).
        size: (width, height) in pixels.
        bottom_up: the first row in memory is the picture's last; RGB only.

    Raises:
        InvalidMediaType: not an uncompressed format, or a bottom-up Y'CbCr one.

    Thread-safety: none; one holder of a lock at a time.
    Source: IMFMediaBuffer, IMF2DBuffer, IMF2DBuffer2; MFCreate2DMediaBuffer.
    """

    def __init__(
        self,
        format: PixelFormat | Subtype | str,
        size: tuple[int, int],
        *,
        bottom_up: bool = False,
    ) -> None:
        layout = buffer2d_layout(format, size, bottom_up=bottom_up)
        pixel_format = format.pixel_format if isinstance(format, Subtype) else PixelFormat(format)
        if bottom_up and (pixel_format is None or not pixel_format.is_rgb):
            msg = f"{format} cannot be bottom-up; only RGB formats can: use bottom_up=False"
            raise InvalidMediaType(msg)
        self.format = format
        self.size = size
        self._row = abs(layout.pitch)
        self._pitch = -self._row if bottom_up else self._row
        self._max_length = layout.max_length
        self._contiguous = contiguous_length(format, size)
        places = plane_places(format, size, self._row) if pixel_format else ()
        shapes = pixel_format.plane_shapes(size) if pixel_format else ()
        dtypes = pixel_format.plane_dtypes() if pixel_format else ()
        ends = [p.offset + p.pitch * s[0] for p, s in zip(places, shapes, strict=True)]
        # Odd sizes need a chroma row more than Media Foundation's length has room for.
        self._memory = aligned_bytes(max(layout.max_length, *ends, 0))
        self._scanline0 = self._row * (size[1] - 1) if bottom_up else 0
        sign = -1 if bottom_up else 1
        self.planes = [
            plane_view(self._memory, p.offset or self._scanline0, sign * p.pitch, shape, dtype)
            for p, shape, dtype in zip(places, shapes, dtypes, strict=True)
        ]
        self._length = 0
        self._linear: npt.NDArray[np.uint8] | None = None
        self._linear_locks = 0
        self._locks = 0

    # MF: IMFMediaBuffer::GetMaxLength
    @property
    def max_length(self) -> int:
        """Bytes of the padded picture by Media Foundation's rule."""
        return self._max_length

    # MF: IMFMediaBuffer::GetCurrentLength
    @property
    def current_length(self) -> int:
        """Bytes that are valid; 0 at first. Simply stored, as in Media Foundation."""
        return self._length

    # MF: IMFMediaBuffer::SetCurrentLength
    def set_length(self, length: int) -> None:
        """Store the number of valid bytes."""
        self._length = length

    # MF: IMF2DBuffer::IsContiguousFormat
    @property
    def is_contiguous(self) -> bool:
        """Always False for a 2D buffer, as on Windows, even where no row is padded."""
        return False

    # MF: IMF2DBuffer::GetContiguousLength
    @property
    def contiguous_length(self) -> int:
        """Bytes of the picture without padding, by Media Foundation's rule."""
        return self._contiguous

    # MF: IMF2DBuffer2::Lock2DSize
    def lock2d(self, flags: LockFlags = LockFlags.READ_WRITE) -> Locked2D:
        """Lock for access by rows; nests.

        Raises:
            UnexpectedMF: the buffer is locked by `lock`.
        """
        del flags  # system memory: reading and writing are the same
        if self._linear is not None:
            msg = "buffer is locked by lock(); call unlock() before lock2d()"
            raise UnexpectedMF(msg)
        self._locks += 1
        return self._locked()

    # MF: IMF2DBuffer::Unlock2D
    def unlock2d(self) -> None:
        """End one `lock2d`. Raises WasUnlocked when there is none."""
        if not self._locks:
            msg = "buffer is not 2D-locked; each unlock2d() needs a lock2d() before it"
            raise WasUnlocked(msg)
        self._locks -= 1

    # MF: IMF2DBuffer::GetScanline0AndPitch
    def scanline0_and_pitch(self) -> tuple[int, int]:
        """Return (byte offset of the top row, pitch). Raises WasUnlocked without a 2D lock."""
        if not self._locks:
            msg = "buffer is not 2D-locked; call lock2d() first"
            raise WasUnlocked(msg)
        return self._scanline0, self._pitch

    # MF: IMFMediaBuffer::Lock
    def lock(self) -> memoryview:
        """Return a contiguous copy of `contiguous_length` bytes in memory order; nests.

        Raises:
            InvalidRequest: the buffer is 2D-locked.
        """
        if self._locks:
            msg = "buffer is 2D-locked; call unlock2d() before lock()"
            raise InvalidRequest(msg)
        if self._linear is None:
            self._linear = np.zeros(self._contiguous, np.uint8)
            self._exchange(self._linear, store=False)
        self._linear_locks += 1
        return self._linear.data

    # MF: IMFMediaBuffer::Unlock
    def unlock(self) -> None:
        """End one `lock`; the last one writes the copy back. One too many is allowed."""
        self._linear_locks = max(0, self._linear_locks - 1)
        if self._linear_locks == 0 and self._linear is not None:
            linear, self._linear = self._linear, None
            self._exchange(linear, store=True)

    # MF: IMF2DBuffer::ContiguousCopyTo
    def contiguous_copy_to(self, buffer: bytearray | memoryview | npt.NDArray[np.uint8]) -> None:
        """Copy the picture without padding into `buffer`. Raises InvalidArg if it is too small."""
        target = np.frombuffer(buffer, np.uint8)
        self._check_room(len(target))
        self._exchange(target[: self._contiguous], store=False)

    # MF: IMF2DBuffer::ContiguousCopyFrom
    def contiguous_copy_from(self, buffer: bytes | memoryview | npt.NDArray[np.uint8]) -> None:
        """Fill the picture from unpadded rows. Raises InvalidArg if `buffer` is too small."""
        source = np.frombuffer(buffer, np.uint8)
        self._check_room(len(source))
        self._exchange(source[: self._contiguous], store=True)

    # MF: IMF2DBuffer2::Copy2DTo
    def copy2d_to(self, other: Buffer2D) -> None:
        """Copy the picture into `other`. Raises InvalidMediaType if format or size differ."""
        if (self.format, self.size) != (other.format, other.size):
            msg = (
                f"cannot copy {self.format} {self.size} to {other.format} {other.size}; convert it"
            )
            raise InvalidMediaType(msg)
        for source, target in zip(self.planes, other.planes, strict=True):
            target[...] = source

    def _check_room(self, length: int) -> None:
        if length < self._contiguous:
            msg = f"buffer has {length} bytes; the picture needs {self._contiguous}"
            raise InvalidArg(msg)

    def _locked(self) -> Locked2D:
        return Locked2D(self._scanline0, self._pitch, 0, len(self._memory), self._memory)

    def _exchange(self, linear: npt.NDArray[np.uint8], *, store: bool) -> None:
        """Copy between the padded rows and unpadded ones, both in memory order."""
        at = 0
        for plane in self.planes:
            rows = plane if self._pitch > 0 else plane[::-1]
            width = min(plane[0].nbytes, -(-len(linear) // self.size[1]))
            for row in rows:
                part = linear[at : at + width]
                octets = row.reshape(-1).view(np.uint8)[: len(part)]
                if store:
                    octets[...] = part
                else:
                    part[...] = octets
                at += width
