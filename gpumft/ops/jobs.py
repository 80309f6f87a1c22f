"""Jobs: what a call of a Converter is given, as planes to read and planes to write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from gpumft.device import Device, Pool, Surface
from gpumft.errors import InvalidArg, InvalidMediaType, OutOfMemory
from gpumft.media import VideoType
from gpumft.ops.operands import Operand, check_writable, operands
from gpumft.samples import Sample
from gpumft.samples.planes import Planes, check_planes


class Job(NamedTuple):
    """One picture.

    Thread-safety: immutable.
    """

    planes: tuple[list[Operand], list[Operand]]
    """What is read and what is written, checked."""
    result: Any
    """What the caller gets."""
    finish: Callable[[], None] | None = None
    """Says in the result what it is; to be called once the conversion is started."""


class Jobs:
    """Makes jobs of one conversion.

    Thread-safety: any thread.
    """

    def __init__(self, source: VideoType, target: VideoType, device: Device) -> None:
        self._source = source
        self._target = target
        self._device = device
        self._pool: Pool | None = None
        self._shapes = list(zip(target.plane_shapes, target.plane_dtypes, strict=True))

    def make(self, given: Any, out: Any, held: ExitStack) -> Job:
        """Return the job of one picture; `held` keeps its buffers locked.

        Raises:
            InvalidArg: `out` is of another kind than `given` or read-only, or planes do not fit or
                lie on another device.
            InvalidMediaType: a Sample or Surface of another format or size.
            InvalidRequest: a surface was released.
            OutOfMemory: there is no room for what comes out.
        """
        if isinstance(given, Sample):
            return self._of_sample(given, out, held)
        if isinstance(given, Surface):
            return self._of_surface(given, out)
        if isinstance(out, Sample | Surface):
            kind = type(out).__name__
            msg = f"out is a {kind}, but planes are arrays; give both as one kind"
            raise InvalidArg(msg)
        target = self.allocate() if out is None else check_planes(out, self._target)
        return Job(self._planes(check_planes(given, self._source), target), target)

    def seen(self, given: Any, held: ExitStack) -> Sequence[Any]:
        """Return the planes of a picture that is only read; `held` keeps its buffers locked.

        Raises:
            InvalidMediaType: a Sample or Surface of another format or size.
        """
        if isinstance(given, Sample):
            if given.type is not None:
                self._check_type("sample", given.type)
            return held.enter_context(given.seen_as(self._source)).planes
        if isinstance(given, Surface):
            self._check_type("surface", given.type)
            return given.planes
        planes: Sequence[Any] = given
        return planes

    def prepare(self, given: Sequence[Any], out: Sequence[Any]) -> None:
        """Get room for many pictures at once, so that they lie in one allocation."""
        count = sum(
            target is None and (isinstance(one, Surface) or _is_on_device(one))
            for one, target in zip(given, out, strict=True)
        )
        if count > 1:
            self._surfaces().fill(count)

    def _of_sample(self, given: Sample, out: object, held: ExitStack) -> Job:
        if out is not None and not isinstance(out, Sample):
            msg = f"planes are a Sample, but out is a {type(out).__name__}; give a Sample or None"
            raise InvalidArg(msg)
        if given.type is not None:
            self._check_type("sample", given.type)
        source = held.enter_context(given.seen_as(self._source))
        target = self._beside(source) if out is None else out
        seen = held.enter_context(target.seen_as(self._target))

        def finish() -> None:
            target.type = self._target
            target.time, target.duration = given.time, given.duration
            target.pts, target.time_base = given.pts, given.time_base

        return Job(self._planes(source.planes, seen.planes), target, finish)

    def _beside(self, source: Sample) -> Sample:
        """Return a sample to write into, in the host's memory or the device's, as the source is."""
        if source.on_device:
            return Sample.from_surface(self._surfaces().acquire())
        return Sample.from_numpy(self.allocate(), self._target)

    def _of_surface(self, given: Surface, out: object) -> Job:
        if out is not None and not isinstance(out, Surface):
            msg = f"planes are a Surface, but out is a {type(out).__name__}; give a Surface or None"
            raise InvalidArg(msg)
        self._check_type("surface", given.type)
        target = self._surfaces().acquire() if out is None else out
        said, made = target.type, self._target
        if (said.format, said.size) != (made.format, made.size):
            msg = f"out is {said}, but this converter makes {made}; give a surface of that type"
            raise InvalidMediaType(msg)

        def finish() -> None:
            target.type = made.replace(stride=said.stride)

        return Job(self._planes(given.planes, target.planes), target, finish)

    def _planes(
        self, source: Sequence[Any], target: Sequence[Any]
    ) -> tuple[list[Operand], list[Operand]]:
        """Return what the built program takes, both sides of it."""
        written = operands(target, self._device)
        check_writable(written)
        return operands(source, self._device), written

    def _check_type(self, name: str, said: VideoType) -> None:
        wanted = self._source
        if (said.format, said.size) != (wanted.format, wanted.size):
            msg = f"{name} is {said}, but this converter takes {wanted}; make one for that type"
            raise InvalidMediaType(msg)

    def _surfaces(self) -> Pool:
        """Return the pool of surfaces of the target's type on this converter's device."""
        pool = self._pool
        if pool is None:  # two threads that come here at once make two, of which one is dropped
            pool = self._pool = Pool(self._target, self._device)
        return pool

    def allocate(self) -> Planes:
        """Return new planes in the host's memory.

        Raises:
            OutOfMemory: there is no room.
        """
        try:
            return [np.empty(shape, dtype) for shape, dtype in self._shapes]
        except MemoryError as error:
            msg = f"no memory for a picture of {self._target}: {error}"
            raise OutOfMemory(msg) from error


def needs_locks(given: object, out: object) -> bool:
    """Whether buffers of samples have to be locked while this picture is converted.

    Thread-safety: a pure function.
    """
    return any(isinstance(one, Sample) and not _is_on_device(one) for one in (given, out))


def _is_on_device(one: object) -> bool:
    return isinstance(one, Sample) and one.on_device
