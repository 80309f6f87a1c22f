"""The reference's colour against published codes and coefficients (BT.601, 709, 2020, H.273)."""

import numpy as np
import pytest

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import Matrix, Range, VideoType
from gpumft.testing import frames, reference_convert, reference_values
from gpumft.testing.reference_colour import code_line, parse_colour, to_rgb, to_yuv

# 100 % bars W Y C G M R B K as Y/Cb/Cr, ties rounded up: computed from the standards' formulas.
BARS = {
    (8, "bt601", "limited"): "235/128/128 210/16/146 170/166/16 145/54/34"
    " 106/202/222 81/90/240 41/240/110 16/128/128",
    (8, "bt709", "limited"): "235/128/128 219/16/138 188/154/16 173/42/26"
    " 78/214/230 63/102/240 32/240/118 16/128/128",
    (8, "bt2020ncl", "limited"): "235/128/128 222/16/137 177/159/16 164/47/25"
    " 87/209/231 74/97/240 29/240/119 16/128/128",
    (8, "smpte240m", "limited"): "235/128/128 216/16/140 189/154/16 170/42/28"
    " 81/214/228 62/102/240 35/240/116 16/128/128",
    (10, "bt601", "limited"): "940/512/512 840/64/585 678/663/64 578/215/137"
    " 426/809/887 326/361/960 164/960/439 64/512/512",
    (10, "bt709", "limited"): "940/512/512 877/64/553 754/615/64 691/167/105"
    " 313/857/919 250/409/960 127/960/471 64/512/512",
    (10, "bt2020ncl", "limited"): "940/512/512 888/64/548 710/637/64 658/189/100"
    " 346/835/924 294/387/960 116/960/476 64/512/512",
    (10, "smpte240m", "limited"): "940/512/512 864/64/561 754/616/64 678/168/113"
    " 326/856/911 250/408/960 140/960/463 64/512/512",
    (8, "bt709", "full"): "255/128/128 237/1/140 201/157/1 182/30/12"
    " 73/226/244 54/99/255 18/255/116 0/128/128",
}
FORMATS = {8: ("gbrp", "yuv444p"), 10: ("gbrp10le", "yuv444p10le")}


def bars_table(key: tuple[int, str, str]) -> np.ndarray:
    return np.array([[int(code) for code in bar.split("/")] for bar in BARS[key].split()]).T


@pytest.mark.parametrize("key", BARS, ids=str)
def test_bars_have_the_published_codes(key: tuple[int, str, str]) -> None:
    depth, matrix, range_ = key
    rgb, yuv = FORMATS[depth]
    src = VideoType(rgb, (8, 2))
    dst = VideoType(yuv, (8, 2), matrix=matrix, range=range_)
    values = reference_values(frames.bars(src), src, dst)
    for name, published in zip("yuv", bars_table(key), strict=True):
        assert np.abs(values[name] - published).max() <= 0.5 + 1e-9, name


@pytest.mark.parametrize("key", BARS, ids=str)
def test_published_codes_are_the_bars(key: tuple[int, str, str]) -> None:
    depth, matrix, range_ = key
    rgb, yuv = FORMATS[depth]
    src = VideoType(yuv, (8, 1), matrix=matrix, range=range_)
    dst = VideoType(rgb, (8, 1), transfer="bt709")
    planes = [row[None, :].astype(src.plane_dtypes[0]) for row in bars_table(key)]
    values = reference_values(planes, src, dst)
    bars = np.array(frames.BARS) * (2**depth - 1)
    # Each code is wrong by half a code at most, which R'G'B' sees up to about 2.5 times.
    for name, wanted in zip("rgb", bars.T, strict=True):
        assert np.abs(values[name][0] - wanted).max() < 2.5, name


@pytest.mark.parametrize(
    ("matrix", "r_cr", "g_cb", "g_cr", "b_cb"),
    [
        ("bt601", 1.402, -0.344136, -0.714136, 1.772),
        ("bt709", 1.5748, -0.187324, -0.468124, 1.8556),
        ("bt2020ncl", 1.4746, -0.164553, -0.571353, 1.8814),
        ("smpte240m", 1.576, -0.226622, -0.476622, 1.826),
        ("fcc", 1.4, -0.331864, -0.711864, 1.78),
    ],
)
def test_decoding_coefficients(
    matrix: str, r_cr: float, g_cb: float, g_cr: float, b_cb: float
) -> None:
    wanted = [[1, 0, r_cr], [1, g_cb, g_cr], [1, b_cb, 0]]
    assert np.allclose(to_rgb(Matrix(matrix)), wanted, atol=6e-7)


