"""Colour tags of files: FFmpeg's and H.273's numbers <-> the words of a video type. One table.

FFmpeg numbers matrices, primaries and transfers as H.273 does. Its range is one more than H.273's
flag and its chroma location one more than H.273's. "Unspecified" is a value of its own and stays
None: nothing is guessed here.

Sources: ITU-T H.273 (07/2021) tables 2, 3, 4, clause 8.7; libavutil/pixfmt.h as documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from gpumft.media.enums import Matrix, Primaries, Range, Siting, Transfer

UNSPECIFIED = 2
"""H.273's "unspecified" for matrix, primaries and transfer; range and siting use 0."""

MATRIX = MappingProxyType(
    {
        0: Matrix.RGB,
        1: Matrix.BT709,
        4: Matrix.FCC,
        5: Matrix.BT601,  # BT.470 B/G: BT.601 with 625 lines
        6: Matrix.BT601,  # SMPTE 170M: BT.601 with 525 lines
        7: Matrix.SMPTE240M,
        8: Matrix.YCGCO,
        9: Matrix.BT2020NCL,
        10: Matrix.BT2020CL,
        14: Matrix.ICTCP,
    }
)
PRIMARIES = MappingProxyType(
    {
        1: Primaries.BT709,
        4: Primaries.BT470M,
        5: Primaries.BT601_625,
        6: Primaries.BT601_525,
        7: Primaries.SMPTE240M,
        8: Primaries.FILM,
        9: Primaries.BT2020,
        11: Primaries.DCIP3,
        12: Primaries.P3D65,
        22: Primaries.EBU3213,
    }
)
TRANSFER = MappingProxyType(
    {
        1: Transfer.BT709,
        4: Transfer.GAMMA22,
        5: Transfer.GAMMA28,
        6: Transfer.BT709,  # SMPTE 170M: the same curve
        7: Transfer.SMPTE240M,
        8: Transfer.LINEAR,
        9: Transfer.LOG100,
        10: Transfer.LOG316,
        13: Transfer.SRGB,
        14: Transfer.BT709,  # BT.2020 at 10 bit: the same curve
        15: Transfer.BT709,  # BT.2020 at 12 bit: the same curve
        16: Transfer.PQ,
        17: Transfer.GAMMA26,  # SMPTE 428-1
        18: Transfer.HLG,
    }
)
RANGE = MappingProxyType({1: Range.LIMITED, 2: Range.FULL})
SITING = MappingProxyType(
    {
        1: Siting.LEFT,
        2: Siting.CENTER,
        3: Siting.TOPLEFT,
        4: Siting.TOP,
        5: Siting.BOTTOMLEFT,
        6: Siting.BOTTOM,
    }
)

_MATRIX_NUMBER = {word: number for number, word in MATRIX.items() if number != 5}
_PRIMARIES_NUMBER = {word: number for number, word in PRIMARIES.items()}
_RANGE_NUMBER = {word: number for number, word in RANGE.items()}
_SITING_NUMBER = {word: number for number, word in SITING.items()}
_TRANSFER_NUMBER = {
    word: number for number, word in TRANSFER.items() if number not in (6, 14, 15)
} | {Transfer.BT1886: 1}  # a display's curve; video made for it is tagged BT.709


@dataclass(frozen=True, slots=True)
class Tags:
    """The numbers that FFmpeg stores; 2 (colour) and 0 (range, siting) are "unspecified".

    Thread-safety: immutable.
    """

    matrix: int = UNSPECIFIED
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    range: int = 0
    siting: int = 0

    def words(self) -> dict[str, Any]:
        """Return the fields of a video type; None where unspecified or without a word.

        RGB is a kind of format rather than a matrix that was left out, so 0 gives Matrix.RGB.
        """
        return {
            "matrix": MATRIX.get(self.matrix),
            "primaries": PRIMARIES.get(self.primaries),
            "transfer": TRANSFER.get(self.transfer),
            "range": RANGE.get(self.range),
            "siting": SITING.get(self.siting),
        }

    def unknown(self) -> dict[str, int]:
        """Return the fields that carry a number for which there is no word here."""
        tables = {
            "matrix": (MATRIX, UNSPECIFIED),
            "primaries": (PRIMARIES, UNSPECIFIED),
            "transfer": (TRANSFER, UNSPECIFIED),
            "range": (RANGE, 0),
            "siting": (SITING, 0),
        }
        return {
            name: getattr(self, name)
            for name, (table, unspecified) in tables.items()
            if getattr(self, name) not in (unspecified, 0) and getattr(self, name) not in table
        }

    def over(self, other: Tags) -> Tags:
        """Return these tags with what is unspecified taken from `other`."""
        return Tags(
            self.matrix if self.matrix != UNSPECIFIED else other.matrix,
            self.primaries if self.primaries != UNSPECIFIED else other.primaries,
            self.transfer if self.transfer != UNSPECIFIED else other.transfer,
            self.range or other.range,
            self.siting or other.siting,
        )


def tags_of(
    *,
    matrix: Matrix | None = None,
    primaries: Primaries | None = None,
    transfer: Transfer | None = None,
    range: Range | None = None,
    siting: Siting | None = None,
    depth: int = 8,
) -> Tags:
    """Return the numbers for a type's words; None and words without a number are unspecified.

    BT.601 and the BT.709 curve have several numbers: the primaries and the depth decide which is
    written, as the standards that share them do.

    Args:
        matrix: as in a video type.
        primaries: as in a video type; 625-line primaries write matrix 5, others 6.
        transfer: as in a video type; with BT.2020 primaries 14 (10 bit) or 15 (12 bit and more).
        range: as in a video type.
        siting: as in a video type.
        depth: bits of a component.
    """
    number = _MATRIX_NUMBER.get(matrix, UNSPECIFIED) if matrix else UNSPECIFIED
    if matrix is Matrix.BT601 and primaries is Primaries.BT601_625:
        number = 5
    curve = _TRANSFER_NUMBER.get(transfer, UNSPECIFIED) if transfer else UNSPECIFIED
    if transfer is Transfer.BT709:
        if primaries is Primaries.BT2020 and depth >= 10:
            curve = 14 if depth == 10 else 15
        elif primaries in (Primaries.BT601_525, Primaries.BT601_625):
            curve = 6
    return Tags(
        number,
        _PRIMARIES_NUMBER.get(primaries, UNSPECIFIED) if primaries else UNSPECIFIED,
        curve,
        _RANGE_NUMBER.get(range, 0) if range else 0,
        _SITING_NUMBER.get(siting, 0) if siting else 0,
    )


SITING_NAMES = MappingProxyType({number: str(word) for number, word in SITING.items()})
"""FFmpeg's option values for `chroma_sample_location`: its names are ours."""
