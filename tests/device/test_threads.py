"""Threads that help: asked, late, closed and forgotten, and through forks."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import pytest

from gpumft.device.cpu.threads import Threads
from tests.device.engine_help import in_child


class Calls:
    """Work that notes the slots it was called with."""

    def __init__(self, expected: int) -> None:
        self.slots: list[int] = []
        self._all = threading.Semaphore(0)
        self._expected = expected

    def __call__(self, slot: int) -> None:
        self.slots.append(slot)
        self._all.release()

    def wait(self) -> list[int]:
        """Return the slots, sorted, when there are as many as expected."""
        for _ in range(self._expected):
            assert self._all.acquire(timeout=30)
        return sorted(self.slots)


@pytest.mark.parametrize("helpers", [1, 2, 4])
def test_helpers_are_called_with_slots_of_their_own(helpers: int) -> None:
    threads, calls = Threads(5), Calls(helpers)
    threads.ask(calls, helpers)
    assert calls.wait() == list(range(1, helpers + 1))
    threads.close()


def test_helpers_are_other_threads_and_asking_does_not_wait() -> None:
    threads, gate = Threads(2), threading.Event()
    names: list[str] = []
    calls = Calls(1)

    def work(slot: int) -> None:
        gate.wait(30)
        names.append(threading.current_thread().name)
        calls(slot)

    threads.ask(work, 1)
    assert not names
    gate.set()
    calls.wait()
    assert names == ["gpumft-cpu-1"]
    threads.close()


def test_threads_start_when_they_are_first_asked() -> None:
    others = set(threading.enumerate())
    threads = Threads(3)
    assert set(threading.enumerate()) == others
    threads.ask(Calls(0), 0)
    assert len(set(threading.enumerate()) - others) == 2
    threads.close()


def test_two_callers_share_the_helpers() -> None:
    threads, calls = Threads(3), [Calls(100), Calls(100)]

    def caller(which: int) -> None:
        for _ in range(50):
            threads.ask(calls[which], 2)

    callers = [threading.Thread(target=caller, args=(i,)) for i in range(2)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(30)
    assert [call.wait() for call in calls] == [[1] * 50 + [2] * 50] * 2
    threads.close()


def started(threads: Threads) -> list[threading.Thread]:
    """Start the helpers and return them."""
    others = set(threading.enumerate())
    calls = Calls(2)
    threads.ask(calls, 2)
    calls.wait()
    mine = [thread for thread in threading.enumerate() if thread not in others]
    assert len(mine) == 2
    return mine


def ended(mine: list[threading.Thread]) -> bool:
    """Return whether threads end."""
    for thread in mine:
        thread.join(10)
    return not any(thread.is_alive() for thread in mine)


def test_closed_threads_end_and_others_can_start() -> None:
    threads = Threads(3)
    mine = started(threads)
    threads.close()
    threads.close()
    assert ended(mine)
    again = started(threads)
    threads.close()
    assert ended(again)


def test_forgotten_threads_end() -> None:
    threads = Threads(3)
    mine = started(threads)
    del threads
    gc.collect()
    assert ended(mine)


def test_helpers_keep_nothing_of_what_they_did() -> None:
    threads = Threads(2)
    gone = threading.Event()

    class Held:
        def __del__(self) -> None:
            gone.set()

    def working(held: Held) -> Callable[[int], object]:
        return lambda _slot: held

    threads.ask(working(Held()), 1)
    assert gone.wait(30)
    threads.close()


FORKS = """
import os
from gpumft.device import open_device
from tests.contract.program_parts import noise, ringing
from tests.device.engine_help import run, through_matrix
device = open_device("cpu", threads=3)
program = through_matrix("nv12", (640, 400), "rgb24", (640, 400), ringing)
planes = noise(program.source, program.source_size)
before = run(device, program, planes)[0].tobytes()
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of threads at a fork
child = os.fork()
after = run(device, program, planes)[0].tobytes()
assert after == before
if child == 0:
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_starts_threads_of_its_own() -> None:
    assert in_child({}, FORKS) == "7"


EXIT = """
import threading
from gpumft.device import open_device
from tests.contract.program_parts import noise, ringing
from tests.device.engine_help import run, straight
device = open_device("cpu", threads=3)
program = straight("gray", (900, 400), "gray", (900, 400), ringing)
run(device, program, noise(program.source, program.source_size))
print(threading.active_count())
"""


def test_the_interpreter_ends_with_idle_threads() -> None:
    assert in_child({}, EXIT) == "3"
