"""Conversions between transfers, primaries and dynamic ranges, worked out by hand."""

from typing import Any

import numpy as np
import pytest

from gpumft.media import Light, Primaries, Transfer, VideoType
from gpumft.testing import frames, reference_convert, reference_values
from gpumft.testing.reference_curves import decode, encode
from gpumft.testing.reference_light import source_peak
from gpumft.testing.reference_primaries import between
from gpumft.testing.reference_tone import tone_curve

SDR = ("bt709", "srgb", "bt1886", "gamma22", "smpte240m", "linear")


def pixels(rgb: object, transfer: str, primaries: str = "bt709", **fields: Any) -> Any:
    """Planes and type of a row of R'G'B' pixels, given as (count, 3)."""
    values = np.array(rgb, np.float32)[None]
    type_ = VideoType(
        "gbrpf32le", (values.shape[1], 1), transfer=transfer, primaries=primaries, **fields
    )
    return [values[..., i] for i in (1, 2, 0)], type_


def converted(
    rgb: object,
    src: tuple[str, ...],
    dst: tuple[str, ...],
    light: Light | None = None,
    **options: Any,
) -> np.ndarray:
    """Rows of R'G'B' after a conversion between (transfer, primaries)."""
    planes, type_ = pixels(rgb, *src, light=light)
    other = VideoType(
        "gbrpf32le", type_.size, transfer=dst[0], primaries=dst[-1] if dst[1:] else "bt709"
    )
    values = reference_values(planes, type_, other, **options)
    return np.stack([values[name][0] for name in "rgb"], axis=-1)


RAMP = np.linspace(-0.1, 1.1, 13, dtype=np.float32)[:, None].repeat(3, 1)


@pytest.mark.parametrize("src", SDR)
@pytest.mark.parametrize("dst", SDR)
def test_sdr_to_sdr_changes_the_curve_and_nothing_else(src: str, dst: str) -> None:
    found = converted(RAMP, (src,), (dst,))
    wanted = encode(Transfer(dst), decode(Transfer(src), RAMP.astype(np.float64)))
    assert np.allclose(found, RAMP if src == dst else wanted, atol=1e-12)


def test_sdr_white_lies_at_203() -> None:
    rgb = np.array([[1, 1, 1], [0.5, 0.5, 0.5], [0, 0, 0]])
    pq = converted(rgb, ("bt709", "bt2020"), ("pq", "bt2020"))[:, 0]
    assert np.abs(10000 * decode(Transfer.PQ, pq) - [203, 203 * 0.5**2.4, 0]).max() < 1e-6
    assert pq[0] == pytest.approx(0.580689, abs=1e-6)
    hlg = converted(rgb, ("bt709", "bt2020"), ("hlg", "bt2020"))
    assert hlg[0] == pytest.approx(0.749877, abs=1e-6)
    bright = converted(rgb, ("srgb", "bt2020"), ("pq", "bt2020"), white=100)[:, 0]
    assert np.allclose(10000 * decode(Transfer.PQ, bright[:2]), [100, 100 * 0.21404114], atol=1e-5)


@pytest.mark.parametrize("hdr", ["pq", "hlg"])
@pytest.mark.parametrize("sdr", SDR)
def test_sdr_survives_a_visit_to_hdr(sdr: str, hdr: str) -> None:
    values = np.random.default_rng(0).uniform(0.05, 1, (20, 3)).astype(np.float32)
    type_ = ("bt2020",)
    there = converted(values, (sdr, *type_), (hdr, *type_)).astype(np.float64)
    planes, src = pixels(there, hdr, "bt2020")
    dst = src.replace(transfer=sdr)
    found = reference_values(planes, src, dst, tone_map="none")
    back = np.stack([found[name][0] for name in "rgb"], axis=-1)
    assert np.abs(back - values).max() < 2e-5  # float32 planes in between


def test_hlg_and_pq_show_the_same_light() -> None:
    e = np.array([[1, 1, 1], [0.75, 0.75, 0.75], [0.5, 0.2, 0.1]])
    pq = converted(e, ("hlg", "bt2020"), ("pq", "bt2020"))
    shown = 10000 * decode(Transfer.PQ, pq)
    scene = decode(Transfer.HLG, e.astype(np.float32).astype(np.float64))
    luma = scene @ [0.2627, 0.6780, 0.0593]
    assert np.allclose(shown, 1000 * luma[:, None] ** 0.2 * scene, rtol=1e-9)
    assert shown[0] == pytest.approx(1000)
    assert shown[1] == pytest.approx(203, abs=0.3)  # BT.2408: 75 % of HLG is 203 cd/m2
    back = converted(pq, ("pq", "bt2020"), ("hlg", "bt2020"))
    assert np.abs(back - e).max() < 1e-5


