"""Which formats transforms convert today."""

from __future__ import annotations

from gpumft.media import PixelFormat


def _is_built(pixel_format: PixelFormat) -> bool:
    layout = pixel_format.layout
    return not layout.packed and all(plane.dtype != "float16" for plane in layout.planes)


CONVERTIBLE: tuple[PixelFormat, ...] = tuple(filter(_is_built, PixelFormat))
"""Formats that can be source and target of a conversion."""
