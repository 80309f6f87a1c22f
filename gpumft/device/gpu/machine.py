"""What runs kernels: a compiler, memory, and queues for computing and for each way of copying."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device.unit import Unit

Fence = Any
"""An event of the device's library: it comes when a queue has got to it."""


class Machine(ABC):
    """What a runner needs of a device.

    Kernels run on one queue in order. `send` and `fetch` copy on queues of their own, so that a
    picture can be copied while another is computed; fences order them. Every method translates the
    library's exceptions into gpumft's.

    Thread-safety: all methods may be called from any thread.
    """

    spec: str

    @abstractmethod
    def compile(self, unit: Unit) -> Any:
        """Return the unit's only kernel, ready to launch.

        Raises:
            KernelBuildError: the compiler refused it.
        """

    @abstractmethod
    def allocate(self, nbytes: int) -> Any:
        """Return new memory.

        Raises:
            OutOfMemory: the device has no room for it.
        """

    @abstractmethod
    def size(self, memory: Any) -> int | None:
        """Return how many bytes `memory` has, or None where it is no memory of this device."""

    @abstractmethod
    def origin(self, memory: Any) -> tuple[Hashable, int]:
        """Return the allocation that `memory` belongs to, and at which byte of it it begins."""

    @abstractmethod
    def host(self, nbytes: int) -> npt.NDArray[np.uint8]:
        """Return pinned host memory, from which copies are fast and need no help of the host."""

    @abstractmethod
    def upload(self, memory: Any, host: npt.NDArray[Any]) -> None:
        """Copy a contiguous array to the beginning of `memory`; it may be changed afterwards."""

    @abstractmethod
    def download(self, host: npt.NDArray[Any], memory: Any) -> None:
        """Fill a contiguous array from the beginning of `memory`, after all that was launched."""

    @abstractmethod
    def launch(self, kernel: Any, grid: tuple[int, int, int], arguments: Sequence[Any]) -> None:
        """Start a kernel over at least `grid` work items; arrays of one void go by value."""

    @abstractmethod
    def send(self, memory: Any, host: npt.NDArray[Any], after: Fence | None) -> Fence:
        """Start a copy of pinned memory to the beginning of `memory`, once `after` has come."""

    @abstractmethod
    def fetch(self, host: npt.NDArray[Any], memory: Any, after: Fence) -> Fence:
        """Start a copy of the beginning of `memory` to pinned memory, once `after` has come."""

    @abstractmethod
    def mark(self) -> Fence:
        """Return a fence that comes when all that was launched has ended."""

    @abstractmethod
    def hold(self, fence: Fence) -> None:
        """Let what is launched from now on begin after a fence; does not block."""

    @abstractmethod
    def wait(self, fence: Fence) -> None:
        """Block until a fence has come."""

    @abstractmethod
    def finish(self) -> None:
        """Block until all that was started on any queue has ended."""
