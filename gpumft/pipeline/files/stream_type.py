"""The video type of a stream, read from its first decoded frame and its container."""

from __future__ import annotations

import struct
import threading
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import av.logging
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gpumft.media import Interlace, Light, PixelFormat, Range, VideoType
from gpumft.pipeline.files.colour_tags import SITING, Tags
from gpumft.pipeline.files.frames import known_format
from gpumft.pipeline.files.native import Rational, fraction
from gpumft.pipeline.files.orientation import UPRIGHT, Orientation

_ORDER = {2: Interlace.UPPER, 3: Interlace.LOWER, 4: Interlace.LOWER, 5: Interlace.UPPER}
"""AVFieldOrder -> which field is shown first."""

_log_level = threading.Lock()


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What a stream says about all its frames.

    Thread-safety: immutable.
    """

    frame_rate: Fraction | None
    pixel_aspect: Fraction
    tags: Tags
    field_order: int


def stream_facts(container: InputContainer, stream: VideoStream) -> StreamFacts:
    """Read what the container and the codec parameters say."""
    context = stream.codec_context
    tags = Tags(
        int(context.colorspace),
        int(context.color_primaries),
        int(context.color_trc),
        int(context.color_range),
        _siting(container, stream),
    )
    return StreamFacts(
        frame_rate(stream), _aspect(stream.sample_aspect_ratio), tags, int(context.field_order)
    )


def frame_rate(stream: VideoStream) -> Fraction | None:
    """Return frames per second: the nominal rate if the average is within 1 % of it, else that.

    A stream of variable rate has no nominal one worth the name.
    """
    nominal, average = fraction(stream.guessed_rate), fraction(stream.average_rate)
    if not average or average <= 0:
        return nominal if nominal and nominal > 0 else None
    if nominal and abs(nominal - average) * 100 <= nominal:
        return nominal
    return average.limit_denominator(1 << 20)


def _aspect(value: Rational | None) -> Fraction:
    known = fraction(value)
    return known if known and known > 0 else Fraction(1)


def _siting(container: InputContainer, stream: VideoStream) -> int:
    """Return FFmpeg's chroma location of a stream, 0 if unspecified.

    PyAV has no attribute for it. FFmpeg's description of the file names it last among the colour
    words, when it is made at the level "verbose"; the level is global, hence the lock.
    """
    with _log_level:
        level = av.logging.get_level()
        av.logging.set_level(av.logging.VERBOSE)
        av.logging.set_libav_level(av.logging.VERBOSE)
        try:
            describe: Any = container  # dumps_format is missing in PyAV 18's types
            text = str(describe.dumps_format())
        finally:
            av.logging.set_level(level)
            av.logging.set_libav_level(av.logging.INFO)
    start = text.find(f"Stream #0:{stream.index}")
    line = text[start:].partition("\n")[0] if start >= 0 else ""
    words = {word.strip() for part in line.split("(")[1:] for word in part.split(")")[0].split(",")}
    return next((number for number, word in SITING.items() if str(word) in words), 0)


def frame_tags(frame: VideoFrame, facts: StreamFacts) -> Tags:
    """Return the colour tags of a frame; what it leaves open is taken from the stream."""
    own = Tags(
        int(frame.colorspace),
        int(frame.color_primaries),
        int(frame.color_trc),
        int(frame.color_range),
    )
    return own.over(facts.tags)


def video_type(
    frame: VideoFrame, format: PixelFormat, facts: StreamFacts, orientation: Orientation
) -> VideoType:
    """Return the type of a frame.

    Args:
        frame: a decoded frame, before it was repacked.
        format: the format of its planes.
        facts: of its stream.
        orientation: how it has to be turned.
    """
    words: dict[str, Any] = frame_tags(frame, facts).words()
    known = known_format(frame.format.name)
    if known is not None and known[1]:
        words["range"] = Range.FULL
    interlace = Interlace.PROGRESSIVE
    if frame.interlaced_frame:
        interlace = _ORDER.get(facts.field_order, Interlace.MIXED)
    return VideoType(
        format,
        (frame.width, frame.height),
        frame_rate=facts.frame_rate,
        pixel_aspect=facts.pixel_aspect,
        interlace=interlace,
        rotation=orientation.rotate,
        light=_light(frame),
        **words,
    )


def orientation_of(frame: VideoFrame) -> tuple[Orientation, str | None]:
    """Return how a frame has to be turned, and a warning if that cannot be honoured."""
    matrix = _side_data(frame, "DISPLAYMATRIX")
    if matrix is None:
        return UPRIGHT, None
    found = Orientation.from_display_matrix(matrix)
    if found is None:
        return UPRIGHT, (
            f"the display matrix turns the picture by {frame.rotation} degrees; only quarter turns "
            "are honoured, so it is left as stored"
        )
    return found, None


def _side_data(frame: VideoFrame, name: str) -> bytes | None:
    found: Any = frame.side_data
    try:
        return bytes(found[name])
    except KeyError:
        return None


def _light(frame: VideoFrame) -> Light | None:
    """Read static HDR metadata. Source: CTA-861.3, SMPTE ST 2086 as libavutil lays them out."""
    level = _side_data(frame, "CONTENT_LIGHT_LEVEL")
    display = _side_data(frame, "MASTERING_DISPLAY_METADATA")
    max_cll = max_fall = mastering = None
    if level is not None:
        max_cll, max_fall = (value or None for value in struct.unpack("=2I", level[:8]))
        if max_cll and max_fall and max_fall > max_cll:
            max_fall = None  # nonsense in a file is no reason not to read it
    if display is not None:
        *parts, has_primaries, has_luminance = struct.unpack("=22i", display[:88])
        ratios = [n / d if d else 0.0 for n, d in zip(parts[::2], parts[1::2], strict=True)]
        if has_primaries and has_luminance and ratios[8] < ratios[9]:
            pairs = list(zip(ratios[0:8:2], ratios[1:8:2], strict=True))
            mastering = (tuple(pairs[:3]), pairs[3], ratios[8], ratios[9])
    if max_cll is None and max_fall is None and mastering is None:
        return None
    return Light(max_cll, max_fall, mastering)


def frame_key(frame: VideoFrame) -> tuple[object, ...]:
    """Return what makes two frames of one stream differ in type."""
    return (
        frame.format.name,
        frame.width,
        frame.height,
        frame.colorspace,
        frame.color_primaries,
        frame.color_trc,
        frame.color_range,
        frame.interlaced_frame,
    )
