"""Converter: a conversion planned and built once; `convert` for single calls."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Self, overload
from weakref import WeakKeyDictionary

import numpy.typing as npt

from gpumft.device import Built, Device, Plane, Surface, as_device
from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import PartialType, VideoType
from gpumft.ops.explain import Explanation, explained
from gpumft.ops.jobs import Job, Jobs, needs_locks
from gpumft.ops.operands import Operand, apart, check_writable, is_in_place, operands
from gpumft.ops.options import make_options
from gpumft.ops.order import ordered
from gpumft.ops.planner import Plan, plan
from gpumft.samples import Sample
from gpumft.samples.planes import Planes

Target = VideoType | PartialType | Mapping[str, Any]
_KEPT = 16
"""How many conversions `convert` keeps for each device."""


class Converter:
    """Converts pictures of one type into another.

    Args:
        src: type of what comes in; unset colour fields are resolved by rule.
        dst: type of what goes out; fields that are missing or unset come from `src`.
        device: a Device, its spec, or None for the best there is.
        options: see `convert`.

    Raises:
        InvalidMediaType: no type, or a step that cannot be done; the message names it.
        InvalidArg: an unknown option or value.
        DeviceUnavailable: there is no such device.

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
        self._jobs = Jobs(self.source, self.target, self.device)

    @classmethod
    def of(cls, settled: Plan, device: Device, built: Built | None = None) -> Self:
        """Return a converter for a plan that is already made, and perhaps built on `device`.

        Raises:
            InvalidRequest: the device is closed.
        """
        made = cls.__new__(cls)
        made.plan, made.device = settled, device
        made._run = built or device.build(settled.program)  # noqa: SLF001 - this is a constructor
        made._jobs = Jobs(made.source, made.target, device)  # noqa: SLF001 - the same
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
        self, planes: Surface, out: Surface | None = None, stream: object = None
    ) -> Surface: ...
    @overload
    def __call__(
        self,
        planes: Sequence[npt.NDArray[Any] | Plane],
        out: Sequence[npt.NDArray[Any]] | None = None,
        stream: object = None,
    ) -> Planes: ...
    def __call__(self, planes: Any, out: Any = None, stream: object = None) -> Any:
        """Convert one picture.

        Args:
            planes: one array a plane, (rows, columns[, channels]), a Sample, or a Surface on this
                converter's device.
            out: where to write: arrays for arrays, a Sample for a Sample, a Surface for a Surface,
                of the target's type; None allocates, on the device where `planes` are.
            stream: a stream of the device's library (CuPy, PyTorch, pyopencl's CommandQueue) on
                which `planes` are made and the result is used: the conversion begins after the
                work that it has by now, and its later work after the conversion. None: the
                device's own queue. Arrays of the host, and the CPU, have no streams.

        Returns:
            The same kind as `planes`: `out` if given. It gets the target's type, a Sample also the
            source's times. On a device's surface the conversion may still be running: whatever
            uses the device's queue, `to_numpy` too, comes after it.

        Raises:
            InvalidArg: planes do not fit their type or lie on another device, or `out` cannot be
                written; no stream of this device, or one for pictures of the host. Nothing has
                been written then.
            InvalidMediaType: a Sample or Surface of another format or size.
            InvalidRequest: the device is closed, or a surface was released.
            OutOfMemory: there is no room for what comes out.
        """
        return self._started([planes], [out], stream)[0]

    def batch(self, frames: Iterable[Any], out: Iterable[Any] | None = None) -> list[Any]:
        """Convert several pictures; `frames` and `out` hold what a call takes.

        The bytes are those of one call after the other. Surfaces that lie in one allocation with
        their planes at the same distances, such as those of one pool, share a launch; arrays are
        copied to the device and back while others are converted.

        Raises:
            InvalidArg: `out` holds not as many, and as a call does; nothing has been written, but
                of samples in the host's memory those before one that fails are converted.
        """
        sources = list(frames)
        targets = [None] * len(sources) if out is None else list(out)
        if len(targets) != len(sources):
            msg = f"{len(sources)} frames, but out has {len(targets)}; give one out a frame"
            raise InvalidArg(msg)
        if any(map(needs_locks, sources, targets)):  # a buffer may be there twice: one by one
            pairs = zip(sources, targets, strict=True)
            return [self._started([frame], [target])[0] for frame, target in pairs]
        return self._started(sources, targets)

    def prepare(self, frames: int, *, arrays: bool = True) -> None:
        """Allocate now what a first `batch` of up to so many pictures needs between its passes.

        Args:
            frames: pictures of a batch.
            arrays: whether they may lie in the host's memory, which takes room on their way; not
                needed where all are surfaces.

        Raises:
            InvalidArg: less than one picture.
            InvalidRequest: the device is closed.
            OutOfMemory: there is no room.
        """
        if frames < 1:
            msg = f"frames is {frames}; a batch has 1 or more"
            raise InvalidArg(msg)
        self._run.prepare(frames, arrays=arrays)

    def _started(
        self, sources: Sequence[Any], targets: Sequence[Any], stream: object = None
    ) -> list[Any]:
        """Check all pictures, start them, and return what they become."""
        self._jobs.prepare(sources, targets)
        with ExitStack() as held:
            jobs = [self._jobs.make(*pair, held) for pair in zip(sources, targets, strict=True)]
            self._convert(jobs, stream)
        for job in jobs:
            job.finish()
        return [job.result for job in jobs]

    def _convert(self, jobs: Sequence[Job], stream: object) -> None:
        pairs: list[tuple[list[Operand], list[Operand]]] = []
        for job in jobs:
            source = operands(job.source, self.source, self.device)
            target = operands(job.target, self.target, self.device)
            check_writable(target)
            pairs.append((source, target))
        if stream is None:
            self._start(pairs)
        else:
            with ordered(pairs, stream, self.device.memory):
                self._start(pairs)

    def _start(self, pairs: Sequence[tuple[list[Operand], list[Operand]]]) -> None:
        if any(is_in_place(*pair, self.device) for pair in pairs):
            for source, target in pairs:
                self._run(apart(source, target, self.device), target)
        else:
            self._run.batch(pairs)

    def explain(self) -> Explanation:
        """Return what this conversion does; `str()` reads like a page."""
        return explained(self.plan, self.device.spec, self._run)


