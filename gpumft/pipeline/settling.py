"""Settling a transcode: types, passes and encoder, before anything is written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gpumft.device import Device
from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import Interlace, PixelFormat, VideoType
from gpumft.pipeline.files import codecs
from gpumft.pipeline.files.failures import nearest
from gpumft.pipeline.files.orientation import Orientation
from gpumft.pipeline.files.reader import Reader
from gpumft.pipeline.presets import find_preset
from gpumft.pipeline.stages import Chain, VideoStage, make_steps
from gpumft.transforms import CONVERTIBLE
from gpumft.transforms.chain import Stage


@dataclass(frozen=True, slots=True)
class Settled:
    """What a transcode will do. A rehearsal and the run itself both begin with it.

    Thread-safety: immutable, but its chain is for one thread at a time.

    Attributes:
        source: type of the input, with what the caller stated; unspecified fields are None.
        target: type of the output, every field filled.
        chain: the transforms, with their types set.
        container: FFmpeg's name of the output's container format.
        codec: the encoder.
        notes: what the encoder cannot keep, and what a reader of the report may not expect.
    """

    source: VideoType
    target: VideoType
    chain: Chain
    container: str
    codec: str
    notes: tuple[str, ...]


def settle(
    reader: Reader,
    dst: str | os.PathLike[str],
    *,
    device: Device,
    codec: str | None = None,
    size: tuple[int, int] | None = None,
    format: PixelFormat | str | None = None,
    chain: str | Iterable[VideoStage] | None = None,
    effects: Iterable[Any] = (),
    preset: str | None = None,
    input_type: Mapping[str, Any] | None = None,
    output_type: Mapping[str, Any] | None = None,
    **conversion: Any,
) -> Settled:
    """Settle types, passes and encoder. Nothing is written.

    Args:
        reader: the input.
        dst: the output; its suffix chooses the container.
        device: where fused passes run.
        codec: as `gpumft.transcode`, like everything that follows.
        size: see there.
        format: see there.
        chain: see there.
        effects: see there.
        preset: see there.
        input_type: see there.
        output_type: see there.
        conversion: see there.

    Raises:
        InvalidArg, InvalidMediaType: what is wanted cannot be done.
    """
    if conversion.get("effects"):
        raise InvalidArg("effects are given twice; give all of them in one list")
    effects = tuple(effects)
    own = Stage(
        options={**conversion, **({"effects": effects} if effects else {})},
        size=size,
        format=None if format is None else _format(format),
    )
    source = reader.type.replace(**dict(input_type or {}))
    _check_tags(reader, source)
    passes = arrange(
        chain,
        own,
        source=source,
        orientation=reader.orientation,
        device=device,
        preset=preset,
        output_type=output_type,
    )
    made = passes.set_types(source)
    container = codecs.container_of(dst)
    name = codecs.choose_codec(codec, container, made.format)
    target, losses = _encodable(name, made)
    if target != made:
        passes.set_types(source, target)
    return Settled(source, target, passes, container, name, (*losses, *_fields(source, target)))


def arrange(
    chain: str | Iterable[VideoStage] | None,
    own: Stage,
    *,
    source: VideoType,
    orientation: Orientation,
    device: Device,
    preset: str | None = None,
    output_type: Mapping[str, Any] | None = None,
) -> Chain:
    """Return the transforms, their types not set yet.

    Args:
        chain: as `gpumft.transcode`.
        own: size, format and options given beside it; they come last.
        source: type of what comes in, with what the caller stated.
        orientation: how pictures must be turned to be seen upright.
        device: where fused passes run.
        preset: as `gpumft.transcode`.
        output_type: see there.

    Raises:
        InvalidArg: an unknown filter, option, value or preset.
        InvalidMediaType: the preset is not for such a source.
    """
    steps = make_steps(chain, own, source=source, orientation=orientation)
    fields = dict(output_type or {})
    if preset is not None:
        fields = find_preset(preset).apply(steps, source, fields)
    return Chain(steps, device, fields)


def _check_tags(reader: Reader, source: VideoType) -> None:
    if "matrix" in reader.unknown_tags and source.matrix is None and source.format.is_yuv:
        raise InvalidMediaType(
            f"{reader.path!r} is coded with matrix {reader.unknown_tags['matrix']} of H.273, which "
            "is not supported; state another with input_type or --in-matrix to decode it as that"
        )


def _format(name: PixelFormat | str) -> PixelFormat:
    try:
        return PixelFormat(name)
    except ValueError as error:
        hint = nearest(str(name), [f.value for f in PixelFormat])
        raise InvalidArg(
            f"unknown pixel format {str(name)!r}; {hint or 'see gm.PixelFormat'}"
        ) from error


def _encodable(codec: str, made: VideoType) -> tuple[VideoType, list[str]]:
    """Return the nearest type that the encoder takes, and what is lost by it."""
    format, losses = codecs.choose_format(codec, made.format, CONVERTIBLE)
    target = made
    if format is not made.format:
        target = made.replace(format=format, **_unstated(made, format)).resolved(made)
    if codecs.needs_full_range(codec) and target.format.is_yuv:
        target = target.replace(range="full")
    return target, losses


def _fields(source: VideoType, target: VideoType) -> list[str]:
    if Interlace.PROGRESSIVE in (source.interlace, target.interlace):
        return []
    told = f"the input is interlaced ({source.interlace})"
    return [f"{told}: its pictures are converted field by field and stay interlaced"]


def _unstated(made: VideoType, format: PixelFormat) -> dict[str, None]:
    """Return the fields that another kind of format resolves anew."""
    if format.is_rgb == made.format.is_rgb:
        return {}
    return {"range": None, "matrix": None}
