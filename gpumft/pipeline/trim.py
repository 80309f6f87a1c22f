"""A part of a file: from one time to another, counted from zero again."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from gpumft.errors import InvalidArg
from gpumft.media.times import HNS_PER_SECOND as HNS
from gpumft.media.times import Time, to_hns
from gpumft.pipeline.files.native import fraction
from gpumft.pipeline.files.packets import EncodedPacket
from gpumft.pipeline.files.reader import Reader
from gpumft.samples import Sample

_GRACE = Fraction(1)
"""Seconds to read on after the last picture, for sound that comes late in the file."""


def trimmed(
    reader: Reader, start: Time | None, end: Time | None
) -> Iterator[Sample | EncodedPacket]:
    """Return the items of `reader` between two times.

    The first picture is the one that is seen at `start`; with a `start`, its time becomes 0 and
    everything else moves with it. Packets of other streams keep their distance to the pictures.

    Args:
        reader: at its beginning.
        start: hns and the like, or None for the beginning; time stamps then stay as they are.
        end: the same, or None for the end; a picture that begins at `end` is left out. Both count
            from the file's beginning, which need not be at the time stamp 0.

    Raises:
        InvalidArg: `end` is not after `start`.
        InvalidPosition: `start` lies behind the last picture.
    """
    first = 0 if start is None else to_hns(start)
    last = None if end is None else to_hns(end)
    if last is not None and last <= max(first, 0):
        raise InvalidArg(
            f"the end ({last / HNS:g} s) must be after the start ({max(first, 0) / HNS:g} s)"
        )
    if start is not None:
        reader.seek(first + reader.start)
    if start is None and last is None:
        return reader.items()
    stop = None if last is None else Fraction(last + reader.start, HNS)
    return _cut(reader, stop, shift=start is not None)


def _cut(reader: Reader, stop: Fraction | None, *, shift: bool) -> Iterator[Sample | EncodedPacket]:
    origin: Fraction | None = None if shift else Fraction(0)
    early: list[EncodedPacket] = []
    for item in reader.items():
        if isinstance(item, Sample):
            begins = _seconds(item)
            if origin is None:
                origin = begins
                yield from _moved_packets(early, origin, stop)
            if stop is None or begins < stop:
                yield _moved(item, origin)
            elif begins >= stop + _GRACE or not reader.audio:
                return
        elif origin is None:
            early.append(item)
        else:
            yield from _moved_packets([item], origin, stop)


def _seconds(sample: Sample) -> Fraction:
    return (sample.pts or 0) * (sample.time_base or Fraction(1))


def _moved(sample: Sample, origin: Fraction) -> Sample:
    if origin and sample.time_base:
        sample.pts = round((sample.pts or 0) - origin / sample.time_base)
        sample.time = ((_seconds(sample)) * HNS + Fraction(1, 2)).__floor__()
    return sample


def _moved_packets(
    items: list[EncodedPacket], origin: Fraction, stop: Fraction | None
) -> Iterator[EncodedPacket]:
    for item in items:
        packet, base = item.packet, fraction(item.packet.time_base)
        start = packet.pts if packet.pts is not None else packet.dts
        if start is None or base is None:
            continue
        if start * base < origin or (stop is not None and start * base >= stop):
            continue
        offset = round(origin / base)
        if packet.pts is not None:
            packet.pts -= offset
        if packet.dts is not None:
            packet.dts -= offset
        yield item
