"""Rules of what happens to samples: times, attributes, rows, ownership, streams that are equal."""

from __future__ import annotations

import gc
import threading
import weakref
from contextlib import suppress
from typing import Any

from gpumft.errors import NotAccepting
from gpumft.mft import Message, OutputDataBuffer
from gpumft.samples import Buffer2D, Sample
from gpumft.testing.conformance.bench import COUNT, FRAME, Bench, Taken, same_pictures
from gpumft.testing.conformance.rule import Broken, NotApplicable, expect, rule

_OWN = 777
_ROUNDS = 12


def _alone(bench: Bench) -> Any:
    """A typed transform of which each input makes one output, at once or later."""
    if not bench.one_to_one:
        raise NotApplicable("it answers for attributes and times itself")
    if len(bench.inputs) != 1:
        raise NotApplicable("it has several inputs")
    return bench.typed()


def _outputs(bench: Bench, made: Any, given: Sample) -> list[Sample]:
    """What comes of one sample, into samples with times of their own."""
    made.process_input(given, bench.inputs[0])
    made.process_message(Message.DRAIN)
    entries = bench.entries(made)
    for entry in entries:
        if entry.sample is not None:
            entry.sample.time = entry.sample.duration = _OWN
    made.process_output(entries)
    return [entry.sample for entry in entries if entry.sample is not None]


@rule("MFPKEY_EXATTRIBUTE_SUPPORTED; the basic MFT processing model, Sample Attributes")
def attributes_have_an_owner(bench: Bench) -> None:
    """Not one output for one input: then MFPKEY_EXATTRIBUTE_SUPPORTED is set."""
    _alone(bench)
    wanted = COUNT * len(bench.outputs)
    found = len(bench.expected())
    expect(found == wanted, f"the attribute is unset, but {COUNT} pictures make {found} samples")


@rule("IMFTransform::ProcessOutput: time stamp and duration")
def times_go_with_the_picture(bench: Bench) -> None:
    """One for one, an output has the time and the duration of its input."""
    _alone(bench)
    found = bench.expected()
    for id in bench.outputs:
        times = [(taken.time, taken.duration) for taken in found if taken.stream == id]
        wanted = [(index * FRAME, FRAME) for index in range(len(times))]
        expect(times == wanted, f"output {id} has the times {times}, not {wanted}")


@rule("IMFTransform::ProcessOutput: unset times leave the output's own")
def unset_times_are_not_invented(bench: Bench) -> None:
    """An input without a time leaves the time of the client's sample as it is."""
    made = _alone(bench)
    if any(bench.provides(made, id) for id in bench.outputs):
        raise NotApplicable("it provides its samples")
    given = bench.picture(0)
    given.time = given.duration = None
    for out in _outputs(bench, made, given):
        told = (out.time, out.duration)
        expect(told == (_OWN, _OWN), f"without times in the input the output has {told}")


@rule("MFSampleExtension_Discontinuity; the basic MFT processing model, Discontinuities")
def a_discontinuity_keeps_its_place(bench: Bench) -> None:
    """A discontinuity goes on to an output with the input's time stamp, and to no other."""
    for flag in (True, False):
        made, given = _alone(bench), bench.picture(0)
        given.discontinuity = flag
        for out in _outputs(bench, made, given):
            passed = bool(out.discontinuity) is flag or out.time != given.time
            expect(passed, f"an input with discontinuity={flag} makes {out.discontinuity}")


class _Watched(Buffer2D):
    """A Buffer2D that notes who reaches for its bytes in a line."""

    locked = 0

    def lock(self) -> memoryview:
        self.locked += 1
        return super().lock()


def _watched(sample: Sample, type: Any) -> Sample:
    buffer = _Watched(type.format, type.size)
    for plane, values in zip(buffer.planes, sample.planes, strict=True):
        plane[...] = values
    buffer.set_length(buffer.contiguous_length)
    made = Sample(buffer, time=sample.time, duration=sample.duration)
    made.type = type
    return made


@rule("IMF2DBuffer; the basic MFT processing model, IMF2DBuffer")
def rows_are_reached_by_lock2d(bench: Bench) -> None:
    """A buffer that knows rows is not locked as a line of bytes: that costs copies."""
    made = bench.typed()
    watched: list[Sample] = []
    for index in range(COUNT):
        for id in bench.inputs:
            sample = _watched(bench.picture(index, id), bench.input_types[id])
            try:
                made.process_input(sample, id)
            except NotAccepting:
                continue
            watched.append(sample)
        while bench.ready(made):
            entries = bench.entries(made)
            for entry in entries:
                if entry.sample is not None:
                    type = bench.output_types[entry.stream_id]
                    entry.sample = Sample(_Watched(type.format, type.size))
                    watched.append(entry.sample)
            made.process_output(entries)
    for sample in watched:
        locked = getattr(sample.buffer_by_index(0), "locked", 0)
        expect(not locked, "lock() was called on a buffer that has lock2d()")


@rule("IMF2DBuffer::Lock2D, pitch")
def rows_lie_where_the_buffer_says(bench: Bench) -> None:
    """The picture does not depend on how the rows of a buffer are padded or ordered."""
    made = bench.typed()
    for taken, wanted in zip(_in_arrays(bench, made), bench.expected(), strict=False):
        expect(taken.same(wanted), "the same picture in rows without padding comes out otherwise")


