"""One encoder, opened for one type of picture."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from av.codec.context import Flags
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import VideoType
from gpumft.pipeline.files import codecs
from gpumft.pipeline.files.colour_tags import SITING_NAMES, Tags, tags_of
from gpumft.pipeline.files.failures import encoding, nearest
from gpumft.pipeline.files.field_coding import (
    field_flags,
    field_options,
    field_order,
    unwritten_fields,
)
from gpumft.pipeline.files.light_options import light_options, unwritten_light

ISO = ("mp4", "mov", "ipod", "3gp", "3g2", "psp", "ismv", "f4v")
"""Containers of the ISO base media family."""

_ANY_ENCODER = 4096
"""Sides up to this long are taken by every encoder in use."""

_ASPECT_IN_STREAM = ("h264", "hevc", "mpeg2video", "mpeg4", "vc1")
"""Codecs that carry the pixel aspect themselves."""

MUXER_OPTIONS = frozenset(
    {
        "movflags",
        "brand",
        "fflags",
        "avoid_negative_ts",
        "video_track_timescale",
        "write_tmcd",
        "max_interleave_delta",
        "cluster_time_limit",
        "reserve_index_space",
        "muxdelay",
        "muxrate",
        "loop",
    }
)
"""Options that belong to the container rather than to the codec."""


def type_tags(type: VideoType) -> Tags:
    """Return the colour tags to write for a type; RGB formats say so in the matrix."""
    tags = tags_of(
        matrix=type.matrix,
        primaries=type.primaries,
        transfer=type.transfer,
        range=type.range,
        siting=type.siting,
        depth=type.format.depth,
    )
    if type.format.is_rgb:
        return Tags(0, tags.primaries, tags.transfer, tags.range, tags.siting)
    return tags


def split_options(
    codec: str, options: Mapping[str, object] | None
) -> tuple[dict[str, str], dict[str, str]]:
    """Return (options of the encoder, options of the container).

    Raises:
        InvalidArg: an option that neither knows; the message offers the nearest.
    """
    given = {str(key): str(value) for key, value in (options or {}).items()}
    if not given:
        return {}, {}
    offered = VideoCodecContext.create(codec, "w").supported_options
    known = {option.name for option in (*offered.generic, *offered.private)}
    for name in given:
        if name == "crf" and name not in known:
            raise InvalidArg(
                f"{codec} has no constant quality (crf); leave it out, or give a bit rate or "
                "options of its own"
            )
        if name not in known and name not in MUXER_OPTIONS:
            hint = nearest(name, known | MUXER_OPTIONS)
            raise InvalidArg(f"{codec} has no option {name!r}" + (f"; {hint}" if hint else ""))
    muxer = {key: value for key, value in given.items() if key in MUXER_OPTIONS}
    return {key: value for key, value in given.items() if key not in muxer}, muxer


def configure(
    context: VideoCodecContext, type: VideoType, time_base: Fraction, options: dict[str, str]
) -> None:
    """Set an encoder up for pictures of `type` and open it.

    Args:
        context: not open yet.
        type: what will be encoded.
        time_base: seconds per unit of the pictures' time stamps.
        options: of the encoder.

    Raises:
        InvalidMediaType: the encoder refuses; the message says size, format and a cure.
    """
    codec = context.name
    _check_format(codec, type)
    tags = type_tags(type)
    context.width, context.height = type.size
    context.pix_fmt = type.format.value
    context.time_base = time_base
    if type.frame_rate:
        context.framerate = type.frame_rate
    context.sample_aspect_ratio = type.pixel_aspect
    context.color_range = tags.range
    context.colorspace = tags.matrix
    context.color_primaries = tags.primaries
    context.color_trc = tags.transfer
    context.field_order = field_order(type)
    context.thread_type = "AUTO"  # PyAV's default would make libx264 cut pictures into slices
    context.flags |= int(Flags.frame_duration) | field_flags(codec, type)
    merged = codecs.default_options(codec, _with_own(codec, type, options))
    if tags.siting:
        merged.setdefault("chroma_sample_location", SITING_NAMES[tags.siting])
    context.options = merged
    width, height = type.size
    what = f"{width}x{height} {type.format}"
    try:
        context.open()
    except (FFmpegError, ValueError) as error:
        _explain_odd(codec, type, error)
        if codec.endswith("_nvenc"):
            reason = codecs.unusable(codec, type.format) or "the GPU refuses it"
            raise InvalidMediaType(
                f"{codec} cannot encode {what}: {reason}; use --codec libx264"
            ) from error
        given = ", ".join(f"{key}={value}" for key, value in options.items())
        if given:
            _explain_options(codec, type, f"{what} with {given}", error)
        raise encoding(codec, f"{what} with time base {time_base}", error) from error


def _with_own(codec: str, type: VideoType, options: dict[str, str]) -> dict[str, str]:
    """Return the caller's options with what the type asks for put before them."""
    merged = dict(options)
    for key, value in (*light_options(codec, type), *field_options(codec, type)):
        merged[key] = f"{value}:{merged[key]}" if key in merged else value
    return merged


def _explain_options(codec: str, type: VideoType, what: str, error: Exception) -> None:
    """Raise what an encoder means when it takes a small picture without the options only."""
    if codecs.unusable(codec, type.format) is None and max(type.size) <= _ANY_ENCODER:
        raise InvalidArg(
            f"{codec} cannot encode {what}; the size and format alone would do: change the options"
        ) from error


def unwritten(container: str, codec: str, type: VideoType) -> list[str]:
    """Return what of a type does not survive in a file, in words."""
    notes = [*unwritten_light(codec, type), *unwritten_fields(codec, type)]
    if type.aperture is not None:
        x, y, width, height = type.aperture
        notes.append(f"only what is shown is written: {width}x{height} at ({x}, {y})")
    if type.pixel_aspect != 1 and not _keeps_pixel_aspect(container, codec):
        notes.append(f"{codec} in {container} does not keep the pixel aspect {type.pixel_aspect}")
    return notes


def _keeps_pixel_aspect(container: str, codec: str) -> bool:
    """Whether a pixel aspect other than 1 survives: in the codec's own stream or in the container.

    PyAV cannot hand it to containers other than those of the ISO family.
    """
    return container in ISO or codecs.encoder(codec).canonical_name in _ASPECT_IN_STREAM


def _check_format(codec: str, type: VideoType) -> None:
    offered = codecs.offered_formats(codec)
    if type.format not in offered:
        best, _ = codecs.choose_format(codec, type.format)
        raise InvalidMediaType(
            f"{codec} takes no {type.format}; the nearest that it takes is {best} "
            f"(of {', '.join(offered)})"
        )


def _explain_odd(codec: str, type: VideoType, error: Exception) -> None:
    """Raise what an encoder means when it refuses an odd size with sub-sampled chroma."""
    width, height = type.size
    xshift, yshift = type.format.subsampling
    if not ((width % 2 and xshift) or (height % 2 and yshift)):
        return
    even = (width + width % 2 * bool(xshift), height + height % 2 * bool(yshift))
    full = [f for f in codecs.offered_formats(codec) if f.subsampling == (0, 0) and f.is_yuv]
    same = [f for f in full if f.depth == type.format.depth]
    other = f", or a format without sub-sampling such as {same[0]}" if same else ""
    raise InvalidMediaType(
        f"{codec} cannot encode {width}x{height} as {type.format}, whose chroma needs even sides; "
        f"choose the size {even[0]}x{even[1]}{other}"
    ) from error
