"""Roofline: how fast a conversion can be at best, and what stops it from being faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from gpumft.device.gpu.launch import Schedule
from gpumft.device.gpu.work import Work

_CLOCK, _UNITS = 1.98e9, 132
RATES = {
    "bytes": 4.8e12,
    "multiply-adds": 128 * _UNITS * _CLOCK,
    "loads and stores": 32 * _UNITS * _CLOCK,
    "conversions": 64 * _UNITS * _CLOCK,
}
"""What an NVIDIA H200 does in a second at most.

Source: its data sheet (4.8 TB/s; 67 TFLOPS of float32, two operations each); CUDA C++ Programming
Guide, throughput of native arithmetic instructions, compute capability 9.0.
"""
CARD = "NVIDIA H200"


@dataclass(frozen=True, slots=True)
class Roofline:
    """Counts of one picture, and the time that each takes on a card of known rates.

    It is arithmetic, not a measurement. Bytes are the least that can be moved; the others are those
    of the kernels as they are written, of which a compiler may save some.

    Thread-safety: immutable.
    """

    counts: dict[str, int]
    """Bytes moved, multiply-adds, loads and stores, conversions."""
    microseconds: dict[str, float]
    """The same divided by the card's rates."""

    @classmethod
    def of(cls, schedule: Schedule, nbytes: int) -> Self:
        """Return the roofline of launches that move `nbytes` bytes."""
        work = sum((launch.work for launch in schedule.launches), Work())
        counts = {
            "bytes": nbytes,
            "multiply-adds": work.multiply_adds,
            "loads and stores": work.accesses,
            "conversions": work.conversions,
        }
        return cls(counts, {name: 1e6 * count / RATES[name] for name, count in counts.items()})

    @property
    def bound(self) -> str:
        """What takes longest: the conversion takes that long at least."""
        return max(self.microseconds, key=self.microseconds.__getitem__)

    def to_dict(self) -> dict[str, Any]:
        """Return the roofline as JSON-ready data."""
        return {
            "card": CARD,
            "counts": self.counts,
            "microseconds": {name: round(t, 4) for name, t in self.microseconds.items()},
            "bound": self.bound,
        }

    def lines(self) -> list[str]:
        """Return the roofline in words."""
        most = self.microseconds[self.bound]
        told = [f"{n} {self.counts[n]:,} ({t:.3g} us)" for n, t in self.microseconds.items()]
        return [
            f"at an {CARD}'s rates {most:.3g} us a picture, bound by {self.bound}:",
            f"    {', '.join(told)}",
        ]
