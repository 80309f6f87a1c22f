"""Where components lie in the elements of planes, as definitions for kernels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from gpumft.media.formats import Component, PixelFormat

_STREAM = {"u": (0, 4), "y": (1, 2), "v": (2, 4)}
"""Offset and step in v210's stream of 10-bit elements. Source: docs/arithmetic.md, 4.1."""
_TYPES = {
    "uint8": "uchar",
    "uint16": "ushort",
    "uint32": "uint",
    "float16": "ushort",
    "float32": "uint",
}

_SIZES = {"uchar": 1, "ushort": 2, "uint": 4}
_WORDS = {size: name for name, size in _SIZES.items()}


def in_stream(format: PixelFormat, component: Component) -> Component:
    """Return the component with its place among the elements that kernels count.

    Thread-safety: a pure function.
    """
    if format is not PixelFormat.V210:
        return component
    offset, step = _STREAM[component.name]
    return replace(component, offset=offset, step=step, shift=0)


def reader(format: PixelFormat, component: Component) -> dict[str, str | int]:
    """Return the definitions of kernels/read.h that depend on where the component lies.

    Thread-safety: a pure function.
    """
    at = in_stream(format, component)
    dtype = format.layout.planes[at.plane].dtype
    stored = {"float16": "HALF", "float32": "FLOAT"}.get(dtype, "WHOLE")
    if format is PixelFormat.V210:
        stored = "TEN_BITS"
    return {
        "STORED": stored,
        "ELEMENT": "float" if dtype == "float32" else _TYPES[dtype],
        "OFFSET": at.offset,
        "STEP": at.step,
        "SHIFT": at.shift,
        "MASK": f"{2**at.depth - 1:#x}u",
    }


def finisher(format: PixelFormat, component: Component) -> tuple[str, str]:
    """Return the C function that makes stored bits of a float32, and the highest code for it.

    Thread-safety: a pure function.
    """
    if not format.is_float:
        return "finish_whole", f"{2**component.depth - 1}.0f"
    return ("finish_half" if component.depth == 16 else "finish_float"), "0.0f"


@dataclass(frozen=True, slots=True)
class PlaneBlock:
    """A plane's share of the block of pixels that one work item makes.

    Thread-safety: immutable.
    """

    first: int
    """Where its values begin among the block's."""
    across: int
    """Elements (of memory) a row."""
    down: int
    values: int
    """Values a row: three an element in v210, else one."""
    type: str
    columns: int
    """Elements in a whole row of the plane."""
    rows: int

    @property
    def words(self) -> dict[str, str | int]:
        """The definitions of kernels/store.h for storing several elements at once."""
        size = _SIZES[self.type]
        word = next((n for n in (4, 2) if n > size and self.across * size % n == 0), size)
        return {"WORD": _WORDS[word], "FILLED": word // size, "BITS": 8 * size}

    def value(self, component: Component) -> str:
        """Return the C index of the component's sample (r, c) among the block's values."""
        step = f"{component.step} * c" if component.step > 1 else "c"
        return f"{self.first + component.offset} + {self.values} * r + {step}"


def element_bytes(format: PixelFormat, plane: int) -> int:
    """Return the bytes of an element of a plane.

    Thread-safety: a pure function.
    """
    return _SIZES[_TYPES[format.layout.planes[plane].dtype]]


def block_size(format: PixelFormat, *, whole_words: bool) -> tuple[int, int]:
    """Return the pixels (across, down) of a block; no other block shares their elements.

    With `whole_words` it fills words of 32 bits in the first plane.

    Thread-safety: a pure function.
    """
    if format is PixelFormat.V210:
        return 6, 1
    layout = format.layout
    across = 1 << max(c.xshift for c in layout.components)
    first = layout.planes[0]
    while whole_words and across * first.channels * _SIZES[_TYPES[first.dtype]] % 4:
        across *= 2
    return across, 1 << max(c.yshift for c in layout.components)


def blocks(
    format: PixelFormat, size: tuple[int, int], block: tuple[int, int]
) -> tuple[list[PlaneBlock], tuple[int, int]]:
    """Return each plane's share of a block, and how many blocks (across, down) cover the target.

    Thread-safety: a pure function.
    """
    made: list[PlaneBlock] = []
    first = 0
    shapes = format.plane_shapes(size)
    for plane, shape in zip(format.layout.planes, shapes, strict=True):
        down = block[1] >> plane.yshift
        across = plane.channels * (block[0] >> plane.xshift)
        values = across
        if format is PixelFormat.V210:
            across, values = 4, 12
        kind = _TYPES[plane.dtype]
        made.append(PlaneBlock(first, across, down, values, kind, prod(shape[1:]), shape[0]))
        first += values * down
    widest, highest = made[0], max(made, key=lambda b: -(-b.rows // b.down))
    return made, (-(-widest.columns // widest.across), -(-highest.rows // highest.down))
