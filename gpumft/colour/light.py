"""From the encoded colour of one type to that of another, by way of light.

Two modes (docs/light.md): *relative*, where both sides are SDR or have the same curve and
1 stays 1; and *display*, where one is HDR and light is what a display emits, in 10,000 cd/m2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from gpumft.colour import curves, pq, tone
from gpumft.colour.light_matrices import light_matrix
from gpumft.colour.matrices import diagonal
from gpumft.colour.primaries import are_equal, between, rgb_to_xyz
from gpumft.colour.step import Function, Step, each
from gpumft.colour.tone import Channels, Weights
from gpumft.errors import InvalidMediaType
from gpumft.formula import Value, divide, flush, larger, power, select
from gpumft.media.enums import Primaries, Transfer
from gpumft.media.videotype import VideoType

HDR: Final = frozenset({Transfer.PQ, Transfer.HLG})
_AS_BT1886: Final = frozenset({Transfer.BT709, Transfer.SMPTE240M, Transfer.BT1886})
"""Camera curves whose pictures are made for a display of BT.1886."""
_HLG_PEAK: Final = 1000
"""cd/m2 of the nominal display; its system gamma is 1.2."""
_PQ_PEAK: Final = 10_000


@dataclass(frozen=True, slots=True)
class Rendering:
    """How light is brought from one range to another. See `gpumft.convert` for the options.

    Thread-safety: immutable.
    """

    tone_map: str = "bt2390"
    tone_map_basis: str = "max_rgb"
    peak: float | None = None
    white: float = 203
    gamut: str = "clip"
    adaptation: str = "bradford"
    adjustable: bool = False
    """Whether the tone map takes another peak from picture to picture."""


def recolours(src: VideoType, dst: VideoType) -> bool:
    """Return whether light itself has to be converted between two resolved types."""
    return _transfer(src) != _transfer(dst) or not are_equal(_primaries(src), _primaries(dst))


def to_light(src: VideoType, dst: VideoType) -> list[Step]:
    """Return the steps from the source to the light that is scaled with `linear`.

    They begin at R'G'B', or at the components where the source's matrix is one of light.
    """
    own = _transfer(src)
    curve = _display(own) if _is_display(src, dst) else own
    matrix = None if src.format.is_gray else light_matrix(src)
    if matrix is None:
        return [_decoded(curve)]
    steps = [matrix.encoded, _decoded(own), matrix.to_rgb]
    return steps if curve is own else [*steps, _encoded(own), _decoded(curve)]


def to_rgb(src: VideoType, dst: VideoType) -> list[Step]:
    """Return the step from the target's light to its R'G'B'."""
    return [_encoded(_target_curve(src, dst))]


def to_components(dst: VideoType) -> list[Step]:
    """Return the steps from R'G'B' to components whose matrix is one of light; none for others."""
    matrix = light_matrix(dst)
    if matrix is None:
        return []
    own = _transfer(dst)
    return [_decoded(own), matrix.from_rgb, _encoded(own), matrix.components]


def light_to_components(src: VideoType, dst: VideoType) -> list[Step]:
    """Return `to_rgb` and `to_components` in one, without the curve that they do and undo."""
    there, back = to_rgb(src, dst), to_components(dst)
    return back[1:] if _target_curve(src, dst) is _transfer(dst) else [*there, *back]


def from_light(src: VideoType, dst: VideoType, rendering: Rendering) -> list[Step]:
    """Return the steps from what `to_light` gives to the target's light, ready to be encoded.

    Raises:
        InvalidMediaType: transfer or primaries are unset.
    """
    if not _is_display(src, dst):
        steps = _primaries_step(_primaries(src), _primaries(dst), rendering)
        return steps + _gamut(dst, rendering) if steps else []
    steps = _to_display(src, rendering)
    if _maps_tones(src, dst):
        steps += _primaries_step(_primaries(src), Primaries.BT2020, rendering)
        steps += _tone_map(src, rendering)
        steps += _primaries_step(Primaries.BT2020, _primaries(dst), rendering)
    else:
        steps += _primaries_step(_primaries(src), _primaries(dst), rendering)
    return steps + _from_display(src, dst, rendering)


def source_peak(src: VideoType, rendering: Rendering) -> float:
    """Return the brightest light of a source in cd/m2: `peak`, else what its type says."""
    if rendering.peak is not None:
        return float(rendering.peak)
    if src.light is None or _transfer(src) is Transfer.HLG:
        return float(_HLG_PEAK)
    mastering = src.light.mastering[3] if src.light.mastering else None
    return float(src.light.max_cll or mastering or _HLG_PEAK)


def light_of_gray(transfer: Transfer, code: float) -> float:
    """Return the light in cd/m2 of a gray, as HDR displays show its code value from 0 to 1.

    Thread-safety: a pure function. Source: BT.2100-2, table 4 (PQ), table 5 (HLG, for 1000 cd/m2).
    """
    if transfer is Transfer.PQ:
        return _PQ_PEAK * pq.light(code)
    return _HLG_PEAK * float(curves.hlg_light(code) ** 1.2)


# ------------------------------------------------------------------ display light


