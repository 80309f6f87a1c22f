"""Types as text: one line for people, a call for programmers, a table for notebooks.

Thread-safety: pure functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from gpumft.media.enums import Interlace
from gpumft.media.fields import EMPTY

_USUAL: dict[str, Any] = {
    "pixel_aspect": 1,
    "interlace": Interlace.PROGRESSIVE,
    "rotation": 0,
    "extra": EMPTY,
}

_WORDS: dict[str, Callable[[Any], str]] = {
    "format": str,
    "size": lambda size: f"{size[0]}x{size[1]}",
    "frame_rate": lambda rate: f"{rate} fps",
    "colour": str,
    "range": str,
    "siting": str,
    "alpha": str,
    "interlace": str,
    "pixel_aspect": lambda aspect: f"aspect {aspect.numerator}:{aspect.denominator}",
    "aperture": lambda area: f"aperture {area[2]}x{area[3]}+{area[0]}+{area[1]}",
    "rotation": lambda degrees: f"rotated {degrees}",
    "stride": lambda stride: f"stride {stride}",
    "light": lambda light: f"light {light.max_cll or 0:g}/{light.max_fall or 0:g} cd/m2",
    "extra": lambda extra: f"+{len(extra)} attributes",
}


def as_line(values: Mapping[str, Any]) -> str:
    """Return fields in one line: "yuv420p 1280x720 30000/1001 fps bt709 limited left".

    Matrix, primaries and transfer are joined by "/", each word once. A field that is missing or
    as usual says nothing.
    """
    colour = [str(values[n]) for n in ("matrix", "primaries", "transfer") if values.get(n)]
    said = {**values, "colour": "/".join(dict.fromkeys(colour))}
    return " ".join(
        text(said[name])
        for name, text in _WORDS.items()
        if said.get(name) and said[name] != _USUAL.get(name)
    )


def as_call(name: str, values: Mapping[str, Any], *, positional: tuple[str, ...] = ()) -> str:
    """Return fields as the call that makes the type; what is missing or as usual is left out."""
    words = []
    for field, value in values.items():
        text = repr(str(value) if isinstance(value, str) else value)
        if field in positional:
            words.append(text)
        elif value is not None and (not positional or value != _USUAL.get(field)):
            words.append(f"{field}={text}")
    return f"{name}({', '.join(words)})"


def as_table(values: Mapping[str, Any]) -> str:
    """Return fields as an HTML table."""
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
        for name, value in values.items()
        if value is not None and value != EMPTY
    )
    return f"<table><caption>{escape(as_line(values))}</caption>{rows}</table>"
