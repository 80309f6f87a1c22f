"""Poison: a debugging mode that finds pictures written after they were given back.

A slot that comes home is filled with a pattern, in the order of the device's queue. When it is lent
again the pattern must be whole: a byte that differs was written by somebody who kept an address
beyond the life of the array it came from. Reads after return show as pictures of the pattern.
"""

from __future__ import annotations

import os

import numpy as np

from gpumft.device.lease import Slot
from gpumft.device.memory import BYTE, DeviceMemory, byte_plane
from gpumft.device.plane import Layout
from gpumft.errors import Unexpected

PATTERN = 0xA5


def wanted() -> bool:
    """Return whether GPUMFT_DEBUG asks for it: a list of words, "poison" among them."""
    return "poison" in os.environ.get("GPUMFT_DEBUG", "").replace(",", " ").split()


def poison(memory: DeviceMemory, slot: Slot, layout: Layout) -> None:
    """Fill a slot with the pattern."""
    memory.fill(slot.slab.block, slot.offset, layout.nbytes, PATTERN)
    slot.poisoned = True


def check_poison(memory: DeviceMemory, slot: Slot, layout: Layout, name: str) -> None:
    """Look whether a slot that is to be lent is as it was left; waits for the device.

    Raises:
        Unexpected: it was written. It is poisoned anew, so the next look at it passes.
    """
    if not slot.poisoned:
        return
    found = np.empty((1, layout.nbytes), BYTE)
    memory.download(byte_plane(slot.slab.block, slot.offset, layout.nbytes), found)
    slot.poisoned = False
    written = np.flatnonzero(found[0] != PATTERN)
    if not written.size:
        return
    poison(memory, slot, layout)
    at = int(written[0])
    raise Unexpected(
        f"a picture of {name} was written after it came back to its pool: {written.size} bytes, "
        f"the first in {_place(layout, at)}; somebody kept its address longer than its array"
    )


def _place(layout: Layout, at: int) -> str:
    for index, (offset, pitch, shape, _) in enumerate(layout.places):
        row = (at - offset) // pitch if pitch > 0 else -((at - offset) // -pitch)
        if 0 <= row < shape[0]:
            return f"row {row} of plane {index}"
    return f"byte {at}"
