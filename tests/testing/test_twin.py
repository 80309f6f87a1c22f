"""The twin against exact arithmetic, one number at a time, and against plain statements."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpumft.device.program import Rect
from gpumft.errors import InvalidArg
from gpumft.media.formats import PixelFormat
from gpumft.resample.taps import Taps
from gpumft.testing import twin
from tests.contract import exact
from tests.contract.numbers import F32, bits, with_exponents
from tests.contract.program_parts import convert, direct, floats, linear, long_taps, mix, noise
from tests.contract.programs import NAMES, case


def sum_of_taps(weights: list[int], samples: list[int]) -> int:
    """Section 4.4 in words: chains of 32, then the chains' sums in order."""
    chains = []
    for first in range(0, len(weights), 32):
        total = exact.multiply(weights[first], samples[first])
        for w, s in zip(
            weights[first + 1 : first + 32], samples[first + 1 : first + 32], strict=True
        ):
            total = exact.fma(w, s, total)
        chains.append(total)
    total = chains[0]
    for other in chains[1:]:
        total = exact.add(total, other)
    return total


def filtered(value: F32, taps: Taps) -> F32:
    """Taps along the rows of `value`, one number at a time."""
    rows = []
    for i in range(taps.outputs):
        first, count = int(taps.start[i]), int(taps.count[i])
        weights = bits(taps.weights[i, :count])
        rows.append(
            [
                sum_of_taps(weights, bits(value[first : first + count, x]))
                for x in range(value.shape[1])
            ]
        )
    return np.array(rows, np.uint32).view(np.float32)


@pytest.mark.parametrize("counts", [(1, 2, 31, 32, 33), (64, 65, 96, 97), (100,)])
def test_taps(counts: tuple[int, ...]) -> None:
    make = long_taps(counts, 21)
    vertical, horizontal = make(101, 5), make(103, 6)
    value = with_exponents(101 * 103, 22, 120, 130).reshape(101, 103)
    wanted = filtered(filtered(value, vertical).T, horizontal).T
    assert bits(twin.resample(value, vertical, horizontal)) == bits(wanted)


def test_taps_evaluate_zero_weights_but_not_padding() -> None:
    weights = np.array([[0.5, 0, 0.5], [1, 0, 0]], np.float32)
    taps = Taps(np.array([0, 2], np.int32), np.array([3, 1], np.int32), weights, 3)
    one = Taps(np.zeros(1, np.int32), np.ones(1, np.int32), np.ones((1, 1), np.float32), 1)
    value = np.array([[1, np.inf, 3]], np.float32)
    with np.errstate(all="ignore"):
        found = twin.resample(value, one, taps)[0]
    assert np.isnan(found[0])
    assert found[1] == 3


def test_one_pixel_by_hand() -> None:
    """rgb24 -> yuv444p through a matrix with zeros, each step written out."""
    rows = ((0.25, 0, 0.1), (0, 0, -0.3), (0, 0, 0))
    program = convert("rgb24", (3, 1), "yuv444p", mixes=[mix(rows)])
    pixels = noise(PixelFormat.RGB24, (3, 1))[0]
    found = twin.run(program, [pixels])
    for x in range(3):
        r, _, b = (exact.bits_of(float(v)) for v in pixels[0, x])
        c = [exact.bits_of(float(np.float32(v))) for v in (0.25, 0.1, -0.3, 219, 16, 224, 128)]
        luma = exact.fma(c[1], b, exact.multiply(c[0], r))
        u = exact.multiply(c[2], b)
        assert found[0][0, x] == exact.code(exact.fma(c[3], luma, c[4]), 255)
        assert found[1][0, x] == exact.code(exact.fma(c[5], u, c[6]), 255)
        assert found[2][0, x] == 128


def test_alpha_by_hand() -> None:
    program = convert("rgba", (4, 1), "rgba", size=(3, 1), taps=linear, alpha="apu")
    program = replace(program, stages=(mix(np.eye(3) / 255),))
    pixels = noise(PixelFormat.RGBA, (4, 1))[0]
    pixels[0, 0, 3] = 0
    values = pixels[0].astype(np.float32)
    scale = exact.bits_of(program.alpha_scale)
    alpha = values[:, 3]
    ai = np.array([exact.multiply(b, scale) for b in bits(alpha)], np.uint32).view(np.float32)
    taps = program.reads[0].horizontal
    resampled_alpha = filtered(alpha[:, None], taps)
    for channel in range(3):
        weighed = (values[:, channel] * ai)[:, None]
        for x, (v, a) in enumerate(
            zip(bits(filtered(weighed, taps)), bits(resampled_alpha), strict=True)
        ):
            unweighed = exact.multiply(v, exact.recip(exact.multiply(a, scale)))
            nominal = exact.multiply(unweighed, exact.bits_of(float(np.float32(1 / 255))))
            wanted = exact.code(exact.multiply(nominal, exact.bits_of(255.0)), 255)
            assert twin.run(program, [pixels])[0][0, x, channel] == wanted


