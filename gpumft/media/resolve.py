"""The two rules that fill unspecified fields: one for a source, one for a destination.

The source rule looks at the type alone. The destination rule takes each missing field from the
resolved source where that source's value means the same on the destination, and falls back on the
rule otherwise, so that nothing is re-coloured because a size or a layout changed.
"""

from __future__ import annotations

from typing import Any

from gpumft.media.enums import Alpha, Matrix, Primaries, Range, Siting, Transfer
from gpumft.media.fields import COLOUR_FIELDS, applies
from gpumft.media.light_matrices import LIGHT_MATRICES, matrix_fits
from gpumft.media.videotype import VideoType

_HDR = (Transfer.PQ, Transfer.HLG)


def resolve_source(source: VideoType) -> VideoType:
    """Return `source` with its colour fields filled by rule, each on its own.

    ========= =========================================================================
    transfer  bt709 for Y'CbCr and gray, pq with the matrix ictcp; srgb for R'G'B'
    matrix    bt2020ncl with PQ or HLG; else bt601 up to 576 lines, bt709 above
    primaries bt2020 with PQ or HLG and with the matrices ictcp and bt2020cl; else bt601_525
              below 576 lines, bt601_625 at 576, bt709 above
    range     limited for Y'CbCr, full for R'G'B' and gray
    siting    topleft with PQ or HLG, else left
    alpha     straight
    ========= =========================================================================

    Lines are the rows of the frame. `frame_rate` and `light` have no rule and stay as they are.
    Source: MF's defaults for missing colour attributes; ITU-R BT.601, BT.709, BT.2020, BT.2100.

    Thread-safety: pure.
    """
    filled: dict[str, Any] = {}
    transfer = source.transfer
    if transfer is None:
        transfer = filled["transfer"] = _transfer(source)
    for name in COLOUR_FIELDS:
        if _missing(source, name) and name != "transfer":
            filled[name] = _by_rule(name, source, transfer)
    return _fill(source, filled)


def resolve_pair(source: VideoType, destination: VideoType) -> tuple[VideoType, VideoType]:
    """Return both types of a conversion with their colour fields filled.

    The source follows `resolve_source`. A field that the destination leaves open takes:

    ========== ==================================================================================
    transfer,  the source's, always
    primaries
    matrix     the source's if it is Y'CbCr or gray, but ictcp and bt2020cl only where they fit
               transfer and primaries; else by rule, with the lines and the transfer of the
               destination
    range      the source's if both are Y'CbCr or gray (one kind: luma), or both R'G'B', and the
               source is no float (a float has no range to hand on); else by rule: to R'G'B' and
               from R'G'B' to gray full, from R'G'B' to Y'CbCr limited
    siting     the source's if it is sub-sampled, else by rule
    alpha      the source's if it has alpha, else straight
    frame_rate the source's
    light      the source's if the transfer stays the same or the destination is PQ or HLG
    ========== ==================================================================================

    Args:
        source: the type converted from.
        destination: the type converted to.

    Returns:
        (source, destination), both resolved; `unspecified` of each tells what was filled.

    Thread-safety: pure.
    """
    source = resolve_source(source)
    filled: dict[str, Any] = {}
    transfer = destination.transfer
    if transfer is None:
        transfer = filled["transfer"] = source.transfer
    for name in COLOUR_FIELDS:
        if _missing(destination, name) and name != "transfer":
            inherited = getattr(source, name) if _inherits(name, source, destination) else None
            filled[name] = inherited or _by_rule(name, destination, transfer)
    if destination.frame_rate is None:
        filled["frame_rate"] = source.frame_rate
    if destination.light is None and (transfer in _HDR or transfer == source.transfer):
        filled["light"] = source.light
    return source, _fill(destination, filled)


def _missing(type: VideoType, name: str) -> bool:
    return getattr(type, name) is None and applies(name, type.format)


def _fill(type: VideoType, filled: dict[str, Any]) -> VideoType:
    known = {name: value for name, value in filled.items() if value is not None}
    return type.filled(known) if known else type


def _inherits(name: str, source: VideoType, destination: VideoType) -> bool:
    """Whether the source's value of `name` means the same on the destination."""
    if name == "range":
        alike = source.format.is_rgb == destination.format.is_rgb
        return alike and not source.format.is_float
    if name == "matrix":
        transfer = destination.transfer or source.transfer
        primaries = destination.primaries or source.primaries
        return applies(name, source.format) and matrix_fits(source.matrix, transfer, primaries)
    return applies(name, source.format)


def _transfer(source: VideoType) -> Transfer:
    if source.matrix is not None and source.matrix in LIGHT_MATRICES:
        return LIGHT_MATRICES[source.matrix][0]
    return Transfer.SRGB if source.format.is_rgb else Transfer.BT709


def _by_rule(name: str, type: VideoType, transfer: Transfer | None) -> Any:
    if name == "matrix":
        return _matrix(type.size[1], transfer)
    if name == "primaries":
        derived = transfer in _HDR or type.matrix in LIGHT_MATRICES
        return Primaries.BT2020 if derived else _primaries(type.size[1])
    if name == "range":
        return Range.LIMITED if type.format.is_yuv else Range.FULL
    if name == "siting":
        return Siting.TOPLEFT if transfer in _HDR else Siting.LEFT
    return Alpha.STRAIGHT


def _matrix(lines: int, transfer: Transfer | None) -> Matrix:
    if transfer in _HDR:
        return Matrix.BT2020NCL
    return Matrix.BT709 if lines > 576 else Matrix.BT601


def _primaries(lines: int) -> Primaries:
    if lines > 576:
        return Primaries.BT709
    return Primaries.BT601_625 if lines == 576 else Primaries.BT601_525
