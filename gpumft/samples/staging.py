"""Where a 2D buffer's bytes are: in host memory, or on a device with a host copy while locked."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device import DevicePlane, Surface
from gpumft.device.cpu.memory import HOST, aligned_bytes, block_over, bytes_of
from gpumft.device.plane import Layout

Bytes = npt.NDArray[np.uint8]


class HostBytes:
    """The bytes of a picture in host memory, and the planes in them."""

    def __init__(self, memory: Bytes, layout: Layout | None) -> None:
        self.memory = memory
        self.raws: tuple[DevicePlane, ...] = ()
        if layout is not None:
            self.raws = layout.planes(block_over(memory), 0)
        self.planes: list[Any] = [HOST.view(raw) for raw in self.raws]

    @classmethod
    def new(cls, nbytes: int, layout: Layout | None) -> HostBytes:
        """Return zeroed bytes."""
        return cls(aligned_bytes(nbytes), layout)

    def load(self, surface: Surface) -> None:
        """Copy the picture from a surface."""
        surface.download(self.planes)

    def store(self, surface: Surface) -> None:
        """Copy the picture to a surface."""
        surface.upload(self.planes)


def bytes_under(surface: Surface, layout: Layout) -> HostBytes | None:
    """Return a surface's own bytes, or None where they are not on the host or lie otherwise."""
    if not surface.on_host:
        return None
    raws = surface.raw_planes()
    start = raws[0].offset - layout.places[0][0]
    found = [(raw.memory, raw.offset - start, raw.pitch) for raw in raws]
    if found != [(raws[0].memory, offset, pitch) for offset, pitch, *_ in layout.places]:
        return None
    return HostBytes(bytes_of(raws[0], start, layout.nbytes), layout)
