"""Choosing an encoder and the pixel format it is fed with."""

from __future__ import annotations

import contextlib
import functools
import io
import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
from av.codec.codec import Codec, UnknownCodecError
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import PixelFormat
from gpumft.pipeline.files.failures import encoding, nearest

DEFAULT_CODEC = "libx264"

_FAMILIAR = {
    "h264": "libx264",
    "x264": "libx264",
    "h265": "libx265",
    "hevc": "libx265",
    "x265": "libx265",
    "av1": "libsvtav1",
    "vp9": "libvpx-vp9",
    "vp8": "libvpx",
    "prores": "prores_ks",
}
"""Names of codecs, where users mean this encoder."""

_AUTO = (
    ("h264_nvenc", 8),
    ("hevc_nvenc", 10),
    ("libx264", 10),
    ("libx265", 12),
    ("libvpx-vp9", 8),
    ("libsvtav1", 10),
    ("ffv1", 16),
    ("mpeg4", 8),
)
"""(encoder, the depth it is good for) in the order in which `auto` tries them."""

_QUIET = {
    "libx265": {"x265-params": "log-level=none"},
}
"""Options that keep an encoder from writing to the terminal."""

_FULL_RANGE_ONLY = ("mjpeg",)


def encoder(name: str) -> Codec:
    """Return FFmpeg's encoder of this name, or the usual one of a codec of this name.

    Raises:
        InvalidArg: there is no such video encoder; the message offers the nearest.
    """
    try:
        codec = Codec(_FAMILIAR.get(name.lower(), name), "w")
    except (UnknownCodecError, ValueError) as error:
        hint = nearest(name, (*_video_encoders(), *_FAMILIAR))
        raise InvalidArg(
            f"unknown video codec {name!r}; {hint or 'try libx264, libx265, ffv1, prores_ks'}"
        ) from error
    if codec.type != "video":
        raise InvalidArg(f"{name!r} is a codec for {codec.type}, not for video; try libx264")
    return codec


@functools.cache
def _video_encoders() -> tuple[str, ...]:
    names = []
    for name in av.codecs_available:
        try:
            if Codec(name, "w").type == "video":
                names.append(name)
        except (UnknownCodecError, ValueError):
            continue
    return tuple(sorted(names))


def container_of(path: str | os.PathLike[str]) -> str:
    """Return FFmpeg's name of the container format that a file name asks for.

    Raises:
        InvalidArg: its suffix names none, or one that is no single file.
    """
    scratch = _scratch(Path(path).name or "x")
    if scratch is None:
        suffix = Path(path).suffix
        raise InvalidArg(
            f"the suffix {suffix!r} of {os.fspath(path)!r} names no container for video; "
            "use .mp4, .mkv, .mov or .webm"
        )
    if scratch.format.no_file:
        raise InvalidArg(
            f"{os.fspath(path)!r} asks for {scratch.format.long_name}, which is not one file of "
            "video; use .mp4, .mkv, .mov or .webm"
        )
    return scratch.format.name


class _Nowhere(io.BytesIO):
    """A place to write to whose name asks for a container format."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def _scratch(name: str) -> OutputContainer | None:
    try:
        return av.open(_Nowhere(name), "w")
    except (ValueError, FFmpegError):
        return None


@functools.cache
def container_holds(container: str, codec: str) -> bool:
    """Whether a container format holds the stream of an encoder.

    Found by writing a header to memory: the muxer knows best. An encoder of a GPU is stood in for
    by the software encoder of the same codec.
    """
    kind = encoder(codec)
    name = _FAMILIAR.get(kind.canonical_name, codec) if kind.name.endswith("_nvenc") else codec
    scratch = av.open(io.BytesIO(), "w", format=container)
    try:
        stream = scratch.add_stream(name, rate=25)
        context = stream.codec_context
        if isinstance(context, VideoCodecContext):
            context.width, context.height = 64, 64
            near = functools.partial(_distance, PixelFormat.YUV420P)
            context.pix_fmt = min(offered_formats(name), key=near).value
            context.options = default_options(name, {})
            if needs_full_range(kind.name):
                context.color_range = int(ColorRange.JPEG)
        scratch.start_encoding()
    except (FFmpegError, ValueError):
        return False
    finally:
        with contextlib.suppress(FFmpegError, ValueError):
            scratch.close()
    return True


def check_container(container: str, codec: str) -> None:
    """Check that a container format holds the stream of an encoder.

    Raises:
        InvalidMediaType: it does not; the message names one that does.
    """
    if not container_holds(container, codec):
        fitting = [
            c for c in ("mp4", "mov", "matroska", "webm", "avi") if container_holds(c, codec)
        ]
        cure = f"{' or '.join(fitting)} can hold it" if fitting else "choose another codec"
        raise InvalidMediaType(f"{container} cannot hold {codec} video; {cure}")


def choose_codec(name: str | None, container: str, wanted: PixelFormat) -> str:
    """Return the encoder to use.

    Args:
        name: an encoder, a codec, "auto" (the first candidate that opens on this machine, hardware
            first), or None (libx264 where the container holds it, else what `auto` finds).
        container: FFmpeg's name of the container format.
        wanted: the pixel format to be encoded.

    Raises:
        InvalidArg: unknown name.
        InvalidMediaType: the container cannot hold it, or nothing opens.
    """
    if name is None and container_holds(container, DEFAULT_CODEC):
        return DEFAULT_CODEC
    if name is not None and name != "auto":
        codec = encoder(name).name
        check_container(container, codec)
        return codec
    tried = []
    for candidate, _ in sorted(_AUTO, key=lambda entry: entry[1] < wanted.depth):
        if name is None and candidate.endswith("_nvenc"):
            continue  # hardware only when asked for
        if candidate in av.codecs_available and container_holds(container, candidate):
            format, _ = choose_format(candidate, wanted)
            reason = unusable(candidate, format)
            if reason is None:
                return candidate
            tried.append(f"{candidate}: {reason}")
    if not tried:
        raise InvalidMediaType(
            f"{container} holds no video that can be made here; use .mp4 or .mkv"
        )
    raise InvalidMediaType(
        f"no encoder for {container} works on this machine ({'; '.join(tried)}); use .mp4 or .mkv"
    )


@functools.cache
def unusable(codec: str, format: PixelFormat) -> str | None:
    """Say why an encoder cannot be used on this machine, or return None if it opens.

    Being listed means nothing: hardware encoders are, on machines without the hardware.
    """
    context = VideoCodecContext.create(codec, "w")
    if not isinstance(context, VideoCodecContext):  # pragma: no cover - by the caller's choice
        return "not a video encoder"
    context.width, context.height = 640, 360
    context.pix_fmt = format.value
    context.time_base = Fraction(1, 25)
    context.framerate = Fraction(25)
    context.options = default_options(codec, {})
    if needs_full_range(codec):
        context.color_range = int(ColorRange.JPEG)
    try:
        context.open()
    except (FFmpegError, ValueError) as error:
        if codec.endswith("_nvenc"):
            return "no NVIDIA driver, or a GPU without an encoder"
        return str(encoding(codec, f"640x360 {format}", error))
    return None


def default_options(codec: str, options: dict[str, str]) -> dict[str, str]:
    """Return `options` with what keeps the encoder quiet added."""
    merged = dict(options)
    for key, value in _QUIET.get(codec, {}).items():
        merged[key] = f"{value}:{merged[key]}" if key in merged else value
    if codec == "libsvtav1":
        os.environ.setdefault("SVT_LOG", "1")  # its only switch: errors alone
    return merged


def needs_full_range(codec: str) -> bool:
    """Whether an encoder takes full-range Y'CbCr only."""
    return codec in _FULL_RANGE_ONLY


