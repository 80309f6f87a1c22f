"""A video type as Media Foundation's attributes, and back.

Attributes are a mapping of names ("MF_MT_FRAME_SIZE"; GUIDs are read too) to MF's values: integers
for UINT32 and UINT64 (sizes and ratios packed high:low), GUIDs as text, blobs as bytes. What MF
cannot express is written by name under keys that begin with GPUMFT_, which win when both are there.

=========================== ========================================================================
MF_MT_SUBTYPE               `format`; GPUMFT_FORMAT where MF has no subtype for it
MF_MT_FRAME_SIZE, _RATE,    `size`, `frame_rate`, `pixel_aspect`, packed in 64 bits
_PIXEL_ASPECT_RATIO
MF_MT_DEFAULT_STRIDE        `stride` as 32 bits, two's complement
MF_MT_MINIMUM_DISPLAY_...   `aperture`, an MFVideoArea of 16 bytes; read by MF's order: pan and scan
                            if enabled, minimum display, geometric
MF_MT_VIDEO_ROTATION        `rotation`
numbers of words            `gpumft.media.numbers`
MF_MT_MAX_LUMINANCE_LEVEL,  `light`: cd/m2, the mastering minimum in units of 0.0001; GPUMFT_LIGHT
...MASTERING_LUMINANCE      where that is not all of it
MF_MT_SAMPLE_SIZE,          written from the type; read only where they say something else
FIXED_SIZE_SAMPLES,
ALL_SAMPLES_INDEPENDENT
=========================== ========================================================================

A value of 0 where 0 means "unknown" is the same as none. Everything that has no field, numbers
without a word included, is kept in `extra` and returned.

Thread-safety: pure functions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from gpumft.errors import AttributeNotFound, InvalidMediaType
from gpumft.media.enums import Matrix
from gpumft.media.fields import Aperture, Light, read_enum, read_fraction, read_integer, read_ratio
from gpumft.media.formats import PixelFormat
from gpumft.media.guids import VIDEO, attribute_name
from gpumft.media.numbers import ENUM_OF, FIELD_OF, FROM_NUMBER, TO_NUMBER
from gpumft.media.packing import U32_MAX, pack, pack_area, unpack, unpack_area
from gpumft.media.partialtype import PartialType
from gpumft.media.subtypes import Subtype, find_subtype, subtype_of
from gpumft.media.videotype import VideoType

MAJOR_TYPE = "MF_MT_MAJOR_TYPE"
SUBTYPE = "MF_MT_SUBTYPE"
FRAME_SIZE = "MF_MT_FRAME_SIZE"
FRAME_RATE = "MF_MT_FRAME_RATE"
PIXEL_ASPECT = "MF_MT_PIXEL_ASPECT_RATIO"
DEFAULT_STRIDE = "MF_MT_DEFAULT_STRIDE"
ROTATION = "MF_MT_VIDEO_ROTATION"
USER_DATA = "MF_MT_USER_DATA"
SAMPLE_SIZE = "MF_MT_SAMPLE_SIZE"
FIXED_SIZE = "MF_MT_FIXED_SIZE_SAMPLES"
INDEPENDENT = "MF_MT_ALL_SAMPLES_INDEPENDENT"
MINIMUM_DISPLAY = "MF_MT_MINIMUM_DISPLAY_APERTURE"
GEOMETRIC = "MF_MT_GEOMETRIC_APERTURE"
PAN_SCAN = "MF_MT_PAN_SCAN_APERTURE"
PAN_SCAN_ENABLED = "MF_MT_PAN_SCAN_ENABLED"
MAX_CLL = "MF_MT_MAX_LUMINANCE_LEVEL"
MAX_FALL = "MF_MT_MAX_FRAME_AVERAGE_LUMINANCE_LEVEL"
MASTERING_MAX = "MF_MT_MAX_MASTERING_LUMINANCE"
MASTERING_MIN = "MF_MT_MIN_MASTERING_LUMINANCE"
OUR_FORMAT, OUR_APERTURE, OUR_LIGHT = "GPUMFT_FORMAT", "GPUMFT_APERTURE", "GPUMFT_LIGHT"

_MASTERING_MIN_UNITS = 10_000


def is_attribute_name(key: object) -> bool:
    """Whether `key` looks like the name or GUID of an attribute rather than a field's name."""
    return isinstance(key, str) and key.startswith(("MF", "GPUMFT_", "{"))


