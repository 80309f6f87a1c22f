"""Rules of process_input and process_output."""

from __future__ import annotations

from gpumft.errors import (
    BufferTooSmall,
    Fail,
    InvalidArg,
    NotAccepting,
    NullPointer,
    TransformTypeNotSet,
)
from gpumft.mft import (
    Flow,
    InputStreamFlags,
    OutputBufferStatus,
    OutputDataBuffer,
    OutputStreamFlags,
    ProcessOutputFlags,
)
from gpumft.samples import MediaBuffer, Sample
from gpumft.testing.conformance.bench import COUNT, FRAME, MOST, Bench
from gpumft.testing.conformance.rule import NotApplicable, expect, refused, rule

_DISCARD = ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER
_MAY_DISCARD = OutputStreamFlags.DISCARDABLE | OutputStreamFlags.LAZY_READ
_PROVIDES = OutputStreamFlags.PROVIDES_SAMPLES | OutputStreamFlags.CAN_PROVIDE_SAMPLES
_UNKNOWN_FLAG = 0x80
_OWN_TIME = 12345


@rule("the basic MFT processing model, Process Data")
def the_documented_steps_work(bench: Bench) -> None:
    """The steps of the founding document, in its order, fail nowhere and make samples."""
    expect(bench.run(bench.typed()), f"{COUNT} pictures make no output")


@rule("IMFTransform::ProcessInput, pSample")
def no_sample_is_refused(bench: Bench) -> None:
    """None instead of a sample is E_POINTER or E_INVALIDARG."""
    made, id = bench.typed(), bench.inputs[0]
    refused("process_input(None)", (NullPointer, InvalidArg), made.process_input, None, id)
    bench.feed(made, 0)
    bench.still_gives(made, 1, "after process_input(None)")


@rule("IMFTransform::ProcessInput, dwFlags")
def input_flags_are_zero(bench: Bench) -> None:
    """Flags of process_input other than 0 are E_INVALIDARG, and the sample is not taken."""
    made, id = bench.typed(), bench.inputs[0]
    refused(
        "process_input with flags 1", InvalidArg, made.process_input, bench.picture(9, id), id, 1
    )
    bench.feed(made, 0)
    bench.still_gives(made, 1, "after refused flags")


@rule("IMFTransform::ProcessInput, ProcessOutput: MF_E_TRANSFORM_TYPE_NOT_SET")
def data_needs_types(bench: Bench) -> None:
    """Without types no data moves."""
    made, id = bench.new(), bench.inputs[0]
    refused(
        "process_input without types",
        (TransformTypeNotSet, NotAccepting),
        made.process_input,
        bench.picture(0, id),
        id,
    )
    entries = [OutputDataBuffer(out, bench.empty_sample(out)) for out in bench.outputs]
    refused("process_output without types", TransformTypeNotSet, made.process_output, entries)


@rule("IMFTransform::ProcessInput: MF_E_NOTACCEPTING")
def a_full_transform_refuses_input(bench: Bench) -> None:
    """While output waits input is MF_E_NOTACCEPTING, and the refused sample is not taken."""
    made, count = bench.full()
    if bench.lazy:
        raise NotApplicable("all its outputs are lazy-read: it takes input always")
    for id in bench.inputs:
        refused(
            "process_input while output waits",
            NotAccepting,
            made.process_input,
            bench.picture(MOST + 1, id),
            id,
        )
    bench.still_gives(made, count, "after a refused input")


@rule("IMFTransform::ProcessOutput, dwFlags")
def unknown_output_flags_are_refused(bench: Bench) -> None:
    """Flags that process_output does not know are E_INVALIDARG, and no output is lost."""
    made, count = bench.full()
    entries = bench.entries(made)
    refused(
        f"process_output with flags {_UNKNOWN_FLAG:#x}",
        InvalidArg,
        made.process_output,
        entries,
        _UNKNOWN_FLAG,
    )
    bench.still_gives(made, count, "after refused flags")


