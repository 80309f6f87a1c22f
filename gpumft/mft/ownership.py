"""Who allocates an output sample: the matrix of IMFTransform::ProcessOutput."""

from __future__ import annotations

import enum

from gpumft.errors import InvalidArg
from gpumft.mft.flags import OutputStreamFlags, ProcessOutputFlags

# Plain integers: the operators of IntFlag are slow, and this runs once a frame.
_PROVIDES = int(OutputStreamFlags.PROVIDES_SAMPLES)
_MAY_PROVIDE = _PROVIDES | int(OutputStreamFlags.CAN_PROVIDE_SAMPLES)
_MAY_DISCARD = int(OutputStreamFlags.DISCARDABLE) | int(OutputStreamFlags.LAZY_READ)
_DISCARD = int(ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER)


@enum.unique
class Delivery(enum.Enum):
    """What to do for one stream's entry of ``process_output``."""

    FILL = "write into the client's sample"
    PROVIDE = "hand out a sample of the transform"
    DISCARD = "drop the output"


_FILL, _PROVIDE = Delivery.FILL, Delivery.PROVIDE


def delivery(has_sample: bool, flags: int, stream: OutputStreamFlags) -> Delivery:  # noqa: FBT001 - once a frame
    """Return who brings the sample.

    Args:
        has_sample: whether the client put a sample into the entry.
        flags: the `flags` argument of ``process_output``.
        stream: the flags of the output stream.

    Raises:
        InvalidArg: the combination is not allowed.

    Source: IMFTransform::ProcessOutput, "Output Buffers".
    """
    stream_flags = int(stream)
    if has_sample:
        if stream_flags & _PROVIDES:
            raise InvalidArg("the transform provides the output samples: pass an entry without one")
        return _FILL
    if flags & _DISCARD:
        if stream_flags & _MAY_DISCARD:
            return Delivery.DISCARD
        raise InvalidArg("the stream is neither discardable nor lazy-read: pass a sample")
    if stream_flags & _MAY_PROVIDE:
        return _PROVIDE
    raise InvalidArg("the transform does not provide output samples: pass one to write into")