@pytest.mark.parametrize(
    ("matrix", "luma"),
    [
        ("bt601", [0.299, 0.587, 0.114]),
        ("bt709", [0.2126, 0.7152, 0.0722]),
        ("bt2020ncl", [0.2627, 0.6780, 0.0593]),
        ("smpte240m", [0.212, 0.701, 0.087]),
        ("fcc", [0.30, 0.59, 0.11]),
        ("ycgco", [0.25, 0.5, 0.25]),
    ],
)
def test_luma_weights(matrix: str, luma: list[float]) -> None:
    assert np.allclose(to_yuv(Matrix(matrix))[0], luma, rtol=0, atol=1e-12)


def test_ycgco_decodes_by_sums_and_differences() -> None:
    y, cg, co = 0.5, 0.125, -0.25
    wanted = [y - cg + co, y + cg, y - cg - co]
    assert np.allclose(to_rgb(Matrix.YCGCO) @ [y, cg, co], wanted, atol=1e-15)


def test_there_is_no_yuv_matrix_called_rgb() -> None:
    src = VideoType("yuv444p", (2, 2), matrix="rgb")
    with pytest.raises(InvalidMediaType, match="rgb"):
        reference_convert(frames.noise(src), src, VideoType("rgb24", (2, 2)))


# black, white, chroma zero, chroma least, chroma greatest (BT.709-6, BT.2100-2; H.273, 8.3)
LIMITED = {
    8: (16, 235, 128, 16, 240),
    10: (64, 940, 512, 64, 960),
    12: (256, 3760, 2048, 256, 3840),
    16: (4096, 60160, 32768, 4096, 61440),
}


@pytest.mark.parametrize("depth", LIMITED)
def test_limited_range_levels(depth: int) -> None:
    black, white, zero, least, greatest = LIMITED[depth]
    for name in "yrgb":
        scale, offset = code_line(name, depth, Range.LIMITED, is_float=False)
        assert (offset, scale + offset) == (black, white)
    for name in "uv":
        scale, offset = code_line(name, depth, Range.LIMITED, is_float=False)
        assert (offset - scale / 2, offset, offset + scale / 2) == (least, zero, greatest)


@pytest.mark.parametrize(("depth", "top", "zero"), [(8, 255, 128), (10, 1023, 512), (5, 31, 16)])
def test_full_range_levels(depth: int, top: int, zero: int) -> None:
    assert code_line("y", depth, Range.FULL, is_float=False) == (top, 0)
    assert code_line("g", depth, Range.FULL, is_float=False) == (top, 0)
    assert code_line("v", depth, Range.FULL, is_float=False) == (top, zero)
    assert code_line("a", depth, Range.LIMITED, is_float=False) == (top, 0)
    assert code_line("y", 32, Range.FULL, is_float=True) == (1, 0)


def test_a_depth_change_in_limited_range_is_a_shift() -> None:
    src = VideoType("yuv444p", (16, 16))
    planes = frames.noise(src)
    out = reference_convert(planes, src, VideoType("yuv444p12le", (16, 16)))
    for ours, theirs in zip(out, planes, strict=True):
        assert np.array_equal(ours, theirs.astype(np.uint16) << 4)


def test_a_depth_change_in_full_range_stretches() -> None:
    src = VideoType("gray", (256, 1), range="full")
    planes = [np.arange(256, dtype=np.uint8)[None, :]]
    (out,) = reference_convert(planes, src, VideoType("gray10le", (256, 1)))
    assert np.array_equal(out[0], np.rint(np.arange(256) * 1023 / 255))


def test_codes_are_clamped_to_the_code_range_only() -> None:
    src = VideoType("yuv444p", (2, 1), range="limited")
    planes = [np.array([[0, 255]], np.uint8), *[np.full((1, 2), 128, np.uint8)] * 2]
    full = reference_values(planes, src, VideoType("yuv444p", (2, 1), range="full"))
    assert full["y"].tolist() == [[0, 255]]  # -18.6 and 278.3 before
    float_rgb = reference_values(planes, src, VideoType("gbrpf32le", (2, 1), transfer="bt709"))
    assert np.allclose(float_rgb["r"], [[-16 / 219, 239 / 219]], atol=1e-12)
    assert reference_convert(planes, src, VideoType("yuv444p10le", (2, 1)))[0].tolist() == [
        [0, 1020]
    ]


@pytest.mark.parametrize(
    ("colour", "wanted"),
    [
        ("black", (0, 0, 0)),
        ("white", (1, 1, 1)),
        ("yellow", (1, 1, 0)),
        ("cyan", (0, 1, 1)),
        ("green", (0, 1, 0)),
        ("magenta", (1, 0, 1)),
        ("red", (1, 0, 0)),
        ("blue", (0, 0, 1)),
        ("#ff0033", (1, 0, 0.2)),
        ((0.25, 0.5, 1), (0.25, 0.5, 1)),
    ],
)
def test_backgrounds(colour: object, wanted: tuple[float, ...]) -> None:
    assert parse_colour(colour) == wanted


@pytest.mark.parametrize("colour", ["blak", "#ff", (1, 2), 7])
def test_a_bad_background_is_named(colour: object) -> None:
    with pytest.raises(InvalidArg, match="background"):
        parse_colour(colour)
