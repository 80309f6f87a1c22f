"""A part of a video type: what negotiation offers, and what a conversion's target may leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

from gpumft.errors import InvalidMediaType
from gpumft.media import fields as read
from gpumft.media.enums import Alpha, Interlace, Matrix, Primaries, Range, Siting, Transfer
from gpumft.media.fields import COLOUR_FIELDS, Aperture, FrozenMapping, Light, Ratio
from gpumft.media.formats import PixelFormat
from gpumft.media.text import as_call, as_line
from gpumft.media.videotype import VideoType

_LEFT_TO_THE_RULE = (*COLOUR_FIELDS, "light", "stride")


@dataclass(frozen=True, slots=True, init=False, repr=False)
class PartialType:
    """Some fields of a `VideoType`; None means that nothing is said about a field.

    Thread-safety: immutable.
    """

    format: PixelFormat | None
    size: tuple[int, int] | None
    frame_rate: Fraction | None
    pixel_aspect: Fraction | None
    interlace: Interlace | None
    matrix: Matrix | None
    primaries: Primaries | None
    transfer: Transfer | None
    range: Range | None
    siting: Siting | None
    alpha: Alpha | None
    aperture: Aperture | None
    rotation: int | None
    stride: int | None
    light: Light | None
    extra: FrozenMapping | None

    def __init__(
        self,
        *,
        format: PixelFormat | str | None = None,
        size: tuple[int, int] | None = None,
        frame_rate: Ratio | None = None,
        pixel_aspect: Ratio | None = None,
        interlace: Interlace | str | None = None,
        matrix: Matrix | str | None = None,
        primaries: Primaries | str | None = None,
        transfer: Transfer | str | None = None,
        range: Range | str | None = None,
        siting: Siting | str | None = None,
        alpha: Alpha | str | None = None,
        aperture: tuple[Any, Any, int, int] | None = None,
        rotation: int | None = None,
        stride: int | None = None,
        light: Light | tuple[Any, ...] | Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Read every field that is given, as `VideoType` does.

        Raises:
            InvalidMediaType: an unknown name or a value that no video type could have.
        """
        given: dict[str, tuple[Any, Callable[[Any], Any]]] = {
            "format": (format, lambda v: read.read_enum(PixelFormat, "format", v)),
            "size": (size, read.read_size),
            "frame_rate": (frame_rate, lambda v: read.read_ratio("frame_rate", v)),
            "pixel_aspect": (pixel_aspect, lambda v: read.read_ratio("pixel_aspect", v)),
            "interlace": (interlace, lambda v: read.read_enum(Interlace, "interlace", v)),
            "matrix": (matrix, lambda v: read.read_enum(Matrix, "matrix", v)),
            "primaries": (primaries, lambda v: read.read_enum(Primaries, "primaries", v)),
            "transfer": (transfer, lambda v: read.read_enum(Transfer, "transfer", v)),
            "range": (range, lambda v: read.read_enum(Range, "range", v)),
            "siting": (siting, lambda v: read.read_enum(Siting, "siting", v)),
            "alpha": (alpha, lambda v: read.read_enum(Alpha, "alpha", v)),
            "aperture": (aperture, read.read_aperture),
            "rotation": (rotation, read.read_rotation),
            "stride": (stride, read.read_stride),
            "light": (light, read.read_light),
            "extra": (extra or None, read.read_extra),
        }
        for name, (value, reader) in given.items():
            object.__setattr__(self, name, None if value is None else reader(value))

    @classmethod
    def of(cls, value: PartialType | VideoType | Mapping[str, Any]) -> PartialType:
        """Return `value` as a partial type.

        Args:
            value: a partial type (returned as it is), a video type, a mapping of field names such
                as ``{"format": "nv12"}``, or a mapping of MF attribute names.

        Raises:
            InvalidMediaType: a name that is no field, or a bad value.
        """
        if isinstance(value, PartialType):
            return value
        if isinstance(value, VideoType):
            return cls(**dict(value.items()))
        if not isinstance(value, Mapping):
            raise InvalidMediaType(
                f"a type is a VideoType, a PartialType or a mapping, not a {type(value).__name__}"
            )
        from gpumft.media.attributes import is_attribute_name, partial_from_attributes

        names = [entry.name for entry in fields(cls)]
        as_fields = any(key in names for key in value)
        if not as_fields and any(is_attribute_name(key) for key in value):
            return partial_from_attributes(value)
        unknown = sorted(str(key) for key in value if key not in names)
        if unknown:
            raise InvalidMediaType(
                f"a video type has no field {', '.join(unknown)}; it has {', '.join(names)}"
            )
        return cls(**value)

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> PartialType:
        """Return the part of a type that MF attributes describe; none of them is required."""
        from gpumft.media.attributes import partial_from_attributes

        return partial_from_attributes(attributes)

    def to_attributes(self) -> dict[str, Any]:
        """Return MF attribute names and values of the fields given, with the major type."""
        from gpumft.media.attributes import partial_to_attributes

        return partial_to_attributes(self)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield (name, value) of the fields that are given, in order."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if value is not None:
                yield entry.name, value

    def complete(self, source: VideoType) -> VideoType:
        """Return a video type with the fields that are missing here taken from `source`.

        Colour fields, `light` and `stride` stay unspecified when they are not given: a colour is
        inherited by the destination rule (`VideoType.resolved` with `like`), which knows where it
        applies. An aperture is taken only along with its size.

        Raises:
            InvalidMediaType: the fields do not fit each other.
        """
        values = {n: v for n, v in source.items() if n not in _LEFT_TO_THE_RULE}
        if self.size is not None and self.size != source.size:
            values["aperture"] = None
        values.update(self.items())
        return VideoType(**values)

    def __str__(self) -> str:
        return as_line(dict(self.items())) or "any"

    def __repr__(self) -> str:
        return as_call("PartialType", dict(self.items()))
