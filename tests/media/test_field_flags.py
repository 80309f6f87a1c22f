"""Interlace flags of samples against the type's interlace mode, row by row."""

from __future__ import annotations

import pytest

from gpumft.errors import InvalidStreamData
from gpumft.media import Interlace, sample_interlace

LETTERS = {"I": "Interlaced", "B": "BottomFieldFirst", "R": "RepeatFirstField", "S": "SingleField"}


def flags(said: str) -> dict[str, int]:
    """A capital letter sets a flag, a small one says that it is not."""
    return {f"MFSampleExtension_{LETTERS[c.upper()]}": int(c.isupper()) for c in said}


@pytest.mark.parametrize(
    ("type", "said", "meant"),
    [
        ("progressive", "", "progressive"),
        ("progressive", "i", "progressive"),
        ("upper", "Ibs", "upper"),
        ("lower", "IBs", "lower"),
        ("single_upper", "IbS", "single_upper"),
        ("single_upper", "B", "single_lower"),
        ("mixed", "", "mixed"),
        ("mixed", "ibr", "progressive"),
        ("mixed", "IBr", "lower"),
        ("mixed", "IbRs", "upper"),
    ],
)
def test_the_sample_wins_over_its_type(type: str, said: str, meant: str) -> None:
    assert sample_interlace(flags(said), Interlace(type)) is Interlace(meant)


@pytest.mark.parametrize(
    ("type", "wrong"),
    [
        (type, each)
        for type, all in {
            "progressive": "IbBrRsS",
            "upper": "iBrRS",
            "lower": "ibrRS",
            "single_lower": "irRs",
            "mixed": "S",
        }.items()
        for each in all
    ],
)
def test_flags_that_contradict_the_type_are_refused(type: str, wrong: str) -> None:
    with pytest.raises(InvalidStreamData, match=f"type of {type}"):
        sample_interlace(flags(wrong), Interlace(type))
