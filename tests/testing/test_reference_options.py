"""Options of the reference - turns, crop, fit, effects, alpha - against numpy and hand work."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from gpumft.media import VideoType
from gpumft.testing import frames, reference_convert, reference_values


@dataclass(frozen=True)
class Effect:
    matrix: tuple[tuple[float, ...], ...]
    region: tuple[float, float, float, float] | None = None


GRAYSCALE = ((0.2126, 0.7152, 0.0722),) * 3
SWAP_RB = ((0, 0, 1), (0, 1, 0), (1, 0, 0))


TURNS = [
    ({"rotate": 90}, lambda a: np.rot90(a, -1)),
    ({"rotate": 180}, lambda a: np.rot90(a, 2)),
    ({"rotate": 270}, np.rot90),
    ({"flip": "h"}, np.fliplr),
    ({"flip": "v"}, np.flipud),
    ({"flip": "hv"}, lambda a: np.rot90(a, 2)),
    ({"rotate": 90, "flip": "h"}, lambda a: np.fliplr(np.rot90(a, -1))),
    ({"rotate": 270, "flip": "v"}, lambda a: np.flipud(np.rot90(a))),
]


@pytest.mark.parametrize("options_turn", TURNS, ids=lambda pair: str(pair[0]))
def test_turns_are_numpys(options_turn: Any) -> None:
    options, turn = options_turn
    src = VideoType("yuv444p", (7, 4))
    planes = frames.noise(src)
    size = (4, 7) if options.get("rotate") in (90, 270) else (7, 4)
    out = reference_convert(planes, src, VideoType("yuv444p", size), **options)
    for ours, theirs in zip(out, planes, strict=True):
        assert np.array_equal(ours, turn(theirs))


@pytest.mark.parametrize("siting", ["left", "center", "topleft", "bottom"])
@pytest.mark.parametrize("options_turn", TURNS, ids=lambda pair: str(pair[0]))
def test_turned_subsampled_chroma_is_the_turned_full_picture(
    options_turn: Any, siting: str
) -> None:
    options, turn = options_turn
    src = VideoType("yuv420p", (7, 5), siting=siting)
    planes = frames.noise(src)
    full = reference_values(planes, src, VideoType("yuv444p", (7, 5)))
    size = (5, 7) if options.get("rotate") in (90, 270) else (7, 5)
    out = reference_values(planes, src, VideoType("yuv444p", size), **options)
    for name in "yuv":
        assert np.allclose(out[name], turn(full[name]), atol=1e-9)


def test_rotated_subsampled_goes_through_the_luma_grid() -> None:
    src = VideoType("yuv420p", (8, 6), siting="left")
    planes = frames.noise(src)
    full = reference_values(planes, src, VideoType("yuv444p", (8, 6)))
    dst = VideoType("yuv420p", (8, 6))
    out = reference_values(planes, src, dst, rotate=180)["u"]
    turned = np.rot90(full["u"], 2)
    down = np.pad(turned, 1, mode="edge")
    across = down[:, 0:-2:2] / 4 + down[:, 1:-1:2] / 2 + down[:, 2::2] / 4
    rows = (across[0:-3:2] + 3 * across[1:-2:2] + 3 * across[2:-1:2] + across[3::2]) / 8
    assert np.allclose(out, rows, atol=1e-9)
    flipped = reference_values(planes, src, dst, flip="v")["u"]
    assert np.allclose(flipped, planes[1][::-1])  # left is symmetric in height: rows as they are


def test_a_crop_is_a_slice() -> None:
    src = VideoType("yuv420p", (12, 10))
    planes = frames.noise(src)
    out = reference_convert(planes, src, VideoType("yuv420p", (6, 4)), crop=(4, 2, 6, 4))
    assert np.array_equal(out[0], planes[0][2:6, 4:10])
    assert np.array_equal(out[1], planes[1][1:3, 2:5])


@pytest.mark.parametrize("format_", ["yuv420p", "rgb24", "yuyv422"])
def test_a_scaled_crop_is_a_scaled_slice(format_: str) -> None:
    src, part = VideoType(format_, (12, 10)), VideoType(format_, (8, 6))
    planes = frames.noise(src)
    dst = VideoType(format_, (5, 9))
    whole = reference_values(planes, src, dst, crop=(2, 2, 8, 6), filter="lanczos3")
    cut = []
    for plane, shape in zip(planes, part.plane_shapes, strict=True):
        y, x = 2 * shape[0] // 6, 2 * shape[1] // 8
        cut.append(plane[y : y + shape[0], x : x + shape[1]])
    alone = reference_values(cut, part, dst, filter="lanczos3")
    for name, values in whole.items():
        assert np.allclose(values, alone[name], atol=1e-9), name


def test_a_sub_pixel_crop_is_bilinear_between_pixels() -> None:
    src = VideoType("gray", (4, 1), range="full")
    planes = [np.array([[0, 100, 200, 40]], np.uint8)]
    dst = VideoType("gray", (3, 1))
    out = reference_values(planes, src, dst, crop=(0.25, 0, 3, 1), filter="bilinear")
    assert np.allclose(out["y"], [[25, 125, 160]])


def test_the_aperture_is_what_is_shown() -> None:
    src = VideoType("gray", (6, 4), range="full", aperture=(1, 1, 4, 2))
    planes = frames.noise(src)
    (out,) = reference_convert(planes, src, VideoType("gray", (4, 2)))
    assert np.array_equal(out, planes[0][1:3, 1:5])


def test_contain_puts_the_picture_on_the_background() -> None:
    src = VideoType("yuv444p", (8, 4), matrix="bt709", range="limited")
    planes = frames.noise(src)
    dst = VideoType("yuv420p", (8, 9))
    out = reference_convert(planes, src, dst, fit="contain", background="red")
    assert np.array_equal(out[0][2:6], planes[0])
    assert np.unique(np.delete(out[0], range(2, 6), 0)).tolist() == [63]
    assert out[1].shape == (5, 4)
    assert np.unique(out[1][[0, 3, 4]]).tolist() == [102]
    assert np.unique(out[2][[0, 3, 4]]).tolist() == [240]


def test_contain_honours_pixel_aspect_and_rotation() -> None:
    src = VideoType("gray", (4, 4), range="full", pixel_aspect=2)
    planes = [np.full((4, 4), 255, np.uint8)]
    (wide,) = reference_convert(planes, src, VideoType("gray", (8, 8)), fit="contain")
    assert wide.any(axis=1).tolist() == [False] * 2 + [True] * 4 + [False] * 2
    (tall,) = reference_convert(planes, src, VideoType("gray", (8, 8)), fit="contain", rotate=90)
    assert np.array_equal(tall, wide.T)
    (same,) = reference_convert(
        planes, src, VideoType("gray", (8, 8), pixel_aspect=2), fit="contain"
    )
    assert same.all()


def test_cover_cuts_the_middle() -> None:
    src = VideoType("gray", (9, 4), range="full")
    planes = frames.noise(src)
    (out,) = reference_convert(planes, src, VideoType("gray", (3, 4)), fit="cover")
    assert np.array_equal(out, planes[0][:, 3:6])
    (wide,) = reference_convert(planes, src, VideoType("gray", (9, 2)), fit="cover")
    assert np.array_equal(wide, planes[0][1:3])


def test_effects_act_on_rgb_in_their_region() -> None:
    src = VideoType("rgb24", (5, 4))
    (plane,) = planes = frames.noise(src)
    effect = Effect(SWAP_RB, (0.5, 0, 0.5, 0.5))
    (out,) = reference_convert(planes, src, src, effects=(effect,))
    wanted = plane.copy()
    wanted[:2, 3:] = plane[:2, 3:, ::-1]  # 2.5 rounds up to 3
    assert np.array_equal(out, wanted)


def test_effects_follow_one_another() -> None:
    src = VideoType("gbrpf32le", (3, 3))
    planes = frames.noise(src)
    green, blue, red = (plane.astype(np.float64) for plane in planes)
    chain = (Effect(SWAP_RB), Effect(GRAYSCALE))
    out = reference_values(planes, src, src, effects=chain)
    assert np.allclose(out["g"], 0.2126 * blue + 0.7152 * green + 0.0722 * red)


def test_effects_reach_yuv_through_rgb() -> None:
    src = VideoType("yuv444p", (4, 4), matrix="bt709", range="limited")
    planes = frames.noise(src)
    out = reference_convert(planes, src, src, effects=(Effect(GRAYSCALE),))
    assert np.array_equal(out[0], planes[0])
    assert np.unique(out[1]).tolist() == [128]


def rgba(*pixels: tuple[int, ...]) -> list[np.ndarray]:
    return [np.array([pixels], np.uint8)]


def test_straight_alpha_weighs_colour() -> None:
    src = VideoType("rgba", (2, 1))
    planes = rgba((255, 0, 0, 255), (0, 255, 0, 85))
    (out,) = reference_convert(planes, src, VideoType("rgba", (1, 1)), filter="area")
    assert out.tolist() == [[[191, 64, 0, 170]]]  # red counts three times: 255 * 3/4, 1/4


def test_premultiplied_alpha_does_not() -> None:
    src = VideoType("rgba", (2, 1), alpha="premultiplied")
    planes = rgba((255, 0, 0, 255), (0, 85, 0, 85))
    (out,) = reference_convert(planes, src, VideoType("rgba", (1, 1)), filter="area")
    assert out.tolist() == [[[128, 42, 0, 170]]]
    straight = VideoType("rgba", (1, 1), alpha="straight")
    (out,) = reference_convert(planes, src, straight, filter="area")
    assert out.tolist() == [[[191, 64, 0, 170]]]


def test_alpha_modes_change_without_scaling() -> None:
    src = VideoType("rgba", (2, 1), alpha="straight")
    dst = VideoType("rgba", (2, 1), alpha="premultiplied")
    (out,) = reference_convert(rgba((255, 51, 0, 51), (9, 9, 9, 0)), src, dst)
    assert out.tolist() == [[[51, 10, 0, 51], [0, 0, 0, 0]]]
    (back,) = reference_convert([out], dst, src)
    assert back.tolist() == [[[255, 50, 0, 51], [0, 0, 0, 0]]]


def test_straight_colour_under_no_alpha_is_kept_unless_resampled() -> None:
    src = VideoType("rgba", (2, 1))
    planes = rgba((10, 20, 30, 0), (40, 50, 60, 0))
    (same,) = reference_convert(planes, src, VideoType("bgra", (2, 1)))
    assert same.tolist() == [[[30, 20, 10, 0], [60, 50, 40, 0]]]
    (mixed,) = reference_convert(planes, src, VideoType("rgba", (3, 1)))
    assert not mixed.any()


def test_alpha_is_dropped_and_made_opaque() -> None:
    src = VideoType("rgba", (2, 1))
    planes = rgba((200, 0, 0, 0), (0, 100, 0, 255))
    (out,) = reference_convert(planes, src, VideoType("rgb24", (1, 1)), filter="area")
    assert out.tolist() == [[[100, 50, 0]]]  # dropped: the colour counts as it is
    rgb = VideoType("rgb24", (3, 2))
    (new,) = reference_convert(frames.noise(rgb), rgb, VideoType("bgra", (3, 2)))
    assert (new[..., 3] == 255).all()
    (opaque,) = reference_convert(planes, src, VideoType("rgba", (2, 1), alpha="opaque"))
    assert opaque[..., 3].tolist() == [[255, 255]]


def test_subsampled_chroma_meets_alpha_on_the_luma_grid() -> None:
    """Where alpha is 0 neither luma nor chroma shows in a smaller picture."""
    src = VideoType("yuva420p", (4, 4), alpha="straight")
    planes = [np.full(shape, 200, np.uint8) for shape in src.plane_shapes]
    planes[3][:] = 255
    for index, plane in enumerate(planes[:3]):
        plane[: plane.shape[0] // 2] = 7 * index
    planes[3][:2] = 0
    made = reference_convert(planes, src, VideoType("yuva444p", (2, 1)), filter="area")
    for plane in made[:3]:
        np.testing.assert_array_equal(plane, 200)
    np.testing.assert_array_equal(made[3], 128)


def test_rotated_full_chroma_is_scaled_to_the_luma_grid_first() -> None:
    src = VideoType("yuv444p", (9, 7))
    planes = [plane // 2 + 64 for plane in frames.noise(src)]
    options: dict[str, Any] = {"rotate": 90, "filter": "bilinear"}
    full = reference_values(planes, src, VideoType("yuv444p", (10, 6)), **options)["v"]
    out = reference_values(planes, src, VideoType("yuv420p", (10, 6)), **options)["v"]
    edged = np.pad(full, 1, mode="edge")
    across = edged[:, 0:-2:2] / 4 + edged[:, 1:-1:2] / 2 + edged[:, 2::2] / 4
    rows = (across[0:-3:2] + 3 * across[1:-2:2] + 3 * across[2:-1:2] + across[3::2]) / 8
    assert np.allclose(out, rows, atol=1e-9)


def test_cover_honours_pixel_aspect() -> None:
    src = VideoType("gray", (8, 4), range="full", pixel_aspect=2)  # shown 16:4
    planes = frames.noise(src)
    (out,) = reference_convert(planes, src, VideoType("gray", (4, 4)), fit="cover", filter="area")
    middle = planes[0][:, 3:5].astype(float)  # two pixels of 2:1 are as wide as four rows
    assert np.abs(out - middle.repeat(2, 1)).max() <= 0.5
    (same,) = reference_convert(
        planes, src, VideoType("gray", (4, 4), pixel_aspect=2), fit="cover", filter="area"
    )
    assert np.array_equal(same, planes[0][:, 2:6])


@pytest.mark.parametrize(
    ("target", "size", "left"),
    [("yuv444p", (9, 6), 1), ("yuv420p", (11, 6), 2), ("yuv422p", (9, 6), 0)],
)
def test_contain_snaps_to_the_chroma_grid_only(
    target: str, size: tuple[int, int], left: int
) -> None:
    src = VideoType(target, (6, 6), range="full")
    planes = frames.noise(src)
    dst = VideoType(target, size)
    out = reference_convert(planes, src, dst, fit="contain", background="white")
    shift = dst.format.subsampling[0]
    for ours, theirs, colour in zip(out, planes, (255, 128, 128), strict=True):
        start = left >> (shift if colour == 128 else 0)
        stop = start + theirs.shape[1]
        assert np.array_equal(ours[:, start:stop], theirs)
        assert np.unique(np.delete(ours, range(start, stop), 1)).tolist() == [colour]


def test_an_effects_region_lies_in_the_picture_not_on_the_background() -> None:
    src = VideoType("rgb24", (4, 4))
    (plane,) = planes = frames.noise(src)
    effect = Effect(SWAP_RB, (0.5, 0, 0.5, 1))
    dst = VideoType("rgb24", (8, 4))
    (out,) = reference_convert(
        planes, src, dst, fit="contain", background="blue", effects=(effect,)
    )
    assert np.array_equal(out[:, 2:4], plane[:, :2])
    assert np.array_equal(out[:, 4:6], plane[:, 2:, ::-1])
    assert np.unique(out[:, [0, 1, 6, 7]].reshape(-1, 3), axis=0).tolist() == [[0, 0, 255]]


def test_the_background_is_opaque() -> None:
    src = VideoType("rgbaf32le", (2, 2))
    dst = VideoType("rgbaf32le", (4, 2))
    out = reference_values(frames.noise(src), src, dst, fit="contain", background=(0.1, 0.2, 0.3))
    for name, wanted in zip("rgba", (0.1, 0.2, 0.3, 1.0), strict=True):
        assert out[name][:, [0, 3]].tolist() == [[wanted] * 2] * 2


def test_an_opaque_source_has_no_alpha_to_weigh_by() -> None:
    src = VideoType("rgba", (2, 1), alpha="opaque")
    planes = rgba((200, 0, 0, 0), (0, 100, 0, 7))
    (out,) = reference_convert(
        planes, src, VideoType("rgba", (1, 1), alpha="straight"), filter="area"
    )
    assert out.tolist() == [[[100, 50, 0, 255]]]


def test_straight_alpha_weighs_colour_down_the_rows_too() -> None:
    src = VideoType("rgba", (1, 2))
    planes = [rgba((255, 0, 0, 255), (0, 255, 0, 85))[0].reshape(2, 1, 4)]
    (out,) = reference_convert(planes, src, VideoType("rgba", (1, 1)), filter="area")
    assert out.tolist() == [[[191, 64, 0, 170]]]
