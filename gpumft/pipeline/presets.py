"""Presets: what a conversion to another kind of light asks for, in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gpumft.errors import InvalidArg, InvalidMediaType
from gpumft.media import Light, PixelFormat, Transfer, VideoType
from gpumft.pipeline.files.failures import nearest
from gpumft.pipeline.stages import Step
from gpumft.transforms import CONVERTIBLE
from gpumft.transforms.chain import Stage

_HDR = (Transfer.PQ, Transfer.HLG)


@dataclass(frozen=True, slots=True)
class Preset:
    """Fields of the output's type, its depth, and options of the conversion.

    Thread-safety: immutable.

    Attributes:
        name: what it is called.
        takes_hdr: whether the input is HDR (PQ, HLG) or SDR (anything else).
        output: fields of the output's type; `range` counts for Y'CbCr alone.
        depth: least bits of the output's components; exactly so many where the input is HDR.
        options: as of `gpumft.convert`.
    """

    name: str
    takes_hdr: bool
    output: Mapping[str, Any]
    depth: int
    options: Mapping[str, Any]

    def apply(
        self, steps: Sequence[Step], source: VideoType, output: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Add the preset to the last step; what is there already wins.

        Args:
            steps: as `make_steps` returns them.
            source: of what comes in.
            output: fields that the caller wants of what goes out.

        Returns:
            Those fields, with the preset's.

        Raises:
            InvalidMediaType: the source is not of the kind that this preset is for.
        """
        self._check(source)
        stages = [step for step in steps if isinstance(step, Stage)]
        last = stages[-1]
        last.options = {**self.options, **last.options}
        chosen = [stage.format for stage in stages if stage.format is not None]
        if not chosen:
            last.format = format_of_depth(source.format, self.depth)
            chosen = [last.format]
        fields = {
            name: value
            for name, value in self.output.items()
            if name != "range" or chosen[-1].is_yuv
        }
        fields |= output
        if not self.takes_hdr and fields["transfer"] == Transfer.PQ:
            fields.setdefault("light", Light(max_cll=last.options["white"]))
        return fields

    def _check(self, source: VideoType) -> None:
        transfer = source.resolved().transfer
        if (transfer in _HDR) is self.takes_hdr:
            return
        by_rule = "" if source.transfer else " (by rule: the input does not say)"
        wanted = "HDR, pq or hlg" if self.takes_hdr else "SDR, neither pq nor hlg"
        other = next(each.name for each in PRESETS.values() if each is not self)
        raise InvalidMediaType(
            f"preset {self.name} is for {wanted}, but the input's transfer is {transfer}{by_rule}; "
            f"state it with input_type or --in-transfer if that is wrong, or use {other}"
        )


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "hdr-to-sdr",
            takes_hdr=True,
            output={
                "transfer": "bt709",
                "primaries": "bt709",
                "matrix": "bt709",
                "range": "limited",
                "siting": "left",
            },
            depth=8,
            options={"tone_map": "bt2390", "gamut": "perceptual", "dither": "blue_noise"},
        ),
        Preset(
            "sdr-to-hdr",
            takes_hdr=False,
            output={
                "transfer": "pq",
                "primaries": "bt2020",
                "matrix": "bt2020ncl",
                "range": "limited",
                "siting": "topleft",
            },
            depth=10,
            options={"white": 203},
        ),
    )
}
"""Every preset by its name. sdr-to-hdr also writes `white` as MaxCLL: nothing nominal is brighter.

Sources: ITU-R BT.2100 (PQ), BT.2408 (white at 203 cd/m2), BT.2390 (the tone curve), BT.709.
"""


def find_preset(name: str) -> Preset:
    """Return a preset.

    Raises:
        InvalidArg: there is none of this name.

    Thread-safety: any thread.
    """
    if name not in PRESETS:
        hint = nearest(name, list(PRESETS)) or f"there are {' and '.join(PRESETS)}"
        raise InvalidArg(f"no preset is called {name!r}; {hint}")
    return PRESETS[name]


def format_of_depth(format: PixelFormat, depth: int) -> PixelFormat:
    """Return the format of the same layout with `depth` bits, or the next deeper one.

    A format that is deeper than more than 8 bits ask for stays as it is, and so does one of which
    there is no other depth.

    Thread-safety: any thread.
    """
    if format.depth == depth or 8 < depth <= format.depth:
        return format
    alike = [
        other
        for other in CONVERTIBLE
        if other.depth >= depth and not other.is_float and _kind(other) == _kind(format)
    ]
    return min(alike, key=lambda f: (f.depth, f.planes != format.planes), default=format)


def _kind(format: PixelFormat) -> tuple[object, ...]:
    return format.is_rgb, format.is_gray, format.has_alpha, format.subsampling