def test_brighter_pq_than_hlg_shows_is_cut() -> None:
    bright = encode(Transfer.PQ, np.array([[4000, 4000, 4000], [4000, 500, 500]]) / 10000)
    found = converted(bright, ("pq", "bt2020"), ("hlg", "bt2020"))
    assert found[0] == pytest.approx(1)
    cut = encode(Transfer.PQ, np.array([[1000, 500, 500]]) / 10000)
    assert np.allclose(found[1], converted(cut, ("pq", "bt2020"), ("hlg", "bt2020")), atol=1e-6)


def test_the_ootf_takes_bt2020s_luminance_of_other_primaries() -> None:
    e = np.array([[0.5, 0.2, 0.1]])
    pq = converted(e, ("hlg", "bt709"), ("pq", "bt709"))
    scene = decode(Transfer.HLG, e.astype(np.float32).astype(np.float64))[0]
    wide = between(Primaries.BT709, Primaries.BT2020, adapt=True) @ scene
    luma = wide @ [0.2627, 0.6780, 0.0593]
    assert np.allclose(10000 * decode(Transfer.PQ, pq[0]), 1000 * luma**0.2 * scene, rtol=1e-9)


@pytest.mark.parametrize("name", ["bt2390", "hable", "reinhard", "mobius", "clip", "none"])
def test_hdr_grays_follow_the_tone_curve(name: str) -> None:
    light = np.array([1.0, 50, 100, 203, 400, 1000])
    codes = encode(Transfer.PQ, light / 10000).astype(np.float32)
    exact = 10000 * decode(Transfer.PQ, codes.astype(np.float64))
    found = converted(codes[:, None].repeat(3, 1), ("pq", "bt2020"), ("bt709",), tone_map=name)
    wanted = np.minimum(tone_curve(exact, name, 1000, 203) / 203, 1) ** (1 / 2.4)
    for channel in found.T:
        assert np.allclose(channel, wanted, atol=1e-9)


def test_the_basis_decides_about_colours() -> None:
    rgb = encode(Transfer.PQ, np.array([[800, 200, 100]]) / 10000)
    found = {
        basis: converted(rgb, ("pq", "bt2020"), ("linear", "bt2020"), tone_map_basis=basis)[0]
        for basis in ("max_rgb", "luminance", "ictcp")
    }
    assert np.allclose(found["max_rgb"] / found["max_rgb"][0], [1, 0.25, 0.125], rtol=1e-5)
    assert found["max_rgb"][0] == pytest.approx(
        tone_curve(np.array([800.0]), "bt2390", 1000, 203)[0] / 203, rel=1e-5
    )
    assert found["max_rgb"][1] < found["luminance"][1]
    assert len({float(values[1].round(6)) for values in found.values()}) == 3


def test_the_source_says_how_bright_it_is() -> None:
    mastering = ("bt2020", None, 0.005, 4000)
    cases = [
        ("pq", None, None, 1000),
        ("pq", Light(600, 100, mastering), None, 600),
        ("pq", Light(None, None, mastering), None, 4000),
        ("pq", Light(600, 100, mastering), 800.0, 800),
        ("hlg", Light(600, 100, mastering), None, 1000),
        ("hlg", None, 500.0, 500),
    ]
    for transfer, light, given, wanted in cases:
        assert source_peak(Transfer(transfer), light, given) == wanted
    bright = encode(Transfer.PQ, np.full((1, 3), 600) / 10000)
    found = converted(bright, ("pq", "bt2020"), ("linear",), Light(600, 100, mastering))
    assert found == pytest.approx(1, abs=1e-6)
    assert converted(bright, ("pq", "bt2020"), ("linear",)).max() < 0.999


def test_tone_mapping_happens_in_bt2020_before_the_gamut_step() -> None:
    light = np.array([900.0, 300, 20])  # P3
    rgb = encode(Transfer.PQ, light / 10000)[None]
    exact = 10000 * decode(Transfer.PQ, rgb.astype(np.float32).astype(np.float64))[0]
    wide = between(Primaries.P3D65, Primaries.BT2020, adapt=True) @ exact
    mapped = wide * tone_curve(wide.max(keepdims=True), "bt2390", 1000, 203) / wide.max()
    narrow = between(Primaries.BT2020, Primaries.BT709, adapt=True) @ (mapped / 203)
    assert narrow.min() < 0
    found = converted(rgb, ("pq", "p3d65"), ("linear", "bt709"))
    assert np.allclose(found[0], np.clip(narrow, 0, 1), atol=1e-9)


