"""What matrices of light are defined with."""

from itertools import product

import pytest

from gpumft.errors import InvalidMediaType
from gpumft.media import Matrix, Primaries, Transfer, VideoType
from gpumft.media.light_matrices import check_matrix, matrix_fits


def test_each_has_its_transfers_and_the_primaries_of_bt2020() -> None:
    fitting = {
        (matrix, transfer)
        for matrix, transfer in product((Matrix.ICTCP, Matrix.BT2020CL), Transfer)
        if matrix_fits(matrix, transfer, Primaries.BT2020)
    }
    assert fitting == {("ictcp", "pq"), ("ictcp", "hlg"), ("bt2020cl", "bt709")}
    for matrix, transfer in fitting:
        assert [p for p in Primaries if matrix_fits(matrix, transfer, p)] == [Primaries.BT2020]


def test_others_go_with_everything() -> None:
    for matrix in (None, Matrix.BT601, Matrix.YCGCO, Matrix.RGB):
        assert matrix_fits(matrix, Transfer.LOG100, Primaries.FILM)


def test_the_message_names_the_side_and_the_cure() -> None:
    good = VideoType("p010le", (4, 4), matrix="ictcp").resolved()
    check_matrix("source", good)
    with pytest.raises(InvalidMediaType) as caught:
        check_matrix("destination", good.replace(transfer="srgb"))
    assert str(caught.value) == (
        "the destination's matrix ictcp needs transfer pq or hlg and primaries bt2020, but its "
        "transfer is srgb and its primaries are bt2020; state those, or another matrix such as "
        "bt2020ncl"
    )
