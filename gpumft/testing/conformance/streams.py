"""Rules of streams, their information and attributes."""

from __future__ import annotations

from gpumft.errors import (
    BufferTooSmall,
    InvalidArg,
    InvalidStreamNumber,
    MFError,
    NotImplementedMF,
    TransformTypeNotSet,
)
from gpumft.mft import InputStreamFlags, OutputDataBuffer, OutputStreamFlags
from gpumft.samples import MediaBuffer, Sample
from gpumft.testing.conformance.bench import WRONG_STREAM, Bench, stream_ids
from gpumft.testing.conformance.rule import Broken, NotApplicable, expect, refused, rule

_EITHER = OutputStreamFlags.PROVIDES_SAMPLES | OutputStreamFlags.CAN_PROVIDE_SAMPLES


@rule("IMFTransform::GetStreamLimits, GetStreamCount")
def stream_limits_hold_the_count(bench: Bench) -> None:
    """The number of streams lies between the limits."""
    made = bench.new()
    limits, counts = made.stream_limits(), made.stream_count()
    for count, least, most in zip(counts, limits[::2], limits[1::2], strict=True):
        expect(least <= count <= most, f"{count} streams are not within {least} to {most}")


@rule("IMFTransform::GetStreamIDs")
def stream_numbers_are_told_or_fixed(bench: Bench) -> None:
    """Stream numbers are E_NOTIMPL (fixed, from 0), or as many different ones as streams."""
    made = bench.new()
    for ids, count in zip(stream_ids(made), made.stream_count(), strict=True):
        expect(
            len(ids) == count == len(set(ids)),
            f"the numbers {list(ids)} are not {count} different ones",
        )


@rule("IMFTransform::AddInputStreams, DeleteInputStream")
def fixed_streams_stay(bench: Bench) -> None:
    """A transform whose limits are equal adds and removes no streams: E_NOTIMPL."""
    if not bench.fixed:
        raise NotApplicable("its streams are not fixed")
    made = bench.new()
    refused("add_input_streams", NotImplementedMF, made.add_input_streams, (77,))
    refused("delete_input_stream", NotImplementedMF, made.delete_input_stream, 0)


@rule("IMFTransform, every method with a stream number")
def wrong_stream_numbers_are_refused(bench: Bench) -> None:
    """No such stream is MF_E_INVALIDSTREAMNUMBER, of optional methods also E_NOTIMPL."""
    made, wrong = bench.typed(), WRONG_STREAM
    input = next(iter(bench.input_types.values()))
    output = next(iter(bench.output_types.values()))
    required: dict[str, tuple[object, ...]] = {
        "input_stream_info": (),
        "output_stream_info": (),
        "set_input_type": (input,),
        "set_output_type": (output,),
        "input_current_type": (),
        "output_current_type": (),
        "input_status": (),
        "process_input": (bench.picture(0),),
    }
    for name, before in required.items():
        refused(name, InvalidStreamNumber, getattr(made, name), *before, wrong)
    optional: dict[str, tuple[object, ...]] = {
        "input_available_type": (0,),
        "output_available_type": (0,),
        "input_stream_attributes": (),
        "output_stream_attributes": (),
        "process_event": (object(),),
    }
    for name, before in optional.items():
        either = InvalidStreamNumber, NotImplementedMF
        refused(name, either, getattr(made, name), *before, wrong)


@rule("IMFTransform::GetAttributes, GetInputStreamAttributes, GetOutputStreamAttributes")
def attributes_are_one_object(bench: Bench) -> None:
    """Attributes are the same object at each call, or E_NOTIMPL."""
    made = bench.new()
    expect(made.attributes is made.attributes, "each look at attributes finds another object")
    for ask, ids in (
        (made.input_stream_attributes, bench.inputs),
        (made.output_stream_attributes, bench.outputs),
    ):
        for id in ids:
            try:
                expect(ask(id) is ask(id), f"stream {id}: each call returns another object")
            except NotImplementedMF:
                continue


