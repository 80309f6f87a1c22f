"""Rectangles and turns of the reference, worked out by hand."""

from fractions import Fraction

import pytest

from gpumft.errors import InvalidArg
from gpumft.media import VideoType
from gpumft.testing.reference_geometry import (
    Rectangle,
    contained,
    covered,
    covering,
    shown,
    turned,
    turning,
)

RECTANGLES = [  # target, aspect, grid -> x, y, w, h
    ((1920, 1080), Fraction(16, 9), (2, 2), (0, 0, 1920, 1080)),
    ((1920, 1080), Fraction(4, 3), (2, 2), (240, 0, 1440, 1080)),
    ((1920, 1080), Fraction(2048, 858), (2, 2), (0, 138, 1920, 804)),
    ((10, 10), Fraction(3, 1), (1, 1), (0, 3, 10, 3)),
    ((10, 10), Fraction(3, 1), (2, 2), (0, 4, 10, 2)),
    ((10, 10), Fraction(7, 2), (1, 1), (0, 3, 10, 3)),  # 2.857
    ((10, 10), Fraction(4, 1), (1, 1), (0, 3, 10, 3)),  # 2.5 rounds up
    ((9, 9), Fraction(2, 1), (2, 2), (0, 2, 9, 4)),  # 4.5 -> 5 -> 4; 2 down from 2.5
    ((9, 9), Fraction(1, 1), (2, 2), (0, 0, 9, 9)),  # odd, but the whole
    ((9, 9), Fraction(1, 100), (2, 2), (2, 0, 2, 9)),  # one cell at least; 3 -> 2
    ((9, 9), Fraction(1, 100), (2, 1), (2, 0, 2, 9)),
    ((9, 9), Fraction(100, 1), (2, 1), (0, 4, 9, 1)),
    ((1, 1), Fraction(5, 1), (2, 2), (0, 0, 1, 1)),
]


@pytest.mark.parametrize(("size", "aspect", "grid", "wanted"), RECTANGLES, ids=str)
def test_contained(
    size: tuple[int, int], aspect: Fraction, grid: tuple[int, int], wanted: tuple[int, ...]
) -> None:
    assert contained(rectangle(0, 0, *size), size, aspect, grid) == rectangle(*wanted)


PARTS = [  # aperture, frame, aspect, grid -> x, y, w, h
    ((4, 2, 8, 8), (20, 20), Fraction(2), (1, 1), (4, 4, 8, 4)),
    ((5, 3, 9, 9), (20, 20), Fraction(2), (2, 2), (5, 6, 9, 4)),  # rows 4..12, 5 -> 4
    ((5, 3, 9, 9), (20, 20), Fraction(1, 3), (2, 2), (8, 3, 2, 9)),  # columns 6..14
    ((0.5, 1, 9, 8), (20, 20), Fraction(1, 2), (2, 2), (2, 1, 4, 8)),
    ((1, 1, 8, 8), (9, 9), Fraction(1, 2), (2, 2), (2, 1, 4, 8)),  # columns 2..9
    ((3, 0, 1, 8), (9, 9), Fraction(1, 100), (4, 2), (3, 0, 1, 8)),  # within a sample
    ((3, 0, 6, 8), (9, 9), Fraction(1, 100), (2, 2), (4, 0, 2, 8)),  # columns 4..9
]


@pytest.mark.parametrize(("part", "size", "aspect", "grid", "wanted"), PARTS, ids=str)
def test_contained_in_a_part(
    part: tuple[float, ...], size: tuple[int, int], aspect: Fraction, grid: tuple[int, int],
    wanted: tuple[int, ...],
) -> None:  # fmt: skip
    assert contained(rectangle(*part), size, aspect, grid) == rectangle(*wanted)


@pytest.mark.parametrize(
    ("part", "size", "grid", "wanted"),
    [
        ((0, 0, 9, 7), (9, 7), (2, 2), (0, 0, 9, 7)),
        ((1, 2, 4, 3), (9, 7), (1, 1), (1, 2, 4, 3)),
        ((1, 2, 4, 3), (9, 7), (2, 2), (0, 2, 6, 4)),
        ((3, 3, 6, 4), (9, 7), (2, 4), (2, 0, 7, 7)),
        ((1.5, 2.25, 4, 3), (9, 7), (1, 1), (1, 2, 5, 4)),
        ((2, 2, 4, 3), (9, 7), (2, 1), (2, 2, 4, 3)),
    ],
    ids=str,
)
def test_covered(
    part: tuple[float, ...], size: tuple[int, int], grid: tuple[int, int], wanted: tuple[int, ...]
) -> None:
    assert covered(rectangle(*part), size, grid) == wanted


def rectangle(*numbers: Fraction | float) -> Rectangle:
    x, y, w, h = (Fraction(number) for number in numbers)
    return x, y, w, h


def test_covering_is_central_and_exact() -> None:
    crop = rectangle(1, 2, 16, 9)
    assert covering(crop, Fraction(4, 3)) == rectangle(3, 2, 12, 9)
    assert covering(crop, Fraction(16, 9)) == crop
    assert covering(crop, Fraction(3)) == rectangle(1, Fraction(23, 6), 16, Fraction(16, 3))


@pytest.mark.parametrize(
    ("rotate", "flip", "wanted"),
    [
        (0, "", (False, False, False)),
        (90, "", (True, False, True)),
        (180, "", (False, True, True)),
        (270, "", (True, True, False)),
        (0, "h", (False, False, True)),
        (0, "v", (False, True, False)),
        (90, "h", (True, False, False)),
        (270, "hv", (True, False, True)),
    ],
)
def test_turning(rotate: int, flip: str, wanted: tuple[bool, bool, bool]) -> None:
    assert turning(rotate, flip) == wanted


@pytest.mark.parametrize(("rotate", "flip"), [(45, ""), (-90, ""), (0, "x"), (0, "vh")])
def test_other_turns_are_refused(rotate: int, flip: str) -> None:
    with pytest.raises(InvalidArg, match="choose"):
        turning(rotate, flip)


def test_a_crop_turns_with_its_picture() -> None:
    part = rectangle(1, 2, 3, 4)  # of 20x10
    right = turned(part, (20, 10), (True, False, True))
    assert right == rectangle(4, 1, 4, 3)  # 90 degrees: 10 - 2 - 4
    assert turned(part, (20, 10), (False, True, True)) == rectangle(16, 4, 3, 4)


def test_a_crop_stays_inside() -> None:
    src = VideoType("gray", (8, 6), aperture=(2, 1, 4, 4))
    seen = rectangle(2, 1, 4, 4)
    assert shown(src, None) == seen
    assert shown(src, seen) == seen
    assert shown(src, (2, 1, 0.5, 1)) == rectangle(2, 1, 0.5, 1)
    assert shown(src, (2, 1, 1, 0.5)) == rectangle(2, 1, 1, 0.5)
    assert shown(src, (2.5, 1, 3, 3.5)) == rectangle(2.5, 1, 3, 3.5)
    assert shown(VideoType("gray", (8, 6)), None) == rectangle(0, 0, 8, 6)
    outside = [(1.5, 1, 2, 2), (2, 0.5, 2, 2), (3, 1, 3.5, 2), (2, 3, 2, 2.5)]
    empty = [(2, 1, 0, 2), (2, 1, 2, 0)]
    for bad in [*outside, *empty, (2, 1, 1), "2:1:1:1"]:
        with pytest.raises(InvalidArg, match="crop"):
            shown(src, bad)
    with pytest.raises(InvalidArg, match="crop"):
        shown(src, (float("nan"), 0, 1, 1))
