"""Values of attributes: two numbers in 64 bits, and areas in 16 bytes.

Thread-safety: pure functions.
"""

from __future__ import annotations

import struct
from fractions import Fraction

from gpumft.errors import InvalidMediaType
from gpumft.media.fields import Aperture, read_integer

U32_MAX = (1 << 32) - 1
_AREA = struct.Struct("<HhHhii")
"""MFVideoArea: two MFOffsets (fraction of 65536, value), then width and height."""


def pack(high: int, low: int) -> int:
    """Return two UINT32 as one UINT64. Source: Pack2UINT32AsUINT64."""
    high, low = read_integer("high part", high), read_integer("low part", low)
    if not (0 <= high <= U32_MAX and 0 <= low <= U32_MAX):
        raise InvalidMediaType(f"({high}, {low}) do not fit 32 bits each")
    return high << 32 | low


def unpack(key: str, value: object) -> tuple[int, int]:
    """Return the (high, low) halves of a UINT64. Source: Unpack2UINT32AsUINT64."""
    packed = read_integer(key, value)
    if not 0 <= packed < 1 << 64:
        raise InvalidMediaType(f"{key} is {packed}; it must fit 64 bits")
    return packed >> 32, packed & U32_MAX


def pack_area(aperture: Aperture) -> bytes | None:
    """Return an aperture as an MFVideoArea, or None where its 16.16 offsets cannot hold it."""
    x, y, width, height = aperture
    parts = []
    for offset in (x, y):
        fixed = Fraction(offset) * 65536
        if fixed.denominator != 1 or fixed >= 1 << 31:
            return None
        parts += [int(fixed) & 0xFFFF, int(fixed) >> 16]
    return _AREA.pack(*parts, width, height)


def unpack_area(key: str, value: object) -> Aperture:
    """Return (x, y, width, height) of an MFVideoArea.

    Raises:
        InvalidMediaType: not 16 bytes.
    """
    if not isinstance(value, bytes | bytearray | memoryview) or len(value) != _AREA.size:
        raise InvalidMediaType(f"{key} must be an MFVideoArea of {_AREA.size} bytes")
    x_part, x, y_part, y, width, height = _AREA.unpack(value)
    return Fraction(x * 65536 + x_part, 65536), Fraction(y * 65536 + y_part, 65536), width, height
