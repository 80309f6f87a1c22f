"""One pass over a file: its main video decoded, everything else as packets, damage noted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.format import Flags
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gpumft.errors import (
    DeviceUnavailable,
    InvalidArg,
    InvalidMediaType,
    InvalidRequest,
    Truncated,
)
from gpumft.pipeline.files.failures import reading
from gpumft.pipeline.files.native import TOLERANT, fraction, tags
from gpumft.pipeline.files.packets import EncodedPacket, PacketType, is_end, packet_type
from gpumft.pipeline.files.pipes import Pipe
from gpumft.pipeline.files.timeline import Timeline

_TOLERANCE = Fraction(1, 2)
"""Seconds by which a file may end before its header says without counting as cut off."""

HWACCELS = ("auto", "none", "cuda")


class Decoder:
    """A file opened for reading.

    Args:
        path: the file.
        hwaccel: "auto" and "none" decode on the CPU; "cuda" on an NVIDIA GPU.

    Raises:
        FileMissing, InvalidArg (a folder), AccessDenied, InvalidStreamData (no video file),
        InvalidMediaType (no picture stream), DeviceUnavailable.

    Attributes:
        index: the video's place among the streams.
        claimed: pictures, as the header says; 0 if it does not.
        time_base: seconds per unit of the video's time stamps.
        duration: seconds that the header claims for the video or the file, or None.
        start: seconds: the time stamp at which the file begins; 0 where it is 0 or earlier.
        chapters: id, start, end, time_base and metadata of each.
        others: the streams that are not decoded.
        warnings: what could not be honoured.
        damage: what was lost.

    Thread-safety: none.
    """

    def __init__(self, path: str | os.PathLike[str], *, hwaccel: str = "auto") -> None:
        if hwaccel not in HWACCELS:
            raise InvalidArg(f"hwaccel is {hwaccel!r}; choose one of {', '.join(HWACCELS)}")
        self.path = os.fspath(path)
        self.warnings: list[str] = []
        self.damage: list[str] = []
        self.container, self._pipe = _open(self.path, hwaccel)
        self._closed = False
        try:
            self._check_pipe()
            self.stream = _main_video(self.container, self.path)
        except BaseException:
            self.close()
            raise
        self.stream.thread_type = "AUTO"  # frames too, not only slices
        self.others: tuple[PacketType, ...] = tuple(
            packet_type(s) for s in self.container.streams if s.index != self.stream.index
        )
        self._types = {t.index: t for t in self.others}
        self._read_header()
        jumps = Flags(self.container.format.flags) & Flags.ts_discont
        self._timeline = Timeline() if jumps else None
        self._whole_pass = True
        self._packets = 0
        self._ends: dict[int, Fraction] = {}

    def close(self) -> None:
        """Close the file; what its header says stays known."""
        self._closed = True
        self.container.close()
        if self._pipe is not None:
            self._pipe.close()

    @property
    def reads_once(self) -> bool:
        """Whether the input is a pipe: it cannot be opened again, and nothing in it comes back."""
        return self._pipe is not None

    def stop(self) -> None:
        """Wait no longer for a pipe: it ends here. Takes no lock; from any thread."""
        if self._pipe is not None:
            self._pipe.stop()

    def _check_pipe(self) -> None:
        if self._pipe is not None:
            self._pipe.check()

    def _read_header(self) -> None:
        """Take what is wanted later too: a closed file's streams cannot be asked."""
        self.index = self.stream.index
        self.claimed = self.stream.frames
        self.time_base = fraction(self.stream.time_base) or Fraction(1, 90_000)
        self.duration = self._claimed_duration()
        self.start = Fraction(max(0, self.container.start_time or 0), 1_000_000)
        self.chapters: list[dict[str, object]] = [
            {
                **chapter,
                "time_base": fraction(chapter["time_base"]),
                "metadata": tags(chapter["metadata"]),
            }
            for chapter in self.container.chapters()
        ]

    def _claimed_duration(self) -> Fraction | None:
        if self.stream.duration is not None and self.stream.duration > 0:
            return self.stream.duration * self.time_base
        tagged = _clock(self.stream.metadata.get("DURATION", ""))
        if tagged:
            return tagged
        if self.container.duration:
            return Fraction(self.container.duration, 1_000_000)
        return None

    @property
    def counts_exactly(self) -> bool:
        """Whether the header counts pictures exactly; AVI, for one, counts empty ones too."""
        return self.container.format.name.startswith("mov,")

    def seek(self, pts: int) -> None:
        """Move to the key picture at or before `pts`."""
        if self._closed:
            raise InvalidRequest(f"{self.path!r} is closed")
        self._whole_pass = False
        try:
            self.container.seek(pts, stream=self.stream)
        except FFmpegError as error:
            raise reading(self.path, error) from error

    def items_from(
        self, pts: int, *, others: bool = True
    ) -> tuple[list[VideoFrame | EncodedPacket], Iterator[VideoFrame | EncodedPacket]]:
        """Move to a picture at or before `pts` that can be decoded.

        Containers without an index, MPEG-TS for one, seek by guess and may land too late.

        Returns:
            What comes up to the first picture, and an iterator over the rest. The picture is
            later than `pts` only if the file begins with it; there is none where all are earlier
            and cannot be decoded.
        """
        step = second = max(1, round(1 / self.time_base))
        back, beginning = pts, round(self.start / self.time_base) - second
        while True:
            self.seek(back)
            rest = self.items(others=others)
            passed: list[VideoFrame | EncodedPacket] = []
            for item in rest:
                passed.append(item)
                if isinstance(item, VideoFrame):
                    break
            found = passed[-1] if passed else None
            early = isinstance(found, VideoFrame) and (found.pts is None or found.pts <= pts)
            if early or back < beginning:
                return passed, rest
            back, step = back - step, step * 2

    def items(self, *, others: bool = True) -> Iterator[VideoFrame | EncodedPacket]:
        """Yield frames and the packets of other streams, in the order of the file.

        Damage does not raise: what can be decoded is yielded and `damage` says what was lost.

        Args:
            others: whether packets of other streams are wanted.
        """
        wanted: tuple[Any, ...] = tuple(self.container.streams) if others else (self.stream,)
        packets = self.container.demux(*wanted)
        while True:
            try:
                packet: Packet[Stream] | None = next(packets, None)
            except FFmpegError as error:
                self._check_pipe()
                self._note(f"reading stopped: {_words(error)}")
                yield from self._flush()
                break
            self._check_pipe()
            if packet is None:
                break
            if self._timeline is not None and self._whole_pass:
                self._timeline.place(packet)
            index = packet.stream.index  # an end packet's own stream_index is always 0
            if index != self.index:
                self._count(packet)
                if not is_end(packet) and not packet.is_corrupt:
                    yield EncodedPacket(self._types[index], packet)
                continue
            yield from self._decode(packet)
        self._check_end()

    def _decode(self, packet: Packet[Any]) -> Iterator[VideoFrame]:
        if not is_end(packet):
            self._packets += 1
            if packet.is_corrupt:
                self._note("a picture's data is cut off")
                return
            self._count(packet)
        try:
            yield from packet.decode()
        except InvalidDataError:
            self._note("a picture's data is damaged")
        except FFmpegError as error:
            raise reading(self.path, error) from error

    def _flush(self) -> Iterator[VideoFrame]:
        try:
            yield from self.stream.decode(None)
        except FFmpegError:
            self._note("the last pictures could not be decoded")

    def _count(self, packet: Packet[Any]) -> None:
        start = packet.pts if packet.pts is not None else packet.dts
        base = fraction(packet.time_base)
        if start is not None and base is not None:
            end = (start + (packet.duration or 0)) * base
            self._ends[packet.stream_index] = max(
                self._ends.get(packet.stream_index, Fraction(0)), end
            )

    def _check_end(self) -> None:
        """Compare what was there with what the header claims."""
        if not self._whole_pass:
            return
        if self._timeline is not None and self._timeline.jumps:
            self.warnings.append(
                f"the time stamps jump {self._timeline.jumps} times; what follows goes on there"
            )
            return  # the length that the header tells is none
        video_end = self._ends.get(self.index, Fraction(0))
        last = max(self._ends.values(), default=Fraction(0))
        length = Fraction(self.container.duration or 0, 1_000_000)
        first = Fraction(self.container.start_time or 0, 1_000_000)
        if self.container.format.name.startswith("matroska"):
            first = Fraction(0)  # its length is the time of its end
        short = length and first + length - last > _TOLERANCE
        if short or self._pictures_missing(video_end):
            of = f" of {self.claimed}" if self.claimed else ""
            self._note(
                f"the file is cut off: {self._packets}{of} pictures, "
                f"{float(video_end):.2f} s of {float(self.duration or length):.2f} s"
            )

    def _pictures_missing(self, end: Fraction) -> bool:
        """Whether the video ends earlier than its own header says.

        Matroska tags a stream with its length; its last picture may lack a duration.
        """
        start = (self.stream.start_time or 0) * self.time_base
        gap = (end - start) / max(1, self._packets)
        if self.counts_exactly and self.stream.duration:
            whole = self.stream.duration * self.time_base
            return self.claimed > self._packets and start + whole - end > gap / 2
        tagged = _clock(self.stream.metadata.get("DURATION", ""))
        return tagged is not None and tagged - end > gap * 3 / 2

    def _note(self, damage: str) -> None:
        if damage not in self.damage:
            self.damage.append(damage)


