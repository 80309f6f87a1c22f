"""Reader: a video file as a sequence of samples."""

from __future__ import annotations

import bisect
import itertools
import math
import os
from collections.abc import Iterator
from fractions import Fraction
from typing import Self, overload

from av.video.frame import VideoFrame

from gpumft.errors import InvalidIndex, InvalidPosition, InvalidRequest, Truncated
from gpumft.media.times import HNS_PER_SECOND, Time, to_hns
from gpumft.pipeline.files.decoder import Decoder
from gpumft.pipeline.files.frames import repack, sample_of
from gpumft.pipeline.files.packets import EncodedPacket, PacketType, fresh_metadata, is_end
from gpumft.pipeline.files.stream_type import (
    frame_key,
    frame_tags,
    orientation_of,
    stream_facts,
    video_type,
)
from gpumft.samples import Sample


class Reader:
    """The main video of a file, decoded into samples; other streams as opaque packets.

    Iterating goes on from where reading stands; `seek` moves it, and indexing leaves it alone.

    Attributes:
        path: the file; or a pipe, such as /dev/stdin, which is read once and cannot be sought.
        device: as given; samples lie in host memory, which every device takes.
        type: the `VideoType` of the first frame. Colour that the file does not state stays None.
        orientation: how pictures must be turned to be seen upright; `type.rotation` is its angle.
        time_base: seconds per unit of `Sample.pts`, exact.
        duration: hns, as the header says, or None.
        frames: pictures, as the header says, or None.
        audio: a `PacketType` for each audio stream.
        streams: a `PacketType` for each stream that is not decoded.
        metadata: the file's tags.
        warnings: what could not be honoured; may grow while reading.
        damage: what was lost because the file is damaged or cut off; filled while reading.

    Thread-safety: one thread at a time.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, device: object = None, hwaccel: str = "auto"
    ) -> None:
        self.path = os.fspath(path)
        self.device = device
        self._hwaccel = hwaccel
        self._decoder = Decoder(path, hwaccel=hwaccel)
        self._random: Decoder | None = None
        self._index: list[int] | None = None
        self._closed = False
        try:
            self._facts = stream_facts(self._decoder.container, self._decoder.stream)
            self._first = self._find_first()
        except BaseException:
            self._decoder.close()
            raise

    def _find_first(self) -> list[VideoFrame | EncodedPacket]:
        """Decode up to the first frame: it tells what the container does not."""
        self._items: Iterator[VideoFrame | EncodedPacket] = self._decoder.items()
        waiting: list[VideoFrame | EncodedPacket] = []
        first: VideoFrame | None = None
        for item in self._items:
            waiting.append(item)
            if isinstance(item, VideoFrame):
                first = item
                break
        if first is None:
            lost = f" ({'; '.join(self._decoder.damage)})" if self._decoder.damage else ""
            raise Truncated(f"{self.path!r} has a video stream without a single picture{lost}")
        self.orientation, note = orientation_of(first)
        frame, format = repack(first)
        self.type = video_type(first, format, self._facts, self.orientation)
        self._key = frame_key(first)
        self._current = self.type
        self._expected: Fraction | None = None
        self.warnings = self._decoder.warnings  # which may learn more while reading
        self.warnings += [note] if note else []
        if frame is not first:
            self.warnings.append(
                f"the decoder's {first.format.name} is repacked as {format} by swscale"
            )
        unknown = frame_tags(first, self._facts).unknown()
        self.unknown_tags = unknown
        self.warnings += [
            f"the file's {name} is tagged {number}, which has no name here; taken as unspecified"
            for name, number in unknown.items()
        ]
        return waiting

    # --- What the file says ---

    @property
    def time_base(self) -> Fraction:
        """Seconds per unit of `Sample.pts`."""
        return self._decoder.time_base

    @property
    def start(self) -> int:
        """The time stamp, in hns, at which the file begins; 0 where it begins at 0 or earlier."""
        return round(self._decoder.start * HNS_PER_SECOND)

    @property
    def duration(self) -> int | None:
        """Length in hns as the header says, or None."""
        seconds = self._decoder.duration
        return None if seconds is None else round(seconds * HNS_PER_SECOND)

    @property
    def frames(self) -> int | None:
        """Number of pictures as the header says, or None; `count_frames` looks."""
        tagged = self._decoder.stream.metadata.get("NUMBER_OF_FRAMES", "")
        return self._decoder.claimed or (int(tagged) if tagged.isdigit() else None)

    @property
    def counts_exactly(self) -> bool:
        """Whether `frames` is exact by the container's nature, as in MP4 and its kin."""
        return self._decoder.counts_exactly

    @property
    def codec(self) -> str:
        """The name of the decoder, such as "h264"."""
        return self._decoder.stream.codec_context.name

    @property
    def container(self) -> str:
        """FFmpeg's name of the container format."""
        return self._decoder.container.format.name

    @property
    def streams(self) -> tuple[PacketType, ...]:
        """Every stream that is not decoded."""
        return self._decoder.others

    @property
    def audio(self) -> tuple[PacketType, ...]:
        """The audio streams."""
        return tuple(stream for stream in self.streams if stream.kind == "audio")

    @property
    def video_index(self) -> int:
        """The place of the decoded stream in the file."""
        return self._decoder.index

    @property
    def metadata(self) -> dict[str, str]:
        """The file's tags, without those of its container format."""
        return fresh_metadata(self._decoder.container.metadata)

    @property
    def stream_metadata(self) -> dict[str, str]:
        """The video stream's tags."""
        return fresh_metadata(self._decoder.stream.metadata)

    @property
    def chapters(self) -> list[dict[str, object]]:
        """The file's chapters: id, start, end, time_base, metadata."""
        return [dict(chapter) for chapter in self._decoder.chapters]

    @property
    def damage(self) -> list[str]:
        """What was lost so far because the file is damaged or cut off."""
        return self._decoder.damage

    # --- Reading on ---

    def __iter__(self) -> Iterator[Sample]:
        """Yield the samples from here to the end."""
        return (item for item in self.items() if isinstance(item, Sample))

    def items(self) -> Iterator[Sample | EncodedPacket]:
        """Yield samples and the packets of other streams, in the order of the file."""
        while True:
            item = self._first.pop(0) if self._first else next(self._items, None)
            if item is None:
                return
            yield self._sample(item) if isinstance(item, VideoFrame) else item

    def seek(self, time: Time) -> None:
        """Move so that the next sample is the one that is seen at `time`.

        Args:
            time: hns, a timedelta, or a Fraction of seconds; before the first sample is the first.

        Raises:
            InvalidPosition: `time` lies behind the last sample.
        """
        hns = to_hns(time)
        # The last pts whose rounded time is not later: a sample's own time finds that sample.
        pts = math.ceil(Fraction(2 * hns + 1, 2 * HNS_PER_SECOND) / self.time_base) - 1
        passed, self._items = self._decoder.items_from(pts)
        self._expected = None
        waiting: list[VideoFrame | EncodedPacket] = []
        before: VideoFrame | None = None
        for item in itertools.chain(passed, self._items):
            if not isinstance(item, VideoFrame):
                waiting.append(item)
            elif self._pts(item) > pts:
                self._first = [*waiting, *([before] if before else []), item]
                return
            else:
                before = item
        if before is None or not self._seen(before, pts):
            raise InvalidPosition(
                f"{hns / HNS_PER_SECOND:g} s lies behind the last picture of {self.path!r}"
            )
        self._first = [*waiting, before]

    def _seen(self, last: VideoFrame, pts: int) -> bool:
        """Whether the last picture of the file is still seen at `pts`."""
        begins = self._pts(last)
        return begins == pts or begins + self._length(last) > pts

    # --- Indexing ---

    @overload
    def __getitem__(self, index: int) -> Sample: ...

    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...

    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        """Return the sample with this number in order of presentation, from 0; -1 is the last.

        The file is opened a second time, so that reading on is not disturbed.

        Raises:
            InvalidIndex: there is no such sample.
        """
        count = self.count_frames()
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(count))]
        number = index + count if index < 0 else index
        if not 0 <= number < count:
            raise InvalidIndex(f"picture {index} is not there: {self.path!r} has {count}")
        wanted = self._timeline()[number]
        decoder = self._other_pass()
        passed, rest = decoder.items_from(wanted, others=False)
        for item in itertools.chain(passed, rest):
            if isinstance(item, VideoFrame) and item.pts is not None and item.pts >= wanted:
                return self._sample(item, own=False)
        raise InvalidIndex(f"picture {index} of {self.path!r} cannot be decoded")

    def count_frames(self) -> int:
        """Return how many pictures there are, from the packets (nothing is decoded)."""
        return len(self._timeline())

    def _timeline(self) -> list[int]:
        """The pts of every picture, sorted."""
        if self._index is None:
            decoder = self._other_pass()
            packets = decoder.container.demux(decoder.stream)
            found: list[int] = []
            for packet in packets:
                if packet.pts is not None and not is_end(packet) and not packet.is_discard:
                    bisect.insort(found, packet.pts)
            self._index = found
        return self._index

    def _other_pass(self) -> Decoder:
        if self._closed:
            raise InvalidRequest(f"{self.path!r} is closed")
        if self._random is None:
            if self._decoder.reads_once:
                raise InvalidRequest(f"{self.path!r} is a pipe, read once: write it to a file")
            self._random = Decoder(self.path, hwaccel=self._hwaccel)
        return self._random

    # --- Samples ---

    def _pts(self, frame: VideoFrame) -> int:
        if frame.pts is not None:
            return frame.pts
        return 0 if self._expected is None else round(self._expected)

    def _length(self, frame: VideoFrame) -> Fraction:
        """How long a frame is seen, in units of the time base; 0 if nothing tells."""
        if not frame.duration and self.type.frame_rate:
            return 1 / self.type.frame_rate / self.time_base
        return Fraction(frame.duration or 0)

    def _sample(self, frame: VideoFrame, *, own: bool = True) -> Sample:
        base = self.time_base
        pts = self._pts(frame)
        length = self._length(frame)
        packed, format = repack(frame)
        key = frame_key(frame)
        if key == self._key:
            kind = self._current
        else:  # the stream changed its mind in its middle
            kind = video_type(frame, format, self._facts, self.orientation)
            if own:
                self._key, self._current = key, kind
        sample = sample_of(packed, kind, pts=pts, time_base=base, duration=length)
        if own:
            self._expected = pts + length
        return sample

    # --- End ---

    def stop(self) -> None:
        """Let a pipe end here, also for a thread that waits for its bytes; files go on."""
        self._decoder.stop()

    def close(self) -> None:
        """Close the file. Samples already read, and what the file says, stay valid."""
        if not self._closed:
            self._closed = True
            self._first = []
            self._items = iter(())
            self._decoder.close()
            if self._random is not None:
                self._random.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Reader {self.path!r} {self.type}>"


def open(path: str | os.PathLike[str], *, device: object = None, hwaccel: str = "auto") -> Reader:
    """Open a video file for reading; see `Reader`.

    Args:
        path: the file.
        device: where samples are wanted; they lie in host memory, which every device takes.
        hwaccel: "auto" and "none" decode on the CPU; "cuda" on an NVIDIA GPU.

    Raises:
        FileMissing, InvalidArg (a folder), AccessDenied, InvalidStreamData (no video file, or none
        of its pictures is there), InvalidMediaType (no picture stream), DeviceUnavailable.

    Thread-safety: the reader is for one thread at a time.
    """
    return Reader(path, device=device, hwaccel=hwaccel)
