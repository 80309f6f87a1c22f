"""Conversions of the reference against results worked out by hand or by numpy alone."""

import numpy as np
import pytest

from gpumft.errors import InvalidArg
from gpumft.media import VideoType
from gpumft.testing import frames, reference_convert, reference_values


def yuv420(u: list[list[int]], siting: str = "left") -> tuple[list[np.ndarray], VideoType]:
    chroma = np.array(u, np.uint8)
    size = (2 * chroma.shape[1], 2 * chroma.shape[0])
    luma = np.full(size[::-1], 126, np.uint8)
    return [luma, chroma, np.full_like(chroma, 128)], VideoType("yuv420p", size, siting=siting)


def test_chroma_left_goes_up_by_bilinear_taps() -> None:
    planes, src = yuv420([[0, 64], [128, 192]])
    u = reference_values(planes, src, VideoType("yuv444p", (4, 4)))["u"]
    across = np.array([0, 32, 64, 64])  # on the sample, half way, on the sample, the edge again
    down = np.array([0, 32, 96, 128])  # 1/4 and 3/4 of the way; the edge above and below
    assert np.allclose(u, down[:, None] + across[None, :])


def test_chroma_topleft_goes_up_by_bilinear_taps() -> None:
    planes, src = yuv420([[0, 64], [128, 192]], "topleft")
    u = reference_values(planes, src, VideoType("yuv444p", (4, 4)))["u"]
    assert np.allclose(u[:, 0], [0, 64, 128, 128])
    assert np.allclose(u[0], [0, 32, 64, 64])


def test_chroma_center_goes_up_by_bilinear_taps() -> None:
    planes, src = yuv420([[0, 64], [128, 192]], "center")
    u = reference_values(planes, src, VideoType("yuv444p", (4, 4)))["u"]
    assert np.allclose(u[0], [0, 16, 48, 64])
    assert np.allclose(u[:, 0], [0, 32, 96, 128])


def test_chroma_goes_down_by_stretched_bilinear_taps() -> None:
    src = VideoType("yuv444p", (4, 4))
    u = np.zeros((4, 4), np.uint8)
    u[1, 2] = 64
    planes = [np.full((4, 4), 16, np.uint8), u, np.zeros((4, 4), np.uint8)]
    out = reference_values(planes, src, VideoType("yuv420p", (4, 4), siting="left"))["u"]
    # Across: 1/4 1/2 1/4 on sample 2; down: 1/8 3/8 3/8 1/8, row 1 being the second of the first.
    assert np.allclose(out, [[0, 64 * 0.5 * 0.375], [0, 64 * 0.5 * 0.125]])
    centre = reference_values(planes, src, VideoType("yuv420p", (4, 4), siting="center"))["u"]
    assert np.allclose(centre[0], [64 * 0.125 * 0.375, 64 * 0.375 * 0.375])


def test_chroma_moves_when_only_siting_changes() -> None:
    planes, src = yuv420([[0, 64], [0, 64]])
    out = reference_values(planes, src, VideoType("yuv420p", (4, 4), siting="center"))["u"]
    assert np.allclose(out, [[16, 64], [16, 64]])  # a quarter of a chroma sample to the right


def test_nearest_repeats_chroma() -> None:
    rows = [[10, 20, 30], [40, 50, 60]]
    for siting in ("left", "center", "topleft"):
        planes, src = yuv420(rows, siting)
        out = reference_convert(planes, src, VideoType("yuv444p", (6, 4)), chroma_filter="nearest")
        assert np.array_equal(out[1], np.array(rows).repeat(2, 0).repeat(2, 1)), siting


@pytest.mark.parametrize(("size", "taken"), [((4, 4), "bilinear"), ((8, 4), "lanczos3")])
def test_the_default_chroma_filter(size: tuple[int, int], taken: str) -> None:
    planes, src = yuv420([[0, 255], [128, 9]])
    dst = VideoType("yuv444p", size)
    default = reference_values(planes, src, dst, filter="lanczos3")
    given = reference_values(planes, src, dst, filter="lanczos3", chroma_filter=taken)
    other = reference_values(planes, src, dst, filter="lanczos3", chroma_filter="bicubic")
    assert np.array_equal(default["u"], given["u"])
    assert not np.allclose(default["u"], other["u"])


def test_scaled_chroma_goes_straight_to_its_new_grid() -> None:
    src = VideoType("yuv420p", (8, 2), siting="left")
    planes = [np.zeros((2, 8), np.uint8), np.array([[0, 40, 80, 120]], np.uint8)]
    planes.append(planes[1])
    out = reference_values(planes, src, VideoType("yuv420p", (16, 2)), filter="bilinear")["u"]
    # Sample j of 8 lies at luma 2j of 16, so at pixel j + 1/4 of 8, so at (j - 1/4) / 2 of chroma.
    at = np.clip((np.arange(8) - 0.25) / 2, 0, 3)
    assert np.allclose(out[0], 40 * at)


def test_odd_widths_keep_a_factor_of_two() -> None:
    src = VideoType("yuv422p", (5, 1), siting="left")
    planes = [np.zeros((1, 5), np.uint8), *[np.array([[0, 100, 200]], np.uint8)] * 2]
    out = reference_values(planes, src, VideoType("yuv444p", (5, 1)))["u"]
    assert np.allclose(out, [[0, 50, 100, 150, 200]])


