"""Dither and legal codes of the reference."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpumft.errors import InvalidArg
from gpumft.media import VideoType
from gpumft.testing import check, frames, reference_convert, reference_dither, reference_values
from gpumft.testing.reference_dither import offsets, pattern


def test_the_ordered_pattern_is_bayers() -> None:
    two = [[0, 2], [3, 1]]
    four = np.block(
        [[4 * np.array(two), 4 * np.array(two) + 2], [4 * np.array(two) + 3, 4 * np.array(two) + 1]]
    )
    eight = np.block([[4 * four, 4 * four + 2], [4 * four + 3, 4 * four + 1]])
    wanted = (eight + 0.5) / 64 - 0.5
    found = pattern("ordered", 0, 16, 24)
    assert np.array_equal(found, np.tile(wanted, (2, 3)))
    assert np.abs(found).max() == 63 / 128
    assert found.mean() == 0


def test_a_seed_moves_the_pattern() -> None:
    assert offsets(0) == (0, 0)
    places = {offsets(seed) for seed in range(64)}
    assert len(places) > 56
    across, down = offsets(7)
    moved = pattern("ordered", 7, 8, 8)
    assert np.array_equal(moved, np.roll(pattern("ordered", 0, 8, 8), (-down, -across), (0, 1)))
    # 7 * 0x9E3779B1 mod 2^32 = 0x538453D7; xor 0x5384 is 0x53840053: 0x13 across, 1 down
    assert (across, down) == (0x13, 1)


@pytest.fixture
def blue(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    table = np.random.default_rng(0).permutation(4096).reshape(64, 64)
    monkeypatch.setattr(reference_dither, "_blue_noise", lambda: table)
    return table


def test_blue_noise_takes_its_ranks_from_the_table(blue: np.ndarray) -> None:
    found = pattern("blue_noise", 0, 70, 130)
    assert np.array_equal(found[:64, :64], (blue + 0.5) / 4096 - 0.5)
    assert np.array_equal(found[64:], found[:6])
    assert np.array_equal(found[:, 64:128], found[:, :64])


KINDS = ("ordered", "blue_noise")


@pytest.mark.usefixtures("blue")
@pytest.mark.parametrize("kind", KINDS)
def test_whole_codes_never_change(kind: str) -> None:
    src = VideoType("yuv420p", (20, 18))
    planes = frames.noise(src)
    out = reference_convert(planes, src, src, dither=kind, seed=5)
    assert all(np.array_equal(a, b) for a, b in zip(out, planes, strict=True))


@pytest.mark.usefixtures("blue")
@pytest.mark.parametrize("kind", KINDS)
def test_the_average_over_a_tile_is_the_value(kind: str) -> None:
    src = VideoType("gbrpf32le", (64, 64), transfer="srgb")
    planes = [np.full((64, 64), level / 255, np.float32) for level in (10.25, 100.5, 200.75)]
    out = reference_convert(planes, src, VideoType("gbrp", (64, 64)), dither=kind)
    for plane, level in zip(out, (10.25, 100.5, 200.75), strict=True):
        assert plane.mean() == pytest.approx(level, abs=1 / 64)
        assert set(np.unique(plane)) == {int(level), int(level) + 1}


@pytest.mark.usefixtures("blue")
def test_grays_stay_gray_and_alpha_is_not_dithered() -> None:
    src = VideoType("rgbaf32le", (9, 9))
    planes = [np.full((9, 9, 4), 0.3, np.float32)]
    (out,) = reference_convert(planes, src, VideoType("rgba", (9, 9)), dither="blue_noise")
    assert np.array_equal(out[..., 0], out[..., 1])
    assert np.array_equal(out[..., 0], out[..., 2])
    assert len(np.unique(out[..., 0])) == 2
    assert np.unique(out[..., 3]).tolist() == [77]  # 76.5000030 of a float32 0.3


def test_the_background_is_not_dithered_and_floats_are_not() -> None:
    src = VideoType("grayf32le", (8, 4))
    planes = [np.full((4, 8), 0.3, np.float32)]
    dst = VideoType("gray", (8, 8), range="full")
    values = reference_values(
        planes, src, dst, fit="contain", background=(0.7, 0.7, 0.7), dither="ordered"
    )["y"]
    assert np.allclose(values[[0, 1, 6, 7]], 0.7 * 255)
    inside = 255 * np.float64(np.float32(0.3)) + pattern("ordered", 0, 8, 8)[2:6]
    assert np.allclose(values[2:6], inside)
    (same,) = reference_convert(planes, src, src, dither="ordered")
    assert np.array_equal(same, planes[0])


def test_dithered_output_is_judged_with_its_pattern() -> None:
    src = VideoType("gray16le", (16, 16), range="full")
    planes = frames.noise(src)
    dst = VideoType("gray", (16, 16), range="full")
    options: dict[str, Any] = {"dither": "ordered", "seed": 3}
    output = reference_convert(planes, src, dst, **options)
    assert check(output, planes, src, dst, **options) <= 0.5 + 1e-9
    with pytest.raises(AssertionError, match="component y"):
        check(output, planes, src, dst)
    with pytest.raises(AssertionError, match="component y"):
        check(output, planes, src, dst, dither="ordered", seed=4)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The data folder, empty."""
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(reference_dither, "files", lambda _: tmp_path)
    reference_dither._blue_noise.cache_clear()
    yield tmp_path / "data"
    reference_dither._blue_noise.cache_clear()


def test_the_table_is_read_from_the_package(folder: Path) -> None:
    table = np.random.default_rng(1).permutation(4096).reshape(64, 64).astype(np.uint16)
    np.save(folder / "blue_noise_64.npy", table)
    assert np.array_equal(reference_dither._blue_noise(), table)


def test_a_table_that_is_no_permutation_is_refused(folder: Path) -> None:
    np.save(folder / "blue_noise_64.npy", np.zeros((64, 64), np.uint16))
    with pytest.raises(InvalidArg, match="permutation"):
        pattern("blue_noise", 0, 2, 2)


def test_a_missing_table_says_so(folder: Path) -> None:
    assert not list(folder.iterdir())
    with pytest.raises(InvalidArg, match=r"blue_noise_64\.npy, which is missing"):
        pattern("blue_noise", 0, 2, 2)


@pytest.mark.parametrize(
    ("format_", "range_", "luma", "chroma"),
    [
        ("yuv444p", "limited", (16, 235), (16, 240)),
        ("yuv444p10le", "limited", (64, 940), (64, 960)),
        ("yuv444p", "full", (0, 255), (0, 255)),
    ],
)
def test_legal_codes(
    format_: str, range_: str, luma: tuple[int, int], chroma: tuple[int, int]
) -> None:
    src = VideoType(format_, (40, 30), range=range_)
    planes = [
        plane & src.plane_dtypes[0].type(2**src.format.depth - 1) for plane in frames.noise(src)
    ]
    out = reference_convert(planes, src, src, legalize=True, dither="ordered")
    for plane, given, ends in zip(out, planes, (luma, chroma, chroma), strict=True):
        assert np.array_equal(plane, np.clip(given, *ends))
        assert (plane.min(), plane.max()) == ends


def test_legal_floats_and_alpha() -> None:
    src = VideoType("rgbaf32le", (4, 1))
    planes = [np.array([[[-1, 0.5, 2, -3], [np.nan, 0, 1, 7]] * 2], np.float32)]
    (out,) = reference_convert(planes, src, src, legalize=True)
    assert out[0, 0].tolist() == [0, 0.5, 1, -3]
    assert out[0, 1].tolist() == [0, 0, 1, 7]
