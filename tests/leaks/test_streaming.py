"""Between BEGIN_STREAMING and END_STREAMING nothing is allocated and nothing is built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from gpumft.device import Device, Pool, Surface, cuda, open_device
from gpumft.device.cpu import compiler
from gpumft.device.cuda import open_cuda
from gpumft.device.opencl import OpenCLDevice
from gpumft.media import VideoType
from gpumft.mft import Flow, Message, OutputDataBuffer
from gpumft.ops import Converter
from gpumft.samples import Sample
from gpumft.testing import frames
from gpumft.transforms import VideoProcessor
from tests.contract import backends
from tests.device.whole_cupy import WholeCupy
from tests.leaks import hooks

Size = tuple[int, int]
PAIRS = (
    ("nv12", "rgb24"),
    ("yuv420p", "bgra"),
    ("p010le", "yuv420p"),
    ("rgb24", "nv12"),
    ("yuyv422", "gbrpf32le"),
    ("gray", "gray16le"),
)
SIZES: tuple[tuple[Size, Size], ...] = (
    ((320, 240), (240, 136)),
    ((163, 121), (163, 121)),
    ((160, 120), (331, 257)),
)
SMALL = 4 * hooks.BLOCK
"""Bytes of objects that a frame makes and drops; every picture here is larger."""


def plenty(*pairs: Any) -> list[Any]:
    """Every pair once, every size twice; the last size turned, in a frame."""
    return [pytest.param(*pair, *SIZES[n % 3], id="-".join(pair)) for n, pair in enumerate(pairs)]


def processor_on(
    device: Device, formats: tuple[str, str], sizes: tuple[Size, Size], **options: Any
) -> tuple[VideoProcessor, list[Sample], list[Any]]:
    """A processor, samples to give it, and entries for what comes out; HDR with a `peak`."""
    source, target = map(VideoType, formats, sizes)
    if options:
        source, target = source.replace(transfer="pq"), target.replace(transfer="bt709")
    turned = sizes == SIZES[2]
    processor = VideoProcessor(
        device=device, rotate=90 * turned, fit="contain", filter="lanczos3", **options
    )
    processor.set_input_type(source)
    processor.set_output_type(target)
    given = [Sample.from_numpy(frames.noise(source, n), source, time=n) for n in range(3)]
    if device.kind != "cpu":
        return processor, given, [OutputDataBuffer(), OutputDataBuffer()]
    entries = []
    for _ in range(2):
        shapes = zip(target.plane_shapes, target.plane_dtypes, strict=True)
        planes = [np.zeros(shape, dtype) for shape, dtype in shapes]
        entries.append(OutputDataBuffer(sample=Sample.from_numpy(planes, target)))
    return processor, given, entries


def stream(processor: VideoProcessor, given: list[Sample], entries: list[Any]) -> Iterator[int]:
    """Drive a whole stream: frames, a drain, a flush, frames; yields after each step."""
    provides = entries[0].sample is None

    def take(number: int) -> Flow:
        entry = entries[number % 2]
        if provides:
            entry.sample = None
        return processor.process_output([entry]).flow

    processor.process_message(Message.START_OF_STREAM)
    for number in range(12):
        processor.process_input(given[number % 3])
        if number == 4:
            processor.process_message(Message.DRAIN)
        if number == 8:
            processor.process_message(Message.FLUSH)
            assert take(number) is Flow.NEED_MORE_INPUT
        else:
            assert take(number) is Flow.OK
            assert take(number + 1) is Flow.NEED_MORE_INPUT or number != 4
        yield number


def judge(processor: VideoProcessor, given: list[Sample], entries: list[Any]) -> None:
    """BEGIN_STREAMING to END_STREAMING twice; NumPy and Python are looked at after each frame."""
    for _ in range(2):
        for entry in entries:
            if processor.converter is not None and processor.converter.device.kind != "cpu":
                entry.sample = None
        processor.process_message(Message.BEGIN_STREAMING)
        with (
            patch.object(compiler, "kernel") as asked,
            hooks.numpy_arrays() as arrays,
            hooks.tracing() as memory,
        ):
            for number in stream(processor, given, entries):
                assert arrays == [], f"arrays of {arrays} bytes in frame {number}"
                assert memory.peak() < SMALL, f"frame {number}"
            kept = hooks.blocks_kept()
        assert kept == []
        asked.assert_not_called()
        processor.process_message(Message.END_STREAMING)


@pytest.mark.parametrize(("source", "target", "size", "to"), plenty(*PAIRS))
def test_on_the_cpu(source: str, target: str, size: Size, to: Size) -> None:
    with open_device("cpu", threads=2) as device:
        judge(*processor_on(device, (source, target), (size, to)))


@pytest.mark.parametrize("name", [backends.param("opencl")])
@pytest.mark.parametrize(("source", "target", "size", "to"), plenty(*PAIRS))
def test_on_opencl(name: str, source: str, target: str, size: Size, to: Size) -> None:
    made = processor_on(backends.device(name), (source, target), (size, to))
    with hooks.opencl_objects() as found:
        made[0].process_message(Message.BEGIN_STREAMING)
        assert found["Buffer"] > 0  # the hook sees what is made before
        found.clear()
        for _ in stream(*made):
            assert not found
        made[0].process_message(Message.END_STREAMING)
    for entry in made[2]:
        entry.sample = None
    judge(*made)


MEASURED = ("p010le", "rgb24"), SIZES[0]


def test_a_measured_peak_on_the_cpu() -> None:
    with open_device("cpu", threads=2) as device:
        judge(*processor_on(device, *MEASURED, peak="detect"))


@pytest.mark.parametrize("name", [backends.param("opencl")])
def test_a_measured_peak_on_opencl(name: str) -> None:
    made = processor_on(backends.device(name), *MEASURED, peak="detect")
    with hooks.opencl_objects() as found:
        made[0].process_message(Message.BEGIN_STREAMING)
        assert found["Buffer"] > 0
        found.clear()
        for _ in stream(*made):
            assert not found
        made[0].process_message(Message.END_STREAMING)


BATCH = 4
PASSES = ("rgb24", "nv12"), ((90, 70), (180, 150))
"""Formats and sizes of a conversion that keeps planes between its launches."""


@pytest.mark.parametrize("name", [backends.param("opencl")])
def test_batches_on_opencl(name: str) -> None:
    """The first batch of a stream allocates no more than the others."""
    (source, target), (size, to) = PASSES
    processor = VideoProcessor(device=backends.device(name), batch=BATCH, filter="lanczos3")
    src, dst = VideoType(source, size), VideoType(target, to)
    processor.set_input_type(src)
    processor.set_output_type(dst)
    assert processor.converter is not None
    assert processor.converter.explain().launches > 1
    given = [Sample.from_numpy(frames.noise(src, n), src) for n in range(BATCH)]
    with hooks.opencl_objects() as found:
        processor.process_message(Message.BEGIN_STREAMING)
        assert found["Buffer"] > 0
        found.clear()
        held: list[Any] = []
        for _ in range(3):
            for sample in given:
                processor.process_input(sample)
            kept, held = held, []  # a client that lets go of a batch when it has the next one
            for _ in range(BATCH):
                entry: OutputDataBuffer[Sample] = OutputDataBuffer()
                assert processor.process_output([entry]).flow is Flow.OK
                held.append(entry.sample)
            kept.clear()
            assert not found
        processor.process_message(Message.END_STREAMING)


@pytest.mark.parametrize("name", [backends.param("opencl")])
@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("kind", ["arrays", "surfaces"])
def test_a_first_batch_of_a_converter(name: str, kind: str, prepared: bool) -> None:
    """It allocates unless the converter was prepared for it."""
    device, (source, target), (size, to) = backends.device(name), *PASSES
    src, dst = VideoType(source, size), VideoType(target, (to[0] + 2 * prepared, to[1]))
    filter = {"arrays": "bicubic", "surfaces": "mitchell"}[kind]
    converter = Converter(src, dst, device=device, filter=filter)
    given: list[Any] = [frames.noise(src, n) for n in range(BATCH)]
    out: list[Any] = [frames.noise(dst) for _ in given]
    if kind == "surfaces":
        given, out = (_surfaces(device, *pair) for pair in ((src, given), (dst, out)))
    with hooks.opencl_objects() as found:
        if prepared:
            converter.prepare(BATCH, arrays=kind == "arrays")
            found.clear()
        converter.batch(given, out)
        assert bool(found["Buffer"]) is not prepared
        found.clear()
        converter.batch(given, out)
        assert not found


def _surfaces(device: Device, type: VideoType, pictures: list[Any]) -> list[Surface]:
    pool = Pool(type, device)
    pool.fill(len(pictures))
    made = [pool.acquire() for _ in pictures]
    for surface, planes in zip(made, pictures, strict=True):
        surface.upload(planes)
    return made


@contextmanager
def cupy() -> Iterator[WholeCupy]:
    """A CuPy whose kernels run on OpenCL."""
    runs = backends.device("opencl")
    assert isinstance(runs, OpenCLDevice)
    with pytest.MonkeyPatch.context() as patch:
        fake = WholeCupy(runs.machine)
        patch.setattr(cuda, "library", lambda: fake)
        patch.setattr(cuda, "find_spec", lambda _: "installed")
        patch.setattr(cuda, "_KNOWN", {})
        yield fake


@pytest.mark.parametrize("name", [backends.param("opencl")])
@pytest.mark.parametrize(("source", "target", "size", "to"), plenty(*PAIRS[:3]))
def test_on_cuda(name: str, source: str, target: str, size: Size, to: Size) -> None:
    with cupy() as fake:
        made = processor_on(open_cuda("cuda"), (source, target), (size, to))
        made[0].process_message(Message.BEGIN_STREAMING)
        assert {"memory", "pinned", "module", "stream"} <= set(fake.made)
        fake.made.clear()
        for _ in stream(*made):
            assert not fake.made
        made[0].process_message(Message.END_STREAMING)


def test_the_hooks_see_what_is_allocated() -> None:
    with hooks.numpy_arrays() as arrays, hooks.tracing() as memory:
        kept = [np.zeros(5000, np.uint8)]
        kept[0].copy()
        assert arrays == [5000, 5000]
        kept += [bytearray(SMALL)]  # type: ignore[list-item]
        assert memory.peak() > SMALL
        assert sorted(hooks.blocks_kept())[-2:] == [5000, SMALL + 1]
    arrays.clear()
    np.zeros(5000)
    assert arrays == []
