"""The reference against colour-science, a library of others, wherever the constants agree.

They agree to 1e-9, which is asked here, and nearly to float64's last digit. Known differences:

- BT.709 and BT.2020: colour-science rounds alpha and beta as the recommendations print them (1.099
  and 0.018; 1.0993 and 0.0181 at 12 bit). Ours are exact, so that the parts meet (H.273).
- SMPTE 240M: likewise 1.1115 and 0.0228; and luma weights of 0.2122 and 0.0865 where H.273 has
  0.212 and 0.087.
- Logarithmic curves: a code of 0 or less is 0 here, the curve's floor there.
- Constant luminance: the spans of B' - Y' and R' - Y' as BT.2020-1 printed them (1.9404, 1.5816,
  1.7184, 0.9936). Ours are those of the curve, as BT.2020-2 and H.273 write them.
- NTSC (1953): white C as 0.31006, 0.31616 there, 0.310, 0.316 in H.273.
- EBU 3213-E: (0.29, 0.60), (0.15, 0.06) there, which is BT.470's; H.273's 22 differs.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from gpumft.media import Matrix, Primaries, Transfer
from gpumft.testing import reference_light_matrices
from gpumft.testing.reference_algebra import Exact
from gpumft.testing.reference_colour import to_yuv
from gpumft.testing.reference_curves import CAMERA, decode, encode
from gpumft.testing.reference_light import LightPath
from gpumft.testing.reference_light_matrices import LIGHTS, components_of_lights
from gpumft.testing.reference_primaries import between
from gpumft.testing.reference_tone import intensity
from tests.testing.colour_science import colour, models


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):  # it computes both sides of each choice
        yield


VALUES = np.linspace(0, 1, 4001)
CURVES = {
    (Transfer.PQ, "encode"): lambda x: models.eotf_inverse_ST2084(10000 * x),
    (Transfer.PQ, "decode"): lambda x: models.eotf_ST2084(x) / 10000,
    (Transfer.HLG, "encode"): models.oetf_BT2100_HLG,
    (Transfer.HLG, "decode"): models.oetf_inverse_BT2100_HLG,
    (Transfer.SRGB, "encode"): models.eotf_inverse_sRGB,
    (Transfer.SRGB, "decode"): models.eotf_sRGB,
    (Transfer.BT1886, "decode"): models.eotf_BT1886,
    (Transfer.LOG100, "encode"): models.oetf_H273_Log,
    (Transfer.LOG316, "encode"): models.oetf_H273_LogSqrt,
    (Transfer.LOG100, "decode"): models.oetf_inverse_H273_Log,
    (Transfer.LOG316, "decode"): models.oetf_inverse_H273_LogSqrt,
}
SPACES = {
    Primaries.BT709: "ITU-R BT.709",
    Primaries.BT601_525: "SMPTE C",
    Primaries.SMPTE240M: "SMPTE 240M",
    Primaries.BT601_625: "ITU-R BT.470 - 625",
    Primaries.BT2020: "ITU-R BT.2020",
    Primaries.P3D65: "P3-D65",
    Primaries.DCIP3: "DCI-P3",
    Primaries.FILM: "ITU-T H.273 - Generic Film",
}
RGB = np.random.default_rng(0).uniform(0, 1, (200, 3))


@pytest.mark.parametrize("which", CURVES, ids=str)
def test_curves(which: tuple[Transfer, str]) -> None:
    ours = {"encode": encode, "decode": decode}[which[1]]
    logarithmic = which[0] in (Transfer.LOG100, Transfer.LOG316)
    black = which == (Transfer.PQ, "encode") or (logarithmic and which[1] == "decode")
    values = VALUES[1:] if black else VALUES  # 0 of ours where their formula gives more
    assert np.abs(ours(which[0], values) - CURVES[which](values)).max() < 1e-9


@pytest.mark.parametrize(
    ("transfer", "theirs", "slope", "rounded"),
    [
        (Transfer.BT709, models.oetf_BT709, 4.5, (1.099, 0.018)),
        (Transfer.BT709, models.oetf_BT2020, 4.5, (1.099, 0.018)),
        (
            Transfer.BT709,
            lambda x: models.oetf_BT2020(x, is_12_bits_system=True),
            4.5,
            (1.0993, 0.0181),
        ),
        (Transfer.SMPTE240M, models.oetf_SMPTE240M, 4.0, (1.1115, 0.0228)),
    ],
    ids=["709", "2020", "2020-12", "240M"],
)
def test_camera_curves_differ_by_the_rounding_of_their_constants(
    monkeypatch: pytest.MonkeyPatch,
    transfer: Transfer,
    theirs: Callable[[np.ndarray], np.ndarray],
    slope: float,
    rounded: tuple[float, float],
) -> None:
    other = theirs(VALUES)
    assert 1e-9 < np.abs(encode(transfer, VALUES) - other).max() < 3e-4
    monkeypatch.setitem(CAMERA, transfer, (slope, *rounded))
    assert np.abs(encode(transfer, VALUES) - other).max() < 1e-9


@pytest.mark.parametrize("src", SPACES, ids=str)
@pytest.mark.parametrize("dst", SPACES, ids=str)
def test_primaries(src: Primaries, dst: Primaries) -> None:
    spaces = [colour.RGB_COLOURSPACES[SPACES[p]].copy() for p in (src, dst)]
    for space in spaces:
        space.use_derived_transformation_matrices(True)
    for adapt, name in ((True, "Bradford"), (False, None)):
        theirs = colour.matrix_RGB_to_RGB(*spaces, name)
        assert np.abs(between(src, dst, adapt=adapt) - theirs).max() < 1e-9


@pytest.mark.parametrize(
    ("matrix", "name"),
    [("bt601", "ITU-R BT.601"), ("bt709", "ITU-R BT.709"), ("bt2020ncl", "ITU-R BT.2020")],
)
def test_matrices(matrix: str, name: str) -> None:
    theirs = colour.RGB_to_YCbCr(
        RGB, K=colour.WEIGHTS_YCBCR[name], in_legal=False, out_legal=False, out_bits=8
    )
    assert np.abs(RGB @ to_yuv(Matrix(matrix)).T - theirs).max() < 1e-9


def test_ycgco() -> None:
    theirs = colour.RGB_to_YCoCg(RGB)[:, [0, 2, 1]]
    assert np.abs(RGB @ to_yuv(Matrix.YCGCO).T - theirs).max() < 1e-9


def hlg(src: Transfer, dst: Transfer) -> LightPath:
    both = (Primaries.BT2020, Primaries.BT2020)
    return LightPath((src, dst), both, 1000, 203, "none", "max_rgb", "clip", adapt=True)


def test_the_ootf_and_its_inverse() -> None:
    display = models.ootf_BT2100_HLG(RGB)
    shown = hlg(Transfer.HLG, Transfer.PQ).develop(RGB.T).T
    assert np.abs(shown - models.eotf_inverse_ST2084(display)).max() < 1e-9
    scene = hlg(Transfer.PQ, Transfer.HLG).develop(display.T / 10000).T
    theirs = models.oetf_BT2100_HLG(models.ootf_inverse_BT2100_HLG(display))
    assert np.abs(scene - theirs).max() < 1e-9


def test_the_intensity_of_ictcp() -> None:
    theirs = colour.RGB_to_ICtCp(1000 * RGB, method="ITU-R BT.2100-2 PQ", L_p=10000)[:, 0]
    ours = encode(Transfer.PQ, intensity(1000 * RGB.T, "ictcp") / 10000)
    assert np.abs(ours - theirs).max() < 1e-9


def coded(matrix: Matrix, transfer: Transfer, light: np.ndarray) -> np.ndarray:
    """Components of linear BT.2020 R, G, B in rows."""
    encoded = list(encode(transfer, LIGHTS[matrix] @ light.T))
    return np.stack(components_of_lights(matrix, transfer, encoded, Exact()), axis=-1)


@pytest.mark.parametrize(
    ("transfer", "method", "unit"),
    [
        (Transfer.PQ, "ITU-R BT.2100-2 PQ", 10000),
        (Transfer.HLG, "ITU-R BT.2100-2 HLG", 1),
    ],
)
def test_ictcp(transfer: Transfer, method: str, unit: float) -> None:
    theirs = colour.RGB_to_ICtCp(unit * RGB, method=method, L_p=10000)
    assert np.abs(coded(Matrix.ICTCP, transfer, RGB) - theirs).max() < 1e-9


@pytest.mark.parametrize(("deep", "rounded"), [(False, (1.099, 0.018)), (True, (1.0993, 0.0181))])
def test_constant_luminance_differs_by_the_rounding_of_its_constants(
    monkeypatch: pytest.MonkeyPatch, deep: bool, rounded: tuple[float, float]
) -> None:
    theirs = colour.RGB_to_YcCbcCrc(
        RGB, out_bits=12 if deep else 10, out_legal=False, is_12_bits_system=deep
    )
    assert 1e-9 < np.abs(coded(Matrix.BT2020CL, Transfer.BT709, RGB) - theirs).max() < 4e-4
    monkeypatch.setitem(CAMERA, Transfer.BT709, (4.5, *rounded))
    printed = (1.9404, 1.5816), (1.7184, 0.9936)
    monkeypatch.setattr(reference_light_matrices, "spans", lambda: printed)
    assert np.abs(coded(Matrix.BT2020CL, Transfer.BT709, RGB) - theirs).max() < 1e-9