def by_name(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes with GUID keys turned into names, subtypes and sizes into one spelling."""
    named = {attribute_name(key): value for key, value in attributes.items()}
    subtype = find_subtype(named.get(SUBTYPE))
    if subtype is not None:
        named[SUBTYPE] = subtype.guid
    for key in (FRAME_SIZE, FRAME_RATE, PIXEL_ASPECT):
        if isinstance(named.get(key), tuple | list):
            named[key] = pack(*named[key])
    return named


def major_of(attributes: Mapping[str, Any]) -> str:
    """Return the major type as upper-case text with braces."""
    return f"{{{str(attributes[MAJOR_TYPE]).strip('{}').upper()}}}"


def subtype_key(attributes: Mapping[str, Any]) -> object:
    """Return what tells formats apart: the subtype, or our own format's name."""
    return attributes.get(SUBTYPE) or attributes.get(OUR_FORMAT)


def display_area(attributes: Mapping[str, Any]) -> Aperture | None:
    """Return the area to be seen, or None for the whole frame. Source: MFVideoArea's usage order.

    Pan and scan where it is enabled, else minimum display aperture, else geometric aperture.
    """
    if attributes.get(PAN_SCAN_ENABLED) and PAN_SCAN in attributes:
        return unpack_area(PAN_SCAN, attributes[PAN_SCAN])
    for key in (MINIMUM_DISPLAY, GEOMETRIC):
        if key in attributes:
            return unpack_area(key, attributes[key])
    return None


# --- Reading ---


def from_attributes(attributes: Mapping[str, Any]) -> VideoType:
    """Return the video type that `attributes` describe.

    Raises:
        AttributeNotFound: no major type, subtype or frame size.
        InvalidMediaType: not video, a subtype without a pixel format, or a bad value.
    """
    named = by_name(attributes)
    for key, present in (
        (MAJOR_TYPE, MAJOR_TYPE in named),
        (SUBTYPE, subtype_key(named) is not None),
        (FRAME_SIZE, FRAME_SIZE in named),
    ):
        if not present:
            raise AttributeNotFound(f"a video type needs {key}; the attributes lack it")
    return VideoType(**_fields(named))


def partial_from_attributes(attributes: Mapping[str, Any]) -> PartialType:
    """Return the part of a video type that `attributes` describe; none is required.

    Raises:
        InvalidMediaType: not video, a subtype without a pixel format, or a bad value.
    """
    return PartialType(**_fields(by_name(attributes)))


def _fields(named: dict[str, Any]) -> dict[str, Any]:
    """Turn attributes into fields; what stays over is `extra`."""
    left = dict(named)
    if MAJOR_TYPE in left and major_of(left) != VIDEO:
        raise InvalidMediaType(f"major type {left[MAJOR_TYPE]} is not video, {VIDEO}")
    left.pop(MAJOR_TYPE, None)
    found: dict[str, Any] = {}
    _read_format(left, found)
    _read_packed(left, found)
    _read_words(left, found)
    _read_aperture(left, found)
    _read_light(left, found)
    if ROTATION in left:
        found["rotation"] = left.pop(ROTATION)
    if left.get(DEFAULT_STRIDE) is not None:
        stride = read_integer(DEFAULT_STRIDE, left.pop(DEFAULT_STRIDE))
        found["stride"] = stride - (1 << 32) if stride > U32_MAX >> 1 else stride
    for key, value in _implied(found).items():
        if left.get(key) == value:
            del left[key]
    found["extra"] = left
    return found


def _read_format(left: dict[str, Any], found: dict[str, Any]) -> None:
    ours, given = left.pop(OUR_FORMAT, None), left.get(SUBTYPE)
    if ours is not None:
        found["format"] = read_enum(PixelFormat, "format", ours)
        return
    if given is None:
        return
    subtype = find_subtype(given)
    if subtype is None or subtype.pixel_format is None:
        name = subtype.name if subtype else given
        raise InvalidMediaType(f"subtype {name} has no pixel format; nothing converts it")
    found["format"] = subtype.pixel_format
    if subtype is subtype_of(subtype.pixel_format):
        del left[SUBTYPE]  # another subtype of the same bytes (IYUV) stays, to be returned


def _read_packed(left: dict[str, Any], found: dict[str, Any]) -> None:
    if FRAME_SIZE in left:
        found["size"] = unpack(FRAME_SIZE, left.pop(FRAME_SIZE))
    for key, name in ((FRAME_RATE, "frame_rate"), (PIXEL_ASPECT, "pixel_aspect")):
        if key in left:
            value = left.pop(key)
            if isinstance(value, Fraction):
                found[name] = value
                continue
            high, low = unpack(key, value)
            if high and low:
                found[name] = read_ratio(key, (high, low))


def _read_words(left: dict[str, Any], found: dict[str, Any]) -> None:
    for key, name in FIELD_OF.items():
        ours = left.pop(_our_key(key), None)
        if ours is not None:
            left.pop(key, None)
            found[name] = read_enum(ENUM_OF[name], name, ours)
        elif key in left:
            number = read_integer(key, left[key])
            member = FROM_NUMBER[name].get(number & 7 if name == "siting" else number)
            if member is not None:
                found[name] = member
            if member is not None or number == 0:
                del left[key]


def _our_key(key: str) -> str:
    return key.replace("MF_MT_", "GPUMFT_")


def _read_aperture(left: dict[str, Any], found: dict[str, Any]) -> None:
    ours = left.pop(OUR_APERTURE, None)
    if ours is not None:
        try:
            x, y, width, height = map(read_fraction, str(ours).split(","))
        except (ValueError, ZeroDivisionError) as error:
            raise InvalidMediaType(f"{OUR_APERTURE} is {ours!r}; it must be 'x,y,w,h'") from error
        found["aperture"] = (x, y, int(width), int(height))
        return
    area = display_area(left)
    if area is None:
        return
    found["aperture"] = area
    others = dict(left)
    others.pop(MINIMUM_DISPLAY, None)
    if display_area(others) != area:
        left.pop(MINIMUM_DISPLAY, None)


def _read_light(left: dict[str, Any], found: dict[str, Any]) -> None:
    ours = left.pop(OUR_LIGHT, None)
    taken = {k: left.pop(k) for k in (MAX_CLL, MAX_FALL, MASTERING_MAX, MASTERING_MIN) if k in left}
    if ours is not None:
        try:
            found["light"] = Light(*json.loads(ours))
        except (TypeError, ValueError) as error:
            raise InvalidMediaType(f"{OUR_LIGHT} is {ours!r}: {error}") from error
    elif any(taken.values()):
        found["light"] = _light_of(taken)


def _light_of(levels: Mapping[str, Any]) -> Light:
    mastering = None
    if levels.get(MASTERING_MAX):
        low = Fraction(read_integer(MASTERING_MIN, levels.get(MASTERING_MIN, 0)))
        mastering = (None, None, float(low / _MASTERING_MIN_UNITS), levels[MASTERING_MAX])
    return Light(levels.get(MAX_CLL) or None, levels.get(MAX_FALL) or None, mastering)


# --- Writing ---


def to_attributes(type: VideoType) -> dict[str, Any]:
    """Return the attributes of `type`: names and MF's values."""
    return _attributes(dict(type.items()))


def partial_to_attributes(type: PartialType) -> dict[str, Any]:
    """Return the attributes of the fields that are given, with the major type."""
    return _attributes(dict(type.items()))


def _attributes(fields: dict[str, Any]) -> dict[str, Any]:
    extra: Mapping[str, Any] = fields.get("extra") or {}
    made: dict[str, Any] = {MAJOR_TYPE: VIDEO}
    _write_format(fields, extra, made)
    if fields.get("size"):
        made[FRAME_SIZE] = pack(*fields["size"])
    for key, name in ((FRAME_RATE, "frame_rate"), (PIXEL_ASPECT, "pixel_aspect")):
        if fields.get(name):
            made[key] = pack(fields[name].numerator, fields[name].denominator)
    _write_words(fields, made)
    _write_light(fields.get("light"), made)
    if fields.get("rotation") is not None:
        made[ROTATION] = fields["rotation"]
    if fields.get("stride"):
        made[DEFAULT_STRIDE] = fields["stride"] & U32_MAX
    made |= _implied(fields)
    # What has a field is written from the field; of `extra` only the rest counts, and what the
    # type implies unless it is said otherwise.
    kept = {k: v for k, v in extra.items() if k not in made or k in _implied(fields)}
    kept.pop(SUBTYPE, None)
    made |= kept
    _write_aperture(fields.get("aperture"), made)
    return made


def _write_format(fields: dict[str, Any], extra: Mapping[str, Any], made: dict[str, Any]) -> None:
    format: PixelFormat | None = fields.get("format")
    if format is None:
        return
    other: Subtype | None = find_subtype(extra.get(SUBTYPE))
    subtype = other if other and other.pixel_format is format else subtype_of(format)
    if subtype is None:
        made[OUR_FORMAT] = str(format)
    else:
        made[SUBTYPE] = subtype.guid


def _write_words(fields: dict[str, Any], made: dict[str, Any]) -> None:
    for key, name in FIELD_OF.items():
        member = fields.get(name)
        if member is None:
            continue
        number = TO_NUMBER[name].get(member)
        if number is None:
            made[_our_key(key)] = str(member)
            continue
        deep = name == "matrix" and member is Matrix.BT2020NCL and fields.get("format")
        made[key] = 5 if deep and deep.depth >= 12 else number


def _write_light(light: Light | None, made: dict[str, Any]) -> None:
    if light is None:
        return
    levels = {MAX_CLL: light.max_cll, MAX_FALL: light.max_fall}
    if light.mastering is not None:
        levels[MASTERING_MAX] = light.mastering[3]
        levels[MASTERING_MIN] = light.mastering[2] * _MASTERING_MIN_UNITS
    written = {key: round(level) for key, level in levels.items() if level is not None}
    made |= written
    if _light_of(written) != light:
        made[OUR_LIGHT] = json.dumps([light.max_cll, light.max_fall, light.mastering])


def _write_aperture(aperture: Aperture | None, made: dict[str, Any]) -> None:
    if aperture is None or display_area(made) == aperture:
        return
    area = pack_area(aperture)
    if area is None:
        made[OUR_APERTURE] = ",".join(str(part) for part in aperture)
        return
    if made.get(PAN_SCAN_ENABLED):
        del made[PAN_SCAN_ENABLED]  # it would win over the area written here
    made[MINIMUM_DISPLAY] = area


def _implied(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a type of pixels implies: samples of one size, each on its own."""
    implied: dict[str, Any] = {}
    if fields.get("format") and fields.get("size"):
        from gpumft.media.sizes import calculate_image_size

        implied[SAMPLE_SIZE] = calculate_image_size(fields["format"], fields["size"])
    return implied | {FIXED_SIZE: 1, INDEPENDENT: 1}
