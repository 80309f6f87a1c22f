"""Bands that machine code hands out: each done once, quiet at the end, whatever interrupts."""

from __future__ import annotations

import ctypes
import gc
import signal
import threading
import time
import weakref
from array import array
from collections import OrderedDict
from collections.abc import Callable
from typing import cast

import numpy as np
import pytest

from gpumft.device.cpu import bands, compiler
from gpumft.device.cpu.bands import Bands
from gpumft.device.cpu.threads import Threads

_KERNEL = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 5)
VIEWS = array("q", [77, 78])


class Picture:
    """Bands of two slices each, with one step: Python's function step(slice, slot, view)."""

    def __init__(self, step: Callable[[int, int, int], None], count: int, slots: int) -> None:
        def kernel(_args: int, scratch: int, planes: int, y: int, _count: int) -> None:
            step(y, scratch, ctypes.c_int64.from_address(planes).value)

        self._kernel = _KERNEL(kernel)
        address = ctypes.cast(self._kernel, ctypes.c_void_p).value or 0
        #: One stage, one step that is not guarded; slice i is row i.
        self._table = np.array([0, 0, 1, 1, address, 0, -1], np.int64)
        rows = np.arange(2 * count)
        self._ranges = np.ascontiguousarray(np.stack([rows, rows + 1], axis=1), np.int64)
        self._cuts = np.arange(0, 2 * count + 1, 2).astype(np.int64)
        fixed = [self._table.ctypes.data, 1, self._ranges.ctypes.data, 2]
        fixed += [count, self._cuts.ctypes.data, 0]
        run, stop = (compiler.kernel(name) for name in ("run_bands", "stop_bands"))
        self.bands = Bands(run, stop, fixed, count, range(slots))


@pytest.mark.parametrize("slots", [1, 2, 5])
@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_every_slice_is_done_once(count: int, slots: int) -> None:
    threads, seen = Threads(slots), []
    picture = Picture(lambda *told: seen.append(told), count, slots)
    for _ in range(20):
        seen.clear()
        picture.bands.do(VIEWS, threads)
        assert sorted(row for row, *_ in seen) == list(range(2 * count))
        assert {slot for _, slot, _ in seen} <= set(range(slots))
        assert {view for *_, view in seen} == {77}
    threads.close()


def test_threads_share_a_picture() -> None:
    """The first two bands wait for each other: one thread cannot do both."""
    threads, both = Threads(2), threading.Barrier(2)
    slots: dict[int, int] = {}

    def step(row: int, slot: int, _view: int) -> None:
        slots[row] = slot
        if row in (0, 2):
            both.wait(30)

    Picture(step, 6, 2).bands.do(VIEWS, threads)
    assert set(slots.values()) == {0, 1}
    assert all(slots[row] == slots[row + 1] for row in range(0, 12, 2))
    threads.close()


def test_nobody_is_waited_for_who_has_not_come() -> None:
    """The helper is held up by somebody else's work; the caller does all bands."""
    threads, gate, seen = Threads(2), threading.Event(), []
    threads.ask(lambda _slot: gate.wait(30), 1)
    picture = Picture(lambda *told: seen.append(told), 5, 2)
    picture.bands.do(VIEWS, threads)
    assert {slot for _, slot, _ in seen} == {0}
    done = len(seen)
    gate.set()
    late = threading.Event()
    threads.ask(lambda _slot: late.set(), 1)  # behind the share that came too late
    assert late.wait(30)
    assert len(seen) == done == 10
    threads.close()


def test_who_comes_late_finds_the_code_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody but the helper's share knows of the picture any more."""
    monkeypatch.setattr(compiler, "_kernels", OrderedDict())
    threads, gate, late = Threads(2), threading.Event(), threading.Event()
    threads.ask(lambda _slot: gate.wait(30), 1)
    picture = Picture(lambda *_told: None, 3, 2)
    picture.bands.do(VIEWS, threads)
    run = weakref.ref(picture.bands._code[0])
    assert run() is not None
    del picture
    compiler._kernels.clear()
    gc.collect()
    assert run() is not None
    gate.set()
    threads.ask(lambda _slot: late.set(), 1)
    assert late.wait(30)
    threads.close()


def test_a_slow_helper_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller has no bands left and has lost its patience; it returns when all is done."""
    monkeypatch.setattr(bands, "_PATIENCE", 1)
    threads, both, done = Threads(2), threading.Barrier(2), []

    def step(row: int, slot: int, _view: int) -> None:
        if row in (0, 2):
            both.wait(30)
        if slot == 1:
            time.sleep(0.05)
        done.append(row)

    Picture(step, 2, 2).bands.do(VIEWS, threads)
    assert sorted(done) == [0, 1, 2, 3]
    threads.close()


def test_ctrl_c_waits_for_running_bands() -> None:
    """The signals come while the caller waits for a helper, the second while it stops."""
    threads, both, done = Threads(2), threading.Barrier(2), []

    def step(row: int, slot: int, _view: int) -> None:
        if row in (0, 2):
            both.wait(30)  # both threads have a band each
        if slot == 1:
            for _ in range(2):
                time.sleep(0.05)
                signal.raise_signal(signal.SIGINT)
        done.append(row)

    with pytest.raises(KeyboardInterrupt):
        Picture(step, 2, 2).bands.do(VIEWS, threads)
    assert sorted(done) == [0, 1, 2, 3]
    threads.close()


def test_after_an_error_no_band_is_handed_out() -> None:
    """The helper was asked and held up, then asking failed; when it comes there is nothing left."""
    threads, gate, late, seen = Threads(2), threading.Event(), threading.Event(), []
    threads.ask(lambda _slot: gate.wait(30), 1)
    picture = Picture(lambda *told: seen.append(told), 4, 2)

    class Refused:
        def ask(self, work: Callable[[int], object], helpers: int) -> None:
            threads.ask(work, helpers)
            raise RuntimeError("can't start new thread")

    with pytest.raises(RuntimeError, match="new thread"):
        picture.bands.do(VIEWS, cast("Threads", Refused()))
    gate.set()
    threads.ask(lambda _slot: late.set(), 1)
    assert late.wait(30)
    assert seen == []
    picture.bands.do(VIEWS, threads)
    assert len(seen) == 8
    threads.close()
