"""Decoded frames as arrays, and arrays as frames for an encoder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.codec.codec import find_best_pix_fmt_of_list
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from gpumft.errors import InvalidMediaType
from gpumft.media import PixelFormat, VideoType
from gpumft.media.times import HNS_PER_SECOND
from gpumft.samples import Sample

Planes = list[npt.NDArray[Any]]

_FULL_RANGE = {
    "yuvj420p": PixelFormat.YUV420P,
    "yuvj422p": PixelFormat.YUV422P,
    "yuvj444p": PixelFormat.YUV444P,
}
"""FFmpeg's old names for full range; the samples are those of the format without the j."""

_CORRUPT = "MFSampleExtension_FrameCorruption"
_OURS_ALONE = (PixelFormat.Y416LE, PixelFormat.V210)
_SPREAD = {PixelFormat.Y416LE: "yuva444p16le"}
"""Formats that FFmpeg lacks -> one of its own with the same components, in planes."""
_WORD = np.dtype("<u2")
_MIRRORED = {"bgr24": "rgb24", "rgb24": "bgr24", "bgr0": "rgb0", "bgra": "rgba"}


def known_format(name: str) -> tuple[PixelFormat, bool] | None:
    """Return (format, full range by its name) for one of FFmpeg's names, or None."""
    if name in _FULL_RANGE:
        return _FULL_RANGE[name], True
    try:
        return PixelFormat(name), False
    except ValueError:
        return None


def repacked_format(name: str) -> PixelFormat:
    """Return the format that a frame of an unknown format is repacked to.

    Y'CbCr with alpha, as in ProRes 4444, becomes y416le rather than RGB, whose colours would have
    to be computed.

    Raises:
        InvalidMediaType: there is none.
    """
    kind = VideoFormat(name, 2, 2)
    colours = [component for component in kind.components if not component.is_alpha]
    is_yuv = not kind.is_rgb and not kind.has_palette and len(colours) == 3
    if is_yuv and len(kind.components) == 4:
        return PixelFormat.Y416LE
    family = [f for f in PixelFormat if f not in _OURS_ALONE and (f.is_yuv or not is_yuv)]
    offered = [f.value for f in family]
    best, _ = find_best_pix_fmt_of_list(offered, name, has_alpha=True)
    if best is None:
        raise InvalidMediaType(f"the video's pixel format {name} is not supported")
    return PixelFormat(best.name)


def repack(frame: VideoFrame) -> tuple[VideoFrame, PixelFormat]:
    """Return a frame in a known format with top-down rows, and that format.

    Most frames come back as they are. Formats that this package does not know and pictures stored
    bottom-up are repacked by swscale: components are copied or widened, colour stays.

    Raises:
        InvalidMediaType: the frame's format cannot be repacked.
    """
    name = frame.format.name
    known = known_format(name)
    target = known[0] if known else repacked_format(name)
    if any(plane.line_size < 0 for plane in frame.planes):
        # swscale copies the rows into place only when it has something to convert.
        target = PixelFormat(_MIRRORED.get(name, "rgb24" if target.is_rgb else "yuv444p"))
    elif known:
        return frame, target
    space = frame.colorspace if frame.colorspace not in (0, 2) else None
    return (
        frame.reformat(
            format=_SPREAD.get(target, target.value), src_colorspace=space, dst_colorspace=space
        ),
        target,
    )


def views(frame: VideoFrame, format: PixelFormat) -> Planes:
    """Return the planes of a decoded frame; only y416le, which FFmpeg lacks, is a copy.

    The arrays are read-only, for a decoder goes on using its frames as references, and keep the
    frame's memory alive.

    Args:
        frame: in host memory, rows top-down.
        format: its format.

    Returns:
        One array a plane, (rows, columns[, channels]); rows are padded to the frame's line size.
    """
    if frame.format.name == _SPREAD.get(format):
        luma, u, v, alpha = (_rows(p, (frame.height, frame.width), _WORD) for p in frame.planes)
        packed = np.stack([u, luma, v, alpha], axis=-1)
        packed.flags.writeable = False
        return [packed]
    arrays = []
    shapes = format.plane_shapes((frame.width, frame.height))
    for plane, shape, dtype in zip(frame.planes, shapes, format.plane_dtypes(), strict=True):
        array = _rows(plane, shape, dtype)
        array.flags.writeable = False
        arrays.append(array)
    return arrays


def _rows(
    plane: av.video.plane.VideoPlane, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> npt.NDArray[Any]:
    """Return a view of a plane's pixels, without the padding at the end of its rows."""
    data = np.frombuffer(memoryview(plane), np.uint8)
    row = math.prod(shape[1:]) * dtype.itemsize
    lines = data[: shape[0] * plane.line_size].reshape(shape[0], plane.line_size)
    pixels: npt.NDArray[Any] = lines[:, :row].view(dtype).reshape(shape)
    return pixels


def sample_of(
    frame: VideoFrame, type: VideoType, *, pts: int, time_base: Fraction, duration: Fraction
) -> Sample:
    """Return a sample over a decoded frame's planes.

    Args:
        frame: as `repack` returns it.
        type: its type.
        pts: its time stamp.
        time_base: seconds per unit of `pts` and `duration`.
        duration: 0 where unknown.
    """
    sample = Sample.from_numpy(
        views(frame, type.format),
        type,
        time=_half_up(pts * time_base * HNS_PER_SECOND),
        duration=_half_up(duration * time_base * HNS_PER_SECOND) if duration else None,
    )
    sample.pts, sample.time_base = pts, time_base
    if frame.key_frame:
        sample.clean_point = True
    if frame.is_corrupt:
        sample.attributes[_CORRUPT] = 1
    return sample


def _half_up(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


def new_frame(planes: Sequence[npt.NDArray[Any]], format: str, size: tuple[int, int]) -> VideoFrame:
    """Return a frame with a copy of `planes`, for an encoder to keep as long as it likes.

    Args:
        planes: as `gpumft.media.VideoType.plane_shapes` says.
        format: FFmpeg's name of the format.
        size: (width, height).
    """
    frame = VideoFrame(*size, format)
    for plane, source in zip(frame.planes, planes, strict=True):
        _rows(plane, source.shape, source.dtype)[...] = source
    return frame
