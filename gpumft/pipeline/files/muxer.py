"""Muxer: the container file being written, with its copied streams and its temporary name."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from gpumft.errors import InvalidMediaType, InvalidRequest
from gpumft.pipeline.files.encoding import ISO
from gpumft.pipeline.files.failures import writing
from gpumft.pipeline.files.packets import (
    EncodedPacket,
    PacketType,
    add_copy,
    holds_audio,
    refusal,
)
from gpumft.pipeline.files.temporary import OutputFile

FOREIGN = (FFmpegError, OSError, ValueError, MemoryError)
"""What PyAV and the operating system raise."""


class Muxer:
    """One output file.

    Args:
        path: the file.
        format: FFmpeg's name of the container.
        streams: streams to copy; those that the container cannot hold are noted and left out.
        overwrite: whether an existing file may be replaced.

    Attributes:
        format: the container's name.
        copied: the streams that are copied.
        notes: what could not be kept.
        moved: packets of sound whose time stamps did not go on and were moved by the least.

    Raises:
        InvalidMediaType: a container that is made for sound cannot hold this sound.
        OutputExists, FileMissing, AccessDenied, DiskFull, InvalidArg: the file cannot be made.

    Thread-safety: none.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        format: str,
        streams: Sequence[PacketType] = (),
        *,
        overwrite: bool = True,
    ) -> None:
        self.path = os.fspath(path)
        self.format = format
        self.copied, self.notes = held(format, streams)
        self._container: OutputContainer | None = None
        self._outputs: dict[int, Stream] = {}
        self._last: dict[int, int] = {}
        self.moved = 0
        self._file: OutputFile | None = OutputFile(path, overwrite=overwrite)

    @property
    def opened(self) -> bool:
        """Whether the header is written."""
        return self._container is not None

    @property
    def closed(self) -> bool:
        """Whether the file has its name or was given up."""
        return self._file is None

    def open(
        self,
        add_video: Callable[[OutputContainer], VideoStream],
        *,
        time_base: Fraction,
        video_index: int = 0,
        options: Mapping[str, str],
        metadata: Mapping[str, str],
        chapters: Sequence[Mapping[str, Any]] = (),
    ) -> VideoStream:
        """Add all streams in the order of the file they come from, and write the header.

        Args:
            add_video: adds the encoder's stream.
            time_base: of the pictures' time stamps; kept exactly where the container can.
            video_index: the place of the video among the copied streams.
            options: of the container.
            metadata: tags of the file.
            chapters: as the reader gives them.

        Returns:
            The video's stream.
        """
        if self._file is None:
            raise InvalidRequest(f"{self.path!r} is closed")
        try:
            container = av.open(
                f"file:{self._file.name}",  # a colon in the name is no protocol
                "w",
                format=self.format,
                container_options=self._options(time_base) | dict(options),
            )
        except FOREIGN as error:
            raise writing(self.path, error) from error
        self._container = container
        for copy in self.copied:
            if copy.index < video_index:
                self._outputs[copy.index] = add_copy(container, copy)
        video = add_video(container)
        for copy in self.copied:
            if copy.index >= video_index:
                self._outputs[copy.index] = add_copy(container, copy)
        container.metadata.update(metadata)
        if chapters:
            listed: Any = [dict(chapter) for chapter in chapters]
            container.set_chapters(listed)
        try:
            container.start_encoding()
        except FOREIGN as error:
            raise writing(self.path, error) from error
        return video

    def _options(self, time_base: Fraction) -> dict[str, str]:
        if self.format in ISO:
            # Otherwise the muxer picks a scale of its own and time stamps are rounded to it; and
            # starts other than 0 are rounded to the scale of the whole file.
            bases = [time_base, *(copy.time_base for copy in self.copied if copy.time_base)]
            common = math.lcm(*(base.denominator for base in bases))
            return {
                "video_track_timescale": str(time_base.denominator),
                "movie_timescale": str(common if common < 1 << 31 else time_base.denominator),
            }
        if self.format in ("matroska", "webm"):
            # Otherwise every stream is shifted because the first dts is negative.
            return {"avoid_negative_ts": "disabled"}
        return {}

    def write(self, packet: Packet[Any]) -> None:
        """Write a packet of a stream of this file; packets are interleaved by dts.

        Raises:
            DiskFull, AccessDenied, Fail: it cannot be written.
        """
        try:
            if self._container is not None:
                self._container.mux_one(packet)
        except FOREIGN as error:
            raise writing(self.path, error) from error

    def copy(self, item: EncodedPacket) -> None:
        """Write a packet of another file's stream; dropped where this file lacks the stream."""
        stream = self._outputs.get(item.type.index)
        if stream is not None:
            self._set_going_on(item)
            item.packet.stream = stream
            self.write(item.packet)

    def _set_going_on(self, item: EncodedPacket) -> None:
        """Move a packet behind the one before if its time stamp does not go on."""
        packet = item.packet
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None:
            return
        before = self._last.get(item.type.index)
        late = 0 if before is None else max(0, before + 1 - stamp)
        if late and item.type.kind == "audio":
            packet.dts = stamp + late
            packet.pts = max(packet.dts, packet.pts or 0)
            self.moved += 1
        self._last[item.type.index] = stamp + late

    def finish(self) -> None:
        """Write what is left and the trailer; the file keeps its temporary name.

        Raises:
            DiskFull, AccessDenied, Fail: it cannot be finished.
        """
        try:
            if self._container is not None:
                self._container.close()
        except FOREIGN as error:
            raise writing(self.path, error) from error

    def commit(self) -> None:
        """Give the finished file its name.

        Raises:
            OutputExists, DiskFull, AccessDenied, Fail: it cannot be named; it is removed.
        """
        file, self._file = self._file, None
        if file is not None:
            file.commit()

    def abort(self) -> None:
        """Remove what was written; nothing happens after `commit`."""
        container, self._container = self._container, None
        file, self._file = self._file, None
        try:
            if container is not None and file is not None:
                with contextlib.suppress(*FOREIGN):
                    container.close()
        finally:
            if file is not None:
                file.discard()


def held(format: str, streams: Sequence[PacketType]) -> tuple[tuple[PacketType, ...], list[str]]:
    """Return the streams that a container can hold, and a note on each of the others.

    Raises:
        InvalidMediaType: a container that is made for sound cannot hold this sound.
    """
    copied, notes = [], []
    for stream in streams:
        reason = refusal(format, stream)
        if reason is None:
            copied.append(stream)
        elif stream.kind == "audio" and holds_audio(format):
            raise InvalidMediaType(
                f"{format} cannot hold the audio stream {stream} ({reason}); "
                "write to .mkv, which takes almost anything"
            )
        else:
            notes.append(f"stream {stream} is left out: {format} cannot hold it; .mkv might")
    return tuple(copied), notes
