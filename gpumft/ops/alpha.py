"""Where colour is weighted by alpha, and where it is freed of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gpumft.colour import ColourPlan, quantiser
from gpumft.device.program import Apply, Read, Scale, Stage
from gpumft.formula import Formula, Value, flush, formula, parameter, reciprocal, select
from gpumft.media import Alpha, Range, VideoType


@dataclass(frozen=True, slots=True)
class Weights:
    """What a conversion does with alpha.

    Colour is resampled weighted by alpha, and goes through curves free of it.

    Thread-safety: immutable.
    """

    used: bool = False
    """Whether alpha is read."""
    kept: bool = False
    """Whether it goes to the target."""
    premultiply: bool = False
    """See Program."""
    unpremultiply: bool = False
    """See Program."""
    in_light: bool = False
    """Weighted again while the picture is scaled in light."""
    at_end: bool = False
    """Weighted again after the target's curve."""
    apart: bool = False
    """Chroma has another grid than alpha: weighted and scaled on the source's luma grid."""
    freed: bool = False
    """And freed of alpha after that."""

    @property
    def matter(self) -> bool:
        """Whether components cannot be scaled on their own."""
        return self.premultiply or self.unpremultiply or self.at_end or self.apart

    def woven(
        self, stages: Sequence[Stage], colour: ColourPlan, scale: Scale | None, alpha_scale: float
    ) -> list[Stage]:
        """Return the stages with the scaling and what alpha needs put in between.

        Args:
            stages: those of `colour`.
            colour: says where the picture is scaled.
            scale: how, or None.
            alpha_scale: 1 / the largest alpha code.
        """
        made = list(stages)
        if self.at_end:
            place = len(made) - 1 if colour.ends_with_matrix else len(made)
            channels = 3 if colour.ends_with_matrix else colour.channels
            made.insert(place, Apply(_weighted(alpha_scale, channels), takes_alpha=True))
        if scale is None:
            return made
        if self.apart:
            weighted = Apply(_weighted(alpha_scale), takes_alpha=True)
            freed = [Apply(_freed(alpha_scale), takes_alpha=True)] if self.freed else []
            return [weighted, scale, *freed, *made]
        between: list[Stage] = [scale]
        if self.in_light:
            between.insert(0, Apply(_weighted(alpha_scale), takes_alpha=True))
            between.append(Apply(_freed(alpha_scale), takes_alpha=True))
        return [*made[: colour.scale_at], *between, *made[colour.scale_at :]]


def settle(src: VideoType, dst: VideoType, *, resamples: bool, colour: ColourPlan) -> Weights:
    """Return what is done with alpha between two resolved types.

    Args:
        src: the source's type.
        dst: the target's.
        resamples: whether any sample is a mixture of several.
        colour: whether curves lie in between.

    Thread-safety: a pure function.
    """
    ours, theirs = _alpha(src), _alpha(dst)
    straight = ours is Alpha.STRAIGHT
    if ours is None or (theirs is None and (straight or not colour.through_light)):
        return Weights()  # what is dropped leaves straight colour as it is, and the other on black
    kept, wants_straight = theirs is not None, theirs is Alpha.STRAIGHT
    if colour.scale_at is not None:
        made = Weights(True, kept, False, not straight, in_light=True, at_end=not wants_straight)
    elif colour.through_light:
        weigh = straight and resamples
        made = Weights(True, kept, weigh, weigh or not straight, at_end=not wants_straight)
    elif straight and wants_straight and not resamples:
        made = Weights(True, kept)
    else:
        made = Weights(True, kept, straight, wants_straight)
    if made.premultiply and src.format.subsampling != (0, 0):
        freed = made.unpremultiply
        return replace(made, premultiply=False, unpremultiply=False, apart=True, freed=freed)
    return made


def _alpha(type_: VideoType) -> Alpha | None:
    """How a type keeps alpha; None where there is none that counts."""
    if not type_.format.has_alpha or type_.alpha == Alpha.OPAQUE:
        return None
    return Alpha(type_.alpha or Alpha.STRAIGHT)


def reciprocal_of(read: Read, src: VideoType) -> float:
    """Return 1 / the largest code of an alpha component, as float32."""
    whole = quantiser(read.component, src.range or Range.FULL, is_float=src.format.is_float)
    return float(np.float32(1 / whole.scale))


def _weighted(alpha_scale: float, colours: int = 3) -> Formula:
    """Colour times alpha. Source: docs/arithmetic.md, 4.3."""

    def function(*channels: Value) -> list[Value]:
        *colour, alpha = channels
        weight = flush(alpha * parameter(alpha_scale))
        return [flush(c * weight) for c in colour]

    return formula("times alpha", colours + 1, function)


def _freed(alpha_scale: float) -> Formula:
    """Colour over alpha, 0 where alpha is not above 0. Source: docs/arithmetic.md, 4.5."""

    def function(*channels: Value) -> list[Value]:
        *colour, alpha = channels
        weight = flush(alpha * parameter(alpha_scale))
        inverse = reciprocal(weight)
        return [select(0.0, weight, c * inverse, 0.0) for c in colour]

    return formula("over alpha", 4, function)
