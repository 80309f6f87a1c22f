"""Matrices on the other side of a curve, for the reference: constant luminance and ICtCp.

Both take three lights of BT.2020 R, G, B, encode each with the transfer's own curve and make the
components of what that gives: cones L, M, S for ICtCp; luminance Y, then B and R for constant
luminance.

Sources: ITU-R BT.2020-2 (table 4), BT.2100-2 (tables 7 and 8), ITU-T H.273 (8.3, equations for
MatrixCoefficients 10 and 14: the spans of constant luminance are the curve's own, not rounded).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gpumft.media.enums import Matrix, Transfer
from gpumft.media.videotype import VideoType
from gpumft.testing.reference_algebra import Algebra, Exact
from gpumft.testing.reference_colour import to_yuv
from gpumft.testing.reference_curves import decode, encode
from gpumft.testing.reference_light import LightPath

Samples = NDArray[np.float64]
Paths = tuple[LightPath | None, LightPath | None, LightPath | None]

RED, GREEN, BLUE = 0.2627, 0.6780, 0.0593
"""Weights of BT.2020 luminance."""
LIGHTS = {
    Matrix.BT2020CL: np.array([[RED, GREEN, BLUE], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    Matrix.ICTCP: np.array([[1688, 2146, 262], [683, 2951, 462], [99, 309, 3688]]) / 4096,
}
"""The three lights over R, G, B: Y, B, R and L, M, S."""
ICTCP = {
    Transfer.PQ: np.array([[2048, 2048, 0], [6610, -13613, 7003], [17933, -17390, -543]]) / 4096,
    Transfer.HLG: np.array([[2048, 2048, 0], [3625, -7465, 3840], [9500, -9212, -288]]) / 4096,
}
"""I, Ct, Cp over L', M', S'."""


def spans() -> tuple[tuple[float, float], tuple[float, float]]:
    """Return how far B' - Y' and R' - Y' span per unit of chroma: below 0, above 0.

    Thread-safety: a pure function. Source: H.273, 8.3: N = (1 - K)', P = 1 - (K)'.
    """
    whole = 2 * encode(Transfer.BT709, np.array([1 - BLUE, 1 - RED]))
    rest = 2 * encode(Transfer.BT709, np.array([BLUE, RED]))
    return (whole[0], 2 - rest[0]), (whole[1], 2 - rest[1])


def light_matrix(type_: VideoType) -> Matrix | None:
    """Return the matrix of a resolved type if it is one of light.

    Thread-safety: a pure function.
    """
    return type_.matrix if not type_.format.is_rgb and type_.matrix in LIGHTS else None


def encoded_lights(
    matrix: Matrix, transfer: Transfer, components: Sequence[Samples], algebra: Algebra
) -> list[Samples]:
    """Return the encoded values of the three lights, of components.

    Thread-safety: a pure function.
    """
    if matrix is Matrix.ICTCP:
        return [algebra.mix(row, components) for row in np.linalg.inv(ICTCP[transfer])]
    luma, *chroma = components
    both = np.array([1.0, 1.0])
    return [luma] + [
        algebra.mix(both, [luma, algebra.bend(samples, *span)])
        for samples, span in zip(chroma, spans(), strict=True)
    ]


def components_of_lights(
    matrix: Matrix, transfer: Transfer, encoded: Sequence[Samples], algebra: Algebra
) -> list[Samples]:
    """Return the components, of the encoded values of the three lights.

    Thread-safety: a pure function.
    """
    if matrix is Matrix.ICTCP:
        return [algebra.mix(row, encoded) for row in ICTCP[transfer]]
    luma, *others = encoded
    less = np.array([1.0, -1.0])
    return [luma] + [
        algebra.bend(algebra.mix(less, [samples, luma]), 1 / below, 1 / above)
        for samples, (below, above) in zip(others, spans(), strict=True)
    ]


def components_of_rgb(type_: VideoType, rgb: Samples) -> Samples:
    """Return nominal Y', Cb, Cr (or what a resolved type has in their place) of R'G'B', (3, ...).

    Raises:
        InvalidMediaType: there is no Y'CbCr matrix of that name.

    Thread-safety: a pure function.
    """
    matrix = light_matrix(type_)
    if matrix is None:
        return np.asarray(np.tensordot(to_yuv(type_.matrix), rgb, 1))
    transfer = Transfer(str(type_.transfer))
    lights = np.tensordot(LIGHTS[matrix], decode(transfer, rgb), 1)
    encoded = list(encode(transfer, lights))
    return np.stack(components_of_lights(matrix, transfer, encoded, Exact()))


def same_meaning(src: VideoType, dst: VideoType) -> bool:
    """Return whether every component of `dst` is one of `src`, or the chroma of gray.

    Thread-safety: a pure function.
    """
    if src.format.is_rgb or dst.format.is_rgb:
        return src.format.is_rgb and dst.format.is_rgb
    return src.format.is_gray or src.matrix == dst.matrix


def paths(src: VideoType, dst: VideoType, main: LightPath, *, linear: bool, effects: bool) -> Paths:
    """Return what happens to light: before R'G'B' of the source, on the way, and after R'G'B'.

    Args:
        src: the source's type, resolved.
        dst: the destination's, resolved.
        main: from R'G'B' to R'G'B'.
        linear: whether luma is resampled as light.
        effects: whether R'G'B' of the destination is looked at.

    Returns:
        Three paths, None for what is not needed. Where `main` itself begins or ends with the curve
        of a matrix of light, it takes and gives that matrix's encoded lights.

    Thread-safety: a pure function. Source: docs/light.md, 13.
    """
    ours = None if src.format.is_gray else light_matrix(src)
    theirs = light_matrix(dst)
    recolours = linear or main.recolours
    if not recolours and same_meaning(src, dst) and not effects:
        return None, None, None
    before = after = first = last = None
    if ours is not None:
        if main.curve(0) is main.transfers[0]:
            first = LIGHTS[ours]
        else:  # a display's curve: by way of R'G'B'
            before = _of_one_side(main, 0, (LIGHTS[ours], None))
    if theirs is not None:
        if main.curve(1) is main.transfers[1] and not effects:
            last = LIGHTS[theirs]
        else:
            after = _of_one_side(main, 1, (None, LIGHTS[theirs]))
    met = recolours or first is not None or last is not None
    return before, replace(main, lights=(first, last)) if met else None, after


def _of_one_side(
    main: LightPath, side: int, lights: tuple[Samples | None, Samples | None]
) -> LightPath:
    """Return the path between R'G'B' and encoded lights of one side."""
    transfer, primaries = main.transfers[side], main.primaries[side]
    return replace(
        main, transfers=(transfer, transfer), primaries=(primaries, primaries), lights=lights
    )
