"""The options of pictures that several commands share: each is declared, and explained, once."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

_PICTURE, _LIGHT = "Picture", "Light"
_COLOUR, _INPUT = "Colour of the output", "Colour of the input"


def _colour(name: str, panel: str, what: str) -> typer.models.OptionInfo:
    info: typer.models.OptionInfo = typer.Option(
        name, metavar="NAME", rich_help_panel=panel, help=what
    )
    return info


def _light(name: str, unit: str, what: str) -> typer.models.OptionInfo:
    info: typer.models.OptionInfo = typer.Option(
        name, metavar=unit, rich_help_panel=_LIGHT, help=what
    )
    return info


_AS_IS = "Default: as the input."
_TAGGED = "Default: as the file says, else by rule."


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOptions:
    """What a command line says about pictures, as it was typed.

    Thread-safety: immutable.
    """

    size: Annotated[
        str | None,
        typer.Option(
            "--size",
            metavar="WxH",
            rich_help_panel=_PICTURE,
            help="Width x height in pixels, as in 1280x720. 1280x-2 keeps the shape and makes the "
            "height even (-1: any height). Default: as the input.",
        ),
    ] = None
    fit: Annotated[
        str | None,
        typer.Option(
            "--fit",
            metavar="WAY",
            rich_help_panel=_PICTURE,
            help="How a picture of another shape fills the size: stretch (default), contain "
            "(borders) or cover (edges are cut off).",
        ),
    ] = None
    background: Annotated[
        str | None,
        typer.Option(
            "--background",
            metavar="NAME",
            rich_help_panel=_PICTURE,
            help="Colour of the borders: a name or #rrggbb. Default: black.",
        ),
    ] = None
    filter: Annotated[
        str | None,
        typer.Option(
            "--filter",
            metavar="NAME",
            rich_help_panel=_PICTURE,
            help="How pixels are resampled: nearest, bilinear, bicubic (default), lanczos3, area, "
            "...",
        ),
    ] = None
    chroma_filter: Annotated[
        str | None,
        typer.Option(
            "--chroma-filter",
            metavar="NAME",
            rich_help_panel=_PICTURE,
            help="How chroma is resampled. Default: as --filter where the size changes, else "
            "bilinear.",
        ),
    ] = None
    crop: Annotated[
        str | None,
        typer.Option(
            "--crop",
            metavar="WxH+X+Y",
            rich_help_panel=_PICTURE,
            help="Use only this part of the input, in pixels, as in 640x360+100+50.",
        ),
    ] = None
    rotate: Annotated[
        int | None,
        typer.Option(
            "--rotate",
            metavar="DEGREES",
            rich_help_panel=_PICTURE,
            help="Turn clockwise, after the crop: 0 (default), 90, 180 or 270.",
        ),
    ] = None
    flip: Annotated[
        str | None,
        typer.Option(
            "--flip",
            metavar="AXES",
            rich_help_panel=_PICTURE,
            help="Mirror, after the rotation: h (left to right), v (top to bottom) or hv.",
        ),
    ] = None
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="PIXFMT",
            rich_help_panel=_PICTURE,
            help="Pixel format; gpumft formats lists them. Default: as the input, or the nearest "
            "that the encoder takes.",
        ),
    ] = None
    effects: Annotated[
        list[str] | None,
        typer.Option(
            "--effect",
            metavar="NAME[:k=v]",
            rich_help_panel=_PICTURE,
            help="Apply an effect, as in sepia:strength=0.8. Several are applied in order.",
        ),
    ] = None
    chain: Annotated[
        str | None,
        typer.Option(
            "--vf",
            metavar="CHAIN",
            rich_help_panel=_PICTURE,
            help="Filters in FFmpeg's grammar, as in scale=1280:-2:filter=lanczos3,sepia=0.8, "
            "before the other options; gpumft transforms lists them.",
        ),
    ] = None
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="NAME",
            rich_help_panel=_PICTURE,
            help="hdr-to-sdr or sdr-to-hdr: type, depth and options; what is given beside it wins.",
        ),
    ] = None
    matrix: Annotated[
        str | None, _colour("--matrix", _COLOUR, f"bt601, bt709, bt2020ncl, ictcp, ... {_AS_IS}")
    ] = None
    range: Annotated[str | None, _colour("--range", _COLOUR, f"limited or full. {_AS_IS}")] = None
    primaries: Annotated[
        str | None, _colour("--primaries", _COLOUR, f"bt709, bt2020, ... {_AS_IS}")
    ] = None
    transfer: Annotated[
        str | None, _colour("--transfer", _COLOUR, f"bt709, srgb, pq, ... {_AS_IS}")
    ] = None
    siting: Annotated[
        str | None, _colour("--siting", _COLOUR, f"left, center, topleft, ... {_AS_IS}")
    ] = None
    linear: Annotated[
        bool,
        typer.Option(
            "--linear",
            rich_help_panel=_LIGHT,
            help="Scale in linear light instead of encoded values.",
        ),
    ] = False
    tone_map: Annotated[
        str | None,
        _light(
            "--tone-map",
            "NAME",
            "HDR to SDR: bt2390 (default), hable, reinhard, mobius, clip or none.",
        ),
    ] = None
    tone_map_basis: Annotated[
        str | None,
        _light(
            "--tone-map-basis",
            "NAME",
            "What its curve sees: max_rgb (default), luminance or ictcp.",
        ),
    ] = None
    peak: Annotated[
        str | None,
        _light(
            "--peak",
            "CD",
            "Brightest light of an HDR input in cd/m2, or detect: measured. Default: the file's.",
        ),
    ] = None
    white: Annotated[
        float | None,
        _light("--white", "CD", "Light of SDR white in cd/m2. Default: 203."),
    ] = None
    gamut: Annotated[
        str | None,
        _light("--gamut", "NAME", "Colours that the output lacks: clip (default) or perceptual."),
    ] = None
    adaptation: Annotated[
        str | None,
        _light("--adaptation", "NAME", "To another white point: bradford (default) or none."),
    ] = None
    dither: Annotated[
        str | None,
        _light("--dither", "NAME", "Before rounding: none (default), ordered or blue_noise."),
    ] = None
    seed: Annotated[
        int | None,
        _light("--seed", "N", "Where the dither's pattern begins. Default: 0."),
    ] = None
    legalize: Annotated[
        bool,
        typer.Option(
            "--legalize",
            rich_help_panel=_LIGHT,
            help="Keep limited range within 16 to 235, chroma 240 (of 8 bits).",
        ),
    ] = False
    in_matrix: Annotated[
        str | None, _colour("--in-matrix", _INPUT, f"bt601, bt709, ... {_TAGGED}")
    ] = None
    in_range: Annotated[
        str | None, _colour("--in-range", _INPUT, f"limited or full. {_TAGGED}")
    ] = None
    in_primaries: Annotated[
        str | None, _colour("--in-primaries", _INPUT, f"bt709, ... {_TAGGED}")
    ] = None
    in_transfer: Annotated[
        str | None, _colour("--in-transfer", _INPUT, f"bt709, srgb, ... {_TAGGED}")
    ] = None
    in_siting: Annotated[
        str | None, _colour("--in-siting", _INPUT, f"left, center, ... {_TAGGED}")
    ] = None

    def of(self, *names: str, prefix: str = "") -> dict[str, Any]:
        """Return some options by name, without the prefix that theirs have."""
        return {name: getattr(self, prefix + name) for name in names}


def with_picture_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command each field of `PictureOptions` as an option of its own.

    Args:
        command: takes a `PictureOptions` as the parameter `asked`.

    Returns:
        The same command, as typer is to see it.

    Thread-safety: any thread.
    """
    hints = typing.get_type_hints(PictureOptions, include_extras=True)
    shared = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(PictureOptions)
    ]
    own = inspect.signature(command, eval_str=True)
    parameters: list[inspect.Parameter] = []
    for parameter in own.parameters.values():
        parameters += shared if parameter.name == "asked" else [parameter]

    @functools.wraps(command)
    def expanded(**given: Any) -> Any:
        asked = PictureOptions(**{field.name: given.pop(field.name) for field in shared})
        return command(**given, asked=asked)

    seen: Any = expanded
    seen.__signature__ = own.replace(parameters=parameters)
    seen.__annotations__ = {p.name: p.annotation for p in parameters}
    return expanded
