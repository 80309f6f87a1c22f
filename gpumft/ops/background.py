"""Background colours: names, #rrggbb or nominal R'G'B', as codes of a format."""

from __future__ import annotations

import numpy as np

from gpumft.colour import luma_weights, quantiser, rgb_to_yuv
from gpumft.errors import InvalidArg
from gpumft.media import Range, VideoType

NAMED = {
    "black": (0.0, 0.0, 0.0),
    "white": (1.0, 1.0, 1.0),
    "gray": (0.5, 0.5, 0.5),
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
    "yellow": (1.0, 1.0, 0.0),
    "cyan": (0.0, 1.0, 1.0),
    "magenta": (1.0, 0.0, 1.0),
}


def parse_colour(colour: str | tuple[float, float, float]) -> tuple[float, float, float]:
    """Return nominal R'G'B' (0..1).

    Raises:
        InvalidArg: not a known name, #rrggbb, or three numbers from 0 to 1.
    """
    if isinstance(colour, str):
        if colour in NAMED:
            return NAMED[colour]
        digits = colour.removeprefix("#")
        try:
            if len(digits) == 6:
                red, green, blue = bytes.fromhex(digits)
                return red / 255, green / 255, blue / 255
        except ValueError:
            pass
    elif len(list(colour)) == 3 and all(0 <= value <= 1 for value in colour):
        return colour
    msg = f"colour {colour!r}: give #rrggbb, three numbers from 0 to 1, or {', '.join(NAMED)}"
    raise InvalidArg(msg)


def background_codes(colour: str | tuple[float, float, float], dst: VideoType) -> tuple[float, ...]:
    """Return the code (or float value) of `colour` for each component of the resolved `dst`."""
    rgb = parse_colour(colour)
    values = dict(zip("rgb", rgb, strict=True)) | {"a": 1.0, "x": 1.0}
    if dst.format.is_yuv and dst.matrix is not None:
        values |= dict(zip("yuv", map(float, rgb_to_yuv(dst.matrix) @ np.array(rgb)), strict=True))
    elif dst.format.is_gray and dst.matrix is not None:
        weights = luma_weights(dst.matrix)
        values["y"] = float(sum(float(w) * v for w, v in zip(weights, rgb, strict=True)))
    codes = []
    for component in dst.format.layout.components:
        quant = quantiser(component, dst.range or Range.FULL, is_float=dst.format.is_float)
        code = quant.scale * values[component.name] + quant.offset
        if quant.maximum is not None:
            code = float(np.rint(min(max(code, 0), quant.maximum)))
        codes.append(float(np.float32(code)))
    return tuple(codes)
