"""Upload, compute and download of pictures that follow each other do not wait for one another.

Intel's runtime runs one command after another, however many queues there are, so times alone would
show little. Here a gate (a user event) stops one of the three queues, and the others get ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import pytest

from gpumft.device.opencl import OpenCLDevice, OpenCLMachine
from gpumft.errors import Fail
from gpumft.testing import twin
from tests.contract import backends
from tests.contract.conversions import same_bytes
from tests.contract.program_parts import noise
from tests.contract.programs import case
from tests.contract.test_golden import dirty

PROGRAM = case("nv12_to_rgb24").program
COUNT = 3
"""As many as are under way at once."""
PATIENCE = 60.0
"""Seconds until a test that hangs says so."""


class Watched:
    """pyopencl, of which the commands of each kind are kept as they are enqueued."""

    def __init__(self, machine: OpenCLMachine) -> None:
        self._cl = machine.cl
        self._names = {id(machine._sending): "send", id(machine._fetching): "fetch"}
        self.events: dict[str, list[Any]] = {"send": [], "compute": [], "fetch": []}
        self.ended: dict[str, SimpleQueue[int]] = {name: SimpleQueue() for name in self.events}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cl, name)

    def _keep(self, kind: str, event: Any) -> Any:
        self.events[kind].append(event)
        ended = self._cl.command_execution_status.COMPLETE
        event.set_callback(ended, self.ended[kind].put)
        return event

    def enqueue_copy(self, queue: Any, *given: Any, **options: Any) -> Any:
        event = self._cl.enqueue_copy(queue, *given, **options)
        return self._keep(self._names[id(queue)], event)

    def enqueue_nd_range_kernel(self, *given: Any) -> Any:
        return self._keep("compute", self._cl.enqueue_nd_range_kernel(*given))

    def finished(self, kind: str, count: int) -> None:
        """Wait until `count` commands of a kind have ended."""
        for _ in range(count):
            self.ended[kind].get(timeout=PATIENCE)

    def begun(self, kind: str) -> int:
        """How many commands of a kind have begun."""
        status = self._cl.command_execution_status
        waiting = (status.QUEUED, status.SUBMITTED)
        return sum(e.command_execution_status not in waiting for e in self.events[kind])


class Line:
    """A device of our own with times of events, and a batch of pictures on it."""

    def __init__(self, device: OpenCLDevice) -> None:
        self.machine = OpenCLMachine("opencl:again", device.machine.queue.device, profiling=True)
        self.device = OpenCLDevice(self.machine, device.info)
        self.built = self.device.build(PROGRAM)
        self.pictures = [noise(PROGRAM.source, PROGRAM.source_size, k) for k in range(2 * COUNT)]
        self.made = [dirty(PROGRAM) for _ in self.pictures]
        self.convert(2 * COUNT)  # whatever is made once is there now
        self.seen = Watched(self.machine)
        self.machine.cl = self.seen

    def convert(self, count: int) -> None:
        self.built.batch(list(zip(self.pictures, self.made, strict=True))[:count])

    def gate(self, queue: Any) -> Any:
        event = self.machine.cl.UserEvent(self.machine.context)
        self.machine.cl.enqueue_barrier(queue, wait_for=[event])
        return event

    def open(self, gate: Any) -> None:
        gate.set_status(self.machine.cl.command_execution_status.COMPLETE)

    def check(self, count: int) -> None:
        for planes, made in list(zip(self.pictures, self.made, strict=True))[:count]:
            same_bytes(made, list(twin.run(PROGRAM, planes)))


@pytest.fixture(params=backends.params("opencl"))
def line(request: pytest.FixtureRequest) -> Line:
    device = backends.device(request.param)
    assert isinstance(device, OpenCLDevice)
    return Line(device)


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


def started(worker: ThreadPoolExecutor, line: Line, count: int = COUNT) -> Future[None]:
    return worker.submit(line.convert, count)


def test_uploads_do_not_wait_for_computing(line: Line, worker: ThreadPoolExecutor) -> None:
    gate = line.gate(line.machine.queue)
    try:
        done = started(worker, line)
        line.seen.finished("send", COUNT)  # while not even the first picture is computed
        assert line.seen.begun("compute") == 0
    finally:
        line.open(gate)
    done.result(PATIENCE)
    line.check(COUNT)


def test_computing_does_not_wait_for_downloads(line: Line, worker: ThreadPoolExecutor) -> None:
    gate = line.gate(line.machine._fetching)
    try:
        done = started(worker, line)
        line.seen.finished("compute", COUNT)  # while not even the first picture is on its way back
        assert line.seen.begun("fetch") == 0
    finally:
        line.open(gate)
    done.result(PATIENCE)
    line.check(COUNT)


def test_downloads_do_not_wait_for_the_next_picture(
    line: Line, worker: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    gates: list[Any] = []
    really = line.machine.mark

    def mark() -> Any:
        """Stop the queue of kernels behind the first picture."""
        fence = really()
        if not gates:
            gates.append(line.gate(line.machine.queue))
        return fence

    monkeypatch.setattr(line.machine, "mark", mark)
    done = started(worker, line)
    try:
        line.seen.finished("fetch", 1)
        assert line.seen.begun("compute") == 1
    finally:
        line.open(gates[0])
    done.result(PATIENCE)
    line.check(COUNT)


def test_each_picture_keeps_its_order(line: Line) -> None:
    """By the device's own times: in, then computed, then out; memory is used again after that."""
    line.convert(2 * COUNT)
    line.check(2 * COUNT)
    times = {
        kind: [(event.profile.start, event.profile.end) for event in events]
        for kind, events in line.seen.events.items()
    }
    assert {kind: len(found) for kind, found in times.items()} == dict.fromkeys(times, 2 * COUNT)
    for sent, computed, fetched in zip(*(times[k] for k in times), strict=True):
        assert sent[1] <= computed[0] <= computed[1] <= fetched[0] <= fetched[1]
    for number in range(COUNT):
        assert times["compute"][number][1] <= times["send"][number + COUNT][0]
        assert times["fetch"][number][1] <= times["compute"][number + COUNT][0]


def test_a_failed_upload_is_told_and_forgotten(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(line.machine, "hold", _fails)
        with pytest.raises(Fail, match="no such event"):
            line.convert(COUNT)
    line.convert(COUNT)
    line.check(COUNT)


def _fails(_: Any) -> None:
    raise Fail("no such event")
