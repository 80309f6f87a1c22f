"""Converter and convert(): what comes in, what goes out, and what is refused."""

from __future__ import annotations

import cProfile
import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import gpumft as gm
from gpumft.effects import sepia
from gpumft.errors import InvalidArg
from gpumft.ops import Converter, as_device, convert, make_options, plan
from gpumft.samples import Buffer2D, Sample
from gpumft.testing import bounds, frames

SRC = gm.VideoType("yuv420p", (16, 10))


def test_arrays_make_arrays_and_samples_make_samples() -> None:
    planes = frames.noise(SRC)
    arrays = convert(planes, SRC, {"format": "rgb24"})
    assert isinstance(arrays, list)
    assert arrays[0].shape == (10, 16, 3)
    sample = Sample.from_numpy(planes, SRC, time=5, duration=2)
    sample.pts, sample.time_base = 7, Fraction(1, 90000)
    made = convert(sample, dst={"format": "rgb24"})
    assert isinstance(made, Sample)
    assert (made.time, made.duration, made.pts, made.time_base) == (5, 2, 7, Fraction(1, 90000))
    np.testing.assert_array_equal(made.planes[0], arrays[0])


@pytest.mark.parametrize(
    "dst",
    [{"format": "gray"}, gm.PartialType(format="gray"), gm.VideoType("gray", (16, 10))],
)
def test_the_target_may_be_partial(dst: Any) -> None:
    assert convert(frames.noise(SRC), SRC, dst)[0].shape == (10, 16)


def test_out_is_written_and_returned() -> None:
    out = [np.zeros((10, 16, 3), np.uint8)]
    got = convert(frames.noise(SRC), SRC, {"format": "rgb24"}, out=out)
    assert got[0] is out[0]
    assert out[0].any()


def test_a_batch_is_its_frames_one_by_one() -> None:
    converter = Converter(SRC, {"format": "bgra"}, device="cpu")
    pictures = [frames.noise(SRC, seed) for seed in range(3)]
    for got, planes in zip(converter.batch(pictures), pictures, strict=True):
        np.testing.assert_array_equal(got[0], converter(planes)[0])
    with pytest.raises(InvalidArg, match="3 frames, but out has 1"):
        converter.batch(pictures, [None])


def test_nothing_is_recoloured_because_the_size_changed() -> None:
    src = gm.VideoType("yuv420p", (1920, 1080))  # bt709 by rule
    converter = Converter(src, {"size": (640, 360)}, device="cpu")
    assert converter.target.matrix == "bt709"
    assert converter.explain().stages == ()


@pytest.mark.parametrize(
    ("planes", "message"),
    [
        ([], "0 planes given, yuv420p has 3"),
        ([np.zeros((10, 16), np.uint8)] * 3, r"plane 1 is uint8 \(10, 16\).*\(5, 8\)"),
        ([np.zeros((10, 16), np.uint16)] * 3, "plane 0 is uint16"),
        ([np.zeros((16, 10), np.uint8)] * 3, r"\(16, 10\).*\(10, 16\)"),
    ],
)
def test_wrong_planes_are_refused_with_both_sides(planes: Any, message: str) -> None:
    with pytest.raises(InvalidArg, match=message):
        convert(planes, SRC, {"format": "rgb24"})


def test_a_read_only_out_is_refused() -> None:
    out = np.zeros((10, 16, 3), np.uint8)
    out.setflags(write=False)
    with pytest.raises(InvalidArg, match="read-only"):
        convert(frames.noise(SRC), SRC, {"format": "rgb24"}, out=[out])


