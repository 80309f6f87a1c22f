"""Streams that are copied, not decoded: audio, subtitles, data, attachments, cover pictures."""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition, Stream

from gpumft.errors import InvalidMediaType, InvalidRequest
from gpumft.pipeline.files.native import fraction, tags

_STALE = ("duration", "number_of_frames", "number_of_bytes", "bps", "_statistics")
_CONTAINER_OWN = ("major_brand", "minor_version", "compatible_brands", "encoder", "vendor_id")


@dataclass(frozen=True, slots=True)
class PacketType:
    """What one copied stream carries. Its packets are opaque.

    Thread-safety: immutable.

    Attributes:
        index: its place in the file that it comes from.
        kind: audio, subtitle, data, attachment, video (a cover picture or a second video).
        codec: FFmpeg's name of the codec, or "" if there is none.
        time_base: seconds per unit of its time stamps, or None.
        language: ISO 639 code, or None.
        sample_rate: samples per second of audio, or None.
        channels: audio channels, or None.
        metadata: its tags.
    """

    index: int
    kind: str
    codec: str
    time_base: Fraction | None = None
    language: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    stream: Any = field(default=None, compare=False, repr=False)
    """The video library's stream; it serves as template for the copy."""

    def __str__(self) -> str:
        words = [self.kind, str(self.index), self.codec]
        if self.sample_rate:
            words.append(f"{self.sample_rate} Hz {self.channels} channels")
        if self.language and self.language != "und":
            words.append(self.language)
        return " ".join(word for word in words if word)


@dataclass(slots=True)
class EncodedPacket:
    """A packet on its way from one file to another.

    Thread-safety: none; hand it over, do not share it.
    """

    type: PacketType
    packet: Packet[Stream]


def packet_type(stream: Stream) -> PacketType:
    """Describe a stream of an input file."""
    own = tags(stream.metadata)
    context: Any = stream.codec_context  # None where FFmpeg has no decoder
    return PacketType(
        index=stream.index,
        kind=stream.type,
        codec=str(context.name) if context else "",
        time_base=fraction(stream.time_base),
        language=own.get("language"),
        sample_rate=getattr(context, "sample_rate", None),
        channels=getattr(context, "channels", None),
        metadata=MappingProxyType(own),
        stream=stream,
    )


def is_end(packet: Packet[Any]) -> bool:
    """Whether a packet is the empty one by which the demuxer ends a stream."""
    return packet.size == 0 and packet.dts is None and packet.pts is None


def fresh_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return a file's or stream's tags without those that describe the old file."""
    return {
        key: value
        for key, value in tags(metadata).items()
        if key.lower() not in _CONTAINER_OWN and not key.lower().startswith(_STALE)
    }


def refusal(container: str, type: PacketType) -> str | None:
    """Say why a container format cannot hold a stream, or return None if it can.

    Found by writing a header to memory: the muxer knows best.

    Args:
        container: FFmpeg's name of the format.
        type: the stream.

    Raises:
        InvalidRequest: the file that it comes from is closed.
    """
    if type.kind == "unknown" or (type.kind in ("audio", "subtitle") and not type.codec):
        return "its codec is not known"
    _check_open(type)
    scratch = av.open(io.BytesIO(), "w", format=container)
    try:
        _add(scratch, type)
        scratch.start_encoding()
    except (FFmpegError, ValueError) as error:
        return str(getattr(error, "strerror", None) or error).lower()
    finally:
        with contextlib.suppress(FFmpegError, ValueError):
            scratch.close()
    return None


@functools.cache
def holds_audio(container: str) -> bool:
    """Whether a container format is made for sound too."""
    return av.open(io.BytesIO(), "w", format=container).default_audio_codec != "none"


def add_copy(container: OutputContainer, type: PacketType) -> Stream:
    """Add a stream to `container` that takes the packets of `type`.

    Raises:
        InvalidMediaType: the container cannot hold it; ask `refusal` first.
        InvalidRequest: the file that the stream comes from is closed.
    """
    _check_open(type)
    try:
        return _add(container, type)
    except (FFmpegError, ValueError) as error:
        raise InvalidMediaType(f"{container.format.name} cannot hold stream {type}") from error


def _check_open(type: PacketType) -> None:
    """Check that a stream is still there to be described; PyAV 18 would read freed memory."""
    if not len(type.stream.container.streams):
        raise InvalidRequest(f"the file that stream {type} comes from is closed; keep it open")


def _add(container: OutputContainer, type: PacketType) -> Stream:
    template = type.stream
    stream: Stream = container.add_stream_from_template(template, opaque=True)
    stream.metadata.clear()
    stream.metadata.update(fresh_metadata(template.metadata))
    stream.disposition = Disposition(template.disposition)
    return stream