def test_primaries_alone_and_both_gamut_steps() -> None:
    green = np.array([[0.0, 1.0, 0.0], [0.3, 0.4, 0.35]])
    matrix = between(Primaries.BT2020, Primaries.BT709, adapt=True)
    linear = decode(Transfer.BT709, green.astype(np.float32).astype(np.float64)) @ matrix.T
    clipped = converted(green, ("bt709", "bt2020"), ("bt709", "bt709"))
    assert np.allclose(clipped, encode(Transfer.BT709, np.clip(linear, 0, 1)), atol=1e-9)
    assert clipped[0].tolist() == [0, 1, 0]
    kept = converted(green, ("bt709", "bt2020"), ("bt709", "bt709"), gamut="perceptual")
    assert np.allclose(kept[1], clipped[1], atol=1e-12)
    luma = np.array([0.21263901, 0.71516868, 0.07219232])
    assert decode(Transfer.BT709, kept)[0] @ luma == pytest.approx(linear[0] @ luma, abs=1e-6)
    assert kept[0].min() == pytest.approx(0, abs=1e-6)
    assert not np.allclose(kept[0], clipped[0], atol=0.01)


def test_adaptation_is_a_choice() -> None:
    white = np.ones((1, 3))
    kept = converted(white, ("gamma26", "dcip3"), ("gamma26", "p3d65"))
    assert np.allclose(kept, 1)
    moved = converted(white, ("gamma26", "dcip3"), ("gamma26", "p3d65"), adaptation="none")
    assert not np.allclose(moved, 1, atol=0.01)


def test_240m_has_the_primaries_of_525_lines() -> None:
    found = converted(RAMP, ("bt709", "smpte240m"), ("bt709", "bt601_525"))
    assert np.array_equal(found, RAMP)


def test_pq_to_pq_is_left_alone_whatever_the_options_say() -> None:
    planes, src = pixels(RAMP, "pq", "bt2020", light=Light(4000))
    dst = src.replace(light=Light(300))
    out = reference_convert(planes, src, dst, peak=5000, white=100, tone_map="clip")
    assert all(np.array_equal(a, b) for a, b in zip(out, planes, strict=True))


def test_gray_keeps_its_luma_curve() -> None:
    src = VideoType("gray16le", (5, 1), transfer="bt709", range="full")
    planes = [np.array([[0, 100, 20000, 40000, 65535]], np.uint16)]
    found = reference_values(planes, src, VideoType("gray16le", (5, 1), transfer="srgb"))["y"]
    wanted = encode(Transfer.SRGB, decode(Transfer.BT709, planes[0] / 65535)) * 65535
    assert np.allclose(found, wanted, atol=1e-6)


def test_subsampled_pictures_are_coloured_on_the_luma_grid() -> None:
    src = VideoType("yuv420p", (6, 4), transfer="bt709", primaries="bt601_525", matrix="bt601")
    planes = frames.noise(src)
    rgb = VideoType("gbrpf32le", (6, 4), transfer="srgb", primaries="bt709")
    dst = VideoType("yuv420p", (6, 4), transfer="srgb", primaries="bt709", matrix="bt709")
    whole = reference_values(planes, src, dst)
    mid = reference_values(planes, src, rgb)
    halves = [mid[name].astype(np.float32) for name in "gbr"]
    stepwise = reference_values(halves, rgb, dst)
    for name in "yuv":
        assert np.allclose(whole[name], stepwise[name], atol=1e-3)


# ------------------------------------------------------------------ linear=True


@pytest.mark.parametrize("transfer", ["bt709", "srgb", "pq", "hlg", "linear", "log100"])
def test_linear_scaling_averages_light(transfer: str) -> None:
    planes, src = pixels([[0.2, 0.9, 0.5], [0.8, 0.1, 0.5]], transfer)
    dst = src.replace(size=(1, 1))
    found = reference_values(planes, src, dst, filter="area", linear=True)
    for name, plane in zip("gbr", planes, strict=True):
        light = decode(Transfer(transfer), plane.astype(np.float64)).mean()
        assert found[name].item() == pytest.approx(encode(Transfer(transfer), np.array(light)))


def test_linear_leaves_what_is_not_scaled() -> None:
    src = VideoType("yuv420p", (6, 4))
    planes = frames.noise(src)
    for options in ({}, {"crop": (2, 2, 4, 2)}, {"flip": "h"}):
        size = (4, 2) if options else (6, 4)
        size = (6, 4) if "flip" in options else size
        one = reference_values(planes, src, VideoType("yuv420p", size), linear=True, **options)
        two = reference_values(planes, src, VideoType("yuv420p", size), **options)
        assert all(np.array_equal(one[name], two[name]) for name in "yuv")


