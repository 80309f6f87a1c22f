"""Memory of a device that copies on queues of their own, beside what it computes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.gpu.docks import Dock, Docks, room_for
from gpumft.device.health import Health
from gpumft.device.lease import UNTOLD, Lease, Slot
from gpumft.device.memory import DeviceMemory
from gpumft.device.plane import DevicePlane
from gpumft.errors import MFError

Rows = npt.NDArray[Any]
_SENDING = 3
"""Pictures on their way to the device: the next is filled while others wait for their slots."""
_FETCHING = 2
"""Pictures on their way back; each of them has a thread that waits."""


class GpuMemory(DeviceMemory):
    """Memory with a queue for computing, the device's own, and one for each way of copying.

    A picture on its way passes through pinned memory. Its copy begins when the last work on its
    slot has ended, whatever the device computes for others; the device's own queue goes on with
    what is enqueued later when the copy has ended. Where nobody tells what is done with a slot,
    copies wait for all that the own queue has by then.

    Thread-safety: all methods may be called from any thread.
    """

    def __init__(self, spec: str, kind: str, health: Health | None) -> None:
        super().__init__(spec, kind, health)
        self._going = Docks(_SENDING, self._pinned, self._wait_for)
        self._coming = Docks(_FETCHING, self._pinned, self._wait_for)

    # --- What each library does its own way ---

    @abstractmethod
    def _pinned(self, nbytes: int) -> npt.NDArray[np.uint8]:
        """Return memory of the host from which copies are fast; waits for no computing."""

    @abstractmethod
    def _wait_for(self, busy: Any) -> None:
        """Block until the copies of a dock have ended."""

    @abstractmethod
    def _upload_rows(
        self, rows: Sequence[Rows], planes: Sequence[DevicePlane], after: Sequence[Any]
    ) -> tuple[Any, Any]:
        """Start copies of rows as they lie in memory, after fences; the own queue waits for them.

        Returns:
            What `_wait_for` takes, and a fence for other queues.
        """

    @abstractmethod
    def _download_rows(
        self, rows: Sequence[Rows], planes: Sequence[DevicePlane], after: Sequence[Any]
    ) -> Any:
        """Start copies into rows as they lie in memory, after fences; return for `_wait_for`."""

    @abstractmethod
    def _finish_copies(self) -> None:
        """Block until both ways of copying have ended."""

    # --- The same for all ---

    def send(self, hosts: Sequence[Rows], planes: Sequence[DevicePlane]) -> None:
        """Start a copy of a picture; waits at most for a picture that was sent before."""
        self.check()
        with self._going.take(room_for(planes)) as dock:
            rows = dock.rows(planes)
            for row, host, plane in zip(rows, hosts, planes, strict=True):
                np.copyto(row, host if plane.pitch > 0 else host[::-1])
            try:
                dock.busy, done = self._upload_rows(rows, planes, self._last_work(planes))
            except BaseException:
                self._give_up(dock, planes)
                raise
        for slot in _slots(planes):
            if slot.done is not UNTOLD:
                slot.done = done

    def fetch(self, planes: Sequence[DevicePlane], hosts: Sequence[Rows]) -> None:
        """Copy a picture to the host; waits for the work on it, and for no other."""
        self.check()
        with self._coming.take(room_for(planes)) as dock:
            rows = dock.rows(planes)
            try:
                dock.busy = self._download_rows(rows, planes, self._last_work(planes))
                self._wait_for(dock.busy)
            except BaseException:
                self._give_up(dock, planes)
                raise
            dock.busy = None
            for row, host, plane in zip(rows, hosts, planes, strict=True):
                np.copyto(host, row if plane.pitch > 0 else row[::-1])

    def make_room(self, planes: Sequence[DevicePlane]) -> None:
        """Make the pinned memory through which such pictures pass, unless it is there."""
        self.check()
        for docks in (self._going, self._coming):
            docks.make_room(room_for(planes))

    def upload(self, host: Rows, plane: DevicePlane) -> None:
        """Start a copy of a plane, as `send`."""
        self.send([host], [plane])

    def download(self, plane: DevicePlane, host: Rows) -> None:
        """Copy a plane, as `fetch`."""
        self.fetch([plane], [host])

    def used(self, planes: Iterable[DevicePlane]) -> None:
        """Remember a fence for the slots that planes lie in."""
        slots = [slot for slot in _slots(planes) if slot.done is not UNTOLD]
        if slots:
            done: Any = UNTOLD
            with suppress(MFError):  # a device that gives no fence has told why, or will
                done = self.fence()
            for slot in slots:
                slot.done = done

    def now(self) -> Any:
        """Return a fence of the own queue."""
        return self.fence()

    def abandon(self, reason: str) -> None:
        """Give the pinned memory back too."""
        with suppress(MFError):  # a device that is lost meanwhile ends nothing
            for docks in (self._going, self._coming) if self.usable else ():
                docks.empty()
        super().abandon(reason)

    def _last_work(self, planes: Iterable[DevicePlane]) -> list[Any]:
        """Return fences after which nothing uses the planes any more."""
        found: list[Any] = []
        for plane in planes:
            slot = plane.owner.slot if isinstance(plane.owner, Lease) else None
            done = UNTOLD if slot is None else slot.done
            if done is UNTOLD:
                return [self.fence()]
            if done is not None and done not in found:
                found.append(done)
        return found

    def _give_up(self, dock: Dock, planes: Iterable[DevicePlane]) -> None:
        """After an error: nothing may be under way in the dock, and nothing is known of planes."""
        for slot in _slots(planes):
            slot.done = UNTOLD
        with suppress(MFError):  # the first error is the one to tell
            self._finish_copies()
        dock.busy = None


def _slots(planes: Iterable[DevicePlane]) -> Iterator[Slot]:
    """Return the slots that planes of pools lie in, each once as long as they follow each other."""
    last = None
    for plane in planes:
        owner = plane.owner
        if isinstance(owner, Lease) and owner is not last and owner.slot is not None:
            yield owner.slot
        last = owner
