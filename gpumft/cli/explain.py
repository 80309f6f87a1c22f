"""`explain`: what a conversion would do, in words and numbers, without doing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gpumft.cli import options, output, values
from gpumft.cli.picture import picture
from gpumft.cli.picture_options import PictureOptions, with_picture_options
from gpumft.cli.plot import check_plot, write_plot

if TYPE_CHECKING:
    from gpumft.media import VideoType
    from gpumft.pipeline.files.orientation import Orientation

_SOURCE = "Source without a file"


@with_picture_options
def explain(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="A video file as the source.")
    ] = None,
    *,
    from_format: Annotated[
        str | None,
        typer.Option(
            "--from-format",
            metavar="PIXFMT",
            rich_help_panel=_SOURCE,
            help="Its pixel format. Default: yuv420p.",
        ),
    ] = None,
    from_size: Annotated[
        str | None,
        typer.Option(
            "--from-size", metavar="WxH", rich_help_panel=_SOURCE, help="Its size in pixels."
        ),
    ] = None,
    asked: PictureOptions,
    plot: Annotated[
        str | None,
        typer.Option(
            "--plot",
            metavar="PNG",
            help="Draw the curves of grays, measured, into a PNG; needs gpumft\\[plot].",
        ),
    ] = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
    verbose: options.Verbose = False,
) -> None:
    """Show what converting a file, or any type of picture, would do: types, taps, matrices."""
    del verbose
    wanted = picture(asked)
    if plot is not None:
        _check_plot(plot, replace=yes)
    source, orientation = _source(file, from_format, from_size)
    passes = wanted.converters(source, orientation)
    if plot is not None:
        write_plot(plot, [each.plan for each in passes])
    told = [each.explain() for each in passes]
    if as_json:
        output.print_json({"passes": [each.to_dict() for each in told]})
        return
    for number, each in enumerate(told):
        if number:
            output.say()
        output.say(str(each))


def _check_plot(path: str, *, replace: bool) -> None:
    if not path.lower().endswith(".png"):
        raise output.UsageError(f"--plot: {path!r} is no PNG; end its name in .png")
    if Path(path).exists() and not replace:
        raise output.UsageError(f"{path!r} exists already; give -y to replace it")
    check_plot()


def _source(
    file: str | None, from_format: str | None, from_size: str | None
) -> tuple[VideoType, Orientation | None]:
    if file is not None:
        if from_format or from_size:
            raise output.UsageError("give a file, or --from-format and --from-size, not both")
        from gpumft.pipeline.files.reader import open as open_reader

        with open_reader(file) as reader:
            return reader.type, reader.orientation
    size = values.size("--from-size", from_size)
    if size is None:
        raise output.UsageError("give a file, or --from-size WxH and --from-format PIXFMT")
    if min(size) < 0:
        values.wrong("--from-size", f"{from_size!r} leaves a side open; give both in pixels")
    from gpumft.media import VideoType

    return VideoType(values.pixel_format("--from-format", from_format) or "yuv420p", size), None
