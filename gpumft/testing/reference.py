"""The float64 reference of a conversion: the judge of every engine.

Written from the published formulas in plain, dense numpy, apart from the code that it judges: it
imports only numpy, the standard library, `gpumft.errors` and `gpumft.media`. Clarity comes before
speed; pictures of a few hundred pixels are what it is for.

What it computes: components are read as code values and taken to nominal values (luma and R'G'B'
[0, 1], chroma [-1/2, 1/2]); turned; resampled straight from their own grid and siting to the grid
where they are needed; multiplied by matrices; chroma is resampled to the destination's grid and
siting; code values are clamped and rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpumft.media.enums import Alpha
from gpumft.media.formats import Component
from gpumft.media.videotype import VideoType
from gpumft.testing.reference_colour import code_line, to_rgb, to_yuv
from gpumft.testing.reference_job import Job, prepare
from gpumft.testing.reference_planes import pack, unpack
from gpumft.testing.reference_weights import is_selection

Samples = NDArray[np.float64]
_LUMA = Component("y", 0)


class Algebra(Protocol):
    """The four operations of a conversion; what is carried through them is up to the class.

    Thread-safety: as the class that implements it.
    """

    def resample(self, rows: Samples, samples: Samples, columns: Samples) -> Samples:
        """Return the samples on another grid: `rows` first, then `columns`."""

    def mix(self, row: Samples, samples: Sequence[Samples]) -> Samples:
        """Return the sum of row[i] * samples[i]."""

    def multiply(self, samples: Samples, alpha: Samples) -> Samples:
        """Return colour weighted by alpha."""

    def divide(self, samples: Samples, alpha: Samples) -> Samples:
        """Return colour freed of alpha, 0 where alpha <= 0."""


class Exact:
    """The values themselves.

    Thread-safety: keeps nothing; any number of threads.
    """

    def resample(self, rows: Samples, samples: Samples, columns: Samples) -> Samples:
        """Return the samples on another grid."""
        down: Samples = _apply(rows, samples)
        across: Samples = _apply(columns, down.T).T
        return across

    def mix(self, row: Samples, samples: Sequence[Samples]) -> Samples:
        """Return the weighted sum."""
        with np.errstate(invalid="ignore"):
            total: Samples = row[0] * samples[0]
            for factor, values in zip(row[1:], samples[1:], strict=True):
                total = total + factor * values
        return total

    def multiply(self, samples: Samples, alpha: Samples) -> Samples:
        """Return the product."""
        return np.asarray(samples * alpha)

    def divide(self, samples: Samples, alpha: Samples) -> Samples:
        """Return the quotient, 0 where alpha <= 0."""
        clear = alpha > 0
        return np.where(clear, samples / np.where(clear, alpha, 1.0), 0.0)


def reference_convert(
    planes: Sequence[ArrayLike], src: VideoType, dst: VideoType, **options: object
) -> list[NDArray[Any]]:
    """Convert a picture in float64 and round once, half to even.

    Args:
        planes: the source planes, in the shapes and dtypes of `src`.
        src: the source type.
        dst: the destination type; unset fields are resolved by the pair.
        **options: filter, chroma_filter, crop, rotate, flip, fit, background, effects, as in
            `gpumft.convert`. Options that are not built are refused unless at their defaults.

    Returns:
        The planes of `dst`, in its shapes and dtypes.

    Raises:
        InvalidArg: planes or options that do not fit.
        InvalidMediaType: transfer or primaries differ, or a matrix is missing.

    Thread-safety: a pure function.
    """
    values = reference_values(planes, src, dst, **options)
    if not dst.format.is_float:
        values = {name: np.rint(np.nan_to_num(v, nan=0.0)) for name, v in values.items()}
    return pack(values, dst.format, dst.size)


def reference_values(
    planes: Sequence[ArrayLike], src: VideoType, dst: VideoType, **options: object
) -> dict[str, Samples]:
    """Convert a picture in float64 without the last rounding.

    Args, raises: as `reference_convert`.

    Returns:
        Component name -> (rows, columns) of values in codes, clamped to [0, 2^depth - 1]; nominal
        and not clamped where the destination is float. NaN marks what depends on an infinite or
        missing (NaN) source value through more than one tap.

    Thread-safety: a pure function.
    """
    job = prepare(src, dst, options)
    nominal = run(job, nominal_components(planes, job.src), Exact())
    return {name: _codes(job, name, values) for name, values in nominal.items()}


def nominal_components(planes: Sequence[ArrayLike], src: VideoType) -> dict[str, Samples]:
    """Return every component of a picture of a resolved type in nominal values.

    Thread-safety: a pure function.
    """
    found = unpack(planes, src.format, src.size)
    for name, codes in found.items():
        depth = _component(src, name).depth
        scale, offset = code_line(name, depth, src.range, is_float=src.format.is_float)
        found[name] = (codes - offset) / scale
    return found


def run(job: Job, source: dict[str, Samples], algebra: Algebra) -> dict[str, Samples]:
    """Return the destination's components in nominal values, background included.

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
    """Everything to the destination's luma grid, through R'G'B', chroma to its grid again."""
    if job.weighted:
        source = {n: v if n == "a" else algebra.multiply(v, source["a"]) for n, v in source.items()}
    at_luma = {name: _first(job, source, name, _LUMA, algebra) for name in source}
    alpha = at_luma.pop("a", None)
    if job.reweighs and job.alpha_modes[1] is Alpha.STRAIGHT and alpha is not None:
        at_luma = {name: algebra.divide(values, alpha) for name, values in at_luma.items()}

    rgb = _rgb(job, at_luma, algebra)
    for matrix, (left, top, right, bottom) in job.effects:
        part = [channel[top:bottom, left:right] for channel in rgb]
        rgb = [channel.copy() for channel in rgb]
        for channel, row in zip(rgb, matrix, strict=True):
            channel[top:bottom, left:right] = algebra.mix(row, part)

    found = {} if alpha is None else {"a": alpha}
    if job.dst.format.is_rgb:
        return found | dict(zip("rgb", rgb, strict=True))
    matrix = to_yuv(job.dst.matrix)
    for name, row in zip("yuv", matrix, strict=True):
        target = job.dst.format.layout.component(name)
        if target is not None:
            values = algebra.mix(row, rgb)
            vertical, horizontal = (job.last_weights(target, axis) for axis in (0, 1))
            found[name] = algebra.resample(vertical, values, horizontal)
    return found


