"""Frame effects in transforms: how few passes, in which order, and what happens when one fails."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

from gpumft.device import Device, Pool
from gpumft.effects import FrameEffect, grayscale, sepia
from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import PartialType, VideoType
from gpumft.mft import Flow, Message, OutputDataBuffer
from gpumft.ops import Plan, convert, explain, make_options
from gpumft.samples import Buffer2D, Sample
from gpumft.testing import frames
from gpumft.testing.fake_device import FakeDevice
from gpumft.transforms import EffectTransform, VideoProcessor
from gpumft.transforms.passes import Step, settle
from tests.contract import backends
from tests.effects.user_kernels import BY_LIBRARY, solarised, with_numpy

RGB = VideoType("rgb24", (21, 10))
NV12 = VideoType("nv12", (22, 10))
GRAY, SEPIA = grayscale(), sepia()
OWN = {"cpu": "numpy", "opencl": "pyopencl", "oclgrind": "pyopencl", "cuda": "cupy"}


def on_rgb(**more: Any) -> FrameEffect:
    return FrameEffect(with_numpy, ("rgb24",), **more)


def told(steps: tuple[Step, ...]) -> str:
    """Steps in words: "nv12+1" is a conversion to nv12 with 1 effect, "F" a frame effect, "f" one
    in place, "copy" a copy."""
    words = []
    for step in steps:
        if isinstance(step.make, Plan):
            words.append(f"{step.type.format}+{len(step.make.options.effects)}")
        else:
            words.append("F" if step.make else "copy")
        words += "f" * len(step.then)
    return " ".join(words)


F, PLACED = on_rgb(), on_rgb(in_place=True)
F_ANY = FrameEffect(with_numpy, ("bgr24", "nv12", "rgb24"))


@pytest.mark.parametrize(
    ("src", "dst", "effects", "wanted"),
    [
        (RGB, RGB, [], "rgb24+0"),
        (RGB, RGB, [GRAY, SEPIA], "rgb24+2"),
        (RGB, RGB, [F], "F"),
        (RGB, RGB, [PLACED], "copy f"),
        (RGB, RGB, [F, F], "F F"),
        (RGB, RGB, [F, PLACED, PLACED], "F f f"),
        (RGB, RGB, [GRAY, SEPIA, F], "rgb24+2 F"),
        (RGB, RGB, [GRAY, PLACED, SEPIA, GRAY], "rgb24+1 f rgb24+2"),
        (RGB, RGB, [F, GRAY], "F rgb24+1"),
        (NV12, NV12, [F], "rgb24+0 F nv12+0"),
        (NV12, NV12, [F, PLACED], "rgb24+0 F f nv12+0"),
        (NV12, NV12, [F_ANY], "F"),
        (NV12, NV12.replace(format="bgr24"), [F_ANY], "bgr24+0 F"),
        (NV12, NV12.replace(format="gray"), [F_ANY], "F gray+0"),
        (NV12, NV12.replace(format="rgb24"), [PLACED, GRAY, F], "rgb24+0 f rgb24+1 F"),
        (NV12, NV12, [FrameEffect(with_numpy)], "rgbaf32le+0 F nv12+0"),
        (RGB, RGB.replace(size=(8, 8)), [F], "rgb24+0 F"),
        (RGB.replace(aperture=(0, 0, 8, 8)), RGB.replace(size=(8, 8)), [F], "rgb24+0 F"),
        (RGB, RGB.replace(aperture=(1, 1, 19, 8)), [F, GRAY], "rgb24+0 F rgb24+1"),
        (RGB, RGB.replace(aperture=(1, 1, 19, 8)), [PLACED], "rgb24+0 f"),
        (NV12, NV12.replace(aperture=(1, 1, 3, 3)), [F], "rgb24+0 F nv12+0"),
        (NV12, NV12.replace(range="full"), [F_ANY], "nv12+0 F"),
        (NV12, NV12.replace(siting="center"), [F_ANY], "nv12+0 F"),
    ],
)
def test_the_fewest_passes(src: VideoType, dst: VideoType, effects: Any, wanted: str) -> None:
    steps = settle(src, dst, make_options(), effects)
    assert told(steps) == wanted
    assert steps[-1].type == dst.resolved(src.resolved())


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"crop": (1, 0, 20, 10)}, "rgb24+0 F"),
        ({"rotate": 180}, "rgb24+0 F"),
        ({"flip": "h"}, "rgb24+0 F"),
        ({"filter": "lanczos3"}, "F"),
    ],
)
def test_geometry_is_done_before_the_effect(options: dict[str, Any], wanted: str) -> None:
    steps = settle(RGB, RGB, make_options(**options), [on_rgb()])
    assert told(steps) == wanted
    after = settle(RGB, RGB, make_options(**options), [on_rgb(), GRAY])[-1].make
    assert isinstance(after, Plan)
    assert (after.options.crop, after.options.rotate, after.options.flip) == (None, 0, "")
    assert after.options.filter == options.get("filter", "bicubic")


def test_effects_see_the_whole_frame_of_a_target_that_shows_a_part() -> None:
    source, planes = RGB, frames.noise(RGB)
    target = VideoType("nv12", (32, 16), aperture=(5, 3, 21, 10))
    processor = _ready(
        VideoProcessor(device="cpu", effects=[on_rgb(in_place=True)]), source, target
    )
    assert processor.output_current_type().aperture == (5, 3, 21, 10)
    (out,) = processor.run([Sample.from_numpy(planes, source)])
    framed = VideoType("rgb24", (32, 16), aperture=(5, 3, 21, 10))
    (seen,) = convert(planes, source, framed, device="cpu")
    with_numpy([seen], [seen], None)
    wanted = convert([seen], framed.replace(aperture=None), target.replace(aperture=None))
    for plane, right in zip(out.planes, wanted, strict=True):
        np.testing.assert_array_equal(plane, right)


def test_the_picture_between_has_the_colour_of_the_output() -> None:
    hdr = VideoType("p010le", (20, 10), matrix="bt2020ncl", transfer="pq", range="limited")
    (to, _, back) = settle(hdr, hdr, make_options(), [FrameEffect(with_numpy)])
    assert (to.type.transfer, to.type.range, to.type.format) == ("pq", "full", "rgbaf32le")
    assert back.type == hdr.resolved()
    odd = VideoType("nv12", (20, 10), matrix="bt709", range="full", siting="topleft")
    seen = settle(odd, odd, make_options(), [FrameEffect(with_numpy, ("yuv444p",))])[0].type
    assert (seen.matrix, seen.range) == ("bt709", "full")


@pytest.fixture(params=[backends.param(name) for name in OWN if name in backends.SPECS])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def effects_on(backend: str, **more: Any) -> FrameEffect:
    return FrameEffect(BY_LIBRARY[OWN[backend]], ("rgb24",), arrays=OWN[backend], **more)


def _ready(transform: VideoProcessor, src: VideoType, dst: Any) -> VideoProcessor:
    transform.set_input_type(src)
    transform.set_output_type(dst)
    return transform


def _samples(type: VideoType, count: int = 1) -> list[Sample]:
    return [Sample.from_numpy(frames.noise(type, seed), type, time=seed) for seed in range(count)]


@pytest.mark.parametrize("in_place", [False, True])
def test_the_bytes_are_those_of_the_steps_by_hand(backend: str, in_place: bool) -> None:
    effect = effects_on(backend, in_place=in_place)
    processor = VideoProcessor(
        device=backends.device(backend), effects=(SEPIA, effect, GRAY), filter="bilinear"
    )
    _ready(processor, NV12, PartialType(format="yuv420p", size=(14, 6)))
    made = list(processor.run(_samples(NV12, 3)))
    assert processor.converter is None
    assert told(processor.steps) == ("rgb24+1 f yuv420p+1" if in_place else "rgb24+1 F yuv420p+1")
    seen, target = processor.steps[0].type, processor.steps[-1].type
    for seed, sample in enumerate(made):
        planes = frames.noise(NV12, seed)
        rgb = convert(planes, NV12, seen, device="cpu", effects=SEPIA, filter="bilinear")
        wanted = convert([solarised(rgb[0])], seen, target, device="cpu", effects=GRAY)
        assert (sample.time, sample.type) == (seed, target)
        for found, plane in zip(sample.to_numpy(), wanted, strict=True):
            np.testing.assert_array_equal(found, plane)


def test_pictures_between_passes_use_one_slot_each(backend: str) -> None:
    device = backends.device(backend)
    gc.collect()
    before = device.memory.ledger.use().blocks
    transform = EffectTransform(effects_on(backend), GRAY, device=device)
    _ready(transform, NV12, NV12)
    assert transform._passes is not None
    pools = transform._passes._pools
    transform.process_message(Message.BEGIN_STREAMING)
    assert [pool.statistics().slots for pool in pools] == [1, 1]
    slots = [[p.statistics().slots for p in pools] for _ in transform.run(_samples(NV12, 5))]
    assert slots == [[1, 1]] * 5
    gc.collect()
    assert device.memory.ledger.use().blocks == before


def test_who_keeps_an_array_between_passes_keeps_what_is_in_it() -> None:
    kept: list[Any] = []

    def look(src: list[Any], dst: list[Any], stream: object) -> None:
        with_numpy(src, dst, stream)
        kept.append(dst[0])

    transform = EffectTransform(FrameEffect(look, ("rgb24",)), device="cpu")
    _ready(transform, NV12, NV12)
    list(transform.run(_samples(NV12, 3)))
    for seed, array in enumerate(kept):
        (rgb,) = convert(frames.noise(NV12, seed), NV12, transform.steps[0].type, device="cpu")
        np.testing.assert_array_equal(array, solarised(rgb))


def test_a_failing_effect_keeps_the_input_and_changes_nothing(backend: str) -> None:
    works = BY_LIBRARY[OWN[backend]]
    left = [KeyError("first"), InvalidArg("second")]

    def flaky(src: list[Any], dst: list[Any], stream: Any) -> None:
        if left:
            raise left.pop(0)
        works(src, dst, stream)

    effect = FrameEffect(flaky, ("rgb24",), arrays=OWN[backend])
    transform = EffectTransform(GRAY, effect, device=backends.device(backend))
    _ready(transform, RGB, RGB)
    transform.push(_samples(RGB)[0])
    for error in (KeyError, InvalidArg):
        with pytest.raises(error) as caught:
            transform.pull()
        assert "in effect flaky on " in caught.value.__notes__[0]
    made = transform.pull()
    assert isinstance(made, Sample)
    (gray,) = convert(frames.noise(RGB), RGB, RGB, device="cpu", effects=GRAY)
    np.testing.assert_array_equal(made.to_numpy()[0], solarised(gray))
    assert transform.pull() is Flow.NEED_MORE_INPUT


def test_the_clients_picture_stays_as_it_is() -> None:
    for effect in (on_rgb(), on_rgb(in_place=True)):
        transform = EffectTransform(effect, device="cpu")
        _ready(transform, RGB, RGB)
        (sample,) = _samples(RGB)
        transform.push(sample)
        assert isinstance(transform.pull(), Sample)
        np.testing.assert_array_equal(sample.planes[0], frames.noise(RGB)[0])


def test_output_over_the_input_itself() -> None:
    def shift(src: list[Any], dst: list[Any], stream: object) -> None:
        for row in range(dst[0].shape[0]):
            dst[0][row] = src[0][row - 1]

    transform = EffectTransform(FrameEffect(shift, ("rgb24",)), device="cpu")
    _ready(transform, RGB, RGB)
    buffer = Buffer2D("rgb24", RGB.size)
    buffer.planes[0][...] = frames.noise(RGB)[0]
    transform.process_input(Sample(buffer))
    transform.process_output([OutputDataBuffer(sample=Sample(buffer))])
    np.testing.assert_array_equal(buffer.planes[0], np.roll(frames.noise(RGB)[0], 1, 0))


def test_an_output_that_cannot_be_written() -> None:
    (plane,) = frames.noise(RGB)
    plane.flags.writeable = False
    for effect in (on_rgb(), on_rgb(in_place=True)):
        transform = EffectTransform(effect, device="cpu")
        _ready(transform, RGB, RGB)
        transform.push(_samples(RGB)[0])
        with pytest.raises(InvalidArg, match="read-only"):
            transform.process_output([OutputDataBuffer(sample=Sample.from_numpy([plane], RGB))])


def test_effects_that_cannot_run_there_are_refused_at_once(device: Device) -> None:
    cupy = FrameEffect(with_numpy, arrays="cupy", name="mine")
    with pytest.raises(InvalidArg, match=r"effect mine takes cupy .* choose device='cuda'"):
        EffectTransform(GRAY, cupy, device="cpu")
    near = EffectTransform(on_rgb(arrays="numpy"), device="cpu")
    _ready(near, RGB, RGB)
    with pytest.raises(InvalidArg, match="through_host=True"):
        near.process_message(Message.SET_DEVICE_MANAGER, device)
    assert near.device.spec == "cpu"
    near.push(_samples(RGB)[0])
    assert isinstance(near.pull(), Sample)


def test_moving_to_another_device(device: Device) -> None:
    def anywhere(src: list[Any], dst: list[Any], stream: Any) -> None:
        library = "numpy" if stream is None else "pyopencl"
        BY_LIBRARY[library](src, dst, stream)

    transform = EffectTransform(FrameEffect(anywhere, ("rgb24",)), device="cpu")
    _ready(transform, NV12, NV12)
    made = [planes.to_numpy() for planes in transform.run(_samples(NV12))]
    transform.process_message(Message.SET_DEVICE_MANAGER, device)
    there = [planes.to_numpy() for planes in transform.run(_samples(NV12))]
    for one, other in zip(made[0], there[0], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def device() -> Device:
    reason = backends.missing("opencl")
    if reason:
        pytest.skip(reason)
    return backends.device("opencl")


def test_a_single_conversion_hosts_none_and_says_what_does() -> None:
    planes = frames.noise(RGB)
    for give in (F, [GRAY, F]):
        with pytest.raises(InvalidArg, match=r"use EffectTransform\(with_numpy\), VideoProcessor"):
            convert(planes, RGB, RGB, device="cpu", effects=give)
        with pytest.raises(InvalidArg, match="EffectTransform"):
            explain(RGB, RGB, effects=give)


def test_what_is_no_effect() -> None:
    for wrong in (3, [GRAY, "sepia"]):
        with pytest.raises(InvalidArg, match="is no effect; give for example"):
            VideoProcessor(device="cpu", effects=wrong)  # type: ignore[arg-type]
    assert VideoProcessor(device="cpu", effects=GRAY).steps == ()


def test_a_type_that_cannot_be_converted_is_refused_and_the_old_one_stays() -> None:
    transform = VideoProcessor(effects=[FrameEffect(with_numpy, ("rgb24",))], device="cpu")
    transform.set_input_type(RGB)
    with pytest.raises(InvalidMediaType, match="interlace"):
        transform.set_output_type(RGB.replace(interlace="upper"))
    assert transform.steps == ()


def test_nothing_is_downloaded_on_a_device() -> None:
    device = FakeDevice()

    def enqueue(src: list[Any], dst: list[Any], stream: object) -> None:
        device.memory.launch(lambda: with_numpy(src, dst, None))

    transform = EffectTransform(
        FrameEffect(enqueue, ("rgb24",)),
        FrameEffect(enqueue, ("rgb24",), in_place=True),
        device=device,
    )
    _ready(transform, RGB, RGB)
    source = Pool(RGB, device).acquire()
    source.upload(frames.noise(RGB))
    device.memory.log.clear()
    (made,) = transform.run([Sample.from_surface(source)])
    assert not {"download", "upload", "copy", "synchronize"} & set(device.memory.log)
    twice = solarised(solarised(frames.noise(RGB)[0]))
    np.testing.assert_array_equal(made.to_numpy()[0], twice)
