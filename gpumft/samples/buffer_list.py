"""BufferList: the buffers of a sample, in order."""

from __future__ import annotations

from typing import Self

from gpumft.errors import BufferTooSmall, InvalidArg, InvalidRequest, Unexpected
from gpumft.samples.buffer import MediaBuffer, MediaBufferLike


class BufferList:
    """The part of a sample that is its buffers.

    Thread-safety: none.
    Source: IMFSample.
    """

    def __init__(self, *buffers: MediaBufferLike) -> None:
        self._buffers: list[MediaBufferLike] = []
        self._references = 1
        for buffer in buffers:
            self.add_buffer(buffer)

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

    # MF: IUnknown::AddRef
    def add_ref(self) -> int:
        """Ask that the buffers be kept until one more `release`; return how many it takes now.

        Who keeps a sample that others may release says so. Who keeps it without that, as Python
        keeps its objects, needs nothing: dropped samples let go of their buffers.

        Raises:
            InvalidRequest: the sample was released already.
        """
        if not self._references:
            msg = "the sample was released and has no buffers; call add_ref() before that"
            raise InvalidRequest(msg)
        self._references += 1
        return self._references

    # MF: IUnknown::Release
    def release(self) -> int:
        """Give back a reference; with the last one the buffers go, before the sample is dropped.

        Returns:
            How many references are left: those of `add_ref`, and the first one. Beyond the last
            one nothing happens.
        """
        self._references = max(0, self._references - 1)
        if not self._references:
            self._buffers.clear()
        return self._references

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def _check_index(self, index: int) -> None:
        if not 0 <= index < len(self._buffers):
            msg = f"buffer {index} is not there; the sample has {len(self._buffers)}"
            raise InvalidArg(msg)
