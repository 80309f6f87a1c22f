"""Handing output to the client: what ``process_output`` checks and fills in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from gpumft.errors import InvalidArg, InvalidStreamNumber, NotImplementedMF, NullPointer
from gpumft.mft.asynchronous.entries import Change, Entry, Output
from gpumft.mft.flags import Flow, OutputBufferStatus, OutputStreamFlags, ProcessOutputFlags
from gpumft.mft.infos import OutputDataBuffer, OutputResult
from gpumft.mft.ownership import Delivery, delivery
from gpumft.mft.payload import Payload

S = TypeVar("S", bound=Payload)

_KNOWN_FLAGS = int(
    ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER | ProcessOutputFlags.REGENERATE_LAST_OUTPUT
)


def stream_in(id: object, ids: Sequence[int], side: str) -> int:
    """Return `id`, one of `ids`. Raises InvalidStreamNumber: it is none of them."""
    if not isinstance(id, int) or id not in ids:
        raise InvalidStreamNumber(f"there is no {side} stream {id}, only {list(ids)}")
    return id


def check_output(buffers: Sequence[OutputDataBuffer[S]], flags: int) -> None:
    """Check what does not depend on the state.

    Raises:
        NullPointer: there is no list of buffers, or no buffer in an entry.
        InvalidArg: the flags are not known.
        NotImplementedMF: REGENERATE_LAST_OUTPUT.
    """
    if buffers is None:
        raise NullPointer("process_output needs a list of buffers, not None")
    if any(buffer is None for buffer in buffers):
        raise NullPointer("an entry of process_output is None; give an OutputDataBuffer")
    if flags & ~_KNOWN_FLAGS:
        raise InvalidArg(f"process_output does not know the flags {flags & ~_KNOWN_FLAGS:#x}")
    if flags & int(ProcessOutputFlags.REGENERATE_LAST_OUTPUT):
        raise NotImplementedMF("an asynchronous transform cannot make its last output again")


def hand_over(
    entry: Entry[S],
    buffers: Sequence[OutputDataBuffer[S]],
    flags: int,
    *,
    selected: Collection[int],
    by_place: bool,
) -> OutputResult:
    """Fill the client's entries; a call that raises has filled none.

    Args:
        entry: what is ready.
        buffers: the client's entries, one an output stream.
        flags: ``ProcessOutputFlags``.
        selected: the outputs that the client knows with a type; some may be newer than the entry.
        by_place: whether entries count by their place and not by ``stream_id``.

    Raises:
        InvalidArg: a wrong number of entries, or an entry with a sample.
        InvalidStreamNumber: an entry for a stream that does not exist.
    """
    if not isinstance(entry, Output | Change):
        return OutputResult(Flow.OK)
    outputs = sorted({*entry.outputs, *selected})
    if len(buffers) != len(outputs):
        raise InvalidArg(
            f"process_output needs one entry for each selected output stream ({len(outputs)}), "
            f"not {len(buffers)}"
        )
    ids = outputs if by_place else [buffer.stream_id for buffer in buffers]
    for id in ids:
        stream_in(id, outputs, "output")
    if len({*ids}) < len(ids):
        raise InvalidArg(f"process_output has several entries for one output stream: {ids}")
    if isinstance(entry, Change):
        for buffer, id in zip(buffers, ids, strict=True):
            buffer.status = entry.status_of(id)
        return OutputResult(Flow.STREAM_CHANGE, entry.status)
    how = [
        delivery(
            has_sample=buffer.sample is not None,
            flags=flags,
            stream=entry.flags.get(id, OutputStreamFlags.NONE) | OutputStreamFlags.PROVIDES_SAMPLES,
        )
        for buffer, id in zip(buffers, ids, strict=True)
    ]
    for buffer, id, each in zip(buffers, ids, how, strict=True):
        made = entry.buffers.get(id)
        if made is None or each is Delivery.DISCARD:
            buffer.sample, buffer.status = None, OutputBufferStatus.NO_SAMPLE
        else:
            buffer.sample, buffer.status = made.sample, made.status
        buffer.events = made.events if made else None
    return OutputResult(Flow.OK)