# --- Pixel formats ---


def offered_formats(codec: str) -> tuple[PixelFormat, ...]:
    """Return the formats of this package that an encoder takes; all where it takes any."""
    formats = encoder(codec).video_formats
    if formats is None or (not formats and codec in ("rawvideo", "wrapped_avframe")):
        return tuple(f for f in PixelFormat if f not in (PixelFormat.V210, PixelFormat.Y416LE))
    known = {f.value: f for f in PixelFormat}
    return tuple(known[f.name] for f in formats if f.name in known)


def choose_format(
    codec: str, wanted: PixelFormat, among: Iterable[PixelFormat] = tuple(PixelFormat)
) -> tuple[PixelFormat, list[str]]:
    """Return the format to feed an encoder with, and what is lost by it.

    Args:
        codec: the encoder.
        wanted: the format that the caller asked for, or the source has.
        among: the formats that can be made.

    Returns:
        `wanted` itself if the encoder takes it. Otherwise the nearest: it loses the least of
        alpha, depth and chroma resolution, in this order, then adds the least. The list says each
        loss in words.

    Raises:
        InvalidMediaType: the encoder takes no format that this package knows, or only gray.
    """
    possible = set(among)
    offered = [format for format in offered_formats(codec) if format in possible]
    if not offered:
        raise InvalidMediaType(f"{codec} takes no pixel format that is known here")
    best = min(offered, key=functools.partial(_distance, wanted))
    if best.is_gray and not wanted.is_gray:
        raise InvalidMediaType(
            f"{codec} takes no colour in a format that is known here; use another codec and "
            "container such as .mp4, or ask for format gray"
        )
    losses = _losses(wanted, best)
    if not losses:
        return best, []
    return best, [f"{codec} takes no {wanted}: {best} loses {' and '.join(losses)}"]


def _distance(wanted: PixelFormat, offered: PixelFormat) -> tuple[int, ...]:
    lost_chroma = sum(
        max(0, o - w) for o, w in zip(offered.subsampling, wanted.subsampling, strict=True)
    )
    return (
        int(offered.is_gray and not wanted.is_gray),
        int(wanted.has_alpha and not offered.has_alpha),
        max(0, _precision(wanted) - _precision(offered)),
        lost_chroma,
        int(offered.is_rgb != wanted.is_rgb),
        # From here on nothing is lost: do not add what is not needed.
        _precision(offered) - _precision(wanted),
        int(offered.has_alpha and not wanted.has_alpha),
        sum(wanted.subsampling) - sum(offered.subsampling),
        int(wanted.is_gray and not offered.is_gray),
        int(offered != wanted),
    )


def _precision(format: PixelFormat) -> int:
    """Bits of a component's precision; floating point counts its mantissa."""
    return {16: 11, 32: 24}[format.depth] if format.is_float else format.depth


def _losses(wanted: PixelFormat, offered: PixelFormat) -> Iterable[str]:
    losses = []
    if wanted.has_alpha and not offered.has_alpha:
        losses.append("alpha")
    if _precision(offered) < _precision(wanted):
        losses.append(f"depth ({_precision(wanted)} to {_precision(offered)} bits)")
    if any(o > w for o, w in zip(offered.subsampling, wanted.subsampling, strict=True)):
        losses.append("chroma resolution")
    return losses
