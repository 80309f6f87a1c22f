"""Pixel formats: one table that says where every component of every format lies.

A format is *planes* (arrays) and *components* (y u v, r g b, a). Everything that depends on a
layout - shapes, readers, writers, sizes, MF subtypes - is derived from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache

import numpy as np


@dataclass(frozen=True, slots=True)
class Plane:
    """One plane of a format: an array of (rows, columns[, channels])."""

    dtype: str
    """Element type as in numpy: uint8, uint16, uint32, float16, float32."""
    channels: int = 1
    """Elements a column; 1 means a two-dimensional array."""
    xshift: int = 0
    """log2 of the luma columns that one column of this plane covers."""
    yshift: int = 0
    """log2 of the luma rows that one row of this plane covers."""

    def shape(self, size: tuple[int, int]) -> tuple[int, ...]:
        """Return (rows, columns[, channels]) of this plane for a picture of `size` (w, h)."""
        rows = -(-size[1] >> self.yshift)
        columns = -(-size[0] >> self.xshift)
        return (rows, columns) if self.channels == 1 else (rows, columns, self.channels)


@dataclass(frozen=True, slots=True)
class Component:
    """Where one component lies.

    The value of sample i in a row is `(element[offset + i * step] >> shift) & (2**depth - 1)`, the
    row being the plane's row seen as a flat list of elements. Float elements are taken as they are.
    """

    name: str
    """y u v r g b a, or x for an unused filler (written as all ones)."""
    plane: int
    offset: int = 0
    step: int = 1
    shift: int = 0
    depth: int = 8
    xshift: int = 0
    """log2 of the luma columns per sample of this component (1 = half as many columns)."""
    yshift: int = 0
    """log2 of the luma rows per sample of this component."""

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return how many (columns, rows) of samples a picture of `size` (w, h) has."""
        return -(-size[0] >> self.xshift), -(-size[1] >> self.yshift)


@dataclass(frozen=True, slots=True)
class Layout:
    """A format's planes and components."""

    planes: tuple[Plane, ...]
    components: tuple[Component, ...]
    kind: str
    """yuv, rgb or gray."""
    is_float: bool = False
    packed: bool = False
    """Several components share one element (x2rgb10le, rgb565le, v210...)."""

    def component(self, name: str) -> Component | None:
        """Return the component called `name`, or None."""
        return next((c for c in self.components if c.name == name), None)


