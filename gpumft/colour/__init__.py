"""Colour in float64: the one place with colour formulas. Devices are given its numbers only."""

from gpumft.colour.light import Rendering, light_of_gray
from gpumft.colour.matrices import luma_weights, rgb_to_yuv, yuv_to_rgb
from gpumft.colour.plan import ColourPlan, Effect, Stage, from_rgb, plan
from gpumft.colour.quantise import Quantiser, colour_components, quantiser
from gpumft.colour.rounding import rounded
from gpumft.colour.tone import settings as tone_settings

__all__ = [
    "ColourPlan",
    "Effect",
    "Quantiser",
    "Rendering",
    "Stage",
    "colour_components",
    "from_rgb",
    "light_of_gray",
    "luma_weights",
    "plan",
    "quantiser",
    "rgb_to_yuv",
    "rounded",
    "tone_settings",
    "yuv_to_rgb",
]
