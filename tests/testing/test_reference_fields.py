"""Interlaced pictures: field to field, where the rows of each field really lie."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import VideoType
from gpumft.testing import frames, reference_convert, reference_values

SITINGS = ("left", "center", "topleft", "top", "bottomleft", "bottom")


def interlaced(format_: str, size: tuple[int, int], **fields: Any) -> VideoType:
    return VideoType(format_, size, interlace="upper", **fields)


def chroma_rows(luma_rows: int, siting: str, parity: int) -> np.ndarray:
    """Where rows of chroma of one field lie, in rows of the frame's luma (0 is the first)."""
    at = {"left": 0.5, "center": 0.5, "topleft": 0, "top": 0}.get(siting, 1)
    return 2 * np.arange(parity, -(-luma_rows // 2), 2) + at


@pytest.mark.parametrize("siting", SITINGS)
@pytest.mark.parametrize("rows", [12, 11])
def test_chroma_of_a_field_goes_to_the_rows_of_that_field(siting: str, rows: int) -> None:
    src = interlaced("yuv420p", (4, rows), siting=siting)
    planes = frames.noise(src)
    dst = interlaced("yuv444p", (4, rows))
    found = reference_values(planes, src, dst, chroma_filter="bilinear")["u"]
    flat = VideoType("yuv420p", (4, rows), siting=siting)
    # Across is as ever: one row of chroma, taken across by the progressive reference.
    tall = VideoType("yuv422p", (4, planes[1].shape[0]), siting=siting)
    across = reference_values(
        [np.zeros((tall.size[1], 4), np.uint8), *planes[1:]],
        tall,
        VideoType("yuv444p", tall.size),
        chroma_filter="bilinear",
    )["u"]
    for parity in (0, 1):
        at = chroma_rows(rows, siting, parity)
        lines = np.arange(parity, rows, 2)
        for column in range(4):
            wanted = np.interp(lines, at, across[parity::2, column])
            assert np.allclose(found[parity::2, column], wanted), (siting, parity)
    assert not np.allclose(
        found, reference_values(planes, flat, VideoType("yuv444p", (4, rows)))["u"]
    )


def test_left_siting_is_a_quarter_and_three_quarters_of_a_field_line() -> None:
    # BT.601 practice and H.264, figure 6-2: chroma of the upper field lies 1/4 of the field's line
    # below its luma, that of the lower field 3/4.
    src = interlaced("yuv420p", (2, 8), siting="left")
    u = np.array([[0], [100], [80], [180]], np.uint8)
    planes = [np.zeros((8, 2), np.uint8), u, u]
    found = reference_values(planes, src, interlaced("yuv444p", (2, 8)))["u"][:, 0]
    # Field line l lies at (l - 1/4) / 2 chroma lines of its field (upper), (l - 3/4) / 2 (lower).
    assert np.allclose(found[0::2], [0, 80 * 3 / 8, 80 * 7 / 8, 80])
    assert np.allclose(found[1::2], [100, 100 + 80 / 8, 100 + 80 * 5 / 8, 180])


@pytest.mark.parametrize("format_", ["gray", "yuv420p", "nv12", "yuyv422", "rgb24"])
def test_no_row_mixes_two_fields(format_: str) -> None:
    src = interlaced(format_, (6, 16))
    planes = frames.noise(src)
    dst = interlaced(format_, (5, 12))
    before = reference_convert(planes, src, dst, filter="lanczos3")
    for plane in planes:
        plane[1::2] = 7  # the lower field
    after = reference_convert(planes, src, dst, filter="lanczos3")
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old[0::2], new[0::2])
        assert not np.array_equal(old[1::2], new[1::2])


def test_a_vertical_ramp_stays_one_ramp_in_both_fields() -> None:
    src = interlaced("grayf32le", (1, 32))
    planes = [np.arange(32, dtype=np.float32)[:, None]]
    for rows in (16, 24, 48, 64):
        found = reference_values(planes, src, interlaced("grayf32le", (1, rows)), filter="bilinear")
        at = (np.arange(rows) + 0.5) * 32 / rows - 0.5
        middle = slice(rows // 4, -rows // 4)
        off = np.abs(found["y"][middle, 0] - at[middle]).max()
        assert off < (0.1 if rows == 24 else 1e-9), rows  # stretched taps bend a ramp a little


def test_the_same_size_copies() -> None:
    src = interlaced("yuv420p", (6, 9))
    planes = frames.noise(src)
    out = reference_convert(planes, src, src)
    assert all(np.array_equal(a, b) for a, b in zip(out, planes, strict=True))


def test_chroma_down_to_fields() -> None:
    src = interlaced("yuv444p", (2, 16))
    u = np.zeros((16, 2), np.float64)
    u[:] = 3.0 * np.arange(16)[:, None]
    planes = [np.zeros((16, 2), np.uint8), u.astype(np.uint8), u.astype(np.uint8)]
    dst = interlaced("yuv420p", (2, 16), siting="left")
    found = reference_values(planes, src, dst)["u"][:, 0]
    # A straight ramp has, inside, the value of the row where the chroma row lies: 2 k + 1/2.
    assert np.allclose(found[2:-2], 3 * (2 * np.arange(2, 6) + 0.5))


def test_a_crop_reads_only_its_own_rows() -> None:
    src = interlaced("gray", (3, 16), range="full")
    planes = frames.noise(src)
    dst = interlaced("gray", (3, 10))
    options: dict[str, Any] = {"crop": (0, 5, 3, 6), "filter": "lanczos3"}
    one = reference_values(planes, src, dst, **options)["y"]
    planes[0][:5] = 0
    planes[0][11:] = 255
    assert np.array_equal(one, reference_values(planes, src, dst, **options)["y"])
    planes[0][5] ^= 255
    assert not np.array_equal(one, reference_values(planes, src, dst, **options)["y"])


def test_a_sub_pixel_crop_of_fields() -> None:
    src = interlaced("grayf32le", (1, 16))
    planes = [np.arange(16, dtype=np.float32)[:, None]]
    options: dict[str, Any] = {"crop": (0, Fraction(1, 2), 1, 15), "filter": "bilinear"}
    found = reference_values(planes, src, interlaced("grayf32le", (1, 15)), **options)["y"]
    assert np.allclose(found[2:-2, 0], np.arange(15)[2:-2] + 0.5)


def test_contained_pictures_snap_to_both_fields() -> None:
    src = interlaced("yuv420p", (8, 8))
    dst = interlaced("yuv420p", (8, 22))
    out = reference_convert(frames.extremes(src), src, dst, fit="contain")
    inside = np.flatnonzero((out[0] != 16).any(axis=1))
    assert inside.min() % 4 == 0
    assert len(range(inside.min(), inside.max() + 1)) == 8


@pytest.mark.parametrize("kind", ["upper", "lower", "mixed", "single_upper", "single_lower"])
def test_fields_stay_fields(kind: str) -> None:
    src = VideoType("yuv420p", (4, 8), interlace=kind)
    with pytest.raises(InvalidMediaType, match="deinterlace"):
        reference_convert(frames.noise(src), src, VideoType("yuv420p", (4, 8)))
    with pytest.raises(InvalidMediaType, match="progressive"):
        reference_convert(frames.noise(src), VideoType("yuv420p", (4, 8)), src)


def test_lower_and_mixed_are_the_same_rows() -> None:
    planes = frames.noise(interlaced("yuv420p", (4, 8)))
    found = [
        reference_convert(
            planes,
            VideoType("yuv420p", (4, 8), interlace=kind),
            VideoType("rgb24", (6, 10), interlace=kind),
        )[0]
        for kind in ("upper", "lower", "mixed", "single_upper")
    ]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])
    assert not np.array_equal(found[0], found[3])  # one field a picture


