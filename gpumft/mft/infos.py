"""The structures of IMFTransform: MFT_INPUT_STREAM_INFO and its relatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gpumft.mft.flags import (
    Flow,
    InputStreamFlags,
    OutputBufferStatus,
    OutputStreamFlags,
    ProcessOutputStatus,
)

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class InputStreamInfo:
    """MFT_INPUT_STREAM_INFO.

    Attributes:
        max_latency: longest time between an input and its output, in 100 ns.
        flags: how samples have to be cut and how long they are kept.
        size: smallest buffer in bytes, 0 when any size will do.
        max_lookahead: bytes that are kept before output can be made.
        alignment: bytes; 0 or 1 means none.
    """

    max_latency: int = 0
    flags: InputStreamFlags = InputStreamFlags.NONE
    size: int = 0
    max_lookahead: int = 0
    alignment: int = 0


@dataclass(frozen=True, slots=True)
class OutputStreamInfo:
    """MFT_OUTPUT_STREAM_INFO.

    Attributes:
        flags: among others, who allocates the samples. Look here for that, never at ``size``.
        size: smallest buffer in bytes that a client may hand over.
        alignment: bytes; 0 or 1 means none.
    """

    flags: OutputStreamFlags = OutputStreamFlags.NONE
    size: int = 0
    alignment: int = 0


@dataclass(slots=True)
class OutputDataBuffer(Generic[S]):
    """MFT_OUTPUT_DATA_BUFFER: one stream's place in ``process_output``, filled in there.

    Attributes:
        stream_id: the output stream.
        sample: the client's sample to write into, or None; afterwards the sample produced.
        status: compare with ``==`` to an ``OutputBufferStatus``.
        events: events that belong before the sample, or None.
    """

    stream_id: int = 0
    sample: S | None = None
    status: int = OutputBufferStatus.NONE
    events: list[Any] | None = None


@dataclass(frozen=True, slots=True)
class OutputResult:
    """What ``process_output`` returns: the flow, and the status of the transform as a whole."""

    flow: Flow
    status: ProcessOutputStatus = ProcessOutputStatus.NONE
