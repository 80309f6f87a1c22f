"""How components are read and written: constants, codes allowed, grids of a turned source."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.effects import sepia
from gpumft.media import VideoType
from gpumft.ops import make_options, plan
from gpumft.testing import frames, twin


@pytest.mark.parametrize(
    ("source", "target", "component", "constant"),
    [
        ("gray", "rgbaf32le", "a", 1.0),
        ("rgb24", "rgba64le", "a", 65535.0),
        ("yuv420p", "yuva444p", "a", 255.0),
        ("gray", "yuv420p", "u", 128.0),
        ("gray", "yuv444p10le", "v", 512.0),
        ("rgb24", "bgr0", "x", 255.0),
    ],
)
def test_what_the_source_lacks_is_a_whole_constant(
    source: str, target: str, component: str, constant: float
) -> None:
    src, dst = VideoType(source, (6, 4)), VideoType(target, (6, 4))
    program = plan(src, dst, make_options()).program
    (write,) = (write for write in program.writes if write.component.name == component)
    if component in "ax":
        assert (write.channel, write.constant) == (None, constant)
    made = twin.run(program, frames.noise(src))
    if target == "rgbaf32le":
        assert (made[0][..., 3] == 1).all()
    elif component in "uv":
        assert (made["yuv".index(component)] == constant).all()


@pytest.mark.parametrize(
    ("target", "luma", "chroma"),
    [
        ("yuv420p", (16, 235), (16, 240)),
        ("yuv420p10le", (64, 940), (64, 960)),
        ("yuv444p12le", (256, 3760), (256, 3840)),
        ("yuva444p", (16, 235), (16, 240)),
        ("yuv444p16le", (4096, 60160), (4096, 61440)),
    ],
)
def test_legal_codes_are_those_of_bt_709(
    target: str, luma: tuple[int, int], chroma: tuple[int, int]
) -> None:
    """BT.709-6, table 4 (quantization levels), and BT.2100-2, table 9."""
    src = VideoType("rgba", (6, 4))
    for range_, legal in (("limited", True), ("full", False)):
        dst = VideoType(target, (6, 4), range=range_, matrix="bt709")
        for write in plan(src, dst, make_options(legalize=True)).program.writes:
            wanted = {"y": luma, "u": chroma, "v": chroma}.get(write.component.name)
            assert write.limits == (wanted if legal else None)


@pytest.mark.parametrize("siting", ["left", "topleft", "bottom"])
def test_chroma_of_a_turned_picture_lies_where_it_lay(siting: str) -> None:
    src = VideoType("yuv420p", (12, 8), siting=siting)
    planes = frames.noise(src)
    plain = twin.run(plan(src, VideoType("yuv444p", (12, 8)), make_options()).program, planes)
    options = make_options(rotate=90)
    turned = twin.run(plan(src, VideoType("yuv444p", (8, 12)), options).program, planes)
    for one, other in zip(plain, turned, strict=True):
        apart = np.abs(np.rot90(one, -1).astype(int) - other)
        assert apart.max() <= 1  # rows are filtered before columns, on either side


@pytest.mark.parametrize("size", [(6, 4), (5, 9)])
@pytest.mark.parametrize(
    ("source", "target"),
    [("gbrpf32le", "gbrpf32le"), ("gbrpf16le", "gbrpf32le"), ("rgb24", "gbrp"), ("rgb24", "bgr0")],
)
def test_zero_stays_zero_where_components_go_straight(
    source: str, target: str, size: tuple[int, int]
) -> None:
    program = plan(VideoType(source, (6, 4)), VideoType(target, size), make_options()).program
    assert program.direct
    assert {write.offset for write in program.writes if write.channel is not None} == {0.0}


def test_colour_is_weighted_by_alpha_only_where_pixels_are_mixed() -> None:
    src = VideoType("rgba", (6, 4))
    for size, filter_, weighted in (
        ((6, 4), "lanczos3", False),
        ((5, 4), "lanczos3", True),
        ((6, 3), "lanczos3", True),
        ((3, 2), "nearest", False),
    ):
        options = make_options(effects=(sepia(),), filter=filter_)
        program = plan(src, VideoType("bgra", size), options).program
        assert program.premultiply is weighted
