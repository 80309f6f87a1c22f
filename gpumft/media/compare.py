"""Comparing media types as Media Foundation does.

Thread-safety: pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from gpumft.errors import InvalidArg
from gpumft.media.attributes import (
    MAJOR_TYPE,
    OUR_FORMAT,
    SUBTYPE,
    USER_DATA,
    by_name,
    is_attribute_name,
    major_of,
    subtype_key,
)
from gpumft.media.enums import EqualFlags
from gpumft.media.fields import applies
from gpumft.media.formats import PixelFormat
from gpumft.media.partialtype import PartialType
from gpumft.media.videotype import VideoType

AnyType: TypeAlias = VideoType | PartialType | Mapping[str, Any]
"""A type, a part of one, or a mapping of MF attribute names (or of field names)."""

ALL_EQUAL = (
    EqualFlags.MAJOR_TYPES
    | EqualFlags.FORMAT_TYPES
    | EqualFlags.FORMAT_DATA
    | EqualFlags.FORMAT_USER_DATA
)
"""What `compare` returns for types that are equal."""


def compare(first: AnyType, second: AnyType) -> EqualFlags:
    """Return what two types have in common. Source: IMFMediaType::IsEqual.

    ========================================== =====================================
    major types differ                         FORMAT_TYPES | FORMAT_USER_DATA
    subtypes differ, or only one is there      all but FORMAT_TYPES
    other attributes differ                    all but FORMAT_DATA
    MF_MT_USER_DATA differs                    all but FORMAT_USER_DATA
    ========================================== =====================================

    Args:
        first: a `VideoType`, a `PartialType` or a mapping of attributes.
        second: the same.

    Raises:
        InvalidArg: a mapping of attributes without a major type.
        InvalidMediaType: a mapping with a name that is no field and no attribute.
    """
    one, other = _attributes(first), _attributes(second)
    for attributes in (one, other):
        if MAJOR_TYPE not in attributes:
            raise InvalidArg(f"a media type needs {MAJOR_TYPE} to be compared")
    if major_of(one) != major_of(other):
        return EqualFlags.FORMAT_TYPES | EqualFlags.FORMAT_USER_DATA
    flags = EqualFlags.MAJOR_TYPES
    if subtype_key(one) == subtype_key(other):
        flags |= EqualFlags.FORMAT_TYPES
    if one.get(USER_DATA) == other.get(USER_DATA):
        flags |= EqualFlags.FORMAT_USER_DATA
    if _format_data(one) == _format_data(other):
        flags |= EqualFlags.FORMAT_DATA
    return flags


def matches(full: AnyType, partial: AnyType) -> bool:
    """Whether everything that `partial` says holds for `full`.

    What `full` says beyond that does not matter. A field that does not apply to the format (the
    matrix of an R'G'B' type) is not asked for.

    Source: MFCompareFullToPartialMediaType; a mapping of attributes without a major type matches
    nothing.

    Raises:
        InvalidMediaType: a mapping with a name that is no field and no attribute.
    """
    for side in (full, partial):
        if isinstance(side, Mapping) and _is_attributes(side) and MAJOR_TYPE not in by_name(side):
            return False
    if isinstance(partial, Mapping) and _is_attributes(partial):
        subtype = subtype_key(by_name(partial))
        if subtype is not None and subtype != subtype_key(_attributes(full)):
            return False
    return _matches(PartialType.of(full), PartialType.of(partial))


def _is_attributes(value: AnyType) -> bool:
    return isinstance(value, Mapping) and any(is_attribute_name(key) for key in value)


def _attributes(value: AnyType) -> dict[str, Any]:
    if isinstance(value, Mapping) and (not value or _is_attributes(value)):
        return by_name(value)
    if isinstance(value, VideoType):
        return value.to_attributes()
    return PartialType.of(value).to_attributes()


def _format_data(attributes: Mapping[str, Any]) -> dict[str, Any]:
    apart = (MAJOR_TYPE, SUBTYPE, OUR_FORMAT, USER_DATA)
    return {key: value for key, value in attributes.items() if key not in apart}


def _matches(full: PartialType, partial: PartialType) -> bool:
    for name, wanted in partial.items():
        if name == "extra":
            have = full.to_attributes()
            if any(key not in have or have[key] != value for key, value in wanted.items()):
                return False
        elif not _asked(name, full.format):
            continue
        elif getattr(full, name) != wanted:
            return False
    return True


def _asked(name: str, format: PixelFormat | None) -> bool:
    """Whether a field means something for the format that is compared."""
    if format is None:
        return True
    return applies(name, format) and not (name == "range" and format.is_float)
