"""SlotStore: slots carved from slabs, lent one by one; what is behind a Pool."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from gpumft.device.lease import UNTOLD, Lease, Returns, Slab, Slot, Ticket
from gpumft.device.memory import UNKNOWN, DeviceMemory
from gpumft.device.plane import Layout
from gpumft.device.poison import check_poison, poison
from gpumft.errors import InvalidRequest, MFError, OutOfMemory, SampleAllocatorEmpty

_MOST_AT_ONCE = 8
"""Slots of a slab that grows a pool; the pool doubles until then."""


@dataclass(frozen=True, slots=True)
class PoolStatistics:
    """What a pool holds and has done.

    Thread-safety: immutable.
    """

    slots: int
    """Pictures that there is memory for, those about to be freed among them."""
    free: int
    """Of these, the ones that can be acquired at once."""
    live: int
    """Of these, the ones that are lent, or still looked into through an export."""
    slabs: int
    """Allocations."""
    allocated: int
    """Their bytes."""
    most_live: int
    """The most that were ever lent at once."""
    acquired: int
    """Surfaces ever lent."""
    waited: int
    """How often somebody had to wait for one."""
    fences: int
    """How often work of another queue had to be waited for before a slot was used again."""


class SlotStore:
    """Slots of one size. Knows neither surfaces nor pools, so that it may outlive its pool.

    Thread-safety: all methods may be called from any thread. Leases may end anywhere.
    """

    def __init__(
        self,
        memory: DeviceMemory,
        layout: Layout,
        name: str,
        *,
        maximum: int | None,
        poisoned: bool,
    ) -> None:
        self._memory = memory
        self._layout = layout
        self._name = name
        self._maximum = maximum
        self._poisoned = poisoned
        self._step = -(-layout.nbytes // memory.alignment) * memory.alignment
        self._returns: Returns = SimpleQueue()
        self._coming: deque[Ticket] = deque()
        self._free: list[Slot] = []
        self._retired: list[Slot] = []
        """Slots that are home in slabs whose other slots are not."""
        self._slabs: list[Slab] = []
        self._closed = False
        self._most_live = self._acquired = self._waited = self._fences = 0
        self._reset()
        _stores.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._waiting = 0

    def take(self, timeout: float | None) -> Lease:
        """Return the right to use a slot.

        Raises:
            SampleAllocatorEmpty: none came home in time.
            OutOfMemory: the pool cannot grow.
            InvalidRequest: the pool is closed.
        """
        end = None if timeout is None else time.monotonic() + timeout
        lease = Lease(self._returns)
        while True:
            with self._lock:
                if self._lend(lease):
                    return lease
                self._waiting += 1
            self._wait(end)

    def fill(self, count: int) -> None:
        """Make sure that `count` slots are free, as far as the maximum lets."""
        with self._lock:
            self._settle()
            while len(self._free) < count and self._revive():
                pass
            missing = count - len(self._free)
            if self._maximum is not None:
                missing = min(missing, self._maximum - self._slots())
            if missing > 0:
                self._grow(missing)

    def trim(self) -> None:
        """Free slabs that are home; the others as soon as they are."""
        with self._lock:
            self._settle()
            self._retired += self._free
            self._free = []
            for slab in list(self._slabs):
                slab.doomed = True
                self._free_if_home(slab)

    def close(self) -> None:
        """Lend no more, and trim; slots that come home later are freed by `settle_estate`."""
        self._closed = True
        self.trim()

    def settle_estate(self) -> bool:
        """Free what has come home since the pool ended; return True when nothing is left."""
        try:
            self.close()
        except MFError:
            return False  # once more later; of a device that is gone nothing is asked then
        return not self._slabs

    def statistics(self) -> PoolStatistics:
        """Return the counts of this moment."""
        with self._lock:
            self._settle()
            slots = self._slots()
            free = len(self._free)
            return PoolStatistics(
                slots=slots,
                free=free,
                live=self._live(),
                slabs=len(self._slabs),
                allocated=sum(slab.nbytes for slab in self._slabs),
                most_live=self._most_live,
                acquired=self._acquired,
                waited=self._waited,
                fences=self._fences,
            )

    # --- Below: called with the lock held, `_wait` apart ---

    def _lend(self, lease: Lease) -> bool:
        if self._closed:
            raise InvalidRequest(f"pool of {self._name} is closed: make another")
        self._memory.check()
        self._settle()
        if not self._free and not self._revive():
            slots = self._slots()
            most = None if self._maximum is None else self._maximum - slots
            if most is not None and most <= 0:
                return False
            self._grow(min(max(1, slots), _MOST_AT_ONCE, most or _MOST_AT_ONCE))
        if self._poisoned:
            check_poison(self._memory, self._free[-1], self._layout, self._name)
        lease.slot = slot = self._free.pop()
        slot.slab.home -= 1
        self._acquired += 1
        self._most_live = max(self._most_live, self._live())
        return True

    def _wait(self, end: float | None) -> None:
        """Wait for a slot to come home. Called without the lock; `_waiting` counts the caller."""
        left = None if end is None else end - time.monotonic()
        ticket: Ticket | None = None
        waited = left is None or left > 0
        try:
            if not waited:
                raise SampleAllocatorEmpty(
                    f"all {self._maximum} pictures of {self._name} are in use; release one first, "
                    f"or raise maximum"
                )
            ticket = self._returns.get(timeout=left)
        except Empty:
            pass  # the caller looks once more and then comes here with no time left
        finally:
            with self._lock:
                self._waiting -= 1
                self._waited += waited
                if ticket is not None:
                    self._coming.append(ticket)

    def _settle(self) -> None:
        """Take home what has come back, in order, after the work of other queues on it."""
        while True:
            try:
                ticket = self._returns.get_nowait()
            except Empty:
                break
            if ticket is not None:
                self._coming.append(ticket)
        try:
            while self._coming:  # a ticket stays until it is dealt with: the device may fail
                self._take_home(*self._coming[0])
                self._coming.popleft()
        finally:
            self._wake()

    def _take_home(self, slot: Slot, queues: list[object]) -> None:
        if self._memory.usable:  # else there is nothing to order, and nobody will be lent it
            if queues:
                self._order(queues)
            if self._poisoned:
                poison(self._memory, slot, self._layout)
            if queues or self._poisoned or slot.done is UNTOLD:
                slot.done = self._memory.now()
        slab = slot.slab
        slab.home += 1
        (self._retired if slab.doomed else self._free).append(slot)
        self._free_if_home(slab)

    def _wake(self) -> None:
        """Let those who wait look again, wherever what they wait for has gone."""
        if self._waiting:
            room = 0 if self._maximum is None else self._maximum - self._slots()
            found = len(self._free) + len(self._retired) + room
            for _ in range(self._waiting if self._closed else min(found, self._waiting)):
                self._returns.put(None)

    def _order(self, queues: list[object]) -> None:
        """Let the device's own queue wait for what others were given."""
        self._fences += 1
        try:
            if UNKNOWN not in queues:
                for queue in queues:
                    self._memory.wait(self._memory.fence(queue))
                return
        except MFError:
            pass  # such as a stream that is gone by now; what it was given may still run
        self._memory.synchronize()

    def _revive(self) -> bool:
        """Use a slab again that was only waiting to be freed."""
        if not self._retired:
            return False
        slab = self._retired[-1].slab
        slab.doomed = False
        self._free += [slot for slot in self._retired if slot.slab is slab]
        self._retired = [slot for slot in self._retired if slot.slab is not slab]
        return True

    def _grow(self, count: int) -> None:
        self._memory.ledger.reap()
        nbytes = count * self._step
        try:
            block = self._memory.allocate(nbytes)
        except OutOfMemory as error:
            if count > 1:
                return self._grow(1)
            shortage = self._memory.shortage(nbytes, f"a picture of {self._name}")
            raise OutOfMemory(
                f"{shortage}, this one {self._slots()} pictures, {self._live()} in use: "
                f"release some, trim() pools, or give a maximum"
            ) from error
        slab = Slab(block, nbytes, count)
        offsets = [index * self._step for index in reversed(range(count))]
        slots = [Slot(slab, offset, self._layout.planes(block, offset)) for offset in offsets]
        try:
            for slot in slots if self._poisoned else ():
                poison(self._memory, slot, self._layout)
            done = self._memory.now()  # what had the block before may still be at work
        except MFError:
            if self._memory.usable:
                self._memory.free(block)
            raise
        for slot in slots:
            slot.done = done
        slab.home = count
        self._memory.ledger.allocated(nbytes)
        self._slabs.append(slab)
        self._free += slots
        return None

    def _free_if_home(self, slab: Slab) -> None:
        if slab.doomed and slab.home == slab.count:
            if self._memory.usable:
                self._memory.free(slab.block)
            self._memory.ledger.freed(slab.nbytes)
            self._slabs.remove(slab)
            self._retired = [slot for slot in self._retired if slot.slab is not slab]

    def _slots(self) -> int:
        return sum(slab.count for slab in self._slabs)

    def _live(self) -> int:
        out = sum(slab.count - slab.home for slab in self._slabs)
        return out - len(self._coming)


_stores: weakref.WeakSet[SlotStore] = weakref.WeakSet()


def _after_fork() -> None:
    for store in _stores:
        store._reset()  # noqa: SLF001 - locks may be held by threads that are not here


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
