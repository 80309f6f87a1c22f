"""Which pictures go into one launch: those that differ from the first only in where they begin."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from gpumft.device.plane import DevicePlane

Origin = Callable[[object], tuple[Hashable, int]]
"""Memory -> what its bytes are counted in (a slab), and where it begins there."""
Picture = tuple[Sequence[DevicePlane], Sequence[DevicePlane]]
"""Planes of the source and of the target."""
_Spans = dict[Hashable, tuple[int, int]]
"""Slab -> first byte, and the one after the last."""


@dataclass(slots=True)
class Batch:
    """Pictures of one launch: the planes of the first, and how far on each of them lies.

    Thread-safety: for one thread at a time.
    """

    first: Picture
    source: list[int] = field(default_factory=lambda: [0])
    """Bytes from the first picture's source to each one's."""
    target: list[int] = field(default_factory=lambda: [0])

    def __len__(self) -> int:
        return len(self.source)


def batches(pictures: Sequence[Picture], most: int, origin: Origin) -> Iterator[Batch]:
    """Return the pictures, in order, in as few batches of up to `most` as they allow.

    Pictures stay alone where one is written into the memory of another, so that the order in which
    they are converted does not matter.

    Thread-safety: a pure function.
    """
    rest = 0
    while rest < len(pictures):
        made = _longest(pictures[rest : rest + most], origin)
        rest += len(made)
        yield made


def _longest(pictures: Sequence[Picture], origin: Origin) -> Batch:
    """Return a batch of the first picture and those after it that fit."""
    made = Batch(pictures[0])
    if len(pictures) == 1:
        return made
    used = _Used(_spans(pictures[0][0], origin), _spans(pictures[0][1], origin))
    if not used.take(0, 0):
        return made  # it is converted onto itself, in whatever way
    for source, target in pictures[1:]:
        moved = _moved(made.first[0], source, origin), _moved(made.first[1], target, origin)
        if moved[0] is None or moved[1] is None or not used.take(moved[0], moved[1]):
            break
        made.source.append(moved[0])
        made.target.append(moved[1])
    return made


class _Used:
    """Bytes that a batch reads and writes: the first picture's spans, moved by some distances."""

    def __init__(self, reads: _Spans, writes: _Spans) -> None:
        self._reads, self._writes = reads, writes
        self._read: list[int] = []
        self._written: list[int] = []

    def take(self, source: int, target: int) -> bool:
        """Add a picture; return False where it is written into what others use, or the reverse."""
        reads, writes = self._reads, self._writes
        if (
            _meets(reads, source, writes, self._written)
            or _meets(reads, source, writes, [target])
            or _meets(writes, target, reads, self._read)
            or _meets(writes, target, writes, self._written)
        ):
            return False
        insort(self._read, source)
        insort(self._written, target)
        return True


def _meets(spans: _Spans, moved: int, others: _Spans, distances: list[int]) -> bool:
    """Whether spans, moved, overlap others that are moved by one of the distances."""
    for slab, (first, end) in spans.items():
        if slab not in others:
            continue
        start, last = others[slab]
        # Overlap: start + d < end + moved and first + moved < last + d.
        nearest = bisect_right(distances, first + moved - last)
        if nearest < len(distances) and distances[nearest] < end + moved - start:
            return True
    return False


def _moved(
    planes: Sequence[DevicePlane], others: Sequence[DevicePlane], origin: Origin
) -> int | None:
    """Return how many bytes all planes lie further on in the others, or None where they differ."""
    found = None
    for plane, other in zip(planes, others, strict=True):
        if plane.pitch != other.pitch:
            return None
        slab, start = origin(plane.memory)
        elsewhere, begin = origin(other.memory)
        moved = begin + other.offset - start - plane.offset
        if slab != elsewhere or found not in (None, moved):
            return None
        found = moved
    return found


def _spans(planes: Sequence[DevicePlane], origin: Origin) -> _Spans:
    """Return the bytes from the lowest row to the highest, in each slab."""
    found: _Spans = {}
    for plane in planes:
        slab, start = origin(plane.memory)
        first, end = (start + at for at in plane.extent)
        low, high = found.get(slab, (first, end))
        found[slab] = min(low, first), max(high, end)
    return found
