"""What a run did, or would do, in lines for people and as plain data for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpumft.cli import output
from gpumft.cli.job import Job

if TYPE_CHECKING:
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
        output.print_json(found | {"passes": [each.to_dict() for each in found["passes"]]})
        return
    output.say(f"{job.source} -> {job.target} ({found['container']}, {found['codec']})")
    output.say(f"on {found['device']}: {found['device_name']}")
    for stream in found["streams"]:
        output.say(f"copied: {stream}")
    for warning in found["warnings"]:
        output.say(f"note: {warning}")
    for number, each in enumerate(found["passes"], 1):
        output.say(f"\npass {number} of {len(found['passes'])}")
        output.say(str(each))
    output.say("\nnothing was written (--dry-run)")


def _settled(job: Job) -> dict[str, Any]:
    """Settle and check everything as the run itself does, up to the first picture."""
    from gpumft.pipeline.files.reader import open as open_reader
    from gpumft.pipeline.files.writer import rehearse
    from gpumft.pipeline.settling import settle
    from gpumft.pipeline.trim import trimmed
    from gpumft.transforms import VideoProcessor

    job.check_outputs(replace=True)
    with job.open_device() as device, open_reader(job.source) as reader:
        settled = settle(
            reader, job.target, device=device, codec=job.codec, **job.picture.for_transcode()
        )
        copied, notes = rehearse(
            job.target,
            settled.target,
            codec=settled.codec,
            options=job.codec_options,
            streams=reader.streams,
            time_base=reader.time_base,
            overwrite=True,
        )
        trimmed(reader, job.start, job.end)
        warnings = [*reader.warnings, *settled.notes, *notes]
        warnings += [
            f"{name!r} exists: -y will be needed to replace it"
            for name in job.outputs
            if Path(name).is_file()
        ]
        return {
            "source": job.source,
            "target": job.target,
            "container": settled.container,
            "codec": settled.codec,
            "codec_options": job.codec_options,
            "device": device.spec,
            "device_name": device.info.name,
            "streams": [str(stream) for stream in copied],
            "warnings": warnings,
            "passes": [
                transform.converter.explain()
                for transform in settled.chain.transforms
                if isinstance(transform, VideoProcessor) and transform.converter is not None
            ],
        }
