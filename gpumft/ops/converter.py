"""Converter: a conversion planned and built once; `convert` for single calls."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Self, overload
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from gpumft.device import Built, Device, Plane, Pool, Surface, as_device
from gpumft.errors import InvalidArg, InvalidMediaType, OutOfMemory
from gpumft.media import PartialType, VideoType
from gpumft.ops.explain import Explanation, explained
from gpumft.ops.operands import apart, check_writable, operands
from gpumft.ops.options import make_options
from gpumft.ops.planner import Plan, plan
from gpumft.samples import Sample
from gpumft.samples.planes import Planes, check_planes

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
        self._pool: Pool | None = None

    @classmethod
    def of(cls, settled: Plan, device: Device, built: Built | None = None) -> Self:
        """Return a converter for a plan that is already made, and perhaps built on `device`.

        Raises:
            InvalidRequest: the device is closed.
        """
        made = cls.__new__(cls)
        made.plan, made.device = settled, device
        made._run = built or device.build(settled.program)  # noqa: SLF001 - this is a constructor
        made._pool = None  # noqa: SLF001 - the same
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
            stream: a device stream to enqueue on; ignored on the CPU.

        Returns:
            The same kind as `planes`: `out` if given. It gets the target's type, a Sample also the
            source's times. On a device's surface the conversion may still be running: whatever
            uses the device's queue, `to_numpy` too, comes after it.

        Raises:
            InvalidArg: planes do not fit their type or lie on another device, or `out` cannot be
                written. Nothing has been written then.
            InvalidMediaType: a Sample or Surface of another format or size.
            InvalidRequest: the device is closed, or a surface was released.
            OutOfMemory: there is no room for what comes out.
        """
        del stream
        if isinstance(planes, Sample):
            return self._sample(planes, out)
        if isinstance(planes, Surface):
            return self._surface(planes, out)
        if isinstance(out, Sample | Surface):
            kind = type(out).__name__
            msg = f"out is a {kind}, but planes are arrays; give both as one kind"
            raise InvalidArg(msg)
        target = self._allocate() if out is None else check_planes(out, self.target)
        self._convert(planes, target)
        return target

    def _sample(self, source: Sample, out: object) -> Sample:
        if out is not None and not isinstance(out, Sample):
            msg = f"planes are a Sample, but out is a {type(out).__name__}; give a Sample or None"
            raise InvalidArg(msg)
        if source.type is not None:
            self._check_type("sample", source.type)
        with source.seen_as(self.source) as src:
            target = self._sample_beside(src) if out is None else out
            with target.seen_as(self.target) as dst:
                self._convert(src.planes, dst.planes)
        target.type = self.target
        target.time, target.duration = source.time, source.duration
        target.pts, target.time_base = source.pts, source.time_base
        return target

    def _sample_beside(self, source: Sample) -> Sample:
        """Return a sample to write into, in the host's memory or the device's, as the source is."""
        if source.on_device:
            return Sample.from_surface(self._acquire())
        return Sample.from_numpy(self._allocate(), self.target)

    def _surface(self, source: Surface, out: object) -> Surface:
        if out is not None and not isinstance(out, Surface):
            msg = f"planes are a Surface, but out is a {type(out).__name__}; give a Surface or None"
            raise InvalidArg(msg)
        self._check_type("surface", source.type)
        target = self._acquire() if out is None else out
        said, made = target.type, self.target
        if (said.format, said.size) != (made.format, made.size):
            msg = f"out is {said}, but this converter makes {made}; give a surface of that type"
            raise InvalidMediaType(msg)
        self._convert(source.planes, target.planes)
        target.type = made.replace(stride=said.stride)
        return target

    def _check_type(self, name: str, said: VideoType) -> None:
        wanted = self.source
        if (said.format, said.size) != (wanted.format, wanted.size):
            msg = f"{name} is {said}, but this converter takes {wanted}; make one for that type"
            raise InvalidMediaType(msg)

    def _acquire(self) -> Surface:
        """Return a surface of the target's type on this converter's device."""
        pool = self._pool
        if pool is None:  # two threads that come here at once make two, of which one is dropped
            pool = self._pool = Pool(self.target, self.device)
        return pool.acquire()

    def batch(self, frames: Iterable[Any], out: Iterable[Any] | None = None) -> list[Any]:
        """Convert several pictures; `frames` and `out` hold what a call takes.

        Raises:
            InvalidArg: `out` holds not as many, and as a call does; pictures before one that
                fails are converted.
        """
        sources = list(frames)
        targets = [None] * len(sources) if out is None else list(out)
        if len(targets) != len(sources):
            msg = f"{len(sources)} frames, but out has {len(targets)}; give one out a frame"
            raise InvalidArg(msg)
        return [self(frame, target) for frame, target in zip(sources, targets, strict=True)]

    def explain(self) -> Explanation:
        """Return what this conversion does; `str()` reads like a page."""
        return explained(self.plan, self.device.spec)

    def _allocate(self) -> Planes:
        shapes = zip(self.target.plane_shapes, self.target.plane_dtypes, strict=True)
        try:
            return [np.empty(shape, dtype) for shape, dtype in shapes]
        except MemoryError as error:
            msg = f"no memory for a picture of {self.target}: {error}"
            raise OutOfMemory(msg) from error

    def _convert(self, planes: Sequence[Any], out: Sequence[Any]) -> None:
        source = operands(planes, self.source, self.device)
        target = operands(out, self.target, self.device)
        check_writable(target)
        self._run(apart(source, target, self.device), target)  # not converted in place


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
        dst: a VideoType, PartialType or mapping; what is missing comes from `src`.
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
