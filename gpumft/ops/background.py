"""Background colours as codes of a format."""

from __future__ import annotations

import numpy as np

from gpumft.colour import from_rgb
from gpumft.formula import evaluate
from gpumft.media import VideoType
from gpumft.ops.colours import parse_colour
from gpumft.ops.components import COLOURS, quantised


def background_codes(colour: str | tuple[float, float, float], dst: VideoType) -> tuple[float, ...]:
    """Return the code (or float value) of `colour` for each component of the resolved `dst`."""
    rgb = parse_colour(colour)
    values = dict(zip("rgb", rgb, strict=True)) | {"a": 1.0, "x": 1.0}
    if not dst.format.is_rgb:
        values |= zip(COLOURS[dst.format.layout.kind], _components(rgb, dst), strict=True)
    codes = []
    for component in dst.format.layout.components:
        quant = quantised(component, dst)
        code = quant.scale * values[component.name] + quant.offset
        if quant.maximum is not None:
            code = float(np.rint(min(max(code, 0), quant.maximum)))
        codes.append(float(np.float32(code)))
    return tuple(codes)


def _components(rgb: tuple[float, ...], dst: VideoType) -> tuple[float, ...]:
    """Return the nominal components of R'G'B'."""
    for stage in from_rgb(dst):
        if stage.formula is not None:
            rgb = evaluate(stage.formula, rgb)
        elif stage.matrix is not None:
            rgb = tuple(map(float, stage.matrix @ np.array(rgb)))
    return rgb
