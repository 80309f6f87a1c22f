"""Curves of a conversion, measured: a gray ramp goes through the conversion itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.media import PixelFormat, Transfer, VideoType
from gpumft.ops import Converter, Plan

_HDR = (Transfer.PQ, Transfer.HLG)
_POINTS = 1024
"""Of a ramp of floats; integers have one for each code."""
_BRIGHTEST = 10_000
"""cd/m2 of PQ's peak."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curves:
    """What becomes of grays, one number for each code of the input.

    Thread-safety: immutable.

    Attributes:
        source: type of what comes in.
        target: type of what goes out.
        codes_in: luma, or green of R'G'B'.
        codes_out: the same of the output.
        light_in: light of the input's codes.
        light_out: light of the output's codes.
        unit: of light: "cd/m2", or "1 = white" where nothing is HDR.
    """

    source: VideoType
    target: VideoType
    codes_in: Numbers
    codes_out: Numbers
    light_in: Numbers
    light_out: Numbers
    unit: str


def curves(plans: Sequence[Plan]) -> Curves:
    """Send a gray ramp through conversions, one after another, and look at its light.

    Geometry, effects and dither are left out: every gray is converted as it is.

    Args:
        plans: of a chain's fused passes.

    Raises:
        InvalidMediaType: a step that cannot be done.

    Thread-safety: any thread.
    """
    first, last = plans[0], plans[-1]
    source, target = _flat(first.source), _flat(last.target)
    white = last.options.white
    absolute = source.transfer in _HDR or target.transfer in _HDR
    ramp = _ramp(source)
    source = target_of = source.replace(size=(len(ramp), 2))
    planes = _gray(source, ramp)
    light_in = _light(planes, source, white, absolute=absolute)
    for plan in plans:
        target_of = _flat(plan.target).replace(size=source.size)
        planes = Converter(_flat(plan.source).replace(size=source.size), target_of,
                           device="cpu", **_how(plan))(planes)  # fmt: skip
    return Curves(
        source=first.source,
        target=last.target,
        codes_in=ramp.astype(np.float64),
        codes_out=planes[0][0].astype(np.float64),
        light_in=light_in,
        light_out=_light(planes, target_of, white, absolute=absolute),
        unit="cd/m2" if absolute else "1 = white",
    )


def _flat(kind: VideoType) -> VideoType:
    """Return the type of the same codes at full resolution, in planes, luma or green first."""
    format = kind.format
    if format.is_float:
        name = "gbrpf32le"
    else:
        suffix = {8: "", 10: "10le", 12: "12le", 16: "16le"}.get(format.depth, "")
        name = f"gbrp{suffix}" if format.is_rgb else f"yuv444p{suffix}"
    fields = {n: getattr(kind, n) for n in ("matrix", "primaries", "transfer", "range", "light")}
    return VideoType(PixelFormat(name), kind.size, **fields)


def _ramp(kind: VideoType) -> npt.NDArray[Any]:
    if kind.format.is_float:
        return np.linspace(0, 1, _POINTS, dtype=np.float32)
    return np.arange(1 << kind.format.depth).astype(kind.plane_dtypes[0])


def _gray(kind: VideoType, ramp: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    luma = np.ascontiguousarray(np.broadcast_to(ramp, kind.plane_shapes[0]))
    if kind.format.is_rgb:
        return [luma, luma.copy(), luma.copy()]
    middle = 1 << (kind.format.depth - 1)
    return [luma, *(np.full_like(luma, middle) for _ in range(2))]


def _how(plan: Plan) -> dict[str, Any]:
    names = ("tone_map", "tone_map_basis", "peak", "white", "gamut", "adaptation", "legalize")
    return {name: getattr(plan.options, name) for name in names}


def _light(
    planes: list[npt.NDArray[Any]], kind: VideoType, white: float, *, absolute: bool
) -> Numbers:
    """Return the light of grays: in cd/m2 of a display, or relative to white."""
    linear = VideoType("gbrpf32le", kind.size, transfer="linear", primaries=kind.primaries)
    if not absolute:
        return _converted(planes, kind, linear)
    if kind.transfer not in _HDR:  # as a display shows it: by way of PQ, in floats
        shown = linear.replace(transfer="pq")
        planes = Converter(kind, shown, device="cpu", white=white)(planes)
        kind = shown
    options = {"white": _BRIGHTEST, "peak": _BRIGHTEST, "tone_map": "none"}
    return _BRIGHTEST * _converted(planes, kind, linear, **options)


def _converted(
    planes: list[npt.NDArray[Any]], kind: VideoType, linear: VideoType, **options: Any
) -> Numbers:
    made = Converter(kind, linear, device="cpu", **options)(planes)
    green: Numbers = made[0][0].astype(np.float64)
    return green
