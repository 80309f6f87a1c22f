"""as_async over transforms of pictures: the same samples, and two under way at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import gpumft as gm
from gpumft.device import Device
from gpumft.effects import grayscale
from gpumft.errors import InvalidMediaType, InvalidStreamNumber, SampleAllocatorEmpty
from gpumft.media import VideoType
from gpumft.mft import (
    Flow,
    Message,
    OutputBufferStatus,
    OutputDataBuffer,
    OutputStreamFlags,
    negotiate,
)
from gpumft.mft.asynchronous import AsyncTransform, EventType, HaveOutput, NeedInput, as_async
from gpumft.samples import Sample
from gpumft.testing import frames
from gpumft.transforms import EffectTransform, Tee, VideoProcessor, VideoTransform
from tests.contract import backends

PATIENCE = 60
SOURCE = VideoType("nv12", (34, 10))
TARGET = VideoType("rgb24", (20, 8))


@pytest.fixture(params=[backends.param("cpu"), backends.param("opencl")])
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


class Gated(VideoProcessor):
    """Processes when the test opens the gate, once for each opening."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.inside, self.gate = threading.Semaphore(0), threading.Semaphore(0)

    def process(self, src: Sample, dst: Sample) -> None:
        self.inside.release()
        assert self.gate.acquire(timeout=PATIENCE)
        super().process(src, dst)


def _typed(processor: VideoTransform, target: VideoType = TARGET) -> VideoTransform:
    processor.set_input_type(SOURCE)
    processor.set_output_type(target)
    return processor


def _samples(count: int) -> list[Sample]:
    made = []
    for seed in range(count):
        sample = Sample.from_numpy(frames.noise(SOURCE, seed), SOURCE, time=400 * seed)
        sample.duration, sample.pts, sample.time_base = 400, seed, Fraction(1, 25)
        sample.attributes["MFSampleExtension_Token"] = seed
        made.append(sample)
    made[1].discontinuity = True
    return made


def _parts(sample: Sample) -> tuple[Any, ...]:
    return (
        sample.time,
        sample.duration,
        sample.pts,
        sample.time_base,
        dict(sample.attributes),
        sample.type,
        [plane.tobytes() for plane in sample.to_numpy()],
    )


def test_the_next_picture_is_taken_before_the_last_is_out(device: Device) -> None:
    processor = _typed(Gated(device=device))
    assert isinstance(processor, Gated)
    source = _samples(3)
    with as_async(processor) as mft:
        mft.process_message(Message.START_OF_STREAM)
        assert [mft.get_event(), mft.get_event()] == [NeedInput(0), NeedInput(0)]
        mft.push(source[0])
        assert processor.inside.acquire(timeout=PATIENCE)
        mft.push(source[1])  # the first is being processed
        processor.gate.release()
        assert mft.get_event() == HaveOutput()
        assert processor.inside.acquire(timeout=PATIENCE)  # and the first has not been taken
        first = mft.pull()  # while the second is being processed
        assert isinstance(first, Sample)
        assert mft.get_event() == NeedInput(0)
        mft.push(source[2])
        for _ in range(2):
            processor.gate.release()
        rest: list[Any] = []
        while len(rest) < 2:
            if mft.get_event() == HaveOutput():
                rest.append(mft.pull())
        made = [first, *rest]
    expected = [*_typed(VideoProcessor(device=device)).run(source)]
    assert [_parts(sample) for sample in made if isinstance(sample, Sample)] == [
        _parts(sample) for sample in expected
    ]


class Inverted(VideoTransform):
    formats = ("nv12",)

    def process(self, src: Sample, dst: Sample) -> None:
        for a, b in zip(src.planes, dst.planes, strict=True):
            np.subtract(255, a, out=b)


@pytest.mark.parametrize(
    "make",
    [
        lambda device: _typed(VideoProcessor(device=device)),
        lambda device: _typed(EffectTransform(grayscale(), device=device), SOURCE),
        lambda _: _typed(Inverted(), SOURCE),
    ],
    ids=["VideoProcessor", "EffectTransform", "VideoTransform"],
)
def test_sync_and_async_make_the_same(
    device: Device, make: Callable[[Device], VideoTransform]
) -> None:
    expected = [_parts(sample) for sample in make(device).run(_samples(8))]
    assert len(expected) == 8
    with as_async(make(device)) as mft:
        assert [_parts(sample) for sample in mft.run(_samples(8))] == expected


@pytest.mark.parametrize("name", [backends.param("opencl")])
def test_an_empty_pool_waits_for_the_client(name: str) -> None:
    """Pictures on the CPU are not counted."""
    processor = VideoProcessor(device=backends.device(name), maximum=2)
    with as_async(_typed(processor)) as mft:
        out = mft.run(_samples(5))
        held = [next(out), next(out)]
        with pytest.raises(SampleAllocatorEmpty):
            next(out)
        for sample in held:
            sample.release()
        assert [sample.time for sample in mft.run(_samples(5))] == [0, 400, 800, 1200, 1600]


def test_the_flags_say_that_samples_are_provided(device: Device) -> None:
    with as_async(_typed(VideoProcessor(device=device))) as mft:
        info = mft.output_stream_info()
        assert info.flags & OutputStreamFlags.PROVIDES_SAMPLES
        assert info.size == TARGET.image_size


def test_types_are_negotiated_like_any_others() -> None:
    with as_async(VideoProcessor(device="cpu")) as mft:
        negotiate(mft, SOURCE, TARGET)
        assert (mft.input_current_type(), mft.output_current_type()) == (SOURCE, TARGET)


def _wait(mft: AsyncTransform[Sample, VideoType], wanted: EventType) -> None:
    while mft.get_event(timeout=PATIENCE).type is not wanted:
        pass


