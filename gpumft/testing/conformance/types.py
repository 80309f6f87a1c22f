"""Rules of media types and of the two statuses."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from copy import copy
from typing import Any

from gpumft.errors import (
    AttributeNotFound,
    CannotChangeMediaTypeWhileProcessing,
    InvalidMediaType,
    InvalidType,
    MFError,
    NoMoreTypes,
    NotAccepting,
    NotImplementedMF,
    TransformTypeNotSet,
)
from gpumft.media import PartialType, VideoType
from gpumft.mft import Flow, InputStreamFlags, Message, OutputStreamFlags
from gpumft.testing.conformance.bench import COUNT, Bench, completed, video
from gpumft.testing.conformance.rule import (
    Broken,
    NotApplicable,
    expect,
    optional,
    refused,
    rule,
)

_LONGEST = 1000
_NO_TYPE = (InvalidMediaType, InvalidType, AttributeNotFound)
_NO_LIST = (NotImplementedMF, TransformTypeNotSet)
_CURRENT = ("input_current_type", "output_current_type")


@rule("IMFTransform::GetInputAvailableType, GetOutputAvailableType")
def lists_of_types_end(bench: Bench) -> None:
    """A list of types ends with MF_E_NO_MORE_TYPES; no list at all is E_NOTIMPL."""
    made = bench.typed()
    for ask, ids in (
        (made.input_available_type, bench.inputs),
        (made.output_available_type, bench.outputs),
    ):
        for id in ids:
            _ends(ask, id)


def _ends(ask: Callable[[int, int], object], id: int) -> None:
    for index in range(_LONGEST):
        try:
            ask(index, id)
        except (NoMoreTypes, *_NO_LIST):
            return
    raise Broken(f"the list of types has more than {_LONGEST} entries")


@rule("IMFTransform::GetInputAvailableType: a new object at each call")
def lists_of_types_are_the_clients(bench: Bench) -> None:
    """What a client does to a type or a list that it was given changes nothing in the transform."""
    made = bench.typed()
    for id in bench.inputs:
        listed = optional(made.available_input_types, id)
        if not listed:
            continue
        before = [copy(offer) for offer in listed]
        for offer in listed:
            if isinstance(offer, MutableMapping):
                offer.clear()
        if isinstance(listed, list):
            listed.clear()
        expect(list(made.available_input_types(id)) == before, f"input {id}'s list was edited")


@rule("IMFTransform::GetInputAvailableType, SetInputType")
def listed_types_can_be_set(bench: Bench) -> None:
    """A type on offer, completed where it is partial, is taken."""
    made = bench.new()
    for id in bench.inputs:
        try:
            offers = made.available_input_types(id)
        except _NO_LIST:
            continue
        for offer in offers:
            _taken(f"input {id}", completed(offer), id, made.set_input_type)
    made = bench.typed()
    for id in bench.outputs:
        for offer in optional(made.available_output_types, id) or ():
            _taken(f"output {id}", offer, id, made.set_output_type)


def _taken(what: str, offer: object, id: int, set_type: Callable[..., None]) -> None:
    try:
        set_type(offer, id, test_only=True)
    except TransformTypeNotSet:
        return
    except MFError as error:
        raise Broken(f"{what} offers {offer} and refuses it: {error}") from error


@rule("IMFTransform::GetInputCurrentType, GetOutputCurrentType")
def types_are_unset_at_first(bench: Bench) -> None:
    """Before types are set there is no current one: MF_E_TRANSFORM_TYPE_NOT_SET."""
    made = bench.new()
    for id in bench.inputs:
        refused("input_current_type", TransformTypeNotSet, made.input_current_type, id)
    for id in bench.outputs:
        refused("output_current_type", TransformTypeNotSet, made.output_current_type, id)


@rule("IMFTransform::SetInputType, GetInputCurrentType")
def types_are_read_back(bench: Bench) -> None:
    """The current types are those that were set."""
    made = bench.new()
    try:
        bench.set_types(made)
    except MFError as error:
        raise Broken(f"the types that it told cannot be set: {error}") from error
    for ask, types in (
        (made.input_current_type, bench.input_types),
        (made.output_current_type, bench.output_types),
    ):
        for id, type in types.items():
            now = video(ask(id))
            expect(_shape(now) == _shape(type), f"{type} was set, {now} is read back")


def _shape(type: VideoType) -> tuple[object, ...]:
    return type.format, type.size, type.frame_rate


@rule("IMFTransform::SetInputType: the transform keeps a copy")
def types_are_kept_by_value(bench: Bench) -> None:
    """Editing a type after it was set does not change the transform's own."""
    made = bench.new()
    id, type = next(iter(bench.input_types.items()))
    given: dict[str, Any] = type.to_attributes()
    try:
        made.set_input_type(given, id)
    except (*_NO_TYPE, TransformTypeNotSet) as error:
        raise NotApplicable("it takes no mapping of attributes") from error
    given.clear()
    now = made.input_current_type(id)
    expect(now, "the current type was emptied along with the client's")
    expect(video(now).format == type.format, "the current type changed along with the client's")


@rule("IMFTransform::SetInputType, MFT_SET_TYPE_TEST_ONLY")
def testing_a_type_changes_nothing(bench: Bench) -> None:
    """With test_only nothing changes, whether the type is taken or not."""
    made = bench.typed()
    for id, type in bench.input_types.items():
        for other in (type.replace(size=(32, 24)), None):
            try:
                made.set_input_type(other, id, test_only=True)
            except MFError:
                continue
    for id in bench.outputs:
        made.set_output_type(None, id, test_only=True)
    _unchanged(bench, made, "after testing types")
    _still_works(bench, made, "after testing types")


