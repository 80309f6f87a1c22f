"""Curves as formulas against the float64 reference, and at the values of the standards."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from gpumft.colour import curves, pq
from gpumft.formula import formula
from gpumft.media import Transfer
from gpumft.testing import reference_curves
from gpumft.testing.twin_formula import evaluate
from tests.formula.coefficients import TABLES

F32 = npt.NDArray[np.float32]
ALL = list(Transfer)


def decoded(transfer: Transfer, values: F32) -> F32:
    function = formula("decode", 1, lambda x: [curves.decode(transfer)(x)])
    return evaluate(function, [values])[0]


def encoded(transfer: Transfer, light: F32) -> F32:
    function = formula("encode", 1, lambda x: [curves.encode(transfer)(x)])
    return evaluate(function, [light])[0]


def test_the_coefficients_of_pq_are_those_that_are_fitted() -> None:
    assert TABLES["EXP2_SMALL"] == pq.EXP2_SMALL
    assert TABLES["LOG2_SMALL"] == pq.LOG2_SMALL


def test_the_light_of_single_codes_is_the_references() -> None:
    codes = np.append(np.linspace(0, 1, 1001), 0.5004)
    for light, transfer in ((pq.light, Transfer.PQ), (curves.hlg_light, Transfer.HLG)):
        wanted = reference_curves.decode(transfer, codes)
        np.testing.assert_allclose([light(float(code)) for code in codes], wanted, rtol=1e-9)


@pytest.mark.parametrize("transfer", ALL)
def test_decoding_is_as_exact_as_its_argument(transfer: Transfer) -> None:
    """Within 2^-20 of the light, or what a change of the code by 2^-22 changes."""
    codes = np.concatenate([np.linspace(0, 1.1, 300_001), np.exp2(np.linspace(-24, 0, 100_001))])
    values = codes.astype(np.float32)
    exact = values.astype(np.float64)
    found = decoded(transfer, values).astype(np.float64)
    wanted = reference_curves.decode(transfer, exact)
    moved = np.abs(reference_curves.decode(transfer, exact * (1 + 2.0**-22)) - wanted)
    assert (np.abs(found - wanted) <= 2.0**-20 * wanted + 4 * moved + 1e-12).all()


@pytest.mark.parametrize("transfer", ALL)
def test_encoding_is_within_a_forty_thousandth_of_a_12_bit_code(transfer: Transfer) -> None:
    light = np.concatenate([np.linspace(0, 1, 300_001), np.exp2(np.linspace(-40, 0, 100_001))])
    light = light.astype(np.float32)
    wanted = reference_curves.encode(transfer, light.astype(np.float64))
    found = encoded(transfer, light).astype(np.float64)
    # log curves begin with a step, which float32 may take one number away
    apart = np.abs(found - wanted) > 2.0**-22
    floor = {Transfer.LOG100: 0.01, Transfer.LOG316: 10**-2.5}.get(transfer, -1.0)
    assert not (apart & (np.abs(light - floor) > 1e-8)).any()


@pytest.mark.parametrize("transfer", ALL)
def test_black_and_white_are_exact(transfer: Transfer) -> None:
    ends = np.array([0, 1], np.float32)
    np.testing.assert_array_equal(decoded(transfer, ends), ends)
    np.testing.assert_allclose(encoded(transfer, ends), ends, atol=6e-8)


@pytest.mark.parametrize("transfer", ALL)
def test_what_lies_outside(transfer: Transfer) -> None:
    values = np.array([-2, -0.5, -1e-3, 1.25, 1.9, np.inf, -np.inf, np.nan], np.float32)
    for ours, theirs in ((decoded, reference_curves.decode), (encoded, reference_curves.encode)):
        found = ours(transfer, values)
        wanted = theirs(transfer, values.astype(np.float64))
        if transfer is Transfer.PQ and ours is encoded:
            wanted[values < 0] = 0
        np.testing.assert_allclose(found[:5], wanted[:5], rtol=1e-5, atol=1e-7)
        assert np.isnan(found[7])
        assert not np.isnan(found[:7]).any()


@pytest.mark.parametrize(
    ("transfer", "light", "code"),
    [
        *((Transfer.PQ, nits / 10_000, code) for nits, code in (
            (0.005, 0.015076), (0.1, 0.062337), (1, 0.149946), (10, 0.299699), (100, 0.508078),
            (203, 0.580689), (400, 0.652579), (600, 0.696294), (1000, 0.751827), (4000, 0.902572),
        )),
        *((Transfer.HLG, light, code) for light, code in (
            (1 / 48, 0.25), (1 / 12, 0.5), (0.25, 0.738549), (0.5, 0.871643), (0.75, 0.947099),
        )),
    ],
)  # fmt: skip
def test_values_of_bt2100(transfer: Transfer, light: float, code: float) -> None:
    there = encoded(transfer, np.array([light], np.float32))
    assert there[0] == pytest.approx(code, abs=1e-6)
    assert decoded(transfer, there)[0] == pytest.approx(light, rel=2e-6)


def test_a_single_code_of_the_camera_curve() -> None:
    light = np.linspace(0.05, 1, 20)
    found = [curves.camera_code(float(one)) for one in light]
    np.testing.assert_allclose(found, reference_curves.encode(Transfer.BT709, light), atol=1e-14)


def test_light_of_hlg_ends_with_that_of_2() -> None:
    values = np.array([2, 1e15, 1e30, np.inf], np.float32)
    most = reference_curves.decode(Transfer.HLG, np.array(2.0))
    np.testing.assert_allclose(decoded(Transfer.HLG, values), most, rtol=1e-6)
    np.testing.assert_allclose(decoded(Transfer.HLG, -values), -most, rtol=1e-6)


@pytest.mark.parametrize(("transfer", "slope"), [(Transfer.BT709, 4.5), (Transfer.SMPTE240M, 4.0)])
def test_line_and_curve_of_a_camera_meet_in_value_and_slope(
    transfer: Transfer, slope: float
) -> None:
    # H.273, table 3, values 1 and 7: both constants are the solution of these two equations.
    camera = curves._POWERS[transfer]
    factor, end = 1 + camera.offset, camera.low
    assert factor * end**0.45 - (factor - 1) == pytest.approx(slope * end, rel=1e-12)
    assert 0.45 * factor * end ** (0.45 - 1) == pytest.approx(slope, rel=1e-12)


def test_both_parts_of_hlg_hold_up_to_where_they_meet() -> None:
    # BT.2100-2, table 5: they meet in value and slope, so that a wrong joint shows in little else.
    for found, wanted, middle in (
        (decoded, reference_curves.decode, 1 / 2),
        (encoded, reference_curves.encode, 1 / 12),
    ):
        values = (middle * np.linspace(0.998, 1.002, 20_001)).astype(np.float32)
        exact = wanted(Transfer.HLG, values.astype(np.float64))
        np.testing.assert_allclose(found(Transfer.HLG, values), exact, rtol=2.0**-21)


@pytest.mark.parametrize("transfer", [Transfer.LOG100, Transfer.LOG316, Transfer.HLG])
def test_where_light_is_an_exponential_codes_above_2_count_as_2(transfer: Transfer) -> None:
    found = decoded(transfer, np.array([1.999, 2, 2.0005, 3, 1e9], np.float32))
    assert found[0] < found[1] == found[2] == found[3] == found[4]
    assert found[1] == pytest.approx(reference_curves.decode(transfer, np.array(2.0)), rel=1e-5)
