"""Background colours as codes of a format."""

from __future__ import annotations

import numpy as np

from gpumft.colour import luma_weights, rgb_to_yuv
from gpumft.media import VideoType
from gpumft.ops.colours import parse_colour
from gpumft.ops.components import quantised


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
        quant = quantised(component, dst)
        code = quant.scale * values[component.name] + quant.offset
        if quant.maximum is not None:
            code = float(np.rint(min(max(code, 0), quant.maximum)))
        codes.append(float(np.float32(code)))
    return tuple(codes)