@rule("IMFTransform::GetInputStreamInfo, GetOutputStreamInfo")
def stream_infos_answer_before_types(bench: Bench) -> None:
    """Stream information is given, or is MF_E_TRANSFORM_TYPE_NOT_SET, before types are set."""
    made = bench.new()
    for ask, ids in (
        (made.input_stream_info, bench.inputs),
        (made.output_stream_info, bench.outputs),
    ):
        for id in ids:
            try:
                ask(id)
            except TransformTypeNotSet:
                continue


@rule("_MFT_INPUT_STREAM_INFO_FLAGS, _MFT_OUTPUT_STREAM_INFO_FLAGS")
def stream_flags_do_not_contradict(bench: Bench) -> None:
    """Samples are provided or can be, not both; in place needs either, and references."""
    made = bench.typed()
    outputs = [made.output_stream_info(id).flags for id in bench.outputs]
    for id, flags in zip(bench.outputs, outputs, strict=True):
        expect(flags & _EITHER != _EITHER, f"output {id} both provides and can provide samples")
    for id in bench.inputs:
        flags = made.input_stream_info(id).flags
        if flags & InputStreamFlags.PROCESSES_IN_PLACE:
            expect(any(out & _EITHER for out in outputs), f"input {id} is in place, no output is")
            kept = not flags & InputStreamFlags.DOES_NOT_ADDREF
            expect(kept, f"input {id} is processed in place without a reference to it")


@rule("IMFTransform::GetOutputStreamInfo, cbSize")
def the_told_size_is_enough(bench: Bench) -> None:
    """A plain buffer of the size told, which is not 0 where clients bring it, is enough."""
    made, count = bench.full()
    if any(bench.provides(made, id) for id in bench.outputs):
        raise NotApplicable("it provides its samples")
    entries = []
    for id in bench.outputs:
        size = made.output_stream_info(id).size
        expect(size > 0, f"output {id} says 0, but clients have to bring its samples")
        entries.append(OutputDataBuffer(id, Sample(MediaBuffer(size))))
    try:
        made.process_output(entries)
    except (BufferTooSmall, InvalidArg) as error:
        raise Broken(f"a buffer of the size told is refused: {error}") from error
    first = bench.expected(count)[: len(entries)]
    for entry, other in zip(entries, first, strict=False):
        if entry.sample is not None:
            expect(bench.copied(entry).same(other), "in a plain buffer the picture differs")


@rule("IMFTransform::SetOutputBounds")
def output_bounds_are_kept(bench: Bench) -> None:
    """Output bounds are E_NOTIMPL, or what ends before or begins after them is left out."""
    expected, made = bench.expected(), bench.typed()
    lower, upper = 400_000 * 2, 400_000 * 3
    try:
        made.set_output_bounds(lower, upper)
    except NotImplementedMF as error:
        raise NotApplicable("it has no output bounds") from error
    times = [taken.time for taken in bench.run(made)]
    wanted = [
        taken.time
        for taken in expected
        if taken.time is None
        or (taken.time + (taken.duration or 0) >= lower and taken.time <= upper)
    ]
    expect(times == wanted, f"between {lower} and {upper} come {times}, not {wanted}")


@rule("IMFTransform::ProcessEvent")
def events_have_an_owner(bench: Bench) -> None:
    """An event is left to the client, or kept (True) and returned with the next output."""
    made, event = bench.typed(), object()
    try:
        kept = made.process_event(event, bench.inputs[0])
    except MFError:
        return
    expect(kept in (True, False), f"process_event returns {kept!r}, not True or False")
    returned: list[object] = []
    for index in range(3):
        bench.feed(made, index)
        while bench.ready(made):
            entries = bench.entries(made)
            made.process_output(entries)
            returned += [each for entry in entries for each in entry.events or ()]
    expect((event in returned) is kept, f"it answers {kept}, but returned {len(returned)} events")


RULES = (
    stream_limits_hold_the_count,
    stream_numbers_are_told_or_fixed,
    fixed_streams_stay,
    wrong_stream_numbers_are_refused,
    attributes_are_one_object,
    stream_infos_answer_before_types,
    stream_flags_do_not_contradict,
    the_told_size_is_enough,
    output_bounds_are_kept,
    events_have_an_owner,
)
