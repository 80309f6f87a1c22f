"""The options that several commands share: each is declared, and explained, once."""

from __future__ import annotations

from typing import Annotated

import typer

_ENCODING, _PART, _RUNNING, _TELLING = "Encoding", "Part of the input", "Running", "What is said"

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show the log, and tracebacks of errors.")
]

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
        help="Write a PNG as well: frames before (left) and after (right). Not of a pipe.",
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
