"""Hand-made Programs that every backend is tested on: `CASES`, by name.

They use no planner, so that a change of plan never changes what they test. Every rule of
docs/arithmetic.md, section 4, has at least one case in which breaking it changes bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np

from gpumft.device.program import Program, Rect
from gpumft.media.formats import PixelFormat
from tests.contract import program_stages as stages
from tests.contract.program_parts import (
    LUMA_709,
    SPECIALS,
    Case,
    convert,
    direct,
    floats,
    from_lists,
    linear,
    long_taps,
    mix,
    noise,
    rgb_to_yuv,
    ringing,
    to_nominal,
    yuv_to_rgb,
)

HALVES = (
    0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x83FF, 0x3C00, 0x3BFF, 0x7BFF, 0xFBFF, 0x7C00,
    0xFC00, 0x7E00, 0xFE01, 0x7C01, 0x3555, 0xB266, 0x1400, 0x0200,
)  # fmt: skip

_GBR = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
_SEPIA = ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))
_LONG = (1, 31, 32, 33, 63, 64, 65, 96, 97, 100)


def _noise(program: Program, seed: int = 1) -> Case:
    return Case(program, noise(program.source, program.source_size, seed))


def _yuv_rgb(
    source: str, size: tuple[int, int], target: str, /, *, calm: bool = True, **options: object
) -> Case:
    """`calm` keeps whole elements to the middle half of their range, so that little is clamped."""
    mixes = [to_nominal(PixelFormat(source), yuv_to_rgb())]
    made = _noise(convert(source, size, target, mixes=mixes, **options))  # type: ignore[arg-type]
    if not calm or made.program.source.layout.packed:
        return made
    middle = (plane // 2 + (1 << 8 * plane.dtype.itemsize - 2) for plane in made.planes)
    return Case(made.program, tuple(middle))


def _rgb_yuv(source: str, size: tuple[int, int], target: str, /, **options: object) -> Case:
    mixes = [to_nominal(PixelFormat(source), rgb_to_yuv())]
    return _noise(convert(source, size, target, mixes=mixes, **options))  # type: ignore[arg-type]


def _rgb_rgb(source: str, size: tuple[int, int], target: str, /, **options: object) -> Case:
    mixes = [to_nominal(PixelFormat(source))]
    return _noise(convert(source, size, target, mixes=mixes, **options))  # type: ignore[arg-type]


def _direct(source: str, size: tuple[int, int], target: str, /, **options: object) -> Case:
    return _noise(direct(source, size, target, **options))  # type: ignore[arg-type]


def _zeros_and_regions() -> Case:
    """Rows with zeros first, in the middle and everywhere; a region inside and one at the edge."""
    mixes = [
        to_nominal(PixelFormat.GBRP),
        mix(_SEPIA, Rect(3, 2, 7, 5)),
        mix(((0, 1, 0), (0, 0, -0.5), (0, 0, 0)), Rect(9, 0, 8, 11)),
        mix(((1, 0, 0.25), (0, 0.75, 0), (0.5, 0, 0.5))),
    ]
    return _noise(convert("gbrp", (17, 11), "rgb24", mixes=mixes))


def _ties() -> Case:
    """Every code times 1/2 and 5/2: half of them lie on .5; then beyond both ends of the range."""
    program = direct("gray", (256, 2), "gray", scale=2.5, offset=-300.5)
    rows = np.stack([np.arange(256), np.arange(256)[::-1]]).astype(np.uint8)
    return Case(program, (rows,))


def _halves_of_codes() -> Case:
    program = direct("gray", (256, 1), "gray", scale=0.5, offset=0.0)
    return Case(program, (np.arange(256, dtype=np.uint8)[None],))


def _float_copy() -> Case:
    program = direct("grayf32le", (23, 2), "grayf32le")
    return Case(program, (floats((2, 23), SPECIALS),))


def _float_filter() -> Case:
    """Specials through taps; a zero weight within the count meets infinities and is evaluated."""
    across = from_lists(23, [(i % 20, ((0.25, 0.0, 0.75) if i % 3 else (0.5,))) for i in range(31)])
    program = direct("grayf32le", (23, 9), "grayf32le", size=(31, 9))
    program = replace(program, reads=(replace(program.reads[0], horizontal=across),))
    return Case(program, (floats((9, 23), (*SPECIALS, 0x3E800000, 0xBE99999A)),))


def _float_to_codes() -> Case:
    """NaN, infinities and huge values meet the clamp."""
    program = direct("grayf32le", (23, 3), "gray", size=(29, 3), taps=linear)
    return Case(program, (floats((3, 23), (*SPECIALS, 0x3DCCCCCD)),))


def _float_matrix() -> Case:
    mixes = [to_nominal(PixelFormat.GBRPF32LE, rgb_to_yuv())]
    program = convert("gbrpf32le", (19, 7), "yuv420p10le", mixes=mixes, size=(25, 9), taps=ringing)
    planes = noise(PixelFormat.GBRPF32LE, (19, 7))
    planes[1][:1] = floats((1, 19), SPECIALS)
    return Case(program, planes)


def _huge() -> Case:
    """Sums that overflow, and cancel or not according to the order of the FMAs."""
    rows = ((3e38, -3e38, 1), (1, 3e38, -3e38), (-3e38, 2, 3e38))
    program = convert("gbrpf32le", (13, 5), "gbrpf32le", mixes=[mix(rows), mix(_SEPIA)])
    planes = noise(PixelFormat.GBRPF32LE, (13, 5), 9)
    return Case(program, (planes[0], planes[0] + np.float32(2.0**-20), planes[2]))


def _alpha_of_floats() -> Case:
    """Weights that are tiny, huge, negative, NaN: RECIP over its whole domain."""
    program = convert(
        "rgbaf32le", (46, 4), "rgbaf32le", size=(46, 5), taps=linear, alpha="apu",
        mixes=[to_nominal(PixelFormat.RGBAF32LE)],
    )  # fmt: skip
    plane = noise(PixelFormat.RGBAF32LE, (46, 4))[0]
    plane[..., 3] = np.ldexp(np.float32(1.1), np.arange(4 * 46).reshape(4, 46) % 140 - 70)
    plane[1, :, 3] = floats((46,), SPECIALS)
    plane[2, :, 0] = floats((46,), SPECIALS)
    plane[3, ::5, :] *= np.float32(2.0**-63)
    return Case(program, (plane,))


def _half_case(source: str, target: str) -> Case:
    program = convert(source, (20, 3), target, mixes=[to_nominal(PixelFormat(source))])
    planes = [
        floats(shape, HALVES[i:] + HALVES[:i], "float16")
        for i, shape in enumerate(program.source.plane_shapes((20, 3)))
    ]
    return Case(program, tuple(planes))


def _to_halves() -> Case:
    """float32 values around every threshold of the conversion."""
    base = np.array([0x33000000, 0x33800000, 0x38800000, 0x387FE000, 0x47800000, 0x477FF000])
    near = (base[:, None] + np.array([-4097, -4096, -1, 0, 1, 4095, 4096, 4097])).ravel()
    program = convert("gbrpf32le", (48, 2), "gbrpf16le", mixes=[to_nominal(PixelFormat.GBRPF32LE)])
    bits = near.astype(np.uint32)
    planes = (
        floats((2, 48), bits.tolist()),
        floats((2, 48), (bits | np.uint32(0x80000000)).tolist()),
        floats((2, 48), SPECIALS),
    )
    return Case(program, planes)


def _gray_to_rgb() -> Case:
    mixes = [mix(((1 / 219,),) * 3)]
    return _noise(convert("gray", (15, 6), "rgb24", size=(10, 9), taps=ringing, mixes=mixes))


def _rgb_to_gray() -> Case:
    mixes = [to_nominal(PixelFormat.BGRA, [LUMA_709])]
    return _noise(convert("bgra", (14, 5), "gray", mixes=mixes))


_MAKERS: dict[str, Callable[[], Case]] = {
    "copy_gray_odd": partial(_direct, "gray", (17, 5), "gray"),
    "copy_one_pixel": partial(_direct, "yuv420p", (1, 1), "nv12"),
    "nv12_to_rgb24": partial(_yuv_rgb, "nv12", (34, 12), "rgb24"),
    "yuv420p_odd_to_bgra": partial(_yuv_rgb, "yuv420p", (33, 11), "bgra", calm=False),
    "yuv444p_up_to_rgb24": partial(
        _yuv_rgb, "yuv444p", (9, 8), "rgb24", size=(21, 13), taps=ringing, chroma=ringing
    ),
    "p010_down_to_gbrp": partial(
        _yuv_rgb, "p010le", (40, 22), "gbrp", size=(13, 9), taps=ringing, chroma=ringing
    ),
    "yuv420p10_to_gbrpf32": partial(
        _yuv_rgb, "yuv420p10le", (15, 9), "gbrpf32le", size=(20, 7), taps=linear
    ),
    "rgb24_to_yuv420p": partial(_rgb_yuv, "rgb24", (34, 12), "yuv420p"),
    "bgr24_odd_to_nv12": partial(_rgb_yuv, "bgr24", (7, 9), "nv12", size=(13, 5), taps=ringing),
    "gbrp_to_p010": partial(_rgb_yuv, "gbrp", (12, 10), "p010le"),
    "depth_8_to_10": partial(
        _direct, "yuv420p", (17, 13), "yuv420p10le", size=(31, 23), taps=linear
    ),
    "depth_10_to_8_packed": partial(_direct, "p010le", (18, 6), "nv12"),
    "yuyv_odd_to_rgb24": partial(_yuv_rgb, "yuyv422", (11, 4), "rgb24"),
    "rgb24_to_yuyv_odd": partial(_rgb_yuv, "rgb24", (11, 4), "yuyv422"),
    "yuyv_letterbox_odd": partial(
        _direct,
        "yuyv422",
        (8, 4),
        "yuyv422",
        size=(13, 7),
        inner=Rect(2, 1, 6, 4),
        background=(16, 128, 129),
        taps=linear,
    ),
    "nv12_letterbox_odd": partial(
        _direct,
        "nv12",
        (9, 9),
        "nv12",
        size=(15, 11),
        inner=Rect(4, 2, 11, 9),
        background=(15.5, 127.5, 300),
        taps=linear,
    ),
    "rgb_pillarbox_float": partial(
        _rgb_rgb,
        "rgba",
        (6, 4),
        "gbrpf32le",
        size=(9, 4),
        inner=Rect(2, 0, 6, 4),
        background=(-0.0, 1e-20, -2.5),
    ),
    "nearest_both_ways": partial(_direct, "yuv422p", (13, 9), "yuv422p", size=(29, 4)),
    "taps_40": partial(_direct, "gray", (60, 60), "gray", size=(7, 9), taps=long_taps((40,), 3)),
    "taps_mixed_100": partial(
        _direct, "gray", (110, 104), "grayf32le", size=(20, 11), taps=long_taps(_LONG, 5)
    ),
    "taps_long_matrix": partial(
        _yuv_rgb,
        "yuv444p",
        (99, 70),
        "rgb24",
        size=(12, 10),
        taps=long_taps(_LONG, 8),
        chroma=long_taps((33, 65), 2),
    ),
    "transpose_420": partial(_yuv_rgb, "yuv420p", (10, 7), "rgb24", size=(7, 10), turn="t"),
    "turn_180_422": partial(_yuv_rgb, "yuv422p", (11, 6), "gbrp", turn="yx"),
    "turn_270_yuyv": partial(_yuv_rgb, "yuyv422", (9, 5), "bgra", size=(5, 9), turn="ty"),
    "transverse_scaled": partial(
        _yuv_rgb, "nv12", (12, 9), "yuv444p", size=(14, 17), turn="tyx", taps=ringing
    ),
    "mirror_direct": partial(_direct, "nv12", (13, 7), "yuv420p", turn="x"),
    "flip_direct": partial(_direct, "gray", (5, 7), "gray", size=(8, 10), turn="y", taps=linear),
    "zeros_and_regions": _zeros_and_regions,
    "ties_beyond_range": _ties,
    "ties_halves": _halves_of_codes,
    "float_copy": _float_copy,
    "float_filter": _float_filter,
    "float_to_codes": _float_to_codes,
    "float_matrix": _float_matrix,
    "float_huge": _huge,
    "gray_to_rgb": _gray_to_rgb,
    "rgb_to_gray": _rgb_to_gray,
    "opaque_when_new": partial(
        _rgb_rgb,
        "rgb24",
        (9, 4),
        "rgba",
        size=(11, 6),
        inner=Rect(1, 1, 9, 4),
        background=(1, 2, 3, 4),
    ),
    "alpha_copied": partial(_rgb_rgb, "rgba", (9, 4), "bgra", alpha="a"),
    "alpha_weighted": partial(
        _rgb_rgb, "rgba", (16, 9), "bgra", size=(23, 6), taps=ringing, alpha="apu"
    ),
    "alpha_premultiplied": partial(
        _rgb_rgb, "bgra", (12, 5), "rgba", size=(8, 8), taps=linear, alpha="ap"
    ),
    "alpha_divided": partial(
        _rgb_rgb, "rgba", (12, 5), "bgra", size=(8, 8), taps=linear, alpha="au"
    ),
    "alpha_yuva420p_weighted": partial(
        _yuv_rgb, "yuva420p", (10, 8), "rgba", size=(13, 9), taps=linear, alpha="apu"
    ),
    "alpha_yuva420p_premultiplied": partial(_yuv_rgb, "yuva420p", (10, 8), "gbrap", alpha="ap"),
    "alpha_yuva420p_divided": partial(_yuv_rgb, "yuva420p", (10, 8), "vuya", alpha="au"),
    "alpha_of_floats": _alpha_of_floats,
    "words_10": partial(
        _rgb_rgb,
        "x2rgb10le",
        (9, 5),
        "x2bgr10le",
        size=(14, 7),
        taps=ringing,
        inner=Rect(0, 0, 13, 7),
        background=(1, 2, 3, 0),
    ),
    "words_5": partial(_rgb_rgb, "rgb565le", (8, 4), "rgb555le"),
    "words_yuv": partial(_direct, "xv30le", (8, 4), "xv36le"),
    "packed_10_odd": partial(_direct, "y210le", (7, 3), "uyvy422", taps=linear, size=(9, 4)),
    "packed_16": partial(_yuv_rgb, "y216le", (8, 3), "rgb48le"),
    "v210_to_rgb": partial(_yuv_rgb, "v210", (50, 3), "rgb24"),
    "v210_turned": partial(
        _yuv_rgb, "v210", (35, 9), "gbrp", turn="tx", size=(20, 30), taps=linear, chroma=ringing
    ),
    "v210_mirrored": partial(_direct, "v210", (35, 4), "yuv422p10le", turn="x"),
    "v210_border": partial(
        _direct,
        "y210le",
        (31, 5),
        "v210",
        size=(59, 9),
        taps=ringing,
        inner=Rect(10, 2, 41, 6),
        background=(16, 600.5, 3000),
    ),
    "v210_right": partial(
        _direct,
        "v210",
        (101, 5),
        "v210",
        size=(101, 5),
        inner=Rect(52, 0, 49, 4),
        background=(16, 600.5, 3000),
        taps=linear,
    ),
    "v210_from_rgb": partial(_rgb_yuv, "gbrp10le", (53, 5), "v210", size=(97, 7), taps=ringing),
    "v210_odd": partial(_direct, "v210", (55, 3), "v210", size=(49, 4), taps=linear),
    "deep_16": partial(_rgb_yuv, "gbrp16le", (12, 6), "yuv420p16le", size=(9, 9), taps=ringing),
    "written_long_420": partial(
        _rgb_yuv, "rgb24", (53, 46), "yuv420p", written=long_taps((40, 3, 33), 4)
    ),
    "written_nv12_border": partial(
        _rgb_yuv,
        "gbrp10le",
        (20, 9),
        "nv12",
        size=(35, 17),
        inner=Rect(6, 4, 29, 11),
        taps=ringing,
        written=long_taps((6, 5), 7),
        background=(16, 128, 128),
    ),
    "half_to_half": partial(_half_case, "gbrpf16le", "rgbaf16le"),
    "half_to_codes": partial(_half_case, "rgbaf16le", "rgb48le"),
    "float_to_half": _to_halves,
    **stages.MAKERS,
}


@cache
def case(name: str) -> Case:
    """Return the case called `name`; its planes are read-only."""
    made = _MAKERS[name]()
    for plane in made.planes:
        plane.setflags(write=False)
    return made


NAMES = tuple(_MAKERS)
