"""FrameEffect: a user's own function over the planes of a whole picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from gpumft.device import DeviceMemory, Plane, Surface
from gpumft.device.cpu.memory import HOST
from gpumft.device.user_arrays import HOMES, HostOrPlane, check_home, lent, lives_on
from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import PixelFormat
from gpumft.media.fields import read_enum

FrameFunction = Callable[[list[Any], list[Any], Any], object]
"""fn(src, dst, stream): reads the arrays of `src` and writes all of those of `dst`."""


@dataclass(frozen=True, slots=True)
class FrameEffect:
    """A function that makes one picture of another, in a pass of its own.

    `fn(src, dst, stream)` gets lists of arrays, one a plane, top row first, of shape (rows,
    columns[, channels]); rows may be apart, so go by `strides`. It writes every element of `dst`
    and returns; what it returns is not looked at. Work is enqueued on `stream` (None on the CPU)
    and on no other queue, so that it comes after what made `src` and before what reads `dst`.

    Arrays that it keeps stay what they are: their memory is not used again before they go. What it
    raises comes out of `process_output`, with a note that names the effect; the input is kept.

    Raises:
        InvalidArg: no callable, no format, or an unknown kind of arrays.
        InvalidMediaType: no format has that name.

    Thread-safety: immutable. Each transform calls `fn` in one thread at a time, two may call it
    at once.
    """

    fn: FrameFunction
    formats: tuple[PixelFormat | str, ...] = (PixelFormat.RGBAF32LE,)
    """Pixel formats that `fn` takes, best first. Pictures of others are converted before and after;
    the default, R'G'B'A as float32 from 0 to 1 in one plane, loses nothing of any."""
    _: KW_ONLY
    arrays: str | None = None
    """Whose arrays `fn` takes: "numpy" (on the CPU), "cupy" or "numba" (numba.cuda, on CUDA),
    "pyopencl" (pyopencl.array.Array, on OpenCL), "dlpack" (anything with `__dlpack__`, on CUDA and
    the CPU). None: the device's own, NumPy's, CuPy's or PyOpenCL's."""
    in_place: bool = False
    """`fn` gets one list twice, `src is dst`, and changes the picture where it lies."""
    through_host: bool = False
    """Let NumPy's functions run on any device: every picture is downloaded and uploaded."""
    name: str = ""
    """What messages call it; "" is the function's own name."""

    def __post_init__(self) -> None:
        if not callable(self.fn):
            msg = f"a frame effect's fn is {self.fn!r}; give a function fn(src, dst, stream)"
            raise InvalidArg(msg)
        given: Any = self.formats
        names = (given,) if isinstance(given, str) else tuple(given)
        if not names:
            msg = "a frame effect takes one format at least, such as formats=('rgb24',)"
            raise InvalidArg(msg)
        formats = tuple(read_enum(PixelFormat, "format", name) for name in names)
        object.__setattr__(self, "formats", formats)
        if self.arrays is not None and self.arrays not in HOMES:
            msg = f"arrays is {self.arrays!r}; it can be {', '.join(map(repr, HOMES))} or None"
            raise InvalidArg(msg)
        if self.through_host and self.arrays != "numpy":
            msg = f"through_host is for arrays='numpy', not {self.arrays!r}; leave it out"
            raise InvalidArg(msg)
        if not self.name:
            object.__setattr__(self, "name", getattr(self.fn, "__name__", type(self.fn).__name__))

    def check(self, memory: DeviceMemory) -> None:
        """Raise InvalidArg, with the cure, where it cannot run on pictures in `memory`."""
        if not self.through_host:
            check_home(self.arrays, memory, f"effect {self.name}")

    def __call__(self, src: Surface, dst: Surface) -> None:
        """Make `dst` of `src`, two surfaces of one device; in place, `dst` is first a copy.

        Raises:
            InvalidMediaType: formats or sizes differ, or `fn` does not take the format.
            InvalidArg: surfaces of two devices, or of one on which `fn` cannot run.
            InvalidRequest: a surface was released, or its device is gone.
        """
        seen = src.type
        if (seen.format, seen.size) != (dst.type.format, dst.type.size):
            msg = f"effect {self.name} makes {seen} of {seen}, not {dst.type}; convert it"
            raise InvalidMediaType(msg)
        if seen.format not in self.formats:
            msg = f"effect {self.name} takes {', '.join(self.formats)}, not {seen.format}"
            raise InvalidMediaType(f"{msg}; an EffectTransform converts before and after it")
        if src.memory is not dst.memory:
            msg = f"effect {self.name}: src is on {src.memory.spec}, dst on {dst.memory.spec}"
            raise InvalidArg(f"{msg}; copy_to() a surface of one device")
        self.check(src.memory)
        if self.in_place:
            src.copy_to(dst)
            self.run(dst.planes, None, dst.memory)
        else:
            self.run(src.planes, dst.planes, dst.memory)

    def run(
        self,
        src: Sequence[HostOrPlane],
        dst: Sequence[HostOrPlane] | None,
        memory: DeviceMemory,
    ) -> None:
        """Call `fn` on planes in `memory`; nothing is checked. `dst` is None in place."""
        try:
            if lives_on(self.arrays, memory):
                with lent(self.arrays, memory, src, dst) as given:
                    self.fn(*given)
            else:
                self._run_on_host(src, dst, memory)
        except Exception as error:
            error.add_note(f"in effect {self.name} on {memory.spec}")
            raise

    def _run_on_host(
        self, src: Sequence[Any], dst: Sequence[Any] | None, memory: DeviceMemory
    ) -> None:
        near = [_downloaded(plane, memory) for plane in src]
        made = None if dst is None else [np.empty(p.shape, p.dtype) for p in dst]
        with lent(self.arrays, HOST, near, made) as given:
            self.fn(*given)
        for host, plane in zip(given.dst, src if dst is None else dst, strict=True):
            memory.upload(host, plane.raw())
        memory.ledger.downloaded()
        memory.ledger.uploaded()


def _downloaded(plane: Plane, memory: DeviceMemory) -> Any:
    host = np.empty(plane.shape, plane.dtype)
    memory.download(plane.raw(), host)
    return host
