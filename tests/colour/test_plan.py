from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

from gpumft.colour import (
    Quantiser,
    Stage,
    colour_components,
    plan,
    quantiser,
    rgb_to_yuv,
    rounded,
    yuv_to_rgb,
)
from gpumft.errors import InvalidMediaType
from gpumft.media.enums import Matrix
from gpumft.media.light_matrices import LIGHT_MATRICES
from gpumft.media.videotype import VideoType

LUMA = [matrix for matrix in Matrix if matrix not in {Matrix.RGB, *LIGHT_MATRICES}]
SIZE = (64, 48)
Floats: TypeAlias = npt.NDArray[np.float64]
Singles: TypeAlias = npt.NDArray[np.float32]

BARS = np.array(  # W Y C G M R B K
    [[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 0, 0]],
    dtype=np.float64,
)
# 100 % bars, computed from the standards with halves rounded up
CODES = {
    (8, "bt601", "limited"): "235/128/128 210/16/146 170/166/16 145/54/34 "
    "106/202/222 81/90/240 41/240/110 16/128/128",
    (8, "bt709", "limited"): "235/128/128 219/16/138 188/154/16 173/42/26 "
    "78/214/230 63/102/240 32/240/118 16/128/128",
    (8, "bt2020ncl", "limited"): "235/128/128 222/16/137 177/159/16 164/47/25 "
    "87/209/231 74/97/240 29/240/119 16/128/128",
    (8, "smpte240m", "limited"): "235/128/128 216/16/140 189/154/16 170/42/28 "
    "81/214/228 62/102/240 35/240/116 16/128/128",
    (10, "bt601", "limited"): "940/512/512 840/64/585 678/663/64 578/215/137 "
    "426/809/887 326/361/960 164/960/439 64/512/512",
    (10, "bt709", "limited"): "940/512/512 877/64/553 754/615/64 691/167/105 "
    "313/857/919 250/409/960 127/960/471 64/512/512",
    (10, "bt2020ncl", "limited"): "940/512/512 888/64/548 710/637/64 658/189/100 "
    "346/835/924 294/387/960 116/960/476 64/512/512",
    (10, "smpte240m", "limited"): "940/512/512 864/64/561 754/616/64 678/168/113 "
    "326/856/911 250/408/960 140/960/463 64/512/512",
    (8, "bt709", "full"): "255/128/128 237/1/140 201/157/1 182/30/12 "
    "73/226/244 54/99/255 18/255/116 0/128/128",
}


@dataclass
class FakeEffect:
    name: str
    matrix: Any
    region: Any = None


def matrix_of(stage: Stage) -> Floats:
    assert stage.matrix is not None
    return stage.matrix


def resolved(pixel_format: str, **fields: str) -> VideoType:
    common: dict[str, Any] = {"transfer": "bt709", "primaries": "bt709", "matrix": "bt709"}
    return VideoType(pixel_format, SIZE, **(common | fields)).resolved()


def quantisers(video_type: VideoType) -> list[Quantiser]:
    layout = video_type.format.layout
    assert video_type.range is not None
    return [
        quantiser(component, video_type.range, is_float=layout.is_float)
        for component in colour_components(layout)
    ]


def convert(codes: Floats, src: VideoType, dst: VideoType) -> Floats:
    """Codes (pixels, components) through the plan in float64, unrounded and unclamped."""
    value = codes - np.array([q.offset for q in quantisers(src)])
    found = plan(src, dst)
    assert found.in_codes
    for stage in found.stages:
        value = value @ matrix_of(stage).T
    result: Floats = value + np.array([q.offset for q in quantisers(dst)])
    return result


def fma(a: np.float32, b: Singles, c: Singles) -> Singles:
    """float32 fused multiply-add: the exact sum rounded to odd in float64, then to float32."""
    product = a.astype(np.float64) * b.astype(np.float64)  # exact: 48 bits
    total = product + c
    shadow = total - product
    lost = (product - (total - shadow)) + (c - shadow)
    even = total.view(np.uint64) % 2 == 0
    odd = np.nextafter(total, np.where(lost > 0, np.inf, -np.inf))
    nearest: Singles = np.where((lost != 0) & even, odd, total).astype(np.float32)
    return nearest


