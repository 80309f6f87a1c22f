"""The measured errors of docs/accuracy.md: curves, functions, and random pictures of many bits.

`python -m tests.contract.accuracy` prints the page, with the sweeps of exhaustive.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np

from gpumft.formula import divide, exp2, log2, power, square_root
from gpumft.media import Matrix, Range, Transfer, VideoType
from gpumft.media.light_matrices import LIGHT_MATRICES
from gpumft.ops import Converter
from gpumft.testing import bounds, frames, reference_curves, reference_values
from gpumft.testing.reference_planes import unpack
from tests.colour.test_curves import decoded, encoded
from tests.contract import exhaustive, light_sweeps
from tests.formula.test_functions import F32, F64, found, octaves, spread, ulps

CURVES_HEAD = """
## Curves

Every transfer function of docs/light.md, as engines compute it in float32, beside float64: the
light of 40,001 codes between 0 and 1 and of 20,001 towards 0, and the codes of as much light (from
2^-40 on; without 0, which PQ encodes as 0 and not as 7.3e-7, and without the step where logarithmic
curves begin). Relative errors are those of codes from 1/1023 on.

| transfer | light: worst relative | worst absolute | code: worst, in codes of 12 bits |
|---|---|---|---|
"""
FUNCTIONS_HEAD = """
## Functions

What curves are made of (docs/arithmetic.md, 8.2), in units in the last place (of 1 at least, for
`log2`).

| function | worst | bound |
|---|---|---|
"""
SWEEPS_HEAD = """
## Random pictures of 10, 12 and 16 bits

65,536 random triples for each matrix and range, at full chroma resolution and the same depth on
both sides, R'G'B' full: the farthest from the unrounded value, in codes. The bounds are 1/2 + 2^-8,
1/2 + 2^-6 and 1.

| matrix | range | depth | Y'CbCr to R'G'B' | R'G'B' to Y'CbCr |
|---|---|---|---|---|
"""
SIZE = (256, 256)
DEPTHS = (10, 12, 16)
EXPONENTS = (1 / 2.4, 0.45, 1.0, 1.2, 2.2, 2.4, 2.6, 7.0)


def curve_row(transfer: Transfer) -> str:
    """Return the row of a transfer function."""
    codes = np.concatenate([np.linspace(0, 1, 40_001), np.exp2(np.linspace(-24, 0, 20_001))])
    values = codes.astype(np.float32)
    wanted = reference_curves.decode(transfer, values.astype(np.float64))
    apart = np.abs(decoded(transfer, values) - wanted)
    visible = (values >= 1 / 1023) & (wanted > 0)
    relative = (apart[visible] / wanted[visible]).max()

    light = np.concatenate([np.linspace(0, 1, 40_001), np.exp2(np.linspace(-40, 0, 20_001))])
    values = light[light > 0].astype(np.float32)
    floor = {Transfer.LOG100: 0.01, Transfer.LOG316: 10**-2.5}.get(transfer, -1.0)
    values = values[np.abs(values - floor) > 1e-8]
    codes = reference_curves.encode(transfer, values.astype(np.float64))
    error = np.abs(encoded(transfer, values) - codes).max() * 4095
    return f"| {transfer} | {relative:.1e} | {apart.max():.1e} | {error:.4f} |"


def _worst(function: Callable[..., object], exact: Callable[[F64], F64], *given: F32) -> float:
    least = 1.0 if function is log2 else 2.0**-126
    return max(ulps(found(function, x), exact(x.astype(np.float64)), least) for x in given)  # type: ignore[arg-type]


def function_rows() -> list[str]:
    """Return the rows of all functions."""
    b, a = octaves(1, 2, 19997), octaves(1, 4, 20011)[:, None]
    quotient = ulps(found(divide, a, b), a.astype(np.float64) / b)
    root = _worst(square_root, np.sqrt, octaves(1, 4), spread(2.0**-63, 2.0**64))
    logarithm = _worst(log2, np.log2, octaves(0.5, 2), spread(2.0**-64, 2.0**64))
    exponents = np.linspace(-100, 100, 150_001), np.linspace(-1, 1, 50_001)
    exponential = _worst(exp2, np.exp2, np.concatenate(exponents).astype(np.float32))
    rows = [
        f"| `divide` | {quotient:.3f} | 0.501 |",
        f"| `square_root` | {root:.3f} | 0.501 |",
        f"| `log2` | {logarithm:.2f} | 2 |",
        f"| `exp2` | {exponential:.2f} | 1 |",
    ]
    for exponent in EXPONENTS:
        near, exact = octaves(0.5, 2, 997), float(np.float32(exponent))
        raised = found(partial(power, exponent=exponent), near)
        worst = ulps(raised, near.astype(np.float64) ** exact)
        rows.append(f"| `power`, exponent {exponent:.4g} | {worst:.2f} | 4 |")
    return rows


def sweep_row(matrix: Matrix, range_: Range, depth: int) -> str:
    """Return the row of a matrix, range and depth.

    Raises:
        AssertionError: an error is beyond the bound.
    """
    yuv = VideoType(f"yuv444p{depth}le", SIZE, matrix=matrix, range=range_)
    rgb = VideoType(f"gbrp{depth}le", SIZE, transfer="bt709").resolved(like=yuv)
    yuv = yuv.resolved().replace(transfer=rgb.transfer, primaries=rgb.primaries)
    cells = [f"{_sweep(*pair):.5f}" for pair in ((yuv, rgb), (rgb, yuv))]
    return f"| {matrix} | {range_} | {depth} | {' | '.join(cells)} |"


def _sweep(src: VideoType, dst: VideoType) -> float:
    planes = frames.noise(src)
    top = 2**src.format.depth - 1
    planes = [plane & plane.dtype.type(top) for plane in planes]
    made = unpack(Converter(src, dst, device="cpu")(planes), dst.format, dst.size)
    exact = reference_values(planes, src, dst)
    worst = max(float(np.abs(made[name] - exact[name]).max()) for name in exact)
    assert worst <= 0.5 + bounds.excess(dst.format.depth), (src, dst, worst)
    return worst


def sweeps() -> list[tuple[Matrix, Range, int]]:
    """Return every plain matrix, range and depth, in the order of the table."""
    plain = [m for m in Matrix if m is not Matrix.RGB and m not in LIGHT_MATRICES]
    return list(product(plain, Range, DEPTHS))


def page() -> str:
    """Return docs/accuracy.md."""
    every = exhaustive.COMMON + exhaustive.RARE
    parts = [
        exhaustive.HEAD, *(f"{exhaustive.table_row(*given)}\n" for given in every),
        SWEEPS_HEAD, *(f"{sweep_row(*given)}\n" for given in sweeps()),
        light_sweeps.HEAD, *(f"{light_sweeps.row(*given)}\n" for given in light_sweeps.ROWS),
        CURVES_HEAD, *(f"{curve_row(transfer)}\n" for transfer in Transfer),
        FUNCTIONS_HEAD, *(f"{row}\n" for row in function_rows()),
    ]  # fmt: skip
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