def test_linear_scaling_takes_chroma_to_the_luma_grid_first() -> None:
    src = VideoType("yuv420p", (8, 6), siting="left", transfer="bt709", primaries="bt709")
    planes = frames.noise(src)
    options: dict[str, Any] = {"filter": "lanczos3"}
    full = VideoType("gbrpf32le", (8, 6), transfer="linear", primaries="bt709")
    light = reference_values(planes, src, full, chroma_filter="lanczos3")
    mid = [light[name].astype(np.float32) for name in "gbr"]
    dst = VideoType("gbrpf32le", (5, 9), transfer="linear", primaries="bt709")
    stepwise = reference_values(mid, full, dst, **options)
    whole = reference_values(planes, src, dst, linear=True, **options)
    for name in "rgb":
        assert np.allclose(whole[name], stepwise[name], atol=1e-5)


def test_linear_scaling_reads_nothing_outside_the_crop() -> None:
    src = VideoType("yuv420p", (12, 10), transfer="srgb", primaries="bt709")
    planes = frames.noise(src)
    dst = VideoType("gbrpf32le", (5, 9), transfer="srgb", primaries="bt709")
    crop: dict[str, Any] = {"crop": (4, 2, 6, 4), "linear": True, "filter": "lanczos3"}
    one = reference_values(planes, src, dst, **crop)
    other = [plane.copy() for plane in planes]
    for plane, (y, x, h, w) in zip(other, ((2, 4, 4, 6), (1, 2, 2, 3), (1, 2, 2, 3)), strict=True):
        inside = plane[y : y + h, x : x + w].copy()
        plane[:] = 77
        plane[y : y + h, x : x + w] = inside
    two = reference_values(other, src, dst, **crop)
    assert all(np.array_equal(one[name], two[name]) for name in "rgb")


def test_linear_scaling_weighs_light_by_alpha() -> None:
    src = VideoType("rgbaf32le", (2, 1), transfer="srgb", primaries="bt709")
    planes = [np.array([[[0.9, 0.5, 0.1, 0.25], [0.3, 0.5, 1.0, 0.75]]], np.float32)]
    found = reference_values(planes, src, src.replace(size=(1, 1)), filter="area", linear=True)
    exact = planes[0][0].astype(np.float64)
    light = decode(Transfer.SRGB, exact[:, :3])
    wanted = encode(Transfer.SRGB, (light * exact[:, 3:]).sum(axis=0) / exact[:, 3].sum())
    assert np.allclose([found[name].item() for name in "rgb"], wanted)
    assert found["a"].item() == 0.5


def test_premultiplied_colour_is_freed_before_the_curve() -> None:
    straight = np.array([[0.9, 0.5, 0.1]], np.float32)
    alpha = np.float32(0.25)
    planes = [np.concatenate([straight * alpha, [[alpha]]], axis=1)[None].astype(np.float32)]
    src = VideoType("rgbaf32le", (1, 1), transfer="srgb", primaries="bt709", alpha="premultiplied")
    wanted = encode(Transfer.GAMMA22, decode(Transfer.SRGB, straight.astype(np.float64)))[0]
    for mode, factor in (("straight", 1.0), ("premultiplied", 0.25)):
        dst = src.replace(transfer="gamma22", alpha=mode)
        found = reference_values(planes, src, dst)
        assert np.allclose([found[name].item() for name in "rgb"], factor * wanted, atol=1e-6)
    flat = VideoType("gbrpf32le", (1, 1), transfer="gamma22", primaries="bt709")
    found = reference_values(planes, src, flat)
    assert np.allclose([found[name].item() for name in "rgb"], 0.25 * wanted, atol=1e-6)


# ------------------------------------------------------------------ special values


def test_infinite_and_missing_light() -> None:
    rgb = np.array([[np.inf, 0, 0.5], [np.nan, 0, 0.5], [0.5, 0.5, 0.5]])
    found = converted(rgb, ("srgb",), ("gamma22",))
    assert found[0, 0] == np.inf
    assert np.isnan(found[1, 0])
    assert np.isfinite(found[:, 1:]).all()
    wide = converted(rgb, ("srgb", "bt709"), ("srgb", "bt2020"))
    assert np.isfinite(wide[2]).all()
    assert wide[0] == pytest.approx(1)  # clipped: every factor of red is positive


def test_tiny_floats_are_read_as_zero() -> None:
    found = converted([[1e-30, 2.0**-63, -1e-30]], ("log100",), ("linear",))
    assert np.allclose(found, [[0, 0.01, 0]])