def test_both_types_are_needed() -> None:
    with pytest.raises(InvalidArg, match="dst is missing"):
        convert(frames.noise(SRC), SRC)
    with pytest.raises(InvalidArg, match="src is missing"):
        convert(frames.noise(SRC), dst={"format": "rgb24"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filtre": "area"}, "did you mean filter"),
        ({"filter": "bicubik"}, "bicubic"),
        ({"rotate": 45}, "rotate is 45"),
        ({"flip": "x"}, "flip is 'x'"),
        ({"fit": "fill"}, "fit is 'fill'"),
        ({"crop": (0, 0, 0, 4)}, "more than 0"),
        ({"crop": "all"}, "give"),
        ({"linear": "yes"}, "linear is 'yes'"),
        ({"dither": "noise"}, "dither is 'noise'; it can be 'none', 'ordered', 'blue_noise'"),
        ({"legalize": 2}, "legalize is 2"),
        ({"tone_map": "bt2446"}, "tone_map is 'bt2446'"),
        ({"white": 0}, "white is 0; it must be more than 0 cd/m2"),
        ({"background": "blak", "fit": "contain"}, "blak"),
    ],
)
def test_wrong_options_are_refused_with_a_cure(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArg, match=message):
        convert(frames.noise(SRC), SRC, {"format": "rgb24"}, **options)


def test_every_option_has_the_documented_default() -> None:
    options = make_options()
    assert (options.filter, options.chroma_filter, options.fit) == ("bicubic", None, "stretch")
    assert (options.background, options.white, options.tone_map) == ("black", 203, "bt2390")


@pytest.mark.parametrize("background", ["white", "#0080ff", (0.25, 0.5, 1.0)])
@pytest.mark.parametrize("target", ["rgb24", "yuv420p", "gray", "bgra", "gbrpf32le"])
def test_bars_have_the_background_colour(target: str, background: Any) -> None:
    dst = gm.VideoType(target, (20, 30), transfer="bt709")
    options = {"fit": "contain", "background": background}
    planes = frames.noise(SRC)
    converter = Converter(SRC, dst, device="cpu", **options)
    bounds.check(converter(planes), planes, SRC, converter.target, **options)


def test_an_opaque_target_drops_alpha_and_a_new_one_is_opaque() -> None:
    rgba = gm.VideoType("rgba", (4, 4))
    planes = frames.noise(rgba)
    (rgb,) = convert(planes, rgba, {"format": "rgb24"})
    np.testing.assert_array_equal(rgb, planes[0][..., :3])
    (back,) = convert([rgb], gm.VideoType("rgb24", (4, 4)), {"format": "rgba"})
    assert (back[..., 3] == 255).all()


def test_transparent_pixels_do_not_bleed_when_scaled() -> None:
    rgba = gm.VideoType("rgba", (8, 8))
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[:, :4] = (255, 0, 0, 255)
    picture[:, 4:] = (0, 255, 0, 0)
    (small,) = convert([picture], rgba, {"size": (4, 4)}, filter="bilinear")
    assert (small[small[..., 3] > 0][:, 1] == 0).all()


def test_an_out_sample_is_labelled_with_what_it_holds() -> None:
    converter = Converter(SRC, {"format": "nv12"}, device="cpu")
    out = Sample(Buffer2D("nv12", (16, 10)))
    source = Sample.from_numpy(frames.noise(SRC), SRC, time=9)
    assert converter(source, out) is out
    assert (out.type, out.time) == (converter.target, 9)
    np.testing.assert_array_equal(out.planes[0], converter(frames.noise(SRC))[0])


def test_only_what_the_aperture_shows_is_converted_and_its_size_taken() -> None:
    src = gm.VideoType("gray", (16, 16), aperture=(0, 2, 16, 12))
    (picture,) = frames.noise(src)
    converter = Converter(src, {"format": "rgb24"}, device="cpu")
    assert (converter.target.size, converter.target.aperture) == ((16, 12), None)
    np.testing.assert_array_equal(converter([picture])[0][..., 1], picture[2:14])


def test_batches_may_be_iterators() -> None:
    converter = Converter(SRC, {"format": "gray"}, device="cpu")
    planes = frames.noise(SRC)
    made = converter.batch(iter([planes, planes]), (None for _ in range(2)))
    assert len(made) == 2


