"""Pools and surfaces in child processes, and while the interpreter ends."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
BEGIN = """
import os, sys, threading
import numpy as np
from gpumft.device import Pool, Surface
from gpumft.device.cpu.memory import HOST
from gpumft.errors import InvalidRequest
from gpumft.media import VideoType
from gpumft.testing.fake_device import FakeDevice

TYPE = VideoType("nv12", (34, 6))

def child(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as error:
            print("child:", type(error).__name__, error)
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BEGIN + textwrap.dedent(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def test_a_child_is_told_that_the_device_is_its_parents() -> None:
    run("""
    pool = Pool(TYPE, FakeDevice())
    surface = pool.acquire()
    plane = surface.planes[0]
    words = f"opened in process {os.getpid()}"

    def work():
        for use in (pool.acquire, surface.to_numpy, lambda: plane.array, plane.__dlpack__,
                    lambda: surface.use_on(1), lambda: plane.__cuda_array_interface__):
            try:
                use()
            except InvalidRequest as error:
                assert words in str(error) and "spawn" in str(error), error
            else:
                raise AssertionError(use)
        surface.release()  # giving back is no use
        pool.trim()
        pool.close()

    child(work)
    assert surface.to_numpy() and pool.live_count == 1
    """)


def test_a_child_uses_host_memory_and_its_pools() -> None:
    run("""
    pool = Pool(TYPE, HOST, maximum=2)
    held = pool.acquire()
    held.upload([np.full(s, 5, np.uint8) for s in TYPE.plane_shapes])

    def work():
        assert (held.to_numpy()[0] == 5).all()
        with pool.acquire(0) as other:
            other.upload([np.full(s, 6, np.uint8) for s in TYPE.plane_shapes])
        held.release()
        assert pool.live_count == 0 and pool.free_count == 2

    child(work)
    assert (held.to_numpy()[0] == 5).all() and pool.live_count == 1
    """)


def test_a_fork_while_a_lock_is_held_does_not_stop_the_child() -> None:
    run("""
    pool = Pool(TYPE, HOST)
    with pool._store._lock, HOST.ledger._lock:
        child(lambda: (pool.acquire(), pool.statistics(), HOST.ledger.use()))
    """)


def test_whatever_is_alive_when_the_interpreter_ends_goes_in_silence() -> None:
    run("""
    device = FakeDevice()
    pools = [Pool(TYPE, memory, poison=True) for memory in (HOST, device)]
    surfaces = [pool.acquire() for pool in pools]
    kept = [np.asarray(surfaces[0].planes[0]), surfaces[0].planes[1].__dlpack__()]
    threading.current_thread().kept = kept  # some go late
    sys.modules["kept"] = (surfaces, kept)
    cycle = [pools[1].acquire()]
    cycle.append(cycle)
    """)


def test_use_while_the_interpreter_ends_is_an_error_not_a_crash() -> None:
    out = run("""
    class Last:
        def __init__(self, *surfaces):
            self.surfaces, self.say = surfaces, print
            self.error = InvalidRequest

        def __del__(self):
            for surface in self.surfaces:
                try:
                    self.say(surface.to_numpy()[0].shape)
                except self.error as error:
                    self.say(error)

    sys.modules["last"] = Last(Pool(TYPE, HOST).acquire(), Pool(TYPE, FakeDevice()).acquire())
    """)
    assert out.splitlines() == ["(6, 34)", "cuda:0 cannot be used while the interpreter ends"]


def test_a_thread_that_waits_does_not_keep_the_interpreter() -> None:
    run("""
    pool = Pool(TYPE, HOST, maximum=1)
    held = pool.acquire()
    threading.Thread(target=pool.acquire, daemon=True).start()
    while not pool._store._waiting:
        pass
    """)
