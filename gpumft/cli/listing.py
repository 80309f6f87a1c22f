"""`devices`, `formats`, `transforms`: what there is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gpumft.cli import output
from gpumft.cli.options import Json
from gpumft.cli.values import nearest

if TYPE_CHECKING:
    from gpumft.mft import Activate

FILTERS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "crop": (
        "Use a part of the picture.",
        (
            ("w", "width in pixels"),
            ("h", "height in pixels"),
            ("x", "left edge in pixels; default: centred"),
            ("y", "top edge in pixels; default: centred"),
        ),
    ),
    "rotate": ("Turn clockwise.", (("degrees", "90 (default), 180 or 270"),)),
    "hflip": ("Mirror left to right.", ()),
    "vflip": ("Mirror top to bottom.", ()),
    "scale": (
        "Change the size.",
        (
            ("w", "width in pixels; 0: as it comes; -n: its share, divisible by n"),
            ("h", "height, the same way"),
            ("filter", "resampling filter; default: bicubic"),
            ("chroma_filter", "the same for colour differences; default: as filter"),
            ("fit", "stretch (default), contain or cover"),
            ("background", "colour of borders; default: black"),
        ),
    ),
    "format": ("Change the pixel format.", (("format", "its name; see gpumft formats"),)),
}
"""Filters of a chain that are no effects: what they do, and their arguments in order."""


def devices(as_json: Json = False) -> None:
    """List the devices that can run conversions, usable or not."""
    from gpumft.device import devices as find

    found = find()
    if as_json:
        output.print_json(
            [{name: getattr(info, name) for name in _DEVICE_FIELDS} for info in found]
        )
        return
    rows = []
    for info in found:
        state = "ready" if info.usable and info.identical else "usable" if info.usable else "no"
        rows.append((info.spec, info.name, state, info.reason))
    output.print_table(("SPEC", "NAME", "STATE", ""), rows)


_DEVICE_FIELDS = ("spec", "name", "kind", "usable", "identical", "reason")


def formats(as_json: Json = False) -> None:
    """List the pixel formats, and which of them can be converted."""
    rows = _format_rows()
    if as_json:
        output.print_json(rows)
        return
    output.print_table(
        ("FORMAT", "COLOUR", "BITS", "CHROMA", "ALPHA", "PLANES", "MF", "CONVERTS"),
        [
            (
                row["name"],
                row["kind"],
                f"{row['depth']} float" if row["float"] else row["depth"],
                row["chroma"] or "",
                "yes" if row["alpha"] else "",
                row["planes"],
                row["subtype"] or "",
                "yes" if row["convertible"] else "not yet",
            )
            for row in rows
        ],
    )


_CHROMA = {(0, 0): "4:4:4", (1, 0): "4:2:2", (1, 1): "4:2:0", (2, 0): "4:1:1"}


def _format_rows() -> list[dict[str, Any]]:
    from gpumft.media import PixelFormat, subtype_of
    from gpumft.transforms.formats import CONVERTIBLE

    rows = []
    for name in PixelFormat:
        subtype = subtype_of(name)
        kind = "gray" if name.is_gray else "rgb" if name.is_rgb else "yuv"
        rows.append(
            {
                "name": str(name),
                "kind": kind,
                "depth": name.depth,
                "float": name.is_float,
                "chroma": _CHROMA.get(name.subsampling) if kind == "yuv" else None,
                "alpha": name.has_alpha,
                "planes": name.planes,
                "subtype": subtype.name if subtype else None,
                "convertible": name in CONVERTIBLE,
            }
        )
    return rows


def transforms(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Show this one with its arguments.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List what can be done to a picture: filters (--vf), effects (--effect), transforms.

    Transforms are those of the registry, plug-ins of other packages included.
    """
    known = _transforms()
    if name is not None and name not in known:
        raise output.UsageError(f"no transform is called {name!r}; {nearest(name, known)}")
    if name is None:
        if as_json:
            output.print_json(list(known.values()))
            return
        rows = [(each["name"], each["kind"], each["summary"]) for each in known.values()]
        output.print_table(("NAME", "KIND", "WHAT IT DOES"), rows)
        return
    one = known[name]
    if as_json:
        output.print_json(one)
        return
    output.say(f"{name} ({one['kind']}): {one['summary']}")
    for argument in one["arguments"]:
        default = argument["default"]
        told = "" if default is None else f" (default: {_short(default)})"
        output.say(f"    {argument['name']}: {argument['help']}{told}")


def _transforms() -> dict[str, dict[str, Any]]:
    from gpumft.effects import BUILT_IN
    from gpumft.transforms import enumerate_transforms

    found: dict[str, dict[str, Any]] = {}
    for name, (summary, arguments) in FILTERS.items():
        listed = [{"name": key, "default": None, "help": text} for key, text in arguments]
        found[name] = {"name": name, "kind": "filter", "summary": summary, "arguments": listed}
    for name, make in BUILT_IN.items():
        found[name] = {"name": name, "kind": "effect", **_described(make)}
    for each in enumerate_transforms(flags=_EVERY_KIND):
        found.setdefault(each.name, _registered(each))
    return found


_EVERY_KIND = 0x5F
"""EnumFlags: every kind there is, whatever it is for, in order."""


def _registered(each: Activate) -> dict[str, Any]:
    """Tell of a transform of the registry; of a plug-in that could not be loaded, why."""
    told = {"name": each.name, "kind": "transform"}
    if each.factory is None:
        error = f"{type(each.error).__name__}: {each.error}"
        return told | {"summary": f"Could not be loaded: {error}.", "arguments": [], "error": error}
    return told | _described(each.factory) | {"category": str(each.category), "error": None}


def _described(make: Callable[..., Any]) -> dict[str, Any]:
    """Read summary and arguments from a function's docstring and signature."""
    text = inspect.getdoc(make) or ""
    summary = text.partition("\n")[0].removeprefix("Return an effect that ")
    told: dict[str, str] = {}
    key = ""
    for line in text.partition("Args:\n")[2].partition("\n\n")[0].splitlines():
        if line.startswith(_CONTINUED) and told:
            told[key] += f" {line.strip()}"
        else:
            key, _, words = line.strip().partition(": ")
            told[key] = words
    arguments = [
        {"name": key, "default": _default(parameter), "help": told.get(key, "")}
        for key, parameter in inspect.signature(make).parameters.items()
    ]
    return {"summary": summary[:1].upper() + summary[1:], "arguments": arguments}


_CONTINUED = " " * 8
"""How the second line of an argument's description begins."""


def _short(default: float | str) -> str:
    return default if isinstance(default, str) else f"{default:g}"


def _default(parameter: inspect.Parameter) -> float | str | None:
    """Return a default that can be printed; None where there is none."""
    value = parameter.default
    return value if isinstance(value, int | float | str) else None
