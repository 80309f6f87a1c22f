"""The judge passes what lies within the bounds and catches what does not."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gpumft.device import Program
from gpumft.device.program import Mix
from gpumft.effects import MatrixEffect
from gpumft.media import PixelFormat, VideoType
from gpumft.ops import make_options, plan
from gpumft.testing import check, frames, reference_convert, reference_values, twin
from gpumft.testing.bounds import excess

FORMATS = ("yuv420p", "nv12", "yuyv422", "p010le", "rgb24", "bgra", "gray", "grayf32le")


def pair(source: str, target: str) -> tuple[VideoType, VideoType]:
    src = VideoType(source, (7, 5))
    known = src.resolved()
    return src, VideoType(target, (9, 6), transfer=known.transfer, primaries=known.primaries)


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_the_reference_passes_its_own_check(source: str, target: str) -> None:
    src, dst = pair(source, target)
    for planes in (frames.noise(src), frames.extremes(src), frames.ramp(src)):
        output = reference_convert(planes, src, dst, filter="lanczos3")
        worst = check(output, planes, src, dst, filter="lanczos3")
        assert worst <= (1e-5 if dst.format.is_float else 0.5 + 1e-9)


def test_excess() -> None:
    wanted = {5: 2**-10, 8: 2**-10, 10: 2**-8, 12: 2**-6, 16: 1 / 2}
    assert {depth: excess(depth) for depth in wanted} == wanted


@pytest.mark.parametrize("depth", [8, 10, 12, 16])
def test_integer_bounds_are_sharp(depth: int) -> None:
    tail = f"{depth}le" if depth > 8 else ""
    src = VideoType("grayf32le", (1, 1))
    dst = VideoType(f"yuv444p{tail}", (1, 1), range="full")
    code = 2 ** (depth - 1)
    chroma = np.full((1, 1), code, dst.plane_dtypes[0])
    for beyond, good in ((0.9, True), (1.1, False)):
        value = (code + 0.5 + beyond * excess(depth)) / (2**depth - 1)
        planes = [np.array([[value]], np.float32)]
        exact = reference_values(planes, src, dst)["y"].item()
        assert (abs(exact - code) <= 0.5 + excess(depth)) is good
        output = [np.full((1, 1), code, dst.plane_dtypes[0]), chroma, chroma]
        if good:
            assert check(output, planes, src, dst) == pytest.approx(exact - code)
        else:
            with pytest.raises(AssertionError, match="component y at row 0, column 0: got"):
                check(output, planes, src, dst)


def test_float_bounds_grow_with_what_a_sample_depends_on() -> None:
    src = VideoType("grayf32le", (6, 1))
    dst = VideoType("grayf32le", (6, 1))
    planes = [np.array([[0.5, 0.5, 0.5, 0.5, 0.5, 64]], np.float32)]
    output = reference_convert(planes, src, dst)
    for column, step in ((0, 2.0**-18), (5, 2.0**-12)):
        near, far = (output[0].copy() for _ in range(2))
        near[0, column] += 0.9 * step
        far[0, column] += 1.1 * step
        assert check([near], planes, src, dst) > 0
        with pytest.raises(AssertionError, match=f"column {column}"):
            check([far], planes, src, dst)
    mixed = reference_convert(planes, src, VideoType("grayf32le", (3, 1)), filter="area")
    mixed[0][0, 0] += 2.0**-17
    with pytest.raises(AssertionError, match="column 0"):
        check(mixed, planes, src, VideoType("grayf32le", (3, 1)), filter="area")


def test_half_floats_may_round() -> None:
    src = VideoType("gbrpf32le", (1, 1))
    dst = VideoType("gbrpf16le", (1, 1))
    planes = [np.full((1, 1), 0.3, np.float32)] * 3
    output = reference_convert(planes, src, dst)
    assert check(output, planes, src, dst) < 2**-13
    output[0] = np.nextafter(output[0], np.float16(1))
    with pytest.raises(AssertionError, match="component g"):
        check(output, planes, src, dst)


def test_half_floats_beyond_their_range_are_infinite_and_judged() -> None:
    src, dst = VideoType("grayf32le", (4, 1)), VideoType("gbrpf16le", (4, 1))
    planes = [np.array([[65504, 65519, 65521, -70000]], np.float32)]
    output = reference_convert(planes, src, dst)
    assert output[0].tolist() == [[65504, 65504, np.inf, -np.inf]]
    assert check(output, planes, src, dst) <= 16
    for column, wrong in ((0, 65472), (1, 65472), (2, 65472), (3, np.inf), (3, -65504)):
        bad = [plane.copy() for plane in output]
        bad[0][0, column] = wrong
        with pytest.raises(AssertionError, match=f"component g at row 0, column {column}"):
            check(bad, planes, src, dst)


@pytest.mark.parametrize("target", FORMATS)
def test_one_wrong_sample_is_found(target: str) -> None:
    src, dst = pair("yuv420p", target)
    planes = frames.noise(src)
    for index in range(dst.format.planes):
        output = reference_convert(planes, src, dst)
        place = (2, 3, 1)[: output[index].ndim]
        if dst.format.is_float:
            output[index][place] += np.float32(1e-4)
        else:
            output[index][place] ^= output[index].dtype.type(1 << (7 if target == "p010le" else 1))
        with pytest.raises(AssertionError, match="component"):
            check(output, planes, src, dst)


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("rgb0", (0, 0, 3)),  # filler
        ("x2rgb10le", (0, 0)),  # the filler's bits of a word
        ("yuyv422", (0, 4, 2)),  # the luma beyond an odd width
        ("p010le", (0, 0)),  # low bits
        ("xv36le", (0, 0, 0)),
        ("v210", (0, 31)),  # padding
    ],
)
def test_bits_outside_the_picture_are_checked(target: str, place: tuple[int, ...]) -> None:
    src, dst = pair("yuv444p" if PixelFormat(target).is_yuv else "gbrp", target)
    planes = frames.noise(src)
    output = reference_convert(planes, src, dst)
    bit = 1 << 31 if target == "x2rgb10le" else 1
    output[0][place] ^= output[0].dtype.type(bit)
    with pytest.raises(AssertionError, match="unused bits"):
        check(output, planes, src, dst)


def test_shapes_and_dtypes_are_checked() -> None:
    src = VideoType("gray", (4, 4))
    planes = frames.noise(src)
    with pytest.raises(AssertionError, match="planes are"):
        check([planes[0][:3]], planes, src, src)
    with pytest.raises(AssertionError, match="planes are"):
        check([planes[0].astype(np.uint16)], planes, src, src)
    with pytest.raises(AssertionError, match="planes are"):
        check([], planes, src, src)


def test_the_message_names_everything() -> None:
    src = VideoType("yuv420p", (4, 4))
    planes = frames.noise(src)
    output = [plane.copy() for plane in planes]
    output[2][1, 0] ^= 64
    value, wanted = int(output[2][1, 0]), int(planes[2][1, 0])
    with pytest.raises(AssertionError) as caught:
        check(output, planes, src, src, filter="bilinear")
    text = str(caught.value)
    for part in ("component v", "row 1, column 0", f"got {value}", f"reference {wanted}"):
        assert part in text
    for part in ("bound 0.5009765625", "1 of 4 samples", "yuv420p 4x4", "bilinear"):
        assert part in text


def test_weighted_colour_is_judged_by_its_alpha() -> None:
    rgba = VideoType("rgbaf32le", (2, 1))
    dst = VideoType("rgbaf32le", (1, 1))
    planes = [np.array([[[1, 1, 1, 2.0**-8], [1, 1, 1, 2.0**-8]]], np.float32)]
    (output,) = reference_convert(planes, rgba, dst, filter="area")
    output[0, 0, 0] += 2.0**-11  # 2^-18 over 2^-8 is 2^-10
    check([output], planes, rgba, dst, filter="area")
    output[0, 0, 0] += 2.0**-10
    with pytest.raises(AssertionError, match="component r"):
        check([output], planes, rgba, dst, filter="area")
    clear = [np.array([[[1, 1, 1, 2.0**-20], [1, 1, 1, 0]]], np.float32)]
    (output,) = reference_convert(clear, rgba, dst, filter="area")
    output[0, 0, :3] = 7  # hardly any alpha: colour is not judged
    check([output], clear, rgba, dst, filter="area")
    output[0, 0, 3] = 1
    with pytest.raises(AssertionError, match="component a"):
        check([output], clear, rgba, dst, filter="area")


def test_not_a_number_is_no_answer() -> None:
    src = VideoType("grayf32le", (2, 1))
    planes = [np.array([[0.5, np.inf]], np.float32)]
    check([np.array([[0.5, np.inf]], np.float32)], planes, src, src)
    with pytest.raises(AssertionError, match="got nan"):
        check([np.array([[np.nan, np.inf]], np.float32)], planes, src, src)


def test_integers_too_are_judged_by_their_alpha() -> None:
    src = VideoType("rgbaf32le", (2, 1))
    dst = VideoType("rgba", (1, 1))
    value = (100.5 + 8 * 2**-10) / 255  # in codes: 8 e beyond the half
    for alpha, good in ((1 / 16, True), (1.0, False)):
        planes = [np.array([[[value] * 3 + [alpha]] * 2], np.float32)]
        (output,) = reference_convert(planes, src, dst, filter="area")
        output[0, 0, :3] = 100
        if good:
            assert check([output], planes, src, dst, filter="area") > 0.5
        else:
            with pytest.raises(AssertionError, match="component r"):
                check([output], planes, src, dst, filter="area")


def test_float_bounds_grow_only_with_channels_that_count() -> None:
    type_ = VideoType("gbrpf32le", (1, 1))
    small, large = np.full((1, 1), 0.5, np.float32), np.full((1, 1), 64, np.float32)
    cancel = SimpleNamespace(matrix=((1, -1, 0),) * 3, region=None)  # red less green: 0
    for planes, good in (([large, small, large], True), ([small, large, small], False)):
        output = reference_convert(planes, type_, type_, effects=(cancel,))
        output[0] += np.float32(2.0**-14)
        if good:
            assert check(output, planes, type_, type_, effects=(cancel,)) == 2.0**-14
        else:
            with pytest.raises(AssertionError, match="component g"):
                check(output, planes, type_, type_, effects=(cancel,))


def differences(*gains: float) -> tuple[MatrixEffect, ...]:
    """Red less green, green less blue, blue less red, and each gain of that."""
    first = MatrixEffect("less", ((1, -1, 0), (0, 1, -1), (-1, 0, 1)))
    return (first, *(MatrixEffect("gain", ((g, 0, 0), (0, g, 0), (0, 0, g))) for g in gains))


@pytest.mark.parametrize(
    ("gains", "times"), [((4,), 1), ((8,), 1), ((40,), 5), ((400, 1 / 10), 5), ((20, 20), 50)]
)
def test_float_bounds_grow_with_what_effects_multiply(
    gains: tuple[float, ...], times: float
) -> None:
    type_, options = VideoType("gbrpf32le", (1, 1)), {"effects": differences(*gains)}
    planes = [np.full((1, 1), 0.5, np.float32)] * 3
    for beyond, good in ((0.9, True), (1.1, False)):
        output = [np.full((1, 1), beyond * times * 2.0**-18, np.float32)] * 3  # black is right
        if good:
            assert check(output, planes, type_, type_, **options) > 0
        else:
            with pytest.raises(AssertionError, match="component g"):
                check(output, planes, type_, type_, **options)


@pytest.mark.parametrize("target", ["gbrpf32le", "gbrpf16le", "grayf32le", "rgb24", "rgb48le"])
@pytest.mark.parametrize("gains", [(1,), (40,), (400, 3)])
def test_effects_that_multiply_are_judged_and_wrong_ones_are_found(
    target: str, gains: tuple[float, ...]
) -> None:
    options = {"effects": differences(*gains)}
    src = VideoType("yuv444p10le", (16, 9), matrix="bt709")
    dst = VideoType(target, (11, 7), transfer="bt709", primaries="bt709")
    planes = [512 + plane % 5 for plane in frames.noise(src)]  # nearly gray: little is left
    program = plan(src, dst, make_options(**options)).program
    check(twin.run(program, planes), planes, src, dst, **options)
    if target == "gbrpf32le":
        with pytest.raises(AssertionError, match="component"):
            check(twin.run(slightly_wrong(program), planes), planes, src, dst, **options)


def slightly_wrong(program: Program) -> Program:
    """Return a program whose first matrix makes 2^-16 too much red of luma."""
    first = program.stages[0]
    assert isinstance(first, Mix)
    (luma, *chroma), *others = first.rows
    rows = ((luma * (1 + 2.0**-16), *chroma), *others)
    return replace(program, stages=(Mix(rows), *program.stages[1:]))
