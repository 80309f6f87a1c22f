"""The float64 reference of a conversion: the judge of every engine.

Written from the published formulas in plain, dense numpy, apart from the code that it judges: it
imports only numpy, the standard library, `gpumft.errors` and `gpumft.media`. Clarity comes before
speed; pictures of a few hundred pixels are what it is for.

What it computes: components are read as code values and taken to nominal values (luma and R'G'B'
[0, 1], chroma [-1/2, 1/2]); turned; resampled straight from their own grid and siting to the grid
where they are needed; multiplied by matrices; taken to light, other primaries, another dynamic
range and back where transfer or primaries differ; chroma is resampled to the destination's grid and
siting; code values are dithered, clamped and rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpumft.media.enums import Range
from gpumft.media.formats import Component
from gpumft.media.videotype import VideoType
from gpumft.testing.reference_algebra import Algebra, Exact, Samples
from gpumft.testing.reference_colour import code_line, to_rgb, to_yuv
from gpumft.testing.reference_dither import pattern
from gpumft.testing.reference_job import Job, prepare
from gpumft.testing.reference_light_matrices import (
    components_of_lights,
    components_of_rgb,
    encoded_lights,
    light_matrix,
)
from gpumft.testing.reference_planes import pack, unpack

_LUMA = Component("y", 0)
TINY = 2.0**-64
"""Magnitudes of floats below it are read as 0."""


def reference_convert(
    planes: Sequence[ArrayLike], src: VideoType, dst: VideoType, **options: object
) -> list[NDArray[Any]]:
    """Convert a picture in float64 and round once, half to even.

    Args:
        planes: the source planes, in the shapes and dtypes of `src`.
        src: the source type.
        dst: the destination type; unset fields are resolved by the pair.
        **options: as of `gpumft.convert`.

    Returns:
        The planes of `dst`, in its shapes and dtypes.

    Raises:
        InvalidArg: planes or options that do not fit.
        InvalidMediaType: types that cannot be converted into each other.

    Thread-safety: a pure function.
    """
    values = reference_values(planes, src, dst, **options)
    is_float, legalize = dst.format.is_float, options.get("legalize", False)
    for name, codes in values.items():
        if not is_float:
            values[name] = np.rint(np.nan_to_num(codes, nan=0.0))
        elif legalize and name != "a":
            values[name] = np.where(np.isnan(codes), 0.0, codes)
    return pack(values, dst.format, dst.size)


def reference_values(
    planes: Sequence[ArrayLike], src: VideoType, dst: VideoType, **options: object
) -> dict[str, Samples]:
    """Convert a picture in float64 without the last rounding.

    Args, raises: as `reference_convert`.

    Returns:
        Component name -> (rows, columns) of values in codes, dithered, clamped to [0, 2^depth - 1]
        or to legal codes; nominal and not clamped where the destination is float. NaN marks what
        depends on an infinite or missing (NaN) source value through more than one tap.

    Thread-safety: a pure function.
    """
    job = prepare(src, dst, options)
    nominal = run(job, nominal_components(planes, job.src), Exact())
    return {name: to_codes(job, name, values) for name, values in nominal.items()}


def nominal_components(planes: Sequence[ArrayLike], src: VideoType) -> dict[str, Samples]:
    """Return every component of a picture of a resolved type in nominal values.

    Floats below 2^-64 count as 0 (docs/arithmetic, "Read").

    Thread-safety: a pure function.
    """
    found = unpack(planes, src.format, src.size)
    for name, codes in found.items():
        depth = _component(src, name).depth
        scale, offset = code_line(name, depth, src.range, src.matrix, is_float=src.format.is_float)
        found[name] = (codes - offset) / scale
        if src.format.is_float:
            found[name] = np.where(np.abs(codes) < TINY, 0.0, codes)
    return found


def run(job: Job, source: dict[str, Samples], algebra: Algebra) -> dict[str, Samples]:
    """Return the destination's components in nominal values, background included.

    What an infinite or missing value makes of others is a result like any: no warning is given.

    Args:
        job: what to do.
        source: the source's components, (rows, columns) each.
        algebra: what the operations mean.

    Thread-safety: a pure function.
    """
    transpose, rows, columns = job.turn
    turned = {}
    for name, values in source.items():
        view = values.T if transpose else values
        view = view[::-1] if rows else view
        turned[name] = view[:, ::-1] if columns else view
    if job.alpha_modes[0] is None:
        turned.pop("a", None)
    with np.errstate(all="ignore"):
        inner = _direct(job, turned, algebra) if job.direct else _mixed(job, turned, algebra)
    if job.alpha_modes[1] is None or "a" not in inner:
        inner["a"] = np.ones(job.inner_size[::-1])
    return {
        c.name: _placed(job, c, inner[c.name])
        for c in job.dst.format.layout.components
        if c.name != "x"
    }


def _direct(job: Job, source: dict[str, Samples], algebra: Algebra) -> dict[str, Samples]:
    """Every component straight from its own grid to the destination's."""
    found = {}
    for target in job.dst.format.layout.components:
        if target.name in source:
            found[target.name] = _first(job, source, target.name, target, algebra)
        elif target.name in "uv":
            columns, rows = target.size(job.inner_size)
            found[target.name] = np.zeros((rows, columns))
    return found


