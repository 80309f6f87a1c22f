"""One thread that does jobs in their order: the only place of the protocol that starts threads."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue

from gpumft.errors import InvalidRequest

_log = logging.getLogger("gpumft")
Job = Callable[[], object]


class Runner:
    """Does jobs one after another on a thread of its own, which starts with the first job.

    The thread ends after `stop`, when the runner is collected, or with the interpreter, which does
    not wait for it. Between two jobs it refers to nothing but the queue of jobs.

    Thread-safety: any thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._process = os.getpid()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._start = threading.Lock()
        #: None until the first job.
        self.thread: threading.Thread | None = None
        # A SimpleQueue may be filled from a finaliser, whatever that has interrupted.
        self._stop = weakref.finalize(self, self._jobs.put, None)

    @property
    def here(self) -> bool:
        """Whether this is the process that made the runner, and not a forked child of it."""
        return os.getpid() == self._process

    def check_process(self) -> None:
        """Raise InvalidRequest in a forked child: it has none of its parent's threads."""
        if not self.here:
            raise InvalidRequest(
                f"{self._name} was made before a fork and its thread is not in this process: "
                "make a new one here, or start processes with 'spawn'"
            )

    def post(self, job: Job) -> None:
        """Do `job` after all jobs posted before; a job posted after `stop` is not done.

        Raises:
            InvalidRequest: this is another process than the one that made the runner.
        """
        self.check_process()
        with self._start:
            if self.thread is None:
                self.thread = threading.Thread(
                    target=_serve, args=(self._jobs,), name=self._name, daemon=True
                )
                self.thread.start()
        self._jobs.put(job)

    def stop(self) -> None:
        """Let the thread end once it has done the jobs posted so far; does not wait for it."""
        self._stop()


def _serve(jobs: SimpleQueue[Job | None]) -> None:
    while (job := jobs.get()) is not None:
        try:
            job()
        except BaseException:  # noqa: BLE001 - the next job's owner has nothing to do with it
            _log.exception("a callback failed")
        del job  # while waiting, keep nothing alive
