"""Setting the media types of a transform that may want either side first.

Source: the basic MFT processing model, "Set Media Types".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Literal, Protocol

from gpumft.errors import (
    AttributeNotFound,
    InvalidMediaType,
    InvalidType,
    MFError,
    NotImplementedMF,
    TransformTypeNotSet,
    UnsupportedD3DType,
)
from gpumft.mft.flags import InputStreamFlags, OutputStreamFlags
from gpumft.mft.infos import InputStreamInfo, OutputStreamInfo

Slot = tuple[Literal["input", "output"], int]
_REFUSED = (InvalidMediaType, InvalidType, AttributeNotFound, UnsupportedD3DType)


class OutputTypes(Protocol):
    """The output types of a transform, as far as they are asked for and set."""

    def available_output_types(self, id: int = 0) -> tuple[object, ...]:
        """What is on offer."""

    def set_output_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        """Set the type of an output."""


class Negotiable(OutputTypes, Protocol):
    """What negotiation asks of a transform: a ``Transform`` and an ``AsyncTransform`` have it."""

    def stream_count(self) -> tuple[int, int]:
        """Number of inputs and outputs."""

    def stream_ids(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Identifiers of inputs and outputs, unless they are fixed."""

    def input_stream_info(self, id: int = 0) -> InputStreamInfo:
        """Whether an input is optional."""

    def output_stream_info(self, id: int = 0) -> OutputStreamInfo:
        """Whether an output is optional."""

    def available_input_types(self, id: int = 0) -> tuple[object, ...]:
        """What is on offer."""

    def set_input_type(self, type: object | None, id: int = 0, *, test_only: bool = False) -> None:
        """Set the type of an input."""

    def input_current_type(self, id: int = 0) -> object:
        """The type of an input."""

    def output_current_type(self, id: int = 0) -> object:
        """The type of an output."""


def negotiate(transform: Negotiable, inputs: object = None, outputs: object = None) -> None:
    """Set the types of all streams, input first, output first or either, as the transform wants.

    An optional stream for which nothing fits stays deselected, as long as one input and one output
    are selected.

    Args:
        transform: the transform, synchronous or asynchronous; nothing is held in it.
        inputs: what the client can deliver: a type, a sequence of types (best first), or None for
            the transform's own list. Types may be whole or partial.
        outputs: what the client can take, likewise.

    Raises:
        InvalidMediaType: nothing fits. The text names both sides' lists and each refusal; the types
            set before are set again.
        CannotChangeMediaTypeWhileProcessing: samples are held.

    Thread-safety: one client at a time.
    """
    ids_in, ids_out = _ids(transform)
    ins: list[Slot] = [("input", id) for id in ids_in]
    outs: list[Slot] = [("output", id) for id in ids_out]
    before = {slot: _current(transform, slot) for slot in ins + outs}
    offers = {"input": _as_list(inputs), "output": _as_list(outputs)}
    refusals: list[str] = []
    for slots in (ins + outs, outs + ins):
        if _settle(transform, slots, offers, refusals) and _is_ready(transform, ins, outs):
            return
        _restore(transform, before)
    raise InvalidMediaType(
        f"no media types fit; the client offers {_names(offers['input'])} as input and "
        f"{_names(offers['output'])} as output, the transform {_own(transform, ins)} and "
        f"{_own(transform, outs)}; refused: {'; '.join(dict.fromkeys(refusals)) or 'none'}"
    )


def renegotiate(transform: OutputTypes, id: int = 0) -> None:
    """Answer a change of format: set the first output type that the transform offers and takes.

    Raises:
        InvalidMediaType: it takes none of them; the text names each refusal.

    Thread-safety: one client at a time.
    """
    refusals = []
    for offered in transform.available_output_types(id):
        try:
            return transform.set_output_type(offered, id)
        except MFError as error:
            refusals.append(f"{offered}: {error}")
    raise InvalidMediaType(
        f"after a change of format no output type fits: {'; '.join(refusals) or 'none offered'}"
    )


def _settle(
    transform: Negotiable,
    slots: Sequence[Slot],
    offers: Mapping[str, list[object] | None],
    refusals: list[str],
) -> bool:
    """Set the first slot's type so that the rest can be set too. False: go the other way round."""
    if not slots:
        return True
    slot, rest = slots[0], slots[1:]
    for candidate in _candidates(transform, slot, offers[slot[0]]):
        try:
            _set(transform, slot, candidate)
        except TransformTypeNotSet:
            return False
        except _REFUSED as error:
            refusals.append(f"{slot[0]} {candidate}: {error}")
            continue
        if _settle(transform, rest, offers, refusals) and _current(transform, slot) is not None:
            return True
    if not _is_optional(transform, slot):
        return False
    _set(transform, slot, None)
    return _settle(transform, rest, offers, refusals)


def _ids(transform: Negotiable) -> tuple[Sequence[int], Sequence[int]]:
    try:
        return transform.stream_ids()
    except NotImplementedMF:  # fixed, and numbered from 0
        n_in, n_out = transform.stream_count()
        return range(n_in), range(n_out)


def _is_ready(transform: Negotiable, ins: Sequence[Slot], outs: Sequence[Slot]) -> bool:
    """Whether an input and an output are selected."""
    return all(any(_current(transform, slot) is not None for slot in side) for side in (ins, outs))


def _is_optional(transform: Negotiable, slot: Slot) -> bool:
    side, id = slot
    with suppress(TransformTypeNotSet):
        if side == "input":
            return InputStreamFlags.OPTIONAL in transform.input_stream_info(id).flags
        return OutputStreamFlags.OPTIONAL in transform.output_stream_info(id).flags
    return False


def _candidates(
    transform: Negotiable, slot: Slot, offered: list[object] | None
) -> Iterator[object]:
    if offered is not None:
        yield from offered
        return
    with suppress(NotImplementedMF, TransformTypeNotSet):
        yield from _available(transform, slot)


def _available(transform: Negotiable, slot: Slot) -> tuple[object, ...]:
    side, id = slot
    if side == "input":
        return transform.available_input_types(id)
    return transform.available_output_types(id)


def _set(transform: Negotiable, slot: Slot, type: object | None) -> None:
    side, id = slot
    if side == "input":
        transform.set_input_type(type, id)
    else:
        transform.set_output_type(type, id)


def _current(transform: Negotiable, slot: Slot) -> object | None:
    side, id = slot
    try:
        if side == "input":
            return transform.input_current_type(id)
        return transform.output_current_type(id)
    except TransformTypeNotSet:
        return None


def _restore(transform: Negotiable, before: Mapping[Slot, object | None]) -> None:
    """Set again what was set before; either side may have to be first, so go round twice."""
    for slot in before:
        _set(transform, slot, None)
    for _ in range(2):
        for slot, type in before.items():
            if type is not None and _current(transform, slot) is None:
                with suppress(MFError):
                    _set(transform, slot, type)


def _as_list(types: object) -> list[object] | None:
    if types is None:
        return None
    # A mapping of attributes is one type, and so is a name.
    if isinstance(types, Sequence) and not isinstance(types, str):
        return list(types)
    return [types]


def _names(types: Sequence[object] | None) -> str:
    return "anything" if types is None else f"[{', '.join(map(str, types))}]"


def _own(transform: Negotiable, slots: Sequence[Slot]) -> str:
    try:
        return ", ".join(_names(_available(transform, slot)) for slot in slots)
    except NotImplementedMF:
        return "has no list"
    except TransformTypeNotSet:
        return "needs the other side first"
