"""Resampling in float64: grids, filters and the taps between two grids."""

from gpumft.resample.axis import taps
from gpumft.resample.fields import field_taps
from gpumft.resample.filters import Filter, filter_names, get_filter
from gpumft.resample.grid import Grid, chroma_grid, luma_grid
from gpumft.resample.taps import Taps

__all__ = [
    "Filter",
    "Grid",
    "Taps",
    "chroma_grid",
    "field_taps",
    "filter_names",
    "get_filter",
    "luma_grid",
    "taps",
]