def complete(dst: Target, src: VideoType) -> VideoType:
    """Return `dst` with what it leaves out taken from `src`.

    Only what `src` shows is converted, so the size to take is that of its aperture, and the
    aperture is left behind.

    Raises:
        InvalidMediaType: `src` is no VideoType, or `dst` no type at all.

    Thread-safety: a pure function.
    """
    if not isinstance(src, VideoType):
        msg = f"the source is {src!r}; give a whole VideoType(format, (width, height))"
        raise InvalidMediaType(msg)
    return dst if isinstance(dst, VideoType) else PartialType.of(dst).complete(shown(src))


def shown(type: VideoType) -> VideoType:
    """Return the type of the picture inside the aperture, without the rest of the frame."""
    if type.aperture is None:
        return type
    return type.replace(size=type.aperture[2:], aperture=None)


class _Recent:
    """The latest conversions of `convert`, for each device that is still in use.

    Devices are held weakly and no Converter is kept, for it holds its device.

    Thread-safety: any thread; one that is not kept yet may be planned twice.
    """

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[Device, OrderedDict[Hashable, tuple[Plan, Built]]] = (
            WeakKeyDictionary()
        )
        self._lock = threading.Lock()

    def converter(
        self, src: VideoType, dst: Target, device: Device, options: dict[str, Any]
    ) -> Converter:
        """Return a converter, planned and built only if it is not kept."""
        said = tuple(dst.items()) if isinstance(dst, Mapping) else dst
        key: Hashable = (src, said, *options.items())
        try:
            hash(key)
        except TypeError:  # a list or an array cannot be looked up, but what it means can
            whole, settled = complete(dst, src), make_options(**options)
            key = (src, whole, settled)
            found = self._find(device, key)
            made = found or Converter.of(plan(src, whole, settled), device)
        else:
            found = self._find(device, key)
            made = found or Converter(src, dst, device=device, **options)
        if found is None:
            self._keep(key, made)
        return made

    def _find(self, device: Device, key: Hashable) -> Converter | None:
        with self._lock:
            kept = self._kept.get(device)
            if kept is None or key not in kept:
                return None
            kept.move_to_end(key)
            settled, built = kept[key]
        return Converter.of(settled, device, built)

    def _keep(self, key: Hashable, made: Converter) -> None:
        with self._lock:
            kept = self._kept.setdefault(made.device, OrderedDict())
            kept[key] = (made.plan, made._run)  # noqa: SLF001 - the same module
            while len(kept) > _KEPT:
                kept.popitem(last=False)


_recent = _Recent()


def convert(
    planes: Any,
    src: VideoType | None = None,
    dst: Target | None = None,
    *,
    out: Any = None,
    device: Device | str | None = None,
    **options: Any,
) -> Any:
    """Convert one picture: format, size, colour, light, crop, rotation and effects in one pass.

    Args:
        planes: one array a plane, (rows, columns[, channels]), a Sample or a Surface.
        src: type of `planes`; None for a Sample or a Surface, which knows its own.
        dst: a VideoType, PartialType or mapping; what is missing comes from `src`. The picture
            lands in its aperture, if it has one; around it is background.
        out: where to write; None allocates.
        device: a Device, its spec, or None: where a Surface is, else the best there is.
        options: filter="bicubic", chroma_filter=None, crop=None (x, y, w, h in pixels), rotate=0
            (90, 180, 270 clockwise, after the crop), flip="" (h, v, hv, after the rotation),
            fit="stretch" (contain, cover), background="black", effects=(); linear=False (scale in
            light), dither="none" (ordered, blue_noise), seed=0, legalize=False; where light is
            converted: tone_map="bt2390" (hable, reinhard, mobius, clip, none),
            tone_map_basis="max_rgb" (luminance, ictcp), peak=None and white=203 in cd/m2,
            gamut="clip" (perceptual), adaptation="bradford" (none). Source: docs/light.md.

    Returns:
        The same kind as `planes`: a list of arrays, a Sample, or a Surface.

    Raises:
        InvalidArg: planes, options or `out` do not fit; the message names both sides.
        InvalidMediaType: no type, or a step that cannot be done.
        DeviceUnavailable: there is no such device.
        InvalidRequest: the device is closed.

    Thread-safety: safe. A few conversions are kept for next time.
    """
    if src is None:
        src = planes.type if isinstance(planes, Sample | Surface) else None
    if src is None or dst is None:
        missing = "src" if src is None else "dst"
        msg = f"{missing} is missing; convert(planes, src, dst) needs both types"
        raise InvalidArg(msg)
    if device is None:
        device = _place(planes)
    return _recent.converter(src, dst, as_device(device), options)(planes, out)


def _place(planes: Any) -> Device | None:
    """Return the device that a surface is on, also inside a sample; None for anything else."""
    if isinstance(planes, Surface):
        return planes.device
    if isinstance(planes, Sample) and planes.on_device:
        return planes.surface.device
    return None
