"""What a program becomes on a device: launches over planes, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from gpumft.device.gpu.work import Work
from gpumft.device.unit import Unit


class PlaneRef(NamedTuple):
    """A plane of the source, of the target, or of the float32 planes between two launches."""

    where: Literal["source", "target", "between"]
    number: int


@dataclass(frozen=True, slots=True)
class Launch:
    """One kernel over one grid of work items.

    Its arguments are the numbers by value, the table of taps, then the memory of each plane.

    Thread-safety: immutable.
    """

    unit: Unit
    name: str
    """What it makes, in words, for reports."""
    grid: tuple[int, int]
    """Work items (across, down)."""
    planes: tuple[PlaneRef, ...]
    """Sources first, then targets."""
    ints: tuple[int, ...]
    floats: tuple[float, ...]
    settings: tuple[tuple[str, int], ...] = ()
    """Names of those that are named parameters, and their places."""
    frames: int = 1
    """How many pictures it can make at once."""
    work: Work = field(default_factory=Work)
    """What a picture takes."""

    def numbers(self) -> npt.NDArray[np.void]:
        """Return the argument `Numbers` of kernels/frame.h, shape (1,); places are still 0."""
        fields: list[tuple[str, type[np.generic], tuple[int, ...]]] = [
            ("source", np.int64, (self.frames,)),
            ("target", np.int64, (self.frames,)),
            ("between", np.int64, ()),
            ("at", np.int64, (len(self.planes),)),
            ("pitch", np.int64, (len(self.planes),)),
            ("i", np.int32, (max(1, len(self.ints)),)),
            ("f", np.float32, (max(1, len(self.floats)),)),
        ]
        made = np.zeros(1, np.dtype(fields, align=True))
        made["i"][0, : len(self.ints)] = self.ints
        made["f"][0, : len(self.floats)] = self.floats
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """All launches of a program, in order, and what they need.

    Thread-safety: immutable.
    """

    launches: tuple[Launch, ...]
    between: tuple[tuple[int, int], ...]
    """(rows, columns) of each float32 plane between two launches."""
    table: npt.NDArray[np.int32]
    """Taps: starts and counts in turn, and weights as bits of float32."""
