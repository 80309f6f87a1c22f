"""How far an output may lie from the float64 reference; see docs/arithmetic, "Accuracy".

Let r be the reference's unrounded value in codes, clamped to the code range.

- Integers: |output - r| <= 1/2 + e, e = 2^-10 up to 8 bits, 2^-8 at 10, 2^-6 at 12, 1/2 at 16.
- float32: |output - r| <= 2^-18 * max(1, largest |value| that the output depends on).
- float16: half a unit in the last place more than that.

Where straight colour is weighted by alpha and divided again, a float32 error is divided too, so e
(and 2^-18) count times 1 / alpha; below alpha 2^-18 the colour is not judged. Nor is a value that
depends on an infinite or missing source value through more than one tap.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpumft.media.formats import Component
from gpumft.media.videotype import VideoType
from gpumft.testing.reference import Exact, nominal_components, reference_values, run
from gpumft.testing.reference_job import Job, prepare
from gpumft.testing.reference_planes import pack, unpack

FLOAT32_BOUND = 2.0**-18
ALPHA_FLOOR = 2.0**-18

Samples = NDArray[np.float64]


def excess(depth: int) -> float:
    """Return e: how many codes beyond 1/2 an integer output of `depth` bits may err.

    Thread-safety: a pure function.
    """
    return next(
        e for bits, e in ((8, 2**-10), (10, 2**-8), (12, 2**-6), (16, 0.5)) if depth <= bits
    )


def check(
    output_planes: Sequence[ArrayLike],
    planes: Sequence[ArrayLike],
    src: VideoType,
    dst: VideoType,
    **options: object,
) -> float:
    """Raise unless an output lies within the bounds of the reference.

    Shapes, dtypes, fillers (all ones), other unused bits (0) and the unused luma of packed 4:2:2 of
    odd width (the row's last luma again) are checked exactly.

    Args:
        output_planes: what a converter made.
        planes: the source planes.
        src: the source type.
        dst: the destination type.
        **options: as of `reference_convert`.

    Returns:
        The worst |output - r| found, in codes (of the nominal range for floats).

    Raises:
        AssertionError: beyond a bound; names component, position, value, reference and bound.
        InvalidArg, InvalidMediaType: as `reference_convert`.

    Thread-safety: a pure function.
    """
    job = prepare(src, dst, options)
    what = f"{job.src} -> {job.dst} {options or ''}".rstrip()
    got = _components(output_planes, job.dst, what)
    expected = reference_values(planes, src, dst, **options)
    bounds = _bounds(job, planes, expected)
    worst = 0.0
    for name, reference in expected.items():
        worst = max(worst, _compare(name, got[name], reference, bounds[name], what))
    return worst


def _components(planes: Sequence[ArrayLike], dst: VideoType, what: str) -> dict[str, Samples]:
    """Return the output's components; every bit outside them must be as `pack` writes it."""
    arrays = [np.asarray(plane) for plane in planes]
    shapes = [(array.shape, array.dtype) for array in arrays]
    wanted = list(zip(dst.plane_shapes, dst.plane_dtypes, strict=True))
    if shapes != wanted:
        raise AssertionError(f"planes are {shapes}, expected {wanted} ({what})")
    found = unpack(arrays, dst.format, dst.size)
    for index, (array, whole) in enumerate(
        zip(arrays, pack(found, dst.format, dst.size), strict=True)
    ):
        if not dst.format.is_float and not np.array_equal(array, whole):
            at = tuple(int(i) for i in np.argwhere(array != whole)[0])
            raise AssertionError(
                f"plane {index} at {at}: got {array[at]:#x}, expected {whole[at]:#x}: unused bits, "
                f"fillers or padding are wrong ({what})"
            )
    return found


def _compare(name: str, got: Samples, reference: Samples, bound: Samples, what: str) -> float:
    judged = ~np.isnan(reference) & np.isfinite(bound)
    with np.errstate(invalid="ignore"):
        error = np.abs(got - reference)
    error[(got == reference) | ~judged] = 0.0
    error[np.isnan(error)] = np.inf
    wrong = error > bound
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[error[wrong].argmax()])
        at = (row, column)
        raise AssertionError(
            f"component {name} at row {row}, column {column}: got {got[at]:.10g}, reference "
            f"{reference[at]:.10g}, error {error[at]:.3g}, bound {bound[at]:.10g}; "
            f"{int(wrong.sum())} of {wrong.size} samples are beyond it ({what})"
        )
    return float(error.max(initial=0.0))


