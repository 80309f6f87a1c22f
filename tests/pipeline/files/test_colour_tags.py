"""Numbers of H.273 and FFmpeg <-> words."""

from __future__ import annotations

import av.video.reformatter as ffmpeg
import pytest

from gpumft.media import Matrix, Primaries, Range, Siting, Transfer
from gpumft.pipeline.files.colour_tags import (
    MATRIX,
    PRIMARIES,
    TRANSFER,
    UNSPECIFIED,
    Tags,
    tags_of,
)

WITHOUT_A_NUMBER = {Transfer.GAMMA18, Transfer.GAMMA20}


@pytest.mark.parametrize("matrix", list(Matrix))
@pytest.mark.parametrize("primaries", list(Primaries))
def test_matrix_and_primaries_survive_a_round_trip(matrix: Matrix, primaries: Primaries) -> None:
    words = tags_of(matrix=matrix, primaries=primaries).words()
    assert (words["matrix"], words["primaries"]) == (matrix, primaries)


@pytest.mark.parametrize("transfer", [t for t in Transfer if t not in WITHOUT_A_NUMBER])
@pytest.mark.parametrize("primaries", [None, *Primaries])
@pytest.mark.parametrize("depth", [8, 10, 12, 16])
def test_transfer_survives_a_round_trip(
    transfer: Transfer, primaries: Primaries | None, depth: int
) -> None:
    back = tags_of(transfer=transfer, primaries=primaries, depth=depth).words()["transfer"]
    # BT.1886 is the display's side of BT.709 video: files have one number for both.
    assert back == (Transfer.BT709 if transfer is Transfer.BT1886 else transfer)


@pytest.mark.parametrize("transfer", sorted(WITHOUT_A_NUMBER))
def test_a_transfer_without_a_number_is_written_as_unspecified(transfer: Transfer) -> None:
    assert tags_of(transfer=transfer).transfer == UNSPECIFIED


@pytest.mark.parametrize("range", list(Range))
@pytest.mark.parametrize("siting", list(Siting))
def test_range_and_siting_survive_a_round_trip(range: Range, siting: Siting) -> None:
    words = tags_of(range=range, siting=siting).words()
    assert (words["range"], words["siting"]) == (range, siting)


def test_unspecified_is_none_both_ways() -> None:
    assert set(Tags().words().values()) == {None}
    assert tags_of() == Tags(2, 2, 2, 0, 0)


def test_numbers_are_those_of_ffmpeg() -> None:
    names = ffmpeg.Colorspace
    assert MATRIX[int(names.ITU709)] is Matrix.BT709
    assert MATRIX[int(names.SMPTE240M)] is Matrix.SMPTE240M
    primaries = ffmpeg.ColorPrimaries
    assert PRIMARIES[int(primaries.BT2020)] is Primaries.BT2020
    assert PRIMARIES[int(primaries.BT470BG)] is Primaries.BT601_625
    assert PRIMARIES[int(primaries.SMPTE170M)] is Primaries.BT601_525
    assert PRIMARIES[int(primaries.SMPTE432)] is Primaries.P3D65
    transfers = ffmpeg.ColorTrc
    assert TRANSFER[int(transfers.SMPTE2084)] is Transfer.PQ
    assert TRANSFER[int(transfers.ARIB_STD_B67)] is Transfer.HLG
    assert TRANSFER[int(transfers.IEC61966_2_1)] is Transfer.SRGB


def test_the_number_of_bt601_follows_its_lines() -> None:
    assert tags_of(matrix=Matrix.BT601, primaries=Primaries.BT601_625).matrix == 5
    assert tags_of(matrix=Matrix.BT601, primaries=Primaries.BT601_525).matrix == 6
    assert tags_of(matrix=Matrix.BT601).matrix == 6


def test_the_number_of_the_bt709_curve_follows_primaries_and_depth() -> None:
    def number(primaries: Primaries, depth: int) -> int:
        return tags_of(transfer=Transfer.BT709, primaries=primaries, depth=depth).transfer

    assert number(Primaries.BT709, 8) == 1
    assert number(Primaries.BT601_525, 8) == 6
    assert [number(Primaries.BT2020, depth) for depth in (8, 10, 12)] == [1, 14, 15]


def test_unknown_numbers_are_told() -> None:
    tags = Tags(11, 10, 11, 1, 1)  # Y'D'zD'x, XYZ, xvYCC
    assert tags.unknown() == {"matrix": 11, "primaries": 10, "transfer": 11}
    assert tags.words()["matrix"] is None
    assert Tags().unknown() == {}


def test_open_fields_come_from_the_other_tags() -> None:
    assert Tags(2, 9, 2, 0, 1).over(Tags(1, 1, 16, 2, 3)) == Tags(1, 9, 16, 2, 1)
