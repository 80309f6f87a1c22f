"""The words of a video type: matrix, range, primaries, transfer, siting, alpha, interlace.

Every enum is a `str`, so that `"bt709"` and `Matrix.BT709` mean the same wherever a type is built.
Numbers of other worlds (Media Foundation's, H.273's) live in tables of their own, never here.
"""

from __future__ import annotations

from enum import IntFlag, StrEnum, unique


@unique
class Matrix(StrEnum):
    """Matrix coefficients that turn R'G'B' into Y'CbCr. Source: ITU-T H.273, 8.3, table 4."""

    BT601 = "bt601"
    BT709 = "bt709"
    BT2020NCL = "bt2020ncl"
    SMPTE240M = "smpte240m"
    FCC = "fcc"
    YCGCO = "ycgco"
    BT2020CL = "bt2020cl"
    """Constant luminance: luma of light, not of R'G'B'. Source: BT.2020-2, table 4."""
    ICTCP = "ictcp"
    """Intensity and two colour differences of cones. Source: BT.2100-2, tables 7 and 8."""
    RGB = "rgb"


@unique
class Range(StrEnum):
    """How code values span the nominal signal. Source: ITU-T H.273, 8.3 (VideoFullRangeFlag)."""

    LIMITED = "limited"
    """16..235 (luma, RGB) and 16..240 (chroma) at 8 bit, scaled by 2^(n-8) at n bit."""
    FULL = "full"
    """0..2^n - 1."""


@unique
class Siting(StrEnum):
    """Where a sub-sampled chroma sample lies among its luma samples. Source: ITU-T H.273, 8.7."""

    LEFT = "left"
    CENTER = "center"
    TOPLEFT = "topleft"
    TOP = "top"
    BOTTOMLEFT = "bottomleft"
    BOTTOM = "bottom"


@unique
class Transfer(StrEnum):
    """Transfer characteristics. Source: ITU-T H.273, 8.2, table 3; BT.1886; SMPTE ST 2084."""

    BT709 = "bt709"
    """Also BT.601 and BT.2020 at 10 and 12 bit: one curve."""
    SRGB = "srgb"
    BT1886 = "bt1886"
    GAMMA18 = "gamma18"
    GAMMA20 = "gamma20"
    GAMMA22 = "gamma22"
    GAMMA26 = "gamma26"
    GAMMA28 = "gamma28"
    LINEAR = "linear"
    PQ = "pq"
    HLG = "hlg"
    SMPTE240M = "smpte240m"
    LOG100 = "log100"
    LOG316 = "log316"


@unique
class Primaries(StrEnum):
    """Colour primaries and white point. Source: ITU-T H.273, 8.1, table 2."""

    BT709 = "bt709"
    BT601_525 = "bt601_525"
    BT601_625 = "bt601_625"
    BT2020 = "bt2020"
    P3D65 = "p3d65"
    DCIP3 = "dcip3"
    SMPTE240M = "smpte240m"
    BT470M = "bt470m"
    EBU3213 = "ebu3213"
    FILM = "film"


@unique
class Alpha(StrEnum):
    """How an alpha component relates to the colour beside it."""

    STRAIGHT = "straight"
    PREMULTIPLIED = "premultiplied"
    OPAQUE = "opaque"
    """The component is there, but every pixel counts as opaque."""


@unique
class Interlace(StrEnum):
    """Field order. Source: MFVideoInterlaceMode."""

    PROGRESSIVE = "progressive"
    UPPER = "upper"
    LOWER = "lower"
    MIXED = "mixed"
    SINGLE_UPPER = "single_upper"
    SINGLE_LOWER = "single_lower"


@unique
class EqualFlags(IntFlag):
    """What two media types have in common. Source: IMFMediaType::IsEqual (MF_MEDIATYPE_EQUAL_*)."""

    MAJOR_TYPES = 1
    FORMAT_TYPES = 2
    FORMAT_DATA = 4
    FORMAT_USER_DATA = 8
