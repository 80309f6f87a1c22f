import pytest

from gpumft.colour import Quantiser, colour_components, quantiser
from gpumft.media.enums import Matrix, Range
from gpumft.media.formats import Component, PixelFormat

# BT.709-6 3.5, BT.2020-2 table 5: depth, black, white, chroma zero, chroma min, max, full max
TABLE = [
    (8, 16, 235, 128, 16, 240, 255),
    (10, 64, 940, 512, 64, 960, 1023),
    (12, 256, 3760, 2048, 256, 3840, 4095),
    (16, 4096, 60160, 32768, 4096, 61440, 65535),
]


def code(found: Quantiser, nominal: float) -> float:
    return found.scale * nominal + found.offset


@pytest.mark.parametrize("row", TABLE)
def test_codes_are_those_of_the_standards(row: tuple[int, ...]) -> None:
    depth, black, white, zero, low, high, top = row
    for name in "yrgb":
        limited = quantiser(Component(name, 0, depth=depth), Range.LIMITED)
        assert (code(limited, 0), code(limited, 1)) == (black, white)
        assert limited.maximum == top
        full = quantiser(Component(name, 0, depth=depth), Range.FULL)
        assert (code(full, 0), code(full, 1)) == (0, top)
    for name in "uv":
        limited = quantiser(Component(name, 0, depth=depth), Range.LIMITED)
        assert [code(limited, v) for v in (-0.5, 0, 0.5)] == [low, zero, high]
        full = quantiser(Component(name, 0, depth=depth), Range.FULL)
        assert (full.scale, full.offset, full.maximum) == (top, zero, top)


@pytest.mark.parametrize("depth", [8, 10, 16])
def test_chroma_of_ycgco_has_the_steps_of_rgb(depth: int) -> None:
    # H.273, 8.3: limited Cg and Co are sums of the codes of R'G'B', which have 219 steps
    one = 2 ** (depth - 8)
    for name in "uv":
        found = quantiser(Component(name, 0, depth=depth), Range.LIMITED, Matrix.YCGCO)
        green, magenta = (235 - 16) / 2, (16 - 235) / 2
        assert [code(found, v) for v in (-0.5, 0, 0.5)] == [
            (128 + magenta) * one, 128 * one, (128 + green) * one,
        ]  # fmt: skip
    luma = quantiser(Component("y", 0, depth=depth), Range.LIMITED, Matrix.YCGCO)
    assert (code(luma, 0), code(luma, 1)) == (16 * one, 235 * one)


@pytest.mark.parametrize("range", Range)
@pytest.mark.parametrize("name", "ax")
def test_alpha_and_filler_are_always_full(name: str, range: Range) -> None:
    assert quantiser(Component(name, 0, depth=10), range) == Quantiser(1023.0, 0.0, 1023)


@pytest.mark.parametrize("name", "yurga")
def test_floats_hold_nominal_values(name: str) -> None:
    found = quantiser(Component(name, 0, depth=32), Range.FULL, is_float=True)
    assert found == Quantiser(1.0, 0.0, None)


def test_components_of_565_are_coded_each_by_its_depth() -> None:
    found = [
        quantiser(component, Range.FULL).maximum
        for component in colour_components(PixelFormat.RGB565LE.layout)
    ]
    assert found == [31, 63, 31]


def test_colour_components_come_in_canonical_order() -> None:
    names = {
        PixelFormat.GBRAP: "rgb",
        PixelFormat.BGR0: "rgb",
        PixelFormat.NV21: "yuv",
        PixelFormat.VUYA: "yuv",
        PixelFormat.GRAYF32LE: "y",
    }
    for pixel_format, expected in names.items():
        found = colour_components(pixel_format.layout)
        assert "".join(component.name for component in found) == expected