def _mixed(job: Job, source: dict[str, Samples], algebra: Algebra) -> dict[str, Samples]:
    """Everything to the destination's luma grid, to its colour, chroma to its grid again."""
    at_luma, alpha = _gathered(job, source, algebra)
    if job.keeps:
        colour = {name: np.zeros(job.inner_size[::-1]) for name in "uv"} | at_luma
    else:
        colour, alpha = _coloured(job, at_luma, alpha, algebra)
    found = _last(job, colour, algebra)
    return found if alpha is None else found | {"a": alpha}


def _gathered(
    job: Job, source: dict[str, Samples], algebra: Algebra
) -> tuple[dict[str, Samples], Samples | None]:
    """Colour components and alpha on one grid: that of the destination's luma, or the source's."""
    apart = job.weighted and job.src.format.subsampling != (0, 0)
    if job.weighted and not apart:
        source = _weighted(source, algebra)
    step = _own if job.linear or apart else _luma
    at_luma = {name: step(job, source, name, algebra) for name in source}
    if apart:  # chroma meets alpha on the source's luma grid
        down, across = (job.first_weights(_LUMA, _LUMA, axis) for axis in (0, 1))
        at_luma = _weighted(at_luma, algebra)
        at_luma = {name: algebra.resample(down, v, across) for name, v in at_luma.items()}
    alpha = at_luma.pop("a", None)
    if job.freed and alpha is not None:
        freed = algebra.divide(list(at_luma.values()), alpha)
        at_luma = dict(zip(at_luma, freed, strict=True))
    return at_luma, alpha


def _coloured(
    job: Job, at_luma: dict[str, Samples], alpha: Samples | None, algebra: Algebra
) -> tuple[dict[str, Samples], Samples | None]:
    """The destination's colour components on its luma grid, and alpha."""
    rgb = _rgb(job, at_luma, algebra)
    if job.before is not None:
        rgb = algebra.develop(job.before, algebra.decode(job.before, rgb))
    if job.path is not None:
        rgb = algebra.decode(job.path, rgb)
        if job.linear:
            rgb, alpha = _scaled(job, rgb, alpha, algebra)
        rgb = algebra.develop(job.path, rgb)
    for matrix, (left, top, right, bottom) in job.effects:
        part = [channel[top:bottom, left:right] for channel in rgb]
        rgb = [channel.copy() for channel in rgb]
        for channel, row in zip(rgb, matrix, strict=True):
            channel[top:bottom, left:right] = algebra.affect(row, part)
    if job.after is not None:
        rgb = algebra.develop(job.after, algebra.decode(job.after, rgb))
    colour = _components(job, rgb, algebra)
    if job.weighted_last and alpha is not None:
        weighed = algebra.multiply(list(colour.values()), alpha)
        colour = dict(zip(colour, weighed, strict=True))
    return colour, alpha


def _weighted(components: dict[str, Samples], algebra: Algebra) -> dict[str, Samples]:
    """Colour times alpha, and alpha."""
    names = [name for name in components if name != "a"]
    weighed = algebra.multiply([components[name] for name in names], components["a"])
    return components | dict(zip(names, weighed, strict=True))


def _components(job: Job, rgb: list[Samples], algebra: Algebra) -> dict[str, Samples]:
    """The destination's colour components of its encoded R'G'B', or of its encoded lights."""
    if job.dst.format.is_rgb:
        return dict(zip("rgb", rgb, strict=True))
    matrix = light_matrix(job.dst)
    if matrix is not None and job.dst.transfer is not None:
        values = components_of_lights(matrix, job.dst.transfer, rgb, algebra)
    else:
        values = [algebra.mix(row, rgb) for row in to_yuv(job.dst.matrix)]
    return dict(zip("yuv", values, strict=True))


