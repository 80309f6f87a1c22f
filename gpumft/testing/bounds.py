"""How far an output may lie from the float64 reference; see docs/arithmetic, "Accuracy".

Let r be the reference's unrounded value in codes (dithered where the output is), clamped to the
code range, and [low, high] the interval of r: r itself, but where colour goes through light (other
transfer or primaries, `linear=True`) what the reference gives with every value in front of a curve
moved by +-2^-21 times the largest |nominal value| that it depends on, and all light of a pixel by
+-2^-21 max|RGB|, at all corners. Then low - b <= output <= high + b, where b is

- integers: 1/2 + e, e = 2^-10 up to 8 bits, 2^-8 at 10, 2^-6 at 12, 1/2 at 16;
- float32: 2^-18 * max(1, largest |value| that the output depends on);
- float16: half a unit in the last place more than that.

An effect multiplies errors as it multiplies values. Behind effects e (and 2^-18) count 2^-3 * g
times where that is more; g is what `size` becomes if each row of a matrix returns the sum of its
|factors| times what they read (2^-18 * 2^-3 = 2^-21, what float32 may cost in front of a curve).

Where straight colour is weighted by alpha and divided again, a float32 error is divided too, so e
(and 2^-18) count times 1 / alpha; below alpha 2^-18 the colour is not judged. Nor is a value that
depends on an infinite or missing source value through more than one tap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpumft.media.formats import Component
from gpumft.media.videotype import VideoType
from gpumft.testing.reference import nominal_components, run, to_codes
from gpumft.testing.reference_algebra import Exact
from gpumft.testing.reference_interval import STEP, Interval
from gpumft.testing.reference_job import Job, prepare
from gpumft.testing.reference_light import LightPath
from gpumft.testing.reference_planes import pack, unpack

FLOAT32_BOUND = 2.0**-18
ALPHA_FLOOR = 2.0**-18
HALF_INFINITY = 65536.0
"""What infinity counts as in half floats: the number that would follow their largest, 65504."""

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
        The farthest that the output lies from its interval (from r itself where colour does not go
        through light), in codes (of the nominal range for floats).

    Raises:
        AssertionError: beyond a bound; names component, position, value, reference and bound.
        InvalidArg, InvalidMediaType: as `reference_convert`.

    Thread-safety: a pure function.
    """
    job = prepare(src, dst, options)
    what = f"{job.src} -> {job.dst} {options or ''}".rstrip()
    got = _components(output_planes, job.dst, what)
    worst = 0.0
    for name, judge in _judges(job, planes).items():
        worst = max(worst, _compare(name, _in_range(job.dst, got[name]), judge, what))
    return worst


@dataclass(frozen=True, slots=True)
class _Judge:
    """What one component of the destination should be, and how far it may be off.

    Thread-safety: immutable.
    """

    reference: Samples
    low: Samples
    high: Samples
    bound: Samples
    """Infinite where a sample is not judged."""


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


def _compare(name: str, got: Samples, judge: _Judge, what: str) -> float:
    low, high, bound = judge.low, judge.high, judge.bound
    missing = np.isnan(judge.reference) | np.isnan(low) | np.isnan(high)
    judged = ~missing & np.isfinite(bound)
    with np.errstate(invalid="ignore"):
        error = np.maximum(np.maximum(low - got, got - high), 0.0)
    error[(got == judge.reference) | ~judged] = 0.0
    error[np.isnan(error)] = np.inf
    wrong = error > bound
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[error[wrong].argmax()])
        at = (row, column)
        free = "" if low[at] == high[at] else f" ({low[at]:.10g} to {high[at]:.10g})"
        raise AssertionError(
            f"component {name} at row {row}, column {column}: got {got[at]:.10g}, reference "
            f"{judge.reference[at]:.10g}{free}, error {error[at]:.3g}, bound {bound[at]:.10g}; "
            f"{int(wrong.sum())} of {wrong.size} samples are beyond it ({what})"
        )
    return float(error.max(initial=0.0))


def _judges(job: Job, planes: Sequence[ArrayLike]) -> dict[str, _Judge]:
    """Return what every component of the destination is judged by."""
    source = nominal_components(planes, job.src)
    seen = _Watch()
    exact = run(job, source, seen)
    size = {name: np.nan_to_num(np.abs(v), nan=0.0, posinf=0.0) for name, v in source.items()}
    is_float = job.dst.format.is_float
    start = size if is_float else {name: np.ones_like(values) for name, values in size.items()}
    developed = seen.developed if is_float else None
    reach = run(job, start, Reach(seen.alphas, developed))
    if job.effects:
        gained = run(job, start, Reach(seen.alphas, developed, gains=True))
        reach = {
            name: np.maximum(reach[name], STEP / FLOAT32_BOUND * gained[name]) for name in reach
        }
    moved = exact
    if job.through_light:
        nominal = Reach(seen.alphas, None, gains=True)
        run(job, size, nominal)
        moved = run(job, source, Interval(nominal.before))
    found = {}
    for component in job.dst.format.layout.components:
        name = component.name
        if name == "x":
            continue
        values = _in_range(job.dst, to_codes(job, name, exact[name]))
        low, high = _ends(job, name, moved[name])
        least, most = np.minimum(low, values), np.maximum(high, values)
        size_here = np.maximum(1.0, np.abs(reach[name]))
        if is_float:
            bound = _float_bound(component, values, size_here)
        else:
            bound = 0.5 + excess(component.depth) * size_here
        found[name] = _Judge(values, least, most, bound)
    return found