def test_every_output_of_a_tee_comes_with_its_event(device: Device) -> None:
    source = _samples(4)
    tee = Tee(3, lazy_read=False, device=device)
    negotiate(tee, SOURCE)
    tee.set_output_type(None, 1)
    with as_async(tee) as mft:
        mft.process_message(Message.START_OF_STREAM)
        for sample in source:
            _wait(mft, EventType.TRANSFORM_NEED_INPUT)
            mft.push(sample)
            _wait(mft, EventType.TRANSFORM_HAVE_OUTPUT)
            entries: list[OutputDataBuffer[Sample]] = [OutputDataBuffer(2), OutputDataBuffer(0)]
            assert mft.process_output(entries).flow is Flow.OK
            for entry in entries:
                assert entry.sample is not None
                assert (entry.sample.time, entry.sample.duration) == (sample.time, 400)
                assert entry.sample.attributes == sample.attributes
                for made, given in zip(entry.sample.to_numpy(), sample.planes, strict=True):
                    np.testing.assert_array_equal(made, given)


class Eventful(Inverted):
    takes_events = True


def test_an_event_comes_back_with_the_next_output() -> None:
    one, other = _samples(2)
    first, second = object(), object()
    with as_async(_typed(Eventful(), SOURCE)) as mft:
        mft.process_message(Message.START_OF_STREAM)
        assert mft.process_event(first) is True
        mft.push(one)
        assert mft.process_event(second) is True
        mft.push(other)
        returned = []
        for _ in range(2):
            _wait(mft, EventType.TRANSFORM_HAVE_OUTPUT)
            entry: OutputDataBuffer[Sample] = OutputDataBuffer()
            mft.process_output([entry])
            assert entry.sample is not None
            returned.append((entry.sample.time, entry.events))
        assert returned == [(0, [first]), (400, [second])]


def test_a_sample_of_another_type_is_refused_later() -> None:
    other = VideoType("rgb24", (4, 4))
    with as_async(_typed(VideoProcessor(device="cpu"))) as mft:
        mft.process_message(Message.START_OF_STREAM)
        mft.push(Sample.from_numpy(frames.noise(other, 0), other))
        event = mft.get_event()
        while event.type is not EventType.ERROR:
            event = mft.get_event()
        assert event.status == 0xC00D36B4
        assert mft.get_event() == HaveOutput()
        with pytest.raises(InvalidMediaType, match="the input type is"):
            mft.pull()


def test_public_names() -> None:
    assert gm.as_async is as_async
    assert gm.AsyncTransform is AsyncTransform


class Takers:
    """The client of a Tee: it gives an entry for each output that it was told of and gave a type.

    Attributes:
        known: these outputs.
        ends: outputs whose end it was told.
    """

    def __init__(self, mft: AsyncTransform[Sample, VideoType]) -> None:
        self._mft = mft
        self.known = [0, 1]
        self.ends: list[int] = []

    def take(self) -> bool:
        """Take what is ready; False: it was a change."""
        entries: list[OutputDataBuffer[Sample]] = [OutputDataBuffer(id) for id in self.known]
        flow = self._mft.process_output(entries).flow
        for entry in entries:
            if entry.status == OutputBufferStatus.STREAM_END:
                self.known.remove(entry.stream_id)
                self.ends.append(entry.stream_id)
        if flow is Flow.STREAM_CHANGE:
            for id in {*self._mft.stream_ids()[1]} - {*self.known}:
                with suppress(InvalidStreamNumber):  # it has ended already
                    self._mft.set_output_type(SOURCE, id)
                    self.known.append(id)
        return flow is Flow.OK


def test_outputs_of_a_tee_that_end_and_begin_are_told_together(device: Device) -> None:
    tee = Tee(2, device=device)
    negotiate(tee, SOURCE)
    with as_async(tee) as mft:
        takers = Takers(mft)
        mft.process_message(Message.START_OF_STREAM)
        tee.remove_output(1)
        assert tee.add_output() == 2
        _wait(mft, EventType.TRANSFORM_NEED_INPUT)
        mft.push(_samples(2)[0])
        _wait(mft, EventType.TRANSFORM_HAVE_OUTPUT)
        assert not takers.take()
        assert (takers.known, takers.ends) == ([0, 2], [1])
        _wait(mft, EventType.TRANSFORM_HAVE_OUTPUT)
        assert takers.take()


@pytest.mark.parametrize("lazy_read", [True, False])
def test_the_owner_of_a_tee_changes_its_outputs_while_it_runs(lazy_read: bool) -> None:
    """From a thread of its own, at any moment: the client hears of every change, in order."""
    tee, source = Tee(2, lazy_read=lazy_read, device="cpu"), _samples(2)[0]
    negotiate(tee, SOURCE)
    turns = threading.Semaphore(0)
    over = threading.Event()
    removed: list[int] = []

    def own() -> None:
        there = [1]
        while turns.acquire(timeout=PATIENCE) and not over.is_set():
            there.append(tee.add_output())
            if len(there) > 2:
                removed.append(there.pop(0))
                tee.remove_output(removed[-1])

    owner = threading.Thread(target=own)
    owner.start()
    try:
        with as_async(tee) as mft:
            takers = Takers(mft)
            mft.process_message(Message.START_OF_STREAM)
            pictures = 0
            while pictures < 40:
                match mft.get_event(timeout=PATIENCE):
                    case NeedInput():
                        mft.push(source)
                        turns.release()
                    case HaveOutput():
                        pictures += takers.take()
                    case event:
                        pytest.fail(str(event))
    finally:
        over.set()
        turns.release()
        owner.join()
    assert takers.ends
    assert {*takers.ends} <= {*removed}
    assert len({*takers.ends}) == len(takers.ends)
