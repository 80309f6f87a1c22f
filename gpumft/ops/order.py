"""The order of a conversion and of work that a caller has on a stream of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gpumft.device import DeviceMemory, DevicePlane
from gpumft.device.surface_plane import order_before, remember
from gpumft.errors import InvalidArg
from gpumft.ops.operands import Operand


@contextmanager
def ordered(
    pairs: Sequence[tuple[Sequence[Operand], Sequence[Operand]]],
    stream: object,
    memory: DeviceMemory,
) -> Iterator[None]:
    """Let what is started within begin after the work of `stream`, and its later work after that.

    Args:
        pairs: sources and targets of what is started; slots of the targets are lent again only
            after the work that `stream` has by then.
        stream: of the device's library.
        memory: the device's.

    Raises:
        InvalidArg: no stream of this device, or one for planes of the host.

    Thread-safety: any thread.
    """
    queue = memory.queue_of(stream)
    for plane in (plane for pair in pairs for side in pair for plane in side):
        if not isinstance(plane, DevicePlane):
            msg = (
                f"stream orders pictures in the memory of {memory.spec}, but this one is in the "
                "host's: wait for the stream, then convert without it"
            )
            raise InvalidArg(msg)
    memory.wait(memory.fence(queue))
    yield
    order_before(memory, queue)
    for _, target in pairs:
        for plane in target:
            if isinstance(plane, DevicePlane):
                remember(plane.owner, queue)
