"""`probe`: what is in a file, and what its colour is taken as."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gpumft.cli import output
from gpumft.cli.options import Json, Verbose

if TYPE_CHECKING:
    from gpumft.pipeline.files.reader import Reader

_COLOUR = ("matrix", "primaries", "transfer", "range", "siting", "alpha")


def probe(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The video file.")],
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show a file's video, its colour, and its other streams."""
    del verbose
    from gpumft.pipeline.files.reader import open as open_reader

    with open_reader(file) as reader:
        found = describe(reader)
    if as_json:
        output.print_json(found)
        return
    for line in _lines(found):
        output.say(line)


def describe(reader: Reader) -> dict[str, Any]:
    """Return what a file holds as plain data."""
    type_ = reader.type
    resolved = type_.resolved()
    return {
        "file": reader.path,
        "container": reader.container,
        "duration": None if reader.duration is None else reader.duration / 1e7,
        "video": {
            "codec": reader.codec,
            "format": type_.format,
            "size": type_.size,
            "frame_rate": type_.frame_rate,
            "frames": reader.frames,
            "time_base": reader.time_base,
            "pixel_aspect": type_.pixel_aspect,
            "interlace": type_.interlace,
            "rotate": reader.orientation.rotate,
            "flip": reader.orientation.flip,
            "colour": {name: getattr(type_, name) for name in _COLOUR},
            "taken_as": {name: getattr(resolved, name) for name in _COLOUR},
            "unspecified": resolved.unspecified,
        },
        "streams": [
            {
                "index": each.index,
                "kind": each.kind,
                "codec": each.codec,
                "language": each.language,
                "sample_rate": each.sample_rate,
                "channels": each.channels,
            }
            for each in reader.streams
        ],
        "metadata": reader.metadata,
        "warnings": reader.warnings,
        "damage": reader.damage,
    }


def _lines(found: dict[str, Any]) -> list[str]:
    video = found["video"]
    width, height = video["size"]
    lines = [f"{found['file']}: {found['container']}"]
    if found["duration"] is not None:
        lines[0] += f", {found['duration']:.3f} s"
    rate = video["frame_rate"]
    words = [video["codec"], str(video["format"]), f"{width}x{height}"]
    words.append(f"{_short(rate)} frames/s" if rate else "variable frame rate")
    if video["frames"]:
        words.append(f"{video['frames']} frames")
    lines.append(f"video: {', '.join(words)}")
    if video["rotate"] or video["flip"]:
        flip = f", mirrored {video['flip']}" if video["flip"] else ""
        lines.append(f"shown: turned {video['rotate']} degrees clockwise{flip}")
    if video["pixel_aspect"] != 1:
        lines.append(f"pixels: {video['pixel_aspect']} as wide as high")
    for name, value in video["taken_as"].items():
        if value is not None:
            missing = (
                " (not stated by the file; taken by rule)" if name in video["unspecified"] else ""
            )
            lines.append(f"{name}: {value}{missing}")
    for stream in found["streams"]:
        told = [stream["codec"] or "unknown codec"]
        if stream["sample_rate"]:
            told.append(f"{stream['sample_rate']} Hz, {stream['channels']} channels")
        if stream["language"] not in (None, "und"):
            told.append(stream["language"])
        lines.append(f"stream {stream['index']}: {stream['kind']}, {', '.join(told)}")
    lines += [f"{key}: {value}" for key, value in found["metadata"].items()]
    lines += [f"note: {text}" for text in (*found["warnings"], *found["damage"])]
    return lines


def _short(rate: Fraction) -> str:
    return str(rate) if rate.denominator == 1 else f"{float(rate):.3f} ({rate})"
