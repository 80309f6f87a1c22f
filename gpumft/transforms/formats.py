"""Which formats transforms convert today."""

from __future__ import annotations

from gpumft.media import PixelFormat
from gpumft.ops import is_built

CONVERTIBLE: tuple[PixelFormat, ...] = tuple(filter(is_built, PixelFormat))
"""Formats that can be source and target of a conversion."""