def _bounds(
    job: Job, planes: Sequence[ArrayLike], expected: dict[str, Samples]
) -> dict[str, Samples]:
    """Return the bound of every sample of every component of the destination; inf is unjudged."""
    source = nominal_components(planes, job.src)
    is_float = job.dst.format.is_float
    if is_float:
        start = {name: np.nan_to_num(np.abs(v), nan=0.0, posinf=0.0) for name, v in source.items()}
    else:
        start = {name: np.ones_like(values) for name, values in source.items()}
    reach = run(job, start, Reach(_alpha(job, source)))
    found = {}
    for component in job.dst.format.layout.components:
        if component.name == "x":
            continue
        values = expected[component.name]
        size = np.maximum(1.0, np.abs(reach[component.name]))
        if is_float:
            found[component.name] = _float_bound(component, values, size)
        else:
            found[component.name] = 0.5 + excess(component.depth) * size
    return found


def _float_bound(component: Component, values: Samples, size: Samples) -> Samples:
    known = np.abs(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0))
    bound = FLOAT32_BOUND * np.maximum(size, known)
    if component.depth == 16:
        half = np.minimum(known, 65504.0).astype(np.float16)
        bound = bound + 0.5 * np.spacing(half).astype(np.float64)
    return bound


def _alpha(job: Job, source: dict[str, Samples]) -> Samples | None:
    """Return the alpha that colour was divided by on the luma grid, or None."""
    if "a" not in source or job.direct:
        return None
    seen = _Watch()
    run(job, source, seen)
    return seen.alpha


class _Watch(Exact):
    """Exact arithmetic that remembers the alpha that colour is divided by.

    Thread-safety: one thread at a time.
    """

    alpha: Samples | None = None

    def divide(self, samples: Samples, alpha: Samples) -> Samples:
        """Remember alpha."""
        self.alpha = alpha
        return super().divide(samples, alpha)


class Reach:
    """Carries the largest magnitude that each sample depends on, instead of the sample.

    Args:
        alpha: the alpha that colour is divided by, or None.

    Thread-safety: keeps alpha and never changes it; any number of threads.
    """

    def __init__(self, alpha: Samples | None) -> None:
        self._alpha = alpha

    def resample(self, rows: Samples, samples: Samples, columns: Samples) -> Samples:
        """Return the largest of the samples that have a weight."""
        return _largest(columns, _largest(rows, samples).T).T

    def mix(self, row: Samples, samples: Sequence[Samples]) -> Samples:
        """Return the largest of the samples that have a factor."""
        used = [values for factor, values in zip(row, samples, strict=True) if factor != 0]
        return np.max(used, axis=0) if used else np.zeros_like(samples[0])

    def multiply(self, samples: Samples, alpha: Samples) -> Samples:
        """Return the samples: an error of alpha counts as one of colour."""
        return samples

    def divide(self, samples: Samples, alpha: Samples) -> Samples:
        """Return the samples over alpha; infinite where alpha may be 0."""
        if self._alpha is None:
            return samples
        size = np.abs(self._alpha)
        safe = np.where(size < ALPHA_FLOOR, 1.0, size)
        return np.where(size < ALPHA_FLOOR, np.inf, samples / np.minimum(safe, 1.0))


def _largest(matrix: Samples, samples: Samples) -> Samples:
    result = np.empty((matrix.shape[0], samples.shape[1]))
    for row, factors in enumerate(matrix):
        result[row] = samples[np.abs(factors) > 1e-12].max(axis=0)
    return result
