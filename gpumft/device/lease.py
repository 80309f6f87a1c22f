"""Who holds a slot: the one object whose end gives it back to its pool."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any, Final, NamedTuple

from gpumft.device.memory import Queue
from gpumft.device.plane import DevicePlane
from gpumft.errors import InvalidRequest

UNTOLD: Final = "untold"
"""In place of a fence: somebody else may use a slot, and nobody tells what he enqueues."""


class Slab:
    """One allocation that holds several slots."""

    __slots__ = ("block", "count", "doomed", "home", "nbytes")

    def __init__(self, block: object, nbytes: int, count: int) -> None:
        self.block = block
        self.nbytes = nbytes
        self.count = count
        self.home = 0
        """Slots that are not out."""
        self.doomed = False
        """To be freed as soon as every slot is home."""


class Slot:
    """Room for one picture."""

    __slots__ = ("done", "offset", "planes", "poisoned", "slab")

    def __init__(self, slab: Slab, offset: int, planes: tuple[DevicePlane, ...]) -> None:
        self.slab = slab
        self.offset = offset
        self.planes = planes
        self.poisoned = False
        self.done: Any = None
        """A fence after the last work on the slot; None: copies need not wait; or UNTOLD."""


class Ticket(NamedTuple):
    """A slot on its way home, and the queues whose work may still use it."""

    slot: Slot
    queues: list[Queue]


Returns = SimpleQueue[Ticket | None]
"""Where leases put their slots when they end; None only wakes a thread that waits."""


class Lease:
    """The right to use a slot. Surfaces and every array that looks into the slot share it.

    Its end may come in any thread, inside any lock, in a child process or while the interpreter
    ends: so it only puts the slot into a queue (`SimpleQueue.put` is made for that), takes no lock
    and touches no device.
    """

    __slots__ = ("__weakref__", "_returns", "queues", "slot")

    def __init__(self, returns: Returns) -> None:
        self._returns = returns
        self.slot: Slot | None = None
        self.queues: list[Queue] = []

    def untold(self) -> None:
        """Remember that the slot is in somebody's hands: copies wait for all the own queue has."""
        if self.slot is not None:
            self.slot.done = UNTOLD

    def used_by(self, queue: Queue) -> None:
        """Remember a queue to wait for before the slot is used again."""
        self.untold()
        if queue not in self.queues:
            self.queues.append(queue)

    def __del__(self) -> None:
        if self.slot is not None:
            self._returns.put(Ticket(self.slot, self.queues))


class Hold:
    """What a surface and its planes share: the lease, until the surface is released.

    Thread-safety: safe.
    """

    __slots__ = ("_owner",)

    def __init__(self, owner: object) -> None:
        self._owner: object = owner

    @property
    def released(self) -> bool:
        """Whether the surface was released."""
        return self._owner is None

    def owner(self) -> object:
        """Return what arrays must keep alive: a Lease, or whoever owns memory that is not ours.

        Raises:
            InvalidRequest: the surface was released.
        """
        owner = self._owner
        if owner is None:
            raise InvalidRequest("surface was released: acquire another, or release it later")
        return owner

    def release(self) -> None:
        """Let go; arrays and capsules that were handed out keep the lease."""
        self._owner = None