def mix(stage: Stage, channels: list[Singles]) -> list[Singles]:
    """One stage as devices evaluate it, in float32."""
    result = []
    for row in stage.rows:
        terms = [
            (np.float32(coefficient), channel)
            for coefficient, channel in zip(row, channels, strict=True)
            if coefficient
        ]
        total = terms[0][0] * terms[0][1]
        for coefficient, channel in terms[1:]:
            total = fma(coefficient, channel, total)
        result.append(total)
    return result


@pytest.mark.parametrize(("depth", "matrix", "range"), CODES)
def test_bars_have_the_codes_of_the_standards(depth: int, matrix: str, range: str) -> None:
    suffix = "" if depth == 8 else "10le"
    src = resolved("rgb24")
    dst = resolved(f"yuv444p{suffix}", matrix=matrix, range=range)
    exact = convert(BARS * 255, src, dst)
    found = np.minimum(np.floor(exact + 0.5 + 1e-9), 2**depth - 1)
    words = CODES[depth, matrix, range].split()
    expected = [[int(number) for number in word.split("/")] for word in words]
    assert found.astype(int).tolist() == expected
    assert convert(exact, dst, src) == pytest.approx(BARS * 255, abs=1e-9)


@pytest.mark.parametrize("range", ["limited", "full"])
@pytest.mark.parametrize("matrix", LUMA)
@pytest.mark.parametrize(
    ("pixel_format", "depth"), [("rgb24", 8), ("gbrp10le", 10), ("gbrp12le", 12), ("rgb48le", 16)]
)
@pytest.mark.parametrize("rgb_range", ["limited", "full"])
def test_every_gray_has_exactly_zero_chroma_in_float32(
    pixel_format: str, depth: int, matrix: Matrix, range: str, rgb_range: str
) -> None:
    src = resolved(pixel_format, range=rgb_range)
    offset = np.float32(quantisers(src)[0].offset)
    gray = np.arange(2**depth).astype(np.float32) - offset
    for target, bits in (("yuv444p", 8), ("yuv444p10le", 10), ("yuv444p16le", 16)):
        dst = resolved(target, matrix=matrix, range=range)
        (stage,) = plan(src, dst).stages
        for channel, q in zip(mix(stage, [gray] * 3)[1:], quantisers(dst)[1:], strict=True):
            assert q.offset == 2 ** (bits - 1)
            assert np.abs(channel).max() < 2.0**-8


@pytest.mark.parametrize("range", ["limited", "full"])
@pytest.mark.parametrize("matrix", LUMA)
@pytest.mark.parametrize(
    ("pixel_format", "depth"), [("yuv444p", 8), ("yuv420p10le", 10), ("p016le", 16)]
)
def test_gray_in_gives_equal_r_g_b_and_black_gives_zero(
    pixel_format: str, depth: int, matrix: Matrix, range: str
) -> None:
    src = resolved(pixel_format, matrix=matrix, range=range)
    luma = np.arange(2**depth).astype(np.float32) - np.float32(quantisers(src)[0].offset)
    (stage,) = plan(src, resolved("rgb48le")).stages
    r, g, b = mix(stage, [luma, np.zeros_like(luma), np.zeros_like(luma)])
    assert r.tobytes() == g.tobytes() == b.tobytes()
    assert r[int(quantisers(src)[0].offset)] == 0


@pytest.mark.parametrize("matrix", LUMA)
def test_what_is_zero_on_paper_is_zero(matrix: Matrix) -> None:
    yuv, rgb = resolved("yuv444p", matrix=matrix), resolved("rgb24")
    rows = matrix_of(plan(yuv, rgb).stages[0])
    zeros = {(1, 2)} if matrix is Matrix.YCGCO else {(0, 1), (2, 2)}
    assert set(zip(*np.nonzero(rows == 0), strict=True)) == zeros
    other = resolved("yuv444p", matrix="bt2020ncl" if matrix == "bt709" else "bt709")
    assert matrix_of(plan(yuv, other).stages[0])[1:, 0].tolist() == [0, 0]


def test_the_stages_carry_the_scale_of_each_component() -> None:
    yuv, rgb = resolved("yuv420p"), resolved("gbrp10le")
    (stage,) = plan(yuv, rgb).stages
    assert stage.name == "to R'G'B'"
    nominal = yuv_to_rgb(Matrix.BT709) / [219, 224, 224]
    assert matrix_of(stage) == pytest.approx(nominal * 1023, rel=1e-15)
    (back,) = plan(resolved("rgb565le"), yuv).stages
    assert back.name == "to Y'CbCr"
    scales = np.array([[219], [224], [224]]) / [31, 63, 31]
    assert matrix_of(back) == pytest.approx(rgb_to_yuv(Matrix.BT709) * scales, rel=1e-15)
    assert stage.rows == rounded(matrix_of(stage))
    assert not matrix_of(stage).flags.writeable


