"""The pool of threads: all work done once, quiet when it returns, through forks and interrupts."""

from __future__ import annotations

import gc
import signal
import threading
import time

import pytest

from gpumft.device.cpu.threads import Threads
from tests.device.engine_help import in_child


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_item_is_done_once(count: int) -> None:
    pool, seen, lock = Threads(count), [], threading.Lock()

    def work(item: int, slot: int) -> None:
        with lock:
            seen.append((item, slot))

    for items in (0, 1, 3, 100):
        seen.clear()
        pool.run(work, items)
        assert sorted(item for item, _ in seen) == list(range(items))
        assert {slot for _, slot in seen} <= set(range(count))
    pool.close()


def test_a_slot_is_never_used_twice_at_a_time() -> None:
    pool, busy, clashes = Threads(4), [False] * 4, []

    def work(_item: int, slot: int) -> None:
        if busy[slot]:
            clashes.append(slot)
        busy[slot] = True
        time.sleep(0.001)
        busy[slot] = False

    pool.run(work, 40)
    assert not clashes
    pool.close()


def test_at_most_so_many_threads() -> None:
    pool, slots = Threads(5), set()

    def work(_item: int, slot: int) -> None:
        slots.add(slot)
        time.sleep(0.002)

    pool.run(work, 20, most=2)
    assert slots <= {0, 1}
    pool.close()


def test_one_thread_is_the_callers_own() -> None:
    before = threading.active_count()
    names: set[str] = set()
    Threads(1).run(lambda _item, _slot: names.add(threading.current_thread().name), 10)
    assert names == {threading.current_thread().name}
    assert threading.active_count() == before


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_is_raised_when_all_is_quiet(error: type[BaseException]) -> None:
    pool, running, done = Threads(4), [], []
    started = threading.Event()

    def work(item: int, _slot: int) -> None:
        running.append(item)
        if len(running) > 1:
            started.set()
        if item == 0:
            started.wait(10)
            raise error("item 0")
        time.sleep(0.05)
        done.append(item)

    with pytest.raises(error, match="item 0"):
        pool.run(work, 1000)
    assert sorted(done) == sorted(item for item in running if item)
    assert len(running) < 1000
    pool.run(lambda _item, _slot: None, 8)
    pool.close()


def test_ctrl_c_waits_for_running_work() -> None:
    """The signal arrives while the caller waits for a worker."""
    pool, done = Threads(2), []
    main = threading.main_thread()
    begun = threading.Barrier(2)

    def work(_item: int, _slot: int) -> None:
        begun.wait(10)  # both threads have an item each
        if threading.current_thread() is main:
            return
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.1)
        done.append(True)

    with pytest.raises(KeyboardInterrupt):
        pool.run(work, 2)
    assert done
    pool.close()


def test_two_callers_share_the_workers() -> None:
    pool, totals = Threads(3), [0, 0]

    def caller(which: int) -> None:
        def work(_item: int, _slot: int) -> None:
            with lock:
                totals[which] += 1

        for _ in range(50):
            pool.run(work, 7)

    lock = threading.Lock()
    callers = [threading.Thread(target=caller, args=(i,)) for i in range(2)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(30)
    assert totals == [350, 350]
    pool.close()


def test_a_closed_pool_lets_its_threads_end_and_can_start_again() -> None:
    others = set(threading.enumerate())  # other tests' devices may be open
    pool = Threads(3)
    pool.run(lambda _item, _slot: None, 9)
    mine = [t for t in threading.enumerate() if t not in others]
    assert mine
    pool.close()
    pool.close()
    for thread in mine:
        thread.join(10)
        assert not thread.is_alive()
    seen: list[int] = []
    pool.run(lambda item, _slot: seen.append(item), 9)
    assert sorted(seen) == list(range(9))
    pool.close()


def test_a_forgotten_pool_lets_its_threads_end() -> None:
    pool = Threads(3)
    before = set(threading.enumerate())
    pool.run(lambda _item, _slot: None, 9)
    mine = set(threading.enumerate()) - before
    assert len(mine) == 2
    del pool
    gc.collect()
    for thread in mine:
        thread.join(10)
        assert not thread.is_alive()


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
