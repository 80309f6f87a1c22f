"""The type of a video: what its pixels are and what they mean."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from gpumft.errors import InvalidMediaType
from gpumft.media import fields as read
from gpumft.media.enums import (
    Alpha,
    EqualFlags,
    Interlace,
    Matrix,
    Primaries,
    Range,
    Siting,
    Transfer,
)
from gpumft.media.fields import (
    COLOUR_FIELDS,
    EMPTY,
    Aperture,
    FrozenMapping,
    Light,
    Ratio,
    applies,
)
from gpumft.media.formats import PixelFormat
from gpumft.media.text import as_call, as_line, as_table

if TYPE_CHECKING:
    from gpumft.media.partialtype import PartialType


@dataclass(frozen=True, slots=True, init=False, repr=False)
class VideoType:
    """What the pixels of a video are (format, size) and what they mean (colour, shape, time).

    A colour field of None is unspecified; `resolved` fills it. Fields that do not apply to the
    format are normalised away: R'G'B' has no matrix, only sub-sampled chroma has a siting, only a
    format with an alpha component has `alpha`; floating point is always full range.

    Thread-safety: immutable.

    Attributes:
        format: the pixel format.
        size: (width, height) in pixels of the whole frame.
        frame_rate: frames per second, exact, or None where unknown or variable.
        pixel_aspect: width over height of one pixel.
        interlace: field order.
        matrix: matrix coefficients of Y'CbCr; gray has them too, for it counts as luma.
        primaries: colour primaries.
        transfer: transfer characteristics.
        range: how code values span the signal.
        siting: where chroma samples lie.
        alpha: how alpha relates to colour.
        aperture: (x, y, width, height) of the pixels that are to be seen, or None for all.
        rotation: degrees by which the content is turned counter-clockwise, as in
            MF_MT_VIDEO_ROTATION.
        stride: bytes between rows of contiguous data, negative for bottom-up, or None for the
            format's own (`default_stride`).
        light: static HDR metadata.
        extra: attributes that have no field, by their MF names.
    """

    format: PixelFormat
    size: tuple[int, int]
    frame_rate: Fraction | None
    pixel_aspect: Fraction
    interlace: Interlace
    matrix: Matrix | None
    primaries: Primaries | None
    transfer: Transfer | None
    range: Range | None
    siting: Siting | None
    alpha: Alpha | None
    aperture: Aperture | None
    rotation: int
    stride: int | None
    light: Light | None
    extra: FrozenMapping
    _filled: frozenset[str] = field(init=False, compare=False)

    def __init__(
        self,
        format: PixelFormat | str,
        size: tuple[int, int],
        *,
        frame_rate: Ratio | None = None,
        pixel_aspect: Ratio = 1,
        interlace: Interlace | str = Interlace.PROGRESSIVE,
        matrix: Matrix | str | None = None,
        primaries: Primaries | str | None = None,
        transfer: Transfer | str | None = None,
        range: Range | str | None = None,
        siting: Siting | str | None = None,
        alpha: Alpha | str | None = None,
        aperture: tuple[Any, Any, int, int] | None = None,
        rotation: int = 0,
        stride: int | None = None,
        light: Light | tuple[Any, ...] | Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] = EMPTY,
    ) -> None:
        """Read and check every field; names are accepted for all enums.

        Raises:
            InvalidMediaType: an unknown name, a size beyond 65536 a side or 2^31 pixels, a ratio
                that is not positive, an aperture outside the frame, a stride shorter than a row.
        """
        pixels = read.read_enum(PixelFormat, "format", format)
        optional = read.read_optional_enum
        values: dict[str, Any] = {
            "format": pixels,
            "size": read.read_size(size),
            "frame_rate": None if frame_rate is None else read.read_ratio("frame_rate", frame_rate),
            "pixel_aspect": read.read_ratio("pixel_aspect", pixel_aspect),
            "interlace": read.read_enum(Interlace, "interlace", interlace),
            "matrix": optional(Matrix, "matrix", matrix),
            "primaries": optional(Primaries, "primaries", primaries),
            "transfer": optional(Transfer, "transfer", transfer),
            "range": optional(Range, "range", range),
            "siting": optional(Siting, "siting", siting),
            "alpha": optional(Alpha, "alpha", alpha),
            "aperture": None if aperture is None else read.read_aperture(aperture),
            "rotation": read.read_rotation(rotation),
            "stride": None if stride is None else read.read_stride(stride),
            "light": None if light is None else read.read_light(light),
            "extra": read.read_extra(extra),
            "_filled": frozenset(),
        }
        for name in COLOUR_FIELDS:
            if not applies(name, pixels):
                values[name] = None
        if pixels.is_float:
            values["range"] = Range.FULL
        _check_aperture(values["aperture"], values["size"])
        _check_stride(values["stride"], pixels, values["size"])
        for name, value in values.items():
            object.__setattr__(self, name, value)

    # --- Changing ---

    def replace(self, **changes: Any) -> VideoType:
        """Return this type with some fields changed; None unsets an optional one.

        What belongs to the old layout goes with it unless it is given too: `stride` with another
        format or size, `aperture` with another size, a floating-point format's full range.

        Raises:
            InvalidMediaType: as the constructor, or a name that is no field.
        """
        values = dict(self.items())
        unknown = sorted(set(changes) - set(values))
        if unknown:
            raise InvalidMediaType(
                f"a video type has no field {', '.join(unknown)}; it has {', '.join(values)}"
            )
        format = read.read_enum(PixelFormat, "format", changes.get("format", self.format))
        same_size = read.read_size(changes.get("size", self.size)) == self.size
        if not same_size:
            values["aperture"] = None
        if not same_size or format is not self.format:
            values["stride"] = None
        if self.format.is_float and not format.is_float:
            values["range"] = None
        return _remember(VideoType(**values | changes), self._filled - set(changes))

    def filled(self, values: Mapping[str, Any]) -> VideoType:
        """Return this type with fields that a rule filled; `unspecified` remembers their names."""
        return _remember(self.replace(**values), self._filled | set(values))

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield (name, value) of every field, in order."""
        for entry in fields(self):
            if entry.init:
                yield entry.name, getattr(self, entry.name)

    # --- Unspecified fields ---

    def resolved(self, like: VideoType | None = None) -> VideoType:
        """Return this type with every colour field filled.

        Args:
            like: None resolves a source by rule; a source type resolves this one as the
                destination of a conversion from it (`gpumft.media.resolve` states both rules).
        """
        from gpumft.media.resolve import resolve_pair, resolve_source

        return resolve_source(self) if like is None else resolve_pair(like, self)[1]

    @property
    def unspecified(self) -> tuple[str, ...]:
        """The fields that `resolved` has to fill, or had to: a resolved type remembers them."""
        missing = {
            name
            for name in COLOUR_FIELDS
            if getattr(self, name) is None and applies(name, self.format)
        }
        order = (*COLOUR_FIELDS, "frame_rate", "light")
        return tuple(name for name in order if name in missing or name in self._filled)

    # --- Sizes ---

    @property
    def width(self) -> int:
        """Columns of the frame, in pixels."""
        return self.size[0]

    @property
    def height(self) -> int:
        """Rows of the frame, in pixels."""
        return self.size[1]

    @property
    def plane_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of every plane: (rows, columns[, channels])."""
        return self.format.plane_shapes(self.size)

    @property
    def plane_dtypes(self) -> tuple[np.dtype[np.generic], ...]:
        """The dtype of every plane."""
        return self.format.plane_dtypes()

    @property
    def nbytes(self) -> int:
        """Bytes of all planes as arrays without padding."""
        shapes = zip(self.plane_shapes, self.plane_dtypes, strict=True)
        return sum(math.prod(shape) * dtype.itemsize for shape, dtype in shapes)

    @property
    def image_size(self) -> int:
        """Bytes of a contiguous image. Source: MFCalculateImageSize; `nbytes` where MF has none.

        MF rounds odd sizes in its own way, so this may differ from `nbytes`.
        """
        from gpumft.media.sizes import calculate_image_size

        return calculate_image_size(self.format, self.size)

    @property
    def default_stride(self) -> int:
        """Bytes between rows of contiguous data; negative is bottom-up.

        Source: MF_MT_DEFAULT_STRIDE where `stride` is set, else MFGetStrideForBitmapInfoHeader.
        """
        from gpumft.media.sizes import default_stride

        return self.stride or default_stride(self.format, self.size[0])

    @property
    def frame_duration(self) -> int | None:
        """Time of a frame in 100 ns, exact and rounded once; None without a frame rate."""
        if self.frame_rate is None:
            return None
        return math.floor(10_000_000 / self.frame_rate + Fraction(1, 2))

    # --- Attributes and comparison ---

    def to_attributes(self) -> dict[str, Any]:
        """Return MF attribute names and values, MF's numbers; see `gpumft.media.attributes`."""
        from gpumft.media.attributes import to_attributes

        return to_attributes(self)

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> VideoType:
        """Return the type that MF attributes describe; unknown ones are kept in `extra`.

        Raises:
            AttributeNotFound: no major type, subtype or frame size.
            InvalidMediaType: not video, a subtype without a pixel format, or a bad value.
        """
        from gpumft.media.attributes import from_attributes

        return from_attributes(attributes)

    def compare(self, other: VideoType | PartialType | Mapping[str, Any]) -> EqualFlags:
        """Return what both types have in common. Source: IMFMediaType::IsEqual.

        Raises:
            InvalidArg: attributes without a major type.
        """
        from gpumft.media.compare import compare

        return compare(self, other)

    def matches(self, partial: VideoType | PartialType | Mapping[str, Any]) -> bool:
        """Whether everything that `partial` says holds here.

        Source: MFCompareFullToPartialMediaType; attributes without a major type match nothing.
        """
        from gpumft.media.compare import matches

        return matches(self, partial)

    # --- Text ---

    def __str__(self) -> str:
        return as_line(dict(self.items()))

    def __repr__(self) -> str:
        return as_call("VideoType", dict(self.items()), positional=("format", "size"))

    def _repr_html_(self) -> str:
        return as_table(dict(self.items()))


def _remember(type: VideoType, names: frozenset[str]) -> VideoType:
    """Note which fields a rule filled; only on a type just made, before anyone sees it."""
    kept = frozenset(name for name in names if getattr(type, name) is not None)
    object.__setattr__(type, "_filled", kept)
    return type


def _check_aperture(aperture: Aperture | None, size: tuple[int, int]) -> None:
    if aperture is None:
        return
    x, y, width, height = aperture
    if x + width > size[0] or y + height > size[1]:
        raise InvalidMediaType(
            f"aperture {width}x{height} at ({x}, {y}) leaves the frame of {size[0]}x{size[1]}"
        )


def _check_stride(stride: int | None, format: PixelFormat, size: tuple[int, int]) -> None:
    if stride is None:
        return
    from gpumft.media.sizes import minimum_stride

    least = minimum_stride(format, size[0])
    if abs(stride) < least:
        raise InvalidMediaType(
            f"stride is {stride} bytes; a row of {format} {size[0]} pixels wide needs {least}"
        )