@rule("IMFTransform::ProcessOutput, cOutputBufferCount and pOutputSamples")
def output_entries_are_counted(bench: Bench) -> None:
    """Too few or too many entries are E_INVALIDARG, None is E_POINTER too; no output is lost."""
    made, count = bench.full()
    entries = bench.entries(made)
    for wrong in ([], [*entries, OutputDataBuffer(77)]):
        refused(f"process_output with {len(wrong)} entries", InvalidArg, made.process_output, wrong)
    refused("process_output(None)", (NullPointer, InvalidArg), made.process_output, None)
    bench.still_gives(made, count, "after refused entries")


@rule("IMFTransform::ProcessOutput: MF_E_TRANSFORM_NEED_MORE_INPUT")
def nothing_to_output_touches_nothing(bench: Bench) -> None:
    """Without output the flow is NEED_MORE_INPUT, the statuses are 0 and samples are untouched."""
    made = bench.typed()
    entries = bench.entries(made)
    samples = [entry.sample for entry in entries]
    for sample in filter(None, samples):
        sample.time = _OWN_TIME
        for plane in sample.planes:
            plane[...] = 7
    result = made.process_output(entries)
    expect(result.flow is Flow.NEED_MORE_INPUT, f"without input it answers {result.flow.name}")
    expect(result.status == 0, f"the status is {result.status:#x}")
    for entry, sample in zip(entries, samples, strict=True):
        expect(entry.status == 0, f"the status of stream {entry.stream_id} is {entry.status:#x}")
        expect(entry.sample is sample, "the entry holds another sample than before")
        if sample is not None:
            untouched = sample.time == _OWN_TIME and sample.total_length == 0
            untouched = untouched and all((plane == 7).all() for plane in sample.planes)
            expect(untouched, "the client's sample was written")


@rule("IMFTransform::ProcessOutput, Output Buffers")
def the_flags_say_who_brings_samples(bench: Bench) -> None:
    """A sample given or missing against the flags is E_INVALIDARG; no output is lost."""
    made, count = bench.full()
    for place, id in enumerate(bench.outputs):
        flags = made.output_stream_info(id).flags
        entries = bench.entries(made)
        if flags & OutputStreamFlags.PROVIDES_SAMPLES:
            entries[place].sample = bench.empty_sample(id)
            what = "a sample for a stream that provides its own"
        elif flags & _PROVIDES:
            continue
        else:
            entries[place].sample = None
            what = "no sample for a stream that provides none"
        refused(what, InvalidArg, made.process_output, entries)
    bench.still_gives(made, count, "after a refused entry")


@rule("IMFTransform::ProcessOutput, MFT_PROCESS_OUTPUT_DISCARD_WHEN_NO_BUFFER")
def output_is_discarded_only_by_consent(bench: Bench) -> None:
    """Only discardable and lazy-read streams discard on request; others say E_INVALIDARG."""
    made, count = bench.full()
    entries: list[OutputDataBuffer[Sample]] = [OutputDataBuffer(id) for id in bench.outputs]
    if all(made.output_stream_info(id).flags & _MAY_DISCARD for id in bench.outputs):
        made.process_output(entries, _DISCARD)
        expect(not any(entry.sample for entry in entries), "a discarded output has a sample")
        return
    refused(
        "discarding from a stream that is not discardable",
        InvalidArg,
        made.process_output,
        entries,
        _DISCARD,
    )
    bench.still_gives(made, count, "after a refused discard")


@rule("IMFTransform::ProcessOutput: MF_E_BUFFERTOOSMALL")
def a_small_buffer_loses_nothing(bench: Bench) -> None:
    """A sample too small, or without a buffer, is refused; the input is kept for another try."""
    made, count = bench.full()
    if any(bench.provides(made, id) for id in bench.outputs):
        raise NotApplicable("it provides its samples")
    for what, sample in (
        ("a buffer of 1 byte", Sample(MediaBuffer(1))),
        ("a sample without a buffer", Sample()),
    ):
        entries = [OutputDataBuffer(id, sample) for id in bench.outputs]
        refused(what, (BufferTooSmall, InvalidArg, Fail), made.process_output, entries)
    bench.still_gives(made, count, "after a buffer that was too small")


