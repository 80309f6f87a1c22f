"""`run`: a video file through transforms into another file."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gpumft.cli import options, output, values
from gpumft.cli.job import Job
from gpumft.cli.picture import picture
from gpumft.cli.picture_options import PictureOptions, with_picture_options
from gpumft.cli.progress import KINDS
from gpumft.cli.summary import finish, show


@with_picture_options
def run(
    source: Annotated[str, typer.Argument(metavar="IN", help="The input, a video file.")],
    target: Annotated[
        str, typer.Argument(metavar="OUT", help="The output; its suffix chooses the container.")
    ],
    *,
    asked: PictureOptions,
    codec: options.Codec = None,
    crf: options.Crf = None,
    bitrate: options.Bitrate = None,
    codec_options: options.CodecOptions = None,
    start: options.Start = None,
    end: options.End = None,
    device: options.Device = None,
    threads: options.Threads = None,
    sheet: options.Sheet = None,
    timing: options.Timing = False,
    as_json: options.Json = False,
    progress: options.Progress = "auto",
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    verbose: options.Verbose = False,
) -> int:
    """Convert a video file: size, format, colour, effects; sound and subtitles are copied."""
    del verbose
    job = Job(
        source=source,
        target=target,
        picture=picture(asked),
        codec=codec,
        codec_options=_codec_options(codec_options, crf, bitrate),
        start=values.time("--start", start),
        end=values.time("--end", end),
        device=device,
        threads=threads,
        sheet=sheet,
    )
    kind = values.choice("--progress", progress, KINDS)
    if dry_run:
        show(job, as_json=as_json)
        return output.Exit.OK
    overwrite = job.check_outputs(replace=yes)
    return finish(job, job.work(kind, overwrite=overwrite), timing=timing, as_json=as_json)


def _codec_options(
    given: list[str] | None, crf: float | None, bitrate: str | None
) -> dict[str, Any]:
    """Gather options of the encoder; --crf and --bitrate are two of them."""
    found: dict[str, Any] = {}
    for text in given or ():
        key, equals, value = text.partition("=")
        if not key or not equals:
            values.wrong("--codec-option", f"{text!r} has no value; write key=value")
        found[key.strip()] = value
    if crf is not None and bitrate is not None:
        raise output.UsageError("--crf and --bitrate exclude each other; give one of them")
    if crf is not None:
        found["crf"] = f"{crf:g}"
    if bitrate is not None:
        found["b"] = values.bitrate("--bitrate", bitrate)
    return found
