"""`demo`: the clip that comes with the package, made larger and half of it sepia."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from gpumft.cli import output
from gpumft.cli.job import Job
from gpumft.cli.options import Device, Json, Threads, Verbose
from gpumft.cli.picture import Picture

CLIP = "clip_1280x720.mp4"


def demo(
    folder: Annotated[
        str, typer.Option("--out", metavar="DIR", help="Where the two files go.")
    ] = ".",
    device: Device = None,
    threads: Threads = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> int:
    """Make demo.mp4 and demo.png from a clip of our own; existing ones are replaced.

    720p to 1080p with lanczos3, sepia on the right half. The picture shows before and after.
    """
    del verbose
    place = Path(folder)
    if not place.is_dir():
        raise output.UsageError(f"--out: {folder!r} is no folder; make it first")
    video, sheet = str(place / "demo.mp4"), str(place / "demo.png")
    from gpumft.effects import sepia

    picture = Picture(
        size=(1920, 1080), effects=(sepia(x=0.5, w=0.5),), options={"filter": "lanczos3"}
    )
    with as_file(files("gpumft") / "data" / CLIP) as clip:
        job = Job(
            str(clip),
            video,
            picture,
            codec_options={"preset": "veryfast"},  # or the encoder takes nearly all the time
            device=device,
            threads=threads,
            sheet=sheet,
            rows=1,
        )
        report = job.work("none" if as_json else "auto")
    if as_json:
        output.print_json(report.to_dict() | {"sheet": sheet})
        return output.Exit.OK
    output.say(f"from {CLIP}: {report.input_type}")
    output.say(f"to   {video}: {report.output_type}; lanczos3, sepia on the right half")
    output.say(f"     {sheet}: a frame before (left) and after (right)")
    split = ", ".join(f"{name} {stage.busy:.2f} s" for name, stage in report.stages.items())
    output.say(
        f"device {report.device}, {report.frames} frames, {report.fps:.1f} fps; "
        f"time: {split}, first frame after {report.first_frame:.2f} s"
    )
    return output.Exit.OK