def test_float_codes_are_nominal() -> None:
    (stage,) = plan(resolved("gbrpf32le"), resolved("grayf32le", matrix="bt601")).stages
    assert np.array_equal(matrix_of(stage), rgb_to_yuv(Matrix.BT601)[:1])


@pytest.mark.parametrize(
    ("src", "dst", "direct"),
    [
        ({"pixel_format": "nv12"}, {"pixel_format": "yuv444p10le", "range": "full"}, True),
        ({"pixel_format": "nv12"}, {"pixel_format": "nv12", "matrix": "bt601"}, False),
        ({"pixel_format": "rgb24"}, {"pixel_format": "gbrpf32le", "range": "full"}, True),
        ({"pixel_format": "nv12"}, {"pixel_format": "rgb24"}, False),
        ({"pixel_format": "rgb24"}, {"pixel_format": "nv12"}, False),
        ({"pixel_format": "gray"}, {"pixel_format": "nv12", "matrix": "bt601"}, True),
        ({"pixel_format": "gray"}, {"pixel_format": "gray16le", "matrix": "bt601"}, True),
        ({"pixel_format": "nv12"}, {"pixel_format": "gray"}, True),
        ({"pixel_format": "nv12"}, {"pixel_format": "gray", "matrix": "bt601"}, False),
        ({"pixel_format": "gray"}, {"pixel_format": "rgb24"}, False),
        ({"pixel_format": "rgb24"}, {"pixel_format": "gray"}, False),
    ],
)
def test_direct_is_where_components_keep_their_meaning(src: Any, dst: Any, direct: bool) -> None:
    found = plan(resolved(**src), resolved(**dst))
    assert found.direct is direct
    assert len(found.stages) == 1
    shape = tuple(len(quantisers(resolved(**side))) for side in (dst, src))
    assert matrix_of(found.stages[0]).shape == shape


@pytest.mark.parametrize(
    ("src", "dst"),
    [("nv12", "yuv444p10le"), ("rgb24", "gbrp12le"), ("gray", "nv12"), ("nv12", "gray")],
)
def test_a_direct_plan_has_a_stage_that_changes_nothing_but_scale(src: Any, dst: Any) -> None:
    src, dst = resolved(src), resolved(dst)
    (stage,) = plan(src, dst).stages
    factors = [b.scale / a.scale for a, b in zip(quantisers(src), quantisers(dst), strict=False)]
    expected = np.zeros(matrix_of(stage).shape)
    np.fill_diagonal(expected, factors)
    assert np.array_equal(matrix_of(stage), expected)


def test_gray_and_rgb() -> None:
    rgb, gray = resolved("rgb24"), resolved("gray", matrix="bt601", range="full")
    (stage,) = plan(rgb, gray).stages
    assert stage.name == "to Y'"
    assert matrix_of(stage) == pytest.approx(np.array([[0.299, 0.587, 0.114]]), rel=1e-15)
    (back,) = plan(gray, rgb).stages
    assert matrix_of(back).tolist() == [[1]] * 3
    assert matrix_of(plan(resolved("grayf32le"), rgb).stages[0]).tolist() == [[255]] * 3


def test_luma_of_another_matrix_is_computed() -> None:
    src, dst = resolved("yuv444p", matrix="bt601"), resolved("gray", matrix="bt709")
    rgb = convert(np.array([[81.0, 90, 240]]), src, resolved("gbrpf32le"))
    luma = convert(np.array([[81.0, 90, 240]]), src, dst)
    q = quantisers(dst)[0]
    assert luma[0, 0] == pytest.approx(rgb[0] @ rgb_to_yuv(Matrix.BT709)[0] * q.scale + q.offset)