def _in_arrays(bench: Bench, made: Any) -> list[Taken]:
    found = []
    for index in range(COUNT):
        for id in bench.inputs:
            padded = bench.picture(index, id)
            sample = Sample.from_numpy(
                padded.to_numpy(), bench.input_types[id], time=padded.time, duration=FRAME
            )
            try:
                made.process_input(sample, id)
            except NotAccepting:
                continue
        found += bench.take_all(made)
    return found + bench.finish(made)


@rule("IMFTransform::ProcessInput: references; MFT_INPUT_STREAM_HOLDS_BUFFERS")
def samples_are_let_go(bench: Bench) -> None:
    """Once their output was taken, input samples are released, and so are the client's samples."""
    made = bench.typed()
    kept: list[weakref.ref[Any]] = []
    for index in range(COUNT):
        kept += [weakref.ref(sample) for sample in bench.feed(made, index)]
        while bench.ready(made):
            entries = bench.entries(made)
            made.process_output(entries)
            kept += [weakref.ref(entry.sample) for entry in entries if entry.sample is not None]
            del entries
    made.process_message(Message.DRAIN)
    bench.take_all(made)
    alive = _alive(kept)
    expect(not alive, f"{alive} of {len(kept)} samples are still held after the drain")


def _alive(watched: list[weakref.ref[Any]]) -> int:
    """How many are still there, those that only each other hold left out."""
    if any(one() is not None for one in watched):
        gc.collect()
    return sum(one() is not None for one in watched)


@rule("IUnknown::Release")
def a_transform_dies_with_its_last_reference(bench: Bench) -> None:
    """A transform that was used is freed when nobody holds it any longer."""
    bench.expected()
    made = bench.typed()
    bench.run(made)
    try:
        watch = weakref.ref(made)
    except TypeError as error:
        raise NotApplicable("it cannot be watched") from error
    del made
    expect(not _alive([watch]), "something still holds the transform")


@rule("IMFTransform::ProcessOutput: samples are the client's")
def outputs_are_not_written_again(bench: Bench) -> None:
    """An output that the client keeps does not change when more is made."""
    made = bench.typed()
    kept: list[tuple[OutputDataBuffer[Any], Taken]] = []
    for index in range(COUNT):
        bench.feed(made, index)
        while bench.ready(made):
            entries = bench.entries(made)
            made.process_output(entries)
            kept += [(entry, bench.copied(entry)) for entry in entries if entry.sample is not None]
    for entry, then in kept:
        expect(bench.copied(entry).same(then), "an earlier output was written again")


@rule("the basic MFT processing model: a reliable state machine")
def equal_streams_give_equal_pictures(bench: Bench) -> None:
    """The same stream gives the same samples, again in the same transform and in another one."""
    made, expected = bench.typed(), bench.expected()
    same_pictures(bench.run(made), expected, "in another transform")
    same_pictures(bench.run(made), expected, "the second time")


@rule("the basic MFT processing model: a different order of method calls")
def alternating_calls_give_the_same_pictures(bench: Bench) -> None:
    """A client that alternates process_input and process_output gets the same samples."""
    made = bench.typed()
    found: list[Taken] = []
    index = 0
    for _ in range(COUNT * 8):
        if index == COUNT:
            break
        with suppress(NotAccepting):
            bench.feed(made, index)
            index += 1
        found += bench.take(made) or []
    found += bench.take_all(made) + bench.finish(made)
    same_pictures(found, bench.expected(), "with alternating calls")


@rule("IMFTransform: every method is thread-safe")
def calls_are_serialised(bench: Bench) -> None:
    """Two threads at once get each output once, and nothing but the errors of the contract."""
    made = _alone(bench)
    if len(bench.expected()) != COUNT * len(bench.outputs):
        raise NotApplicable("its inputs and outputs are not one for one")
    accepted: list[int | None] = []
    taken: list[tuple[int, int | None]] = []
    wrong: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for round in range(_ROUNDS):
                sample = bench.picture(0)
                sample.time = (2 * round + first) * FRAME
                with suppress(NotAccepting):
                    made.process_input(sample, bench.inputs[0])
                    accepted.append(sample.time)
                taken.extend((one.stream, one.time) for one in bench.take(made) or ())
        except BaseException as error:  # noqa: BLE001 - told, not hidden
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(first,), daemon=True) for first in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise Broken(f"with two threads a call raises {type(wrong[0]).__name__}: {wrong[0]}")
    taken += [(one.stream, one.time) for one in bench.take_all(made) + bench.finish(made)]
    expect(len(set(taken)) == len(taken), "with two threads an output comes twice")
    lost = len(accepted) * len(bench.outputs) - len(taken)
    expect(not lost, f"with two threads {lost} outputs are lost")


RULES = (
    attributes_have_an_owner,
    times_go_with_the_picture,
    unset_times_are_not_invented,
    a_discontinuity_keeps_its_place,
    rows_are_reached_by_lock2d,
    rows_lie_where_the_buffer_says,
    samples_are_let_go,
    a_transform_dies_with_its_last_reference,
    outputs_are_not_written_again,
    equal_streams_give_equal_pictures,
    alternating_calls_give_the_same_pictures,
    calls_are_serialised,
)
