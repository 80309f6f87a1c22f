"""What a run did, or would do, in lines for people and as plain data for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpumft.cli import output
from gpumft.cli.job import Job

if TYPE_CHECKING:
    from gpumft.media import VideoType
    from gpumft.pipeline.report import Report


def finish(job: Job, report: Report, *, timing: bool, as_json: bool) -> int:
    """Say what was done, and return the exit code."""
    if as_json:
        output.print_json(report.to_dict())
    else:
        for line in [*told(report), *(times(report) if timing else ())]:
            output.say(line)
    if not report.partial:
        return output.Exit.OK
    output.note(
        f"{job.source!r} is damaged or cut off: the {report.frames} frames that could be decoded "
        f"were written to {job.target!r}"
    )
    return output.Exit.PARTIAL


def told(report: Report) -> list[str]:
    """Return what was done, in a few lines."""
    speed = f"{report.seconds:.2f} s ({report.fps:.1f} fps)"
    lines = [
        f"{report.path}: {report.frames} frames, {report.codec}, on {report.device} in {speed}",
        f"  from {report.input_type}",
        f"  to   {report.output_type}",
    ]
    if report.filled:
        words = ", ".join(f"{name} {getattr(report.input_type, name)}" for name in report.filled)
        lines.append(f"  not stated by the input, taken by rule: {words}")
    lines += [f"  copied: {stream}" for stream in report.streams]
    lines += [f"  note: {warning}" for warning in report.warnings]
    return lines


def times(report: Report) -> list[str]:
    """Return where the time went. Stages overlap, so they may add up to more than the whole."""
    lines = ["  where the time went (stages run side by side), in seconds"]
    for name, stage in report.stages.items():
        lines.append(f"    {name:<12}{stage.busy:8.2f} busy{stage.waited:9.2f} waiting")
    lines.append(f"    {'first frame':<12}{report.first_frame:8.2f} after the start")
    lines.append(f"    {'all':<12}{report.seconds:8.2f}")
    return lines


def show(job: Job, *, as_json: bool) -> None:
    """Say what a run would do: types, passes, encoder, device. Nothing is written.

    Raises:
        MFError: what stands in the way.
    """
    found = _settled(job)
    if as_json:
        passes = [each.to_dict() | {"device": found["device"]} for each in found["passes"]]
        output.print_json(found | {"passes": passes})
        return
    output.say(f"{job.source} -> {job.target} ({found['container']}, {found['codec']})")
    output.say(f"on {found['device']}: {found['device_name']}")
    for stream in found["streams"]:
        output.say(f"copied where {found['container']} can hold it: {stream}")
    for warning in found["warnings"]:
        output.say(f"note: {warning}")
    for number, each in enumerate(found["passes"], 1):
        output.say(f"\npass {number} of {len(found['passes'])}")
        output.say(str(each).replace("on    any device", f"on    {found['device']}"))
    output.say("\nnothing was written (--dry-run)")


def _settled(job: Job) -> dict[str, Any]:
    """Settle everything but the encoder's own state."""
    from gpumft.pipeline.files import codecs
    from gpumft.pipeline.files.encoding import split_options
    from gpumft.pipeline.files.reader import open as open_reader
    from gpumft.transforms import CONVERTIBLE

    container = codecs.container_of(job.target)
    codec, warnings = "", list[str]()

    def encodable(made: VideoType) -> VideoType:
        nonlocal codec, warnings
        codec = codecs.choose_codec(job.codec, container, made.format)
        format, warnings = codecs.choose_format(codec, made.format, CONVERTIBLE)
        return made if format is made.format else made.replace(format=format)

    with job.open_device() as device, open_reader(job.source) as reader:
        passes = job.picture.explanations(reader.type, reader.orientation, encodable=encodable)
        split_options(codec, job.codec_options)
        warnings = [*reader.warnings, *warnings]
        if Path(job.target).is_file():
            warnings.append(f"{job.target!r} exists: -y will be needed to replace it")
        return {
            "source": job.source,
            "target": job.target,
            "container": container,
            "codec": codec,
            "codec_options": job.codec_options,
            "device": device.spec,
            "device_name": device.info.name,
            "streams": [str(stream) for stream in reader.streams],
            "warnings": warnings,
            "passes": passes,
        }
