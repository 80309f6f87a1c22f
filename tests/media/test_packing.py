from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpumft.errors import InvalidMediaType
from gpumft.media.packing import pack, pack_area, unpack, unpack_area

u32 = st.integers(0, 2**32 - 1)


@given(u32, u32)
def test_two_numbers_in_64_bits(high: Any, low: Any) -> None:
    packed = pack(high, low)
    assert packed == high * 2**32 + low
    assert unpack("MF_MT_FRAME_SIZE", packed) == (high, low)


@pytest.mark.parametrize(("high", "low"), [(-1, 0), (0, 2**32), (1.5, 0)])
def test_what_does_not_fit_is_refused(high: Any, low: Any) -> None:
    with pytest.raises(InvalidMediaType):
        pack(high, low)


@pytest.mark.parametrize("value", [-1, 2**64, "x", (1, 2)])
def test_what_is_no_uint64_is_refused(value: Any) -> None:
    with pytest.raises(InvalidMediaType, match="MF_MT_FRAME_SIZE"):
        unpack("MF_MT_FRAME_SIZE", value)


def test_an_area_is_an_mfvideoarea() -> None:
    # MFOffset is (fraction, value) of 16 bits each; then two 32-bit sides
    blob = bytes.fromhex("0080 0100  0000 0200  00050000 d0020000")
    assert pack_area((Fraction(3, 2), 2, 1280, 720)) == blob
    assert unpack_area("KEY", blob) == (Fraction(3, 2), 2, 1280, 720)
    assert unpack_area("KEY", memoryview(blob)) == (Fraction(3, 2), 2, 1280, 720)


def test_an_area_that_16_16_cannot_hold() -> None:
    assert pack_area((Fraction(1, 3), 0, 4, 4)) is None
    assert pack_area((32768, 0, 4, 4)) is None
    assert pack_area((32767, 0, 4, 4)) is not None


@pytest.mark.parametrize("blob", [b"", b"x" * 15, b"x" * 17, "x" * 16, 5])
def test_other_blobs_are_refused(blob: Any) -> None:
    with pytest.raises(InvalidMediaType, match="KEY must be an MFVideoArea of 16 bytes"):
        unpack_area("KEY", blob)


offsets = st.integers(0, 2**31 - 1).map(lambda fixed: Fraction(fixed, 65536))
sides = st.integers(1, 2**31 - 1)


@given(st.tuples(offsets, offsets, sides, sides))
def test_areas_come_back(area: Any) -> None:
    assert unpack_area("KEY", pack_area(area)) == area