@rule("IMFTransform::ProcessOutput, pSample")
def the_clients_sample_is_the_output(bench: Bench) -> None:
    """The picture is written into the client's own sample, which stays in its entry."""
    made, count = bench.full()
    if any(bench.provides(made, id) for id in bench.outputs):
        raise NotApplicable("it provides its samples")
    entries = bench.entries(made)
    samples = [entry.sample for entry in entries]
    made.process_output(entries)
    for entry, sample in zip(entries, samples, strict=True):
        if entry.status == OutputBufferStatus.NO_SAMPLE:
            continue
        expect(entry.sample is sample, "another sample than the client's came out")
    expect(bench.expected(count), "nothing came out")


@rule("IMFMediaBuffer::SetCurrentLength; IMFTransform::ProcessOutput")
def the_length_of_output_is_set(bench: Bench) -> None:
    """The current length of an output's buffer is that of the picture."""
    made, _ = bench.full()
    entries = bench.entries(made)
    made.process_output(entries)
    for entry in entries:
        if entry.sample is not None:
            length = entry.sample.total_length
            expect(length > 0, f"stream {entry.stream_id}: the length of the output is {length}")


@rule("_MFT_OUTPUT_DATA_BUFFER_FLAGS")
def statuses_of_entries_are_set(bench: Bench) -> None:
    """After OK a status is 0, INCOMPLETE where more is ready, or NO_SAMPLE where none was made."""
    made, _ = bench.full()
    entries = bench.entries(made)
    expect(made.process_output(entries).flow is Flow.OK, "output is ready, but the flow is not OK")
    more = bench.ready(made)
    for entry in entries:
        if entry.status == OutputBufferStatus.NO_SAMPLE:
            continue
        wanted = OutputBufferStatus.INCOMPLETE if more else OutputBufferStatus.NONE
        expect(
            entry.status == wanted or (more and len(entries) > 1),
            f"stream {entry.stream_id} says {entry.status:#x}, more is {more}",
        )


@rule("IMFTransform::ProcessInput; MFT_INPUT_STREAM_PROCESSES_IN_PLACE")
def input_is_left_alone(bench: Bench) -> None:
    """Input samples are read only, unless they are processed in place."""
    made = bench.typed()
    flags = [made.input_stream_info(id).flags for id in bench.inputs]
    if any(flag & InputStreamFlags.PROCESSES_IN_PLACE for flag in flags):
        raise NotApplicable("it processes in place")
    for index in range(2):
        given = bench.feed(made, index)
        bench.take_all(made)
        for sample in given:
            fresh = bench.picture(index)
            expect(sample.time == index * FRAME, "the time of the input was changed")
            expect(sample.attributes == fresh.attributes, "the input's attributes were changed")
            if sample.type == fresh.type:
                same = all(
                    (one == two).all() or one.dtype.kind == "f"
                    for one, two in zip(sample.to_numpy(), fresh.to_numpy(), strict=True)
                )
                expect(same, "the picture of the input was changed")


RULES = (
    the_documented_steps_work,
    no_sample_is_refused,
    input_flags_are_zero,
    data_needs_types,
    a_full_transform_refuses_input,
    unknown_output_flags_are_refused,
    output_entries_are_counted,
    nothing_to_output_touches_nothing,
    the_flags_say_who_brings_samples,
    output_is_discarded_only_by_consent,
    a_small_buffer_loses_nothing,
    the_clients_sample_is_the_output,
    the_length_of_output_is_set,
    statuses_of_entries_are_set,
    input_is_left_alone,
)
