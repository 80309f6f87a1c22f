"""Which formats transforms convert."""

from __future__ import annotations

from gpumft.media import PixelFormat

CONVERTIBLE: tuple[PixelFormat, ...] = tuple(PixelFormat)
"""Formats that can be source and target of a conversion."""
