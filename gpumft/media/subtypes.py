"""Media Foundation's subtypes: GUIDs, codes, and the pixel formats that mean the same bytes.

Mind the names: MF names R'G'B' by the bits of a little-endian word, `PixelFormat` by the bytes in
memory.
"""

from __future__ import annotations

from enum import StrEnum, unique
from functools import cache

from gpumft.media.formats import PixelFormat

_BASE = "-0000-0010-8000-00AA00389B71}"


def _four(code: str) -> str:
    """GUID of a four-character code."""
    return f"{{{int.from_bytes(code.encode('ascii'), 'little'):08X}{_BASE}"


def _d3d(number: int) -> str:
    """GUID of a D3DFORMAT number."""
    return f"{{{number:08X}{_BASE}"


@unique
class Subtype(StrEnum):
    """Subtypes of video; the value is the GUID in upper case with braces.

    Source: mfapi.h (MFVideoFormat_*): a four-character code or D3DFORMAT number in the base GUID
    {XXXXXXXX-0000-0010-8000-00AA00389B71}. `A2B10G10R10` has a D3DFORMAT number, yet no name there.

    Thread-safety: immutable.
    """

    # R'G'B', gray and depth: D3DFORMAT numbers
    RGB8 = _d3d(41)
    RGB555 = _d3d(24)
    RGB565 = _d3d(23)
    RGB24 = _d3d(20)
    RGB32 = _d3d(22)
    ARGB32 = _d3d(21)
    ABGR32 = _d3d(32)
    A2R10G10B10 = _d3d(31)
    A2B10G10R10 = _d3d(35)
    A16B16G16R16F = _d3d(113)
    L8 = _d3d(50)
    L16 = _d3d(81)
    D16 = _d3d(80)
    # Y'CbCr
    AYUV = _four("AYUV")
    YUY2 = _four("YUY2")
    UYVY = _four("UYVY")
    YVYU = _four("YVYU")
    NV11 = _four("NV11")
    NV12 = _four("NV12")
    NV21 = _four("NV21")
    I420 = _four("I420")
    IYUV = _four("IYUV")
    YV12 = _four("YV12")
    YVU9 = _four("YVU9")
    IMC1 = _four("IMC1")
    IMC2 = _four("IMC2")
    IMC3 = _four("IMC3")
    IMC4 = _four("IMC4")
    P010 = _four("P010")
    P016 = _four("P016")
    P210 = _four("P210")
    P216 = _four("P216")
    Y210 = _four("Y210")
    Y216 = _four("Y216")
    Y410 = _four("Y410")
    Y416 = _four("Y416")
    V210 = _four("v210")
    V216 = _four("v216")
    V410 = _four("v410")
    Y41P = _four("Y41P")
    Y41T = _four("Y41T")
    Y42T = _four("Y42T")
    AI44 = _four("AI44")
    O420 = _four("420O")
    # Compressed: known by name, refused by everything that needs pixels
    AV1 = _four("AV01")
    DV25 = _four("dv25")
    DV50 = _four("dv50")
    DVC = _four("dvc ")
    DVH1 = _four("dvh1")
    DVHD = _four("dvhd")
    DVSD = _four("dvsd")
    DVSL = _four("dvsl")
    H263 = _four("H263")
    H264 = _four("H264")
    H265 = _four("H265")
    HEVC = _four("HEVC")
    HEVC_ES = _four("HEVS")
    M4S2 = _four("M4S2")
    MJPG = _four("MJPG")
    MP43 = _four("MP43")
    MP4S = _four("MP4S")
    MP4V = _four("MP4V")
    MPG1 = _four("MPG1")
    MSS1 = _four("MSS1")
    MSS2 = _four("MSS2")
    ORAW = _four("ORAW")
    VP10 = _four("VP10")
    VP80 = _four("VP80")
    VP90 = _four("VP90")
    WMV1 = _four("WMV1")
    WMV2 = _four("WMV2")
    WMV3 = _four("WMV3")
    WVC1 = _four("WVC1")

    @property
    def guid(self) -> str:
        """The GUID in upper case with braces."""
        return self.value

    @property
    def code(self) -> int:
        """The first 32 bits: a D3DFORMAT number or a little-endian four-character code."""
        return int(self.value[1:9], 16)

    @property
    def fourcc(self) -> str | None:
        """The four characters, or None where the code is a D3DFORMAT number."""
        return self.code.to_bytes(4, "little").decode("ascii") if self.code > 0xFFFF else None

    @property
    def pixel_format(self) -> PixelFormat | None:
        """The pixel format with the same bytes, or None where nothing converts this subtype."""
        return _pixel_formats().get(self)

    def __repr__(self) -> str:
        return f"Subtype.{self.name}"


