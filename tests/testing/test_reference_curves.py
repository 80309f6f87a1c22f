"""Transfer functions against published points, and outside [0, 1]."""

import math

import numpy as np
import pytest

from gpumft.media import Transfer
from gpumft.testing.reference_curves import CAMERA, DECADES, GAMMA, HDR, decode, encode

CURVES = list(Transfer)
ODD = [t for t in CURVES if t not in DECADES and t is not Transfer.PQ]


EXPONENTIAL = (*DECADES, Transfer.HLG)
GAMMAS = {"1886": 2.4, "18": 1.8, "20": 2.0, "22": 2.2, "26": 2.6, "28": 2.8}


def at(values: object) -> np.ndarray:
    return np.array(values, np.float64)


def test_pq_points() -> None:
    light = at([0.005, 0.1, 1, 10, 100, 203, 400, 600, 1000, 4000, 10000])
    codes = at(
        [
            "0.015076",
            "0.062337",
            "0.149946",
            "0.299699",
            "0.508078",
            "0.580689",
            "0.652579",
            "0.696294",
            "0.751827",
            "0.902572",
            "1",
        ]
    )
    assert np.abs(encode(Transfer.PQ, light / 10000) - codes).max() < 1e-6
    assert np.allclose(10000 * decode(Transfer.PQ, encode(Transfer.PQ, light / 10000)), light)


def test_hlg_points() -> None:
    light = at([1 / 48, 1 / 12, 0.25, 0.5, 0.75, 1])
    codes = at([0.25, 0.5, 0.738549, 0.871643, 0.947099, 1])
    assert np.abs(encode(Transfer.HLG, light) - codes).max() < 1e-6
    assert np.allclose(decode(Transfer.HLG, at([0.25, 0.5])), light[:2], atol=1e-15)


def test_camera_and_srgb_points() -> None:
    # BT.709-6, item 1.2: 4.5 L to about 0.018, then 1.099 L^0.45 - 0.099; within its own rounding.
    light = at([0.01, 0.018, 0.02, 0.18, 0.5, 1])
    rounded = at([0.045, 0.081, *(1.099 * light[2:] ** 0.45 - 0.099)])
    assert np.abs(encode(Transfer.BT709, light) - rounded).max() < 4e-4
    rounded = at([0.04, 0.072, 0.08, *(1.1115 * light[3:] ** 0.45 - 0.1115)])
    assert np.abs(encode(Transfer.SMPTE240M, light) - rounded).max() < 4e-4
    assert np.allclose(encode(Transfer.SRGB, at([0.002, 1])), [0.02584, 1], atol=1e-15)
    assert np.allclose(decode(Transfer.SRGB, at([0.5])), 0.21404114048223255, atol=1e-15)


@pytest.mark.parametrize("transfer", CAMERA, ids=str)
def test_camera_curves_are_smooth_where_their_parts_meet(transfer: Transfer) -> None:
    slope, alpha, beta = CAMERA[transfer]
    assert math.isclose(slope * beta, alpha * beta**0.45 - (alpha - 1), rel_tol=1e-12)
    assert math.isclose(slope, 0.45 * alpha * beta**-0.55, rel_tol=1e-12)


def test_logarithmic_points() -> None:
    assert np.allclose(encode(Transfer.LOG100, at([0.001, 0.01, 0.1, 1])), [0, 0, 0.5, 1])
    assert np.allclose(encode(Transfer.LOG316, at([0.001, 0.1, 1])), [0, 0.6, 1])
    assert np.allclose(decode(Transfer.LOG100, at([-0.1, 0, 0.5, 1, 1.5])), [0, 0, 0.1, 1, 10])
    assert np.allclose(decode(Transfer.LOG316, at([-0.1, 0, 0.6, 1])), [0, 0, 0.1, 1])


@pytest.mark.parametrize("transfer", GAMMA, ids=str)
def test_power_curves(transfer: Transfer) -> None:
    gamma = GAMMAS.get(transfer.value.removeprefix("gamma").removeprefix("bt"), 1.0)
    assert (gamma == 1) is (transfer is Transfer.LINEAR)
    assert np.allclose(decode(transfer, at([0, 0.5, 1, 1.25])), at([0, 0.5, 1, 1.25]) ** gamma)


@pytest.mark.parametrize("transfer", EXPONENTIAL, ids=str)
def test_exponential_curves_end_at_two(transfer: Transfer) -> None:
    found = decode(transfer, at([1.99, 2, 2.01, 1e30]))
    assert found[0] < found[1] == found[2] == found[3]
    assert encode(transfer, found[1:2])[0] == pytest.approx(2)


@pytest.mark.parametrize("transfer", CURVES, ids=str)
def test_encoding_undoes_decoding(transfer: Transfer) -> None:
    low = -1.25 if transfer in ODD else 0.0
    high = 1.0 if transfer is Transfer.PQ else 1.25
    values = np.linspace(low, high, 2001)
    back = encode(transfer, decode(transfer, values))
    assert np.abs(back - values).max() < (8e-7 if transfer is Transfer.PQ else 1e-12)
    assert (np.diff(decode(transfer, values)) > 0).sum() >= 1999


@pytest.mark.parametrize("transfer", ODD, ids=str)
def test_odd_curves_mirror_themselves(transfer: Transfer) -> None:
    values = np.linspace(0, 1.5, 301)
    for function in (decode, encode):
        assert np.array_equal(function(transfer, -values), -function(transfer, values))


def test_pq_clamps_at_both_ends() -> None:
    assert decode(Transfer.PQ, at([-0.5, 0, 1, 1.5, np.inf])).tolist() == [0, 0, 1, 1, 1]
    assert encode(Transfer.PQ, at([-1, 0, 1, 7])).tolist() == [0, 0, 1, 1]
    assert encode(Transfer.PQ, at([1e-60])) == pytest.approx(7.3096e-7, rel=1e-4)


@pytest.mark.parametrize("transfer", CURVES, ids=str)
def test_missing_values_stay_missing_and_infinity_is_a_limit(transfer: Transfer) -> None:
    for function in (decode, encode):
        found = function(transfer, at([np.nan, np.inf]))
        assert np.isnan(found[0])
        most = 1 if transfer is Transfer.PQ else np.inf
        if function is decode and transfer in EXPONENTIAL:
            most = decode(transfer, at([2.0]))[0]
        assert found[1] == most
        low = function(transfer, at([-np.inf]))[0]
        wanted = -np.inf if transfer in ODD else function(transfer, at([-1.0]))[0]
        assert low == (-most if transfer in ODD and np.isfinite(most) else wanted)


def test_which_are_hdr() -> None:
    assert HDR == (Transfer.PQ, Transfer.HLG)
