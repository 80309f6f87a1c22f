"""Effects: what is done to colour inside the fused pass, and users' functions beside it."""

from gpumft.effects.builtin import BUILT_IN, grayscale, sepia
from gpumft.effects.frame import FrameEffect
from gpumft.effects.matrix import MatrixEffect, create_effect, region_pixels

__all__ = [
    "BUILT_IN",
    "FrameEffect",
    "MatrixEffect",
    "create_effect",
    "grayscale",
    "region_pixels",
    "sepia",
]
