"""A VideoProcessor on a device that fails: the input is kept, and the same call may be repeated."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

from gpumft.device import Pool
from gpumft.errors import (
    DeviceLost,
    DeviceUnavailable,
    Fail,
    InvalidMediaType,
    InvalidRequest,
    KernelBuildError,
    NotAccepting,
    OutOfMemory,
    TransformTypeNotSet,
)
from gpumft.media import VideoType
from gpumft.mft import Flow, Message, OutputDataBuffer
from gpumft.ops import Converter
from gpumft.samples import Sample
from gpumft.testing import frames
from gpumft.testing.fake_device import FakeDevice
from gpumft.testing.fake_driver import FakeDriver, plugged_in
from gpumft.transforms import VideoProcessor

SOURCE = VideoType("nv12", (34, 6))
TARGET = VideoType("rgb24", (20, 8))
SLOT = {"nv12": 768, "rgb24": 512}


def processor_on(device: Any, **options: Any) -> VideoProcessor:
    made = VideoProcessor(device=device, **options)
    made.set_input_type(SOURCE)
    made.set_output_type(TARGET)
    return made


def sample(seed: int, device: Any = None) -> Sample:
    return Sample.from_numpy(frames.noise(SOURCE, seed), SOURCE, device=device, time=seed)


def judge(made: Any, seed: int) -> None:
    assert isinstance(made, Sample)
    assert made.time == seed
    wanted = Converter(SOURCE, TARGET, device="cpu")(frames.noise(SOURCE, seed))
    np.testing.assert_array_equal(made.to_numpy()[0], wanted[0])


@pytest.mark.parametrize("where", ["host", "device"])
@pytest.mark.parametrize("word", ["upload", "launch"])
def test_the_same_call_succeeds_later(word: str, where: str) -> None:
    device = FakeDevice()
    processor = processor_on(device)
    processor.push(sample(0))
    judge(processor.pull(), 0)
    processor.process_input(sample(1, device if where == "device" else None))
    entry: OutputDataBuffer[Sample] = OutputDataBuffer()
    if (word, where) == ("upload", "device"):
        word = "launch"
    device.memory.failing[word] = Fail("not now")
    for _ in range(3):
        with pytest.raises(Fail, match="not now"):
            processor.process_output([entry])
        assert entry.sample is None
        with pytest.raises(NotAccepting):
            processor.process_input(sample(2))
    device.memory.failing.clear()
    assert processor.process_output([entry]).flow is Flow.OK
    judge(entry.sample, 1)
    assert processor.pull() is Flow.NEED_MORE_INPUT


def test_out_of_memory_keeps_the_input() -> None:
    device = FakeDevice(capacity=2 * SLOT["rgb24"] + SLOT["nv12"])
    processor = processor_on(device)
    held = []
    for seed in range(2):
        processor.push(sample(seed))
        held.append(processor.pull())
    processor.push(sample(2))
    entry: OutputDataBuffer[Sample] = OutputDataBuffer()
    for _ in range(3):
        with pytest.raises(
            OutOfMemory, match=r"no 512 bytes for .* rgb24 20x8; 0 of its 1792 .*2 in"
        ):
            processor.process_output([entry])
        assert entry.sample is None
    judge(held[0], 0)
    held.clear()
    gc.collect()
    assert processor.process_output([entry]).flow is Flow.OK
    judge(entry.sample, 2)


def test_out_of_memory_at_the_beginning_refuses_the_sample() -> None:
    device = FakeDevice(capacity=100)
    processor = processor_on(device)
    for _ in range(2):
        with pytest.raises(OutOfMemory, match="100 of its 100 bytes are free"):
            processor.process_message(Message.BEGIN_STREAMING)
        with pytest.raises(OutOfMemory):
            processor.process_input(sample(3))
        assert processor.pull() is Flow.NEED_MORE_INPUT
    device.memory.capacity = 1 << 20
    processor.process_input(sample(3))
    judge(processor.pull(), 3)


def test_out_of_memory_for_the_upload() -> None:
    device = FakeDevice(capacity=2 * SLOT["rgb24"])
    processor = processor_on(device)
    for _ in range(2):
        with pytest.raises(OutOfMemory, match="no 768 bytes for a picture of nv12 34x6"):
            processor.process_input(sample(4))
    assert processor.pull() is Flow.NEED_MORE_INPUT
    device.memory.capacity = 1 << 20
    processor.process_input(sample(4))
    judge(processor.pull(), 4)


def test_a_kernel_that_does_not_build_leaves_the_types_as_they_were() -> None:
    device = FakeDevice()
    processor = VideoProcessor(device=device)
    processor.set_input_type(SOURCE)
    device.refuse_kernels()
    for _ in range(2):
        with pytest.raises(KernelBuildError, match="no such type"):
            processor.set_output_type(TARGET)
        with pytest.raises(TransformTypeNotSet):
            processor.output_current_type()
        assert processor.converter is None
    device.memory.failing.clear()
    processor.set_output_type(TARGET)
    processor.push(sample(5))
    judge(processor.pull(), 5)
    device.refuse_kernels()
    with pytest.raises(KernelBuildError):
        processor.set_output_type(TARGET.replace(size=(10, 4)))
    assert processor.output_current_type() == TARGET
    processor.push(sample(6))
    judge(processor.pull(), 6)


@pytest.mark.parametrize("word", ["upload", "launch", "fence", "download"])
def test_a_lost_device_keeps_the_input_and_gives_way_to_another(word: str) -> None:
    device, other = FakeDevice(), FakeDevice()
    processor = processor_on(device)
    processor.push(sample(0))
    held = processor.pull()
    assert isinstance(held, Sample)
    given = sample(1)
    processor.process_input(given)
    device.memory.failing[word] = DeviceLost("it was taken out")
    if word == "fence":
        with pytest.raises(DeviceLost):
            Pool(SOURCE, device).acquire().use_on(5)
    if word == "download":
        with pytest.raises(DeviceLost):
            held.to_numpy()
    device.memory.failing = {word: DeviceLost("it was taken out")} if not device.lost else {}
    for _ in range(3):
        with pytest.raises(DeviceLost, match="it was taken out"):
            processor.pull()
        with pytest.raises(NotAccepting):
            processor.process_input(sample(2))
    with pytest.raises(InvalidRequest, match="the device cannot change while"):
        processor.process_message(Message.SET_DEVICE_MANAGER, other)
    processor.flush()
    processor.process_message(Message.END_STREAMING)
    processor.process_message(Message.SET_DEVICE_MANAGER, other)
    processor.process_input(given)
    judge(processor.pull(), 1)
    with pytest.raises(DeviceLost, match="it was taken out"):
        held.to_numpy()
    del held
    gc.collect()
    assert device.memory.ledger.use().blocks == 0


def test_a_lost_device_cannot_be_chosen() -> None:
    device = FakeDevice()
    processor = processor_on("cpu")
    device.lose()
    with pytest.raises(DeviceLost, match="bus"):
        processor.process_message(Message.SET_DEVICE_MANAGER, device)
    with pytest.raises(DeviceLost, match="bus"):
        processor_on(device)
    out = Sample.from_numpy([np.zeros((8, 20, 3), np.uint8)], TARGET)
    processor.process_input(sample(7))
    assert processor.process_output([OutputDataBuffer(sample=out)]).flow is Flow.OK
    judge(out, 7)


def test_an_input_on_a_lost_device_is_told_apart() -> None:
    lost, device = FakeDevice(), FakeDevice()
    processor = processor_on(device)
    processor.process_input(sample(8, lost))
    lost.lose()
    for _ in range(2):
        with pytest.raises(DeviceLost, match="bus"):
            processor.pull()
    assert not device.lost
    processor.flush()
    processor.push(sample(9))
    judge(processor.pull(), 9)


def test_no_such_device() -> None:
    with (
        plugged_in(FakeDriver(trouble="no driver")),
        pytest.raises(DeviceUnavailable, match="no dr"),
    ):
        VideoProcessor(device="cuda:0")


def test_a_refused_type_builds_nothing() -> None:
    device = FakeDevice()
    processor = VideoProcessor(device=device)
    processor.set_input_type(SOURCE)
    with pytest.raises(InvalidMediaType):
        processor.set_output_type({"format": "nothing"})
    assert "build" not in device.memory.log
