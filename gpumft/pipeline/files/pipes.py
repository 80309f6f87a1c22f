"""Pipes as input: their bytes may be long in coming, and whoever waits for them can be called off.

FFmpeg's own reading of a file waits inside the system and goes on waiting after a signal, so that
Ctrl-C would be heard only when bytes come. Through a Python object every wait is Python's.
"""

from __future__ import annotations

import os
import select
import stat
from pathlib import Path
from typing import Self

_LOOK = 0.05
"""Seconds after which a wait looks whether it was called off."""


def is_pipe(path: str) -> bool:
    """Return whether `path` is a pipe, FIFO or terminal, whose bytes come once. It is not opened.

    Raises:
        OSError: it is not there.

    Thread-safety: a pure function.
    """
    if not hasattr(select, "poll"):  # Windows: what it has instead is not among its files
        return False
    mode = Path(path).stat().st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


class Pipe:
    """A pipe, FIFO or terminal opened for reading, with what PyAV wants of a file: `read`, `name`.

    Args:
        path: where it is; a FIFO is opened once somebody opens its other end.

    Raises:
        OSError: it cannot be opened.

    Thread-safety: one thread reads; `stop` may be called from any, also while it does.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self._file = os.open(path, os.O_RDONLY)
        self._stopped = False
        self._interrupted: BaseException | None = None

    @classmethod
    def of(cls, path: str) -> Self | None:
        """Open `path` if it is a pipe, FIFO or terminal; return None for anything else.

        Raises:
            OSError: it is not there, or cannot be opened.
        """
        return cls(path) if is_pipe(path) else None

    def read(self, size: int) -> bytes:
        """Wait for bytes and return at most `size`; none at the end, or if the wait is called off.

        Raises nothing: PyAV drops what is neither an Exception nor an end, and asks again. `check`
        raises it.
        """
        try:
            wait = select.poll()
            wait.register(self._file, select.POLLIN)
            while not self._stopped:
                if wait.poll(1000 * _LOOK):
                    return os.read(self._file, size)
        except BaseException as error:  # noqa: BLE001 - `check` raises it, once FFmpeg has returned
            self._interrupted = self._interrupted or error
            self._stopped = True
        return b""

    def check(self) -> None:
        """Raise what interrupted a `read`; to be called after FFmpeg had reason to read."""
        if self._interrupted is not None:
            error, self._interrupted = self._interrupted, None
            raise error

    def stop(self) -> None:
        """Let the input end here, for a `read` that waits too. Takes no lock."""
        self._stopped = True

    def close(self) -> None:
        """Close it. Closing twice is fine."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)
