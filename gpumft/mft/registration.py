"""What the registry knows of a transform before one is made: kind, category, types, merit.

Source: MFTRegister, MFTEnumEx; transform categories.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, Final

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import PartialType, PixelFormat, Subtype, VideoType
from gpumft.media.guids import CLASS_GUIDS, VIDEO
from gpumft.media.subtypes import find_subtype
from gpumft.mft.flags import EnumFlags

Factory = Callable[..., Any]
_PREFIX = "MFT_CATEGORY_"
_FORMATS = frozenset(map(str, PixelFormat))
_KINDS: Final = EnumFlags.SYNCMFT | EnumFlags.ASYNCMFT | EnumFlags.HARDWARE
_LIMITS: Final = EnumFlags.FIELDOFUSE | EnumFlags.TRANSCODE_ONLY | EnumFlags.UNTRUSTED_STOREMFT


@unique
class TransformCategory(StrEnum):
    """What a transform is for (MFT_CATEGORY_*)."""

    VIDEO_DECODER = "video_decoder"
    VIDEO_ENCODER = "video_encoder"
    VIDEO_EFFECT = "video_effect"
    VIDEO_PROCESSOR = "video_processor"  # format conversion of uncompressed video, nothing else
    MULTIPLEXER = "multiplexer"
    DEMULTIPLEXER = "demultiplexer"
    AUDIO_DECODER = "audio_decoder"
    AUDIO_ENCODER = "audio_encoder"
    AUDIO_EFFECT = "audio_effect"
    VIDEO_RENDERER_EFFECT = "video_renderer_effect"
    OTHER = "other"

    @property
    def guid(self) -> str:
        """The GUID of mftransform.h."""
        return CLASS_GUIDS[f"{_PREFIX}{self.name}"]

    @classmethod
    def of(cls, value: TransformCategory | str) -> TransformCategory:
        """Return the category that a name, an MFT_CATEGORY_ name or a GUID means.

        Raises:
            InvalidArg: there is no such category; the nearest is named.
        """
        text = str(value)
        for category in cls:
            if text.upper() in {category.name, f"{_PREFIX}{category.name}", category.guid}:
                return category
        near = difflib.get_close_matches(text.lower(), [str(each) for each in cls], 1, 0)
        raise InvalidArg(f"category {text!r} is unknown; the nearest is {near[0]!r}")


@dataclass(frozen=True, slots=True)
class Registration:
    """One transform of the registry.

    Attributes:
        factory: makes a transform; called without arguments by an activation object.
        name: friendly name; what stands for the class identifier.
        category: what it is for.
        inputs: input types, each whole or partial; None: only found when none are asked for.
        outputs: output types, likewise.
        flags: one of SYNCMFT, ASYNCMFT, HARDWARE (none: SYNCMFT), with FIELDOFUSE, TRANSCODE_ONLY
            or UNTRUSTED_STOREMFT.
        merit: higher ones come first in a sorted list (MFT_CODEC_MERIT_Attribute).
        local: seen only by those who ask for local transforms.
        approved: shipped with gpumft.

    Raises:
        InvalidArg: no factory, an empty name, an unknown category, flags that are for enumeration
            or exclude each other, or a negative merit.
        InvalidMediaType: something that is no type.

    Thread-safety: immutable.
    Source: MFTRegister, MFTRegisterLocal.
    """

    factory: Factory
    name: str
    category: TransformCategory
    inputs: tuple[PartialType | Subtype, ...] | None = None
    outputs: tuple[PartialType | Subtype, ...] | None = None
    flags: EnumFlags = EnumFlags.SYNCMFT
    merit: int = 0
    local: bool = False
    approved: bool = False

    def __post_init__(self) -> None:
        if not callable(self.factory):
            raise InvalidArg(f"factory {self.factory!r} cannot be called; give a class or function")
        if not self.name:
            raise InvalidArg("the transform has no name; people pick it from a list by its name")
        if not 0 <= self.merit < 2**32:
            raise InvalidArg(f"merit is {self.merit}; it is a number of 32 bits")
        settle = {
            "category": TransformCategory.of(self.category),
            "inputs": read_types(self.inputs),
            "outputs": read_types(self.outputs),
            "flags": _read_flags(self.flags),
        }
        for field, value in settle.items():
            object.__setattr__(self, field, value)

    def matches(self, input: PartialType | Subtype | None, output: object) -> bool:
        """Whether the types asked for (None: any) agree with those registered."""
        return _found(input, self.inputs) and _found(output, self.outputs)


def _read_flags(flags: EnumFlags | int) -> EnumFlags:
    given = EnumFlags(flags)
    if others := int(given) & ~int(_KINDS | _LIMITS):
        raise InvalidArg(f"{EnumFlags(others)!r} is for enumeration, not registration")
    kind = given & _KINDS
    if kind.bit_count() > 1:
        raise InvalidArg(f"a transform is one of SYNCMFT, ASYNCMFT and HARDWARE, not {kind!r}")
    return given if kind else given | EnumFlags.SYNCMFT


# --- Types ---


def read_type(given: object) -> PartialType | Subtype:
    """Return a type that somebody registers or looks for: whole, partial, a format or a subtype.

    Subtypes that nothing here converts stay what they are: a decoder's input is such a one.

    Raises:
        InvalidMediaType: it is none of these.
    """
    if isinstance(given, PixelFormat):
        return PartialType(format=given)
    if isinstance(given, Subtype):
        attributes = {"MF_MT_MAJOR_TYPE": VIDEO, "MF_MT_SUBTYPE": given}
        return PartialType.of(attributes) if given.pixel_format else given
    if isinstance(given, str):
        known = None if given in _FORMATS else find_subtype(given)
        return read_type(known) if known else PartialType(format=given)
    if isinstance(given, VideoType | PartialType | Mapping):
        return PartialType.of(given)
    raise InvalidMediaType(f"{given!r} is no media type; give a VideoType, a format or a subtype")


def read_types(given: Iterable[object] | None) -> tuple[PartialType | Subtype, ...] | None:
    """Return a list of types, or None for a side of which nothing is said."""
    if given is None:
        return None
    single = isinstance(given, str | VideoType | PartialType | Mapping | Subtype)
    types: Iterable[object] = (given,) if single else given
    return tuple(map(read_type, types))


def agree(one: object, other: object) -> bool:
    """Whether two types, each whole or partial, may be the same: no field is in conflict."""
    if not isinstance(one, PartialType) or not isinstance(other, PartialType):
        return one == other
    said = dict(other.items())
    return all(said.get(name, value) == value for name, value in one.items())


def _found(asked: object, registered: tuple[PartialType | Subtype, ...] | None) -> bool:
    if asked is None:
        return True
    return any(agree(asked, type) for type in registered or ())
