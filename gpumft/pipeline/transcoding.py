"""transcode: decode, transform and encode, overlapped in three threads."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from gpumft.device import Device
from gpumft.errors import InvalidArg
from gpumft.media import PixelFormat
from gpumft.media.times import HNS_PER_SECOND, Time, to_hns
from gpumft.ops import as_device
from gpumft.pipeline.files.reader import Reader
from gpumft.pipeline.files.writer import Writer
from gpumft.pipeline.report import Progress, Report
from gpumft.pipeline.run import Run, Types
from gpumft.pipeline.settling import settle
from gpumft.pipeline.stages import VideoStage
from gpumft.pipeline.trim import trimmed


def transcode(
    src: str | os.PathLike[str],
    dst: str | os.PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    format: PixelFormat | str | None = None,
    chain: str | Iterable[VideoStage] | None = None,
    effects: Iterable[Any] = (),
    preset: str | None = None,
    device: Device | str | None = None,
    codec: str | None = None,
    options: Mapping[str, object] | None = None,
    progress: Callable[[Progress], object] | None = None,
    input_type: Mapping[str, Any] | None = None,
    output_type: Mapping[str, Any] | None = None,
    start: Time | None = None,
    end: Time | None = None,
    hwaccel: str = "auto",
    overwrite: bool = True,
    **conversion: Any,
) -> Report:
    """Decode a file, convert and treat its pictures through the MFT protocol, and encode them.

    Every picture goes through `process_input` and `process_output` of one transform at least. Time
    stamps are kept exactly where the container can, so variable frame rates stay as they are.
    Sound, subtitles, tags and chapters are copied. A picture that is stored on its side is turned
    upright. The output appears under its name when it is whole; after an error or Ctrl-C nothing
    of it is left.

    Args:
        src: the input.
        dst: the output; its suffix chooses the container.
        size: (width, height); 0 keeps a side, -n follows the other one, divisible by n.
        format: pixel format to encode; None is the input's, or the nearest that the encoder takes.
        chain: text in FFmpeg's grammar ("scale=1280:-2,sepia"), or transforms.
        effects: effects, in order.
        preset: "hdr-to-sdr" or "sdr-to-hdr": fields of the output's type, its depth and options of
            the conversion; whatever is given beside it wins. Source: docs/hdr.md.
        device: a Device, its spec, or None for the best there is.
        codec: an encoder, "auto", or None for libx264 where the container holds it.
        options: of the encoder and the container.
        progress: called with a `Progress` in this thread, at most 20 times a second and at the end.
            What it raises ends the run.
        input_type: fields of the input's type that are known better than the file states them.
        output_type: fields of the output's type, such as matrix, range or frame_rate. Of one with
            an aperture the file gets what is shown.
        start: the first picture is the one that is seen then; it gets the time 0. Times count
            from the file's beginning, whatever its time stamps begin with.
        end: the first time that is left out.
        hwaccel: as `Reader`.
        overwrite: whether an existing file may be replaced.
        conversion: the options of `gpumft.convert`.

    Returns:
        What was done. `partial` says that the input was damaged or cut off.

    Raises:
        FileMissing, InvalidArg, AccessDenied, InvalidStreamData, InvalidMediaType,
        DeviceUnavailable, DiskFull, OutputExists: before anything is written, where possible.

    Thread-safety: any number of runs at a time, each with its own output.
    """
    began = time.perf_counter()
    _check_paths(src, dst)
    worker = as_device(device)
    with Reader(src, device=worker, hwaccel=hwaccel) as reader:
        settled = settle(
            reader,
            dst,
            device=worker,
            codec=codec,
            size=size,
            format=format,
            chain=chain,
            effects=effects,
            preset=preset,
            input_type=input_type,
            output_type=output_type,
            **conversion,
        )
        source, target = settled.source, settled.target
        writer = Writer(
            dst,
            target,
            codec=settled.codec,
            options=options,
            streams=reader.streams,
            video_index=reader.video_index,
            time_base=reader.time_base,
            metadata=reader.metadata,
            stream_metadata=reader.stream_metadata,
            chapters=() if start is not None else reader.chapters,
            overwrite=overwrite,
        )
        try:
            whole = start is None and end is None
            types = Types(source, target)
            run = Run(reader, settled.chain, writer, types, worker.spec, whole=whole, began=began)
            run.work(trimmed(reader, start, end), progress, _total(reader, start, end))
            writer.commit()
        except BaseException:
            writer.abort()
            raise
        report = run.report()
        return replace(
            report,
            warnings=(
                *reader.warnings,
                *settled.notes,
                *writer.notes,
                *report.warnings,
                *reader.damage,
            ),
            partial=bool(reader.damage),
        )


def _check_paths(src: str | os.PathLike[str], dst: str | os.PathLike[str]) -> None:
    source, target = Path(src), Path(dst)
    if source.exists() and target.exists() and source.samefile(target):
        raise InvalidArg(
            f"input and output are the same file, {os.fspath(src)!r}; name another output"
        )


def _total(reader: Reader, start: Time | None, end: Time | None) -> int | None:
    """Return how many pictures to expect."""
    rate = reader.type.frame_rate
    if start is None and end is None and reader.frames is not None:
        return reader.frames
    if reader.duration is None or rate is None:
        return None
    first = 0 if start is None else max(0, to_hns(start))
    last = reader.duration if end is None else min(reader.duration, to_hns(end))
    return max(1, round(Fraction(last - first, HNS_PER_SECOND) * rate))
