"""Buffer2D: one picture in one allocation, with a pitch, as in IMF2DBuffer2."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gpumft.device import Device, Pool, Surface, as_device
from gpumft.device.cpu.memory import HOST
from gpumft.device.plane import Layout
from gpumft.errors import (
    InvalidArg,
    InvalidMediaType,
    InvalidRequest,
    UnexpectedMF,
    WasLocked,
    WasUnlocked,
)
from gpumft.media import PixelFormat, Subtype, VideoType
from gpumft.media.fields import read_size
from gpumft.media.sizerules import name_of
from gpumft.media.sizes import buffer2d_layout
from gpumft.media.subtypes import find_subtype
from gpumft.samples.linear import Rows, linear_rows
from gpumft.samples.locks import Locked2D, LockFlags
from gpumft.samples.staging import HostBytes, bytes_under


class Buffer2D:
    """A picture: rows padded to 64 (planar chroma: 128) bytes, planes in MF's order.

    On a device other than the CPU locks work on a host copy: locking for reading downloads,
    unlocking after writing uploads; the device's memory counts both.

    Args:
        format: PixelFormat or Subtype, or the name of either.
        size: (width, height) in pixels.
        bottom_up: the first row in memory is the picture's last; only for one plane that is not
            Y'CbCr.
        device: a Device, its spec, or None for host memory.
        surface: lie over this instead; see `over`.

    `planes` are the picture's, top row first, one a plane; none for a Subtype that has no
    PixelFormat.

    Raises:
        InvalidMediaType: not an uncompressed format, a bottom-up Y'CbCr one, or on a device one
            without a pixel format.
        DeviceUnavailable: there is no such device.
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
        device: Device | str | None = None,
        surface: Surface | None = None,
    ) -> None:
        layout = buffer2d_layout(format, size, bottom_up=bottom_up)
        subtype = None if isinstance(format, PixelFormat) else find_subtype(format)
        self.format: PixelFormat | Subtype = subtype or PixelFormat(format)
        self.size = read_size(size)
        self._layout = layout
        pixels = self.pixel_format
        self._places = Layout.make(pixels, self.size, bottom_up=bottom_up) if pixels else None
        self._length = 0
        self._linear: npt.NDArray[np.uint8] | None = None
        self._linear_locks = 0
        self._locks = 0
        self._wrote = self._reads = False
        self._surface = surface or self._acquire(device)
        self._host = self._own_bytes()
        """The bytes; of a picture on a device only while somebody looks at them."""
        self._staged = self._host is None
        self.planes: list[Any] = []
        """The planes, top row first: NumPy arrays, or Planes on another device."""
        if self._host is not None:
            self.planes = self._host.planes
        elif self._surface is not None:
            self.planes = list(self._surface.planes)

    @classmethod
    def over(cls, surface: Surface) -> Self:
        """Return a buffer over a surface, without a copy where its rows lie as here."""
        type = surface.type
        bottom_up = surface.planes[0].pitch < 0 and type.format.is_rgb and type.format.planes == 1
        return cls(type.format, type.size, bottom_up=bottom_up, surface=surface)

    def _acquire(self, device: Device | str | None) -> Surface | None:
        """Return a surface on a device; None for the CPU, where the buffer has its own bytes."""
        if device is None or as_device(device).memory is HOST:
            return None
        pixels = self.pixel_format
        if pixels is None:
            name = name_of(self.format)
            msg = f"{name} has no pixel format, so no device holds it: leave device out"
            raise InvalidMediaType(msg)
        return Pool(self._video_type(pixels), device).acquire()

    def _own_bytes(self) -> HostBytes | None:
        if self._surface is None:
            return HostBytes.new(self._layout.allocation, self._places)
        return bytes_under(self._surface, self._places) if self._places else None

    def _video_type(self, pixels: PixelFormat) -> VideoType:
        pitch = self._layout.pitch
        return VideoType(pixels, self.size, stride=pitch if pitch < 0 else None)

    @property
    def pixel_format(self) -> PixelFormat | None:
        """What `planes` are; None for a Subtype without conversion."""
        return self.format.pixel_format if isinstance(self.format, Subtype) else self.format

    @property
    def surface(self) -> Surface:
        """The picture on its device, without a copy.

        Raises:
            InvalidMediaType: a subtype without a pixel format.
        """
        if self._surface is None:
            pixels = self.pixel_format
            if pixels is None or self._host is None:
                msg = f"{name_of(self.format)} has no pixel format, so no surface"
                raise InvalidMediaType(msg)
            type = self._video_type(pixels)
            self._surface = Surface(type, HOST, self._host.raws, self._host)
        return self._surface

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
        """Lock for access by rows; nests. On a device a lock to write only downloads nothing.

        Raises:
            WasLocked: a picture on a device is locked to write only, and is now to be read.
            UnexpectedMF: the buffer is locked by `lock`.
            InvalidRequest: the surface was released, or its device is gone.
        """
        if self._linear is not None:
            msg = "buffer is locked by lock(); call unlock() before lock2d()"
            raise UnexpectedMF(msg)
        reads = bool(flags & LockFlags.READ)
        if self._staged and self._locks and reads and not self._reads:
            msg = "buffer is locked to write only; call unlock2d() before locking it to read"
            raise WasLocked(msg)
        host = self._begin(read=reads)
        self._reads |= reads
        self._locks += 1
        self._wrote |= bool(flags & LockFlags.WRITE)
        layout = self._layout
        return Locked2D(layout.scanline0, layout.pitch, 0, len(host.memory), host.memory)

    # MF: IMF2DBuffer::Unlock2D
    def unlock2d(self) -> None:
        """End one `lock2d`. Raises WasUnlocked when there is none."""
        if not self._locks:
            msg = "buffer is not 2D-locked; each unlock2d() needs a lock2d() before it"
            raise WasUnlocked(msg)
        if self._locks == 1:
            self._end(write=self._wrote)
            self._wrote = self._reads = False
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
            linear = np.zeros(self.contiguous_length, np.uint8)
            self._exchange(linear, store=False)
            self._linear = linear
        self._linear_locks += 1
        return self._linear.data

    # MF: IMFMediaBuffer::Unlock
    def unlock(self) -> None:
        """End one `lock`; the last one writes the copy back. One too many is allowed."""
        if self._linear_locks == 1 and self._linear is not None:
            self._exchange(self._linear, store=True)
            self._end(write=True)
            self._linear = None
        self._linear_locks = max(0, self._linear_locks - 1)

    # MF: IMF2DBuffer::ContiguousCopyTo
    def contiguous_copy_to(self, buffer: bytearray | memoryview | npt.NDArray[np.uint8]) -> None:
        """Copy the picture without padding into `buffer`.

        Raises:
            InvalidArg: it is too small, or no contiguous bytes that can be written.
            InvalidRequest: the surface was released, or its device is gone.
        """
        target = self._bytes_of(buffer, writable=True)
        held = self._host
        self._exchange(target, store=False)
        self._host = held

    # MF: IMF2DBuffer::ContiguousCopyFrom
    def contiguous_copy_from(self, buffer: bytes | memoryview | npt.NDArray[np.uint8]) -> None:
        """Fill the picture from unpadded rows.

        Raises:
            InvalidArg: `buffer` is too small, or no contiguous bytes.
            InvalidRequest: the surface was released, or its device is gone.
        """
        source = self._bytes_of(buffer, writable=False)
        held = self._host
        self._exchange(source, store=True)
        if held is None:
            self._end(write=True)

    # MF: IMF2DBuffer2::Copy2DTo
    def copy2d_to(self, other: Buffer2D) -> None:
        """Copy the picture into `other`, top row to top row, on whatever devices they are.

        Raises:
            InvalidMediaType: format or size differ.
            InvalidRequest: a surface was released, or its device is gone.
        """
        ours, theirs = (it.pixel_format or it.format for it in (self, other))
        if (ours, self.size) != (theirs, other.size):
            msg = (
                f"cannot copy {name_of(self.format)} {self.size} to {name_of(other.format)} "
                f"{other.size}; convert it"
            )
            raise InvalidMediaType(msg)
        if self.planes:
            self.surface.copy_to(other.surface)
            return
        flipped = (self._layout.pitch < 0) != (other._layout.pitch < 0)
        mine, its = self._linear_rows(), other._linear_rows()
        for (from_rows, _), (to_rows, _) in zip(mine, its, strict=True):
            to_rows[...] = from_rows[::-1] if flipped else from_rows

    def _bytes_of(self, buffer: Any, *, writable: bool) -> npt.NDArray[np.uint8]:
        """Return the first `contiguous_length` bytes of what a client gave."""
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

    def _begin(self, *, read: bool) -> HostBytes:
        """Return the bytes; of a picture on a device a copy, unless there is one already."""
        if self._host is None:
            host = HostBytes.new(self._layout.allocation, self._places)
            if read:
                host.load(self.surface)
            self._host = host
        return self._host

    def _end(self, *, write: bool) -> None:
        """Let the copy go, after writing it back."""
        if self._staged and self._host is not None:
            if write:
                self._host.store(self.surface)
            self._host = None

    def _linear_rows(self) -> list[Rows]:
        memory = self._begin(read=True).memory
        return linear_rows(memory, self.format, self.size, abs(self._layout.pitch))

    def _exchange(self, linear: npt.NDArray[np.uint8], *, store: bool) -> None:
        """Copy between the padded rows and unpadded ones, both in memory order."""
        at = 0
        for rows, width in self._linear_rows():
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
