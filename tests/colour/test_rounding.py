import numpy as np
import pytest

from gpumft.colour import rgb_to_yuv, rounded, yuv_to_rgb
from gpumft.media.enums import Matrix
from gpumft.media.light_matrices import LIGHT_MATRICES

LUMA = [matrix for matrix in Matrix if matrix not in {Matrix.RGB, *LIGHT_MATRICES}]


def test_values_are_float32_to_the_nearest() -> None:
    matrix = yuv_to_rgb(Matrix.BT709) / 219
    assert np.array_equal(rounded(matrix), matrix.astype(np.float32))


@pytest.mark.parametrize("scale", [1, 31, 219, 255, 1023, 3504, 65535])
@pytest.mark.parametrize("matrix", LUMA)
def test_rows_that_cancel_still_cancel_exactly(matrix: Matrix, scale: float) -> None:
    exact = rgb_to_yuv(matrix) / scale
    found = np.array(rounded(exact))
    assert np.array_equal(found, found.astype(np.float32))
    assert found[1].sum() == found[2].sum() == 0  # float64 adds these without rounding
    error = np.abs(found - exact)
    assert error.max() <= 2.0**-24 * np.abs(exact).max()


def test_zero_stays_zero() -> None:
    rows = rounded(np.array([[0.0, 0.0, 0.0], [0.0, 1 / 3, -1 / 3], [-0.0, 0.1, 0.0]]))
    assert rows[0] == (0, 0, 0)
    assert rows[1][0] == rows[2][0] == 0
    assert str(rows[2][0]) == "0.0"
    assert rows[1][1] == -rows[1][2] == np.float32(1 / 3)


def test_gray_gives_one_column() -> None:
    assert rounded(np.array([[1 / 255]] * 3)) == ((float(np.float32(1 / 255)),),) * 3