def _to_display(src: VideoType, rendering: Rendering) -> list[Step]:
    """From what the curve gives to display light."""
    transfer = _transfer(src)
    if transfer is Transfer.PQ:
        return []
    if transfer is Transfer.HLG:
        ootf = Step("HLG OOTF for 1000 cd/m2", function=_ootf(_hlg_weights(src)))
        return [ootf, _scaled(Fraction(_HLG_PEAK, _PQ_PEAK))]
    return [_scaled(Fraction(float(rendering.white)) / _PQ_PEAK)]


def _from_display(src: VideoType, dst: VideoType, rendering: Rendering) -> list[Step]:
    """From display light to what the target's curve encodes."""
    transfer = _transfer(dst)
    peak = {Transfer.PQ: Fraction(_PQ_PEAK), Transfer.HLG: Fraction(_HLG_PEAK)}.get(
        transfer, Fraction(float(rendering.white))
    )
    steps = [] if peak == _PQ_PEAK else [_scaled(_PQ_PEAK / peak)]
    moved = not are_equal(_primaries(src), _primaries(dst))
    if moved or _maps_tones(src, dst) or (_transfer(src), transfer) == ("pq", "hlg"):
        steps += _gamut(dst, rendering)
    if transfer is Transfer.HLG:
        steps.append(Step("HLG inverse OOTF", function=_inverse_ootf(_hlg_weights(dst))))
    return steps


def _tone_map(src: VideoType, rendering: Rendering) -> list[Step]:
    peak = source_peak(src, rendering)
    function = tone.tone_map(
        rendering.tone_map, rendering.tone_map_basis, peak, float(rendering.white),
        adjustable=rendering.adjustable,
    )  # fmt: skip
    if function is None:
        return []
    brightest = "the measured peak" if rendering.adjustable else f"{peak:g}"
    name = (
        f"tone map {rendering.tone_map} on {rendering.tone_map_basis}, "
        f"{brightest} to {float(rendering.white):g} cd/m2"
    )
    return [Step(name, function=function)]


def _gamut(dst: VideoType, rendering: Rendering) -> list[Step]:
    if rendering.gamut == "clip":
        return [Step("gamut clip", function=tone.clip)]
    weights = _weights(rgb_to_xyz(_primaries(dst))[1])
    return [Step("gamut perceptual", function=tone.desaturate(weights))]


def _primaries_step(source: Primaries, target: Primaries, rendering: Rendering) -> list[Step]:
    if are_equal(source, target):
        return []
    rows = between(source, target, adapt=rendering.adaptation == "bradford")
    return [Step(f"primaries {source} to {target}", rows)]


def _scaled(factor: Fraction) -> Step:
    return Step("", diagonal((factor,) * 3))


def _hlg_weights(type_: VideoType) -> Weights:
    """Of BT.2020 luminance, over R, G, B of the type's own primaries."""
    rows = between(_primaries(type_), Primaries.BT2020)
    columns = zip(*rows, strict=True)
    return _weights([sum(w * v for w, v in zip(tone.LUMINANCE, c, strict=True)) for c in columns])


def _weights(row: Sequence[Fraction]) -> Weights:
    red, green, blue = row
    return red, green, blue


def _ootf(weights: Weights) -> Function:
    """Scene light to display light: times luminance^0.2. Source: BT.2100-2, table 5."""

    def displayed(r: Value, g: Value, b: Value) -> Channels:
        gain = power(larger(tone.weighted(weights, r, g, b), 0.0), 0.2)
        return flush(r * gain), flush(g * gain), flush(b * gain)

    return displayed


def _inverse_ootf(weights: Weights) -> Function:
    def scene(r: Value, g: Value, b: Value) -> Channels:
        luminance = tone.weighted(weights, r, g, b)
        gain = select(2.0**-60, luminance, divide(1.0, power(luminance, 1 / 6)), 0.0)
        return flush(r * gain), flush(g * gain), flush(b * gain)

    return scene


# ------------------------------------------------------------------ which curves


def _is_display(src: VideoType, dst: VideoType) -> bool:
    ours, theirs = _transfer(src), _transfer(dst)
    return ours != theirs and bool({ours, theirs} & HDR)


def _maps_tones(src: VideoType, dst: VideoType) -> bool:
    return _is_display(src, dst) and _transfer(src) in HDR and _transfer(dst) not in HDR


def _display(transfer: Transfer) -> Transfer:
    """The curve of a display for a transfer. Source: BT.1886; BT.2087, 2."""
    return Transfer.BT1886 if transfer in _AS_BT1886 else transfer


def _target_curve(src: VideoType, dst: VideoType) -> Transfer:
    return _display(_transfer(dst)) if _is_display(src, dst) else _transfer(dst)


def _decoded(curve: Transfer) -> Step:
    return Step(f"{curve} to light", function=each(curves.decode(curve)))


def _encoded(curve: Transfer) -> Step:
    return Step(f"light to {curve}", function=each(curves.encode(curve)))


def _transfer(type_: VideoType) -> Transfer:
    if type_.transfer is None:
        raise InvalidMediaType(f"transfer of {type_.format} is unset; call resolved() first")
    return Transfer(type_.transfer)


def _primaries(type_: VideoType) -> Primaries:
    if type_.primaries is None:
        raise InvalidMediaType(f"primaries of {type_.format} are unset; call resolved() first")
    return Primaries(type_.primaries)
