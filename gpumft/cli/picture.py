"""What a command line asks of the pictures: read once, used by `run` and `explain`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gpumft.cli import values
from gpumft.cli.picture_options import PictureOptions

if TYPE_CHECKING:
    from gpumft.media import VideoType
    from gpumft.ops import Converter
    from gpumft.pipeline.files.orientation import Orientation

_LARGEST = (1 << 16, 1 << 16)


@dataclass(frozen=True, slots=True)
class Picture:
    """Options of the picture, checked.

    Thread-safety: immutable.

    Attributes:
        chain: filters in FFmpeg's grammar.
        size: (width, height), -n for a side that follows the other.
        format: a pixel format.
        effects: in order.
        preset: a preset's name.
        options: those of `gpumft.convert` that were given: filter, fit, crop, ...
        output: colour fields of the output that were given.
        input: colour fields of the input that were given.
    """

    chain: str | None = None
    size: tuple[int, int] | None = None
    format: Any = None
    effects: tuple[Any, ...] = ()
    preset: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    output: dict[str, Any] = field(default_factory=dict)
    input: dict[str, Any] = field(default_factory=dict)

    def for_transcode(self) -> dict[str, Any]:
        """Return the arguments of `gpumft.transcode` that say the same."""
        return {
            "chain": self.chain,
            "size": self.size,
            "format": self.format,
            "effects": self.effects,
            "preset": self.preset,
            "input_type": self.input,
            "output_type": self.output,
            **self.options,
        }

    def converters(
        self, source: VideoType, orientation: Orientation | None = None
    ) -> list[Converter]:
        """Return the conversion of each fused pass for pictures of `source`.

        Args:
            source: type of the pictures, as stored.
            orientation: how they must be turned to be seen upright; None: they are upright.

        Raises:
            InvalidArg, InvalidMediaType: as the conversion itself would.
        """
        from gpumft.device import open_device
        from gpumft.pipeline.files.orientation import UPRIGHT
        from gpumft.pipeline.settling import arrange
        from gpumft.transforms import VideoProcessor
        from gpumft.transforms.chain import Stage

        options = {**self.options, **({"effects": self.effects} if self.effects else {})}
        own = Stage(options, self.size, self.format)
        current = source.replace(**self.input)
        with open_device() as device:
            chain = arrange(
                self.chain,
                own,
                source=current,
                orientation=orientation or UPRIGHT,
                device=device,
                preset=self.preset,
                output_type=self.output,
            )
            chain.set_types(current)
            return [
                transform.converter
                for transform in chain.transforms
                if isinstance(transform, VideoProcessor) and transform.converter is not None
            ]


_COLOURS = ("matrix", "range", "primaries", "transfer", "siting")
_READ_APART = ("crop", "effects", "peak")
"""Options of a conversion that `picture` makes of other words; the others are as they are typed."""


def picture(asked: PictureOptions) -> Picture:
    """Read the options of a picture; mistakes are told before a file is opened.

    Raises:
        UsageError, InvalidArg: a word that is not known, a size that cannot be.
    """
    from gpumft.ops.options import OPTION_NAMES, make_options
    from gpumft.pipeline.presets import find_preset
    from gpumft.transforms.chain import chain_stages

    typed = asked.of(*(name for name in OPTION_NAMES if name not in _READ_APART))
    wanted = {name: value for name, value in typed.items() if value is not False}  # no flag
    given = values.given(
        crop=values.crop("--crop", asked.crop),
        peak=values.peak("--peak", asked.peak),
        **wanted,
    )
    make_options(**given)
    if asked.preset is not None:
        find_preset(asked.preset)
    if asked.chain is not None:
        chain_stages(asked.chain, size=_LARGEST)
    return Picture(
        chain=asked.chain,
        size=values.size("--size", asked.size),
        format=values.pixel_format("--format", asked.format),
        effects=tuple(values.effect("--effect", text) for text in asked.effects or ()),
        preset=asked.preset,
        options=given,
        output=_colours("--", asked.of(*_COLOURS)),
        input=_colours("--in-", asked.of(*_COLOURS, prefix="in_")),
    )


def _colours(prefix: str, texts: dict[str, str | None]) -> dict[str, Any]:
    from gpumft.media import Matrix, Primaries, Range, Siting, Transfer

    return values.given(
        matrix=values.word(f"{prefix}matrix", texts["matrix"], Matrix),
        range=values.word(f"{prefix}range", texts["range"], Range),
        primaries=values.word(f"{prefix}primaries", texts["primaries"], Primaries),
        transfer=values.word(f"{prefix}transfer", texts["transfer"], Transfer),
        siting=values.word(f"{prefix}siting", texts["siting"], Siting),
    )