@rule("IMFTransform::SetInputType with NULL")
def none_clears_a_type(bench: Bench) -> None:
    """None clears a type, which stops the data until it is set again."""
    made = bench.typed()
    id, type = next(iter(bench.input_types.items()))
    made.set_input_type(None, id)
    refused("input_current_type", TransformTypeNotSet, made.input_current_type, id)
    refused(
        "process_input without a type",
        (TransformTypeNotSet, NotAccepting),
        made.process_input,
        bench.picture(0, id),
        id,
    )
    made.set_input_type(type, id)
    for out, wanted in bench.output_types.items():
        made.set_output_type(wanted, out)
    _still_works(bench, made, "after a type was cleared and set again")


@rule("IMFTransform::SetInputType, SetOutputType")
def what_is_no_type_is_refused(bench: Bench) -> None:
    """Something that is no media type is refused, and the types stay as they are."""
    made = bench.typed()
    for wrong in (object(), 7):
        for id in bench.inputs:
            refused(f"input type {wrong!r}", _NO_TYPE, made.set_input_type, wrong, id)
        for id in bench.outputs:
            refused(f"output type {wrong!r}", _NO_TYPE, made.set_output_type, wrong, id)
    _unchanged(bench, made, "after a refused type")
    _still_works(bench, made, "after a refused type")


@rule("IMFTransform::SetInputType: MF_E_ATTRIBUTENOTFOUND")
def types_need_a_frame_size(bench: Bench) -> None:
    """An input type without a frame size is MF_E_ATTRIBUTENOTFOUND or MF_E_INVALIDMEDIATYPE."""
    made = bench.new()
    for id, type in bench.input_types.items():
        partial = PartialType(format=type.format)
        refused(
            "a type without a size",
            (AttributeNotFound, InvalidMediaType, TransformTypeNotSet),
            made.set_input_type,
            partial,
            id,
        )


@rule("IMFTransform::SetInputType: MF_E_TRANSFORM_CANNOT_CHANGE_MEDIATYPE_WHILE_PROCESSING")
def types_hold_while_data_is_held(bench: Bench) -> None:
    """While samples are held no type changes, without support for dynamic format changes."""
    made, count = bench.full()
    if made.attributes.get("MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE"):
        raise NotApplicable("it supports dynamic format changes")
    id, type = next(iter(bench.input_types.items()))
    for test_only in (True, False):
        refused(
            f"set_input_type, test_only={test_only}, while samples are held",
            CannotChangeMediaTypeWhileProcessing,
            made.set_input_type,
            type,
            id,
            test_only=test_only,
        )
    bench.still_gives(made, count, "after a refused change of type")


@rule("IMFTransform::GetInputStatus, GetOutputStatus")
def status_needs_types(bench: Bench) -> None:
    """Before types are set there is no status, of optional streams none or 0."""
    made, typed = bench.new(), bench.typed()
    missing = TransformTypeNotSet, NotImplementedMF
    for id in bench.inputs:
        if not typed.input_stream_info(id).flags & InputStreamFlags.OPTIONAL:
            refused("input_status", missing, made.input_status, id)
    flags = [typed.output_stream_info(id).flags for id in bench.outputs]
    if not all(each & OutputStreamFlags.OPTIONAL for each in flags):
        refused("output_status", missing, made.output_status)


@rule("IMFTransform::GetOutputStatus; ProcessInput: exactly one of accept and produce")
def status_tells_the_truth(bench: Bench) -> None:
    """At each moment exactly one holds: an input takes a sample, or there is output."""
    made = bench.typed()
    for index in range(COUNT):
        _either(bench, made, f"before picture {index}")
        bench.feed(made, index)
        _either(bench, made, f"after picture {index}")
        bench.take_all(made)
    made.process_message(Message.DRAIN)
    _either(bench, made, "after a drain was asked for")


def _either(bench: Bench, made: Any, when: str) -> None:
    try:
        produces = bool(made.output_status())
    except NotImplementedMF:
        return
    accepts = any(made.input_status(id) for id in bench.inputs)
    if not bench.lazy:
        expect(accepts is not produces, f"{when} it says accepts={accepts}, produces={produces}")
    if not produces:
        flow = made.process_output(bench.entries(made)).flow
        expect(
            flow is Flow.NEED_MORE_INPUT,
            f"{when} it says there is no output, but gives {flow.name}",
        )


def _unchanged(bench: Bench, made: Any, after: str) -> None:
    for name, types in zip(_CURRENT, (bench.input_types, bench.output_types), strict=True):
        for id, type in types.items():
            try:
                now = video(getattr(made, name)(id))
            except TransformTypeNotSet as error:
                raise Broken(f"{after} the {name} is gone") from error
            expect(_shape(now) == _shape(type), f"{after} the {name} is {now}, not {type}")


def _still_works(bench: Bench, made: Any, after: str) -> None:
    expected = bench.expected(1)
    bench.feed(made, 0)
    found = bench.take_all(made) + bench.finish(made)
    expect(len(found) == len(expected), f"{after} one picture makes {len(found)} samples")


RULES = (
    lists_of_types_end,
    lists_of_types_are_the_clients,
    listed_types_can_be_set,
    types_are_unset_at_first,
    types_are_read_back,
    types_are_kept_by_value,
    testing_a_type_changes_nothing,
    none_clears_a_type,
    what_is_no_type_is_refused,
    types_need_a_frame_size,
    types_hold_while_data_is_held,
    status_needs_types,
    status_tells_the_truth,
)
