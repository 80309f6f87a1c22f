"""Colour in float64: the one place with colour formulas. Devices are given its numbers only."""

from gpumft.colour.light import Rendering
from gpumft.colour.matrices import luma_weights, rgb_to_yuv, yuv_to_rgb
from gpumft.colour.plan import ColourPlan, Effect, Stage, from_rgb, plan
from gpumft.colour.quantise import Quantiser, colour_components, quantiser
from gpumft.colour.rounding import rounded

__all__ = [
    "ColourPlan",
    "Effect",
    "Quantiser",
    "Rendering",
    "Stage",
    "colour_components",
    "from_rgb",
    "luma_weights",
    "plan",
    "quantiser",
    "rgb_to_yuv",
    "rounded",
    "yuv_to_rgb",
]
