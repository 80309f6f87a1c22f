from fractions import Fraction

import numpy as np
import pytest

from gpumft.colour import luma_weights, rgb_to_yuv, yuv_to_rgb
from gpumft.colour.matrices import diagonal, exact_rgb_to_yuv, exact_yuv_to_rgb, product
from gpumft.errors import InvalidMediaType
from gpumft.media.enums import Matrix
from gpumft.media.light_matrices import LIGHT_MATRICES

LUMA = [matrix for matrix in Matrix if matrix not in {Matrix.RGB, *LIGHT_MATRICES}]
# R from Cr, G from Cb, G from Cr, B from Cb, as published to six places; FCC from its weights
PUBLISHED = {
    Matrix.BT601: (1.402, -0.344136, -0.714136, 1.772),
    Matrix.BT709: (1.5748, -0.187324, -0.468124, 1.8556),
    Matrix.BT2020NCL: (1.4746, -0.164553, -0.571353, 1.8814),
    Matrix.SMPTE240M: (1.576, -0.226622, -0.476622, 1.826),
    Matrix.FCC: (1.4, -0.331864, -0.711864, 1.78),
}
# The same from limited to full range at 8 bit: times 255 / 224
PUBLISHED_LIMITED = {
    Matrix.BT601: (1.596027, -0.391762, -0.812968, 2.017232),
    Matrix.BT709: (1.792741, -0.213249, -0.532909, 2.112402),
    Matrix.BT2020NCL: (1.678674, -0.187326, -0.650424, 2.141772),
    Matrix.SMPTE240M: (1.794107, -0.257985, -0.542583, 2.078705),
}


@pytest.mark.parametrize("matrix", PUBLISHED)
def test_inverse_coefficients_are_the_published_ones(matrix: Matrix) -> None:
    rows = yuv_to_rgb(matrix)
    found = rows[0, 2], rows[1, 1], rows[1, 2], rows[2, 1]
    assert found == pytest.approx(PUBLISHED[matrix], abs=5e-7)
    assert rows[:, 0].tolist() == [1, 1, 1]
    assert rows[0, 1] == rows[2, 2] == 0
    if matrix in PUBLISHED_LIMITED:
        limited = [value * 255 / 224 for value in found]
        # colour.md rounds the factor for SMPTE 240M and BT.601 to six places
        assert limited == pytest.approx(PUBLISHED_LIMITED[matrix], abs=1.5e-6)


@pytest.mark.parametrize("matrix", LUMA)
def test_the_two_matrices_are_exact_inverses(matrix: Matrix) -> None:
    identity = diagonal([Fraction(1)] * 3)
    assert product(exact_rgb_to_yuv(matrix), exact_yuv_to_rgb(matrix)) == identity
    assert product(exact_yuv_to_rgb(matrix), exact_rgb_to_yuv(matrix)) == identity


@pytest.mark.parametrize("matrix", LUMA)
def test_weights_add_up_to_one_and_chroma_of_gray_is_zero(matrix: Matrix) -> None:
    assert sum(luma_weights(matrix)) == 1
    luma, cb, cr = exact_rgb_to_yuv(matrix)
    assert luma == luma_weights(matrix)
    assert sum(cb) == sum(cr) == 0


@pytest.mark.parametrize("matrix", LUMA)
def test_chroma_spans_exactly_one(matrix: Matrix) -> None:
    for row in exact_rgb_to_yuv(matrix)[1:]:
        assert sum(max(value, Fraction(0)) for value in row) == Fraction(1, 2)


@pytest.mark.parametrize(
    ("matrix", "weights"),
    [
        (Matrix.BT601, (0.299, 0.587, 0.114)),
        (Matrix.BT709, (0.2126, 0.7152, 0.0722)),
        (Matrix.BT2020NCL, (0.2627, 0.6780, 0.0593)),
        (Matrix.SMPTE240M, (0.212, 0.701, 0.087)),
        (Matrix.FCC, (0.30, 0.59, 0.11)),
        (Matrix.YCGCO, (0.25, 0.5, 0.25)),
    ],
)
def test_float64_is_the_exact_value_rounded_once(
    matrix: Matrix, weights: tuple[float, ...]
) -> None:
    assert rgb_to_yuv(matrix)[0].tolist() == list(weights)
    assert not rgb_to_yuv(matrix).flags.writeable


def test_ycgco_is_a_lifting_of_halves_and_quarters() -> None:
    assert rgb_to_yuv(Matrix.YCGCO).tolist() == [
        [0.25, 0.5, 0.25],
        [-0.25, 0.5, -0.25],
        [0.5, 0, -0.5],
    ]
    assert np.array_equal(yuv_to_rgb(Matrix.YCGCO), [[1, -1, 1], [1, 1, 0], [1, -1, -1]])


def test_rgb_has_no_luma() -> None:
    with pytest.raises(InvalidMediaType, match="matrix rgb has no luma; choose one of bt601"):
        rgb_to_yuv(Matrix.RGB)
