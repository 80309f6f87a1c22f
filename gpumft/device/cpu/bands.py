"""Pictures done band by band, by machine code on several threads at once."""

from __future__ import annotations

import contextlib
import time
from array import array
from collections.abc import Sequence
from functools import partial

from gpumft.device.cpu.layout import DONE, FIXED, HANDED, VIEWS
from gpumft.device.cpu.loader import Loaded
from gpumft.device.cpu.threads import Threads

_PATIENCE = 2000
"""Looks, some 50 ns each, at whether other threads are done, before the caller goes to sleep.

To be woken takes about as long.
"""
_NAP = 0.0001
"""Seconds of such a sleep: somebody else needs the processor."""


class Bands:
    """The bands of a program, and memory for as many threads as work on them.

    Args:
        run: `kernels.run_bands`.
        stop: `kernels.stop_bands`.
        fixed: what they are told from `FIXED` on, all but the views, which follow.
        count: how many bands there are.
        scratch: the address of the memory of each thread.

    Thread-safety: one picture at a time.
    """

    def __init__(
        self, run: Loaded, stop: Loaded, fixed: Sequence[int], count: int, scratch: Sequence[int]
    ) -> None:
        self._code = run, stop  # a helper may come after all others have forgotten it
        self._run, self._stop = run.function(3), stop.function(3)
        self._blank = array("q", [*[0] * FIXED, *fixed])
        self._count = count
        self._scratch = scratch

    def do(self, views: array[int], threads: Threads) -> None:
        """Do a picture; return when nobody writes any more.

        `views` are the records of its components. An exception, KeyboardInterrupt included, stops
        the handing out of bands and is raised when those that were begun are done.
        """
        control = self._blank + views
        at = control.buffer_info()[0]
        control[VIEWS] = at + 8 * len(self._blank)
        helpers = len(self._scratch) - 1
        if helpers == 0:
            self._run(at, self._scratch[0], 0)
            return
        try:
            threads.ask(partial(self._help, control, at), helpers)
            self._run(at, self._scratch[0], _PATIENCE)
            while control[DONE] < self._count:
                time.sleep(_NAP)
        except BaseException:
            self._stop(at, 0, 0)
            while control[DONE] < control[HANDED]:
                with contextlib.suppress(BaseException):
                    time.sleep(_NAP)
            raise

    def _help(self, _control: array[int], at: int, slot: int) -> None:
        """Run bands until none is left; whoever comes late finds none, and touches nothing else."""
        self._run(at, self._scratch[slot], 0)
