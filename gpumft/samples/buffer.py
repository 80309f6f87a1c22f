"""MediaBuffer: one block of bytes, as in IMediaBuffer and IMFMediaBuffer."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from gpumft.device.cpu.memory import aligned_bytes
from gpumft.errors import InvalidArg


@runtime_checkable
class MediaBufferLike(Protocol):
    """What a sample asks of a buffer; a user's own class will do."""

    @property
    def max_length(self) -> int:
        """Bytes that the buffer can hold."""

    @property
    def current_length(self) -> int:
        """Bytes that are valid."""

    def set_length(self, length: int) -> None:
        """Set the number of valid bytes."""

    def lock(self) -> memoryview:
        """Return the buffer's bytes."""

    def unlock(self) -> None:
        """End one `lock`."""


class MediaBuffer:
    """A block of host memory.

    Args:
        max_length: bytes.
        alignment: of the address, bytes, a power of two.

    Raises:
        InvalidArg: a negative length, or an alignment that is no power of two.
        OutOfMemory: there is not that much memory.

    Thread-safety: `lock` may be called from any thread; the bytes themselves are not guarded.
    Source: IMediaBuffer; IMFMediaBuffer; MFCreateAlignedMemoryBuffer.
    """

    def __init__(self, max_length: int, alignment: int = 1) -> None:
        if max_length < 0:
            msg = f"max_length is {max_length}; a buffer holds 0 bytes or more"
            raise InvalidArg(msg)
        if alignment < 1 or alignment & (alignment - 1):
            msg = f"alignment is {alignment}; it must be a power of two"
            raise InvalidArg(msg)
        self._memory = aligned_bytes(max_length, alignment)
        self._length = 0

    # MF: IMFMediaBuffer::GetMaxLength
    @property
    def max_length(self) -> int:
        """Bytes that the buffer can hold."""
        return len(self._memory)

    # MF: IMFMediaBuffer::GetCurrentLength
    @property
    def current_length(self) -> int:
        """Bytes that are valid; 0 at first."""
        return self._length

    # MF: IMFMediaBuffer::SetCurrentLength
    def set_length(self, length: int) -> None:
        """Set the number of valid bytes. Raises InvalidArg beyond `max_length`."""
        if not 0 <= length <= self.max_length:
            msg = f"length {length} does not fit a buffer of {self.max_length} bytes"
            raise InvalidArg(msg)
        self._length = length

    # MF: IMFMediaBuffer::Lock
    def lock(self) -> memoryview:
        """Return all `max_length` bytes, writable; nested calls return the same memory."""
        return self._memory.data

    # MF: IMFMediaBuffer::Unlock
    def unlock(self) -> None:
        """End one `lock`; one too many is allowed, as in Media Foundation."""

    # MF: IMediaBuffer::GetBufferAndLength
    def get_buffer_and_length(self) -> tuple[memoryview, int]:
        """Return the bytes and how many of them are valid."""
        return self.lock(), self._length