def test_no_alpha_gives_zero() -> None:
    program = convert("rgba", (5, 2), "bgra", alpha="apu", mixes=[mix(np.eye(3) / 255)])
    pixels = noise(PixelFormat.RGBA, (5, 2))[0]
    pixels[..., 3] = 0
    assert not twin.run(program, [pixels])[0].any()


@pytest.mark.parametrize(
    ("turn", "quarters", "flip"),
    [("", 0, False), ("ty", 1, False), ("yx", 2, False), ("tx", 3, False), ("x", 0, True)],
)
def test_orientation(turn: str, quarters: int, *, flip: bool) -> None:
    """Transposing then reversing rows turns anticlockwise, as numpy's rot90 counts."""
    planes = noise(PixelFormat.GRAY, (5, 3))
    size = (3, 5) if "t" in turn else (5, 3)
    found = twin.run(direct("gray", (5, 3), "gray", size=size, turn=turn), planes)[0]
    wanted = np.rot90(planes[0], quarters)
    np.testing.assert_array_equal(found, wanted[:, ::-1] if flip else wanted)


def test_background_is_finished_like_pixels() -> None:
    inner = Rect(1, 1, 2, 1)
    program = direct("gray", (2, 1), "gray", size=(4, 3), inner=inner, background=(2.5,))
    found = twin.run(program, [np.array([[7, 300 % 256]], np.uint8)])[0]
    assert found.tolist() == [[2, 2, 2, 2], [2, 7, 44, 2], [2, 2, 2, 2]]
    program = direct("gray", (2, 1), "gray", size=(4, 3), inner=inner, background=(999,))
    assert twin.run(program, [np.zeros((1, 2), np.uint8)])[0][0, 0] == 255


def test_floats_are_flushed_and_have_one_nan() -> None:
    given = (0x80000000, 0x9F7FFFFF, 0x1F800000, 0xFFC12345, 0xFF800000, 0x7F800001)
    out = twin.run(direct("grayf32le", (6, 1), "grayf32le"), [floats((1, 6), given)])[0]
    wanted = [0, 0, 0x1F800000, exact.NAN, 0xFF800000, exact.NAN]
    assert out.view(np.uint32)[0].tolist() == wanted


def test_breaking_a_rule_changes_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The golden programs see each rule: a twin that breaks it gives other planes."""
    wanted = {name: run_bytes(name) for name in NAMES}

    def changed() -> set[str]:
        return {name for name in NAMES if run_bytes(name) != wanted[name]}

    def split(a: F32, b: F32, c: F32) -> F32:
        return np.asarray(np.asarray(a, np.float32) * b + c, np.float32)

    def late(value: F32, vertical: Taps, horizontal: Taps) -> F32:
        return twin._filtered(twin._filtered(value.T, horizontal).T, vertical)

    rules = {
        "no FMA": ("fma32", split, {"float_huge", "yuv420p10_to_gbrpf32", "taps_mixed_100"}),
        "one long chain": ("BLOCK", 1000, {"taps_mixed_100"}),
        "shorter blocks": ("BLOCK", 31, {"taps_mixed_100"}),
        "horizontal first": ("resample", late, {"yuv420p10_to_gbrpf32", "taps_mixed_100"}),
        "no flush": ("flush", lambda x: x, {"alpha_of_floats"}),
        "real division": ("recip", lambda x: 1 / x, {"alpha_of_floats"}),
    }
    for rule, (name, broken, seen) in rules.items():
        with monkeypatch.context() as patch:
            patch.setattr(twin, name, broken)
            assert seen <= changed(), rule


def run_bytes(name: str) -> list[bytes]:
    given = case(name)
    return [plane.tobytes() for plane in twin.run(given.program, given.planes)]


def test_wrong_planes_are_named() -> None:
    program = direct("nv12", (4, 4), "nv12")
    with pytest.raises(InvalidArg, match="nv12 at 4x4 has"):
        twin.run(program, noise(PixelFormat.NV12, (4, 6)))
    with pytest.raises(InvalidArg, match="nv12 at 4x4 has"):
        twin.run(program, [p.astype(np.uint16) for p in noise(PixelFormat.NV12, (4, 4))])


def test_taps_that_do_not_fit_are_named() -> None:
    program = direct("gray", (4, 4), "gray", turn="t")
    narrow = replace(program, source_size=(4, 6), reads=program.reads)
    with pytest.raises(InvalidArg, match="taps index 4 rows"):
        twin.run(narrow, noise(PixelFormat.GRAY, (4, 6)))


def test_sources_may_be_read_only_and_strided() -> None:
    given = case("nv12_to_rgb24")
    views = [np.repeat(p, 2, axis=1)[:, ::2] for p in given.planes]
    for view in views:
        view.setflags(write=False)
    assert twin.run(given.program, views)[0].tobytes() == run_bytes("nv12_to_rgb24")[0]
