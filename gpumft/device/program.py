"""A conversion as a value: what every backend is given, and all that it is given.

`ops` plans a Program once per pair of types; a device builds it once and then runs it per frame.
The order of every operation is fixed here, so that all backends write the same bytes
(docs/arithmetic.md):

    read      code - offset                     exact; floats: flush tiny values to 0
    (alpha)   colour * (alpha * alpha_scale)    only where `premultiply`
    resample  vertical taps, then horizontal
    (alpha)   colour * RECIP(alpha * alpha_scale), 0 where alpha is not > 0; only `unpremultiply`
    stages    mixes, formulas and one scaling at most, in order, on all channels
    resample  vertical, then horizontal         per written component, where it has taps
    write     FMA(scale, value, offset), + dither, clamp, round half to even, cast, shift
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpumft.formula import Formula
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
    the grid of the written component, else to the luma grid of Program.inner, or to the grid that a
    Scale indexes.
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


@dataclass(frozen=True, slots=True)
class Apply:
    """A formula on the channels of each pixel. Source: docs/arithmetic.md, 8."""

    formula: Formula
    """Takes the colour channels, with `takes_alpha` alpha after them (the read's value: codes, or
    floats); gives the new colour channels. Alpha passes by."""
    takes_alpha: bool = False
    region: Rect | None = None
    """As Mix.region."""


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """All channels, alpha too, brought to another grid: at most one in a program.

    The reads then lead to the grid that these taps index; what comes out is the luma grid of
    Program.inner. Regions are for stages behind it.
    """

    vertical: Taps
    horizontal: Taps

    def __repr__(self) -> str:
        return f"Scale({self.vertical.key!r}, {self.horizontal.key!r})"


Stage = Mix | Apply | Scale
Settings = Mapping[str, float]
"""float32 values for the named parameters of a program's formulas, for one picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Numbers that are added to codes before they are rounded. Source: docs/arithmetic.md, 8.5.

    The sample in row j and column i of the component (of the whole target, not of `inner`) gets
    values[(j + y) mod rows, (i + x) mod columns].
    """

    values: npt.NDArray[np.float32]
    """Shape (rows, columns), both powers of two; read-only."""
    x: int = 0
    y: int = 0
    key: str = field(init=False, repr=False)
    """Equal for equal values; x and y are no part of it."""

    def __post_init__(self) -> None:
        plain = np.ascontiguousarray(self.values, np.float32)
        plain.setflags(write=False)
        object.__setattr__(self, "values", plain)
        name = repr(plain.shape).encode() + plain.tobytes()
        object.__setattr__(self, "key", hashlib.blake2b(name, digest_size=10).hexdigest())

    def __repr__(self) -> str:
        return f"Pattern({self.key}, {self.x}, {self.y})"


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """One written component: a channel, resampled to the component's grid, quantised."""

    component: Component
    channel: int | None
    """Index into the channels after the last stage (colour first, alpha last); in a direct program
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
    limits: tuple[float, float] | None = None
    """Lowest and highest code that is written; None: all codes. Whole-number targets only."""
    dither: Pattern | None = None
    """Added to the value. Whole-number targets only; constants and the background are not
    dithered."""


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
    stages: tuple[Stage, ...]
    writes: tuple[Write, ...]
    inner: Rect
    """Where the picture lies in the target, in luma pixels; x and y lie on the chroma grid, width
    and height too unless they reach the right or bottom edge."""
    background: tuple[float, ...]
    """Code (or float) value of each component of the target's layout, in its order, outside
    `inner`."""
    direct: bool
    """Components are scaled on their own: reads lead straight to written components, no stages."""
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

    @property
    def colours(self) -> int:
        """How many colour channels there are after the last stage."""
        return colours_after(self, self.stages)


def colours_after(program: Program, stages: Sequence[Stage]) -> int:
    """Return how many colour channels `stages`, the first ones of the program, leave.

    Thread-safety: a pure function.
    """
    count = len(program.reads) - (program.alpha is not None)
    for stage in stages:
        if isinstance(stage, Mix):
            count = len(stage.rows)
        elif isinstance(stage, Apply):
            count = len(stage.formula.outputs)
    return count


def around_scale(stages: Sequence[Stage]) -> tuple[Sequence[Stage], Scale | None, Sequence[Stage]]:
    """Return the stages before the scaling, the scaling, and those behind it.

    Without a scaling there are none before it.

    Thread-safety: a pure function.
    """
    for index, stage in enumerate(stages):
        if isinstance(stage, Scale):
            return stages[:index], stage, stages[index + 1 :]
    return (), None, stages


def settings_of(program: Program) -> dict[str, float]:
    """Return the named parameters of a program's formulas, and what they are by default.

    Thread-safety: a pure function.
    """
    return {name: number for formula in _formulas(program) for name, number in _named(formula)}


def adjusted(program: Program, settings: Settings) -> Program:
    """Return a program with other numbers for its named parameters.

    Thread-safety: a pure function.
    """
    return replace(program, stages=tuple(_adjusted(stage, settings) for stage in program.stages))


def _adjusted(stage: Stage, settings: Settings) -> Stage:
    if not isinstance(stage, Apply):
        return stage
    pairs = zip(stage.formula.names, stage.formula.parameters, strict=True)
    numbers = tuple(settings[name] if name else number for name, number in pairs)
    return replace(stage, formula=replace(stage.formula, parameters=numbers))


def _formulas(program: Program) -> Iterator[Formula]:
    return (stage.formula for stage in program.stages if isinstance(stage, Apply))


def _named(formula: Formula) -> Iterator[tuple[str, float]]:
    pairs = zip(formula.names, formula.parameters, strict=True)
    return ((name, number) for name, number in pairs if name)
