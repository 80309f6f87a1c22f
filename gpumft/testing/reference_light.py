"""From one encoding of light to another, for the reference: what lies between decode and encode.

What is encoded is R, G, B, or three lights made of them (reference_light_matrices).

Two modes. *Relative*: both sides have one transfer function, or both are SDR; each curve is undone
by its own inverse and 1 stays 1. *Display*: the transfers differ and one is PQ or HLG; light is
what a display shows, in cd/m2. docs/light states both step by step.

Sources: ITU-R BT.2100-2 (table 5: HLG's OOTF and its inverse), BT.2408 (SDR white), BT.2390.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gpumft.media.enums import Primaries, Transfer
from gpumft.media.fields import Light
from gpumft.testing.reference_curves import HDR, decode, encode, on_display
from gpumft.testing.reference_primaries import LUMA_2020, between, luminance, same
from gpumft.testing.reference_tone import gamut_step, tone_ratio

Samples = NDArray[np.float64]

HLG_PEAK = 1000.0
"""cd/m2 of the display that HLG is shown on."""
HLG_GAMMA = 1.2
"""The system gamma of that display. Source: ITU-R BT.2100-2, note 5f."""
PQ_PEAK = 10000.0
DEFAULT_PEAK = 1000.0
"""cd/m2 of a PQ source that does not say how bright it is."""


@dataclass(frozen=True, slots=True)
class LightPath:
    """How encoded values of the source become encoded values of the destination.

    Thread-safety: immutable.

    Attributes:
        transfers: of the source and of the destination.
        primaries: of both.
        peak: the source's brightest light, cd/m2.
        white: cd/m2 of SDR white.
        tone_map, basis, gamut: names of the options.
        adapt: whether white stays white between primaries.
        lights: (3, 3) from R, G, B to the lights that a side encodes; None where it is R, G, B.
    """

    transfers: tuple[Transfer, Transfer]
    primaries: tuple[Primaries, Primaries]
    peak: float
    white: float
    tone_map: str
    basis: str
    gamut: str
    adapt: bool
    lights: tuple[Samples | None, Samples | None] = field(default=(None, None), compare=False)

    @property
    def recolours(self) -> bool:
        """Whether the two sides encode one colour differently."""
        return self.transfers[0] is not self.transfers[1] or not same(*self.primaries)

    @property
    def by_display(self) -> bool:
        """Whether light is a display's, in cd/m2."""
        src, dst = self.transfers
        return src is not dst and (src in HDR or dst in HDR)

    @property
    def tone_maps(self) -> bool:
        """Whether light goes from HDR to SDR."""
        src, dst = self.transfers
        return src in HDR and dst not in HDR

    @property
    def mixes(self) -> bool:
        """Whether a channel of the result depends on more than its own of the source."""
        by_scene = self.by_display and Transfer.HLG in self.transfers
        own = any(matrix is not None for matrix in self.lights)
        return self.tone_maps or by_scene or own or not same(*self.primaries)

    @property
    def bends(self) -> bool:
        """Whether a tone map makes other light."""
        return self.tone_maps and self.tone_map != "none" and self.peak > self.white

    @property
    def bends_in_codes(self) -> bool:
        """Whether what the tone map does goes through codes of PQ."""
        return self.bends and (self.tone_map == "bt2390" or self.basis == "ictcp")

    def decode(self, rgb: Samples) -> Samples:
        """Return the light of encoded values, channel by channel; HLG's is the scene's."""
        return decode(self.curve(0), rgb)

    def develop(self, rgb: Samples, stretch: float = 1.0) -> Samples:
        """Return the destination's encoded values of what `decode` gave, (3, ...).

        `stretch` is what light behind the tone map is multiplied by.
        """
        src, dst = self.transfers
        ours, theirs = self.lights
        with np.errstate(all="ignore"):
            if ours is not None:
                rgb = _matrix(np.asarray(np.linalg.inv(ours), np.float64), rgb)
            light = self._shown(rgb) if self.by_display else rgb
            if self.tone_maps:
                light = _matrix(self._to(Primaries.BT2020), light)
                ratio = tone_ratio(light, self.tone_map, self.basis, self.peak, self.white)
                light = light * ratio * stretch
                light = _matrix(
                    between(Primaries.BT2020, self.primaries[1], adapt=self.adapt), light
                )
            else:
                light = _matrix(self._to(self.primaries[1]), light)
            if (
                not same(*self.primaries)
                or self.tone_maps
                or (src is Transfer.PQ and dst is Transfer.HLG)
            ):
                weights = luminance(self.primaries[1])
                light = gamut_step(light, self.gamut, self._unit(dst), weights)
            light = self._signal(light) if self.by_display else light
            return encode(self.curve(1), light if theirs is None else _matrix(theirs, light))

    def curve(self, side: int) -> Transfer:
        """Return the curve between values and light of the source, 0, or the destination, 1."""
        transfer = self.transfers[side]
        return on_display(transfer) if self.by_display else transfer

    def _to(self, target: Primaries) -> Samples:
        return between(self.primaries[0], target, adapt=self.adapt)

    def _unit(self, transfer: Transfer) -> float:
        """Return the light of 1, which is the most that the side can show."""
        if not self.by_display:
            return 1.0
        return {Transfer.PQ: PQ_PEAK, Transfer.HLG: HLG_PEAK}.get(transfer, self.white)

    def _shown(self, scene: Samples) -> Samples:
        """Return the light on the source's display."""
        source = self.transfers[0]
        if source is Transfer.HLG:
            bright = np.maximum(np.tensordot(_luma(self.primaries[0]), scene, 1), 0.0)
            return HLG_PEAK * bright ** (HLG_GAMMA - 1) * scene
        return self._unit(source) * scene

    def _signal(self, light: Samples) -> Samples:
        """Return the light that the destination's curve encodes, of the light on its display."""
        target = self.transfers[1]
        relative = light / self._unit(target)
        if target is Transfer.HLG:
            bright = np.tensordot(_luma(self.primaries[1]), relative, 1)
            lit = bright > 0
            factor = np.where(lit, bright, 1.0) ** ((1 - HLG_GAMMA) / HLG_GAMMA)
            return np.where(lit | np.isnan(bright), relative * factor, 0.0)
        return relative


def source_peak(transfer: Transfer, light: Light | None, given: float | None) -> float:
    """Return the source's brightest light in cd/m2: given, or as its metadata say, or 1000.

    Thread-safety: a pure function. Source: CTA-861.3 (MaxCLL), SMPTE ST 2086.
    """
    if given is not None:
        return given
    if transfer is Transfer.HLG:
        return HLG_PEAK
    if light is not None and light.max_cll is not None:
        return light.max_cll
    if light is not None and light.mastering is not None:
        return light.mastering[3]
    return DEFAULT_PEAK


def _luma(primaries: Primaries) -> Samples:
    """Return BT.2020's luminance weights for light in other primaries."""
    return np.array(LUMA_2020) @ between(primaries, Primaries.BT2020, adapt=True)


def _matrix(matrix: Samples, rgb: Samples) -> Samples:
    """Return matrix @ rgb; a factor of 0 takes nothing, not even of infinity."""
    rows = []
    for factors in matrix:
        used = [factor * channel for factor, channel in zip(factors, rgb, strict=True) if factor]
        rows.append(np.sum(used, axis=0))
    return np.stack(rows)
