"""The options that several commands share: each is declared, and explained, once."""

from __future__ import annotations

from typing import Annotated

import typer

_PICTURE, _COLOUR, _INPUT = "Picture", "Colour of the output", "Colour of the input"
_ENCODING, _PART, _RUNNING, _TELLING = "Encoding", "Part of the input", "Running", "What is said"

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show the log, and tracebacks of errors.")
]

# --- Picture ---

Size = Annotated[
    str | None,
    typer.Option(
        "--size",
        metavar="WxH",
        rich_help_panel=_PICTURE,
        help="Width x height in pixels, as in 1280x720. 1280x-2 keeps the shape and makes the "
        "height even (-1: any height). Default: as the input.",
    ),
]
Fit = Annotated[
    str | None,
    typer.Option(
        "--fit",
        metavar="WAY",
        rich_help_panel=_PICTURE,
        help="How a picture of another shape fills the size: stretch (default), contain (borders) "
        "or cover (edges are cut off).",
    ),
]
Background = Annotated[
    str | None,
    typer.Option(
        "--background",
        metavar="NAME",
        rich_help_panel=_PICTURE,
        help="Colour of the borders: a name or #rrggbb. Default: black.",
    ),
]
Filter = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="NAME",
        rich_help_panel=_PICTURE,
        help="How pixels are resampled: nearest, bilinear, bicubic (default), lanczos3, area, ...",
    ),
]
ChromaFilter = Annotated[
    str | None,
    typer.Option(
        "--chroma-filter",
        metavar="NAME",
        rich_help_panel=_PICTURE,
        help="How chroma is resampled. Default: as --filter where the size changes, else bilinear.",
    ),
]
Crop = Annotated[
    str | None,
    typer.Option(
        "--crop",
        metavar="WxH+X+Y",
        rich_help_panel=_PICTURE,
        help="Use only this part of the input, in pixels, as in 640x360+100+50.",
    ),
]
Rotate = Annotated[
    int | None,
    typer.Option(
        "--rotate",
        metavar="DEGREES",
        rich_help_panel=_PICTURE,
        help="Turn clockwise, after the crop: 0 (default), 90, 180 or 270.",
    ),
]
Flip = Annotated[
    str | None,
    typer.Option(
        "--flip",
        metavar="AXES",
        rich_help_panel=_PICTURE,
        help="Mirror, after the rotation: h (left to right), v (top to bottom) or hv.",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="PIXFMT",
        rich_help_panel=_PICTURE,
        help="Pixel format; gpumft formats lists them. Default: as the input, or the nearest that "
        "the encoder takes.",
    ),
]
Effects = Annotated[
    list[str] | None,
    typer.Option(
        "--effect",
        metavar="NAME[:k=v]",
        rich_help_panel=_PICTURE,
        help="Apply an effect, as in sepia:strength=0.8. Several are applied in order.",
    ),
]
Chain = Annotated[
    str | None,
    typer.Option(
        "--vf",
        metavar="CHAIN",
        rich_help_panel=_PICTURE,
        help="Filters in FFmpeg's grammar, as in scale=1280:-2:filter=lanczos3,sepia=0.8, before "
        "the other options; gpumft transforms lists them.",
    ),
]

# --- Colour ---


def _colour(name: str, panel: str, what: str) -> typer.models.OptionInfo:
    info: typer.models.OptionInfo = typer.Option(
        name, metavar="NAME", rich_help_panel=panel, help=what
    )
    return info


_AS_IS = "Default: as the input."
_TAGGED = "Default: as the file says, else by rule."
MatrixOut = Annotated[
    str | None, _colour("--matrix", _COLOUR, f"bt601, bt709, bt2020ncl, ... {_AS_IS}")
]
RangeOut = Annotated[str | None, _colour("--range", _COLOUR, f"limited or full. {_AS_IS}")]
PrimariesOut = Annotated[
    str | None, _colour("--primaries", _COLOUR, f"bt709, bt2020, ... {_AS_IS}")
]
TransferOut = Annotated[
    str | None, _colour("--transfer", _COLOUR, f"bt709, srgb, pq, ... {_AS_IS}")
]
SitingOut = Annotated[
    str | None, _colour("--siting", _COLOUR, f"left, center, topleft, ... {_AS_IS}")
]
MatrixIn = Annotated[str | None, _colour("--in-matrix", _INPUT, f"bt601, bt709, ... {_TAGGED}")]
RangeIn = Annotated[str | None, _colour("--in-range", _INPUT, f"limited or full. {_TAGGED}")]
PrimariesIn = Annotated[str | None, _colour("--in-primaries", _INPUT, f"bt709, ... {_TAGGED}")]
TransferIn = Annotated[str | None, _colour("--in-transfer", _INPUT, f"bt709, srgb, ... {_TAGGED}")]
SitingIn = Annotated[str | None, _colour("--in-siting", _INPUT, f"left, center, ... {_TAGGED}")]

# --- Encoding ---

Codec = Annotated[
    str | None,
    typer.Option(
        "--codec",
        metavar="NAME",
        rich_help_panel=_ENCODING,
        help="Encoder: libx264, libx265, ffv1, prores_ks, ..., or auto (the first that works here, "
        "hardware first). Default: libx264 where the container takes it.",
    ),
]
Crf = Annotated[
    float | None,
    typer.Option(
        "--crf",
        metavar="N",
        min=0,
        max=63,
        rich_help_panel=_ENCODING,
        help="Constant quality, for encoders that have it; lower is better. Default: the "
        "encoder's, 23 for libx264.",
    ),
]
Bitrate = Annotated[
    str | None,
    typer.Option(
        "--bitrate",
        metavar="RATE",
        rich_help_panel=_ENCODING,
        help="Bits per second instead of constant quality, as in 5M or 800k.",
    ),
]
CodecOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--codec-option",
        metavar="k=v",
        rich_help_panel=_ENCODING,
        help="An option of the encoder or the container, as in preset=fast. May be repeated.",
    ),
]

# --- Part, running, telling ---

Start = Annotated[
    str | None,
    typer.Option(
        "--start",
        metavar="T",
        rich_help_panel=_PART,
        help="Begin at this time, in seconds or H:MM:SS from the beginning of the input.",
    ),
]
End = Annotated[
    str | None,
    typer.Option(
        "--end",
        metavar="T",
        rich_help_panel=_PART,
        help="Stop before this time, counted likewise. Default: the end of the input.",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="SPEC",
        rich_help_panel=_RUNNING,
        help="auto, cpu, cuda:0, ...; gpumft devices lists them. Default: GPUMFT_DEVICE, or auto.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        min=1,
        max=256,
        rich_help_panel=_RUNNING,
        help="CPU threads that work on each picture. Default: GPUMFT_THREADS, or all processors.",
    ),
]
Yes = Annotated[
    bool,
    typer.Option("-y", "--yes", rich_help_panel=_RUNNING, help="Replace an existing output."),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", rich_help_panel=_TELLING, help="Show what would be done; write nothing."
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option(
        "--sheet",
        metavar="PNG",
        rich_help_panel=_TELLING,
        help="Write a PNG as well: frames before (left) and after (right).",
    ),
]
Timing = Annotated[
    bool, typer.Option("--timing", rich_help_panel=_TELLING, help="Show where the time went.")
]
Progress = Annotated[
    str,
    typer.Option(
        "--progress",
        metavar="KIND",
        rich_help_panel=_TELLING,
        help="auto (a bar on a terminal, else plain), plain (a line each 5 s), json (an object a "
        "line) or none; on stderr.",
    ),
]
