"""What the protocol knows of a sample: its times and its attributes, never its pixels."""

from __future__ import annotations

from collections.abc import MutableMapping
from fractions import Fraction
from typing import Any, Protocol

#: The attribute behind ``Payload.discontinuity``.
DISCONTINUITY = "MFSampleExtension_Discontinuity"


class Payload(Protocol):
    """The part of a sample that transforms and their clients copy from input to output.

    Attributes:
        time: start of the sample in 100 ns, None when unset.
        duration: length in 100 ns, None when unset.
        pts: exact start in units of ``time_base``, None when unset.
        time_base: seconds per unit of ``pts``.
        discontinuity: whether this is the first sample after a break; a view of ``attributes``.
        attributes: everything else, keyed by Media Foundation's names.
    """

    time: int | None
    duration: int | None
    pts: int | None
    time_base: Fraction | None
    discontinuity: bool

    @property
    def attributes(self) -> MutableMapping[str, Any]:
        """Values by Media Foundation's names, "MFSampleExtension_Token" for example."""


def copy_times(source: Payload, output: Payload) -> None:
    """Give `output` the times of `source`, as a transform does for one output per input.

    What is unset in `source` stays as it is in `output`. A discontinuity is passed on only if both
    then start at the same time: at the wrong place it is worse than none.

    Source: founding document, "Discontinuities"; IMFTransform::ProcessOutput.
    """
    if source.time is not None:
        output.time = source.time
    if source.duration is not None:
        output.duration = source.duration
    if source.pts is not None:
        output.pts = source.pts
        output.time_base = source.time_base
    if source.discontinuity and source.time == output.time:
        output.discontinuity = True


def copy_attributes(source: Payload, output: Payload) -> None:
    """Give `output` the attributes of `source`, as the client does for one output per input.

    The discontinuity is left out: where it goes is the transform's decision (`copy_times`).

    Source: founding document, "Sample Attributes" (MFPKEY_EXATTRIBUTE_SUPPORTED unset).
    """
    if source.attributes:
        output.attributes.update(
            (name, value) for name, value in source.attributes.items() if name != DISCONTINUITY
        )
