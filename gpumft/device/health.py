"""Whether a device can still be used: closed, lost, another process's, or at the very end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from gpumft.errors import DeviceLost, InvalidRequest, MFError


class Health:
    """What all parts of one opened device share: the reason why it cannot be used any more.

    A lost device stays lost: every later call says so. What it held is given up, never freed
    through it, and another one is opened in its place.

    Args:
        spec: what `open_device` takes.
        survives_fork: whether a child process may use what its parent opened.

    Thread-safety: all methods may be called from any thread.
    """

    __slots__ = ("_error", "_process", "_survives_fork", "spec")

    def __init__(self, spec: str, *, survives_fork: bool = False) -> None:
        self.spec = spec
        """What `open_device` takes."""
        self._survives_fork = survives_fork
        self._process = os.getpid()
        self._error: Callable[[], MFError] | None = None

    @property
    def lost(self) -> bool:
        """Whether the device itself has failed."""
        return self._error is not None and isinstance(self._error(), DeviceLost)

    @property
    def usable(self) -> bool:
        """Whether `check` passes."""
        return self._complaint() is None

    def check(self) -> None:
        """Raise where the device cannot be used any more.

        Raises:
            DeviceLost: it has failed.
            InvalidRequest: it is closed, belongs to the parent process, or the interpreter ends.
        """
        error = self._complaint()
        if error is not None:
            raise error

    def close(self, reason: str) -> None:
        """Let every later use raise InvalidRequest with `reason`; a lost device stays lost."""
        if self._error is None:
            self._error = lambda: InvalidRequest(reason)

    def lose(self, reason: str) -> DeviceLost:
        """Let every later use raise DeviceLost with `reason`, the first that was given.

        Returns:
            The error to raise now.
        """
        if not self.lost:
            self._error = lambda: DeviceLost(reason)
        return DeviceLost(reason)

    def _complaint(self) -> MFError | None:
        if self._error is not None:
            return self._error()
        if self._survives_fork:
            return None
        if self._process != os.getpid():
            return InvalidRequest(
                f"{self.spec} was opened in process {self._process}, this is its child "
                f"{os.getpid()}: open the device again here, or start workers with spawn"
            )
        if sys.is_finalizing():
            return InvalidRequest(f"{self.spec} cannot be used while the interpreter ends")
        return None
