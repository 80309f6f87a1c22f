"""Types of video: pixel formats, what pixels mean, Media Foundation's attributes and sizes."""

from gpumft.media.compare import ALL_EQUAL, AnyType, compare, matches
from gpumft.media.enums import (
    Alpha,
    EqualFlags,
    Interlace,
    Matrix,
    Primaries,
    Range,
    Siting,
    Transfer,
)
from gpumft.media.field_flags import sample_interlace
from gpumft.media.fields import FrozenMapping, Light
from gpumft.media.formats import Component, Layout, PixelFormat, Plane
from gpumft.media.guids import ATTRIBUTE_GUIDS, CLASS_GUIDS
from gpumft.media.partialtype import PartialType
from gpumft.media.resolve import resolve_pair, resolve_source
from gpumft.media.sizes import (
    Buffer2DLayout,
    PlanePlace,
    buffer2d_layout,
    calculate_image_size,
    contiguous_length,
    default_stride,
    plane_places,
    plane_size,
)
from gpumft.media.subtypes import Subtype, fourcc_of, subtype_of
from gpumft.media.times import average_time_per_frame, frame_rate_of, seconds, to_hns
from gpumft.media.videotype import VideoType

__all__ = [
    "ALL_EQUAL",
    "ATTRIBUTE_GUIDS",
    "CLASS_GUIDS",
    "Alpha",
    "AnyType",
    "Buffer2DLayout",
    "Component",
    "EqualFlags",
    "FrozenMapping",
    "Interlace",
    "Layout",
    "Light",
    "Matrix",
    "PartialType",
    "PixelFormat",
    "Plane",
    "PlanePlace",
    "Primaries",
    "Range",
    "Siting",
    "Subtype",
    "Transfer",
    "VideoType",
    "average_time_per_frame",
    "buffer2d_layout",
    "calculate_image_size",
    "compare",
    "contiguous_length",
    "default_stride",
    "fourcc_of",
    "frame_rate_of",
    "matches",
    "plane_places",
    "plane_size",
    "resolve_pair",
    "resolve_source",
    "sample_interlace",
    "seconds",
    "subtype_of",
    "to_hns",
]