@cache
def _pixel_formats() -> dict[Subtype, PixelFormat]:
    """Which format each subtype is; where two subtypes are one format, its own comes first."""
    return {
        Subtype.RGB555: PixelFormat.RGB555LE,
        Subtype.RGB565: PixelFormat.RGB565LE,
        Subtype.RGB24: PixelFormat.BGR24,
        Subtype.RGB32: PixelFormat.BGR0,
        Subtype.ARGB32: PixelFormat.BGRA,
        Subtype.ABGR32: PixelFormat.RGBA,
        Subtype.A2R10G10B10: PixelFormat.X2BGR10LE,
        Subtype.A2B10G10R10: PixelFormat.X2RGB10LE,
        Subtype.A16B16G16R16F: PixelFormat.RGBAF16LE,
        Subtype.L8: PixelFormat.GRAY,
        Subtype.L16: PixelFormat.GRAY16LE,
        Subtype.AYUV: PixelFormat.VUYA,
        Subtype.YUY2: PixelFormat.YUYV422,
        Subtype.UYVY: PixelFormat.UYVY422,
        Subtype.YVYU: PixelFormat.YVYU422,
        Subtype.NV12: PixelFormat.NV12,
        Subtype.NV21: PixelFormat.NV21,
        Subtype.I420: PixelFormat.YUV420P,
        Subtype.IYUV: PixelFormat.YUV420P,
        Subtype.P010: PixelFormat.P010LE,
        Subtype.P016: PixelFormat.P016LE,
        Subtype.P210: PixelFormat.P210LE,
        Subtype.P216: PixelFormat.P216LE,
        Subtype.Y210: PixelFormat.Y210LE,
        Subtype.Y216: PixelFormat.Y216LE,
        Subtype.Y410: PixelFormat.XV30LE,
        Subtype.Y416: PixelFormat.Y416LE,
        Subtype.V210: PixelFormat.V210,
    }


@cache
def _subtypes() -> dict[PixelFormat, Subtype]:
    found: dict[PixelFormat, Subtype] = {}
    for subtype, format in _pixel_formats().items():
        found.setdefault(format, subtype)
    return found


# Codes in use elsewhere for formats that Media Foundation lacks.
_OTHER_CODES = {
    PixelFormat.GRAY: "Y800",
    PixelFormat.YUV422P: "Y42B",
    PixelFormat.NV16: "NV16",
    PixelFormat.NV24: "NV24",
    PixelFormat.P012LE: "P012",
}


def subtype_of(format: PixelFormat) -> Subtype | None:
    """Return MF's subtype for the same bytes, or None where MF has none.

    Thread-safety: pure.
    """
    return _subtypes().get(format)


def fourcc_of(format: PixelFormat) -> str | None:
    """Return the four-character code of a format, or None where it has none.

    Thread-safety: pure.
    """
    subtype = subtype_of(format)
    return (subtype.fourcc if subtype else None) or _OTHER_CODES.get(format)


def find_subtype(value: object) -> Subtype | None:
    """Return the subtype that a GUID (text of any case, or `uuid.UUID`) or a name means, or None.

    Thread-safety: pure.
    """
    if isinstance(value, Subtype):
        return value
    text = str(value)
    if text in Subtype.__members__:
        return Subtype[text]
    try:
        return Subtype(f"{{{text.strip('{}').upper()}}}")
    except ValueError:
        return None
