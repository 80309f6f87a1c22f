"""What a device is: something that builds Programs and runs them."""

from __future__ import annotations

import hashlib
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gpumft.device.memory import DeviceMemory
from gpumft.device.plane import DevicePlane
from gpumft.device.program import Program, Settings
from gpumft.errors import InvalidArg, InvalidRequest

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


class Runner(ABC):
    """What a device makes of a Program; shared by all who build an equal one."""

    scratch: int
    """Bytes of work memory."""
    launches: int = 0
    """Kernels that a picture takes; 0 where nothing is launched."""
    passes: tuple[str, ...] = ("rows",)
    """What each walk over a picture makes, in words."""
    takes: tuple[type, ...] = (np.ndarray,)
    """Types of planes that `run` takes."""

    @abstractmethod
    def run(
        self,
        src_planes: Sequence[Any],
        dst_planes: Sequence[Any],
        settings: Settings | None = None,
    ) -> None:
        """Convert one picture, as `Built` describes it; all planes are of types in `takes`."""

    def run_batch(
        self,
        pictures: Sequence[tuple[Sequence[Any], Sequence[Any]]],
        settings: Settings | None = None,
    ) -> None:
        """Convert pictures in order; a device may do several at once where nobody can tell."""
        for source, target in pictures:
            self.run(source, target, settings)

    def prepare(self, pictures: int, *, arrays: bool) -> None:
        """Allocate what a batch of so many pictures needs, arrays of the host among them or not."""
        del pictures, arrays  # by default a batch needs no more than one picture

    @abstractmethod
    def close(self) -> None:
        """Free the work memory; later runs raise InvalidRequest."""


class Built:
    """A Program made ready for a device.

    Thread-safety: calls may come from any thread; those that share a program take turns.
    """

    __slots__ = ("_runner",)

    def __init__(self, runner: Runner) -> None:
        self._runner: Runner | None = runner

    @property
    def launches(self) -> int:
        """How many kernels a picture takes; 0 on the CPU."""
        return self._runner.launches if self._runner else 0

    @property
    def passes(self) -> tuple[str, ...]:
        """What each walk over a picture makes, in words; each is a launch, but on the CPU."""
        return self._runner.passes if self._runner else ()

    def __call__(
        self,
        src_planes: Sequence[npt.NDArray[Any] | DevicePlane],
        dst_planes: Sequence[npt.NDArray[Any] | DevicePlane],
        settings: Settings | None = None,
    ) -> None:
        """Convert one picture.

        With planes in the device's memory for the target, the conversion is only started.

        Args:
            src_planes: one array a plane, (rows, columns[, channels]) as the program's source
                format says; any strides, read-only is fine. Or planes in the device's memory.
            dst_planes: the same for the target; every element is written. No memory in common
                with the source.
            settings: all named parameters of the program's formulas, for this picture; None: what
                the program says. Nothing is built or allocated for them.

        Raises:
            InvalidArg: arrays do not fit the program. Nothing has been written.
            InvalidRequest: this object or its device is closed.
            OutOfMemory: the device has no room.
            DeviceLost: the device has failed. As after any error, the sources are as they were.
        """
        self._taking([(src_planes, dst_planes)]).run(src_planes, dst_planes, settings)

    def batch(
        self,
        pictures: Sequence[
            tuple[
                Sequence[npt.NDArray[Any] | DevicePlane], Sequence[npt.NDArray[Any] | DevicePlane]
            ]
        ],
        settings: Settings | None = None,
    ) -> None:
        """Convert pictures; the bytes are those of one call after the other.

        In the device's memory those that lie in one allocation, with planes at the same distances,
        share a launch. Arrays of the host are copied in and out while others are computed.

        Args:
            pictures: planes of the source and of the target, each as for a call.
            settings: as for a call, for all of them.

        Raises:
            InvalidArg: arrays of a picture do not fit the program. On the CPU those before it are
                converted, elsewhere nothing has been written.
            InvalidRequest: this object or its device is closed.
        """
        self._taking(pictures).run_batch(pictures, settings)

    def prepare(self, pictures: int, *, arrays: bool = True) -> None:
        """Allocate now what a first batch of up to so many pictures would allocate.

        Args:
            pictures: of a batch.
            arrays: whether they may be arrays of the host, which take room on their way.

        Raises:
            InvalidRequest: this object or its device is closed.
            OutOfMemory: the device has no room.
        """
        self._taking([]).prepare(pictures, arrays=arrays)

    def _taking(self, pictures: Sequence[tuple[Sequence[Any], Sequence[Any]]]) -> Runner:
        """Return the runner, if it takes planes of these types."""
        runner = self._runner
        if runner is None:
            raise InvalidRequest("this built program is closed: build it again")
        for source, target in pictures:
            for plane in (*source, *target):
                if not isinstance(plane, runner.takes):
                    kinds = " or ".join(kind.__name__ for kind in runner.takes)
                    raise InvalidArg(f"a plane is a {type(plane).__name__}: pass {kinds}")
        return runner

    def close(self) -> None:
        """Give the program up; later calls raise. Closing twice is fine."""
        self._runner = None


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
