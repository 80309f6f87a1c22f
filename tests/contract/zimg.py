"""Conversions beside zimg (FFmpeg's zscale), judged by the float64 reference.

The rows of docs/zimg.md are in zimg_rows.py. What is ours comes from the exact twin, whose
bytes every engine has (docs/arithmetic.md). Samples at an edge are left out: zimg mirrors there, we
repeat.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gpumft.media import Siting, VideoType
from gpumft.media.formats import Component
from gpumft.ops import make_options, plan
from gpumft.resample import chroma_grid, get_filter
from gpumft.testing import reference_values, twin
from gpumft.testing.reference_planes import pack, unpack

_AXES: tuple[Literal["x", "y"], ...] = ("x", "y")
FILTERS = {
    "nearest": "point",
    "bilinear": "bilinear",
    "bicubic": "bicubic:param_a=0:param_b=0.5",
    "mitchell": f"bicubic:param_a={1 / 3!r}:param_b={1 / 3!r}",
    "bicubic:1,0": "bicubic:param_a=1:param_b=0",
    "spline16": "spline16",
    "spline36": "spline36",
    "spline64": "spline64",
    "lanczos2": "lanczos:param_a=2",
    "lanczos3": "lanczos:param_a=3",
    "lanczos4": "lanczos:param_a=4",
}
"""The filters that both have, as zscale says them."""
MATRICES = {
    "bt601": "170m", "bt709": "709", "bt2020ncl": "2020_ncl", "smpte240m": "smpte240m",
    "fcc": "fcc", "ycgco": "ycgco", "bt2020cl": "2020_cl", "ictcp": "ictcp", "rgb": "gbr",
}  # fmt: skip
TRANSFERS = {
    "bt1886": "709", "bt709": "709", "srgb": "iec61966-2-1", "gamma22": "bt470m",
    "gamma28": "bt470bg", "smpte240m": "smpte240m", "linear": "linear", "log100": "log100",
    "log316": "log316", "pq": "smpte2084", "hlg": "arib-std-b67",
}  # fmt: skip
"""zimg shows BT.709 on a display of BT.1886."""
PRIMARIES = {
    "bt709": "709", "bt601_525": "170m", "bt601_625": "bt470bg", "bt2020": "2020",
    "p3d65": "smpte432", "dcip3": "smpte431", "bt470m": "bt470m", "ebu3213": "ebu3213",
    "film": "film",
}  # fmt: skip
WHITE = 203

Planes = list[npt.NDArray[Any]]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One conversion that both do."""

    src: VideoType
    dst: VideoType
    options: dict[str, Any] = field(default_factory=dict)
    calm: bool = True
    """The middle half of the codes only, so that no filter leaves the range between its passes."""


@dataclass(frozen=True)
class Difference:
    """How far two pictures lie apart, in codes of 8 bits."""

    worst: float = 0.0
    total: float = 0.0
    count: int = 0
    zimg: float = 0.0
    """The farthest that zimg's code lies from the reference's unrounded value."""
    ours: float = 0.0
    """The farthest that ours does."""

    @property
    def mean(self) -> float:
        """The mean difference."""
        return self.total / self.count

    def __add__(self, other: Difference) -> Difference:
        """Return the difference over the samples of both."""
        return Difference(
            max(self.worst, other.worst), self.total + other.total, self.count + other.count,
            max(self.zimg, other.zimg), max(self.ours, other.ours),
        )  # fmt: skip


@cache
def program() -> str:
    """Return the path of an ffmpeg that has zscale, or "" where there is none."""
    try:
        import imageio_ffmpeg
    except ImportError:
        return ""
    path = str(imageio_ffmpeg.get_ffmpeg_exe())
    filters = subprocess.run([path, "-hide_banner", "-filters"], capture_output=True, check=False)
    return path if b" zscale " in filters.stdout else ""


def zimg(planes: Planes, case: Case) -> Planes:
    """Convert with zscale, in a process of its own.

    Raises:
        RuntimeError: zscale refuses; what it says.
    """
    src, dst = case.src, case.dst
    command = [
        program(), "-hide_banner", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt",
        str(src.format), "-s", "{}x{}".format(*src.size), "-i", "-", "-vf", said(case),
        "-f", "rawvideo", "-pix_fmt", str(dst.format), "-",
    ]  # fmt: skip
    data = b"".join(plane.tobytes() for plane in planes)
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode()}")
    made, start = [], 0
    for shape, dtype in zip(dst.plane_shapes, dst.plane_dtypes, strict=True):
        count = int(np.prod(shape))
        made.append(np.frombuffer(done.stdout, dtype, count, start).reshape(shape))
        start += count * dtype.itemsize
    return made


