import math

import numpy as np
import numpy.typing as npt
import pytest

from gpumft.errors import InvalidArg
from gpumft.resample import filter_names, filters, get_filter

FUNCTIONS = [name for name in filter_names() if name not in {"nearest", "area"}]
INTERPOLATING = [n for n in FUNCTIONS if n not in {"mitchell", "bspline", "gaussian"}]


def values(name: str, x: npt.ArrayLike) -> npt.NDArray[np.float64]:
    function = get_filter(name).function
    assert function is not None
    return function(np.array(x, dtype=np.float64))


def test_filters_without_a_function_of_distance_have_no_support() -> None:
    for name in ("nearest", "area"):
        chosen = get_filter(name)
        assert (chosen.support, chosen.function) == (0, None)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_filters_are_symmetric_and_end_at_their_support(name: str) -> None:
    x = np.linspace(0, 5, 1001)
    assert np.array_equal(values(name, x), values(name, -x))
    assert np.all(values(name, x[x >= get_filter(name).support]) == 0)
    assert np.any(values(name, [get_filter(name).support - 0.01]) != 0) or name == "hermite"


@pytest.mark.parametrize("name", INTERPOLATING)
def test_interpolating_filters_are_one_at_zero_and_exactly_zero_at_other_integers(
    name: str,
) -> None:
    assert np.array_equal(values(name, [0, 1, 2, 3, 4, 5]), [1, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("lobes", [2, 3, 4])
def test_lanczos_is_a_windowed_sinc(lobes: int) -> None:
    x = np.linspace(-4.999, 4.999, 2000)
    sinc = [math.sin(math.pi * v) / (math.pi * v) for v in x]
    window = [math.sin(math.pi * v / lobes) / (math.pi * v / lobes) for v in x]
    expected = np.where(np.abs(x) < lobes, np.multiply(sinc, window), 0)
    assert np.max(np.abs(values(f"lanczos{lobes}", x) - expected)) < 1e-15


def test_the_sine_has_the_sign_of_its_half_turn() -> None:
    x = np.linspace(-4.999, 4.999, 2001)
    expected = [math.sin(math.pi * v) for v in x]
    assert np.max(np.abs(filters._sine_of_pi(x) - expected)) < 1e-14
    assert not filters._sine_of_pi(np.arange(-4.0, 5.0)).any()


def test_gaussian_has_a_standard_deviation_of_half_a_sample() -> None:
    x = np.linspace(-1.99, 1.99, 400)
    assert np.max(np.abs(values("gaussian", x) / np.exp(-2 * x * x) - 1)) < 1e-14


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("bilinear", 0.25, 0.75),
        ("bicubic", 0.5, 9 / 16),  # Keys 1981 with a = -1/2
        ("bicubic", 1.5, -1 / 16),
        ("catmull_rom", 1.25, -0.0703125),
        ("mitchell", 0.0, 8 / 9),  # Mitchell and Netravali 1988
        ("mitchell", 1.0, 1 / 18),
        ("mitchell", 0.5, 77 / 144),
        ("mitchell", 1.5, -5 / 144),
        ("bspline", 0.0, 2 / 3),
        ("bspline", 1.0, 1 / 6),
        ("hermite", 0.25, 0.84375),
        ("bicubic:0,0.75", 1.5, -0.09375),
        ("spline16", 0.5, 0.575),
        ("spline16", 1.5, -0.075),
        ("spline36", 0.5, 13 / 88 - 453 / 836 - 3 / 418 + 1),
        ("spline36", 1.5, -6 / 88 + 270 / 836 - 156 / 418),
        ("spline36", 2.5, 1 / 88 - 45 / 836 + 26 / 418),
        ("spline64", 0.5, 49 / 328 - 6387 / 11644 - 3 / 5822 + 1),
        ("spline64", 1.5, -24 / 328 + 4032 / 11644 - 2328 / 5822),
        ("spline64", 2.5, 6 / 328 - 1008 / 11644 + 582 / 5822),
        ("spline64", 3.5, -1 / 328 + 168 / 11644 - 97 / 5822),
    ],
)
def test_known_values(name: str, x: float, expected: float) -> None:
    assert values(name, [x])[0] == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n.startswith(("spline", "bspl"))])
def test_splines_add_up_to_one_over_any_samples(name: str) -> None:
    x = np.arange(-5, 6)[np.newaxis, :] - np.linspace(0, 1, 33)[:, np.newaxis]
    assert np.max(np.abs(values(name, x).sum(axis=1) - 1)) < 1e-14


def test_bicubic_numbers_give_the_named_family() -> None:
    x = np.linspace(0, 2, 50)
    assert np.array_equal(values("bicubic:0,0.5", x), values("bicubic", x))
    assert np.array_equal(values("bicubic:1,0", x), values("bspline", x))
    assert values("bicubic:4,-4", [1.0])[0] == 4 / 6
    assert get_filter("bicubic:0,0.5") is get_filter("bicubic:0,0.5")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lanczos", r"no filter 'lanczos'; did you mean lanczos"),
        ("bilinaer", "did you mean bilinear"),
        ("spline", r"did you mean \w+, \w+, \w+\?$"),  # the nearest three of four
        ("zzz", "did you mean nearest, bilinear"),
        ("lanczos3:2", "takes no numbers"),
        ("bicubic:1", "has to be bicubic:b,c"),
        ("bicubic:a,b", "has to be bicubic:b,c"),
        ("bicubic:", "has to be bicubic:b,c"),
        ("bicubic:nan,0", "have to lie in"),
        ("bicubic:0,5", "have to lie in"),
    ],
)
def test_wrong_names_say_what_is_meant(name: str, words: str) -> None:
    with pytest.raises(InvalidArg, match=words):
        get_filter(name)
