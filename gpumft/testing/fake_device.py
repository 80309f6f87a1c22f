"""A device whose queues run late, to show that work is ordered; it can also fail on purpose.

Nothing that is enqueued runs until the host has to wait for it, and then no more of it than that
needs: whoever forgets to order two queues sees wrong bytes. It converts nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from gpumft.device.base import Device, DeviceInfo, Runner
from gpumft.device.cpu.memory import Block, HostMemory
from gpumft.device.memory import UNKNOWN, DeviceMemory, Queue
from gpumft.device.plane import DevicePlane
from gpumft.device.program import Program
from gpumft.errors import InvalidMediaType, OutOfMemory

OWN = 0
"""The device's own queue."""


class Event:
    """Comes when a queue gets to it."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.come = False

    def set(self) -> None:
        """The queue got here."""
        self.come = True


class FakeMemory(DeviceMemory):
    """Memory of a FakeDevice: host memory behind queues.

    Args:
        kind: what it pretends to be; "cuda" has `__cuda_array_interface__`.
        capacity: bytes that there are.

    Thread-safety: none but for allocating; drive the queues from one thread.
    """

    def __init__(self, kind: str = "cuda", capacity: int = 1 << 30) -> None:
        super().__init__(f"{kind}:0", kind)
        self.capacity = capacity
        self.held = 0
        self.log: list[str] = []
        """What was asked of it, in words."""
        self.failing: dict[str, Exception] = {}
        """Errors by the name of the method that raises them, until they are taken out."""
        self._host = HostMemory()
        self._queues: dict[Queue, deque[Callable[[], None] | Event]] = {OWN: deque()}
        self._sizes: dict[int, int] = {}

    # --- Queues ---

    def launch(self, work: Callable[[], None], queue: Queue = OWN) -> None:
        """Enqueue work, as a kernel of somebody."""
        self._queues.setdefault(queue, deque()).append(work)

    def run(self, queue: Queue = OWN) -> None:
        """Run a queue to its end, and of others only what it waits for."""
        waiting = self._queues.setdefault(queue, deque())
        while waiting:
            self._step(waiting)

    def pending(self, queue: Queue = OWN) -> int:
        """Return how much of a queue has not run."""
        return len(self._queues.get(queue, ()))

    def _step(self, waiting: deque[Callable[[], None] | Event]) -> None:
        step = waiting.popleft()
        if not isinstance(step, Event):
            step()
            return
        while not step.come:  # let the other queue get there
            self._step(self._queues[step.queue])

    # --- DeviceMemory ---

    @property
    def dlpack_device(self) -> tuple[int, int]:
        """Never the CPU, so that nobody takes it for host memory."""
        return (2, 0)

    def allocate(self, nbytes: int) -> Block:
        """Return a block. Raises OutOfMemory beyond `capacity`."""
        self._say("allocate")
        if self.held + nbytes > self.capacity:
            raise OutOfMemory(f"fake device: no {nbytes} bytes")
        block = self._host.allocate(nbytes)
        self.held += nbytes
        self._sizes[block.address] = nbytes
        return block

    def free(self, memory: Any) -> None:
        """Give a block back once its queue has come here."""
        self._say("free")
        self.held -= self._sizes.pop(memory.address)
        self.launch(lambda: self._host.free(memory))

    def upload(self, host: npt.NDArray[Any], plane: DevicePlane) -> None:
        """Enqueue a copy of what the host has now."""
        self._say("upload")
        staged, there = host.copy(), plane.owned(None)  # a queue keeps nothing alive
        self.launch(lambda: self._host.upload(staged, there))

    def download(self, plane: DevicePlane, host: npt.NDArray[Any]) -> None:
        """Run the queue and copy."""
        self._say("download")
        self.run()
        self._host.download(plane, host)

    def copy(self, source: DevicePlane, target: DevicePlane) -> None:
        """Enqueue a copy."""
        self._say("copy")
        here, there = source.owned(None), target.owned(None)
        self.launch(lambda: self._host.copy(here, there))

    def view(self, plane: DevicePlane) -> npt.NDArray[Any]:
        """Return an array that only enqueued work should touch."""
        return self._host.view(plane)

    def fence(self, queue: Queue = None) -> Event:
        """Return an event at the end of a queue."""
        self._say("fence")
        where = OWN if queue is None else queue
        event = Event(where)
        self.launch(event.set, where)
        return event

    def wait(self, fence: Any, queue: Queue = None) -> None:
        """Let a queue stop until an event has come."""
        self._say("wait")
        where = OWN if queue is None else queue
        self._queues.setdefault(where, deque()).append(fence)

    def synchronize(self) -> None:
        """Run everything."""
        self._say("synchronize")
        for queue in list(self._queues):
            self.run(queue)

    def room(self) -> tuple[int, int]:
        """Return (free, total) bytes."""
        return self.capacity - self.held, self.capacity

    def address(self, plane: DevicePlane) -> int:
        """Return where the bytes really are."""
        return self._host.address(plane)

    @property
    def cuda_stream(self) -> int:
        """A number that cannot be mistaken."""
        return 77

    def export(self, plane: DevicePlane, **options: Any) -> Any:
        """Return a capsule of host memory; only enqueued work should look into it."""
        return self._host.export(plane, **options)

    def adopt(self, tensor: Any, stream: Any) -> DevicePlane:
        """Return a plane over a tensor that pretends to be here."""
        self._say(f"adopt on {stream}")
        return self._host.adopt(tensor, None)

    def _say(self, word: str) -> None:
        self.check()
        if word in self.failing:
            raise self.failing[word]
        self.log.append(word)


class FakeDevice(Device):
    """A device that stores pictures and converts none.

    Thread-safety: as FakeMemory.
    """

    def __init__(self, kind: str = "cuda", capacity: int = 1 << 30) -> None:
        super().__init__(DeviceInfo(f"{kind}:0", "fake", kind, usable=True, identical=False))
        self._memory = FakeMemory(kind, capacity)

    @property
    def memory(self) -> FakeMemory:
        """Its memory, with the queues."""
        return self._memory

    def synchronize(self) -> None:
        """Run everything."""
        self._memory.synchronize()

    def close(self) -> None:
        """Let every later use raise."""
        super().close()
        self._memory.abandon(f"device {self.spec} is closed: open it again")

    def _build(self, program: Program) -> Runner:
        raise InvalidMediaType(f"a fake device converts nothing, {program.source} included")


__all__ = ["OWN", "UNKNOWN", "Event", "FakeDevice", "FakeMemory"]