def test_gray_ramp_through_rgb_and_back() -> None:
    src = VideoType("yuv444p", (256, 1), matrix="bt709", range="limited")
    neutral = np.full((1, 256), 128, np.uint8)
    planes = [np.arange(256, dtype=np.uint8)[None, :], neutral, neutral]
    dst = VideoType("gbrpf32le", (256, 1), transfer="bt709")
    rgb = reference_values(planes, src, dst)
    for name in "rgb":
        assert np.allclose(rgb[name][0], (np.arange(256) - 16) / 219, atol=1e-12)


def test_yuv_goes_to_rgb_and_back_unharmed() -> None:
    src = VideoType("yuv444p12le", (9, 7), matrix="bt2020ncl", range="full")
    planes = frames.noise(src)
    planes = [plane & np.uint16(4095) for plane in planes]
    mid = VideoType("gbrpf32le", (9, 7), transfer="bt709")
    there = reference_convert(planes, src, mid)
    back = reference_convert(there, mid, src.resolved())
    for ours, theirs in zip(back, planes, strict=True):
        assert np.array_equal(ours, theirs)


def test_gray_to_rgb_and_from_rgb() -> None:
    gray = VideoType("gray", (3, 1), matrix="bt709")
    out = reference_convert([np.array([[0, 7, 255]], np.uint8)], gray, VideoType("rgb24", (3, 1)))
    assert out[0].tolist() == [[[0] * 3, [7] * 3, [255] * 3]]
    rgb = VideoType("rgb24", (3, 1))
    (luma,) = reference_convert([np.eye(3, dtype=np.uint8)[None] * 255], rgb, gray)
    assert luma.tolist() == [[54, 182, 18]]  # 255 * .2126, .7152, .0722


def test_gray_to_yuv_has_neutral_chroma() -> None:
    src = VideoType("gray", (3, 3), range="full")
    out = reference_convert(frames.noise(src), src, VideoType("yuv420p10le", (3, 3)))
    assert np.unique(out[1]).tolist() == [512]


def test_another_matrix_recolours() -> None:
    src = VideoType("yuv444p", (1, 1), matrix="bt601", range="limited")
    red = [np.array([[code]], np.uint8) for code in (81, 90, 240)]
    out = reference_convert(red, src, VideoType("yuv444p", (1, 1), matrix="bt709"))
    assert np.allclose([plane.item() for plane in out], [63, 102, 240], atol=1)


def test_rounding_is_half_to_even() -> None:
    src = VideoType("gray", (2, 2), range="full")
    planes = [np.array([[0, 1], [1, 2]], np.uint8)]
    dst = VideoType("gray", (1, 2), range="full")
    (out,) = reference_convert(planes, src, dst, filter="area")
    assert out.tolist() == [[0], [2]]


def test_infinite_and_missing_values_spoil_only_what_they_touch() -> None:
    src = VideoType("grayf32le", (4, 1))
    planes = [np.array([[np.inf, 1, np.nan, 2]], np.float32)]
    same = reference_values(planes, src, VideoType("grayf32le", (4, 1)))["y"]
    assert np.array_equal(same, planes[0], equal_nan=True)
    half = reference_values(planes, src, VideoType("grayf32le", (2, 1)), filter="area")["y"]
    assert np.isnan(half).all()
    codes = reference_convert(planes, src, VideoType("gray", (4, 1), range="full"))
    assert codes[0].tolist() == [[255, 255, 0, 255]]


def test_a_weight_of_zero_still_reads() -> None:
    # 9 -> 3 by bicubic: the kernel is 0 one output sample away; 0 * infinity is missing.
    src = VideoType("grayf32le", (9, 1))
    row = np.ones((1, 9), np.float32)
    row[0, 4] = np.inf
    values = reference_values([row], src, VideoType("grayf32le", (3, 1)))["y"]
    assert np.isnan(values).all()
    row[0, 4], row[0, 8] = 1, np.inf
    values = reference_values([row], src, VideoType("grayf32le", (3, 1)))["y"]
    assert np.isnan(values).tolist() == [[False, True, True]]


def test_halves_are_read_and_written() -> None:
    src = VideoType("rgbaf16le", (3, 2))
    planes = frames.noise(src)
    (out,) = reference_convert(planes, src, VideoType("rgbaf16le", (3, 2)))
    assert out.dtype == np.float16
    assert np.array_equal(out, planes[0])


@pytest.mark.parametrize(
    "options",
    [
        {"linear": "yes"},
        {"dither": "bayer"},
        {"tone_map": "aces"},
        {"tone_map_basis": "y"},
        {"gamut": "cut"},
        {"adaptation": "cat02"},
        {"legalize": 2},
        {"white": 0},
        {"white": "bright"},
        {"peak": -1},
        {"peak": float("inf")},
        {"seed": -1},
        {"seed": 0.5},
        {"colour": 1},
        {"fit": "fill"},
        {"filter": "nearset"},
        {"chroma_filter": "x"},
        {"rotate": 45},
        {"crop": (0, 0, 5, 5)},
        {"background": "mauve"},
    ],
    ids=str,
)
def test_what_it_cannot_do_is_refused(options: dict[str, object]) -> None:
    src = VideoType("yuv420p", (4, 4))
    with pytest.raises(InvalidArg):
        reference_convert(frames.noise(src), src, VideoType("rgb24", (8, 8)), **options)


def test_options_at_their_defaults_are_accepted() -> None:
    src = VideoType("gray", (2, 2))
    planes = frames.noise(src)
    (out,) = reference_convert(planes, src, src, linear=False, dither="none", white=203)
    assert np.array_equal(out, planes[0])
