"""Effects: what may be done to a pixel's colour inside the fused pass."""

from gpumft.effects.builtin import BUILT_IN, grayscale, sepia
from gpumft.effects.matrix import MatrixEffect, create_effect, region_pixels

__all__ = ["BUILT_IN", "MatrixEffect", "create_effect", "grayscale", "region_pixels", "sepia"]
