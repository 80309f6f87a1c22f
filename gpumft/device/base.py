"""What a device is: something that builds Programs and runs them."""

from __future__ import annotations

import hashlib
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from gpumft.device.built import Built, Runner
from gpumft.device.memory import DeviceMemory
from gpumft.device.program import Program
from gpumft.errors import InvalidRequest

_KEPT = 16
"""Built programs that a device remembers."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One candidate for running conversions.

    Thread-safety: immutable.
    """

    spec: str
    """What `open_device` takes: "cpu", "cuda:0", "opencl:0:0"."""
    name: str
    """The hardware's name."""
    kind: str
    """cpu, cuda or opencl."""
    usable: bool
    identical: bool
    """Whether the self-test gave the bits of docs/arithmetic.md, as on every other device."""
    reason: str = ""
    """Why the device is not usable or not identical, in the runtime's own words."""


@dataclass(frozen=True, slots=True)
class MemoryStats:
    """Memory that a device holds for built programs and surfaces, in bytes.

    Thread-safety: immutable.
    """

    scratch: int
    """Work memory of built programs."""
    programs: int
    """How many programs are built."""
    surfaces: int = 0
    """Slabs of pools; those of all CPU devices of the process together."""
    slabs: int = 0
    """How many slabs."""


class Device(ABC):
    """A processor that runs Programs.

    A device is a context manager that closes at the end.

    Thread-safety: all methods may be called from any thread.
    """

    def __init__(self, info: DeviceInfo) -> None:
        self.info = info
        self.stream: object = None
        """The queue of a GPU; None on the CPU."""
        self._built: OrderedDict[bytes, Runner] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def spec(self) -> str:
        """The spec that opens this device again."""
        return self.info.spec

    @property
    def kind(self) -> str:
        """cpu, cuda or opencl."""
        return self.info.kind

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    @property
    def lost(self) -> bool:
        """Whether the device has failed: every use raises DeviceLost; open another."""
        return self.memory.health.lost

    def build(self, program: Program) -> Built:
        """Return `program` made ready; equal programs are built once.

        The device keeps the last 16; one that falls out stays usable for whoever holds it.

        Raises:
            InvalidMediaType: a format that this device does not read or write yet.
            InvalidRequest: the device is closed.
            KernelBuildError: its compiler refuses a kernel; with the source and what it said.
            OutOfMemory: no room for work memory; the message has the numbers.
            DeviceLost: the device has failed.

        Thread-safety: any thread; builds run one after another.
        """
        key = program_key(program)
        with self._lock:
            if self._closed:
                raise InvalidRequest(f"device {self.spec} is closed: open it again")
            self.memory.check()
            runner = self._built.pop(key, None) or self._build(program)
            self._built[key] = runner
            while len(self._built) > _KEPT:
                self._built.popitem(last=False)
        return Built(runner)

    @abstractmethod
    def _build(self, program: Program) -> Runner:
        """Build a program that is not remembered."""

    @property
    @abstractmethod
    def memory(self) -> DeviceMemory:
        """Its memory: what surfaces and pools are made of."""

    @abstractmethod
    def synchronize(self) -> None:
        """Wait until everything that was started has ended."""

    def memory_stats(self) -> MemoryStats:
        """Return what built programs and surfaces hold."""
        with self._lock:
            kept = list(self._built.values())
        use = self.memory.ledger.use()
        scratch = sum(runner.scratch for runner in kept)
        return MemoryStats(scratch, len(kept), use.allocated, use.blocks)

    def close(self) -> None:
        """Free everything; built programs raise when called. Closing twice is fine."""
        with self._lock:
            self._closed = True
            kept = list(self._built.values())
            self._built.clear()
        for runner in kept:
            runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.spec!r}: {self.info.name}>"


def program_key(program: Program) -> bytes:
    """Return a value that is equal for programs of equal content.

    Thread-safety: a pure function.
    """
    digest = hashlib.blake2b(digest_size=16)
    plain = (
        program.source, program.source_size, program.target, program.target_size, program.stages,
        program.inner, program.background, program.direct, program.transpose, program.mirror_y,
        program.mirror_x, program.alpha, program.alpha_scale, program.premultiply,
        program.unpremultiply,
    )  # fmt: skip
    digest.update(repr(plain).encode())
    for read in program.reads:
        digest.update(repr((read.component, read.offset)).encode())
        digest.update(read.vertical.key + read.horizontal.key)
    for write in program.writes:
        digest.update(
            repr(
                (
                    write.component,
                    write.channel,
                    write.constant,
                    write.scale,
                    write.offset,
                    write.limits,
                    write.dither,
                )
            ).encode()
        )
        for taps in (write.vertical, write.horizontal):
            digest.update(b"-" if taps is None else taps.key)
    return digest.digest()