def _ends(job: Job, name: str, values: Samples) -> tuple[Samples, Samples]:
    """Return the ends of an interval in codes; a value alone is both."""
    ends = (values, values) if values.ndim == 2 else (values[..., 0], values[..., 1])
    low, high = (_in_range(job.dst, to_codes(job, name, end)) for end in ends)
    return low, high


def _in_range(type_: VideoType, values: Samples) -> Samples:
    """Return the values; those beyond half floats as what their infinity counts as."""
    if not (type_.format.is_float and type_.format.depth == 16):
        return values
    return np.clip(values, -HALF_INFINITY, HALF_INFINITY)


def _float_bound(component: Component, values: Samples, size: Samples) -> Samples:
    known = np.abs(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0))
    bound = FLOAT32_BOUND * np.maximum(size, known)
    if component.depth == 16:
        half = np.minimum(known, HALF_INFINITY / 2).astype(np.float16)
        bound = bound + 0.5 * np.spacing(half).astype(np.float64)
    return bound


class _Watch(Exact):
    """Exact arithmetic that remembers what alpha divided colour, and what light became.

    Thread-safety: one thread at a time.
    """

    def __init__(self) -> None:
        self.alphas: list[Samples] = []
        self.developed: list[list[Samples]] = []

    def divide(self, channels: Sequence[Samples], alpha: Samples) -> list[Samples]:
        """Remember alpha."""
        self.alphas.append(alpha)
        return super().divide(channels, alpha)

    def develop(self, path: LightPath, rgb: Sequence[Samples]) -> list[Samples]:
        """Remember the encoded values."""
        self.developed.append(super().develop(path, rgb))
        return self.developed[-1]


class Reach:
    """Carries the largest magnitude that each sample depends on, instead of the sample.

    Args:
        alphas: what colour is divided by, in the order of the divisions.
        developed: the encoded values that light becomes, each time; None counts them as 1.
        gains: whether effects multiply magnitudes by their |factors| and add them up.

    Attributes:
        before: what reached the curves, once something has.

    Thread-safety: one thread at a time.
    """

    def __init__(
        self,
        alphas: Sequence[Samples],
        developed: Sequence[Sequence[Samples]] | None,
        *,
        gains: bool = False,
    ) -> None:
        self._gains = gains
        self._alphas = list(alphas)
        self._developed = None if developed is None else list(developed)
        self.before: Sequence[Samples] = ()

    def resample(self, rows: Samples, samples: Samples, columns: Samples) -> Samples:
        """Return the largest of the samples that have a weight."""
        return _largest(columns, _largest(rows, samples).T).T

    def mix(self, row: Samples, samples: Sequence[Samples]) -> Samples:
        """Return the largest of the samples that have a factor."""
        used = [values for factor, values in zip(row, samples, strict=True) if factor != 0]
        return np.max(used, axis=0) if used else np.zeros_like(samples[0])

    def affect(self, row: Samples, samples: Sequence[Samples]) -> Samples:
        """Return the largest of the samples that have a factor, or the sum of |factor| * sample."""
        if not self._gains:
            return self.mix(row, samples)
        used = [abs(f) * values for f, values in zip(row, samples, strict=True) if f != 0]
        return np.sum(used, axis=0) if used else np.zeros_like(samples[0])

    def bend(self, samples: Samples, below: float, above: float) -> Samples:
        """Return the samples."""
        return samples

    def multiply(self, channels: Sequence[Samples], alpha: Samples) -> list[Samples]:
        """Return the samples: an error of alpha counts as one of colour."""
        return list(channels)

    def divide(self, channels: Sequence[Samples], alpha: Samples) -> list[Samples]:
        """Return the samples over alpha; infinite where alpha may be 0."""
        size = np.abs(self._alphas.pop(0))
        clear = size < ALPHA_FLOOR
        safe = np.minimum(np.where(clear, 1.0, size), 1.0)
        return [np.where(clear, np.inf, samples / safe) for samples in channels]

    def decode(self, path: LightPath, rgb: Sequence[Samples]) -> list[Samples]:
        """Remember the magnitudes; light is judged by intervals."""
        self.before = self.before or list(rgb)
        return list(rgb)

    def develop(self, path: LightPath, rgb: Sequence[Samples]) -> list[Samples]:
        """Return the largest encoded value of each pixel; infinite stays so."""
        depends = np.max(rgb, axis=0)
        values = [np.ones_like(depends)] if self._developed is None else self._developed.pop(0)
        size = np.nan_to_num(np.abs(values), nan=0.0, posinf=0.0).max(axis=0)
        return [np.where(np.isinf(depends), np.inf, size)] * 3


def _largest(matrix: Samples, samples: Samples) -> Samples:
    result = np.empty((matrix.shape[0], samples.shape[1]))
    for row, factors in enumerate(matrix):
        result[row] = samples[np.abs(factors) > 1e-12].max(axis=0)
    return result
