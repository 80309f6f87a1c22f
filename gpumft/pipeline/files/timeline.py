"""Time stamps that go on where those of a broadcast jump, as in joined or edited MPEG streams."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from av.packet import Packet

from gpumft.pipeline.files.native import fraction

_BACK = Fraction(1, 10)
"""Seconds by which a stream may go back without having jumped."""
_AHEAD = Fraction(10)
"""Seconds by which it may go on at once, likewise."""
_TOGETHER = Fraction(1)
"""Seconds within which the jump of another stream explains one."""


class Timeline:
    """Moves packets so that every stream goes on after a jump, and all by the same time.

    Attributes:
        jumps: places where the streams' time stamps jumped.

    Thread-safety: none.
    """

    def __init__(self) -> None:
        self.jumps = 0
        self._latest = Fraction(0)
        self._offsets: dict[int, Fraction] = {}
        self._next: dict[int, Fraction] = {}

    def place(self, packet: Packet[Any]) -> None:
        """Move a packet, the next of its stream, to where it belongs."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        base = fraction(packet.time_base)
        if stamp is None or base is None:
            return
        index = packet.stream.index
        offset = self._offsets.get(index, self._latest)
        expected = self._next.get(index)
        if expected is not None and not -_BACK <= stamp * base + offset - expected <= _AHEAD:
            known, offset = offset, self._latest
            if offset == known or abs(stamp * base + offset - expected) > _TOGETHER:
                self._latest = offset = expected - stamp * base
                self.jumps += 1
        self._offsets[index] = offset
        self._next[index] = stamp * base + offset + (packet.duration or 0) * base
        moved = round(offset / base)
        if moved:
            packet.pts = None if packet.pts is None else packet.pts + moved
            packet.dts = None if packet.dts is None else packet.dts + moved
