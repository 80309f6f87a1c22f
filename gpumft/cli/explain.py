"""`explain`: what a conversion would do, in words and numbers, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gpumft.cli import options, output, values
from gpumft.cli.picture import picture

if TYPE_CHECKING:
    from gpumft.media import VideoType
    from gpumft.pipeline.files.orientation import Orientation

_SOURCE = "Source without a file"


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
    size: options.Size = None,
    fit: options.Fit = None,
    background: options.Background = None,
    filter: options.Filter = None,
    chroma_filter: options.ChromaFilter = None,
    crop: options.Crop = None,
    rotate: options.Rotate = None,
    flip: options.Flip = None,
    format: options.Format = None,
    effects: options.Effects = None,
    chain: options.Chain = None,
    matrix: options.MatrixOut = None,
    range: options.RangeOut = None,
    primaries: options.PrimariesOut = None,
    transfer: options.TransferOut = None,
    siting: options.SitingOut = None,
    in_matrix: options.MatrixIn = None,
    in_range: options.RangeIn = None,
    in_primaries: options.PrimariesIn = None,
    in_transfer: options.TransferIn = None,
    in_siting: options.SitingIn = None,
    as_json: options.Json = False,
    verbose: options.Verbose = False,
) -> None:
    """Show what converting a file, or any type of picture, would do: types, taps, matrices."""
    del verbose
    wanted = picture(
        chain=chain,
        size=size,
        format=format,
        effects=effects,
        crop=crop,
        output={
            "matrix": matrix,
            "range": range,
            "primaries": primaries,
            "transfer": transfer,
            "siting": siting,
        },
        input={
            "matrix": in_matrix,
            "range": in_range,
            "primaries": in_primaries,
            "transfer": in_transfer,
            "siting": in_siting,
        },
        fit=fit,
        background=background,
        filter=filter,
        chroma_filter=chroma_filter,
        rotate=rotate,
        flip=flip,
    )
    source, orientation = _source(file, from_format, from_size)
    told = list(wanted.explanations(source, orientation))
    if as_json:
        output.print_json({"passes": [each.to_dict() for each in told]})
        return
    for number, each in enumerate(told):
        if number:
            output.say()
        output.say(str(each))


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
