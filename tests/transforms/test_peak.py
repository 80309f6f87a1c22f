"""`peak="detect"` of a VideoProcessor: the peak in the course of time, under the whole protocol."""

from __future__ import annotations

import gc
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from gpumft.device import Device
from gpumft.effects import FrameEffect, grayscale
from gpumft.errors import Fail, SampleAllocatorEmpty
from gpumft.media import Transfer, VideoType
from gpumft.mft import Flow, Message
from gpumft.ops import Converter, PeakHistory
from gpumft.samples import Sample
from gpumft.testing import check_transform
from gpumft.testing.fake_device import FakeDevice
from gpumft.transforms import VideoProcessor
from tests.contract import backends
from tests.effects.user_kernels import with_numpy

SOURCE = VideoType("p010le", (18, 12), transfer="pq", frame_rate=4)
TARGET = VideoType("nv12", (10, 6), transfer="bt709", primaries="bt709", matrix="bt709")
LEVELS = (500, 700, 600, 600, 650, 800, 560)
"""10-bit codes of the brightest pixels; the means are nearly the same."""


def picture(level: int) -> list[Any]:
    luma = np.full((12, 18), 300 << 6, np.uint16)
    luma[4:6, 4:8] = level << 6
    return [luma, np.full((6, 9, 2), 512 << 6, np.uint16)]


def samples(*levels: int, **more: Any) -> list[Sample]:
    return [Sample.from_numpy(picture(level), SOURCE, time=level, **more) for level in levels]


def processor(device: Device | str = "cpu", **options: Any) -> VideoProcessor:
    made = VideoProcessor(device=device, peak="detect", **options)
    made.set_input_type(SOURCE)
    made.set_output_type(TARGET)
    return made


def histories(*levels: int, start: PeakHistory | None = None) -> list[PeakHistory]:
    meter = Converter(SOURCE, TARGET, device="cpu", peak="detect")
    history = start or PeakHistory.of(Transfer.PQ, Fraction(4))
    made = []
    for reading in meter.measure([picture(level) for level in levels]):
        history = history.after(reading)
        made.append(history)
    return made


def wanted(*levels: int, peaks: list[float] | None = None) -> list[bytes]:
    """What a stream becomes, each picture with the peak of that time."""
    peaks = peaks or [history.light for history in histories(*levels)]
    pairs = zip(levels, peaks, strict=True)
    made = [Converter(SOURCE, TARGET, device="cpu", peak=peak)(picture(n)) for n, peak in pairs]
    return [b"".join(plane.tobytes() for plane in planes) for planes in made]


def bytes_of(made: Any) -> list[bytes]:
    return [b"".join(plane.tobytes() for plane in sample.to_numpy()) for sample in made]


def drained(mft: VideoProcessor, *levels: int) -> list[Any]:
    """Push pictures, taking what there is, and drain."""
    made: list[Any] = []
    for sample in samples(*levels):
        mft.push(sample)
        while isinstance(out := mft.pull(), Sample):
            made.append(out)
    return [*made, *mft.drain()]


@pytest.fixture(params=[*backends.params("cpu", "opencl", "cuda"), "fake"])
def device(request: pytest.FixtureRequest) -> Device:
    return FakeDevice() if request.param == "fake" else backends.device(request.param)


def test_the_peak_of_a_stream_is_held_and_falls() -> None:
    codes = [(history.held or 0) // 65536 for history in histories(*LEVELS)]
    assert codes[1] > codes[2] > codes[3] > codes[4] > codes[0]  # falls, past a lesser one
    assert codes[5] > codes[1]
    assert codes[5] > codes[6]


@pytest.mark.parametrize("batch", [1, 3])
def test_every_picture_is_mapped_with_the_peak_of_its_time(device: Device, batch: int) -> None:
    made = list(processor(device, batch=batch).run(samples(*LEVELS)))
    assert bytes_of(made) == wanted(*LEVELS)
    assert [sample.time for sample in made] == list(LEVELS)
    assert len(set(bytes_of(processor(device).run(samples(600, 800, 600))))) == 3


@pytest.mark.parametrize("batch", [1, 2])
def test_a_flush_forgets_and_a_drain_does_not(device: Device, batch: int) -> None:
    mft = processor(device, batch=batch)
    whole = wanted(800, 600, 600, 560)
    assert bytes_of(drained(mft, 800, 600)) == whole[:2]
    assert bytes_of(drained(mft, 600, 560)) == whole[2:]
    mft.flush()
    assert bytes_of(drained(mft, 600, 560)) == wanted(600, 560)
    mft.flush()
    mft.push(samples(900)[0])
    mft.flush()  # what never came out leaves nothing behind
    assert bytes_of(drained(mft, 600, 560)) == wanted(600, 560)


def test_a_discontinuity_and_the_end_of_streaming_forget() -> None:
    mft = processor()
    first, second, third = samples(800, 600, 560)
    third.discontinuity = True
    assert bytes_of(mft.run([first, second, third])) == [*wanted(800, 600), *wanted(560)]
    mft.process_message(Message.END_STREAMING)
    assert bytes_of(mft.run(samples(550))) == wanted(550)


def test_other_types_begin_anew() -> None:
    mft = processor()
    list(mft.run(samples(800)))
    mft.set_input_type(SOURCE.replace(frame_rate=50))
    mft.set_output_type(TARGET)
    assert bytes_of(mft.run(samples(600))) == wanted(600)


def test_a_call_that_is_repeated_does_not_count_twice() -> None:
    device = FakeDevice()
    mft = processor(device, maximum=1)
    device.memory.failing["launch"] = Fail("once")
    mft.push(samples(800)[0])
    with pytest.raises(Fail):
        mft.pull()
    del device.memory.failing["launch"]
    gc.collect()  # the error's frames hold the output
    first = mft.pull()
    assert isinstance(first, Sample)
    mft.push(samples(600)[0])
    with pytest.raises(SampleAllocatorEmpty):
        mft.pull()
    found = bytes_of([first])
    first.release()
    assert found + bytes_of([mft.pull()]) == wanted(800, 600)


def test_a_picture_that_was_made_but_not_delivered_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mft = processor()
    stamp = mft._stamp
    monkeypatch.setattr(mft, "_stamp", lambda *_: (_ for _ in ()).throw(Fail("once")))
    mft.push(samples(800)[0])
    with pytest.raises(Fail):
        mft.pull()
    mft.flush()
    monkeypatch.setattr(mft, "_stamp", stamp)
    assert bytes_of(mft.run(samples(600))) == wanted(600)


def test_frame_effects_see_pictures_that_are_mapped() -> None:
    effect = FrameEffect(with_numpy, ("rgb24",), in_place=True)
    mft = processor(effects=[grayscale(), effect])
    fixed = VideoProcessor(
        device="cpu", effects=[grayscale(), effect], peak=histories(800)[0].light
    )
    fixed.set_input_type(SOURCE)
    fixed.set_output_type(TARGET)
    assert bytes_of(mft.run(samples(800))) == bytes_of(fixed.run(samples(800)))


def test_it_adds_no_latency_and_keeps_the_contract() -> None:
    mft = processor()
    assert mft.input_stream_info().max_latency == 0
    mft.push(samples(600)[0])
    assert isinstance(mft.pull(), Sample)
    assert mft.pull() is Flow.NEED_MORE_INPUT
    check_transform(lambda: VideoProcessor(device="cpu", peak="detect"))