@pytest.mark.parametrize("options", [{"rotate": 90}, {"rotate": 180}, {"flip": "v"}], ids=str)
def test_fields_cannot_be_turned(options: dict[str, Any]) -> None:
    src = interlaced("gray", (4, 4))
    with pytest.raises(InvalidArg, match="turned"):
        reference_convert(frames.noise(src), src, src, **options)
    out = reference_convert(frames.noise(src), src, src, flip="h")
    assert np.array_equal(out[0], frames.noise(src)[0][:, ::-1])


def test_fields_without_rows_are_refused() -> None:
    tiny = interlaced("yuv420p", (4, 2))
    with pytest.raises(InvalidArg, match="two rows"):
        reference_convert(frames.noise(tiny), tiny, interlaced("rgb24", (4, 2)))
    src = interlaced("gray", (4, 8))
    with pytest.raises(InvalidArg, match="crop"):
        reference_convert(frames.noise(src), src, src, crop=(0, 3, 4, 1))


@pytest.mark.parametrize("crop", [(0, 3, 6, 9), (0, 1, 6, 14), (1, Fraction(5, 2), 4, 9)], ids=str)
def test_light_is_scaled_by_field_too(crop: tuple[Any, ...]) -> None:
    # With a linear transfer light is the signal: scaling it is scaling as ever.
    src = interlaced("gray", (6, 16), transfer="linear")
    dst = interlaced("grayf32le", (5, 13), transfer="linear")
    planes = frames.noise(src)
    plain = reference_values(planes, src, dst, crop=crop)["y"]
    light = reference_values(planes, src, dst, crop=crop, linear=True)["y"]
    assert np.allclose(light, plain, atol=1e-12)
