"""Writer: samples into a video file, beside packets copied from another."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import TracebackType
from typing import Any, Self

import av
from av.codec.codec import Codec
from av.container import OutputContainer
from av.video.stream import VideoStream

from gpumft.errors import InvalidMediaType, InvalidRequest, InvalidStreamData, InvalidTimestamp
from gpumft.media import VideoType
from gpumft.media.times import HNS_PER_SECOND
from gpumft.pipeline.files import codecs
from gpumft.pipeline.files.encoder_times import encoder_time_base, settle_decoding_times
from gpumft.pipeline.files.encoding import configure, split_options, type_tags, unwritten
from gpumft.pipeline.files.failures import encoding
from gpumft.pipeline.files.field_coding import FieldMarker
from gpumft.pipeline.files.frames import new_frame
from gpumft.pipeline.files.muxer import FOREIGN, Muxer, held
from gpumft.pipeline.files.native import fraction
from gpumft.pipeline.files.packets import EncodedPacket, PacketType
from gpumft.pipeline.files.shown import described, layout, shown_planes, shown_type
from gpumft.pipeline.files.temporary import check_place
from gpumft.samples import Sample


class Writer:
    """A video file being written. It gets its name when it is closed whole.

    Args:
        path: the file; its suffix chooses the container.
        type: of the samples: format, size, frame rate, colour tags. What its aperture hides is
            not written: the file's pictures are what it shows, and `notes` says so.
        codec: an encoder, "auto", or None; see `gpumft.pipeline.files.codecs.choose_codec`.
        options: of the encoder ("crf", "preset", "b" ...) and of the container ("movflags" ...).
        streams: streams to be copied beside the video, with `write_packet`.
        video_index: the place of the video among them.
        time_base: seconds per unit of the time stamps, kept exactly where the container and the
            encoder can; None takes it from the first sample.
        metadata: tags of the file.
        stream_metadata: tags of the video stream.
        chapters: as `Reader.chapters`.
        overwrite: whether an existing file may be replaced.

    Attributes:
        codec: the encoder chosen.
        frames: samples written so far.

    Raises:
        InvalidArg, InvalidMediaType: codec, container, options or size do not fit together, or
            the aperture does not begin on whole samples of chroma.
        OutputExists, FileMissing (no such folder), AccessDenied: the file cannot be made.

    Thread-safety: one thread at a time.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        type: VideoType,
        *,
        codec: str | None = codecs.DEFAULT_CODEC,
        options: Mapping[str, object] | None = None,
        streams: Sequence[PacketType] = (),
        video_index: int = 0,
        time_base: Fraction | None = None,
        metadata: Mapping[str, str] | None = None,
        stream_metadata: Mapping[str, str] | None = None,
        chapters: Sequence[Mapping[str, Any]] = (),
        overwrite: bool = True,
    ) -> None:
        self.path = os.fspath(path)
        self.type = type
        self._shown = shown_type(type)
        self.frames = 0
        container = codecs.container_of(path)
        self.codec = codecs.choose_codec(codec, container, type.format)
        self._options, muxer_options = split_options(self.codec, options)
        self._stream_metadata = dict(stream_metadata or {})
        self._opening: dict[str, Any] = {
            "video_index": video_index,
            "options": muxer_options,
            "metadata": dict(metadata or {}),
            "chapters": tuple(chapters),
        }
        self._tags = type_tags(type)
        self._marker = FieldMarker(type)
        self._notes = unwritten(container, self.codec, type)
        self._last_pts: int | None = None
        self._inexact = 0
        self._packets = 0
        self._time_base = time_base
        if time_base is None:  # the file is opened with the first sample; errors come now
            _try(self.codec, self._shown, Fraction(1, 90_000), self._options)
        self._muxer = Muxer(path, container, streams, overwrite=overwrite)
        try:
            if time_base is not None:
                self._start(time_base)
        except BaseException:
            self.abort()
            raise

    def _start(self, time_base: Fraction) -> None:
        """Open the encoder and write the header."""
        self._wanted_base = time_base
        time_base = self._time_base = encoder_time_base(self.codec, self.type, time_base)

        def add_video(container: OutputContainer) -> VideoStream:
            added: Any = container.add_stream(self.codec, rate=self.type.frame_rate or Fraction(25))
            stream: VideoStream = added
            configure(stream.codec_context, self._shown, time_base, self._options)
            stream.time_base = time_base
            stream.metadata.update(self._stream_metadata)
            return stream

        self._stream = self._muxer.open(add_video, time_base=time_base, **self._opening)
        self._kept_base = fraction(self._stream.time_base) or time_base

    @property
    def copied(self) -> tuple[PacketType, ...]:
        """The streams that are copied beside the video."""
        return self._muxer.copied

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be kept: streams that the container cannot hold, metadata, times."""
        notes = [*self._muxer.notes, *self._notes]
        if self._inexact and self._time_base != self._wanted_base:
            notes.append(
                f"{self.codec} counts time in units of {self._time_base} s; "
                f"{self._inexact} time stamps were rounded to them"
            )
        elif self._inexact:
            notes.append(
                f"{self._muxer.format} keeps times in units of {self._kept_base} s; "
                f"{self._inexact} time stamps in {self._time_base} s were rounded to them"
            )
        if self._muxer.moved:
            notes.append(f"{self._muxer.moved} time stamps of sound did not go on and were moved")
        return tuple(notes)

    # --- Writing ---

    def write(self, sample: Sample) -> None:
        """Encode one sample.

        Its exact time stamp (`pts`, `time_base`) wins over `time`; without either, pictures follow
        each other at the type's frame rate.

        Raises:
            InvalidMediaType: the sample is not of this file's format, size and aperture.
            InvalidTimestamp: it is not later than the sample before it, or has no time at all.
            DiskFull, Fail: the file cannot be written; call `abort`, or leave the `with` block.
        """
        kind = sample.type or self.type
        if layout(kind) != layout(self.type):
            raise InvalidMediaType(
                f"{self.path!r} takes {described(self.type)}, the sample is {described(kind)}"
            )
        if self._muxer.closed:
            raise InvalidRequest(f"{self.path!r} is closed")
        if not self._muxer.opened:
            self._start(self._natural_time_base(sample))
        base = self._time_base or Fraction(1, HNS_PER_SECOND)
        seconds = self._seconds(sample)
        pts = round(seconds / base)
        if self._last_pts is not None and pts <= self._last_pts:
            raise InvalidTimestamp(
                f"picture {self.frames} is at {pts} x {base} s, not after the one before it "
                f"({self._last_pts})"
            )
        planes = shown_planes(sample.on_host().planes, self.type)
        frame = new_frame(planes, self._shown.format.value, self._shown.size)
        frame.pts, frame.time_base = pts, base
        # The last picture's length ends the file: at length 0 it would not be shown.
        frame.duration = max(1, round(self._length(sample) / base))
        frame.colorspace, frame.color_range = self._tags.matrix, self._tags.range
        frame.color_primaries, frame.color_trc = self._tags.primaries, self._tags.transfer
        self._encode(self._marker.marked(frame))
        self._last_pts = pts
        units = seconds / base if base != self._wanted_base else pts * base / self._kept_base
        self._inexact += units.denominator != 1
        self.frames += 1

    def _natural_time_base(self, sample: Sample) -> Fraction:
        if sample.pts is not None and sample.time_base is not None:
            return sample.time_base
        if sample.time is not None or self.type.frame_rate is None:
            return Fraction(1, HNS_PER_SECOND)
        return 1 / self.type.frame_rate

    def _seconds(self, sample: Sample) -> Fraction:
        if sample.pts is not None and sample.time_base is not None:
            return sample.pts * sample.time_base
        if sample.time is not None:
            return Fraction(sample.time, HNS_PER_SECOND)
        if self.type.frame_rate is not None:
            return self.frames / self.type.frame_rate
        raise InvalidTimestamp("the sample has no time and the type no frame rate; set one of them")

    def _length(self, sample: Sample) -> Fraction:
        if sample.duration is not None:
            return Fraction(sample.duration, HNS_PER_SECOND)
        return 1 / (self.type.frame_rate or Fraction(25))

    def _encode(self, frame: av.VideoFrame | None) -> None:
        try:
            packets = self._stream.encode(frame)
        except FOREIGN as error:
            raise encoding(self.codec, described(self._shown), error) from error
        if frame is None and not self._packets:
            settle_decoding_times(self.codec, packets, self.frames)
        for packet in packets:
            self._muxer.write(packet)
            self._packets += 1

    def write_packet(self, item: EncodedPacket) -> None:
        """Copy one packet of another stream; its time stamps stay as they are.

        Packets of streams that this file does not have are dropped.

        Raises:
            InvalidRequest: no time base was given and no sample was written yet.
            DiskFull, Fail: the file cannot be written.
        """
        if not self._muxer.opened:
            raise InvalidRequest("write a sample first, or give time_base")
        self._muxer.copy(item)

    # --- End ---

    def finish(self) -> None:
        """Encode what is left and end the file; `commit` then gives it its name.

        Raises:
            InvalidStreamData: no sample was written; there is no file then.
            DiskFull, AccessDenied, Fail: the file cannot be finished; it is removed.
        """
        if self.frames == 0:
            self.abort()
            raise InvalidStreamData(f"no picture was written to {self.path!r}; nothing is kept")
        try:
            self._encode(None)
            self._muxer.finish()
        except BaseException:
            self.abort()
            raise
        if self._packets != self.frames:
            self._notes.append(f"{self.codec} made {self._packets} of {self.frames} pictures")

    def commit(self) -> None:
        """Give the finished file its name.

        Raises:
            OutputExists, DiskFull, AccessDenied, Fail: it cannot be named; it is removed.
        """
        self._muxer.commit()

    def close(self) -> None:
        """`finish` and `commit`; nothing happens when that was done, or after `abort`."""
        if not self._muxer.closed:
            self.finish()
            self.commit()

    def abort(self) -> None:
        """Give the file up and remove what was written; nothing happens after `commit`."""
        self._muxer.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def __repr__(self) -> str:
        return f"<Writer {self.path!r} {self.codec} {self.type}>"


def create(
    path: str | os.PathLike[str],
    type: VideoType,
    *,
    codec: str | None = codecs.DEFAULT_CODEC,
    options: Mapping[str, object] | None = None,
    overwrite: bool = True,
    **more: Any,
) -> Writer:
    """Open a video file for writing; see `Writer` for arguments and errors.

    Thread-safety: the writer is for one thread at a time.
    """
    return Writer(path, type, codec=codec, options=options, overwrite=overwrite, **more)


def rehearse(
    path: str | os.PathLike[str],
    type: VideoType,
    *,
    codec: str,
    options: Mapping[str, object] | None,
    streams: Sequence[PacketType],
    time_base: Fraction,
    overwrite: bool,
) -> tuple[tuple[PacketType, ...], list[str]]:
    """Check what `Writer` would check with the same arguments. Nothing is written.

    Returns:
        The streams that would be copied, and notes on what could not be kept.

    Raises:
        InvalidArg, InvalidMediaType, OutputExists, FileMissing, AccessDenied: as `Writer`.

    Thread-safety: any thread.
    """
    container = codecs.container_of(path)
    name = codecs.choose_codec(codec, container, type.format)
    _try(name, shown_type(type), time_base, split_options(name, options)[0])
    copied, notes = held(container, streams)
    check_place(path, overwrite=overwrite)
    return copied, [*notes, *unwritten(container, name, type)]


def _try(codec: str, type: VideoType, time_base: Fraction, options: dict[str, str]) -> None:
    """Open an encoder and let it go."""
    base = encoder_time_base(codec, type, time_base)
    configure(Codec(codec, "w").create("video"), type, base, options)
