"""Arrays of the host on their way through a device: copied in, computed, copied out at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.gpu.machine import Fence, Machine
from gpumft.device.gpu.staging import Staging
from gpumft.device.plane import DevicePlane
from gpumft.device.program import Program
from gpumft.errors import MFError

Plane = npt.NDArray[Any] | DevicePlane
Start = Callable[[Sequence[DevicePlane], Sequence[DevicePlane]], None]
"""Launches the kernels of one picture."""
_STATIONS = 3
"""Pictures under way: one on each side of the one that is computed."""


class Transit:
    """Pinned memory and device memory for pictures of one program, used over and over.

    One picture needs one station; a batch uses three, which are made when the first batch comes.

    Thread-safety: for one thread at a time.
    """

    def __init__(self, program: Program, machine: Machine) -> None:
        self._program = program
        self._machine = machine
        self._stations = [_Station(program, machine)]

    @property
    def scratch(self) -> int:
        """Bytes on the device."""
        return sum(station.nbytes for station in self._stations)

    def make_room(self, pictures: int) -> None:
        """Make the stations that so many pictures use, unless they are there."""
        while len(self._stations) < min(pictures, _STATIONS):
            self._stations.append(_Station(self._program, self._machine))

    def run(
        self, pictures: Sequence[tuple[Sequence[Plane], Sequence[Plane]]], start: Start
    ) -> None:
        """Convert pictures, of which source or target are arrays; their results are there then.

        Picture n + 1 is copied in, and picture n - 1 out, while picture n is computed.
        """
        self.make_room(len(pictures))
        used = self._stations[: len(pictures)]
        try:
            for station, (source, target) in zip(cycle(used), pictures, strict=False):
                station.settle()
                for other in used:
                    other.settle_if_read_by(arrays_in(source))
                station.begin(source, target, start)
            first = len(pictures) % len(used)
            for station in (*used[first:], *used[:first]):  # in the order of their pictures
                station.settle()
        except BaseException:
            with suppress(MFError):  # the first error is the one to tell
                self._machine.finish()
            for station in used:
                station.forget()
            raise


class _Station:
    """Where one picture is held on its way."""

    def __init__(self, program: Program, machine: Machine) -> None:
        self._machine = machine
        self._source = Staging(program.source, program.source_size, machine.host)
        self._target = Staging(program.target, program.target_size, machine.host)
        self._source_memory = machine.allocate(self._source.nbytes)
        self._target_memory = machine.allocate(self._target.nbytes)
        self.nbytes = self._source.nbytes + self._target.nbytes
        self._sent: Fence | None = None
        self._computed: Fence | None = None
        self._fetched: Fence | None = None
        self._owed: list[npt.NDArray[Any]] = []

    def begin(self, source: Sequence[Plane], target: Sequence[Plane], start: Start) -> None:
        """Start all there is to do for a picture; waits for nothing that is computed."""
        machine = self._machine
        arrays = arrays_in(source), arrays_in(target)
        here: Sequence[Any] = source
        there: Sequence[Any] = target
        if arrays[0]:
            if self._sent is not None:
                machine.wait(self._sent)  # the staging memory is about to be written
            self._source.fill(arrays[0])
            self._sent = machine.send(self._source_memory, self._source.host, self._computed)
            machine.hold(self._sent)
            here = self._source.on(self._source_memory)
        if arrays[1]:
            there = self._target.on(self._target_memory)
        start(here, there)
        self._computed = machine.mark()
        if arrays[1]:
            self._fetched = machine.fetch(self._target.host, self._target_memory, self._computed)
            self._owed = arrays[1]

    def settle(self) -> None:
        """Wait for the result, if one is owed, and hand it out."""
        if self._owed:
            self._machine.wait(self._fetched)
            self._target.empty(self._owed)
            self._owed = []

    def settle_if_read_by(self, arrays: Sequence[npt.NDArray[Any]]) -> None:
        """Hand the result out first, if it is what is read next."""
        if any(np.may_share_memory(read, owed) for read in arrays for owed in self._owed):
            self.settle()

    def forget(self) -> None:
        """Owe nothing, wait for nothing: all queues have ended."""
        self._sent = self._computed = self._fetched = None
        self._owed = []


def arrays_in(planes: Sequence[Plane]) -> list[npt.NDArray[Any]]:
    """Return those planes that are arrays.

    Thread-safety: a pure function.
    """
    return [plane for plane in planes if isinstance(plane, np.ndarray)]
