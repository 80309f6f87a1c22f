"""Plans with matrices of light: where light is met, and that nothing is done twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from gpumft.colour import ColourPlan, colour_components, from_rgb, plan, quantiser
from gpumft.effects import sepia
from gpumft.errors import InvalidMediaType
from gpumft.formula import evaluate
from gpumft.media import VideoType
from gpumft.ops.background import background_codes
from gpumft.testing.reference_light_matrices import components_of_rgb

SIZE = (8, 4)
ICTCP = VideoType("yuv444p16le", SIZE, matrix="ictcp").resolved()
HLG = VideoType("yuv444p16le", SIZE, matrix="ictcp", transfer="hlg").resolved()
CL = VideoType("yuv444p16le", SIZE, matrix="bt2020cl").resolved()
KINDS = [ICTCP, HLG, CL]


def rgb(type_: VideoType, **fields: Any) -> VideoType:
    common = {"transfer": type_.transfer, "primaries": type_.primaries}
    return VideoType("gbrpf32le", SIZE, **(common | fields)).resolved()


def names(made: ColourPlan) -> list[str]:
    return [stage.name for stage in made.stages]


def through(made: ColourPlan, values: tuple[float, ...]) -> tuple[float, ...]:
    """Return what the stages of a plan between floats make of a pixel."""
    for stage in made.stages:
        if stage.formula is not None:
            values = evaluate(stage.formula, values)
        elif stage.matrix is not None:
            values = tuple(map(float, stage.matrix @ np.array(values)))
    return values


def scales(type_: VideoType) -> npt.NDArray[np.float64]:
    """Codes per nominal unit of each component."""
    parts = colour_components(type_.format.layout)
    assert type_.range is not None
    return np.array([quantiser(part, type_.range, type_.matrix).scale for part in parts])


@pytest.mark.parametrize("type_", KINDS)
def test_what_keeps_its_matrix_never_sees_a_curve(type_: VideoType) -> None:
    for target in (type_, type_.replace(format="nv12", siting="left"), VideoType("gray", SIZE)):
        made = plan(type_, target.resolved(type_))
        assert made.direct
        assert not made.through_light
    assert plan(VideoType("gray", SIZE).resolved(type_), type_).direct


def test_curves_that_cancel_are_left_out() -> None:
    assert names(plan(ICTCP, rgb(ICTCP))) == ["to L'M'S'", "pq to light, LMS to RGB, light to pq"]
    assert names(plan(rgb(CL), CL))[1:] == [
        "bt709 to light, RGB to luminance, blue and red, light to bt709, to Y'CbcCrc"
    ]
    light = rgb(ICTCP, transfer="linear")
    assert names(plan(ICTCP, light, linear=True))[:2] == ["to L'M'S'", "pq to light, LMS to RGB"]
    # R'G'B' that an effect is for is made, and nothing before it where it is there already
    assert names(plan(rgb(ICTCP), ICTCP, effects=[sepia(0.5)])) == [
        "to R'G'B'",
        "effect sepia",
        "pq to light, RGB to LMS, light to pq",
        "to ICtCp",
    ]


def test_a_display_curve_goes_by_way_of_encoded_values() -> None:
    stages = names(plan(CL, ICTCP))
    assert "light to bt709, bt1886 to light" in stages[1]
    assert stages[-2:] == ["RGB to LMS, light to pq", "to ICtCp"]
    assert "light to bt1886, bt709 to light" in names(plan(HLG, CL))[-1]


@pytest.mark.parametrize("type_", KINDS)
def test_values_are_those_of_the_standards(type_: VideoType) -> None:
    for colour in np.random.default_rng(1).uniform(0.3, 1, (20, 3)):
        wanted = components_of_rgb(type_, colour)
        coded = through(ColourPlan(False, from_rgb(type_)), tuple(colour))
        np.testing.assert_allclose(coded, wanted, atol=4e-6)
        back = through(plan(type_, rgb(type_)), tuple(wanted * scales(type_)))
        np.testing.assert_allclose(back, colour, atol=1e-4)


@pytest.mark.parametrize("apart", [-4e-4, 4e-4])
def test_spans_change_at_gray_exactly(apart: float) -> None:
    colour = np.array([0.5 + apart, 0.5, 0.5 + apart])
    wanted = components_of_rgb(CL, colour)
    coded = through(ColourPlan(False, from_rgb(CL)), tuple(colour))
    np.testing.assert_allclose(coded[1:], wanted[1:], rtol=0, atol=1e-6)
    back = through(plan(CL, rgb(CL)), tuple(wanted * scales(CL)))
    np.testing.assert_allclose(back, colour, rtol=0, atol=2e-6)


@pytest.mark.parametrize("type_", KINDS)
def test_gray_is_the_first_component(type_: VideoType) -> None:
    gray = VideoType("grayf32le", SIZE).resolved(type_)
    made = plan(rgb(type_), gray)
    (luma,) = through(made, (0.2, 0.6, 0.4))
    assert luma == pytest.approx(components_of_rgb(type_, np.array([0.2, 0.6, 0.4]))[0], abs=1e-6)
    assert made.channels == 1
    assert through(plan(gray, rgb(type_)), (0.3,)) == (0.3, 0.3, 0.3)


@pytest.mark.parametrize("type_", KINDS)
def test_a_background_has_the_codes_of_its_colour(type_: VideoType) -> None:
    nominal = components_of_rgb(type_, np.array([0.2, 0.4, 0.6]))
    codes = [60160 - 4096, 61440 - 4096, 61440 - 4096] * nominal + [4096, 32768, 32768]
    assert np.abs(np.array(background_codes((0.2, 0.4, 0.6), type_)) - codes).max() < 0.6
    assert background_codes("black", type_)[1:] == (32768.0, 32768.0)


def test_what_is_not_defined_is_refused_with_a_cure() -> None:
    with pytest.raises(InvalidMediaType, match="source's matrix ictcp needs transfer pq or hlg"):
        plan(ICTCP.replace(transfer="bt709"), rgb(CL))
    with pytest.raises(
        InvalidMediaType, match="destination's matrix bt2020cl needs transfer bt709"
    ):
        plan(rgb(CL), CL.replace(primaries="bt709"))
    with pytest.raises(InvalidMediaType, match="another matrix such as bt2020ncl"):
        from_rgb(CL.replace(transfer="pq"))