def test_effects_are_stages_of_their_own_in_their_order() -> None:
    sepia = FakeEffect(
        "sepia", [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]
    )
    swap = FakeEffect("swap", np.eye(3)[::-1], (1, 2, 3, 4))
    src, dst = resolved("nv12"), resolved("nv12")
    found = plan(src, dst, effects=(sepia, swap))
    assert not found.direct
    names = [stage.name for stage in found.stages]
    assert names == ["to R'G'B'", "effect sepia", "effect swap", "to Y'CbCr"]
    assert [stage.region for stage in found.stages] == [None, None, (1, 2, 3, 4), None]
    assert np.array_equal(matrix_of(found.stages[1]), sepia.matrix)
    assert matrix_of(found.stages[0]) == pytest.approx(
        yuv_to_rgb(Matrix.BT709) / [219, 224, 224], rel=1e-15
    )
    scales = np.array([[219], [224], [224]])
    assert matrix_of(found.stages[3]) == pytest.approx(rgb_to_yuv(Matrix.BT709) * scales, rel=1e-15)


def test_an_effect_at_the_end_gives_nominal_values() -> None:
    swap = FakeEffect("swap", np.eye(3)[::-1])
    rgb = resolved("rgb24")
    found = plan(resolved("nv12"), rgb, effects=(swap,))
    assert not found.in_codes
    assert np.array_equal(matrix_of(found.stages[-1]), swap.matrix)
    through = plan(resolved("nv12"), resolved("rgb24", transfer="linear"))
    assert not through.in_codes
    assert through.stages[-1].matrix is None


@pytest.mark.parametrize(
    ("src", "dst", "names", "shapes"),
    [
        ("rgb24", "bgra", ["to R'G'B'", "effect e"], [(3, 3), (3, 3)]),
        ("gray", "rgb24", ["to R'G'B'", "effect e"], [(3, 1), (3, 3)]),
        ("gray", "gray", ["to R'G'B'", "effect e", "to Y'"], [(3, 1), (3, 3), (1, 3)]),
    ],
)
def test_effects_between_other_kinds(
    src: Any, dst: Any, names: list[str], shapes: list[tuple[int, int]]
) -> None:
    found = plan(resolved(src), resolved(dst), effects=[FakeEffect("e", np.eye(3))])
    assert [stage.name for stage in found.stages] == names
    assert [matrix_of(stage).shape for stage in found.stages] == shapes


def test_a_wrong_effect_is_named() -> None:
    with pytest.raises(InvalidMediaType, match=r"effect e has a matrix of shape \(2, 2\)"):
        plan(resolved("rgb24"), resolved("rgb24"), effects=[FakeEffect("e", np.eye(2))])


def test_light_is_converted_where_it_differs_and_only_there() -> None:
    same = plan(resolved("nv12"), resolved("rgb24"))
    assert [stage.formula for stage in same.stages] == [None]
    found = plan(resolved("nv12", transfer="pq", primaries="bt2020"), resolved("nv12"))
    assert found.through_light
    assert found.ends_with_matrix
    assert not found.direct
    assert [stage.name for stage in found.stages] == [
        "to R'G'B'",
        "pq to light, tone map bt2390 on max_rgb, 1000 to 203 cd/m2",
        "primaries bt2020 to bt709",
        "gamut clip, light to bt1886",
        "to Y'CbCr",
    ]


def test_primaries_alone_are_a_matrix_in_light() -> None:
    found = plan(resolved("rgb24", primaries="bt2020"), resolved("rgb24"))
    assert [stage.name for stage in found.stages] == [
        "to R'G'B'",
        "bt709 to light",
        "primaries bt2020 to bt709",
        "gamut clip, light to bt709",
    ]
    np.testing.assert_allclose(
        matrix_of(found.stages[2])[0], [1.660491, -0.587641, -0.072850], atol=1e-6
    )


def test_linear_says_where_the_picture_is_scaled() -> None:
    found = plan(resolved("rgb24"), resolved("rgb24"), linear=True)
    assert found.scale_at == 2
    assert [stage.name for stage in found.stages] == [
        "to R'G'B'",
        "bt709 to light",
        "light to bt709",
    ]
    assert plan(resolved("rgb24"), resolved("rgb24")).scale_at is None


def test_unset_fields_and_luma_without_a_matrix_are_named() -> None:
    rgb = resolved("rgb24")
    with pytest.raises(InvalidMediaType, match="its matrix is rgb; set bt601"):
        plan(resolved("yuv444p", matrix="rgb"), rgb)
    bare = VideoType("nv12", SIZE, transfer="bt709", primaries="bt709")
    with pytest.raises(InvalidMediaType, match="nv12 is unset; call resolved"):
        plan(bare, rgb)
