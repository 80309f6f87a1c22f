"""Converter: a conversion planned and built once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Self, overload

import numpy.typing as npt

from gpumft.device import Device, Plane, Surface, as_device
from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import PartialType, VideoType
from gpumft.ops.explain import Explanation, explained
from gpumft.ops.jobs import Jobs, needs_locks
from gpumft.ops.operands import operands
from gpumft.ops.options import make_options
from gpumft.ops.order import ordered
from gpumft.ops.peak import Reading
from gpumft.ops.planner import Plan, plan
from gpumft.ops.run import NOT_MEASURED, Pair, Run
from gpumft.samples import Sample
from gpumft.samples.planes import Planes, check_planes

Target = VideoType | PartialType | Mapping[str, Any]


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
        self._run = Run(self.plan, self.device)
        self._jobs = Jobs(self.source, self.target, self.device)
        self._again = self._run.again

    @classmethod
    def of(cls, settled: Plan, device: Device, run: Run | None = None) -> Self:
        """Return a converter for a plan that is already made, and perhaps built on `device`.

        Raises:
            InvalidRequest: the device is closed.
        """
        made = cls.__new__(cls)
        made.plan, made.device = settled, device
        made._run = run or Run(settled, device)  # noqa: SLF001 - this is a constructor
        made._jobs = Jobs(made.source, made.target, device)  # noqa: SLF001 - this is a constructor
        made._again = made._run.again  # noqa: SLF001 - this is a constructor
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
        if planes.__class__ is list and stream is None:  # a stream of pictures that are alike
            if out is None:
                out = self._jobs.allocate()
            if out.__class__ is list and self._again(planes, out):
                return out
        return self._started([planes], [out], stream)[0]

    def batch(
        self,
        frames: Iterable[Any],
        out: Iterable[Any] | None = None,
        *,
        peaks: Sequence[float] | None = None,
    ) -> list[Any]:
        """Convert several pictures; `frames` and `out` hold what a call takes.

        The bytes are those of one call after the other. Surfaces that lie in one allocation with
        their planes at the same distances, such as those of one pool, share a launch; arrays are
        copied to the device and back while others are converted.

        With `peak="detect"` each picture is measured as it comes, unless `peaks` has the peak of
        each in cd/m2: that of `measure`, or what is made of it in the course of time.

        Raises:
            InvalidArg: `out` or `peaks` hold not as many, or peaks are not asked for, and as a call
                does; nothing has been written, but of samples in the host's memory those before
                one that fails are converted.
        """
        sources = list(frames)
        targets = [None] * len(sources) if out is None else list(out)
        if len(targets) != len(sources):
            msg = f"{len(sources)} frames, but out has {len(targets)}; give one out a frame"
            raise InvalidArg(msg)
        given = None if peaks is None else self._checked(peaks, len(sources))
        if any(map(needs_locks, sources, targets)):  # a buffer may be there twice: one by one
            each = [None] * len(sources) if given is None else [[peak] for peak in given]
            jobs = zip(sources, targets, each, strict=True)
            return [self._started([s], [t], peaks=one)[0] for s, t, one in jobs]
        return self._started(sources, targets, peaks=given)

    def measure(self, frames: Iterable[Any]) -> list[Reading]:
        """Return how bright pictures are, in what this conversion shows of them.

        Args:
            frames: pictures, each as a call takes it.

        Raises:
            InvalidRequest: nothing is measured without `peak="detect"`, from HDR to SDR, and with a
                tone map that looks at the peak.
            InvalidArg, InvalidMediaType: as a call.

        Source: docs/light.md, 12.
        """
        with ExitStack() as held:
            pictures = [self._jobs.seen(frame, held) for frame in frames]
            return self._run.measure(
                [operands(check_planes(planes, self.source), self.device) for planes in pictures]
            )

    def _checked(self, peaks: Sequence[float], frames: int) -> list[float]:
        if not self._run.measures:
            msg = f"peaks are given, but {NOT_MEASURED}"
            raise InvalidArg(msg)
        given = [float(peak) for peak in peaks]
        if len(given) != frames or not all(0 <= peak < math.inf for peak in given):
            msg = f"{frames} frames, but peaks are {given}; give the cd/m2 of each frame"
            raise InvalidArg(msg)
        return given

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
        self,
        sources: Sequence[Any],
        targets: Sequence[Any],
        stream: object = None,
        peaks: Sequence[float] | None = None,
    ) -> list[Any]:
        """Check all pictures, start them, and return what they become."""
        if len(sources) > 1:
            self._jobs.prepare(sources, targets)
        with ExitStack() as held:
            jobs = [self._jobs.make(*pair, held) for pair in zip(sources, targets, strict=True)]
            self._start([job.planes for job in jobs], stream, peaks)
        for job in jobs:
            if job.finish is not None:
                job.finish()
        return [job.result for job in jobs]

    def _start(self, pairs: Sequence[Pair], stream: object, peaks: Sequence[float] | None) -> None:
        if stream is None:
            self._run.start(pairs, self.device, peaks)
        else:
            with ordered(pairs, stream, self.device.memory):
                self._run.start(pairs, self.device, peaks)

    def explain(self) -> Explanation:
        """Return what this conversion does; `str()` reads like a page."""
        return explained(self.plan, self.device.spec, self._run.built)


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
