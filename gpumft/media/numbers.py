"""Media Foundation's numbers for the words of a video type, one table each way.

They are not H.273's. A member that MF has no number for is written by name under a key that begins
with GPUMFT_ (`gpumft.media.attributes`).

Sources: MFVideoTransferMatrix, MFVideoPrimaries, MFVideoTransferFunction, MFNominalRange,
MFVideoChromaSubsampling, MFVideoInterlaceMode, DXGI_ALPHA_MODE.

Thread-safety: constants.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from gpumft.media.enums import Alpha, Interlace, Matrix, Primaries, Range, Siting, Transfer

FIELD_OF: Mapping[str, str] = MappingProxyType(
    {
        "MF_MT_INTERLACE_MODE": "interlace",
        "MF_MT_YUV_MATRIX": "matrix",
        "MF_MT_VIDEO_PRIMARIES": "primaries",
        "MF_MT_TRANSFER_FUNCTION": "transfer",
        "MF_MT_VIDEO_NOMINAL_RANGE": "range",
        "MF_MT_VIDEO_CHROMA_SITING": "siting",
        "MF_MT_ALPHA_MODE": "alpha",
    }
)
"""Attribute to the field whose word it holds as a number."""

ENUM_OF: Mapping[str, type[StrEnum]] = MappingProxyType(
    {
        "interlace": Interlace,
        "matrix": Matrix,
        "primaries": Primaries,
        "transfer": Transfer,
        "range": Range,
        "siting": Siting,
        "alpha": Alpha,
    }
)

# (number, member): the first line of a member is the number written, all lines are read.
_LINES: dict[str, tuple[tuple[int, StrEnum], ...]] = {
    "interlace": (
        (2, Interlace.PROGRESSIVE),
        (3, Interlace.UPPER),
        (4, Interlace.LOWER),
        (5, Interlace.SINGLE_UPPER),
        (6, Interlace.SINGLE_LOWER),
        (7, Interlace.MIXED),
    ),
    "matrix": (
        (1, Matrix.BT709),
        (2, Matrix.BT601),
        (3, Matrix.SMPTE240M),
        (4, Matrix.BT2020NCL),  # BT2020_10
        (5, Matrix.BT2020NCL),  # BT2020_12: written for 12 bits and more
        (12, Matrix.ICTCP),
    ),
    "primaries": (
        (2, Primaries.BT709),
        (3, Primaries.BT470M),
        (4, Primaries.BT601_625),  # BT470-2 SysBG
        (5, Primaries.BT601_525),  # SMPTE170M
        (6, Primaries.SMPTE240M),
        (7, Primaries.EBU3213),
        (8, Primaries.BT601_525),  # SMPTE-C: the same colours as SMPTE170M
        (9, Primaries.BT2020),
        (11, Primaries.DCIP3),
    ),
    "transfer": (
        (1, Transfer.LINEAR),
        (2, Transfer.GAMMA18),
        (3, Transfer.GAMMA20),
        (4, Transfer.GAMMA22),
        (5, Transfer.BT709),
        (6, Transfer.SMPTE240M),
        (7, Transfer.SRGB),
        (8, Transfer.GAMMA28),
        (9, Transfer.LOG100),
        (10, Transfer.LOG316),
        (11, Transfer.BT709),  # 709_sym, 2020_const and 2020: one curve
        (12, Transfer.BT709),
        (13, Transfer.BT709),
        (14, Transfer.GAMMA26),
        (15, Transfer.PQ),
        (16, Transfer.HLG),
    ),
    "range": ((1, Range.FULL), (2, Range.LIMITED)),
    # Bits: 4 horizontally and 2 vertically on a luma sample, 1 both chroma planes aligned. Bit 8
    # (progressive chroma) says nothing about the place and is not looked at.
    "siting": (
        (5, Siting.LEFT),  # MPEG2
        (1, Siting.CENTER),  # MPEG1
        (7, Siting.TOPLEFT),  # Cosited
        (3, Siting.TOP),
        (4, Siting.LEFT),
        (6, Siting.TOPLEFT),  # DV_PAL
        (2, Siting.TOP),
    ),
    "alpha": ((1, Alpha.PREMULTIPLIED), (2, Alpha.STRAIGHT), (3, Alpha.OPAQUE)),
}


def _written(lines: tuple[tuple[int, StrEnum], ...]) -> Mapping[StrEnum, int]:
    return MappingProxyType({member: number for number, member in reversed(lines)})


TO_NUMBER: Mapping[str, Mapping[StrEnum, int]] = MappingProxyType(
    {field: _written(lines) for field, lines in _LINES.items()}
)
"""Field to (member to number)."""
FROM_NUMBER: Mapping[str, Mapping[int, StrEnum]] = MappingProxyType(
    {field: MappingProxyType(dict(lines)) for field, lines in _LINES.items()}
)
"""Field to (number to member)."""
