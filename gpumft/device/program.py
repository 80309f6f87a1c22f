"""A conversion as a value: what every backend is given, and all that it is given.

`ops` plans a Program once per pair of types; a device builds it once and then runs it per frame.
The order of every operation is fixed here, so that all backends write the same bytes
(docs/arithmetic.md):

    read      code - offset                     exact; floats: flush tiny values to 0
    (alpha)   colour * (alpha * alpha_scale)    only where `premultiply`
    resample  vertical taps, then horizontal
    (alpha)   colour * RECIP(alpha * alpha_scale), 0 where alpha is not > 0; only `unpremultiply`
    mixes     rows of FMA, in order
    resample  vertical, then horizontal         per written component, where it has taps
    write     FMA(scale, value, offset), clamp, round half to even, cast, shift
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gpumft.media.formats import Component, PixelFormat
from gpumft.resample.taps import Taps


class Rect(NamedTuple):
    """A rectangle in pixels of the picture; right and bottom edges are outside."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """One source component and the taps that bring it to where it is needed.

    Taps index the *oriented* component (see Program.transpose). In a direct program they lead to
    the grid of the written component, else to the luma grid of Program.inner.
    """

    component: Component
    offset: float
    """The code value that means zero; subtracted as float32. 0 for float formats."""
    vertical: Taps
    horizontal: Taps


@dataclass(frozen=True, slots=True)
class Mix:
    """Each output channel is a row of products: FMA(r2, c2, FMA(r1, c1, r0 * c0)).

    Coefficients that are exactly 0 are not evaluated; a row of zeros gives 0. Coefficients are
    float32 values held as Python floats.
    """

    rows: tuple[tuple[float, ...], ...]
    """Shape (channels out, channels in); alpha is not among them and passes by."""
    region: Rect | None = None
    """Pixels of the luma grid of Program.inner that are mixed; the rest pass unchanged
    (only where channels out == channels in). None: all."""


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """One written component: a channel, resampled to the component's grid, quantised."""

    component: Component
    channel: int | None
    """Index into the channels after the last mix (colour first, alpha last); in a direct program
    index into `reads`. None: every sample is `constant`."""
    constant: float
    """Code value (or float value) where channel is None."""
    vertical: Taps | None
    horizontal: Taps | None
    """Taps from the luma grid to the component's grid, or None where there is nothing to do.
    Both or neither."""
    scale: float
    offset: float
    """Codes per nominal unit, and the code of zero; value = FMA(scale, channel, offset)."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One conversion between two formats and sizes.

    Thread-safety: immutable.
    """

    source: PixelFormat
    source_size: tuple[int, int]
    target: PixelFormat
    target_size: tuple[int, int]
    reads: tuple[Read, ...]
    mixes: tuple[Mix, ...]
    writes: tuple[Write, ...]
    inner: Rect
    """Where the picture lies in the target, in luma pixels; x and y lie on the chroma grid, width
    and height too unless they reach the right or bottom edge."""
    background: tuple[float, ...]
    """Code (or float) value of each component of the target's layout, in its order, outside
    `inner`."""
    direct: bool
    """Components are scaled on their own: reads lead straight to written components, no mixes."""
    transpose: bool = False
    mirror_y: bool = False
    mirror_x: bool = False
    """How source components are turned before anything is read: transposed first, then the rows
    reversed, then the columns reversed."""
    alpha: int | None = None
    """Index into `reads` of the alpha component (then the last one), or None."""
    alpha_scale: float = 0.0
    """1 / the largest alpha code; 1 for floats."""
    premultiply: bool = False
    unpremultiply: bool = False
