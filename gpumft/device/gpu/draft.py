"""Puts one launch together: collects parts, numbers and planes, and hands out their C names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gpumft.device.gpu.launch import Launch, PlaneRef
from gpumft.device.gpu.work import Work, work_of
from gpumft.device.program import Pattern
from gpumft.device.unit import Part, Unit
from gpumft.resample.taps import Taps

BLOCK = 32
"""Taps in one chain of FMAs. Source: docs/arithmetic.md, 4.4."""
_ARGUMENTS = 1024
"""Bytes of arguments that every device takes. Source: OpenCL 1.2, CL_DEVICE_MAX_PARAMETER_SIZE."""
_MOST_FLOATS = 96
"""Numbers passed by value; more of them go into the table."""
_MOST_FRAMES = 32
"""Pictures of one launch, where the arguments have room for their places."""


class TapTable:
    """All taps and patterns of a program in one array of 32-bit words; equal ones are stored once.

    Thread-safety: for one thread at a time.
    """

    def __init__(self) -> None:
        self._parts: list[npt.NDArray[np.int32]] = []
        self._words = 0
        self._places: dict[bytes, tuple[int, int]] = {}

    def place(self, taps: Taps) -> tuple[int, int]:
        """Return where (start, count) pairs and weights begin."""
        key = taps.key
        if key not in self._places:
            pairs = np.stack([taps.start, taps.count], axis=1).astype(np.int32)
            weights = np.ascontiguousarray(taps.weights, np.float32).view(np.int32)
            self._places[key] = self._keep(pairs), self._keep(weights)
        return self._places[key]

    def pattern(self, pattern: Pattern) -> int:
        """Return where a pattern's numbers begin, row by row."""
        key = pattern.key.encode()
        if key not in self._places:
            at = self._keep(pattern.values.view(np.int32))
            self._places[key] = at, at
        return self._places[key][0]

    def numbers(self, values: Sequence[float]) -> int:
        """Keep float32s, one after the other; return the place of the first."""
        return self._keep(np.array(values, np.float32).view(np.int32))

    def array(self) -> npt.NDArray[np.int32]:
        """Return the whole table, at least one word."""
        return np.concatenate([*self._parts, np.zeros(1, np.int32)])

    def _keep(self, words: npt.NDArray[np.int32]) -> int:
        place = self._words
        self._parts.append(words.reshape(-1))
        self._words += words.size
        return place


def kind_of(taps: Taps) -> str:
    """Return which loop of kernels/taps.h does these taps.

    Thread-safety: a pure function.
    """
    if taps.longest > BLOCK:
        return "BLOCKS"
    if taps.longest > 1 or not np.all(taps.weights == 1):
        return "TWO" if taps.longest <= 2 else "FEW"
    steps = np.diff(taps.start)
    return "SHIFTED" if np.all(steps == 1) else "NEAREST"