def test_a_kept_conversion_does_not_keep_its_device() -> None:
    device = gm.open_device("cpu", threads=1)
    convert(frames.noise(SRC), SRC, {"format": "gray"}, device=device)
    device.close()
    there = weakref.ref(device)
    del device
    gc.collect()
    assert there() is None


def test_what_a_device_is_called_does_not_open_it_twice() -> None:
    assert as_device("cpu") is as_device("cpu")
    assert as_device("auto") is as_device(as_device("auto").spec)


@pytest.mark.parametrize(
    ("dst", "options", "most"),
    [
        (gm.VideoType("rgb24", (8, 6)), {}, 280),
        ({"format": "rgb24", "size": (8, 6)}, {"crop": (0, 0, 8, 8)}, 280),
        (gm.PartialType(format="rgb24"), {"effects": [sepia()]}, 900),
    ],
)
def test_a_conversion_that_is_kept_is_planned_once_and_costs_little(
    monkeypatch: pytest.MonkeyPatch, dst: Any, options: dict[str, Any], most: int
) -> None:
    from gpumft.ops import converter, recent

    made = []

    def counted(*given: Any) -> Any:
        made.append(given)
        return plan(*given)

    for module in (converter, recent):
        monkeypatch.setattr(module, "plan", counted)
    monkeypatch.setattr(recent, "_recent", recent._Recent())
    planes = frames.noise(SRC)
    convert(planes, SRC, dst, device="cpu", **options)
    profile = cProfile.Profile()
    profile.enable()
    convert(planes, SRC, dst, device="cpu", **options)
    profile.disable()
    assert len(made) == 1
    assert sum(entry.callcount for entry in profile.getstats()) < most


def test_few_conversions_are_kept() -> None:
    from gpumft.ops import recent as module

    planes = frames.noise(SRC)
    for width in range(1, 40):
        convert(planes, SRC, {"size": (width, 1)}, device="cpu")
    assert len(module._recent._kept[as_device("cpu")]) == module._KEPT


def test_one_converter_serves_many_threads() -> None:
    src, dst = gm.VideoType("yuv420p", (320, 300)), {"format": "rgb24", "size": (200, 160)}
    converter = Converter(src, dst, device="cpu")
    pictures = [frames.noise(src, seed) for seed in range(4)]
    wanted = [converter(planes)[0] for planes in pictures]
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(converter.batch, [[planes] for planes in pictures] * 5))
    for index, (planes,) in enumerate(made):
        np.testing.assert_array_equal(planes[0], wanted[index % 4])


@pytest.mark.parametrize("kind", ["fortran", "reversed", "unaligned", "field", "read-only"])
def test_any_memory_layout_gives_the_same_bytes(kind: str) -> None:
    src = gm.VideoType("rgb48le", (9, 7))
    (picture,) = frames.noise(src)
    layouts: dict[str, Callable[[], npt.NDArray[Any]]] = {
        "fortran": lambda: np.asfortranarray(picture),
        "reversed": lambda: picture[::-1, ::-1].copy()[::-1, ::-1],
        "unaligned": lambda: np.ndarray(
            picture.shape, picture.dtype, bytearray(picture.nbytes + 1), 1
        ),
        "field": lambda: np.zeros(picture.shape, [("a", "u1"), ("b", "<u2")])["b"],
        "read-only": lambda: np.frombuffer(picture.tobytes(), "<u2").reshape(picture.shape),
    }
    given = layouts[kind]()
    if given.flags.writeable:
        given[...] = picture
    dst = {"format": "yuv420p10le", "size": (5, 4)}
    for one, other in zip(convert([picture], src, dst), convert([given], src, dst), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_picture_may_be_turned_into_its_own_memory() -> None:
    src = gm.VideoType("rgb24", (8, 6))
    planes = frames.noise(src)
    wanted = planes[0][:, ::-1].copy()
    convert(planes, src, {}, flip="h", out=planes)
    np.testing.assert_array_equal(planes[0], wanted)
