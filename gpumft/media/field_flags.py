"""What a sample says of its fields, beside what its type says.

Thread-safety: pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gpumft.errors import InvalidStreamData
from gpumft.media.enums import Interlace

_PREFIX: Final = "MFSampleExtension_"
_FLAGS: Final = ("Interlaced", "BottomFieldFirst", "RepeatFirstField", "SingleField")
_SINGLE = (Interlace.SINGLE_UPPER, Interlace.SINGLE_LOWER)
_ANY = (False, True)


def sample_interlace(attributes: Mapping[str, Any], interlace: Interlace) -> Interlace:
    """Return how the fields of one sample lie: what it says wins over its type.

    Flags that are missing leave it to the type, also those that Media Foundation asks for: a mixed
    type without flags stays mixed.

    Args:
        attributes: of the sample: MFSampleExtension_Interlaced, BottomFieldFirst,
            RepeatFirstField, SingleField.
        interlace: of the type.

    Raises:
        InvalidStreamData: a flag that a sample of this type cannot have, or not with this value.

    Source: MF_MT_INTERLACE_MODE, "Interlace Flags".
    """
    said = {flag: attributes.get(_PREFIX + flag) for flag in _FLAGS}
    for flag, allowed in zip(_FLAGS, _allowed(interlace), strict=True):
        value = said[flag]
        if value is not None and bool(value) not in allowed:
            able = f"has to be {allowed[0]}" if allowed else "cannot be set"
            msg = f"{_PREFIX}{flag} is {bool(value)}, but in a type of {interlace} it {able}"
            raise InvalidStreamData(msg)
    interlaced, bottom = said["Interlaced"], said["BottomFieldFirst"]
    if interlace in _SINGLE and bottom is not None:
        return Interlace.SINGLE_LOWER if bottom else Interlace.SINGLE_UPPER
    if interlace is Interlace.MIXED and interlaced is not None:
        if not interlaced:
            return Interlace.PROGRESSIVE
        if bottom is not None:
            return Interlace.LOWER if bottom else Interlace.UPPER
    return interlace


def _allowed(interlace: Interlace) -> tuple[tuple[bool, ...], ...]:
    """The values that each flag may have."""
    if interlace is Interlace.PROGRESSIVE:
        return (False,), (), (), ()
    if interlace is Interlace.MIXED:
        return _ANY, _ANY, _ANY, (False,)
    if interlace in _SINGLE:
        return (True,), _ANY, (), (True,)
    return (True,), (interlace is Interlace.LOWER,), (), (False,)
