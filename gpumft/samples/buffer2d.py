"""Buffer2D: one picture in one allocation, with a pitch, as in IMF2DBuffer2."""

from __future__ import annotations

from enum import IntFlag, unique
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gpumft.errors import InvalidArg, InvalidMediaType, InvalidRequest, UnexpectedMF, WasUnlocked
from gpumft.media import PixelFormat, Subtype
from gpumft.media.fields import read_size
from gpumft.media.sizerules import name_of
from gpumft.media.sizes import buffer2d_layout, plane_places
from gpumft.media.subtypes import find_subtype
from gpumft.samples.linear import linear_rows
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
        format: PixelFormat or Subtype, or the name of either.
        size: (width, height) in pixels.
        bottom_up: the first row in memory is the picture's last; only for one plane that is not
            Y'CbCr.

    `planes` are views of the memory, top row first, one a plane; none for a Subtype that has no
    PixelFormat.

    Raises:
        InvalidMediaType: not an uncompressed format, or a bottom-up Y'CbCr one.
        OutOfMemory: there is not that much memory.

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
        subtype = None if isinstance(format, PixelFormat) else find_subtype(format)
        pixels = subtype.pixel_format if subtype else PixelFormat(format)
        self.format: PixelFormat | Subtype = subtype or PixelFormat(format)
        self.size = read_size(size)
        self._layout = layout
        self._memory = aligned_bytes(layout.allocation, layout.alignment)
        self._rows = linear_rows(self._memory, self.format, self.size, abs(layout.pitch))
        self.planes: list[npt.NDArray[Any]] = []
        if pixels:
            places = plane_places(pixels, size, abs(layout.pitch))
            described = zip(places, pixels.plane_shapes(size), pixels.plane_dtypes(), strict=True)
            sign = -1 if bottom_up else 1
            self.planes = [
                plane_view(self._memory, p.offset + layout.scanline0, sign * p.pitch, shape, dtype)
                for p, shape, dtype in described  # a bottom-up picture has one plane
            ]
        self._length = 0
        self._linear: npt.NDArray[np.uint8] | None = None
        self._linear_locks = 0
        self._locks = 0

    @property
    def pixel_format(self) -> PixelFormat | None:
        """What `planes` are; None for a Subtype without conversion."""
        return self.format.pixel_format if isinstance(self.format, Subtype) else self.format

    # MF: IMFMediaBuffer::GetMaxLength
    @property
    def max_length(self) -> int:
        """Bytes of the padded picture by Media Foundation's rule."""
        return self._layout.max_length

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
        return self._layout.contiguous_length

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
        return self._layout.scanline0, self._layout.pitch

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
            self._linear = np.zeros(self.contiguous_length, np.uint8)
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
        """Copy the picture without padding into `buffer`.

        Raises:
            InvalidArg: it is too small, or no contiguous bytes that can be written.
        """
        self._exchange(self._bytes_of(buffer, writable=True), store=False)

    # MF: IMF2DBuffer::ContiguousCopyFrom
    def contiguous_copy_from(self, buffer: bytes | memoryview | npt.NDArray[np.uint8]) -> None:
        """Fill the picture from unpadded rows.

        Raises:
            InvalidArg: `buffer` is too small, or no contiguous bytes.
        """
        self._exchange(self._bytes_of(buffer, writable=False), store=True)

    # MF: IMF2DBuffer2::Copy2DTo
    def copy2d_to(self, other: Buffer2D) -> None:
        """Copy the picture into `other`, top row to top row.

        Raises:
            InvalidMediaType: format or size differ.
        """
        ours, theirs = (it.pixel_format or it.format for it in (self, other))
        if (ours, self.size) != (theirs, other.size):
            msg = (
                f"cannot copy {name_of(self.format)} {self.size} to {name_of(other.format)} "
                f"{other.size}; convert it"
            )
            raise InvalidMediaType(msg)
        if self.planes:
            for source, target in zip(self.planes, other.planes, strict=True):
                target[...] = source
            return
        flipped = (self._layout.pitch < 0) != (other._layout.pitch < 0)
        for (from_rows, _), (to_rows, _) in zip(self._rows, other._rows, strict=True):
            to_rows[...] = from_rows[::-1] if flipped else from_rows

    def _bytes_of(self, buffer: Any, *, writable: bool) -> npt.NDArray[np.uint8]:
        """The first `contiguous_length` bytes of what a client gave."""
        try:
            octets = np.frombuffer(buffer, np.uint8)
        except (TypeError, ValueError, BufferError) as error:
            msg = f"a {type(buffer).__name__} is no contiguous run of bytes: {error}"
            raise InvalidArg(msg) from error
        if len(octets) < self.contiguous_length:
            msg = f"buffer has {len(octets)} bytes; the picture needs {self.contiguous_length}"
            raise InvalidArg(msg)
        if writable and not octets.flags.writeable:
            msg = f"a {type(buffer).__name__} is read-only; give a bytearray or a writable array"
            raise InvalidArg(msg)
        return octets[: self.contiguous_length]

    def _locked(self) -> Locked2D:
        layout = self._layout
        return Locked2D(layout.scanline0, layout.pitch, 0, len(self._memory), self._memory)

    def _exchange(self, linear: npt.NDArray[np.uint8], *, store: bool) -> None:
        """Copy between the padded rows and unpadded ones, both in memory order."""
        at = 0
        for rows, width in self._rows:
            part = linear[at : at + width * len(rows)]
            at += len(part)
            whole = len(part) // width
            _copy(rows[:whole, :width], part[: whole * width].reshape(whole, width), store=store)
            rest = len(part) - whole * width  # Media Foundation drops what is half a row
            if rest:
                _copy(rows[whole, :rest], part[whole * width :], store=store)


def _copy(padded: npt.NDArray[np.uint8], linear: npt.NDArray[np.uint8], *, store: bool) -> None:
    if store:
        padded[...] = linear
    else:
        linear[...] = padded
