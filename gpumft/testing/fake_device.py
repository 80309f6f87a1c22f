"""A device whose queues run late, to show that work is ordered, and that fails on purpose.

Nothing that is enqueued runs until the host has to wait for it, and then no more of it than that
needs: whoever forgets to order two queues sees wrong bytes. Its kernels are the exact twin
(`gpumft.testing.twin`): slow, with the bytes of every other device.

What can go wrong with a device is injected by `FakeMemory.failing`, `capacity` and `lose`;
`gpumft.testing.fake_driver` lists such devices in the place of CUDA's or OpenCL's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.base import Device, DeviceInfo
from gpumft.device.built import Runner
from gpumft.device.cpu.memory import Block, HostMemory
from gpumft.device.memory import UNKNOWN, DeviceMemory, Queue
from gpumft.device.plane import DevicePlane
from gpumft.device.program import Program, Settings, adjusted
from gpumft.device.unit import build_error
from gpumft.errors import DeviceLost, InvalidRequest, KernelBuildError
from gpumft.testing import twin

OWN = 0
"""The device's own queue."""
WORDS = (
    "build", "allocate", "free", "upload", "launch", "download", "copy", "fence", "wait",
    "synchronize", "adopt",
)  # fmt: skip
"""What can fail on purpose."""


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

    def __init__(
        self, kind: str = "cuda", capacity: int = 1 << 30, spec: str | None = None
    ) -> None:
        super().__init__(spec or f"{kind}:0", kind)
        self.capacity = capacity
        self.held = 0
        self.log: list[str] = []
        """What was asked of it, in words."""
        self.failing: dict[str, Exception] = {}
        """Errors by the word of `WORDS` at which they are raised, until they are taken out. A
        DeviceLost is for good: every later call raises it, of whatever kind."""
        self._host = HostMemory()
        self._queues: dict[Queue, deque[Callable[[], None] | Event]] = {OWN: deque()}
        self._sizes: dict[int, int] = {}

    def lose(self, reason: str) -> None:
        """Fail for good, at once; what is enqueued never runs."""
        self.health.lose(f"{self.spec} is lost: {reason}; open the device again")
        self._queues = {OWN: deque()}

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
        self.say("allocate")
        if self.held + nbytes > self.capacity:
            raise self.shortage(nbytes)
        block = self._host.allocate(nbytes)
        self.held += nbytes
        self._sizes[block.address] = nbytes
        return block

    def free(self, memory: Any) -> None:
        """Give a block back once its queue has come here."""
        self.say("free")
        self.held -= self._sizes.pop(memory.address)
        self.launch(lambda: self._host.free(memory))

    def upload(self, host: npt.NDArray[Any], plane: DevicePlane) -> None:
        """Enqueue a copy of what the host has now."""
        self.say("upload")
        staged, there = host.copy(), plane.owned(None)  # a queue keeps nothing alive
        self.launch(lambda: self._host.upload(staged, there))

    def download(self, plane: DevicePlane, host: npt.NDArray[Any]) -> None:
        """Run the queue and copy."""
        self.say("download")
        self.run()
        self._host.download(plane, host)

    def copy(self, source: DevicePlane, target: DevicePlane) -> None:
        """Enqueue a copy."""
        self.say("copy")
        here, there = source.owned(None), target.owned(None)
        self.launch(lambda: self._host.copy(here, there))

    def view(self, plane: DevicePlane) -> npt.NDArray[Any]:
        """Return an array that only enqueued work should touch."""
        return self._host.view(plane)

    def queue_of(self, stream: Any) -> Queue:
        """Return the number of a queue."""
        return stream if isinstance(stream, int) else super().queue_of(stream)

    def fence(self, queue: Queue = None) -> Event:
        """Return an event at the end of a queue."""
        self.say("fence")
        where = OWN if queue is None else queue
        event = Event(where)
        self.launch(event.set, where)
        return event

    def wait(self, fence: Any, queue: Queue = None) -> None:
        """Let a queue stop until an event has come."""
        self.say("wait")
        where = OWN if queue is None else queue
        self._queues.setdefault(where, deque()).append(fence)

    def synchronize(self) -> None:
        """Run everything."""
        self.say("synchronize")
        for queue in list(self._queues):
            self.run(queue)

    def room(self) -> tuple[int, int]:
        """Return (free, total) bytes."""
        return self.capacity - self.held, self.capacity

    def address(self, plane: DevicePlane) -> int:
        """Return where the bytes really are."""
        return self._host.address(plane)

    def peek(self, plane: DevicePlane | npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the array that a kernel sees of a plane."""
        return plane if isinstance(plane, np.ndarray) else self._host.view(plane)

    @property
    def cuda_stream(self) -> int:
        """A number that cannot be mistaken."""
        return 77

    def export(self, plane: DevicePlane, **options: Any) -> Any:
        """Return a capsule of host memory; only enqueued work should look into it."""
        return self._host.export(plane, **options)

    def adopt(self, tensor: Any, stream: Any) -> DevicePlane:
        """Return a plane over a tensor that pretends to be here."""
        self.say("adopt", f" on {stream}")
        where = self.cuda_stream if stream is None else self.consumer_queue(stream)
        return self._host.adopt(_OnHost(tensor, where), None)

    def say(self, word: str, more: str = "") -> None:
        """Begin a call: raise what `failing` has for it, or write it down.

        Raises:
            DeviceLost, InvalidRequest: as `check`.
        """
        self.check()
        error = self.failing.get(word)
        if isinstance(error, DeviceLost):
            self.lose(str(error))
            self.check()
        if error is not None:
            raise error
        self.log.append(word + more)


class FakeRunner(Runner):
    """A program run by the exact twin, as one kernel on the device's own queue.

    Thread-safety: as FakeMemory.
    """

    takes = (np.ndarray, DevicePlane)
    launches = 1

    def __init__(self, program: Program, memory: FakeMemory) -> None:
        self.scratch = 0
        self._program: Program | None = program
        self._memory = memory

    def run(
        self,
        src_planes: Sequence[Any],
        dst_planes: Sequence[Any],
        settings: Settings | None = None,
    ) -> None:
        """Convert one picture; between arrays at once, else when the queue comes to it."""
        program, memory = self._program, self._memory
        if program is None:
            raise InvalidRequest("the device of this built program is closed: open it again")
        asked = program if settings is None else adjusted(program, settings)
        sources, targets = map(_unowned, src_planes), list(map(_unowned, dst_planes))
        staged = [plane.copy() if isinstance(plane, np.ndarray) else plane for plane in sources]
        if isinstance(staged[0], np.ndarray):
            memory.say("upload")
        memory.say("launch")

        def work() -> None:
            made = twin.run(asked, [memory.peek(plane) for plane in staged])
            for plane, picture in zip(targets, made, strict=True):
                memory.peek(plane)[...] = picture

        if isinstance(targets[0], np.ndarray):
            memory.say("download")
            memory.launch(work)
            memory.run()
        else:
            memory.launch(work)

    def close(self) -> None:
        """Forget the program."""
        self._program = None


def _unowned(plane: Any) -> Any:
    """Return a plane as a queue has it, which keeps nothing alive."""
    return plane.owned(None) if isinstance(plane, DevicePlane) else plane


class FakeDevice(Device):
    """A device that converts with the twin, when its queue comes to it.

    Args:
        kind: what it pretends to be.
        capacity: bytes of its memory.
        spec: what `open_device` would take; None: the first of its kind.

    Thread-safety: as FakeMemory.
    """

    def __init__(
        self, kind: str = "cuda", capacity: int = 1 << 30, spec: str | None = None
    ) -> None:
        where = spec or f"{kind}:0"
        super().__init__(DeviceInfo(where, "fake", kind, usable=True, identical=True))
        self._memory = FakeMemory(kind, capacity, where)

    @property
    def memory(self) -> FakeMemory:
        """Its memory, with the queues and what shall fail."""
        return self._memory

    def lose(self, reason: str = "it fell off the bus") -> None:
        """Fail for good, at once."""
        self._memory.lose(reason)

    def refuse_kernels(self, log: str = "kernels/read.h(3): no such type") -> KernelBuildError:
        """Let every build fail, as with a compiler that says `log`; return the error."""
        error = build_error(self.spec, log, '#line 1 "kernels/read.h"\nKERNEL void convert()\n')
        self._memory.failing["build"] = error
        return error

    def synchronize(self) -> None:
        """Run everything."""
        self._memory.synchronize()

    def close(self) -> None:
        """Let every later use raise."""
        super().close()
        self._memory.abandon(f"device {self.spec} is closed: open it again")

    def _build(self, program: Program) -> Runner:
        self._memory.say("build")
        return FakeRunner(program, self._memory)


class _OnHost:
    """A tensor that says where it is, as NumPy wants it, and asks its producer for a stream."""

    def __init__(self, tensor: Any, stream: Queue) -> None:
        self._tensor = tensor
        self._stream = -1 if stream == UNKNOWN else stream

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)

    def __dlpack__(self, **options: Any) -> Any:
        return self._tensor.__dlpack__(stream=self._stream)


__all__ = ["OWN", "UNKNOWN", "WORDS", "Event", "FakeDevice", "FakeMemory", "FakeRunner"]