def _open(path: str, hwaccel: str) -> tuple[InputContainer, Pipe | None]:
    if not path:
        raise InvalidArg("the input has no name; give a video file")
    if "://" not in path:
        if not Path(path).exists():
            raise reading(path, FileNotFoundError(2, "No such file"))
        if Path(path).is_dir():
            raise reading(path, IsADirectoryError(21, "Is a directory"))
        if Path(path).is_file() and Path(path).stat().st_size == 0:
            raise Truncated(f"{path!r} is empty")
    name = path if "://" in path else f"file:{path}"  # a colon in a name is no protocol
    accelerator = HWAccel("cuda", allow_software_fallback=False) if hwaccel == "cuda" else None
    pipe: Pipe | None = None
    try:
        pipe = None if "://" in path else Pipe.of(path)
        opened: InputContainer = av.open(pipe or name, "r", hwaccel=accelerator, **TOLERANT)
    except (FFmpegError, OSError, ValueError, RuntimeError) as error:
        if pipe is not None:
            pipe.close()
            pipe.check()
        if accelerator is not None:
            raise DeviceUnavailable(
                f"decoding on the GPU is not possible here: {_words(error)}; use hwaccel='none'"
            ) from error
        raise reading(path, error) from error
    return opened, pipe


def _main_video(container: InputContainer, path: str) -> VideoStream:
    pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not pictures:
        kinds = sorted({s.type for s in container.streams})
        what = f"only {' and '.join(kinds)}" if kinds else "no stream at all"
        raise InvalidMediaType(f"{path!r} has no video: {what}")
    best = container.streams.best("video")
    stream = best if isinstance(best, VideoStream) and best in pictures else pictures[0]
    if stream.codec_context is None:
        raise InvalidMediaType(f"{path!r}: there is no decoder for its video")
    return stream


def _words(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error).lower()


def _clock(text: str) -> Fraction | None:
    """Read Matroska's H:MM:SS.nnnnnnnnn."""
    try:
        hours, minutes, seconds = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
    except ValueError:
        return None