def _last(job: Job, colour: dict[str, Samples], algebra: Algebra) -> dict[str, Samples]:
    """The destination's colour components on their own grids."""
    found = {}
    for target in job.dst.format.layout.components:
        if target.name in colour:
            vertical, horizontal = (job.last_weights(target, axis) for axis in (0, 1))
            found[target.name] = algebra.resample(vertical, colour[target.name], horizontal)
    return found


def _scaled(
    job: Job, rgb: list[Samples], alpha: Samples | None, algebra: Algebra
) -> tuple[list[Samples], Samples | None]:
    """Light and alpha from the source's luma grid to the destination's."""
    vertical, horizontal = (job.first_weights(_LUMA, _LUMA, axis) for axis in (0, 1))
    weigh = job.weighs_light and alpha is not None
    if weigh and alpha is not None:
        rgb = algebra.multiply(rgb, alpha)
    rgb = [algebra.resample(vertical, channel, horizontal) for channel in rgb]
    if alpha is not None:
        alpha = algebra.resample(vertical, alpha, horizontal)
        if weigh:
            rgb = algebra.divide(rgb, alpha)
    return rgb, alpha


def _luma(job: Job, source: dict[str, Samples], name: str, algebra: Algebra) -> Samples:
    return _first(job, source, name, _LUMA, algebra)


def _own(job: Job, source: dict[str, Samples], name: str, algebra: Algebra) -> Samples:
    component = _component(job.src, name)
    vertical, horizontal = (job.own_weights(component, axis) for axis in (0, 1))
    return algebra.resample(vertical, source[name], horizontal)


def _rgb(job: Job, at_luma: dict[str, Samples], algebra: Algebra) -> list[Samples]:
    """The source's R'G'B', or its encoded lights."""
    if job.src.format.is_rgb:
        return [at_luma[name] for name in "rgb"]
    if job.src.format.is_gray:
        return [at_luma["y"]] * 3
    yuv = [at_luma[name] for name in "yuv"]
    matrix = light_matrix(job.src)
    if matrix is not None and job.src.transfer is not None:
        return encoded_lights(matrix, job.src.transfer, yuv, algebra)
    return [algebra.mix(row, yuv) for row in to_rgb(job.src.matrix)]


def _first(
    job: Job, source: dict[str, Samples], name: str, target: Component, algebra: Algebra
) -> Samples:
    component = _component(job.src, name)
    vertical, horizontal = (job.first_weights(component, target, axis) for axis in (0, 1))
    return algebra.resample(vertical, source[name], horizontal)


def _placed(job: Job, component: Component, values: Samples) -> Samples:
    """Return the component of the whole picture: `values` on the background."""
    columns, rows = component.size(job.dst.size)
    if job.inner_size == job.dst.size:
        return values
    x, y = job.inner[0] >> component.xshift, job.inner[1] >> component.yshift
    whole = np.full((rows, columns, *values.shape[2:]), _background(job, component.name))
    whole[y : y + values.shape[0], x : x + values.shape[1]] = values
    return whole


def _background(job: Job, name: str) -> float:
    if name == "a":
        return 1.0
    if name in "rgb":
        return job.background["rgb".index(name)]
    return float(components_of_rgb(job.dst, np.array(job.background))["yuv".index(name)])


def to_codes(job: Job, name: str, nominal: Samples) -> Samples:
    """Return what is to be rounded: codes of a whole component, dithered and clamped.

    Thread-safety: a pure function.
    """
    component = _component(job.dst, name)
    is_float = job.dst.format.is_float
    scale, offset = code_line(
        name, component.depth, job.dst.range, job.dst.matrix, is_float=is_float
    )
    codes = scale * nominal + offset
    if is_float:
        return np.clip(codes, 0.0, 1.0) if job.legalize and name != "a" else codes
    if name != "a":
        codes = codes + _dither(job, component)
    low, high = 0.0, 2.0**component.depth - 1
    if job.legalize and name != "a" and job.dst.range is Range.LIMITED:
        low, high = (
            (offset - scale / 2, offset + scale / 2) if name in "uv" else (offset, offset + scale)
        )
    return np.clip(codes, low, high)


def _dither(job: Job, component: Component) -> Samples:
    """Return what is added to a component's codes: the pattern where the picture is."""
    columns, rows = component.size(job.dst.size)
    added = np.zeros((rows, columns))
    x, y = job.inner[0] >> component.xshift, job.inner[1] >> component.yshift
    width, height = component.size(job.inner_size)
    part = (slice(y, y + height), slice(x, x + width))
    added[part] = pattern(job.dither, job.seed, rows, columns)[part]
    return added


def _component(type_: VideoType, name: str) -> Component:
    return next(c for c in type_.format.layout.components if c.name == name)