@unique
class PixelFormat(StrEnum):
    """Pixel formats by FFmpeg's names, plus `y416le` and `v210`.

    Mind Media Foundation's names: its RGB24 is `bgr24`, RGB32 `bgr0`, ARGB32 `bgra`,
    A2R10G10B10 `x2bgr10le`.
    """

    GRAY = "gray"
    GRAY10LE = "gray10le"
    GRAY16LE = "gray16le"
    GRAYF32LE = "grayf32le"
    YUV420P = "yuv420p"
    YUV422P = "yuv422p"
    YUV444P = "yuv444p"
    YUV420P10LE = "yuv420p10le"
    YUV422P10LE = "yuv422p10le"
    YUV444P10LE = "yuv444p10le"
    YUV420P12LE = "yuv420p12le"
    YUV422P12LE = "yuv422p12le"
    YUV444P12LE = "yuv444p12le"
    YUV420P16LE = "yuv420p16le"
    YUV422P16LE = "yuv422p16le"
    YUV444P16LE = "yuv444p16le"
    YUVA420P = "yuva420p"
    YUVA444P = "yuva444p"
    NV12 = "nv12"
    NV21 = "nv21"
    NV16 = "nv16"
    NV24 = "nv24"
    P010LE = "p010le"
    P012LE = "p012le"
    P016LE = "p016le"
    P210LE = "p210le"
    P216LE = "p216le"
    YUYV422 = "yuyv422"
    UYVY422 = "uyvy422"
    YVYU422 = "yvyu422"
    Y210LE = "y210le"
    Y216LE = "y216le"
    VUYA = "vuya"
    XV30LE = "xv30le"
    XV36LE = "xv36le"
    Y416LE = "y416le"
    V210 = "v210"
    RGB24 = "rgb24"
    BGR24 = "bgr24"
    RGBA = "rgba"
    BGRA = "bgra"
    ARGB = "argb"
    ABGR = "abgr"
    RGB0 = "rgb0"
    BGR0 = "bgr0"
    RGB555LE = "rgb555le"
    RGB565LE = "rgb565le"
    X2RGB10LE = "x2rgb10le"
    X2BGR10LE = "x2bgr10le"
    RGB48LE = "rgb48le"
    RGBA64LE = "rgba64le"
    RGBAF16LE = "rgbaf16le"
    RGBAF32LE = "rgbaf32le"
    GBRP = "gbrp"
    GBRAP = "gbrap"
    GBRP10LE = "gbrp10le"
    GBRP12LE = "gbrp12le"
    GBRP16LE = "gbrp16le"
    GBRPF16LE = "gbrpf16le"
    GBRPF32LE = "gbrpf32le"

    @property
    def layout(self) -> Layout:
        """Where the components lie."""
        return _layouts()[self]

    @property
    def planes(self) -> int:
        """How many planes."""
        return len(self.layout.planes)

    @property
    def depth(self) -> int:
        """Bits of the deepest colour component."""
        return max(c.depth for c in self.layout.components if c.name in "yuvrgb")

    @property
    def is_yuv(self) -> bool:
        """Whether colour is Y'CbCr (gray is not)."""
        return self.layout.kind == "yuv"

    @property
    def is_rgb(self) -> bool:
        """Whether colour is R'G'B'."""
        return self.layout.kind == "rgb"

    @property
    def is_gray(self) -> bool:
        """Whether there is luma alone."""
        return self.layout.kind == "gray"

    @property
    def is_float(self) -> bool:
        """Whether elements are floating point."""
        return self.layout.is_float

    @property
    def has_alpha(self) -> bool:
        """Whether there is an alpha component."""
        return self.layout.component("a") is not None

    @property
    def subsampling(self) -> tuple[int, int]:
        """log2 of the luma (columns, rows) per chroma sample; (0, 0) where there is no chroma."""
        u = self.layout.component("u")
        return (u.xshift, u.yshift) if u else (0, 0)

    @property
    def subtype(self) -> str | None:
        """Media Foundation's subtype GUID in upper case with braces, or None where MF has none."""
        from gpumft.media.subtypes import subtype_of

        found = subtype_of(self)
        return found.guid if found else None

    @property
    def fourcc(self) -> str | None:
        """The four-character code, or None where the format has none."""
        from gpumft.media.subtypes import fourcc_of

        return fourcc_of(self)

    def plane_shapes(self, size: tuple[int, int]) -> tuple[tuple[int, ...], ...]:
        """Return the shape of every plane, (rows, columns[, channels]), for `size` (w, h)."""
        if self is PixelFormat.V210:
            return ((size[1], -(-size[0] // 48) * 32),)
        return tuple(plane.shape(size) for plane in self.layout.planes)

    def plane_dtypes(self) -> tuple[np.dtype[np.generic], ...]:
        """Return the dtype of every plane."""
        return tuple(np.dtype(plane.dtype) for plane in self.layout.planes)


_INTEGER = {8: "uint8", 10: "uint16", 12: "uint16", 16: "uint16"}


def _planar(names: str, depth: int, sub: tuple[int, int] = (0, 0), kind: str = "yuv") -> Layout:
    """One component a plane; u and v are sub-sampled by `sub`."""
    shifts = [sub if n in "uv" else (0, 0) for n in names]
    planes = tuple(Plane(_INTEGER[depth], 1, x, y) for x, y in shifts)
    components = tuple(
        Component(n, i, depth=depth, xshift=x, yshift=y)
        for i, (n, (x, y)) in enumerate(zip(names, shifts, strict=True))
    )
    return Layout(planes, components, kind)


def _semi(
    depth: int, sub: tuple[int, int], *, order: str = "uv", high_bits: bool = False
) -> Layout:
    """Luma plane, then one plane of chroma pairs; `high_bits` as in P010."""
    dtype = _INTEGER[depth]
    shift = 16 - depth if high_bits else 0
    x, y = sub
    chroma = (Component(n, 1, i, 2, shift, depth, xshift=x, yshift=y) for i, n in enumerate(order))
    planes = (Plane(dtype), Plane(dtype, 2, x, y))
    return Layout(planes, (Component("y", 0, shift=shift, depth=depth), *chroma), "yuv")


def _interleaved(names: str, depth: int, kind: str, *, shift: int = 0) -> Layout:
    """One plane of pixels, one element a component."""
    count = len(names)
    components = tuple(Component(n, 0, i, count, shift, depth) for i, n in enumerate(names))
    return Layout((Plane(_INTEGER[depth], count),), components, kind)


def _packed_422(order: str, depth: int, *, shift: int = 0) -> Layout:
    """Pairs of pixels that share chroma, four elements each, as in YUY2."""
    luma = Component("y", 0, order.index("y"), 2, shift, depth)
    chroma = (Component(n, 0, order.index(n), 4, shift, depth, xshift=1) for n in "uv")
    return Layout((Plane(_INTEGER[depth], 4, 1),), (luma, *chroma), "yuv")


def _words(dtype: str, fields: str, kind: str) -> Layout:
    """One element a pixel; `fields` such as "r:11:5 g:5:6 b:0:5" are name:shift:depth."""
    parts = (field.split(":") for field in fields.split())
    components = tuple(Component(n, 0, 0, 1, int(s), int(d)) for n, s, d in parts)
    return Layout((Plane(dtype),), components, kind, packed=True)


def _floats(names: str, dtype: str, kind: str, *, planar: bool) -> Layout:
    """Nominal values as floating point."""
    depth = 8 * np.dtype(dtype).itemsize
    count = len(names)
    if planar:
        components = tuple(Component(n, i, depth=depth) for i, n in enumerate(names))
        planes = tuple(Plane(dtype) for _ in names)
    else:
        components = tuple(Component(n, 0, i, count, 0, depth) for i, n in enumerate(names))
        planes = (Plane(dtype, count),)
    return Layout(planes, components, kind, is_float=True)


@cache
def _layouts() -> dict[PixelFormat, Layout]:
    table: dict[str, Layout] = {
        "gray": _planar("y", 8, kind="gray"),
        "gray10le": _planar("y", 10, kind="gray"),
        "gray16le": _planar("y", 16, kind="gray"),
        "grayf32le": _floats("y", "float32", "gray", planar=True),
        "yuva420p": _planar("yuva", 8, (1, 1)),
        "yuva444p": _planar("yuva", 8),
        "nv12": _semi(8, (1, 1)),
        "nv21": _semi(8, (1, 1), order="vu"),
        "nv16": _semi(8, (1, 0)),
        "nv24": _semi(8, (0, 0)),
        "p010le": _semi(10, (1, 1), high_bits=True),
        "p012le": _semi(12, (1, 1), high_bits=True),
        "p016le": _semi(16, (1, 1)),
        "p210le": _semi(10, (1, 0), high_bits=True),
        "p216le": _semi(16, (1, 0)),
        "yuyv422": _packed_422("yu.v", 8),
        "uyvy422": _packed_422("uyv.", 8),
        "yvyu422": _packed_422("yv.u", 8),
        "y210le": _packed_422("yu.v", 10, shift=6),
        "y216le": _packed_422("yu.v", 16),
        "vuya": _interleaved("vuya", 8, "yuv"),
        "xv30le": _words("uint32", "u:0:10 y:10:10 v:20:10 x:30:2", "yuv"),
        "xv36le": _interleaved("uyvx", 12, "yuv", shift=4),
        "y416le": _interleaved("uyva", 16, "yuv"),
        "v210": Layout(
            (Plane("uint32"),),
            (
                Component("y", 0, depth=10),
                Component("u", 0, depth=10, xshift=1),
                Component("v", 0, depth=10, xshift=1),
            ),
            "yuv",
            packed=True,
        ),
        "rgb555le": _words("uint16", "r:10:5 g:5:5 b:0:5", "rgb"),
        "rgb565le": _words("uint16", "r:11:5 g:5:6 b:0:5", "rgb"),
        "x2rgb10le": _words("uint32", "r:20:10 g:10:10 b:0:10 x:30:2", "rgb"),
        "x2bgr10le": _words("uint32", "r:0:10 g:10:10 b:20:10 x:30:2", "rgb"),
        "rgb48le": _interleaved("rgb", 16, "rgb"),
        "rgba64le": _interleaved("rgba", 16, "rgb"),
        "rgbaf16le": _floats("rgba", "float16", "rgb", planar=False),
        "rgbaf32le": _floats("rgba", "float32", "rgb", planar=False),
        "gbrap": _planar("gbra", 8, kind="rgb"),
        "gbrpf16le": _floats("gbr", "float16", "rgb", planar=True),
        "gbrpf32le": _floats("gbr", "float32", "rgb", planar=True),
    }
    for chroma, sub in {"420": (1, 1), "422": (1, 0), "444": (0, 0)}.items():
        for depth in (8, 10, 12, 16):
            table[f"yuv{chroma}p" + (f"{depth}le" if depth > 8 else "")] = _planar(
                "yuv", depth, sub
            )
    for depth in (8, 10, 12, 16):
        table["gbrp" + (f"{depth}le" if depth > 8 else "")] = _planar("gbr", depth, kind="rgb")
    for name in ("rgb24", "bgr24", "rgba", "bgra", "argb", "abgr", "rgb0", "bgr0"):
        letters = name.rstrip("24").replace("0", "x")
        table[name] = _interleaved(letters, 8, "rgb")
    return {PixelFormat(name): layout for name, layout in table.items()}