def _rgb(job: Job, at_luma: dict[str, Samples], algebra: Algebra) -> list[Samples]:
    if job.src.format.is_rgb:
        return [at_luma[name] for name in "rgb"]
    if job.src.format.is_gray:
        return [at_luma["y"]] * 3
    yuv = [at_luma[name] for name in "yuv"]
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
    whole = np.full((rows, columns), _background(job, component.name))
    whole[y : y + values.shape[0], x : x + values.shape[1]] = values
    return whole


def _background(job: Job, name: str) -> float:
    if name == "a":
        return 1.0
    if name in "rgb":
        return job.background["rgb".index(name)]
    return float(to_yuv(job.dst.matrix)["yuv".index(name)] @ np.array(job.background))


def _codes(job: Job, name: str, nominal: Samples) -> Samples:
    depth = _component(job.dst, name).depth
    is_float = job.dst.format.is_float
    scale, offset = code_line(name, depth, job.dst.range, is_float=is_float)
    codes = scale * nominal + offset
    return codes if is_float else np.clip(codes, 0.0, 2.0**depth - 1)


def _component(type_: VideoType, name: str) -> Component:
    return next(c for c in type_.format.layout.components if c.name == name)


def _apply(matrix: Samples, samples: Samples) -> Samples:
    """Return matrix @ samples; a value that is not finite spoils only what depends on it."""
    if is_selection(matrix):
        chosen: Samples = samples[matrix.argmax(axis=1)]
        return chosen
    finite = np.isfinite(samples)
    if finite.all():
        return np.asarray(matrix @ samples)
    result = matrix @ np.where(finite, samples, 0.0)
    result[(np.abs(matrix) > 1e-12) @ ~finite] = np.nan
    return result