@dataclass(slots=True)
class Draft:
    """A launch in the making. Functions are named as they are added, and used by later ones.

    Thread-safety: for one thread at a time.
    """

    name: str
    table: TapTable
    sources: list[PlaneRef] = field(default_factory=list)
    targets: list[PlaneRef] = field(default_factory=list)
    ints: list[int] = field(default_factory=list)
    floats: list[float] = field(default_factory=list)
    settings: list[tuple[str, int]] = field(default_factory=list)
    """Names of floats that change from picture to picture, and their places."""
    parts: list[Part] = field(default_factory=list)
    wide: bool = False
    """Whether there are blocks that hold rows of what they read."""
    works: dict[str, Work] = field(default_factory=dict)
    """Of each function, by its name."""
    _more: list[float] = field(default_factory=list)
    """Numbers for which the arguments have no room."""
    _place_of_more: int = 0
    """Which integer says where they lie in the table."""

    def integer(self, value: int) -> str:
        """Return the C expression of an integer argument."""
        self.ints.append(value)
        return f"n->i[{len(self.ints) - 1}]"

    def number(self, value: float, name: str = "") -> str:
        """Return the C expression of a float32 argument; with a name it stays one."""
        if name:
            self.settings.append((name, len(self.floats)))
        elif len(self.floats) >= _MOST_FLOATS:
            if not self._more:
                self._place_of_more = len(self.ints)
                self.ints.append(0)  # known when there are no more
            self._more.append(value)
            return f"AS_FLOAT((uint)table[n->i[{self._place_of_more}] + {len(self._more) - 1}])"
        self.floats.append(float(np.float32(value)))
        return f"n->f[{len(self.floats) - 1}]"

    def source(self, plane: PlaneRef) -> int:
        """Return the index of a plane that is read."""
        if plane not in self.sources:
            self.sources.append(plane)
        return self.sources.index(plane)

    def add(self, file: str, defines: Mapping[str, str | int], *, repeats: int = 1) -> str:
        """Add a function of the pattern `file`; return its name.

        `repeats` is for the count of its work: taps, samples or blocks that it is for.
        """
        stem = file.partition(".")[0]
        name = f"{stem}_{sum(part.file == file for part in self.parts)}"
        given = {"NAME": name, **{key: str(value) for key, value in defines.items()}}
        self.works[name] = work_of(file, given, self.works, repeats)
        self.parts.append(Part(file, tuple(given.items())))
        return name

    def through(self, function: str, taps: Taps, along: str, *, finite: bool = False) -> str:
        """Return `function`, which makes a Pixel, resampled along ROWS_ or COLUMNS_ (4.4).

        With `finite` samples a tap of weight 0 changes nothing, so no output has to be asked
        how many taps it has.
        """
        words = self.taps(taps, finite=finite)
        if words["TAPS"] == "SHIFTED" and words["SHIFT"] == 0:
            return function
        return self.add("taps.h", {"FROM": function, "ALONG": along, **words}, repeats=taps.longest)

    def taps(self, taps: Taps, *, finite: bool = False) -> dict[str, str | int]:
        """Return the definitions of kernels/taps.h that say which taps; see `through`."""
        kind = kind_of(taps)
        if finite and kind == "TWO" and taps.longest == 2:
            kind = "PAIRS"
        words: dict[str, str | int] = {"TAPS": kind}
        if kind == "SHIFTED":
            shift = int(taps.start[0])
            words["SHIFT"] = self.integer(shift) if shift else 0
            return words
        starts, weights = self.table.place(taps)
        words["STARTS"] = self.integer(starts)
        if kind != "NEAREST":
            words["WEIGHTS"] = self.integer(weights)
            words["LONGEST"] = 2 if kind == "PAIRS" else self.integer(taps.longest)
        if kind == "PAIRS":
            words["LAST"] = self.integer(taps.source - 1)
        return words

    def launch(self, grid: tuple[int, int], defines: Mapping[str, str | int]) -> Launch:
        """Return the launch of convert.cl over what was added."""
        if self._more:
            self.ints[self._place_of_more] = self.table.numbers(self._more)
        frames = self._frames()
        given = {
            "FRAMES": frames,
            "PLANES": len(self.sources) + len(self.targets),
            "INTS": max(1, len(self.ints)),
            "FLOATS": max(1, len(self.floats)),
            "SOURCES": len(self.sources),
            "SOURCE_PARAMETERS": _list(self.sources, ", GLOBAL const uchar *s{}"),
            "SOURCE_ARGUMENTS": _list(self.sources, ", s{}"),
            "TARGET_PARAMETERS": _list(self.targets, ", GLOBAL uchar *d{}"),
        }
        if self.wide:
            given |= {"WIDE": 1, "TARGET_ARGUMENTS": _list(self.targets, ", d{}")}
        first = [Part("arithmetic.h"), Part("frame.h"), Part("pixel.h"), Part("codes.h")]
        if self.wide:
            first.append(Part("words.h"))
        entry = Part("convert.cl", tuple((key, str(value)) for key, value in defines.items()))
        unit = Unit(
            (*first, *self.parts, entry),
            ("convert",),
            tuple((key, str(value)) for key, value in given.items()),
        )
        return Launch(
            unit, self.name, grid, (*self.sources, *self.targets), tuple(self.ints),
            tuple(self.floats), tuple(self.settings), frames, self._work(),
        )  # fmt: skip

    def _work(self) -> Work:
        """Return the work of all that is stored, and of what it takes.

        Where blocks are wide, as if all were.
        """
        last = ("band",) if self.wide else ("grid", "store")
        return sum((w for n, w in self.works.items() if n.partition("_")[0] in last), Work())

    def _frames(self) -> int:
        """Return for how many pictures the arguments have room."""
        planes = len(self.sources) + len(self.targets)
        pointers, places, numbers = 8 * (1 + planes), 16 * planes + 8, len(self.ints or [0])
        numbers += len(self.floats or [0])
        room = _ARGUMENTS - pointers - places - 4 * numbers - 4  # the structure ends on 8 bytes
        return max(1, min(_MOST_FRAMES, room // 16))


def _list(planes: list[PlaneRef], pattern: str) -> str:
    return "".join(pattern.format(index) for index in range(len(planes)))
