"""Times where encoders differ: units that some cannot count in, an order that one does not tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from av.packet import Packet

from gpumft.errors import InvalidMediaType
from gpumft.media import VideoType
from gpumft.pipeline.files import codecs
from gpumft.pipeline.files.native import fraction

_MOST_UNITS = {"mpeg4": (1 << 16) - 1}
"""Units of a second that an encoder can count: its stream keeps them in so many bits."""

_LATE_ORDER = {"libx265": 2}
"""Pictures in a clip up to which an encoder does not say when they are to be decoded."""


def encoder_time_base(codec: str, type: VideoType, wanted: Fraction) -> Fraction:
    """Return `wanted`, or the length of a picture where the encoder counts in nothing finer.

    MPEG-1 and MPEG-2 streams keep a frame rate of a list and no time stamps; MPEG-4 streams keep a
    clock of at most 65535 units a second.

    Args:
        codec: the encoder.
        type: of the pictures.
        wanted: seconds per unit of their time stamps.

    Raises:
        InvalidMediaType: it does not count in `wanted`, and the type's frame rate is none of its,
            or not known.

    Thread-safety: any thread.
    """
    listed: Iterable[Any] = codecs.encoder(codec).frame_rates or ()
    rates = {rate for rate in map(fraction, listed) if rate is not None}

    def counts_in(base: Fraction) -> bool:
        fits = base.denominator <= _MOST_UNITS.get(codec, base.denominator)
        return fits and (not rates or 1 / base in rates)

    if counts_in(wanted):
        return wanted
    own = type.frame_rate
    if own is None:
        raise InvalidMediaType(
            f"{codec} does not count time in units of {wanted} s; give the type its frame_rate"
        )
    if not counts_in(1 / own):
        near = sorted(rates, key=lambda rate: abs(rate - own))[:3]
        told = f"; the nearest that it has are {', '.join(map(str, near))}" if near else ""
        raise InvalidMediaType(f"{codec} has no frame rate of {own}{told}")
    return 1 / own


def settle_decoding_times(codec: str, packets: Sequence[Packet[Any]], pictures: int) -> None:
    """Set the decoding times of a whole clip that is too short for its encoder to know them.

    libx265 sees how far decoding runs ahead when the third picture comes; of one or two it gives
    what lay in its memory. No picture of such a clip refers to a later one: they are decoded in the
    order in which they are shown.

    Args:
        codec: the encoder.
        packets: what the end of the clip has brought.
        pictures: how many there are in the clip.
    """
    if pictures <= _LATE_ORDER.get(codec, 0):
        for packet in packets:
            packet.dts = packet.pts
