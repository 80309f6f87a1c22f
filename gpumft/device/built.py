"""Programs made ready for a device: what runs them, and what everybody holds of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.plane import DevicePlane
from gpumft.device.program import Settings
from gpumft.errors import InvalidArg, InvalidRequest


class Runner(ABC):
    """What a device makes of a Program; shared by all who build an equal one."""

    scratch: int
    """Bytes of work memory."""
    launches: int = 0
    """Kernels that a picture takes; 0 where nothing is launched."""
    passes: tuple[str, ...] = ("rows",)
    """What each walk over a picture makes, in words."""
    takes: tuple[type, ...] = (np.ndarray,)
    """Types of planes that `run` takes."""

    @abstractmethod
    def run(
        self,
        src_planes: Sequence[Any],
        dst_planes: Sequence[Any],
        settings: Settings | None = None,
    ) -> None:
        """Convert one picture, as `Built` describes it; all planes are of types in `takes`."""

    def run_again(self, src_planes: Sequence[Any], dst_planes: Sequence[Any]) -> bool:
        """Convert one picture if its planes are like those of the one before, as far as is known.

        Returns False, with nothing done, where planes have to be checked first; here always.
        """
        del src_planes, dst_planes
        return False

    def run_batch(
        self,
        pictures: Sequence[tuple[Sequence[Any], Sequence[Any]]],
        settings: Settings | None = None,
    ) -> None:
        """Convert pictures in order; a device may do several at once where nobody can tell."""
        for source, target in pictures:
            self.run(source, target, settings)

    def prepare(self, pictures: int, *, arrays: bool) -> None:
        """Allocate what a batch of so many pictures needs, arrays of the host among them or not."""
        del pictures, arrays  # by default a batch needs no more than one picture

    @abstractmethod
    def close(self) -> None:
        """Free the work memory; later runs raise InvalidRequest."""


class Built:
    """A Program made ready for a device.

    Thread-safety: calls may come from any thread; those that share a program take turns.
    """

    __slots__ = ("_runner",)

    def __init__(self, runner: Runner) -> None:
        self._runner: Runner | None = runner

    @property
    def launches(self) -> int:
        """How many kernels a picture takes; 0 on the CPU."""
        return self._runner.launches if self._runner else 0

    @property
    def passes(self) -> tuple[str, ...]:
        """What each walk over a picture makes, in words; each is a launch, but on the CPU."""
        return self._runner.passes if self._runner else ()

    def __call__(
        self,
        src_planes: Sequence[npt.NDArray[Any] | DevicePlane],
        dst_planes: Sequence[npt.NDArray[Any] | DevicePlane],
        settings: Settings | None = None,
    ) -> None:
        """Convert one picture.

        With planes in the device's memory for the target, the conversion is only started.

        Args:
            src_planes: one array a plane, (rows, columns[, channels]) as the program's source
                format says; any strides, read-only is fine. Or planes in the device's memory.
            dst_planes: the same for the target; every element is written. No memory in common
                with the source.
            settings: all named parameters of the program's formulas, for this picture; None: what
                the program says. Nothing is built or allocated for them.

        Raises:
            InvalidArg: arrays do not fit the program. Nothing has been written.
            InvalidRequest: this object or its device is closed.
            OutOfMemory: the device has no room.
            DeviceLost: the device has failed. As after any error, the sources are as they were.
        """
        self._taking([(src_planes, dst_planes)]).run(src_planes, dst_planes, settings)

    def batch(
        self,
        pictures: Sequence[
            tuple[
                Sequence[npt.NDArray[Any] | DevicePlane], Sequence[npt.NDArray[Any] | DevicePlane]
            ]
        ],
        settings: Settings | None = None,
    ) -> None:
        """Convert pictures; the bytes are those of one call after the other.

        In the device's memory those that lie in one allocation, with planes at the same distances,
        share a launch. Arrays of the host are copied in and out while others are computed.

        Args:
            pictures: planes of the source and of the target, each as for a call.
            settings: as for a call, for all of them.

        Raises:
            InvalidArg: arrays of a picture do not fit the program. On the CPU those before it are
                converted, elsewhere nothing has been written.
            InvalidRequest: this object or its device is closed.
        """
        self._taking(pictures).run_batch(pictures, settings)

    def again(self, src_planes: Sequence[Any], dst_planes: Sequence[Any]) -> bool:
        """Convert one picture, a shorter way: of a stream of pictures all but the first are alike.

        Returns False, with nothing done, where a call has to look at the planes: other shapes or
        kinds than before, planes to be written that are read-only or reach into the source, a
        closed program, or a device that has no shorter way.
        """
        runner = self._runner
        return runner is not None and runner.run_again(src_planes, dst_planes)

    def prepare(self, pictures: int, *, arrays: bool = True) -> None:
        """Allocate now what a first batch of up to so many pictures would allocate.

        Args:
            pictures: of a batch.
            arrays: whether they may be arrays of the host, which take room on their way.

        Raises:
            InvalidRequest: this object or its device is closed.
            OutOfMemory: the device has no room.
        """
        self._taking([]).prepare(pictures, arrays=arrays)

    def _taking(self, pictures: Sequence[tuple[Sequence[Any], Sequence[Any]]]) -> Runner:
        """Return the runner, if it takes planes of these types."""
        runner = self._runner
        if runner is None:
            raise InvalidRequest("this built program is closed: build it again")
        for source, target in pictures:
            for plane in (*source, *target):
                if not isinstance(plane, runner.takes):
                    kinds = " or ".join(kind.__name__ for kind in runner.takes)
                    raise InvalidArg(f"a plane is a {type(plane).__name__}: pass {kinds}")
        return runner

    def close(self) -> None:
        """Give the program up; later calls raise. Closing twice is fine."""
        self._runner = None
