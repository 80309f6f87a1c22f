"""The measured peak: what is read of a picture, what becomes of it in time, what it does."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import gpumft as gm
from gpumft.colour import light_of_gray
from gpumft.device import Device, Pool
from gpumft.errors import InvalidArg, InvalidRequest
from gpumft.media import Light, Transfer, VideoType
from gpumft.ops import Converter, PeakHistory, Reading, convert, explain, make_options, plan
from gpumft.ops.meter import meter_program
from gpumft.ops.peak import above_white
from gpumft.testing import bounds, frames, twin
from gpumft.testing.fake_device import FakeDevice
from tests.contract import backends
from tests.contract.conversions import same_bytes

PQ = VideoType("p010le", (40, 24), transfer="pq", siting="topleft")
SDR = VideoType("nv12", (40, 24), transfer="bt709", primaries="bt709", matrix="bt709")
CURVES = [
    ("bt2390", "max_rgb"), ("hable", "luminance"), ("reinhard", "ictcp"), ("mobius", "max_rgb"),
]  # fmt: skip


def _dim(type_: VideoType, seed: int = 0, brightest: float = 0.75) -> list[npt.NDArray[Any]]:
    """A picture of which no channel is far above `brightest`, a code value of 1."""
    full = VideoType("gbrpf32le", type_.size, transfer="pq", primaries=type_.primaries)
    shape = full.plane_shapes[0]
    rng = np.random.default_rng(seed)
    planes = [rng.uniform(0, brightest, shape).astype(np.float32) for _ in range(3)]
    planes[0][3, 5] = planes[1][3, 5] = planes[2][3, 5] = brightest
    hdr = type_.replace(transfer="pq") if type_.transfer != "pq" else type_
    return [np.asarray(p) for p in convert(planes, full, hdr, device="cpu")]


@pytest.fixture(params=[*backends.params("cpu", "opencl", "cuda"), "fake"])
def device(request: pytest.FixtureRequest) -> Device:
    return FakeDevice() if request.param == "fake" else backends.device(request.param)


# ------------------------------------------------------------------ what is read


@pytest.mark.parametrize(
    ("format", "matrix"),
    [("p010le", None), ("p016le", "ictcp"), ("gbrpf32le", None), ("gray10le", None),
     ("rgba64le", None)],
)  # fmt: skip
def test_a_small_picture_is_read_pixel_by_pixel(format: str, matrix: str | None) -> None:
    src = VideoType(format, (40, 24), transfer="pq", matrix=matrix)
    planes = _dim(src)
    meter = Converter(src, SDR, device="cpu", peak="detect")
    (reading,) = meter.measure([planes])
    rgb = VideoType("gbrpf32le", src.size, transfer="pq", primaries="bt2020")
    largest = np.max(gm.testing.reference_convert(planes, src.resolved(), rgb), axis=0)
    codes = np.clip(largest.astype(np.float64) * 65535, 0, 65535)
    assert abs(reading.peak - codes.max()) <= 1
    assert abs(reading.mean - codes.mean()) <= 1.5
    assert reading.light == light_of_gray(Transfer.PQ, reading.peak / 65535)


def test_a_large_picture_is_read_by_patches_of_what_is_shown() -> None:
    src = VideoType("gray16le", (1100, 544), transfer="pq", range="full")
    picture = np.full((544, 1100), 20_000, np.uint16)
    picture[100:102, 200:202] = (40_000, 60_000), (50_000, 30_000)  # a patch of 2 x 2
    picture[301, 401] = 65_535  # a quarter of another
    picture[0, 0] = 65_535  # hidden
    more: dict[str, Any] = {"crop": (2, 0, 1096, 544), "peak": "detect", "device": "cpu"}
    (reading,) = Converter(src, SDR, **more).measure([[picture]])
    assert reading.peak == 45_000
    hidden = Converter(src.replace(aperture=(2, 0, 1096, 544)), SDR, **{**more, "crop": None})
    assert hidden.measure([[picture]]) == [reading]
    turned = Converter(src, SDR, rotate=90, flip="h", **more)
    assert turned.measure([[picture]]) == [reading]


@pytest.mark.parametrize("size", [(1, 1), (7, 539), (540, 3), (541, 811), (1920, 1080)])
def test_the_patches_are_whole_pixels_where_that_divides(size: tuple[int, int]) -> None:
    settled = plan(PQ.replace(size=size), SDR, make_options(peak="detect"))
    program = meter_program(settled)
    wide, high = program.target_size
    side = max(1, min(size) // 270)
    assert (wide, high) == (-(-size[0] // side), -(-size[1] // side))
    (write,) = program.writes
    assert (write.scale, write.offset) == (65535.0, 0.0)  # a patch's code: docs/light.md, 12


def test_every_engine_reads_the_same(device: Device) -> None:
    src = VideoType("p010le", (557, 547), transfer="hlg", interlace="upper")
    settled = plan(src, SDR.replace(interlace="upper"), make_options(peak="detect"))
    program = meter_program(settled)
    planes = frames.noise(src, 3)
    (wanted,) = twin.run(program, planes)
    made = np.zeros_like(wanted)
    device.build(program)(planes, [made])
    same_bytes([made], [wanted])


def test_alpha_is_not_looked_at_and_no_code_is_above_1() -> None:
    src = VideoType("rgbaf32le", (4, 2), transfer="pq")
    picture = np.zeros((2, 4, 4), np.float32)
    picture[..., 0], picture[0, 0, 1], picture[0, 1] = 0.25, np.nan, (7, -1, 0, 0)
    meter = Converter(src, SDR, device="cpu", peak="detect")
    assert meter.measure([[picture]])[0].peak == 65_535  # all that a code can be
    picture[0, 1] = 0.5, 0.25, 0.25, 0  # transparent
    assert meter.measure([[picture]])[0].peak == 32_768


# ------------------------------------------------------------------ what it does


@pytest.mark.parametrize(("tone_map", "basis"), CURVES)
def test_the_bytes_are_those_of_the_peak_that_was_measured(
    tone_map: str, basis: str, device: Device
) -> None:
    options: dict[str, Any] = {"tone_map": tone_map, "tone_map_basis": basis, "device": device}
    planes = _dim(PQ)
    detecting = Converter(PQ, SDR, peak="detect", **options)
    (reading,) = detecting.measure([planes])
    assert 500 < reading.light < 5000
    for peak in (reading.light, 400.0):
        made = detecting.batch([planes], peaks=None if peak == reading.light else [peak])
        fixed = Converter(PQ, SDR, peak=peak, **options)
        same_bytes(made[0], fixed(planes))
    if device.kind == "cpu":
        bounds.check(made[0], planes, PQ, SDR, peak=400.0, tone_map=tone_map, tone_map_basis=basis)


def test_a_dark_picture_is_mapped_from_a_little_above_white(device: Device) -> None:
    planes = _dim(PQ, brightest=0.4)
    made = Converter(PQ, SDR, peak="detect", device=device)(planes)
    same_bytes(made, Converter(PQ, SDR, peak=1.01 * 203, device=device)(planes))
    (luma, _), (plain, _) = made, Converter(PQ, SDR, tone_map="none", device=device)(planes)
    assert np.abs(luma.astype(int) - plain).max() <= 1


def test_pictures_of_a_batch_are_measured_each_after_the_one_before() -> None:
    rgb = VideoType("gbrpf32le", (6, 4), transfer="pq", primaries="bt2020")
    sdr = rgb.replace(transfer="linear")
    converter = Converter(rgb, sdr, peak="detect", device="cpu")
    pictures = [frames.noise(rgb, seed) for seed in range(3)]
    out = [[p.copy() for p in planes] for planes in pictures]
    chained = converter.batch([pictures[0], out[0]], [out[0], out[1]])
    first = converter(pictures[0])
    same_bytes(chained[1], converter([p.copy() for p in first]))


def test_surfaces_and_samples_are_measured_where_they_are(device: Device) -> None:
    planes = _dim(PQ)
    converter = Converter(PQ, SDR, peak="detect", device=device)
    wanted = converter(planes)
    with Pool(PQ, device).acquire() as surface:
        surface.upload(planes)
        assert converter.measure([surface]) == converter.measure([planes])
        assert converter.measure([gm.Sample.from_surface(surface)]) == converter.measure([planes])
        same_bytes(converter(surface).to_numpy(), wanted)
    sample = gm.Sample.from_numpy(planes, PQ)
    same_bytes(list(map(np.asarray, converter(sample).planes)), wanted)


@pytest.mark.parametrize(
    ("src", "dst", "options"),
    [
        (PQ, SDR, {}),
        (PQ, PQ.replace(format="gbrp16le"), {"peak": "detect"}),
        (SDR, PQ, {"peak": "detect"}),
        (PQ, SDR, {"peak": "detect", "tone_map": "clip"}),
        (PQ, SDR, {"peak": "detect", "tone_map": "none"}),
    ],
)
def test_nothing_is_measured_where_the_peak_has_no_bearing(
    src: VideoType, dst: VideoType, options: dict[str, Any]
) -> None:
    converter = Converter(src, dst, device="cpu", **options)
    assert not converter.plan.measures
    with pytest.raises(InvalidRequest, match=r'nothing is measured here: that takes peak="detect"'):
        converter.measure([frames.noise(src)])
    with pytest.raises(InvalidArg, match="peaks are given, but nothing is measured"):
        converter.batch([frames.noise(src)], peaks=[1000])


def test_clip_knows_no_metadata_then() -> None:
    dim = PQ.replace(light=Light(max_cll=100))
    planes = frames.noise(PQ)
    made = convert(planes, dim, SDR, device="cpu", peak="detect", tone_map="clip")
    same_bytes(made, convert(planes, PQ, SDR, device="cpu", peak=10_000, tone_map="clip"))


@pytest.mark.parametrize("peaks", [[], [1.0, 2.0], [-1.0], [float("nan")], [float("inf")]])
def test_peaks_are_one_for_each_picture(peaks: list[float]) -> None:
    converter = Converter(PQ, SDR, device="cpu", peak="detect")
    with pytest.raises(InvalidArg, match="1 frames, but peaks are"):
        converter.batch([frames.noise(PQ)], peaks=peaks)


@pytest.mark.parametrize("peak", ["detected", "", True, -1])
def test_other_words_are_refused(peak: Any) -> None:
    with pytest.raises(InvalidArg, match="must be more than 0 cd/m2; or 'detect', to measure it"):
        make_options(peak=peak)


def test_the_reference_measures_nothing() -> None:
    with pytest.raises(InvalidArg, match="the reference measures no peak"):
        gm.testing.reference_convert(frames.noise(PQ), PQ, SDR, peak="detect")


def test_the_explanation_says_so() -> None:
    plain, told = explain(PQ, SDR), explain(PQ, SDR, peak="detect")
    assert "the measured peak to 203 cd/m2" in str(told)
    assert told.passes == ("patches to measure", *plain.passes)
    assert told.launches == plain.launches + 1
    assert told.bytes_read == 2 * plain.bytes_read
    assert told.bytes_written == plain.bytes_written + 2 * 40 * 24
    on_cpu = Converter(PQ, SDR, device="cpu", peak="detect").explain()
    assert (on_cpu.passes, on_cpu.launches) == (("patches to measure", "rows"), 0)


def test_a_conversion_that_is_kept_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    planes, fake = _dim(PQ), FakeDevice()
    first = convert(planes, PQ, SDR, device=fake, peak="detect")
    built = fake.memory.log.count("build")
    same_bytes(convert(planes, PQ, SDR, device=fake, peak="detect"), first)
    assert (built, fake.memory.log.count("build")) == (2, 2)


# ------------------------------------------------------------------ in the course of time


def _after(history: PeakHistory, *codes: tuple[int, int]) -> list[float]:
    """The held peaks, in codes, after readings of (peak, mean)."""
    held = []
    for peak, mean in codes:
        history = history.after(Reading(peak, mean, 0.0))
        held.append((history.held or 0) / 65536)
    return held


def test_a_peak_is_1_percent_above_white_at_least() -> None:
    """docs/light.md, 12."""
    assert above_white(100.0, 203.0) == above_white(203.0, 203.0) == pytest.approx(205.03)
    assert above_white(205.1, 203.0) == 205.1


@pytest.mark.parametrize(
    ("rate", "pictures"), [(Fraction(1), 1), (Fraction(1, 3), 1), (Fraction(60000, 1001), 60)]
)
def test_a_peak_falls_within_the_pictures_of_a_second(rate: Fraction, pictures: int) -> None:
    assert PeakHistory.of(Transfer.PQ, rate).release == pictures


def test_the_peak_rises_at_once_and_falls_slowly() -> None:
    history = PeakHistory.of(Transfer.PQ, Fraction(4))
    assert history.release == 4
    assert _after(history, (40_000, 9000), (50_000, 9000)) == [40_000, 50_000]
    falls = _after(history, (50_000, 9000), *[(40_000, 9000)] * 3)
    assert falls[1] == 47_500
    assert falls[2] == 45_625
    assert 44_218 < falls[3] < 44_219
    assert _after(history, (50_000, 0), *[(40_000, 0)] * 120)[-1] == 40_000  # all the way


def test_a_cut_begins_anew() -> None:
    history = PeakHistory.of(Transfer.PQ, Fraction(25))
    inside, beyond = 20_000 + 1966, 20_000 + 1967
    assert _after(history, (50_000, 20_000), (30_000, inside))[1] == 50_000 - 20_000 / 25
    assert _after(history, (50_000, 20_000), (30_000, beyond))[1] == 30_000
    assert _after(history, (50_000, beyond), (30_000, 20_000))[1] == 30_000
    # a flash ends as it began
    flash = [(40_000, 20_000), (65_535, 60_000), (40_000, 20_000)]
    assert _after(history, *flash) == [40_000, 65_535, 40_000]


def test_a_fade_is_no_cut() -> None:
    history = PeakHistory.of(Transfer.PQ, None)
    assert history.release == 25
    fade = [(60_000 - 1500 * n, 30_000 - 750 * n) for n in range(20)]
    held = _after(history, *fade)
    assert held == sorted(held, reverse=True)
    assert all(now > peak for now, (peak, _) in zip(held[1:], fade[1:], strict=True))


def test_the_same_readings_give_the_same_peaks_after_forgetting() -> None:
    history = PeakHistory.of(Transfer.HLG, Fraction(24000, 1001))
    assert (history.release, history.light) == (24, 0.0)
    codes = [(60_000, 100), (20_000, 100), (30_000, 100)]
    once = _after(history, *codes)
    later = history.after(Reading(65_535, 50_000, 1000.0)).forgotten()
    assert _after(later, *codes) == once
    assert history.after(Reading(65_535, 0, 0.0)).light == pytest.approx(1000)