def said(case: Case) -> str:
    """Return the case as zscale is told it."""
    src, dst = case.src, case.dst
    chosen = FILTERS[case.options.get("chroma_filter") or case.options.get("filter", "bilinear")]
    words = [f"w={dst.size[0]}:h={dst.size[1]}:f={chosen}:agamma=0:npl={WHITE}:dither=none"]
    for type_, after in ((src, "in"), (dst, "")):
        matrix = MATRICES[str(type_.matrix or "rgb")]
        words.append(f"m{after}={matrix}:r{after}={type_.range}")
        words.append(f"t{after}={TRANSFERS[str(type_.transfer)]}")
        words.append(f"p{after}={PRIMARIES[str(type_.primaries)]}")
        if type_.siting is not None and type_.format.subsampling != (0, 0):
            words.append(f"c{after}={type_.siting}")
    return "zscale=" + ":".join(words)


def compare(case: Case, seed: int = 0) -> dict[str, Difference]:
    """Convert noise both ways and return the difference of each component away from the edges."""
    src, dst = case.src, case.dst
    planes = _noise(src, seed, calm=case.calm)
    made = twin.run(plan(src, dst, make_options(**case.options)).program, planes)
    ours = unpack(made, dst.format, dst.size)
    theirs = unpack(zimg(planes, case), dst.format, dst.size)
    exact = reference_values(planes, src, dst, **case.options)
    found = {}
    for component in dst.format.layout.components:
        name, unit = component.name, (2.0**component.depth - 1) / 255
        if dst.range != "full":
            unit = 2.0 ** (component.depth - 8)
        inside = np.ix_(_judged(case, component, 1), _judged(case, component, 0))
        wanted = np.clip(exact[name], 0, 2.0**component.depth - 1)
        apart = np.abs(ours[name] - theirs[name])[inside] / unit
        found[name] = Difference(
            float(apart.max()), float(apart.sum()), apart.size,
            float(np.abs(theirs[name] - wanted)[inside].max() / unit),
            float(np.abs(ours[name] - wanted)[inside].max() / unit),
        )  # fmt: skip
    return found


def _noise(src: VideoType, seed: int, *, calm: bool) -> Planes:
    random = np.random.default_rng([seed, *src.size])
    made = {}
    for component in src.format.layout.components:
        columns, rows = component.size(src.size)
        top = 2**component.depth
        low, high = (3 * top // 8, 5 * top // 8) if calm else (0, top)
        made[component.name] = random.integers(low, high, (rows, columns)).astype(np.float64)
    return pack(made, src.format, src.size)


def _judged(case: Case, component: Component, axis: int) -> npt.NDArray[np.bool_]:
    """Which samples along an axis depend on no repeated edge, and on no choice of two neighbours.

    Where the nearest of two equally near samples is asked for we take the lower, zimg the upper.
    """
    before, after = case.src.size[axis], case.dst.size[axis]
    scale = Fraction(before, after)
    shifts = [
        max(_shift(c, axis) for c in type_.format.layout.components)
        for type_ in (case.src, case.dst)
    ]
    siting = Siting(case.src.siting or "left"), Siting(case.dst.siting or "left")
    goal = chroma_grid(after, _shift(component, axis), siting[1], _AXES[axis])
    places = [goal.position(i) * scale for i in range(goal.count)]
    chosen = case.options.get("chroma_filter") or case.options.get("filter", "bilinear")
    reach = get_filter(chosen).support * max(2 ** shifts[0], 2 ** shifts[1] * scale)
    reach = 2 * reach if case.src.matrix != case.dst.matrix else reach
    slack = 2 ** max(shifts)
    clear = [reach + slack <= place <= before - reach - slack for place in places]
    if chosen == "nearest":
        given = case.src.format.layout.component(component.name) or component
        grid = chroma_grid(before, _shift(given, axis), siting[0], _AXES[axis])
        steps = [(place - grid.origin) / grid.step for place in places]
        clear = [c and s % 1 != Fraction(1, 2) for c, s in zip(clear, steps, strict=True)]
    return np.array(clear)


def _shift(component: Component, axis: int) -> int:
    return component.yshift if axis else component.xshift
