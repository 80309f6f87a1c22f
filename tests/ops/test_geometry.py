"""Where pictures come from and where they land."""

from fractions import Fraction
from typing import Any

import pytest

from gpumft.device.program import Rect
from gpumft.errors import InvalidArg
from gpumft.media import VideoType
from gpumft.ops import make_options, plan
from gpumft.ops.geometry import Area, Placement, place
from gpumft.testing import frames, twin

HD = VideoType("yuv420p", (1920, 1080))


def _place(
    dst: tuple[int, int], src: VideoType = HD, target: str = "yuv420p", **options: Any
) -> Placement:
    return place(src, VideoType(target, dst), make_options(**options))


@pytest.mark.parametrize(
    ("size", "target", "inner"),
    [
        ((640, 640), "rgb24", (0, 140, 640, 360)),
        ((640, 640), "yuv420p", (0, 140, 640, 360)),
        ((101, 50), "rgb24", (6, 0, 89, 50)),
        ((101, 50), "yuv420p", (6, 0, 88, 50)),
        ((3, 400), "yuv420p", (0, 198, 3, 2)),
        ((1, 1), "yuv420p", (0, 0, 1, 1)),
    ],
)
def test_contain_keeps_the_shape_on_the_chroma_grid(
    size: tuple[int, int], target: str, inner: tuple[int, int, int, int]
) -> None:
    assert _place(size, target=target, fit="contain").inner == Rect(*inner)


def test_contain_honours_pixel_aspect() -> None:
    dv = VideoType("yuv420p", (720, 576), pixel_aspect=Fraction(64, 45))
    assert _place((1024, 768), dv, fit="contain").inner == Rect(0, 96, 1024, 576)


def test_cover_cuts_the_source_in_the_middle() -> None:
    placed = _place((500, 500), fit="cover")
    assert placed.inner == Rect(0, 0, 500, 500)
    assert placed.crop == Area(Fraction(420), Fraction(0), Fraction(1080), Fraction(1080))


@pytest.mark.parametrize(
    ("rotate", "flip", "turn", "corner"),
    [
        (0, "", (False, False, False), (0, 0)),
        (0, "h", (False, False, True), (1820, 0)),
        (0, "v", (False, True, False), (0, 1030)),
        (90, "", (True, False, True), (1030, 0)),
        (180, "", (False, True, True), (1820, 1030)),
        (270, "", (True, True, False), (0, 1820)),
        (90, "h", (True, False, False), (0, 0)),
    ],
)
def test_turns_take_the_crop_along(
    rotate: int, flip: str, turn: tuple[bool, bool, bool], corner: tuple[int, int]
) -> None:
    placed = _place((100, 50), rotate=rotate, flip=flip, crop=(0, 0, 100, 50))
    assert (placed.transpose, placed.mirror_y, placed.mirror_x) == turn
    assert (int(placed.crop.x), int(placed.crop.y)) == corner


@pytest.mark.parametrize("crop", [(-1, 0, 10, 10), (0, 0, 1921, 10), (1000, 0, 921, 10)])
def test_a_crop_outside_the_picture_is_refused_with_both_sides(crop: Any) -> None:
    with pytest.raises(InvalidArg, match=r"leaves the source's picture 0 0 1920 1080"):
        _place((10, 10), crop=crop)


def test_an_aperture_is_the_picture() -> None:
    src = HD.replace(aperture=(0, 0, 1918, 1078))
    assert _place((10, 10), src).crop == Area(*map(Fraction, (0, 0, 1918, 1078)))
    with pytest.raises(InvalidArg, match="picture 0 0 1918 1078"):
        _place((10, 10), src, crop=(0, 0, 1920, 10))


@pytest.mark.parametrize("name", ["rgb24", "rgba", "gray"])
def test_a_single_pixel_is_a_picture(name: str) -> None:
    one = VideoType(name, (1, 1)).resolved()
    planes = frames.noise(one)
    made = twin.run(plan(one, one, make_options()).program, planes)
    assert [plane.tolist() for plane in made] == [plane.tolist() for plane in planes]
