"""The eight orientations, against pictures turned by NumPy."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from gpumft.pipeline.files.orientation import UPRIGHT, Orientation
from gpumft.pipeline.files.reader import open as open_file

EIGHT = [Orientation(rotate, flip) for rotate in (0, 90, 180, 270) for flip in ("", "h")]
PICTURE = np.arange(12).reshape(3, 4)


def seen(picture: npt.NDArray[Any], orientation: Orientation) -> npt.NDArray[Any]:
    turned = np.rot90(picture, -orientation.rotate // 90)
    return turned[:, ::-1] if orientation.flip else turned


def matrix(orientation: Orientation, scale: int = 1 << 16) -> bytes:
    a, b, c, d = (scale * v for v in orientation.square)
    return struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)


@pytest.mark.parametrize("orientation", EIGHT)
def test_a_display_matrix_is_read(orientation: Orientation) -> None:
    assert Orientation.from_display_matrix(matrix(orientation)) == orientation
    assert Orientation.from_display_matrix(matrix(orientation, 3 << 15)) == orientation


@pytest.mark.parametrize(
    "values",
    [(46341, 46341, -46341, 46341), (0, 0, 0, 0), (65536, 65536, 0, 65536)],
    ids=["45 degrees", "nothing", "sheared"],
)
def test_what_is_no_quarter_turn_is_refused(values: tuple[int, int, int, int]) -> None:
    a, b, c, d = values
    assert Orientation.from_display_matrix(struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1)) is None


@pytest.mark.parametrize("first", EIGHT)
@pytest.mark.parametrize("second", EIGHT)
def test_one_after_another(first: Orientation, second: Orientation) -> None:
    expected = seen(seen(PICTURE, first), second)
    assert np.array_equal(seen(PICTURE, first.then(second)), expected)


@pytest.mark.parametrize("flip", ["", "h", "v", "hv"])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_any_flip_after_any_rotation(rotate: int, flip: str) -> None:
    expected = np.rot90(PICTURE, -rotate // 90)
    expected = expected[:, ::-1] if "h" in flip else expected
    expected = expected[::-1] if "v" in flip else expected
    assert np.array_equal(seen(PICTURE, Orientation.of(rotate, flip)), expected)


@pytest.mark.parametrize("orientation", EIGHT)
def test_a_crop_of_what_is_seen_is_found_in_what_is_stored(orientation: Orientation) -> None:
    whole = seen(PICTURE, orientation)
    rows, columns = whole.shape
    assert orientation.size((4, 3)) == (columns, rows)
    crop = (Fraction(1), Fraction(0), Fraction(2), Fraction(1))
    x, y, width, height = map(int, orientation.stored_crop(crop, (4, 3)))
    stored = PICTURE[y : y + height, x : x + width]
    assert np.array_equal(seen(stored, orientation), whole[0:1, 1:3])


@pytest.mark.parametrize("rotation", [0, 90, -90, 180])
@pytest.mark.parametrize("hflip", [False, True])
def test_files_agree_with_ffmpeg(
    make_clip: Callable[..., Path], rotation: int, hflip: bool
) -> None:
    path = make_clip(rotation=rotation, hflip=hflip)
    with open_file(path) as reader:
        # FFmpeg counts counter-clockwise what is to be done; the type, what was done.
        expected = Orientation.of(-rotation % 360, "h" if hflip else "")
        assert reader.orientation == expected
        assert reader.type.rotation == expected.rotate
    if not hflip:
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
            assert frame.rotation % 360 == rotation % 360


def test_upright_changes_nothing() -> None:
    assert UPRIGHT.size((4, 3)) == (4, 3)
    assert UPRIGHT.then(EIGHT[3]) == EIGHT[3]
