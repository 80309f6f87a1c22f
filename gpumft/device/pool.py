"""Pool: surfaces of one type, used again and again."""

from __future__ import annotations

import weakref
from typing import Self

from gpumft.device.base import Device
from gpumft.device.memory import DeviceMemory
from gpumft.device.plane import Layout
from gpumft.device.poison import wanted
from gpumft.device.shared import as_device
from gpumft.device.slots import PoolStatistics, SlotStore
from gpumft.device.surface import Surface, memory_of
from gpumft.errors import InvalidArg
from gpumft.media import VideoType


class Pool:
    """Lends surfaces of one type; takes each back when the last who looks into it has gone.

    The surface that came back last is lent first. Slots are carved from slabs; the pool grows on
    demand up to `maximum`. Work of other queues on a surface (DLPack consumers, `Surface.use_on`)
    is waited for by the device's queue, not by the host, before its slot is written again.

    Args:
        type: format and size; rows are stored bottom-up where its `stride` is negative.
        device: a Device, its spec, a device's memory alone, or None for the best device there is.
        maximum: most surfaces that exist at once; None: as many as memory holds.
        poison: fill what comes back with 0xA5, and raise at the next acquire if somebody wrote to
            it meanwhile. None: as the environment's GPUMFT_DEBUG=poison says.

    Raises:
        InvalidArg: `maximum` is below 1.
        DeviceUnavailable: there is no such device.

    Thread-safety: all methods may be called from any thread; surfaces may be dropped in any.
    """

    def __init__(
        self,
        type: VideoType,
        device: Device | DeviceMemory | str | None = None,
        *,
        maximum: int | None = None,
        poison: bool | None = None,
    ) -> None:
        if maximum is not None and maximum < 1:
            raise InvalidArg(f"maximum is {maximum}: a pool needs room for 1 surface or more")
        self._type = type
        self._device = device if isinstance(device, DeviceMemory) else as_device(device)
        memory = memory_of(self._device)
        name = f"{type.format} {'x'.join(map(str, type.size))}"
        self._store = SlotStore(
            memory,
            Layout.of(type),
            name,
            maximum=maximum,
            poisoned=wanted() if poison is None else poison,
        )
        # Dropped or closed: whoever asks the device's memory next frees what has come back.
        self._end = weakref.finalize(self, memory.ledger.inherit, self._store)
        self._end.atexit = False

    @property
    def type(self) -> VideoType:
        """What the surfaces are."""
        return self._type

    @property
    def free_count(self) -> int:
        """Surfaces that can be acquired at once."""
        return self._store.statistics().free

    @property
    def live_count(self) -> int:
        """Surfaces that are lent, or still looked into through an export."""
        return self._store.statistics().live

    def acquire(self, timeout: float | None = None) -> Surface:
        """Return a surface of undefined content.

        Args:
            timeout: seconds to wait where `maximum` surfaces are in use; None waits, 0 never does.

        Raises:
            SampleAllocatorEmpty: none came back in time.
            OutOfMemory: the device has no room; the message has the numbers.
            InvalidRequest: the pool is closed, or its device is gone.
            Unexpected: poisoning found a write to a surface that was given back.
        """
        lease = self._store.take(timeout)
        slot = lease.slot
        assert slot is not None  # noqa: S101 - take() returns leases of a slot only
        return Surface(self._type, self._device, slot.planes, lease)

    def fill(self, count: int) -> None:
        """Make sure that `count` surfaces are free, as far as `maximum` lets.

        Raises:
            OutOfMemory: the device has no room; the message has the numbers.
        """
        self._store.fill(count)

    def trim(self) -> None:
        """Free the memory of what is not lent.

        What is lent is freed once it has come back and the pool is used or asked again.
        """
        self._store.trim()

    def statistics(self) -> PoolStatistics:
        """Return what the pool holds and has done."""
        return self._store.statistics()

    def close(self) -> None:
        """Lend no more; memory is freed as surfaces come back. Closing twice is fine."""
        self._store.close()
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Pool of {self._type}>"
