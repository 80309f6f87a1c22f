"""Converter: a conversion planned and built once; `convert` for single calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt

from gpumft.device import Device, as_device
from gpumft.errors import InvalidArg
from gpumft.media import PartialType, VideoType
from gpumft.ops.explain import Explanation, explained
from gpumft.ops.options import Options, make_options
from gpumft.ops.planner import Plan, plan
from gpumft.samples import Sample
from gpumft.samples.planes import Planes, check_planes

Target = VideoType | PartialType | Mapping[str, Any]
_KEPT = 16
"""How many converters `convert` keeps."""


class Converter:
    """Converts pictures of one type into another.

    Args:
        src: type of what comes in; unset colour fields are resolved by rule.
        dst: type of what goes out; fields that are missing or unset come from `src`.
        device: a Device, its spec, or None for the best there is.
        options: see `convert`.

    Raises:
        InvalidMediaType: a step that cannot be done; the message names it.
        InvalidArg: an unknown option or value.

    Thread-safety: calls may come from several threads.
    """

    def __init__(
        self,
        src: VideoType,
        dst: Target,
        *,
        device: Device | str | None = None,
        **options: Any,
    ) -> None:
        self.plan = plan(src, complete(dst, src), make_options(**options))
        self.device = as_device(device)
        self._run = self.device.build(self.plan.program)

    @classmethod
    def of(cls, settled: Plan, device: Device) -> Self:
        """Return a converter for a plan that is already made."""
        made = cls.__new__(cls)
        made.plan, made.device = settled, device
        made._run = device.build(settled.program)  # noqa: SLF001 - this is a constructor
        return made

    @property
    def source(self) -> VideoType:
        """The resolved type of what comes in."""
        return self.plan.source

    @property
    def target(self) -> VideoType:
        """The resolved type of what goes out."""
        return self.plan.target

    @overload
    def __call__(
        self, planes: Sample, out: Sample | None = None, stream: object = None
    ) -> Sample: ...
    @overload
    def __call__(
        self,
        planes: Sequence[npt.NDArray[Any]],
        out: Sequence[npt.NDArray[Any]] | None = None,
        stream: object = None,
    ) -> Planes: ...
    def __call__(self, planes: Any, out: Any = None, stream: object = None) -> Any:
        """Convert one picture.

        Args:
            planes: one array a plane, (rows, columns[, channels]), or a Sample.
            out: where to write: arrays or a Sample of the target's type; None allocates.
            stream: a device stream to enqueue on; ignored on the CPU.

        Returns:
            The same kind as `planes`: `out` if given.

        Raises:
            InvalidArg: planes do not fit their type, or `out` cannot be written.
        """
        del stream
        if isinstance(planes, Sample):
            target = out or Sample.from_numpy(self._allocate(), self.target)
            self._convert(planes.planes, target.planes)
            target.time, target.duration = planes.time, planes.duration
            target.pts, target.time_base = planes.pts, planes.time_base
            return target
        target = self._allocate() if out is None else list(out)
        self._convert(planes, target)
        return target

    def batch(
        self, frames: Sequence[Sequence[npt.NDArray[Any]]], out: Sequence[Any] | None = None
    ) -> list[Planes]:
        """Convert several pictures; `frames` and `out` hold what a call takes."""
        targets = out if out is not None else [None] * len(frames)
        if len(targets) != len(frames):
            msg = f"{len(frames)} frames, but out has {len(targets)}; give one out a frame"
            raise InvalidArg(msg)
        return [self(frame, target) for frame, target in zip(frames, targets, strict=True)]

    def explain(self) -> Explanation:
        """Return what this conversion does; `str()` reads like a page."""
        return explained(self.plan, self.device.spec)

    def _allocate(self) -> Planes:
        shapes = zip(self.target.plane_shapes, self.target.plane_dtypes, strict=True)
        return [np.empty(shape, dtype) for shape, dtype in shapes]

    def _convert(self, planes: Sequence[npt.NDArray[Any]], out: Sequence[npt.NDArray[Any]]) -> None:
        source = check_planes(planes, self.source)
        target = check_planes(out, self.target)
        for index, plane in enumerate(target):
            if not plane.flags.writeable:
                msg = f"plane {index} of out is read-only; give arrays that can be written"
                raise InvalidArg(msg)
            for at, read in enumerate(source):
                if np.may_share_memory(plane, read):
                    source[at] = read.copy()  # a frame is not converted in place
        self._run(source, target)


def complete(dst: Target, src: VideoType) -> VideoType:
    """Return `dst` with what it leaves out taken from `src`."""
    return dst if isinstance(dst, VideoType) else PartialType.of(dst).complete(src)


@lru_cache(maxsize=_KEPT)
def _kept(src: VideoType, dst: VideoType, device: Device, options: Options) -> Converter:
    return Converter.of(plan(src, dst, options), device)


def convert(
    planes: Any,
    src: VideoType | None = None,
    dst: Target | None = None,
    *,
    out: Any = None,
    device: Device | str | None = None,
    **options: Any,
) -> Any:
    """Convert one picture: format, size, colour, crop, rotation and effects in one pass.

    Args:
        planes: one array a plane, (rows, columns[, channels]), or a Sample.
        src: type of `planes`; None for a Sample, which knows its own.
        dst: a VideoType, PartialType or mapping; what is missing comes from `src`.
        out: where to write; None allocates.
        device: a Device, its spec, or None for the best there is.
        options: filter="bicubic", chroma_filter=None, crop=None (x, y, w, h in pixels), rotate=0
            (90, 180, 270 clockwise, after the crop), flip="" (h, v, hv, after the rotation),
            fit="stretch" (contain, cover), background="black", effects=().

    Returns:
        The same kind as `planes`: a list of arrays, or a Sample.

    Raises:
        InvalidArg: planes, options or `out` do not fit; the message names both sides.
        InvalidMediaType: a step that cannot be done.

    Thread-safety: safe. A few converters are kept for next time.
    """
    if src is None:
        src = planes.type if isinstance(planes, Sample) else None
    if src is None or dst is None:
        missing = "src" if src is None else "dst"
        msg = f"{missing} is missing; convert(planes, src, dst) needs both types"
        raise InvalidArg(msg)
    settled = make_options(**options)
    converter = _kept(src, complete(dst, src), as_device(device), settled)
    return converter(planes, out)
